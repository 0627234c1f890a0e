/*
 * store: a store on a folder, and what it says, as words.
 *
 *     what it recovers    "1:alice:hi 2:withheld skip 3-1000000002 lost 5-6"
 *     a page of it        "9 8 7 end 7", "2 1 end 1 last"
 *
 * A record is named by a number, its key; its text begins with that.  For tests
 * alone; include it after <cmocka.h>.
 */
#ifndef CHAT_TEST_STORE_H
#define CHAT_TEST_STORE_H

#include <stdarg.h>

#include "err.h"
#include "temp_folder.h"
#include "journal.h"
#include "journal/file.h"
#include "store/batch.h"

#define STORE_SEED "a seed for stores, of 32 bytes.."

/* When a test begins, ms. */
#define STORE_WALL UINT64_C(1764000000000)

struct store {
	struct folder *folder;
	struct chat_journal_config config;
	struct chat_store *store; /* NULL: it could not be opened */
	struct chat_time now;
	struct chat_batch batch;
	uint64_t user;        /* who reads pages */
	size_t turns;         /* that pages took */
	size_t waits;         /* for the disk in one of these, at most */
	int errors, warnings; /* logged */
	char line[512];       /* the last of them */
	char words[8192];     /* of the last recovery or page */
};

static inline void
store_on_log(void *user, enum chat_level level, const char *line)
{
	struct store *s = user;

	s->errors += level == CHAT_LOG_ERROR;
	s->warnings += level == CHAT_LOG_WARNING;
	if (level <= CHAT_LOG_WARNING)
		snprintf(s->line, sizeof(s->line), "%s", line);
}

/* Before it is opened; then *s may be changed. */
static inline void
store_init(struct store *s, struct folder *folder)
{
	*s = (struct store){ .folder = folder,
		.now = { .mono = 5000, .wall = STORE_WALL } };
	s->config.journal.folder = folder->path;
	s->config.past = 65536;
	s->config.seed = (const unsigned char *)STORE_SEED;
	s->config.on_log = store_on_log;
}

static inline void
store_add_word(struct store *s, const char *format, ...)
{
	size_t n = strlen(s->words);
	va_list ap;

	va_start(ap, format);
	if (n > 0 && n + 1 < sizeof(s->words))
		s->words[n++] = ' ';
	vsnprintf(s->words + n, sizeof(s->words) - n, format, ap);
	va_end(ap);
}

/* The number of an answer, of whatever kind. */
static inline uint64_t
store_seq(const struct chat_stored *out)
{
	return out->record.entry.seq != 0 ? out->record.entry.seq : out->seq;
}

static inline void
store_add_record(struct store *s, const struct chat_entry *e)
{
	if (e->is_withheld) {
		store_add_word(s, "%d:withheld", (int)e->seq);
		return;
	}
	store_add_word(s, "%d:%.*s%s%.*s:%.*s", (int)e->seq, (int)e->from.n,
	    e->from.p, e->to.p != NULL ? ">" : "", (int)e->to.n,
	    e->to.p != NULL ? e->to.p : "",
	    e->text.n < 20 ? (int)e->text.n : 20, e->text.p);
}

static inline void
store_add_answer(struct store *s, const struct chat_stored *out)
{
	switch (out->kind) {
	case CHAT_STORED:
		store_add_record(s, &out->record.entry);
		break;
	case CHAT_STORED_NOT:
		store_add_word(s, "not");
		break;
	case CHAT_STORED_LOST:
		store_add_word(s, "lost %d-%d", (int)out->skip, (int)out->seq);
		break;
	case CHAT_STORED_SKIPPED:
		store_add_word(s, "skip %d-%d", (int)out->skip, (int)out->seq);
		break;
	case CHAT_STORED_READ:
		store_add_word(s, "%d", (int)out->record.entry.seq);
		break;
	case CHAT_STORED_END:
		store_add_word(s, "end %d%s%s", (int)out->seq,
		    out->last ? " last" : "", out->failed ? " failed" : "");
		break;
	}
}

/* Opens it, and leaves its recovery to the caller.  False: it could not be
 * opened, and said why. */
static inline bool
store_open_only(struct store *s)
{
	s->errors = s->warnings = 0;
	s->line[0] = s->words[0] = '\0';
	chat_batch_init(&s->batch, NULL);
	s->config.now = s->now;
	s->config.user = s;
	errno = 0;
	s->store = chat_journal_open(&s->config);
	assert_true(s->store != NULL || (s->errors > 0 && errno != 0));
	return s->store != NULL;
}

/* Opens it and recovers, to s->words. */
static inline bool
store_open(struct store *s)
{
	struct chat_stored out;

	if (!store_open_only(s))
		return false;
	while (s->store->type->next(s->store, &out))
		store_add_answer(s, &out);
	return true;
}

static inline void
store_free(struct store *s)
{
	chat_batch_release(&s->batch);
	if (s->store != NULL)
		s->store->type->free(s->store);
	s->store = NULL;
}

/* A record of alice's to the batch: of a private one with another user. */
static inline void
store_put(struct store *s, uint64_t key, const char *to, size_t letters)
{
	struct chat_record r = { .asker = key,
		.entry = { .from = CHAT_STR("alice"),
		    .to = chat_str(to),
		    .by = CHAT_STR("k3J9x2Qa"),
		    .key = { { key, ~key }, 7 * key },
		    .is_private = to != NULL } };
	char *text = malloc(letters + 32);
	char ref[32];
	int n;

	folder_must(text != NULL, "malloc");
	memset(text, 'x', letters + 32);
	n = snprintf(text, 32, "%d", (int)key);
	text[n] = 'x';
	r.entry.text = (struct chat_str){ text,
		letters > (size_t)n ? letters : (size_t)n };
	snprintf(ref, sizeof(ref), "r%d", (int)key);
	r.entry.ref = chat_str(ref);
	if (to != NULL) {
		r.entry.user[0] = 1;
		r.entry.user[1] = (uint64_t)to[0];
	}
	assert_int_equal(chat_batch_append(&s->batch, &r), CHAT_OK);
	free(text);
}

/* Appends the batch, which is empty then, and takes the answers: the number of
 * its first record, 0 if they were refused. */
static inline uint64_t
store_append(struct store *s)
{
	struct chat_stored out = { .seq = 0 };
	uint64_t first = 0;
	size_t i, n = s->batch.n;

	s->store->type->append(s->store, &s->batch, s->now);
	for (i = 0; i < n; i++) {
		assert_true(s->store->type->next(s->store, &out));
		assert_true(
		    out.kind == CHAT_STORED || out.kind == CHAT_STORED_NOT);
		assert_int_equal(out.last, i == n - 1);
		assert_true(out.record.asker > 0);
		if (out.kind == CHAT_STORED && i == 0)
			first = out.record.entry.seq;
		assert_int_equal(out.kind == CHAT_STORED, first > 0);
		if (first > 0)
			assert_int_equal(out.record.entry.seq, first + i);
	}
	assert_false(s->store->type->next(s->store, &out));
	chat_batch_clear(&s->batch);
	return first;
}

static inline uint64_t
store_say(struct store *s, uint64_t key, const char *to, size_t letters)
{
	store_put(s, key, to, letters);
	return store_append(s);
}

/* Lets time pass. */
static inline void
store_wait(struct store *s, uint64_t ms)
{
	s->now.mono += ms;
	s->now.wall += ms;
	s->store->type->turn(s->store, s->now);
}

/* The next answer of a page, in as many turns as it takes. */
static inline void
store_next(struct store *s, struct chat_stored *out)
{
	const struct chat_file_page *page =
	    &((const struct chat_file *)s->store)->page;

	bool found;

	for (;;) {
		found = s->store->type->next(s->store, out);
		if (page->lines.loads - page->loads > s->waits)
			s->waits = (size_t)(page->lines.loads - page->loads);
		if (found)
			return;
		assert_int_equal(s->store->type->deadline(s->store), 0);
		s->store->type->turn(s->store, s->now);
		s->turns++;
	}
}

/* Reads a page, to s->words, and gives its end. */
static inline struct chat_stored
store_page(struct store *s, uint64_t before, uint32_t limit)
{
	struct chat_stored out;

	s->words[0] = '\0';
	s->store->type->read(s->store, before, limit, s->user);
	do {
		store_next(s, &out);
		store_add_answer(s, &out);
	} while (out.kind == CHAT_STORED_READ);
	assert_int_equal(out.kind, CHAT_STORED_END);
	return out;
}

#define store_expect(s, text) assert_string_equal((s)->words, text)

#endif

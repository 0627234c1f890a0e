/*
 * fake_store: a store without files, which does what a test tells it.
 *
 *     script    what it recovers, in order: fake_add()
 *     read      of numbers 1 to log.seq all are there, but for `hidden` ones,
 *               which are private to others; a text is a number and letters
 *
 * The core frees it.  For tests with sim.h; include it after <cmocka.h>.
 */
#ifndef CHAT_FAKE_STORE_H
#define CHAT_FAKE_STORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

enum { FAKE_SCRIPT = 256, FAKE_READS = 4096 };

struct fake_item {
	enum chat_stored_kind kind;
	uint64_t seq, skip;
	bool private, withheld;
	uint64_t user[2];
	struct chat_ref_key key;
};

struct fake {
	struct chat_store store;
	struct fake_item script[FAKE_SCRIPT];
	size_t nscript, told;

	const struct chat_batch *batch;
	size_t offset, unanswered;
	uint64_t user[2]; /* of the record that was appended last */
	struct chat_ref_key key;
	bool refuses;

	/* How it reads. */
	uint64_t hidden_from, hidden_to; /* numbers */
	uint32_t step;                   /* numbers that one read passes */
	size_t letters;                  /* of each text, 0: as it is */
	uint64_t cost;                   /* bytes that a read is said to cost */
	size_t failures;                 /* reads that fail from now on */
	uint64_t broken;                 /* numbers below that fail always */
	bool holds;                      /* its answers back */

	bool reading;
	uint64_t at; /* down to which number it has come */
	uint32_t limit, left;
	size_t reads;
	uint64_t asked[FAKE_READS]; /* before which number, of each */
	char *text;                 /* of the record that was given last */
};

static inline void
fake_append(
    struct chat_store *s, const struct chat_batch *b, struct chat_time now)
{
	struct fake *f = (struct fake *)s;

	f->batch = b;
	f->offset = 0;
	f->unanswered = chat_batch_count(b);
	if (now.wall > s->log.time)
		s->log.time = now.wall;
}

static inline void
fake_read(struct chat_store *s, uint64_t before, uint32_t limit, uint64_t user)
{
	struct fake *f = (struct fake *)s;

	(void)user;
	assert_false(f->reading);
	assert_true(limit > 0);
	f->reading = true;
	f->asked[f->reads++ % FAKE_READS] = before;
	f->at = before > s->log.seq ? s->log.seq + 1 : before;
	f->limit = limit;
	f->left = f->step > 0 ? f->step : UINT32_MAX;
}

/* An answer with a record of that number. */
static inline void
fake_record(struct fake *f, struct chat_stored *out, const struct fake_item *i)
{
	struct chat_entry *e = &out->record.entry;
	size_t n;

	f->text = realloc(f->text, f->letters + 32);
	assert_non_null(f->text);
	memset(f->text, 'x', f->letters + 32);
	n = (size_t)snprintf(f->text, 32, "%d", (int)i->seq);
	f->text[n] = 'x';
	*e = (struct chat_entry){ .seq = i->seq,
		.time = 1000 + i->seq,
		.key = i->key,
		.user = { i->user[0], i->user[1] },
		.is_private = i->private,
		.is_withheld = i->withheld };
	if (i->withheld)
		return;
	e->from = CHAT_STR("zoe");
	e->by = CHAT_STR("k3J9x2Qa");
	e->text = (struct chat_str){ f->text, f->letters > n ? f->letters : n };
	if (i->private)
		e->to = CHAT_STR("yan");
}

static inline bool
fake_recover(struct fake *f, struct chat_stored *out)
{
	const struct fake_item *i = &f->script[f->told++];

	*out = (struct chat_stored){
		.kind = i->kind, .seq = i->seq, .skip = i->skip
	};
	if (i->kind == CHAT_STORED)
		fake_record(f, out, i);
	return true;
}

static inline bool
fake_answer(struct fake *f, struct chat_stored *out)
{
	*out = (struct chat_stored){ .kind = CHAT_STORED_NOT };
	chat_batch_next(f->batch, &f->offset, &out->record);
	memcpy(f->user, out->record.entry.user, sizeof(f->user));
	f->key = out->record.entry.key;
	out->last = --f->unanswered == 0;
	if (f->refuses)
		return true;
	out->kind = CHAT_STORED;
	out->record.entry.seq = ++f->store.log.seq;
	out->record.entry.time = f->store.log.time;
	return true;
}

static inline bool
fake_page(struct fake *f, struct chat_stored *out)
{
	struct fake_item i = { .private = false };
	uint64_t first = f->store.log.oldest;

	*out = (struct chat_stored){ .kind = CHAT_STORED_END, .cost = f->cost };
	while (f->failures == 0 && f->at > first && f->at > f->broken &&
	    f->limit > 0 && f->left > 0) {
		f->left--;
		i.seq = --f->at;
		i.private = i.seq >= f->hidden_from && i.seq < f->hidden_to;
		i.user[0] = i.user[1] = 12345;
		f->limit--;
		*out = (struct chat_stored){ .kind = CHAT_STORED_READ };
		fake_record(f, out, &i);
		return true;
	}
	f->reading = false;
	if (f->failures > 0) {
		f->failures--;
		out->failed = true;
	} else if (f->at > first && f->at <= f->broken)
		out->failed = true;
	if (out->failed)
		f->at = first;
	out->seq = f->at;
	out->last = f->at <= first;
	return true;
}

static inline bool
fake_next(struct chat_store *s, struct chat_stored *out)
{
	struct fake *f = (struct fake *)s;

	if (f->told < f->nscript)
		return fake_recover(f, out);
	if (f->unanswered > 0)
		return fake_answer(f, out);
	return f->reading && !f->holds && fake_page(f, out);
}

static inline void
fake_turn(struct chat_store *s, struct chat_time now)
{
	(void)s;
	(void)now;
}

static inline uint64_t
fake_deadline(const struct chat_store *s)
{
	const struct fake *f = (const struct fake *)s;

	return f->reading && !f->holds ? 0 : UINT64_MAX;
}

static inline bool
fake_is_writable(const struct chat_store *s)
{
	return !((const struct fake *)s)->refuses;
}

static inline void
fake_free(struct chat_store *s)
{
	free(((struct fake *)s)->text);
	free(s);
}

/* A log up to number seq, of which the room will have nothing before known. */
static inline struct fake *
fake_new(uint64_t seq, uint64_t known)
{
	static const struct chat_store_type type = { .append = fake_append,
		.read = fake_read,
		.next = fake_next,
		.turn = fake_turn,
		.deadline = fake_deadline,
		.is_writable = fake_is_writable,
		.free = fake_free };
	static const unsigned char seed[CHAT_LOG_SECRET] =
	    "a seed for a store of 32 bytes.";
	struct fake *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->store.type = &type;
	chat_log_name(&f->store.log, seed);
	f->store.log.seq = seq;
	f->store.log.replay_from = known;
	f->store.log.oldest = 1;
	f->store.log.existed = true;
	return f;
}

/* Something that it recovers, which ends with that number: to be changed. */
static inline struct fake_item *
fake_add(struct fake *f, enum chat_stored_kind kind, uint64_t seq)
{
	struct fake_item *item = &f->script[f->nscript++];

	assert_true(f->nscript <= FAKE_SCRIPT);
	item->kind = kind;
	item->seq = seq;
	return item;
}

#endif

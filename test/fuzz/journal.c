/*
 * journal: any bytes as the files of a journal, as they are and with the
 * checksums of their lines made right, which no fuzzer would find.
 *
 *     #0000000000000001.log          a line like this begins another file;
 *     {"journal":1, ...}             what comes before the first is a segment
 *     #secret
 *     {"journal":1, ...}
 *
 * Whatever it is: looking it over ends; a scan tells numbers in order and none
 * twice; a store starts or refuses, and if it starts, what it tells grows, what
 * is appended comes next and is there after another start, and pages lead to
 * the beginning.  Replayed by main.c.
 */
#include <stdint.h>

#include "err.h"
#include "journal.h"
#include "journal/file.h"
#include "journal/scan.h"
#include "lines_text.h"
#include "store/batch.h"

#define SEAL 18 /* ,"sum":"01234567"} */

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
expect(bool truth)
{
	if (!truth)
		abort();
}

/*
 * The files
 */

/* Gives a line the right checksum, if it has one at all. */
static void
fix(char *p, size_t n)
{
	char seal[SEAL + 1];
	unsigned sum;

	if (n <= SEAL || memcmp(p + n - SEAL, ",\"sum\":\"", 8) != 0)
		return;
	sum = chat_crc32_sum(journal_crc(), p, n - SEAL);
	snprintf(seal, sizeof(seal), ",\"sum\":\"%08x\"}", sum);
	memcpy(p + n - SEAL, seal, SEAL);
}

/* The name in a line that begins a file; an empty one if it does not. */
static void
read_name(char name[32], const char *p, size_t n)
{
	static const char letters[] = "0123456789.-abcdefghijklmnopqrstuvwxyz";
	size_t i;

	name[0] = '\0';
	if (n < 2 || n >= 32 || p[0] != '#' || p[1] == '.')
		return;
	for (i = 1; i < n; i++)
		if (memchr(letters, p[i], sizeof(letters) - 1) == NULL)
			return;
	memcpy(name, p + 1, n - 1);
	name[n - 1] = '\0';
}

/* Writes all files of n bytes, which are changed. */
static void
write_files(const struct folder *f, char *p, size_t n, bool right)
{
	char name[32] = "0000000000000001.log", next[32];
	char *end = p + n, *start = p, *newline;
	size_t length;

	for (;; p = newline + 1) {
		newline = memchr(p, '\n', (size_t)(end - p));
		length = (size_t)((newline == NULL ? end : newline) - p);
		read_name(next, p, length);
		if (newline == NULL || next[0] != '\0')
			folder_write(f, name, start,
			    (size_t)((next[0] != '\0' ? p : end) - start));
		if (newline == NULL)
			return;
		if (next[0] != '\0') {
			memcpy(name, next, sizeof(name));
			start = newline + 1;
		} else if (right)
			fix(p, length);
	}
}

/* Properties that have to hold */

static void
scan(const struct folder *f)
{
	struct chat_found_item item;
	struct chat_segments all;
	struct chat_scan s;
	uint64_t expected, from;

	chat_segments_init(&all, NULL);
	expect(chat_segments_list(&all, f->fd) == CHAT_OK);
	chat_scan_init(&s, &all, f->fd, journal_crc());
	expected = all.n > 0 ? all.all[0].first : 1;
	chat_scan_begin(&s, 0, 0, expected);
	for (;;) {
		chat_scan_next(&s, &item);
		expect(item.kind != CHAT_FOUND_FAILURE);
		if (item.kind == CHAT_FOUND_END)
			break;
		expect(item.segment < all.n);
		if (item.kind == CHAT_FOUND_DAMAGE) {
			expect(
			    item.at + item.bytes <= all.all[item.segment].size);
			expect(item.bytes > 0 && item.lines > 0);
			continue;
		}
		from = item.skip;
		if (item.kind == CHAT_FOUND_LINE) {
			item.seq = item.line.entry.seq;
			from = chat_line_begin(&item.line);
		}
		expect(from == expected && item.seq >= from);
		expected = item.seq + 1;
	}
	chat_scan_release(&s);
	chat_segments_release(&all);
}

static struct chat_store *
start(const struct folder *f)
{
	static const unsigned char seed[CHAT_LOG_SECRET] = "a seed";
	struct chat_journal_config config = { .journal = { f->path, 0,
						  CHAT_SYNC_OS, false },
		.past = 4096,
		.seed = seed,
		.now = { 1000, 2000 } };

	return chat_journal_open(&config);
}

/* The last number that it tells of; 0: none. */
static uint64_t
recover(struct chat_store *s)
{
	struct chat_stored out;
	uint64_t last = 0, seq;

	while (s->type->next(s, &out)) {
		expect(out.kind == CHAT_STORED ||
		    out.kind == CHAT_STORED_LOST ||
		    out.kind == CHAT_STORED_SKIPPED);
		seq = out.kind == CHAT_STORED ? out.record.entry.seq : out.seq;
		expect(seq > last && seq <= s->log.seq);
		last = seq;
	}
	return last;
}

static void
read_pages(struct chat_store *s)
{
	struct chat_stored out = { .seq = s->log.seq + 1 };
	uint64_t asked, before;

	do {
		asked = before = out.seq;
		s->type->read(s, asked, 3, 0);
		for (;;) {
			while (!s->type->next(s, &out))
				s->type->turn(s, (struct chat_time){ 0, 0 });
			if (out.kind == CHAT_STORED_END)
				break;
			expect(out.kind == CHAT_STORED_READ);
			expect(out.record.entry.seq < before);
			expect(out.record.entry.text.p != NULL);
			before = out.record.entry.seq;
		}
		expect(out.seq <= before && (out.seq < asked || out.last));
	} while (!out.last);
}

static uint64_t
append(struct chat_store *s)
{
	struct chat_record r = { .entry = { .from = CHAT_STR("alice"),
				     .by = CHAT_STR("k3J9x2Qa"),
				     .text = CHAT_STR("hi"),
				     .key = { { 1, 2 }, 3 } } };
	struct chat_batch b;
	struct chat_stored out;

	chat_batch_init(&b, NULL);
	expect(chat_batch_append(&b, &r) == CHAT_OK);
	s->type->append(s, &b, (struct chat_time){ 1000, 2000 });
	expect(s->type->next(s, &out));
	chat_batch_release(&b);
	return out.kind == CHAT_STORED ? out.record.entry.seq : 0;
}

static void
live(const struct folder *f)
{
	struct chat_store *s = start(f);
	uint64_t last, seq;

	if (s == NULL)
		return;
	last = recover(s);
	expect(last == 0 || last == s->log.seq);
	read_pages(s);
	last = s->log.seq;
	seq = append(s);
	expect(seq == last + 1 || seq == 0);
	read_pages(s);
	s->type->free(s);
	if (seq == 0)
		return;
	s = start(f);
	expect(s != NULL && recover(s) == seq);
	read_pages(s);
	s->type->free(s);
}

static void
run(const uint8_t *p, size_t n, bool right)
{
	const struct chat_alloc alloc = { .resize = NULL };
	struct folder f = folder_make();
	char *copy = malloc(n + 1);
	struct chat_check c;

	expect(copy != NULL);
	if (n > 0)
		memcpy(copy, p, n);
	write_files(&f, copy, n, right);
	free(copy);
	expect(chat_check_journal(&c, f.path, &alloc, NULL, NULL) == CHAT_OK);
	scan(&f);
	live(&f);
	folder_remove(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	run(p, n, false);
	run(p, n, true);
	return 0;
}

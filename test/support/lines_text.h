/*
 * journal: the lines and files of a journal, as a test wants them.
 *
 * A text grows in a struct chat_buf without an allocator; folder_write() makes
 * it a file.  For tests alone, and for fuzzers.
 */
#ifndef CHAT_TEST_JOURNAL_H
#define CHAT_TEST_JOURNAL_H

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "temp_folder.h"
#include "journal/line.h"
#include "journal/segment.h"

/* Name of the log, unless a test wants another. */
#define JOURNAL_LOG "x7YqAb3k"

static inline const struct chat_crc32 *
journal_crc(void)
{
	static struct chat_crc32 crc;

	if (crc.table[0][1] == 0)
		chat_crc32_init(&crc);
	return &crc;
}

static inline void
journal_put(struct chat_buf *b, const struct chat_line *line)
{
	struct chat_json_writer w = { .p = NULL };

	chat_line_write(&w, journal_crc(), line);
	folder_must(chat_buf_reserve(b, w.n + 1) == 0, "malloc");
	w = (struct chat_json_writer){ .p = b->p + b->n, .cap = w.n };
	chat_line_write(&w, journal_crc(), line);
	w.p[w.n] = '\n';
	b->n += w.n + 1;
}

/* The first line of a segment that goes on after a number. */
static inline void
journal_head(struct chat_buf *b, const char *log, uint64_t after)
{
	struct chat_line line = { .kind = CHAT_LINE_SEGMENT,
		.entry = { .seq = after } };

	memcpy(line.log, log, sizeof(line.log));
	journal_put(b, &line);
}

/* A message with a text of that many letters, which depend on its number; the
 * second one private, between two users. */
static inline void
journal_say_to(
    struct chat_buf *b, uint64_t seq, size_t letters, const uint64_t *user)
{
	struct chat_line line = { .kind = CHAT_LINE_ENTRY,
		.entry = { .seq = seq,
		    .time = 1000 + seq,
		    .from = CHAT_STR("alice"),
		    .by = CHAT_STR("k3J9x2Qa") } };
	char *text = malloc(letters + 1);

	folder_must(text != NULL, "malloc");
	memset(text, (int)('a' + seq % 26), letters);
	line.entry.text = (struct chat_str){ text, letters };
	if (user != NULL) {
		line.version = 1; /* whose users are not masked */
		line.entry.is_private = true;
		line.entry.to = CHAT_STR("bob");
		line.entry.user[0] = user[0];
		line.entry.user[1] = user[1];
	}
	journal_put(b, &line);
	free(text);
}

static inline void
journal_say(struct chat_buf *b, uint64_t seq, size_t letters)
{
	journal_say_to(b, seq, letters, NULL);
}

static inline void
journal_skip(struct chat_buf *b, uint64_t from, uint64_t to)
{
	journal_put(b,
	    &(struct chat_line){
		.kind = CHAT_LINE_SKIP, .entry = { .seq = to }, .skip = from });
}

/* Writes a text as the segment of a number, and empties it. */
static inline void
journal_segment(const struct folder *f, uint64_t first, struct chat_buf *b)
{
	char name[CHAT_SEGMENT_NAME];

	chat_segment_name(name, first);
	folder_write(f, name, b->p, b->n);
	b->n = 0;
}

static inline void
journal_secret(const struct folder *f, const char *log)
{
	struct chat_line line = { .kind = CHAT_LINE_SECRET };
	struct chat_buf b = { .n = 0 };

	memcpy(line.log, log, sizeof(line.log));
	journal_put(&b, &line);
	folder_write(f, "secret", b.p, b.n);
	chat_buf_release(&b);
}

#endif

/*
 * line: any bytes as a line of a journal, as they are and with their end
 * made the right checksum, which no fuzzer would find.  What is accepted has to
 * be what the header promises, and to survive being written and read again.
 * Replayed by main.c.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "journal/line.h"
#include "utf8.h"

#define SEAL 18 /* ,"sum":"01234567"} */

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
expect(bool truth)
{
	if (!truth)
		abort();
}

/* Absent, or UTF-8 without U+0000; comes back the same. */
static void
expect_string(struct chat_str s, struct chat_str again)
{
	struct chat_utf8 u = { 0 };

	expect((s.p == NULL) == (again.p == NULL) && chat_str_is(s, again));
	if (s.p == NULL)
		return;
	expect(memchr(s.p, '\0', s.n) == NULL);
	expect(chat_utf8_feed(&u, s.p, s.n) == CHAT_OK);
	expect(chat_utf8_is_complete(&u));
}

static void
expect_same(const struct chat_line *a, const struct chat_line *b)
{
	expect(a->kind == b->kind && a->entry.kind == b->entry.kind);
	expect(a->entry.is_private == b->entry.is_private);
	expect(a->entry.is_withheld == b->entry.is_withheld);
	expect(a->entry.seq == b->entry.seq && a->entry.time == b->entry.time);
	expect_string(a->entry.from, b->entry.from);
	expect_string(a->entry.to, b->entry.to);
	expect_string(a->entry.by, b->entry.by);
	expect_string(a->entry.ref, b->entry.ref);
	expect_string(a->entry.text, b->entry.text);
	expect(chat_ref_key_is_same_send(&a->entry.key, &b->entry.key));
	expect(a->entry.key.content == b->entry.key.content);
	expect(a->entry.user[0] == b->entry.user[0] &&
	    a->entry.user[1] == b->entry.user[1]);
	expect(a->skip == b->skip);
	expect(memcmp(a->log, b->log, sizeof(a->log)) == 0);
	expect(memcmp(a->secret, b->secret, sizeof(a->secret)) == 0);
	expect(a->segment == b->segment);
	expect(a->size == b->size && a->inode == b->inode);
	expect(a->changed == b->changed);
}

/* Strings go with the audience. */
static void
expect_message(const struct chat_entry *e)
{
	expect(e->kind == CHAT_ENTRY_MESSAGE);
	expect(e->is_withheld == (e->text.p == NULL));
	expect(e->is_private || !e->is_withheld);
	expect((e->to.p != NULL) == (e->is_private && !e->is_withheld));
	expect(e->ref.p == NULL || !e->is_withheld);
}

static void
expect_limits(const struct chat_line *line)
{
	expect(line->entry.seq <= CHAT_JSON_MAX_UINT &&
	    line->skip <= line->entry.seq);
	expect(line->entry.time <= CHAT_JSON_MAX_UINT);
	expect((line->entry.text.p == NULL) == (line->entry.from.p == NULL));
	expect((line->entry.text.p == NULL) == (line->entry.by.p == NULL));
	switch (line->kind) {
	case CHAT_LINE_ENTRY:
		expect(line->entry.seq > 0);
		expect_message(&line->entry);
		break;
	case CHAT_LINE_SKIP:
		expect(line->skip > 0 && line->entry.text.p == NULL);
		break;
	case CHAT_LINE_SEGMENT:
	case CHAT_LINE_SECRET:
	case CHAT_LINE_CLEAN:
		expect(line->log[0] != '\0' && line->entry.text.p == NULL);
		break;
	}
}

static void
parse(const struct chat_crc32 *c, char *p, size_t n)
{
	struct chat_json_writer w = { .p = NULL };
	struct chat_line line, again;

	if (chat_line_parse(&line, c, p, n) != CHAT_OK)
		return;
	expect_limits(&line);
	chat_line_write(&w, c, &line);
	w = (struct chat_json_writer){ .p = malloc(w.n), .cap = w.n };
	expect(w.p != NULL);
	chat_line_write(&w, c, &line);
	expect(w.n == w.cap);
	expect(chat_line_parse(&again, c, w.p, w.n) == CHAT_OK);
	expect_same(&line, &again);
	free(w.p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct chat_crc32 crc;
	char seal[SEAL + 1];
	char *copy = malloc(n > 0 ? n : 1);
	unsigned sum;

	chat_crc32_init(&crc);
	expect(copy != NULL);
	if (n > 0)
		memcpy(copy, p, n);
	parse(&crc, copy, n);
	if (n >= SEAL) {
		memcpy(copy, p, n);
		sum = chat_crc32_sum(&crc, copy, n - SEAL);
		snprintf(seal, sizeof(seal), ",\"sum\":\"%08x\"}", sum);
		memcpy(copy + n - SEAL, seal, SEAL);
		parse(&crc, copy, n);
	}
	free(copy);
	return 0;
}

/* Tests of line: the lines of a journal, byte for byte, and back; and what is
 * refused, with the right checksum and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "err.h"
#include "guard.h"
#include "journal/line.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define NOW UINT64_C(1735689600123)
#define LOG                                            \
	{                                              \
		'x', '7', 'Y', 'q', 'A', 'b', '3', 'k' \
	}
#define S(s)                     \
	{                        \
		s, sizeof(s) - 1 \
	}
#define USERS                                                              \
	{                                                                  \
		UINT64_C(0x0102030405060708), UINT64_C(0xf0f1f2f3f4f5f6f7) \
	}
#define KEY                                             \
	{                                               \
		{ UINT64_C(0x0102030405060708),         \
			UINT64_C(0x090a0b0c0d0e0f10) }, \
		    UINT64_C(0x1112131415161718)        \
	}

/* Parts of bodies, with ' for ". */
#define HEAD     "'journal':1,'log':'x7YqAb3k'"
#define PLACE    "'after':2,'time':3"
#define ENTRY    "'seq':2,'time':3"
#define SAID     "'from':'alice','by':'k3J9x2Qa','text':'hi'"
#define WHISPER  "'from':'alice','to':'bob','by':'k3J9x2Qa','text':'hi'"
#define HASHES   "'users':['AQIDBAUGBwg','8PHy8_T19vc']"
#define REF_KEY  "'key':'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY'"
#define SECRET_B "'secret':'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'"
#define MASKED   "'masked':['AQIDBAUGBwg','8PHy8_T19vc']"
#define SEND     "'send':'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY'"
#define FILE_AT  "'segment':1,'size':311,'inode':77,'changed':88"

static struct chat_crc32 crc;

static int
set_up(void **state)
{
	(void)state;
	chat_crc32_init(&crc);
	return 0;
}

static const struct {
	struct chat_line line;
	const char *text;
} examples[] = {
	{ { .kind = CHAT_LINE_SEGMENT,
	      .version = 1,
	      .log = LOG,
	      .entry.time = NOW },
	    "{\"journal\":1,\"log\":\"x7YqAb3k\",\"after\":0,"
	    "\"time\":1735689600123,\"sum\":\"f5f96dd7\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .version = 1,
	      .entry.seq = 1,
	      .entry.time = NOW,
	      .entry.from = S("alice"),
	      .entry.by = S("k3J9x2Qa"),
	      .entry.ref = S("Xk3"),
	      .entry.text = S("hi"),
	      .entry.key = KEY },
	    "{\"seq\":1,\"time\":1735689600123,\"from\":\"alice\","
	    "\"by\":\"k3J9x2Qa\",\"ref\":\"Xk3\",\"text\":\"hi\","
	    "\"key\":\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY\","
	    "\"sum\":\"cd449851\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .entry.seq = 1,
	      .entry.time = NOW,
	      .entry.from = S("alice"),
	      .entry.by = S("k3J9x2Qa"),
	      .entry.text = S("hi") },
	    "{\"seq\":1,\"time\":1735689600123,\"from\":\"alice\","
	    "\"by\":\"k3J9x2Qa\",\"text\":\"hi\",\"sum\":\"3dfb4584\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .version = 1,
	      .entry.is_private = true,
	      .entry.is_withheld = true,
	      .entry.seq = 2,
	      .entry.time = NOW,
	      .entry.user = USERS,
	      .entry.key = KEY },
	    "{\"seq\":2,\"time\":1735689600123,"
	    "\"users\":[\"AQIDBAUGBwg\",\"8PHy8_T19vc\"],"
	    "\"key\":\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY\","
	    "\"sum\":\"82c69881\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .version = 1,
	      .entry.is_private = true,
	      .entry.is_withheld = true,
	      .entry.seq = 2,
	      .entry.time = NOW,
	      .entry.user = USERS },
	    "{\"seq\":2,\"time\":1735689600123,"
	    "\"users\":[\"AQIDBAUGBwg\",\"8PHy8_T19vc\"],"
	    "\"sum\":\"cb508f8b\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .version = 1,
	      .entry.is_private = true,
	      .entry.seq = 2,
	      .entry.time = NOW,
	      .entry.from = S("alice"),
	      .entry.to = S("bob"),
	      .entry.by = S("k3J9x2Qa"),
	      .entry.ref = S("Xk3"),
	      .entry.text = S("hi"),
	      .entry.user = USERS,
	      .entry.key = KEY },
	    "{\"seq\":2,\"time\":1735689600123,\"from\":\"alice\","
	    "\"to\":\"bob\",\"by\":\"k3J9x2Qa\",\"ref\":\"Xk3\","
	    "\"text\":\"hi\",\"users\":[\"AQIDBAUGBwg\",\"8PHy8_T19vc\"],"
	    "\"key\":\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY\","
	    "\"sum\":\"dd488e17\"}" },
	{ { .kind = CHAT_LINE_SKIP,
	      .entry.seq = 1000000002,
	      .entry.time = NOW,
	      .skip = 3 },
	    "{\"seq\":1000000002,\"time\":1735689600123,\"skip\":3,"
	    "\"sum\":\"2629b297\"}" },
	{ { .kind = CHAT_LINE_SECRET,
	      .version = 1,
	      .log = LOG,
	      .secret = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
		  31 } },
	    "{\"journal\":1,\"log\":\"x7YqAb3k\","
	    "\"secret\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\","
	    "\"sum\":\"28b3bd6e\"}" },
	{ { .kind = CHAT_LINE_CLEAN,
	      .version = 1,
	      .log = LOG,
	      .entry.seq = 2,
	      .entry.time = NOW,
	      .segment = 1,
	      .size = 311,
	      .inode = 77,
	      .changed = 1735689600123456 },
	    "{\"journal\":1,\"log\":\"x7YqAb3k\",\"after\":2,"
	    "\"time\":1735689600123,\"segment\":1,\"size\":311,\"inode\":77,"
	    "\"changed\":1735689600123456,\"sum\":\"58c3a423\"}" },
	/* Version 2 */
	{ { .kind = CHAT_LINE_SEGMENT, .log = LOG, .entry.time = NOW },
	    "{\"journal\":2,\"log\":\"x7YqAb3k\",\"after\":0,"
	    "\"time\":1735689600123,\"sum\":\"bf601aa3\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .entry.seq = 1,
	      .entry.time = NOW,
	      .entry.from = S("alice"),
	      .entry.by = S("k3J9x2Qa"),
	      .entry.ref = S("Xk3"),
	      .entry.text = S("hi"),
	      .entry.key = KEY },
	    "{\"seq\":1,\"time\":1735689600123,\"from\":\"alice\","
	    "\"by\":\"k3J9x2Qa\",\"ref\":\"Xk3\",\"text\":\"hi\","
	    "\"send\":\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY\","
	    "\"sum\":\"bff63ba4\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .entry.is_private = true,
	      .entry.is_withheld = true,
	      .entry.seq = 2,
	      .entry.time = NOW,
	      .entry.user = USERS,
	      .entry.key = KEY },
	    "{\"seq\":2,\"time\":1735689600123,"
	    "\"masked\":[\"AQIDBAUGBwg\",\"8PHy8_T19vc\"],"
	    "\"send\":\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY\","
	    "\"sum\":\"f9d015c5\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .entry.is_private = true,
	      .entry.is_withheld = true,
	      .entry.seq = 2,
	      .entry.time = NOW,
	      .entry.user = USERS },
	    "{\"seq\":2,\"time\":1735689600123,"
	    "\"masked\":[\"AQIDBAUGBwg\",\"8PHy8_T19vc\"],"
	    "\"sum\":\"b0d15f4d\"}" },
	{ { .kind = CHAT_LINE_ENTRY,
	      .entry.is_private = true,
	      .entry.seq = 2,
	      .entry.time = NOW,
	      .entry.from = S("alice"),
	      .entry.to = S("bob"),
	      .entry.by = S("k3J9x2Qa"),
	      .entry.ref = S("Xk3"),
	      .entry.text = S("hi"),
	      .entry.user = USERS,
	      .entry.key = KEY },
	    "{\"seq\":2,\"time\":1735689600123,\"from\":\"alice\","
	    "\"to\":\"bob\",\"by\":\"k3J9x2Qa\",\"ref\":\"Xk3\","
	    "\"text\":\"hi\",\"masked\":[\"AQIDBAUGBwg\",\"8PHy8_T19vc\"],"
	    "\"send\":\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY\","
	    "\"sum\":\"2a1fd286\"}" },
	{ { .kind = CHAT_LINE_SECRET,
	      .log = LOG,
	      .secret = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
		  31 } },
	    "{\"journal\":2,\"log\":\"x7YqAb3k\","
	    "\"secret\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\","
	    "\"sum\":\"eb965f3d\"}" },
	{ { .kind = CHAT_LINE_CLEAN,
	      .log = LOG,
	      .entry.seq = 2,
	      .entry.time = NOW,
	      .segment = 1,
	      .size = 311,
	      .inode = 77,
	      .changed = 1735689600123456 },
	    "{\"journal\":2,\"log\":\"x7YqAb3k\",\"after\":2,"
	    "\"time\":1735689600123,\"segment\":1,\"size\":311,\"inode\":77,"
	    "\"changed\":1735689600123456,\"sum\":\"5a3ac2bc\"}" },
};

static void
assert_str(struct chat_str a, struct chat_str b)
{
	assert_int_equal(a.p == NULL, b.p == NULL);
	assert_true(chat_str_is(a, b));
}

/* A line that is to be written may leave it open. */
static uint64_t
version_of(const struct chat_line *line)
{
	return line->version > 0 ? line->version : CHAT_LINE_VERSION;
}

static void
assert_line(const struct chat_line *a, const struct chat_line *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(version_of(a), version_of(b));
	assert_int_equal(a->entry.kind, b->entry.kind);
	assert_int_equal(a->entry.is_private, b->entry.is_private);
	assert_int_equal(a->entry.is_withheld, b->entry.is_withheld);
	assert_int_equal(a->entry.seq, b->entry.seq);
	assert_int_equal(a->entry.time, b->entry.time);
	assert_str(a->entry.from, b->entry.from);
	assert_str(a->entry.to, b->entry.to);
	assert_str(a->entry.by, b->entry.by);
	assert_str(a->entry.ref, b->entry.ref);
	assert_str(a->entry.text, b->entry.text);
	assert_int_equal(a->entry.key.send[0], b->entry.key.send[0]);
	assert_int_equal(a->entry.key.send[1], b->entry.key.send[1]);
	assert_int_equal(a->entry.key.content, b->entry.key.content);
	assert_memory_equal(
	    a->entry.user, b->entry.user, sizeof(a->entry.user));
	assert_int_equal(a->skip, b->skip);
	assert_memory_equal(a->log, b->log, sizeof(a->log));
	assert_memory_equal(a->secret, b->secret, sizeof(a->secret));
	assert_int_equal(a->segment, b->segment);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->inode, b->inode);
	assert_int_equal(a->changed, b->changed);
}

/* Parses a copy before an unreadable page, which the line is gone with. */
static int
parse(struct chat_line *line, const char *p, size_t n)
{
	char *copy = guard_copy(p, n);
	int err;

	memset(line, '#', sizeof(*line));
	err = chat_line_parse(line, &crc, copy, n);
	guard_free(copy, n);
	return err;
}

/* A line made of all that is in it but the checksum, where ' stands for ". */
static size_t
complete(char *to, size_t cap, const char *body)
{
	size_t i, n = (size_t)snprintf(to, cap, "{%s", body);

	for (i = 0; i < n; i++)
		if (to[i] == '\'')
			to[i] = '"';
	return n +
	    (size_t)snprintf(to + n, cap - n, ",\"sum\":\"%08x\"}",
		(unsigned)chat_crc32_sum(&crc, to, n));
}

enum audience { PUBLIC, PRIVATE, WITHHELD };

static struct chat_line
parse_good(const char *body)
{
	struct chat_line line;
	char text[1000];
	size_t n = complete(text, sizeof(text), body);

	if (parse(&line, text, n) != CHAT_OK)
		fail_msg("refused: %s", text);
	return line;
}

static void
takes(enum chat_line_kind kind, const char *body)
{
	assert_int_equal(parse_good(body).kind, kind);
}

static void
takes_message(enum audience to, const char *body)
{
	struct chat_line line = parse_good(body);

	assert_int_equal(line.kind, CHAT_LINE_ENTRY);
	assert_int_equal(line.entry.kind, CHAT_ENTRY_MESSAGE);
	assert_int_equal(line.entry.is_private, to != PUBLIC);
	assert_int_equal(line.entry.is_withheld, to == WITHHELD);
}

static void
refuses(const char *body)
{
	struct chat_line line;
	char text[1000];
	size_t n = complete(text, sizeof(text), body);
	int err = parse(&line, text, n);

	if (err != CHAT_ERR_LINE)
		fail_msg("%d for %s", err, text);
}

/*
 * There and back
 */

static void
test_written(void **state)
{
	struct chat_json_writer w;
	char text[400];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(examples); i++) {
		w = (struct chat_json_writer){ text, sizeof(text), 0, false };
		chat_line_write(&w, &crc, &examples[i].line);
		assert_in_range(w.n, 1, sizeof(text) - 1);
		text[w.n] = '\0';
		assert_string_equal(text, examples[i].text);
	}
}

static void
test_parsed(void **state)
{
	struct chat_line line;
	char *copy;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(examples); i++) {
		n = strlen(examples[i].text);
		copy = guard_copy(examples[i].text, n);
		memset(&line, '#', sizeof(line));
		assert_int_equal(
		    chat_line_parse(&line, &crc, copy, n), CHAT_OK);
		assert_line(&line, &examples[i].line);
		guard_free(copy, n);
	}
}

/* Every length of room: nothing is written after it, and the length is told. */
static void
test_no_room(void **state)
{
	struct chat_json_writer w;
	char *room;
	size_t i, cap, n;

	(void)state;
	for (i = 0; i < COUNT(examples); i++) {
		n = strlen(examples[i].text);
		for (cap = 0; cap <= n; cap++) {
			room = guard_copy(examples[i].text, cap);
			w = (struct chat_json_writer){ room, cap, 0, false };
			chat_line_write(&w, &crc, &examples[i].line);
			assert_int_equal(w.n, n);
			guard_free(room, cap);
		}
	}
	w = (struct chat_json_writer){ .p = NULL };
	chat_line_write(&w, &crc, &examples[0].line);
	assert_int_equal(w.n, strlen(examples[0].text));
}

/* One writer, several lines. */
static void
test_several(void **state)
{
	char text[1000], want[1000];
	struct chat_json_writer w = { .p = text, .cap = sizeof(text) - 1 };
	size_t i;
	int n = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		chat_line_write(&w, &crc, &examples[i].line);
		chat_json_write_raw(&w, CHAT_STR("\n"));
		n += snprintf(want + n, sizeof(want) - (size_t)n, "%s\n",
		    examples[i].text);
	}
	text[w.n] = '\0';
	assert_string_equal(text, want);
}

static void
assert_comes_back(const struct chat_line *line)
{
	char text[1000];
	struct chat_json_writer w = { .p = text, .cap = sizeof(text) };
	struct chat_line back;

	chat_line_write(&w, &crc, line);
	assert_in_range(w.n, 1, sizeof(text));
	assert_null(memchr(text, '\n', w.n));
	assert_int_equal(chat_line_parse(&back, &crc, text, w.n), CHAT_OK);
	assert_line(&back, line);
}

static void
test_strings(void **state)
{
	static const struct chat_str texts[] = {
		S(""),
		S("\"\\/"),
		S("{\"seq\":1,\"sum\":\"00000000\"}"),
		S(",\"sum\":\"00000000\"}"),
		S("a\nb\r\n\t\b\f\x01\x1f\x7f"),
		S("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
		S("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf"),
	};
	struct chat_line line = examples[5].line;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		line.entry.from = line.entry.to = line.entry.by =
		    line.entry.ref = line.entry.text = texts[i];
		assert_comes_back(&line);
	}
}

static void
test_numbers(void **state)
{
	const uint64_t max = CHAT_JSON_MAX_UINT, all = UINT64_MAX;
	struct chat_line line = { .kind = CHAT_LINE_SKIP };

	(void)state;
	line.entry.seq = line.skip = line.entry.time = max;
	assert_comes_back(&line);
	line.entry.seq = line.skip = 1;
	line.entry.time = 0;
	assert_comes_back(&line);
	line = (struct chat_line){ .kind = CHAT_LINE_CLEAN, .log = LOG };
	assert_comes_back(&line);
	line.entry.seq = line.entry.time = line.segment = line.size =
	    line.inode = line.changed = max;
	assert_comes_back(&line);
	line = (struct chat_line){ .kind = CHAT_LINE_ENTRY,
		.entry = { .is_private = true,
		    .is_withheld = true,
		    .seq = max,
		    .time = max,
		    .key = { { all, all }, all },
		    .user = { all, 0 } } };
	assert_comes_back(&line);
	line.entry.key = (struct chat_ref_key){ { 0, 1 }, 0 };
	assert_comes_back(&line);
}

/* A key without a send is left out. */
static void
test_no_key(void **state)
{
	struct chat_line line = examples[4].line;
	struct chat_json_writer w = { .p = NULL };

	(void)state;
	line.entry.key.content = 1;
	chat_line_write(&w, &crc, &line);
	assert_int_equal(w.n, strlen(examples[4].text));
}

/* The kinds with the greatest numbers, and strings of nothing but quotes. */
static void
test_overhead(void **state)
{
	struct chat_line line;
	struct chat_json_writer w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(examples); i++) {
		line = examples[i].line;
		line.entry.seq = line.entry.time = line.skip = UINT64_MAX;
		line.segment = line.size = line.inode = line.changed =
		    UINT64_MAX;
		if (line.entry.from.p != NULL)
			line.entry.from = line.entry.by = line.entry.text =
			    CHAT_STR("");
		if (line.entry.ref.p != NULL)
			line.entry.ref = CHAT_STR("");
		if (line.entry.to.p != NULL)
			line.entry.to = CHAT_STR("");
		w = (struct chat_json_writer){ .p = NULL };
		chat_line_write(&w, &crc, &line);
		assert_in_range(w.n, 1, CHAT_LINE_OVERHEAD);
	}
}

/*
 * Damage
 */

static void
test_changed(void **state)
{
	struct chat_line line;
	char text[400];
	size_t i, at, n;
	int flip;

	(void)state;
	for (i = 0; i < COUNT(examples); i++) {
		n = strlen(examples[i].text);
		memcpy(text, examples[i].text, n);
		for (at = 0; at < n; at++)
			for (flip = 1; flip < 256; flip++) {
				text[at] = (char)(examples[i].text[at] ^ flip);
				assert_int_equal(
				    chat_line_parse(&line, &crc, text, n),
				    CHAT_ERR_LINE);
				text[at] = examples[i].text[at];
			}
	}
}

static void
test_cut(void **state)
{
	struct chat_line line;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(examples); i++)
		for (n = strlen(examples[i].text); n-- > 0;) {
			assert_int_equal(
			    parse(&line, examples[i].text, n), CHAT_ERR_LINE);
			assert_int_equal(parse(&line, examples[i].text + 1, n),
			    CHAT_ERR_LINE);
		}
}

/* No byte is left over, and the checksum is written in one way alone. */
static void
test_around(void **state)
{
	static const char body[] = "{\"seq\":3,\"time\":69,\"skip\":3";
	static const char *const ends[] = { ",\"sum\":\"%08x\"} ",
		",\"sum\":\"%08x\"}\n", ",\"sum\":\"%08x\" }",
		", \"sum\":\"%08x\"}", ",\"sum\":\"%08X\"}", ",\"sum\":\"%x\"}",
		",\"sum\":%08x}", ",\"Sum\":\"%08x\"}", ",\"sum\":\"%08x\"]",
		"\"sum\":\"%08x\"}", ",\"sum\":\"%08x\"", "}" };
	unsigned sum = (unsigned)chat_crc32_sum(&crc, body, strlen(body));
	struct chat_line line;
	char text[100];
	size_t i, n = strlen(body);
	int more;

	(void)state;
	takes(CHAT_LINE_SKIP, "'seq':3,'time':69,'skip':3");
	assert_int_equal(sum, 0x08efacc3);
	memcpy(text, body, n);
	for (i = 0; i < COUNT(ends); i++) {
		more = snprintf(text + n, sizeof(text) - n, ends[i], sum);
		assert_int_equal(
		    parse(&line, text, n + (size_t)more), CHAT_ERR_LINE);
	}
}

static void
test_too_long(void **state)
{
	struct chat_line line = examples[2].line, back;
	struct chat_json_writer w = { .cap = CHAT_LINE_MAX + 1 };
	size_t n = strlen(examples[2].text) - line.entry.text.n;
	char *letters = malloc(CHAT_LINE_MAX);

	(void)state;
	w.p = malloc(w.cap);
	assert_true(w.p != NULL && letters != NULL);
	memset(letters, 'x', CHAT_LINE_MAX);
	line.entry.text = (struct chat_str){ letters, CHAT_LINE_MAX - n };
	chat_line_write(&w, &crc, &line);
	assert_int_equal(w.n, CHAT_LINE_MAX);
	assert_int_equal(chat_line_parse(&back, &crc, w.p, w.n), CHAT_OK);
	assert_line(&back, &line);
	line.entry.text.n++;
	w.n = 0;
	chat_line_write(&w, &crc, &line);
	assert_int_equal(w.n, CHAT_LINE_MAX + 1);
	assert_int_equal(chat_line_parse(&back, &crc, w.p, w.n), CHAT_ERR_LINE);
	free(letters);
	free(w.p);
}

/* Lines with a right checksum that are not lines of a journal */

static void
test_members(void **state)
{
	static const char *const wrong[] = {
		"",
		"'x':1",
		HEAD,
		ENTRY,
		PLACE,
		HEAD ",'after':2",
		HEAD ",'time':3",
		"'journal':1," PLACE,
		"'log':'x7YqAb3k'," PLACE,
		HEAD "," PLACE ",'seq':2",
		HEAD "," ENTRY,
		HEAD "," PLACE ",'skip':1",
		HEAD "," SECRET_B ",'time':3",
		HEAD "," SECRET_B "," PLACE,
		"'journal':1," SECRET_B,
		"'log':'x7YqAb3k'," SECRET_B,
		HEAD "," PLACE ",'segment':1,'size':311",
		HEAD "," PLACE ",'segment':1,'size':311,'inode':77",
		HEAD "," PLACE ",'segment':1,'size':311,'changed':88",
		HEAD "," PLACE ",'segment':1,'inode':77,'changed':88",
		HEAD "," PLACE ",'size':311,'inode':77,'changed':88",
		HEAD ",'after':2," FILE_AT,
		HEAD ",'time':3," FILE_AT,
		HEAD "," PLACE "," FILE_AT "," SECRET_B,
		ENTRY ",'from':'alice','by':'k3J9x2Qa'",
		ENTRY ",'from':'alice','text':'hi'",
		ENTRY ",'by':'k3J9x2Qa','text':'hi'",
		ENTRY "," WHISPER,
		ENTRY "," REF_KEY,
		ENTRY ",'ref':'Xk3'",
		"'seq':2," SAID,
		"'time':3," SAID,
		ENTRY "," SAID ",'log':'x7YqAb3k'",
		ENTRY "," SAID ",'journal':1",
		ENTRY "," SAID ",'skip':1",
		ENTRY "," SAID "," HASHES,
		ENTRY "," HASHES ",'ref':'Xk3'",
		ENTRY "," HASHES ",'to':'bob'",
		ENTRY ",'from':'alice','to':'bob','text':'hi'," HASHES,
		"'seq':2," HASHES,
		"'time':3," HASHES,
		ENTRY "," HASHES ",'skip':1",
		"'seq':2,'skip':1",
		"'time':3,'skip':1",
		ENTRY ",'skip':1," REF_KEY,
		/* of both versions */
		ENTRY "," MASKED "," REF_KEY,
		ENTRY "," HASHES "," SEND,
		ENTRY "," HASHES "," MASKED,
		ENTRY "," SAID "," REF_KEY "," SEND,
		ENTRY "," WHISPER "," MASKED "," REF_KEY,
		ENTRY "," SAID "," MASKED,
		ENTRY "," SEND,
		"'journal':0,'log':'x7YqAb3k'," PLACE,
	};
	size_t i;

	(void)state;
	takes(CHAT_LINE_SEGMENT, HEAD "," PLACE);
	takes(CHAT_LINE_SECRET, HEAD "," SECRET_B);
	takes(CHAT_LINE_CLEAN, HEAD "," PLACE "," FILE_AT);
	takes_message(PUBLIC, ENTRY "," SAID);
	takes_message(PUBLIC, ENTRY "," SAID ",'ref':'Xk3'");
	takes_message(PUBLIC, ENTRY "," SAID "," REF_KEY);
	takes_message(PUBLIC, ENTRY "," SAID "," SEND);
	takes_message(WITHHELD, ENTRY "," MASKED);
	takes_message(WITHHELD, ENTRY "," MASKED "," SEND);
	takes_message(PRIVATE, ENTRY "," WHISPER "," MASKED);
	takes_message(PRIVATE, ENTRY "," WHISPER "," MASKED "," SEND);
	/* Whoever reads the line decides what becomes of a later version. */
	assert_int_equal(
	    parse_good("'journal':3,'log':'x7YqAb3k'," PLACE).version, 3);
	takes_message(WITHHELD, ENTRY "," HASHES "," REF_KEY);
	takes_message(PRIVATE, ENTRY "," WHISPER "," HASHES);
	takes(CHAT_LINE_SKIP, ENTRY ",'skip':1");
	for (i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i]);
}

static void
test_unknown(void **state)
{
	(void)state;
	takes(CHAT_LINE_SKIP, "'x':[{'seq':9},null]," ENTRY ",'skip':1");
	takes(CHAT_LINE_SKIP, ENTRY ",'sum':'x','sums':{},'skip':1");
	takes(CHAT_LINE_SKIP, ENTRY ",'skip':1,'':true,'Seq':-1e9,'sequel':0");
	takes(CHAT_LINE_SKIP, ENTRY ",'skip':1,'\\u0078':'\\u0000'");
	takes_message(PUBLIC, SAID ",'x':{},'time':3,'x':{},'seq':2");
}

static void
test_twice(void **state)
{
	static const char *const wrong[] = {
		ENTRY ",'skip':1,'skip':1",
		ENTRY "," ENTRY ",'skip':1",
		"'seq':2,'seq':2,'time':3,'skip':1",
		ENTRY "," SAID ",'text':'hi'",
		ENTRY "," SAID "," SAID,
		ENTRY "," HASHES "," HASHES,
		ENTRY "," HASHES "," REF_KEY "," REF_KEY,
		HEAD "," HEAD "," PLACE,
		HEAD "," PLACE "," FILE_AT ",'inode':77",
		HEAD "," PLACE "," FILE_AT ",'changed':88",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i]);
}

static void
test_grammar(void **state)
{
	static const char *const wrong[] = {
		"," ENTRY ",'skip':1",
		ENTRY ",'skip':1,",
		ENTRY ",,'skip':1",
		ENTRY "'skip':1",
		"'seq':2'time':3,'skip':1",
		ENTRY ",'skip' 1",
		ENTRY ",'skip':",
		ENTRY ",'skip'",
		ENTRY ",skip:1",
		ENTRY ",'skip':1,5:1",
		ENTRY ",'skip':1,{}:1",
		ENTRY ",'skip':1,2",
		ENTRY ",'skip':1,'x'",
		ENTRY ",'skip':1,'x':",
		ENTRY ",'skip':1}",
		ENTRY ",'skip':1},{",
		ENTRY ",'skip':1,'x':[1",
		ENTRY ",'skip':1,'x':{'y':1,'y':1}",
		ENTRY ",'skip':1,'x':tru",
		ENTRY ",'skip':1,'x':'",
		ENTRY ",'skip':1,'x':'\\'",
		ENTRY ",'skip':1,'x':'\xff'",
		ENTRY ",'skip':1,'x':'\xed\xa0\x80'",
		ENTRY ",'skip':1,'x':'\n'",
		"'seq'",
		"'",
		"{",
		"[",
	};
	size_t i;

	(void)state;
	takes(CHAT_LINE_SKIP, " 'seq' : 2 , 'time' : 3 ,\t'skip':1 ");
	for (i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i]);
}

static void
test_version(void **state)
{
	(void)state;
	refuses("'journal':0,'log':'x7YqAb3k'," PLACE);
	refuses("'journal':'1','log':'x7YqAb3k'," PLACE);
	refuses("'journal':-1,'log':'x7YqAb3k'," SECRET_B);
	refuses("'journal':9007199254740992,'log':'x7YqAb3k'," SECRET_B);
}

static void
test_bad_numbers(void **state)
{
	static const char *const wrong[] = {
		"'seq':0,'time':3," SAID,
		"'seq':0,'time':3," HASHES,
		"'seq':0,'time':3,'skip':0",
		"'seq':2,'time':3,'skip':0",
		"'seq':2,'time':3,'skip':3",
		"'seq':9007199254740992,'time':3,'skip':1",
		"'seq':2,'time':9007199254740992,'skip':1",
		"'seq':9007199254740991,'time':3,'skip':9007199254740992",
		"'seq':18446744073709551617,'time':3,'skip':1",
		"'seq':-2,'time':3,'skip':1",
		"'seq':2.0,'time':3,'skip':1",
		"'seq':2e0,'time':3,'skip':1",
		"'seq':02,'time':3,'skip':1",
		"'seq':'2','time':3,'skip':1",
		"'seq':2,'time':null,'skip':1",
		"'seq':2,'time':3,'skip':[1]",
		HEAD ",'after':-1,'time':3",
		HEAD ",'after':9007199254740992,'time':3",
		HEAD "," PLACE
		     ",'segment':-1,'size':311,'inode':77,'changed':88",
		HEAD "," PLACE
		     ",'segment':1,'size':'311','inode':77,'changed':88",
		HEAD "," PLACE
		     ",'segment':1,'size':311,'inode':9007199254740992"
		     ",'changed':88",
	};
	size_t i;

	(void)state;
	takes(CHAT_LINE_SKIP, "'seq':2,'time':0,'skip':2");
	takes(CHAT_LINE_SKIP,
	    "'seq':9007199254740991,'time':9007199254740991,'skip':1");
	takes(CHAT_LINE_SEGMENT, HEAD ",'after':0,'time':0");
	for (i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i]);
}

static void
test_bad_bytes(void **state)
{
	static const char *const wrong[] = {
		"'users':['AQIDBAUGBwg']",
		"'users':['AQIDBAUGBwg','8PHy8_T19vc','8PHy8_T19vc']",
		"'users':['AQIDBAUGBwg','8PHy8_T19g']",
		"'users':['AQIDBAUGBwg','8PHy8_T19vcA']",
		"'users':['AQIDBAUGBwg','8PHy8/T19vc']",
		"'users':['AQIDBAUGBwg','8PHy8_T19vd']",
		"'users':['AQIDBAUGBwg','8PHy8_T19vc=']",
		"'users':['AQIDBAUGBwg','']",
		"'users':['AQIDBAUGBwg',1]",
		"'users':['AQIDBAUGBwg','8PHy8_T19v\\u0063']",
		"'users':{'AQIDBAUGBwg':'8PHy8_T19vc','x':'8PHy8_T19vc'}",
		"'users':[]",
		"'users':'AQIDBAUGBwg'",
		"'users':null",
		HASHES ",'key':''",
		HASHES ",'key':'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhc'",
		HASHES ",'key':'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGQ'",
		HASHES ",'key':'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhc*'",
		HASHES ",'key':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'",
		HASHES ",'key':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB'",
		HASHES ",'key':1",
		HASHES ",'key':['AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY']",
	};
	char body[300];
	size_t i;

	(void)state;
	takes_message(WITHHELD, ENTRY "," HASHES "," REF_KEY);
	takes_message(WITHHELD,
	    ENTRY "," HASHES ",'key':'AAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAA'");
	for (i = 0; i < COUNT(wrong); i++) {
		snprintf(body, sizeof(body), ENTRY ",%s", wrong[i]);
		refuses(body);
	}
	refuses(HEAD ",'secret':'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg'");
	refuses(
	    HEAD ",'secret':'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g'");
	refuses(HEAD ",'secret':''");
	refuses(HEAD ",'secret':32");
}

static void
test_bad_strings(void **state)
{
	static const char *const wrong[] = {
		ENTRY ",'from':'a\\u0000','by':'b','text':'c'",
		ENTRY ",'from':'a','by':'\\u0000','text':'c'",
		ENTRY ",'from':'a','by':'b','text':'\\u0000c'",
		ENTRY ",'from':'a','by':'b','text':'c','ref':'\\u0000'",
		ENTRY ",'from':null,'by':'b','text':'c'",
		ENTRY ",'from':'a','by':1,'text':'c'",
		ENTRY ",'from':'a','by':'b','text':['c']",
		ENTRY ",'from':'a','by':'b','text':{}",
		ENTRY ",'from':'a','by':'b','text':'c','ref':false",
		ENTRY ",'from':'a','to':7,'by':'b','text':'c'," HASHES,
		ENTRY ",'from':'a','by':'b','text':'\xc3'",
		ENTRY ",'from':'a','by':'b','text':'\\ud83d'",
		"'journal':1,'log':'x7YqAb3'," PLACE,
		"'journal':1,'log':'x7YqAb3kk'," PLACE,
		"'journal':1,'log':''," PLACE,
		"'journal':1,'log':'x7YqAb3\\u0000'," PLACE,
		"'journal':1,'log':12345678," PLACE,
	};
	size_t i;

	(void)state;
	takes_message(PUBLIC, ENTRY ",'from':'','by':'','text':''");
	for (i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i]);
}

/* Escapes that are not written, but may be. */
static void
test_escapes(void **state)
{
	char text[300];
	struct chat_line line;
	size_t n = complete(text, sizeof(text),
	    ENTRY
	    ",'from':'\\u0061','by':'\\/','text':'\\ud83d\\ude00\\u000a'");

	(void)state;
	assert_int_equal(chat_line_parse(&line, &crc, text, n), CHAT_OK);
	assert_true(chat_str_is(line.entry.from, CHAT_STR("a")));
	assert_true(chat_str_is(line.entry.by, CHAT_STR("/")));
	assert_true(
	    chat_str_is(line.entry.text, CHAT_STR("\xf0\x9f\x98\x80\n")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_parsed),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_overhead),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_bad_bytes),
		cmocka_unit_test(test_bad_strings),
		cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}

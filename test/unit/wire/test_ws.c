/* Tests of ws: messages over frames, RFC 6455, 5.4 to 5.6 and 7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "guard.h"
#include "ws.h"

/* What a peer sends. */
struct input {
	size_t n;
	unsigned char bytes[2048];
};

/* What a caller has been told: one word per message, control frame, end. */
struct story {
	size_t n;
	char text[2048];
	size_t begun; /* the message under way, from here on in part */
	size_t part_n;
	char part[1024];
};

static const struct chat_ws_config server = { .role = CHAT_WS_SERVER };
static const struct chat_ws_config client = { .role = CHAT_WS_CLIENT };

/* Appends a frame of n bytes; masked with a key of its own, or not at all. */
static void
add(struct input *in, bool masked, int first, const char *data, size_t n)
{
	struct chat_frame f = { .masked = masked, .length = n };
	unsigned char *p = in->bytes + in->n;
	size_t size;

	assert_true(in->n + CHAT_FRAME_MAX_HEADER + n <= sizeof(in->bytes));
	if (masked) {
		memcpy(f.mask, "\x5a\xe7\x00\xff", 4);
		f.mask[2] = (unsigned char)in->n;
	}
	size = chat_frame_write(p, &f);
	p[0] = (unsigned char)first;
	memcpy(p + size, data, n);
	chat_frame_mask(p + size, n, f.mask, 0);
	in->n += size + n;
}

static void
tell(struct story *s, const char *word, const char *data, size_t n)
{
	int size = snprintf(s->text + s->n, sizeof(s->text) - s->n, "%s(%.*s) ",
	    word, (int)n, data);

	s->n += (size_t)size;
	assert_true(s->n < sizeof(s->text));
}

static void
tell_data(struct story *s, const struct chat_ws_event *ev)
{
	assert_true(ev->opcode == CHAT_OP_TEXT || ev->opcode == CHAT_OP_BINARY);
	assert_int_equal(ev->first, s->begun == 0);
	assert_true(ev->size > 0 || ev->last);
	assert_true(s->part_n + ev->size <= sizeof(s->part));
	memcpy(s->part + s->part_n, ev->data, ev->size);
	s->part_n += ev->size;
	s->begun++;
	if (!ev->last)
		return;
	tell(s, ev->opcode == CHAT_OP_TEXT ? "text" : "binary", s->part,
	    s->part_n);
	s->begun = s->part_n = 0;
}

static void
tell_event(struct story *s, const struct chat_ws_event *ev)
{
	char word[16];

	switch (ev->kind) {
	case CHAT_WS_MORE:
		return;
	case CHAT_WS_DATA:
		tell_data(s, ev);
		return;
	case CHAT_WS_PING:
		tell(s, "ping", ev->data, ev->size);
		return;
	case CHAT_WS_PONG:
		tell(s, "pong", ev->data, ev->size);
		return;
	case CHAT_WS_CLOSE:
		snprintf(word, sizeof(word), "close%d", ev->code);
		tell(s, word, ev->data, ev->size);
		return;
	}
	fail();
}

/* Gives ws all that is in n bytes at p, which lie at the edge of memory, and
 * returns how many of them it took, or an error. */
static long
take(struct chat_ws *ws, struct story *s, const void *p, size_t n)
{
	struct chat_ws_event ev;
	char *copy = guard_copy(p, n);
	size_t taken = 0;
	int result;

	for (;;) {
		memset(&ev, 0x5a, sizeof(ev));
		result = chat_ws_next(ws, copy + taken, n - taken, &ev);
		if (result <= 0)
			break;
		assert_true((size_t)result <= n - taken);
		taken += (size_t)result;
		tell_event(s, &ev);
	}
	if (result == 0)
		assert_true(n - taken < CHAT_WS_MAX_CONTROL ||
		    ws->state == CHAT_WS_CLOSED);
	guard_free(copy, n);
	return result < 0 ? result : (long)taken;
}

/* The story of n bytes that come in runs of step, the first of which is of
 * head bytes. */
static void
feed(struct story *s, const struct chat_ws_config *config,
    const struct input *in, size_t head, size_t step)
{
	size_t begin = 0, end = head;
	struct chat_ws ws;
	char code[8];
	long taken;

	memset(s, 0, sizeof(*s));
	chat_ws_init(&ws, config);
	for (;; end = in->n - end > step ? end + step : in->n) {
		taken = take(&ws, s, in->bytes + begin, end - begin);
		if (taken < 0) {
			snprintf(code, sizeof(code), "%d",
			    chat_err_close_code((int)taken));
			tell(s, "error", code, strlen(code));
			return;
		}
		begin += (size_t)taken;
		if (end == in->n)
			return;
	}
}

/* Asserts that the story is the same in whatever pieces the bytes come. */
static void
assert_told(const struct chat_ws_config *config, const struct input *in,
    const char *story)
{
	struct story s;
	size_t i;

	feed(&s, config, in, in->n, 1);
	assert_string_equal(s.text, story);
	for (i = 1; i < 8; i++) {
		feed(&s, config, in, 0, i);
		assert_string_equal(s.text, story);
	}
	for (i = 0; i < in->n && i < 300; i++) {
		feed(&s, config, in, i, in->n);
		assert_string_equal(s.text, story);
	}
}

/* Frames by their first byte, and what is told of them. */
struct scenario {
	const char *story;
	struct {
		int first;
		const char *data; /* NULL: no more frames */
	} frames[7];
};

static void
assert_scenarios(const struct scenario *list, size_t n)
{
	struct input masked, plain;
	size_t i, j;

	for (i = 0; i < n; i++) {
		masked.n = plain.n = 0;
		for (j = 0; list[i].frames[j].data != NULL; j++) {
			int first = list[i].frames[j].first;
			const char *data = list[i].frames[j].data;

			add(&masked, true, first, data, strlen(data));
			add(&plain, false, first, data, strlen(data));
		}
		assert_told(&server, &masked, list[i].story);
		assert_told(&client, &plain, list[i].story);
	}
}

#define ASSERT_SCENARIOS(list) \
	assert_scenarios((list), sizeof(list) / sizeof((list)[0]))

static void
test_messages_and_fragments(void **state)
{
	static const struct scenario list[] = {
		{ "text(Hello) ", { { 0x81, "Hello" } } },
		{ "text() ", { { 0x81, "" } } },
		{ "binary() ", { { 0x82, "" } } },
		{ "binary(\xff\xfe) ", { { 0x82, "\xff\xfe" } } },
		{ "text(a) binary(b) text(c) ",
		    { { 0x81, "a" }, { 0x82, "b" }, { 0x81, "c" } } },
		{ "text(Hello) ", { { 0x01, "Hel" }, { 0x80, "lo" } } },
		{ "binary(\xc0..\xc1) ",
		    { { 0x02, "\xc0" }, { 0x00, ".." }, { 0x80, "\xc1" } } },
		{ "text() ", { { 0x01, "" }, { 0x00, "" }, { 0x80, "" } } },
		{ "text(x) ", { { 0x01, "" }, { 0x00, "x" }, { 0x80, "" } } },
		{ "text(x) ", { { 0x01, "" }, { 0x00, "" }, { 0x80, "x" } } },
		{ "text(ab) text(c) ",
		    { { 0x01, "a" }, { 0x80, "b" }, { 0x81, "c" } } },
	};

	(void)state;
	ASSERT_SCENARIOS(list);
}

static void
test_control_frames_come_in_between(void **state)
{
	static const struct scenario list[] = {
		{ "ping() ", { { 0x89, "" } } },
		{ "ping(\xff\xff) pong(x) ",
		    { { 0x89, "\xff\xff" }, { 0x8a, "x" } } },
		{ "ping(p) text(Hello) ",
		    { { 0x01, "Hel" }, { 0x89, "p" }, { 0x80, "lo" } } },
		{ "ping(1) pong(2) ping(3) text(ab) ",
		    { { 0x01, "a" }, { 0x89, "1" }, { 0x8a, "2" }, { 0x00, "" },
			{ 0x89, "3" }, { 0x80, "b" } } },
		{ "close1005() ", { { 0x01, "a" }, { 0x88, "" } } },
	};

	(void)state;
	ASSERT_SCENARIOS(list);
}

static void
test_frames_out_of_order(void **state)
{
	static const struct scenario list[] = {
		{ "error(1002) ", { { 0x80, "x" } } },
		{ "error(1002) ", { { 0x00, "" } } },
		{ "error(1002) ", { { 0x01, "a" }, { 0x81, "b" } } },
		{ "error(1002) ", { { 0x01, "" }, { 0x01, "" } } },
		{ "error(1002) ", { { 0x02, "a" }, { 0x82, "b" } } },
		{ "text(ab) error(1002) ",
		    { { 0x01, "a" }, { 0x80, "b" }, { 0x80, "c" } } },
		{ "text(a) error(1002) ", { { 0x81, "a" }, { 0x00, "c" } } },
		{ "ping(p) error(1002) ", { { 0x89, "p" }, { 0x80, "" } } },
		{ "error(1002) ", { { 0xc1, "a" } } },
		{ "error(1002) ", { { 0x83, "a" } } },
		{ "error(1002) ", { { 0x8b, "" } } },
		{ "error(1002) ", { { 0x09, "" } } },
		{ "text(a) error(1002) ", { { 0x81, "a" }, { 0x08, "" } } },
	};

	(void)state;
	ASSERT_SCENARIOS(list);
}

static void
test_text_is_utf8(void **state)
{
	static const struct scenario list[] = {
		{ "text(\xce\xba\xf0\x9f\x98\x80) ",
		    { { 0x81, "\xce\xba\xf0\x9f\x98\x80" } } },
		/* a code point over four frames, with a ping inside */
		{ "ping(\xff) text(\xf0\x9f\x98\x80) ",
		    { { 0x01, "\xf0" }, { 0x00, "\x9f" }, { 0x89, "\xff" },
			{ 0x00, "\x98" }, { 0x80, "\x80" } } },
		{ "error(1007) ", { { 0x81, "\xff" } } },
		{ "error(1007) ", { { 0x01, "\xed\xa0" } } },
		{ "error(1007) ", { { 0x01, "\xf4" }, { 0x00, "\x90" } } },
		{ "error(1007) ", { { 0x01, "\xce" }, { 0x80, "" } } },
		{ "error(1007) ", { { 0x81, "a\xce" } } },
		/* the next message does not complete the last one */
		{ "text(a) error(1007) ", { { 0x81, "a" }, { 0x81, "\x80" } } },
		/* binary is not looked at, and leaves no trace */
		{ "binary(\xce) text(a) ",
		    { { 0x82, "\xce" }, { 0x81, "a" } } },
	};

	(void)state;
	ASSERT_SCENARIOS(list);
}

static void
test_close(void **state)
{
	static const struct scenario list[] = {
		{ "close1005() ", { { 0x88, "" } } },
		{ "close1000() ", { { 0x88, "\x03\xe8" } } },
		{ "close1001(bye \xc3\xa4) ",
		    { { 0x88,
			"\x03\xe9"
			"bye \xc3\xa4" } } },
		{ "error(1002) ", { { 0x88, "\x03" } } },
		{ "error(1002) ", { { 0x88, "\x03\xe7" } } },
		{ "error(1007) ", { { 0x88, "\x03\xe8\xff" } } },
		{ "error(1007) ", { { 0x88, "\x03\xe8\xce" } } },
		/* what follows it is not taken, right or wrong */
		{ "text(a) close1000() ",
		    { { 0x81, "a" }, { 0x88, "\x03\xe8" }, { 0x81, "b" } } },
		{ "close1000() ", { { 0x88, "\x03\xe8" }, { 0xff, "b" } } },
	};

	(void)state;
	ASSERT_SCENARIOS(list);
}

/* RFC 6455, 7.4.1 and 7.4.2, and what IANA has registered since. */
static void
test_close_codes(void **state)
{
	static const int good[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009,
		1010, 1011, 1012, 1013, 1014 };
	int code;

	(void)state;
	for (code = 0; code <= 65535; code++) {
		bool is_good = code >= 3000 && code <= 4999;
		struct chat_ws_event ev;
		struct input in = { 0, "" };
		struct chat_ws ws;
		char bytes[2] = { (char)(code >> 8), (char)code };
		size_t i;

		for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
			is_good = is_good || code == good[i];
		assert_int_equal(chat_ws_is_code(code), is_good);
		chat_ws_init(&ws, &client);
		add(&in, false, 0x88, bytes, 2);
		assert_int_equal(chat_ws_next(&ws, in.bytes, in.n, &ev),
		    is_good ? 4 : CHAT_ERR_WS_PROTOCOL);
		if (is_good)
			assert_int_equal(ev.code, code);
	}
	assert_false(chat_ws_is_code(-1));
}

static void
test_a_control_frame_of_any_size(void **state)
{
	char data[CHAT_FRAME_MAX_CONTROL + 1];
	char story[CHAT_FRAME_MAX_CONTROL + 16];
	size_t n;

	(void)state;
	memset(data, 'p', sizeof(data));
	for (n = 0; n <= CHAT_FRAME_MAX_CONTROL; n++) {
		struct input in = { 0, "" };

		add(&in, true, 0x89, data, n);
		snprintf(story, sizeof(story), "ping(%.*s) ", (int)n, data);
		assert_told(&server, &in, story);
	}
}

static void
test_messages_of_each_length_form(void **state)
{
	static const size_t sizes[] = { 125, 126, 127, 1000 };
	char data[1000], story[1024];
	size_t i;

	(void)state;
	memset(data, 'm', sizeof(data));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct input in = { 0, "" };

		add(&in, true, 0x01, data, sizes[i] - 7);
		add(&in, true, 0x89, "p", 1);
		add(&in, true, 0x80, data, 7);
		snprintf(story, sizeof(story), "ping(p) text(%.*s) ",
		    (int)sizes[i], data);
		assert_told(&server, &in, story);
	}
}

/* A megabyte in one frame and in many, in pieces of odd sizes. */
static void
test_long_messages(void **state)
{
	static unsigned char bytes[CHAT_FRAME_MAX_HEADER + (1 << 20)];
	static const unsigned char key[4] = { 0xde, 0xad, 0xbe, 0xef };
	struct chat_frame f = { CHAT_OP_BINARY, true, true, "", 1 << 20 };
	struct chat_ws_event ev;
	struct chat_ws ws;
	size_t step, n, taken, size, i;

	(void)state;
	memcpy(f.mask, key, 4);
	for (step = 1; step < sizeof(bytes); step = step * 7 + 5) {
		n = chat_frame_write(bytes, &f);
		for (i = 0; i < f.length; i++)
			bytes[n + i] = (unsigned char)(i / 251) ^ key[i % 4];
		n += (size_t)f.length;
		chat_ws_init(&ws, &server);
		for (taken = size = i = 0; taken < n;) {
			size_t here = n - taken < step ? n - taken : step;
			int r = chat_ws_next(&ws, bytes + taken, here, &ev);

			if (r == 0) {
				assert_true(taken == 0 && step < 14);
				r = chat_ws_next(&ws, bytes, 14, &ev);
			}
			assert_true(r > 0);
			taken += (size_t)r;
			if (ev.kind == CHAT_WS_MORE)
				continue;
			assert_int_equal(ev.first, size == 0);
			for (size += ev.size; i < size; i++, ev.data++)
				if ((unsigned char)*ev.data !=
				    (unsigned char)(i / 251))
					fail();
			assert_int_equal(ev.last, size == f.length);
		}
		assert_int_equal(size, f.length);
		assert_true(chat_ws_is_idle(&ws));
	}
}

/* One frame that is all there: one event, where it lies. */
static void
test_a_whole_message_is_used_in_place(void **state)
{
	struct input in = { 0, "" };
	struct chat_ws_event ev;
	struct chat_ws ws;

	(void)state;
	add(&in, true, 0x81, "Hello", 5);
	add(&in, true, 0x81, "again", 5);
	chat_ws_init(&ws, &server);
	assert_int_equal(chat_ws_next(&ws, in.bytes, in.n, &ev), 11);
	assert_int_equal(ev.kind, CHAT_WS_DATA);
	assert_int_equal(ev.opcode, CHAT_OP_TEXT);
	assert_true(ev.first && ev.last);
	assert_ptr_equal(ev.data, in.bytes + 6);
	assert_int_equal(ev.size, 5);
	assert_memory_equal(in.bytes + 6, "Hello", 5);
}

static void
test_what_is_there_is_handed_out(void **state)
{
	struct input in = { 0, "" };
	struct chat_ws_event ev;
	struct chat_ws ws;

	(void)state;
	add(&in, true, 0x81, "Hello", 5);
	chat_ws_init(&ws, &server);
	assert_int_equal(chat_ws_next(&ws, in.bytes, 5, &ev), 0);
	assert_int_equal(chat_ws_next(&ws, in.bytes, 6, &ev), 6);
	assert_int_equal(ev.kind, CHAT_WS_MORE);
	assert_int_equal(chat_ws_next(&ws, in.bytes + 6, 0, &ev), 0);
	assert_int_equal(chat_ws_next(&ws, in.bytes + 6, 2, &ev), 2);
	assert_true(ev.kind == CHAT_WS_DATA && ev.first && !ev.last);
	assert_memory_equal(ev.data, "He", 2);
	assert_int_equal(chat_ws_next(&ws, in.bytes + 8, 2, &ev), 2);
	assert_true(ev.kind == CHAT_WS_DATA && !ev.first && !ev.last);
	assert_memory_equal(ev.data, "ll", 2);
	assert_int_equal(chat_ws_next(&ws, in.bytes + 10, 1, &ev), 1);
	assert_true(ev.kind == CHAT_WS_DATA && !ev.first && ev.last);
	assert_memory_equal(ev.data, "o", 1);
}

/* A control frame that is not whole is not touched: its bytes come again. */
static void
test_what_is_not_consumed_is_not_changed(void **state)
{
	struct input in = { 0, "" }, before;
	struct chat_ws_event ev;
	struct chat_ws ws;

	(void)state;
	add(&in, true, 0x88, "\x03\xe8 and a reason", 15);
	before = in;
	chat_ws_init(&ws, &server);
	assert_int_equal(chat_ws_next(&ws, in.bytes, in.n - 1, &ev), 0);
	assert_memory_equal(in.bytes, before.bytes, in.n);
	assert_int_equal(chat_ws_next(&ws, in.bytes, in.n, &ev), in.n);
	assert_int_equal(ev.kind, CHAT_WS_CLOSE);
}

/* How many bytes of in it takes to be told an error. */
static size_t
bytes_to_error(const struct chat_ws_config *config, const struct input *in)
{
	struct story s;
	struct chat_ws ws;
	size_t begin = 0, end;
	long taken;

	memset(&s, 0, sizeof(s));
	chat_ws_init(&ws, config);
	for (end = 1; end <= in->n; end++) {
		taken = take(&ws, &s, in->bytes + begin, end - begin);
		if (taken < 0)
			return end;
		begin += (size_t)taken;
	}
	return 0;
}

static void
test_bad_text_is_told_in_mid_frame(void **state)
{
	struct input in = { 0, "" };

	(void)state;
	add(&in, true, 0x81, "ok \xf4\x90 and a lot more", 20);
	assert_int_equal(bytes_to_error(&server, &in), 6 + 5);

	in.n = 0;
	add(&in, true, 0x01, "\xe2\x82", 2);
	add(&in, true, 0x00, "X and more", 10);
	assert_int_equal(bytes_to_error(&server, &in), 8 + 7);
}

static void
test_the_wrong_side_masks(void **state)
{
	struct input masked = { 0, "" }, plain = { 0, "" };

	(void)state;
	add(&masked, true, 0x81, "a", 1);
	add(&plain, false, 0x81, "a", 1);
	assert_told(&server, &masked, "text(a) ");
	assert_told(&server, &plain, "error(1002) ");
	assert_told(&client, &masked, "error(1002) ");
	assert_told(&client, &plain, "text(a) ");
}

static void
test_size_limit(void **state)
{
	const struct chat_ws_config ten = { .max_message = 10 };
	struct input in = { 0, "" };

	(void)state;
	add(&in, true, 0x81, "0123456789", 10);
	add(&in, true, 0x82, "0123456789", 10);
	assert_told(&ten, &in, "text(0123456789) binary(0123456789) ");

	/* the header alone tells */
	in.n = 0;
	add(&in, true, 0x81, "0123456789a", 11);
	assert_told(&ten, &in, "error(1009) ");
	assert_int_equal(bytes_to_error(&ten, &in), 6);

	/* fragments count together, control frames do not */
	in.n = 0;
	add(&in, true, 0x01, "01234", 5);
	add(&in, true, 0x89, "not counted", 11);
	add(&in, true, 0x00, "56789", 5);
	add(&in, true, 0x80, "", 0);
	add(&in, true, 0x01, "01234", 5);
	add(&in, true, 0x80, "56789a", 6);
	assert_told(
	    &ten, &in, "ping(not counted) text(0123456789) error(1009) ");
	assert_int_equal(bytes_to_error(&ten, &in), in.n - 6);
}

/* The longest frame there is, and then one byte more: sizes do not wrap. */
static void
test_huge_announcements(void **state)
{
	static const char huge[] = "\x02\x7f\x7f\xff\xff\xff\xff\xff\xff\xff";
	const struct chat_ws_config limited = { .role = CHAT_WS_CLIENT,
		.max_message = INT64_MAX - 1 };
	char bytes[10];
	struct chat_ws_event ev;
	struct chat_ws ws;

	(void)state;
	memcpy(bytes, huge, 10);
	chat_ws_init(&ws, &client);
	assert_int_equal(chat_ws_next(&ws, bytes, 10, &ev), 10);
	assert_int_equal(ev.kind, CHAT_WS_MORE);
	assert_int_equal(chat_ws_next(&ws, bytes, 10, &ev), 10);
	assert_int_equal(ev.kind, CHAT_WS_DATA);

	chat_ws_init(&ws, &limited);
	assert_int_equal(chat_ws_next(&ws, bytes, 10, &ev), CHAT_ERR_WS_SIZE);
}

static void
test_fragment_limit(void **state)
{
	const struct chat_ws_config three = { .max_fragments = 3 };
	struct input in = { 0, "" };
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		add(&in, true, 0x01, "a", 1);
		add(&in, true, 0x00, "", 0);
		add(&in, true, 0x89, "", 0);
		add(&in, true, 0x80, "b", 1);
	}
	assert_told(&three, &in, "ping() text(ab) ping() text(ab) ");

	in.n = 0;
	add(&in, true, 0x01, "", 0);
	add(&in, true, 0x00, "", 0);
	add(&in, true, 0x00, "", 0);
	add(&in, true, 0x80, "", 0);
	assert_told(&three, &in, "error(1009) ");
	assert_int_equal(bytes_to_error(&three, &in), in.n);
	assert_told(&server, &in, "text() ");
}

static void
test_it_fails_for_good(void **state)
{
	static const struct {
		int first;
		const char *data;
		int error;
	} wrongs[] = {
		{ 0x80, "x", CHAT_ERR_WS_PROTOCOL },
		{ 0x81, "\xff", CHAT_ERR_WS_UTF8 },
		{ 0x81, "12345678901", CHAT_ERR_WS_SIZE },
		{ 0x88, "x", CHAT_ERR_WS_PROTOCOL },
	};
	const struct chat_ws_config ten = { .max_message = 10 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct input wrong = { 0, "" }, good = { 0, "" };
		struct chat_ws_event ev;
		struct chat_ws ws;
		int error = wrongs[i].error;

		add(&wrong, true, wrongs[i].first, wrongs[i].data,
		    strlen(wrongs[i].data));
		add(&good, true, 0x81, "fine", 4);
		chat_ws_init(&ws, &ten);
		assert_int_equal(
		    chat_ws_next(&ws, wrong.bytes, wrong.n, &ev), error);
		assert_int_equal(
		    chat_ws_next(&ws, good.bytes, good.n, &ev), error);
		assert_int_equal(chat_ws_next(&ws, NULL, 0, &ev), error);
		assert_false(chat_ws_is_idle(&ws));
	}
}

/* Idle after each whole message, and in no other place; and then the state is
 * the same as at the beginning. */
static void
test_is_idle_between_messages_only(void **state)
{
	struct input in = { 0, "" };
	struct chat_ws_event ev;
	struct chat_ws ws, fresh;
	size_t i;

	(void)state;
	add(&in, true, 0x01, "\xc3", 1);     /*  0 to  6 */
	add(&in, true, 0x89, "p", 1);        /*  7 to 13 */
	add(&in, true, 0x80, "\xa4", 1);     /* 14 to 20 */
	add(&in, true, 0x89, "p", 1);        /* 21 to 27 */
	add(&in, true, 0x82, "", 0);         /* 28 to 33 */
	add(&in, true, 0x88, "\x03\xe8", 2); /* 34 to 41 */
	chat_ws_init(&fresh, &server);
	chat_ws_init(&ws, &server);
	assert_true(chat_ws_is_idle(&ws));
	for (i = 0; i < in.n;) {
		int n = chat_ws_next(&ws, in.bytes + i, in.n - i, &ev);

		assert_true(n > 0);
		i += (size_t)n;
		assert_int_equal(
		    chat_ws_is_idle(&ws), i == 21 || i == 28 || i == 34);
		if (chat_ws_is_idle(&ws)) {
			assert_int_equal(ws.opcode, fresh.opcode);
			assert_int_equal(ws.begun, fresh.begun);
			assert_int_equal(ws.size, fresh.size);
			assert_int_equal(ws.utf8.need, fresh.utf8.need);
		}
	}
	assert_int_equal(i, in.n);
}

static void
test_write_close(void **state)
{
	unsigned char dst[CHAT_WS_MAX_CONTROL];
	struct chat_str none = { NULL, 0 };

	(void)state;
	assert_int_equal(chat_ws_write_close(dst, 1000, CHAT_STR("bye")), 7);
	assert_memory_equal(dst,
	    "\x88\x05\x03\xe8"
	    "bye",
	    7);
	assert_int_equal(chat_ws_write_close(dst, 4500, none), 4);
	assert_memory_equal(dst, "\x88\x02\x11\x94", 4);
	assert_int_equal(
	    chat_ws_write_close(dst, CHAT_WS_NO_CODE, CHAT_STR("no")), 2);
	assert_memory_equal(dst, "\x88\x00", 2);
}

/* A reason of n times the character c, as the peer gets it. */
static size_t
reason_size(const char *c, size_t n)
{
	unsigned char dst[CHAT_WS_MAX_CONTROL];
	char reason[200];
	struct chat_ws_event ev;
	struct chat_ws ws;
	size_t size = 0;

	for (; n > 0; n--, size += strlen(c))
		memcpy(reason + size, c, strlen(c));
	n = chat_ws_write_close(dst, 1011, (struct chat_str){ reason, size });
	chat_ws_init(&ws, &client);
	assert_int_equal(chat_ws_next(&ws, dst, n, &ev), n);
	assert_int_equal(ev.kind, CHAT_WS_CLOSE);
	assert_int_equal(ev.code, 1011);
	assert_memory_equal(ev.data, reason, ev.size);
	return ev.size;
}

static void
test_write_close_cuts_between_code_points(void **state)
{
	(void)state;
	assert_int_equal(reason_size("a", 122), 122);
	assert_int_equal(reason_size("a", 123), 123);
	assert_int_equal(reason_size("a", 124), 123);
	assert_int_equal(reason_size("\xc3\xa4", 61), 122);
	assert_int_equal(reason_size("\xc3\xa4", 62), 122);
	assert_int_equal(reason_size("\xe2\x82\xac", 41), 123);
	assert_int_equal(reason_size("\xe2\x82\xac", 42), 123);
	assert_int_equal(reason_size("\xf0\x9f\x98\x80", 30), 120);
	assert_int_equal(reason_size("\xf0\x9f\x98\x80", 31), 120);
	assert_int_equal(reason_size("\xf0\x9f\x98\x80", 50), 120);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_and_fragments),
		cmocka_unit_test(test_control_frames_come_in_between),
		cmocka_unit_test(test_frames_out_of_order),
		cmocka_unit_test(test_text_is_utf8),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_close_codes),
		cmocka_unit_test(test_a_control_frame_of_any_size),
		cmocka_unit_test(test_messages_of_each_length_form),
		cmocka_unit_test(test_long_messages),
		cmocka_unit_test(test_a_whole_message_is_used_in_place),
		cmocka_unit_test(test_what_is_there_is_handed_out),
		cmocka_unit_test(test_what_is_not_consumed_is_not_changed),
		cmocka_unit_test(test_bad_text_is_told_in_mid_frame),
		cmocka_unit_test(test_the_wrong_side_masks),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_huge_announcements),
		cmocka_unit_test(test_fragment_limit),
		cmocka_unit_test(test_it_fails_for_good),
		cmocka_unit_test(test_is_idle_between_messages_only),
		cmocka_unit_test(test_write_close),
		cmocka_unit_test(test_write_close_cuts_between_code_points),
	};

	return cmocka_run_group_tests_name("ws", tests, NULL, NULL);
}

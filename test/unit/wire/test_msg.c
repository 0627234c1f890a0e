/*
 * test_msg: the messages of chat.v1, byte for byte; what a client may leave
 * out and what it is refused for; entries that come back as they were.
 */
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
#include "json.h"
#include "msg.h"
#include "random.h"
#include "utf8.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define OTHER  "\"x\":[{\"ref\":1}],"
#define EIGHT  "12345678"
#define REF_64 EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT

static const struct chat_msg_limits limits = { .text = 10,
	.ref = 64,
	.history = 100 };

/*
 * From the client
 */

/* A text that lies before an unreadable page for as long as a test runs. */
struct input {
	char *p;
	size_t n;
};

static int
set_up(void **state)
{
	static struct input in;

	in = (struct input){ NULL, 0 };
	*state = &in;
	return 0;
}

static int
tear_down(void **state)
{
	struct input *in = *state;

	if (in->p != NULL)
		guard_free(in->p, in->n);
	in->p = NULL;
	return 0;
}

static enum chat_msg_code
parse(void **state, struct chat_msg *m, const char *text)
{
	struct input *in = *state;

	tear_down(state);
	in->n = strlen(text);
	in->p = guard_copy(text, in->n);
	memset(m, '#', sizeof(*m));
	return chat_msg_parse(m, in->p, in->n, &limits);
}

static void
refuses(void **state, enum chat_msg_code code, const char *text)
{
	struct chat_msg m;
	enum chat_msg_code is = parse(state, &m, text);

	if (is != code)
		fail_msg("%s for %s", chat_msg_code_name(is), text);
	assert_null(m.ref.p);
}

static void
assert_str(struct chat_str s, const char *is)
{
	assert_non_null(s.p);
	assert_int_equal(s.n, strlen(is));
	assert_memory_equal(s.p, is, s.n);
}

static void
test_message(void **state)
{
	struct chat_msg m;

	assert_int_equal(parse(state, &m,
			     "{\"type\":\"message\",\"ref\":\"Xk3vP0aQz1c\","
			     "\"text\":\"hi\",\"to\":\"bob\"}"),
	    CHAT_MSG_OK);
	assert_int_equal(m.type, CHAT_MSG_MESSAGE);
	assert_str(m.ref, "Xk3vP0aQz1c");
	assert_str(m.text, "hi");
	assert_str(m.to, "bob");
	assert_null(m.after.p);
}

static void
test_message_to_all_without_ref(void **state)
{
	struct chat_msg m;

	assert_int_equal(
	    parse(state, &m, "{\"text\":\"hi\",\"type\":\"message\"}"),
	    CHAT_MSG_OK);
	assert_str(m.text, "hi");
	assert_null(m.to.p);
	assert_null(m.ref.p);
}

static void
test_escapes_anywhere(void **state)
{
	struct chat_msg m;

	assert_int_equal(
	    parse(state, &m,
		"{ \"te\\u0078t\" : \"a\\n\\\"\\ud83d\\ude00\" ,\r\n"
		"\t\"r\\u0065f\" : \"\\/\\u00e9\" , \"\\u0074o\" : \"b\\\\\","
		" \"typ\\u0065\" : \"mess\\u0061ge\" } "),
	    CHAT_MSG_OK);
	assert_int_equal(m.type, CHAT_MSG_MESSAGE);
	assert_str(m.text, "a\n\"\xf0\x9f\x98\x80");
	assert_str(m.ref, "/\xc3\xa9");
	assert_str(m.to, "b\\");
}

static void
test_typing(void **state)
{
	struct chat_msg m;

	assert_int_equal(
	    parse(state, &m,
		"{\"type\":\"typing\",\"to\":\"bob\",\"active\":false}"),
	    CHAT_MSG_OK);
	assert_int_equal(m.type, CHAT_MSG_TYPING);
	assert_str(m.to, "bob");
	assert_false(m.active);
	assert_int_equal(
	    parse(state, &m, "{\"type\":\"typing\",\"active\":true}"),
	    CHAT_MSG_OK);
	assert_null(m.to.p);
	assert_true(m.active);
	assert_int_equal(
	    parse(state, &m, "{\"type\":\"typing\"}"), CHAT_MSG_OK);
	assert_true(m.active);
}

static void
test_history(void **state)
{
	struct chat_msg m;

	assert_int_equal(
	    parse(state, &m,
		"{\"type\":\"history\",\"before\":120,\"limit\":20}"),
	    CHAT_MSG_OK);
	assert_int_equal(m.type, CHAT_MSG_HISTORY);
	assert_int_equal(m.before, 120);
	assert_int_equal(m.limit, 20);
	assert_int_equal(
	    parse(state, &m, "{\"type\":\"history\"}"), CHAT_MSG_OK);
	assert_int_equal(m.before, CHAT_JSON_MAX_UINT);
	assert_int_equal(m.limit, 50);
}

static void
test_history_at_its_limits(void **state)
{
	struct chat_msg m;

	assert_int_equal(
	    parse(state, &m, "{\"type\":\"history\",\"before\":0,\"limit\":1}"),
	    CHAT_MSG_OK);
	assert_int_equal(m.before, 0);
	assert_int_equal(m.limit, 1);
	assert_int_equal(
	    parse(state, &m,
		"{\"type\":\"history\",\"before\":9007199254740991,"
		"\"limit\":100}"),
	    CHAT_MSG_OK);
	assert_int_equal(m.before, UINT64_C(9007199254740991));
	assert_int_equal(m.limit, 100);
}

/* A page smaller than the default is the default.  No more can be had, whatever
 * is asked for; if pages have nothing, none can. */
static void
test_history_of_small_pages(void **state)
{
	const struct chat_msg_limits small = {
		.text = 10, .ref = 64, .history = 20
	};
	const struct chat_msg_limits none = {
		.text = 10, .ref = 64, .history = 0
	};
	char text[] = "{\"type\":\"history\"}";
	char more[] = "{\"type\":\"history\",\"limit\":9007199254740991}";
	char again[] = "{\"type\":\"history\"}";
	struct chat_msg m;

	(void)state;
	assert_int_equal(
	    chat_msg_parse(&m, text, strlen(text), &small), CHAT_MSG_OK);
	assert_int_equal(m.limit, 20);
	assert_int_equal(
	    chat_msg_parse(&m, more, strlen(more), &small), CHAT_MSG_OK);
	assert_int_equal(m.limit, 20);
	assert_int_equal(
	    chat_msg_parse(&m, again, strlen(again), &none), CHAT_BAD_REQUEST);
	assert_str(m.wrong, "This server has turned history off.");
}

static void
test_users(void **state)
{
	struct chat_msg m;

	assert_int_equal(
	    parse(state, &m, "{\"type\":\"users\",\"after\":\"bob\"}"),
	    CHAT_MSG_OK);
	assert_int_equal(m.type, CHAT_MSG_USERS);
	assert_str(m.after, "bob");
	assert_int_equal(
	    parse(state, &m, "{\"type\":\"users\",\"after\":\"\"}"),
	    CHAT_MSG_OK);
	assert_str(m.after, "");
	assert_int_equal(parse(state, &m, "{\"type\":\"users\"}"), CHAT_MSG_OK);
	assert_null(m.after.p);
}

static void
test_ping(void **state)
{
	struct chat_msg m;

	assert_int_equal(parse(state, &m, "{\"type\":\"ping\",\"ref\":\"p1\"}"),
	    CHAT_MSG_OK);
	assert_int_equal(m.type, CHAT_MSG_PING);
	assert_str(m.ref, "p1");
	assert_int_equal(parse(state, &m, "{\"type\":\"ping\"}"), CHAT_MSG_OK);
	assert_null(m.ref.p);
}

/* Members of no type, and those of other types, whatever their value. */
static void
test_ignores_other_members(void **state)
{
	static const char *const texts[] = {
		"{" OTHER "\"type\":\"ping\"}",
		"{\"type\":\"ping\"," OTHER "\"text\":1}",
		"{\"type\":\"ping\",\"to\":null,\"limit\":\"\",\"active\":0}",
		"{\"type\":\"typing\",\"text\":5,\"before\":-1}",
		"{\"type\":\"history\",\"text\":\"\\u0000\",\"to\":[]}",
		"{\"type\":\"users\",\"to\":\"\",\"limit\":1000}",
		"{\"type\":\"message\",\"text\":\"a\",\"limit\":0}",
		"{\"type\":\"message\",\"text\":\"a\",\"seq\":\"\",\"from\":1}",
		"{\"type\":\"message\",\"text\":\"a\",\"Text\":1,\"tex\":1}",
	};
	struct chat_msg m;
	size_t i;

	for (i = 0; i < COUNT(texts); i++)
		if (parse(state, &m, texts[i]) != CHAT_MSG_OK)
			fail_msg("refused: %s", texts[i]);
}

static void
test_refuses_bad_json(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"hello",
		"{",
		"{\"type\":\"ping\"",
		"{\"type\":\"ping\"}}",
		"{\"type\":\"ping\"}{}",
		"{'type':'ping'}",
		"{\"type\":\"ping\",}",
		"\xef\xbb\xbf{\"type\":\"ping\"}",
		"{\"ref\":\"a\",\"type\":\"ping\",\"type\":\"ping\"}",
		"{\"ref\":\"a\",\"type\":\"ping\",\"\\u0074ype\":\"users\"}",
		"{\"ref\":\"a\",\"type\":\"ping\",\"x\":{\"y\":1,\"y\":2}}",
		"{\"ref\":\"a\",\"type\":\"message\",\"text\":\"a\nb\"}",
		"{\"ref\":\"a\",\"type\":\"message\",\"text\":\"\xff\"}",
	};
	size_t i;

	for (i = 0; i < COUNT(texts); i++)
		refuses(state, CHAT_BAD_JSON, texts[i]);
}

static void
test_refuses_bad_requests(void **state)
{
	static const char *const texts[] = {
		"[]",
		"[\"type\"]",
		"\"ping\"",
		"1",
		"null",
		"{}",
		"{\"type\":null}",
		"{\"type\":1}",
		"{\"type\":[\"ping\"]}",
		"{\"type\":\"\"}",
		"{\"type\":\"Ping\"}",
		"{\"type\":\"ping\\u0000\"}",
		"{\"type\":\"pong\"}",
		"{\"type\":\"welcome\"}",
		"{\"Type\":\"ping\"}",
		"{\"type\":\"ping\",\"ref\":1}",
		"{\"type\":\"ping\",\"ref\":null}",
		"{\"type\":\"ping\",\"ref\":\"\"}",
		"{\"type\":\"ping\",\"ref\":\"a\\u0000\"}",
		"{\"type\":\"ping\",\"ref\":\"a\\ud83c\"}",
		"{\"type\":\"message\",\"text\":\"a\\ud83c\"}",
		"{\"type\":\"message\",\"text\":\"\\udf89a\"}",
		"{\"type\":\"message\",\"text\":\"a\",\"to\":\"\\ud83c\"}",
		"{\"type\":\"\\ud83c\"}",
		"{\"type\":\"ping\",\"ref\":\"" REF_64 "x\"}",
		"{\"type\":\"typing\",\"ref\":[]}",
		"{\"type\":\"message\"}",
		"{\"type\":\"message\",\"to\":\"b\"}",
		"{\"type\":\"message\",\"text\":null}",
		"{\"type\":\"message\",\"text\":1}",
		"{\"type\":\"message\",\"text\":[\"a\"]}",
		"{\"type\":\"message\",\"text\":\"a\\u0000b\"}",
		"{\"type\":\"message\",\"text\":\"a\",\"to\":null}",
		"{\"type\":\"message\",\"text\":\"a\",\"to\":\"\"}",
		"{\"type\":\"message\",\"text\":\"a\",\"to\":7}",
		"{\"type\":\"message\",\"text\":\"a\",\"to\":[\"b\"]}",
		"{\"type\":\"message\",\"text\":\"a\",\"to\":\"\\u0000\"}",
		"{\"type\":\"message\",\"text\":\"\",\"to\":null}",
		"{\"type\":\"typing\",\"to\":null}",
		"{\"type\":\"typing\",\"to\":\"\"}",
		"{\"type\":\"typing\",\"active\":null}",
		"{\"type\":\"typing\",\"active\":1}",
		"{\"type\":\"typing\",\"active\":\"true\"}",
		"{\"type\":\"history\",\"before\":null}",
		"{\"type\":\"history\",\"before\":-1}",
		"{\"type\":\"history\",\"before\":\"1\"}",
		"{\"type\":\"history\",\"before\":1.0}",
		"{\"type\":\"history\",\"before\":9007199254740992}",
		"{\"type\":\"history\",\"limit\":0}",
		"{\"type\":\"history\",\"limit\":9007199254740992}",
		"{\"type\":\"history\",\"limit\":1e1}",
		"{\"type\":\"history\",\"limit\":null}",
		"{\"type\":\"users\",\"after\":null}",
		"{\"type\":\"users\",\"after\":1}",
		"{\"type\":\"users\",\"after\":\"\\u0000\"}",
	};
	size_t i;

	for (i = 0; i < COUNT(texts); i++)
		refuses(state, CHAT_BAD_REQUEST, texts[i]);
}

/* Which control characters of ASCII a text may have: those that take two bytes
 * in JSON and mean something.  U+007F and what is beyond takes no more than it
 * has. */
static void
test_control_characters_in_text(void **state)
{
	char text[128];
	struct chat_msg m;
	unsigned c;

	for (c = 1; c <= 0x9f; c++) {
		snprintf(text, sizeof(text),
		    "{\"type\":\"message\",\"text\":\"a\\u%04x\"}", c);
		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			refuses(state, CHAT_BAD_REQUEST, text);
		else
			assert_int_equal(parse(state, &m, text), CHAT_MSG_OK);
	}
	assert_int_equal(
	    parse(state, &m,
		"{\"type\":\"message\",\"ref\":\"r\",\"text\":\"a\\u0001\"}"),
	    CHAT_BAD_REQUEST);
	assert_str(m.ref, "r");
	assert_str(m.wrong,
	    "text may have no control characters but tab, line feed and "
	    "carriage return.");
	/* Blank at any length, too long at any length: as ever. */
	refuses(state, CHAT_EMPTY,
	    "{\"type\":\"message\",\"text\":\"\\u000b\\u000c\"}");
	refuses(state, CHAT_BAD_REQUEST,
	    "{\"type\":\"message\",\"text\":\"01234567890\\u0001\"}");
}

static void
test_refuses_empty_text(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"\\t\\r\\n",
		"\\u0020\\u00a0\\u2003\\u3000\\u2028",
		"\xc2\xa0\xe2\x80\xa8",
		"                                  ",
		"\\u200b",
		"\\u2800 \\u2800",
		"\\u3164",
		"\\u200d\\ufe0f\\u034f\\u2066",
		"\\udb40\\udc41",
	};
	char text[128];
	size_t i;

	for (i = 0; i < COUNT(texts); i++) {
		snprintf(text, sizeof(text),
		    "{\"type\":\"message\",\"text\":\"%s\"}", texts[i]);
		refuses(state, CHAT_EMPTY, text);
	}
}

/* Ten code points are enough, in whatever number of bytes; escapes count for
 * what they mean. */
static void
test_length_of_text(void **state)
{
	static const struct {
		const char *ten;
		const char *more;
	} texts[] = {
		{ "0123456789", "a" },
		{ " 12345678 ", " " },
		{ "\\u0061\\u0061\\u0061\\u0061\\u0061"
		  "\\u0061\\u0061\\u0061\\u0061\\u0061",
		    "\\u0061" },
		{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\\ud83d\\ude00\\ud83d\\ude00"
		  "\xe2\x82\xac\xe2\x82\xac\xc3\xa9\xc3\xa9\\u00e9\\n",
		    "\\ud83d\\ude00" },
	};
	struct chat_msg m;
	char text[256];
	size_t i;

	for (i = 0; i < COUNT(texts); i++) {
		snprintf(text, sizeof(text),
		    "{\"type\":\"message\",\"text\":\"%s\"}", texts[i].ten);
		assert_int_equal(parse(state, &m, text), CHAT_MSG_OK);
		snprintf(text, sizeof(text),
		    "{\"type\":\"message\",\"text\":\"%s%s\"}", texts[i].ten,
		    texts[i].more);
		refuses(state, CHAT_TOO_LONG, text);
	}
}

static void
test_length_of_ref(void **state)
{
	struct chat_msg m;

	assert_int_equal(
	    parse(state, &m, "{\"type\":\"ping\",\"ref\":\"" REF_64 "\"}"),
	    CHAT_MSG_OK);
	assert_str(m.ref, REF_64);
	assert_int_equal(
	    parse(
		state, &m, "{\"type\":\"ping\",\"ref\":\"" REF_64 EIGHT "\"}"),
	    CHAT_BAD_REQUEST);
	assert_null(m.ref.p);
}

static void
test_refusals_repeat_the_ref(void **state)
{
	static const struct {
		enum chat_msg_code code;
		const char *text;
	} cases[] = {
		{ CHAT_BAD_REQUEST, "{\"ref\":\"r1\"}" },
		{ CHAT_BAD_REQUEST, "{\"ref\":\"r\\u0031\",\"type\":\"?\"}" },
		{ CHAT_BAD_REQUEST, "{\"type\":1,\"ref\":\"r1\"}" },
		{ CHAT_BAD_REQUEST, "{\"type\":\"message\",\"ref\":\"r1\"}" },
		{ CHAT_BAD_REQUEST,
		    "{\"type\":\"message\",\"text\":\"a\",\"to\":1,"
		    "\"ref\":\"r1\"}" },
		{ CHAT_BAD_REQUEST,
		    "{\"type\":\"history\",\"limit\":0,\"ref\":\"r1\"}" },
		{ CHAT_EMPTY,
		    "{\"type\":\"message\",\"text\":\"\",\"ref\":\"r1\"}" },
		{ CHAT_TOO_LONG,
		    "{\"type\":\"message\",\"text\":\"0123456789x\","
		    "\"ref\":\"r1\"}" },
	};
	struct chat_msg m;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    parse(state, &m, cases[i].text), cases[i].code);
		assert_str(m.ref, "r1");
	}
}

static void
test_refuses_every_prefix(void **state)
{
	static const char text[] =
	    "{\"type\":\"message\",\"ref\":\"r\",\"text\":\"a\\u00e9\"}";
	char prefix[sizeof(text)];
	size_t n;

	for (n = 0; n < sizeof(text) - 1; n++) {
		memcpy(prefix, text, n);
		prefix[n] = '\0';
		refuses(state, CHAT_BAD_JSON, prefix);
	}
}

static void
test_codes(void **state)
{
	static const char *const names[CHAT_MSG_CODES] = {
		[CHAT_MSG_OK] = "ok",
		[CHAT_BAD_JSON] = "bad_json",
		[CHAT_BAD_REQUEST] = "bad_request",
		[CHAT_EMPTY] = "empty",
		[CHAT_TOO_LONG] = "too_long",
		[CHAT_OFFLINE] = "offline",
		[CHAT_RATE_LIMITED] = "rate_limited",
		[CHAT_STORAGE] = "storage",
		[CHAT_REF_USED] = "ref_used",
		[CHAT_BAD_NAME] = "bad_name",
		[CHAT_FULL] = "full",
		[CHAT_REFUSED] = "refused",
	};
	enum chat_msg_code code;
	const char *text;

	(void)state;
	assert_int_equal(CHAT_MSG_CODES, 12);
	for (code = CHAT_MSG_OK; code < CHAT_MSG_CODES; code++) {
		assert_string_equal(chat_msg_code_name(code), names[code]);
		text = chat_msg_code_text(code);
		assert_int_equal(text[strlen(text) - 1], '.');
	}
}

/*
 * To the client
 */

static char out[4096];

static struct chat_json_writer
writer(void)
{
	memset(out, 0, sizeof(out));
	return (struct chat_json_writer){ .p = out, .cap = sizeof(out) - 1 };
}

static void
assert_written(const struct chat_json_writer *w, const char *text)
{
	struct chat_json_value v;

	assert_true(w->n <= w->cap);
	assert_int_equal(strlen(out), w->n);
	assert_string_equal(out, text);
	assert_int_equal(chat_json_check(&v, out, w->n), CHAT_OK);
}

static void
test_writes_welcome(void **state)
{
	const struct chat_msg_welcome m = {
		.name = CHAT_STR("alice"),
		.session = CHAT_STR("mB9x"),
		.by = CHAT_STR("k3J9x2Qa"),
		.server = CHAT_STR("chatd 1.0.0"),
		.time = UINT64_C(1764000000000),
		.text = 4000,
		.message = 65536,
		.name_max = 32,
		.ref = 64,
		.history = 100,
		.rate = 5,
		.burst = 20,
	};
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_write_welcome(&w, &m);
	assert_written(&w,
	    "{\"type\":\"welcome\",\"name\":\"alice\",\"session\":\"mB9x\","
	    "\"by\":\"k3J9x2Qa\",\"server\":\"chatd 1.0.0\","
	    "\"time\":1764000000000,\"features\":[\"history\",\"typing\"],"
	    "\"limits\":{\"text\":4000,\"message\":65536,\"name\":32,"
	    "\"ref\":64,\"history\":100,\"rate\":5,\"burst\":20}}");
}

static void
test_writes_sync(void **state)
{
	const struct chat_msg_sync m = {
		.log = CHAT_STR("x7Yq"),
		.from = 1185,
		.to = 1234,
		.resumed = true,
		.gap = false,
		.refs_from = 900,
	};
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_write_sync(&w, &m);
	assert_written(&w,
	    "{\"type\":\"sync\",\"log\":\"x7Yq\",\"from\":1185,\"to\":1234,"
	    "\"resumed\":true,\"gap\":false,\"refs_from\":900}");
}

static struct chat_entry
entry(void)
{
	return (struct chat_entry){
		.seq = 1235,
		.time = UINT64_C(1764000000000),
		.from = CHAT_STR("alice"),
		.by = CHAT_STR("k3J9x2Qa"),
		.text = CHAT_STR("hi"),
	};
}

static void
test_writes_message(void **state)
{
	struct chat_entry e = entry();
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_write_entry(&w, &e);
	assert_written(&w,
	    "{\"type\":\"message\",\"seq\":1235,\"time\":1764000000000,"
	    "\"from\":\"alice\",\"by\":\"k3J9x2Qa\",\"text\":\"hi\"}");
	e.to = CHAT_STR("bob");
	e.ref = CHAT_STR("Xk3vP0aQz1c");
	e.text = CHAT_STR("\"hi\"\n");
	w = writer();
	chat_msg_write_entry(&w, &e);
	assert_written(&w,
	    "{\"type\":\"message\",\"seq\":1235,\"time\":1764000000000,"
	    "\"from\":\"alice\",\"to\":\"bob\",\"by\":\"k3J9x2Qa\","
	    "\"ref\":\"Xk3vP0aQz1c\",\"text\":\"\\\"hi\\\"\\n\"}");
}

static void
test_writes_ack(void **state)
{
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_write_ack(&w, CHAT_STR("Xk3v"), 1235, 1764, false);
	assert_written(&w,
	    "{\"type\":\"ack\",\"ref\":\"Xk3v\",\"seq\":1235,\"time\":1764}");
	w = writer();
	chat_msg_write_ack(&w, CHAT_STR("Xk3v"), 1235, 1764, true);
	assert_written(&w,
	    "{\"type\":\"ack\",\"ref\":\"Xk3v\",\"seq\":1235,\"time\":1764,"
	    "\"duplicate\":true}");
}

static void
test_writes_error(void **state)
{
	struct chat_json_writer w = writer();
	char text[256];

	(void)state;
	chat_msg_write_error(
	    &w, CHAT_RATE_LIMITED, CHAT_STR("slow"), CHAT_STR("r"), 800);
	assert_written(&w,
	    "{\"type\":\"error\",\"code\":\"rate_limited\","
	    "\"message\":\"slow\",\"ref\":\"r\",\"retry_after\":800}");
	w = writer();
	chat_msg_write_error(&w, CHAT_EMPTY, chat_str(NULL), chat_str(NULL), 0);
	snprintf(text, sizeof(text),
	    "{\"type\":\"error\",\"code\":\"empty\",\"message\":\"%s\"}",
	    chat_msg_code_text(CHAT_EMPTY));
	assert_written(&w, text);
}

static void
test_writes_typing(void **state)
{
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_write_typing(&w, CHAT_STR("alice"), CHAT_STR("bob"), true);
	assert_written(&w,
	    "{\"type\":\"typing\",\"from\":\"alice\",\"to\":\"bob\","
	    "\"active\":true}");
	w = writer();
	chat_msg_write_typing(&w, CHAT_STR("alice"), chat_str(NULL), false);
	assert_written(
	    &w, "{\"type\":\"typing\",\"from\":\"alice\",\"active\":false}");
}

static void
test_writes_pong_and_bye(void **state)
{
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_write_pong(&w, CHAT_STR("p1"), 1764, 1240);
	assert_written(&w,
	    "{\"type\":\"pong\",\"ref\":\"p1\",\"time\":1764,\"seq\":1240}");
	w = writer();
	chat_msg_write_pong(&w, chat_str(NULL), 1764, 1240);
	assert_written(&w, "{\"type\":\"pong\",\"time\":1764,\"seq\":1240}");
	w = writer();
	chat_msg_write_bye(&w, CHAT_STR("restart"), 350);
	assert_written(&w,
	    "{\"type\":\"bye\",\"reason\":\"restart\",\"retry_after\":350}");
	w = writer();
	chat_msg_write_bye(&w, CHAT_STR("shutdown"), 0);
	assert_written(
	    &w, "{\"type\":\"bye\",\"reason\":\"shutdown\",\"retry_after\":0}");
}

static void
test_writes_users(void **state)
{
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_open_users(&w, 3);
	chat_json_write_string(&w, CHAT_STR("alice"));
	chat_json_write_string(&w, CHAT_STR("b\"b"));
	chat_msg_close_users(&w, true);
	assert_written(&w,
	    "{\"type\":\"users\",\"online\":3,\"names\":[\"alice\",\"b\\\"b\"],"
	    "\"complete\":true}");
	w = writer();
	chat_msg_open_users(&w, 0);
	chat_msg_close_users(&w, false);
	assert_written(&w,
	    "{\"type\":\"users\",\"online\":0,\"names\":[],"
	    "\"complete\":false}");
}

static void
test_writes_presence(void **state)
{
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_open_presence(&w, 4);
	chat_json_write_string(&w, CHAT_STR("dave"));
	chat_msg_turn_presence(&w);
	chat_json_write_string(&w, CHAT_STR("carol"));
	chat_json_write_string(&w, CHAT_STR("bob"));
	chat_msg_close_presence(&w);
	assert_written(&w,
	    "{\"type\":\"presence\",\"online\":4,\"joined\":[\"dave\"],"
	    "\"left\":[\"carol\",\"bob\"]}");
	w = writer();
	chat_msg_open_presence(&w, 4);
	chat_msg_turn_presence(&w);
	chat_msg_close_presence(&w);
	assert_written(&w,
	    "{\"type\":\"presence\",\"online\":4,\"joined\":[],\"left\":[]}");
}

static void
test_writes_history(void **state)
{
	struct chat_json_writer w = writer();

	(void)state;
	chat_msg_open_history(&w, 120, true);
	chat_json_write_raw(&w, CHAT_STR("{\"seq\":118}"));
	chat_json_write_raw(&w, CHAT_STR("{\"seq\":119}"));
	chat_msg_close_history(&w);
	assert_written(&w,
	    "{\"type\":\"history\",\"before\":120,\"more\":true,"
	    "\"entries\":[{\"seq\":118},{\"seq\":119}]}");
	w = writer();
	chat_msg_open_history(&w, 1, false);
	chat_msg_close_history(&w);
	assert_written(&w,
	    "{\"type\":\"history\",\"before\":1,\"more\":false,"
	    "\"entries\":[]}");
}

/* The size of a message is known before there is a place for it. */
static void
test_counts_without_space(void **state)
{
	struct chat_json_writer counter = { .p = NULL, .cap = 0 };
	struct chat_json_writer w = writer();
	const struct chat_entry e = entry();

	(void)state;
	chat_msg_write_entry(&counter, &e);
	chat_msg_write_entry(&w, &e);
	assert_int_equal(counter.n, w.n);
}

/*
 * Entries
 */

static void
assert_same(struct chat_str a, struct chat_str b)
{
	assert_int_equal(a.p == NULL, b.p == NULL);
	assert_int_equal(a.n, b.n);
	if (a.n > 0)
		assert_memory_equal(a.p, b.p, a.n);
}

static int
parse_entry(void **state, struct chat_entry *e, const char *p, size_t n)
{
	struct input *in = *state;

	tear_down(state);
	in->n = n;
	in->p = guard_copy(p, n);
	return chat_msg_parse_entry(e, in->p, n);
}

static void
assert_comes_back(void **state, const struct chat_entry *e)
{
	struct chat_json_writer w = writer();
	struct chat_entry back;

	chat_msg_write_entry(&w, e);
	assert_true(w.n <= w.cap);
	assert_int_equal(parse_entry(state, &back, out, w.n), CHAT_OK);
	assert_int_equal(back.seq, e->seq);
	assert_int_equal(back.time, e->time);
	assert_same(back.from, e->from);
	assert_int_equal(back.kind, e->kind);
	assert_int_equal(back.is_private, e->to.p != NULL);
	assert_same(back.to, e->to);
	assert_same(back.by, e->by);
	assert_same(back.ref, e->ref);
	assert_same(back.text, e->text);
}

/* 0 to 15 characters, each likely to be one that is written differently; one
 * in eight strings is absent, if it may be. */
static struct chat_str
draw_string(struct random *r, char *dst, bool optional)
{
	static const uint32_t below[] = { 0x30, 0x80, 0x800, 0xd800, 0x110000 };
	size_t i, n = 0, characters = random_below(r, 16);
	uint32_t cp;

	if (optional && random_below(r, 8) == 0)
		return chat_str(NULL);
	for (i = 0; i < characters; i++) {
		cp = below[random_below(r, COUNT(below))];
		n += chat_utf8_write(dst + n, (uint32_t)random_below(r, cp));
	}
	return (struct chat_str){ dst, n };
}

static void
test_entries_come_back(void **state)
{
	char from[64], to[64], by[64], ref[64], text[64];
	struct random r = { 1235 };
	struct chat_entry e = { .kind = CHAT_ENTRY_MESSAGE };
	int i;

	for (i = 0; i < 2000; i++) {
		e.seq = CHAT_JSON_MAX_UINT >> random_below(&r, 54);
		e.time = CHAT_JSON_MAX_UINT >> random_below(&r, 54);
		e.from = draw_string(&r, from, false);
		e.to = draw_string(&r, to, true);
		e.by = draw_string(&r, by, false);
		e.ref = draw_string(&r, ref, true);
		e.text = draw_string(&r, text, false);
		assert_comes_back(state, &e);
	}
}

/* In any order, with members that nobody knows yet. */
static void
test_parses_entry(void **state)
{
	static const char text[] =
	    "{\"text\":\"h\\u0069\",\"z\":[{}],\"by\":\"k\",\"from\":\"a\","
	    "\"time\":7,\"seq\":5,\"type\":\"message\"}";
	struct chat_entry e;

	assert_int_equal(parse_entry(state, &e, text, strlen(text)), CHAT_OK);
	assert_int_equal(e.seq, 5);
	assert_int_equal(e.time, 7);
	assert_str(e.from, "a");
	assert_str(e.by, "k");
	assert_str(e.text, "hi");
	assert_null(e.to.p);
	assert_null(e.ref.p);
}

static void
test_refuses_what_is_no_entry(void **state)
{
	static const char *const texts[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"type\":\"message\"}",
		/* one member missing */
		"{\"seq\":1,\"time\":1,\"from\":\"a\",\"by\":\"k\","
		"\"text\":\"\"}",
		"{\"type\":\"message\",\"time\":1,\"from\":\"a\",\"by\":\"k\","
		"\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":1,\"from\":\"a\",\"by\":\"k\","
		"\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"by\":\"k\","
		"\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"from\":\"a\","
		"\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"from\":\"a\","
		"\"by\":\"k\"}",
		/* one member wrong */
		"{\"type\":\"ack\",\"seq\":1,\"time\":1,\"from\":\"a\","
		"\"by\":\"k\",\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":-1,\"time\":1,\"from\":\"a\","
		"\"by\":\"k\",\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":1,\"time\":\"1\",\"from\":\"a\","
		"\"by\":\"k\",\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"from\":1,"
		"\"by\":\"k\",\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"from\":\"a\","
		"\"by\":{},\"text\":\"\"}",
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"from\":\"a\","
		"\"by\":\"k\",\"text\":null}",
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"from\":\"a\","
		"\"by\":\"k\",\"text\":\"\",\"to\":null}",
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"from\":\"a\","
		"\"by\":\"k\",\"text\":\"\",\"ref\":1}",
		/* and what is not JSON */
		"{\"type\":\"message\",\"seq\":1,\"time\":1,\"from\":\"a\","
		"\"by\":\"k\",\"text\":\"\",\"text\":\"\"}",
	};
	struct chat_entry e = { .seq = 42 };
	size_t i;

	for (i = 0; i < COUNT(texts); i++) {
		if (parse_entry(state, &e, texts[i], strlen(texts[i])) !=
		    CHAT_ERR_JSON)
			fail_msg("accepted: %s", texts[i]);
		assert_int_equal(e.seq, 42);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_message),
		TEST(test_message_to_all_without_ref),
		TEST(test_escapes_anywhere),
		TEST(test_typing),
		TEST(test_history),
		TEST(test_history_at_its_limits),
		TEST(test_history_of_small_pages),
		TEST(test_users),
		TEST(test_ping),
		TEST(test_ignores_other_members),
		TEST(test_refuses_bad_json),
		TEST(test_refuses_bad_requests),
		TEST(test_control_characters_in_text),
		TEST(test_refuses_empty_text),
		TEST(test_length_of_text),
		TEST(test_length_of_ref),
		TEST(test_refusals_repeat_the_ref),
		TEST(test_refuses_every_prefix),
		TEST(test_codes),
		TEST(test_writes_welcome),
		TEST(test_writes_sync),
		TEST(test_writes_message),
		TEST(test_writes_ack),
		TEST(test_writes_error),
		TEST(test_writes_typing),
		TEST(test_writes_pong_and_bye),
		TEST(test_writes_users),
		TEST(test_writes_presence),
		TEST(test_writes_history),
		TEST(test_counts_without_space),
		TEST(test_entries_come_back),
		TEST(test_parses_entry),
		TEST(test_refuses_what_is_no_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_json: what a strict reader accepts and refuses, what it finds in a
 * text, and that a writer's texts come back as they went in.
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
#include "random.h"
#include "utf8.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Accepting and refusing
 */

static int
check(const char *p, size_t n)
{
	struct chat_json_value v;
	char *copy = guard_copy(p, n);
	int err = chat_json_check(&v, copy, n);

	guard_free(copy, n);
	return err;
}

static void
accepts(const char *text)
{
	if (check(text, strlen(text)) != CHAT_OK)
		fail_msg("refused: %s", text);
}

static void
refuses(const char *text)
{
	if (check(text, strlen(text)) != CHAT_ERR_JSON)
		fail_msg("accepted: %s", text);
}

static void
test_accepts(void **state)
{
	static const char *const texts[] = {
		"null",
		"true",
		"false",
		"0",
		"-0",
		"7",
		"-1",
		"120",
		"0.5",
		"-0.0",
		"1.25",
		"1e3",
		"1E3",
		"1e+3",
		"1e-3",
		"0e0",
		"1.5E+09",
		"123456789012345678901234567890e999999",
		"\"\"",
		"\"a\"",
		"\"\x7f\"",
		"\"/\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u0000\"",
		"\"\\u20aC\"",
		"\"\\uFfFf\"",
		"\"\\ud7ff\\ue000\"",
		"\"\\ud800\\udc00\"",
		"\"\\uDBFF\\uDFFF\"",
		"\"\\ud83d\\ude00\\ud83d\\ude00\"",
		"\"\xc2\xa2\"",
		"\"\xe2\x82\xac\"",
		"\"\xf0\x9f\x98\x80\"",
		"\"\xf4\x8f\xbf\xbf\"",
		"\"\xef\xbb\xbf\"",
		"[]",
		"[ ]",
		"[1]",
		"[null,true,false,0,\"\",[],{}]",
		"[[[]],[[]]]",
		"{}",
		"{ }",
		"{\"\":0}",
		"{\"a\":{\"a\":{\"a\":[]}}}",
		"{\"a\":1,\"b\":2}",
		"[{\"a\":1},{\"a\":1}]",
		" \t\r\n1 \t\r\n",
		" { \"a\" : 1 , \"b\" : [ 1 , 2 ] } ",
		"{\"Image\":{\"Width\":800,\"Height\":600,\"Title\":\"View from"
		" 15th "
		"Floor\",\"Animated\":false,\"IDs\":[116,943,234,38793]}}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		accepts(texts[i]);
}

static void
test_refuses_what_is_not_in_the_grammar(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"nul",
		"nulll",
		"True",
		"NaN",
		"Infinity",
		"-",
		"+1",
		"01",
		"-01",
		"00",
		"1.",
		".5",
		"1.e3",
		"1e",
		"1e+",
		"1e1.5",
		"0x10",
		"1 2",
		"1,",
		"--1",
		"1_0",
		"'a'",
		"a",
		"\"",
		"\"a",
		"\"a\"b",
		"\"\\\"",
		"\"\\x41\"",
		"\"\\a\"",
		"\"\\'\"",
		"\"\\U0041\"",
		"\"\\u\"",
		"\"\\u004\"",
		"\"\\u004g\"",
		"\"\\u 041\"",
		"\"\\u+041\"",
		"\"\\u00\\u0041\"",
		"[",
		"]",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[,]",
		"[1,,2]",
		"[1 2]",
		"[1]]",
		"[1}",
		"[1:2]",
		"[\"a\":1]",
		"{",
		"}",
		"{]",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,",
		"{\"a\":1,}",
		"{,\"a\":1}",
		"{\"a\"}",
		"{\"a\",1}",
		"{\"a\" 1}",
		"{\"a\"::1}",
		"{a:1}",
		"{1:1}",
		"{null:1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":1]",
		"{\"a\":1}}",
		"{\"a\":1}{\"b\":2}",
		"{\"a\":1}\v",
		"\f1",
		"1\xc2\xa0",
		"\xef\xbb\xbf{}",
		"/**/1",
		"1//",
		"[1]\x1e",
		"{\"a\":1};",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		refuses(texts[i]);
	assert_int_equal(check("1\0", 2), CHAT_ERR_JSON);
	assert_int_equal(check("\0", 1), CHAT_ERR_JSON);
	assert_int_equal(check("[\0]", 3), CHAT_ERR_JSON);
}

/* In neither case are the bytes looked at. */
static void
test_refuses_no_text_and_too_much(void **state)
{
	struct chat_json_value v;
	char *one = guard_copy("1", 1);

	(void)state;
	assert_int_equal(chat_json_check(&v, NULL, 0), CHAT_ERR_JSON);
	assert_int_equal(
	    chat_json_check(&v, one, (size_t)INT32_MAX + 1), CHAT_ERR_JSON);
	guard_free(one, 1);
}

static void
test_refuses_every_prefix(void **state)
{
	static const char text[] =
	    "{\"a\" : [ 1.5e+3 , true, null , \"\\u00e9\\ud83d\\ude00\\n"
	    "\xf0\x9f\x98\x80\" ] , \"b\" : { \"c\" : -0.25 }}";
	size_t n;

	(void)state;
	accepts(text);
	for (n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(check(text, n), CHAT_ERR_JSON);
}

static void
test_refuses_control_characters_in_strings(void **state)
{
	char text[] = "\"x\"";
	int c;

	(void)state;
	for (c = 0; c < 0x80; c++) {
		text[1] = (char)c;
		assert_int_equal(check(text, 3),
		    c < 0x20 || c == '"' || c == '\\' ? CHAT_ERR_JSON
						      : CHAT_OK);
	}
}

static void
test_refuses_what_is_not_utf8(void **state)
{
	static const char *const texts[] = {
		"\"\x80\"",
		"\"\xbf\"",
		"\"\xc0\x80\"",
		"\"\xc1\xbf\"",
		"\"\xe0\x80\x80\"",
		"\"\xe0\x9f\xbf\"",
		"\"\xed\xa0\x80\"",
		"\"\xed\xbf\xbf\"",
		"\"\xf0\x80\x80\x80\"",
		"\"\xf4\x90\x80\x80\"",
		"\"\xf5\x80\x80\x80\"",
		"\"\xff\"",
		"\"\xc3\"",
		"\"\xe2\x82\"",
		"\"\xf0\x9f\x98\"",
		"\"\xc3",
		"\"\xe2\x82",
		"\"\xf0\x9f\x98",
		"\"\xe2\x82\\u0041\"",
		"{\"\xff\":1}",
		"\xe2\x82\xac",
		"[\xff]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		refuses(texts[i]);
}

static struct chat_json_value
value(const char *text)
{
	struct chat_json_value v = { CHAT_JSON_NULL, { NULL, 0 } };

	if (chat_json_check(&v, text, strlen(text)) != CHAT_OK)
		fail_msg("refused: %s", text);
	return v;
}

/* Half of a character spoils the string that it is in, and nothing else: the
 * other members of an object can be read. */
static void
test_lone_surrogates(void **state)
{
	static const char *const texts[] = {
		"\"\\ud800\"",
		"\"\\udbff\"",
		"\"\\udc00\"",
		"\"\\udfff\"",
		"\"\\udc00\\ud800\"",
		"\"\\udc00\\udc00\"",
		"\"\\ud800\\ud800\"",
		"\"\\ud800x\"",
		"\"\\ud800\\n\"",
		"\"\\ud800\\u0041\"",
		"\"\\ud800\\ue000\"",
		"\"\\ud800\\udbff\"",
		"\"\\ud83d\\ude00\\ude00\"",
		"\"x\\ud800\"",
	};
	struct chat_json_value v, key;
	struct chat_json_members m;
	char dst[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		v = value(texts[i]);
		assert_int_equal(
		    chat_json_string(dst, sizeof(dst), &v), CHAT_ERR_JSON);
		assert_false(chat_json_is(&v, CHAT_STR("")));
		assert_false(chat_json_is(&v, CHAT_STR("x")));
	}
	v = value("{\"\\ud800\":1,\"a\":\"\\udc00\",\"b\":\"x\"}");
	m = chat_json_members(&v);
	assert_true(chat_json_next(&m, &key, &v));
	assert_true(chat_json_next(&m, &key, &v));
	assert_true(chat_json_next(&m, &key, &v));
	assert_true(chat_json_is(&key, CHAT_STR("b")));
	assert_true(chat_json_is(&v, CHAT_STR("x")));
}

static void
test_refuses_torn_surrogates(void **state)
{
	static const char *const texts[] = {
		"\"\\ud800\\udc0\"",
		"\"\\ud800\\",
		"\"\\ud800\\u",
		"\"\\ud8\"",
		"{\"\\ud800\":1,\"\\ud800\":1}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		refuses(texts[i]);
}

static void
test_refuses_duplicate_members(void **state)
{
	static const char *const texts[] = {
		"{\"a\":1,\"a\":1}",
		"{\"\":1,\"\":2}",
		"{\"a\":1,\"b\":2,\"c\":3,\"a\":4}",
		"{\"type\":1,\"\\u0074ype\":2}",
		"{\"\\u0074ype\":1,\"type\":2}",
		"{\"\\n\":1,\"\\u000A\":2}",
		"{\"\\/\":1,\"/\":2}",
		"{\"\xc3\xa9\":1,\"\\u00e9\":2}",
		"{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\uDE00\":2}",
		"{\"x\":{\"a\":1,\"a\":2}}",
		"[1,[{\"a\":1,\"a\":2}]]",
		"{\"a\":{\"b\":1},\"a\":2}",
		"{\"a\":1,\"x\":{\"a\":1},\"a\":2}",
		"{\"\\u0000\":1,\"\\u0000\":1}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		refuses(texts[i]);
}

/* The last two are pairs of words that FNV-1a cannot tell apart. */
static void
test_tells_members_apart(void **state)
{
	(void)state;
	accepts("{\"a\":1,\"A\":2,\"aa\":3,\"\":4,\"a \":5,\"\\\\u0061\":6}");
	accepts("{\"\\u0000\":1,\"\":2,\"a\\u0000\":3,\"a\":4}");
	accepts("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}");
	accepts("{\"costarring\":1,\"liquid\":2}");
	accepts("{\"declinate\":1,\"macallums\":2}");
	refuses("{\"costarring\":1,\"liquid\":2,\"costarrin\\u0067\":3}");
}

/* n times open, then n times close. */
static int
nested(const char *open, const char *close, size_t n)
{
	size_t i, o = strlen(open), c = strlen(close);
	char *text = malloc((o + c) * n + 1);
	int err;

	assert_non_null(text);
	for (i = 0; i < n; i++) {
		memcpy(text + i * o, open, o);
		memcpy(text + n * o + i * c, close, c);
	}
	err = check(text, (o + c) * n);
	free(text);
	return err;
}

static void
test_depth(void **state)
{
	(void)state;
	assert_int_equal(nested("[", "]", 32), CHAT_OK);
	assert_int_equal(nested("[", "]", 33), CHAT_ERR_JSON);
	assert_int_equal(nested("{\"a\":", "}", 33), CHAT_ERR_JSON);
	assert_int_equal(nested("[{\"a\":", "}]", 17), CHAT_ERR_JSON);
	assert_int_equal(nested("[", "]", 1000000), CHAT_ERR_JSON);
	assert_int_equal(nested("[", "", 1000000), CHAT_ERR_JSON);
	assert_int_equal(nested("{\"a\":", "", 1000000), CHAT_ERR_JSON);
}

static void
test_depth_is_not_length(void **state)
{
	struct chat_json_writer w = { NULL, 0, 0, false };
	char text[4096];
	int i;

	(void)state;
	w.p = text;
	w.cap = sizeof(text);
	chat_json_open_array(&w);
	for (i = 0; i < 500; i++) {
		chat_json_open_array(&w);
		chat_json_open_object(&w);
		chat_json_close_object(&w);
		chat_json_close_array(&w);
	}
	chat_json_close_array(&w);
	assert_true(w.n <= w.cap);
	assert_int_equal(check(text, w.n), CHAT_OK);
}

/* An object of n members, the first of them such an object again. */
static void
write_members(struct chat_json_writer *w, int n, int levels)
{
	char key[16];
	int i;

	chat_json_open_object(w);
	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "%d", i);
		chat_json_write_key(w, chat_str(key));
		if (i == 0 && levels > 1)
			write_members(w, n, levels - 1);
		else
			chat_json_write_uint(w, 0);
	}
	chat_json_close_object(w);
}

static int
check_members(int n, int levels)
{
	static char text[65536];
	struct chat_json_writer w = { text, sizeof(text), 0, false };

	write_members(&w, n, levels);
	assert_true(w.n <= w.cap);
	return check(text, w.n);
}

static void
test_members_of_one_object(void **state)
{
	(void)state;
	assert_int_equal(check_members(64, 1), CHAT_OK);
	assert_int_equal(check_members(65, 1), CHAT_ERR_JSON);
	assert_int_equal(check_members(64, 32), CHAT_OK);
	assert_int_equal(check_members(64, 33), CHAT_ERR_JSON);
}

/*
 * Reading
 */

static void
assert_value(
    const struct chat_json_value *v, enum chat_json_type type, const char *raw)
{
	assert_int_equal(v->type, type);
	assert_int_equal(v->raw.n, strlen(raw));
	assert_memory_equal(v->raw.p, raw, v->raw.n);
}

static void
test_types(void **state)
{
	static const struct {
		enum chat_json_type type;
		const char *raw;
	} cases[] = {
		{ CHAT_JSON_NULL, "null" },
		{ CHAT_JSON_TRUE, "true" },
		{ CHAT_JSON_FALSE, "false" },
		{ CHAT_JSON_NUMBER, "-1.5e3" },
		{ CHAT_JSON_NUMBER, "0" },
		{ CHAT_JSON_STRING, "\"\\\" ]}\"" },
		{ CHAT_JSON_ARRAY, "[ 1 , [ ] ]" },
		{ CHAT_JSON_OBJECT, "{ \"}\" : { } }" },
	};
	struct chat_json_members m;
	struct chat_json_value v, key;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), " %s\n", cases[i].raw);
		v = value(text);
		assert_value(&v, cases[i].type, cases[i].raw);
		snprintf(text, sizeof(text), "{\"k\" : %s }", cases[i].raw);
		v = value(text);
		m = chat_json_members(&v);
		assert_true(chat_json_next(&m, &key, &v));
		assert_value(&key, CHAT_JSON_STRING, "\"k\"");
		assert_value(&v, cases[i].type, cases[i].raw);
		assert_false(chat_json_next(&m, &key, &v));
		assert_false(chat_json_next(&m, &key, &v));
	}
}

static void
test_members_in_order(void **state)
{
	struct chat_json_value v =
	    value("{\"b\":1,\"\":[2,{\"x\":3}] ,\n\"a\" : \"\"}");
	struct chat_json_members m = chat_json_members(&v);
	struct chat_json_value key;

	(void)state;
	assert_true(chat_json_next(&m, &key, &v));
	assert_value(&key, CHAT_JSON_STRING, "\"b\"");
	assert_value(&v, CHAT_JSON_NUMBER, "1");
	assert_true(chat_json_next(&m, NULL, &v));
	assert_value(&v, CHAT_JSON_ARRAY, "[2,{\"x\":3}]");
	assert_true(chat_json_next(&m, &key, &v));
	assert_value(&key, CHAT_JSON_STRING, "\"a\"");
	assert_value(&v, CHAT_JSON_STRING, "\"\"");
	assert_false(chat_json_next(&m, &key, &v));
}

static void
test_elements_have_no_key(void **state)
{
	struct chat_json_value v = value("[\"a\", \"b\" ,{\"c\":1}]"), key;
	struct chat_json_members m = chat_json_members(&v);

	(void)state;
	assert_true(chat_json_next(&m, &key, &v));
	assert_null(key.raw.p);
	assert_value(&v, CHAT_JSON_STRING, "\"a\"");
	assert_true(chat_json_next(&m, &key, &v));
	assert_null(key.raw.p);
	assert_value(&v, CHAT_JSON_STRING, "\"b\"");
	assert_true(chat_json_next(&m, &key, &v));
	assert_null(key.raw.p);
	assert_value(&v, CHAT_JSON_OBJECT, "{\"c\":1}");
	assert_false(chat_json_next(&m, &key, &v));
}

static void
test_nothing_inside(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{ }",
		"[\n]",
		"1",
		"null",
		"true",
		"\"a,b\"",
	};
	struct chat_json_members m;
	struct chat_json_value v;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		v = value(texts[i]);
		m = chat_json_members(&v);
		assert_false(chat_json_next(&m, NULL, &v));
	}
}

static const struct {
	const char *json;
	const char *is;
	size_t n;
} strings[] = {
	{ "\"\"", "", 0 },
	{ "\"hi\"", "hi", 2 },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8 },
	{ "\"a\\u0000b\"", "a\0b", 3 },
	{ "\"\\u0041\\u007f\\u0080\"", "A\x7f\xc2\x80", 4 },
	{ "\"\\u07ff\\u0800\\uffff\"", "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 8 },
	{ "\"x\\uD83D\\uDe00y\"", "x\xf0\x9f\x98\x80y", 6 },
	{ "\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf", 4 },
	{ "\"\xe2\x82\xac\\u20AC\"", "\xe2\x82\xac\xe2\x82\xac", 6 },
	{ "\"\\\\u0041\"", "\\u0041", 6 },
};

static void
test_string(void **state)
{
	struct chat_json_value v;
	char dst[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		v = value(strings[i].json);
		assert_int_equal(
		    chat_json_string(dst, sizeof(dst), &v), strings[i].n);
		assert_memory_equal(dst, strings[i].is, strings[i].n);
	}
}

static void
test_string_that_just_fits(void **state)
{
	struct chat_json_value v;
	char dst[64];
	size_t i, cap;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		v = value(strings[i].json);
		for (cap = 0; cap < strings[i].n; cap++) {
			memset(dst, '#', sizeof(dst));
			assert_int_equal(
			    chat_json_string(dst, cap, &v), CHAT_ERR_SPACE);
			assert_int_equal(dst[cap], '#');
		}
		assert_int_equal(chat_json_string(dst, cap, &v), cap);
	}
	v = value("\"\"");
	assert_int_equal(chat_json_string(NULL, 0, &v), 0);
}

static void
test_string_in_place(void **state)
{
	struct chat_json_value v;
	size_t i, n, at;
	char *p;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		n = strlen(strings[i].json);
		for (at = 0; at <= 1; at++) {
			p = guard_copy(strings[i].json, n);
			assert_int_equal(chat_json_check(&v, p, n), CHAT_OK);
			assert_int_equal(
			    chat_json_string(p + at, n - at, &v), strings[i].n);
			assert_memory_equal(
			    p + at, strings[i].is, strings[i].n);
			guard_free(p, n);
		}
	}
}

/* What has been pulled may be overwritten before the next pull. */
static void
test_string_in_place_while_pulling(void **state)
{
	char text[] =
	    "{\"\\u0061\":\"\\u0062\",\"c\":[\"\\u0064\"],\"e\":\"f\"}";
	struct chat_json_value v, key;
	struct chat_json_members m;

	(void)state;
	v = value(text);
	for (m = chat_json_members(&v); chat_json_next(&m, &key, &v);) {
		memset(text + (key.raw.p - text), '#', key.raw.n);
		memset(text + (v.raw.p - text), '#', v.raw.n);
	}
	assert_string_equal(text, "{########:########,###:##########,###:###}");
}

static void
test_string_of_other_types(void **state)
{
	static const char *const texts[] = { "null", "1", "[\"a\"]", "{}" };
	struct chat_json_value v;
	char dst[8];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		v = value(texts[i]);
		assert_int_equal(
		    chat_json_string(dst, sizeof(dst), &v), CHAT_ERR_JSON);
		assert_false(chat_json_is(&v, chat_str(texts[i])));
		assert_false(chat_json_is(&v, CHAT_STR("")));
	}
}

static void
test_is(void **state)
{
	struct chat_json_value v;
	struct chat_str s;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		v = value(strings[i].json);
		for (j = 0; j < COUNT(strings); j++) {
			s = (struct chat_str){ strings[j].is, strings[j].n };
			assert_int_equal(chat_json_is(&v, s), i == j);
		}
	}
	v = value("\"typ\\u0065\"");
	assert_true(chat_json_is(&v, CHAT_STR("type")));
	assert_false(chat_json_is(&v, CHAT_STR("typ")));
	assert_false(chat_json_is(&v, CHAT_STR("types")));
	assert_false(chat_json_is(&v, CHAT_STR("typo")));
	assert_false(chat_json_is(&v, chat_str(NULL)));
	v = value("\"\"");
	assert_true(chat_json_is(&v, chat_str(NULL)));
}

static void
test_is_reads_no_more_than_there_is(void **state)
{
	struct chat_json_value v = value("\"ab\\ncd\"");
	char *s = guard_copy("ab\ncd", 5);
	size_t n;

	(void)state;
	assert_true(chat_json_is(&v, (struct chat_str){ s, 5 }));
	guard_free(s, 5);
	for (n = 0; n < 5; n++) {
		s = guard_copy("ab\ncd", n);
		assert_false(chat_json_is(&v, (struct chat_str){ s, n }));
		guard_free(s, n);
	}
}

static void
test_uint(void **state)
{
	static const struct {
		const char *json;
		uint64_t u;
	} cases[] = {
		{ "0", 0 },
		{ "7", 7 },
		{ "1234567890", 1234567890 },
		{ "4294967296", UINT64_C(1) << 32 },
		{ "9007199254740990", (UINT64_C(1) << 53) - 2 },
		{ "9007199254740991", (UINT64_C(1) << 53) - 1 },
	};
	struct chat_json_value v;
	uint64_t u;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		v = value(cases[i].json);
		assert_int_equal(chat_json_uint(&u, &v), CHAT_OK);
		assert_int_equal(u, cases[i].u);
	}
}

static void
test_no_uint(void **state)
{
	static const char *const texts[] = {
		"-0",
		"-1",
		"1.0",
		"0.0",
		"1e3",
		"1E0",
		"0e0",
		"9007199254740992",
		"9007199254741000",
		"18446744073709551615",
		"18446744073709551616",
		"18446744073709551617",
		"100000000000000000000000000000000000000",
		"null",
		"true",
		"\"1\"",
		"[1]",
		"{}",
	};
	struct chat_json_value v;
	uint64_t u = 42;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		v = value(texts[i]);
		assert_int_equal(chat_json_uint(&u, &v), CHAT_ERR_JSON);
		assert_int_equal(u, 42);
	}
}

/*
 * Writing
 */

static void
write_sample(struct chat_json_writer *w)
{
	chat_json_open_object(w);
	chat_json_write_key(w, CHAT_STR("type"));
	chat_json_write_string(w, CHAT_STR("a\"b"));
	chat_json_write_key(w, CHAT_STR("e\n"));
	chat_json_open_array(w);
	chat_json_write_uint(w, 0);
	chat_json_write_uint(w, UINT64_MAX);
	chat_json_open_object(w);
	chat_json_close_object(w);
	chat_json_open_array(w);
	chat_json_close_array(w);
	chat_json_write_string(w, chat_str(NULL));
	chat_json_close_array(w);
	chat_json_write_key(w, CHAT_STR(""));
	chat_json_write_bool(w, true);
	chat_json_write_key(w, CHAT_STR("f"));
	chat_json_write_bool(w, false);
	chat_json_write_key(w, CHAT_STR("r"));
	chat_json_write_raw(w, CHAT_STR("[1, 2]"));
	chat_json_close_object(w);
}

static const char sample[] =
    "{\"type\":\"a\\\"b\",\"e\\n\":[0,18446744073709551615,{},[],\"\"],"
    "\"\":true,\"f\":false,\"r\":[1, 2]}";

static void
test_writes(void **state)
{
	char text[256];
	struct chat_json_writer w = { .p = text, .cap = sizeof(text) };

	(void)state;
	write_sample(&w);
	assert_int_equal(w.n, strlen(sample));
	assert_memory_equal(text, sample, w.n);
	accepts(sample);
}

/* As much as fits, and the length of all. */
static void
test_writes_within_cap(void **state)
{
	struct chat_json_writer w = { .p = NULL, .cap = 0 };
	size_t cap, n = strlen(sample);
	char *text;

	(void)state;
	write_sample(&w);
	assert_int_equal(w.n, n);
	for (cap = 0; cap <= n; cap++) {
		text = guard_copy(sample, cap);
		memset(text, '#', cap);
		w = (struct chat_json_writer){ .p = text, .cap = cap };
		write_sample(&w);
		assert_int_equal(w.n, n);
		assert_memory_equal(text, sample, cap);
		assert_int_equal(chat_json_text(&w).n, cap < n ? 0 : n);
		assert_ptr_equal(chat_json_text(&w).p, cap < n ? NULL : text);
		guard_free(text, cap);
	}
}

static void
test_escapes_only_what_must_be(void **state)
{
	static const char *const letters[0x20] = {
		['\b'] = "\"\\b\"",
		['\f'] = "\"\\f\"",
		['\n'] = "\"\\n\"",
		['\r'] = "\"\\r\"",
		['\t'] = "\"\\t\"",
	};
	char text[16], expect[16], c;
	struct chat_json_writer w;
	int i;

	(void)state;
	for (i = 0; i < 0x100; i++) {
		c = (char)i;
		w = (struct chat_json_writer){ .p = text, .cap = sizeof(text) };
		chat_json_write_string(&w, (struct chat_str){ &c, 1 });
		if (i < 0x20 && letters[i] != NULL)
			strcpy(expect, letters[i]);
		else if (i < 0x20)
			snprintf(
			    expect, sizeof(expect), "\"\\u%04x\"", (unsigned)i);
		else if (c == '"' || c == '\\')
			snprintf(expect, sizeof(expect), "\"\\%c\"", c);
		else
			snprintf(expect, sizeof(expect), "\"%c\"", c);
		assert_int_equal(w.n, strlen(expect));
		assert_memory_equal(text, expect, w.n);
	}
}

/*
 * What is written is accepted and read as it was.  A text is drawn twice from
 * one seed: to be written, and to be compared with what is read.
 */

static uint32_t
draw(struct random *r, uint32_t below)
{
	return (uint32_t)random_below(r, below);
}

/* Mostly what is easy to get wrong. */
static uint32_t
draw_character(struct random *r)
{
	static const char odd[] = "\"\\/\b\f\n\r\t u\x7f";
	uint32_t cp;

	switch (draw(r, 5)) {
	case 0:
		return draw(r, 0x20);
	case 1:
		return (uint32_t)odd[draw(r, sizeof(odd) - 1)];
	case 2:
		return draw(r, 0x800);
	case 3:
		return 0x10000 + draw(r, 0x100000);
	}
	cp = draw(r, 0x10000);
	return cp >= 0xd800 && cp <= 0xdfff ? 0x20ac : cp;
}

static struct chat_str
draw_string(struct random *r, char *dst)
{
	uint32_t i, characters = draw(r, 12);
	size_t n = 0;

	for (i = 0; i < characters; i++)
		n += chat_utf8_write(dst + n, draw_character(r));
	return (struct chat_str){ dst, n };
}

/* Of any number of digits. */
static uint64_t
draw_uint(struct random *r)
{
	uint64_t u = random_next(r) & CHAT_JSON_MAX_UINT;

	return u >> draw(r, 54);
}

/* Names have to differ, so they begin with their number. */
static struct chat_str
draw_key(struct random *r, uint32_t i, char *dst)
{
	dst[0] = (char)('0' + i);
	return (struct chat_str){ dst, 1 + draw_string(r, dst + 1).n };
}

static void
write_drawn(struct chat_json_writer *w, struct random *r, int depth)
{
	uint32_t i, n, what = draw(r, depth > 0 ? 6 : 4);
	char s[64];

	if (what < 2) {
		chat_json_write_string(w, draw_string(r, s));
	} else if (what == 2) {
		chat_json_write_uint(w, draw_uint(r));
	} else if (what == 3) {
		chat_json_write_bool(w, draw(r, 2) == 1);
	} else if (what == 4) {
		chat_json_open_array(w);
		for (i = 0, n = draw(r, 5); i < n; i++)
			write_drawn(w, r, depth - 1);
		chat_json_close_array(w);
	} else {
		chat_json_open_object(w);
		for (i = 0, n = draw(r, 5); i < n; i++) {
			chat_json_write_key(w, draw_key(r, i, s));
			write_drawn(w, r, depth - 1);
		}
		chat_json_close_object(w);
	}
}

static void
assert_string(const struct chat_json_value *v, struct chat_str s)
{
	char dst[64];

	assert_int_equal(chat_json_string(dst, sizeof(dst), v), s.n);
	assert_memory_equal(dst, s.p, s.n);
	assert_true(chat_json_is(v, s));
}

static void
read_drawn(const struct chat_json_value *v, struct random *r, int depth)
{
	uint32_t i, n, what = draw(r, depth > 0 ? 6 : 4);
	struct chat_json_members m = chat_json_members(v);
	struct chat_json_value key, x;
	uint64_t u;
	char s[64];

	if (what < 2) {
		assert_string(v, draw_string(r, s));
	} else if (what == 2) {
		assert_int_equal(chat_json_uint(&u, v), CHAT_OK);
		assert_int_equal(u, draw_uint(r));
	} else if (what == 3) {
		assert_int_equal(v->type,
		    draw(r, 2) == 1 ? CHAT_JSON_TRUE : CHAT_JSON_FALSE);
	} else {
		for (i = 0, n = draw(r, 5); i < n; i++) {
			assert_true(chat_json_next(&m, &key, &x));
			if (what == 5)
				assert_string(&key, draw_key(r, i, s));
			read_drawn(&x, r, depth - 1);
		}
		assert_false(chat_json_next(&m, &key, &x));
	}
}

static void
test_reads_what_it_writes(void **state)
{
	static char text[1 << 20];
	struct chat_json_writer w;
	struct chat_json_value v;
	struct random r;
	uint32_t seed;
	char *copy;

	(void)state;
	for (seed = 1; seed <= 2000; seed++) {
		w = (struct chat_json_writer){ .p = text, .cap = sizeof(text) };
		r.state = seed;
		write_drawn(&w, &r, 6);
		assert_true(w.n <= w.cap);
		copy = guard_copy(text, w.n);
		assert_int_equal(chat_json_check(&v, copy, w.n), CHAT_OK);
		r.state = seed;
		read_drawn(&v, &r, 6);
		guard_free(copy, w.n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses_what_is_not_in_the_grammar),
		cmocka_unit_test(test_refuses_no_text_and_too_much),
		cmocka_unit_test(test_refuses_every_prefix),
		cmocka_unit_test(test_refuses_control_characters_in_strings),
		cmocka_unit_test(test_refuses_what_is_not_utf8),
		cmocka_unit_test(test_lone_surrogates),
		cmocka_unit_test(test_refuses_torn_surrogates),
		cmocka_unit_test(test_refuses_duplicate_members),
		cmocka_unit_test(test_tells_members_apart),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_is_not_length),
		cmocka_unit_test(test_members_of_one_object),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_members_in_order),
		cmocka_unit_test(test_elements_have_no_key),
		cmocka_unit_test(test_nothing_inside),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_string_that_just_fits),
		cmocka_unit_test(test_string_in_place),
		cmocka_unit_test(test_string_in_place_while_pulling),
		cmocka_unit_test(test_string_of_other_types),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_is_reads_no_more_than_there_is),
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_no_uint),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_writes_within_cap),
		cmocka_unit_test(test_escapes_only_what_must_be),
		cmocka_unit_test(test_reads_what_it_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "guard.h"
#include "utf8.h"

/* How many bytes of the n at p are taken, one at a time, before the first
 * that is refused. */
static size_t
taken(const char *p, size_t n)
{
	struct chat_utf8 u = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		if (chat_utf8_feed(&u, p + i, 1) != CHAT_OK)
			break;
	return i;
}

/* The same text in one piece, which ends at an unreadable page. */
static int
whole(const char *p, size_t n)
{
	struct chat_utf8 u = { 0 };
	char *copy = guard_copy(p, n);
	int err = chat_utf8_feed(&u, copy, n);

	guard_free(copy, n);
	return err;
}

static bool
is_scalar(uint32_t cp)
{
	return cp < 0xd800 || (cp > 0xdfff && cp <= 0x10ffff);
}

/* Every code point there is, once around. */
static void
test_code_points(void **state)
{
	struct chat_utf8 u = { 0 };
	uint32_t cp, back = 0;
	char p[4];
	size_t n;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp++) {
		n = chat_utf8_write(p, cp);
		if (!is_scalar(cp)) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(chat_utf8_feed(&u, p, n), CHAT_OK);
		assert_true(chat_utf8_is_complete(&u));
		assert_int_equal(chat_utf8_next(p, n, &back), n);
		assert_int_equal(back, cp);
		assert_int_equal(chat_utf8_count(p, n), 1);
	}
}

/* Table 3-6 of the Unicode standard, at the edges. */
static void
test_write(void **state)
{
	static const struct {
		uint32_t cp;
		const char *text;
	} edges[] = {
		{ 0x7f, "\x7f" },
		{ 0x80, "\xc2\x80" },
		{ 0x7ff, "\xdf\xbf" },
		{ 0x800, "\xe0\xa0\x80" },
		{ 0x20ac, "\xe2\x82\xac" },
		{ 0xd7ff, "\xed\x9f\xbf" },
		{ 0xe000, "\xee\x80\x80" },
		{ 0xffff, "\xef\xbf\xbf" },
		{ 0x10000, "\xf0\x90\x80\x80" },
		{ 0x1f600, "\xf0\x9f\x98\x80" },
		{ 0x10ffff, "\xf4\x8f\xbf\xbf" },
	};
	size_t i, n;
	char p[4];

	(void)state;
	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		n = chat_utf8_write(p, edges[i].cp);
		assert_int_equal(n, strlen(edges[i].text));
		assert_memory_equal(p, edges[i].text, n);
	}
	assert_int_equal(chat_utf8_write(p, 0xd800), 0);
	assert_int_equal(chat_utf8_write(p, 0xdfff), 0);
	assert_int_equal(chat_utf8_write(p, 0x110000), 0);
	assert_int_equal(chat_utf8_write(p, UINT32_MAX), 0);
}

/* Which runs of one to three bytes begin the UTF-8 of some code point. */
static bool begins[3][1 << 24];

static void
mark_beginnings(void)
{
	size_t i, n, key;
	uint32_t cp;
	char p[4];

	for (cp = 0; cp <= 0x10ffff; cp++) {
		n = chat_utf8_write(p, cp);
		for (i = key = 0; i < n && i < 3; i++) {
			key = key << 8 | (unsigned char)p[i];
			begins[i][key] = true;
		}
	}
}

/* Feed every byte to a validator that has taken the n bytes of key, of the
 * size that their first one promises, and go on with those that it takes. */
static void
explore(const struct chat_utf8 *u, size_t n, size_t key, size_t size)
{
	unsigned char c = 0;
	struct chat_utf8 v;
	bool expected;

	do {
		if (n == 0)
			size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		expected = n < 3 ? begins[n][key << 8 | c] : c >> 6 == 2;
		v = *u;
		if (chat_utf8_feed(&v, &c, 1) != CHAT_OK) {
			assert_false(expected);
			continue;
		}
		assert_true(expected);
		assert_int_equal(chat_utf8_is_complete(&v), n + 1 == size);
		if (n + 1 < size)
			explore(&v, n + 1, key << 8 | c, size);
	} while (++c != 0);
}

/* In every state there is, a byte is taken exactly if some text goes on with
 * it. */
static void
test_fail_fast(void **state)
{
	const struct chat_utf8 initial = { 0 };

	(void)state;
	mark_beginnings();
	explore(&initial, 0, 0, 0);
}

static void
test_first_bad_byte(void **state)
{
	static const struct {
		const char *text;
		size_t taken;
	} bad[] = {
		{ "\x80", 0 },
		{ "\xbf", 0 },
		{ "\xc0\x80", 0 },
		{ "\xc1\xbf", 0 },
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xfe", 0 },
		{ "\xff", 0 },
		{ "\xc2\x41", 1 },
		{ "\xc2\xc2", 1 },
		{ "\xe0\x80\x80", 1 },
		{ "\xe0\x9f\xbf", 1 },
		{ "\xed\xa0\x80", 1 },
		{ "\xed\xbf\xbf", 1 },
		{ "\xf0\x80\x80\x80", 1 },
		{ "\xf0\x8f\xbf\xbf", 1 },
		{ "\xf4\x90\x80\x80", 1 },
		{ "\xe2\x82\x41", 2 },
		{ "\xf0\x9f\x98\x41", 3 },
		{ "a\xce\xbb\x80", 3 },
		{ "eight...eight...\xff", 16 },
		{ "eight...seven..\xe2\x82 ight...eight...", 17 },
		{ "\xc2 text in place of the second", 1 },
		{ "\xf0\x9f\x98 text in place of the last", 3 },
	};
	size_t i, n, size;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = bad[i].taken;
		size = strlen(bad[i].text);
		assert_int_equal(taken(bad[i].text, size), n);
		assert_int_equal(whole(bad[i].text, n), CHAT_OK);
		assert_int_equal(whole(bad[i].text, n + 1), CHAT_ERR_UTF8);
		assert_int_equal(whole(bad[i].text, size), CHAT_ERR_UTF8);
	}
}

/* One byte that is not ASCII, anywhere in text that is, and starting anywhere
 * in a word: found there, wherever the text is cut. */
static void
test_among_ascii(void **state)
{
	enum { SIZE = 40 };
	char text[8 + SIZE];
	size_t start, bad, cut;
	struct chat_utf8 u;

	(void)state;
	for (start = 0; start < 8; start++)
		for (bad = 0; bad < SIZE; bad++) {
			memset(text, 'a', sizeof(text));
			text[start + bad] = '\x80';
			assert_int_equal(whole(text + start, bad), CHAT_OK);
			for (cut = 0; cut <= SIZE; cut++) {
				memset(&u, 0, sizeof(u));
				assert_int_equal(
				    chat_utf8_feed(&u, text + start, cut),
				    cut > bad ? CHAT_ERR_UTF8 : CHAT_OK);
				assert_int_equal(
				    chat_utf8_feed(
					&u, text + start + cut, SIZE - cut),
				    CHAT_ERR_UTF8);
			}
		}
}

/* Text of every size of sequence, cut twice anywhere. */
static void
test_split(void **state)
{
	static const char text[] = "plain, \xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc"
				   "\xce\xb5 \xe2\x82\xac\xf0\x9f\x98\x80 and "
				   "more than a word of plain \xf4\x8f\xbf\xbf";
	size_t i, j, n = strlen(text);
	struct chat_utf8 u;

	(void)state;
	for (i = 0; i <= n; i++)
		for (j = i; j <= n; j++) {
			memset(&u, 0, sizeof(u));
			assert_int_equal(chat_utf8_feed(&u, text, i), CHAT_OK);
			assert_int_equal(
			    chat_utf8_feed(&u, text + i, j - i), CHAT_OK);
			assert_int_equal(chat_utf8_is_complete(&u),
			    j == n || ((unsigned char)text[j] & 0xc0) != 0x80);
			assert_int_equal(
			    chat_utf8_feed(&u, text + j, n - j), CHAT_OK);
			assert_true(chat_utf8_is_complete(&u));
		}
}

static void
test_stays_failed(void **state)
{
	struct chat_utf8 u = { 0 };

	(void)state;
	assert_int_equal(chat_utf8_feed(&u, "\xff", 1), CHAT_ERR_UTF8);
	assert_false(chat_utf8_is_complete(&u));
	assert_int_equal(chat_utf8_feed(&u, "a", 1), CHAT_ERR_UTF8);
	assert_int_equal(chat_utf8_feed(&u, NULL, 0), CHAT_ERR_UTF8);
	assert_false(chat_utf8_is_complete(&u));
}

static void
test_nothing(void **state)
{
	struct chat_utf8 u = { 0 };
	uint32_t cp;

	(void)state;
	assert_int_equal(chat_utf8_feed(&u, NULL, 0), CHAT_OK);
	assert_true(chat_utf8_is_complete(&u));
	assert_int_equal(chat_utf8_next("", 0, &cp), 0);
	assert_int_equal(chat_utf8_count("", 0), 0);
}

/* next() sees only what is there, and says nothing about what is cut off. */
static void
test_next_truncated(void **state)
{
	static const char *const texts[] = { "\xce\xbb", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80" };
	uint32_t cp = 1234;
	size_t i, n;
	char *copy;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (n = 1; n < strlen(texts[i]); n++) {
			copy = guard_copy(texts[i], n);
			assert_int_equal(
			    chat_utf8_next(copy, n, &cp), CHAT_ERR_UTF8);
			guard_free(copy, n);
		}
		copy = guard_copy(texts[i], n);
		assert_int_equal(cp, 1234);
		assert_int_equal(chat_utf8_next(copy, n, &cp), n);
		guard_free(copy, n);
		cp = 1234;
	}
}

static void
test_next_invalid(void **state)
{
	static const char *const texts[] = { "\x80", "\xc0\x80", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
		"\xe2\x41\x41", "\xe2\x82\x41" };
	uint32_t cp = 1234;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(
		    chat_utf8_next(texts[i], strlen(texts[i]), &cp),
		    CHAT_ERR_UTF8);
	assert_int_equal(cp, 1234);
}

static void
test_count(void **state)
{
	static const char text[] = "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80";

	(void)state;
	assert_int_equal(chat_utf8_count(text, strlen(text)), 9);
}

/* As many as a regular expression engine finds, and the edges of ranges. */
static void
test_blank(void **state)
{
	static const uint32_t blanks[] = { 0x00, 0x09, 0x0a, 0x20, 0x7f, 0x85,
		0xa0, 0xad, 0x34f, 0x115f, 0x1160, 0x180b, 0x180f, 0x2000,
		0x200b, 0x200d, 0x200f, 0x2028, 0x202e, 0x202f, 0x2060, 0x206f,
		0x2800, 0x3000, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff0,
		0xfffb, 0x1d159, 0x1d173, 0xe0000, 0xe0041, 0xe01ef, 0xe0fff };
	static const uint32_t seen[] = { 0x21, 0x41, 0x7e, 0xa1, 0xac, 0xae,
		0x600, 0x6dd, 0x180a, 0x2010, 0x2027, 0x2070, 0x27ff, 0x2801,
		0x3001, 0xfe10, 0xfffc, 0xfffd, 0x110bd, 0x13430, 0x1f600,
		0xe1000, 0x10ffff };
	size_t i, count = 0;
	uint32_t cp;

	(void)state;
	for (i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
		assert_true(chat_utf8_is_blank(blanks[i]));
	for (i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		assert_false(chat_utf8_is_blank(seen[i]));
	for (cp = 0; cp <= 0x10ffff; cp++)
		count += chat_utf8_is_blank(cp);
	assert_int_equal(count, 4263);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code_points),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_fail_fast),
		cmocka_unit_test(test_first_bad_byte),
		cmocka_unit_test(test_among_ascii),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_stays_failed),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_next_truncated),
		cmocka_unit_test(test_next_invalid),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "guard.h"
#include "wire/name.h"
#include "utf8.h"

static int
check_n(const char *p, size_t n)
{
	char *copy = guard_copy(p, n);
	int err = chat_name_check(copy, n);

	guard_free(copy, n);
	return err;
}

static int
check(const char *name)
{
	return check_n(name, strlen(name));
}

/* The verdict on a name in which cp stands between two letters. */
static int
check_inside(uint32_t cp)
{
	char name[6] = "a";
	size_t n = 1 + chat_utf8_write(name + 1, cp);

	name[n++] = 'b';
	return chat_name_check(name, n);
}

static void
test_allowed(void **state)
{
	static const char *const names[] = { "a", "alice", "Alice B", "a b c",
		"...", ".a", "a.", "..a", "a&b=c", "\"'<>\\|", "caf\xc3\xa9",
		"\xe4\xbd\xa0\xe5\xa5\xbd", "\xf0\x9f\x98\x80", "index.html",
		"e\xcc\x81", "+", "~", "a;b:c@d" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(check(names[i]), CHAT_OK);
}

static void
test_refused(void **state)
{
	static const char *const names[] = { "", ".", "..", " ", "  ", " a",
		"a ", "a  b", "a b  c", "a   b", "a/b", "/", "a?b", "a#b",
		"a%b", "%41", "a\nb", "a\tb", "\x7f", "\xc2\xa0",
		"\xe3\x80\x80", "\xef\xbb\xbf" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(check(names[i]), CHAT_ERR_NAME);
	assert_int_equal(check_n("a\0b", 3), CHAT_ERR_NAME);
	assert_int_equal(chat_name_check(NULL, 0), CHAT_ERR_NAME);
}

static void
test_not_utf8(void **state)
{
	static const char *const names[] = { "\xff", "a\x80", "caf\xc3",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf", "/\xff" };
	char big[CHAT_NAME_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(check(names[i]), CHAT_ERR_UTF8);
	memset(big, 0xff, sizeof(big));
	assert_int_equal(check_n(big, sizeof(big)), CHAT_ERR_UTF8);
}

static void
test_sizes(void **state)
{
	char ascii[33], two[66], four[68];
	size_t i;

	(void)state;
	memset(ascii, 'a', sizeof(ascii));
	assert_int_equal(check_n(ascii, 32), CHAT_OK);
	assert_int_equal(check_n(ascii, 33), CHAT_ERR_NAME);
	for (i = 0; i < sizeof(two); i += 2)
		memcpy(two + i, "\xce\xbb", 2);
	assert_int_equal(check_n(two, 64), CHAT_OK);
	assert_int_equal(check_n(two, 66), CHAT_ERR_NAME);
	for (i = 0; i < sizeof(four); i += 4)
		memcpy(four + i, "\xf0\x9f\x98\x80", 4);
	assert_int_equal(check_n(four, 64), CHAT_OK);
	assert_int_equal(check_n(four, 68), CHAT_ERR_NAME);
	memcpy(four + 60, "aaaaa", 5);
	assert_int_equal(check_n(four, 65), CHAT_ERR_NAME);
}

/*
 * The first and last code points of each forbidden range of Unicode 17.0, the
 * ends of the planes apart: those are forbidden and their neighbours, unless
 * they begin or end another range, are not.
 */
static const uint32_t edges[][2] = { { 0x0, 0x1f }, { 0x23, 0x23 },
	{ 0x25, 0x25 }, { 0x2f, 0x2f }, { 0x3f, 0x3f }, { 0x7f, 0xa0 },
	{ 0xad, 0xad }, { 0x34f, 0x34f }, { 0x600, 0x605 }, { 0x61c, 0x61c },
	{ 0x6dd, 0x6dd }, { 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 },
	{ 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
	{ 0x205f, 0x206f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 },
	{ 0x3164, 0x3164 }, { 0xe000, 0xf8ff }, { 0xfdd0, 0xfdef },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d159, 0x1d159 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff } };

static void
test_edges(void **state)
{
	uint32_t first, last;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		first = edges[i][0];
		last = edges[i][1];
		assert_int_equal(check_inside(first), CHAT_ERR_NAME);
		assert_int_equal(check_inside(last), CHAT_ERR_NAME);
		assert_int_equal(check_inside(last + 1), CHAT_OK);
		if (first > 0 && first != 0xe000 && first != 0xe0000)
			assert_int_equal(check_inside(first - 1), CHAT_OK);
	}
	assert_int_equal(check_inside(0xd7ff), CHAT_OK);
}

/* A selector of a look has to follow what may have several. */
static void
test_selectors(void **state)
{
	static const struct {
		const char *name;
		int verdict;
	} names[] = {
		{ "\xe2\x98\x80\xef\xb8\x8f", CHAT_OK }, /* a sun */
		{ "\xe2\x98\x80\xef\xb8\x8f b", CHAT_OK },
		{ "\xe8\x91\x9b\xf3\xa0\x84\x80", CHAT_OK }, /* kanji */
		{ "\xe1\xa0\xa0\xe1\xa0\x8b", CHAT_OK },     /* Mongolian */
		{ "\xef\xb8\x8f", CHAT_ERR_NAME },
		{ "a\xef\xb8\x8f", CHAT_ERR_NAME },
		{ "a \xef\xb8\x8f", CHAT_ERR_NAME },
		{ "\xe2\x98\x80\xef\xb8\x8f\xef\xb8\x8f", CHAT_ERR_NAME },
		{ "\xe2\x98\x80\xef\xb8\x8f\xf3\xa0\x84\x80", CHAT_ERR_NAME },
		{ "1\xef\xb8\x8f\xe2\x83\xa3", CHAT_ERR_NAME }, /* a key */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(check(names[i].name), names[i].verdict);
}

static void
test_planes(void **state)
{
	uint32_t plane;

	(void)state;
	for (plane = 0; plane <= 16; plane++) {
		assert_int_equal(
		    check_inside(plane << 16 | 0xfffe), CHAT_ERR_NAME);
		assert_int_equal(
		    check_inside(plane << 16 | 0xffff), CHAT_ERR_NAME);
		assert_int_equal(check_inside(plane << 16 | 0xfffd),
		    plane < 15 ? CHAT_OK : CHAT_ERR_NAME);
	}
	assert_int_equal(check_inside(0xf0000), CHAT_ERR_NAME);
	assert_int_equal(check_inside(0x100000), CHAT_ERR_NAME);
}

/* How many code points no name has between two letters: 65 Cc, 170 Cf, 137,468
 * Co, 1 Zl, 1 Zp, 16 Zs without the space, 66 noncharacters, 4,036 others that
 * are ignorable, 260 of them variation selectors, 2 blanks, and / ? # %. */
static void
test_total(void **state)
{
	size_t refused = 0;
	uint32_t cp;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp++)
		if (cp < 0xd800 || cp > 0xdfff)
			refused += check_inside(cp) != CHAT_OK;
	assert_int_equal(
	    refused, 65 + 170 + 137468 + 1 + 1 + 16 + 66 + 4036 + 2 + 4);
}

/* Folding touches A-Z alone: not their neighbours, not what is not ASCII. */
static void
test_fold(void **state)
{
	char all[256], folded[256];
	int i;

	(void)state;
	for (i = 0; i < 256; i++)
		all[i] = (char)i;
	chat_name_fold(folded, all, sizeof(all));
	for (i = 0; i < 256; i++)
		assert_int_equal((unsigned char)folded[i],
		    i >= 'A' && i <= 'Z' ? i + 32 : i);
	chat_name_fold(all, all, sizeof(all));
	assert_memory_equal(all, folded, sizeof(all));
}

/* What was folded comes back, in place too. */
static void
test_unfold(void **state)
{
	static const char most[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
				   "6789ABCDEFGHIJKLMNOPQRSTUVWXYZaZ";
	static const char *const names[] = { "", "alice", "Alice", "aLiCE@[`{",
		"\xc3\x89Tu\xc3\xa9", most };
	char folded[CHAT_NAME_MAX], back[CHAT_NAME_MAX];
	uint64_t upper;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i]);
		chat_name_fold(folded, names[i], n);
		upper = chat_name_case(names[i], n);
		chat_name_unfold(back, folded, n, upper);
		assert_memory_equal(back, names[i], n);
		chat_name_unfold(folded, folded, n, upper);
		assert_memory_equal(folded, names[i], n);
	}
}

static uint64_t
upper_of(const char *name)
{
	size_t n = strlen(name);
	char *copy = guard_copy(name, n);
	uint64_t upper = chat_name_case(copy, n);

	guard_free(copy, n);
	return upper;
}

static void
test_case(void **state)
{
	char name[CHAT_NAME_MAX];

	(void)state;
	assert_int_equal(upper_of(""), 0);
	assert_int_equal(upper_of("alice"), 0);
	assert_int_equal(upper_of("Alice"), 1);
	assert_int_equal(upper_of("aLiCe"), 0xa);
	assert_int_equal(upper_of("@AZ[`az{"), 0x6);
	memset(name, 'A', sizeof(name));
	assert_true(chat_name_case(name, sizeof(name)) == UINT64_MAX);
	memset(name, 'a', sizeof(name) - 1);
	assert_true(chat_name_case(name, sizeof(name)) == UINT64_C(1) << 63);
}

static int
compare(const char *a, const char *b)
{
	size_t an = strlen(a), bn = strlen(b);
	char *p = guard_copy(a, an), *q = guard_copy(b, bn);
	int d = chat_name_compare(p, an, q, bn);

	guard_free(q, bn);
	guard_free(p, an);
	return d;
}

static void
test_compare_same(void **state)
{
	(void)state;
	assert_int_equal(compare("", ""), 0);
	assert_int_equal(compare("alice", "alice"), 0);
	assert_int_equal(compare("Alice", "aLICE"), 0);
	assert_int_equal(compare("caf\xc3\xa9", "CAF\xc3\xa9"), 0);
}

/* Each one is before all that follow it, whatever its spelling. */
static void
test_compare_order(void **state)
{
	static const char *const names[] = { "", "0", "[", "_", "A", "aa", "AB",
		"b", "{", "\x7f", "\xc3\x89", "\xc3\xa9", "\xf0\x9f\x98\x80" };
	size_t i, j, n = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++) {
			assert_true(compare(names[i], names[j]) < 0);
			assert_true(compare(names[j], names[i]) > 0);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_planes),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_unfold),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_compare_same),
		cmocka_unit_test(test_compare_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

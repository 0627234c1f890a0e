#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "code/base64.h"
#include "err.h"
#include "guard.h"

/* Both ways, with neither a byte too many read nor a byte too many written. */
static void
assert_pair(const char *bytes, const char *text, enum chat_base64 alphabet)
{
	size_t n = strlen(bytes), len = strlen(text);
	char *p = guard_copy(bytes, n), *s = guard_copy(text, len);
	char *out = guard_copy(text, len);
	unsigned char *back = guard_copy(bytes, n);

	memset(out, 0, len);
	memset(back, 0, n);
	assert_int_equal(chat_base64_size(n, alphabet), len);
	assert_int_equal(chat_base64_write(out, p, n, alphabet), len);
	assert_memory_equal(out, text, len);
	assert_int_equal(chat_base64_parse(back, n, s, len, alphabet), n);
	assert_memory_equal(back, bytes, n);
	guard_free(back, n);
	guard_free(out, len);
	guard_free(s, len);
	guard_free(p, n);
}

static int
parse(const char *text, enum chat_base64 alphabet)
{
	size_t len = strlen(text);
	char *s = guard_copy(text, len);
	unsigned char out[64];
	int n = chat_base64_parse(out, sizeof(out), s, len, alphabet);

	guard_free(s, len);
	return n;
}

/* RFC 4648, section 10. */
static void
test_standard(void **state)
{
	(void)state;
	assert_pair("", "", CHAT_BASE64_STANDARD);
	assert_pair("f", "Zg==", CHAT_BASE64_STANDARD);
	assert_pair("fo", "Zm8=", CHAT_BASE64_STANDARD);
	assert_pair("foo", "Zm9v", CHAT_BASE64_STANDARD);
	assert_pair("foob", "Zm9vYg==", CHAT_BASE64_STANDARD);
	assert_pair("fooba", "Zm9vYmE=", CHAT_BASE64_STANDARD);
	assert_pair("foobar", "Zm9vYmFy", CHAT_BASE64_STANDARD);
	assert_pair("\xfb\xef\xff", "++//", CHAT_BASE64_STANDARD);
}

static void
test_url(void **state)
{
	(void)state;
	assert_pair("", "", CHAT_BASE64_URL);
	assert_pair("f", "Zg", CHAT_BASE64_URL);
	assert_pair("fo", "Zm8", CHAT_BASE64_URL);
	assert_pair("foo", "Zm9v", CHAT_BASE64_URL);
	assert_pair("foob", "Zm9vYg", CHAT_BASE64_URL);
	assert_pair("fooba", "Zm9vYmE", CHAT_BASE64_URL);
	assert_pair("foobar", "Zm9vYmFy", CHAT_BASE64_URL);
	assert_pair("\xfb\xef\xff", "--__", CHAT_BASE64_URL);
}

/* All 256 bytes; the text is coreutils' base64's. */
static void
test_every_byte(void **state)
{
	static const char text[] =
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss"
	    "LS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZ"
	    "WltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWG"
	    "h4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKz"
	    "tLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g"
	    "4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/w==";
	unsigned char bytes[256], back[256];
	char out[sizeof(text)] = "";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(
	    chat_base64_write(out, bytes, sizeof(bytes), CHAT_BASE64_STANDARD),
	    strlen(text));
	assert_string_equal(out, text);
	assert_int_equal(chat_base64_parse(back, sizeof(back), text,
			     strlen(text), CHAT_BASE64_STANDARD),
	    sizeof(back));
	assert_memory_equal(back, bytes, sizeof(back));
}

/* How many of the 256 bytes may stand at place i of four characters, apart from
 * the sign of padding. */
static int
letters(int i, enum chat_base64 alphabet)
{
	unsigned char out[3];
	char text[4];
	int c, count = 0;

	for (c = 0; c < 256; c++) {
		memset(text, 'A', sizeof(text));
		text[i] = (char)c;
		if (c != '=' &&
		    chat_base64_parse(out, 3, text, 4, alphabet) == 3)
			count++;
	}
	return count;
}

static void
test_strangers(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(letters(i, CHAT_BASE64_STANDARD), 64);
		assert_int_equal(letters(i, CHAT_BASE64_URL), 64);
	}
	assert_int_equal(parse("Zm-v", CHAT_BASE64_STANDARD), CHAT_ERR_BASE64);
	assert_int_equal(parse("Zm_v", CHAT_BASE64_STANDARD), CHAT_ERR_BASE64);
	assert_int_equal(parse("Zm+v", CHAT_BASE64_URL), CHAT_ERR_BASE64);
	assert_int_equal(parse("Zm/v", CHAT_BASE64_URL), CHAT_ERR_BASE64);
	assert_int_equal(parse("Zm9v\n", CHAT_BASE64_URL), CHAT_ERR_BASE64);
}

static void
test_padding(void **state)
{
	static const char *const standard[] = { "Z", "Zg", "Zm8",
		"Zg=", "Zm8==", "=", "==", "===", "====", "Z===", "A===",
		"Zg==Zg==", "Zm9v=", "Zm9v====", "=Zg=", "Zg=a",
		"Z=g=", "Zg==\n" };
	static const char *const url[] = { "Z", "Zg==", "Zm8=", "=",
		"==", "====", "Zm9vZ", "Zg=" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(standard) / sizeof(standard[0]); i++)
		assert_int_equal(
		    parse(standard[i], CHAT_BASE64_STANDARD), CHAT_ERR_BASE64);
	for (i = 0; i < sizeof(url) / sizeof(url[0]); i++)
		assert_int_equal(
		    parse(url[i], CHAT_BASE64_URL), CHAT_ERR_BASE64);
}

/* Of the last character of a text with 1 byte left over, only 4 of the 64
 * are canonical, and 16 with 2 bytes left over. */
static void
test_trailing_bits(void **state)
{
	char one[] = "A?", two[] = "AA?", padded[] = "A?==";
	int c, ones = 0, twos = 0, paddeds = 0;

	(void)state;
	for (c = 1; c < 128; c++) {
		one[1] = padded[1] = two[2] = (char)c;
		ones += parse(one, CHAT_BASE64_URL) == 1;
		twos += parse(two, CHAT_BASE64_URL) == 2;
		paddeds += parse(padded, CHAT_BASE64_STANDARD) == 1;
	}
	assert_int_equal(ones, 4);
	assert_int_equal(twos, 16);
	assert_int_equal(paddeds, 4);
	assert_int_equal(parse("Zh", CHAT_BASE64_URL), CHAT_ERR_BASE64);
	assert_int_equal(parse("Zm9", CHAT_BASE64_URL), CHAT_ERR_BASE64);
}

/* Just enough space is enough, and one byte less is an error. */
static void
test_space(void **state)
{
	static const char zeros[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	unsigned char out[20];
	size_t n, len;

	(void)state;
	assert_int_equal(
	    chat_base64_parse(NULL, 0, "", 0, CHAT_BASE64_STANDARD), 0);
	for (n = 1; n <= sizeof(out); n++) {
		len = chat_base64_size(n, CHAT_BASE64_URL);
		assert_int_equal(
		    chat_base64_parse(out, n, zeros, len, CHAT_BASE64_URL), n);
		assert_int_equal(
		    chat_base64_parse(out, n - 1, zeros, len, CHAT_BASE64_URL),
		    CHAT_ERR_SPACE);
	}
	assert_int_equal(
	    chat_base64_parse(out, 3, "Zm9vYg==", 8, CHAT_BASE64_STANDARD),
	    CHAT_ERR_SPACE);
	assert_int_equal(
	    chat_base64_parse(out, 4, "Zm9vYg==", 8, CHAT_BASE64_STANDARD), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_trailing_bits),
		cmocka_unit_test(test_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

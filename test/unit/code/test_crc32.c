#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "code/crc32.h"
#include "guard.h"
#include "random.h"

static struct chat_crc32 crc;

static int
set_up(void **state)
{
	(void)state;
	chat_crc32_init(&crc);
	return 0;
}

/* Bit by bit, as the polynomial is divided. */
static uint32_t
divide(const unsigned char *p, size_t n)
{
	uint32_t sum = UINT32_MAX;
	size_t bit;

	for (bit = 0; bit < 8 * n; bit++) {
		if (((sum ^ (uint32_t)p[bit / 8] >> bit % 8) & 1) != 0)
			sum = sum >> 1 ^ 0xedb88320U;
		else
			sum >>= 1;
	}
	return ~sum;
}

static void
assert_sum(const void *p, size_t n, uint32_t want)
{
	void *copy = guard_copy(p, n);

	assert_int_equal(chat_crc32_sum(&crc, copy, n), want);
	guard_free(copy, n);
}

/* The check value that catalogues of checksums give, the end of every PNG file
 * (the type IEND alone), the 32 bytes of RFC 3720, appendix B.4, whose sums
 * under this polynomial zlib has computed, and a pangram. */
static void
test_vectors(void **state)
{
	static const char fox[] = "The quick brown fox jumps over the lazy dog";
	unsigned char bytes[32];
	size_t i;

	(void)state;
	assert_sum("123456789", 9, 0xcbf43926);
	assert_sum("IEND", 4, 0xae426082);
	assert_sum("a", 1, 0xe8b7be43);
	assert_sum(fox, strlen(fox), 0x414fa339);
	memset(bytes, 0, sizeof(bytes));
	assert_sum(bytes, sizeof(bytes), 0x190a55ad);
	memset(bytes, 0xff, sizeof(bytes));
	assert_sum(bytes, sizeof(bytes), 0xff6cab0b);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	assert_sum(bytes, sizeof(bytes), 0x91267e8a);
}

static void
test_nothing(void **state)
{
	(void)state;
	assert_sum("", 0, 0);
	assert_int_equal(chat_crc32_sum(&crc, NULL, 0), 0);
}

/* Every length around several steps, from every place in a word. */
static void
test_lengths(void **state)
{
	struct random r = { 1 };
	unsigned char bytes[8 + 64];
	size_t at, n;

	(void)state;
	random_fill(&r, bytes, sizeof(bytes));
	for (at = 0; at < 8; at++)
		for (n = 0; n <= 64; n++)
			assert_int_equal(chat_crc32_sum(&crc, bytes + at, n),
			    divide(bytes + at, n));
	for (n = 0; n <= 64; n++)
		assert_sum(bytes, n, divide(bytes, n));
}

static void
test_random(void **state)
{
	struct random r = { 2 };
	unsigned char bytes[5000];
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		random_fill(&r, bytes, sizeof(bytes));
		assert_sum(bytes, sizeof(bytes), divide(bytes, sizeof(bytes)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}

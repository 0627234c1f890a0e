/* Tests of siphash: the values of the reference, as words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "code/siphash.h"

/* The key of bytes 0 to 15, of the paper's example. */
#define K0 UINT64_C(0x0706050403020100)
#define K1 UINT64_C(0x0f0e0d0c0b0a0908)

/* Bytes 0 to n - 1 as the reference makes words of them: the last one has the
 * length on top. */
static uint64_t
hash_of_bytes(unsigned n)
{
	struct chat_siphash h;
	uint64_t word = 0;
	unsigned i;

	chat_siphash_init(&h, K0, K1);
	for (i = 0; i < n; i++) {
		word |= (uint64_t)i << i % 8 * 8;
		if (i % 8 == 7) {
			chat_siphash_word(&h, word);
			word = 0;
		}
	}
	chat_siphash_word(&h, word | (uint64_t)n << 56);
	return chat_siphash_finish(&h);
}

static void
values_are_those_of_the_reference(void **state)
{
	/* As Rust's std::hash::SipHasher13, tested there with these. */
	static const struct {
		unsigned n;
		uint64_t hash;
	} some[] = {
		{ 0, UINT64_C(0xabac0158050fc4dc) },
		{ 1, UINT64_C(0xc9f49bf37d57ca93) },
		{ 2, UINT64_C(0x82cb9b024dc7d44d) },
		{ 3, UINT64_C(0x8bf80ab8e7ddf7fb) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_true(hash_of_bytes(some[i].n) == some[i].hash);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

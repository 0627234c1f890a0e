#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "code/sha1.h"

static void
assert_digest(const unsigned char digest[CHAT_SHA1_SIZE], const char *hex)
{
	char got[2 * CHAT_SHA1_SIZE + 1];
	size_t i;

	for (i = 0; i < CHAT_SHA1_SIZE; i++)
		snprintf(got + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(got, hex);
}

static void
assert_sha1(const void *p, size_t n, const char *hex)
{
	unsigned char digest[CHAT_SHA1_SIZE];
	struct chat_sha1 s;

	chat_sha1_init(&s);
	chat_sha1_feed(&s, p, n);
	chat_sha1_finish(&s, digest);
	assert_digest(digest, hex);
}

/* FIPS 180 and the last one of RFC 3174. */
static void
test_vectors(void **state)
{
	static const char bits448[] =
	    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char digits[640];
	size_t i;

	(void)state;
	assert_sha1("abc", 3, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_sha1(bits448, strlen(bits448),
	    "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	for (i = 0; i < sizeof(digits); i++)
		digits[i] = (char)('0' + i % 8);
	assert_sha1(
	    digits, sizeof(digits), "dea356a2cddd90c7a7ecedc5ebb563934f460452");
}

static void
test_nothing(void **state)
{
	(void)state;
	assert_sha1("", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_sha1(NULL, 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

/* FIPS 180: a million times the letter a, in pieces that fit no block. */
static void
test_million(void **state)
{
	unsigned char digest[CHAT_SHA1_SIZE];
	struct chat_sha1 s;
	char a[1000];
	int i;

	(void)state;
	memset(a, 'a', sizeof(a));
	chat_sha1_init(&s);
	for (i = 0; i < 1000; i++)
		chat_sha1_feed(&s, a, sizeof(a));
	chat_sha1_finish(&s, digest);
	assert_digest(digest, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

/* The digest of the digests of 0, 0 1, 0 1 2, ... up to 200 bytes, which is
 * every way to end a block; the value is Python's hashlib's. */
static void
test_lengths(void **state)
{
	unsigned char bytes[200], digest[CHAT_SHA1_SIZE];
	struct chat_sha1 all, s;
	size_t n;

	(void)state;
	chat_sha1_init(&all);
	for (n = 0; n <= sizeof(bytes); n++) {
		chat_sha1_init(&s);
		chat_sha1_feed(&s, bytes, n);
		chat_sha1_finish(&s, digest);
		chat_sha1_feed(&all, digest, sizeof(digest));
		if (n < sizeof(bytes))
			bytes[n] = (unsigned char)n;
	}
	chat_sha1_finish(&all, digest);
	assert_digest(digest, "30f906e3c78b841ee4b73d0cb2850660435758b3");
}

/* Two cuts anywhere change nothing. */
static void
test_split(void **state)
{
	static const char text[] = "abcdefghbcdefghicdefghijdefghijkefghijkl"
				   "fghijklmghijklmnhijklmnoijklmnopjklmnopq"
				   "klmnopqrlmnopqrsmnopqrstnopqrstu";
	unsigned char digest[CHAT_SHA1_SIZE];
	size_t i, j, n = strlen(text);
	struct chat_sha1 s;

	(void)state;
	for (i = 0; i <= n; i++)
		for (j = i; j <= n; j++) {
			chat_sha1_init(&s);
			chat_sha1_feed(&s, text, i);
			chat_sha1_feed(&s, text + i, j - i);
			chat_sha1_feed(&s, text + j, n - j);
			chat_sha1_finish(&s, digest);
			assert_digest(
			    digest, "a49b2446a02c645bf419f995b67091253a04a259");
		}
}

/* RFC 6455, section 1.3: what the module is for. */
static void
test_handshake(void **state)
{
	static const char text[] =
	    "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

	(void)state;
	assert_sha1(
	    text, strlen(text), "b37a4f2cc0624f1690f64606cf385945b2bec4ea");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_million),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

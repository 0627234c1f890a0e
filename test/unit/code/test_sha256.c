#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "code/sha256.h"

static const char bits448[] =
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
static const char bits896[] = "abcdefghbcdefghicdefghijdefghijkefghijkl"
			      "fghijklmghijklmnhijklmnoijklmnopjklmnopq"
			      "klmnopqrlmnopqrsmnopqrstnopqrstu";
static const char bits896_hex[] =
    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1";

static void
assert_digest(const unsigned char digest[CHAT_SHA256_SIZE], const char *hex)
{
	char got[2 * CHAT_SHA256_SIZE + 1];
	size_t i;

	for (i = 0; i < CHAT_SHA256_SIZE; i++)
		snprintf(got + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(got, hex);
}

static void
assert_sha256(const void *p, size_t n, const char *hex)
{
	unsigned char digest[CHAT_SHA256_SIZE];
	struct chat_sha256 s;

	chat_sha256_init(&s);
	chat_sha256_feed(&s, p, n);
	chat_sha256_finish(&s, digest);
	assert_digest(digest, hex);
}

static void
assert_hmac(
    const void *key, size_t key_n, const void *p, size_t n, const char *hex)
{
	unsigned char digest[CHAT_SHA256_SIZE];
	struct chat_hmac h;

	chat_hmac_init(&h, key, key_n);
	chat_hmac_feed(&h, p, n);
	chat_hmac_finish(&h, digest);
	assert_digest(digest, hex);
}

/* FIPS 180. */
static void
test_vectors(void **state)
{
	(void)state;
	assert_sha256("abc", 3,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	assert_sha256(bits448, strlen(bits448),
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1");
	assert_sha256(bits896, strlen(bits896), bits896_hex);
}

static void
test_nothing(void **state)
{
	static const char hex[] = "e3b0c44298fc1c149afbf4c8996fb924"
				  "27ae41e4649b934ca495991b7852b855";

	(void)state;
	assert_sha256("", 0, hex);
	assert_sha256(NULL, 0, hex);
}

/* FIPS 180: a million times the letter a, in pieces that fit no block. */
static void
test_million(void **state)
{
	unsigned char digest[CHAT_SHA256_SIZE];
	struct chat_sha256 s;
	char a[1000];
	int i;

	(void)state;
	memset(a, 'a', sizeof(a));
	chat_sha256_init(&s);
	for (i = 0; i < 1000; i++)
		chat_sha256_feed(&s, a, sizeof(a));
	chat_sha256_finish(&s, digest);
	assert_digest(digest,
	    "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
}

/* The digest of the digests of 0, 0 1, 0 1 2, ... up to 200 bytes, which is
 * every way to end a block; the value is Python's hashlib's. */
static void
test_lengths(void **state)
{
	unsigned char bytes[200], digest[CHAT_SHA256_SIZE];
	struct chat_sha256 all, s;
	size_t n;

	(void)state;
	chat_sha256_init(&all);
	for (n = 0; n <= sizeof(bytes); n++) {
		chat_sha256_init(&s);
		chat_sha256_feed(&s, bytes, n);
		chat_sha256_finish(&s, digest);
		chat_sha256_feed(&all, digest, sizeof(digest));
		if (n < sizeof(bytes))
			bytes[n] = (unsigned char)n;
	}
	chat_sha256_finish(&all, digest);
	assert_digest(digest,
	    "64ef7c229fce2408b5336b6a542fea0e"
	    "078c3a87d2da85cb3fc52e2008b65021");
}

/* Two cuts anywhere change nothing. */
static void
test_split(void **state)
{
	unsigned char digest[CHAT_SHA256_SIZE];
	size_t i, j, n = strlen(bits896);
	struct chat_sha256 s;

	(void)state;
	for (i = 0; i <= n; i++)
		for (j = i; j <= n; j++) {
			chat_sha256_init(&s);
			chat_sha256_feed(&s, bits896, i);
			chat_sha256_feed(&s, bits896 + i, j - i);
			chat_sha256_feed(&s, bits896 + j, n - j);
			chat_sha256_finish(&s, digest);
			assert_digest(digest, bits896_hex);
		}
}

/* RFC 4231, sections 4.2 to 4.8; of the one that truncates, all 32 bytes. */
static void
test_hmac_vectors(void **state)
{
	static const char big_key[] =
	    "Test Using Larger Than Block-Size Key - Hash Key First";
	static const char big_text[] =
	    "This is a test using a larger than block-size key and a larger "
	    "than block-size data. The key needs to be hashed before being "
	    "used by the HMAC algorithm.";
	unsigned char key[131], text[50];
	size_t i;

	(void)state;
	memset(key, 0x0b, 20);
	assert_hmac(key, 20, "Hi There", 8,
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	assert_hmac("Jefe", 4, "what do ya want for nothing?", 28,
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, 20);
	memset(text, 0xdd, sizeof(text));
	assert_hmac(key, 20, text, sizeof(text),
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe");
	for (i = 0; i < 25; i++)
		key[i] = (unsigned char)(i + 1);
	memset(text, 0xcd, sizeof(text));
	assert_hmac(key, 25, text, sizeof(text),
	    "82558a389a443c0ea4cc819899f2083a"
	    "85f0faa3e578f8077a2e3ff46729665b");
	memset(key, 0x0c, 20);
	assert_hmac(key, 20, "Test With Truncation", 20,
	    "a3b6167473100ee06e0c796c2955552b"
	    "fa6f7c0a6a8aef8b93f860aab0cd20c5");
	memset(key, 0xaa, sizeof(key));
	assert_hmac(key, sizeof(key), big_key, strlen(big_key),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
	assert_hmac(key, sizeof(key), big_text, strlen(big_text),
	    "9b09ffa71b942fcb27635fbcd5b0e944"
	    "bfdc63644f0713938a7f51535c3a35e2");
}

/* Keys of 0 to 129 bytes, that is around the size of a block; the value is
 * that of Python's hmac. */
static void
test_hmac_keys(void **state)
{
	unsigned char key[129], digest[CHAT_SHA256_SIZE];
	struct chat_sha256 all;
	struct chat_hmac h;
	size_t n;

	(void)state;
	chat_sha256_init(&all);
	for (n = 0; n <= sizeof(key); n++) {
		chat_hmac_init(&h, n == 0 ? NULL : key, n);
		chat_hmac_feed(&h, "x", 1);
		chat_hmac_finish(&h, digest);
		chat_sha256_feed(&all, digest, sizeof(digest));
		if (n < sizeof(key))
			key[n] = (unsigned char)(n + 1);
	}
	chat_sha256_finish(&all, digest);
	assert_digest(digest,
	    "c6948502a13ae593a7578774719a1f50"
	    "cae0ae259459d4b4f542d273f9ab8e5c");
}

/* One keyed struct serves any number of messages, whole or cut. */
static void
test_hmac_copy(void **state)
{
	static const char text[] = "what do ya want for nothing?";
	unsigned char digest[CHAT_SHA256_SIZE];
	struct chat_hmac keyed, h;
	size_t i, n = strlen(text);

	(void)state;
	chat_hmac_init(&keyed, "Jefe", 4);
	for (i = 0; i <= n; i++) {
		h = keyed;
		chat_hmac_feed(&h, text, i);
		chat_hmac_feed(&h, text + i, n - i);
		chat_hmac_finish(&h, digest);
		assert_digest(digest,
		    "5bdcc146bf60754e6a042426089575c7"
		    "5a003f089d2739839dec58b964ec3843");
	}
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
		cmocka_unit_test(test_hmac_vectors),
		cmocka_unit_test(test_hmac_keys),
		cmocka_unit_test(test_hmac_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

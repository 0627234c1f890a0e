#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "code/base64.h"
#include "err.h"
#include "guard.h"
#include "wire/token.h"

static const struct chat_token example = {
	.id = { 0, 1, 2, 253, 254, 255 },
	.seq = 1235,
	.time = 1764000000000,
};

/* 0, 1, 2, ... */
static unsigned char secret[CHAT_TOKEN_SECRET];

static int
init_secret(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(secret); i++)
		secret[i] = (unsigned char)i;
	return 0;
}

/* Read n characters at s as a token of name; whatever is not one leaves what
 * was known as it was. */
static int
parse(const char *s, size_t n, const char *name)
{
	struct chat_token t, before;
	char *copy = guard_copy(s, n);
	int err;

	memset(&t, 0x55, sizeof(t));
	memcpy(&before, &t, sizeof(t));
	err = chat_token_parse(&t, copy, n, name, strlen(name), secret);
	if (err != CHAT_OK)
		assert_memory_equal(&t, &before, sizeof(t));
	guard_free(copy, n);
	return err;
}

/* What Python's hmac and base64 make of the layout in the header: tokens have
 * to stay valid from one version to the next. */
static void
test_layout(void **state)
{
	static const char alice[] =
	    "AAEC_f7_AAAAAAAABNMAAAGatpfoAHdKKRxGtiQ8LOsXnO_hams";
	static const char zoe[] =
	    "AAEC_f7_AAAAAAAABNMAAAGatpfoALnJ0eH5QKG2wUi13VsjWTU";
	char s[CHAT_TOKEN_SIZE];

	(void)state;
	assert_int_equal(strlen(alice), CHAT_TOKEN_SIZE);
	chat_token_write(s, &example, "alice", 5, secret);
	assert_memory_equal(s, alice, CHAT_TOKEN_SIZE);
	chat_token_write(s, &example, "ZO\xc3\xab", 4, secret);
	assert_memory_equal(s, zoe, CHAT_TOKEN_SIZE);
}

/* The public id of a session is how its token begins. */
static void
test_id(void **state)
{
	char s[CHAT_TOKEN_SIZE], id[8];

	(void)state;
	assert_int_equal(
	    chat_base64_write(id, example.id, CHAT_TOKEN_ID, CHAT_BASE64_URL),
	    sizeof(id));
	chat_token_write(s, &example, "alice", 5, secret);
	assert_memory_equal(s, id, sizeof(id));
}

static void
assert_round_trip(const struct chat_token *t)
{
	struct chat_token back;
	char s[CHAT_TOKEN_SIZE];

	chat_token_write(s, t, "alice", 5, secret);
	assert_int_equal(
	    chat_token_parse(&back, s, sizeof(s), "alice", 5, secret), CHAT_OK);
	assert_memory_equal(back.id, t->id, CHAT_TOKEN_ID);
	assert_true(back.seq == t->seq);
	assert_true(back.time == t->time);
}

static void
test_round_trip(void **state)
{
	struct chat_token t = { { 0 }, 0, 0 };

	(void)state;
	assert_round_trip(&example);
	assert_round_trip(&t);
	t.seq = UINT64_MAX;
	assert_round_trip(&t);
	t.time = UINT64_C(0x0123456789abcdef);
	assert_round_trip(&t);
	memset(&t, 0xff, sizeof(t));
	assert_round_trip(&t);
}

static void
test_names(void **state)
{
	char s[CHAT_TOKEN_SIZE];

	(void)state;
	chat_token_write(s, &example, "Alice", 5, secret);
	assert_int_equal(parse(s, sizeof(s), "Alice"), CHAT_OK);
	assert_int_equal(parse(s, sizeof(s), "alice"), CHAT_OK);
	assert_int_equal(parse(s, sizeof(s), "ALICE"), CHAT_OK);
	assert_int_equal(parse(s, sizeof(s), "alic"), CHAT_ERR_TOKEN);
	assert_int_equal(parse(s, sizeof(s), "alice "), CHAT_ERR_TOKEN);
	assert_int_equal(parse(s, sizeof(s), "bob"), CHAT_ERR_TOKEN);
	assert_int_equal(parse(s, sizeof(s), ""), CHAT_ERR_TOKEN);
}

/* Every bit of a token is signed or is the signature. */
static void
test_every_bit(void **state)
{
	unsigned char bytes[38];
	char s[CHAT_TOKEN_SIZE];
	size_t i;

	(void)state;
	chat_token_write(s, &example, "alice", 5, secret);
	assert_int_equal(chat_base64_parse(bytes, sizeof(bytes), s, sizeof(s),
			     CHAT_BASE64_URL),
	    sizeof(bytes));
	for (i = 0; i < 8 * sizeof(bytes); i++) {
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
		chat_base64_write(s, bytes, sizeof(bytes), CHAT_BASE64_URL);
		assert_int_equal(parse(s, sizeof(s), "alice"), CHAT_ERR_TOKEN);
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	chat_base64_write(s, bytes, sizeof(bytes), CHAT_BASE64_URL);
	assert_int_equal(parse(s, sizeof(s), "alice"), CHAT_OK);
}

/* Every bit of the secret counts. */
static void
test_secret(void **state)
{
	unsigned char other[CHAT_TOKEN_SECRET];
	struct chat_token t;
	char s[CHAT_TOKEN_SIZE];
	size_t i;

	(void)state;
	chat_token_write(s, &example, "alice", 5, secret);
	for (i = 0; i < 8 * sizeof(secret); i++) {
		memcpy(other, secret, sizeof(other));
		other[i / 8] ^= (unsigned char)(1 << i % 8);
		assert_int_equal(
		    chat_token_parse(&t, s, sizeof(s), "alice", 5, other),
		    CHAT_ERR_TOKEN);
	}
}

/* Too short, too long, in another alphabet, padded, or not canonical. */
static void
test_malformed(void **state)
{
	char s[CHAT_TOKEN_SIZE + 2];
	size_t n;

	(void)state;
	memset(s, 'A', sizeof(s));
	chat_token_write(s, &example, "alice", 5, secret);
	for (n = 0; n <= sizeof(s); n++)
		assert_int_equal(parse(s, n, "alice"),
		    n == CHAT_TOKEN_SIZE ? CHAT_OK : CHAT_ERR_TOKEN);
	s[CHAT_TOKEN_SIZE] = '=';
	assert_int_equal(
	    parse(s, CHAT_TOKEN_SIZE + 1, "alice"), CHAT_ERR_TOKEN);
	s[4] = '/';
	assert_int_equal(parse(s, CHAT_TOKEN_SIZE, "alice"), CHAT_ERR_TOKEN);
	s[4] = '_';
	s[CHAT_TOKEN_SIZE - 1]++;
	assert_int_equal(parse(s, CHAT_TOKEN_SIZE, "alice"), CHAT_ERR_TOKEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, init_secret, NULL);
}

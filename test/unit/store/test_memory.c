/* Tests of the store that keeps nothing: numbers, times, and what it tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "code/base64.h"
#include "err.h"
#include "failing_alloc.h"
#include "store.h"
#include "store/batch.h"

static const unsigned char seed[CHAT_LOG_SECRET] = "seed";

static void
put(struct chat_batch *b, uint64_t asker)
{
	struct chat_record r = { .asker = asker,
		.entry.from = CHAT_STR("alice"),
		.entry.text = CHAT_STR("hello") };

	assert_int_equal(chat_batch_append(b, &r), CHAT_OK);
}

static void
new_log_is_empty(void **state)
{
	struct failing_alloc heap;
	struct chat_store *s;
	struct chat_stored out;

	(void)state;
	failing_alloc_init(&heap, 0);
	s = chat_store_memory_new(&heap.alloc, seed);
	assert_int_equal(s->log.seq, 0);
	assert_false(s->log.existed);
	assert_true(s->type->is_writable(s));
	assert_false(s->type->next(s, &out));
	s->type->free(s);
	failing_alloc_check(&heap);
}

/* Each record is answered for once, in order, with the next number. */
static void
numbers_have_no_holes(void **state)
{
	struct chat_store *s = chat_store_memory_new(NULL, seed);
	struct chat_batch b;
	struct chat_stored out;
	uint64_t seq = 0, i, n;

	(void)state;
	chat_batch_init(&b, NULL);
	for (n = 1; n < 50; n++) {
		for (i = 0; i < n; i++)
			put(&b, i);
		s->type->append(s, &b, (struct chat_time){ .wall = 1000 + n });
		for (i = 0; i < n; i++) {
			memset(&out, 0, sizeof(out));
			assert_true(s->type->next(s, &out));
			assert_int_equal(out.kind, CHAT_STORED);
			assert_int_equal(out.record.entry.seq, ++seq);
			assert_int_equal(out.record.entry.time, 1000 + n);
			assert_int_equal(out.record.asker, i);
			assert_true(chat_str_is(
			    out.record.entry.text, CHAT_STR("hello")));
			assert_int_equal(out.last, i == n - 1);
		}
		assert_int_equal(s->log.seq, seq);
		/* A batch that is emptied and filled again is not answered for
		 * before it is appended. */
		chat_batch_clear(&b);
		put(&b, 1);
		assert_false(s->type->next(s, &out));
		chat_batch_clear(&b);
	}
	chat_batch_release(&b);
	s->type->free(s);
}

static void
time_never_goes_back(void **state)
{
	static const uint64_t times[][2] = { { 5000, 5000 }, { 4000, 5000 },
		{ 0, 5000 }, { 5001, 5001 }, { 5001, 5001 }, { 1, 5001 } };
	struct chat_store *s = chat_store_memory_new(NULL, seed);
	struct chat_batch b;
	struct chat_stored out;
	size_t i;

	(void)state;
	chat_batch_init(&b, NULL);
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		put(&b, 1);
		s->type->append(
		    s, &b, (struct chat_time){ .wall = times[i][0] });
		assert_true(s->type->next(s, &out));
		assert_int_equal(out.record.entry.time, times[i][1]);
		chat_batch_clear(&b);
	}
	chat_batch_release(&b);
	s->type->free(s);
}

static bool
differ(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n) != 0;
}

/* Another seed makes another log: no session of one is a session of the other,
 * and its name, which all can see, does not tell the secret. */
static void
seed_gives_name_and_secret(void **state)
{
	unsigned char other[CHAT_LOG_SECRET];
	char begin[8];
	struct chat_store *a, *b, *c;
	size_t i;

	(void)state;
	a = chat_store_memory_new(NULL, seed);
	b = chat_store_memory_new(NULL, seed);
	assert_memory_equal(&a->log, &b->log, sizeof(a->log));
	assert_true(differ(a->log.secret, seed, sizeof(seed)));
	chat_base64_write(begin, a->log.secret, 6, CHAT_BASE64_URL);
	assert_true(differ(a->log.name, begin, sizeof(begin)));
	for (i = 0; i < sizeof(a->log.name); i++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_",
		    a->log.name[i]));
	for (i = 0; i < sizeof(seed); i++) {
		memcpy(other, seed, sizeof(seed));
		other[i] ^= 1;
		c = chat_store_memory_new(NULL, other);
		assert_true(
		    differ(a->log.name, c->log.name, sizeof(c->log.name)));
		assert_true(differ(
		    a->log.secret, c->log.secret, sizeof(c->log.secret)));
		c->type->free(c);
	}
	a->type->free(a);
	b->type->free(b);
}

static void
no_memory_is_null(void **state)
{
	struct failing_alloc heap;

	(void)state;
	failing_alloc_init(&heap, 1);
	assert_null(chat_store_memory_new(&heap.alloc, seed));
	failing_alloc_check(&heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_log_is_empty),
		cmocka_unit_test(numbers_have_no_holes),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(seed_gives_name_and_secret),
		cmocka_unit_test(no_memory_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of refs: exactly the last 65,536 entries, against all of the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "failing_alloc.h"
#include "random.h"
#include "store/refs.h"

static const struct chat_ref_key none;

/* A key of its own for each n; those that are CHAT_REFS apart meet in one
 * bucket. */
static struct chat_ref_key
key(uint64_t n)
{
	return (struct chat_ref_key){ { n, ~n }, n * 3 };
}

static void
put(struct chat_refs *r, uint64_t n, uint64_t seq)
{
	struct chat_ref_key k = key(n);

	chat_refs_put(r, &k, seq, seq * 10);
}

/* Is it found, with the number and time that were put? */
static bool
has(const struct chat_refs *r, uint64_t n, uint64_t seq)
{
	struct chat_ref_key k = key(n);
	const struct chat_ref *ref = chat_refs_find(r, &k);

	if (ref == NULL)
		return false;
	assert_int_equal(ref->seq, seq);
	assert_int_equal(ref->time, seq * 10);
	assert_int_equal(ref->key.content, k.content);
	return true;
}

static void
found_until_so_many_entries_later(void **state)
{
	struct chat_refs r;
	uint64_t seq;

	(void)state;
	assert_int_equal(chat_refs_init(&r, NULL, 1), CHAT_OK);
	assert_false(has(&r, 1, 1));
	put(&r, 1, 1);
	for (seq = 2; seq <= CHAT_REFS; seq++) {
		chat_refs_put(&r, &none, seq, 0);
		if (seq % 1000 == 0)
			assert_true(has(&r, 1, 1));
	}
	assert_true(has(&r, 1, 1));
	assert_int_equal(chat_refs_from(&r), 1);
	chat_refs_put(&r, &none, seq, 0);
	assert_false(has(&r, 1, 1));
	assert_int_equal(chat_refs_from(&r), 2);
	chat_refs_release(&r);
}

/* Numbers that a log leaves out do not count as entries. */
static void
jumps_of_the_log_forget_nothing(void **state)
{
	const uint64_t jump = UINT64_C(1) << 40;
	struct chat_refs r;
	uint64_t i;

	(void)state;
	assert_int_equal(chat_refs_init(&r, NULL, 700), CHAT_OK);
	for (i = 1; i <= CHAT_REFS; i++)
		put(&r, i, 700 + i * jump);
	assert_true(has(&r, 1, 700 + jump));
	assert_int_equal(chat_refs_from(&r), 700);
	put(&r, i, 700 + i * jump);
	assert_false(has(&r, 1, 700 + jump));
	assert_true(has(&r, 2, 700 + 2 * jump));
	assert_true(has(&r, i, 700 + i * jump));
	assert_int_equal(chat_refs_from(&r), 700 + 2 * jump);
	chat_refs_release(&r);
}

static void
without_ref_is_never_found(void **state)
{
	struct chat_refs r;

	(void)state;
	assert_int_equal(chat_refs_init(&r, NULL, 1), CHAT_OK);
	chat_refs_put(&r, &none, 1, 0);
	assert_null(chat_refs_find(&r, &none));
	chat_refs_release(&r);
}

/* Both words of the key name a send; its content does not. */
static void
send_alone_is_the_key(void **state)
{
	struct chat_ref_key k = { { 5, 0 }, 1 };
	struct chat_refs r;

	(void)state;
	assert_int_equal(chat_refs_init(&r, NULL, 1), CHAT_OK);
	chat_refs_put(&r, &k, 1, 0);
	k.content = 2;
	assert_non_null(chat_refs_find(&r, &k));
	assert_int_equal(chat_refs_find(&r, &k)->key.content, 1);
	k.send[1] = 1;
	assert_null(chat_refs_find(&r, &k));
	chat_refs_put(&r, &k, 2, 0);
	assert_int_equal(chat_refs_find(&r, &k)->seq, 2);
	k.send[0] = 0;
	assert_null(chat_refs_find(&r, &k));
	k.send[1] = 0;
	k.send[0] = 5;
	assert_int_equal(chat_refs_find(&r, &k)->seq, 1);
	chat_refs_release(&r);
}

/* All in one bucket, which empties from its end. */
static void
one_bucket_holds_many(void **state)
{
	enum { MANY = 100 };
	struct chat_refs r;
	uint64_t i, j;

	(void)state;
	assert_int_equal(chat_refs_init(&r, NULL, 1), CHAT_OK);
	for (i = 1; i <= MANY; i++)
		put(&r, i * CHAT_REFS, i);
	for (i = 1; i <= MANY; i++)
		assert_true(has(&r, i * CHAT_REFS, i));
	for (i = MANY + 1; i <= CHAT_REFS; i++)
		chat_refs_put(&r, &none, i, 0);
	for (i = 1; i <= MANY; i++) {
		chat_refs_put(&r, &none, CHAT_REFS + i, 0);
		for (j = 1; j <= MANY; j++)
			assert_int_equal(has(&r, j * CHAT_REFS, j), j > i);
	}
	chat_refs_release(&r);
}

/*
 * The model: all numbers in order; by key, the entry it was put with last.
 */

enum { KEYS = 50000, STEPS = 300000 };

static uint64_t numbers[STEPS + 1];

static void
random_walk(struct chat_refs *r, struct random *random, uint64_t first)
{
	static uint64_t entries[KEYS]; /* counted from 1; 0: never */
	uint64_t i, n, from, seq = first - 1, found = 0;

	memset(entries, 0, sizeof(entries));
	for (i = 1; i <= STEPS; i++) {
		seq += random_below(random, 100) == 0 ? 1000000 : 1;
		numbers[i] = seq;
		from = i <= CHAT_REFS ? 1 : i - CHAT_REFS + 1;
		n = random_below(random, KEYS);
		/* A key that is found is not put again. */
		if (random_below(random, 4) == 0 || entries[n] >= from) {
			chat_refs_put(r, &none, seq, 0);
		} else {
			put(r, n * 11000 + 1, seq);
			entries[n] = i;
		}
		assert_int_equal(
		    chat_refs_from(r), from == 1 ? first : numbers[from]);
		n = random_below(random, KEYS);
		assert_int_equal(has(r, n * 11000 + 1, numbers[entries[n]]),
		    entries[n] != 0 && entries[n] >= from);
		found += entries[n] >= from;
	}
	assert_in_range(found, STEPS / 20, STEPS - STEPS / 20);
	for (n = 0; n < KEYS; n++)
		assert_int_equal(has(r, n * 11000 + 1, numbers[entries[n]]),
		    entries[n] != 0 && entries[n] >= from);
}

static void
any_log_is_covered_exactly(void **state)
{
	static const uint64_t firsts[] = { 1, 65000, UINT64_C(1) << 52 };
	struct random random = { 1 };
	struct failing_alloc heap;
	struct chat_refs r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		failing_alloc_init(&heap, 0);
		assert_int_equal(
		    chat_refs_init(&r, &heap.alloc, firsts[i]), CHAT_OK);
		random_walk(&r, &random, firsts[i]);
		chat_refs_release(&r);
		failing_alloc_check(&heap);
	}
}

static void
no_memory_is_an_error(void **state)
{
	struct failing_alloc heap;
	struct chat_refs r;
	size_t n;

	(void)state;
	for (n = 1; n <= 2; n++) {
		failing_alloc_init(&heap, n);
		assert_int_equal(
		    chat_refs_init(&r, &heap.alloc, 1), CHAT_ERR_NOMEM);
		failing_alloc_check(&heap);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_until_so_many_entries_later),
		cmocka_unit_test(jumps_of_the_log_forget_nothing),
		cmocka_unit_test(without_ref_is_never_found),
		cmocka_unit_test(send_alone_is_the_key),
		cmocka_unit_test(one_bucket_holds_many),
		cmocka_unit_test(any_log_is_covered_exactly),
		cmocka_unit_test(no_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

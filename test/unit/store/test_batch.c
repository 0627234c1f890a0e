/* Tests of batch: records come out as they were put, and are found by key. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/batch.h"
#include "err.h"
#include "failing_alloc.h"
#include "random.h"

static void
assert_str(struct chat_str a, struct chat_str b)
{
	assert_int_equal(a.p == NULL, b.p == NULL);
	assert_true(chat_str_is(a, b));
}

static void
strings_come_back(void **state)
{
	const struct chat_str none = { NULL, 0 };
	/* from, to, by, ref, text */
	const struct chat_str all[][5] = {
		{ CHAT_STR("alice"), CHAT_STR("bob"), CHAT_STR("public-i"),
		    CHAT_STR("r1"), CHAT_STR("hello") },
		{ CHAT_STR("alice"), none, CHAT_STR("public-i"), CHAT_STR("r1"),
		    CHAT_STR("hello") },
		{ CHAT_STR("alice"), CHAT_STR("bob"), CHAT_STR(""), none,
		    CHAT_STR("hello") },
		{ CHAT_STR("a"), none, none, none, CHAT_STR("h") },
		{ CHAT_STR("a\0b"), CHAT_STR("\0"), CHAT_STR("\0\0\0\0"),
		    CHAT_STR("\0\0"), CHAT_STR("\0\0\0") },
		{ none, none, none, none, none },
	};
	struct chat_record r, out;
	struct chat_batch b;
	size_t i, offset = 0;

	(void)state;
	chat_batch_init(&b, NULL);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		r = (struct chat_record){ .asker = i,
			.entry = { .is_private = all[i][1].p != NULL,
			    .seq = 3,
			    .time = 4,
			    .from = all[i][0],
			    .to = all[i][1],
			    .by = all[i][2],
			    .ref = all[i][3],
			    .text = all[i][4],
			    .user = { 5, 6 } } };
		assert_int_equal(chat_batch_append(&b, &r), CHAT_OK);
	}
	assert_int_equal(chat_batch_count(&b), i);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_true(chat_batch_next(&b, &offset, &out));
		assert_int_equal(out.asker, i);
		assert_int_equal(out.entry.user[0], 5);
		assert_int_equal(out.entry.user[1], 6);
		assert_int_equal(out.entry.is_private, all[i][1].p != NULL);
		assert_str(out.entry.from, all[i][0]);
		assert_str(out.entry.to, all[i][1]);
		assert_str(out.entry.by, all[i][2]);
		assert_str(out.entry.ref, all[i][3]);
		assert_str(out.entry.text, all[i][4]);
	}
	assert_false(chat_batch_next(&b, &offset, &out));
	assert_false(chat_batch_next(&b, &offset, &out));
	chat_batch_release(&b);
}

static void
empty_has_nothing(void **state)
{
	struct chat_ref_key key = { { 1, 2 }, 3 };
	struct failing_alloc heap;
	struct chat_batch b;
	struct chat_record r;
	size_t offset = 0;

	(void)state;
	failing_alloc_init(&heap, 0);
	chat_batch_init(&b, &heap.alloc);
	assert_false(chat_batch_next(&b, &offset, &r));
	assert_null(chat_batch_find(&b, &key));
	chat_batch_clear(&b);
	chat_batch_release(&b);
	assert_int_equal(heap.calls, 0);
}

/*
 * Records that tell which they are.
 */

/* Key n; all of them may begin at the same place of the table. */
static struct chat_ref_key
key_of(uint64_t n, bool collide)
{
	return (struct chat_ref_key){ { collide ? n << 32 : n, n + 1 }, n * 7 };
}

static int
put(struct chat_batch *b, uint64_t n, bool collide, size_t size)
{
	static char text[10000];
	char from[30];
	struct chat_record r = { .asker = n,
		.entry = {
		    .key = key_of(n, collide), .text = { text, size } } };
	size_t length;

	length = (size_t)snprintf(from, sizeof(from), "user %" PRIu64, n);
	r.entry.from = (struct chat_str){ from, length };
	memset(text, (int)('a' + n % 26), sizeof(text));
	return chat_batch_append(b, &r);
}

static void
check_key(const struct chat_ref_key *key, uint64_t n, bool collide)
{
	struct chat_ref_key same = key_of(n, collide);

	assert_non_null(key);
	assert_memory_equal(key, &same, sizeof(same));
}

static void
check_record(const struct chat_record *r, uint64_t n, bool collide)
{
	char from[30];
	size_t i;

	assert_int_equal(r->asker, n);
	check_key(&r->entry.key, n, collide);
	snprintf(from, sizeof(from), "user %" PRIu64, n);
	assert_str(r->entry.from, chat_str(from));
	for (i = 0; i < r->entry.text.n; i++)
		assert_int_equal(r->entry.text.p[i], 'a' + n % 26);
}

static void
check_batch(const struct chat_batch *b, uint64_t n, bool collide)
{
	struct chat_record r;
	struct chat_ref_key key;
	size_t offset = 0;
	uint64_t i;

	assert_int_equal(chat_batch_count(b), n);
	for (i = 0; i < n; i++) {
		assert_true(chat_batch_next(b, &offset, &r));
		check_record(&r, i, collide);
		key = key_of(i, collide);
		check_key(chat_batch_find(b, &key), i, collide);
	}
	assert_false(chat_batch_next(b, &offset, &r));
	for (i = n; i < n + 10; i++) {
		key = key_of(i, collide);
		assert_null(chat_batch_find(b, &key));
	}
}

/* At every size of the table, just filled and just grown. */
static void
each_is_found_by_its_key(void **state)
{
	enum { MANY = 600 };
	struct failing_alloc heap;
	struct chat_batch b;
	uint64_t n;
	int collide;

	(void)state;
	for (collide = 0; collide < 2; collide++) {
		failing_alloc_init(&heap, 0);
		chat_batch_init(&b, &heap.alloc);
		for (n = 0; n < MANY; n++) {
			assert_int_equal(
			    put(&b, n, collide != 0, n % 5), CHAT_OK);
			if (n < 10 || (n & (n + 1)) == 0 ||
			    ((n + 1) & (n + 2)) == 0)
				check_batch(&b, n + 1, collide != 0);
		}
		check_batch(&b, n, collide != 0);
		chat_batch_release(&b);
		failing_alloc_check(&heap);
	}
}

/* Records without a ref cannot be found, however many there are. */
static void
without_key_is_not_found(void **state)
{
	struct chat_record r = { .asker = 1,
		.entry.from = CHAT_STR("a"),
		.entry.text = CHAT_STR("b") };
	struct chat_ref_key none = { { 0, 0 }, 0 };
	struct chat_batch b;
	int i;

	(void)state;
	chat_batch_init(&b, NULL);
	for (i = 0; i < 1000; i++)
		assert_int_equal(chat_batch_append(&b, &r), CHAT_OK);
	assert_null(chat_batch_find(&b, &none));
	none.send[1] = 1;
	assert_null(chat_batch_find(&b, &none));
	assert_int_equal(chat_batch_count(&b), 1000);
	chat_batch_release(&b);
}

/* Both words of the key name a send; its content does not. */
static void
send_alone_is_the_key(void **state)
{
	struct chat_record r = { .entry = { .from = CHAT_STR("a"),
				     .text = CHAT_STR("b"),
				     .key = { { 5, 0 }, 1 } } };
	struct chat_ref_key key = { { 5, 0 }, 2 };
	struct chat_batch b;

	(void)state;
	chat_batch_init(&b, NULL);
	assert_int_equal(chat_batch_append(&b, &r), CHAT_OK);
	assert_int_equal(chat_batch_find(&b, &key)->content, 1);
	key.send[1] = 1;
	assert_null(chat_batch_find(&b, &key));
	chat_batch_release(&b);
}

static void
cleared_is_empty_and_filled_again(void **state)
{
	struct failing_alloc heap;
	struct chat_batch b;
	struct chat_ref_key key;
	uint64_t n;
	int turn;

	(void)state;
	failing_alloc_init(&heap, 0);
	chat_batch_init(&b, &heap.alloc);
	for (turn = 0; turn < 20; turn++) {
		for (n = 0; n < 100; n++)
			assert_int_equal(put(&b, n, false, 10), CHAT_OK);
		check_batch(&b, 100, false);
		chat_batch_clear(&b);
		check_batch(&b, 0, false);
		/* Earlier records are not found among new ones. */
		assert_int_equal(put(&b, 1000, false, 10), CHAT_OK);
		for (n = 0; n < 100; n++) {
			key = key_of(n, false);
			assert_null(chat_batch_find(&b, &key));
		}
		chat_batch_clear(&b);
	}
	chat_batch_release(&b);
	failing_alloc_check(&heap);
}

/* Memory for a usual turn is allocated once and kept; that of a huge one is
 * given back. */
static void
memory_is_kept_within_bounds(void **state)
{
	struct failing_alloc heap;
	struct chat_batch b;
	size_t calls;
	uint64_t n;

	(void)state;
	failing_alloc_init(&heap, 0);
	chat_batch_init(&b, &heap.alloc);
	for (n = 0; n < 100; n++)
		put(&b, n, false, 100);
	chat_batch_clear(&b);
	calls = heap.calls;
	for (n = 0; n < 100; n++)
		put(&b, n, false, 100);
	assert_int_equal(heap.calls, calls);
	for (; n < 1000; n++)
		put(&b, n, false, 10000);
	assert_true(heap.bytes > 10000000);
	chat_batch_clear(&b);
	assert_true(heap.bytes < 1000000);
	for (n = 0; n < 20000; n++)
		put(&b, n, false, 0);
	chat_batch_clear(&b);
	assert_true(heap.bytes < 1000000);
	check_batch(&b, 0, false);
	put(&b, 0, false, 10);
	check_batch(&b, 1, false);
	chat_batch_release(&b);
	failing_alloc_check(&heap);
}

/* With each allocation failing, one after the other: a record that could not be
 * put is not there, and can be put again. */
static void
no_memory_puts_nothing(void **state)
{
	enum { MANY = 300 };
	struct failing_alloc heap;
	struct chat_batch b;
	size_t fail;
	uint64_t n;

	(void)state;
	for (fail = 1;; fail++) {
		failing_alloc_init(&heap, fail);
		chat_batch_init(&b, &heap.alloc);
		for (n = 0; n < MANY; n++) {
			if (put(&b, n, false, 50) == CHAT_OK)
				continue;
			assert_int_equal(heap.calls, fail);
			check_batch(&b, n, false);
			assert_int_equal(put(&b, n, false, 50), CHAT_OK);
		}
		check_batch(&b, MANY, false);
		chat_batch_release(&b);
		failing_alloc_check(&heap);
		if (!heap.failed)
			break;
	}
	assert_true(fail > 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_come_back),
		cmocka_unit_test(empty_has_nothing),
		cmocka_unit_test(each_is_found_by_its_key),
		cmocka_unit_test(without_key_is_not_found),
		cmocka_unit_test(send_alone_is_the_key),
		cmocka_unit_test(cleared_is_empty_and_filled_again),
		cmocka_unit_test(memory_is_kept_within_bounds),
		cmocka_unit_test(no_memory_puts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

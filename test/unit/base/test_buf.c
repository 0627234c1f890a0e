/* Tests of buf: bytes go in at the end and out at the beginning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "err.h"
#include "failing_alloc.h"
#include "random.h"

static void
empty_owns_nothing(void **state)
{
	struct failing_alloc heap;
	struct chat_buf b = { .alloc = &heap.alloc };

	(void)state;
	failing_alloc_init(&heap, 0);
	assert_int_equal(chat_buf_append(&b, NULL, 0), CHAT_OK);
	assert_int_equal(chat_buf_reserve(&b, 0), CHAT_OK);
	chat_buf_consume(&b, 0);
	chat_buf_release(&b);
	assert_int_equal(heap.calls, 0);
}

static void
reserved_space_takes_what_was_asked_for(void **state)
{
	struct chat_buf b = { 0 };
	size_t n;
	char *p;

	(void)state;
	for (n = 1; n < 3000; n++) {
		assert_int_equal(chat_buf_reserve(&b, n), CHAT_OK);
		assert_true(b.cap - b.n >= n);
		assert_int_equal(b.n, 0);
		memset(b.p, 'x', n);
	}
	p = b.p;
	assert_int_equal(chat_buf_reserve(&b, b.cap), CHAT_OK);
	assert_ptr_equal(b.p, p);
	chat_buf_release(&b);
}

/* A million single bytes do not cost a million calls. */
static void
growth_doubles(void **state)
{
	struct failing_alloc heap;
	struct chat_buf b = { .alloc = &heap.alloc };
	int i;

	(void)state;
	failing_alloc_init(&heap, 0);
	for (i = 0; i < 1 << 20; i++)
		assert_int_equal(chat_buf_append(&b, "x", 1), CHAT_OK);
	assert_in_range(heap.calls, 1, 20);
	assert_in_range(heap.bytes, 1 << 20, 1 << 21);
	chat_buf_release(&b);
	failing_alloc_check(&heap);
}

/* Against a plain array that never moves. */
static void
any_order_of_in_and_out(void **state)
{
	static char in[100000];
	struct random r = { 1 };
	struct failing_alloc heap;
	struct chat_buf b = { .alloc = &heap.alloc };
	size_t head = 0, tail = 0, n;

	(void)state;
	failing_alloc_init(&heap, 0);
	random_fill(&r, in, sizeof(in));
	while (head < sizeof(in)) {
		if (random_below(&r, 2) == 0) {
			n = random_below(&r, 700);
			if (n > sizeof(in) - head)
				n = sizeof(in) - head;
			assert_int_equal(
			    chat_buf_append(&b, in + head, n), CHAT_OK);
			head += n;
		} else {
			n = random_below(&r, b.n + 1);
			chat_buf_consume(&b, n);
			tail += n;
		}
		assert_int_equal(b.n, head - tail);
		assert_memory_equal(b.p, in + tail, b.n);
	}
	chat_buf_release(&b);
	failing_alloc_check(&heap);
}

static void
released_is_empty_and_can_be_used_again(void **state)
{
	struct failing_alloc heap;
	struct chat_buf b = { .alloc = &heap.alloc };

	(void)state;
	failing_alloc_init(&heap, 0);
	assert_int_equal(chat_buf_append(&b, "abc", 3), CHAT_OK);
	chat_buf_release(&b);
	failing_alloc_check(&heap);
	assert_int_equal(b.n, 0);
	assert_int_equal(chat_buf_append(&b, "d", 1), CHAT_OK);
	assert_int_equal(b.n, 1);
	assert_memory_equal(b.p, "d", 1);
	chat_buf_release(&b);
	failing_alloc_check(&heap);
}

static void
no_memory_changes_nothing(void **state)
{
	static const char many[1000];
	struct failing_alloc heap;
	struct chat_buf b = { .alloc = &heap.alloc }, before;

	(void)state;
	failing_alloc_init(&heap, 2);
	assert_int_equal(chat_buf_append(&b, "abc", 3), CHAT_OK);
	before = b;
	assert_int_equal(
	    chat_buf_append(&b, many, sizeof(many)), CHAT_ERR_NOMEM);
	assert_memory_equal(&b, &before, sizeof(b));
	assert_memory_equal(b.p, "abc", 3);
	assert_int_equal(chat_buf_append(&b, many, sizeof(many)), CHAT_OK);
	assert_int_equal(b.n, 3 + sizeof(many));
	assert_memory_equal(b.p, "abc", 3);
	chat_buf_release(&b);
	failing_alloc_check(&heap);
}

/* Sizes that no memory has are refused without asking for it, above all those
 * whose sum would be small again. */
static void
too_much_is_no_memory(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 2, SIZE_MAX - 3,
		SIZE_MAX / 2 + 1, SIZE_MAX / 2 - 2 };
	struct failing_alloc heap;
	struct chat_buf b = { .alloc = &heap.alloc };
	size_t i;

	(void)state;
	failing_alloc_init(&heap, 2);
	assert_int_equal(chat_buf_append(&b, "abc", 3), CHAT_OK);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(
		    chat_buf_reserve(&b, sizes[i]), CHAT_ERR_NOMEM);
	assert_int_equal(heap.calls, 1);
	/* The greatest that is asked for. */
	assert_int_equal(
	    chat_buf_reserve(&b, SIZE_MAX / 2 - 3), CHAT_ERR_NOMEM);
	assert_int_equal(heap.calls, 2);
	assert_int_equal(b.n, 3);
	chat_buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_owns_nothing),
		cmocka_unit_test(reserved_space_takes_what_was_asked_for),
		cmocka_unit_test(growth_doubles),
		cmocka_unit_test(any_order_of_in_and_out),
		cmocka_unit_test(released_is_empty_and_can_be_used_again),
		cmocka_unit_test(no_memory_changes_nothing),
		cmocka_unit_test(too_much_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

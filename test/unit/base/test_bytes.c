/* Tests of bytes: they live as long as anybody owns them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "err.h"
#include "failing_alloc.h"

static void
last_owner_frees(void **state)
{
	struct failing_alloc heap;
	struct chat_bytes *b;
	int i;

	(void)state;
	failing_alloc_init(&heap, 0);
	b = chat_bytes_new(&heap.alloc, 5);
	assert_int_equal(b->n, 5);
	memcpy(b->p, "hello", 5);
	for (i = 0; i < 1000; i++)
		assert_ptr_equal(chat_bytes_share(b), b);
	for (i = 0; i < 1000; i++)
		chat_bytes_free(b);
	assert_memory_equal(b->p, "hello", 5);
	chat_bytes_free(b);
	failing_alloc_check(&heap);
	chat_bytes_free(NULL);
}

/* Those who share a promise have the bytes once they are there. */
static void
promise_is_kept_for_all_owners(void **state)
{
	struct failing_alloc heap;
	struct chat_bytes *b, *other;
	char text[] = "hello";

	(void)state;
	failing_alloc_init(&heap, 0);
	b = chat_bytes_new(&heap.alloc, 0);
	assert_null(b->p);
	other = chat_bytes_share(b);
	assert_int_equal(chat_bytes_fill(b, text, 5), CHAT_OK);
	memset(text, 'x', 5);
	chat_bytes_free(b);
	assert_int_equal(other->n, 5);
	assert_memory_equal(other->p, "hello", 5);
	chat_bytes_free(other);
	failing_alloc_check(&heap);
}

static void
promise_need_not_be_kept(void **state)
{
	struct failing_alloc heap;
	struct chat_bytes *b;

	(void)state;
	failing_alloc_init(&heap, 2);
	b = chat_bytes_new(&heap.alloc, 0);
	assert_int_equal(chat_bytes_fill(b, "x", 1), CHAT_ERR_NOMEM);
	assert_null(b->p);
	assert_int_equal(b->n, 0);
	chat_bytes_free(b);
	failing_alloc_check(&heap);
}

static void
no_memory_is_null(void **state)
{
	struct failing_alloc heap;
	size_t n;

	(void)state;
	for (n = 1; n <= 2; n++) {
		failing_alloc_init(&heap, n);
		assert_null(chat_bytes_new(&heap.alloc, 5));
		failing_alloc_check(&heap);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_owner_frees),
		cmocka_unit_test(promise_is_kept_for_all_owners),
		cmocka_unit_test(promise_need_not_be_kept),
		cmocka_unit_test(no_memory_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The allocator hook.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "alloc.h"

/* A heap that gives dirty memory, and remembers the last request. */
struct heap {
	size_t calls, n;
	void *p;
	int empty;
};

static void *
resize(void *user, void *p, size_t n)
{
	struct heap *heap = user;

	heap->calls++;
	heap->p = p;
	heap->n = n;
	if (n == 0) {
		free(p);
		return NULL;
	}
	if (heap->empty)
		return NULL;
	p = realloc(p, n);
	return p == NULL ? NULL : memset(p, 0xa5, n);
}

static void
use_heap_of_libc(const struct chat_alloc *a)
{
	static const char zero[100];
	char *p = chat_alloc_new(a, sizeof(zero));

	assert_non_null(p);
	assert_memory_equal(p, zero, sizeof(zero));
	memcpy(p, "kept", 4);
	p = chat_resize(a, p, 100000);
	assert_non_null(p);
	assert_memory_equal(p, "kept", 4);
	assert_null(chat_resize(a, p, 0));
	p = chat_resize(a, NULL, 1);
	assert_non_null(p);
	chat_alloc_free(a, p);
	chat_alloc_free(a, NULL);
}

static void
test_no_hook_is_the_heap_of_libc(void **state)
{
	struct chat_alloc empty = { NULL, NULL };

	(void)state;
	use_heap_of_libc(NULL);
	use_heap_of_libc(&empty);
}

static void
test_hook_sees_every_request(void **state)
{
	struct heap heap = { 0 };
	struct chat_alloc a = { resize, &heap };
	char *p = chat_resize(&a, NULL, 10);

	(void)state;
	assert_non_null(p);
	assert_null(heap.p);
	assert_int_equal(heap.n, 10);
	assert_null(chat_resize(&a, p, 0));
	assert_ptr_equal(heap.p, p);
	assert_int_equal(heap.n, 0);
	p = chat_resize(&a, NULL, 1);
	chat_alloc_free(&a, p);
	assert_ptr_equal(heap.p, p);
	assert_int_equal(heap.n, 0);
	assert_int_equal(heap.calls, 4);
	chat_alloc_free(&a, NULL);
	assert_int_equal(heap.calls, 4);
}

static void
test_new_is_zero_from_a_dirty_heap(void **state)
{
	static const char zero[100];
	struct heap heap = { 0 };
	struct chat_alloc a = { resize, &heap };
	char *p = chat_alloc_new(&a, sizeof(zero));

	(void)state;
	assert_memory_equal(p, zero, sizeof(zero));
	chat_alloc_free(&a, p);
}

static void
test_no_memory_is_null_and_keeps_what_was(void **state)
{
	struct heap heap = { 0 };
	struct chat_alloc a = { resize, &heap };
	char *p = chat_alloc_new(&a, 4);

	(void)state;
	memcpy(p, "kept", 4);
	heap.empty = 1;
	assert_null(chat_alloc_new(&a, 4));
	assert_null(chat_resize(&a, p, 8));
	assert_memory_equal(p, "kept", 4);
	chat_alloc_free(&a, p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_hook_is_the_heap_of_libc),
		cmocka_unit_test(test_hook_sees_every_request),
		cmocka_unit_test(test_new_is_zero_from_a_dirty_heap),
		cmocka_unit_test(test_no_memory_is_null_and_keeps_what_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

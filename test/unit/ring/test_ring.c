/* Tests of ring: the last bytes of a stream, against all of the stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "failing_alloc.h"
#include "random.h"
#include "ring/ring.h"

/* Reads from..to in one or two pieces, which have to be what p has there. */
static void
check(const struct chat_ring *r, const char *p, uint64_t from, uint64_t to)
{
	struct chat_str first = chat_ring_read(r, from, to), second;

	assert_true(first.n <= to - from);
	assert_true(from == to || first.n > 0);
	assert_memory_equal(first.p, p + from, first.n);
	if (from + first.n == to)
		return;
	second = chat_ring_read(r, from + first.n, to);
	assert_int_equal(from + first.n + second.n, to);
	assert_memory_equal(second.p, p + from + first.n, second.n);
}

static void
empty_holds_nothing(void **state)
{
	struct chat_ring r;

	(void)state;
	assert_int_equal(chat_ring_init(&r, NULL, 16), CHAT_OK);
	assert_int_equal(r.head, 0);
	assert_int_equal(chat_ring_tail(&r), 0);
	assert_int_equal(chat_ring_read(&r, 0, 0).n, 0);
	chat_ring_release(&r, NULL);
}

static void
tail_is_size_before_head(void **state)
{
	struct chat_ring r;
	uint64_t i;

	(void)state;
	assert_int_equal(chat_ring_init(&r, NULL, 16), CHAT_OK);
	for (i = 1; i < 100; i++) {
		chat_ring_append(&r, CHAT_STR("x"));
		assert_int_equal(r.head, i);
		assert_int_equal(chat_ring_tail(&r), i < 16 ? 0 : i - 16);
	}
	chat_ring_release(&r, NULL);
}

static void
nothing_is_appended(void **state)
{
	struct chat_ring r;

	(void)state;
	assert_int_equal(chat_ring_init(&r, NULL, 16), CHAT_OK);
	chat_ring_append(&r, CHAT_STR("x"));
	chat_ring_append(&r, CHAT_STR(""));
	chat_ring_append(&r, chat_str(NULL));
	assert_int_equal(r.head, 1);
	check(&r, "x", 0, 1);
	chat_ring_release(&r, NULL);
}

/* From every place to every place, at every way to wrap around. */
static void
every_range_reads_back(void **state)
{
	static const char stream[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct chat_ring r;
	uint64_t from, to;
	size_t n;

	(void)state;
	for (n = 1; n <= 16; n++) {
		assert_int_equal(chat_ring_init(&r, NULL, 16), CHAT_OK);
		while (r.head + n < sizeof(stream)) {
			chat_ring_append(
			    &r, (struct chat_str){ stream + r.head, n });
			for (from = chat_ring_tail(&r); from <= r.head; from++)
				for (to = from; to <= r.head; to++)
					check(&r, stream, from, to);
		}
		chat_ring_release(&r, NULL);
	}
}

static void
any_stream_reads_back(void **state)
{
	enum { SIZE = 1024 };
	static char stream[100000];
	struct random random = { 1 };
	struct failing_alloc heap;
	struct chat_ring r;
	uint64_t from;
	size_t n;

	(void)state;
	failing_alloc_init(&heap, 0);
	random_fill(&random, stream, sizeof(stream));
	assert_int_equal(chat_ring_init(&r, &heap.alloc, SIZE), CHAT_OK);
	for (;;) {
		n = 1 + random_below(&random, SIZE);
		if (r.head + n > sizeof(stream))
			break;
		chat_ring_append(&r, (struct chat_str){ stream + r.head, n });
		check(&r, stream, chat_ring_tail(&r), r.head);
		n = (size_t)(r.head - chat_ring_tail(&r));
		from = r.head - random_below(&random, n + 1);
		n = (size_t)(r.head - from);
		check(&r, stream, from, from + random_below(&random, n + 1));
	}
	chat_ring_release(&r, &heap.alloc);
	failing_alloc_check(&heap);
}

static void
no_memory_is_an_error(void **state)
{
	struct failing_alloc heap;
	struct chat_ring r;

	(void)state;
	failing_alloc_init(&heap, 1);
	assert_int_equal(chat_ring_init(&r, &heap.alloc, 16), CHAT_ERR_NOMEM);
	chat_ring_release(&r, &heap.alloc);
	failing_alloc_check(&heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_holds_nothing),
		cmocka_unit_test(tail_is_size_before_head),
		cmocka_unit_test(nothing_is_appended),
		cmocka_unit_test(every_range_reads_back),
		cmocka_unit_test(any_stream_reads_back),
		cmocka_unit_test(no_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

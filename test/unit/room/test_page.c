/* Tests of page: entries that fit are there, in order, and nothing is written
 * beyond its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "failing_alloc.h"
#include "room/page.h"

static struct failing_alloc heap;
static struct chat_page page;

static int
set_up(void **state)
{
	(void)state;
	failing_alloc_init(&heap, 0);
	page = (struct chat_page){ .p = NULL };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	chat_page_release(&page, &heap.alloc);
	failing_alloc_check(&heap);
	return 0;
}

static void
begin(size_t size, size_t most)
{
	assert_int_equal(chat_page_begin(&page, &heap.alloc, size, most), 0);
}

static void
assert_text(const char *text)
{
	assert_true(chat_str_is(chat_page_text(&page), chat_str(text)));
}

static void
newest_comes_last(void **state)
{
	(void)state;
	begin(100, 100);
	assert_text("");
	chat_page_put(&page, CHAT_STR("33"));
	chat_page_put(&page, CHAT_STR("2"));
	chat_page_put(&page, CHAT_STR("111"));
	assert_text("111,2,33");
	assert_false(page.full);
	begin(100, 100);
	assert_text("");
}

/* Once an entry did not fit, no older one is put, so that none is missing in
 * between. */
static void
full_is_full(void **state)
{
	(void)state;
	begin(100, 7);
	chat_page_put(&page, CHAT_STR("333"));
	chat_page_put(&page, CHAT_STR("22"));
	assert_text("22,333");
	chat_page_put(&page, CHAT_STR("1"));
	assert_true(page.full);
	chat_page_put(&page, CHAT_STR(""));
	assert_text("22,333");
}

static void
one_alone_may_be_longer(void **state)
{
	(void)state;
	begin(10, 4);
	chat_page_put(&page, CHAT_STR("12345678901"));
	assert_text("");
	assert_false(page.full);
	chat_page_put(&page, CHAT_STR("1234567890"));
	assert_text("1234567890");
	chat_page_put(&page, CHAT_STR("1"));
	assert_text("1234567890");
	assert_true(page.full);
}

/* Sizes come new with each page; the memory is exactly as large. */
static void
sizes_change_between_pages(void **state)
{
	(void)state;
	begin(10, 10);
	assert_int_equal(heap.bytes, 10);
	chat_page_put(&page, CHAT_STR("123"));
	begin(20, 30);
	assert_int_equal(heap.bytes, 20);
	assert_text("");
	chat_page_put(&page, CHAT_STR("12345678901234567890"));
	assert_text("12345678901234567890");
	begin(4, 4);
	assert_int_equal(heap.bytes, 4);
}

/* Every length of the last entry, around an exact fit. */
static void
nothing_is_written_beyond(void **state)
{
	char letters[64], want[130];
	size_t first, second, most;

	(void)state;
	memset(letters, 'x', sizeof(letters));
	for (most = 1; most <= 40; most++)
		for (first = 1; first <= 40; first++)
			for (second = 0; second <= 40; second++) {
				begin(32, most);
				chat_page_put(
				    &page, (struct chat_str){ letters, first });
				chat_page_put(&page,
				    (struct chat_str){ letters, second });
				memset(want, 'x', sizeof(want));
				want[second] = ',';
				assert_in_range(chat_page_text(&page).n, 0, 32);
				if (first + 1 + second > most ||
				    first + 1 + second > 32)
					continue;
				want[first + 1 + second] = '\0';
				assert_text(want);
			}
}

static void
no_memory_is_no_page(void **state)
{
	(void)state;
	failing_alloc_init(&heap, 1);
	assert_true(chat_page_begin(&page, &heap.alloc, 10, 10) < 0);
	assert_int_equal(page.size, 0);
	begin(10, 10);
	chat_page_put(&page, CHAT_STR("1"));
	assert_text("1");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(newest_comes_last),
		TEST(full_is_full),
		TEST(one_alone_may_be_longer),
		TEST(sizes_change_between_pages),
		TEST(nothing_is_written_beyond),
		TEST(no_memory_is_no_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

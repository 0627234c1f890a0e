/* Tests of looking back: pages of older messages, to the beginning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static struct sim sim;

static void
begin(const struct chat_limits *l)
{
	struct chat_config config = { .limits = *l };

	config.limits.message_rate = CHAT_OFF;
	config.limits.request_rate = CHAT_OFF;
	assert_true(sim_init(&sim, &config));
}

static int
tear_down(void **state)
{
	(void)state;
	sim_release(&sim);
	return 0;
}

static void
say(struct sim_client *c, int n)
{
	while (n-- > 0)
		sim_say(c, "{'type':'message','text':'x'}");
	sim_run(&sim);
	sim_hush(&sim);
}

struct page {
	size_t n;
	uint64_t first, last; /* seq */
	bool more;
	size_t size; /* of the whole text */
};

/* Asks for a page and checks that its entries are in order. */
static struct page
ask(struct sim_client *c, const char *members)
{
	struct chat_json_members m;
	struct chat_json_value v, entry;
	struct chat_entry e;
	struct page page = { 0 };
	const char *text;
	char copy[65536];

	sim_skip(c);
	sim_say(c, "{'type':'history'%s}", members);
	sim_run(&sim);
	text = expect(c, "history");
	expect_none(c);
	page.size = strlen(text);
	page.more = sim_is(text, "more", "true");
	v.type = CHAT_JSON_ARRAY;
	v.raw = sim_member(text, "entries");
	for (m = chat_json_members(&v); chat_json_next(&m, NULL, &entry);) {
		assert_true(entry.raw.n < sizeof(copy));
		memcpy(copy, entry.raw.p, entry.raw.n);
		assert_int_equal(
		    chat_msg_parse_entry(&e, copy, entry.raw.n), CHAT_OK);
		assert_true(e.seq > page.last);
		if (page.n++ == 0)
			page.first = e.seq;
		page.last = e.seq;
	}
	return page;
}

static void
pages_lead_to_the_beginning(void **state)
{
	struct sim_client *a;
	struct page page;
	uint64_t before = 121;
	char members[64];
	int i;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	say(a, 120);
	for (i = 0; i < 5; i++) {
		snprintf(members, sizeof(members), ",'before':%d,'limit':25",
		    (int)before);
		page = ask(a, members);
		assert_int_equal(page.n, i < 4 ? 25 : 20);
		assert_int_equal(page.last, before - 1);
		assert_int_equal(page.first, before - page.n);
		assert_int_equal(page.more, i < 4);
		before = page.first;
	}
	assert_int_equal(before, 1);
	page = ask(a, ",'before':1");
	assert_int_equal(page.n, 0);
	assert_false(page.more);
	page = ask(a, ",'before':0");
	assert_int_equal(page.n, 0);
}

static void
defaults_are_the_newest_fifty(void **state)
{
	struct sim_client *a;
	struct page page;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	say(a, 120);
	page = ask(a, "");
	assert_int_equal(page.n, 50);
	assert_int_equal(page.first, 71);
	assert_int_equal(page.last, 120);
	page = ask(a, ",'before':9007199254740991,'limit':100");
	assert_int_equal(page.n, 100);
	assert_true(page.more);
	page = ask(a, ",'before':2,'limit':1");
	assert_int_equal(page.n, 1);
	assert_false(page.more);
}

static void
entries_are_the_bytes_that_all_got(void **state)
{
	struct sim_client *a;
	char live[512];
	const char *text;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	sim_hush(&sim);
	sim_say(a, "{'type':'message','to':'alice','text':'\\t\\\\'}");
	sim_run(&sim);
	snprintf(live, sizeof(live), "%s", expect(a, "message"));
	sim_say(a, "{'type':'history','before':5,'limit':7}");
	sim_run(&sim);
	text = expect(a, "history");
	expect_member(text, "before", "5");
	assert_int_equal(sim_member(text, "entries").n, strlen(live) + 2);
	assert_non_null(strstr(text, live));
}

/* Others' private messages take no place on a page, and make no `more`. */
static void
pages_hold_what_this_session_may_see(void **state)
{
	struct sim_client *a, *b, *c;
	struct page page;
	int i;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	c = sim_join(&sim, "carol");
	for (i = 0; i < 10; i++)
		sim_say(b, "{'type':'message','to':'carol','text':'x'}");
	sim_run(&sim);
	sim_say(a, "{'type':'message','text':'11'}");
	sim_run(&sim);
	for (i = 0; i < 20; i++)
		sim_say(b, "{'type':'message','to':'alice','text':'x'}");
	sim_run(&sim);
	page = ask(c, ",'limit':10");
	assert_int_equal(page.n, 10);
	assert_int_equal(page.first, 2);
	assert_int_equal(page.last, 11);
	assert_true(page.more);
	page = ask(a, ",'before':13,'limit':10");
	assert_int_equal(page.n, 2);
	assert_int_equal(page.first, 11);
	assert_false(page.more);
	page = ask(b, ",'limit':100");
	assert_int_equal(page.n, 31);
	c = sim_join(&sim, "Carol");
	page = ask(c, ",'limit':100");
	assert_int_equal(page.n, 1);
	assert_false(page.more);
}

/* A page is bounded in bytes; `more` leads to the rest. */
static void
pages_are_bounded_in_bytes(void **state)
{
	struct chat_limits l = { .max_queue = 8192, .max_message = 5000 };
	struct sim_client *a;
	struct page page;
	uint64_t before = 31;
	char members[64];
	int i;

	(void)state;
	begin(&l);
	a = sim_join(&sim, "alice");
	for (i = 1; i <= 30; i++) {
		sim_say(a, "{'type':'message','text':'%0*d'}",
		    i % 3 == 0 ? 4000 : 400, i);
		sim_run(&sim);
	}
	while (before > 1) {
		snprintf(members, sizeof(members), ",'before':%d,'limit':100",
		    (int)before);
		page = ask(a, members);
		assert_true(page.n > 0);
		assert_true(page.n < 30);
		assert_true(page.n == 1 || page.size <= 8192 / 2);
		assert_int_equal(page.last, before - 1);
		assert_int_equal(page.more, page.first > 1);
		before = page.first;
	}
}

/* However long an entry is, a page can hold it. */
static void
longest_entry_fits_a_page(void **state)
{
	struct chat_limits l = {
		.max_message = 65536, .max_text = 65536, .max_queue = 66048
	};
	struct sim_client *a;
	char frame[65536];
	struct page page;
	int n;

	(void)state;
	begin(&l);
	a = sim_join(&sim, "alice");
	n = snprintf(frame, sizeof(frame), "{\"type\":\"message\",\"text\":\"");
	memset(frame + n, 'x', sizeof(frame) - (size_t)n);
	memcpy(frame + sizeof(frame) - 2, "\"}", 2);
	sim_frame(a, 0x81, frame, sizeof(frame));
	sim_frame(a, 0x81, frame, sizeof(frame));
	sim_run(&sim);
	sim_skip(a);
	sim_say(a, "{'type':'history'}");
	sim_run(&sim);
	page.size = strlen(expect(a, "history"));
	assert_true(page.size > 65536);
	assert_true(page.size < 2 * 65536);
}

/* Entries that the ring has forgotten are gone: the last page says so. */
static void
forgotten_entries_are_not_promised(void **state)
{
	struct chat_limits l = { .past_size = 16384, .live_size = 16384 };
	struct sim_client *a;
	struct page page;
	uint64_t before = 501;
	char members[64];

	(void)state;
	begin(&l);
	a = sim_join(&sim, "alice");
	say(a, 500);
	do {
		snprintf(members, sizeof(members), ",'before':%d,'limit':30",
		    (int)before);
		page = ask(a, members);
		assert_int_equal(page.last, before - 1);
		before = page.first;
	} while (page.more);
	assert_in_range(before, 300, 480);
	snprintf(members, sizeof(members), ",'before':%d", (int)before);
	page = ask(a, members);
	assert_int_equal(page.n, 0);
	assert_false(page.more);
}

/* Frames that lie across the end of the ring's memory are on pages as well. */
static void
entries_wrap_around(void **state)
{
	struct chat_limits l = { .past_size = 16384, .live_size = 16384 };
	struct sim_client *a;
	struct page page;
	char text[64];
	int i;

	(void)state;
	begin(&l);
	a = sim_join(&sim, "alice");
	for (i = 1; i < 400; i++) {
		snprintf(text, sizeof(text), "%0*d", i % 61 + 1, i);
		sim_say(a, "{'type':'message','text':'%s'}", text);
		sim_run(&sim);
		page = ask(a, ",'limit':100");
		assert_int_equal(page.last, i);
		assert_int_equal(page.last - page.first + 1, page.n);
	}
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_lead_to_the_beginning),
		TEST(defaults_are_the_newest_fifty),
		TEST(entries_are_the_bytes_that_all_got),
		TEST(pages_hold_what_this_session_may_see),
		TEST(pages_are_bounded_in_bytes),
		TEST(longest_entry_fits_a_page),
		TEST(forgotten_entries_are_not_promised),
		TEST(entries_wrap_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

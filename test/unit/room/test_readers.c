/* Tests of looking back further than the past ring: members that wait for the
 * store, and what each of them is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "failing_alloc.h"
#include "fake_store.h"
#include "room/readers.h"
#include "room/room.h"

enum { LAST = 100, KNOWN = 91 };

static struct sim sim;
static struct fake *fake;

/* A room that has the last ten of a hundred entries in its ring. */
static void
begin_with(struct chat_config *config)
{
	uint64_t seq;

	fake = fake_new(LAST, KNOWN);
	for (seq = KNOWN; seq <= LAST; seq++)
		fake_add(fake, CHAT_STORED, seq);
	config->store = &fake->store;
	config->server = "sim";
	config->limits.message_rate = CHAT_OFF;
	config->limits.request_rate = CHAT_OFF;
	assert_true(sim_init(&sim, config));
}

static void
begin(void)
{
	begin_with(&(struct chat_config){ .server = NULL });
}

static int
tear_down(void **state)
{
	(void)state;
	sim_release(&sim);
	return 0;
}

static void
ask(struct sim_client *c, uint64_t before, unsigned limit)
{
	sim_say(
	    c, "{'type':'history','before':%d,'limit':%u}", (int)before, limit);
}

/* The numbers of a page, and how many they are. */
static size_t
numbers(const char *text, int seq[100])
{
	size_t n = 0;

	while ((text = strstr(text, "\"seq\":")) != NULL) {
		text += 6;
		assert_true(n < 100);
		assert_int_equal(sscanf(text, "%d", &seq[n++]), 1);
	}
	return n;
}

/* The next text is a page of the numbers from first to last, or none. */
static void
expect_page(
    struct sim_client *c, uint64_t before, int first, int last, bool more)
{
	const char *text = expect(c, "history");
	int seq[100];
	size_t i, n = numbers(text, seq);

	assert_int_equal(sim_number(text, "before"), before);
	expect_member(text, "more", more ? "true" : "false");
	assert_int_equal(n, last + 1 - first);
	for (i = 0; i < n; i++)
		assert_int_equal(seq[i], first + (int)i);
}

static void
ask_and_expect(struct sim_client *c, uint64_t before, unsigned limit, int first,
    int last, bool more)
{
	sim_skip(c);
	ask(c, before, limit);
	sim_run(&sim);
	expect_page(c, before, first, last, more);
	expect_none(c);
}

static struct sim_client *
join(const char *name)
{
	struct sim_client *c = sim_join(&sim, name);

	sim_hush(&sim);
	return c;
}

static void
below_the_ring_the_store_is_asked(void **state)
{
	struct sim_client *a;

	(void)state;
	begin();
	a = join("alice");
	ask_and_expect(a, 101, 5, 96, 100, true);
	ask_and_expect(a, 95, 100, 91, 94, true);
	ask_and_expect(a, 92, 1, 91, 91, true);
	assert_int_equal(fake->reads, 0);
	ask_and_expect(a, 91, 10, 81, 90, true);
	assert_int_equal(fake->asked[0], 91);
	ask_and_expect(a, 90, 1, 89, 89, true);
	ask_and_expect(a, 11, 10, 1, 10, false);
	ask_and_expect(a, 2, 10, 1, 1, false);
	assert_int_equal(fake->reads, 4);
	ask_and_expect(a, 1, 10, 1, 0, false);
	ask_and_expect(a, 0, 10, 1, 0, false);
	assert_int_equal(fake->reads, 4);
}

/* Entries have the very bytes that those who were there got. */
static void
entries_are_told_as_ever(void **state)
{
	struct sim_client *a;

	(void)state;
	begin();
	a = join("alice");
	ask(a, 3, 9);
	sim_run(&sim);
	expect_text(a,
	    "{'type':'history','before':3,'more':false,'entries':["
	    "{'type':'message','seq':1,'time':1001,'from':'zoe',"
	    "'by':'k3J9x2Qa','text':'1'},"
	    "{'type':'message','seq':2,'time':1002,'from':'zoe',"
	    "'by':'k3J9x2Qa','text':'2'}]}");
}

/* However little a read finds. */
static void
pages_lead_to_the_beginning(void **state)
{
	static const unsigned steps[] = { 0, 1, 2, 7, 50 };
	struct sim_client *a;
	const char *text;
	int seq[100], before, expected;
	size_t i, n;
	bool more;

	(void)state;
	begin();
	fake->hidden_from = 40;
	fake->hidden_to = 70;
	a = join("alice");
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		fake->step = steps[i];
		before = expected = LAST + 1;
		for (more = true; more; before = expected) {
			sim_skip(a);
			ask(a, (uint64_t)before, 9);
			sim_run(&sim);
			text = expect(a, "history");
			more = sim_is(text, "more", "true");
			n = numbers(text, seq);
			assert_true(n > 0);
			while (n-- > 0) {
				expected = expected == 70 ? 39 : expected - 1;
				assert_int_equal(seq[n], expected);
			}
		}
		assert_int_equal(expected, 1);
	}
}

/* Others' private messages in the ring do not make a page. */
static void
a_ring_of_nothing_is_passed(void **state)
{
	struct sim_client *a;
	uint64_t seq;

	(void)state;
	begin();
	sim_release(&sim);
	fake = fake_new(LAST, KNOWN);
	for (seq = KNOWN; seq <= LAST; seq++)
		fake_add(fake, CHAT_STORED, seq)->private = true;
	assert_true(sim_init(&sim,
	    &(struct chat_config){ .store = &fake->store, .server = "sim" }));
	a = join("alice");
	ask_and_expect(a, 1000, 3, 88, 90, true);
	assert_int_equal(fake->asked[0], KNOWN);
	ask_and_expect(a, 95, 3, 88, 90, true);
}

static void
one_page_each_at_a_time(void **state)
{
	struct sim_client *a;
	const char *text;

	(void)state;
	begin();
	a = join("alice");
	fake->holds = true;
	ask(a, 50, 5);
	sim_turn(&sim);
	sim_say(a, "{'type':'history','before':40,'ref':'x'}");
	sim_turn(&sim);
	ask(a, 99, 1); /* the ring needs no turn */
	sim_turn(&sim);
	text = expect_error(a, "rate_limited");
	expect_member(text, "ref", "'x'");
	expect_member(text, "retry_after", "1000");
	expect_page(a, 99, 98, 98, true);
	expect_none(a);
	fake->holds = false;
	sim_run(&sim);
	expect_page(a, 50, 45, 49, true);
	ask_and_expect(a, 40, 5, 35, 39, true);
}

/* There is one read in each turn, and readers that are not served yet take
 * turns. */
static void
readers_take_turns(void **state)
{
	static const char *const names[] = { "alice", "bob", "carol" };
	struct sim_client *c[3];
	size_t i, reads;

	(void)state;
	begin();
	for (i = 0; i < 3; i++)
		c[i] = join(names[i]);
	fake->hidden_from = 5;
	fake->hidden_to = 80;
	fake->step = 10;
	for (i = 0; i < 3; i++)
		ask(c[i], 60 + i, 2);
	for (i = 0; i < 200; i++) {
		reads = fake->reads;
		sim_turn(&sim);
		assert_true(fake->reads <= reads + 1);
	}
	for (i = 0; i < 12; i++)
		assert_int_equal(fake->asked[i], 60 + i % 3 - i / 3 * 2);
	for (i = 0; i < 3; i++)
		expect_page(c[i], 60 + i, i == 1 ? 3 : 4, 4, true);
	assert_true(chat_core_timeout(sim.core, sim.now) != 0);
}

static void
somebody_waits_means_a_turn_is_due(void **state)
{
	struct sim_client *a;

	(void)state;
	begin();
	a = join("alice");
	fake->hidden_to = 80;
	fake->step = 1;
	ask(a, 60, 2);
	sim_turn(&sim);
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 0);
	sim_run(&sim);
	expect_page(a, 60, 1, 0, false);
}

/* Who has had very much read waits, and nobody else does.  Readers that are
 * exempt from limits by address share one rate. */
static void
reading_is_charged(void **state)
{
	struct sim_client *a, *b, *c;

	(void)state;
	begin();
	a = sim_join_from(&sim, "alice", 1);
	b = sim_join_from(&sim, "bob", 2);
	c = sim_join_from(&sim, "carol", 1);
	sim_hush(&sim);
	fake->cost = (uint64_t)CHAT_READERS_BURST * 1024 +
	    (uint64_t)CHAT_READERS_RATE * 1024 * 2;
	ask_and_expect(a, 50, 5, 45, 49, true);
	fake->cost = 1;
	ask(a, 45, 5);
	ask(c, 50, 5);
	sim_run(&sim);
	expect_none(a);
	expect_none(c);
	ask_and_expect(b, 50, 5, 45, 49, true);
	assert_in_range(chat_core_timeout(sim.core, sim.now), 1, 1000);
	sim_wait(&sim, 1900);
	expect_none(a);
	sim_wait(&sim, 200);
	expect_page(a, 45, 40, 44, true);
	expect_page(c, 50, 45, 49, true);
	/* Whoever waits may leave. */
	fake->cost = (uint64_t)CHAT_READERS_BURST * 1024 * 2;
	ask_and_expect(c, 45, 5, 40, 44, true);
	ask(a, 40, 5);
	sim_run(&sim);
	sim_tear(a);
	sim_run(&sim);
	ask_and_expect(b, 40, 5, 35, 39, true);
}

/* Those of one address, or of one connection where there is no address, that
 * have had much read let others pass, however many they are. */
static void
who_has_had_less_is_first(void **state)
{
	enum { WALKERS = 8 };
	struct sim_client *b, *walkers[WALKERS];
	size_t i, reads;
	unsigned address;

	(void)state;
	for (address = 0; address < 2; address++) {
		begin();
		for (i = 0; i < WALKERS; i++)
			walkers[i] = sim_join_from(&sim, "alice", address);
		b = sim_join_from(&sim, "bob", 2 * address);
		sim_hush(&sim);
		fake->hidden_from = 1;
		fake->hidden_to = 80;
		fake->step = 1;
		fake->cost = 65536;
		for (i = 0; i < WALKERS; i++)
			ask(walkers[i], 75, 5);
		for (i = 0; i < 3 * WALKERS; i++)
			sim_turn(&sim);
		/* They have taken turns. */
		for (i = 0; i < fake->reads; i++)
			assert_int_equal(fake->asked[i], 75 - i / WALKERS);
		ask(b, 85, 1);
		reads = fake->reads;
		while (b->read == b->texts.n)
			sim_turn(&sim);
		assert_in_range(fake->reads - reads, 1, 2);
		expect_page(b, 85, 84, 84, true);
		/* Nobody is forgotten. */
		sim_run(&sim);
		for (i = 0; i < WALKERS; i++)
			expect_page(walkers[i], 75, 1, 0, false);
		sim_release(&sim);
	}
	begin();
}

static void
readers_may_leave(void **state)
{
	struct sim_client *a, *b, *c;

	(void)state;
	begin();
	a = join("alice");
	b = join("bob");
	c = join("carol");
	fake->holds = true;
	ask(a, 50, 5);
	sim_turn(&sim);
	ask(b, 40, 5);
	ask(c, 30, 5);
	sim_turn(&sim);
	sim_tear(b);
	sim_tear(a);
	sim_turn(&sim);
	/* Another one where alice was. */
	a = sim_connect(&sim, 0);
	sim_open(a, "dave");
	sim_turn(&sim);
	sim_turn(&sim);
	sim_skip(c);
	fake->holds = false;
	sim_run(&sim);
	expect_page(c, 30, 25, 29, true);
	expect(a, "welcome");
	sim_hush(&sim);
	ask_and_expect(a, 20, 1, 19, 19, true);
	/* The last one leaves, and an answer comes for nobody. */
	fake->holds = true;
	ask(a, 50, 5);
	sim_turn(&sim);
	sim_tear(a);
	fake->holds = false;
	sim_run(&sim);
	ask_and_expect(c, 20, 1, 19, 19, true);
	/* Nor for a room that is freed. */
	fake->holds = true;
	ask(c, 50, 5);
	sim_turn(&sim);
}

static void
failed_reads_are_errors(void **state)
{
	struct sim_client *a;
	const char *text;

	(void)state;
	begin();
	a = join("alice");
	fake->failures = 1;
	sim_say(a, "{'type':'history','before':50,'ref':'x'}");
	sim_run(&sim);
	text = expect_error(a, "storage");
	expect_member(text, "ref", "'x'");
	expect_none(a);
	ask_and_expect(a, 50, 5, 45, 49, true);
	/* Entries that were read are told, and that there are more. */
	fake->broken = 30;
	ask_and_expect(a, 33, 9, 30, 32, true);
	ask(a, 30, 9);
	sim_run(&sim);
	expect_error(a, "storage");
	expect_none(a);
}

/* A page is bounded in bytes, and entries that do not fit come with the next.
 */
static void
pages_are_bounded_in_bytes(void **state)
{
	struct chat_config config = { .limits = { .max_queue = 8192,
					  .max_message = 5000 } };
	struct sim_client *a;
	uint64_t before = 91;
	const char *text;
	int seq[100];
	size_t n;

	(void)state;
	begin_with(&config);
	fake->letters = 1200;
	a = join("alice");
	while (before > 1) {
		sim_skip(a);
		ask(a, before, 50);
		sim_run(&sim);
		text = expect(a, "history");
		assert_true(strlen(text) <= 8192 / 2);
		n = numbers(text, seq);
		assert_in_range(n, 1, 3);
		assert_int_equal(seq[n - 1], before - 1);
		assert_int_equal(seq[0], before - n);
		before -= n;
		expect_member(text, "more", before > 1 ? "true" : "false");
	}
}

/* However long an entry is, a page can hold it. */
static void
longest_entry_fits_a_page(void **state)
{
	struct chat_config config = { .limits = { .max_message = 65536,
					  .max_text = 65536,
					  .max_queue = 66048 } };
	struct sim_client *a;

	(void)state;
	begin_with(&config);
	fake->letters = 60000;
	a = join("alice");
	ask_and_expect(a, 50, 9, 49, 49, true);
	ask_and_expect(a, 49, 9, 48, 48, true);
	ask_and_expect(a, 2, 9, 1, 1, false);
	/* An entry that is longer than a message may be now is left out. */
	fake->letters = 400000;
	ask_and_expect(a, 3, 9, 1, 0, false);
}

/* Too many readers are told to come again. */
static void
readers_are_bounded(void **state)
{
	static struct sim_client *c[CHAT_MAX_READERS + 1];
	char name[16];
	size_t i;

	(void)state;
	begin();
	for (i = 0; i <= CHAT_MAX_READERS; i++) {
		snprintf(name, sizeof(name), "u%d", (int)i);
		c[i] = sim_connect(&sim, 0);
		sim_open(c[i], name);
	}
	sim_run(&sim);
	sim_hush(&sim);
	fake->holds = true;
	for (i = 0; i <= CHAT_MAX_READERS; i++) {
		ask(c[i], 50, 1);
		sim_turn(&sim);
	}
	expect_error(c[CHAT_MAX_READERS], "rate_limited");
	expect_none(c[0]);
	fake->holds = false;
	sim_run(&sim);
	for (i = 0; i < CHAT_MAX_READERS; i++)
		expect_page(c[i], 50, 49, 49, true);
	expect_none(c[CHAT_MAX_READERS]);
}

/* There is a page; or without memory an error, or the end of the connection. */
static void
check_answer(struct sim_client *c, bool failed)
{
	const char *text = sim_next(c);

	if (text == NULL)
		assert_true(failed && c->id == 0);
	else if (!sim_is(text, "type", "'history'"))
		assert_true(failed && sim_is(text, "type", "'error'"));
}

static void
memory_may_fail(void **state)
{
	struct failing_alloc heap;
	struct chat_config config = { .server = "sim" };
	struct sim_client *a, *b;
	size_t n;

	(void)state;
	failing_alloc_init(&heap, 0);
	config.alloc = heap.alloc;
	begin_with(&config);
	for (n = 1; heap.failed || n == 1; n++) {
		a = join("alice");
		b = join("bob");
		heap.fail = heap.calls + n;
		heap.failed = false;
		ask(a, 50, 5);
		ask(b, 40, 5);
		sim_run(&sim);
		heap.fail = 0;
		check_answer(a, heap.failed);
		check_answer(b, heap.failed);
		sim_free(a);
		sim_free(b);
		a = join("carol");
		ask_and_expect(a, 50, 5, 45, 49, true);
		sim_free(a);
	}
	assert_true(n > 2);
	sim_release(&sim);
	failing_alloc_check(&heap);
	begin();
}

/* Pages that are read while other limits come: readers that waited before get
 * pages that are whole, and no larger than the new limits allow. */
static void
limits_change_while_readers_wait(void **state)
{
	enum { READERS = 20 };
	struct chat_config other = { .limits = { .max_queue = 1 << 20,
					 .max_message = 200 * 1024,
					 .message_rate = CHAT_OFF,
					 .request_rate = CHAT_OFF } };
	struct sim_client *readers[READERS];
	const char *text;
	int seq[100];
	size_t i, n, k;

	(void)state;
	begin_with(&(struct chat_config){ .limits = { .live_size = 1 << 22 } });
	fake->letters = 4000;
	for (i = 0; i < READERS; i++)
		readers[i] = join("alice");
	for (i = 0; i < READERS; i++)
		ask(readers[i], 80, 70);
	sim_turn(&sim);
	sim_turn(&sim);
	assert_int_equal(sim_configure(&sim, &other), CHAT_OK);
	sim_run(&sim);
	for (i = 0; i < READERS; i++) {
		text = expect(readers[i], "history");
		n = numbers(text, seq);
		assert_in_range(n, 1, 70);
		for (k = 0; k < n; k++)
			assert_int_equal(seq[k], 80 - (int)(n - k));
		assert_true(strlen(text) < other.limits.max_queue / 2);
	}
	assert_true(n > 40); /* more than under the limits of before */
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(below_the_ring_the_store_is_asked),
		TEST(entries_are_told_as_ever),
		TEST(pages_lead_to_the_beginning),
		TEST(a_ring_of_nothing_is_passed),
		TEST(one_page_each_at_a_time),
		TEST(readers_take_turns),
		TEST(somebody_waits_means_a_turn_is_due),
		TEST(reading_is_charged),
		TEST(who_has_had_less_is_first),
		TEST(readers_may_leave),
		TEST(failed_reads_are_errors),
		TEST(pages_are_bounded_in_bytes),
		TEST(longest_entry_fits_a_page),
		TEST(readers_are_bounded),
		TEST(limits_change_while_readers_wait),
		TEST(memory_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

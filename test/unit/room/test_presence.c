/* Tests of presence: the list for those who come, changes for the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static struct sim sim;

static int
set_up(void **state)
{
	struct chat_config config = {
		.limits = { .request_rate = CHAT_OFF },
	};

	(void)state;
	assert_true(sim_init(&sim, &config));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sim_release(&sim);
	return 0;
}

static void
changes_are_coalesced(void **state)
{
	struct sim_client *a;

	(void)state;
	a = sim_join(&sim, "alice");
	sim_hush(&sim);
	sim_join(&sim, "bob");
	/* The first one is told at once, those that follow together. */
	expect_text(
	    a, "{'type':'presence','online':2,'joined':['bob'],'left':[]}");
	sim_join(&sim, "carol");
	sim_join(&sim, "dave");
	sim_join(&sim, "erin");
	expect_none(a);
	sim_wait(&sim, 99);
	expect_none(a);
	sim_wait(&sim, 1);
	expect_text(a,
	    "{'type':'presence','online':5,"
	    "'joined':['erin','dave','carol'],'left':[]}");
	sim_wait(&sim, 1000);
	expect_none(a);
}

static void
leave_is_told_after_the_grace_period(void **state)
{
	struct sim_client *a, *b;

	(void)state;
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	sim_hush(&sim);
	sim_tear(b);
	sim_wait(&sim, 4999);
	expect_none(a);
	sim_wait(&sim, 1);
	expect_text(
	    a, "{'type':'presence','online':1,'joined':[],'left':['bob']}");
}

static void
reload_is_no_leave(void **state)
{
	struct sim_client *a, *b;

	(void)state;
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	sim_hush(&sim);
	sim_tear(b);
	sim_wait(&sim, 4000);
	b = sim_join(&sim, "bob");
	sim_wait(&sim, 10000);
	expect_none(a);
	expect(b, "welcome");
	expect(b, "sync");
	expect(b, "users");
	expect_none(b);
}

static void
user_is_here_while_a_window_is(void **state)
{
	struct sim_client *a, *b, *b2;

	(void)state;
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	sim_hush(&sim);
	b2 = sim_join(&sim, "bob");
	expect_none(a);
	expect(b2, "welcome");
	expect(b2, "sync");
	expect_text(b2,
	    "{'type':'users','online':2,'names':['alice','bob'],"
	    "'complete':true}");
	sim_tear(b);
	sim_wait(&sim, 10000);
	expect_none(a);
	sim_tear(b2);
	sim_wait(&sim, 5000);
	expect_member(expect(a, "presence"), "left", "['bob']");
}

/* A user is shown as its oldest window spells it. */
static void
oldest_window_gives_the_spelling(void **state)
{
	struct sim_client *a, *b, *b2, *b3;

	(void)state;
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	sim_hush(&sim);
	b2 = sim_join(&sim, "BOB");
	b3 = sim_join(&sim, "Bob");
	expect_member(expect(b3, "welcome"), "name", "'bob'");
	sim_wait(&sim, 1000);
	expect_none(a);
	sim_tear(b);
	sim_wait(&sim, 100);
	expect_text(
	    a, "{'type':'presence','online':2,'joined':['BOB'],'left':[]}");
	sim_say(b3, "{'type':'message','text':'x'}");
	sim_run(&sim);
	expect_member(expect(a, "message"), "from", "'BOB'");
	sim_tear(b2);
	sim_wait(&sim, 100);
	expect_member(expect(a, "presence"), "joined", "['Bob']");
	/* A user that comes back within the grace period with another spelling
	 * is renamed. */
	sim_tear(b3);
	sim_wait(&sim, 1000);
	expect_none(a);
	sim_join(&sim, "boB");
	sim_wait(&sim, 100);
	expect_member(expect(a, "presence"), "joined", "['boB']");
	sim_wait(&sim, 10000);
	expect_none(a);
}

/* A user that came and went is told as gone, even if nobody has heard of it. */
static void
visit_between_two_frames_is_told_as_it_ended(void **state)
{
	struct chat_config config = { .limits = { .grace = CHAT_OFF } };
	struct sim_client *a, *b;

	(void)state;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	sim_tear(b);
	sim_skip(a);
	sim_wait(&sim, 100);
	expect_text(
	    a, "{'type':'presence','online':1,'joined':[],'left':['bob']}");
	/* And one that went and came is told as here. */
	b = sim_join(&sim, "bob");
	sim_hush(&sim);
	sim_join(&sim, "carol");
	expect(a, "presence");
	sim_tear(b);
	sim_run(&sim);
	sim_join(&sim, "bob");
	sim_wait(&sim, 100);
	expect_member(expect(a, "presence"), "joined", "['bob']");
}

/* `users` and the presence after it together say who is here: a client that
 * takes both as sets knows. */
static void
list_and_changes_go_together(void **state)
{
	struct sim_client *a, *b;

	(void)state;
	a = sim_join(&sim, "alice");
	b = sim_connect(&sim, 0);
	sim_open(b, "bob");
	sim_open(sim_connect(&sim, 0), "carol");
	sim_tear(a);
	sim_run(&sim);
	expect(b, "welcome");
	expect(b, "sync");
	expect_member(expect(b, "users"), "names", "['alice','bob','carol']");
	sim_wait(&sim, 6000);
	expect_member(expect(b, "presence"), "joined", "['carol','bob']");
	expect_member(expect(b, "presence"), "left", "['alice']");
}

static void
users_are_in_order_of_folded_names(void **state)
{
	static const char *const names[] = { "b", "A", "_", "a1", "Z",
		"%C3%A9" };
	struct sim_client *c = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		c = sim_join(&sim, names[i]);
	sim_hush(&sim);
	sim_say(c, "{'type':'users'}");
	sim_run(&sim);
	expect_text(c,
	    "{'type':'users','online':6,'names':"
	    "['_','A','a1','b','Z','\xc3\xa9'],'complete':true}");
	sim_say(c, "{'type':'users','after':'a1'}");
	sim_say(c, "{'type':'users','after':'B'}");
	sim_say(c, "{'type':'users','after':'aa'}");
	sim_say(c, "{'type':'users','after':'zzz'}");
	sim_say(c, "{'type':'users','after':''}");
	sim_run(&sim);
	expect_member(expect(c, "users"), "names", "['b','Z','\xc3\xa9']");
	expect_member(expect(c, "users"), "names", "['Z','\xc3\xa9']");
	expect_member(expect(c, "users"), "names", "['b','Z','\xc3\xa9']");
	expect_member(expect(c, "users"), "names", "['\xc3\xa9']");
	expect_member(expect(c, "users"), "online", "6");
}

static size_t
count_names(const char *text, const char *member)
{
	struct chat_json_value v = { CHAT_JSON_ARRAY,
		sim_member(text, member) };
	struct chat_json_members m = chat_json_members(&v);
	size_t n = 0;

	while (chat_json_next(&m, NULL, &v))
		n++;
	return n;
}

/* Beyond 1,000 users a list is cut, and goes on from its last name. */
static void
long_lists_come_in_pages(void **state)
{
	struct sim_client *c = NULL;
	const char *text;
	char target[32];
	int i;

	(void)state;
	for (i = 0; i < 2345; i++) {
		snprintf(target, sizeof(target), "u%04d?history=0", i);
		c = sim_connect(&sim, 0);
		sim_open(c, target);
	}
	sim_run(&sim);
	expect(c, "welcome");
	expect(c, "sync");
	text = expect(c, "users");
	expect_member(text, "online", "2345");
	expect_member(text, "complete", "false");
	assert_int_equal(count_names(text, "names"), 1000);
	assert_non_null(strstr(text, "\"u0999\"]"));
	sim_hush(&sim);
	sim_say(c, "{'type':'users','after':'u0999'}");
	sim_say(c, "{'type':'users','after':'U1999'}");
	sim_run(&sim);
	text = expect(c, "users");
	assert_int_equal(count_names(text, "names"), 1000);
	assert_non_null(strstr(text, "[\"u1000\""));
	expect_member(text, "complete", "false");
	text = expect(c, "users");
	assert_int_equal(count_names(text, "names"), 345);
	expect_member(text, "complete", "true");
}

/* Comes n times under the longest names there are, all quotes. */
static void
crowd(int n)
{
	char target[128];

	while (n-- > 0) {
		snprintf(target, sizeof(target),
		    "%%22%%22%%22%%22%%22%%22%%22%%22%%22%%22%%22"
		    "%%22%%22%%22%%22%%22%%22%%22%%22%04d?history=0",
		    n);
		sim_open(sim_connect(&sim, 0), target);
	}
}

/* When very many come and go in one moment, it is told in several frames, each
 * of them bounded, and nobody is left out. */
static void
expect_crowd(struct sim_client *a, size_t n, size_t longest)
{
	const char *text;
	size_t joined = 0, left = 0;

	crowd((int)n);
	sim_wait(&sim, 3000);
	while ((text = sim_next(a)) != NULL) {
		expect_member(text, "type", "'presence'");
		assert_in_range(count_names(text, "joined"), 1, 1000);
		assert_in_range(strlen(text), 1, longest);
		joined += count_names(text, "joined");
	}
	assert_int_equal(joined, n);
	while (a->next != NULL)
		sim_free(a->next);
	sim_wait(&sim, 9000);
	while ((text = sim_next(a)) != NULL) {
		assert_in_range(strlen(text), 1, longest);
		left += count_names(text, "left");
	}
	assert_int_equal(left, n);
	assert_int_equal(chat_core_metrics(sim.core)->users, 1);
	assert_int_equal(chat_core_metrics(sim.core)->lagged, 0);
}

static void
crowds_are_told_bit_by_bit(void **state)
{
	struct sim_client *a;

	(void)state;
	a = sim_join(&sim, "alice");
	sim_hush(&sim);
	expect_crowd(a, 3000, 1048576 / 8);
}

/* With the smallest ring, as well. */
static void
crowds_fit_small_rings(void **state)
{
	struct chat_config config = { .limits = { .live_size = 16384 } };
	struct sim_client *a;

	tear_down(state);
	assert_true(sim_init(&sim, &config));
	a = sim_join(&sim, "alice");
	sim_hush(&sim);
	expect_crowd(a, 300, 16384 / 8);
}

/* A user who is away is listed until the grace period ends. */
static void
list_has_those_in_their_grace(void **state)
{
	struct sim_client *a;

	(void)state;
	a = sim_join(&sim, "alice");
	sim_tear(sim_join(&sim, "bob"));
	sim_hush(&sim);
	sim_say(a, "{'type':'users'}");
	sim_run(&sim);
	expect_member(expect(a, "users"), "names", "['alice','bob']");
	sim_wait(&sim, 5000);
	sim_skip(a);
	sim_say(a, "{'type':'users'}");
	sim_run(&sim);
	expect_member(expect(a, "users"), "names", "['alice']");
}

/* A grace period that is cut short is so for those who are in it, too. */
static void
grace_can_be_changed(void **state)
{
	struct chat_config config = { .limits = { .grace = 3600000 } };
	struct sim_client *a;

	(void)state;
	a = sim_join(&sim, "alice");
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	sim_tear(sim_join(&sim, "bob"));
	sim_tear(sim_join(&sim, "carol"));
	sim_hush(&sim);
	config.limits.grace = 1000;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	sim_tear(sim_join(&sim, "dave"));
	sim_wait(&sim, 500);
	sim_skip(a);
	sim_wait(&sim, 600);
	expect_member(expect(a, "presence"), "online", "1");
	expect_none(a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changes_are_coalesced),
		TEST(leave_is_told_after_the_grace_period),
		TEST(reload_is_no_leave),
		TEST(user_is_here_while_a_window_is),
		TEST(oldest_window_gives_the_spelling),
		TEST(visit_between_two_frames_is_told_as_it_ended),
		TEST(list_and_changes_go_together),
		TEST(users_are_in_order_of_folded_names),
		TEST(long_lists_come_in_pages),
		TEST(crowds_are_told_bit_by_bit),
		TEST(crowds_fit_small_rings),
		TEST(list_has_those_in_their_grace),
		TEST(grace_can_be_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

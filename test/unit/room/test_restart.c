/* Tests of a room that opens on a log: entries that come back, and windows that
 * are told that some do not. */
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
#include "room/room.h"

static struct sim sim;
static struct fake *fake;
static bool running;

/* As the first life of each test leaves it: sessions, and who bob and alice
 * are to the log. */
static char alice[128], bob[128], carol[128];
static uint64_t users[2];

/* Opens a room on the log, which then is the room's. */
static void
open_room(struct chat_config *config)
{
	config->store = &fake->store;
	config->server = "sim";
	config->limits.message_rate = CHAT_OFF;
	config->limits.request_rate = CHAT_OFF;
	assert_true(sim_init(&sim, config));
	running = true;
}

static void
start(void)
{
	open_room(&(struct chat_config){ .server = NULL });
}

static void
stop(void)
{
	sim_release(&sim);
	running = false;
}

static void
session(char token[128], const char *name)
{
	struct sim_client *c = sim_join(&sim, name);

	snprintf(token, 128, "%s", sim_string(expect(c, "welcome"), "session"));
}

/* A life in which three sessions begin at number 0; it leaves no entry. */
static int
set_up(void **state)
{
	(void)state;
	fake = fake_new(0, 1);
	start();
	session(alice, "alice");
	session(bob, "bob");
	session(carol, "carol");
	sim_hush(&sim);
	sim_say(sim.clients, "{'type':'message','to':'bob','text':'x'}");
	sim_run(&sim);
	memcpy(users, fake->user, sizeof(users));
	stop();
	fake = fake_new(0, 1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (running)
		stop();
	return 0;
}

/* Entries of the log that is to be opened. */

static struct fake_item *
add(enum chat_stored_kind kind, uint64_t from, uint64_t seq)
{
	struct fake_item *item = fake_add(fake, kind, seq);

	item->skip = from;
	fake->store.log.seq = seq;
	return item;
}

static void
say(uint64_t from, uint64_t to)
{
	for (; from <= to; from++)
		add(CHAT_STORED, 0, from);
}

static void
whisper(uint64_t seq, bool withheld)
{
	struct fake_item *item = add(CHAT_STORED, 0, seq);

	item->private = true;
	item->withheld = withheld;
	memcpy(item->user, users, sizeof(users));
}

/* Resumes, checks `sync`, and leaves. */
static void
expect_gap(const char *name, const char *token, uint64_t after, bool gap)
{
	char target[256];
	struct sim_client *c;
	const char *sync;

	snprintf(target, sizeof(target), "%s?session=%s&after=%d", name, token,
	    (int)after);
	c = sim_join(&sim, target);
	expect(c, "welcome");
	sync = expect(c, "sync");
	expect_member(sync, "resumed", "true");
	if (!sim_is(sync, "gap", gap ? "true" : "false")) {
		print_error("%s after %d: ", name, (int)after);
		fail();
	}
	expect_member(sync, "to", "110");
	sim_free(c);
}

/* Numbers of the log go up to 2^53 - 1, which has 16 digits. */
static void
greatest_numbers_are_positions(void **state)
{
	static const struct {
		const char *after, *from;
		bool gap;
	} tries[] = {
		{ "9007199254740988", "9007199254740989", false },
		{ "9007199254740990", "9007199254740991", false },
		{ "9007199254740991", "9007199254740989", true },
		{ "9007199254740992", "9007199254740989", true },
		{ "18446744073709551617", "9007199254740989", true },
		{ "", "9007199254740989", true },
		{ "9007199254740990x", "9007199254740989", true },
	};
	const uint64_t last = (UINT64_C(1) << 53) - 2;
	char target[256];
	struct sim_client *c;
	const char *sync;
	size_t i;

	(void)state;
	fake->store.log.oldest = fake->store.log.replay_from = last - 1;
	say(last - 1, last);
	start();
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		snprintf(target, sizeof(target), "bob?session=%s&after=%s", bob,
		    tries[i].after);
		c = sim_join(&sim, target);
		expect(c, "welcome");
		sync = expect(c, "sync");
		expect_member(sync, "gap", tries[i].gap ? "true" : "false");
		expect_member(sync, "from", tries[i].from);
		expect_member(sync, "to", "9007199254740990");
		sim_free(c);
	}
}

static void
entries_come_back(void **state)
{
	char target[256];
	struct sim_client *c;
	const char *sync;

	(void)state;
	say(1, 3);
	whisper(4, false);
	start();
	snprintf(target, sizeof(target), "bob?session=%s&after=1", bob);
	c = sim_join(&sim, target);
	expect(c, "welcome");
	sync = expect(c, "sync");
	expect_member(sync, "from", "2");
	expect_member(sync, "to", "4");
	expect_member(sync, "gap", "false");
	expect_member(sync, "refs_from", "1");
	expect_text(c,
	    "{'type':'message','seq':2,'time':1002,'from':'zoe',"
	    "'by':'k3J9x2Qa','text':'2'}");
	expect_member(expect(c, "message"), "seq", "3");
	expect_text(c,
	    "{'type':'message','seq':4,'time':1004,'from':'zoe','to':'yan',"
	    "'by':'k3J9x2Qa','text':'4'}");
	expect(c, "users");
	sim_hush(&sim);
	sim_say(c, "{'type':'message','text':'on'}");
	sim_run(&sim);
	expect_member(expect(c, "message"), "seq", "5");
}

/* Each kind of hole, and each position. */
static void
gaps_are_told_to_whom_they_concern(void **state)
{
	uint64_t after;

	(void)state;
	say(1, 5);
	add(CHAT_STORED_LOST, 6, 7);
	say(8, 8);
	add(CHAT_STORED_SKIPPED, 9, 100);
	say(101, 102);
	whisper(103, true);
	say(104, 104);
	whisper(105, false);
	say(106, 110);
	start();
	for (after = 0; after <= 110; after++) {
		/* A position before lost ones, or among those left out. */
		bool all = after < 7 || (after >= 9 && after < 100);
		bool two = all || after < 103;

		expect_gap("alice", alice, after, two);
		expect_gap("bob", bob, after, two);
		expect_gap("carol", carol, after, all);
	}
}

/* A session that began later does not miss what was withheld before. */
static void
later_sessions_miss_nothing(void **state)
{
	char token[128];

	(void)state;
	say(1, 110);
	start();
	session(token, "alice");
	stop();
	fake = fake_new(0, 1);
	say(1, 50);
	whisper(51, true);
	say(52, 110);
	start();
	expect_gap("alice", alice, 50, true);
	expect_gap("alice", alice, 51, false);
	expect_gap("alice", token, 110, false);
	expect_gap("alice", token, 20, false);
}

/* Entries that the room never had are a gap, and are read from the store. */
static void
the_log_before_is_a_gap(void **state)
{
	(void)state;
	fake->store.log.replay_from = 101;
	say(101, 110);
	start();
	expect_gap("carol", carol, 99, true);
	expect_gap("carol", carol, 100, false);
	expect_gap("carol", carol, 105, false);
}

/* Positions beyond the end of the log. */
static void
positions_beyond_are_gaps(void **state)
{
	(void)state;
	say(1, 110);
	start();
	expect_gap("carol", carol, 110, false);
	expect_gap("carol", carol, 111, true);
}

static void
new_windows_get_what_there_is(void **state)
{
	struct sim_client *c;
	const char *sync;

	(void)state;
	say(1, 2);
	add(CHAT_STORED_SKIPPED, 3, 100);
	start();
	c = sim_join(&sim, "dave");
	expect(c, "welcome");
	sync = expect(c, "sync");
	expect_member(sync, "gap", "false");
	expect_member(sync, "from", "1");
	expect_member(sync, "to", "100");
	expect_member(expect(c, "message"), "seq", "1");
	expect_member(expect(c, "message"), "seq", "2");
	expect(c, "users");
	sim_hush(&sim);
	sim_say(c, "{'type':'history'}");
	sim_run(&sim);
	expect_member(expect(c, "history"), "more", "false");
}

/* A retry of a send that was recorded before is acked with its number, also of
 * a withheld one. */
static void
refs_come_back(void **state)
{
	struct chat_ref_key key;
	char target[256];
	struct sim_client *c;
	int i;

	(void)state;
	snprintf(target, sizeof(target), "alice?session=%s", alice);
	start();
	c = sim_join(&sim, target);
	sim_skip(c);
	sim_say(c, "{'type':'message','ref':'r','text':'one'}");
	sim_run(&sim);
	key = fake->key;
	stop();
	for (i = 0; i < 2; i++) {
		fake = fake_new(0, 1);
		say(1, 7);
		if (i == 0)
			add(CHAT_STORED, 0, 8)->key = key;
		else {
			whisper(8, true);
			fake->script[7].key = key;
		}
		say(9, 9);
		start();
		c = sim_join(&sim, target);
		sim_hush(&sim);
		sim_say(c, "{'type':'message','ref':'r','text':'one'}");
		sim_say(c, "{'type':'message','ref':'r','text':'two'}");
		sim_run(&sim);
		expect_text(c,
		    "{'type':'ack','ref':'r','seq':8,'time':1008,"
		    "'duplicate':true}");
		expect_error(c, "ref_used");
		expect_none(c);
		stop();
	}
}

/* Who reads the log and writes here himself cannot tell whether somebody has
 * sent a text that he sends, too: not with another ref, nor in another session.
 */
static void
what_is_sent_again_is_not_recognized_by_others(void **state)
{
	struct chat_ref_key keys[3];
	struct sim_client *c;
	size_t i;

	(void)state;
	say(1, 1);
	start();
	for (i = 0; i < 3; i++) {
		c = sim_join(&sim, "carol");
		sim_say(c, "{'type':'message','ref':'%s','text':'yes'}",
		    i == 0 ? "r" : "s");
		sim_run(&sim);
		keys[i] = fake->key;
	}
	assert_true(keys[0].content != keys[1].content);
	assert_true(keys[1].content != keys[2].content);
	assert_true(keys[1].send[0] != keys[2].send[0]);
}

/* Everybody may be written to for a while, back or not. */
static void
names_are_there_until_they_could_be_back(void **state)
{
	struct sim_client *c;

	(void)state;
	say(1, 1);
	start();
	c = sim_join(&sim, "carol");
	sim_hush(&sim);
	sim_say(c, "{'type':'message','to':'bob','text':'x'}");
	sim_run(&sim);
	expect_member(expect(c, "message"), "seq", "2");
	sim_wait(&sim, CHAT_RETURN_TIME);
	sim_skip(c);
	sim_say(c, "{'type':'message','to':'bob','text':'x'}");
	sim_run(&sim);
	expect_error(c, "offline");
}

static void
refused_messages_are_told(void **state)
{
	struct sim_client *a, *b;

	(void)state;
	start();
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	sim_hush(&sim);
	sim_say(a, "{'type':'message','ref':'r','text':'x'}");
	fake->refuses = true;
	sim_run(&sim);
	expect_member(expect_error(a, "storage"), "ref", "'r'");
	expect_none(b);
	assert_true(chat_core_metrics(sim.core)->degraded);
	fake->refuses = false;
	sim_say(a, "{'type':'message','ref':'r','text':'x'}");
	sim_run(&sim);
	expect_member(expect(a, "ack"), "seq", "1");
	expect(b, "message");
	assert_false(chat_core_metrics(sim.core)->degraded);
}

/* A message under greater limits than today's comes back if a frame may be that
 * long, and the ring holds it; if not it is lost, which is told. */
static void
long_entries_come_back(void **state)
{
	struct chat_config config = { .limits = { .past_size = 65536,
					  .live_size = 65536,
					  .max_message = 8192 } };
	struct sim_client *c;

	(void)state;
	say(1, 1);
	fake->letters = 50000;
	open_room(&config);
	c = sim_join(&sim, "dave");
	expect(c, "welcome");
	expect(c, "sync");
	assert_true(strlen(expect(c, "message")) > 50000);
	stop();
	fake = fake_new(0, 1);
	say(1, 110);
	fake->letters = 70000;
	open_room(&config);
	expect_gap("carol", carol, 100, true);
	expect_gap("carol", carol, 110, false);
}

/* A client may rely on how long frames are.  (The simulator sees to it.) */
static void
entries_that_are_too_long_are_lost(void **state)
{
	struct chat_config config = { .limits = { .past_size = 1 << 21 } };
	struct sim_client *c;

	(void)state;
	say(1, 110);
	fake->letters = 1000000;
	open_room(&config);
	c = sim_join(&sim, "dave");
	expect(c, "welcome");
	expect(c, "sync");
	expect(c, "users");
	sim_hush(&sim);
	sim_say(c, "{'type':'history','before':100,'limit':10}");
	sim_run(&sim);
	expect_member(expect(c, "history"), "entries", "[]");
	expect_gap("carol", carol, 100, true);
	expect_gap("carol", carol, 110, false);
}

/* Resumes from the beginning: the messages that come, and whether there is a
 * gap. */
static int
count_messages(bool *gap)
{
	char target[256];
	struct sim_client *c;
	int n = 0;

	snprintf(target, sizeof(target), "carol?session=%s&after=0", carol);
	c = sim_join(&sim, target);
	expect(c, "welcome");
	*gap = sim_is(expect(c, "sync"), "gap", "true");
	while (sim_is(sim_next(c), "type", "'message'"))
		n++;
	sim_free(c);
	return n;
}

/* Without memory there is no room. */
static void
memory_may_fail(void **state)
{
	struct failing_alloc heap;
	struct chat_config config = { .server = "sim" };
	bool gap;
	size_t n;

	(void)state;
	fake_free(&fake->store);
	failing_alloc_init(&heap, 0);
	for (n = 1; heap.failed || n == 1; n++) {
		failing_alloc_init(&heap, n);
		config.alloc = heap.alloc;
		fake = fake_new(0, 1);
		fake->letters = 100000;
		say(1, 10);
		config.store = &fake->store;
		running = sim_init(&sim, &config);
		assert_int_equal(running, !heap.failed);
		if (running) {
			heap.fail = 0;
			assert_int_equal(count_messages(&gap), 10);
			assert_false(gap);
			stop();
		}
		failing_alloc_check(&heap);
	}
	assert_true(n > 10);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(greatest_numbers_are_positions),
		TEST(entries_come_back),
		TEST(gaps_are_told_to_whom_they_concern),
		TEST(later_sessions_miss_nothing),
		TEST(the_log_before_is_a_gap),
		TEST(positions_beyond_are_gaps),
		TEST(new_windows_get_what_there_is),
		TEST(refs_come_back),
		TEST(what_is_sent_again_is_not_recognized_by_others),
		TEST(names_are_there_until_they_could_be_back),
		TEST(refused_messages_are_told),
		TEST(long_entries_come_back),
		TEST(entries_that_are_too_long_are_lost),
		TEST(memory_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

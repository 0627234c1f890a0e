/* Tests of coming back: sessions, positions, gaps, and whom entries are
 * replayed to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

/* Small rings, no rates. */
static const struct chat_config config = {
	.server = "sim",
	.limits = { .past_size = 16384,
	    .live_size = 16384,
	    .message_rate = CHAT_OFF,
	    .request_rate = CHAT_OFF },
};

static struct sim sim;

static int
set_up(void **state)
{
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

/* Joins fresh, and gives the token of its session. */
static struct sim_client *
join(const char *name, char token[128])
{
	struct sim_client *c = sim_join(&sim, name);

	snprintf(token, 128, "%s", sim_string(expect(c, "welcome"), "session"));
	return c;
}

/* Joins with a token and a position, and gives `sync`. */
static struct sim_client *
resume(const char *name, const char *token, const char *more, const char **sync)
{
	char target[512];
	struct sim_client *c;

	snprintf(target, sizeof(target), "%s?session=%s%s", name, token, more);
	c = sim_join(&sim, target);
	expect(c, "welcome");
	*sync = expect(c, "sync");
	return c;
}

static void
say(struct sim_client *c, int n)
{
	while (n-- > 0)
		sim_say(c, "{'type':'message','text':'x'}");
	sim_run(&sim);
}

/* The entries from seq `from` to `to` come next, and then `users`. */
static void
expect_replay(struct sim_client *c, uint64_t from, uint64_t to)
{
	for (; from <= to; from++)
		assert_int_equal(sim_number(expect(c, "message"), "seq"), from);
	expect(c, "users");
}

static void
session_goes_on(void **state)
{
	struct sim_client *a, *b;
	char token[128], by[16];
	const char *sync, *text;

	(void)state;
	a = join("alice", token);
	snprintf(by, sizeof(by), "%.8s", token);
	b = sim_join(&sim, "bob");
	say(b, 3);
	sim_tear(a);
	say(b, 4);
	a = resume("ALICE", token, "&after=3", &sync);
	expect_member(sync, "resumed", "true");
	expect_member(sync, "gap", "false");
	expect_member(sync, "from", "4");
	expect_member(sync, "to", "7");
	expect_replay(a, 4, 7);
	sim_hush(&sim);
	sim_say(a, "{'type':'message','text':'mine'}");
	sim_run(&sim);
	/* It is the same session as before. */
	text = expect(a, "message");
	assert_string_equal(sim_string(text, "by"), by);
	expect_none(a);
}

static void
resumed_token_is_as_good_as_the_first(void **state)
{
	struct sim_client *a;
	char token[128], again[128];
	const char *sync;

	(void)state;
	a = join("alice", token);
	say(a, 2);
	sim_tear(a);
	sim_wait(&sim, 60000);
	a = resume("alice", token, "&after=0", &sync);
	expect_replay(a, 1, 2);
	snprintf(again, sizeof(again), "%s", sim_string(a->texts.p, "session"));
	assert_string_equal(token, again);
}

static void
nothing_new_is_no_gap(void **state)
{
	struct sim_client *a;
	char token[128];
	const char *sync;

	(void)state;
	a = join("alice", token);
	say(a, 200);
	sim_tear(a);
	a = resume("alice", token, "&after=200", &sync);
	expect_member(sync, "gap", "false");
	expect_member(sync, "from", "201");
	expect_member(sync, "to", "200");
	expect(a, "users");
}

/* Wherever the position is, all entries after it come, or a gap is told. */
static void
overrun_is_told_as_a_gap(void **state)
{
	struct sim_client *a, *b;
	char token[128], more[32];
	const char *sync;
	uint64_t after, from, gaps = 0;

	(void)state;
	a = join("alice", token);
	b = sim_join(&sim, "bob");
	sim_tear(a);
	say(b, 400);
	for (after = 0; after <= 400; after++) {
		snprintf(more, sizeof(more), "&after=%d", (int)after);
		a = resume("alice", token, more, &sync);
		from = sim_number(sync, "from");
		expect_member(sync, "to", "400");
		if (sim_is(sync, "gap", "true")) {
			assert_true(from > after + 1);
			gaps++;
		} else {
			expect_member(sync, "gap", "false");
			assert_int_equal(from, after + 1);
		}
		expect_replay(a, from, 400);
		sim_free(a);
	}
	assert_in_range(gaps, 100, 399);
}

static void
position_beyond_the_log_is_a_gap(void **state)
{
	static const char *const beyond[] = { "&after=4", "&after=1000000",
		"&after=9007199254740991", "&after=99999999999999999999",
		"&after=", "&after=-1", "&after=x" };
	struct sim_client *a;
	char token[128];
	const char *sync;
	size_t i;

	(void)state;
	a = join("alice", token);
	say(a, 3);
	for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		a = resume("alice", token, beyond[i], &sync);
		expect_member(sync, "resumed", "true");
		expect_member(sync, "gap", "true");
		expect_replay(a, 1, 3);
		sim_free(a);
	}
}

/* A position counts only with a session; a client that has lost it may have
 * missed something. */
static void
position_without_session_is_a_gap(void **state)
{
	struct sim_client *a;
	const char *sync;

	(void)state;
	a = sim_join(&sim, "alice");
	say(a, 3);
	a = sim_join(&sim, "bob?after=1");
	expect(a, "welcome");
	sync = expect(a, "sync");
	expect_member(sync, "resumed", "false");
	expect_member(sync, "gap", "true");
	expect_replay(a, 1, 3);
}

static void
expect_foreign(const char *name, const char *token)
{
	struct sim_client *c;
	const char *sync;

	c = resume(name, token, "&after=1", &sync);
	expect_member(sync, "resumed", "false");
	expect_member(sync, "gap", "true");
	assert_string_not_equal(sim_string(c->texts.p, "session"), token);
	sim_free(c);
}

static void
foreign_tokens_are_worthless(void **state)
{
	char token[128], bad[128];
	size_t i;

	(void)state;
	say(join("alice", token), 2);
	expect_foreign("bob", token);
	expect_foreign("alicf", token);
	expect_foreign("alice", "");
	expect_foreign("alice", "x");
	for (i = 0; i < strlen(token); i++) {
		strcpy(bad, token);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		expect_foreign("alice", bad);
	}
	strcat(strcpy(bad, token), "A");
	expect_foreign("alice", bad);
	strcpy(bad, token);
	bad[strlen(bad) - 1] = '\0';
	expect_foreign("alice", bad);
}

static void
tokens_of_other_logs_are_worthless(void **state)
{
	static const unsigned char seed[CHAT_SEED] =
	    "another seed, another secret";
	char token[128];

	(void)state;
	say(join("alice", token), 2);
	sim_release(&sim);
	set_up(NULL);
	chat_core_free(sim.core);
	sim.core = chat_core_new(&config, seed, sim.now);
	assert_non_null(sim.core);
	expect_foreign("alice", token);
}

static void
session_of_a_longer_log_is_foreign(void **state)
{
	char token[128];
	struct sim_client *b;

	(void)state;
	b = sim_join(&sim, "bob");
	say(b, 5);
	join("alice", token);
	/* The same secret after a loss of the log, which now ends before the
	 * session began. */
	sim_release(&sim);
	set_up(NULL);
	say(sim_join(&sim, "bob"), 2);
	expect_foreign("alice", token);
}

static void
sessions_expire(void **state)
{
	struct sim_client *a;
	char token[128];
	const char *sync;

	(void)state;
	a = join("alice", token);
	say(a, 2);
	sim_tear(a);
	sim_wait(&sim, 7 * 86400000 - 1000);
	a = resume("alice", token, "&after=2", &sync);
	expect_member(sync, "resumed", "true");
	sim_tear(a);
	sim_wait(&sim, 1001);
	expect_foreign("alice", token);
}

/* The clock is set, for as long as less than ten minutes, and a turn sees it.
 */
static void
step_the_clock(int64_t days)
{
	sim.now.wall += (uint64_t)(days * 86400000);
	sim_free(sim_join(&sim, "bob"));
}

/* Neither sessions that began before it nor those that begin meanwhile. */
static void
steps_of_the_clock_end_no_session(void **state)
{
	static const int64_t steps[] = { 8, -8, -400, 5000 };
	struct sim_client *a;
	char before[128], meanwhile[128];
	const char *sync;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		sim_free(join("alice", before));
		step_the_clock(steps[i]);
		a = resume("alice", before, "&after=0", &sync);
		expect_member(sync, "resumed", "true");
		sim_free(a);
		sim_free(join("carol", meanwhile));
		sim_wait(&sim, 590000);
		step_the_clock(-steps[i]);
		a = resume("alice", before, "&after=0", &sync);
		expect_member(sync, "resumed", "true");
		sim_free(a);
		a = resume("carol", meanwhile, "&after=0", &sync);
		expect_member(sync, "resumed", "true");
		sim_free(a);
		sim_wait(&sim, 700000);
	}
}

/* A step that lasts is the truth. */
static void
steps_of_the_clock_that_last_age_sessions(void **state)
{
	char token[128];

	(void)state;
	sim_free(join("alice", token));
	step_the_clock(8);
	sim_wait(&sim, 601000);
	sim_free(sim_join(&sim, "bob"));
	expect_foreign("alice", token);
}

/* The clock was wrong, and a restart has it right: what began meanwhile does
 * not last for as long as it was wrong. */
static void
sessions_from_the_future_expire(void **state)
{
	struct sim_client *a;
	char token[128];
	const char *sync;

	(void)state;
	step_the_clock(5);
	sim_wait(&sim, 601000);
	sim_free(join("alice", token));
	sim_release(&sim);
	set_up(NULL);
	a = resume("alice", token, "&after=0", &sync);
	expect_member(sync, "resumed", "true");
	sim_free(a);
	step_the_clock(8);
	sim_wait(&sim, 601000);
	sim_free(join("alice", token));
	sim_release(&sim);
	set_up(NULL);
	expect_foreign("alice", token);
}

/* A window is sent no message that was said under greater limits and is longer
 * than the window has to accept. */
static void
long_frames_are_a_gap(void **state)
{
	struct chat_config c = config;
	struct sim_client *a, *b, *slow;
	char token[128], target[256];
	const char *sync;

	(void)state;
	sim_release(&sim);
	c.limits.past_size = c.limits.live_size = 4 << 20;
	c.limits.max_message = c.limits.max_text = 400000;
	c.limits.max_queue = 1 << 20;
	assert_true(sim_init(&sim, &c));
	a = join("alice", token);
	b = sim_join(&sim, "bob");
	say(b, 2);
	sim_say(b, "{'type':'message','to':'bob','text':'%0300000d'}", 3);
	sim_say(b, "{'type':'message','text':'%0300000d'}", 4);
	sim_run(&sim);
	say(b, 2);
	sim_tear(a);
	slow = sim_connect(&sim, 0);
	snprintf(target, sizeof(target), "alice?session=%s&after=1", token);
	sim_open(slow, target);
	slow->window = 1500;
	sim_turn(&sim);
	c.limits.max_message = 8192;
	assert_int_equal(sim_configure(&sim, &c), CHAT_OK);
	/* A client that is told that no entry is missing is sent them all. */
	slow->window = SIM_ALL;
	sim_run(&sim);
	expect(slow, "welcome");
	expect_member(expect(slow, "sync"), "gap", "false");
	assert_int_equal(sim_number(expect(slow, "message"), "seq"), 2);
	expect_replay(slow, 4, 6);
	a = resume("alice", token, "&after=1", &sync);
	expect_member(sync, "gap", "true");
	expect_member(sync, "from", "5");
	expect_replay(a, 5, 6);
	/* Earlier entries can still be had. */
	sim_say(a, "{'type':'history','before':5,'limit':100}");
	sim_run(&sim);
	assert_non_null(strstr(expect(a, "history"),
	    "[{\"type\":\"message\","
	    "\"seq\":1,"));
	sim_tear(a);
	a = resume("alice", token, "&after=4", &sync);
	expect_member(sync, "gap", "false");
	expect_replay(a, 5, 6);
	a = sim_join(&sim, "carol");
	expect(a, "welcome");
	sync = expect(a, "sync");
	expect_member(sync, "gap", "false");
	expect_member(sync, "from", "5");
	expect_replay(a, 5, 6);
}

/* A reload keeps its session and asks for what a new window would. */
static void
session_without_position_gets_recent_ones(void **state)
{
	struct sim_client *a;
	char token[128];
	const char *sync;

	(void)state;
	a = join("alice", token);
	say(a, 60);
	a = resume("alice", token, "&history=5", &sync);
	expect_member(sync, "resumed", "true");
	expect_member(sync, "gap", "false");
	expect_replay(a, 56, 60);
}

static void
whisper(struct sim_client *c, const char *to, const char *text)
{
	sim_say(c, "{'type':'message','to':'%s','text':'%s'}", to, text);
	sim_run(&sim);
}

/* Replayed in place by seq, to the sessions of the two that had joined. */
static void
private_messages_are_replayed_to_the_two(void **state)
{
	struct sim_client *a, *b, *c, *d;
	char alice[128], bob[128], carol[128];
	const char *sync;
	int i;

	(void)state;
	a = join("alice", alice);
	b = join("bob", bob);
	c = join("carol", carol);
	say(c, 1);
	whisper(a, "bob", "two");
	say(c, 1);
	whisper(b, "alice", "four");
	whisper(c, "carol", "five");
	say(c, 1);
	sim_tear(a);
	sim_tear(b);
	sim_tear(c);
	for (i = 0; i < 2; i++) {
		d = i == 0 ? resume("alice", alice, "&after=0", &sync)
			   : resume("bob", bob, "&after=0", &sync);
		expect_member(expect(d, "message"), "seq", "1");
		expect_member(expect(d, "message"), "text", "'two'");
		expect_member(expect(d, "message"), "seq", "3");
		expect_member(expect(d, "message"), "text", "'four'");
		expect_member(expect(d, "message"), "seq", "6");
		expect(d, "users");
	}
	d = resume("carol", carol, "&after=0", &sync);
	expect_member(expect(d, "message"), "seq", "1");
	expect_member(expect(d, "message"), "seq", "3");
	expect_member(expect(d, "message"), "seq", "5");
	expect_member(expect(d, "message"), "seq", "6");
	expect(d, "users");
}

/* A replay that is under way when the room closes goes on to its end, private
 * messages included: the client's position will be after them. */
static void
closing_leaves_nothing_out_of_a_replay(void **state)
{
	struct sim_client *a, *b;
	char token[128], target[256];

	(void)state;
	a = join("alice", token);
	b = join("bob", token);
	say(a, 1);
	whisper(a, "bob", "two");
	say(a, 1);
	sim_tear(b);
	snprintf(target, sizeof(target), "bob?session=%s&after=0", token);
	b = sim_connect(&sim, 0);
	b->window = 100;
	sim_open(b, target);
	sim_turn(&sim);
	chat_core_drain(sim.core, 1012);
	b->window = SIM_ALL;
	sim_run(&sim);
	expect(b, "welcome");
	expect(b, "sync");
	expect_member(expect(b, "message"), "seq", "1");
	expect_member(expect(b, "message"), "text", "'two'");
	expect_member(expect(b, "message"), "seq", "3");
	expect(b, "users");
	expect(b, "bye");
	expect_closed(b, 1012);
}

/* A user that takes the name later was not meant. */
static void
later_sessions_see_no_private_message(void **state)
{
	struct sim_client *a, *b, *late;
	char token[128];
	const char *sync, *text;

	(void)state;
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	whisper(a, "bob", "secret");
	sim_tear(b);
	late = join("bob", token);
	expect_member(expect(late, "sync"), "to", "1");
	expect(late, "users");
	sim_hush(&sim);
	sim_say(late, "{'type':'history','limit':100}");
	sim_run(&sim);
	text = expect(late, "history");
	expect_member(text, "entries", "[]");
	expect_member(text, "more", "false");
	/* Nor by resuming the later session from before. */
	whisper(a, "bob", "for you");
	sim_tear(late);
	late = resume("bob", token, "&after=0", &sync);
	expect_member(expect(late, "message"), "text", "'for you'");
	expect(late, "users");
}

static void
dedupe_holds_after_resume(void **state)
{
	struct sim_client *a, *b;
	char token[128];
	const char *sync;

	(void)state;
	b = sim_join(&sim, "bob");
	a = join("alice", token);
	sim_say(a, "{'type':'message','ref':'x','text':'once'}");
	sim_turn(&sim);
	sim_tear(a);
	a = resume("alice", token, "&after=0", &sync);
	expect_member(expect(a, "message"), "ref", "'x'");
	expect(a, "users");
	sim_hush(&sim);
	sim_say(a, "{'type':'message','ref':'x','text':'once'}");
	sim_say(a, "{'type':'message','ref':'x','text':'other'}");
	sim_run(&sim);
	expect_member(expect(a, "ack"), "duplicate", "true");
	expect_error(a, "ref_used");
	expect_none(b);
}

/* The table covers the last 65,536 numbers of the log, and sync says so. */
static void
refs_are_forgotten_in_order(void **state)
{
	struct sim_client *a;
	char token[128];
	const char *sync;
	int i;

	(void)state;
	a = join("alice", token);
	sim_say(a, "{'type':'message','ref':'first','text':'x'}");
	sim_say(a, "{'type':'message','ref':'second','text':'x'}");
	for (i = 2; i < 65536; i++) {
		sim_say(a, "{'type':'message','text':'x'}");
		if (i % 64 == 0) {
			sim_run(&sim);
			sim_skip(a);
		}
	}
	sim_say(a, "{'type':'message','ref':'first','text':'x'}");
	sim_hush(&sim);
	a = resume("alice", token, "", &sync);
	expect_member(sync, "to", "65536");
	expect_member(sync, "refs_from", "1");
	sim_hush(&sim);
	/* One more and the first is new again; the second is not. */
	sim_say(a, "{'type':'message','text':'x'}");
	sim_run(&sim);
	expect(a, "message");
	sim_say(a, "{'type':'message','ref':'second','text':'x'}");
	sim_run(&sim);
	expect_member(expect(a, "ack"), "seq", "2");
	sim_say(a, "{'type':'message','ref':'first','text':'x'}");
	sim_run(&sim);
	expect_member(expect(a, "ack"), "seq", "65538");
	a = resume("alice", token, "", &sync);
	expect_member(sync, "refs_from", "3");
}

/* Two windows of one session are two windows of one sender. */
static void
session_may_be_open_twice(void **state)
{
	struct sim_client *a, *twin;
	char token[128];
	const char *sync;

	(void)state;
	a = join("alice", token);
	twin = resume("alice", token, "&after=0", &sync);
	sim_hush(&sim);
	sim_say(a, "{'type':'message','ref':'x','text':'hi'}");
	sim_say(twin, "{'type':'message','ref':'x','text':'hi'}");
	sim_run(&sim);
	expect_member(expect(a, "ack"), "seq", "1");
	expect(a, "message");
	expect_none(a);
	expect(twin, "message");
	expect_member(expect(twin, "ack"), "duplicate", "true");
	expect_none(twin);
}

/* Retries of sends that are not recorded yet wait, but only so many of them;
 * the others can retry again. */
static void
retries_that_wait_are_bounded(void **state)
{
	struct sim_client *c[3];
	char token[128];
	const char *sync, *text;
	int i, j, acks = 0, refused = 0;

	(void)state;
	sim_release(&sim);
	assert_true(sim_init(&sim, NULL)); /* a turn takes in a lot more */
	c[0] = join("alice", token);
	c[1] = resume("alice", token, "", &sync);
	c[2] = resume("alice", token, "", &sync);
	sim_hush(&sim);
	for (i = 0; i < 600; i++)
		for (j = 0; j < 3; j++)
			sim_say(
			    c[j], "{'type':'message','ref':'x','text':'y'}");
	sim_run(&sim);
	for (j = 0; j < 3; j++)
		while ((text = sim_next(c[j])) != NULL) {
			acks += sim_is(text, "type", "'ack'");
			refused += sim_is(text, "code", "'storage'");
		}
	assert_int_equal(chat_core_metrics(sim.core)->traffic.messages, 1);
	assert_int_equal(acks + refused, 1800);
	assert_in_range(acks, 1025, 1799);
	sim_say(c[0], "{'type':'message','ref':'x','text':'y'}");
	sim_run(&sim);
	expect_member(expect(c[0], "ack"), "seq", "1");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(session_goes_on),
		TEST(resumed_token_is_as_good_as_the_first),
		TEST(nothing_new_is_no_gap),
		TEST(overrun_is_told_as_a_gap),
		TEST(position_beyond_the_log_is_a_gap),
		TEST(position_without_session_is_a_gap),
		TEST(foreign_tokens_are_worthless),
		TEST(tokens_of_other_logs_are_worthless),
		TEST(session_of_a_longer_log_is_foreign),
		TEST(sessions_expire),
		TEST(long_frames_are_a_gap),
		TEST(steps_of_the_clock_end_no_session),
		TEST(steps_of_the_clock_that_last_age_sessions),
		TEST(sessions_from_the_future_expire),
		TEST(session_without_position_gets_recent_ones),
		TEST(private_messages_are_replayed_to_the_two),
		TEST(closing_leaves_nothing_out_of_a_replay),
		TEST(later_sessions_see_no_private_message),
		TEST(dedupe_holds_after_resume),
		TEST(refs_are_forgotten_in_order),
		TEST(session_may_be_open_twice),
		TEST(retries_that_wait_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

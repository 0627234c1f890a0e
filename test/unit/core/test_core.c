/* Tests of the turn: how much it takes in, the share of each connection, and
 * what a slow or greedy one costs the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "failing_alloc.h"

#define LIVE 1048576 /* the standard size of the live ring */

static struct sim sim;
static struct failing_alloc heap;

static void
begin(struct chat_limits limits)
{
	struct chat_config config = { .limits = limits };

	limits.message_rate = limits.request_rate = CHAT_OFF;
	config.limits = limits;
	failing_alloc_init(&heap, 0);
	config.alloc = heap.alloc;
	assert_true(sim_init(&sim, &config));
}

static int
tear_down(void **state)
{
	(void)state;
	sim_release(&sim);
	failing_alloc_check(&heap);
	return 0;
}

static struct sim_client *
join(const char *name)
{
	struct sim_client *c = sim_join(&sim, name);

	expect(c, "welcome");
	return c;
}

/* A message of n units, as {"type":"message","text":"..."}. */
static void
say_long(struct sim_client *c, const char *to, const char *unit, size_t n)
{
	size_t size = strlen(unit), i;
	char *text = malloc(n * size + 1);

	assert_non_null(text);
	for (i = 0; i < n; i++)
		memcpy(text + i * size, unit, size);
	text[n * size] = '\0';
	if (to != NULL)
		sim_say(
		    c, "{'type':'message','to':'%s','text':'%s'}", to, text);
	else
		sim_say(c, "{'type':'message','text':'%s'}", text);
	free(text);
}

/* Twenty clients say as much as they can, in `each` messages each, and one
 * listens: returns the most bytes that came out of one turn. */
static uint64_t
busiest_turn(const char *to, const char *unit, size_t n, int each)
{
	struct sim_client *c[20], *b = join("bob");
	uint64_t most = 0, before;
	int i, j;

	for (i = 0; i < 20; i++)
		c[i] = join("alice");
	sim_hush(&sim);
	for (i = 0; i < 20; i++)
		for (j = 0; j < each; j++)
			say_long(c[i], to, unit, n);
	for (i = 0; i < 20 * each; i++) {
		before = b->received;
		sim_turn(&sim);
		if (b->received - before > most)
			most = b->received - before;
	}
	sim_run(&sim);
	assert_int_equal(
	    chat_core_metrics(sim.core)->traffic.messages, 20 * each);
	assert_int_equal(chat_core_metrics(sim.core)->lagged, 0);
	for (i = 0; i < 20 * each; i++)
		assert_int_equal(
		    sim_number(expect(b, "message"), "seq"), i + 1);
	return most;
}

static void
turn_takes_in_a_quarter_of_the_ring(void **state)
{
	(void)state;
	begin((struct chat_limits){ 0 });
	assert_in_range(
	    busiest_turn(NULL, "x", 4000, 20), LIVE / 8, LIVE / 4 + 5000);
}

/* The length of a message counts as it goes out, not as it was meant. */
static void
escapes_count(void **state)
{
	(void)state;
	begin((struct chat_limits){ 0 });
	assert_in_range(
	    busiest_turn(NULL, "\\\"", 4000, 8), LIVE / 8, LIVE / 4 + 9000);
}

static void
private_messages_count(void **state)
{
	(void)state;
	begin((struct chat_limits){ 0 });
	assert_in_range(
	    busiest_turn("bob", "\\\"", 4000, 8), LIVE / 8, LIVE / 4 + 9000);
}

/* Even the longest messages, for as long as one likes, overrun nobody who
 * takes what it is sent. */
static void
healthy_reader_is_never_cut(void **state)
{
	(void)state;
	begin((struct chat_limits){ .max_text = 65536 });
	assert_in_range(busiest_turn(NULL, "x", 65000, 4), LIVE / 8, LIVE / 2);
}

static void
healthy_recipient_is_never_cut(void **state)
{
	(void)state;
	begin((struct chat_limits){ .max_text = 65536, .max_queue = 70000 });
	assert_in_range(busiest_turn("bob", "x", 65000, 4), LIVE / 8, LIVE / 2);
}

/* With the smallest rings as well. */
static void
small_rings_are_enough(void **state)
{
	(void)state;
	begin((struct chat_limits){ .past_size = 16384, .live_size = 16384 });
	assert_in_range(busiest_turn(NULL, "x", 3000, 20), 3000, 16384 / 2);
}

/* Joins and typing count as well: all of it goes to everybody. */
static void
joins_and_typing_count(void **state)
{
	struct sim_client *c;
	char target[256];
	int i;

	(void)state;
	begin((struct chat_limits){ .past_size = 16384, .live_size = 16384 });
	for (i = 0; i < 200; i++) {
		snprintf(target, sizeof(target),
		    "%03d%%F0%%9F%%98%%80%%F0%%9F%%98%%80%%F0%%9F%%98%%80"
		    "%%F0%%9F%%98%%80%%F0%%9F%%98%%80%%F0%%9F%%98%%80"
		    "%%F0%%9F%%98%%80%%F0%%9F%%98%%80%%F0%%9F%%98%%80"
		    "%%F0%%9F%%98%%80%%F0%%9F%%98%%80%%F0%%9F%%98%%80"
		    "%%F0%%9F%%98%%80%%F0%%9F%%98%%80?history=0",
		    i);
		sim_open(sim_connect(&sim, 0), target);
	}
	sim_turn(&sim);
	assert_in_range(chat_core_metrics(sim.core)->windows, 1, 100);
	sim_wait(&sim, 5000);
	assert_int_equal(chat_core_metrics(sim.core)->windows, 200);
	sim_hush(&sim);
	for (c = sim.clients; c != NULL; c = c->next)
		sim_say(c, "{'type':'typing'}");
	sim_run(&sim);
	assert_int_equal(chat_core_metrics(sim.core)->lagged, 0);
	for (i = 0; i < 200; i++)
		expect(sim.clients, "typing");
}

/* One client says very much and others say a little: these wait for a few turns
 * at most. */
static void
nobody_starves(void **state)
{
	struct sim_client *hog, *c[20];
	int i, j;

	(void)state;
	begin((struct chat_limits){ .past_size = 16384, .live_size = 16384 });
	hog = join("hog");
	for (i = 0; i < 20; i++)
		c[i] = join("alice");
	sim_hush(&sim);
	for (i = 0; i < 2000; i++)
		say_long(hog, NULL, "x", 1000);
	sim_turn(&sim);
	sim_turn(&sim);
	for (i = 0; i < 20; i++)
		sim_say(c[i], "{'type':'message','ref':'r%d','text':'me'}", i);
	for (j = 0; j < 8; j++)
		sim_turn(&sim);
	for (i = 0; i < 20; i++) {
		while (c[i]->read < c[i]->texts.n &&
		    !sim_is(c[i]->texts.p + c[i]->read, "type", "'ack'"))
			sim_next(c[i]);
		expect(c[i], "ack");
	}
	assert_true(hog->out.n > 0);
	sim_run(&sim);
	assert_int_equal(chat_core_metrics(sim.core)->traffic.messages, 2020);
	assert_int_equal(chat_core_metrics(sim.core)->lagged, 0);
}

/* The same when the owner reads all there is, whatever the room can take: the
 * bytes that it keeps are taken a share at a time. */
static void
nobody_starves_by_what_is_kept(void **state)
{
	struct sim_client *hog, *b;
	char *all;
	size_t n;
	int i;

	(void)state;
	begin((struct chat_limits){ .past_size = 16384, .live_size = 16384 });
	hog = join("hog");
	b = join("bob");
	sim_hush(&sim);
	for (i = 0; i < 200; i++)
		say_long(hog, NULL, "x", 1000);
	n = hog->out.n;
	all = malloc(n);
	assert_non_null(all);
	memcpy(all, hog->out.p, n);
	hog->out.n = 0;
	sim_say(b, "{'type':'message','ref':'x','text':'me'}");

	chat_core_begin(sim.core, sim.now);
	chat_core_receive(sim.core, hog->id, all, n);
	assert_false(chat_core_takes_more(sim.core));
	chat_core_receive(sim.core, b->id, b->out.p, b->out.n);
	b->out.n = 0;
	chat_core_record(sim.core);
	chat_core_apply(sim.core);
	free(all);
	/* It may be flushed later, too. */
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 0);
	sim_turn(&sim);
	sim_turn(&sim);
	while (b->read < b->texts.n &&
	    !sim_is(b->texts.p + b->read, "type", "'ack'"))
		sim_next(b);
	expect(b, "ack");
	assert_true(chat_core_metrics(sim.core)->traffic.messages < 50);
	sim_run(&sim);
	assert_int_equal(chat_core_metrics(sim.core)->traffic.messages, 201);
}

/* Sixty clients ask on and on, by HTTP and of the room, and read all answers.
 */
static void
ask_on_and_on(struct sim_client **c)
{
	char name[16];
	int i;

	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		c[i] = i % 2 == 0 ? sim_connect(&sim, 0) : join(name);
	}
	sim_hush(&sim);
	for (i = 0; i < 60; i++)
		while (c[i]->out.n < 50000)
			if (i % 2 == 0)
				sim_puts(c[i],
				    "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
			else
				sim_say(c[i], "{'type':'users'}");
}

/* A turn does not last longer because many questions came together. */
static void
answers_count(void **state)
{
	struct sim_client *c[60];
	uint64_t received;
	int i;

	(void)state;
	begin((struct chat_limits){ 0 });
	ask_on_and_on(c);
	for (received = 0, i = 0; i < 60; i++)
		received -= c[i]->received;
	sim_turn(&sim);
	for (i = 0; i < 60; i++)
		received += c[i]->received;
	assert_in_range(received, LIVE / 32, LIVE / 4 + 10000);
}

/* A client with one word to say does not wait until all those are done. */
static void
nobody_starves_by_questions(void **state)
{
	struct sim_client *a, *c[60];
	const char *text;
	int i, waited;

	(void)state;
	begin((struct chat_limits){ 0 });
	a = join("alice");
	ask_on_and_on(c);
	for (i = 0; i < 10; i++)
		sim_turn(&sim);
	for (waited = 0, i = 0; i < 5; i++) {
		sim_say(a, "{'type':'message','ref':'r%d','text':'me'}", i);
		do {
			sim_turn(&sim);
			waited++;
			while ((text = sim_next(a)) != NULL &&
			    !sim_is(text, "type", "'ack'"))
				;
		} while (text == NULL);
	}
	assert_in_range(waited, 5, 40);
}

/*
 * Slow readers
 */

/* A lag costs no memory, and a client that catches up has missed nothing. */
static void
slow_reader_costs_nothing(void **state)
{
	struct sim_client *a, *b;
	size_t bytes;
	int i;

	(void)state;
	begin((struct chat_limits){ .ping_interval = CHAT_OFF });
	a = join("alice");
	b = join("bob");
	for (i = 0; i < 2; i++) {
		say_long(a, NULL, "x", 3000);
		sim_hush(&sim);
	}
	b->window = 0;
	say_long(a, NULL, "x", 100);
	sim_run(&sim);
	sim_skip(a);
	bytes = heap.bytes;
	for (i = 0; i < 200; i++) {
		say_long(a, NULL, "x", 3000);
		sim_run(&sim);
		expect(a, "message");
	}
	assert_int_equal(heap.bytes, bytes);
	assert_int_not_equal(b->id, 0);
	b->window = 10000;
	sim_run(&sim);
	for (i = 0; i < 201; i++)
		assert_int_equal(
		    sim_number(expect(b, "message"), "seq"), i + 3);
	expect_none(b);
}

/* Typing is not worth a queue. */
static void
typing_does_not_wait(void **state)
{
	struct sim_client *a, *b;
	size_t bytes;
	int i;

	(void)state;
	begin((struct chat_limits){ .ping_interval = CHAT_OFF });
	a = join("alice");
	b = join("bob");
	sim_hush(&sim);
	b->window = 0;
	sim_say(a, "{'type':'message','to':'bob','text':'x'}");
	sim_run(&sim);
	bytes = heap.bytes;
	for (i = 0; i < 20; i++) {
		sim_say(a, "{'type':'typing','to':'bob'}");
		sim_wait(&sim, 2000);
	}
	assert_int_equal(heap.bytes, bytes);
	b->window = SIM_ALL;
	sim_run(&sim);
	expect(b, "message");
	expect_none(b);
}

/* A client that lags by more than a ring is cut, in the middle of a frame and
 * without a Close, and misses nothing when it comes back. */
static void
lagging_reader_is_cut_and_resumes(void **state)
{
	struct sim_client *a, *b;
	char target[256];
	uint64_t seq = 0;
	const char *text;
	int i;

	(void)state;
	begin((struct chat_limits){ .live_size = 16384 });
	a = join("alice");
	b = sim_join(&sim, "bob");
	snprintf(target, sizeof(target), "bob?session=%s&after=",
	    sim_string(expect(b, "welcome"), "session"));
	sim_hush(&sim);
	b->window = 1000;
	say_long(a, NULL, "x", 600);
	say_long(a, NULL, "x", 600);
	say_long(a, NULL, "x", 600);
	sim_turn(&sim);
	b->window = 0;
	for (i = 0; i < 40; i++) {
		say_long(a, NULL, "x", 600);
		sim_run(&sim);
		sim_skip(a);
	}
	assert_int_equal(b->id, 0);
	assert_int_equal(b->close_code, SIM_OPEN);
	assert_int_equal(chat_core_metrics(sim.core)->lagged, 1);
	assert_int_not_equal(a->id, 0);
	while ((text = sim_next(b)) != NULL)
		seq = sim_number(text, "seq");
	assert_in_range(seq, 1, 2);
	snprintf(target + strlen(target), 8, "%d", (int)seq);
	b = sim_join(&sim, target);
	expect(b, "welcome");
	expect_member(expect(b, "sync"), "gap", "false");
	while (seq++ < 43)
		assert_int_equal(sim_number(expect(b, "message"), "seq"), seq);
	expect(b, "users");
}

/* A replay that the ring overruns ends the same way. */
static void
lagging_replay_is_cut(void **state)
{
	struct sim_client *a, *b;
	int i;

	(void)state;
	begin((struct chat_limits){ .past_size = 16384 });
	a = join("alice");
	for (i = 0; i < 20; i++)
		say_long(a, NULL, "x", 600);
	sim_run(&sim);
	b = sim_connect(&sim, 0);
	b->window = 2000;
	sim_open(b, "bob?history=100");
	sim_turn(&sim);
	b->window = 0;
	for (i = 0; i < 40; i++) {
		say_long(a, NULL, "x", 600);
		sim_run(&sim);
	}
	assert_int_equal(b->id, 0);
	assert_int_equal(b->close_code, SIM_OPEN);
	assert_int_not_equal(a->id, 0);
}

/* However little a socket takes at a time, everything goes through in order,
 * its own and what is shared. */
static void
narrow_sockets_get_all(void **state)
{
	struct sim_client *a, *b;
	uint64_t seq, last;
	const char *text;
	size_t window;
	int i, acks;

	(void)state;
	begin((struct chat_limits){ 0 });
	a = join("alice");
	for (i = 0; i < 10; i++)
		sim_say(a, "{'type':'message','to':'alice','text':'%d'}", i);
	sim_run(&sim);
	for (window = 1; window < 700; window = 2 * window + 1) {
		sim.pieces = window % 5 + 1;
		b = sim_connect(&sim, 0);
		b->window = window;
		sim_open(b, "bob");
		for (i = 0; i < 10; i++) {
			sim_say(a, "{'type':'message','text':'%d'}", i);
			sim_say(a, "{'type':'message','to':'bob','text':'x'}");
			sim_say(b,
			    "{'type':'message','ref':'%d','to':'alice','text':'"
			    "y'}",
			    i);
			sim_turn(&sim);
		}
		sim_run(&sim);
		expect(b, "welcome");
		last = sim_number(expect(b, "sync"), "to");
		for (acks = 0; acks < 10;) {
			assert_non_null(text = sim_next(b));
			acks += sim_is(text, "type", "'ack'");
			if (!sim_is(text, "type", "'message'"))
				continue;
			seq = sim_number(text, "seq");
			assert_true(seq <= last || seq == last + 1);
			if (seq == last + 1)
				last++;
		}
		sim_free(b);
	}
	sim.pieces = 64;
}

/*
 * What a connection holds
 */

static void
idle_connections_hold_little(void **state)
{
	struct sim_client *c;
	size_t blocks, bytes;
	int i;

	(void)state;
	begin((struct chat_limits){ 0 });
	for (i = 0; i < 100; i++)
		join("alice");
	sim_hush(&sim);
	c = sim.clients;
	blocks = heap.blocks;
	bytes = heap.bytes;
	/* A frame in pieces needs memory while it is under way, not after. */
	sim_frame(c, 0x01, "{\"type\":", 8);
	sim_run(&sim);
	assert_true(heap.bytes > bytes);
	sim_frame(c, 0x80, "\"ping\"}", 7);
	sim_run(&sim);
	expect(c, "pong");
	assert_int_equal(heap.bytes, bytes);
	assert_int_equal(heap.blocks, blocks);
	sim_put(c, "\x81", 1);
	sim_run(&sim);
	assert_true(heap.bytes > bytes);
	sim_put(c, "\x80\0\0\0\0", 5);
	sim_run(&sim);
	expect_error(c, "bad_json");
	assert_int_equal(heap.bytes, bytes);
}

/* chat_core_wants() gives the same answer, however often it is asked. */
static void
asking_what_is_wanted_changes_nothing(void **state)
{
	struct sim_client *a;
	int i;

	(void)state;
	begin((struct chat_limits){ 0 });
	a = join("alice");
	a->silent = true;
	sim_frame(a, 0x88, "", 0);
	sim_run(&sim);
	assert_true(a->eof);
	for (i = 0; i < 3; i++)
		assert_int_equal(chat_core_wants(sim.core, a->id),
		    CHAT_WANTS_READ | CHAT_WANTS_HALF_CLOSE);
}

static void
room_knows_when_it_is_due(void **state)
{
	struct sim_client *a;

	(void)state;
	begin((struct chat_limits){ 0 });
	assert_int_equal(chat_core_timeout(sim.core, sim.now), -1);
	a = sim_connect(&sim, 0);
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 10000);
	sim.now.mono += 4000;
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 6000);
	sim.now.mono += 7000;
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 0);
	sim.now.mono -= 7000;
	sim_open(a, "alice");
	sim_run(&sim);
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 30000);
	sim_join(&sim, "bob");
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 100);
	sim_wait(&sim, 100);
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 29900);
	sim_tear(a);
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 5000);
	/* A queue that is not flushed yet is due immediately. */
	chat_core_begin(sim.core, sim.now);
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 5000);
	chat_core_drain(sim.core, 1001);
	chat_core_record(sim.core);
	chat_core_apply(sim.core);
	assert_int_equal(chat_core_timeout(sim.core, sim.now), 0);
}

/* Two rooms in one process do not know of each other. */
static void
rooms_are_apart(void **state)
{
	struct sim other;
	struct sim_client *a, *b;

	(void)state;
	begin((struct chat_limits){ 0 });
	assert_true(sim_init(&other, NULL));
	a = join("alice");
	b = sim_join(&other, "bob");
	sim_skip(a);
	sim_hush(&other);
	sim_say(a, "{'type':'message','text':'x'}");
	sim_run(&sim);
	sim_wait(&other, 1000);
	expect(a, "message");
	expect_none(b);
	assert_int_equal(chat_core_metrics(other.core)->users, 1);
	sim_release(&other);
}

/* Strings of a configuration have a greatest length, and are UTF-8 if they go
 * into frames: then what is written fits, and is read. */
static void
strings_are_checked(void **state)
{
	static const unsigned char seed[CHAT_SEED];
	static char text[200001];
	const char *origins[] = { "https://a.example", text, NULL };
	struct chat_config config = { .server = text };
	struct sim_client *c;
	size_t n;

	(void)state;
	memset(text, '\001', 200000);
	for (n = 200000; n > CHAT_MAX_SERVER; n = n / 2 + 1) {
		text[n] = '\0';
		assert_null(chat_core_new(&config, seed, sim.now));
	}
	text[CHAT_MAX_SERVER] = '\0';
	assert_true(sim_init(&sim, &config));
	c = sim_join(&sim, "alice");
	assert_int_equal(sim_member(expect(c, "welcome"), "server").n,
	    6 * CHAT_MAX_SERVER + 2);

	config.server = NULL;
	config.origins = origins;
	memset(text, 'a', 200000);
	for (n = 200000; n > CHAT_MAX_ORIGIN; n = n / 2 + 1) {
		text[n] = '\0';
		assert_null(chat_core_new(&config, seed, sim.now));
		assert_int_equal(
		    sim_configure(&sim, &config), CHAT_ERR_ARGUMENT);
	}
	text[CHAT_MAX_ORIGIN] = '\0';
	assert_int_equal(sim_configure(&sim, &config), CHAT_OK);

	config.server = "caf\xe9";
	assert_null(chat_core_new(&config, seed, sim.now));
	config.server = "caf\xc3";
	assert_null(chat_core_new(&config, seed, sim.now));
	failing_alloc_init(&heap, 0);
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(turn_takes_in_a_quarter_of_the_ring),
		TEST(escapes_count),
		TEST(private_messages_count),
		TEST(healthy_reader_is_never_cut),
		TEST(healthy_recipient_is_never_cut),
		TEST(small_rings_are_enough),
		TEST(joins_and_typing_count),
		TEST(nobody_starves),
		TEST(nobody_starves_by_what_is_kept),
		TEST(answers_count),
		TEST(nobody_starves_by_questions),
		TEST(slow_reader_costs_nothing),
		TEST(typing_does_not_wait),
		TEST(lagging_reader_is_cut_and_resumes),
		TEST(lagging_replay_is_cut),
		TEST(narrow_sockets_get_all),
		TEST(idle_connections_hold_little),
		TEST(asking_what_is_wanted_changes_nothing),
		TEST(room_knows_when_it_is_due),
		TEST(rooms_are_apart),
		TEST(strings_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

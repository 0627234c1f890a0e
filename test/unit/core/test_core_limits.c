/* Tests of how much one connection or one address may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static struct sim sim;

static void
begin(const struct chat_limits *l)
{
	struct chat_config config = { .limits = *l };

	assert_true(sim_init(&sim, &config));
}

static int
tear_down(void **state)
{
	(void)state;
	sim_release(&sim);
	return 0;
}

/* Sends a text and looks for its answer: 0 if there is one of that type,
 * otherwise the ms after which it may be sent again. */
static uint64_t
try(struct sim_client *c, const char *json, const char *type)
{
	const char *text;

	sim_skip(c);
	sim_say(c, "%s", json);
	sim_run(&sim);
	while ((text = sim_next(c)) != NULL) {
		if (sim_is(text, "type", type))
			return 0;
		if (sim_is(text, "type", "'error'")) {
			expect_member(text, "code", "'rate_limited'");
			return sim_number(text, "retry_after");
		}
	}
	fail();
	return 0;
}

static uint64_t
try_message(struct sim_client *c)
{
	static int n;
	char json[64];

	snprintf(json, sizeof(json), "{'type':'message','ref':'%d','text':'x'}",
	    n++);
	return try(c, json, "'ack'");
}

static uint64_t
try_ping(struct sim_client *c)
{
	return try(c, "{'type':'ping'}", "'pong'");
}

/* Not a millisecond too early, and then it works. */
static void
expect_true_pause(
    struct sim_client *c, uint64_t (*attempt)(struct sim_client *))
{
	uint64_t pause = attempt(c);

	assert_true(pause > 0);
	if (pause > 1)
		sim_wait(&sim, pause - 1);
	assert_int_equal(attempt(c), 1);
	sim_wait(&sim, 1);
	assert_int_equal(attempt(c), 0);
}

static void
messages_of_a_connection(void **state)
{
	struct sim_client *a, *b;
	int i;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	for (i = 0; i < 20; i++)
		assert_int_equal(try_message(a), 0);
	assert_int_equal(try_message(a), 200);
	expect_true_pause(a, try_message);
	expect_true_pause(a, try_message);
	/* Others have a rate of their own, and so do requests that are not
	 * messages. */
	assert_int_equal(try_message(b), 0);
	assert_int_equal(try_ping(a), 0);
	sim_wait(&sim, 60000);
	for (i = 0; i < 20; i++)
		assert_int_equal(try_message(a), 0);
	expect_true_pause(a, try_message);
}

static void
requests_of_a_connection(void **state)
{
	static const char *const requests[] = { "{'type':'history'}",
		"{'type':'users'}", "{'type':'typing'}", "{'type':'ping'}" };
	struct sim_client *a;
	const char *text;
	size_t i;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	for (i = 0; i < 100; i++)
		assert_int_equal(try_ping(a), 0);
	expect_true_pause(a, try_ping);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		assert_int_equal(try(a, requests[i], "'none'"), 50);
	text = "{'type':'ping','ref':'p'}";
	sim_skip(a);
	sim_say(a, "%s", text);
	sim_run(&sim);
	expect_member(expect_error(a, "rate_limited"), "ref", "'p'");
	assert_int_equal(try_message(a), 0);
}

static void
messages_of_an_address(void **state)
{
	struct chat_limits l = { .message_rate = 50,
		.message_burst = 50,
		.message_rate_per_address = 10,
		.message_burst_per_address = 6 };
	struct sim_client *a, *b, *other;
	int i;

	(void)state;
	begin(&l);
	a = sim_join_from(&sim, "alice", 1);
	b = sim_join_from(&sim, "bob", 1);
	other = sim_join_from(&sim, "carol", 2);
	for (i = 0; i < 3; i++) {
		assert_int_equal(try_message(a), 0);
		assert_int_equal(try_message(b), 0);
	}
	assert_int_equal(try_message(a), 100);
	assert_int_equal(try_message(b), 100);
	assert_int_equal(try_message(other), 0);
	expect_true_pause(b, try_message);
	/* Even when all is closed, an address is known for a while. */
	sim_tear(a);
	sim_tear(b);
	sim_run(&sim);
	a = sim_join_from(&sim, "dave", 1);
	expect_true_pause(a, try_message);
}

/* A message that was refused for its address costs the connection nothing, and
 * the longer pause of the two is told. */
static void
two_rates_have_one_pause(void **state)
{
	struct chat_limits l = { .message_rate = 1,
		.message_burst = 4,
		.message_rate_per_address = 2,
		.message_burst_per_address = 4 };
	struct sim_client *a, *b;
	int i;

	(void)state;
	begin(&l);
	a = sim_join_from(&sim, "alice", 1);
	b = sim_join_from(&sim, "bob", 1);
	for (i = 0; i < 4; i++)
		assert_int_equal(try_message(a), 0);
	assert_int_equal(try_message(a), 1000);
	for (i = 0; i < 8; i++)
		assert_int_equal(try_message(b), 500);
	expect_true_pause(b, try_message);
	sim_wait(&sim, 500);
	assert_int_equal(try_message(b), 0);
	assert_int_equal(try_message(a), 500);
	sim_wait(&sim, 500);
	assert_int_equal(try_message(a), 0);
	assert_int_equal(try_message(a), 500);
}

/* Says a text of n bytes; returns the pause that is asked for. */
static uint64_t
try_bytes(struct sim_client *c, size_t n)
{
	static int ref;
	static char json[1 << 17];

	assert_true(n < sizeof(json) - 64);
	snprintf(json, sizeof(json),
	    "{'type':'message','ref':'b%d','text':'%0*d'}", ref++, (int)n, 7);
	return try(c, json, "'ack'");
}

static uint64_t
try_kilobyte(struct sim_client *c)
{
	return try_bytes(c, 1024);
}

/* What counts is the frame that others get: some bytes more than the text. */
static void
bytes_of_a_connection(void **state)
{
	struct chat_limits l = { .message_rate = 100,
		.message_burst = 1000,
		.text_rate = 1024,
		.text_burst = 10240 };
	struct sim_client *a, *b;
	int i;

	(void)state;
	begin(&l);
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	for (i = 0; i < 9; i++)
		assert_int_equal(try_kilobyte(a), 0);
	/* One byte is left, so this goes out and the rest of it is owed. */
	assert_int_equal(try_kilobyte(a), 0);
	assert_in_range(try_kilobyte(a), 1000, 1200);
	expect_true_pause(a, try_kilobyte);
	expect_true_pause(a, try_kilobyte);
	assert_int_equal(try_kilobyte(b), 0);
	sim_wait(&sim, 20000);
	for (i = 0; i < 10; i++)
		assert_int_equal(try_kilobyte(a), 0);
	expect_true_pause(a, try_kilobyte);
	/* Nothing of it was counted as a message that was refused. */
	assert_int_equal(try_ping(a), 0);
}

static void
bytes_of_an_address(void **state)
{
	struct chat_limits l = { .message_rate = 100,
		.message_burst = 1000,
		.message_rate_per_address = 100,
		.text_rate = 1 << 20,
		.text_burst = 1 << 20,
		.text_rate_per_address = 2048,
		.text_burst_per_address = 8192 };
	struct sim_client *a, *b, *other;
	int i;

	(void)state;
	begin(&l);
	a = sim_join_from(&sim, "alice", 1);
	b = sim_join_from(&sim, "bob", 1);
	other = sim_join_from(&sim, "carol", 2);
	for (i = 0; i < 4; i++) {
		assert_int_equal(try_kilobyte(a), 0);
		assert_int_equal(try_kilobyte(b), 0);
	}
	assert_true(try_kilobyte(a) > 0);
	assert_true(try_kilobyte(b) > 0);
	assert_int_equal(try_kilobyte(other), 0);
	expect_true_pause(b, try_kilobyte);
	/* Even when all is closed, an address is known for a while. */
	sim_tear(a);
	sim_tear(b);
	sim_run(&sim);
	a = sim_join_from(&sim, "dave", 1);
	expect_true_pause(a, try_kilobyte);
}

/* The longest message passes the smallest burst, and a private one counts like
 * any other. */
static void
the_longest_message_is_always_possible(void **state)
{
	struct chat_limits l = { .max_text = 65536,
		.text_rate = 1024,
		.text_burst = 1024,
		.text_rate_per_address = 1024,
		.text_burst_per_address = 1024 };
	struct sim_client *a;

	(void)state;
	begin(&l);
	a = sim_join_from(&sim, "alice", 1);
	assert_int_equal(
	    try(a, "{'type':'message','ref':'p','to':'alice','text':'x'}",
		"'ack'"),
	    0);
	assert_int_equal(try_bytes(a, 65400), 0);
	assert_in_range(try_bytes(a, 1), 63000, 63500);
	sim_wait(&sim, 65000);
	assert_int_equal(try_bytes(a, 65400), 0);
}

static void
exempt_addresses_have_no_rates(void **state)
{
	struct chat_limits l = { .message_rate_per_address = 1,
		.message_burst_per_address = 1,
		.join_rate = 1,
		.join_burst = 1,
		.max_connections_per_address = 1 };
	struct sim_client *a, *b;

	(void)state;
	begin(&l);
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	assert_int_equal(try_message(a), 0);
	assert_int_equal(try_message(b), 0);
	assert_int_equal(try_message(b), 0);
}

static void
rates_can_be_off(void **state)
{
	struct chat_limits l = { .message_rate = CHAT_OFF,
		.request_rate = CHAT_OFF,
		.message_rate_per_address = CHAT_OFF,
		.join_rate = CHAT_OFF,
		.max_connections_per_address = CHAT_OFF,
		.max_connections = CHAT_OFF };
	struct sim_client *a = NULL;
	int i;

	(void)state;
	begin(&l);
	for (i = 0; i < 200; i++) {
		a = sim_join_from(&sim, "alice", 1);
		expect(a, "welcome");
	}
	for (i = 0; i < 500; i++) {
		assert_int_equal(try_message(a), 0);
		assert_int_equal(try_ping(a), 0);
	}
}

/* A retry of a recorded send is answered, whatever the rate. */
static void
retries_are_not_limited(void **state)
{
	static const char send[] = "{'type':'message','ref':'x','text':'x'}";
	struct sim_client *a;
	int i;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	assert_int_equal(try(a, send, "'ack'"), 0);
	while (try_message(a) == 0)
		;
	for (i = 0; i < 100; i++)
		assert_int_equal(try(a, send, "'ack'"), 0);
}

static void
limited_send_leaves_no_trace(void **state)
{
	static const char send[] = "{'type':'message','ref':'x','text':'x'}";
	static const char other[] = "{'type':'message','ref':'x','text':'y'}";
	struct sim_client *a;
	uint64_t pause;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	while (try_message(a) == 0)
		;
	pause = try(a, send, "'ack'");
	sim_wait(&sim, pause);
	assert_int_equal(try(a, other, "'ack'"), 0);
}

/* Joins and says how long to wait; 0: is in. */
static uint64_t
try_join(unsigned address)
{
	struct sim_client *c = sim_join_from(&sim, "eve", address);
	const char *text = sim_next(c);
	uint64_t pause = 0;

	if (sim_is(text, "type", "'error'")) {
		pause = sim_number(text, "retry_after");
		expect_closed(c, 1013);
	}
	sim_free(c);
	return pause;
}

static void
joins_of_an_address(void **state)
{
	uint64_t pause;
	int i;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	for (i = 0; i < 50; i++)
		assert_int_equal(try_join(1), 0);
	pause = try_join(1);
	assert_int_equal(pause, 100);
	assert_int_equal(try_join(2), 0);
	assert_int_equal(try_join(0), 0);
	sim_wait(&sim, pause);
	assert_int_equal(try_join(1), 0);
	assert_int_equal(try_join(1), 100);
}

static void
join_that_is_too_much_is_told_so(void **state)
{
	struct sim_client *c;

	(void)state;
	begin(&(struct chat_limits){ .join_burst = 1 });
	sim_join_from(&sim, "alice", 1);
	c = sim_join_from(&sim, "bob", 1);
	expect_member(expect_error(c, "rate_limited"), "retry_after", "100");
	expect_none(c);
	expect_closed(c, 1013);
}

static void
full_room_refuses(void **state)
{
	struct sim_client *clients[3], *c;
	uint64_t pause[2];
	int i;

	(void)state;
	begin(&(struct chat_limits){ .max_connections = 3 });
	for (i = 0; i < 3; i++)
		clients[i] = sim_join(&sim, "alice");
	for (i = 0; i < 2; i++) {
		c = sim_join(&sim, "bob");
		pause[i] = sim_number(expect_error(c, "full"), "retry_after");
		assert_in_range(pause[i], 100, 5000);
		expect_none(c);
		expect_closed(c, 1013);
		assert_int_equal(chat_core_metrics(sim.core)->refused, i + 1);
	}
	assert_int_not_equal(pause[0], pause[1]);
	sim_tear(clients[1]);
	expect(sim_join(&sim, "bob"), "welcome");
}

static void
full_address_refuses(void **state)
{
	struct sim_client *a;

	(void)state;
	begin(&(struct chat_limits){ .max_connections_per_address = 2 });
	a = sim_join_from(&sim, "alice", 1);
	sim_join_from(&sim, "alice", 1);
	expect_error(sim_join_from(&sim, "bob", 1), "full");
	expect(sim_join_from(&sim, "bob", 2), "welcome");
	sim_tear(a);
	expect(sim_join_from(&sim, "bob", 1), "welcome");
}

/* Clients that stay after a refusal take no more than a few places. */
static void
crowds_are_not_even_refused(void **state)
{
	struct sim_client *c;
	int i;

	(void)state;
	begin(&(struct chat_limits){ .max_connections = 16 });
	for (i = 0; (c = sim_connect(&sim, 0)) != NULL; i++)
		c->silent = true;
	assert_in_range(i, 17, 64);
	assert_int_equal(chat_core_metrics(sim.core)->refused, 1);
	sim_free(sim.clients);
	assert_non_null(sim_connect(&sim, 0));
	assert_null(sim_connect(&sim, 0));
}

static void
crowds_of_an_address_are_not_even_refused(void **state)
{
	int i;

	(void)state;
	begin(&(struct chat_limits){ .max_connections_per_address = 8 });
	for (i = 0; sim_connect(&sim, 1) != NULL; i++)
		;
	assert_in_range(i, 9, 64);
	assert_non_null(sim_connect(&sim, 2));
	assert_non_null(sim_connect(&sim, 0));
}

/* New limits hold for clients that are here, too. */
static void
limits_can_be_changed(void **state)
{
	struct chat_config config = { .limits = { .message_burst = 2 } };
	struct sim_client *a;

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	assert_int_equal(try_message(a), 0);
	assert_int_equal(try_message(a), 0);
	assert_int_equal(try_message(a), 200);
}

/* Also for a message of which a part has come. */
static void
limits_hold_for_what_has_begun(void **state)
{
	struct chat_config config = { .limits = { .max_message = 1000 } };
	struct sim_client *a;
	char text[2000];

	(void)state;
	begin(&(struct chat_limits){ 0 });
	a = sim_join(&sim, "alice");
	snprintf(
	    text, sizeof(text), "{\"type\":\"message\",\"text\":\"%01500d", 7);
	sim_frame(a, 0x01, text, strlen(text));
	sim_run(&sim);
	assert_int_equal(sim_configure(&sim, &config), CHAT_OK);
	sim_frame(a, 0x80, "\"}", 2);
	sim_run(&sim);
	expect_closed(a, 1009);
	assert_int_equal(chat_core_metrics(sim.core)->traffic.messages, 0);
}

/* The rings stay what they are, and so a message that does not fit them cannot
 * be allowed. */
static void
expect_bound(const struct chat_limits *small)
{
	struct chat_config config = { .limits = { .max_message = 65536 } };
	struct sim_client *a;

	begin(small);
	a = sim_join(&sim, "alice");
	sim_hush(&sim);
	assert_int_equal(
	    chat_core_configure(sim.core, &config), CHAT_ERR_ARGUMENT);
	config.limits.max_message = 0;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	sim_say(a, "{'type':'message','text':'%020000d'}", 7);
	sim_run(&sim);
	expect_closed(a, 1009);
}

static void
rings_bound_messages_for_ever(void **state)
{
	(void)state;
	expect_bound(&(struct chat_limits){ .live_size = 16384 });
	sim_release(&sim);
	expect_bound(&(struct chat_limits){ .past_size = 16384 });
}

static void
wrong_limits_are_refused(void **state)
{
	struct chat_config config = { .limits = { .past_size = 1 } };
	struct sim other;
	struct sim_client *a;

	(void)state;
	assert_false(sim_init(&other, &config));
	begin(&(struct chat_limits){ .message_burst = 1 });
	a = sim_join(&sim, "alice");
	config.limits.past_size = 0;
	config.limits.max_queue = 1;
	config.limits.message_burst = 10;
	assert_int_equal(
	    chat_core_configure(sim.core, &config), CHAT_ERR_ARGUMENT);
	assert_int_equal(try_message(a), 0);
	assert_int_equal(try_message(a), 200);
}

/*
 * Input that comes too fast
 */

/* Half a megabyte beyond the burst takes two seconds to be read, and then all
 * is answered; nobody else waits. */
static void
flood_is_read_at_its_pace(void **state)
{
	struct sim_client *a, *b;
	char text[30001];
	uint64_t start, end;
	int i;

	(void)state;
	begin(&(struct chat_limits){
	    .request_rate = CHAT_OFF, .past_size = 1 << 20 });
	a = sim_join(&sim, "alice");
	b = sim_join(&sim, "bob");
	sim_hush(&sim);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 50; i++)
		sim_say(a, "{'type':'ping','ref':'%d','more':'%s'}", i, text);
	start = sim.now.mono;
	sim_run(&sim);
	assert_true(a->out.n > 300000);
	assert_int_equal(a->wants & CHAT_WANTS_READ, 0);
	sim_say(b, "{'type':'ping'}");
	sim_run(&sim);
	expect(b, "pong");
	while (a->out.n > 0) {
		sim_wait(&sim, 50);
		assert_true(sim.now.mono < start + 10000);
	}
	end = sim.now.mono;
	assert_in_range(end - start, 1000, 4000);
	for (i = 0; i < 50; i++)
		assert_int_equal(atoi(sim_string(expect(a, "pong"), "ref")), i);
	assert_int_not_equal(a->wants & CHAT_WANTS_READ, 0);
}

/* However small frames are, they are not free. */
static void
small_frames_are_paced(void **state)
{
	struct sim_client *a;
	int i;

	(void)state;
	begin(&(struct chat_limits){ .request_rate = CHAT_OFF,
	    .input_rate = 25600,
	    .input_burst = 8192 });
	a = sim_join(&sim, "alice");
	sim_hush(&sim);
	sim_wait(&sim, 1000);
	for (i = 0; i < 2000; i++)
		sim_frame(a, 0x89, "", 0);
	sim_wait(&sim, 10000);
	assert_in_range(a->pongs, 900, 1100);
}

/* Frames that are no messages count as requests; beyond the burst, it is
 * enough. */
static void
nonsense_has_an_end(void **state)
{
	struct sim_client *a;
	int i;

	(void)state;
	begin(&(struct chat_limits){ .request_rate = 1, .request_burst = 10 });
	a = sim_join(&sim, "alice");
	sim_hush(&sim);
	for (i = 0; i < 10000; i++)
		sim_say(a, "%s", i % 2 == 0 ? "{" : "{'type':'what'}");
	sim_run(&sim);
	for (i = 0; i < 11; i++)
		expect_error(a, i % 2 == 0 ? "bad_json" : "bad_request");
	expect_none(a);
	assert_int_equal(a->close_code, 1008);
}

/* Doing so now and then ends nobody. */
static void
errors_now_and_then_are_forgiven(void **state)
{
	struct sim_client *a;
	int i;

	(void)state;
	begin(&(struct chat_limits){ .request_rate = 1, .request_burst = 10 });
	a = sim_join(&sim, "alice");
	sim_hush(&sim);
	for (i = 0; i < 100; i++) {
		sim_say(a, "{");
		sim_run(&sim);
		expect_error(a, "bad_json");
		sim_wait(&sim, 1000);
		sim_skip(a);
	}
	assert_int_equal(a->close_code, SIM_OPEN);
}

/* Pacing is off with the rate of messages, unless it is asked for. */
static void
rates_that_are_off_do_not_pace(void **state)
{
	struct chat_limits l = { .message_rate = CHAT_OFF };

	(void)state;
	begin(&(struct chat_limits){ 0 });
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.input_rate, CHAT_OFF);
	l = (struct chat_limits){ .message_rate = CHAT_OFF,
		.input_rate = 5000 };
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.input_rate, 5000);
}

/*
 * Requests by HTTP
 */

static void
ask(struct sim_client *c, int n)
{
	while (n-- > 0)
		sim_puts(c, "GET /healthz HTTP/1.1\r\nHost: sim\r\n\r\n");
}

static int
answers(struct sim_client *c)
{
	struct sim_response r;
	int n = 0;

	for (; sim_response(c, &r, false); n++)
		assert_int_equal(r.status, 200);
	return n;
}

/* Requests that come too fast are answered later, on whichever connection. */
static void
http_requests_of_an_address(void **state)
{
	struct sim_client *a, *b, *other, *exempt;

	(void)state;
	begin(&(struct chat_limits){ .http_rate = 10, .http_burst = 20 });
	a = sim_connect(&sim, 1);
	b = sim_connect(&sim, 1);
	other = sim_connect(&sim, 2);
	exempt = sim_connect(&sim, 0);
	ask(a, 25);
	ask(exempt, 100);
	sim_run(&sim);
	ask(b, 1);
	ask(other, 5);
	sim_run(&sim);
	assert_int_equal(answers(a), 20);
	assert_int_equal(answers(b), 0);
	assert_int_equal(answers(other), 5);
	assert_int_equal(answers(exempt), 100);
	assert_int_equal(a->wants & CHAT_WANTS_READ, 0);
	sim_wait(&sim, 700);
	assert_int_equal(answers(a), 5);
	assert_int_equal(answers(b), 1);
	assert_int_not_equal(a->wants & CHAT_WANTS_READ, 0);
}

/* Whatever it asks for: errors and handshakes cost as much as pages. */
static void
every_request_by_http_counts(void **state)
{
	struct sim_client *a;

	(void)state;
	begin(&(struct chat_limits){ .http_rate = 1, .http_burst = 4 });
	a = sim_connect(&sim, 1);
	sim_puts(a, "GET /nothing HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_puts(a, "POST / HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_puts(a, "GET /ws/a HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_run(&sim);
	sim_puts(sim_connect(&sim, 1), "nonsense\r\n\r\n");
	sim_run(&sim);
	a = sim_join_from(&sim, "alice", 1);
	assert_int_equal(a->status, 0);
	sim_wait(&sim, 1100);
	assert_int_equal(a->status, 101);
}

/* Nobody waits for ever, and frames are not requests. */
static void
http_requests_that_wait_have_an_end(void **state)
{
	struct sim_client *a, *b;
	struct sim_response r;

	(void)state;
	begin(&(struct chat_limits){ .http_rate = 1,
	    .http_burst = 100,
	    .message_rate = CHAT_OFF,
	    .request_rate = CHAT_OFF });
	b = sim_join_from(&sim, "bob", 1);
	sim_hush(&sim);
	a = sim_connect(&sim, 1);
	ask(a, 1000);
	sim_wait(&sim, 9000);
	assert_in_range(answers(a), 99, 110);
	a->silent = true;
	sim_say(b, "{'type':'ping'}");
	sim_run(&sim);
	expect(b, "pong");
	a = sim_connect(&sim, 1);
	ask(sim_connect(&sim, 1), 1000);
	sim_run(&sim);
	ask(a, 1);
	sim_wait(&sim, 30000);
	if (sim_response(a, &r, false))
		assert_true(r.status == 200 || r.status == 408);
}

static void
http_rates_can_be_off(void **state)
{
	struct sim_client *a;

	(void)state;
	begin(&(struct chat_limits){
	    .http_rate = CHAT_OFF, .message_rate = CHAT_OFF });
	a = sim_connect(&sim, 1);
	ask(a, 5000);
	sim_run(&sim);
	assert_int_equal(answers(a), 5000);
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages_of_a_connection),
		TEST(requests_of_a_connection),
		TEST(messages_of_an_address),
		TEST(bytes_of_a_connection),
		TEST(bytes_of_an_address),
		TEST(the_longest_message_is_always_possible),
		TEST(two_rates_have_one_pause),
		TEST(exempt_addresses_have_no_rates),
		TEST(rates_can_be_off),
		TEST(retries_are_not_limited),
		TEST(limited_send_leaves_no_trace),
		TEST(joins_of_an_address),
		TEST(join_that_is_too_much_is_told_so),
		TEST(full_room_refuses),
		TEST(full_address_refuses),
		TEST(crowds_are_not_even_refused),
		TEST(crowds_of_an_address_are_not_even_refused),
		TEST(flood_is_read_at_its_pace),
		TEST(small_frames_are_paced),
		TEST(nonsense_has_an_end),
		TEST(errors_now_and_then_are_forgiven),
		TEST(rates_that_are_off_do_not_pace),
		TEST(http_requests_of_an_address),
		TEST(every_request_by_http_counts),
		TEST(http_requests_that_wait_have_an_end),
		TEST(http_rates_can_be_off),
		TEST(limits_can_be_changed),
		TEST(limits_hold_for_what_has_begun),
		TEST(rings_bound_messages_for_ever),
		TEST(wrong_limits_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of one connection: its frames, its deadlines, its end. */
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

static int
set_up(void **state)
{
	struct chat_config config = {
		.limits = { .message_rate = CHAT_OFF },
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

static struct sim_client *
join(const char *name)
{
	struct sim_client *c = sim_join(&sim, name);

	expect(c, "welcome");
	sim_skip(c);
	return c;
}

/*
 * Frames
 */

static void
any_splitting_says_the_same(void **state)
{
	struct sim_client *a;
	size_t step;

	(void)state;
	for (step = 1; step < 200; step += 3) {
		a = join("alice");
		a->step = step;
		sim_say(a, "{'type':'ping','ref':'1'}");
		sim_frame(a, 0x01, "{\"type\":\"pi", 11);
		sim_frame(a, 0x89, "pinged", 6);
		sim_frame(a, 0x00, "", 0);
		sim_frame(a, 0x8a, "unasked", 7);
		sim_frame(a, 0x00, "ng\",\"ref\":\"\xc3", 12);
		sim_frame(a, 0x80, "\xa9\"}", 3);
		sim_say(a, "{'type':'ping','ref':'%0*d'}", 60, 3);
		sim_frame(a, 0x88,
		    "\x03\xe9"
		    "done",
		    6);
		sim_run(&sim);
		while (a->texts.p[a->read + 9] == 'p' &&
		    a->texts.p[a->read + 10] == 'r')
			expect(a, "presence");
		expect_member(expect(a, "pong"), "ref", "'1'");
		expect_member(expect(a, "pong"), "ref", "'\xc3\xa9'");
		expect(a, "pong");
		assert_int_equal(a->pongs, 1);
		expect_closed(a, 1001);
		sim_free(a);
	}
}

static void
big_frame_comes_in_small_pieces(void **state)
{
	struct sim_client *a, *b;
	size_t step;

	(void)state;
	b = join("bob");
	for (step = 1; step < 5000; step = step * 3 + 1) {
		a = join("alice");
		sim_hush(&sim);
		a->step = step;
		sim_say(a, "{'type':'message','ref':'x','text':'%04000d'}", 7);
		sim_run(&sim);
		expect(a, "ack");
		assert_int_equal(
		    sim_member(expect(b, "message"), "text").n, 4002);
		sim_free(a);
	}
}

static int
close_in_steps(const char *bytes, size_t n, size_t step)
{
	struct sim_client *c = join("alice");
	int code;

	c->step = step;
	sim_put(c, bytes, n);
	/* Input after that is not looked at. */
	sim_say(c, "{'type':'message','text':'too late'}");
	sim_run(&sim);
	code = c->close_code;
	assert_int_equal(c->id, 0);
	sim_free(c);
	return code;
}

/* Each of these frames gets its answer, in whatever pieces it comes. */
static int
close_of(const char *bytes, size_t n)
{
	int code = close_in_steps(bytes, n, SIM_ALL);

	assert_int_equal(close_in_steps(bytes, n, 1), code);
	return code;
}

#define CLOSE_OF(literal) close_of(literal, sizeof(literal) - 1)

static void
broken_frames_are_answered_rightly(void **state)
{
	(void)state;
	/* Not masked; reserved bits; reserved opcodes. */
	assert_int_equal(CLOSE_OF("\x81\x02{}"), 1002);
	assert_int_equal(CLOSE_OF("\xc1\x80\0\0\0\0"), 1002);
	assert_int_equal(CLOSE_OF("\xa1\x80\0\0\0\0"), 1002);
	assert_int_equal(CLOSE_OF("\x91\x80\0\0\0\0"), 1002);
	assert_int_equal(CLOSE_OF("\x83\x80\0\0\0\0"), 1002);
	assert_int_equal(CLOSE_OF("\x8b\x80\0\0\0\0"), 1002);
	/* Control frames in fragments, or too long. */
	assert_int_equal(CLOSE_OF("\x09\x80\0\0\0\0"), 1002);
	assert_int_equal(CLOSE_OF("\x08\x80\0\0\0\0"), 1002);
	assert_int_equal(CLOSE_OF("\x89\xfe\0\x7e\0\0\0\0"), 1002);
	/* A continuation of nothing; a message within a message. */
	assert_int_equal(CLOSE_OF("\x80\x80\0\0\0\0"), 1002);
	assert_int_equal(CLOSE_OF("\x01\x80\0\0\0\0\x81\x80\0\0\0\0"), 1002);
	/* Lengths: too long a form, 2^63, more than a message may have. */
	assert_int_equal(CLOSE_OF("\x81\xfe\0\x01\0\0\0\0x"), 1002);
	assert_int_equal(CLOSE_OF("\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0"), 1002);
	assert_int_equal(
	    CLOSE_OF("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"), 1009);
	assert_int_equal(
	    CLOSE_OF("\x81\xff\0\0\0\0\0\x01\0\x01\0\0\0\0"), 1009);
	/* Binary, whole or in part. */
	assert_int_equal(CLOSE_OF("\x82\x80\0\0\0\0"), 1003);
	assert_int_equal(CLOSE_OF("\x02\x81\0\0\0\0x"), 1003);
	/* Bad UTF-8: at the first bad byte, in a fragment, at the end. */
	assert_int_equal(CLOSE_OF("\x81\xfe\x10\0\0\0\0\0\xff"), 1007);
	assert_int_equal(CLOSE_OF("\x01\x83\0\0\0\0a\xed\xa0"), 1007);
	assert_int_equal(
	    CLOSE_OF("\x01\x81\0\0\0\0\xc3\x80\x81\0\0\0\0x"), 1007);
	assert_int_equal(
	    CLOSE_OF("\x01\x81\0\0\0\0\xc3\x80\x80\0\0\0\0"), 1007);
	assert_int_equal(CLOSE_OF("\x81\x81\0\0\0\0\xc3"), 1007);
	/* Close frames. */
	assert_int_equal(CLOSE_OF("\x88\x80\0\0\0\0"), SIM_NO_CODE);
	assert_int_equal(CLOSE_OF("\x88\x82\0\0\0\0\x03\xe8"), 1000);
	assert_int_equal(CLOSE_OF("\x88\x82\0\0\0\0\x0f\xa0"), 4000);
	assert_int_equal(CLOSE_OF("\x88\x81\0\0\0\0\x03"), 1002);
	assert_int_equal(CLOSE_OF("\x88\x82\0\0\0\0\x03\xed"), 1002);
	assert_int_equal(CLOSE_OF("\x88\x82\0\0\0\0\0\0"), 1002);
	assert_int_equal(CLOSE_OF("\x88\x83\0\0\0\0\x03\xe8\xff"), 1007);
	assert_int_equal(chat_core_metrics(sim.core)->traffic.messages, 0);
}

/* A message ends somewhere, even one of nothing but empty fragments. */
static void
empty_fragments_end_some_time(void **state)
{
	struct chat_config config = { .limits = { .max_message = 1000 } };
	struct sim_client *a;
	int i;

	(void)state;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	a = join("alice");
	for (i = 0; i < 1000; i++)
		sim_frame(a, i == 0 ? 0x01 : 0x00, "", 0);
	sim_run(&sim);
	assert_int_equal(a->close_code, SIM_OPEN);
	sim_frame(a, 0x00, "", 0);
	sim_run(&sim);
	expect_closed(a, 1009);
}

static void
fragments_together_are_bounded(void **state)
{
	struct sim_client *a;
	char part[40000];

	(void)state;
	memset(part, 'x', sizeof(part));
	a = join("alice");
	sim_frame(a, 0x01, part, sizeof(part));
	sim_run(&sim);
	assert_int_equal(a->close_code, SIM_OPEN);
	sim_frame(a, 0x80, part, sizeof(part));
	sim_run(&sim);
	expect_closed(a, 1009);
}

static void
longest_message_is_taken(void **state)
{
	struct sim_client *a;
	char *text;
	size_t n;

	(void)state;
	a = join("alice");
	sim_hush(&sim);
	for (n = 65535; n <= 65537; n++) {
		text = malloc(n);
		assert_non_null(text);
		memset(text, ' ', n);
		memcpy(text, "{\"type\":\"ping\"}", 15);
		sim_frame(a, 0x81, text, n);
		free(text);
		sim_run(&sim);
		if (n <= 65536)
			expect(a, "pong");
	}
	expect_none(a);
	expect_closed(a, 1009);
}

static void
pings_are_answered_in_kind(void **state)
{
	struct sim_client *a;
	char data[125];

	(void)state;
	memset(data, 'x', sizeof(data));
	a = sim_connect(&sim, 0);
	sim_open(a, "alice");
	sim_run(&sim);
	a->status = 0; /* keep the bytes that come */
	a->upgrades = false;
	a->in.n = 0;
	sim_frame(a, 0x89, "", 0);
	sim_frame(a, 0x89, data, sizeof(data));
	sim_run(&sim);
	assert_int_equal(a->in.n, 2 + 2 + 125);
	assert_memory_equal(a->in.p, "\x8a\x00\x8a\x7d", 4);
	assert_memory_equal(a->in.p + 4, data, sizeof(data));
}

/*
 * The end
 */

/* After its Close the room half-closes, reads on, and is gone when the other
 * side is. */
static void
closing_is_done_in_peace(void **state)
{
	struct sim_client *a;

	(void)state;
	a = join("alice");
	a->silent = true;
	sim_frame(a, 0x88, "\x03\xe8", 2);
	sim_run(&sim);
	assert_int_equal(a->close_code, 1000);
	assert_true(a->eof);
	assert_int_not_equal(a->id, 0);
	assert_int_not_equal(a->wants & CHAT_WANTS_READ, 0);
	assert_int_equal(chat_core_metrics(sim.core)->windows, 0);
	sim_say(a, "{'type':'message','text':'more'}");
	sim_run(&sim);
	assert_int_equal(a->out.n, 0);
	sim_end(a);
	sim_run(&sim);
	assert_int_equal(a->id, 0);
	assert_int_equal(chat_core_metrics(sim.core)->traffic.messages, 0);
}

/* Nobody waits for ever for a side that does not close. */
static void
closing_is_given_up(void **state)
{
	struct sim_client *a;

	(void)state;
	a = join("alice");
	a->silent = true;
	sim_frame(a, 0x88, "\x03\xe8", 2);
	sim_wait(&sim, 4999);
	assert_int_not_equal(a->id, 0);
	sim_wait(&sim, 1);
	assert_int_equal(a->id, 0);
}

/* Nor for one that goes on to send as fast as it can. */
static void
closing_has_no_room_for_floods(void **state)
{
	const struct chat_config config = { .limits = {
						.message_rate = CHAT_OFF,
						.input_rate = 1 << 18,
						.input_burst = 1 << 20 } };
	static const char x[65536];
	uint64_t before;
	struct sim_client *a;
	int i;

	(void)state;
	assert_int_equal(sim_configure(&sim, &config), CHAT_OK);
	a = join("alice");
	a->silent = true;
	sim_frame(a, 0x88, "\x03\xe8", 2);
	sim_run(&sim);
	assert_int_equal(a->close_code, 1000);
	before = chat_core_metrics(sim.core)->traffic.bytes_in;
	for (i = 0; i < 100 && a->id != 0; i++) {
		sim_frame(a, 0x82, x, sizeof(x));
		sim_run(&sim);
	}
	assert_int_equal(a->id, 0);
	assert_in_range(chat_core_metrics(sim.core)->traffic.bytes_in - before,
	    1 << 20, (1 << 20) + 200000);
}

static void
half_closed_client_has_left(void **state)
{
	struct sim_client *a, *b;

	(void)state;
	a = join("alice");
	b = join("bob");
	sim_hush(&sim);
	sim_say(b, "{'type':'message','ref':'x','text':'last'}");
	sim_end(b);
	sim_run(&sim);
	expect_member(expect(a, "message"), "text", "'last'");
	assert_int_equal(b->id, 0);
	sim_wait(&sim, 6000);
	expect_member(expect(a, "presence"), "left", "['bob']");
}

/* A connection that is closed gets its Close after all that was on its way. */
static void
close_comes_after_all_that_was_told(void **state)
{
	struct sim_client *a, *b;
	int i;

	(void)state;
	a = join("alice");
	b = join("bob");
	sim_hush(&sim);
	b->window = 100;
	for (i = 0; i < 20; i++)
		sim_say(a, "{'type':'message','text':'%d'}", i);
	sim_turn(&sim);
	sim_frame(b, 0x88, "\x03\xe8", 2);
	sim_turn(&sim);
	sim_say(a, "{'type':'message','text':'after'}");
	sim_run(&sim);
	for (i = 0; i < 20; i++)
		expect(b, "message");
	expect_none(b);
	expect_closed(b, 1000);
}

/*
 * Deadlines
 */

static void
silent_clients_are_pinged_and_given_up(void **state)
{
	struct sim_client *a;

	(void)state;
	a = join("alice");
	sim_wait(&sim, 29999);
	assert_int_equal(a->pings, 0);
	sim_wait(&sim, 1);
	assert_int_equal(a->pings, 1);
	/* It has answered. */
	sim_wait(&sim, 29999);
	assert_int_equal(a->pings, 1);
	sim_wait(&sim, 1);
	assert_int_equal(a->pings, 2);
	a->silent = true;
	sim_wait(&sim, 30000);
	assert_int_equal(a->pings, 3);
	sim_wait(&sim, 14999);
	assert_int_equal(a->close_code, SIM_OPEN);
	sim_wait(&sim, 1);
	assert_int_equal(a->close_code, 4001);
	sim_wait(&sim, 5000);
	assert_int_equal(a->id, 0);
}

/* The process stood still (a disk, a sleeping laptop): bytes that waited in the
 * sockets meanwhile came in time. */
static void
what_waited_during_a_stall_is_life(void **state)
{
	struct sim_client *a, *b, *half;

	(void)state;
	a = join("alice");
	b = join("bob");
	half = sim_connect(&sim, 1);
	sim_wait(&sim, 9999);
	sim_puts(half, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	sim.now.mono += 2500;
	sim_run(&sim);
	assert_int_equal(half->status, 0);
	assert_non_null(strstr(half->in.p, " 200 OK"));
	sim_wait(&sim, 30000 - 12499);
	assert_int_equal(a->pings, 1);
	/* alice answered, and the room has not read it; bob is gone. */
	b->silent = true;
	sim_wait(&sim, 30000);
	assert_int_equal(a->pings, 2);
	assert_int_equal(b->pings, 2);
	sim.now.mono += 17500;
	sim_run(&sim);
	assert_int_equal(a->close_code, SIM_OPEN);
	assert_int_equal(b->close_code, 4001);
}

/* Anything that comes is a sign of life, half a frame as well. */
static void
any_byte_is_life(void **state)
{
	struct sim_client *a;
	int i;

	(void)state;
	a = join("alice");
	a->silent = true;
	sim_frame(a, 0x81, "{\"type\":\"ping\"}            ", 27);
	a->step = 0;
	for (i = 0; i < 30; i++) {
		sim_wait(&sim, 29999);
		a->step = 1;
		sim_turn(&sim);
		a->step = 0;
	}
	assert_int_equal(a->pings, 0);
	sim_wait(&sim, 30000);
	assert_int_equal(a->pings, 1);
	a->step = 1;
	sim_turn(&sim);
	a->step = 0;
	sim_wait(&sim, 29999);
	assert_int_equal(a->pings, 1);
	assert_int_equal(a->close_code, SIM_OPEN);
}

/* So is reading, however slowly. */
static void
slow_reader_is_alive(void **state)
{
	struct sim_client *a, *b;
	int i;

	(void)state;
	a = join("alice");
	b = join("bob");
	sim_hush(&sim);
	b->silent = true;
	b->window = 0;
	for (i = 0; i < 100; i++)
		sim_say(a, "{'type':'message','text':'%01000d'}", i);
	sim_run(&sim);
	for (i = 0; i < 50; i++) {
		b->window = 1000;
		sim_turn(&sim);
		b->window = 0;
		sim_turn(&sim);
		sim_wait(&sim, 14000);
	}
	assert_int_not_equal(b->id, 0);
	assert_int_equal(b->close_code, SIM_OPEN);
	sim_wait(&sim, 50000);
	assert_int_equal(chat_core_metrics(sim.core)->windows, 1);
}

static void
deadlines_can_be_off(void **state)
{
	struct chat_config config = { .limits = { .ping_interval = CHAT_OFF,
					  .handshake_timeout = CHAT_OFF,
					  .drain_timeout = CHAT_OFF } };
	struct sim_client *a, *b, *c;

	(void)state;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	a = join("alice");
	a->silent = true;
	b = sim_connect(&sim, 0);
	sim_puts(b, "GET / HTTP");
	c = join("carol");
	c->silent = true;
	sim_frame(c, 0x88, "", 0);
	sim_wait(&sim, 86400000);
	assert_int_equal(chat_core_timeout(sim.core, sim.now), -1);
	assert_int_not_equal(a->id, 0);
	assert_int_not_equal(b->id, 0);
	assert_int_not_equal(c->id, 0);
	assert_int_equal(a->pings, 0);
}

/* Deadlines that are brought forward hold for connections that wait already,
 * and hold up no others. */
static void
deadlines_can_be_changed(void **state)
{
	struct chat_config config = { .limits = { .ping_interval = CHAT_OFF,
					  .handshake_timeout = 3600000 } };
	struct sim_client *a, *b, *c;

	(void)state;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	a = join("alice");
	b = sim_connect(&sim, 0);
	sim_wait(&sim, 20000);
	config.limits.ping_interval = 5000;
	config.limits.handshake_timeout = 10000;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	c = sim_connect(&sim, 0);
	sim_wait(&sim, 4999);
	assert_int_equal(a->pings, 0);
	sim_wait(&sim, 5000);
	assert_int_equal(a->pings, 1);
	assert_int_not_equal(b->id, 0);
	sim_wait(&sim, 1);
	assert_int_equal(b->id, 0);
	assert_int_equal(c->id, 0);
	config.limits.ping_interval = CHAT_OFF;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	sim_wait(&sim, 3600000);
	assert_int_equal(a->pings, 2);
}

/*
 * A queue that is full
 */

/* A client that asks without reading is not listened to until it reads. */
static void
answers_nobody_reads_stop_the_questions(void **state)
{
	struct chat_config config = { .limits = { .request_rate = CHAT_OFF,
					  .input_rate = CHAT_OFF } };
	struct sim_client *a, *b;
	size_t held;
	int i;

	(void)state;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	a = join("alice");
	b = join("bob");
	sim_hush(&sim);
	a->window = 0;
	for (i = 0; i < 20000; i++)
		sim_say(a, "{'type':'ping','ref':'%d'}", i);
	sim_run(&sim);
	held = a->out.n;
	assert_true(held > 100000);
	assert_int_equal(a->wants & CHAT_WANTS_READ, 0);
	assert_int_not_equal(a->id, 0);
	/* The others do not notice. */
	sim_say(b, "{'type':'message','ref':'x','text':'y'}");
	sim_run(&sim);
	expect(b, "ack");
	assert_int_equal(a->out.n, held);
	a->window = 5000;
	sim_run(&sim);
	assert_int_equal(a->out.n, 0);
	for (i = 0; i < 20000;) {
		const char *text = sim_next(a);

		assert_non_null(text);
		if (sim_is(text, "type", "'pong'"))
			assert_int_equal(atoi(sim_string(text, "ref")), i++);
	}
}

/* A client that does not read its private messages is cut, and can come back.
 */
static void
private_messages_nobody_reads_cut(void **state)
{
	struct chat_config config = { .limits = { .message_rate = CHAT_OFF,
					  .max_queue = 80000 } };
	struct sim_client *a, *b;
	char target[256];
	const char *text;
	uint64_t seq;
	int i;

	(void)state;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	a = join("alice");
	b = sim_join(&sim, "bob");
	snprintf(target, sizeof(target), "bob?after=0&session=%s",
	    sim_string(expect(b, "welcome"), "session"));
	b->window = 0;
	for (i = 0; i < 100; i++) {
		sim_say(a, "{'type':'message','to':'bob','text':'%01000d'}", i);
		sim_run(&sim);
	}
	assert_int_equal(b->id, 0);
	assert_int_equal(b->close_code, SIM_OPEN);
	assert_int_equal(chat_core_metrics(sim.core)->lagged, 1);
	b = sim_join(&sim, target);
	expect(b, "welcome");
	expect_member(expect(b, "sync"), "gap", "false");
	for (seq = 1; seq <= 100; seq++) {
		text = expect(b, "message");
		assert_int_equal(sim_number(text, "seq"), seq);
	}
	expect(b, "users");
}

/*
 * Draining
 */

static void
drain_says_goodbye(void **state)
{
	static const struct {
		int code;
		const char *reason;
	} codes[] = { { 1012, "'restart'" }, { 1001, "'shutdown'" } };
	struct sim_client *a, *b, *h;
	const char *text;
	uint64_t first, second;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		a = join("alice");
		b = join("bob");
		h = sim_connect(&sim, 0);
		sim_puts(h, "GET / HTTP/1.1\r\n");
		sim_hush(&sim);
		assert_false(chat_core_is_drained(sim.core));
		chat_core_drain(sim.core, codes[i].code);
		sim_run(&sim);
		text = expect(a, "bye");
		expect_member(text, "reason", codes[i].reason);
		first = sim_number(text, "retry_after");
		expect_none(a);
		expect_closed(a, codes[i].code);
		second = sim_number(expect(b, "bye"), "retry_after");
		expect_closed(b, codes[i].code);
		assert_in_range(first, 1, 10000);
		assert_int_not_equal(first, second);
		assert_int_equal(h->id, 0);
		assert_true(chat_core_is_drained(sim.core));
		tear_down(NULL);
		set_up(NULL);
	}
}

/* A client that has been answered, or has not asked, may never notice an end.
 */
static void
drain_waits_for_no_request(void **state)
{
	struct sim_client *fresh, *answered;

	(void)state;
	fresh = sim_connect(&sim, 0);
	fresh->silent = true;
	answered = sim_connect(&sim, 0);
	answered->silent = true;
	sim_puts(answered, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	sim_run(&sim);
	assert_true(answered->received > 0);
	chat_core_drain(sim.core, 1012);
	sim_run(&sim);
	assert_true(chat_core_is_drained(sim.core));
	assert_int_equal(fresh->id, 0);
	assert_int_equal(answered->id, 0);
}

/* However long nothing has happened before, there is time to say goodbye. */
static void
drain_begins_when_it_begins(void **state)
{
	struct sim_client *a;

	(void)state;
	a = join("alice");
	sim_hush(&sim);
	sim.now.mono += 25000;
	chat_core_drain(sim.core, 1012);
	sim_run(&sim);
	expect(a, "bye");
	expect_closed(a, 1012);
}

static void
drain_refuses_joins(void **state)
{
	struct sim_client *a;

	(void)state;
	chat_core_drain(sim.core, 1012);
	sim_run(&sim);
	a = sim_join(&sim, "alice");
	assert_true(sim_number(expect_error(a, "full"), "retry_after") > 0);
	expect_closed(a, 1013);
}

/* A client that does not go is cut off, whether it reads or not. */
static void
drain_ends(void **state)
{
	struct sim_client *a, *b, *c;
	int i;

	(void)state;
	a = join("alice");
	a->silent = true;
	b = join("bob");
	b->silent = true;
	b->window = 0;
	c = join("carol");
	c->silent = true;
	c->window = 1;
	for (i = 0; i < 50; i++)
		sim_say(a, "{'type':'message','text':'%01000d'}", i);
	sim_turn(&sim);
	sim_turn(&sim);
	chat_core_drain(sim.core, 1001);
	for (i = 0; i < 4999; i++) {
		sim_turn(&sim);
		sim.now.mono++;
	}
	assert_false(chat_core_is_drained(sim.core));
	assert_int_not_equal(c->id, 0);
	sim.now.mono++;
	sim_turn(&sim);
	sim_turn(&sim);
	assert_true(chat_core_is_drained(sim.core));
	assert_int_equal(a->id, 0);
	assert_int_equal(b->id, 0);
	assert_int_equal(c->id, 0);
}

/*
 * Ids
 */

static void
ids_of_the_gone_name_nothing(void **state)
{
	struct chat_str pieces[4];
	struct sim_client *a, *b;
	uint64_t old;
	char text[] = "GET / HTTP/1.1\r\nHost: sim\r\n\r\n";

	(void)state;
	a = sim_connect(&sim, 0);
	old = a->id;
	sim_tear(a);
	b = sim_connect(&sim, 0);
	assert_int_equal((uint32_t)b->id, (uint32_t)old);
	assert_int_not_equal(b->id, old);
	chat_core_begin(sim.core, sim.now);
	chat_core_receive(sim.core, old, text, sizeof(text) - 1);
	chat_core_end(sim.core, old);
	chat_core_writable(sim.core, old);
	chat_core_gone(sim.core, old);
	chat_core_gone(sim.core, 0);
	chat_core_gone(sim.core, UINT64_MAX);
	chat_core_record(sim.core);
	chat_core_apply(sim.core);
	assert_int_equal(chat_core_next(sim.core), 0);
	assert_int_equal(chat_core_output(sim.core, old, pieces, 4), 0);
	chat_core_sent(sim.core, old, 0);
	assert_int_equal(chat_core_wants(sim.core, old), 0);
	assert_int_equal(chat_core_wants(sim.core, b->id), CHAT_WANTS_READ);
	assert_int_equal(chat_core_metrics(sim.core)->connections, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_splitting_says_the_same),
		TEST(big_frame_comes_in_small_pieces),
		TEST(broken_frames_are_answered_rightly),
		TEST(empty_fragments_end_some_time),
		TEST(fragments_together_are_bounded),
		TEST(longest_message_is_taken),
		TEST(pings_are_answered_in_kind),
		TEST(closing_is_done_in_peace),
		TEST(closing_is_given_up),
		TEST(closing_has_no_room_for_floods),
		TEST(half_closed_client_has_left),
		TEST(close_comes_after_all_that_was_told),
		TEST(silent_clients_are_pinged_and_given_up),
		TEST(what_waited_during_a_stall_is_life),
		TEST(any_byte_is_life),
		TEST(slow_reader_is_alive),
		TEST(deadlines_can_be_off),
		TEST(deadlines_can_be_changed),
		TEST(answers_nobody_reads_stop_the_questions),
		TEST(private_messages_nobody_reads_cut),
		TEST(drain_says_goodbye),
		TEST(drain_waits_for_no_request),
		TEST(drain_begins_when_it_begins),
		TEST(drain_refuses_joins),
		TEST(drain_ends),
		TEST(ids_of_the_gone_name_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

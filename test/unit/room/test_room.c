/* Tests of the room: which windows hear a message, and what is answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

/* alice in two windows, bob, carol. */
struct room {
	struct sim sim;
	struct sim_client *a, *a2, *b, *c;
};

static int
set_up(void **state)
{
	static struct room r;

	assert_true(sim_init(&r.sim, NULL));
	r.a = sim_join(&r.sim, "alice");
	r.a2 = sim_join(&r.sim, "Alice");
	r.b = sim_join(&r.sim, "bob");
	r.c = sim_join(&r.sim, "carol");
	sim_hush(&r.sim);
	*state = &r;
	return 0;
}

static int
tear_down(void **state)
{
	struct room *r = *state;

	sim_release(&r->sim);
	return 0;
}

static void
public_message_reaches_all_windows(void **state)
{
	static const char want[] =
	    "{'type':'message','seq':1,'time':1764000000500,'from':'alice',"
	    "'by':'%s','ref':'Xk3vP0aQz1c','text':'h\xc3\xa9'}";
	struct room *r = *state;
	char message[256], by[16];
	struct sim_client *d = sim_join(&r->sim, "dave");

	snprintf(by, sizeof(by), "%s", sim_string(expect(d, "welcome"), "by"));
	sim_hush(&r->sim);
	r->sim.now.wall = SIM_WALL + 500;
	sim_say(
	    r->a, "{'type':'message','ref':'Xk3vP0aQz1c','text':'h\xc3\xa9'}");
	sim_run(&r->sim);
	/* The ack comes first, to the window that sent it alone. */
	expect_text(r->a,
	    "{'type':'ack','ref':'Xk3vP0aQz1c','seq':1,"
	    "'time':1764000000500}");
	snprintf(
	    by, sizeof(by), "%s", sim_string(r->a->texts.p + r->a->read, "by"));
	snprintf(message, sizeof(message), want, by);
	expect_text(r->a, message);
	expect_text(r->a2, message);
	expect_text(r->b, message);
	expect_text(r->c, message);
	expect_text(d, message);
	expect_none(r->a);
	expect_none(r->a2);
}

static void
private_message_reaches_two_users_alone(void **state)
{
	struct room *r = *state;
	const char *text;

	sim_say(r->a, "{'type':'message','ref':'x','to':'BOB','text':'psst'}");
	sim_run(&r->sim);
	expect_member(expect(r->a, "ack"), "seq", "1");
	text = expect(r->a, "message");
	expect_member(text, "from", "'alice'");
	expect_member(text, "to", "'bob'"); /* as he is shown */
	expect_member(text, "text", "'psst'");
	expect_member(expect(r->a2, "message"), "seq", "1");
	expect_member(expect(r->b, "message"), "seq", "1");
	expect_none(r->a);
	expect_none(r->a2);
	expect_none(r->b);
	expect_none(r->c);
}

static void
message_to_oneself_comes_once_per_window(void **state)
{
	struct room *r = *state;

	sim_say(r->a2, "{'type':'message','ref':'x','to':'alice','text':'n'}");
	sim_run(&r->sim);
	expect_member(expect(r->a, "message"), "to", "'alice'");
	expect_none(r->a);
	expect(r->a2, "ack");
	expect(r->a2, "message");
	expect_none(r->a2);
	expect_none(r->b);
}

static void
order_is_the_same_for_all(void **state)
{
	struct room *r = *state;
	int i;

	sim_say(r->a, "{'type':'message','text':'1'}");
	sim_say(r->a, "{'type':'message','to':'bob','text':'2'}");
	sim_say(r->a, "{'type':'message','text':'3'}");
	sim_say(r->b, "{'type':'message','to':'alice','text':'4'}");
	sim_say(r->c, "{'type':'message','text':'5'}");
	sim_run(&r->sim);
	for (i = 1; i <= 5; i++) {
		char seq[2] = { (char)('0' + i), '\0' };

		expect_member(expect(r->a, "message"), "seq", seq);
		expect_member(expect(r->a2, "message"), "seq", seq);
		expect_member(expect(r->b, "message"), "seq", seq);
		if (i % 2 != 0)
			expect_member(expect(r->c, "message"), "seq", seq);
	}
	expect_none(r->b);
	expect_none(r->c);
}

static void
without_ref_there_is_no_ack(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'message','text':'x'}");
	sim_say(r->a, "{'type':'message','text':'x'}");
	sim_run(&r->sim);
	expect_without(expect(r->a, "message"), "ref");
	expect_member(expect(r->a, "message"), "seq", "2");
	expect_none(r->a);
}

static void
retry_is_no_second_message(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'message','ref':'x','text':'once'}");
	sim_run(&r->sim);
	sim_wait(&r->sim, 5000);
	sim_say(r->a, "{'type':'message','ref':'x','text':'once'}");
	sim_run(&r->sim);
	expect_text(
	    r->a, "{'type':'ack','ref':'x','seq':1,'time':1764000000200}");
	expect(r->a, "message");
	expect_text(r->a,
	    "{'type':'ack','ref':'x','seq':1,'time':1764000000200,"
	    "'duplicate':true}");
	expect_none(r->a);
	expect(r->b, "message");
	expect_none(r->b);
}

static void
retry_in_the_same_turn_is_no_second_message(void **state)
{
	struct room *r = *state;
	int i;

	for (i = 0; i < 3; i++)
		sim_say(r->a, "{'type':'message','ref':'x','text':'once'}");
	sim_say(r->a, "{'type':'message','ref':'x','text':'other'}");
	sim_run(&r->sim);
	/* Refusals come immediately; acks wait for the log. */
	expect_member(expect_error(r->a, "ref_used"), "ref", "'x'");
	expect_without(expect(r->a, "ack"), "duplicate");
	expect_member(expect(r->a, "message"), "text", "'once'");
	expect_member(expect(r->a, "ack"), "duplicate", "true");
	expect_member(expect(r->a, "ack"), "duplicate", "true");
	expect_none(r->a);
	expect(r->b, "message");
	expect_none(r->b);
}

static void
same_ref_with_other_content_is_refused(void **state)
{
	static const char *const others[] = {
		"{'type':'message','ref':'x','text':'hi!'}",
		"{'type':'message','ref':'x','to':'bob','text':'hi'}",
		"{'type':'message','ref':'x','to':'alice','text':'hi'}",
		"{'type':'message','ref':'x','to':'nobody','text':'hi'}",
		"{'type':'message','ref':'x','to':"
		"'0123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789','text':'hi'}",
	};
	struct room *r = *state;
	size_t i;

	sim_say(r->a, "{'type':'message','ref':'x','text':'hi'}");
	sim_hush(&r->sim);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		sim_say(r->a, "%s", others[i]);
		sim_run(&r->sim);
		expect_member(expect_error(r->a, "ref_used"), "ref", "'x'");
		expect_none(r->a);
	}
	expect_none(r->b);
	/* The same in other words is the same. */
	sim_say(r->a,
	    "{'x':1,'text':'\\u0068i' , 'ref':'\\u0078','type':'message'}");
	sim_run(&r->sim);
	expect_member(expect(r->a, "ack"), "duplicate", "true");
}

static void
recipient_in_other_case_is_the_same_content(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'message','ref':'x','to':'bob','text':'hi'}");
	sim_hush(&r->sim);
	sim_say(r->a, "{'type':'message','ref':'x','to':'BoB','text':'hi'}");
	sim_run(&r->sim);
	expect_member(expect(r->a, "ack"), "duplicate", "true");
}

static void
refs_of_two_sessions_are_two(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'message','ref':'x','text':'hi'}");
	sim_run(&r->sim);
	sim_say(r->a2, "{'type':'message','ref':'x','text':'hi'}");
	sim_say(r->b, "{'type':'message','ref':'x','text':'ho'}");
	sim_run(&r->sim);
	expect_member(expect(r->c, "message"), "seq", "1");
	expect_member(expect(r->c, "message"), "seq", "2");
	expect_member(expect(r->c, "message"), "seq", "3");
	expect_none(r->c);
	expect_without(expect(r->b, "message"), "duplicate");
}

static void
refused_send_leaves_no_trace(void **state)
{
	struct room *r = *state;
	struct sim_client *d;

	sim_say(r->a, "{'type':'message','ref':'x','to':'dave','text':'hi'}");
	sim_say(r->a, "{'type':'message','ref':'y','text':' '}");
	sim_say(r->a, "{'type':'message','ref':'z','to':'.','text':'hi'}");
	sim_run(&r->sim);
	expect_member(expect_error(r->a, "offline"), "ref", "'x'");
	expect_member(expect_error(r->a, "empty"), "ref", "'y'");
	expect_member(expect_error(r->a, "bad_name"), "ref", "'z'");
	d = sim_join(&r->sim, "dave");
	sim_hush(&r->sim);
	sim_say(r->a, "{'type':'message','ref':'x','to':'dave','text':'hi'}");
	sim_say(r->a, "{'type':'message','ref':'y','text':'other'}");
	sim_say(r->a, "{'type':'message','ref':'z','text':'other'}");
	sim_run(&r->sim);
	expect_without(expect(r->a, "ack"), "duplicate");
	expect_member(expect(d, "message"), "to", "'dave'");
	expect_member(expect(d, "message"), "ref", "'y'");
	expect_member(expect(d, "message"), "ref", "'z'");
	expect_none(d);
}

/* A user in the grace period is there; a private message waits in the log. */
static void
recipient_may_be_away_for_a_moment(void **state)
{
	struct room *r = *state;

	sim_tear(r->b);
	sim_wait(&r->sim, 4900);
	sim_say(r->a, "{'type':'message','ref':'1','to':'bob','text':'hi'}");
	sim_run(&r->sim);
	expect(r->a, "ack");
	expect(r->a, "message");
	sim_wait(&r->sim, 300);
	sim_skip(r->a);
	sim_say(r->a, "{'type':'message','ref':'2','to':'bob','text':'hi'}");
	sim_run(&r->sim);
	expect_error(r->a, "offline");
}

static void
what_is_no_message_is_refused(void **state)
{
	static const struct {
		const char *text, *code, *ref;
	} tries[] = {
		{ "", "bad_json", NULL },
		{ "hi", "bad_json", NULL },
		{ "{", "bad_json", NULL },
		{ "{'type':'ping'}x", "bad_json", NULL },
		{ "{'type':'ping','type':'ping'}", "bad_json", NULL },
		{ "{'type':'ping','ref':'\\ud800'}", "bad_request", NULL },
		{ "{'type':'message','ref':'r','text':'\\ud83c'}",
		    "bad_request", "'r'" },
		{ "{'type':'ping','x':1e999999999}", NULL, NULL },
		{ "{'type':'ping','x':01}", "bad_json", NULL },
		{ "\xef\xbb\xbf{'type':'ping'}", "bad_json", NULL },
		{ "[]", "bad_request", NULL },
		{ "null", "bad_request", NULL },
		{ "{}", "bad_request", NULL },
		{ "{'type':1}", "bad_request", NULL },
		{ "{'type':'nonsense'}", "bad_request", NULL },
		{ "{'type':'nonsense','ref':'r'}", "bad_request", "'r'" },
		{ "{'type':'welcome'}", "bad_request", NULL },
		{ "{'type':'message'}", "bad_request", NULL },
		{ "{'type':'message','ref':'r'}", "bad_request", "'r'" },
		{ "{'type':'message','text':1}", "bad_request", NULL },
		{ "{'type':'message','text':null}", "bad_request", NULL },
		{ "{'type':'message','text':'a\\u0001b'}", "bad_request",
		    NULL },
		{ "{'type':'message','text':'a\\u0000b'}", "bad_request",
		    NULL },
		{ "{'type':'message','text':'a','to':''}", "bad_request",
		    NULL },
		{ "{'type':'message','text':'a','to':null}", "bad_request",
		    NULL },
		{ "{'type':'message','text':'a','ref':''}", "bad_request",
		    NULL },
		{ "{'type':'message','text':'a','ref':7}", "bad_request",
		    NULL },
		{ "{'type':'message','text':'a','ref':"
		  "'01234567890123456789012345678901"
		  "012345678901234567890123456789012'}",
		    "bad_request", NULL },
		{ "{'type':'message','text':'','ref':'r'}", "empty", "'r'" },
		{ "{'type':'message','text':' \\t\\n\xe3\x80\x80'}", "empty",
		    NULL },
		{ "{'type':'history','before':-1}", "bad_request", NULL },
		{ "{'type':'history','before':1.5}", "bad_request", NULL },
		{ "{'type':'history','before':99999999999999999999}",
		    "bad_request", NULL },
		{ "{'type':'history','limit':0}", "bad_request", NULL },
		{ "{'type':'users','after':1}", "bad_request", NULL },
		{ "{'type':'typing','active':1}", "bad_request", NULL },
	};
	struct room *r = *state;
	const char *text;
	size_t i;

	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		sim_say(r->a, "%s", tries[i].text);
		sim_say(r->a, "{'type':'ping','ref':'still here'}");
		sim_run(&r->sim);
		if (tries[i].code != NULL) {
			text = expect_error(r->a, tries[i].code);
			assert_true(sim_member(text, "message").n > 2);
			expect_without(text, "retry_after");
			if (tries[i].ref != NULL)
				expect_member(text, "ref", tries[i].ref);
			else
				expect_without(text, "ref");
		} else {
			expect(r->a, "pong");
		}
		expect_member(expect(r->a, "pong"), "ref", "'still here'");
		sim_wait(&r->sim, 1000);
	}
	expect_none(r->b);
}

static void
say_long(struct sim_client *c, size_t n, const char *unit)
{
	size_t size = strlen(unit), i;
	char *text = malloc(n * size + 1);

	assert_non_null(text);
	for (i = 0; i < n; i++)
		memcpy(text + i * size, unit, size);
	text[n * size] = '\0';
	sim_say(c, "{'type':'message','ref':'r','text':'%s'}", text);
	free(text);
}

static void
text_is_measured_in_code_points(void **state)
{
	struct room *r = *state;

	say_long(r->a, 4001, "x");
	say_long(r->a, 4001, "\xf0\x9f\x98\x80");
	sim_run(&r->sim);
	expect_member(expect_error(r->a, "too_long"), "ref", "'r'");
	expect_error(r->a, "too_long");
	expect_none(r->a);
	say_long(r->a, 4000, "\xf0\x9f\x98\x80");
	sim_run(&r->sim);
	expect(r->a, "ack");
	assert_int_equal(
	    sim_member(expect(r->b, "message"), "text").n, 4 * 4000 + 2);
}

/* Four times escaped, a text is as it was. */
static void
text_survives_escapes(void **state)
{
	struct room *r = *state;

	sim_say(r->a,
	    "{'type':'message','text':'\\u0009\\n\\\\\\/\\u00e9\\ud83d"
	    "\\ude00\\u007f\xe2\x80\xa8'}");
	sim_run(&r->sim);
	expect_member(expect(r->b, "message"), "text",
	    "'\\t\\n\\\\/\xc3\xa9\xf0\x9f\x98\x80\x7f\xe2\x80\xa8'");
}

static void
typing_is_passed_on(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'typing'}");
	sim_run(&r->sim);
	expect_text(r->b, "{'type':'typing','from':'alice','active':true}");
	expect(r->c, "typing");
	sim_skip(r->a);
	sim_say(r->a, "{'type':'typing','active':false}");
	sim_run(&r->sim);
	expect_text(r->b, "{'type':'typing','from':'alice','active':false}");
	expect_none(r->b);
}

static void
private_typing_is_for_two(void **state)
{
	struct room *r = *state;

	sim_say(r->b, "{'type':'typing','to':'ALICE','active':true}");
	sim_run(&r->sim);
	expect_text(
	    r->a, "{'type':'typing','from':'bob','to':'alice','active':true}");
	expect(r->a2, "typing");
	expect_none(r->c);
	sim_skip(r->b);
	/* A message to oneself comes once per window. */
	sim_say(r->a, "{'type':'typing','to':'alice'}");
	sim_run(&r->sim);
	expect_member(expect(r->a, "typing"), "from", "'alice'");
	expect(r->a2, "typing");
	expect_none(r->a);
	expect_none(r->a2);
	expect_none(r->b);
	/* To a user that is not here, or to something that is not a name, it
	 * goes nowhere. */
	sim_say(r->c, "{'type':'typing','to':'dave'}");
	sim_say(r->c, "{'type':'typing','to':'..'}");
	sim_run(&r->sim);
	expect_none(r->a);
	expect_none(r->c);
}

/* However often it is sent, it is passed on only now and then. */
static void
typing_is_passed_on_once_a_second(void **state)
{
	struct room *r = *state;
	int i;

	for (i = 0; i < 40; i++) {
		sim_say(r->a, "{'type':'typing','active':true}");
		sim_wait(&r->sim, 50);
	}
	expect(r->b, "typing");
	expect(r->b, "typing");
	expect_none(r->b);
}

/* A message ends it, and typing after that is news immediately. */
static void
typing_after_a_message_is_passed_on(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'typing'}");
	sim_say(r->a, "{'type':'message','text':'done'}");
	sim_say(r->a, "{'type':'typing','active':false}");
	sim_say(r->a, "{'type':'typing'}");
	sim_run(&r->sim);
	expect_member(expect(r->b, "typing"), "active", "true");
	expect_member(expect(r->b, "typing"), "active", "true");
	expect(r->b, "message");
	expect_none(r->b);
}

/* Windows that were not told that it began need not be told that it ended. */
static void
typing_that_never_began_does_not_end(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'typing','active':false}");
	sim_run(&r->sim);
	expect_none(r->b);
}

static void
typing_is_no_entry(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'typing'}");
	sim_say(r->a, "{'type':'history'}");
	sim_say(r->a, "{'type':'message','ref':'x','text':'first'}");
	sim_run(&r->sim);
	expect_text(r->a, "{'type':'typing','from':'alice','active':true}");
	expect_text(r->a,
	    "{'type':'history','before':9007199254740991,'more':false,"
	    "'entries':[]}");
	expect_member(expect(r->a, "ack"), "seq", "1");
}

/* Everything up to seq has been sent before. */
static void
pong_says_what_was_sent(void **state)
{
	struct room *r = *state;
	struct sim_client *clients[] = { r->a, r->b, r->c };
	const char *text;
	size_t i;

	sim_say(r->a, "{'type':'ping','ref':'p0'}");
	sim_run(&r->sim);
	expect_text(
	    r->a, "{'type':'pong','ref':'p0','time':1764000000200,'seq':0}");
	sim_say(r->a, "{'type':'message','text':'1'}");
	sim_say(r->a, "{'type':'message','to':'bob','text':'2'}");
	sim_run(&r->sim);
	for (i = 0; i < 3; i++)
		sim_say(clients[i], "{'type':'ping'}");
	sim_run(&r->sim);
	for (i = 0; i < 3; i++) {
		expect_member(expect(clients[i], "message"), "seq", "1");
		if (i < 2)
			expect_member(
			    expect(clients[i], "message"), "seq", "2");
		text = expect(clients[i], "pong");
		expect_member(text, "seq", "2");
		expect_without(text, "ref");
	}
}

/* A pong in the turn of a message has the number before that. */
static void
pong_promises_nothing_of_its_own_turn(void **state)
{
	struct room *r = *state;

	sim_say(r->a, "{'type':'message','text':'1'}");
	sim_say(r->a, "{'type':'ping'}");
	sim_run(&r->sim);
	expect_member(expect(r->a, "pong"), "seq", "0");
	expect(r->a, "message");
}

static void
unknown_members_are_ignored(void **state)
{
	struct room *r = *state;

	sim_say(r->a,
	    "{'from':'bob','seq':99,'type':'message','by':7,'text':'x',"
	    "'nested':{'type':[]}}");
	sim_run(&r->sim);
	expect_member(expect(r->b, "message"), "from", "'alice'");
}

/* A message that was decided is recorded, even if its sender has gone
 * meanwhile. */
static void
last_words_count(void **state)
{
	struct room *r = *state;

	sim_say(r->c, "{'type':'message','ref':'x','text':'bye'}");
	sim_frame(r->c, 0x88, "\x03\xe8", 2);
	sim_say(r->c, "{'type':'message','text':'after'}");
	sim_run(&r->sim);
	expect_member(expect(r->a, "message"), "text", "'bye'");
	expect_none(r->a);
	expect_none(r->c);
	expect_closed(r->c, 1000);
}

static void
time_never_goes_back(void **state)
{
	struct room *r = *state;
	const char *text;

	sim_say(r->a, "{'type':'message','text':'1'}");
	sim_run(&r->sim);
	r->sim.now.wall -= 3600000;
	sim_say(r->a, "{'type':'message','text':'2'}");
	sim_run(&r->sim);
	text = expect(r->b, "message");
	expect_member(text, "time", "1764000000200");
	text = expect(r->b, "message");
	expect_member(text, "time", "1764000000200");
}

static uint64_t
time_of_next(struct room *r)
{
	sim_say(r->a, "{'type':'message','text':'x'}");
	sim_run(&r->sim);
	return sim_number(expect(r->b, "message"), "time");
}

/* A clock that is set eight days ahead, and back again, sets no times. */
static void
time_passes_over_steps_of_the_clock(void **state)
{
	static const uint64_t days = UINT64_C(8) * 86400000;
	struct room *r = *state;
	uint64_t time = time_of_next(r);

	r->sim.now.wall += days;
	assert_int_equal(time_of_next(r), time);
	sim_wait(&r->sim, 599999);
	assert_int_equal(time_of_next(r), time + 599999);
	r->sim.now.wall -= days;
	assert_int_equal(time_of_next(r), time + 599999);
	/* But one that stays so is right. */
	r->sim.now.wall += days;
	assert_int_equal(time_of_next(r), time + 599999);
	sim_wait(&r->sim, 600000);
	assert_int_equal(time_of_next(r), time + 1199999 + days);
	r->sim.now.wall -= days;
	assert_int_equal(time_of_next(r), time + 1199999 + days);
	sim_wait(&r->sim, 700000);
	time = time_of_next(r);
	sim_wait(&r->sim, days / 2);
	assert_int_equal(time_of_next(r), time);
	sim_wait(&r->sim, days / 2);
	assert_int_equal(time_of_next(r), r->sim.now.wall);
}

/* Short texts that are long in JSON are too much for one turn if they come
 * together; a client that reads them is not cut. */
static void
escapes_overrun_nobody(void **state)
{
	enum { SENDERS = 64, TEXT = 4000 };
	static char text[2 * TEXT + 1];
	struct room *r = *state;
	struct sim_client *senders[SENDERS];
	char name[16];
	size_t i;

	for (i = 0; i < TEXT; i++)
		memcpy(text + 2 * i, "\\\"", 2);
	for (i = 0; i < SENDERS; i++) {
		snprintf(name, sizeof(name), "sender%zu", i);
		senders[i] = sim_join(&r->sim, name);
	}
	sim_hush(&r->sim);
	for (i = 0; i < SENDERS; i++)
		sim_say(senders[i], "{'type':'message','text':'%s'}", text);
	sim_run(&r->sim);
	for (i = 0; i < SENDERS; i++)
		expect(r->c, "message");
	assert_int_equal(chat_core_metrics(r->sim.core)->lagged, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(public_message_reaches_all_windows),
		TEST(private_message_reaches_two_users_alone),
		TEST(message_to_oneself_comes_once_per_window),
		TEST(order_is_the_same_for_all),
		TEST(without_ref_there_is_no_ack),
		TEST(retry_is_no_second_message),
		TEST(retry_in_the_same_turn_is_no_second_message),
		TEST(same_ref_with_other_content_is_refused),
		TEST(recipient_in_other_case_is_the_same_content),
		TEST(refs_of_two_sessions_are_two),
		TEST(refused_send_leaves_no_trace),
		TEST(recipient_may_be_away_for_a_moment),
		TEST(what_is_no_message_is_refused),
		TEST(text_is_measured_in_code_points),
		TEST(text_survives_escapes),
		TEST(escapes_overrun_nobody),
		TEST(typing_is_passed_on),
		TEST(private_typing_is_for_two),
		TEST(typing_is_passed_on_once_a_second),
		TEST(typing_after_a_message_is_passed_on),
		TEST(typing_that_never_began_does_not_end),
		TEST(typing_is_no_entry),
		TEST(pong_says_what_was_sent),
		TEST(pong_promises_nothing_of_its_own_turn),
		TEST(unknown_members_are_ignored),
		TEST(last_words_count),
		TEST(time_never_goes_back),
		TEST(time_passes_over_steps_of_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

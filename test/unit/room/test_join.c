/* Tests of joining: what comes, in which order, and which joins are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static void
fresh_join_is_told_all(void **state)
{
	struct sim s;
	struct sim_client *a;
	const char *text;
	char begin[16];

	(void)state;
	assert_true(sim_init(&s, NULL));
	a = sim_join(&s, "alice");
	assert_int_equal(a->status, 101);
	text = expect(a, "welcome");
	expect_member(text, "name", "'alice'");
	expect_member(text, "server", "'sim'");
	expect_member(text, "time", "1764000000000");
	expect_member(text, "features", "['history','typing']");
	expect_member(text, "limits",
	    "{'text':4000,'message':65536,'name':32,'ref':64,"
	    "'history':100,'rate':5,'burst':20}");
	/* The public id is how the token begins. */
	assert_int_equal(strlen(sim_string(text, "by")), 8);
	assert_true(strlen(sim_string(text, "session")) <= 120);
	snprintf(begin, sizeof(begin), "%.8s", sim_string(text, "session"));
	assert_string_equal(begin, sim_string(text, "by"));
	text = expect(a, "sync");
	expect_member(text, "from", "1");
	expect_member(text, "to", "0");
	expect_member(text, "resumed", "false");
	expect_member(text, "gap", "false");
	expect_member(text, "refs_from", "1");
	assert_true(sim_member(text, "log").n > 2);
	expect_text(
	    a, "{'type':'users','online':1,'names':['alice'],'complete':true}");
	expect_text(
	    a, "{'type':'presence','online':1,'joined':['alice'],'left':[]}");
	expect_none(a);
	sim_release(&s);
}

/* Earlier messages come between sync and users, in the very bytes that others
 * got. */
static void
recent_messages_follow_sync(void **state)
{
	struct sim s;
	struct sim_client *a, *b;
	char first[256], second[256];
	const char *text;

	(void)state;
	assert_true(sim_init(&s, NULL));
	a = sim_join(&s, "alice");
	sim_say(a, "{'type':'message','ref':'r1','text':'one'}");
	sim_say(a, "{'type':'message','text':'two'}");
	sim_hush(&s);
	sim_say(a, "{'type':'message','text':'three'}");
	sim_say(a, "{'type':'message','text':'four'}");
	sim_run(&s);
	snprintf(first, sizeof(first), "%s", expect(a, "message"));
	snprintf(second, sizeof(second), "%s", expect(a, "message"));

	b = sim_join(&s, "bob?history=2");
	expect(b, "welcome");
	text = expect(b, "sync");
	expect_member(text, "from", "3");
	expect_member(text, "to", "4");
	expect_member(text, "gap", "false");
	expect_text(b, first);
	expect_text(b, second);
	text = expect(b, "users");
	expect_member(text, "names", "['alice','bob']");
	sim_release(&s);
}

static size_t
replayed(struct sim *s, const char *target)
{
	struct sim_client *c = sim_join(s, target);
	uint64_t from, to, last = 0;
	const char *text;
	size_t n = 0;

	expect(c, "welcome");
	text = expect(c, "sync");
	from = sim_number(text, "from");
	to = sim_number(text, "to");
	while (
	    (text = sim_next(c)) != NULL && sim_is(text, "type", "'message'")) {
		assert_true(sim_number(text, "seq") > last);
		last = sim_number(text, "seq");
		assert_in_range(last, from, to);
		n++;
	}
	assert_true(text != NULL && sim_is(text, "type", "'users'"));
	assert_true(n == 0 ? from > to : last == to);
	sim_free(c);
	return n;
}

static void
history_says_how_many(void **state)
{
	struct chat_config config = { .limits = { .message_rate = CHAT_OFF } };
	struct sim s;
	struct sim_client *a;
	int i;

	(void)state;
	assert_true(sim_init(&s, &config));
	a = sim_join(&s, "alice");
	for (i = 0; i < 150; i++)
		sim_say(a, "{'type':'message','text':'%d'}", i);
	sim_run(&s);
	assert_int_equal(replayed(&s, "bob"), 50);
	assert_int_equal(replayed(&s, "bob?history=0"), 0);
	assert_int_equal(replayed(&s, "bob?history=1"), 1);
	assert_int_equal(replayed(&s, "bob?history=100"), 100);
	assert_int_equal(replayed(&s, "bob?history=1000"), 100);
	assert_int_equal(replayed(&s, "bob?history=99999999999999999999"), 50);
	assert_int_equal(replayed(&s, "bob?history=-1"), 50);
	assert_int_equal(replayed(&s, "bob?history="), 50);
	assert_int_equal(replayed(&s, "bob?history"), 50);
	assert_int_equal(replayed(&s, "bob?&&x=y&history=7&"), 7);
	sim_release(&s);
}

static void
without_history_none_is_told(void **state)
{
	struct chat_config config = { .limits = { .history = CHAT_OFF } };
	struct sim s;
	struct sim_client *a;

	(void)state;
	assert_true(sim_init(&s, &config));
	a = sim_join(&s, "alice");
	sim_say(a, "{'type':'message','text':'x'}");
	sim_run(&s);
	assert_int_equal(replayed(&s, "bob"), 0);
	assert_int_equal(replayed(&s, "bob?history=5"), 0);
	sim_release(&s);
}

/* A message in the turn of a join comes once: in the replay or live. */
static void
join_leaves_no_hole_and_no_overlap(void **state)
{
	struct sim s;
	struct sim_client *a, *b;
	const char *text;
	uint64_t to;

	(void)state;
	assert_true(sim_init(&s, NULL));
	a = sim_join(&s, "alice");
	sim_say(a, "{'type':'message','text':'one'}");
	sim_run(&s);
	sim_say(a, "{'type':'message','text':'two'}");
	b = sim_connect(&s, 0);
	sim_open(b, "bob");
	sim_say(b, "{'type':'message','text':'three'}");
	sim_run(&s);
	expect(b, "welcome");
	text = expect(b, "sync");
	to = sim_number(text, "to");
	assert_int_equal(to, 1);
	expect_member(expect(b, "message"), "text", "'one'");
	expect(b, "users");
	expect_member(expect(b, "message"), "text", "'two'");
	expect_member(expect(b, "message"), "text", "'three'");
	sim_release(&s);
}

static void
subprotocol_is_chosen_when_offered(void **state)
{
	static const struct {
		const char *offer;
		bool chosen;
	} offers[] = {
		{ "", false },
		{ "Sec-WebSocket-Protocol: chat.v1\r\n", true },
		{ "Sec-WebSocket-Protocol: x, chat.v1\r\n", true },
		{ "Sec-WebSocket-Protocol: x\r\n"
		  "Sec-WebSocket-Protocol: chat.v1\r\n",
		    true },
		{ "Sec-WebSocket-Protocol: chat.v2\r\n", false },
		{ "Sec-WebSocket-Protocol: Chat.v1\r\n", false },
	};
	struct sim_response r;
	struct sim s;
	struct sim_client *c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		assert_true(sim_init(&s, NULL));
		c = sim_connect(&s, 0);
		sim_puts(c, "GET /ws/alice HTTP/1.1\r\nHost: sim\r\n");
		sim_puts(c, offers[i].offer);
		sim_puts(c,
		    "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
		    "Sec-WebSocket-Version: 13\r\n"
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
		sim_run(&s);
		assert_true(sim_response(c, &r, true));
		assert_int_equal(r.status, 101);
		/* The example of RFC 6455, section 1.3. */
		assert_true(chat_str_is(sim_field(&r, "Sec-WebSocket-Accept"),
		    CHAT_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
		assert_true(
		    sim_field(&r, "Sec-WebSocket-Extensions").p == NULL);
		if (offers[i].chosen)
			assert_true(
			    chat_str_is(sim_field(&r, "Sec-WebSocket-Protocol"),
				CHAT_STR("chat.v1")));
		else
			assert_true(
			    sim_field(&r, "Sec-WebSocket-Protocol").p == NULL);
		sim_release(&s);
	}
}

static void
names_are_decoded(void **state)
{
	static const struct {
		const char *target, *name;
	} good[] = {
		{ "a", "'a'" },
		{ "j%C3%BCrgen", "'j\xc3\xbcrgen'" },
		{ "%61%6c%69", "'ali'" },
		{ "a+b", "'a+b'" },
		{ "a%20b", "'a b'" },
		{ "...", "'...'" },
		{ "01234567890123456789012345678901",
		    "'01234567890123456789012345678901'" },
	};
	struct sim s;
	struct sim_client *c;
	size_t i;

	(void)state;
	assert_true(sim_init(&s, NULL));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		c = sim_join(&s, good[i].target);
		expect_member(expect(c, "welcome"), "name", good[i].name);
		sim_free(c);
	}
	sim_release(&s);
}

/* A refusal comes by error and Close: browsers hide other answers. */
static void
bad_names_are_refused_for_good(void **state)
{
	static const char *const bad[] = { "", "?x=y", ".", "..", "%2e%2e",
		"%2E", "a/b", "a%2fb", "a%3fb", "a%23b", "a%25b", "a%00b",
		"a%0ab", "a%7fb", "%20a", "a%20", "%ff", "%c3", "%ed%a0%80",
		"a%", "a%2", "a%zz", "%e2%80%ae", "%c2%a0", "%ef%bf%bf",
		"012345678901234567890123456789012",
		"%f0%9f%98%80%f0%9f%98%80%f0%9f%98%80%f0%9f%98%80"
		"%f0%9f%98%80%f0%9f%98%80%f0%9f%98%80%f0%9f%98%80"
		"%f0%9f%98%80%f0%9f%98%80%f0%9f%98%80%f0%9f%98%80"
		"%f0%9f%98%80%f0%9f%98%80%f0%9f%98%80%f0%9f%98%80x" };
	struct sim s;
	struct sim_client *c;
	size_t i;

	(void)state;
	assert_true(sim_init(&s, NULL));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = sim_join(&s, bad[i]);
		assert_int_equal(c->status, 101);
		expect_without(expect_error(c, "bad_name"), "ref");
		expect_none(c);
		expect_closed(c, 4500);
		sim_free(c);
	}
	assert_int_equal(chat_core_metrics(s.core)->users, 0);
	assert_int_equal(chat_core_metrics(s.core)->connections, 0);
	sim_release(&s);
}

/* Whatever a refused client sends is ignored. */
static void
refused_client_says_nothing(void **state)
{
	struct sim s;
	struct sim_client *a, *c;

	(void)state;
	assert_true(sim_init(&s, NULL));
	a = sim_join(&s, "alice");
	sim_hush(&s);
	c = sim_connect(&s, 0);
	sim_open(c, "..");
	sim_say(c, "{'type':'message','text':'hi'}");
	sim_run(&s);
	expect_error(c, "bad_name");
	expect_none(c);
	expect_closed(c, 4500);
	expect_none(a);
	sim_release(&s);
}

/* A page of another origin may not speak for its reader; the log says why,
 * since the browser does not. */
static void
foreign_origins_are_refused(void **state)
{
	static const char *const allowed[] = { "https://friend.example",
		"http://other.example:8080", NULL };
	static const struct {
		const char *origin;
		int status;
	} tries[] = {
		{ "http://chat.example", 101 },
		{ "https://chat.example", 403 }, /* 443, but Host says 80 */
		{ "http://CHAT.example:80", 101 },
		{ "https://chat.example:80", 101 },
		{ "http://chat.example:8000", 403 },
		{ "http://chat.example.evil", 403 },
		{ "http://evil.example", 403 },
		{ "null", 403 },
		{ "", 403 },
		{ "https://friend.example", 101 },
		{ "https://FRIEND.example", 101 },
		{ "http://friend.example", 403 },
		{ "http://other.example:8080", 101 },
		{ "http://other.example", 403 },
	};
	static const char *const hosts[] = { "chat.example", NULL };
	struct chat_config config = { .hosts = hosts, .origins = allowed };
	struct sim_response r;
	struct sim s;
	struct sim_client *c;
	size_t i;

	(void)state;
	assert_true(sim_init(&s, &config));
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		s.line[0] = '\0';
		c = sim_connect(&s, 0);
		sim_puts(c,
		    "GET /ws/alice HTTP/1.1\r\nHost: chat.example:80\r\n"
		    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		    "Sec-WebSocket-Version: 13\r\n"
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: ");
		sim_puts(c, tries[i].origin);
		sim_puts(c, "\r\n\r\n");
		sim_run(&s);
		assert_true(sim_response(c, &r, tries[i].status == 101));
		assert_int_equal(r.status, tries[i].status);
		if (r.status == 403) {
			assert_non_null(strstr(s.line, tries[i].origin));
			assert_non_null(strstr(s.line, "chat.example:80"));
		} else {
			assert_string_equal(s.line, "");
		}
		sim_free(c);
	}
	sim_release(&s);
}

static void
any_origin_may_be_allowed(void **state)
{
	static const char *const allowed[] = { "*", NULL };
	struct chat_config config = { .origins = allowed };
	struct sim_response r;
	struct sim s;
	struct sim_client *c;

	(void)state;
	assert_true(sim_init(&s, &config));
	c = sim_connect(&s, 0);
	sim_puts(c,
	    "GET /ws/alice HTTP/1.1\r\nHost: chat.example\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\nOrigin: null\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	sim_run(&s);
	assert_true(sim_response(c, &r, true));
	assert_int_equal(r.status, 101);
	sim_release(&s);
}

static void
frames_before_welcome_are_taken_in_order(void **state)
{
	struct sim s;
	struct sim_client *a;
	int i;

	(void)state;
	assert_true(sim_init(&s, NULL));
	a = sim_connect(&s, 0);
	sim_open(a, "alice");
	for (i = 0; i < 5; i++)
		sim_say(a, "{'type':'message','ref':'r%d','text':'%d'}", i, i);
	a->step = 7;
	sim_run(&s);
	expect(a, "welcome");
	expect(a, "sync");
	expect(a, "users");
	sim_skip(a);
	sim_say(a, "{'type':'history','limit':100}");
	sim_run(&s);
	assert_non_null(strstr(expect(a, "history"), "\"text\":\"4\"}]}"));
	assert_int_equal(chat_core_metrics(s.core)->traffic.messages, 5);
	sim_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_join_is_told_all),
		cmocka_unit_test(recent_messages_follow_sync),
		cmocka_unit_test(history_says_how_many),
		cmocka_unit_test(without_history_none_is_told),
		cmocka_unit_test(join_leaves_no_hole_and_no_overlap),
		cmocka_unit_test(subprotocol_is_chosen_when_offered),
		cmocka_unit_test(names_are_decoded),
		cmocka_unit_test(bad_names_are_refused_for_good),
		cmocka_unit_test(refused_client_says_nothing),
		cmocka_unit_test(foreign_origins_are_refused),
		cmocka_unit_test(any_origin_may_be_allowed),
		cmocka_unit_test(frames_before_welcome_are_taken_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

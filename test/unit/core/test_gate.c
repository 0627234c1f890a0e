/* Tests of who may ask: hosts that are ours, and pages that may join. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gate.h"
#include "expect.h"
#include "failing_alloc.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct sim sim;

static void
begin(const char *const *hosts, const char *const *origins)
{
	struct chat_config config = { .hosts = hosts, .origins = origins };

	assert_true(sim_init(&sim, &config));
}

static int
tear_down(void **state)
{
	(void)state;
	sim_release(&sim);
	return 0;
}

/* The status of a request for a path; host and origin are left out if NULL. */
static int
ask(const char *line, const char *host, const char *origin)
{
	struct sim_client *c = sim_connect(&sim, 0);
	struct sim_response r;
	char text[1024];
	int n;

	n = snprintf(text, sizeof(text), "%s\r\n", line);
	if (host != NULL)
		n += snprintf(
		    text + n, sizeof(text) - (size_t)n, "Host: %s\r\n", host);
	if (origin != NULL)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "Origin: %s\r\n", origin);
	sim.line[0] = '\0';
	sim_puts(c, text);
	sim_puts(c,
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	sim_run(&sim);
	assert_true(sim_response(c, &r, true));
	sim_free(c);
	return r.status;
}

static int
join(const char *host, const char *origin)
{
	return ask("GET /ws/alice HTTP/1.1", host, origin);
}

/* A page whose name has been made to point at us. */
static void
other_names_are_refused(void **state)
{
	static const char *const others[] = { "evil.example:3008",
		"evil.example", "127.0.0.1.evil.example",
		"localhost.evil.example", "com.", "", ":3008" };
	static const char *const lines[] = { "GET /ws/alice HTTP/1.1",
		"GET / HTTP/1.1", "HEAD / HTTP/1.1", "GET /healthz HTTP/1.1",
		"GET /readyz HTTP/1.1", "GET /metrics HTTP/1.1",
		"POST / HTTP/1.1", "POST /ws/alice HTTP/1.1",
		"OPTIONS * HTTP/1.1", "GET / HTTP/1.0",
		"GET /nothing HTTP/1.1" };
	char origin[64];
	size_t i, j;

	(void)state;
	begin(NULL, NULL);
	for (i = 0; i < COUNT(others); i++)
		for (j = 0; j < COUNT(lines); j++) {
			snprintf(
			    origin, sizeof(origin), "http://%s", others[i]);
			assert_int_equal(ask(lines[j], others[i], origin), 421);
			assert_int_equal(ask(lines[j], others[i], NULL), 421);
			assert_non_null(strstr(sim.line, others[i]));
			assert_non_null(strstr(sim.line, "see host"));
		}
	assert_int_equal(
	    ask("GET http://evil.example/ws/alice HTTP/1.1", "localhost", NULL),
	    421);
	assert_int_equal(chat_core_metrics(sim.core)->windows, 0);
}

static void
local_names_are_ours(void **state)
{
	static const char *const ours[] = { "127.0.0.1:3008", "[::1]:3008",
		"localhost", "LOCALHOST.:3008", "192.168.1.7", "box:3008",
		"box.local:3008" };
	char origin[64];
	size_t i;

	(void)state;
	begin(NULL, NULL);
	for (i = 0; i < COUNT(ours); i++) {
		snprintf(origin, sizeof(origin), "http://%s", ours[i]);
		assert_int_equal(join(ours[i], origin), 101);
		assert_int_equal(join(ours[i], NULL), 101);
		assert_int_equal(join(ours[i], "http://evil.example"), 403);
		assert_int_equal(
		    ask("GET /healthz HTTP/1.1", ours[i], NULL), 200);
		assert_string_equal(sim.line, "");
	}
	/* A client of HTTP/1.0 that names none: a page, but no handshake. */
	assert_int_equal(ask("GET /healthz HTTP/1.0", NULL, NULL), 200);
	assert_int_equal(ask("GET /ws/alice HTTP/1.0", NULL, NULL), 400);
	assert_int_equal(
	    ask("GET http://box/ws/alice HTTP/1.1", "evil.example", NULL), 101);
}

static void
given_names_are_ours(void **state)
{
	static const char *const hosts[] = { "chat.example.com",
		"other.example:80", "[2001:db8::1]", NULL };

	(void)state;
	begin(hosts, NULL);
	assert_int_equal(join("chat.example.com", NULL), 101);
	assert_int_equal(join("Chat.Example.COM.:80", NULL), 101);
	assert_int_equal(
	    join("chat.example.com", "https://chat.example.com"), 101);
	assert_int_equal(
	    join("chat.example.com", "https://www.chat.example.com"), 403);
	assert_int_equal(
	    join("chat.example.com", "app://chat.example.com"), 403);
	assert_int_equal(join("other.example:3008", NULL), 101);
	assert_int_equal(join("localhost", NULL), 101);
	assert_int_equal(join("example.com", NULL), 421);
	assert_int_equal(join("www.chat.example.com", NULL), 421);
}

/* They are names that the operator gave, too. */
static void
hosts_of_origins_are_ours(void **state)
{
	static const char *const origins[] = { "https://chat.example.com",
		"http://b.example:8080", "null", NULL };

	(void)state;
	begin(NULL, origins);
	assert_int_equal(
	    join("chat.example.com", "https://chat.example.com"), 101);
	assert_int_equal(join("b.example", "http://b.example:8080"), 101);
	assert_int_equal(join("b.example", "http://c.example"), 403);
	assert_int_equal(join("c.example", "http://c.example"), 421);
	assert_int_equal(join(".", "http://."), 421);
	assert_int_equal(join("", NULL), 421);
}

static void
all_may_be_let_in(void **state)
{
	static const char *const all[] = { "*", NULL };

	(void)state;
	begin(all, NULL);
	assert_int_equal(join("evil.example", "http://evil.example"), 101);
	assert_int_equal(join("evil.example", "http://other.example"), 403);
	sim_release(&sim);
	begin(NULL, all);
	assert_int_equal(join("evil.example", "http://evil.example"), 101);
	assert_int_equal(join("evil.example", "http://other.example"), 101);
}

static void
names_change_with_the_configuration(void **state)
{
	static const char *const hosts[] = { "b.example", NULL };
	struct chat_config config = { .hosts = hosts };

	(void)state;
	begin(NULL, NULL);
	assert_int_equal(join("b.example", NULL), 421);
	assert_int_equal(sim_configure(&sim, &config), CHAT_OK);
	assert_int_equal(join("b.example", NULL), 101);
	config.hosts = NULL;
	assert_int_equal(sim_configure(&sim, &config), CHAT_OK);
	assert_int_equal(join("b.example", NULL), 421);
}

/* What could never be in a request is an error. */
static void
names_have_a_form(void **state)
{
	static const char *const bad[] = { "", "a b", "*.example", "a/", "a..b",
		"http://a", ":80", "a:99999", "b\303\274cher.example" };
	char longest[CHAT_MAX_HOST + 2];
	const char *hosts[] = { "a.example", longest, NULL };
	struct chat_config config = { .hosts = hosts };
	size_t i;

	(void)state;
	begin(NULL, NULL);
	memset(longest, 'a', sizeof(longest));
	longest[CHAT_MAX_HOST + 1] = '\0';
	assert_int_equal(sim_configure(&sim, &config), CHAT_ERR_ARGUMENT);
	longest[CHAT_MAX_HOST] = '\0';
	assert_int_equal(sim_configure(&sim, &config), CHAT_OK);
	for (i = 0; i < COUNT(bad); i++) {
		hosts[1] = bad[i];
		assert_int_equal(
		    sim_configure(&sim, &config), CHAT_ERR_ARGUMENT);
	}
	assert_int_equal(join("a.example", NULL), 101);
}

/* Either both lists are taken over, or nothing has changed. */
static void
memory_may_fail(void **state)
{
	static const char *const old[] = { "old.example", NULL };
	static const char *const hosts[] = { "a.example", "b.example", NULL };
	static const char *const origins[] = { "http://c", "http://d", NULL };
	const struct chat_config before = { .hosts = old };
	const struct chat_config config = { .hosts = hosts,
		.origins = origins };
	struct failing_alloc failing;
	struct chat_gate gate;
	size_t n;
	int err = CHAT_ERR_NOMEM;

	(void)state;
	for (n = 1; err != CHAT_OK; n++) {
		failing_alloc_init(&failing, 0);
		memset(&gate, 0, sizeof(gate));
		assert_int_equal(
		    chat_gate_set(&gate, &failing.alloc, &before), CHAT_OK);
		failing.fail = failing.calls + n;
		err = chat_gate_set(&gate, &failing.alloc, &config);
		assert_int_equal(
		    chat_gate_knows(&gate, CHAT_STR("old.example")),
		    err != CHAT_OK);
		assert_int_equal(chat_gate_knows(&gate, CHAT_STR("b.example")),
		    err == CHAT_OK);
		assert_int_equal(chat_gate_lets_in(&gate, CHAT_STR("http://d"),
				     CHAT_STR("localhost")),
		    err == CHAT_OK);
		chat_gate_release(&gate, &failing.alloc);
		failing_alloc_check(&failing);
	}
	assert_int_equal(n, 1 + 7); /* two lists of two, and once without */
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(other_names_are_refused),
		TEST(local_names_are_ours),
		TEST(given_names_are_ours),
		TEST(hosts_of_origins_are_ours),
		TEST(all_may_be_let_in),
		TEST(names_change_with_the_configuration),
		TEST(names_have_a_form),
		cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of requests by HTTP, and of how bad they can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

#define UPGRADE                                         \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\n"                 \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define OPENING "GET /ws/alice HTTP/1.1\r\nHost: sim\r\n" UPGRADE

/* Answers in a way that is wrong, or nearly so. */
static void
answer_oddly(const char *what, struct chat_response *response)
{
	const struct chat_str lines[] = { CHAT_STR("\r\n"),
		CHAT_STR("X: y\r\n\r\n"), CHAT_STR("X: y"), CHAT_STR("X: y\r"),
		CHAT_STR("X: y\n"), CHAT_STR("X: y\r\n\nZ: z\r\n"),
		CHAT_STR("X: y\rZ: z\r\n"), CHAT_STR("X: y\r\nZ: z\r\n") };
	static const struct chat_alloc heap;
	static char text[8192];
	unsigned n;

	response->status = 200;
	response->body = CHAT_STR("HTTP/1.1 200 OK\r\n\r\n");
	if (sscanf(what, "status/%u", &n) == 1) {
		response->status = (int)n;
	} else if (sscanf(what, "fields/%u", &n) == 1) {
		memset(text, 'x', n);
		memcpy(text, "X-Long: ", 8);
		memcpy(text + n - 2, "\r\n", 2);
		response->fields = (struct chat_str){ text, n };
	} else if (sscanf(what, "type/%u", &n) == 1) {
		memset(text, 'x', n);
		text[n] = '\0';
		response->type = text;
		response->fields = CHAT_STR("X-Own: yes\r\n");
	} else if (sscanf(what, "line/%u", &n) == 1) {
		response->fields = lines[n];
	} else { /* its body is shorter, or longer */
		response->owner = chat_bytes_new(&heap, 5);
		assert_non_null(response->owner);
		memcpy(response->owner->p, "owned", 5);
	}
}

/* Answers as the program around the room does. */
static void
answer(void *user, const struct chat_http_request *r,
    struct chat_response *response)
{
	char what[64];

	(void)user;
	if (chat_str_is(r->path, CHAT_STR("/"))) {
		response->status = 200;
		response->type = "text/html";
		response->fields = CHAT_STR("X-Own: yes\r\n");
		response->body = CHAT_STR("<p>hello");
	} else if (chat_str_is(r->path, CHAT_STR("/same"))) {
		response->status = 304;
		response->fields = CHAT_STR("ETag: \"1\"\r\n");
		response->body = CHAT_STR("not sent");
	} else if (chat_str_is(r->path, CHAT_STR("/empty"))) {
		response->status = 200;
	} else if (r->path.n > 5 && memcmp(r->path.p, "/odd/", 5) == 0) {
		snprintf(what, sizeof(what), "%.*s", (int)r->path.n - 5,
		    r->path.p + 5);
		answer_oddly(what, response);
	}
}

static struct sim sim;

static int
set_up(void **state)
{
	struct chat_config config = { .on_request = answer };

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
ask(const char *request)
{
	struct sim_client *c = sim_connect(&sim, 0);

	sim_puts(c, request);
	sim_run(&sim);
	return c;
}

/* One request, one response, by method and path. */
static struct sim_response
get(const char *line)
{
	struct sim_response r;
	struct sim_client *c = sim_connect(&sim, 0);

	sim_puts(c, line);
	sim_puts(c, " HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_run(&sim);
	assert_true(sim_response(c, &r, strncmp(line, "HEAD", 4) == 0));
	assert_int_equal(c->at, c->in.n);
	return r;
}

static void
expect_field(const struct sim_response *r, const char *name, const char *value)
{
	struct chat_str got = sim_field(r, name);

	if (value == NULL) {
		assert_null(got.p);
		return;
	}
	if (!chat_str_is(got, chat_str(value)))
		print_error("%s: %.*s\n", name, (int)got.n, got.p);
	assert_true(chat_str_is(got, chat_str(value)));
}

static void
expect_body(const struct sim_response *r, const char *body)
{
	assert_true(chat_str_is(r->body, chat_str(body)));
}

static void
program_answers(void **state)
{
	struct sim_response r;

	(void)state;
	r = get("GET /");
	assert_int_equal(r.status, 200);
	expect_field(&r, "Content-Type", "text/html");
	expect_field(&r, "Content-Length", "8");
	expect_field(&r, "X-Own", "yes");
	expect_field(&r, "Connection", "keep-alive");
	expect_body(&r, "<p>hello");
	r = get("GET /?x=y");
	assert_int_equal(r.status, 200);
	r = get("GET http://sim/");
	expect_body(&r, "<p>hello");
	r = get("GET /empty");
	assert_int_equal(r.status, 200);
	expect_field(&r, "Content-Length", "0");
	r = get("GET /nothing");
	assert_int_equal(r.status, 404);
	r = get("GET /healthz/");
	assert_int_equal(r.status, 404);
}

static void
head_is_a_get_without_body(void **state)
{
	struct sim_response r;

	(void)state;
	r = get("HEAD /");
	assert_int_equal(r.status, 200);
	expect_field(&r, "Content-Length", "8");
	expect_field(&r, "X-Own", "yes");
	r = get("HEAD /nothing");
	assert_int_equal(r.status, 404);
	r = get("HEAD /healthz");
	expect_field(&r, "Content-Length", "3");
	r = get("HEAD /metrics");
	assert_int_equal(r.status, 200);
	r = get("GET /same");
	assert_int_equal(r.status, 304);
	expect_field(&r, "Content-Length", NULL);
	expect_field(&r, "ETag", "\"1\"");
}

/* A request, and a second one after it whose answer must be where the first
 * one's ends, or the end if the first was the last. */
static void
ask_oddly(const char *method, const char *what, bool close, int status,
    const char *body)
{
	bool is_head = strcmp(method, "HEAD") == 0;
	struct sim_response r;
	struct sim_client *c;
	char text[256];

	snprintf(text, sizeof(text),
	    "%s /odd/%s HTTP/1.1\r\nHost: sim\r\n%s\r\n", method, what,
	    close ? "Connection: close\r\n" : "");
	c = sim_connect(&sim, 0);
	sim_puts(c, text);
	sim_puts(c, "GET /healthz HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_run(&sim);
	assert_true(sim_response(c, &r, is_head));
	assert_int_equal(r.status, status);
	expect_body(&r, is_head ? "" : body);
	expect_field(&r, "Connection", close ? "close" : "keep-alive");
	if (!close) {
		assert_true(sim_response(c, &r, false));
		expect_body(&r, "ok\n");
	}
	assert_int_equal(c->at, c->in.n);
	sim_free(c);
}

static void
ask_all_ways(const char *what, int status, const char *body)
{
	ask_oddly("GET", what, false, status, body);
	ask_oddly("GET", what, true, status, body);
	ask_oddly("HEAD", what, false, status, body);
	ask_oddly("HEAD", what, true, status, body);
}

/* Nothing that a program answers makes two responses of one, or reads what is
 * not there. */
static void
odd_answers_are_one_response(void **state)
{
	static const char body[] = "HTTP/1.1 200 OK\r\n\r\n";
	static const char failed[] = "Internal Server Error";
	char line[32];
	int i;

	(void)state;
	ask_all_ways("status/204", 204, "");
	ask_all_ways("status/304", 304, "");
	ask_all_ways("status/599", 599, body);
	assert_string_equal(sim.line, "");
	ask_all_ways("status/600", 500, failed);
	ask_all_ways("status/199", 500, failed);
	ask_all_ways("status/101", 500, failed);
	ask_all_ways("status/1", 500, failed);
	ask_all_ways("status/4000000000", 500, failed);
	ask_all_ways("fields/2001", 500, failed);
	ask_all_ways("fields/2049", 500, failed);
	ask_all_ways("fields/5000", 500, failed);
	ask_all_ways("type/1989", 500, failed);
	assert_non_null(strstr(sim.line, "a response cannot be sent"));
	for (i = 0; i < 7; i++) {
		snprintf(line, sizeof(line), "line/%d", i);
		ask_all_ways(line, 500, failed);
	}
	ask_all_ways("line/7", 200, body);
	ask_all_ways("fields/2000", 200, body);
	ask_all_ways("type/1988", 200, body);
	ask_all_ways("owner", 200, "owned");
}

static void
dates_are_told(void **state)
{
	static const struct {
		uint64_t wall;
		const char *date;
	} dates[] = {
		/* The example of RFC 9110, section 5.6.7. */
		{ 784111777000, "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 951782399999, "Mon, 28 Feb 2000 23:59:59 GMT" },
		{ 951782400000, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 1764000000000, "Mon, 24 Nov 2025 16:00:00 GMT" },
		{ 4107542400000, "Mon, 01 Mar 2100 00:00:00 GMT" },
	};
	struct sim_response r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		sim.now.wall = dates[i].wall;
		r = get("GET /healthz");
		expect_field(&r, "Date", dates[i].date);
	}
}

static void
other_methods_are_refused(void **state)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE",
		"OPTIONS", "PATCH", "TRACE", "get", "PROPFIND" };
	struct sim_response r;
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		snprintf(line, sizeof(line), "%s /", methods[i]);
		r = get(line);
		assert_int_equal(r.status, 405);
		expect_field(&r, "Allow", "GET, HEAD");
		snprintf(line, sizeof(line), "%s /ws/alice", methods[i]);
		r = get(line);
		assert_int_equal(r.status, 405);
		expect_field(&r, "Allow", "GET");
	}
	r = get("HEAD /ws/alice");
	assert_int_equal(r.status, 405);
	r = get("OPTIONS *");
	assert_int_equal(r.status, 405);
	r = get("CONNECT sim:80");
	assert_int_equal(r.status, 405);
}

static void
health_is_told(void **state)
{
	struct sim_response r;

	(void)state;
	r = get("GET /healthz");
	assert_int_equal(r.status, 200);
	expect_body(&r, "ok\n");
	expect_field(&r, "Cache-Control", "no-store");
	r = get("GET /readyz");
	assert_int_equal(r.status, 200);
	expect_body(&r, "ok\n");
}

static void
readiness_ends_with_draining(void **state)
{
	struct sim_response r;

	(void)state;
	chat_core_drain(sim.core, 1012);
	sim_run(&sim);
	r = get("GET /readyz");
	assert_int_equal(r.status, 503);
	expect_field(&r, "Connection", "close");
	r = get("GET /healthz");
	assert_int_equal(r.status, 200);
	sim_wait(&sim, 5000);
	assert_true(chat_core_is_drained(sim.core));
}

/* Owned by the caller. */
static char *
copy_body(const struct sim_response *r)
{
	char *page = malloc(r->body.n + 1);

	assert_non_null(page);
	memcpy(page, r->body.p, r->body.n);
	page[r->body.n] = '\0';
	return page;
}

static void
metrics_are_told(void **state)
{
	struct sim_response r;
	struct sim_client *a;
	char *page;

	(void)state;
	a = sim_join(&sim, "alice");
	sim_join(&sim, "alice");
	sim_say(a, "{'type':'message','text':'x'}");
	sim_say(a, "{'type':'message','to':'alice','text':'x'}");
	sim_say(a, "rubbish");
	sim_run(&sim);
	r = get("GET /metrics");
	assert_int_equal(r.status, 200);
	expect_field(
	    &r, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	page = copy_body(&r);
	assert_non_null(strstr(page, "\nchatd_connections 3\n"));
	assert_non_null(strstr(page, "\nchatd_windows 2\n"));
	assert_non_null(strstr(page, "\nchatd_users 1\n"));
	assert_non_null(
	    strstr(page, "\nchatd_messages_total{audience=\"public\"} 1\n"));
	assert_non_null(
	    strstr(page, "\nchatd_messages_total{audience=\"private\"} 1\n"));
	assert_non_null(strstr(page, "\nchatd_deliveries_total 2\n"));
	assert_non_null(
	    strstr(page, "\nchatd_errors_total{code=\"bad_json\"} 1\n"));
	free(page);
}

static void
expect_figure(const char *line)
{
	struct sim_response r = get("GET /metrics");
	char *page = copy_body(&r);

	if (strstr(page, line) == NULL)
		fail_msg("no %s in %s", line, page);
	free(page);
}

/* Whoever asks again and again does not learn which message had what length and
 * how many windows got it. */
static void
metrics_do_not_tell_on_private_messages(void **state)
{
	const char *few = "\nchatd_messages_total{audience=\"private\"} 1\n";
	const char *all = "\nchatd_messages_total{audience=\"private\"} 2\n";
	const char *none = "\nchatd_deliveries_total 0\n";
	struct sim_client *a;

	(void)state;
	a = sim_join(&sim, "alice");
	sim_join(&sim, "bob");
	sim_wait(&sim, CHAT_METRICS_TICK - sim.now.mono % CHAT_METRICS_TICK);
	sim_say(a, "{'type':'message','to':'bob','text':'x'}");
	sim_run(&sim);
	expect_figure(few);
	sim_say(a, "{'type':'message','to':'bob','text':'x'}");
	sim_run(&sim);
	sim_wait(&sim, CHAT_METRICS_TICK - 1);
	expect_figure(few);
	sim_wait(&sim, 1);
	expect_figure(all);
	expect_figure(none);
}

static void
upgrade_is_required(void **state)
{
	static const char *const without[] = {
		"GET /ws/alice HTTP/1.1\r\nHost: sim\r\n\r\n",
		"GET /ws/alice HTTP/1.1\r\nHost: sim\r\nConnection: Upgrade\r\n"
		"Upgrade: h2c\r\n\r\n",
		"GET /ws/alice HTTP/1.1\r\nHost: sim\r\nConnection: Upgrade\r\n"
		"Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		"GET /ws/alice HTTP/1.1\r\nHost: sim\r\nConnection: Upgrade\r\n"
		"Upgrade: websocket\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	};
	struct sim_response r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		assert_true(sim_response(ask(without[i]), &r, false));
		assert_int_equal(r.status, 426);
		expect_field(&r, "Sec-WebSocket-Version", "13");
		expect_field(&r, "Upgrade", "websocket");
	}
}

static void
requests_are_answered_in_order(void **state)
{
	struct sim_response r;
	struct sim_client *c;
	int step;

	(void)state;
	for (step = 1; step < 300; step += 7) {
		c = sim_connect(&sim, 0);
		c->step = (size_t)step;
		sim_puts(c,
		    "GET / HTTP/1.1\r\nHost: sim\r\n\r\n"
		    "HEAD /nothing HTTP/1.1\r\nHost: sim\r\n\r\n"
		    "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
		    "GET /same HTTP/1.1\r\nHost: sim\r\n\r\n"
		    "GET / HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n"
		    "GET /healthz HTTP/1.1\r\nHost: sim\r\n\r\n");
		sim_run(&sim);
		assert_true(sim_response(c, &r, false));
		expect_body(&r, "<p>hello");
		assert_true(sim_response(c, &r, true));
		assert_int_equal(r.status, 404);
		assert_true(sim_response(c, &r, false));
		expect_body(&r, "ok\n");
		expect_field(&r, "Connection", "keep-alive");
		assert_true(sim_response(c, &r, false));
		assert_int_equal(r.status, 304);
		assert_true(sim_response(c, &r, false));
		expect_field(&r, "Connection", "close");
		/* Nothing after that. */
		assert_int_equal(c->at, c->in.n);
		assert_true(c->eof);
		assert_int_equal(c->id, 0);
		sim_free(c);
	}
}

static void
connection_ends_when_it_should(void **state)
{
	static const struct {
		const char *request;
		bool ends;
	} requests[] = {
		{ "GET / HTTP/1.1\r\nHost: sim\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n",
		    true },
		{ "GET / HTTP/1.0\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: sim\r\nContent-Length: 3\r\n\r\nabc",
		    true },
		{ "POST / HTTP/1.1\r\nHost: sim\r\nContent-Length: 3\r\n\r\n"
		  "abc",
		    true },
	};
	struct sim_response r;
	struct sim_client *c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		c = ask(requests[i].request);
		assert_true(sim_response(c, &r, false));
		expect_field(&r, "Connection",
		    requests[i].ends ? "close" : "keep-alive");
		assert_int_equal(c->eof, requests[i].ends);
		assert_int_equal(c->id == 0, requests[i].ends);
		assert_int_equal(c->at, c->in.n);
	}
}

/* Frames may follow the request in the same packet. */
static void
upgrade_may_follow_requests(void **state)
{
	struct sim_response r;
	struct sim_client *c;
	size_t step;

	(void)state;
	for (step = 1; step < 400; step += 9) {
		c = sim_connect(&sim, 0);
		c->step = step;
		sim_puts(c, "GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
		sim_open(c, "alice");
		c->upgrades = false;
		sim_say(c, "{'type':'ping','ref':'p'}");
		sim_run(&sim);
		assert_true(sim_response(c, &r, false));
		assert_int_equal(r.status, 200);
		assert_true(sim_response(c, &r, true));
		assert_int_equal(r.status, 101);
		assert_non_null(memchr(c->in.p + c->at, 0x81, c->in.n - c->at));
		assert_int_equal(chat_core_metrics(sim.core)->windows, 1);
		sim_free(c);
	}
}

/* Whatever is wrong with it, a request gets one answer and then the end. */
static void
malformed_requests_are_refused(void **state)
{
	static const struct {
		const char *request;
		int status;
	} bad[] = {
		{ "nonsense\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\nHost: a\n\n", 400 },
		{ "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /\r\n\r\n", 400 },
		{ "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
		{ "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505 },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
		  "Content-Length: 2\r\n\r\n",
		    400 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		    400 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
		    400 },
		{ "POST / HTTP/1.1\r\nHost: a\r\n"
		  "Transfer-Encoding: chunked, x\r\n\r\n",
		    400 },
		{ "\x16\x03\x01\x02\x00\x01", 400 }, /* TLS */
		/* Openings that are not handshakes. */
		{ "GET /ws/alice HTTP/1.0\r\nHost: sim\r\n" UPGRADE "\r\n",
		    400 },
		{ OPENING "Content-Length: 5\r\n\r\nabcde", 400 },
		{ OPENING "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		    400 },
		{ OPENING "Sec-WebSocket-Version: 13\r\n\r\n", 400 },
		{ OPENING "Origin: http://sim\r\nOrigin: http://evil\r\n\r\n",
		    400 },
		{ "GET /ws/alice HTTP/1.1\r\nHost: sim\r\nUpgrade: "
		  "websocket\r\n"
		  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
		    400 },
		{ "GET /ws/alice HTTP/1.1\r\nHost: sim\r\nUpgrade: "
		  "websocket\r\n"
		  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		  "Sec-WebSocket-Key: c2hvcnQ=\r\n\r\n",
		    400 },
		{ "GET /ws/alice HTTP/1.1\r\nHost: sim\r\nUpgrade: "
		  "websocket\r\n"
		  "Connection: keep-alive\r\nSec-WebSocket-Version: 13\r\n"
		  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		    400 },
	};
	struct sim_response r;
	struct sim_client *c;
	size_t i, step;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (step = 1; step < 50; step += 24) {
			c = sim_connect(&sim, 0);
			c->step = step;
			sim_puts(c, bad[i].request);
			sim_run(&sim);
			if (!sim_response(c, &r, false) ||
			    r.status != bad[i].status)
				print_error("%s\n", bad[i].request);
			assert_int_equal(r.status, bad[i].status);
			assert_int_equal(c->at, c->in.n);
			if (bad[i].status != 505 &&
			    strncmp(bad[i].request, "GET /ws", 7) != 0)
				assert_int_equal(c->id, 0);
			sim_free(c);
		}
	assert_int_equal(chat_core_metrics(sim.core)->windows, 0);
}

/* A NUL is never the end of anything. */
static void
nul_bytes_are_refused(void **state)
{
	static const char nul[] = "GET /\0 HTTP/1.1\r\nHost: sim\r\n\r\n";
	static const char in_field[] =
	    "GET / HTTP/1.1\r\nHost: sim\r\nX: a\0b\r\n\r\n";
	struct sim_response r;
	struct sim_client *c;

	(void)state;
	c = sim_connect(&sim, 0);
	sim_put(c, nul, sizeof(nul) - 1);
	sim_run(&sim);
	assert_true(sim_response(c, &r, false));
	assert_int_equal(r.status, 400);
	c = sim_connect(&sim, 0);
	sim_put(c, in_field, sizeof(in_field) - 1);
	sim_run(&sim);
	assert_true(sim_response(c, &r, false));
	assert_int_equal(r.status, 400);
}

static void
too_much_is_refused(void **state)
{
	struct sim_response r;
	struct sim_client *c;
	char line[4096];
	int i;

	(void)state;
	/* 100 KB of header. */
	c = sim_connect(&sim, 0);
	sim_puts(c, "GET / HTTP/1.1\r\nHost: sim\r\n");
	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "X-%d: %01000d\r\n", i, i);
		sim_puts(c, line);
	}
	sim_run(&sim);
	assert_true(sim_response(c, &r, false));
	assert_int_equal(r.status, 431);
	assert_int_equal(c->id, 0);
	/* Many fields. */
	c = sim_connect(&sim, 0);
	sim_puts(c, "GET / HTTP/1.1\r\nHost: sim\r\n");
	for (i = 0; i < 64; i++)
		sim_puts(c, "X: y\r\n");
	sim_run(&sim);
	assert_true(sim_response(c, &r, false));
	assert_int_equal(r.status, 431);
	/* A long target. */
	c = sim_connect(&sim, 0);
	snprintf(line, sizeof(line), "GET /%03000d HTTP/1.1\r\n", 0);
	sim_puts(c, line);
	sim_run(&sim);
	assert_true(sim_response(c, &r, false));
	assert_int_equal(r.status, 414);
}

/* Half a request has until the deadline, however it trickles in. */
static void
half_a_request_times_out(void **state)
{
	struct sim_response r;
	struct sim_client *c;
	int i;

	(void)state;
	c = sim_connect(&sim, 0);
	sim_puts(c, "GET / HTTP/1.1\r\n");
	for (i = 0; i < 9; i++) {
		sim_puts(c, "X: y\r\n");
		sim_wait(&sim, 1000);
	}
	assert_false(sim_response(c, &r, false));
	sim_wait(&sim, 999);
	assert_false(sim_response(c, &r, false));
	sim_wait(&sim, 1);
	assert_true(sim_response(c, &r, false));
	assert_int_equal(r.status, 408);
	expect_field(&r, "Connection", "close");
	assert_int_equal(c->id, 0);
}

/* A client that has asked for nothing gets no answer. */
static void
silence_times_out(void **state)
{
	struct sim_client *c;
	struct sim_response r;

	(void)state;
	c = sim_connect(&sim, 0);
	sim_wait(&sim, 9999);
	assert_int_not_equal(c->id, 0);
	sim_wait(&sim, 1);
	assert_int_equal(c->id, 0);
	assert_int_equal(c->received, 0);
	/* After an answer there is as much time again. */
	c = ask("GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_wait(&sim, 9000);
	sim_puts(c, "GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_wait(&sim, 9000);
	assert_true(sim_response(c, &r, false));
	assert_true(sim_response(c, &r, false));
	assert_int_not_equal(c->id, 0);
	sim_wait(&sim, 1000);
	assert_int_equal(c->id, 0);
}

/* A client that ends its side still gets its answer. */
static void
half_closed_client_is_answered(void **state)
{
	struct sim_response r;
	struct sim_client *c;

	(void)state;
	c = sim_connect(&sim, 0);
	sim_puts(c, "GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_end(c);
	sim_run(&sim);
	assert_true(sim_response(c, &r, false));
	expect_body(&r, "<p>hello");
	assert_int_equal(c->id, 0);
	/* Half a request does not count. */
	c = sim_connect(&sim, 0);
	sim_puts(c, "GET / HTTP/1.1\r\nHost: sim\r\n");
	sim_end(c);
	sim_run(&sim);
	assert_int_equal(c->id, 0);
}

/* ... also when it was not ready to read when it ended. */
static void
half_closed_client_may_read_slowly(void **state)
{
	struct sim_response r;
	struct sim_client *c;

	(void)state;
	c = sim_connect(&sim, 0);
	c->window = 100;
	sim_puts(c, "GET /metrics HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_turn(&sim);
	c->window = 0;
	sim_turn(&sim);
	sim_end(c);
	sim_run(&sim);
	assert_int_not_equal(c->id, 0);
	c->window = 100;
	sim_run(&sim);
	assert_true(sim_response(c, &r, false));
	assert_int_equal(c->id, 0);
}

/* A client that asks on and on and reads nothing is not listened to after a
 * while, and loses no answer. */
static void
answers_nobody_reads_stop_the_questions(void **state)
{
	struct chat_config config = { .limits = { .input_rate = CHAT_OFF } };
	struct sim_response r;
	struct sim_client *c;
	int i, n = 0;

	(void)state;
	assert_int_equal(chat_core_configure(sim.core, &config), CHAT_OK);
	c = sim_connect(&sim, 0);
	c->window = 0;
	for (i = 0; i < 20000; i++)
		sim_puts(c, "GET /empty HTTP/1.1\r\nHost: sim\r\n\r\n");
	sim_run(&sim);
	assert_true(c->out.n > 400000);
	assert_int_equal(c->wants & CHAT_WANTS_READ, 0);
	c->window = 3000;
	sim_run(&sim);
	assert_int_equal(c->out.n, 0);
	while (sim_response(c, &r, false))
		n++;
	assert_int_equal(n, 20000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(program_answers),
		TEST(head_is_a_get_without_body),
		TEST(odd_answers_are_one_response),
		TEST(dates_are_told),
		TEST(other_methods_are_refused),
		TEST(health_is_told),
		TEST(readiness_ends_with_draining),
		TEST(metrics_are_told),
		TEST(metrics_do_not_tell_on_private_messages),
		TEST(upgrade_is_required),
		TEST(requests_are_answered_in_order),
		TEST(connection_ends_when_it_should),
		TEST(upgrade_may_follow_requests),
		TEST(malformed_requests_are_refused),
		TEST(nul_bytes_are_refused),
		TEST(too_much_is_refused),
		TEST(half_a_request_times_out),
		TEST(silence_times_out),
		TEST(half_closed_client_is_answered),
		TEST(half_closed_client_may_read_slowly),
		TEST(answers_nobody_reads_stop_the_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

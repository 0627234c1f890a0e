#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "handshake.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION    "Sec-WebSocket-Version: 13\r\n"
#define WEBSOCKET  UPGRADE CONNECTION KEY VERSION

static char text[512];

/* Parses a request of that line and those fields into *r. */
static void
parse(struct chat_http_request *r, const char *line, const char *fields)
{
	int n = snprintf(text, sizeof(text),
	    "%s\r\nHost: server.example.com\r\n%s\r\n", line, fields);

	assert_int_equal(chat_http_parse(r, text, (size_t)n), n);
}

static int
check(const char *line, const char *fields)
{
	struct chat_http_request r;
	struct chat_handshake h;

	parse(&r, line, fields);
	return chat_handshake_check(&h, &r);
}

/* The example of RFC 6455, section 1.2, and the answer of 1.3. */
static void
test_example(void **state)
{
	struct chat_http_request r;
	struct chat_handshake h;
	char buf[256];
	size_t n;

	(void)state;
	parse(&r, "GET /chat HTTP/1.1",
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Origin: http://example.com\r\n"
	    "Sec-WebSocket-Protocol: chat, superchat\r\n"
	    "Sec-WebSocket-Version: 13\r\n");
	assert_int_equal(chat_handshake_check(&h, &r), 101);
	assert_int_equal(h.key.n, 24);
	assert_memory_equal(h.key.p, "dGhlIHNhbXBsZSBub25jZQ==", 24);
	assert_true(chat_handshake_offers(&r, "chat"));
	n = chat_handshake_write(buf, sizeof(buf), &h, "chat");
	assert_string_equal(buf,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	    "Sec-WebSocket-Protocol: chat\r\n"
	    "\r\n");
	assert_int_equal(n, strlen(buf));
}

static void
test_write(void **state)
{
	static const char expected[] =
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	    "\r\n";
	const struct chat_handshake h = { CHAT_STR(
	    "dGhlIHNhbXBsZSBub25jZQ==") };
	const size_t n = sizeof(expected) - 1;
	char buf[256];

	(void)state;
	assert_int_equal(chat_handshake_write(NULL, 0, &h, NULL), n);
	assert_int_equal(chat_handshake_write(buf, n + 1, &h, NULL), n);
	assert_string_equal(buf, expected);
	memset(buf, '.', sizeof(buf));
	assert_int_equal(chat_handshake_write(buf, n, &h, NULL), n);
	assert_memory_equal(buf, expected, n - 1);
	assert_memory_equal(buf + n - 1, "\0.", 2);
}

static void
test_accept(void **state)
{
	char accept[CHAT_HANDSHAKE_ACCEPT + 1];

	(void)state;
	memset(accept, '.', sizeof(accept));
	chat_handshake_accept(accept, CHAT_STR("dGhlIHNhbXBsZSBub25jZQ=="));
	assert_memory_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=.", 29);
}

static void
test_browsers_are_welcome(void **state)
{
	(void)state;
	assert_int_equal(check("GET /ws/alice HTTP/1.1", WEBSOCKET), 101);
	assert_int_equal(check("GET /ws/a?after=3 HTTP/1.2", WEBSOCKET), 101);
	assert_int_equal(check("GET http://a/ws/a HTTP/1.1", WEBSOCKET), 101);
	assert_int_equal(check("GET / HTTP/1.1",
			     "connection: keep-alive, upgrade\r\n"
			     "upgrade: h2c, WebSocket\r\n"
			     "sec-websocket-version: 13\r\n"
			     "sec-websocket-extensions: permessage-deflate\r\n"
			     "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
			     "content-length: 0\r\n"
			     "origin: https://a.example\r\n"),
	    101);
}

static void
test_other_methods(void **state)
{
	static const char *const lines[] = { "HEAD / HTTP/1.1",
		"POST / HTTP/1.1", "get / HTTP/1.1", "GETT / HTTP/1.1",
		"OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		assert_int_equal(check(lines[i], WEBSOCKET), 405);
		assert_int_equal(check(lines[i], ""), 405);
	}
}

/* What can be mended by asking for a WebSocket of version 13. */
static void
test_upgrade_required(void **state)
{
	static const char *const fields[] = {
		"",
		CONNECTION KEY VERSION,
		"Upgrade: h2c\r\n" CONNECTION KEY VERSION,
		"Upgrade: websocket/13\r\n" CONNECTION KEY VERSION,
		"Upgrade: web socket\r\n" CONNECTION KEY VERSION,
		UPGRADE CONNECTION KEY,
		UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 8\r\n",
		UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 14\r\n",
		UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 013\r\n",
		UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 13, 8\r\n",
		UPGRADE CONNECTION KEY "Sec-WebSocket-Version:\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(fields); i++)
		assert_int_equal(check("GET / HTTP/1.1", fields[i]), 426);
}

static void
test_bad_requests(void **state)
{
	static const char *const fields[] = {
		UPGRADE KEY VERSION,
		UPGRADE KEY VERSION "Connection: close\r\n",
		UPGRADE KEY VERSION "Connection: Upgrades\r\n",
		UPGRADE CONNECTION VERSION,
		WEBSOCKET KEY,
		WEBSOCKET VERSION,
		WEBSOCKET "Sec-WebSocket-Version: 8\r\n",
		WEBSOCKET "Content-Length: 1\r\n",
		WEBSOCKET "Transfer-Encoding: chunked\r\n",
		WEBSOCKET "Origin: http://a\r\nOrigin: http://b\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(fields); i++)
		assert_int_equal(check("GET / HTTP/1.1", fields[i]), 400);
	assert_int_equal(check("GET / HTTP/1.0", WEBSOCKET), 400);
}

/* The last character of a key ends in four bits that stand for nothing.  The
 * second one is that of RFC 6455, section 4.1. */
static void
test_keys(void **state)
{
	static const char *const keys[] = {
		"AAAAAAAAAAAAAAAAAAAAAA==",
		"AQIDBAUGBwgJCgsMDQ4PEC==",
		"++++++++++////////////==",
		"000000000099999999999z==",
	};
	char fields[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(keys); i++) {
		snprintf(fields, sizeof(fields),
		    UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: %s\r\n",
		    keys[i]);
		assert_int_equal(check("GET / HTTP/1.1", fields), 101);
	}
}

static void
test_bad_keys(void **state)
{
	static const char *const keys[] = {
		"",
		"A",
		"AAAAAAAAAAAAAAAAAAAA",         /* 15 bytes */
		"AAAAAAAAAAAAAAAAAAAAAAA=",     /* 17 bytes */
		"AAAAAAAAAAAAAAAAAAAAAAAA",     /* 18 bytes */
		"AAAAAAAAAAAAAAAAAAAAAA",       /* no padding */
		"AAAAAAAAAAAAAAAAAAAAAA=",      /* half of it */
		"AAAAAAAAAAAAAAAAAAAAAA== A==", /* bytes after it */
		"AAAAAAAAAAAAAAAAAAAAA-==",     /* the URL alphabet */
		"AAAAAAAAAAAAAAAAAAAA_A==",
		"AAAAAAAAAAAAAAAAAAAAA===",
		"AAAAAAAAAAAAAAAAAAAAAA=A",
		"AAAAAAAAAAAAAAAAAAAAAAA==", /* a character more */
		"AAAAAAAAAA AAAAAAAAAAA==",
		"AAAAAAAAAAAAAAAAAAAAAA==, AAAAAAAAAAAAAAAAAAAAAA==",
	};
	char fields[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(keys); i++) {
		snprintf(fields, sizeof(fields),
		    UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: %s\r\n",
		    keys[i]);
		assert_int_equal(check("GET / HTTP/1.1", fields), 400);
	}
}

static void
test_offers(void **state)
{
	struct chat_http_request r;

	(void)state;
	parse(&r, "GET / HTTP/1.1",
	    "sec-websocket-protocol: v2.chat , chat.v1\r\n"
	    "X-Protocol: z\r\n"
	    "Sec-WebSocket-Protocol: ,b\r\n");
	assert_true(chat_handshake_offers(&r, "chat.v1"));
	assert_true(chat_handshake_offers(&r, "v2.chat"));
	assert_true(chat_handshake_offers(&r, "b"));
	assert_false(chat_handshake_offers(&r, "Chat.v1"));
	assert_false(chat_handshake_offers(&r, "chat"));
	assert_false(chat_handshake_offers(&r, "z"));
	assert_false(chat_handshake_offers(&r, ""));
	parse(&r, "GET / HTTP/1.1", "");
	assert_false(chat_handshake_offers(&r, "chat.v1"));
}

static void
test_same_origin(void **state)
{
	static const struct {
		const char *origin, *host;
		bool same;
	} cases[] = {
		{ "http://a.example", "a.example", true },
		{ "https://a.example", "a.example", true },
		{ "http://a.example:8000", "a.example:8000", true },
		{ "HTTP://A.example", "a.EXAMPLE", true },
		{ "http://a:80", "a", true },
		{ "http://a", "a:80", true },
		{ "http://a", "a:", true },
		{ "https://a:443", "a", true },
		{ "https://a", "a:443", true },
		{ "http://[::1]:8000", "[::1]:8000", true },
		{ "http://a:443", "a", false },
		{ "http://a", "a:443", false },
		{ "https://a", "a:80", false },
		{ "https://a:80", "a", false },
		{ "http://a:8000", "a", false },
		{ "http://a", "a:8000", false },
		{ "http://a:8000", "a:8001", false },
		{ "http://a:8000", "a:80", false },
		{ "http://b.example", "a.example", false },
		{ "http://a.example.com", "a.example", false },
		{ "http://a.example", "a.example.com", false },
		{ "http://xa.example", "a.example", false },
		{ "http://a.example@b", "b", false },
		{ "http://a/", "a", false },
		{ "http://a b", "a", false },
		{ "http://a http://b", "a", false },
		{ "http://a, http://b", "a", false },
		{ "http://", "", false },
		{ "http://a", "", false },
		{ "http:a", "a", false },
		{ "ftp://a", "a", false },
		{ "chrome-extension://a", "a", false },
		{ "//a", "a", false },
		{ "a", "a", false },
		{ "", "", false },
		{ "null", "null", false },
		{ "null", "a", false },
		{ NULL, "a", false },
		{ "http://a", NULL, false },
		{ NULL, NULL, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (chat_handshake_same_origin(chat_str(cases[i].origin),
			chat_str(cases[i].host)) != cases[i].same)
			fail_msg("%s and %s", cases[i].origin, cases[i].host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_browsers_are_welcome),
		cmocka_unit_test(test_other_methods),
		cmocka_unit_test(test_upgrade_required),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_same_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

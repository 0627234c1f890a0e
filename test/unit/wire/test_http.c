#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "err.h"
#include "guard.h"
#include "http.h"

#define HOST         "Host: chat.example\r\n"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* For inputs longer than a few lines. */
static char big[CHAT_HTTP_MAX_HEAD + 64];

static int
guarded_parse(const char *p, size_t n)
{
	struct chat_http_request r;
	char *copy = guard_copy(p, n);
	int rc = chat_http_parse(&r, copy, n);

	guard_free(copy, n);
	return rc;
}

/* What the parser says to all n bytes, having been asked after every single
 * one: once it has a result, it has to keep it. */
static int
verdict_of(const char *p, size_t n)
{
	int rc, last = 0;
	size_t i;

	for (i = 0; i <= n; i++) {
		rc = guarded_parse(p, i);
		if (last != 0 && last != rc)
			fail_msg("%d, then %d after byte %zu", last, rc, i);
		last = rc;
	}
	return last;
}

static int
verdict(const char *text)
{
	return verdict_of(text, strlen(text));
}

/* Expects text to be one whole head and nothing else. */
static void
assert_head(const char *text)
{
	int rc = verdict(text);

	if (rc != (int)strlen(text))
		fail_msg("%d for %s", rc, text);
}

static void
assert_error(int err, const char *text)
{
	int rc = verdict(text);

	if (rc != err)
		fail_msg("%d, not %d, for %s", rc, err, text);
}

static void
assert_str(struct chat_str s, const char *expected)
{
	if (expected == NULL) {
		assert_null(s.p);
		return;
	}
	assert_non_null(s.p);
	assert_int_equal(s.n, strlen(expected));
	assert_memory_equal(s.p, expected, s.n);
}

/* Parses text, which lives on, so that *r can be looked at. */
static void
parse(struct chat_http_request *r, const char *text)
{
	assert_int_equal(chat_http_parse(r, text, strlen(text)), strlen(text));
}

static void
test_browser_request(void **state)
{
	struct chat_http_request r;

	(void)state;
	parse(&r,
	    "GET /ws/al%69ce?after=7&history=0 HTTP/1.1\r\n"
	    "Host: chat.example:8000\r\n"
	    "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
	    "Accept-Language: en-US,en;q=0.5\r\n"
	    "Connection: keep-alive, Upgrade\r\n"
	    "\r\n");
	assert_str(r.method, "GET");
	assert_str(r.target, "/ws/al%69ce?after=7&history=0");
	assert_str(r.path, "/ws/al%69ce");
	assert_str(r.query, "after=7&history=0");
	assert_str(r.host, "chat.example:8000");
	assert_int_equal(r.minor, 1);
	assert_true(r.keep_alive);
	assert_false(r.has_body);
	assert_int_equal(r.nfields, 4);
	assert_str(r.fields[3].name, "Connection");
	assert_str(r.fields[3].value, "keep-alive, Upgrade");
}

/* What follows the head, a second request or a frame, is not part of it. */
static void
test_ends_with_the_head(void **state)
{
	static const char two[] = "GET /a HTTP/1.1\r\n" HOST "\r\n"
				  "GET /b HTTP/1.1\r\n" HOST "\r\n";
	static const char frame[] = "GET /a HTTP/1.1\r\n" HOST "\r\n"
				    "\0\1\xff\r";

	(void)state;
	assert_int_equal(verdict(two), strlen(two) / 2);
	assert_int_equal(verdict_of(frame, sizeof(frame) - 1), strlen(two) / 2);
}

static void
test_incomplete(void **state)
{
	(void)state;
	assert_int_equal(verdict(""), 0);
	assert_int_equal(verdict("\r"), 0);
	assert_int_equal(verdict("GET"), 0);
	assert_int_equal(verdict("GET / HTTP/1."), 0);
	assert_int_equal(verdict("GET / HTTP/1.1\r\n" HOST), 0);
	assert_int_equal(verdict("GET / HTTP/1.1\r\n" HOST "\r"), 0);
}

static void
test_leading_empty_line(void **state)
{
	(void)state;
	assert_head("\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
	assert_error(CHAT_ERR_HTTP_SYNTAX, "\r\n\r\n");
	assert_error(CHAT_ERR_HTTP_SYNTAX, "\n");
	assert_error(CHAT_ERR_HTTP_SYNTAX, "\r\r");
	assert_error(CHAT_ERR_HTTP_SYNTAX, " \r\n");
}

static void
test_targets(void **state)
{
	static const struct {
		const char *line, *path, *query, *host;
	} cases[] = {
		{ "GET / HTTP/1.1", "/", NULL, "chat.example" },
		{ "GET /? HTTP/1.1", "/", "", "chat.example" },
		{ "GET /a?b?c HTTP/1.1", "/a", "b?c", "chat.example" },
		{ "GET //a/../b HTTP/1.1", "//a/../b", NULL, "chat.example" },
		{ "GET /:80 HTTP/1.1", "/:80", NULL, "chat.example" },
		{ "GET /\"<>\\^`{|} HTTP/1.1", "/\"<>\\^`{|}", NULL,
		    "chat.example" },
		{ "OPTIONS * HTTP/1.1", NULL, NULL, "chat.example" },
		{ "OPTIONS /a HTTP/1.1", "/a", NULL, "chat.example" },
		{ "CONNECT a.example:443 HTTP/1.1", NULL, NULL,
		    "chat.example" },
		{ "CONNECT [::1]:443 HTTP/1.1", NULL, NULL, "chat.example" },
		{ "GET http://a.example/b?c HTTP/1.1", "/b", "c", "a.example" },
		{ "GET HTTPS://a.example:81 HTTP/1.1", "/", NULL,
		    "a.example:81" },
		{ "GET http://a.example?b=/ HTTP/1.1", "/", "b=/",
		    "a.example" },
		{ "GET http://[::1]:8000/ HTTP/1.1", "/", NULL, "[::1]:8000" },
		{ "gEt!#$%&'*+-.^_`|~09 /a HTTP/1.1", "/a", NULL,
		    "chat.example" },
	};
	struct chat_http_request r;
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(
		    text, sizeof(text), "%s\r\n" HOST "\r\n", cases[i].line);
		assert_head(text);
		parse(&r, text);
		assert_str(r.path, cases[i].path);
		assert_str(r.query, cases[i].query);
		assert_str(r.host, cases[i].host);
	}
}

static void
test_bad_request_lines(void **state)
{
	static const char *const lines[] = {
		/* white space other than two single spaces */
		" GET / HTTP/1.1",
		"GET  / HTTP/1.1",
		"GET /  HTTP/1.1",
		"GET\t/ HTTP/1.1",
		"GET / HTTP/1.1 ",
		"GET /a b HTTP/1.1",
		/* something missing */
		"",
		"GET",
		"GET /",
		"GET / ",
		" / HTTP/1.1",
		"GET HTTP/1.1",
		/* not a method */
		"G@T / HTTP/1.1",
		"GET: / HTTP/1.1",
		"\"GET\" / HTTP/1.1",
		"G\xc3\x89T / HTTP/1.1",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1",
		/* not a target, or not one for that method */
		"GET a HTTP/1.1",
		"GET ?a HTTP/1.1",
		"GET * HTTP/1.1",
		"GET a.example:80 HTTP/1.1",
		"GET ftp://a.example/ HTTP/1.1",
		"GET http:/a.example/ HTTP/1.1",
		"GET http://b@a.example/ HTTP/1.1",
		"GET http:///a HTTP/1.1",
		"GET http://:80/a HTTP/1.1",
		"GET http:// HTTP/1.1",
		"OPTIONS ** HTTP/1.1",
		"CONNECT / HTTP/1.1",
		"CONNECT * HTTP/1.1",
		"CONNECT a.example HTTP/1.1",
		"CONNECT a.example: HTTP/1.1",
		"CONNECT a.example:0 HTTP/1.1",
		"CONNECT :443 HTTP/1.1",
		"CONNECT http://a.example:443/ HTTP/1.1",
		/* bytes that no target has */
		"GET /a#b HTTP/1.1",
		"GET /\x01 HTTP/1.1",
		"GET /\x7f HTTP/1.1",
		"GET /\xc3\xa4 HTTP/1.1",
		/* not a version */
		"GET / http/1.1",
		"GET / HTTP/1",
		"GET / HTTP/1.",
		"GET / HTTP/1.10",
		"GET / HTTP/11.1",
		"GET / HTTP/1,1",
		"GET / HTTP/a.1",
		"GET / HTTP 1.1",
		"GET / HTTPS/1.1",
		"GET / ICY/1.1",
	};
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		snprintf(text, sizeof(text), "%s\r\n" HOST "\r\n", lines[i]);
		assert_error(CHAT_ERR_HTTP_SYNTAX, text);
	}
}

static void
test_versions(void **state)
{
	struct chat_http_request r;

	(void)state;
	parse(&r, "GET / HTTP/1.0\r\n\r\n");
	assert_int_equal(r.minor, 0);
	parse(&r, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(r.minor, 1);
	parse(&r, "GET / HTTP/1.9\r\n" HOST "\r\n");
	assert_int_equal(r.minor, 1);
	assert_error(CHAT_ERR_HTTP_VERSION, "GET / HTTP/0.9\r\n\r\n");
	assert_error(CHAT_ERR_HTTP_VERSION, "GET / HTTP/2.0\r\n\r\n");
	assert_error(CHAT_ERR_HTTP_VERSION, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

/* A peer that speaks something else is not waited for. */
static void
test_refuses_early(void **state)
{
	static const char *const prefixes[] = {
		"\x16",             /* TLS */
		"\x05",             /* SOCKS */
		"\x80",             /* not ASCII */
		"\n",               /* a line that ends in LF alone */
		"{",                /* JSON */
		"EHLO a\n",         /* SMTP */
		"GET /\n",          /* HTTP/0.9 */
		"GET / HTTP/1.1\n", /* no CR */
		"GET / HTTP/1.1\r\nHost: a\n",
		"GET / HTTP/1.1\r\nHost ",
		"GET / HTTP/1.1\r\n\n",
		"GET a HTTP/1.1\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(prefixes); i++) {
		assert_error(CHAT_ERR_HTTP_SYNTAX, prefixes[i]);
		assert_int_equal(
		    guarded_parse(prefixes[i], strlen(prefixes[i]) - 1), 0);
	}
	assert_int_equal(verdict_of("\0", 1), CHAT_ERR_HTTP_SYNTAX);
	assert_int_equal(verdict_of("GET /\0", 6), CHAT_ERR_HTTP_SYNTAX);
}

static void
test_field_lines(void **state)
{
	struct chat_http_request r;

	(void)state;
	parse(&r,
	    "GET / HTTP/1.1\r\n"
	    "hOsT:\t chat.example\t \r\n"
	    "Empty:\r\n"
	    "Blank: \t \r\n"
	    "Inner:a \t b\r\n"
	    "Latin: caf\xe9 \xff\r\n"
	    "!#$%&'*+-.^_`|~09azAZ: x\r\n"
	    "X: 1\r\n"
	    "x: 2\r\n"
	    "Colons: a:b: c\r\n"
	    "\r\n");
	assert_int_equal(r.nfields, 9);
	assert_str(r.host, "chat.example");
	assert_str(chat_http_field(&r, "HOST"), "chat.example");
	assert_str(chat_http_field(&r, "empty"), "");
	assert_str(chat_http_field(&r, "blank"), "");
	assert_str(chat_http_field(&r, "inner"), "a \t b");
	assert_str(chat_http_field(&r, "latin"), "caf\xe9 \xff");
	assert_str(chat_http_field(&r, "!#$%&'*+-.^_`|~09AZaz"), "x");
	assert_str(chat_http_field(&r, "x"), "1");
	assert_str(chat_http_field(&r, "colons"), "a:b: c");
	assert_str(chat_http_field(&r, "absent"), NULL);
	assert_str(chat_http_field(&r, "hos"), NULL);
	assert_int_equal(chat_http_count(&r, "X"), 2);
	assert_int_equal(chat_http_count(&r, "empty"), 1);
	assert_int_equal(chat_http_count(&r, "absent"), 0);
}

static void
test_bad_field_lines(void **state)
{
	static const char *const lines[] = {
		"X : 1\r\n",
		"X\t: 1\r\n",
		" X: 1\r\n",
		"X\r\n",
		"X y: 1\r\n",
		": 1\r\n",
		"(X): 1\r\n",
		"X\xc3\xa4: 1\r\n",
		"X\x01: 1\r\n",
		"X: 1\r\n 2\r\n",
		"X: 1\r\n\t2\r\n",
		"X: \x01\r\n",
		"X: a\x1f\r\n",
		"X: a\x7f\r\n",
		"X: a\rb\r\n",
		"X: a\r\r\n",
		"X: a\n",
		"X: a\nY: b\r\n",
		"X: a\r\n\n",
	};
	static const char nul[] = "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n";
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST "%s\r\n",
		    lines[i]);
		assert_error(CHAT_ERR_HTTP_SYNTAX, text);
		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n%s" HOST "\r\n",
		    lines[i]);
		assert_error(CHAT_ERR_HTTP_SYNTAX, text);
	}
	assert_int_equal(
	    verdict_of(nul, sizeof(nul) - 1), CHAT_ERR_HTTP_SYNTAX);
}

/* Parses a GET with those fields and no others; only the verdict counts. */
static int
verdict_on_fields(const char *version, const char *fields)
{
	char text[256];
	int rc;

	snprintf(
	    text, sizeof(text), "GET / HTTP/%s\r\n%s\r\n", version, fields);
	rc = verdict(text);
	return rc == (int)strlen(text) ? 1 : rc;
}

static void
test_host(void **state)
{
	static const char *const good[] = { "", "a", "a.example", "A-b_c~1.",
		"127.0.0.1:8000", "localhost:", "a:0", "a:65535", "a:00080",
		"[::]", "[::1]", "[::ffff:127.0.0.1]:8000", "%61",
		"!$&'()*+,;=" };
	static const char *const bad[] = { "a b", "a/", "a@b", "a:b", "a:65536",
		"a:99999999999999999999", "a:-1", "a:80:80", "::1", "[", "[]",
		"[:]", "[::1", "[::1]a", "[g::1]", "[::1%25eth0]", "a[::1]",
		"a?", "a, b", "http://a", "\xc3\xa4", "\"a\"", "a\\b" };
	struct chat_http_request r;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		snprintf(text, sizeof(text), "Host: %s\r\n", good[i]);
		assert_int_equal(verdict_on_fields("1.1", text), 1);
		assert_int_equal(verdict_on_fields("1.0", text), 1);
	}
	for (i = 0; i < COUNT(bad); i++) {
		snprintf(text, sizeof(text), "Host: %s\r\n", bad[i]);
		assert_int_equal(
		    verdict_on_fields("1.1", text), CHAT_ERR_HTTP_SYNTAX);
		assert_int_equal(
		    verdict_on_fields("1.0", text), CHAT_ERR_HTTP_SYNTAX);
	}
	assert_int_equal(verdict_on_fields("1.1", ""), CHAT_ERR_HTTP_SYNTAX);
	assert_int_equal(
	    verdict_on_fields("1.1", HOST HOST), CHAT_ERR_HTTP_SYNTAX);
	assert_int_equal(
	    verdict_on_fields("1.0", HOST HOST), CHAT_ERR_HTTP_SYNTAX);
	assert_error(CHAT_ERR_HTTP_SYNTAX, "GET http://a/ HTTP/1.1\r\n\r\n");
	assert_error(
	    CHAT_ERR_HTTP_SYNTAX, "GET http://a/ HTTP/1.1\r\nHost: b/\r\n\r\n");
	parse(&r, "GET / HTTP/1.0\r\n\r\n");
	assert_str(r.host, NULL);
}

static void
test_authority(void **state)
{
	struct chat_http_authority a;

	(void)state;
	assert_int_equal(chat_http_parse_authority(&a, CHAT_STR("a:8000")), 0);
	assert_str(a.host, "a");
	assert_int_equal(a.port, 8000);
	assert_int_equal(chat_http_parse_authority(&a, CHAT_STR("[::1]:1")), 0);
	assert_str(a.host, "[::1]");
	assert_int_equal(a.port, 1);
	assert_int_equal(chat_http_parse_authority(&a, CHAT_STR("a:")), 0);
	assert_int_equal(a.port, -1);
	assert_int_equal(chat_http_parse_authority(&a, CHAT_STR("")), 0);
	assert_str(a.host, "");
	assert_int_equal(a.port, -1);
	assert_int_equal(chat_http_parse_authority(&a, chat_str(NULL)),
	    CHAT_ERR_HTTP_SYNTAX);
}

static void
test_bodies(void **state)
{
	static const struct {
		const char *fields;
		bool has_body;
	} good[] = {
		{ "", false },
		{ "Content-Length: 0\r\n", false },
		{ "Content-Length: 000\r\n", false },
		{ "Content-Length: 5\r\n", true },
		{ "content-length: 010\r\n", true },
		{ "Content-Length: 99999999999999999999999999\r\n", true },
		{ "Transfer-Encoding: chunked\r\n", true },
		{ "Transfer-Encoding: , Chunked ,\r\n", true },
		{ "Transfer-Encoding: gzip, chunked\r\n", true },
		{ "Transfer-Encoding: gzip\r\ntransfer-encoding: chunked\r\n",
		    true },
	};
	static const char *const bad[] = {
		"Content-Length:\r\n",
		"Content-Length: -1\r\n",
		"Content-Length: +1\r\n",
		"Content-Length: 0x1\r\n",
		"Content-Length: 1 2\r\n",
		"Content-Length: 1.0\r\n",
		"Content-Length: 5, 5\r\n",
		"Content-Length: 5\r\nContent-Length: 5\r\n",
		"Content-Length: 0\r\nContent-Length: 5\r\n",
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
		"Transfer-Encoding:\r\n",
		"Transfer-Encoding: identity\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Transfer-Encoding: chunked;q=1\r\n",
		"Transfer-Encoding: chunked, gzip\r\n",
		"Transfer-Encoding: chunked, chunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
	};
	struct chat_http_request r;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		snprintf(text, sizeof(text),
		    "POST / HTTP/1.1\r\n" HOST "%s\r\n", good[i].fields);
		parse(&r, text);
		assert_int_equal(r.has_body, good[i].has_body);
	}
	for (i = 0; i < COUNT(bad); i++) {
		snprintf(text, sizeof(text), HOST "%s", bad[i]);
		assert_int_equal(
		    verdict_on_fields("1.1", text), CHAT_ERR_HTTP_SYNTAX);
	}
	assert_int_equal(
	    verdict_on_fields("1.0", "Transfer-Encoding: chunked\r\n"),
	    CHAT_ERR_HTTP_SYNTAX);
}

static void
test_keep_alive(void **state)
{
	static const struct {
		const char *version, *fields;
		bool keep_alive;
	} cases[] = {
		{ "1.1", "", true },
		{ "1.1", "Connection: close\r\n", false },
		{ "1.1", "connection: Upgrade, CLOSE\r\n", false },
		{ "1.1", "Connection: closed\r\n", true },
		{ "1.1", "Connection: Upgrade\r\nConnection: close\r\n",
		    false },
		{ "1.0", "", false },
		{ "1.0", "Connection: Keep-Alive\r\n", true },
		{ "1.0", "Connection: keep-alive, close\r\n", false },
	};
	struct chat_http_request r;
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/%s\r\n" HOST "%s\r\n",
		    cases[i].version, cases[i].fields);
		parse(&r, text);
		assert_int_equal(r.keep_alive, cases[i].keep_alive);
	}
}

static void
test_tokens(void **state)
{
	struct chat_http_request r;

	(void)state;
	parse(&r,
	    "GET / HTTP/1.1\r\n" HOST "Upgrade: , a ,,b\t,c/2\r\n"
	    "Other: z\r\n"
	    "upgrade: D\r\n"
	    "Upgrade:\r\n"
	    "\r\n");
	assert_true(chat_http_has_token(&r, "Upgrade", "a"));
	assert_true(chat_http_has_token(&r, "upgrade", "B"));
	assert_true(chat_http_has_token(&r, "Upgrade", "c/2"));
	assert_true(chat_http_has_token(&r, "Upgrade", "d"));
	assert_false(chat_http_has_token(&r, "Upgrade", "c"));
	assert_false(chat_http_has_token(&r, "Upgrade", "z"));
	assert_false(chat_http_has_token(&r, "Upgrade", ""));
	assert_false(chat_http_has_token(&r, "Absent", "a"));
}

static void
test_lists(void **state)
{
	struct chat_str item, rest = CHAT_STR(" ,a b,\t, c\t,"),
			      none = chat_str(NULL);

	(void)state;
	assert_true(chat_http_list_next(&rest, &item));
	assert_str(item, "a b");
	assert_true(chat_http_list_next(&rest, &item));
	assert_str(item, "c");
	assert_false(chat_http_list_next(&rest, &item));
	assert_false(chat_http_list_next(&rest, &item));
	assert_false(chat_http_list_next(&none, &item));
}

static void
test_comparing(void **state)
{
	struct chat_str s = CHAT_STR("HTTP://a");

	(void)state;
	assert_true(chat_http_is(CHAT_STR("aZ-09"), CHAT_STR("Az-09")));
	assert_false(chat_http_is(CHAT_STR("a"), CHAT_STR("ab")));
	assert_false(chat_http_is(CHAT_STR("a@["), CHAT_STR("a`{")));
	assert_false(chat_http_is(CHAT_STR("\xc4"), CHAT_STR("\xe4")));
	assert_true(chat_http_is(CHAT_STR(""), chat_str(NULL)));
	assert_false(chat_http_skip(&s, "https://"));
	assert_false(chat_http_skip(&s, "http://ab"));
	assert_str(s, "HTTP://a");
	assert_true(chat_http_skip(&s, "http://"));
	assert_str(s, "a");
}

/* Fills big with a request line of a target of n bytes, and no more. */
static size_t
long_target(size_t n)
{
	memcpy(big, "GET /", 5);
	memset(big + 5, 'a', n - 1);
	return 4 + n;
}

static void
test_limit_on_target(void **state)
{
	static const char rest[] = " HTTP/1.1\r\n" HOST "\r\n";
	size_t n = long_target(CHAT_HTTP_MAX_TARGET);

	(void)state;
	assert_int_equal(guarded_parse(big, n), 0);
	memcpy(big + n, rest, sizeof(rest));
	assert_head(big);

	n = long_target(CHAT_HTTP_MAX_TARGET + 1);
	assert_int_equal(guarded_parse(big, n), CHAT_ERR_HTTP_TARGET);
	memcpy(big + n, rest, sizeof(rest));
	assert_int_equal(guarded_parse(big, strlen(big)), CHAT_ERR_HTTP_TARGET);
}

static void
test_limit_on_method(void **state)
{
	static const char method[CHAT_HTTP_MAX_METHOD + 2] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG";

	(void)state;
	assert_int_equal(guarded_parse(method, CHAT_HTTP_MAX_METHOD), 0);
	assert_int_equal(guarded_parse(method, CHAT_HTTP_MAX_METHOD + 1),
	    CHAT_ERR_HTTP_SYNTAX);
	snprintf(big, sizeof(big), "%.*s / HTTP/1.1\r\n" HOST "\r\n",
	    CHAT_HTTP_MAX_METHOD, method);
	assert_head(big);
}

static void
test_limit_on_fields(void **state)
{
	struct chat_http_request r;
	size_t i, n;

	(void)state;
	n = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\n" HOST);
	for (i = 1; i < CHAT_HTTP_MAX_FIELDS; i++)
		n +=
		    (size_t)snprintf(big + n, sizeof(big) - n, "X: %zu\r\n", i);
	assert_int_equal(guarded_parse(big, n), 0);
	memcpy(big + n, "\r\n", 3);
	assert_head(big);
	parse(&r, big);
	assert_int_equal(r.nfields, CHAT_HTTP_MAX_FIELDS);
	assert_str(r.fields[CHAT_HTTP_MAX_FIELDS - 1].value, "63");

	memcpy(big + n, "Y", 2);
	assert_error(CHAT_ERR_HTTP_FIELDS, big);
}

/* Fills big with a head of n bytes. */
static void
long_head(size_t n)
{
	static const char begin[] = "GET / HTTP/1.1\r\n" HOST "X: ";

	memset(big, 'x', n);
	memcpy(big, begin, sizeof(begin) - 1);
	memcpy(big + n - 4, "\r\n\r\n", 5);
}

static void
test_limit_on_head(void **state)
{
	const size_t max = CHAT_HTTP_MAX_HEAD;

	(void)state;
	long_head(max);
	assert_int_equal(guarded_parse(big, max - 1), 0);
	assert_int_equal(guarded_parse(big, max), max);
	memset(big + max, 'x', sizeof(big) - max);
	assert_int_equal(guarded_parse(big, sizeof(big)), max);

	long_head(max + 1);
	assert_int_equal(guarded_parse(big, max - 1), 0);
	assert_int_equal(guarded_parse(big, max), CHAT_ERR_HTTP_FIELDS);
	assert_int_equal(guarded_parse(big, max + 1), CHAT_ERR_HTTP_FIELDS);
}

static void
test_decode(void **state)
{
	static const struct {
		const char *encoded, *decoded; /* NULL: an error */
	} cases[] = {
		{ "", "" },
		{ "alice", "alice" },
		{ "al%69ce", "alice" },
		{ "%41%5a%2f%2F", "AZ//" },
		{ "a+b", "a+b" },
		{ "%c3%A4", "\xc3\xa4" },
		{ "%25%32%35", "%25" },
		{ "%7f%01", "\x7f\x01" },
		{ "%", NULL },
		{ "a%", NULL },
		{ "%4", NULL },
		{ "%4g", NULL },
		{ "%g4", NULL },
		{ "% 41", NULL },
		{ "%%41", NULL },
		{ "%u0041", NULL },
		{ "%00", NULL },
		{ "a%00b", NULL },
	};
	char buf[16], *copy;
	size_t i, n;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		n = strlen(cases[i].encoded);
		copy = guard_copy(cases[i].encoded, n);
		rc = chat_http_decode(
		    buf, sizeof(buf), (struct chat_str){ copy, n });
		guard_free(copy, n);
		if (cases[i].decoded == NULL) {
			assert_int_equal(rc, CHAT_ERR_HTTP_SYNTAX);
			continue;
		}
		assert_int_equal(rc, strlen(cases[i].decoded));
		assert_memory_equal(buf, cases[i].decoded, (size_t)rc);
	}
	assert_int_equal(
	    chat_http_decode(buf, sizeof(buf), (struct chat_str){ "\0", 1 }),
	    CHAT_ERR_HTTP_SYNTAX);
}

static void
test_decode_space(void **state)
{
	char buf[] = "....", in_place[] = "%61%62c";

	(void)state;
	assert_int_equal(chat_http_decode(buf, 3, CHAT_STR("%61bc")), 3);
	assert_string_equal(buf, "abc.");
	assert_int_equal(
	    chat_http_decode(buf, 2, CHAT_STR("xyz")), CHAT_ERR_SPACE);
	assert_string_equal(buf, "xyc.");
	assert_int_equal(
	    chat_http_decode(buf, 0, CHAT_STR("a")), CHAT_ERR_SPACE);
	assert_int_equal(chat_http_decode(NULL, 0, chat_str(NULL)), 0);
	assert_int_equal(
	    chat_http_decode(in_place, sizeof(in_place), chat_str(in_place)),
	    3);
	assert_memory_equal(in_place, "abc", 3);
}

static void
test_query(void **state)
{
	static const struct {
		const char *key, *value;
	} pairs[] = {
		{ "session", "a-_" },
		{ "after", "" },
		{ "history", NULL },
		{ "", "x" },
		{ "a", "b=c" },
		{ "%61+", "%26" },
	};
	struct chat_str key, value, none = chat_str(NULL),
				    rest = CHAT_STR("&session=a-_&&after=&"
						    "history&=x&a=b=c&%61+=%26"
						    "&");
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		assert_true(chat_http_query_next(&rest, &key, &value));
		assert_str(key, pairs[i].key);
		assert_str(value, pairs[i].value);
	}
	assert_false(chat_http_query_next(&rest, &key, &value));
	assert_false(chat_http_query_next(&rest, &key, &value));
	assert_false(chat_http_query_next(&none, &key, &value));
}

static void
assert_written(const struct chat_http_head *h, const char *expected)
{
	char buf[256];
	size_t n = strlen(expected);

	assert_int_equal(chat_http_write_head(NULL, 0, h), n);
	assert_int_equal(chat_http_write_head(buf, sizeof(buf), h), n);
	assert_string_equal(buf, expected);
	memset(buf, '.', sizeof(buf));
	assert_int_equal(chat_http_write_head(buf, n, h), n);
	assert_memory_equal(buf, expected, n - 1);
	assert_memory_equal(buf + n - 1, "\0.", 2);
}

static void
test_write_head(void **state)
{
	struct chat_http_head h = { .status = 200,
		.type = "text/html; charset=utf-8",
		.length = 1234,
		.keep_alive = true };

	(void)state;
	assert_written(&h,
	    "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Length: 1234\r\n"
	    "Connection: keep-alive\r\n"
	    "\r\n");
	h = (struct chat_http_head){ .status = 405,
		.length = UINT64_MAX,
		.fields = CHAT_STR("Allow: GET, HEAD\r\nX: y\r\n") };
	assert_written(&h,
	    "HTTP/1.1 405 Method Not Allowed\r\n"
	    "Content-Length: 18446744073709551615\r\n"
	    "Connection: close\r\n"
	    "Allow: GET, HEAD\r\n"
	    "X: y\r\n"
	    "\r\n");
}

static void
test_write_head_without_content(void **state)
{
	struct chat_http_head h = { .status = 304, .length = 5 };

	(void)state;
	assert_written(
	    &h, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
	h.status = 204;
	assert_written(
	    &h, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
	h.status = 101;
	h.fields = CHAT_STR("Connection: Upgrade\r\n");
	assert_written(&h,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Connection: Upgrade\r\n\r\n");
}

/* Whether it fitted is known, whatever it is. */
static void
test_write_head_too_long(void **state)
{
	const struct chat_http_head h = { .status = 200,
		.fields = { "", (size_t)INT32_MAX + 1 } };
	char buf[64];

	(void)state;
	assert_true(chat_http_write_head(buf, sizeof(buf), &h) >= sizeof(buf));
	assert_null(chat_str_written(buf, 64, sizeof(buf)).p);
	assert_null(chat_str_written(buf, SIZE_MAX, sizeof(buf)).p);
	assert_ptr_equal(chat_str_written(buf, 63, sizeof(buf)).p, buf);
	assert_int_equal(chat_str_written(buf, 63, sizeof(buf)).n, 63);
}

static void
test_reasons(void **state)
{
	static const int statuses[] = { 101, 200, 204, 206, 301, 304, 400, 403,
		404, 405, 408, 413, 414, 416, 421, 426, 429, 431, 500, 501, 503,
		505 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(statuses); i++)
		assert_string_not_equal(
		    chat_http_reason(statuses[i]), "Unknown");
	assert_string_equal(chat_http_reason(426), "Upgrade Required");
	assert_string_equal(chat_http_reason(299), "Unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_browser_request),
		cmocka_unit_test(test_ends_with_the_head),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_leading_empty_line),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_bad_request_lines),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_refuses_early),
		cmocka_unit_test(test_field_lines),
		cmocka_unit_test(test_bad_field_lines),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_authority),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_comparing),
		cmocka_unit_test(test_limit_on_target),
		cmocka_unit_test(test_limit_on_method),
		cmocka_unit_test(test_limit_on_fields),
		cmocka_unit_test(test_limit_on_head),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_space),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_write_head),
		cmocka_unit_test(test_write_head_without_content),
		cmocka_unit_test(test_write_head_too_long),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

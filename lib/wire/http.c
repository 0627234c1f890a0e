#include "http.h"

#include <inttypes.h>
#include <stdio.h>

#include "err.h"

/* What is left of the input.  Each step of the parser takes some of it and
 * returns 1, or 0 where the input ends too early, or an error. */
struct scan {
	const char *p;
	const char *end;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

/* tchar of RFC 9110, section 5.6.2. */
static bool
is_token(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("-_!#$%&'*+.^`|~", c));
}

/* What URIs may not hold but browsers leave as it is ('|', '"') does no harm
 * here.  A '#' does: others would cut the target off there. */
static bool
is_target(char c)
{
	return c > ' ' && c < 0x7f && c != '#';
}

/* field-vchar, space and tab of RFC 9110, section 5.5. */
static bool
is_value(char c)
{
	unsigned char u = (unsigned char)c;

	return u == '\t' || (u >= ' ' && u != 0x7f);
}

/* reg-name of RFC 3986, section 3.2.2, but for what its escapes say. */
static bool
is_host(char c)
{
	return is_alnum(c) || (c != '\0' && strchr(".-_~%!$&'()*+,;=", c));
}

static bool
is_ipv6(char c)
{
	return is_digit(c) || (c != '\0' && strchr(":.abcdefABCDEF", c));
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
chat_http_is(struct chat_str a, struct chat_str b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

static bool
is_named(const struct chat_http_field *f, const char *name)
{
	return chat_http_is(f->name, chat_str(name));
}

/* Takes the first n bytes off the front of s. */
static struct chat_str
cut(struct chat_str *s, size_t n)
{
	struct chat_str front = { s->p, n };

	s->p += n;
	s->n -= n;
	return front;
}

/* Takes what comes before the next c off the front of s, or all of s, and
 * drops that c. */
static struct chat_str
cut_at(struct chat_str *s, char c)
{
	const char *end = s->n == 0 ? NULL : memchr(s->p, c, s->n);
	struct chat_str front = cut(s, end ? (size_t)(end - s->p) : s->n);

	if (end != NULL)
		cut(s, 1);
	return front;
}

bool
chat_http_skip(struct chat_str *s, const char *prefix)
{
	struct chat_str front = { s->p, strlen(prefix) };

	if (s->n < front.n || !chat_http_is(front, chat_str(prefix)))
		return false;
	cut(s, front.n);
	return true;
}

static struct chat_str
trim(struct chat_str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		cut(&s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static int
byte(struct scan *s, char c)
{
	if (s->p == s->end)
		return 0;
	return *s->p++ == c ? 1 : CHAT_ERR_HTTP_SYNTAX;
}

static int
line_end(struct scan *s)
{
	int rc = byte(s, '\r');

	return rc > 0 ? byte(s, '\n') : rc;
}

/* Takes all bytes that are such; *out is what there is so far even if the
 * input ends before they do. */
static int
run(struct scan *s, bool (*is)(char), struct chat_str *out)
{
	out->p = s->p;
	while (s->p < s->end && is(*s->p))
		s->p++;
	out->n = (size_t)(s->p - out->p);
	return s->p < s->end;
}

/* The same, and not empty. */
static int
some(struct scan *s, bool (*is)(char), struct chat_str *out)
{
	int rc = run(s, is, out);

	return rc > 0 && out->n == 0 ? CHAT_ERR_HTTP_SYNTAX : rc;
}

/* RFC 3986, section 3.2; that an address in brackets makes sense is not
 * checked, since nobody is ever looked up by it. */
int
chat_http_parse_authority(struct chat_http_authority *a, struct chat_str s)
{
	bool literal = s.n > 0 && s.p[0] == '[';
	size_t n = literal;

	if (s.p == NULL)
		return CHAT_ERR_HTTP_SYNTAX;
	while (n < s.n && (literal ? is_ipv6(s.p[n]) : is_host(s.p[n])))
		n++;
	if (literal && (n < 3 || n == s.n || s.p[n++] != ']'))
		return CHAT_ERR_HTTP_SYNTAX;
	a->host = cut(&s, n);
	a->port = -1;
	if (s.n > 0 && *cut(&s, 1).p != ':')
		return CHAT_ERR_HTTP_SYNTAX;
	for (; s.n > 0; cut(&s, 1)) {
		if (!is_digit(s.p[0]))
			return CHAT_ERR_HTTP_SYNTAX;
		a->port = (a->port < 0 ? 0 : a->port * 10) + s.p[0] - '0';
		if (a->port > 65535)
			return CHAT_ERR_HTTP_SYNTAX;
	}
	return 0;
}

static bool
origin_form(struct chat_http_request *r, struct chat_str s)
{
	r->path = cut_at(&s, '?');
	if (r->path.p + r->path.n < s.p)
		r->query = s;
	return true;
}

/* RFC 9112, section 3.2.2: the authority counts in the place of Host. */
static bool
absolute_form(struct chat_http_request *r, struct chat_str s)
{
	struct chat_http_authority a;
	size_t n = 0;

	if (!chat_http_skip(&s, "http://") && !chat_http_skip(&s, "https://"))
		return false;
	while (n < s.n && s.p[n] != '/' && s.p[n] != '?')
		n++;
	r->host = cut(&s, n);
	origin_form(r, s);
	if (r->path.n == 0)
		r->path = CHAT_STR("/");
	return chat_http_parse_authority(&a, r->host) == 0 && a.host.n > 0;
}

/* RFC 9110, section 9.3.6: a port has to be there. */
static bool
authority_form(struct chat_str s)
{
	struct chat_http_authority a;

	return chat_http_parse_authority(&a, s) == 0 && a.host.n > 0 &&
	    a.port > 0;
}

/* RFC 9112, section 3.2. */
static bool
target(struct chat_http_request *r)
{
	if (chat_str_is(r->method, CHAT_STR("CONNECT")))
		return authority_form(r->target);
	if (chat_str_is(r->target, CHAT_STR("*")))
		return chat_str_is(r->method, CHAT_STR("OPTIONS"));
	if (r->target.p[0] == '/')
		return origin_form(r, r->target);
	return absolute_form(r, r->target);
}

static int
version(struct scan *s, int *minor)
{
	static const char form[] = "HTTP/0.0"; /* 0: any digit */
	const char *c, *p = s->p;

	for (c = form; *c != '\0'; c++, p++) {
		if (p == s->end)
			return 0;
		if (*c == '0' ? !is_digit(*p) : *p != *c)
			return CHAT_ERR_HTTP_SYNTAX;
	}
	if (s->p[5] != '1')
		return CHAT_ERR_HTTP_VERSION;
	*minor = s->p[7] != '0';
	s->p = p;
	return 1;
}

static int
request_line(struct scan *s, struct chat_http_request *r)
{
	int rc = some(s, is_token, &r->method);

	if (r->method.n > CHAT_HTTP_MAX_METHOD)
		return CHAT_ERR_HTTP_SYNTAX;
	if (rc <= 0 || (rc = byte(s, ' ')) <= 0)
		return rc;
	rc = some(s, is_target, &r->target);
	if (r->target.n > CHAT_HTTP_MAX_TARGET)
		return CHAT_ERR_HTTP_TARGET;
	if (rc > 0 && (rc = byte(s, ' ')) > 0 &&
	    (rc = version(s, &r->minor)) > 0 && (rc = line_end(s)) > 0)
		rc = target(r) ? 1 : CHAT_ERR_HTTP_SYNTAX;
	return rc;
}

/* White space before the name or the colon is no token, so it ends in an
 * error, and so does the fold of a line. */
static int
field(struct scan *s, struct chat_http_field *f)
{
	int rc;

	if ((rc = some(s, is_token, &f->name)) > 0 && (rc = byte(s, ':')) > 0 &&
	    (rc = run(s, is_value, &f->value)) > 0)
		rc = line_end(s);
	f->value = trim(f->value);
	return rc;
}

static int
field_lines(struct scan *s, struct chat_http_request *r)
{
	int rc;

	while (s->p < s->end && *s->p != '\r') {
		if (r->nfields == CHAT_HTTP_MAX_FIELDS)
			return CHAT_ERR_HTTP_FIELDS;
		if ((rc = field(s, &r->fields[r->nfields])) <= 0)
			return rc;
		r->nfields++;
	}
	return line_end(s);
}

/* RFC 9112, section 3.2: at most one Host whatever the version. */
static bool
host(struct chat_http_request *r)
{
	struct chat_http_authority a;
	struct chat_str value = chat_http_field(r, "Host");

	if (value.p == NULL)
		return r->minor == 0;
	if (r->host.p == NULL)
		r->host = value;
	return chat_http_count(r, "Host") == 1 &&
	    chat_http_parse_authority(&a, value) == 0;
}

/* Whether chunked is the last of the codings, and not among the others. */
static bool
is_chunked(const struct chat_http_request *r)
{
	struct chat_str item, rest;
	bool chunked = false;
	size_t i;

	for (i = 0; i < r->nfields; i++) {
		if (!is_named(&r->fields[i], "Transfer-Encoding"))
			continue;
		rest = r->fields[i].value;
		while (chat_http_list_next(&rest, &item)) {
			if (chunked)
				return false;
			chunked = chat_http_is(item, CHAT_STR("chunked"));
		}
	}
	return chunked;
}

/* RFC 9112, section 6.3.  No number is computed, so none is too large. */
static bool
framing(struct chat_http_request *r)
{
	struct chat_str length = chat_http_field(r, "Content-Length");
	size_t i, codings = chat_http_count(r, "Transfer-Encoding");

	r->has_body = codings > 0;
	if (codings > 0)
		return length.p == NULL && r->minor > 0 && is_chunked(r);
	for (i = 0; i < length.n; i++) {
		if (!is_digit(length.p[i]))
			return false;
		if (length.p[i] != '0')
			r->has_body = true;
	}
	return length.p == NULL ||
	    (length.n > 0 && chat_http_count(r, "Content-Length") == 1);
}

/* RFC 9112, section 9.3. */
static bool
persists(const struct chat_http_request *r)
{
	return !chat_http_has_token(r, "Connection", "close") &&
	    (r->minor > 0 ||
		chat_http_has_token(r, "Connection", "keep-alive"));
}

int
chat_http_parse(struct chat_http_request *r, const char *p, size_t n)
{
	bool full = n >= CHAT_HTTP_MAX_HEAD;
	struct scan s = { p, p };
	int rc = 1;

	if (n == 0)
		return 0;
	s.end += full ? CHAT_HTTP_MAX_HEAD : n;
	*r = (struct chat_http_request){ 0 };
	if (*p == '\r')
		rc = line_end(&s);
	if (rc > 0 && (rc = request_line(&s, r)) > 0)
		rc = field_lines(&s, r);
	if (rc == 0 && full)
		return CHAT_ERR_HTTP_FIELDS;
	if (rc <= 0)
		return rc;
	if (!host(r) || !framing(r))
		return CHAT_ERR_HTTP_SYNTAX;
	r->keep_alive = persists(r);
	return (int)(s.p - p);
}

struct chat_str
chat_http_field(const struct chat_http_request *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nfields; i++)
		if (is_named(&r->fields[i], name))
			return r->fields[i].value;
	return chat_str(NULL);
}

size_t
chat_http_count(const struct chat_http_request *r, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < r->nfields; i++)
		n += is_named(&r->fields[i], name);
	return n;
}

bool
chat_http_has_token(
    const struct chat_http_request *r, const char *name, const char *token)
{
	struct chat_str item, rest;
	size_t i;

	for (i = 0; i < r->nfields; i++) {
		if (!is_named(&r->fields[i], name))
			continue;
		rest = r->fields[i].value;
		while (chat_http_list_next(&rest, &item))
			if (chat_http_is(item, chat_str(token)))
				return true;
	}
	return false;
}

bool
chat_http_list_next(struct chat_str *rest, struct chat_str *item)
{
	while (rest->n > 0) {
		*item = trim(cut_at(rest, ','));
		if (item->n > 0)
			return true;
	}
	return false;
}

bool
chat_http_query_next(
    struct chat_str *rest, struct chat_str *key, struct chat_str *value)
{
	struct chat_str pair = { NULL, 0 };

	while (rest->n > 0 && pair.n == 0)
		pair = cut_at(rest, '&');
	if (pair.n == 0)
		return false;
	*value = pair;
	*key = cut_at(value, '=');
	if (key->n == pair.n)
		*value = chat_str(NULL);
	return true;
}

static int
hex(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
chat_http_decode(char *dst, size_t cap, struct chat_str s)
{
	size_t n = 0;
	char c;

	while (s.n > 0) {
		c = *cut(&s, 1).p;
		if (c == '%') {
			if (s.n < 2 || hex(s.p[0]) < 0 || hex(s.p[1]) < 0)
				return CHAT_ERR_HTTP_SYNTAX;
			c = (char)(hex(s.p[0]) << 4 | hex(s.p[1]));
			cut(&s, 2);
		}
		if (c == '\0')
			return CHAT_ERR_HTTP_SYNTAX;
		if (n == cap)
			return CHAT_ERR_SPACE;
		dst[n++] = c;
	}
	return (int)n;
}

static const struct reason {
	int status;
	const char *text;
} reasons[] = {
	{ 101, "Switching Protocols" },
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 416, "Range Not Satisfiable" },
	{ 421, "Misdirected Request" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
chat_http_reason(int status)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Unknown";
}

/* Keep-alive is said in full for the clients of HTTP/1.0. */
static const char *
connection(const struct chat_http_head *h)
{
	if (h->status < 200)
		return "";
	return h->keep_alive ? "Connection: keep-alive\r\n"
			     : "Connection: close\r\n";
}

size_t
chat_http_write_head(char *dst, size_t cap, const struct chat_http_head *h)
{
	char length[sizeof("Content-Length: 18446744073709551615\r\n")] = "";
	int n;

	if (h->status >= 200 && h->status != 204 && h->status != 304)
		snprintf(length, sizeof(length),
		    "Content-Length: %" PRIu64 "\r\n", h->length);
	n = snprintf(dst, cap, "HTTP/1.1 %d %s\r\n%s%s%s%s%s%.*s\r\n",
	    h->status, chat_http_reason(h->status),
	    h->type ? "Content-Type: " : "", h->type ? h->type : "",
	    h->type ? "\r\n" : "", length, connection(h), (int)h->fields.n,
	    h->fields.p ? h->fields.p : "");
	return n < 0 ? 0 : (size_t)n;
}

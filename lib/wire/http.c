/* One pass over the head, by functions that follow the grammar of RFC 9112;
 * then the questions that need all fields: which host, is there a body, does
 * the connection persist.  Which error is found must not depend on how many
 * bytes have come: see the promise of chat_http_parse(). */
#include "http.h"

#include "err.h"
#include "http_text.h"

/* What is left of the input.  Each step of the parser takes some of it and
 * returns 1, or 0 where the input ends too early, or an error.  A step that is
 * not sure yet returns 0, so the verdict is the same in whatever pieces the
 * bytes come. */
struct scan {
	const char *p;
	const char *end;
};

/* tchar of RFC 9110, section 5.6.2.  strchr() would find a NUL, too. */
static bool
is_token(char c)
{
	return chat_http_is_alnum(c) ||
	    (c != '\0' && strchr("-_!#$%&'*+.^`|~", c));
}

/* Browsers send some characters as they are that no URI may hold ('|', '"').
 * They do no harm here.  A '#' does: others would cut the target off there. */
static bool
is_target(char c)
{
	return c > ' ' && c < 0x7f && c != '#';
}

/* field-vchar, space and tab of RFC 9110, section 5.5.  A CR or LF ends a
 * value, and nothing else that is not visible may be in one. */
static bool
is_value(char c)
{
	unsigned char u = (unsigned char)c;

	return u == '\t' || (u >= ' ' && u != 0x7f);
}

bool
chat_http_is(struct chat_str a, struct chat_str b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (chat_http_lower(a.p[i]) != chat_http_lower(b.p[i]))
			return false;
	return true;
}

static bool
is_named(const struct chat_http_field *f, const char *name)
{
	return chat_http_is(f->name, chat_str(name));
}

bool
chat_http_skip(struct chat_str *s, const char *prefix)
{
	struct chat_str front = { s->p, strlen(prefix) };

	if (s->n < front.n || !chat_http_is(front, chat_str(prefix)))
		return false;
	chat_http_cut(s, front.n);
	return true;
}

/* OWS of RFC 9110, section 5.6.3: spaces and tabs. */
static struct chat_str
trim(struct chat_str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		chat_http_cut(&s, 1);
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

/* Both bytes.  RFC 9112, section 2.2, lets a recipient take LF alone for the
 * end of a line, but then a proxy may see other lines than we do. */
static int
line_end(struct scan *s)
{
	int rc = byte(s, '\r');

	return rc > 0 ? byte(s, '\n') : rc;
}

/* Takes all bytes for which is() holds: zero or more.  *out is what there is so
 * far even if the input ends first, so that the caller can see that it is too
 * long already. */
static int
run(struct scan *s, bool (*is)(char), struct chat_str *out)
{
	out->p = s->p;
	while (s->p < s->end && is(*s->p))
		s->p++;
	out->n = (size_t)(s->p - out->p);
	return s->p < s->end;
}

/* The same, but one or more. */
static int
some(struct scan *s, bool (*is)(char), struct chat_str *out)
{
	int rc = run(s, is, out);

	return rc > 0 && out->n == 0 ? CHAT_ERR_HTTP_SYNTAX : rc;
}

/* RFC 9112, section 3.2.1.  The query is absent if there is no '?', and empty
 * if nothing follows it. */
static bool
origin_form(struct chat_http_request *r, struct chat_str s)
{
	r->path = chat_http_cut_at(&s, '?');
	if (r->path.p + r->path.n < s.p)
		r->query = s;
	return true;
}

/* RFC 9112, section 3.2.2: the authority counts in the place of Host.  Only
 * clients of proxies send this form, but servers must know it. */
static bool
absolute_form(struct chat_http_request *r, struct chat_str s)
{
	struct chat_http_authority a;
	size_t n = 0;

	if (!chat_http_skip(&s, "http://") && !chat_http_skip(&s, "https://"))
		return false;
	while (n < s.n && s.p[n] != '/' && s.p[n] != '?')
		n++;
	r->host = chat_http_cut(&s, n);
	origin_form(r, s);
	if (r->path.n == 0)
		r->path = CHAT_STR("/");
	return chat_http_parse_authority(&a, r->host) == 0 && a.host.n > 0;
}

/* RFC 9110, section 9.3.6: a port has to be there.  CONNECT is for proxies, and
 * will be refused, but as a request that was understood. */
static bool
authority_form(struct chat_str s)
{
	struct chat_http_authority a;

	return chat_http_parse_authority(&a, s) == 0 && a.host.n > 0 &&
	    a.port > 0;
}

/* RFC 9112, section 3.2.  CONNECT has a form of its own, and "*" is a target of
 * OPTIONS alone. */
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

/* As far as there are bytes they are compared, so that other protocols are
 * refused early.  The minor version does not matter from 1 on: section 2.5 of
 * RFC 9110 lets us read 1.2 as the highest that we know. */
static int
version(struct scan *s, int *minor)
{
	static const char form[] = "HTTP/0.0"; /* 0: any digit */
	const char *c, *p = s->p;

	for (c = form; *c != '\0'; c++, p++) {
		if (p == s->end)
			return 0;
		if (*c == '0' ? !chat_http_is_digit(*p) : *p != *c)
			return CHAT_ERR_HTTP_SYNTAX;
	}
	if (s->p[5] != '1')
		return CHAT_ERR_HTTP_VERSION;
	*minor = s->p[7] != '0';
	s->p = p;
	return 1;
}

/* method SP request-target SP HTTP-version CRLF.  The lengths are compared even
 * if the input ends inside: what is too long will not become shorter. */
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

/* field-name ":" OWS field-value OWS CRLF.  White space is not in a token, so
 * before the name or before the colon it ends in an error, and so does a folded
 * line, which would continue the value of the line before. */
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

/* Up to and with the empty line.  A CR can begin nothing else. */
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

/* RFC 9112, section 3.2: at most one Host whatever the version.  It has to be
 * valid even if an absolute target replaces it. */
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

/* Whether chunked is the last of the codings, and not among the others:
 * otherwise nobody can tell where the body ends (RFC 9112, section 6.3). */
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

/* RFC 9112, section 6.3.  A body is never read, so the only question is whether
 * there is one; no number is computed, so none is too large.  Whatever two
 * readers could measure differently is refused: Content-Length beside
 * Transfer-Encoding, or twice; codings under HTTP/1.0. */
static bool
framing(struct chat_http_request *r)
{
	struct chat_str length = chat_http_field(r, "Content-Length");
	size_t i, codings = chat_http_count(r, "Transfer-Encoding");

	r->has_body = codings > 0;
	if (codings > 0)
		return length.p == NULL && r->minor > 0 && is_chunked(r);
	for (i = 0; i < length.n; i++) {
		if (!chat_http_is_digit(length.p[i]))
			return false;
		if (length.p[i] != '0')
			r->has_body = true;
	}
	return length.p == NULL ||
	    (length.n > 0 && chat_http_count(r, "Content-Length") == 1);
}

/* RFC 9112, section 9.3: "close" wins, whatever else is said. */
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
	/* Bytes after the longest head are not looked at: they may be a body
	 * or frames, and must not change the verdict. */
	s.end += full ? CHAT_HTTP_MAX_HEAD : n;
	*r = (struct chat_http_request){ 0 };
	if (*p == '\r') /* one empty line before, section 2.2 */
		rc = line_end(&s);
	if (rc > 0 && (rc = request_line(&s, r)) > 0)
		rc = field_lines(&s, r);
	/* As many bytes as a head may have, and no end of it among them. */
	if (rc == 0 && full)
		return CHAT_ERR_HTTP_FIELDS;
	if (rc <= 0)
		return rc;
	if (!host(r) || !framing(r))
		return CHAT_ERR_HTTP_SYNTAX;
	r->keep_alive = persists(r);
	return (int)(s.p - p);
}

/* Searched and not indexed: there are few fields, and few questions. */
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

/* Recipients have to accept empty elements (RFC 9110, section 5.6.1.2). */
bool
chat_http_list_next(struct chat_str *rest, struct chat_str *item)
{
	while (rest->n > 0) {
		*item = trim(chat_http_cut_at(rest, ','));
		if (item->n > 0)
			return true;
	}
	return false;
}

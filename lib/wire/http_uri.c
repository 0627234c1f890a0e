/* A URI is taken apart first and decoded then: %2F does not separate
 * segments. */
#include "http.h"

#include "err.h"
#include "http_text.h"

/* reg-name of RFC 3986, section 3.2.2, except that a '%' need not begin an
 * escape: hosts are compared, never decoded. */
static bool
is_host(char c)
{
	return chat_http_is_alnum(c) ||
	    (c != '\0' && strchr(".-_~%!$&'()*+,;=", c));
}

/* With a dot for IPv4 in the last part; without zones, which mean something on
 * one machine only. */
static bool
is_ipv6(char c)
{
	return chat_http_is_digit(c) ||
	    (c != '\0' && strchr(":.abcdefABCDEF", c));
}

/* host [ ":" port ], RFC 3986, section 3.2.  Whether an address in brackets
 * makes sense is not checked, since no host is ever looked up; but "[]" is
 * refused, and so is a bracket that is not closed. */
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
	a->host = chat_http_cut(&s, n);
	a->port = -1;
	if (s.n > 0 && *chat_http_cut(&s, 1).p != ':')
		return CHAT_ERR_HTTP_SYNTAX;
	for (; s.n > 0; chat_http_cut(&s, 1)) {
		if (!chat_http_is_digit(s.p[0]))
			return CHAT_ERR_HTTP_SYNTAX;
		a->port = (a->port < 0 ? 0 : a->port * 10) + s.p[0] - '0';
		/* After each digit, so that the next one cannot overflow. */
		if (a->port > 65535)
			return CHAT_ERR_HTTP_SYNTAX;
	}
	return 0;
}

/* The pairs are a habit of HTML forms; RFC 3986 does not divide a query. */
bool
chat_http_query_next(
    struct chat_str *rest, struct chat_str *key, struct chat_str *value)
{
	struct chat_str pair = { NULL, 0 };

	while (rest->n > 0 && pair.n == 0)
		pair = chat_http_cut_at(rest, '&');
	if (pair.n == 0)
		return false;
	*value = pair;
	*key = chat_http_cut_at(value, '=');
	if (key->n == pair.n)
		*value = chat_str(NULL);
	return true;
}

/* The value of a hexadecimal digit, or -1. */
static int
hex(char c)
{
	if (chat_http_is_digit(c))
		return c - '0';
	c = chat_http_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Half an escape is an error, since others may take it for the character '%'
 * and so see another path.  A NUL would end the name of a file early. */
int
chat_http_decode(char *dst, size_t cap, struct chat_str s)
{
	size_t n = 0;
	char c;

	while (s.n > 0) {
		c = *chat_http_cut(&s, 1).p;
		if (c == '%') {
			if (s.n < 2 || hex(s.p[0]) < 0 || hex(s.p[1]) < 0)
				return CHAT_ERR_HTTP_SYNTAX;
			c = (char)(hex(s.p[0]) << 4 | hex(s.p[1]));
			chat_http_cut(&s, 2);
		}
		if (c == '\0')
			return CHAT_ERR_HTTP_SYNTAX;
		if (n == cap)
			return CHAT_ERR_SPACE;
		dst[n++] = c;
	}
	return (int)n;
}

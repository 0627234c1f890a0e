/* A name that ends in a dot is looked up as it is; others may be completed by
 * the resolver, "box" to "box.home.example".  So "box" is local, and "box." is
 * a domain at the top, which somebody on the outside may own. */
#include "host.h"

#include "http.h"
#include "http_text.h"

static bool
is_part(char c)
{
	return chat_http_is_alnum(c) || c == '-' || c == '_';
}

bool
chat_host_is_name(struct chat_str host)
{
	struct chat_http_authority a;
	size_t i;

	if (host.n == 0 || chat_http_parse_authority(&a, host) != 0 ||
	    a.host.n < host.n)
		return false;
	if (host.p[0] == '[')
		return true;
	for (i = 0; i < host.n; i++)
		if (!is_part(host.p[i]) &&
		    (host.p[i] != '.' || i == 0 || host.p[i - 1] == '.'))
			return false;
	return true;
}

static struct chat_str
without_dot(struct chat_str s)
{
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

bool
chat_host_is(struct chat_str a, struct chat_str b)
{
	a = without_dot(a);
	return a.n > 0 && chat_http_is(a, without_dot(b));
}

/* Four numbers up to 255: a browser writes every IPv4 address like this. */
static bool
is_ipv4(struct chat_str s)
{
	struct chat_str part;
	unsigned n, parts;
	size_t i;

	for (parts = 0; s.n > 0; parts++) {
		part = chat_http_cut_at(&s, '.');
		for (i = 0, n = 0; i < part.n && i < 3; i++) {
			if (!chat_http_is_digit(part.p[i]))
				return false;
			n = n * 10 + (unsigned)(part.p[i] - '0');
		}
		if (part.n == 0 || i < part.n || n > 255)
			return false;
	}
	return parts == 4;
}

static bool
is_under(struct chat_str s, struct chat_str domain)
{
	if (s.n <= domain.n)
		return false;
	chat_http_cut(&s, s.n - domain.n);
	return chat_http_is(s, domain);
}

bool
chat_host_is_local(struct chat_str host)
{
	struct chat_str name = without_dot(host);

	if (!chat_host_is_name(host))
		return false;
	return host.p[0] == '[' || memchr(host.p, '.', host.n) == NULL ||
	    is_ipv4(name) || chat_http_is(name, CHAT_STR("localhost")) ||
	    is_under(name, CHAT_STR(".local"));
}

struct chat_str
chat_host_of_origin(struct chat_str origin)
{
	struct chat_http_authority a;

	while (origin.n > 3 && memcmp(origin.p, "://", 3) != 0)
		chat_http_cut(&origin, 1);
	if (origin.n <= 3)
		return chat_str(NULL);
	chat_http_cut(&origin, 3);
	return chat_http_parse_authority(&a, origin) == 0 ? a.host
							  : chat_str(NULL);
}

/*
 * Any bytes as the head of a request, and the questions that the server asks of
 * it up to the opening handshake.  main.c replays the corpus.
 */
#include <stdint.h>
#include <stdlib.h>

#include "handshake.h"
#include "http.h"
#include "wire/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
expect(bool truth)
{
	if (!truth)
		abort();
}

static unsigned sum;

/* Reads all bytes of s, so that a sanitizer sees it. */
static void
touch(struct chat_str s)
{
	while (s.n > 0)
		sum += (unsigned char)s.p[--s.n];
}

/* Whether s lies in the n bytes at p; what is absent does. */
static bool
is_within(struct chat_str s, const char *p, size_t n)
{
	return s.p == NULL || (s.p >= p && s.p + s.n <= p + n);
}

/* Whatever it said to the first k bytes, 0 apart, it has to say to all. */
static void
check_prefix(const char *p, size_t k, int result)
{
	static struct chat_http_request r;
	int rc = chat_http_parse(&r, p, k);

	expect(rc == 0 || rc == result);
	expect(result <= 0 || (rc > 0) == (k >= (size_t)result));
}

static void
check_target(const struct chat_http_request *r)
{
	struct chat_str rest = r->query, key, value;
	char decoded[CHAT_HTTP_MAX_TARGET];
	int rc = chat_http_decode(decoded, sizeof(decoded), r->path);

	expect(r->target.n > 0 && r->target.n <= CHAT_HTTP_MAX_TARGET);
	expect(rc <= (int)r->path.n);
	expect(rc <= 0 || memchr(decoded, '\0', (size_t)rc) == NULL);
	expect(r->path.p == NULL || r->path.p[0] == '/');
	touch(r->path);
	while (chat_http_query_next(&rest, &key, &value)) {
		expect(is_within(key, r->query.p, r->query.n));
		expect(is_within(value, r->query.p, r->query.n));
		expect(key.n + value.n > 0 || value.p != NULL);
		chat_http_decode(decoded, sizeof(decoded), value);
	}
}

static void
check_fields(const struct chat_http_request *r, const char *p, size_t n)
{
	const struct chat_http_field *f;

	expect(r->nfields <= CHAT_HTTP_MAX_FIELDS);
	for (f = r->fields; f < r->fields + r->nfields; f++) {
		expect(f->name.n > 0 && is_within(f->name, p, n));
		expect(f->value.p != NULL && is_within(f->value, p, n));
		touch(f->name);
		touch(f->value);
	}
	expect(r->minor == 0 || chat_http_count(r, "host") == 1);
	expect(!r->has_body || chat_http_field(r, "content-length").p != NULL ||
	    chat_http_field(r, "transfer-encoding").p != NULL);
	expect(is_within(r->host, p, n));
	touch(r->host);
}

/* No name that an outsider can own is local, and a name is the same as
 * itself. */
static void
check_host(const struct chat_http_request *r)
{
	struct chat_http_authority a;
	bool local;

	if (chat_http_parse_authority(&a, r->host) != 0)
		return;
	local = chat_host_is_local(a.host);
	expect(!local || chat_host_is_name(a.host));
	if (local && memchr(a.host.p, '.', a.host.n) != NULL)
		expect(a.host.p[0] == '[' ||
		    strchr("0123456789lL.", a.host.p[a.host.n - 1]) != NULL);
	expect(!chat_host_is_name(a.host) || chat_host_is(a.host, a.host));
	touch(chat_host_of_origin(chat_http_field(r, "Origin")));
}

static void
check_handshake(const struct chat_http_request *r)
{
	struct chat_handshake h;
	char buf[256];
	size_t n;

	chat_handshake_same_origin(chat_http_field(r, "Origin"), r->host);
	if (chat_handshake_check(&h, r) != 101)
		return;
	n = chat_handshake_write(buf, sizeof(buf), &h,
	    chat_handshake_offers(r, "chat.v1") ? "chat.v1" : NULL);
	expect(n < sizeof(buf) && memcmp(buf + n - 4, "\r\n\r\n", 4) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct chat_http_request r;
	const char *s = (const char *)p;
	int rc = chat_http_parse(&r, s, n);

	expect(rc <= CHAT_HTTP_MAX_HEAD && rc <= (int)n);
	expect(rc != 0 || n < CHAT_HTTP_MAX_HEAD);
	check_prefix(s, n / 2, rc);
	check_prefix(s, n - n / 8, rc);
	if (rc <= 0)
		return 0;
	check_prefix(s, (size_t)rc - 1, rc);
	check_target(&r);
	check_fields(&r, s, (size_t)rc);
	check_host(&r);
	check_handshake(&r);
	return 0;
}

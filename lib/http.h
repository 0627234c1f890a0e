/*
 * http: the head of one HTTP/1.x request, and of one response (RFC 9112).
 *
 * Here bytes become a request that can be asked questions, and a status and
 * some fields become bytes.  Called by input and request once for each request,
 * by handshake, and by programs.  Not here: bodies (nothing that clients send
 * has one that we want), what a path means (the caller knows), and the opening
 * handshake of a WebSocket (handshake.h).  Files: http.c has requests,
 * http_uri.c their URIs, http_response.c responses.
 *
 *     GET /ws/al%69ce?after=7 HTTP/1.1 CRLF        method SP target SP version
 *         |-- path --| |query|
 *     Host: chat.example:8000 CRLF                 fields[0]
 *     Connection: Upgrade CRLF                     fields[1]
 *     CRLF
 *
 * A server in public has to read a head as every proxy before it does, or
 * requests can be smuggled past that proxy.  So where the RFC lets a recipient
 * choose between repairing and refusing, this one refuses: a line that ends
 * in LF alone, a bare CR, folded lines, white space around a field name or
 * doubled in the request line, control characters, more than one
 * Content-Length.  One empty line before a request is tolerated (section 2.2).
 */
#ifndef CHAT_HTTP_H
#define CHAT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

#define CHAT_HTTP_MAX_HEAD   8192 /* bytes, all lines of a head together */
#define CHAT_HTTP_MAX_METHOD 32   /* bytes */
#define CHAT_HTTP_MAX_TARGET 2048 /* bytes */
#define CHAT_HTTP_MAX_FIELDS 64

/* One field line.  Names are compared without regard to case. */
struct chat_http_field {
	struct chat_str name;
	struct chat_str value; /* without the white space around it */
};

/* A request.  Everything points into the bytes that were parsed, or to static
 * text, and lives as long as those do. */
struct chat_http_request {
	struct chat_str method; /* as sent; methods are case-sensitive */
	struct chat_str target; /* as sent, in one of the four forms of 3.2 */
	struct chat_str path;   /* encoded, begins with '/'; absent for the
				 * targets of CONNECT and OPTIONS * */
	struct chat_str query;  /* what follows '?'; absent without one */
	struct chat_str host;   /* that of an absolute target, otherwise the
				 * field's; absent only in HTTP/1.0 */
	int minor;              /* HTTP/1.0: 0; HTTP/1.1 and above: 1 */
	bool keep_alive;        /* the client wants to go on afterwards (9.3) */
	bool has_body;          /* content follows; unless it is read, the
				 * connection must be closed */
	size_t nfields;
	struct chat_http_field fields[CHAT_HTTP_MAX_FIELDS];
};

/* What comes before the content of a response.  Date, which only a caller with
 * a clock can tell, goes into fields. */
struct chat_http_head {
	int status;
	const char *type; /* media type; NULL: no Content-Type */
	uint64_t length;  /* of the content that a GET has, in bytes */
	bool keep_alive;
	struct chat_str fields; /* further lines, each "Name: value\r\n" */
};

/* An authority without user information (RFC 3986, section 3.2). */
struct chat_http_authority {
	struct chat_str host; /* with the brackets of an IPv6 address */
	int port;             /* 0 to 65535; -1: none or an empty one */
};

/*
 * Parses the head of a request.  Returns its length (the next request, or the
 * first frame, begins there), 0 when there has to be more, or
 *
 *     CHAT_ERR_HTTP_SYNTAX   not a request, or one with two readings
 *     CHAT_ERR_HTTP_TARGET   the target is longer than CHAT_HTTP_MAX_TARGET
 *     CHAT_ERR_HTTP_FIELDS   too many fields, or the head is too long
 *     CHAT_ERR_HTTP_VERSION  neither HTTP/1.0 nor HTTP/1.x
 *
 * of which only the first error in order of the bytes is reported, as soon as
 * that byte is there: more input never changes a result that is not 0.  With
 * CHAT_HTTP_MAX_HEAD bytes there is always a result.  *r is filled in if it is
 * > 0, and undefined otherwise.
 *
 * No state is kept between calls: after 0 the same bytes and more are parsed
 * again from the beginning.  The limit on the head bounds what this costs when
 * a client sends byte after byte: 8192 calls of 2 to 14 us, each about as much
 * as the wake-up and the read that come before it.
 */
int chat_http_parse(struct chat_http_request *r, const char *p, size_t n);

/* The value of the first field of that name; absent if there is none. */
struct chat_str chat_http_field(
    const struct chat_http_request *r, const char *name);

/* How many fields of that name there are. */
size_t chat_http_count(const struct chat_http_request *r, const char *name);

/* Whether token is in the list that all fields of that name form together,
 * without regard to case: Connection, Upgrade (RFC 9110, section 5.6.1). */
bool chat_http_has_token(
    const struct chat_http_request *r, const char *name, const char *token);

/* Takes the next element of a comma-separated list off the front of *rest,
 * without white space around it; empty ones are skipped.  False: there was
 * none.  Quoted strings are not recognised; no list that we read has them. */
bool chat_http_list_next(struct chat_str *rest, struct chat_str *item);

/* Takes the next key=value of a query off the front of *rest.  Both are still
 * encoded, and value is absent where there is no '='.  Empty pairs are skipped.
 * False: there was none. */
bool chat_http_query_next(
    struct chat_str *rest, struct chat_str *key, struct chat_str *value);

/* Decodes %XX in a segment of a path, or in a key or value of a query (RFC
 * 3986, section 2.1); '+' remains a plus.  Returns the length, which is never
 * more than s.n, or CHAT_ERR_HTTP_SYNTAX for half an escape and for NUL, or
 * CHAT_ERR_SPACE.  dst may be s.p.  The result can be any bytes but NUL. */
int chat_http_decode(char *dst, size_t cap, struct chat_str s);

/* Parses host [":" port], the value of Host (RFC 9110, section 7.2).  An empty
 * host is valid there.  Returns 0 or CHAT_ERR_HTTP_SYNTAX. */
int chat_http_parse_authority(struct chat_http_authority *a, struct chat_str s);

/* Whether a and b are the same but for the case of ASCII letters, whatever the
 * locale: how names of fields, tokens and hosts are compared. */
bool chat_http_is(struct chat_str a, struct chat_str b);

/* Takes prefix off the front of *s if it begins with that, without regard to
 * case.  False: it does not, and *s is left alone. */
bool chat_http_skip(struct chat_str *s, const char *prefix);

/* "Not Found" for 404; "Unknown" for a status that we never send. */
const char *chat_http_reason(int status);

/* Writes the head of a response, including the empty line, and a NUL.
 * Returns the length without that NUL, as snprintf() does, so all of it is
 * there if that is less than cap; chat_str_written() looks at that.  SIZE_MAX:
 * it is too long for any cap.  There is no Content-Length where the status
 * rules out content (1xx, 204, 304), and no Connection with 1xx. */
size_t chat_http_write_head(
    char *dst, size_t cap, const struct chat_http_head *h);

#endif

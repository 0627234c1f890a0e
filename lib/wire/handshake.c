/* The key is judged but not kept in decoded form: its answer is a hash of the
 * characters that were sent. */
#include "handshake.h"

#include <stdio.h>
#include <string.h>

#include "code/base64.h"
#include "code/sha1.h"

#define KEY_TEXT 24 /* characters, the last two of which are padding */

/* Which bytes they are does not matter; a client that does not send 16 has not
 * read the RFC (section 4.1, item 7 of the requirements).  The last character
 * has four bits too many, which need not be 0: the RFC's own example there has
 * one that is not.  So the padding is replaced, and they count as a 17th byte
 * and an 18th. */
static bool
is_key(struct chat_str s)
{
	unsigned char key[KEY_TEXT / 4 * 3];
	char text[KEY_TEXT];

	if (s.n != KEY_TEXT || memcmp(s.p + KEY_TEXT - 2, "==", 2) != 0)
		return false;
	memcpy(text, s.p, KEY_TEXT - 2);
	memcpy(text + KEY_TEXT - 2, "AA", 2);
	return chat_base64_parse(key, sizeof(key), text, sizeof(text),
		   CHAT_BASE64_STANDARD) == (int)sizeof(key);
}

/* Whether the client wants a WebSocket at all comes before how well it asks for
 * one, so that a browser that is pointed at such a path is told what is there.
 * A body would be read as frames, and of two Origins one would be overlooked.
 * The key comes last, since only version 13 says how it has to look. */
int
chat_handshake_check(
    struct chat_handshake *h, const struct chat_http_request *r)
{
	h->key = chat_http_field(r, "Sec-WebSocket-Key");
	if (!chat_str_is(r->method, CHAT_STR("GET")))
		return 405;
	if (r->minor == 0 || r->has_body)
		return 400;
	if (!chat_http_has_token(r, "Upgrade", "websocket"))
		return 426;
	if (!chat_http_has_token(r, "Connection", "Upgrade") ||
	    chat_http_count(r, "Sec-WebSocket-Version") > 1 ||
	    chat_http_count(r, "Sec-WebSocket-Key") > 1 ||
	    chat_http_count(r, "Origin") > 1)
		return 400;
	if (!chat_str_is(
		chat_http_field(r, "Sec-WebSocket-Version"), CHAT_STR("13")))
		return 426;
	return is_key(h->key) ? 101 : 400;
}

/* As chat_http_has_token(), but case matters. */
bool
chat_handshake_offers(const struct chat_http_request *r, const char *protocol)
{
	const struct chat_http_field *f;
	struct chat_str item, rest;

	for (f = r->fields; f < r->fields + r->nfields; f++) {
		if (!chat_http_is(f->name, CHAT_STR("Sec-WebSocket-Protocol")))
			continue;
		rest = f->value;
		while (chat_http_list_next(&rest, &item))
			if (chat_str_is(item, chat_str(protocol)))
				return true;
	}
	return false;
}

void
chat_handshake_accept(char dst[CHAT_HANDSHAKE_ACCEPT], struct chat_str key)
{
	/* Of RFC 6455, section 1.3.  It is long and means nothing, so that
	 * no server that does not know WebSockets answers by accident. */
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[CHAT_SHA1_SIZE];
	struct chat_sha1 sha1;

	chat_sha1_init(&sha1);
	chat_sha1_feed(&sha1, key.p, key.n);
	chat_sha1_feed(&sha1, guid, sizeof(guid) - 1);
	chat_sha1_finish(&sha1, digest);
	chat_base64_write(dst, digest, sizeof(digest), CHAT_BASE64_STANDARD);
}

size_t
chat_handshake_write(
    char *dst, size_t cap, const struct chat_handshake *h, const char *protocol)
{
	char accept[CHAT_HANDSHAKE_ACCEPT];
	int n;

	chat_handshake_accept(accept, h->key);
	n = snprintf(dst, cap,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %.*s\r\n"
	    "%s%s%s\r\n",
	    CHAT_HANDSHAKE_ACCEPT, accept,
	    protocol ? "Sec-WebSocket-Protocol: " : "",
	    protocol ? protocol : "", protocol ? "\r\n" : "");
	return n < 0 ? SIZE_MAX : (size_t)n;
}

/* Where a port is missing, on either side, the scheme of the page says which
 * one is meant: through a proxy that ends TLS, a page of https://host reaches
 * us with "Host: host". */
bool
chat_handshake_same_origin(struct chat_str origin, struct chat_str host)
{
	struct chat_http_authority a, b;
	int port;

	if (chat_http_skip(&origin, "https://"))
		port = 443;
	else if (chat_http_skip(&origin, "http://"))
		port = 80;
	else
		return false;
	if (chat_http_parse_authority(&a, origin) != 0 ||
	    chat_http_parse_authority(&b, host) != 0)
		return false;
	if (a.port < 0)
		a.port = port;
	if (b.port < 0)
		b.port = port;
	return a.host.n > 0 && a.port == b.port && chat_http_is(a.host, b.host);
}

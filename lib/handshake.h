/*
 * handshake: how an HTTP request becomes a WebSocket, the server's side
 * (RFC 6455, section 4.2).
 *
 * Here a request is judged and answered.  Called by request for each request to
 * a path where there are WebSockets, and by programs.  Not here: parsing it
 * (http.h), which paths and which foreign origins are welcome (the caller
 * knows), and everything that follows the answer (frame.h, ws.h).
 *
 *     GET /ws/alice HTTP/1.1              HTTP/1.1 101 Switching Protocols
 *     Upgrade: websocket                  Upgrade: websocket
 *     Connection: Upgrade          --->   Connection: Upgrade
 *     Sec-WebSocket-Key: KEY              Sec-WebSocket-Accept: f(KEY)
 *     Sec-WebSocket-Version: 13           Sec-WebSocket-Protocol: chosen
 *
 * Extensions are offered by clients and never accepted.
 */
#ifndef CHAT_HANDSHAKE_H
#define CHAT_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"
#include "str.h"

#define CHAT_HANDSHAKE_ACCEPT 28 /* bytes of Sec-WebSocket-Accept */

/* What the answer depends on. */
struct chat_handshake {
	struct chat_str key; /* as sent; points into the request */
};

/*
 * Judges an opening handshake (section 4.2.1).  Returns the status to answer
 * with, which is 101 when r is one; then *h is filled in.  Otherwise:
 *
 *     405  the method is not GET
 *     426  the client does not want a WebSocket, or not one of version 13; the
 *          answer has to have "Upgrade: websocket", "Connection: Upgrade" and
 *          "Sec-WebSocket-Version: 13"
 *     400  anything else: HTTP/1.0, a body, no "Connection: Upgrade", a key
 *          that is not 16 bytes in base64 (the bits after them may be any), a
 *          second key, version or Origin
 */
int chat_handshake_check(
    struct chat_handshake *h, const struct chat_http_request *r);

/* Whether the client offers that subprotocol; case matters (section 11.3.4). */
bool chat_handshake_offers(
    const struct chat_http_request *r, const char *protocol);

/* Computes the answer to a key (section 4.2.2, step 5.4), without a NUL. */
void chat_handshake_accept(
    char dst[CHAT_HANDSHAKE_ACCEPT], struct chat_str key);

/* Writes the whole response 101 and a NUL, naming the chosen protocol unless
 * that is NULL.  Returns the length without the NUL, as snprintf() does, so
 * all of it is there if that is less than cap; chat_str_written() looks at
 * that.  SIZE_MAX: it is too long for any cap. */
size_t chat_handshake_write(char *dst, size_t cap,
    const struct chat_handshake *h, const char *protocol);

/* Whether a page of origin (the field Origin, RFC 6454, section 7) was served
 * by host (the field Host): the same name and port, where none stands for the
 * scheme's own, so that it does not matter whether a proxy before us speaks
 * TLS.  False for "null", for schemes other than http and https, and when
 * either is absent. */
bool chat_handshake_same_origin(struct chat_str origin, struct chat_str host);

#endif

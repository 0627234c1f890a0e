/*
 * request: answers requests by HTTP: the opening handshake at /ws/NAME, three
 * pages of the room's own (/healthz, /readyz, /metrics), and all other paths as
 * the program says.
 *
 * Called by input.  Not here: the form of HTTP (http.h, handshake.h), and
 * whether a name may join (room/join.h).
 */
#ifndef CHAT_REQUEST_H
#define CHAT_REQUEST_H

#include "http.h"
#include "state.h"

/* Answers a request, or takes it as an opening handshake and joins. */
void chat_request_answer(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r);

/* Answers a request that could not be parsed or did not come in time, and ends
 * the connection. */
void chat_request_refuse(
    struct chat_core *core, struct chat_conn *c, int status);

#endif

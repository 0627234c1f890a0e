/*
 * conn: one connection, from its first byte to its last.
 *
 *          .------.  handshake   .------.
 *     ---->| HTTP |------------->| OPEN |
 *          '------'  and join    '------'
 *             | answered, with      | Close, error, no pong, bye,
 *             | Connection: close   | or the other side has ended
 *             v                     v
 *          .-------------------------.  all    .-------.  the end came,
 *          |         CLOSING         |-------->| DRAIN |---------.
 *          '-------------------------'  sent   '-------' or time |
 *             |                                                  v
 *             '---- all sent and the end came before, -------> DEAD
 *                   time, broken, or cut by its queue
 *
 * A connection at rest owns nothing but this struct and its user: input that
 * is not whole, and all state of parsing, is in an input that exists only
 * while it is needed.
 *
 *     input.raw      bytes that could not be taken yet: half a request or
 *                    frame header, or whatever came while the turn was full
 *     input.message  the text so far of a message that comes in pieces
 *
 * Called by core.  Not here: what a message means (room), what a request is
 * answered with (request.c), sockets.
 */
#ifndef CHAT_CONN_H
#define CHAT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http.h"
#include "base/list.h"
#include "room/room.h"
#include "base/timer.h"
#include "ws.h"

struct chat_core;

enum chat_conn_state {
	CHAT_CONN_FREE,    /* is none, see conns.h */
	CHAT_CONN_HTTP,    /* waits for a request */
	CHAT_CONN_OPEN,    /* has joined, or has just been refused */
	CHAT_CONN_CLOSING, /* sends the rest, takes nothing */
	CHAT_CONN_DRAIN,   /* half closed, throws away what still comes */
	CHAT_CONN_DEAD,    /* to be closed */
};

struct chat_input {
	struct chat_link link; /* in core->held while it waits for a turn */
	struct chat_conn *conn;
	struct chat_ws ws;
	struct chat_buf raw;
	struct chat_buf message;
	bool is_held; /* raw waits for a turn or for room in the queue */
};

struct chat_conn {
	struct chat_member member; /* its queue links it to the hub */
	struct chat_timer timer;
	struct chat_input *input; /* NULL: nothing is partial */
	int tag;                  /* see chat_core_tag() */
	unsigned char state;      /* enum chat_conn_state */
	unsigned char timer_kind; /* enum chat_timer_kind */
	bool half_close;          /* the socket's owner is to be told so */
	bool has_ended;           /* the other side will send no more */
};

void chat_conn_init(struct chat_conn *c, uint64_t id);
void chat_conn_release(struct chat_core *core, struct chat_conn *c);

/* Bytes came in; p is scratch. */
void chat_conn_receive(
    struct chat_core *core, struct chat_conn *c, char *p, size_t n);

/* Goes on with input that was held. */
void chat_conn_resume(struct chat_core *core, struct chat_conn *c);

/* The other side has ended. */
void chat_conn_end(struct chat_core *core, struct chat_conn *c);

/* n bytes of its output are gone; 0: it was looked at, no more. */
void chat_conn_sent(struct chat_core *core, struct chat_conn *c, size_t n);

/* Its timer is due. */
void chat_conn_expire(struct chat_core *core, struct chat_conn *c);

/* The last frame is sent: Close with that code. */
void chat_conn_close(struct chat_core *core, struct chat_conn *c, int code,
    struct chat_str reason);

/* Everything has been queued: what follows is the end. */
void chat_conn_finish(struct chat_core *core, struct chat_conn *c);

/* Ends one in HTTP.  If nothing is on its way to it, it is closed at once:
 * browsers keep connections that they do not use, and do not look whether they
 * have ended, so its end would not come. */
void chat_conn_part(struct chat_core *core, struct chat_conn *c);

/* Nothing more will be sent or taken. */
void chat_conn_die(struct chat_core *core, struct chat_conn *c);

/* Is there input waiting for a turn, or for room in its queue? */
static inline bool
chat_conn_is_held(const struct chat_conn *c)
{
	return c->input != NULL && c->input->is_held;
}

/* request.c: answers a request, or takes it as an opening handshake. */
void chat_request_answer(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r);

/* request.c: answers what could not be parsed, and ends. */
void chat_request_refuse(
    struct chat_core *core, struct chat_conn *c, int status);

#endif

/*
 * state: what the files of the core share: its struct, and a connection.
 *
 *     chat_core
 *       hub       both rings, the lists of queues      ring/hub.h
 *       budget    what is left of this turn            base/budget.h
 *       room      users, entries, the store            room/room.h
 *       conns     all connections, by id               conns.h
 *       gate      our hosts, and origins let in        gate.h
 *       timers    one list per kind                    timers.h
 *       held      inputs that wait for the next turn
 *       paced     inputs that wait because they came too fast, by deadline
 *       flushing  queues that are still to be flushed in this turn
 *       bodies    responses whose next piece is due    body.h
 *
 *     chat_conn, from its first byte to its last
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
 * is not whole, and all state of parsing, is in a chat_input that exists only
 * while it is needed.
 *
 *     input.raw      bytes that could not be taken yet: half a request or
 *                    frame header, or all that came while the turn was full
 *     input.message  the text so far of a message that comes in pieces
 */
#ifndef CHAT_CORE_STATE_H
#define CHAT_CORE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/budget.h"
#include "base/list.h"
#include "base/timer.h"
#include "chatcore.h"
#include "gate.h"
#include "ring/hub.h"
#include "room/room.h"
#include "ws.h"

enum chat_conn_state {
	CHAT_CONN_FREE,    /* a slot that is not in use, see conns.h */
	CHAT_CONN_HTTP,    /* waits for a request */
	CHAT_CONN_OPEN,    /* has joined, or has just been refused */
	CHAT_CONN_CLOSING, /* sends the rest, takes nothing */
	CHAT_CONN_DRAIN,   /* half closed, throws away what still comes */
	CHAT_CONN_DEAD,    /* to be closed */
};

/* Reasons for which input that is whole waits. */
enum chat_hold {
	CHAT_HOLD_NOT,   /* nothing: it is not whole */
	CHAT_HOLD_TURN,  /* the next turn: this one, or its share of it, is full
			  */
	CHAT_HOLD_PACE,  /* a pause, since it came too fast */
	CHAT_HOLD_QUEUE, /* space in the queue for answers */
};

struct chat_input {
	struct chat_timer wait; /* in core->held or core->paced, or alone */
	struct chat_conn *conn;
	enum chat_hold hold;
	struct chat_ws ws;
	struct chat_buf raw;
	struct chat_buf message;
};

struct chat_body {
	struct chat_link link; /* in core->bodies while a piece is due */
	struct chat_conn *conn;
	struct chat_source *source;
	struct chat_bytes *piece; /* read and not yet queued, or NULL */
	uint64_t left;            /* bytes not yet read */
};

struct chat_conn {
	struct chat_member member; /* its queue links it to the hub */
	struct chat_timer timer;
	struct chat_input *input;    /* NULL: nothing is partial */
	struct chat_body *body;      /* NULL: no response is under way */
	struct chat_rate input_rate; /* bytes that came */
	int tag;                     /* see chat_core_tag() */
	unsigned char state;         /* enum chat_conn_state */
	unsigned char timer_kind;    /* enum chat_timer_kind */
	bool has_ended;              /* the other side will send no more */
};

struct chat_conns {
	const struct chat_alloc *alloc;
	struct chat_conn **blocks;
	uint32_t nblocks;
	struct chat_link free; /* by their timers' links, last used first */
};

enum chat_timer_kind {
	CHAT_TIMER_HANDSHAKE, /* until a request is there */
	CHAT_TIMER_PING,      /* of silence, until a ping */
	CHAT_TIMER_PONG,      /* until something must have come */
	CHAT_TIMER_DRAIN,     /* until a closing is given up */
	CHAT_TIMERS
};

struct chat_core {
	struct chat_alloc alloc;
	struct chat_limits limits; /* complete */
	struct chat_metrics metrics;
	struct chat_traffic shown; /* what /metrics has of it */
	uint64_t shown_tick;       /* when that was, in ticks; 0: never */
	struct chat_hub hub;
	struct chat_budget budget;
	struct chat_room room;
	struct chat_addresses addresses;
	struct chat_conns conns;

	struct chat_link timers[CHAT_TIMERS];
	struct chat_link held, paced;
	struct chat_link flushing, bodies;
	bool held_first;  /* held input goes before new input in this turn */
	size_t share_end; /* up to where one connection may spend the budget */
	unsigned full_turns; /* in a row */

	struct chat_time now;
	uint64_t offered; /* bytes of the last output */
	uint64_t jitter;  /* random state that spreads retry_after */
	int close_code;   /* of draining, 0: not draining */
	bool parting;     /* the next turn says goodbye to everybody */

	struct chat_gate gate;
	char *server;
	chat_log_fn *on_log;
	chat_request_fn *on_request;
	void *user;
};

/* Does input that has come wait, so that no more should be read? */
static inline bool
chat_conn_is_held(const struct chat_conn *c)
{
	return c->input != NULL && c->input->hold != CHAT_HOLD_NOT;
}

/* Does it take requests or frames? */
static inline bool
chat_conn_takes(const struct chat_conn *c)
{
	return c->state == CHAT_CONN_HTTP || c->state == CHAT_CONN_OPEN;
}

/* Hands the program around the core a line; format is printf's. */
void chat_core_log(
    struct chat_core *core, enum chat_level level, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif

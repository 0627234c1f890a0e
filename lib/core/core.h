/*
 * core: the inside of a chat_core; chatcore.h is its manual.
 *
 *     conns:    all connections, by id                     conns.h
 *     timers:   one list per kind                          timer.h
 *     held:     connections whose input waits for the next turn
 *     flushing: queues that are still to be flushed in this turn
 *
 * Files: core.c (coming and going, the turn), conn.c (what one connection
 * says, byte by byte), request.c (what is asked by HTTP).
 */
#ifndef CHAT_CORE_H
#define CHAT_CORE_H

#include "chatcore.h"
#include "conn.h"
#include "conns.h"
#include "room/room.h"

enum chat_timer_kind {
	CHAT_TIMER_HANDSHAKE, /* until a request is there */
	CHAT_TIMER_PING,      /* of silence, until a ping */
	CHAT_TIMER_PONG,      /* until something must have come */
	CHAT_TIMER_DRAIN,     /* until a closing is given up */
	CHAT_TIMERS
};

struct chat_core {
	struct chat_alloc alloc;
	struct chat_metrics metrics;
	struct chat_room room;
	struct chat_addresses addresses;
	struct chat_conns conns;

	struct chat_link timers[CHAT_TIMERS];
	struct chat_link held;
	struct chat_link flushing;
	bool held_first; /* in this turn they come before what is new */
	size_t share;    /* up to where one connection may fill the turn */

	struct chat_time now;
	uint64_t offered;  /* bytes of the last output */
	uint64_t swept[2]; /* heads of live and past at the last sweep */
	uint64_t jitter;   /* state of the spread of retry_after */
	int close_code;    /* of draining, 0: not draining */
	bool parting;      /* the next turn says goodbye to everybody */

	char **origins; /* ends by NULL; may be NULL */
	char *server;
	chat_log_fn *on_log;
	chat_request_fn *on_request;
	void *user;
};

/* A number that the server keeps here, so that it needs no table of its own:
 * the descriptor.  -1: it was not set, or the connection is gone. */
int chat_core_tag(const struct chat_core *core, uint64_t id);
void chat_core_set_tag(struct chat_core *core, uint64_t id, int tag);

/* The duration of a kind of timer; CHAT_OFF: never. */
uint32_t chat_core_duration(
    const struct chat_core *core, enum chat_timer_kind kind);

/* Sets the connection's one timer, or none if the kind is off. */
void chat_core_set_timer(
    struct chat_core *core, struct chat_conn *c, enum chat_timer_kind kind);

/* Are there more connections than one of the limits allows? */
bool chat_core_is_full(const struct chat_core *core, const struct chat_conn *c);

/* Milliseconds after which a client may come back, spread so that not all
 * come at once. */
uint32_t chat_core_retry_after(struct chat_core *core);

/* A line for the owner; format as of printf. */
void chat_core_log(
    struct chat_core *core, enum chat_level level, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif

/*
 * room: who says what to whom.
 *
 *                 decide                record              apply
 *     message --> limits, names,  -->   store numbers  -->  dedupe, past, live,
 *     of a member dedupe, batch         the batch           private queues, ack
 *
 * decide changes nothing but the batch; apply changes only what the log says.
 * So state is a function of the log, and nothing is told before it is recorded.
 * Presence and typing bypass the log: they are told, but not recorded.
 *
 * This is the room's face to the core.  Inside:
 *
 *     join       coming and going           keys     hashes that name things
 *     decide     may it be?                 tell     frames to members
 *     apply      make it happen             encode   an entry as a frame
 *     presence   who is here                history  older messages from memory
 *     waiters    retries in between         readers  ... and from the store
 *     users rate address metrics            state    what all these share
 *
 * The room writes frames into queues and knows nothing of sockets, HTTP or
 * incoming frames; that is core's.
 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "apply.h"
#include "decide.h"
#include "join.h"
#include "state.h"
#include "tell.h"

struct chat_room_config {
	const struct chat_alloc *alloc;
	const struct chat_limits *limits; /* complete; the core's, as are: */
	struct chat_metrics *metrics;
	struct chat_hub *hub;
	struct chat_budget *budget;
	struct chat_str server;    /* for `welcome`; outlives the room */
	struct chat_store *store;  /* new; the room frees it */
	const unsigned char *seed; /* CHAT_LOG_SECRET bytes */
	struct chat_time now;
	chat_room_find_fn *find;
	void *owner;
};

/* Takes in what the log holds.  CHAT_OK; CHAT_ERR_NOMEM, and then the store is
 * freed too. */
int chat_room_init(struct chat_room *room, const struct chat_room_config *c);
/* All members must have left. */
void chat_room_release(struct chat_room *room);

/* The limits have changed, and chat_room_reserve_for() has got ready for
 * them. */
void chat_room_configure(struct chat_room *room);

/* A turn begins, also for the store. */
void chat_room_begin(struct chat_room *room, struct chat_time now);

/* All input of this turn has come: users who have been away too long leave. */
void chat_room_expire(struct chat_room *room);

/* When a turn has something to do for the room, mono; UINT64_MAX: never. */
uint64_t chat_room_deadline(const struct chat_room *room);

#endif

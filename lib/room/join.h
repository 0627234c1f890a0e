/*
 * join: coming and going.
 *
 *     welcome, sync, replay of the past ring, users ]|[ what is live
 *                                                    ^ one turn: no hole and
 *                                                      no overlap
 *
 * A window comes with a name, and with the token and the position of an
 * earlier connection if it has been here before.  Called by core.  Not here:
 * how many may come (core/admit.h), and who is told of it (presence).
 */
#ifndef CHAT_ROOM_JOIN_H
#define CHAT_ROOM_JOIN_H

#include "state.h"

struct chat_join {
	struct chat_str name;
	struct chat_str session; /* its token; p == NULL: none */
	bool has_after, has_history;
	uint64_t after;   /* the last seq that it has, if has_after */
	uint64_t history; /* messages that it wants, if has_history */
};

/* The member comes in: welcome, sync, replay, users, live.  CHAT_MSG_OK, or
 * the code to refuse it with: CHAT_BAD_NAME; CHAT_FULL when out of memory. */
enum chat_msg_code chat_room_join(struct chat_room *room, struct chat_member *m,
    const struct chat_join *join);

/* The member goes, if it has joined.  To be called before its memory is gone,
 * which the room points to. */
void chat_room_leave(struct chat_room *room, struct chat_member *m);

#endif

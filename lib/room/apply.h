/*
 * apply: what the log says, happens.
 *
 *     store --next()--> acknowledge --> refs, past ring --> live ring, or the
 *                                                           queues of two users
 *
 * The same on every node and after every restart, whoever sent the entry; so
 * state is a function of the log.  Called by core, once a turn each, and by
 * room at the start.  Not here: whether it may be (decide).
 */
#ifndef CHAT_ROOM_APPLY_H
#define CHAT_ROOM_APPLY_H

#include "state.h"

/* Hands what was decided to the store, and asks it for a page. */
void chat_room_record(struct chat_room *room);

/* Makes what was recorded happen, and tells who came and went. */
void chat_room_apply(struct chat_room *room);

/* Takes in what the log holds when the room opens, and tells nobody. */
void chat_apply_recover(struct chat_room *room);

#endif

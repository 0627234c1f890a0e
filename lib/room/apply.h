/*
 * apply: makes what the log says happen.
 *
 *     store --next()--> acknowledge --> refs, past ring --> live ring, or the
 *                                                           queues of two users
 *
 * An entry has the same effect on every node and after every restart, no matter
 * who sent it; so state is a function of the log.  Called by core, once a turn
 * each, and by room at the start.  Not here: whether it may be (decide).
 */
#ifndef CHAT_ROOM_APPLY_H
#define CHAT_ROOM_APPLY_H

#include "state.h"

/* Asks the store for a page, if a reader waits, and hands it what was decided,
 * unless it still owes answers. */
void chat_room_record(struct chat_room *room);

/* Makes what was recorded happen, and tells everybody who came and went. */
void chat_room_apply(struct chat_room *room);

/* Takes in what the log holds when the room opens, and tells nobody. */
void chat_apply_recover(struct chat_room *room);

#endif

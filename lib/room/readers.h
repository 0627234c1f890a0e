/*
 * readers: members that wait for older entries than the past ring has.
 *
 *     all:   [ first ][ ... ][ ... ]     the store is asked for the first
 *     page:  ................[ 7 , 8 , 9 ]   filled from its end
 *
 * One read of the store a turn, and a reader that has found nothing visible
 * goes to the back of the line, so none keeps the room from turning.  Called by
 * history (add) and apply.  Not here: how a store reads.
 */
#ifndef CHAT_ROOM_READERS_H
#define CHAT_ROOM_READERS_H

#include "state.h"

/* Asks the store for a page before a number, to be told later, or refuses. */
void chat_readers_add(struct chat_room *room, struct chat_member *m,
    const struct chat_msg *msg, uint64_t before);

/* The first one's turn: asks the store. */
void chat_readers_ask(struct chat_room *room);

/* An answer: an entry, or the end of the page. */
void chat_readers_take(struct chat_room *room, const struct chat_entry *e);
void chat_readers_end(struct chat_room *room, const struct chat_stored *s);

#endif

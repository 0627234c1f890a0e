/*
 * readers: members that wait for older entries than the past ring has.
 *
 *     all:   [ first ][ ... ][ ... ]     the store is asked for the first
 *     page:  ................[ 7 , 8 , 9 ]   filled from its end
 *
 * The store is read once a turn, and a reader that has found nothing visible
 * goes to the back of the line; so no reader holds up the room or the others.
 * Called by history (add) and apply.  Not here: how a store reads.
 */
#ifndef CHAT_ROOM_READERS_H
#define CHAT_ROOM_READERS_H

#include "state.h"

/* The member waits for a page of entries before a number from now on, or is
 * refused: it waits for one already, too many do, or there is no memory. */
void chat_readers_add(struct chat_room *room, struct chat_member *m,
    const struct chat_msg *msg, uint64_t before);

/* Asks the store for the first one's page, unless that has been done. */
void chat_readers_ask(struct chat_room *room);

/* The store's answer to that: an entry; the end of the page. */
void chat_readers_take(struct chat_room *room, const struct chat_entry *e);
void chat_readers_end(struct chat_room *room, const struct chat_stored *s);

#endif

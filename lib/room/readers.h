/*
 * readers: members that wait for older entries than the past ring has.
 *
 *     all:   [ first ][ ... ][ ... ]     the store reads for the first
 *     page:  ................[ 7 , 8 , 9 ]   filled from its end
 *
 * One read of the store is under way at a time, for whoever has had least of
 * late: the address counts, then the connection, then who came first; and a
 * reader that has found nothing visible goes to the back of the line.  So no
 * reader holds up the room, or others by going a long way, or by being many.
 *
 * What a store has to read from its disk is charged to the address of the
 * reader, or to all readers that have none together, and whoever is over that
 * rate waits.  So pages of old entries cost the server at most a few hundredths
 * of its time for each address, however far apart the entries are that somebody
 * may see.
 *
 * Called by history (add) and apply.  Not here: how a store reads.
 */
#ifndef CHAT_ROOM_READERS_H
#define CHAT_ROOM_READERS_H

#include "state.h"

/* KiB a second, and of a burst: what takes about a second of a core to read,
 * and enough for anybody who scrolls back. */
#define CHAT_READERS_RATE  4096
#define CHAT_READERS_BURST (256 * 1024)

/* ... and ms until it is looked again whether somebody may. */
#define CHAT_READERS_TICK 20

/* The member waits for a page of entries before a number from now on, or is
 * refused: it waits for one already, too many do, or there is no memory. */
void chat_readers_add(struct chat_room *room, struct chat_member *m,
    const struct chat_msg *msg, uint64_t before);

/* Asks the store for the page of the one whose turn it is, unless a page is
 * being read. */
void chat_readers_ask(struct chat_room *room);

/* When that may be done: now, later, UINT64_MAX: never (mono). */
uint64_t chat_readers_deadline(const struct chat_room *room);

/* The store's answer to that: an entry; the end of the page. */
void chat_readers_take(struct chat_room *room, const struct chat_entry *e);
void chat_readers_end(struct chat_room *room, const struct chat_stored *s);

#endif

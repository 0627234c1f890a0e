/*
 * encode: an entry of the log as the room keeps it: its frame, and its place in
 * the past ring.
 *
 *     struct chat_entry --frame--> frame in the scratch --append--> past ring
 *                       --place--> struct chat_past_entry --------'
 *
 * Called by apply and readers.  Not here: what an entry does (apply), what its
 * frame says (msg.h).
 */
#ifndef CHAT_ROOM_ENCODE_H
#define CHAT_ROOM_ENCODE_H

#include "state.h"

/* The frame of the entry, in the scratch.  Empty: what it says was withheld, or
 * it is longer than any frame may be, which can be if it was said under greater
 * limits and is recovered. */
struct chat_str chat_encode_frame(
    struct chat_room *room, const struct chat_entry *e);

/* How the entry stands in the past ring. */
struct chat_past_entry chat_encode_place(const struct chat_entry *e);

#endif

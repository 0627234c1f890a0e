/*
 * encode: how the room keeps an entry of the log: as a frame, and at a place in
 * the past ring.
 *
 *     struct chat_entry --frame--> frame in the scratch --append--> past ring
 *                       --place--> struct chat_past_entry --------'
 *
 * Called by apply and readers.  Not here: what an entry does (apply), and what
 * its frame says (msg.h).
 */
#ifndef CHAT_ROOM_ENCODE_H
#define CHAT_ROOM_ENCODE_H

#include "state.h"

/* The frame of the entry, in the scratch.  Absent: its content was withheld, or
 * it was said when longer ones were allowed and does not fit. */
struct chat_str chat_encode_frame(
    struct chat_room *room, const struct chat_entry *e);

/* Bytes of that frame, whether it fits or not. */
size_t chat_encode_size(const struct chat_entry *e);

/* The entry's place for chat_past_append(), which sets at and size. */
struct chat_past_entry chat_encode_place(const struct chat_entry *e);

#endif

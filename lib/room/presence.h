/*
 * presence: tells members who is here.
 *
 *     a join     --promise--> users frame, one for all who joined this turn
 *     comes, goes --tell--->  presence frame to everybody, once in a while
 *
 * Called by join (promise), decide (a page of users) and apply (tell).  Not
 * here: the users themselves (users.h).
 */
#ifndef CHAT_ROOM_PRESENCE_H
#define CHAT_ROOM_PRESENCE_H

#include "state.h"

/* Bytes that will be the `users` frame of the end of this turn, so that it is
 * encoded once for all who join in it.  Owned by the room until then; share it
 * to keep it.  NULL: no memory. */
struct chat_bytes *chat_presence_promise(struct chat_room *room);

/* Keeps the promise, and tells everybody who came and went, if it is time. */
void chat_presence_tell(struct chat_room *room);

/* Writes a page of `users`: those whose names come after one. */
void chat_presence_write_users(
    struct chat_room *room, struct chat_json_writer *w, struct chat_str after);

#endif

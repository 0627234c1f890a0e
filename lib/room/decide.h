/*
 * decide: what a member wants, and whether it may be.
 *
 *     text --msg--> message  --> is it a retry? rates? recipient? --> batch
 *                   typing   --> the others, not recorded
 *                   history, users, ping --> an answer
 *
 * Nothing here changes what others see of the log.  Called by core with each
 * text that has come in.  Not here: what happens once it is recorded (apply).
 */
#ifndef CHAT_ROOM_DECIDE_H
#define CHAT_ROOM_DECIDE_H

#include "state.h"

/* One text from a member, of n bytes, which are changed.  False: it has sent so
 * much that is no message that it is to be closed. */
bool chat_room_say(
    struct chat_room *room, struct chat_member *m, char *p, size_t n);

#endif

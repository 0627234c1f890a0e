/*
 * decide: reads what a member wants, and decides whether it may be.
 *
 *     text --msg--> message  --> is it a retry? rates? recipient? --> batch
 *                   typing   --> the others, not recorded
 *                   history, users, ping --> an answer
 *
 * Nothing here changes what anybody sees of the log.  Called by core with each
 * text that has come in.  Not here: what happens once it is recorded (apply).
 */
#ifndef CHAT_ROOM_DECIDE_H
#define CHAT_ROOM_DECIDE_H

#include "state.h"

/* Answers one text of n bytes from a member.  The bytes are changed.  False: it
 * has sent too many texts that are not messages, and is to be closed. */
bool chat_room_say(
    struct chat_room *room, struct chat_member *m, char *p, size_t n);

#endif

/*
 * history: a page of older messages, on request.
 *
 *     past ring, as far back as it goes  -->  a page
 *     before that, and a store that reads --> readers.h, a page later
 *
 * Called by decide.  Not here: what a joining member is sent (join).
 */
#ifndef CHAT_ROOM_HISTORY_H
#define CHAT_ROOM_HISTORY_H

#include "state.h"

/* Answers a request for history, now or by a reader. */
void chat_history_tell(
    struct chat_room *room, struct chat_member *m, const struct chat_msg *msg);

#endif

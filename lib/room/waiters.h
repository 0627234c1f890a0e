/*
 * waiters: retries of sends that are decided but not recorded yet.
 *
 * They are answered as soon as the store has answered for the first try.
 * Called by decide (add) and apply.  Not here: how a retry is recognized
 * (keys.h, store/refs.h).
 */
#ifndef CHAT_ROOM_WAITERS_H
#define CHAT_ROOM_WAITERS_H

#include "state.h"

/* The asker's send waits.  false: out of memory, or CHAT_MAX_WAITERS wait
 * already. */
bool chat_waiters_add(struct chat_room *room, uint64_t asker,
    struct chat_str ref, const struct chat_ref_key *key);

/* Answers those whose first try is no longer pending. */
void chat_waiters_answer(struct chat_room *room);

#endif

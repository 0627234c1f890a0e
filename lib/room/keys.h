/*
 * keys: names that the log gives: to a user, a send, a content.
 *
 * Hashes keyed with the log's secret, so that nobody outside can make two
 * meet, and every node computes the same.  Called by join and decide.
 */
#ifndef CHAT_ROOM_KEYS_H
#define CHAT_ROOM_KEYS_H

#include "state.h"

/* Who a user is, in any spelling. */
uint64_t chat_keys_name(const struct chat_room *room, struct chat_str name);

/* Which send this is, under the member's session; none without a ref. */
struct chat_ref_key chat_keys_of(const struct chat_room *room,
    const struct chat_member *m, const struct chat_entry *e);

#endif

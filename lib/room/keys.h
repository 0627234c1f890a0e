/*
 * keys: numbers that name a user, a send, a content in the log.
 *
 * They are hashes keyed with the log's secret, so that no client can find two
 * things with one name, and every node computes the same.  Called by join and
 * decide.
 */
#ifndef CHAT_ROOM_KEYS_H
#define CHAT_ROOM_KEYS_H

#include "state.h"

/* The user of a valid name, in any spelling. */
uint64_t chat_keys_name(const struct chat_room *room, struct chat_str name);

/* The send of an entry, named by the member's session and the entry's ref, and
 * its content.  None without a ref.  The content of two sends is never the
 * same: whoever reads the log cannot compare that of somebody else's with one
 * that he has sent himself. */
struct chat_ref_key chat_keys_of(const struct chat_room *room,
    const struct chat_member *m, const struct chat_entry *e);

/* Is the entry what was sent before with the key of that send, in the entry of
 * number seq; 0: it is on its way?  In journals of version 1, the content did
 * not depend on the send. */
bool chat_keys_match(const struct chat_room *room, const struct chat_entry *e,
    const struct chat_ref_key *key, uint64_t seq);

#endif

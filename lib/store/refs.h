/*
 * refs: which sends are already in the log.
 *
 * A send is named by its session and the client's ref; a retry names the same
 * one.  This table covers exactly the last CHAT_REFS entries of the log, so
 * that every node that applies the log knows the same.  It counts entries and
 * not numbers, as a log leaves out many numbers after a crash.
 *
 *     entries:  end - 65,536 ......................... end - 1
 *     slots:    [ key content seq time next ]   one per entry, count mod size
 *                  ^
 *     buckets:  [ slot | slot | - | slot ... ]  by key; a slot leads on by next
 *
 * Keys and contents are keyed hashes (HMAC-SHA-256, cut), so no client can find
 * two sends with one key.  Called by room: apply puts, decide, apply and
 * waiters look.  Not here: how keys are made (room/keys.h).
 */
#ifndef CHAT_REFS_H
#define CHAT_REFS_H

#include <stdbool.h>
#include <stdint.h>

#include "alloc.h"
#include "entry.h"

/* Entries of the log that are covered: a constant of the log. */
#define CHAT_REFS 65536

struct chat_ref {
	struct chat_ref_key key;
	uint64_t seq;
	uint64_t time;
	uint32_t next; /* slot + 1 in the same bucket, 0: none */
};

struct chat_refs {
	const struct chat_alloc *alloc;
	struct chat_ref *slots;
	uint32_t *buckets;
	uint64_t end;   /* entries that were put so far */
	uint64_t first; /* the number from which on all were put */
};

/* CHAT_OK or CHAT_ERR_NOMEM.  All entries of the log from number first on will
 * be put. */
int chat_refs_init(
    struct chat_refs *r, const struct chat_alloc *a, uint64_t first);
void chat_refs_release(struct chat_refs *r);

/* The send with that key, if it is covered; NULL: unknown or forgotten. */
const struct chat_ref *chat_refs_find(
    const struct chat_refs *r, const struct chat_ref_key *key);

/* The log has grown by an entry, which has a greater number than all before.
 * Remembers its key, unless it has none; forgets what is no longer covered. */
void chat_refs_put(struct chat_refs *r, const struct chat_ref_key *key,
    uint64_t seq, uint64_t time);

/* The number from which on all entries are covered. */
uint64_t chat_refs_from(const struct chat_refs *r);

#endif

/*
 * address: what one address may do, over all of its connections.
 *
 *     buckets: [ -> a -> b ][ ][ -> c ] ...      by keyed hash of the address
 *     idle:    b <-> c      without a connection, until their rates are full
 *
 * An address is a struct chat_peer (peer.h); exempt peers have none.  An entry
 * stays while it has connections, and after that until its rates are full
 * again.  Called by core, which also compares the connections; decide and
 * request take from the rates.  Not here: the limits.
 */
#ifndef CHAT_ADDRESS_H
#define CHAT_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "base/list.h"
#include "peer.h"
#include "rate.h"

/* Idle addresses that one call of chat_addresses_expire() looks at.  They do
 * not pile up as long as at most this many connections end between two
 * calls. */
#define CHAT_ADDRESSES_EXPIRE 64

struct chat_address {
	struct chat_address *next; /* in the same bucket */
	struct chat_link idle;     /* alone while there are connections */
	struct chat_rates messages;
	struct chat_rate joins, requests; /* by HTTP */
	struct chat_rate reading;         /* KiB of old pages, see readers.h */
	uint32_t connections;
	unsigned char key[16]; /* as in struct chat_peer */
};

struct chat_addresses {
	const struct chat_alloc *alloc;
	struct chat_address **buckets;
	size_t size;      /* a power of two, doubled when n reaches it */
	size_t n;         /* addresses, idle ones included */
	uint64_t seed[2]; /* of the keyed hash */
	struct chat_link idle;
};

/* CHAT_OK or CHAT_ERR_NOMEM.  The seed must be random, so that nobody can
 * choose addresses that share a bucket. */
int chat_addresses_init(struct chat_addresses *as, const struct chat_alloc *a,
    const uint64_t seed[2]);
/* Frees the addresses, with or without connections. */
void chat_addresses_release(struct chat_addresses *as);

/* A connection from peer begins: returns its address, which counts one
 * connection more and stays where it is until all of them have ended.  NULL: no
 * memory.  Not for exempt peers. */
struct chat_address *chat_addresses_open(
    struct chat_addresses *as, const struct chat_peer *peer);

/* A connection ends; NULL is no error. */
void chat_addresses_close(struct chat_addresses *as, struct chat_address *a);

/* Forgets idle addresses whose rates are full again at the time now (ms), a
 * few at a time. */
void chat_addresses_expire(struct chat_addresses *as, uint64_t now);

#endif

/*
 * store: where the log lives.  The one seam between the room and what keeps
 * its entries.
 *
 *     room                          store
 *      |  append(batch)  ---------->  writes, numbers
 *      |  next()  <-----------------  recorded seq 17, recorded 18, refused
 *      |  read(asker, before)  ---->  looks into its files
 *      |  next()  <-----------------  page for asker
 *
 * A store answers for each record, in order, at once or in a later turn, and
 * is asked for its answers by next(): nothing is told to anybody before.  It
 * gives each recorded entry the next number, never one twice, and a time that
 * never goes back.
 *
 * Called by room.  Behind it: store_memory.c, which keeps nothing.
 */
#ifndef CHAT_STORE_H
#define CHAT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "token.h"

struct chat_store;

/* What the log is, when the room opens it. */
struct chat_log_info {
	char name[8];			     /* of the numbering */
	unsigned char secret[CHAT_TOKEN_SECRET]; /* signs sessions */
	uint64_t seq;			     /* last number so far, or 0 */
	uint64_t time;			     /* of that entry, ms since 1970 */
	bool existed;			     /* earlier sessions may come back */
};

/* One answer. */
struct chat_stored {
	bool recorded; /* false: may or may not be in the log */
	uint64_t seq, time;
	const struct chat_record *record; /* until the next call */
	bool last; /* of its batch: the batch may be emptied */
};

struct chat_store_type {
	/* Records the batch of one record or more, which stays as it is until
	 * the last of them is answered for.  now: ms since 1970. */
	void (*append)(struct chat_store *s, const struct chat_batch *b,
	    uint64_t now);
	/* Takes the next answer; false: none yet. */
	bool (*next)(struct chat_store *s, struct chat_stored *out);
	/* Would append() have a chance? */
	bool (*is_writable)(const struct chat_store *s);
	void (*free)(struct chat_store *s);
};

/* The beginning of every store. */
struct chat_store {
	const struct chat_store_type *type;
	struct chat_log_info log;
};

/* A log in nobody's memory but the room's past ring: new at every start.  seed
 * gives its name and secret.  NULL: no memory. */
struct chat_store *chat_store_memory_new(const struct chat_alloc *a,
    const unsigned char seed[CHAT_TOKEN_SECRET]);

#endif

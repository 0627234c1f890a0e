/*
 * store: where the log lives: the one seam between the room and whatever keeps
 * its entries.
 *
 *     room                          store
 *      |  next()  <-----------------  what the log held: 15, 16
 *      |  append(batch)  ---------->  writes, numbers
 *      |  next()  <-----------------  recorded 17, recorded 18, refused
 *      |  read(before, ...)  ------>  looks into its files
 *      |  next()  <-----------------  read 9, read 8, end
 *
 * A store answers for each record, in order, immediately or in a later turn.
 * The room takes the answers by next(), and tells nobody of an entry before
 * that.  A store gives each recorded entry the next number, never one twice,
 * and a time that never goes back: that of append(), in which the room has
 * passed over steps of the clock, or that of the entry before if it is later.
 *
 * Called by room.  There are two in the library: one that keeps nothing, here,
 * and the journal, in journal.h; a program may bring its own.
 */
#ifndef CHAT_STORE_H
#define CHAT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "entry.h"
#include "now.h"

/* Bytes of the secret of a log. */
#define CHAT_LOG_SECRET 32

struct chat_store;

/* What the log is. */
struct chat_log_info {
	char name[8];                          /* of the numbering */
	unsigned char secret[CHAT_LOG_SECRET]; /* signs sessions */
	uint64_t seq;                          /* last number so far, or 0 */
	uint64_t time;        /* of that entry, ms since 1970 */
	uint64_t replay_from; /* when the room opens it, next() gives all that
			       * the log has from this number on */
	uint64_t oldest;      /* the lowest number that read() may find */
	uint64_t keys_from;   /* entries before this number may have keys with a
			       * content of version 1, see room/keys.h */
	bool existed;         /* earlier sessions may come back */
};

/* The records that a turn has decided on. */
struct chat_batch;

/* How many there are. */
size_t chat_batch_count(const struct chat_batch *b);

/* The record at *offset, which moves on to the next one; false: there are no
 * more.  Begin with 0.  Its strings are good until the batch is answered
 * for. */
bool chat_batch_next(
    const struct chat_batch *b, size_t *offset, struct chat_record *r);

enum chat_stored_kind {
	CHAT_STORED,         /* the record is in the log */
	CHAT_STORED_NOT,     /* the record may or may not be in the log */
	CHAT_STORED_LOST,    /* entries from skip to seq cannot be read */
	CHAT_STORED_SKIPPED, /* numbers from skip to seq are left out */
	CHAT_STORED_READ,    /* the record is one that read() was to find */
	CHAT_STORED_END,     /* ... and there are no more of those */
};

/* One answer. */
struct chat_stored {
	enum chat_stored_kind kind;
	struct chat_record record; /* of stored, not and read; its strings are
				    * good until the next call */
	uint64_t skip, seq;        /* of lost and skipped; of end, see read() */
	bool last;   /* of stored and not: the last one of its batch, which may
		      * be emptied now.  Of end: there is nothing before seq */
	bool failed; /* of end: something could not be read */
	uint64_t cost; /* of end: bytes that had to be read for it */
};

struct chat_store_type {
	/* Records a batch of at least one record, which stays as it is until
	 * the last of them is answered for. */
	void (*append)(struct chat_store *s, const struct chat_batch *b,
	    struct chat_time now);

	/* Asks for entries before a number: at most limit, those nearest to it,
	 * newest first, without withheld ones; private ones of other users than
	 * user may be left out.  The seq of the end is the number down to which
	 * these were all, and less than before; a store may end with fewer than
	 * limit although there are older ones.  The next read() comes after
	 * that end.  NULL if log.oldest is UINT64_MAX. */
	void (*read)(struct chat_store *s, uint64_t before, uint32_t limit,
	    uint64_t user);

	/* Takes the next answer; false: none yet. */
	bool (*next)(struct chat_store *s, struct chat_stored *out);

	/* turn: a turn begins.  deadline: when one has to begin for the store's
	 * sake, mono; UINT64_MAX: never.  Both or neither may be NULL. */
	void (*turn)(struct chat_store *s, struct chat_time now);
	uint64_t (*deadline)(const struct chat_store *s);

	/* Would append() have a chance? */
	bool (*is_writable)(const struct chat_store *s);
	void (*free)(struct chat_store *s);
};

/* The beginning of every store. */
struct chat_store {
	const struct chat_store_type *type;
	struct chat_log_info log;
};

/* The store of a log that is in memory alone, in the room's past ring, and new
 * at every start.  seed gives its name and secret.  NULL: no memory. */
struct chat_store *chat_store_memory_new(
    const struct chat_alloc *a, const unsigned char seed[CHAT_LOG_SECRET]);

/* Makes the name and the secret of a new log from a seed. */
void chat_log_name(
    struct chat_log_info *log, const unsigned char seed[CHAT_LOG_SECRET]);

#endif

/*
 * batch: what a turn has decided to put into the log.
 *
 *     buf:     [ record from to ref text | record from to ref text | ... ]
 *     table:   offsets of records by key, so that a retry of a send that is
 *              not recorded yet finds it; open addressing
 *
 * Filled by decide, recorded by a store, emptied when the store has answered
 * for all of it.  Memory is kept from turn to turn, up to a bound.
 */
#ifndef CHAT_BATCH_H
#define CHAT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "refs.h"
#include "str.h"

/* Characters of a session's public id. */
#define CHAT_BY 8

/* One message on its way into the log.  The four strings follow it. */
struct chat_record {
	uint64_t asker; /* id of the connection that sent it */
	struct chat_ref_key key;
	char by[CHAT_BY];
	uint64_t user[2]; /* of a private one: hashes of from, to */
	uint32_t size;    /* of all this, a multiple of 8 */
	uint32_t from_size, to_size, ref_size, text_size;
	bool private;
	bool withheld; /* private, and the text is not known: no strings */
	bool has_ref;
	char bytes[];
};

struct chat_batch {
	struct chat_buf buf;
	uint32_t *table;   /* offset / 8 + 1 of a record, 0: free */
	size_t table_size; /* a power of two, 0: none yet */
	size_t n;          /* records */
};

/* The strings of a record; an absent one has p == NULL. */
struct chat_str chat_record_from(const struct chat_record *r);
struct chat_str chat_record_to(const struct chat_record *r);
struct chat_str chat_record_ref(const struct chat_record *r);
struct chat_str chat_record_text(const struct chat_record *r);

void chat_batch_init(struct chat_batch *b, const struct chat_alloc *a);
void chat_batch_release(struct chat_batch *b);

/* Empties it. */
void chat_batch_clear(struct chat_batch *b);

struct chat_batch_strings {
	struct chat_str from, to, ref, text;
};

/* Puts a record at the end: a copy of *r, but for sizes and has_ref, and of the
 * strings.  CHAT_OK, or CHAT_ERR_NOMEM and nothing was put.  Earlier records
 * may have moved. */
int chat_batch_append(struct chat_batch *b, const struct chat_record *r,
    const struct chat_batch_strings *s);

/* The record of a send, NULL: not in this batch, or the key is none. */
const struct chat_record *chat_batch_find(
    const struct chat_batch *b, const struct chat_ref_key *key);

/* The record at *offset, which moves on to the next one; NULL: no more.
 * Begin with 0. */
const struct chat_record *chat_batch_next(
    const struct chat_batch *b, size_t *offset);

#endif

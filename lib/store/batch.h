/*
 * batch: the records that a turn has decided to put into the log.
 *
 *     buf:     [ size record | from to by ref text ][ size record | ... ] ...
 *     table:   offsets of records by key, so that a retry of a send that is
 *              not recorded yet finds it; open addressing
 *
 * Filled by decide, recorded by a store, which reads it through store.h, and
 * emptied when the store has answered for all of it.  Memory is kept from turn
 * to turn, up to a bound.  Not here: the number and the time of an entry, which
 * the store gives.
 */
#ifndef CHAT_BATCH_H
#define CHAT_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store.h"

struct chat_batch {
	struct chat_buf buf;
	uint32_t *table;   /* offset / 8 + 1 of a record, 0: free */
	size_t table_size; /* a power of two, 0: none yet */
	size_t n;          /* records */
};

void chat_batch_init(struct chat_batch *b, const struct chat_alloc *a);
void chat_batch_release(struct chat_batch *b);

/* Empties it. */
void chat_batch_clear(struct chat_batch *b);

/* Puts a copy of the record and its strings at the end.  CHAT_OK, or
 * CHAT_ERR_NOMEM and nothing was put.  Earlier records may move, so what points
 * into the batch is good only until then. */
int chat_batch_append(struct chat_batch *b, const struct chat_record *r);

/* The key, in this batch, of the same send; its content is that of the first
 * try.  NULL: it is not here, or the key is empty. */
const struct chat_ref_key *chat_batch_find(
    const struct chat_batch *b, const struct chat_ref_key *key);

#endif

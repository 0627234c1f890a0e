/*
 * append: writes what a turn has decided on to the end of the journal.
 *
 * One write for all of a batch, and with CHAT_SYNC_DISK one fdatasync().  What
 * fails is cut off again and its segment never written to again: the next one
 * begins after the last good number, so what was refused does not come back,
 * cut or not.  Until there is a next one the store is not writable; it tries
 * once a second.
 *
 *     writable  --a write, a sync fails; the file is gone-->  broken
 *         ^                                                     |
 *         '---------------- a new segment ----------------------'
 *
 * Called by open: its next() asks here, and others are the store's functions.
 * Not here: the form of a line (line.h), and making a file (segment.h).
 */
#ifndef CHAT_JOURNAL_APPEND_H
#define CHAT_JOURNAL_APPEND_H

#include "file.h"

/* Functions of a store, see store.h; next() is true while answers for a batch
 * are left. */
void chat_append_batch(
    struct chat_store *s, const struct chat_batch *b, struct chat_time now);
bool chat_append_next(struct chat_file *f, struct chat_stored *out);
void chat_append_turn(struct chat_store *s, struct chat_time now);
uint64_t chat_append_deadline(const struct chat_store *s);
bool chat_append_is_writable(const struct chat_store *s);

/* Begins a segment after the last number, and removes the oldest ones when
 * there are too many.  CHAT_OK, or an error: the last one is as it was, and
 * f->superseded says whether it may still be added to. */
int chat_append_roll(struct chat_file *f);

/* Is the folder still this server's, and the last segment as it was left, or
 * has somebody removed or changed it?  CHAT_OK, or CHAT_ERR_SYSTEM with errno.
 */
int chat_append_check(struct chat_file *f);

#endif

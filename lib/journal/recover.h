/*
 * recover: what the room gets of a journal when it opens.
 *
 *     segments:  [ 1 ..... ][ 4097 ....... ][ 8193 .. ]
 *                                ^ read once from here to the end: CHAT_REFS
 *                                  entries, and enough bytes for the past ring
 *
 * Called by open.  Not here: going through lines, and telling which are missing
 * (scan.h).
 */
#ifndef CHAT_JOURNAL_RECOVER_H
#define CHAT_JOURNAL_RECOVER_H

#include "file.h"

/* Finds where to begin for a room that keeps that many bytes of frames: sets
 * log.replay_from and log.oldest. */
void chat_recover_begin(struct chat_file *f, size_t past);

/* Gives the room the next answer; false: that was all. */
bool chat_recover_next(struct chat_file *f, struct chat_stored *out);

#endif

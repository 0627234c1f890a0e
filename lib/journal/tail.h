/*
 * tail: where a journal ends.
 *
 *     last segment:   [ head 1 2 3 4 x 5 yy ]        x, yy: damaged
 *                                  ^ cut here, x to the end kept aside
 *
 * The log ends with the last good line of the last segment.  The bytes after it
 * are cut off and kept in a file beside it; a segment without a good line is
 * kept under another name.  Called by open.  Not here: damage before the last
 * good line (scan.h).
 */
#ifndef CHAT_JOURNAL_TAIL_H
#define CHAT_JOURNAL_TAIL_H

#include "file.h"

/* Finds the end of the journal and cuts off what follows; opens the last
 * segment as f->fd.  *last is the last good line, without its strings, unless
 * f->segments is empty now.  CHAT_OK, or CHAT_ERR_SYSTEM, which was logged. */
int chat_tail_open(struct chat_file *f, struct chat_line *last);

#endif

/*
 * read: pages of a journal, newest entry first.
 *
 * One page at a time, which goes through at most CHAT_FILE_READ bytes of lines:
 * a room that finds too little on it asks again.  Damaged lines are passed
 * over.  Called by open: chat_read_ask() is the store's read(), and its next()
 * asks here.  Not here: entries that the room has in memory.
 */
#ifndef CHAT_JOURNAL_READ_H
#define CHAT_JOURNAL_READ_H

#include "file.h"

/* As read() of a store. */
void chat_read_ask(struct chat_store *s, uint64_t before, uint32_t limit);

/* Gives the next entry of the page, or its end; false: none is asked for. */
bool chat_read_next(struct chat_file *f, struct chat_stored *out);

/* Gives up a page, if one is asked for, and frees what it has. */
void chat_read_stop(struct chat_file *f);

#endif

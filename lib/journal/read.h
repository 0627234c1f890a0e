/*
 * read: pages of a journal, newest entry first.
 *
 * One page at a time, and of it at most CHAT_FILE_READ bytes of lines: who
 * finds too little asks again.  Damaged lines are passed over.  Called by open,
 * as the store's functions.
 */
#ifndef CHAT_JOURNAL_READ_H
#define CHAT_JOURNAL_READ_H

#include "file.h"

/* As read() of a store. */
void chat_read_ask(struct chat_store *s, uint64_t before, uint32_t limit);

/* The next entry of the page, or its end; false: none is asked for. */
bool chat_read_next(struct chat_file *f, struct chat_stored *out);

/* Ends a page before its end. */
void chat_read_stop(struct chat_file *f);

#endif

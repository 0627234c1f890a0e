/*
 * read: pages of a journal, newest entry first.
 *
 *     asked --> sought --> read --> none
 *                 |          ^
 *                 a place that is remembered
 *
 * One page at a time, which goes through at most CHAT_FILE_READ bytes of lines:
 * a room that finds too little on it asks again.  In each turn the disk is
 * waited for once, by one step of the search for its place, or by one block of
 * lines; a line that is longer takes a few more.  Damaged lines are passed
 * over.
 *
 * Called by open: chat_read_ask() is the store's read(), and its next()
 * asks here.  Not here: entries that the room has in memory, and what is known
 * of stretches that show nothing (stretch.h).
 */
#ifndef CHAT_JOURNAL_READ_H
#define CHAT_JOURNAL_READ_H

#include "file.h"

/* As read() of a store. */
void chat_read_ask(
    struct chat_store *s, uint64_t before, uint32_t limit, uint64_t user);

/* Gives the next entry of the page, or its end; false: none is asked for, or
 * the disk has been waited for in this turn. */
bool chat_read_next(struct chat_file *f, struct chat_stored *out);

/* A turn begins. */
void chat_read_turn(struct chat_file *f);

/* Is there something to be done in the next turn? */
bool chat_read_is_due(const struct chat_file *f);

/* Gives up a page, if one is asked for, and frees what it has. */
void chat_read_stop(struct chat_file *f);

#endif

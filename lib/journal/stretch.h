/*
 * stretch: what reading has learned of a journal: parts of its segments, and to
 * whom they show something.
 *
 *     segment:   [ head 1 2 3 4 | 5 6 7 8 9 | 10 11 12 13 | ... ]
 *                               at         end
 *     stretch:   (first, end) -> at, seq 5, users
 *
 * A walk backward that comes to the end of a known stretch, and whose user sees
 * nothing there, goes on at its beginning without reading.  So a long run of
 * other people's private messages is gone through once, and not by everybody
 * who asks for the page before it.
 *
 * Stretches end at lines that cross a multiple of CHAT_STRETCH, so that all
 * walks agree on them, wherever they begin.  What is known is a table in
 * memory, made when it is first needed; each stretch has one place in it, and
 * takes it from whatever was there.  Nothing makes a stretch false: segments
 * only grow, at their end.  Called by read.
 */
#ifndef CHAT_STRETCH_H
#define CHAT_STRETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "alloc.h"
#include "entry.h"

/* Bytes of a stretch, more or less, and how many are remembered: enough for a
 * journal of 1 GiB; 40 bytes each. */
#define CHAT_STRETCH   ((uint64_t)64 * 1024)
#define CHAT_STRETCHES 16384

struct chat_stretch {
	uint64_t first;   /* of the segment */
	uint64_t end, at; /* offsets after its last line, and of its first */
	uint64_t seq;     /* down to which number all is gone through at `at` */
	uint64_t users; /* who sees something, as a set of chat_stretch_users()
			 */
};

struct chat_stretches {
	const struct chat_alloc *alloc;
	struct chat_stretch *all; /* NULL: none yet */
};

void chat_stretches_release(struct chat_stretches *s);

/* Remembers one.  Without memory, nothing. */
void chat_stretches_put(
    struct chat_stretches *s, const struct chat_stretch *stretch);

/* The one that ends there; NULL: it is not known. */
const struct chat_stretch *chat_stretches_find(
    const struct chat_stretches *s, uint64_t first, uint64_t end);

/* A set with that user, one bit of 64, which others share. */
uint64_t chat_stretch_user(uint64_t user);

/* The set of those to whom an entry shows something. */
uint64_t chat_stretch_users(const struct chat_entry *e);

/* Does a line from at to end end a stretch, which then begins at at? */
bool chat_stretch_crosses(uint64_t at, uint64_t end);

#endif

/*
 * past: the newest entries of the log, as the frames that everybody got.
 *
 *     ordinal:     first .......................... end
 *     index:       [ seq at size messages kind user ] one per entry
 *                         |
 *     ring:        [ frame frame frame ............ ]
 *
 * Entries have a seq, which grows with holes, and an ordinal, which counts
 * them without holes and names their place in the index; so a replay is two
 * ordinals.  A private entry knows its two users by a keyed hash, so that it
 * can be shown to them alone, whoever is online.
 *
 * Numbers that the log has lost are in it, too, as entries without a frame: a
 * client that resumes from before them is told of a gap, and nobody else is.
 *
 * Called by room (append, find) and queue (read).  Not here: the users.
 */
#ifndef CHAT_PAST_H
#define CHAT_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "ring.h"
#include "str.h"

enum chat_past_kind {
	CHAT_PAST_PUBLIC,
	CHAT_PAST_PRIVATE,
	CHAT_PAST_WITHHELD, /* private, and its text was not kept */
	CHAT_PAST_LOST,     /* entries from skip to seq cannot be read */
	CHAT_PAST_SKIPPED,  /* numbers from skip to seq are left out: a client
			     * that has one has seen what the log has lost */
};

struct chat_past_entry {
	uint64_t seq;
	uint64_t at;       /* offset of the frame in the ring */
	uint64_t messages; /* public messages up to this one, itself included;
			    * of one to be appended: 1 if it is one, or 0 */
	union {
		uint64_t user[2]; /* of private and withheld: from, to */
		uint64_t skip;    /* of lost and skipped */
	};
	uint32_t size; /* of the frame, 0: there is none */
	enum chat_past_kind kind;
};

/* Who reads it: a user, and the last seq when the session began. */
struct chat_viewer {
	uint64_t user;
	uint64_t joined;
};

struct chat_past {
	struct chat_ring ring;
	struct chat_past_entry *index;
	size_t cap;          /* of the index, a power of two */
	uint64_t first, end; /* ordinals held: first <= o < end */
	uint64_t horizon;    /* every entry with seq >= horizon is held */
	uint64_t unframed;   /* ordinals from here on have frames */
	const struct chat_alloc *alloc;
};

/* The log before seq horizon is not held and never will be.  CHAT_OK or
 * CHAT_ERR_NOMEM. */
int chat_past_init(struct chat_past *p, const struct chat_alloc *a, size_t size,
    uint64_t horizon);
void chat_past_release(struct chat_past *p);

/* Appends an entry: seq, messages, kind, and user or skip of *e, and its frame,
 * empty if it has none, of at most the ring's size.  Forgets the oldest entries
 * to make room.  Cannot fail: with no memory for a longer index it forgets
 * more. */
void chat_past_append(struct chat_past *p, const struct chat_past_entry *e,
    struct chat_str frame);

/* The entry of an ordinal that is held. */
static inline const struct chat_past_entry *
chat_past_entry(const struct chat_past *p, uint64_t ordinal)
{
	return &p->index[ordinal & (p->cap - 1)];
}

/* The ordinal of the first entry held with a seq >= seq; end if none. */
uint64_t chat_past_find(const struct chat_past *p, uint64_t seq);

/* The ordinal of the n-th last public message; first if fewer are held. */
uint64_t chat_past_last(const struct chat_past *p, uint64_t n);

/* Whether viewer may see the entry, and there is something to see. */
bool chat_past_shows(
    const struct chat_past_entry *e, const struct chat_viewer *viewer);

/* Whether something is missing for a viewer who has all up to seq after. */
bool chat_past_misses(const struct chat_past *p,
    const struct chat_viewer *viewer, uint64_t after);

#endif

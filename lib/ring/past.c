/* Two things limit how far the past goes back: the ring, which keeps the frames
 * of as many entries as fit, and the index, which grows to keep up with it as
 * long as there is memory.  The first entry held is the first one that both
 * have. */
#include "past.h"

#include "err.h"

/* Entries that the index begins with; a power of two, as all its sizes. */
#define INDEX_START 256

int
chat_past_init(struct chat_past *p, const struct chat_alloc *a, size_t size,
    uint64_t horizon)
{
	*p = (struct chat_past){ .alloc = a, .horizon = horizon };
	p->cap = INDEX_START;
	p->index = chat_resize(a, NULL, p->cap * sizeof(*p->index));
	if (p->index == NULL)
		return CHAT_ERR_NOMEM;
	if (chat_ring_init(&p->ring, a, size) < 0) {
		chat_past_release(p);
		return CHAT_ERR_NOMEM;
	}
	return CHAT_OK;
}

void
chat_past_release(struct chat_past *p)
{
	chat_ring_release(&p->ring, p->alloc);
	chat_alloc_free(p->alloc, p->index);
	p->index = NULL;
}

/* Forgets the first entry.  Its seq is the last number that it stands for, of a
 * hole as well, so everything after that is still held. */
static void
forget(struct chat_past *p)
{
	p->horizon = chat_past_entry(p, p->first)->seq + 1;
	p->first++;
}

/* Doubles the index.  An entry's place is its ordinal modulo the capacity, so
 * those whose next higher bit is set move to the new half. */
static bool
grow(struct chat_past *p)
{
	size_t cap = p->cap;
	uint64_t o;
	struct chat_past_entry *index;

	index = chat_resize(p->alloc, p->index, 2 * cap * sizeof(*index));
	if (index == NULL)
		return false;
	p->index = index;
	p->cap = 2 * cap;
	for (o = p->first; o != p->end; o++)
		if ((o & cap) != 0)
			index[o & (2 * cap - 1)] = index[o & (cap - 1)];
	return true;
}

void
chat_past_append(struct chat_past *p, const struct chat_past_entry *entry,
    struct chat_str frame)
{
	uint64_t tail, messages = 0;
	struct chat_past_entry *e;

	/* The newest entry is never forgotten, see below. */
	if (p->end > 0)
		messages = chat_past_entry(p, p->end - 1)->messages;
	if (p->end - p->first == p->cap && !grow(p))
		forget(p);
	e = &p->index[p->end & (p->cap - 1)];
	*e = *entry;
	e->at = p->ring.head;
	e->size = (uint32_t)frame.n;
	e->messages += messages;
	p->end++;
	if (e->size == 0)
		p->unframed = p->end;
	chat_ring_append(&p->ring, frame);
	/* The frame fits the ring, so this ends at the new entry at the
	 * latest. */
	tail = chat_ring_tail(&p->ring);
	while (chat_past_entry(p, p->first)->at < tail)
		forget(p);
}

uint64_t
chat_past_find(const struct chat_past *p, uint64_t seq)
{
	uint64_t low = p->first, high = p->end, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (chat_past_entry(p, mid)->seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint64_t
chat_past_last(const struct chat_past *p, uint64_t n)
{
	uint64_t low = p->first, high = p->end, mid, all;

	if (low == high)
		return low;
	if (n == 0)
		return high;
	all = chat_past_entry(p, high - 1)->messages;
	if (all < n)
		return low;
	/* The first entry whose count exceeds all - n is the n-th last
	 * message.  The counts include forgotten messages: if the n-th last is
	 * one of those, all entries exceed it, and this finds the first. */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (chat_past_entry(p, mid)->messages <= all - n)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A name is not an account: somebody else may have had it before.  So a session
 * is shown only private entries that came after it began. */
static bool
concerns(const struct chat_past_entry *e, const struct chat_viewer *viewer)
{
	return e->seq > viewer->joined &&
	    (e->user[0] == viewer->user || e->user[1] == viewer->user);
}

bool
chat_past_shows(
    const struct chat_past_entry *e, const struct chat_viewer *viewer)
{
	switch (e->kind) {
	case CHAT_PAST_PUBLIC:
		return true;
	case CHAT_PAST_PRIVATE:
		return concerns(e, viewer);
	case CHAT_PAST_WITHHELD:
	case CHAT_PAST_LOST:
	case CHAT_PAST_SKIPPED:
		break;
	}
	return false;
}

/* Does a viewer whose position is after, before this entry, miss it although it
 * is held?  Numbers that were skipped are missed by those who were given one of
 * them: the position is inside the hole then. */
static bool
is_missed(const struct chat_past_entry *e, const struct chat_viewer *viewer,
    uint64_t after)
{
	switch (e->kind) {
	case CHAT_PAST_PUBLIC:
	case CHAT_PAST_PRIVATE:
		break;
	case CHAT_PAST_WITHHELD:
		return concerns(e, viewer);
	case CHAT_PAST_LOST:
		return true;
	case CHAT_PAST_SKIPPED:
		return e->skip <= after;
	}
	return false;
}

/* Only recovery appends entries without a frame; once the last of them is
 * forgotten, a look at unframed is enough. */
bool
chat_past_misses(
    const struct chat_past *p, const struct chat_viewer *viewer, uint64_t after)
{
	uint64_t o;

	/* The entries in between may be private to others; nobody can tell. */
	if (after + 1 < p->horizon)
		return true;
	if (p->unframed <= p->first)
		return false;
	for (o = chat_past_find(p, after + 1); o < p->unframed; o++)
		if (is_missed(chat_past_entry(p, o), viewer, after))
			return true;
	return false;
}

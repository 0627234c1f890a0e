/* The table needs no chains: a stretch that was put out of its place is found
 * again by the next walk, and costs the reading of one block. */
#include "stretch.h"

void
chat_stretches_release(struct chat_stretches *s)
{
	chat_alloc_free(s->alloc, s->all);
	s->all = NULL;
}

/* Neighbours have neighbouring places, so that a journal that is small enough
 * for the table hardly loses any. */
static size_t
place(uint64_t first, uint64_t end)
{
	uint64_t h = first * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(((h >> 32) + end / CHAT_STRETCH) % CHAT_STRETCHES);
}

void
chat_stretches_put(struct chat_stretches *s, const struct chat_stretch *stretch)
{
	const size_t size = CHAT_STRETCHES * sizeof(*s->all);

	if (s->all == NULL && (s->all = chat_alloc_new(s->alloc, size)) == NULL)
		return;
	s->all[place(stretch->first, stretch->end)] = *stretch;
}

const struct chat_stretch *
chat_stretches_find(
    const struct chat_stretches *s, uint64_t first, uint64_t end)
{
	const struct chat_stretch *found;

	if (s->all == NULL || end == 0)
		return NULL;
	found = &s->all[place(first, end)];
	return found->first == first && found->end == end ? found : NULL;
}

/* A user is a keyed hash, so any of its bits will do. */
uint64_t
chat_stretch_user(uint64_t user)
{
	return UINT64_C(1) << (user >> 58);
}

uint64_t
chat_stretch_users(const struct chat_entry *e)
{
	if (e->is_withheld)
		return 0;
	if (!e->is_private)
		return UINT64_MAX;
	return chat_stretch_user(e->user[0]) | chat_stretch_user(e->user[1]);
}

bool
chat_stretch_crosses(uint64_t at, uint64_t end)
{
	return at / CHAT_STRETCH < end / CHAT_STRETCH;
}

/* There are few of them, for a turn or two: an array is enough, all of which is
 * looked at.  A waiter has a copy of its ref, as the text that it came in is
 * gone when it is answered. */
#include "waiters.h"

#include <string.h>

#include "tell.h"

bool
chat_waiters_add(struct chat_room *room, uint64_t asker, struct chat_str ref,
    const struct chat_ref_key *key)
{
	struct chat_waiter *w;

	if (room->nwaiters == CHAT_MAX_WAITERS)
		return false;
	w = chat_resize(
	    room->alloc, room->waiters, (room->nwaiters + 1) * sizeof(*w));
	if (w == NULL)
		return false;
	room->waiters = w;
	w += room->nwaiters++;
	w->asker = asker;
	w->key = *key;
	w->ref_size = (unsigned char)ref.n;
	memcpy(w->ref, ref.p, ref.n);
	return true;
}

/* The first try is either in the log now, and so in refs, or was refused. */
static void
answer(struct chat_room *room, const struct chat_waiter *w)
{
	const struct chat_ref *ref = chat_refs_find(&room->refs, &w->key);
	struct chat_member *m = chat_room_member(room, w->asker);
	struct chat_str name = { w->ref, w->ref_size };

	if (m == NULL)
		return;
	if (ref != NULL)
		chat_tell_ack(room, m, name, ref->seq, ref->time, true);
	else
		chat_tell_error(room, m, CHAT_STORAGE, name, 0);
}

void
chat_waiters_answer(struct chat_room *room)
{
	size_t i, left = 0;

	/* Those that still wait move to the front, in their order. */
	for (i = 0; i < room->nwaiters; i++) {
		if (chat_room_pending(room, &room->waiters[i].key) != NULL)
			room->waiters[left++] = room->waiters[i];
		else
			answer(room, &room->waiters[i]);
	}
	room->nwaiters = left;
	if (left == 0 && room->waiters != NULL) {
		chat_alloc_free(room->alloc, room->waiters);
		room->waiters = NULL;
	}
}

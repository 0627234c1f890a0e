#include "hub.h"

#include <string.h>

#include "err.h"

int
chat_hub_init(struct chat_hub *h, const struct chat_alloc *a, size_t live_size,
    size_t past_size, uint64_t horizon)
{
	memset(h, 0, sizeof(*h));
	h->alloc = a;
	chat_link_init(&h->idle);
	chat_link_init(&h->ready);
	chat_link_init(&h->blocked);
	if (chat_ring_init(&h->live, a, live_size) < 0)
		return CHAT_ERR_NOMEM;
	if (chat_past_init(&h->past, a, past_size, horizon) < 0) {
		chat_ring_release(&h->live, a);
		return CHAT_ERR_NOMEM;
	}
	return CHAT_OK;
}

void
chat_hub_release(struct chat_hub *h)
{
	chat_ring_release(&h->live, h->alloc);
	chat_past_release(&h->past);
}

/* No queue is looked at: each one that had sent everything has something to
 * send now, so all of the list moves. */
void
chat_hub_tell(struct chat_hub *h, struct chat_str frame)
{
	if (frame.n == 0)
		return;
	chat_ring_append(&h->live, frame);
	chat_link_splice(&h->ready, &h->idle);
}

/* The last message of a turn may go over this by another quarter, as a ring
 * holds four of the longest messages (limit.h), and presence by an eighth
 * (presence.c).  That is less than a ring, so a client that has been sent
 * everything in each turn still finds all of the next one there. */
size_t
chat_hub_turn_size(const struct chat_hub *h)
{
	size_t live = h->live.size, past = h->past.ring.size;

	return (live < past ? live : past) / 4;
}

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

/* Nobody is looked at: whoever had been sent everything has something to send
 * now, all at the same moment. */
void
chat_hub_tell(struct chat_hub *h, struct chat_str frame)
{
	chat_ring_append(&h->live, frame);
	chat_link_splice(&h->ready, &h->idle);
}

size_t
chat_hub_turn_size(const struct chat_hub *h)
{
	size_t live = h->live.size, past = h->past.ring.size;

	return (live < past ? live : past) / 4;
}

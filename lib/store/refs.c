#include "refs.h"

#include <string.h>

#include "err.h"

int
chat_refs_init(struct chat_refs *r, const struct chat_alloc *a, uint64_t first)
{
	*r = (struct chat_refs){ .alloc = a, .first = first };
	r->slots = chat_alloc_new(a, CHAT_REFS * sizeof(*r->slots));
	r->buckets = chat_alloc_new(a, CHAT_REFS * sizeof(*r->buckets));
	if (r->slots != NULL && r->buckets != NULL)
		return CHAT_OK;
	chat_refs_release(r);
	return CHAT_ERR_NOMEM;
}

void
chat_refs_release(struct chat_refs *r)
{
	chat_alloc_free(r->alloc, r->slots);
	chat_alloc_free(r->alloc, r->buckets);
	r->slots = NULL;
	r->buckets = NULL;
}

static uint32_t *
bucket(const struct chat_refs *r, const struct chat_ref_key *key)
{
	return &r->buckets[key->send[0] % CHAT_REFS];
}

const struct chat_ref *
chat_refs_find(const struct chat_refs *r, const struct chat_ref_key *key)
{
	uint32_t at;

	if (chat_ref_key_is_none(key))
		return NULL;
	for (at = *bucket(r, key); at != 0; at = r->slots[at - 1].next)
		if (chat_ref_key_is_same_send(&r->slots[at - 1].key, key))
			return &r->slots[at - 1];
	return NULL;
}

/* Takes the oldest entry out of its bucket. */
static void
forget(struct chat_refs *r, uint32_t slot)
{
	struct chat_ref *ref = &r->slots[slot];
	uint32_t *at;

	if (chat_ref_key_is_none(&ref->key))
		return;
	for (at = bucket(r, &ref->key); *at != slot + 1;
	     at = &r->slots[*at - 1].next)
		;
	*at = ref->next;
}

void
chat_refs_put(struct chat_refs *r, const struct chat_ref_key *key, uint64_t seq,
    uint64_t time)
{
	uint32_t slot = (uint32_t)(r->end % CHAT_REFS);
	struct chat_ref *ref = &r->slots[slot];

	forget(r, slot);
	*ref = (struct chat_ref){ .key = *key, .seq = seq, .time = time };
	r->end++;
	if (chat_ref_key_is_none(key))
		return;
	ref->next = *bucket(r, key);
	*bucket(r, key) = slot + 1;
}

uint64_t
chat_refs_from(const struct chat_refs *r)
{
	return r->end <= CHAT_REFS ? r->first
				   : r->slots[r->end % CHAT_REFS].seq;
}

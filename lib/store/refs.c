/* Entries go round in the slots: each new one takes the place of the oldest, so
 * forgetting needs no search and no clock.  Entries without a key take a slot
 * as well, but no place in a bucket. */
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

/* Keys are keyed hashes, so their own bits spread them. */
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

/* Takes the oldest entry out of its bucket.  It is in there: an entry with a
 * key was put into the bucket of that key, and taken out nowhere else. */
static void
forget(struct chat_refs *r, uint32_t slot)
{
	struct chat_ref *ref = &r->slots[slot];
	uint32_t *at;

	/* That of an entry without a key, or not used yet. */
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

/* The slot that is next to be taken has the oldest entry, once all are used. */
uint64_t
chat_refs_from(const struct chat_refs *r)
{
	return r->end <= CHAT_REFS ? r->first
				   : r->slots[r->end % CHAT_REFS].seq;
}

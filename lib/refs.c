#include "refs.h"

#include <string.h>

#include "err.h"

int
chat_refs_init(struct chat_refs *r, const struct chat_alloc *a, uint64_t head)
{
	*r = (struct chat_refs){ .alloc = a, .head = head };
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

/* Empties the slot of a number that is about to be covered. */
static void
forget(struct chat_refs *r, uint64_t seq)
{
	uint32_t slot = (uint32_t)(seq % CHAT_REFS);
	struct chat_ref *ref = &r->slots[slot];
	uint32_t *at;

	if (chat_ref_key_is_none(&ref->key))
		return;
	for (at = bucket(r, &ref->key); *at != slot + 1;
	     at = &r->slots[*at - 1].next)
		;
	*at = ref->next;
	ref->key.send[0] = ref->key.send[1] = 0;
}

/* A jump over more numbers than are covered leaves none of them. */
static void
advance(struct chat_refs *r, uint64_t seq)
{
	uint64_t from = r->head + 1;

	if (seq - r->head > CHAT_REFS)
		from = seq - CHAT_REFS + 1;
	for (; from <= seq; from++)
		forget(r, from);
	r->head = seq;
}

void
chat_refs_put(struct chat_refs *r, const struct chat_ref_key *key, uint64_t seq,
    uint64_t time)
{
	uint32_t slot = (uint32_t)(seq % CHAT_REFS);
	struct chat_ref *ref = &r->slots[slot];

	advance(r, seq);
	if (chat_ref_key_is_none(key))
		return;
	ref->key = *key;
	ref->seq = seq;
	ref->time = time;
	ref->next = *bucket(r, key);
	*bucket(r, key) = slot + 1;
}

uint64_t
chat_refs_from(const struct chat_refs *r)
{
	return r->head < CHAT_REFS ? 1 : r->head - CHAT_REFS + 1;
}

/* A hash table with chains.  Addresses are the one thing in the room that a
 * stranger can make many of without joining, so the hash is keyed, and idle
 * ones go after a time. */
#include "address.h"

#include <string.h>

#include "code/siphash.h"
#include "err.h"

/* Buckets that a table begins with. */
#define START 64

/* An address is two words, and nobody can choose ones that share a bucket. */
static uint64_t
hash(const uint64_t seed[2], const unsigned char key[16])
{
	struct chat_siphash h;
	uint64_t word[2];

	memcpy(word, key, sizeof(word));
	chat_siphash_init(&h, seed[0], seed[1]);
	chat_siphash_word(&h, word[0]);
	chat_siphash_word(&h, word[1]);
	return chat_siphash_finish(&h);
}

static struct chat_address **
bucket(const struct chat_addresses *as, const unsigned char key[16])
{
	return &as->buckets[hash(as->seed, key) & (as->size - 1)];
}

/* The pointer that leads to the address with that key, in the array or in the
 * address before it; a NULL pointer if there is no such address. */
static struct chat_address **
seek(const struct chat_addresses *as, const unsigned char key[16])
{
	struct chat_address **at = bucket(as, key);

	while (*at != NULL && memcmp((*at)->key, key, 16) != 0)
		at = &(*at)->next;
	return at;
}

static void
enter(struct chat_addresses *as, struct chat_address *a)
{
	struct chat_address **at = bucket(as, a->key);

	a->next = *at;
	*at = a;
}

int
chat_addresses_init(struct chat_addresses *as, const struct chat_alloc *a,
    const uint64_t seed[2])
{
	*as = (struct chat_addresses){ .alloc = a, .size = START };
	as->seed[0] = seed[0];
	as->seed[1] = seed[1];
	chat_link_init(&as->idle);
	as->buckets = chat_alloc_new(a, START * sizeof(*as->buckets));
	return as->buckets == NULL ? CHAT_ERR_NOMEM : CHAT_OK;
}

void
chat_addresses_release(struct chat_addresses *as)
{
	struct chat_address *a;
	size_t i;

	for (i = 0; as->buckets != NULL && i < as->size; i++)
		while ((a = as->buckets[i]) != NULL) {
			as->buckets[i] = a->next;
			chat_alloc_free(as->alloc, a);
		}
	chat_alloc_free(as->alloc, as->buckets);
	as->buckets = NULL;
}

/* Doubles the table when it is full.  Without memory for that the table stays
 * as it is: its chains get longer, and the next address tries again. */
static void
grow(struct chat_addresses *as)
{
	struct chat_address **old = as->buckets, **buckets, *a;
	size_t i, size = as->size;

	if (as->n < size)
		return;
	buckets = chat_alloc_new(as->alloc, 2 * size * sizeof(*buckets));
	if (buckets == NULL)
		return;
	as->buckets = buckets;
	as->size = 2 * size;
	for (i = 0; i < size; i++)
		while ((a = old[i]) != NULL) {
			old[i] = a->next;
			enter(as, a);
		}
	chat_alloc_free(as->alloc, old);
}

static struct chat_address *
add(struct chat_addresses *as, const unsigned char key[16])
{
	struct chat_address *a = chat_alloc_new(as->alloc, sizeof(*a));

	if (a == NULL)
		return NULL;
	memcpy(a->key, key, sizeof(a->key));
	chat_link_init(&a->idle);
	/* First, as growing moves all to other buckets. */
	grow(as);
	enter(as, a);
	as->n++;
	return a;
}

struct chat_address *
chat_addresses_open(struct chat_addresses *as, const struct chat_peer *peer)
{
	struct chat_address *a = *seek(as, peer->address);

	if (a == NULL && (a = add(as, peer->address)) == NULL)
		return NULL;
	/* It keeps its rates: ending all connections and coming back is no way
	 * around them. */
	chat_link_remove(&a->idle);
	a->connections++;
	return a;
}

void
chat_addresses_close(struct chat_addresses *as, struct chat_address *a)
{
	if (a != NULL && --a->connections == 0)
		chat_link_append(&as->idle, &a->idle);
}

static void
forget(struct chat_addresses *as, struct chat_address *a)
{
	*seek(as, a->key) = a->next;
	chat_link_remove(&a->idle);
	chat_alloc_free(as->alloc, a);
	as->n--;
}

/* An address that is not forgotten goes to the end of the list, so that one
 * whose rates fill slowly does not keep the others from being looked at. */
void
chat_addresses_expire(struct chat_addresses *as, uint64_t now)
{
	struct chat_address *a;
	int i;

	for (i = 0; i < CHAT_ADDRESSES_EXPIRE; i++) {
		if (chat_link_is_alone(&as->idle))
			return;
		a = CHAT_OBJECT(as->idle.next, struct chat_address, idle);
		if (chat_rate_is_full(&a->messages.count, now) &&
		    chat_rate_is_full(&a->messages.bytes, now) &&
		    chat_rate_is_full(&a->reading, now) &&
		    chat_rate_is_full(&a->joins, now) &&
		    chat_rate_is_full(&a->requests, now))
			forget(as, a);
		else
			chat_link_append(&as->idle, &a->idle);
	}
}

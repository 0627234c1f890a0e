/* The array of blocks is all that moves.  A free slot keeps its id, of the
 * generation that it will have next, and hangs in the list by the link of its
 * timer, which it does not need. */
#include "conns.h"

#include <stddef.h>
#include <string.h>

#include "err.h"

/* Connections of a block: about 12 KiB of them. */
#define BLOCK 64

#define GENERATION (UINT64_C(1) << 32)

void
chat_conns_init(struct chat_conns *cs, const struct chat_alloc *a)
{
	*cs = (struct chat_conns){ .alloc = a };
	chat_link_init(&cs->free);
}

void
chat_conns_release(struct chat_conns *cs)
{
	while (cs->nblocks > 0)
		chat_alloc_free(cs->alloc, cs->blocks[--cs->nblocks]);
	chat_alloc_free(cs->alloc, cs->blocks);
	cs->blocks = NULL;
}

static struct chat_conn *
at(const struct chat_conns *cs, uint32_t slot)
{
	return &cs->blocks[slot / BLOCK][slot % BLOCK];
}

static void
init(struct chat_conn *c, uint64_t id)
{
	memset(c, 0, sizeof(*c));
	chat_member_init(&c->member, id);
	chat_link_init(&c->timer.link);
	c->tag = -1;
	c->state = CHAT_CONN_HTTP;
}

/* Puts it at the front of the list, where the next one is taken from: memory
 * that was used just now is likely to be in a cache. */
static void
put(struct chat_conns *cs, struct chat_conn *c)
{
	c->state = CHAT_CONN_FREE;
	chat_link_append(cs->free.next, &c->timer.link);
}

/* Makes room for one more block in the array.  Its capacity is not stored: it
 * is the number of blocks, rounded up to a power of two; so the array is full
 * when that number is one, or 0. */
static int
reserve(struct chat_conns *cs)
{
	size_t n = cs->nblocks;
	struct chat_conn **blocks;

	if ((n & (n - 1)) != 0)
		return CHAT_OK;
	n = n > 0 ? 2 * n : 1;
	blocks = chat_resize(cs->alloc, cs->blocks, n * sizeof(*blocks));
	if (blocks == NULL)
		return CHAT_ERR_NOMEM;
	cs->blocks = blocks;
	return CHAT_OK;
}

/* Makes sure that there is a free one. */
static int
grow(struct chat_conns *cs)
{
	uint32_t first = cs->nblocks * BLOCK, i;
	struct chat_conn *block;

	if (!chat_link_is_alone(&cs->free))
		return CHAT_OK;
	if (reserve(cs) < 0)
		return CHAT_ERR_NOMEM;
	block = chat_resize(cs->alloc, NULL, BLOCK * sizeof(*block));
	if (block == NULL)
		return CHAT_ERR_NOMEM;
	cs->blocks[cs->nblocks++] = block;
	/* Backwards, as each is put before the last: the lowest slot is taken
	 * first. */
	for (i = BLOCK; i-- > 0;) {
		init(&block[i], GENERATION | (first + i));
		put(cs, &block[i]);
	}
	return CHAT_OK;
}

struct chat_conn *
chat_conns_add(struct chat_conns *cs)
{
	struct chat_conn *c;

	if (grow(cs) < 0)
		return NULL;
	c = CHAT_OBJECT(cs->free.next, struct chat_conn, timer.link);
	chat_link_remove(&c->timer.link);
	init(c, c->member.id);
	return c;
}

void
chat_conns_remove(struct chat_conns *cs, struct chat_conn *c)
{
	/* After 2^32 uses of a slot its generation begins anew, at 1: no id is
	 * 0, which stands for nobody. */
	c->member.id += GENERATION;
	if (c->member.id < GENERATION)
		c->member.id += GENERATION;
	put(cs, c);
}

struct chat_conn *
chat_conns_find(const struct chat_conns *cs, uint64_t id)
{
	uint32_t slot = (uint32_t)id;
	struct chat_conn *c;

	if (slot / BLOCK >= cs->nblocks)
		return NULL;
	c = at(cs, slot);
	/* A free slot has its next id already, which must not be found yet. */
	return c->member.id == id && c->state != CHAT_CONN_FREE ? c : NULL;
}

struct chat_conn *
chat_conns_next(const struct chat_conns *cs, uint32_t *slot)
{
	struct chat_conn *c;

	while (*slot / BLOCK < cs->nblocks) {
		c = at(cs, (*slot)++);
		if (c->state != CHAT_CONN_FREE)
			return c;
	}
	return NULL;
}

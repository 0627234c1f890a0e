#include "batch.h"

#include <string.h>

#include "err.h"

/* What is kept allocated from one turn to the next, at most. */
#define KEEP (256 * 1024)

#define TABLE_START 64

static struct chat_str
string(const struct chat_record *r, size_t at, size_t n)
{
	return (struct chat_str){ r->bytes + at, n };
}

struct chat_str
chat_record_from(const struct chat_record *r)
{
	return string(r, 0, r->from_size);
}

struct chat_str
chat_record_to(const struct chat_record *r)
{
	if (!r->private)
		return (struct chat_str){ NULL, 0 };
	return string(r, r->from_size, r->to_size);
}

struct chat_str
chat_record_ref(const struct chat_record *r)
{
	if (!r->has_ref)
		return (struct chat_str){ NULL, 0 };
	return string(r, r->from_size + r->to_size, r->ref_size);
}

struct chat_str
chat_record_text(const struct chat_record *r)
{
	return string(r, r->from_size + r->to_size + r->ref_size, r->text_size);
}

void
chat_batch_init(struct chat_batch *b, const struct chat_alloc *a)
{
	*b = (struct chat_batch){ .buf.alloc = a };
}

void
chat_batch_release(struct chat_batch *b)
{
	chat_buf_release(&b->buf);
	chat_alloc_free(b->buf.alloc, b->table);
	b->table = NULL;
	b->table_size = b->n = 0;
}

void
chat_batch_clear(struct chat_batch *b)
{
	if (b->buf.cap > KEEP)
		chat_batch_release(b);
	if (b->n > 0)
		memset(b->table, 0, b->table_size * sizeof(*b->table));
	b->buf.n = 0;
	b->n = 0;
}

static const struct chat_record *
at(const struct chat_batch *b, size_t offset)
{
	return (const void *)(b->buf.p + offset);
}

/* The place in the table of a send, or the free one where it would be. */
static uint32_t *
seek(const struct chat_batch *b, const struct chat_ref_key *key)
{
	size_t i = (size_t)key->send[0];
	uint32_t *place;

	for (;; i++) {
		place = &b->table[i & (b->table_size - 1)];
		if (*place == 0 ||
		    chat_ref_key_is_same_send(
			&at(b, (*place - 1) * (size_t)8)->key, key))
			return place;
	}
}

static void
enter(struct chat_batch *b, size_t offset)
{
	const struct chat_record *r = at(b, offset);

	if (!chat_ref_key_is_none(&r->key))
		*seek(b, &r->key) = (uint32_t)(offset / 8 + 1);
}

/* Keeps the table at most half full. */
static int
grow(struct chat_batch *b)
{
	size_t size = b->table_size > 0 ? 2 * b->table_size : TABLE_START;
	size_t offset = 0, next = 0;
	uint32_t *table;

	if (2 * (b->n + 1) <= b->table_size)
		return CHAT_OK;
	if ((table = chat_alloc_new(b->buf.alloc, size * sizeof(*table))) ==
	    NULL)
		return CHAT_ERR_NOMEM;
	chat_alloc_free(b->buf.alloc, b->table);
	b->table = table;
	b->table_size = size;
	for (; chat_batch_next(b, &next) != NULL; offset = next)
		enter(b, offset);
	return CHAT_OK;
}

static char *
put(char *p, struct chat_str s)
{
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

int
chat_batch_append(struct chat_batch *b, const struct chat_record *r,
    const struct chat_batch_strings *s)
{
	size_t size = sizeof(*r) + s->from.n + s->to.n + s->ref.n + s->text.n;
	size_t offset = b->buf.n;
	struct chat_record *copy;

	size = (size + 7) / 8 * 8;
	if (grow(b) < 0 || chat_buf_reserve(&b->buf, size) < 0)
		return CHAT_ERR_NOMEM;
	copy = (void *)(b->buf.p + offset);
	*copy = *r;
	copy->size = (uint32_t)size;
	copy->from_size = (uint32_t)s->from.n;
	copy->to_size = (uint32_t)s->to.n;
	copy->ref_size = (uint32_t)s->ref.n;
	copy->text_size = (uint32_t)s->text.n;
	copy->has_ref = s->ref.p != NULL;
	put(put(put(put(copy->bytes, s->from), s->to), s->ref), s->text);
	b->buf.n += size;
	b->n++;
	enter(b, offset);
	return CHAT_OK;
}

const struct chat_record *
chat_batch_find(const struct chat_batch *b, const struct chat_ref_key *key)
{
	uint32_t place;

	if (b->n == 0 || chat_ref_key_is_none(key))
		return NULL;
	place = *seek(b, key);
	return place == 0 ? NULL : at(b, (place - 1) * (size_t)8);
}

const struct chat_record *
chat_batch_next(const struct chat_batch *b, size_t *offset)
{
	const struct chat_record *r;

	if (*offset >= b->buf.n)
		return NULL;
	r = at(b, *offset);
	*offset += r->size;
	return r;
}

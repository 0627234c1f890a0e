/* A record lies in the buffer as it is, with its strings after it.  The buffer
 * moves when it grows, so a string's pointer says there only whether the
 * string is absent; chat_batch_next() gives out real ones. */
#include "batch.h"

#include <string.h>

#include "err.h"

/* Bytes that stay allocated from one turn to the next, at most. */
#define KEEP (256 * 1024)

/* Places in the table to begin with; a power of two, as all its sizes. */
#define TABLE_START 64

struct packed {
	size_t size; /* of all this, a multiple of 8: so each is aligned */
	struct chat_record record;
	char bytes[];
};

/* Where an entry has its strings, in the order in which they are packed. */
static const size_t strings[] = {
	offsetof(struct chat_entry, from),
	offsetof(struct chat_entry, to),
	offsetof(struct chat_entry, by),
	offsetof(struct chat_entry, ref),
	offsetof(struct chat_entry, text),
};

#define STRINGS (sizeof(strings) / sizeof(strings[0]))

static struct chat_str *
string(struct chat_entry *e, size_t i)
{
	return (struct chat_str *)(void *)((char *)e + strings[i]);
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
	/* Releasing it sets b->n to 0: then there is no table to be cleared. */
	if (b->buf.cap > KEEP)
		chat_batch_release(b);
	if (b->n > 0)
		memset(b->table, 0, b->table_size * sizeof(*b->table));
	b->buf.n = 0;
	b->n = 0;
}

static const struct packed *
at(const struct chat_batch *b, size_t offset)
{
	return (const void *)(b->buf.p + offset);
}

static const struct chat_ref_key *
key_at(const struct chat_batch *b, size_t offset)
{
	return &at(b, offset)->record.entry.key;
}

/* The place in the table of a send, or the free one where it would be.  Keys
 * are keyed hashes, so their own bits spread them; and the table is at most
 * half full, so there is a free place to end at. */
static uint32_t *
seek(const struct chat_batch *b, const struct chat_ref_key *key)
{
	size_t i = (size_t)key->send[0];
	uint32_t *place;

	for (;; i++) {
		place = &b->table[i & (b->table_size - 1)];
		if (*place == 0 ||
		    chat_ref_key_is_same_send(
			key_at(b, (*place - 1) * (size_t)8), key))
			return place;
	}
}

/* Enters a record into the table.  Offsets are multiples of 8, so 32 bits are
 * enough for 32 GiB of records; a turn's budget is far below that. */
static void
enter(struct chat_batch *b, size_t offset)
{
	const struct chat_ref_key *key = key_at(b, offset);

	if (!chat_ref_key_is_none(key))
		*seek(b, key) = (uint32_t)(offset / 8 + 1);
}

/* Keeps the table at most half full with one more record: doubles it, and
 * enters all again.  Records without a key count, too, which makes it only
 * larger. */
static int
grow(struct chat_batch *b)
{
	size_t size = b->table_size > 0 ? 2 * b->table_size : TABLE_START;
	size_t offset;
	uint32_t *table;

	if (2 * (b->n + 1) <= b->table_size)
		return CHAT_OK;
	if ((table = chat_alloc_new(b->buf.alloc, size * sizeof(*table))) ==
	    NULL)
		return CHAT_ERR_NOMEM;
	chat_alloc_free(b->buf.alloc, b->table);
	b->table = table;
	b->table_size = size;
	for (offset = 0; offset < b->buf.n; offset += at(b, offset)->size)
		enter(b, offset);
	return CHAT_OK;
}

static void
pack(struct packed *p, const struct chat_record *r)
{
	char *end = p->bytes;
	struct chat_str *s;
	size_t i;

	p->record = *r;
	for (i = 0; i < STRINGS; i++) {
		s = string(&p->record.entry, i);
		if (s->n > 0)
			memcpy(end, s->p, s->n);
		end += s->n;
	}
}

int
chat_batch_append(struct chat_batch *b, const struct chat_record *r)
{
	struct chat_entry e = r->entry;
	size_t size = sizeof(struct packed), offset = b->buf.n, i;
	struct packed *p;

	for (i = 0; i < STRINGS; i++)
		size += string(&e, i)->n;
	size = (size + 7) / 8 * 8;
	/* All that can fail comes first.  A table that has grown for nothing is
	 * as good as before. */
	if (grow(b) < 0 || chat_buf_reserve(&b->buf, size) < 0)
		return CHAT_ERR_NOMEM;
	p = (void *)(b->buf.p + offset);
	pack(p, r);
	p->size = size;
	b->buf.n += size;
	b->n++;
	enter(b, offset);
	return CHAT_OK;
}

const struct chat_ref_key *
chat_batch_find(const struct chat_batch *b, const struct chat_ref_key *key)
{
	uint32_t place;

	/* Without a record there may be no table yet. */
	if (b->n == 0 || chat_ref_key_is_none(key))
		return NULL;
	place = *seek(b, key);
	return place == 0 ? NULL : key_at(b, (place - 1) * (size_t)8);
}

size_t
chat_batch_count(const struct chat_batch *b)
{
	return b->n;
}

bool
chat_batch_next(
    const struct chat_batch *b, size_t *offset, struct chat_record *r)
{
	const struct packed *p;
	const char *start;
	struct chat_str *s;
	size_t i;

	if (*offset >= b->buf.n)
		return false;
	p = at(b, *offset);
	*offset += p->size;
	*r = p->record;
	start = p->bytes;
	for (i = 0; i < STRINGS; i++) {
		s = string(&r->entry, i);
		if (s->p != NULL)
			s->p = start;
		start += s->n;
	}
	return true;
}

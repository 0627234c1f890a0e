/* The store that keeps nothing: it only gives out numbers.  What can be read of
 * such a log is in the room's past ring, so it has no read(), and says so by
 * its oldest number. */
#include <string.h>

#include "code/base64.h"
#include "code/sha256.h"
#include "store.h"

struct memory {
	struct chat_store store;
	const struct chat_alloc *alloc;
	const struct chat_batch *batch;
	size_t offset; /* of the next record in it */
	size_t left;   /* records of it that are not answered for */
};

static void
append(struct chat_store *s, const struct chat_batch *b, struct chat_time now)
{
	struct memory *m = (struct memory *)s;

	m->batch = b;
	m->offset = 0;
	m->left = chat_batch_count(b);
	/* One time for all of the batch, which never goes back. */
	if (now.wall > s->log.time)
		s->log.time = now.wall;
}

static bool
next(struct chat_store *s, struct chat_stored *out)
{
	struct memory *m = (struct memory *)s;

	if (m->left == 0)
		return false;
	chat_batch_next(m->batch, &m->offset, &out->record);
	out->record.entry.seq = ++s->log.seq;
	out->record.entry.time = s->log.time;
	out->kind = CHAT_STORED;
	out->last = --m->left == 0;
	return true;
}

static bool
is_writable(const struct chat_store *s)
{
	(void)s;
	return true;
}

static void
memory_free(struct chat_store *s)
{
	chat_alloc_free(((struct memory *)s)->alloc, s);
}

static const struct chat_store_type memory_type = { .append = append,
	.next = next,
	.is_writable = is_writable,
	.free = memory_free };

/* Derives bytes from the seed that tell nothing about those for another
 * purpose: clients know the name of a log, and must not learn its secret. */
static void
derive(unsigned char out[CHAT_SHA256_SIZE], const unsigned char *seed,
    const char *purpose)
{
	struct chat_hmac h;

	chat_hmac_init(&h, seed, CHAT_LOG_SECRET);
	chat_hmac_feed(&h, purpose, strlen(purpose));
	chat_hmac_finish(&h, out);
}

void
chat_log_name(
    struct chat_log_info *log, const unsigned char seed[CHAT_LOG_SECRET])
{
	unsigned char name[CHAT_SHA256_SIZE];

	derive(log->secret, seed, "secret");
	derive(name, seed, "log");
	/* 6 bytes are the 8 characters of the name. */
	chat_base64_write(log->name, name, 6, CHAT_BASE64_URL);
}

struct chat_store *
chat_store_memory_new(
    const struct chat_alloc *a, const unsigned char seed[CHAT_LOG_SECRET])
{
	struct memory *m = chat_alloc_new(a, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->alloc = a;
	m->store.type = &memory_type;
	m->store.log.replay_from = 1;
	m->store.log.oldest = UINT64_MAX;
	chat_log_name(&m->store.log, seed);
	return &m->store;
}

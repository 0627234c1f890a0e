/*
 * bytes: a run of bytes with several owners, so that many connections can be
 * sent the same ones; gone when the last owner lets go.
 *
 *     queue of a ---.
 *     queue of b ---+--> owners: 3 --> [ n bytes ]
 *     presence   ---'
 *
 * Called by queue, by presence for lists of users, by request, and by programs
 * for the bodies of their HTTP responses.  Not here: bytes that grow and have
 * one owner (base/buf.h).
 */
#ifndef CHAT_BYTES_H
#define CHAT_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "alloc.h"

struct chat_bytes {
	const struct chat_alloc *alloc;
	uint32_t owners;
	size_t n;
	char *p; /* NULL until filled in, see chat_bytes_fill() */
};

/* n bytes, indeterminate, with one owner; NULL when out of memory.  The
 * allocator must outlive them.  With n == 0 they are a promise: p is NULL
 * until chat_bytes_fill(). */
struct chat_bytes *chat_bytes_new(const struct chat_alloc *a, size_t n);

/* Keeps the promise: n (> 0) bytes, copied.  CHAT_OK or CHAT_ERR_NOMEM. */
int chat_bytes_fill(struct chat_bytes *b, const void *p, size_t n);

/* One owner more; returns b. */
struct chat_bytes *chat_bytes_share(struct chat_bytes *b);

/* One owner less; NULL is no error. */
void chat_bytes_free(struct chat_bytes *b);

#endif

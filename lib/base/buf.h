/*
 * buf: bytes at the end of which more can be put.
 *
 *     p --> [ n bytes in use | free up to cap ]
 *
 * All zero but for the allocator is an empty one, which owns nothing.  Grows
 * by doubling.  Called by core for input that is not whole yet, by batch for
 * the records of a turn, by the journal for its lines.  Not here: bytes that
 * have several owners (bytes.h), or whose oldest ones may go (ring.h).
 */
#ifndef CHAT_BUF_H
#define CHAT_BUF_H

#include <stddef.h>

#include "alloc.h"

struct chat_buf {
	const struct chat_alloc *alloc;
	char *p;
	size_t n, cap;
};

/* Makes room for n more bytes at p + n.  CHAT_OK, or CHAT_ERR_NOMEM and
 * nothing has changed. */
int chat_buf_reserve(struct chat_buf *b, size_t n);

/* Copies n bytes to the end.  CHAT_OK, or CHAT_ERR_NOMEM and nothing has
 * changed. */
int chat_buf_append(struct chat_buf *b, const void *p, size_t n);

/* Drops the first n (<= b->n) bytes and moves the others to p. */
void chat_buf_consume(struct chat_buf *b, size_t n);

/* Gives the memory back; empty again. */
void chat_buf_release(struct chat_buf *b);

#endif

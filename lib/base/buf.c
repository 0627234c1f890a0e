#include "buf.h"

#include <stdint.h>
#include <string.h>

#include "err.h"

/* The smallest capacity, so that short things do not grow in steps. */
#define SMALLEST 256

int
chat_buf_reserve(struct chat_buf *b, size_t n)
{
	size_t cap = b->cap < SMALLEST ? SMALLEST : b->cap;
	char *p;

	if (n <= b->cap - b->n)
		return CHAT_OK;
	if (n > SIZE_MAX / 2 - b->n)
		return CHAT_ERR_NOMEM;
	while (cap - b->n < n)
		cap *= 2;
	if ((p = chat_resize(b->alloc, b->p, cap)) == NULL)
		return CHAT_ERR_NOMEM;
	b->p = p;
	b->cap = cap;
	return CHAT_OK;
}

int
chat_buf_append(struct chat_buf *b, const void *p, size_t n)
{
	int err;

	if (n == 0)
		return CHAT_OK;
	if ((err = chat_buf_reserve(b, n)) < 0)
		return err;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return CHAT_OK;
}

void
chat_buf_consume(struct chat_buf *b, size_t n)
{
	if (n == 0)
		return;
	b->n -= n;
	memmove(b->p, b->p + n, b->n);
}

void
chat_buf_release(struct chat_buf *b)
{
	chat_alloc_free(b->alloc, b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}

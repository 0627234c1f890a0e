/* Capacities double, so that a byte put costs the same on average however many
 * there are.  They never shrink; releasing is the only way back. */
#include "buf.h"

#include <stdint.h>
#include <string.h>

#include "err.h"

/* The smallest capacity: most lines and requests never grow beyond it. */
#define SMALLEST 256

int
chat_buf_reserve(struct chat_buf *b, size_t n)
{
	size_t cap = b->cap < SMALLEST ? SMALLEST : b->cap;
	char *p;

	if (n <= b->cap - b->n)
		return CHAT_OK;
	/* Doubling ends at less than twice what is needed, so what is needed
	 * may be half of what a size_t holds.  b->n itself never is more, since
	 * it was reserved here: the difference does not wrap. */
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

	if (n == 0) /* then either pointer may be NULL, not for memcpy() */
		return CHAT_OK;
	if ((err = chat_buf_reserve(b, n)) < 0)
		return err;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return CHAT_OK;
}

/* The rest is moved to the front, so that p stays what was allocated.  Mostly
 * that is the beginning of one frame, and short. */
void
chat_buf_consume(struct chat_buf *b, size_t n)
{
	if (n == 0) /* b->p may be NULL, see above */
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

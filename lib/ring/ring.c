/* An offset becomes an index by its low bits: the size is a power of two, so
 * offset & (size - 1) is offset mod size without a division.  Offsets are never
 * wound back.  64 bits last: at 1 GB a second, for centuries. */
#include "ring.h"

#include <string.h>

#include "err.h"

int
chat_ring_init(struct chat_ring *r, const struct chat_alloc *a, size_t size)
{
	r->head = 0;
	r->size = size;
	r->p = chat_resize(a, NULL, size);
	return r->p == NULL ? CHAT_ERR_NOMEM : CHAT_OK;
}

void
chat_ring_release(struct chat_ring *r, const struct chat_alloc *a)
{
	chat_alloc_free(a, r->p);
	r->p = NULL;
}

/* Two copies: up to the end of the memory, and the rest at its beginning, which
 * mostly is nothing. */
void
chat_ring_append(struct chat_ring *r, struct chat_str bytes)
{
	size_t at = (size_t)(r->head & (r->size - 1));
	size_t first = r->size - at;

	if (bytes.n == 0) /* it may be absent, and memcpy() wants a pointer */
		return;
	if (first > bytes.n)
		first = bytes.n;
	memcpy(r->p + at, bytes.p, first);
	memcpy(r->p, bytes.p + first, bytes.n - first);
	r->head += bytes.n;
}

struct chat_str
chat_ring_read(const struct chat_ring *r, uint64_t from, uint64_t to)
{
	size_t at = (size_t)(from & (r->size - 1));
	uint64_t n = to - from;

	if (n > r->size - at)
		n = r->size - at;
	return (struct chat_str){ r->p + at, (size_t)n };
}

/* The count and the bytes are two allocations, since a promise is shared before
 * anybody knows how long the bytes will be.  The count is a plain number: an
 * object of the library is used by one thread at a time. */
#include "bytes.h"

#include <string.h>

#include "err.h"

struct chat_bytes *
chat_bytes_new(const struct chat_alloc *a, size_t n)
{
	struct chat_bytes *b = chat_alloc_new(a, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->alloc = a; /* kept: the last owner may not know it */
	b->owners = 1;
	b->n = n;
	/* Without bytes it is a promise, which p == NULL says. */
	if (n > 0 && (b->p = chat_resize(a, NULL, n)) == NULL) {
		chat_alloc_free(a, b);
		return NULL;
	}
	return b;
}

int
chat_bytes_fill(struct chat_bytes *b, const void *p, size_t n)
{
	if ((b->p = chat_resize(b->alloc, NULL, n)) == NULL)
		return CHAT_ERR_NOMEM;
	memcpy(b->p, p, n);
	b->n = n;
	return CHAT_OK;
}

struct chat_bytes *
chat_bytes_share(struct chat_bytes *b)
{
	b->owners++;
	return b;
}

void
chat_bytes_free(struct chat_bytes *b)
{
	if (b == NULL || --b->owners > 0)
		return;
	chat_alloc_free(b->alloc, b->p);
	chat_alloc_free(b->alloc, b);
}

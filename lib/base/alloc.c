/* The only file of the library that calls malloc() and its like: a hook sees
 * every allocation. */
#include "alloc.h"

#include <stdlib.h>
#include <string.h>

void *
chat_resize(const struct chat_alloc *a, void *p, size_t n)
{
	if (a != NULL && a->resize != NULL)
		return a->resize(a->user, p, n);
	if (n > 0)
		return realloc(p, n);
	free(p); /* C leaves open whether realloc(p, 0) does */
	return NULL;
}

void *
chat_alloc_new(const struct chat_alloc *a, size_t n)
{
	void *p;

	/* calloc() does not write to pages that the system hands out zeroed,
	 * so a big table takes memory only where it is used. */
	if (a == NULL || a->resize == NULL)
		return calloc(1, n);
	p = a->resize(a->user, NULL, n);
	return p == NULL ? NULL : memset(p, 0, n);
}

char *
chat_alloc_string(const struct chat_alloc *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = chat_resize(a, NULL, n);

	return copy == NULL ? NULL : memcpy(copy, s, n);
}

void
chat_alloc_free(const struct chat_alloc *a, void *p)
{
	if (p != NULL)
		chat_resize(a, p, 0);
}

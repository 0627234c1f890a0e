/*
 * alloc: the allocator hook.
 *
 * Every byte that the library takes from the heap goes through one function
 * that the program may supply: to count, to bound, or to fail on purpose in a
 * test.  A NULL hook, or one without resize, means the C library's heap.
 *
 * Called by everything that keeps memory.  Not here: pools, arenas, statistics.
 */
#ifndef CHAT_ALLOC_H
#define CHAT_ALLOC_H

#include <stddef.h>

struct chat_alloc {
	/* As realloc(): p may be NULL, what it points to is kept up to the
	 * smaller size, and NULL leaves p as it was.  n == 0 frees p, which
	 * cannot fail, and returns NULL. */
	void *(*resize)(void *user, void *p, size_t n);
	void *user; /* passed on untouched */
};

/* Makes p n bytes long; what is new is indeterminate.  NULL: no memory, p is
 * as it was; or n was 0, p is freed. */
void *chat_resize(const struct chat_alloc *a, void *p, size_t n);

/* n bytes (> 0), all zero, or NULL. */
void *chat_alloc_new(const struct chat_alloc *a, size_t n);

/* A copy of the string, or NULL. */
char *chat_alloc_string(const struct chat_alloc *a, const char *s);

/* Gives p back; NULL is no error. */
void chat_alloc_free(const struct chat_alloc *a, void *p);

#endif

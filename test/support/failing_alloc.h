/*
 * failing_alloc: a heap that fails on purpose, and knows what was not freed.
 *
 *     [ size | bytes that the code under test got ]
 *
 * What it gives is dirty and moves whenever its size changes, so that nobody
 * can rely on zeros or keep an old pointer.  A test that does everything once
 * with each allocation failing in turn counts from 1 until nothing failed:
 *
 *	for (n = 1; failing.failed || n == 1; n++) {
 *		failing_alloc_init(&failing, n);
 *		... failing.alloc ...
 *		failing_alloc_check(&failing);
 *	}
 *
 * For tests alone; include it after <cmocka.h>.
 */
#ifndef CHAT_FAILING_ALLOC_H
#define CHAT_FAILING_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

struct failing_alloc {
	struct chat_alloc alloc; /* for the code under test */
	size_t calls;            /* calls that asked for memory */
	size_t fail;             /* which of them gets none; 0: none of them */
	bool all;                /* and all after that one get none, too */
	bool failed;             /* has one? */
	size_t bytes, blocks;    /* given and not freed */
};

/* Before each block, and as strictly aligned as any. */
union failing_head {
	size_t size;
	max_align_t align;
};

static inline void *
failing_resize(void *user, void *p, size_t n)
{
	struct failing_alloc *f = user;
	union failing_head *old =
	    p == NULL ? NULL : (union failing_head *)p - 1;
	size_t size = old == NULL ? 0 : old->size;
	union failing_head *new = NULL;

	if (n > 0) {
		f->calls++;
		if (f->fail > 0 &&
		    (f->all ? f->calls >= f->fail : f->calls == f->fail)) {
			f->failed = true;
			return NULL;
		}
		if ((new = malloc(sizeof(*new) + n)) == NULL)
			abort();
		new->size = n;
		memset(new + 1, 0xa5, n);
		if (old != NULL)
			memcpy(new + 1, old + 1, size < n ? size : n);
	}
	f->blocks += (size_t)(new != NULL) - (size_t)(old != NULL);
	f->bytes += n - size;
	free(old);
	return new == NULL ? NULL : new + 1;
}

/* An empty heap whose fail-th call fails. */
static inline void
failing_alloc_init(struct failing_alloc *f, size_t fail)
{
	*f = (struct failing_alloc){ .fail = fail };
	f->alloc.resize = failing_resize;
	f->alloc.user = f;
}

/* All has been freed. */
static inline void
failing_alloc_check(const struct failing_alloc *f)
{
	assert_int_equal(f->blocks, 0);
	assert_int_equal(f->bytes, 0);
}

#endif

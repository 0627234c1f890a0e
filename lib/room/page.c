#include "page.h"

#include <string.h>

#include "err.h"

int
chat_page_begin(struct chat_page *page, const struct chat_alloc *a, size_t size,
    size_t most)
{
	/* Other limits are in force than when the last one began. */
	if (page->size != size)
		chat_page_release(page, a);
	if (page->p == NULL && (page->p = chat_resize(a, NULL, size)) == NULL)
		return CHAT_ERR_NOMEM;
	page->size = page->at = size;
	page->most = most < size ? most : size;
	page->full = false;
	return CHAT_OK;
}

void
chat_page_release(struct chat_page *page, const struct chat_alloc *a)
{
	chat_alloc_free(a, page->p);
	*page = (struct chat_page){ .p = NULL };
}

void
chat_page_put(struct chat_page *page, struct chat_str entry)
{
	size_t used = page->size - page->at;
	size_t comma = used > 0;

	/* Entries come newest first: once one did not fit, a shorter one before
	 * it must not take its place, or the page would have a hole. */
	if (page->full)
		return;
	if (used > 0 && used + comma + entry.n > page->most) {
		page->full = true;
		return;
	}
	/* Only alone can it be too long: beside others it fits most, and so the
	 * memory. */
	if (comma + entry.n > page->at)
		return;
	if (comma > 0)
		page->p[--page->at] = ',';
	page->at -= entry.n;
	memcpy(page->p + page->at, entry.p, entry.n);
}

struct chat_str
chat_page_text(const struct chat_page *page)
{
	return (struct chat_str){ page->p + page->at, page->size - page->at };
}

/*
 * page: entries as JSON that come newest first and are told oldest first.
 *
 *     p: [ ................. | 7 , 8 , 9 ]
 *        0                   at          size
 *
 * It fills from its end towards its beginning.  Its memory and how much of it
 * may be used are set together when it begins, and stay so until the next one
 * begins, whatever the limits become meanwhile.  Called by readers.
 */
#ifndef CHAT_ROOM_PAGE_H
#define CHAT_ROOM_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "alloc.h"
#include "str.h"

/* All zero is a page without memory. */
struct chat_page {
	char *p;
	size_t size; /* of p; one entry may have all of it */
	size_t most; /* bytes of several entries, commas included */
	size_t at;
	bool full; /* more came than fits */
};

/* Begins an empty page.  CHAT_OK, or CHAT_ERR_NOMEM and it has no memory. */
int chat_page_begin(struct chat_page *page, const struct chat_alloc *a,
    size_t size, size_t most);
void chat_page_release(struct chat_page *page, const struct chat_alloc *a);

/* Puts an entry before the others.  One that does not fit beside others makes
 * the page full, and nothing more is put; one that would not fit even alone is
 * left out. */
void chat_page_put(struct chat_page *page, struct chat_str entry);

/* The entries on it, with commas; n == 0: there are none. */
struct chat_str chat_page_text(const struct chat_page *page);

#endif

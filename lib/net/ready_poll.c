/* The set for systems without epoll: a table of all descriptors, from which the
 * caller's array for poll() is written anew each turn.  That costs a little for
 * each connection and turn, and is right on every POSIX system. */
#include "ready.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "alloc.h"
#include "err.h"

/* All zero: not in the set. */
struct entry {
	uint64_t key;
	unsigned char events;
	bool watched;
	bool polled; /* what poll() said is about it, not about an earlier
		      * descriptor of its number, and is not reported yet */
};

struct chat_ready {
	const struct chat_alloc *alloc;
	struct entry *entries; /* by descriptor */
	size_t n;
	int next; /* the descriptor whose turn it is */
};

struct chat_ready *
chat_ready_new(const struct chat_alloc *alloc)
{
	struct chat_ready *r = chat_alloc_new(alloc, sizeof(*r));

	if (r == NULL)
		errno = ENOMEM;
	else
		r->alloc = alloc;
	return r;
}

void
chat_ready_free(struct chat_ready *r)
{
	if (r == NULL)
		return;
	chat_alloc_free(r->alloc, r->entries);
	chat_alloc_free(r->alloc, r);
}

/* Room for n entries and a sixteenth more: few copies, little waste.  New
 * descriptors get the lowest free numbers, so there are few unused entries. */
static int
reserve(struct chat_ready *r, size_t n)
{
	size_t cap = n + n / 16 + 16;
	struct entry *entries;

	if (n <= r->n)
		return CHAT_OK;
	entries = chat_resize(r->alloc, r->entries, cap * sizeof(*entries));
	if (entries == NULL)
		return CHAT_ERR_NOMEM;
	memset(entries + r->n, 0, (cap - r->n) * sizeof(*entries));
	r->entries = entries;
	r->n = cap;
	return CHAT_OK;
}

int
chat_ready_watch(struct chat_ready *r, int fd, unsigned events, uint64_t key)
{
	struct entry *entry;

	if (fd < 0)
		return CHAT_ERR_ARGUMENT;
	if (reserve(r, (size_t)fd + 1) != CHAT_OK)
		return CHAT_ERR_NOMEM;
	/* polled stays: what poll() said is about this descriptor. */
	entry = &r->entries[fd];
	entry->key = key;
	entry->events = (unsigned char)events;
	entry->watched = true;
	return CHAT_OK;
}

/* A descriptor of the same number may be watched before the next poll(); what
 * the last one said is not about that. */
void
chat_ready_forget(struct chat_ready *r, int fd)
{
	if (fd >= 0 && (size_t)fd < r->n)
		r->entries[fd] = (struct entry){ 0 };
}

static struct pollfd
interest(int fd, unsigned events)
{
	struct pollfd p = { .fd = fd };

	if (events & CHAT_READ)
		p.events |= POLLIN;
	if (events & CHAT_WRITE)
		p.events |= POLLOUT;
	return p;
}

/* From here on what an earlier poll() said is void. */
size_t
chat_ready_fds(struct chat_ready *r, struct pollfd *fds, size_t cap)
{
	size_t fd, n = 0;

	for (fd = 0; fd < r->n; fd++) {
		struct entry *entry = &r->entries[fd];

		entry->polled = entry->watched;
		if (entry->watched && n++ < cap)
			fds[n - 1] = interest((int)fd, entry->events);
	}
	return n;
}

/* What poll() said of p that is still of interest: the interest may have
 * changed since, and the descriptor have gone. */
static unsigned
events_of(const struct chat_ready *r, const struct pollfd *p)
{
	const struct entry *entry;
	unsigned events = 0;

	if (p->revents == 0 || p->fd < 0 || (size_t)p->fd >= r->n)
		return 0;
	entry = &r->entries[p->fd];
	if (!entry->polled)
		return 0;
	if (p->revents & POLLIN)
		events |= entry->events & CHAT_READ;
	if (p->revents & POLLOUT)
		events |= entry->events & CHAT_WRITE;
	/* Reading is reported even if it is not of interest: it tells what
	 * is wrong. */
	if (p->revents & (POLLERR | POLLHUP | POLLNVAL))
		events |= CHAT_READ | CHAT_BROKEN;
	return events;
}

/* fds is in order of descriptors.  Begins after the one that was reported last,
 * wherever that place is by now, and goes around once, so nobody starves. */
int
chat_ready_collect(struct chat_ready *r, const struct pollfd *fds, size_t n,
    struct chat_ready_event *events, size_t cap)
{
	size_t i, first = 0, got = 0;

	while (first < n && fds[first].fd < r->next)
		first++;
	for (i = 0; i < n && got < cap; i++) {
		const struct pollfd *p = &fds[(first + i) % n];
		unsigned seen = events_of(r, p);

		if (seen == 0)
			continue;
		events[got++] =
		    (struct chat_ready_event){ r->entries[p->fd].key, seen };
		r->entries[p->fd].polled = false;
		r->next = p->fd + 1;
	}
	return (int)got;
}

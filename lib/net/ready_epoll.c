/* The set as an epoll instance: what nobody speaks on costs nothing.  Level
 * triggered, as the header promises, so no event can be missed by handling it
 * half; what the loop does not want to hear again it has to stop watching. */
#include "ready.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "alloc.h"
#include "err.h"

/* Events that one system call brings at most: up to 16 KiB of stack. */
enum { BATCH = 1024 };

/* A third bit beside CHAT_READ and CHAT_WRITE: the descriptor is in the set,
 * even with no interest. */
enum { WATCHED = 128 };

/* The kernel keeps the key.  The interest that it was told is remembered
 * in one byte for each descriptor, so as not to tell it twice. */
struct chat_ready {
	const struct chat_alloc *alloc;
	unsigned char *told; /* by descriptor */
	size_t n;
	int epoll;
};

struct chat_ready *
chat_ready_new(const struct chat_alloc *alloc)
{
	struct chat_ready *r = chat_alloc_new(alloc, sizeof(*r));
	int saved;

	if (r == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	r->alloc = alloc;
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll >= 0)
		return r;
	saved = errno;
	chat_alloc_free(alloc, r);
	errno = saved;
	return NULL;
}

void
chat_ready_free(struct chat_ready *r)
{
	if (r == NULL)
		return;
	close(r->epoll);
	chat_alloc_free(r->alloc, r->told);
	chat_alloc_free(r->alloc, r);
}

/* Room for n descriptors and a sixteenth more: few copies, little waste. */
static int
reserve(struct chat_ready *r, size_t n)
{
	size_t cap = n + n / 16 + 16;
	unsigned char *told;

	if (n <= r->n)
		return CHAT_OK;
	if ((told = chat_resize(r->alloc, r->told, cap)) == NULL)
		return CHAT_ERR_NOMEM;
	memset(told + r->n, 0, cap - r->n);
	r->told = told;
	r->n = cap;
	return CHAT_OK;
}

int
chat_ready_watch(struct chat_ready *r, int fd, unsigned events, uint64_t key)
{
	struct epoll_event e = { .data.u64 = key };
	int change;

	if (fd < 0)
		return CHAT_ERR_ARGUMENT;
	if (reserve(r, (size_t)fd + 1) != CHAT_OK)
		return CHAT_ERR_NOMEM;
	if (r->told[fd] == (WATCHED | events))
		return CHAT_OK;
	/* EPOLLERR and EPOLLHUP are always reported. */
	e.events |= events & CHAT_READ ? EPOLLIN : 0;
	e.events |= events & CHAT_WRITE ? EPOLLOUT : 0;
	change = r->told[fd] != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	if (epoll_ctl(r->epoll, change, fd, &e) != 0)
		return CHAT_ERR_SYSTEM;
	r->told[fd] = (unsigned char)(WATCHED | events);
	return CHAT_OK;
}

/* Closing would take it out as well, but only if no copy of the descriptor is
 * left, and a process that forked may have one. */
void
chat_ready_forget(struct chat_ready *r, int fd)
{
	struct epoll_event unused = { 0 };

	if (fd < 0 || (size_t)fd >= r->n || r->told[fd] == 0)
		return;
	epoll_ctl(r->epoll, EPOLL_CTL_DEL, fd, &unused);
	r->told[fd] = 0;
}

size_t
chat_ready_fds(struct chat_ready *r, struct pollfd *fds, size_t cap)
{
	if (cap > 0)
		fds[0] = (struct pollfd){ .fd = r->epoll, .events = POLLIN };
	return 1;
}

static unsigned
events_of(uint32_t mask)
{
	unsigned events = 0;

	if (mask & EPOLLIN)
		events |= CHAT_READ;
	if (mask & EPOLLOUT)
		events |= CHAT_WRITE;
	if (mask & (EPOLLERR | EPOLLHUP))
		events |= CHAT_READ | CHAT_BROKEN;
	return events;
}

/* The kernel moves what it reports to the end of its list, so the next call
 * begins with the others.  Asking it costs one call and is never out of date,
 * so fds is not looked at: poll() only said that there is something. */
int
chat_ready_collect(struct chat_ready *r, const struct pollfd *fds, size_t n,
    struct chat_ready_event *events, size_t cap)
{
	struct epoll_event ready[BATCH];
	int i, got;

	(void)fds, (void)n;
	if (cap == 0)
		return 0;
	do
		got = epoll_wait(
		    r->epoll, ready, cap < BATCH ? (int)cap : BATCH, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return CHAT_ERR_SYSTEM;
	for (i = 0; i < got; i++)
		events[i] = (struct chat_ready_event){ ready[i].data.u64,
			events_of(ready[i].events) };
	return got;
}

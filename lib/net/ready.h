/*
 * ready: which descriptors can be read from or written to.
 *
 * The set that the loop asks, in two implementations; the build takes one:
 *
 *     ready_epoll.c                        ready_poll.c
 *
 *     poll: [ epoll descriptor ]           poll: [ 4 ][ 5 ][ 7 ] ...
 *                |                                  |    |    |
 *             the kernel's list                  all that is watched
 *
 *     idle descriptors cost nothing        each costs a little every time
 *
 * One turn of a loop is: chat_ready_fds(), poll() by whoever owns the loop,
 * chat_ready_collect().  Nothing here waits.  Readiness is level-triggered:
 * what is still true is reported again, so drop an interest that you do not
 * act upon.
 *
 * Called by server.  Not here: timers; what a key stands for.
 */
#ifndef CHAT_READY_H
#define CHAT_READY_H

#include <stddef.h>
#include <stdint.h>

struct chat_alloc;
struct chat_ready;
struct pollfd;

enum {
	CHAT_READ = 1,   /* receiving or accepting would not wait */
	CHAT_WRITE = 2,  /* sending would not wait */
	CHAT_BROKEN = 4, /* an error, or both directions have ended */
};

struct chat_ready_event {
	uint64_t key;    /* as given to chat_ready_watch() */
	unsigned events; /* CHAT_READ | CHAT_WRITE | CHAT_BROKEN */
};

/* An empty set.  The allocator may be NULL and must outlive the set.  NULL:
 * errno says why, ENOMEM or what the system had to say (EMFILE, ...). */
struct chat_ready *chat_ready_new(const struct chat_alloc *alloc);

/* Frees the set, not the descriptors in it.  NULL is no error. */
void chat_ready_free(struct chat_ready *r);

/*
 * Adds fd to the set, or changes what is known of it.  Makes no system call if
 * nothing changes, so it can be called each turn.
 *
 * events: CHAT_READ | CHAT_WRITE.  CHAT_BROKEN is always reported, also with
 * events 0, and always with CHAT_READ, since receiving tells the rest: bytes
 * that are left, the end, or the cause.
 * key: comes back with each event.  A descriptor has one for as long as it is
 * in the set: give the same one each time.  Events of a descriptor that was
 * closed earlier in the same turn may still stand in an array of events that
 * was collected before, so let the key hold a generation as well as a slot.
 *
 * Returns CHAT_OK; on CHAT_ERR_NOMEM, CHAT_ERR_ARGUMENT (fd < 0) and
 * CHAT_ERR_SYSTEM (EPERM: a descriptor that is always ready, as that of a file;
 * the portable set takes even those) the set is as it was.
 */
int chat_ready_watch(
    struct chat_ready *r, int fd, unsigned events, uint64_t key);

/* Takes fd out of the set; must come before it is closed.  No event collected
 * later has its key.  One that is not in the set is no error. */
void chat_ready_forget(struct chat_ready *r, int fd);

/*
 * Fills in what to poll(): up to cap entries at fds.  Returns how many there
 * are, which may be more than cap; then come again with more space.  (Over
 * epoll: always 1, and the entry never changes.)
 */
size_t chat_ready_fds(struct chat_ready *r, struct pollfd *fds, size_t cap);

/*
 * After poll(): writes up to cap events of what is ready and returns how many.
 * fds and n: what chat_ready_fds() filled in and poll() marked.  Descriptors
 * may have been watched and forgotten since.  Each descriptor is reported at
 * most once a call.  Events that do not fit come first in the next call, of
 * this turn or the next one, so nobody starves.  A later call of the same turn
 * reports what is ready by then; over poll(), what has not been reported.
 *
 * Returns 0 to cap, or CHAT_ERR_SYSTEM.
 */
int chat_ready_collect(struct chat_ready *r, const struct pollfd *fds, size_t n,
    struct chat_ready_event *events, size_t cap);

#endif

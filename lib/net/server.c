/* What a server owns: the core, the ready set, the listeners and the sockets.
 * Errors that leave errno to say why do not lose it on the way out. */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "core/core.h"
#include "sock.h"

/* Connections that wait in the kernel until they are accepted: after a restart
 * many windows come back at the same time.  The system may cap it. */
#define BACKLOG 1024

/* The only place where the library asks for the time, apart from loop.c, which
 * measures how long a turn takes. */
/* The clock for deadlines.  Where there is one that goes on while the machine
 * sleeps, that: after eight hours of sleep the wall clock is then eight hours
 * ahead of before and no step (base/clock.h). */
#ifdef CLOCK_BOOTTIME
#define CLOCK_MONO CLOCK_BOOTTIME
#else
#define CLOCK_MONO CLOCK_MONOTONIC
#endif

struct chat_time
chat_server_now(void)
{
	struct timespec mono, wall;
	struct chat_time now;

	clock_gettime(CLOCK_MONO, &mono);
	clock_gettime(CLOCK_REALTIME, &wall);
	now.mono =
	    (uint64_t)mono.tv_sec * 1000 + (uint64_t)mono.tv_nsec / 1000000;
	now.wall =
	    (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000;
	return now;
}

/* The one source of randomness that every system has: getrandom() and its like
 * are not in the edition of POSIX that we keep to. */
static int
read_seed(unsigned char seed[CHAT_SEED])
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return CHAT_ERR_SYSTEM;
	n = read(fd, seed, CHAT_SEED);
	chat_sock_close(fd);
	if (n == CHAT_SEED)
		return CHAT_OK;
	if (n >= 0) /* no error of read(), and still no randomness */
		errno = EIO;
	return CHAT_ERR_SYSTEM;
}

/* The core, over the journal if there is one.  CHAT_OK, or an error with
 * errno.  The core takes the store over even if it cannot be made. */
static int
open_core(struct chat_server *s, const struct chat_config *config,
    const unsigned char seed[CHAT_SEED])
{
	struct chat_config with = *config;
	struct chat_journal_config file = { .alloc = &s->alloc,
		.journal = config->journal,
		.past = config->limits.past_size,
		.seed = seed,
		.now = chat_server_now(),
		.on_log = config->on_log,
		.user = config->user };

	if (config->journal.folder != NULL) {
		with.store = chat_journal_open(&file);
		if (with.store == NULL)
			return CHAT_ERR_SYSTEM;
	}
	s->core = chat_core_new(&with, seed, file.now);
	if (s->core != NULL)
		return CHAT_OK;
	errno = ENOMEM;
	return CHAT_ERR_NOMEM;
}

struct chat_server *
chat_server_new(const struct chat_config *config)
{
	struct chat_config complete = *config;
	unsigned char seed[CHAT_SEED];
	struct chat_server *s;

	/* The journal has to know how large the past will be, so the limits
	 * are completed before the core does it. */
	if (chat_core_check_strings(config) < 0 ||
	    chat_limits_complete(&complete.limits, NULL) < 0) {
		errno = EINVAL;
		return NULL;
	}
	if (read_seed(seed) < 0)
		return NULL;
	if ((s = chat_alloc_new(&config->alloc, sizeof(*s))) == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	s->alloc = config->alloc;
	if ((s->ready = chat_ready_new(&s->alloc)) == NULL) {
		chat_server_free(s);
		return NULL;
	}
	if (open_core(s, &complete, seed) < 0) {
		chat_server_free(s);
		return NULL;
	}
	return s;
}

static void
stop_listening(struct chat_server *s)
{
	while (s->nlisteners > 0) {
		s->nlisteners--;
		chat_ready_forget(s->ready, s->listeners[s->nlisteners]);
		chat_sock_close(s->listeners[s->nlisteners]);
	}
}

/* Only the core knows all descriptors: they are its tags. */
static void
close_connections(struct chat_server *s)
{
	uint32_t slot = 0;
	int fd;

	if (s->core == NULL)
		return;
	while (chat_core_next_tag(s->core, &slot, &fd))
		chat_sock_close(fd);
}

void
chat_server_free(struct chat_server *s)
{
	struct chat_alloc alloc;
	int error = errno; /* chat_server_new() ends here when it fails */

	if (s == NULL)
		return;
	alloc = s->alloc; /* outlives s, to free it */
	/* What knows a descriptor goes after the descriptor. */
	stop_listening(s);
	close_connections(s);
	chat_core_free(s->core);
	chat_ready_free(s->ready);
	chat_alloc_free(&alloc, s->listeners);
	chat_alloc_free(&alloc, s);
	errno = error;
}

/* Makes a listener one of the server's; its key is its place.  It counts only
 * once it is watched, so after an error the caller may close it. */
static int
add_listener(struct chat_server *s, int fd)
{
	size_t n = s->nlisteners;
	int *listeners, err;

	listeners =
	    chat_resize(&s->alloc, s->listeners, (n + 1) * sizeof(*listeners));
	if (listeners == NULL)
		return CHAT_ERR_NOMEM;
	s->listeners = listeners;
	if ((err = chat_ready_watch(s->ready, fd, CHAT_READ, n)) < 0)
		return err;
	listeners[s->nlisteners++] = fd;
	return CHAT_OK;
}

int
chat_server_listen(
    struct chat_server *s, const char *spec, char *name, size_t cap)
{
	int fd = chat_sock_listen(spec, BACKLOG), err;

	if (fd < 0)
		return fd;
	/* Its connections inherit this. */
	err = chat_sock_tune(fd, CHAT_SERVER_SEND_BUFFER);
	if (err == CHAT_OK && name != NULL &&
	    (err = chat_sock_name(fd, name, cap)) > 0)
		err = CHAT_OK;
	if (err == CHAT_OK)
		err = add_listener(s, fd);
	if (err < 0)
		chat_sock_close(fd);
	return err;
}

size_t
chat_server_fds(const struct chat_server *s, struct pollfd *fds, size_t cap)
{
	return chat_ready_fds(s->ready, fds, cap);
}

int
chat_server_timeout(const struct chat_server *s)
{
	struct chat_time now = chat_server_now();
	int timeout = chat_core_timeout(s->core, now);
	uint64_t pause;

	if (s->next_event < s->nevents) /* left over: the turn was full */
		return 0;
	if (s->paused_until == 0)
		return timeout;
	pause = s->paused_until > now.mono ? s->paused_until - now.mono : 0;
	return timeout < 0 || (uint64_t)timeout > pause ? (int)pause : timeout;
}

void
chat_server_drain(struct chat_server *s, int close_code)
{
	stop_listening(s);
	chat_core_drain(s->core, close_code);
}

bool
chat_server_is_drained(const struct chat_server *s)
{
	return chat_core_is_drained(s->core);
}

struct chat_core *
chat_server_core(struct chat_server *s)
{
	return s->core;
}

/*
 * Sockets
 */

/* Watched for reading from the start; from its first flush on, for what the
 * core wants. */
int
chat_server_open(struct chat_server *s, int fd, const struct chat_peer *peer)
{
	uint64_t id;
	int err = chat_core_accept(s->core, peer, &id);

	if (err < 0) {
		chat_sock_close(fd);
		return err;
	}
	chat_core_set_tag(s->core, id, fd);
	err = chat_ready_watch(s->ready, fd, CHAT_READ, id);
	if (err < 0)
		chat_server_close(s, id);
	return err;
}

/* The core first, so that nothing is done for it any more; out of the set
 * before the number is free for another descriptor. */
void
chat_server_close(struct chat_server *s, uint64_t id)
{
	int fd = chat_core_tag(s->core, id);

	if (fd < 0)
		return;
	chat_core_gone(s->core, id);
	chat_ready_forget(s->ready, fd);
	chat_sock_close(fd);
	if (s->paused_until != 0) /* one descriptor is free */
		chat_server_pause(s, false);
}

/* A listener that cannot accept stays readable, so the loop would spin: it is
 * not watched for a while.  Changing the interest of a descriptor that is in
 * the set needs no memory, so it cannot fail. */
void
chat_server_pause(struct chat_server *s, bool pause)
{
	unsigned events = pause ? 0 : CHAT_READ;
	uint64_t now = chat_server_now().mono;
	size_t i;

	if (pause && now >= s->silent_until) {
		chat_core_log(s->core, CHAT_LOG_WARNING,
		    "out of descriptors: new connections wait");
		s->silent_until = now + CHAT_SERVER_PAUSE_LOG;
	}
	s->paused_until = pause ? now + CHAT_SERVER_PAUSE : 0;
	for (i = 0; i < s->nlisteners; i++)
		(void)chat_ready_watch(s->ready, s->listeners[i], events, i);
}

/*
 * chatcore: a chat room for C programs.
 *
 * This header is the manual.  There are three doors; take the one that fits:
 *
 *  1. chat_server: the whole room behind sockets.  Listen, then three calls
 *     around your own poll(): chat_server_fds(), chat_server_timeout(),
 *     chat_server_turn().  One descriptor to watch, one thread, no signals.
 *  2. chat_core: the whole room without a socket.  You move the bytes and
 *     tell the time; it never makes a system call.  For programs with an own
 *     event loop, for simulators, for fuzzers.
 *  3. the parts: RFC 6455 framing (frame.h, ws.h), the opening handshake
 *     (http.h, handshake.h), UTF-8 and JSON (utf8.h, json.h), the messages of
 *     the protocol (msg.h).  Pure functions: no allocation, no system call, no
 *     state but the caller's.
 *
 * And a store of your own for the log: store.h, entry.h; the one in a folder:
 * journal.h.  What stands in lib/ itself is for programs; the folders below
 * are the inside, each using only those before it: base code wire ring store
 * room core journal net.
 *
 * The picture:
 *
 *    bytes in                                                   bytes out
 *       |                                                           ^
 *       v                                                           |
 *     core: http -> handshake -> frame -> ws       queue: chunks of its own,
 *       |                                          a cursor in the live ring
 *       v  one JSON text                                            ^
 *     msg: JSON <-> struct chat_msg                 rings: framed bytes,
 *       |                                           encoded once, shared
 *       v  what somebody wants                                      ^
 *     room: decide  ------->  store: record  ------->  room: apply -'
 *
 * The room is a log, a connection is a position in it.  Every event is encoded
 * once, as a finished WebSocket frame, and appended to a ring of bytes that
 * all connections share; a connection holds an offset into it.  Nothing is
 * told to anybody before the store has recorded it.
 *
 * The words, each in one sense:
 *
 *     log      all that was ever said, numbered without end
 *     entry    one of its numbers: a message; its number is its seq
 *     record   an entry on its way into the log, with the connection that asks
 *     batch    the records of one turn
 *     store    where the log lives: in memory alone, or in a journal
 *     journal  the log in a folder
 *     segment  one of its files: a run of the log
 *     past     the newest entries, as frames, in a ring in memory
 *     replay   what a connection that joins is sent of the past
 *     history  older entries that a client asks for
 *     page     a part of the history, as one answer
 *     reader   a client whose page has to come from the store
 *
 * Conventions:
 *
 *  - A function that can fail returns a negative enum chat_err (err.h).  What
 *    cannot be done for lack of memory fails alone: the call that needed it,
 *    or the one connection; the room goes on.
 *  - new/free: on the heap, free takes NULL.  init/release: in memory of the
 *    caller.
 *  - Time is an argument.  Sizes are in bytes, durations in milliseconds.
 *  - A struct chat_config set to all zero bytes is the default in everything.
 *  - No global state, no printing, no exit, no signal handling.  Two rooms in
 *    one process do not know of each other.  An object is used by one thread
 *    at a time.
 */
#ifndef CHATCORE_H
#define CHATCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "str.h"
#include "now.h"
#include "peer.h"
#include "report.h"
#include "alloc.h"
#include "bytes.h"
#include "limit.h"
#include "metrics.h"
#include "utf8.h"
#include "json.h"
#include "http.h"
#include "handshake.h"
#include "frame.h"
#include "ws.h"
#include "msg.h"
#include "entry.h"
#include "store.h"
#include "journal.h"

/*
 * What the room asks of its owner.
 */

/* A body that is too long to be in memory at once: read piece by piece, each
 * when the one before has been sent. */
struct chat_source {
	/* Puts the next bytes of the body at p, at least one and at most n,
	 * which is no more than are left, and returns how many.  0 or less:
	 * they cannot be had, or are not what the head has promised; the
	 * connection is closed, so that nobody takes the part for the whole. */
	long (*read)(struct chat_source *source, char *p, size_t n);
	void (*free)(struct chat_source *source);
	uint64_t length; /* bytes of the body, does not change */
};

/* Bytes of type and fields of a response, together. */
#define CHAT_MAX_FIELDS 2000

/* The answer to a request: set all zero before chat_request_fn is called.  One
 * that cannot be sent is logged and answered with 500: a status other than 200
 * to 599, more than CHAT_MAX_FIELDS bytes of fields, or fields that are not
 * lines.  204 and 304 have no body, whatever is here. */
struct chat_response {
	int status;                 /* RFC 9110, section 15 */
	const char *type;           /* Content-Type, NULL for none */
	struct chat_str fields;     /* more field lines, each with CRLF */
	struct chat_str body;       /* all of *owner, or static */
	struct chat_bytes *owner;   /* handed over; NULL: body is static */
	struct chat_source *source; /* handed over; NULL: it is body */
};

/* Answers a GET or HEAD for a path that is not the room's own.  r and what it
 * points to are gone after the call, and so may be *response's fields, which
 * are copied.  A HEAD is answered as a GET is: the room leaves out the body. */
typedef void chat_request_fn(void *user, const struct chat_http_request *r,
    struct chat_response *response);

/* A browser names the host that it believes to talk to, and anybody can have a
 * name of their own point at this server (DNS rebinding).  So a request for a
 * host that is not known is answered with 421, whether it wants a page or to
 * join.  Known are addresses, localhost, names without a dot and names under
 * .local, which nobody on the outside can own; `hosts`, as "chat.example.com"
 * (a port there does not count); and the hosts of `origins`. */

/* Bytes of strings in a configuration. */
#define CHAT_MAX_SERVER 128
#define CHAT_MAX_HOST   255
#define CHAT_MAX_ORIGIN 512

struct chat_config {
	struct chat_limits limits;
	const char *server;          /* "chatd 1.0.0", for `welcome`: UTF-8, up
					to CHAT_MAX_SERVER; may be NULL */
	const char *const *hosts;    /* names of this server, see above; ends
					by NULL; "*" allows all; each up to
					CHAT_MAX_HOST; may be NULL */
	const char *const *origins;  /* allowed besides the own; ends by NULL;
					"*" allows all; each up to
					CHAT_MAX_ORIGIN; may be NULL */
	struct chat_alloc alloc;     /* all zero: the C library's */
	chat_log_fn *on_log;         /* may be NULL */
	chat_request_fn *on_request; /* NULL: 404 for everything */
	void *user;                  /* first argument of both */
	struct chat_journal journal; /* of a server */
	struct chat_store *store;    /* of a core: where the log lives; NULL: in
				      * memory alone */
};

/*
 * Door 2: the core.  A connection is named by an id (slot and generation, so
 * an id of a connection that is gone names nothing, and calls with it do
 * nothing).  A turn is:
 *
 *	chat_core_begin(core, now);
 *	  chat_core_accept(), chat_core_receive(), chat_core_end(),
 *	  chat_core_gone(), chat_core_writable(), in any order and number
 *	chat_core_record(core);
 *	chat_core_apply(core);
 *	while ((id = chat_core_next(core)) != 0)
 *	  send chat_core_output(), tell chat_core_sent(),
 *	  then do what chat_core_wants() says
 *
 * and the next one is due after chat_core_timeout().
 */
struct chat_core;

/* Bytes of randomness that a core is born with: session ids, the name of the
 * log and the secret that signs sessions are derived from it. */
#define CHAT_SEED 32

/* Takes ownership of config->store, even on failure.  NULL when out of memory,
 * when the limits contradict each other, or when a string is not as struct
 * chat_config says. */
struct chat_core *chat_core_new(const struct chat_config *config,
    const unsigned char seed[CHAT_SEED], struct chat_time now);
void chat_core_free(struct chat_core *core);

/* Takes other limits, hosts and origins from now on.  Strings are copied.  The
 * rings keep their sizes; limits that do not fit those are CHAT_ERR_ARGUMENT,
 * as are strings that are too long, and nothing has changed; so it is with
 * CHAT_ERR_NOMEM. */
int chat_core_configure(
    struct chat_core *core, const struct chat_config *config);

/* A turn begins. */
void chat_core_begin(struct chat_core *core, struct chat_time now);

/* A new connection.  Its id, never 0, goes to *id; the low 32 bits are its
 * slot, a small number that is used again once it is gone.  CHAT_ERR_LIMIT:
 * too many (close it), CHAT_ERR_NOMEM. */
int chat_core_accept(
    struct chat_core *core, const struct chat_peer *peer, uint64_t *id);

/* Bytes came in.  p is scratch to the core: it unmasks in place. */
void chat_core_receive(struct chat_core *core, uint64_t id, char *p, size_t n);
/* The other side will send no more (read() gave 0). */
void chat_core_end(struct chat_core *core, uint64_t id);
/* The socket is broken or closed; the id is void after this. */
void chat_core_gone(struct chat_core *core, uint64_t id);
/* The socket takes bytes again, after chat_core_sent() fell short. */
void chat_core_writable(struct chat_core *core, uint64_t id);

/* Whether this turn may take in more.  If not, stop reading, and begin the next
 * turn with what was left unread, so that everybody has a turn.  (Bytes that
 * are received all the same are kept until then.) */
bool chat_core_takes_more(const struct chat_core *core);

/* All has been received: deadlines that are due count now, and what was decided
 * is handed to the store. */
void chat_core_record(struct chat_core *core);
/* Makes what the store has recorded happen. */
void chat_core_apply(struct chat_core *core);

/* The next connection that has bytes to send or wants closing, 0 for none.
 * Each comes at most once a turn. */
uint64_t chat_core_next(struct chat_core *core);

/* What to send now, in pieces: their number, at most cap.  They point into
 * the core and are valid until its next call other than these two. */
size_t chat_core_output(
    struct chat_core *core, uint64_t id, struct chat_str *pieces, size_t cap);
/* Reports that the first n bytes of it were sent, also if that is 0.  Fewer
 * than offered: the connection waits for chat_core_writable(). */
void chat_core_sent(struct chat_core *core, uint64_t id, size_t n);

/* What the connection wants of its socket, once chat_core_sent() was called for
 * it; asking changes nothing.  A set of: */
enum chat_wants {
	CHAT_WANTS_READ = 1,       /* watch for input */
	CHAT_WANTS_WRITE = 2,      /* watch for room to write */
	CHAT_WANTS_HALF_CLOSE = 4, /* shutdown(SHUT_WR) */
	CHAT_WANTS_CLOSE = 8,      /* close(), then chat_core_gone() */
};
unsigned chat_core_wants(const struct chat_core *core, uint64_t id);

/* Milliseconds until chat_core_begin() must be called; 0: immediately; -1:
 * nothing is due. */
int chat_core_timeout(const struct chat_core *core, struct chat_time now);

/* Says `bye` to everybody and closes: code 1012 (a restart) or 1001 (for
 * good).  Joins are refused from now on.  Done when no connection is left, at
 * the latest after drain_timeout. */
void chat_core_drain(struct chat_core *core, int close_code);
bool chat_core_is_drained(const struct chat_core *core);

/* Counts a turn that took usec microseconds, see chat_metrics. */
void chat_core_count_turn(struct chat_core *core, uint64_t usec);
const struct chat_metrics *chat_core_metrics(const struct chat_core *core);

/*
 * Door 1: the server.
 *
 *	struct chat_server *s = chat_server_new(&config);
 *	chat_server_listen(s, "127.0.0.1:3008", NULL, 0);
 *	for (;;) {
 *		struct pollfd fds[N];
 *		size_t n = chat_server_fds(s, fds, N);
 *		poll(fds, n, chat_server_timeout(s));
 *		chat_server_turn(s, fds, n);
 *	}
 */
struct chat_server;
struct pollfd;

/* NULL with errno set: no memory, no descriptor, no randomness; the journal
 * cannot be opened, about which a line was logged, too; EINVAL: the limits
 * contradict each other, or a string is not as struct chat_config says. */
struct chat_server *chat_server_new(const struct chat_config *config);
/* Closes every socket immediately; drain first to part in peace. */
void chat_server_free(struct chat_server *s);

/* Listens on spec: "127.0.0.1:3008", "[::1]:0" (any free port), "*:3008" (all
 * addresses of this machine), "unix:/path".  May be called several times.  The
 * bound address, with its real port, is written to name as a NUL-terminated
 * string unless name is NULL.
 * CHAT_ERR_ARGUMENT: not an address.  CHAT_ERR_SYSTEM: errno says why. */
int chat_server_listen(
    struct chat_server *s, const char *spec, char *name, size_t cap);

/* Fills in what to poll() for, at most cap entries, and returns how many there
 * are in all: one with epoll, one per socket without.  When that is more than
 * cap, come again with more. */
size_t chat_server_fds(
    const struct chat_server *s, struct pollfd *fds, size_t cap);

/* What to give poll() as its timeout. */
int chat_server_timeout(const struct chat_server *s);

/* Does all that can be done without waiting.  fds is what chat_server_fds()
 * filled in and poll() marked. */
void chat_server_turn(
    struct chat_server *s, const struct pollfd *fds, size_t n);

/* As chat_core_drain(); listening ends immediately. */
void chat_server_drain(struct chat_server *s, int close_code);
bool chat_server_is_drained(const struct chat_server *s);

/* The core inside: its metrics, its configuration. */
struct chat_core *chat_server_core(struct chat_server *s);

#endif

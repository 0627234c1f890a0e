/*
 * sim: a room without sockets, and clients that speak to it through memory.
 *
 *     client.out   at most `step` bytes a turn  --->  chat_core
 *     client.in    <---  at most `window` bytes a turn
 *         |
 *         v   one response, if it asked for a WebSocket; then frames
 *     client.texts: what the room said; sim_next() takes one at a time
 *
 * The room is driven through its public functions alone, as server does with
 * sockets: what is level-triggered there is asked for again each turn here.
 * Time stands still unless sim_wait() moves it.  Everything that comes is
 * checked: a frame that is masked, in fragments, with a longer header than it
 * needs, longer than a client has to accept, or that is no UTF-8, ends the
 * program with a line on stderr.
 *
 * JSON is written with ' for ", so {'type':'ping'} needs no backslashes.
 *
 * For tests alone, and for fuzzers: nothing here needs cmocka; see expect.h
 * for what does.
 */
#ifndef CHAT_SIM_H
#define CHAT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chatcore.h"

/* A window that never closes. */
#define SIM_ALL SIZE_MAX

/* When a simulation begins: ms of either clock. */
#define SIM_MONO UINT64_C(1000000)
#define SIM_WALL UINT64_C(1764000000000)

/* close_code while there was none, and when a Close had none. */
#define SIM_OPEN    0
#define SIM_NO_CODE 1005

struct sim_bytes {
	char *p;
	size_t n, cap;
};

struct sim_client {
	struct sim *sim;
	struct sim_client *next; /* in the order of coming */
	uint64_t id;             /* 0: the socket is closed */
	unsigned wants;          /* what the room said last */

	/* The line, and what this side makes of it. */
	struct sim_bytes out; /* not yet delivered */
	size_t step;          /* bytes delivered a turn at most */
	size_t window;        /* bytes taken a turn at most */
	bool ended;           /* nothing follows after out */
	bool silent;          /* answers no ping, no Close, no end */
	uint64_t mask;        /* state of the masking keys */

	/* What came. */
	struct sim_bytes in;    /* not yet parsed; without upgrade, all of it */
	size_t at;              /* where the next response begins in it */
	struct sim_bytes texts; /* each ended by a NUL */
	size_t read;            /* where the next text begins */
	bool upgrades;          /* the next response is 101, or the last */
	int status;             /* of that response, 0: none yet */
	size_t longest;         /* bytes that a frame to it may have */
	int close_code;         /* of the Close that came */
	bool eof;               /* the room has ended its side */
	uint64_t received;      /* bytes, all in all */
	size_t pings, pongs;    /* frames of that kind */
};

struct sim {
	struct chat_core *core;
	struct chat_time now;
	struct sim_client *clients;
	struct sim_client *turn; /* whose input comes first in the next turn */
	size_t pieces;           /* that chat_core_output() may give, to 64 */
	int lives;               /* rooms so far */
	size_t turns;
	char line[512]; /* the last one logged, "" for none */
	chat_request_fn *on_request;
};

/* A room with that configuration; NULL: all defaults.  on_log and user are the
 * simulator's.  False: there was no memory for it. */
bool sim_init(struct sim *s, const struct chat_config *config);
/* Ends the room; all sockets are torn.  After that another room may be started,
 * with another seed, at the same time, as by sim_init(). */
void sim_stop(struct sim *s);
bool sim_start(struct sim *s, const struct chat_config *config);
/* Other limits and origins; CHAT_OK, or why not. */
int sim_configure(struct sim *s, const struct chat_config *config);
/* Closes everything and frees it. */
void sim_release(struct sim *s);

/* One turn of the loop. */
void sim_turn(struct sim *s);
/* Turns until nobody has anything to do. */
void sim_run(struct sim *s);
/* Lets time pass, with all the turns that fall into it. */
void sim_wait(struct sim *s, uint64_t ms);

/* A connection, from an address that is a number: 0 is exempt from limits, n
 * is 203.0.113.n.  NULL: the room took none. */
struct sim_client *sim_connect(struct sim *s, unsigned address);
/* Frees a client; its socket, if still open, is torn. */
void sim_free(struct sim_client *c);
/* Tears the socket: what is on its way is lost. */
void sim_tear(struct sim_client *c);
/* Sends no more after what is on its way. */
void sim_end(struct sim_client *c);

/* Puts bytes on their way. */
void sim_put(struct sim_client *c, const void *p, size_t n);
void sim_puts(struct sim_client *c, const char *s);
/* Asks for a WebSocket at /ws/TARGET. */
void sim_open(struct sim_client *c, const char *target);
/* Puts a frame on its way: first is its first byte, as 0x81. */
void sim_frame(
    struct sim_client *c, unsigned char first, const void *p, size_t n);
/* Puts a text on its way, as of printf, with ' turned to ". */
void sim_say(struct sim_client *c, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Connects, opens /ws/TARGET and runs. */
struct sim_client *sim_join(struct sim *s, const char *target);
struct sim_client *sim_join_from(
    struct sim *s, const char *target, unsigned address);

/* The next text, until the client is freed or gets more; NULL: none left.  It
 * is JSON. */
const char *sim_next(struct sim_client *c);
/* Forgets the texts that have come. */
void sim_skip(struct sim_client *c);
/* Lets presence be told, and forgets all texts of all clients. */
void sim_hush(struct sim *s);

/* The raw JSON of a member of an object; absent if there is none. */
struct chat_str sim_member(const char *json, const char *name);
/* Is it this, with ' for "? */
bool sim_is(const char *json, const char *name, const char *value);
/* A member that must be a number. */
uint64_t sim_number(const char *json, const char *name);
/* A member that must be a string without escapes, copied to one of a few
 * static buffers. */
const char *sim_string(const char *json, const char *name);

/* A response to a request without an upgrade. */
struct sim_response {
	int status;
	struct chat_str head, body; /* of the client's, until it gets more */
};

/* The value of a field of a response; absent if there is none. */
struct chat_str sim_field(const struct sim_response *r, const char *name);

/* Takes the next response off what came; false: there is none, or not all of
 * it.  is_head: the request was a HEAD. */
bool sim_response(struct sim_client *c, struct sim_response *r, bool is_head);

#endif

/*
 * limit: every limit of the room, in one struct with one table.
 *
 * Each has the name of its option in chatd(8), a default, bounds, a unit and a
 * line of help; programs make their options, files and manuals of the table.
 * Zero is the default; CHAT_OFF switches a limit off: no bound, no time limit,
 * no such rate; no history, no grace.  Called by core, server and programs.
 * Not here: keeping to a limit, which is up to whatever it limits.
 */
#ifndef CHAT_LIMIT_H
#define CHAT_LIMIT_H

#include <stddef.h>
#include <stdint.h>

#define CHAT_OFF UINT32_MAX

struct chat_limits {
	uint32_t max_connections;             /* 10,000 */
	uint32_t max_connections_per_address; /* 100 */
	uint32_t max_message;                 /* bytes of one message, 65,536 */
	uint32_t max_text;                    /* code points of text, 4,000 */
	uint32_t max_queue;                   /* bytes waiting, 262,144 */

	/* Token buckets: a rate per second and a burst.  Of one connection: */
	uint32_t message_rate;  /* 5 */
	uint32_t message_burst; /* 20 */
	uint32_t text_rate;     /* bytes of them as sent to others, 4 KiB */
	uint32_t text_burst;    /* 64 KiB */
	uint32_t request_rate;  /* all but messages, 20 */
	uint32_t request_burst; /* 100 */
	uint32_t input_rate;    /* bytes of all that it sends, 256 KiB */
	uint32_t input_burst;   /* 1 MiB */
	/* ... and of all connections from one address (peer.h): */
	uint32_t message_rate_per_address;  /* 50 */
	uint32_t message_burst_per_address; /* 200 */
	uint32_t text_rate_per_address;     /* 16 KiB */
	uint32_t text_burst_per_address;    /* 256 KiB */
	uint32_t join_rate;                 /* 10 */
	uint32_t join_burst;                /* 50 */
	uint32_t http_rate;                 /* requests by HTTP, 100 */
	uint32_t http_burst;                /* 1,000 */

	uint32_t history;   /* entries of a page or a fresh join, 100 */
	uint32_t past_size; /* bytes of the past ring, 4 MiB */
	uint32_t live_size; /* bytes of the live ring, 1 MiB */

	uint32_t session_lifetime;  /* ms, 7 days */
	uint32_t grace;             /* ms until a user left, 5,000 */
	uint32_t ping_interval;     /* ms of silence, 30,000 */
	uint32_t pong_timeout;      /* ms until an answer, 15,000 */
	uint32_t handshake_timeout; /* ms for a request, 10,000 */
	uint32_t drain_timeout;     /* ms for a closing, 5,000 */
};

/* One row per limit: what options, configuration files, manuals and tests
 * need to know about it.  The table ends with a row whose name is NULL. */
enum chat_unit { CHAT_COUNT, CHAT_BYTES, CHAT_PER_SECOND, CHAT_MILLISECONDS };

struct chat_limit_info {
	const char *name;    /* as an option has it: "max-connections" */
	size_t offset;       /* into struct chat_limits */
	enum chat_unit unit; /* of the value */
	uint32_t standard;   /* what zero stands for */
	uint32_t min, max;   /* outside of which it makes no sense */
	const char *text;    /* one line of help, lower case */
};

extern const struct chat_limit_info chat_limits_table[];

/* Puts the default where zero stands and rounds the rings up to a power of two.
 * CHAT_ERR_ARGUMENT when a value is outside of its min and max or two
 * contradict each other (a ring must hold four of the longest messages as they
 * are framed, a queue one); then *wrong, if not NULL, names the limit.
 * Defaults adapt to given values: in small rings max_message is the greatest
 * that fits, and for a greater max_message rings and queue grow.  CHAT_OFF is
 * always within bounds; for a ring it stands for the smallest that works, for
 * max_message for the greatest that fits the rings and the queue.  Limits that
 * are complete stay as they are. */
int chat_limits_complete(struct chat_limits *l, const char **wrong);

#endif

/* The table of all limits, and what they have to do with each other: a message
 * must fit where it waits, so the size of one bounds the sizes of two rings and
 * of a queue, and the other way round. */
#include "limit.h"

#include <stdbool.h>

#include "err.h"

/* By how much a message may be longer in a ring than it was when it came: seq,
 * time, the names, the header of the frame come to less than 400 bytes.  Its
 * strings never grow: what is written has no more escapes than what was read
 * had to have. */
#define GROWTH 512

/* Messages that a ring holds at least.  A turn stops taking in at a quarter of
 * a ring, see chat_hub_turn_size(), and the message that goes beyond it is at
 * most another quarter: a connection that keeps up is not overrun. */
#define MESSAGES 4

#define KIB     (1u << 10)
#define MIB     (1u << 20)
#define GIB     (1u << 30)
#define SECOND  1000u
#define DAY     (86400u * SECOND)
#define LONGEST (CHAT_OFF - 1) /* 49 days */

/* In the order of --help.  No size is above 1 GiB, so that the sums and the
 * doublings below stay within 32 bits. */
/* clang-format off */
const struct chat_limit_info chat_limits_table[] = {
#define ROW(name, member, unit, standard, min, max, text) \
	{ name, offsetof(struct chat_limits, member), unit, standard, min, \
	    max, text }
	ROW("max-connections", max_connections, CHAT_COUNT,
	    10000, 1, 1000000, "open connections"),
	ROW("max-connections-per-address", max_connections_per_address,
	    CHAT_COUNT, 100, 1, 1000000, "open connections per address"),
	ROW("max-message", max_message, CHAT_BYTES,
	    64 * KIB, 128, 16 * MIB, "size of a message from a client"),
	ROW("max-text", max_text, CHAT_COUNT,
	    4000, 1, 16 * MIB, "code points in a text"),
	ROW("max-queue", max_queue, CHAT_BYTES,
	    256 * KIB, 4 * KIB, GIB, "bytes queued for one connection"),
	ROW("message-rate", message_rate, CHAT_PER_SECOND,
	    5, 1, 1000000, "messages a second per connection"),
	ROW("message-burst", message_burst, CHAT_COUNT,
	    20, 1, 1000000, "burst of messages per connection"),
	ROW("text-rate", text_rate, CHAT_BYTES,
	    4 * KIB, KIB, GIB, "bytes of text a second per connection"),
	ROW("text-burst", text_burst, CHAT_BYTES,
	    64 * KIB, KIB, GIB, "burst of these bytes per connection"),
	ROW("request-rate", request_rate, CHAT_PER_SECOND,
	    20, 1, 1000000, "other requests a second per connection"),
	ROW("request-burst", request_burst, CHAT_COUNT,
	    100, 1, 1000000, "burst of other requests per connection"),
	ROW("input-rate", input_rate, CHAT_BYTES,
	    256 * KIB, KIB, GIB, "bytes a second from one connection"),
	ROW("input-burst", input_burst, CHAT_BYTES,
	    MIB, KIB, GIB, "burst of bytes from one connection"),
	ROW("message-rate-per-address", message_rate_per_address,
	    CHAT_PER_SECOND, 50, 1, 1000000,
	    "messages a second per address"),
	ROW("message-burst-per-address", message_burst_per_address,
	    CHAT_COUNT, 200, 1, 1000000, "burst of messages per address"),
	ROW("text-rate-per-address", text_rate_per_address,
	    CHAT_BYTES, 16 * KIB, KIB, GIB,
	    "bytes of text a second per address"),
	ROW("text-burst-per-address", text_burst_per_address,
	    CHAT_BYTES, 256 * KIB, KIB, GIB,
	    "burst of these bytes per address"),
	ROW("join-rate", join_rate, CHAT_PER_SECOND,
	    10, 1, 1000000, "joins a second per address"),
	ROW("join-burst", join_burst, CHAT_COUNT,
	    50, 1, 1000000, "burst of joins per address"),
	ROW("http-rate", http_rate, CHAT_PER_SECOND,
	    100, 1, 1000000, "HTTP requests a second per address"),
	ROW("http-burst", http_burst, CHAT_COUNT,
	    1000, 1, 1000000, "burst of HTTP requests per address"),
	ROW("history", history, CHAT_COUNT,
	    100, 1, 1000, "messages per page of history or join"),
	ROW("past-size", past_size, CHAT_BYTES,
	    4 * MIB, 16 * KIB, GIB, "memory for the newest messages"),
	ROW("live-size", live_size, CHAT_BYTES,
	    MIB, 16 * KIB, GIB, "how far a slow connection may lag"),
	ROW("session-lifetime", session_lifetime, CHAT_MILLISECONDS,
	    7 * DAY, 1, LONGEST, "how long a session can be resumed"),
	ROW("grace", grace, CHAT_MILLISECONDS,
	    5 * SECOND, 1, LONGEST, "delay before a user counts as gone"),
	ROW("ping-interval", ping_interval, CHAT_MILLISECONDS,
	    30 * SECOND, 1, LONGEST, "silence before a ping is sent"),
	ROW("pong-timeout", pong_timeout, CHAT_MILLISECONDS,
	    15 * SECOND, 1, LONGEST, "wait for an answer to a ping"),
	ROW("handshake-timeout", handshake_timeout, CHAT_MILLISECONDS,
	    10 * SECOND, 1, LONGEST, "wait for a complete request"),
	ROW("drain-timeout", drain_timeout, CHAT_MILLISECONDS,
	    5 * SECOND, 1, LONGEST, "wait for connections to close"),
	{ NULL, 0, CHAT_COUNT, 0, 0, 0, NULL }
#undef ROW
};
/* clang-format on */

/* Every limit is a uint32_t, so an offset is enough to find one.  The cast by
 * way of void says that the alignment is known to be right. */
static uint32_t *
member(struct chat_limits *l, const struct chat_limit_info *row)
{
	return (uint32_t *)(void *)((char *)l + row->offset);
}

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int
refuse(const char **wrong, const char *name)
{
	if (wrong != NULL)
		*wrong = name;
	return CHAT_ERR_ARGUMENT;
}

/* The longest message for which there is space everywhere.  CHAT_OFF is the
 * greatest number, so what is off does not bound it; nor can the difference go
 * below zero, as the least bounds leave 4 KiB. */
static uint32_t
longest_message(const struct chat_limits *l)
{
	uint32_t ring = smaller(l->past_size, l->live_size) / MESSAGES;

	return smaller(16 * MIB, smaller(ring, l->max_queue) - GROWTH);
}

/* Rounds n up to a power of two, as rings want it.  CHAT_OFF, and a default
 * that is too small, become the smallest size that works.  The result stays
 * within the bounds, whose greatest is a power of two, too. */
static uint32_t
ring_size(uint32_t n, bool given, uint32_t least)
{
	uint32_t size = 16 * KIB;

	if (n == CHAT_OFF || (!given && n < least))
		n = least;
	while (size < n)
		size *= 2;
	return size;
}

/* Puts defaults where zero stands, and looks at each limit alone. */
static int
complete_each(struct chat_limits *l, const char **wrong)
{
	const struct chat_limit_info *row;
	uint32_t *value;

	for (row = chat_limits_table; row->name != NULL; row++) {
		value = member(l, row);
		if (*value == 0)
			*value = row->standard;
		if (*value != CHAT_OFF &&
		    (*value < row->min || *value > row->max))
			return refuse(wrong, row->name);
	}
	return CHAT_OK;
}

static void
off_unless_given(uint32_t *rate, uint32_t given)
{
	if (given == 0)
		*rate = CHAT_OFF;
}

/* Given values are kept, defaults adapt to them: first the longest message
 * shrinks to the spaces that were given, then the other spaces grow to hold it.
 * After that only given values can contradict each other.  No product
 * overflows: MESSAGES times 16 MiB and GROWTH is far below 4 GiB. */
int
chat_limits_complete(struct chat_limits *l, const char **wrong)
{
	struct chat_limits given = *l;
	uint32_t frame;
	int err = complete_each(l, wrong);

	if (err < 0)
		return err;
	/* A limit on bytes would be one on messages, which are to have none. */
	if (l->message_rate == CHAT_OFF) {
		off_unless_given(&l->input_rate, given.input_rate);
		off_unless_given(&l->text_rate, given.text_rate);
	}
	if (l->message_rate_per_address == CHAT_OFF)
		off_unless_given(
		    &l->text_rate_per_address, given.text_rate_per_address);
	if (l->max_message == CHAT_OFF ||
	    (given.max_message == 0 && l->max_message > longest_message(l)))
		l->max_message = longest_message(l);
	frame = l->max_message + GROWTH;
	l->past_size =
	    ring_size(l->past_size, given.past_size != 0, MESSAGES * frame);
	l->live_size =
	    ring_size(l->live_size, given.live_size != 0, MESSAGES * frame);
	if (given.max_queue == 0 && l->max_queue < frame)
		l->max_queue = frame;
	if (l->past_size < MESSAGES * frame)
		return refuse(wrong, "past-size");
	if (l->live_size < MESSAGES * frame)
		return refuse(wrong, "live-size");
	if (l->max_queue < frame)
		return refuse(wrong, "max-queue");
	return CHAT_OK;
}

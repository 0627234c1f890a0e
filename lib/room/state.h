/*
 * state: what the files of the room share: its struct, a member of it, and
 * questions about them.
 *
 *     chat_room
 *       hub      both rings, the lists of queues; the core's   ring/hub.h
 *       budget   what is left of this turn; the core's         base/budget.h
 *       clock    what `now` is made with                       base/clock.h
 *       users    who is here                                   users.h
 *       refs     which sends are in the log                    store/refs.h
 *       batch    [deciding: this turn][recording: at the store]  store/batch.h
 *       store    where the log lives                           store.h
 *       waiters  retries whose first try is not recorded yet   waiters.h
 *       readers  members that wait for older pages             readers.h
 *
 *     chat_member, inside a connection
 *       window   its user and the ring of that user's windows
 *       queue    what it is still to be sent
 *
 * A question changes nothing.  Not here: what happens (room.h names the files).
 */
#ifndef CHAT_ROOM_STATE_H
#define CHAT_ROOM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "base/budget.h"
#include "base/clock.h"
#include "code/sha256.h"
#include "limit.h"
#include "metrics.h"
#include "msg.h"
#include "now.h"
#include "page.h"
#include "rate.h"
#include "ring/hub.h"
#include "ring/queue.h"
#include "store.h"
#include "store/batch.h"
#include "store/refs.h"
#include "users.h"
#include "wire/token.h"

/* Users in one `users` or `presence` frame. */
#define CHAT_USERS_PAGE 1000

/* `presence` is sent at most once in this many ms. */
#define CHAT_PRESENCE_INTERVAL 100

/* After a start on a log that existed, every name counts as being within its
 * grace period for this many ms. */
#define CHAT_RETURN_TIME 30000

/* `typing` is passed on at most once in this many ms, and lasts for 6,000. */
#define CHAT_TYPING_INTERVAL 1000

/* Bytes of a client's own id for a send. */
#define CHAT_MAX_REF 64

/* Bytes of an entry's frame besides its strings, at most. */
#define CHAT_ENTRY_OVERHEAD 160

/* Messages that a joining client gets if it does not say how many it wants. */
#define CHAT_JOIN_HISTORY 50

/* Retries that may wait for the first try to be recorded. */
#define CHAT_MAX_WAITERS 1024

/* Members that may wait for older entries than the past ring has. */
#define CHAT_MAX_READERS 1024

/* ... and the ms after which one that was refused may try again. */
#define CHAT_READERS_PAUSE 1000

/* One window of a user, or a connection that may become one by joining. */
struct chat_member {
	struct chat_window window;
	struct chat_queue queue;
	struct chat_address *address; /* NULL: no limits by address */
	uint64_t id;                  /* of the connection */
	uint64_t joined;              /* last seq when the session began */
	struct chat_rates messages;
	struct chat_rate requests;
	struct chat_rate read; /* what it has had read, see readers.h */
	uint64_t typed;        /* when `typing` was last passed on; 0: never */
	unsigned char session[CHAT_TOKEN_ID];
	bool typing;
	bool reading; /* one of the readers */
};

/* A retry whose first try is on its way into the log. */
struct chat_waiter {
	uint64_t asker;
	struct chat_ref_key key;
	unsigned char ref_size;
	char ref[CHAT_MAX_REF];
};

/* A page of history that the store is asked for. */
struct chat_reader {
	uint64_t asker;
	uint64_t before; /* as the client asked */
	uint64_t next;   /* before which the store is asked next */
	uint32_t limit;
	unsigned char ref_size;
	char ref[CHAT_MAX_REF];
};

/* All readers, and the page of the first of them. */
struct chat_readers {
	struct chat_reader *all;
	size_t n;
	bool asked; /* the store owes the rest of the first one's page */
	struct chat_page page;
	struct chat_rate rate; /* of those without an address */
};

/* Finds the member of a connection, joined or not; NULL: it is gone. */
typedef struct chat_member *chat_room_find_fn(void *owner, uint64_t id);

struct chat_room {
	const struct chat_alloc *alloc;
	const struct chat_limits *limits; /* complete */
	struct chat_metrics *metrics;
	struct chat_hub *hub;
	struct chat_budget *budget;
	struct chat_str server; /* for `welcome` */
	chat_room_find_fn *find;
	void *owner;

	struct chat_users users;
	struct chat_refs refs;
	struct chat_batch batches[2];
	struct chat_batch *deciding;  /* takes what is decided */
	struct chat_batch *recording; /* NULL: the store owes no answer */
	struct chat_store *store;

	struct chat_waiter *waiters;
	size_t nwaiters;
	struct chat_readers readers;

	struct chat_clock clock;
	struct chat_time now;           /* wall as the clock has it */
	uint64_t seq;                   /* of the last entry applied */
	uint64_t returning_until;       /* every name counts as here, mono */
	uint64_t presence_told;         /* when it was sent last, mono */
	struct chat_bytes *users_frame; /* promised in this turn, or NULL */
	struct chat_hmac log_key;       /* with the log's secret, nothing fed */
	struct chat_hmac session_key;   /* with the seed: makes session ids */
	uint64_t sessions;              /* begun since the start */
	char *scratch;                  /* where frames are written */
	size_t scratch_size;
};

/* A connection that has not joined. */
void chat_member_init(struct chat_member *m, uint64_t id);

static inline bool
chat_member_has_joined(const struct chat_member *m)
{
	return m->window.user != NULL;
}

/* The viewer of the past that a member is; it must have joined. */
struct chat_viewer chat_member_viewer(const struct chat_member *m);

/* The member of a connection, if it is still there and has joined. */
struct chat_member *chat_room_member(const struct chat_room *room, uint64_t id);

/* The key of that send, if it is decided but the store has not answered for
 * it; its content is that of the first try.  NULL: it is not pending. */
const struct chat_ref_key *chat_room_pending(
    const struct chat_room *room, const struct chat_ref_key *key);

/* Entries that a page may have; 0: there is no history. */
uint32_t chat_room_page_entries(const struct chat_room *room);

/* Bytes that the entries of a page may have, and bytes that one entry may have
 * that is alone on its page. */
size_t chat_room_page_size(const struct chat_room *room);
size_t chat_room_longest_page(const struct chat_room *room);

/* Bytes of the longest frame under those limits, which chatproto(5) promises to
 * clients. */
size_t chat_room_longest_frame(const struct chat_limits *l);

/* Makes the scratch as large as frames under those limits need it; it never
 * shrinks.  CHAT_OK or CHAT_ERR_NOMEM. */
int chat_room_reserve_for(struct chat_room *room, const struct chat_limits *l);

#endif

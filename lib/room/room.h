/*
 * room: who says what to whom.
 *
 *                 decide                record              apply
 *     message --> limits, names,  -->   store numbers  -->  dedupe, past, live,
 *     of a member dedupe, batch         the batch           private queues, ack
 *
 *     chat_room
 *       hub      both rings, the lists of queues            queue.h
 *       users    who is here                                users.h
 *       refs     which sends are in the log                 refs.h
 *       batch    [open: decided this turn][asked: at the store]  batch.h
 *       store    where the log lives                        store.h
 *
 *     chat_member, inside a connection
 *       window   its user and the ring of that user's windows
 *       queue    what it is still to be sent
 *
 * decide changes nothing but the batch, apply changes nothing but by what the
 * log says; so state is a function of the log, and nothing is told before it
 * is recorded.
 *
 * The room writes frames into queues and knows nothing of sockets, HTTP or
 * incoming frames; that is conn's.  Presence and typing go by the log: they
 * are told, not recorded.
 *
 * In room.c: opening, turning.  join.c: coming and going.  decide.c, apply.c:
 * as drawn.  keys.c: hashes.  waiters.c: retries in between.  history.c,
 * readers.c: what was, in the past ring and in the store.  presence.c: who is
 * here.  tell.c: frames.
 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "store/batch.h"
#include "limit.h"
#include "metrics.h"
#include "msg.h"
#include "now.h"
#include "ring/queue.h"
#include "rate.h"
#include "store/refs.h"
#include "code/sha256.h"
#include "store.h"
#include "wire/token.h"
#include "users.h"

/* Users in one `users` or `presence` frame. */
#define CHAT_USERS_PAGE 1000

/* Presence is told at most once in so many ms. */
#define CHAT_PRESENCE_INTERVAL 100

/* After a start on a log that existed, every name counts as being within its
 * grace period for so many ms. */
#define CHAT_RETURN_TIME 30000

/* `typing` is passed on at most once in so many ms, and lasts for 6,000. */
#define CHAT_TYPING_INTERVAL 1000

/* Bytes of a client's own id for a send. */
#define CHAT_MAX_REF 64

/* What a frame of an entry has besides its strings, at most. */
#define CHAT_ENTRY_OVERHEAD 160

/* Entries that a join gets which does not say how many it wants. */
#define CHAT_JOIN_HISTORY 50

/* Retries that may wait for the first try to be recorded. */
#define CHAT_MAX_WAITERS 1024

/* Those that may wait for older entries than the past ring has. */
#define CHAT_MAX_READERS 1024

/* ... and who has to try again does so after so many ms. */
#define CHAT_READERS_PAUSE 1000

/* One window of a user.  All zero and chat_member_init() before the join. */
struct chat_member {
	struct chat_window window;
	struct chat_queue queue;
	struct chat_address *address; /* NULL: no limits by address */
	uint64_t id;                  /* of the connection */
	uint64_t joined;              /* last seq when the session began */
	struct chat_rate messages, requests;
	uint64_t typed; /* when `typing` was last passed on */
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

/* Those who wait, and the page of the first of them, which fills from its end
 * towards its beginning: what is read first comes last. */
struct chat_readers {
	struct chat_reader *all;
	size_t n;
	bool asked; /* the store, for the first */
	bool full;  /* more was read than fits */
	char *page; /* entries as JSON, with commas; NULL: nobody waits */
	size_t size, at;
};

/* Finds the member of a connection; NULL: it is gone. */
typedef struct chat_member *chat_room_find_fn(void *owner, uint64_t id);

struct chat_room {
	const struct chat_alloc *alloc;
	struct chat_limits limits; /* complete */
	struct chat_metrics *metrics;
	struct chat_str server; /* for `welcome` */
	chat_room_find_fn *find;
	void *owner;

	struct chat_hub hub;
	struct chat_users users;
	struct chat_refs refs;
	struct chat_batch batches[2];
	struct chat_batch *open;  /* takes what is decided */
	struct chat_batch *asked; /* NULL: the store owes no answer */
	struct chat_store *store;

	struct chat_waiter *waiters;
	size_t nwaiters;
	struct chat_readers readers;

	struct chat_time now;
	uint64_t seq;     /* of the last entry applied */
	uint64_t returns; /* until when everybody counts as here, mono */
	uint64_t told;    /* when presence was last told, mono */
	size_t taken;     /* bytes that came and were answered this turn */
	struct chat_bytes *users_frame; /* promised to who joined this turn */
	struct chat_hmac hmac;          /* with the log's secret, nothing fed */
	struct chat_hmac ids; /* with the seed: where session ids come from */
	uint64_t nids;
	char *scratch; /* where frames are written */
	size_t scratch_size;
};

struct chat_room_config {
	const struct chat_alloc *alloc;
	const struct chat_limits *limits; /* complete; copied */
	struct chat_metrics *metrics;
	struct chat_str server;    /* for `welcome`; outlives the room */
	struct chat_store *store;  /* new; the room frees it */
	const unsigned char *seed; /* CHAT_LOG_SECRET bytes */
	struct chat_time now;
	chat_room_find_fn *find;
	void *owner;
};

/* Takes in what the log holds.  CHAT_OK; CHAT_ERR_NOMEM, and then the store is
 * freed too. */
int chat_room_init(struct chat_room *room, const struct chat_room_config *c);
/* Members are to have left. */
void chat_room_release(struct chat_room *room);

/* Other limits from now on; the sizes of the rings are not touched.
 * CHAT_ERR_NOMEM: nothing has changed. */
int chat_room_configure(struct chat_room *room, const struct chat_limits *l);

/* A turn begins: who has been away too long leaves. */
void chat_room_begin(struct chat_room *room, struct chat_time now);

/* How much a turn may take in, in bytes.  What comes counts, and what is
 * answered: the one bounds what the rings are to hold, both how long a turn
 * is. */
size_t chat_room_turn(const struct chat_room *room);

/* May this turn take in more? */
bool chat_room_has_room(const struct chat_room *room);

struct chat_join {
	struct chat_str name;
	struct chat_str session; /* p == NULL: none */
	bool has_after, has_history;
	uint64_t after;
	uint64_t history;
};

void chat_member_init(struct chat_member *m, uint64_t id);
/* As whom a member that has joined looks at the past. */
struct chat_viewer chat_member_viewer(const struct chat_member *m);
static inline bool
chat_member_has_joined(const struct chat_member *m)
{
	return m->window.user != NULL;
}

/* The member comes in: welcome, sync, replay, users, live.  CHAT_MSG_OK, or
 * the code to refuse it with: CHAT_BAD_NAME; CHAT_FULL for want of memory. */
enum chat_msg_code chat_room_join(struct chat_room *room, struct chat_member *m,
    const struct chat_join *join);

/* The member goes.  Must be called before its memory is. */
void chat_room_leave(struct chat_room *room, struct chat_member *m);

/* One text from a member, of n bytes, which are changed. */
void chat_room_take(
    struct chat_room *room, struct chat_member *m, char *p, size_t n);

/* Gives what was decided to the store. */
void chat_room_record(struct chat_room *room);

/* Makes what was recorded happen, and tells who came and went. */
void chat_room_apply(struct chat_room *room);

/* When chat_room_begin() has something to do, mono; UINT64_MAX: never. */
uint64_t chat_room_deadline(const struct chat_room *room);

/*
 * Between the files of the room
 */

/* tell.c: writes one frame into the scratch; what open gives is written to,
 * and close gives the whole frame, in the scratch until the next one. */
struct chat_json_writer chat_tell_open(struct chat_room *room);
struct chat_str chat_tell_close(
    struct chat_room *room, const struct chat_json_writer *w);

/* To one member, or whoever is to become one: bytes as they are; what was
 * written; or one of those that are needed often. */
void chat_tell_bytes(
    struct chat_room *room, struct chat_member *m, struct chat_str bytes);
void chat_tell(struct chat_room *room, struct chat_member *m,
    const struct chat_json_writer *w);
void chat_tell_error(struct chat_room *room, struct chat_member *m,
    enum chat_msg_code code, struct chat_str ref, uint64_t retry_after);
void chat_tell_ack(struct chat_room *room, struct chat_member *m,
    struct chat_str ref, uint64_t seq, uint64_t time, bool duplicate);
void chat_tell_bye(struct chat_room *room, struct chat_member *m,
    struct chat_str reason, uint64_t retry_after);

/* presence.c */
void chat_presence_tell(struct chat_room *room);
void chat_presence_write_users(
    struct chat_room *room, struct chat_json_writer *w, struct chat_str after);
struct chat_bytes *chat_presence_promise(struct chat_room *room);

/* history.c: a page of what was. */
void chat_history_tell(
    struct chat_room *room, struct chat_member *m, const struct chat_msg *msg);

/* waiters.c: false for want of memory, or when CHAT_MAX_WAITERS are there. */
bool chat_waiters_add(struct chat_room *room, uint64_t asker,
    struct chat_str ref, const struct chat_ref_key *key);
void chat_waiters_answer(struct chat_room *room);

/* readers.c: asks the store for a page before a number, to be told later, or
 * refuses. */
void chat_readers_add(struct chat_room *room, struct chat_member *m,
    const struct chat_msg *msg, uint64_t before);
void chat_readers_ask(struct chat_room *room);
void chat_readers_take(struct chat_room *room, const struct chat_stored *s);
void chat_readers_end(struct chat_room *room, const struct chat_stored *s);

/* apply.c: what the log holds when the room opens. */
void chat_apply_recover(struct chat_room *room);

/* room.c: makes the scratch as large.  CHAT_OK or CHAT_ERR_NOMEM. */
int chat_room_reserve(struct chat_room *room, size_t size);

/* Bytes that the entries of a page may have, and one that is alone on it. */
size_t chat_room_page(const struct chat_room *room);
size_t chat_room_longest_page(const struct chat_room *room);

/* The member of a connection, if it is still there and has joined. */
struct chat_member *chat_room_member(struct chat_room *room, uint64_t id);

/* The key of that send, if it is decided but the store has not answered for
 * it: its content is what the first try had.  NULL: it is not pending. */
const struct chat_ref_key *chat_room_pending(
    const struct chat_room *room, const struct chat_ref_key *key);

/* Entries that a page may have. */
uint32_t chat_room_history(const struct chat_room *room);

/* keys.c: who a user is, whatever the spelling. */
uint64_t chat_keys_name(const struct chat_room *room, struct chat_str name);

/* keys.c: which send this is, under the member's session; none without a
 * ref. */
struct chat_ref_key chat_keys_of(const struct chat_room *room,
    const struct chat_member *m, const struct chat_entry *e);

#endif

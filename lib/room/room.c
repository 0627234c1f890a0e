#include "room.h"

#include <string.h>

#include "err.h"
#include "frame.h"

/* The scratch holds the longest frame of each kind: an entry, and
 * CHAT_USERS_PAGE names that are all quotes. */
#define SCRATCH_USERS (CHAT_USERS_PAGE * (2 * CHAT_NAME_MAX + 3) + 1024)
#define SCRATCH_ENTRY 2048 /* besides the text */

/* What a page of history has around its entries, at most. */
#define PAGE_OVERHEAD 128

static size_t
scratch_size(const struct chat_limits *l)
{
	size_t entry = (size_t)l->max_message + SCRATCH_ENTRY;

	return entry > SCRATCH_USERS ? entry : SCRATCH_USERS;
}

int
chat_room_reserve(struct chat_room *room, size_t size)
{
	char *p;

	if (size <= room->scratch_size)
		return CHAT_OK;
	if ((p = chat_resize(room->alloc, room->scratch, size)) == NULL)
		return CHAT_ERR_NOMEM;
	room->scratch = p;
	room->scratch_size = size;
	return CHAT_OK;
}

/* Each part can be released as it is after memset() to 0. */
static int
init_parts(struct chat_room *room)
{
	const struct chat_log_info *log = &room->store->log;

	if (chat_hub_init(&room->hub, room->alloc, room->limits.live_size,
		room->limits.past_size, log->replay_from) < 0 ||
	    chat_refs_init(&room->refs, room->alloc, log->replay_from) < 0)
		return CHAT_ERR_NOMEM;
	return chat_room_reserve(room, scratch_size(&room->limits));
}

int
chat_room_init(struct chat_room *room, const struct chat_room_config *c)
{
	memset(room, 0, sizeof(*room));
	room->alloc = c->alloc;
	room->limits = *c->limits;
	room->metrics = c->metrics;
	room->server = c->server;
	room->find = c->find;
	room->owner = c->owner;
	room->store = c->store;
	room->now = c->now;
	room->seq = c->store->log.seq;
	if (c->store->log.existed)
		room->returns = c->now.mono + CHAT_RETURN_TIME;
	chat_hmac_init(&room->hmac, c->store->log.secret, CHAT_LOG_SECRET);
	chat_hmac_init(&room->ids, c->seed, CHAT_LOG_SECRET);
	chat_hmac_feed(&room->ids, "session", 7);
	chat_users_init(&room->users, c->alloc);
	chat_batch_init(&room->batches[0], c->alloc);
	chat_batch_init(&room->batches[1], c->alloc);
	room->open = &room->batches[0];
	if (init_parts(room) < 0) {
		chat_room_release(room);
		return CHAT_ERR_NOMEM;
	}
	chat_apply_recover(room);
	return CHAT_OK;
}

void
chat_room_release(struct chat_room *room)
{
	chat_hub_release(&room->hub);
	chat_users_release(&room->users);
	chat_refs_release(&room->refs);
	chat_batch_release(&room->batches[0]);
	chat_batch_release(&room->batches[1]);
	chat_bytes_free(room->users_frame);
	chat_alloc_free(room->alloc, room->waiters);
	chat_alloc_free(room->alloc, room->readers.all);
	chat_alloc_free(room->alloc, room->readers.page);
	chat_alloc_free(room->alloc, room->scratch);
	room->store->type->free(room->store);
	memset(room, 0, sizeof(*room));
}

int
chat_room_configure(struct chat_room *room, const struct chat_limits *l)
{
	if (chat_room_reserve(room, scratch_size(l)) < 0)
		return CHAT_ERR_NOMEM;
	room->limits = *l;
	/* Those who leave from now on may have less time; deadlines stay in
	 * order. */
	chat_users_hurry(&room->users,
	    room->now.mono + (l->grace == CHAT_OFF ? 0 : l->grace));
	return CHAT_OK;
}

void
chat_room_begin(struct chat_room *room, struct chat_time now)
{
	room->now = now;
	room->taken = 0;
	if (room->store->type->turn != NULL)
		room->store->type->turn(room->store, now);
	chat_users_expire(&room->users, now.mono);
}

size_t
chat_room_turn(const struct chat_room *room)
{
	size_t live = room->hub.live.size, past = room->hub.past.ring.size;

	return (live < past ? live : past) / 4;
}

bool
chat_room_has_room(const struct chat_room *room)
{
	return room->taken < chat_room_turn(room);
}

uint64_t
chat_room_deadline(const struct chat_room *room)
{
	uint64_t due = chat_users_deadline(&room->users);
	uint64_t tell = room->told + CHAT_PRESENCE_INTERVAL, store;

	if (room->readers.n > 0)
		return room->now.mono;
	if (room->store->type->deadline != NULL &&
	    (store = room->store->type->deadline(room->store)) < due)
		due = store;
	if (room->users.changed != NULL && tell < due)
		return tell;
	return due;
}

struct chat_member *
chat_room_member(struct chat_room *room, uint64_t id)
{
	struct chat_member *m = room->find(room->owner, id);

	return m != NULL && chat_member_has_joined(m) ? m : NULL;
}

const struct chat_ref_key *
chat_room_pending(const struct chat_room *room, const struct chat_ref_key *key)
{
	const struct chat_ref_key *first = chat_batch_find(room->open, key);

	if (first == NULL && room->asked != NULL)
		first = chat_batch_find(room->asked, key);
	return first;
}

uint32_t
chat_room_history(const struct chat_room *room)
{
	return room->limits.history == CHAT_OFF ? 0 : room->limits.history;
}

size_t
chat_room_page(const struct chat_room *room)
{
	size_t space = room->limits.max_queue / 2 - PAGE_OVERHEAD;
	size_t most = chat_room_longest_page(room);

	return space < most ? space : most;
}

size_t
chat_room_longest_page(const struct chat_room *room)
{
	return room->scratch_size - CHAT_FRAME_MAX_HEADER - PAGE_OVERHEAD;
}

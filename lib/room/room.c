#include "room.h"

#include <string.h>

#include "err.h"
#include "readers.h"

_Static_assert(CHAT_LOG_SECRET == CHAT_TOKEN_SECRET, "it signs tokens");

int
chat_room_init(struct chat_room *room, const struct chat_room_config *c)
{
	const struct chat_log_info *log = &c->store->log;

	memset(room, 0, sizeof(*room));
	room->alloc = c->alloc;
	room->limits = c->limits;
	room->metrics = c->metrics;
	room->hub = c->hub;
	room->budget = c->budget;
	room->server = c->server;
	room->find = c->find;
	room->owner = c->owner;
	room->store = c->store;
	chat_clock_init(&room->clock, c->now, log->time);
	room->now = (struct chat_time){ c->now.mono, room->clock.time };
	room->seq = log->seq;
	/* The clients of the last run are still on their way back. */
	if (log->existed)
		room->returning_until = c->now.mono + CHAT_RETURN_TIME;
	/* Keyed once; each use feeds a copy. */
	chat_hmac_init(&room->log_key, log->secret, CHAT_LOG_SECRET);
	chat_hmac_init(&room->session_key, c->seed, CHAT_LOG_SECRET);
	chat_hmac_feed(&room->session_key, "session", 7);
	chat_users_init(&room->users, c->alloc);
	chat_batch_init(&room->batches[0], c->alloc);
	chat_batch_init(&room->batches[1], c->alloc);
	room->deciding = &room->batches[0];
	if (chat_refs_init(&room->refs, room->alloc, log->replay_from) < 0 ||
	    chat_room_reserve_for(room, room->limits) < 0) {
		chat_room_release(room);
		return CHAT_ERR_NOMEM;
	}
	chat_apply_recover(room);
	return CHAT_OK;
}

/* Also releases a room that is half made: each part can be released as it is
 * after memset() to 0. */
void
chat_room_release(struct chat_room *room)
{
	chat_users_release(&room->users);
	chat_refs_release(&room->refs);
	chat_batch_release(&room->batches[0]);
	chat_batch_release(&room->batches[1]);
	chat_bytes_free(room->users_frame);
	chat_alloc_free(room->alloc, room->waiters);
	chat_alloc_free(room->alloc, room->readers.all);
	chat_page_release(&room->readers.page, room->alloc);
	chat_alloc_free(room->alloc, room->scratch);
	room->store->type->free(room->store);
	memset(room, 0, sizeof(*room));
}

/* Users who leave from now on may have less time; deadlines stay in order. */
void
chat_room_configure(struct chat_room *room)
{
	uint32_t grace = room->limits->grace;

	chat_users_cap_grace(
	    &room->users, room->now.mono + (grace == CHAT_OFF ? 0 : grace));
}

void
chat_room_begin(struct chat_room *room, struct chat_time now)
{
	room->now.mono = now.mono;
	room->now.wall = chat_clock_take(&room->clock, now);
	if (room->store->type->turn != NULL)
		room->store->type->turn(room->store, room->now);
}

void
chat_room_expire(struct chat_room *room)
{
	chat_users_expire(&room->users, room->now.mono);
}

uint64_t
chat_room_deadline(const struct chat_room *room)
{
	uint64_t due = chat_users_deadline(&room->users);
	uint64_t tell = room->presence_told + CHAT_PRESENCE_INTERVAL, store;
	uint64_t read = chat_readers_deadline(room);

	if (read < due)
		due = read;
	if (room->store->type->deadline != NULL &&
	    (store = room->store->type->deadline(room->store)) < due)
		due = store;
	if (room->users.changed != NULL && tell < due)
		return tell;
	return due;
}

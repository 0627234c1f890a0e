/* The sizes of the scratch and of a page, which is written into it.  An entry
 * of the log may be longer than any frame of today, so encode and readers look
 * whether it fits.  All other frames have to fit by these sizes:
 *
 *     frame      `users` and `presence` with CHAT_USERS_PAGE names, a message
 *                of max_message bytes, a page; all others are shorter
 *     page       the longest frame, less what stands around the entries
 *     scratch    the longest frame under all limits that there were so far
 *
 * The longest frame has at least SCRATCH_USERS bytes, and max_queue is at least
 * 4 KiB, so nothing that is subtracted here makes a size negative. */
#include "state.h"

#include <string.h>

#include "err.h"
#include "frame.h"

/* A name takes at most two bytes for each of its own, if it is all quotes, and
 * two quotes and a comma around them.  1,024 bytes are enough for the rest. */
#define SCRATCH_USERS (CHAT_USERS_PAGE * (2 * CHAT_NAME_MAX + 3) + 1024)

/* The text, the ref and the recipient came within max_message bytes, escapes
 * included, and need no more in a frame.  This is for what is added: the
 * author's name, seq, time, the names of members; and for a page around it. */
#define SCRATCH_ENTRY 2048

/* Bytes around the entries of a page, at most. */
#define PAGE_OVERHEAD 128

void
chat_member_init(struct chat_member *m, uint64_t id)
{
	memset(m, 0, sizeof(*m));
	m->id = id;
	chat_queue_init(&m->queue);
}

struct chat_viewer
chat_member_viewer(const struct chat_member *m)
{
	return (struct chat_viewer){ m->window.user->hash, m->joined };
}

struct chat_member *
chat_room_member(const struct chat_room *room, uint64_t id)
{
	struct chat_member *m = room->find(room->owner, id);

	return m != NULL && chat_member_has_joined(m) ? m : NULL;
}

const struct chat_ref_key *
chat_room_pending(const struct chat_room *room, const struct chat_ref_key *key)
{
	const struct chat_ref_key *first;

	/* A send is in one of the two at most: decide asks here before it adds
	 * another one to a batch. */
	first = chat_batch_find(room->deciding, key);
	if (first == NULL && room->recording != NULL)
		first = chat_batch_find(room->recording, key);
	return first;
}

uint32_t
chat_room_page_entries(const struct chat_room *room)
{
	return room->limits->history == CHAT_OFF ? 0 : room->limits->history;
}

/* Half of the queue: a page that has just been queued must leave room for the
 * next answer (chat_conn_has_space()).  And never more than a client has to
 * accept; the scratch, where the page is put together, takes that, and only
 * grows: a page that fitted when it began still fits when it is told. */
size_t
chat_room_page_size(const struct chat_room *room)
{
	size_t space = room->limits->max_queue / 2 - PAGE_OVERHEAD;
	size_t most = chat_room_longest_page(room);

	return space < most ? space : most;
}

size_t
chat_room_longest_frame(const struct chat_limits *l)
{
	size_t entry = (size_t)l->max_message + SCRATCH_ENTRY;

	return entry > SCRATCH_USERS ? entry : SCRATCH_USERS;
}

size_t
chat_room_longest_page(const struct chat_room *room)
{
	return chat_room_longest_frame(room->limits) - CHAT_FRAME_MAX_HEADER -
	    PAGE_OVERHEAD;
}

int
chat_room_reserve_for(struct chat_room *room, const struct chat_limits *l)
{
	size_t size = chat_room_longest_frame(l);
	char *p;

	if (size <= room->scratch_size)
		return CHAT_OK;
	if ((p = chat_resize(room->alloc, room->scratch, size)) == NULL)
		return CHAT_ERR_NOMEM;
	room->scratch = p;
	room->scratch_size = size;
	return CHAT_OK;
}

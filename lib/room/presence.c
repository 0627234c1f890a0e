/* Changes are told together, so that a crowd that comes costs everybody one
 * frame and not one for each.  A user who came and went in between is told as
 * it is in the end. */
#include "presence.h"

#include "tell.h"
#include "wire/name.h"

/* The longest name in a frame: each byte a quote and escaped, two quotes around
 * it, a comma.  A name has no control characters, whose escapes are longer. */
#define NAME_IN_FRAME (2 * CHAT_NAME_MAX + 3)

struct list {
	struct chat_json_writer *w;
	uint32_t n;
	bool cut;
};

static bool
list_user(void *arg, const struct chat_user *u)
{
	struct list *list = arg;

	if (list->n == CHAT_USERS_PAGE) {
		list->cut = true;
		return false;
	}
	chat_json_write_string(list->w, chat_user_name(u));
	list->n++;
	return true;
}

void
chat_presence_write_users(
    struct chat_room *room, struct chat_json_writer *w, struct chat_str after)
{
	struct list list = { .w = w };

	chat_msg_open_users(w, room->users.present);
	chat_users_walk(&room->users, after, list_user, &list);
	chat_msg_close_users(w, !list.cut);
}

struct chat_bytes *
chat_presence_promise(struct chat_room *room)
{
	if (room->users_frame == NULL)
		room->users_frame = chat_bytes_new(room->alloc, 0);
	return room->users_frame;
}

/* Keeps the promise.  If there is no memory for it, it stays without bytes, and
 * each queue that has it is cut when its turn comes. */
static void
keep_promise(struct chat_room *room)
{
	struct chat_json_writer w;
	struct chat_str frame;

	if (room->users_frame == NULL)
		return;
	w = chat_tell_open(room);
	chat_presence_write_users(room, &w, chat_str(NULL));
	frame = chat_tell_close(room, &w);
	if (frame.p != NULL)
		(void)chat_bytes_fill(room->users_frame, frame.p, frame.n);
	chat_bytes_free(room->users_frame);
	room->users_frame = NULL;
}

/* Writes names of the first n changes: of the users that are present, or of
 * those that are not. */
static void
write_changes(
    struct chat_room *room, struct chat_json_writer *w, size_t n, bool present)
{
	const struct chat_user *u = room->users.changed;

	for (; u != NULL && n-- > 0; u = u->next_changed)
		if (u->present == present)
			chat_json_write_string(w, chat_user_name(u));
}

/* Takes those n off the list.  A user that has left was kept only so that its
 * name could be told. */
static void
take_changes(struct chat_room *room, size_t n)
{
	struct chat_user *u;

	while (n-- > 0) {
		if ((u = chat_users_next_changed(&room->users)) == NULL)
			return;
		if (!u->present)
			chat_users_forget(&room->users, u);
	}
}

/* Tells as many changes as fit an eighth of the live ring, so that a crowd that
 * goes together overruns nobody; the rest comes with the next frame.  A ring of
 * the smallest size has room for 15, so this gets somewhere each time. */
static void
tell_changes(struct chat_room *room)
{
	struct chat_json_writer w = chat_tell_open(room);
	size_t n = room->hub->live.size / 8 / NAME_IN_FRAME;

	/* More would not fit the scratch. */
	if (n > CHAT_USERS_PAGE)
		n = CHAT_USERS_PAGE;
	chat_msg_open_presence(&w, room->users.present);
	write_changes(room, &w, n, true);
	chat_msg_turn_presence(&w);
	write_changes(room, &w, n, false);
	chat_msg_close_presence(&w);
	take_changes(room, n);
	chat_hub_tell(room->hub, chat_tell_close(room, &w));
}

/* A client that has just joined finds itself in `users`, and is told that it
 * came in `presence` as well: its queue is live already.  Clients take both. */
void
chat_presence_tell(struct chat_room *room)
{
	keep_promise(room);
	if (room->users.changed != NULL &&
	    room->now.mono >= room->presence_told + CHAT_PRESENCE_INTERVAL) {
		tell_changes(room);
		room->presence_told = room->now.mono;
	}
	room->metrics->users = room->users.present;
}

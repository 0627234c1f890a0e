/* Changes are told together, so that a crowd that comes costs everybody one
 * frame and not one for each. */
#include "presence.h"

#include "tell.h"
#include "wire/name.h"

/* The longest name as a frame has it: all quotes, quoted, and a comma. */
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

/* If there is no memory to keep it, those to whom it was promised are cut by
 * their queues when its turn comes. */
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
	(void)chat_bytes_fill(room->users_frame, frame.p, frame.n);
	chat_bytes_free(room->users_frame);
	room->users_frame = NULL;
}

/* Writes the names in the first n changes: of users who are here now, or of
 * those who are not. */
static void
write_changes(
    struct chat_room *room, struct chat_json_writer *w, size_t n, bool here)
{
	const struct chat_user *u = room->users.changed;

	for (; u != NULL && n-- > 0; u = u->next_changed)
		if (u->present == here)
			chat_json_write_string(w, chat_user_name(u));
}

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

/* When everybody leaves in the same moment, those who stay hear of it in
 * several frames, each at most an eighth of the live ring, so that it overruns
 * nobody. */
static void
tell_changes(struct chat_room *room)
{
	struct chat_json_writer w = chat_tell_open(room);
	size_t n = room->hub->live.size / 8 / NAME_IN_FRAME;

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

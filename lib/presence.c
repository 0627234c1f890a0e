/* Who is here: the list for those who join, the changes for all others. */
#include "room.h"

struct list {
	struct chat_json_writer *w;
	uint32_t n;
	bool cut;
};

static void
write_name(struct chat_json_writer *w, const struct chat_user *u)
{
	char name[CHAT_NAME_MAX];
	size_t n = chat_user_name(u, name);

	chat_json_write_string(w, (struct chat_str){ name, n });
}

static bool
list_user(void *arg, const struct chat_user *u)
{
	struct list *list = arg;

	if (list->n == CHAT_USERS_PAGE) {
		list->cut = true;
		return false;
	}
	write_name(list->w, u);
	list->n++;
	return true;
}

void
chat_presence_write_users(
    struct chat_room *room, struct chat_json_writer *w, struct chat_str after)
{
	struct list list = { .w = w };

	chat_msg_open_users(w, room->users.here);
	chat_users_walk(&room->users, after, list_user, &list);
	chat_msg_close_users(w, !list.cut);
}

/* Who joins gets `users` as it is at the end of this turn, so that it is
 * encoded once for all of them. */
struct chat_bytes *
chat_presence_promise(struct chat_room *room)
{
	if (room->users_frame == NULL)
		room->users_frame = chat_bytes_new(room->alloc, 0);
	return room->users_frame;
}

/* If it cannot be kept for want of memory, those to whom it was promised are
 * cut by their queues when its turn comes. */
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

/* Names of the first changes, of those who are here or of those who are not;
 * returns how many changes were looked at. */
static void
write_changes(struct chat_room *room, struct chat_json_writer *w, bool here)
{
	const struct chat_user *u = room->users.changed;
	int n;

	for (n = 0; u != NULL && n < CHAT_USERS_PAGE; n++, u = u->next_changed)
		if (u->here == here)
			write_name(w, u);
}

static void
take_changes(struct chat_room *room)
{
	struct chat_user *u;
	int n;

	for (n = 0; n < CHAT_USERS_PAGE; n++) {
		if ((u = chat_users_next_changed(&room->users)) == NULL)
			return;
		if (!u->here)
			chat_users_forget(&room->users, u);
	}
}

static void
tell_changes(struct chat_room *room)
{
	struct chat_json_writer w = chat_tell_open(room);

	chat_msg_open_presence(&w, room->users.here);
	write_changes(room, &w, true);
	chat_msg_turn_presence(&w);
	write_changes(room, &w, false);
	chat_msg_close_presence(&w);
	take_changes(room);
	chat_hub_tell(&room->hub, chat_tell_close(room, &w));
}

void
chat_presence_tell(struct chat_room *room)
{
	keep_promise(room);
	if (room->users.changed != NULL &&
	    room->now.mono >= room->told + CHAT_PRESENCE_INTERVAL) {
		tell_changes(room);
		room->told = room->now.mono;
	}
	room->metrics->users = room->users.here;
}

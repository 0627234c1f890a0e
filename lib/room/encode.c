/* Written once, at the moment of its recording, and from then on only bytes. */
#include "encode.h"

#include "err.h"
#include "frame.h"
#include "tell.h"

struct chat_str
chat_encode_frame(struct chat_room *room, const struct chat_entry *e)
{
	struct chat_json_writer w = chat_tell_open(room);

	if (e->is_withheld)
		return CHAT_STR("");
	chat_msg_write_entry(&w, e);
	return w.n <= w.cap ? chat_tell_close(room, &w) : CHAT_STR("");
}

/* Does it count as a message, where somebody asks for the last n of them? */
static bool
is_counted(const struct chat_entry *e)
{
	switch (e->kind) {
	case CHAT_ENTRY_MESSAGE:
		return !e->is_private;
	}
	return false;
}

struct chat_past_entry
chat_encode_place(const struct chat_entry *e)
{
	struct chat_past_entry place = { .seq = e->seq,
		.messages = is_counted(e) };

	if (!e->is_private)
		return place;
	place.kind = e->is_withheld ? CHAT_PAST_WITHHELD : CHAT_PAST_PRIVATE;
	place.user[0] = e->user[0];
	place.user[1] = e->user[1];
	return place;
}

/* An entry is written once, when it has been recorded; from then on the rings
 * hold it as bytes that nobody looks into. */
#include "encode.h"

#include "frame.h"
#include "tell.h"

struct chat_str
chat_encode_frame(struct chat_room *room, const struct chat_entry *e)
{
	struct chat_json_writer w = chat_tell_open(room);

	if (e->is_withheld)
		return chat_str(NULL);
	chat_msg_write_entry(&w, e);
	return chat_tell_close(room, &w);
}

size_t
chat_encode_size(const struct chat_entry *e)
{
	struct chat_json_writer w = { .p = NULL };

	chat_msg_write_entry(&w, e);
	return chat_frame_header_size(w.n, false) + w.n;
}

/* Does the entry count when somebody asks for the last n messages?  A private
 * one does not: most viewers could not see it. */
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

	/* CHAT_PAST_PUBLIC is 0. */
	if (!e->is_private)
		return place;
	place.kind = e->is_withheld ? CHAT_PAST_WITHHELD : CHAT_PAST_PRIVATE;
	place.user[0] = e->user[0];
	place.user[1] = e->user[1];
	return place;
}

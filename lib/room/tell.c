/* Bytes that are queued for one member are spent from the turn's budget, so
 * that a turn ends even if answers are much longer than requests. */
#include "tell.h"

#include "frame.h"

struct chat_json_writer
chat_tell_open(struct chat_room *room)
{
	return (struct chat_json_writer){
		.p = room->scratch + CHAT_FRAME_MAX_HEADER,
		.cap = room->scratch_size - CHAT_FRAME_MAX_HEADER,
	};
}

struct chat_str
chat_tell_close(struct chat_room *room, const struct chat_json_writer *w)
{
	struct chat_str text = chat_json_text(w);
	struct chat_frame f = {
		.opcode = CHAT_OP_TEXT, .fin = true, .length = text.n
	};
	/* The header ends where the JSON begins. */
	size_t size = chat_frame_header_size(text.n, false);
	char *start = room->scratch + CHAT_FRAME_MAX_HEADER - size;

	if (text.p == NULL)
		return text;
	chat_frame_write((unsigned char *)start, &f);
	return (struct chat_str){ start, size + text.n };
}

/* bytes are absent if a frame did not fit.  A client that missed it would take
 * a part for the whole, so its connection is cut, as when there is no memory.
 */
void
chat_tell_bytes(
    struct chat_room *room, struct chat_member *m, struct chat_str bytes)
{
	chat_budget_spend(room->budget, bytes.n);
	if (bytes.p != NULL)
		chat_queue_copy(&m->queue, room->hub, bytes);
	else
		chat_queue_cut(&m->queue, room->hub);
}

void
chat_tell(struct chat_room *room, struct chat_member *m,
    const struct chat_json_writer *w)
{
	chat_tell_bytes(room, m, chat_tell_close(room, w));
}

static void
tell_error(struct chat_room *room, struct chat_member *m,
    enum chat_msg_code code, struct chat_str message, struct chat_str ref,
    uint64_t retry_after)
{
	struct chat_json_writer w = chat_tell_open(room);

	room->metrics->errors[code]++;
	chat_msg_write_error(&w, code, message, ref, retry_after);
	chat_tell(room, m, &w);
}

void
chat_tell_error(struct chat_room *room, struct chat_member *m,
    enum chat_msg_code code, struct chat_str ref, uint64_t retry_after)
{
	tell_error(room, m, code, chat_str(NULL), ref, retry_after);
}

void
chat_tell_refusal(struct chat_room *room, struct chat_member *m,
    enum chat_msg_code code, const struct chat_msg *msg)
{
	tell_error(room, m, code, msg->wrong, msg->ref, 0);
}

void
chat_tell_ack(struct chat_room *room, struct chat_member *m,
    struct chat_str ref, uint64_t seq, uint64_t time, bool duplicate)
{
	struct chat_json_writer w = chat_tell_open(room);

	if (duplicate)
		room->metrics->traffic.duplicates++;
	chat_msg_write_ack(&w, ref, seq, time, duplicate);
	chat_tell(room, m, &w);
}

void
chat_tell_bye(struct chat_room *room, struct chat_member *m,
    struct chat_str reason, uint64_t retry_after)
{
	struct chat_json_writer w = chat_tell_open(room);

	chat_msg_write_bye(&w, reason, retry_after);
	chat_tell(room, m, &w);
}

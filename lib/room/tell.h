/*
 * tell: frames to one member.
 *
 *     scratch:  [ room for a header | JSON ................ ]
 *                         [ header  | JSON ] = the frame
 *
 * One frame at a time is written into the scratch, after room for its header,
 * whose size depends on what follows.  Called by the files of the room, and by
 * core for what it says itself.  Not here: what a frame says (msg.h), and what
 * everybody is told (ring/hub.h).
 */
#ifndef CHAT_ROOM_TELL_H
#define CHAT_ROOM_TELL_H

#include "state.h"

/* open returns a writer, and close the whole frame of what was written, in the
 * scratch until the next open.  A frame that does not fit is absent; all within
 * the limits fit, see chat_room_longest_frame(). */
struct chat_json_writer chat_tell_open(struct chat_room *room);
struct chat_str chat_tell_close(
    struct chat_room *room, const struct chat_json_writer *w);

/* These queue something for a member, or for a connection that has not joined:
 * bytes as they are; what was written; or a frame that is needed often. */
void chat_tell_bytes(
    struct chat_room *room, struct chat_member *m, struct chat_str bytes);
void chat_tell(struct chat_room *room, struct chat_member *m,
    const struct chat_json_writer *w);
void chat_tell_error(struct chat_room *room, struct chat_member *m,
    enum chat_msg_code code, struct chat_str ref, uint64_t retry_after);
/* The error for a message that could not be read. */
void chat_tell_refusal(struct chat_room *room, struct chat_member *m,
    enum chat_msg_code code, const struct chat_msg *msg);
void chat_tell_ack(struct chat_room *room, struct chat_member *m,
    struct chat_str ref, uint64_t seq, uint64_t time, bool duplicate);
void chat_tell_bye(struct chat_room *room, struct chat_member *m,
    struct chat_str reason, uint64_t retry_after);

#endif

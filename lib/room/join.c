/* A window is sent the live ring from the moment that its queue goes live.  The
 * replay is queued in the same call and ends with the newest entry there is, so
 * no entry is left out between the two, and none comes twice. */
#include "join.h"

#include <string.h>

#include "code/base64.h"
#include "keys.h"
#include "presence.h"
#include "tell.h"
#include "wire/name.h"

/* The part of the log that a joining member is sent. */
struct replay {
	uint64_t first, end; /* ordinals */
	uint64_t from;       /* seq */
	bool resumed, gap;
};

/* Takes up the session of the token that the client gives: into *t; false: it
 * gives none that is good.  A token is good until its session has lasted too
 * long.  One that says that it was made later than now is from before a
 * restart, when the clock was ahead: that makes its session longer, but not
 * without end.  One that was made after the end of the log is from a log that
 * this one has replaced, as when a backup was put back. */
static bool
resume_session(
    struct chat_room *room, struct chat_token *t, const struct chat_join *join)
{
	uint64_t now = room->now.wall, age;

	if (join->session.p == NULL ||
	    chat_token_parse(t, join->session.p, join->session.n, join->name.p,
		join->name.n, room->store->log.secret) < 0)
		return false;
	age = now > t->time ? now - t->time : t->time - now;
	return t->seq <= room->seq &&
	    (room->limits->session_lifetime == CHAT_OFF ||
		age <= room->limits->session_lifetime);
}

/* Begins a session.  Its id is a keyed hash of a counter: nobody can tell the
 * next one, and no randomness is asked of the system.  The key is that of this
 * start, so the counter may begin at 0 each time. */
static void
begin_session(struct chat_room *room, struct chat_token *t)
{
	struct chat_hmac h = room->session_key;
	unsigned char out[CHAT_SHA256_SIZE];

	chat_hmac_feed(&h, &room->sessions, sizeof(room->sessions));
	chat_hmac_finish(&h, out);
	room->sessions++;
	memcpy(t->id, out, sizeof(t->id));
	t->seq = room->seq;
	t->time = room->now.wall;
}

/* Nobody is sent more in a frame than `welcome` lets expect: what was said
 * under greater limits than today's is passed over, with all before it, as if
 * the room held no more. */
static void
pass_long_frames(const struct chat_room *room, struct replay *r,
    const struct chat_viewer *viewer)
{
	size_t most = chat_room_longest_frame(room->limits);
	const struct chat_past_entry *e;
	uint64_t o;

	if (room->scratch_size == most)
		return; /* the limits were never greater */
	for (o = r->end; o > r->first; o--) {
		e = chat_past_entry(&room->hub->past, o - 1);
		if (e->size <= most || !chat_past_shows(e, viewer))
			continue;
		r->first = o;
		r->from = e->seq + 1;
		r->gap = true;
		return;
	}
}

static struct replay
replay_of(const struct chat_room *room, const struct chat_join *join,
    const struct chat_viewer *viewer, bool resumed)
{
	const struct chat_past *past = &room->hub->past;
	struct replay r = { .end = past->end, .resumed = resumed };
	uint64_t n = chat_room_page_entries(room);

	/* The session goes on where the client was: all that it may see since
	 * then and that is still held. */
	if (resumed && join->has_after && join->after <= room->seq) {
		r.from = join->after + 1;
		r.gap = chat_past_misses(past, viewer, join->after);
		if (r.from < past->horizon)
			r.from = past->horizon;
		r.first = chat_past_find(past, r.from);
		pass_long_frames(room, &r, viewer);
		return r;
	}
	/* Otherwise the client gets the latest messages. */
	if (join->has_history && join->history < n)
		n = join->history;
	else if (!join->has_history && CHAT_JOIN_HISTORY < n)
		n = CHAT_JOIN_HISTORY;
	r.first = n == 0 ? past->end : chat_past_last(past, n);
	r.from = r.first == past->end ? room->seq + 1
				      : chat_past_entry(past, r.first)->seq;
	pass_long_frames(room, &r, viewer);
	/* Without a session, or at a number that the log never had, nobody can
	 * tell what was missed. */
	r.gap = join->has_after;
	return r;
}

static void
welcome(
    struct chat_room *room, struct chat_member *m, const struct chat_token *t)
{
	const struct chat_limits *l = room->limits;
	struct chat_json_writer w = chat_tell_open(room);
	char session[CHAT_TOKEN_SIZE], by[CHAT_BY];
	struct chat_str shown = chat_user_name(m->window.user);

	chat_token_write(session, t, shown.p, shown.n, room->store->log.secret);
	chat_base64_write(by, t->id, sizeof(t->id), CHAT_BASE64_URL);
	chat_msg_write_welcome(&w,
	    &(struct chat_msg_welcome){
		.name = shown,
		.session = { session, sizeof(session) },
		.by = { by, sizeof(by) },
		.server = room->server,
		.time = room->now.wall,
		.text = l->max_text,
		.message = l->max_message,
		.name_max = CHAT_NAME_MAX_CODE_POINTS,
		.ref = CHAT_MAX_REF,
		.history = chat_room_page_entries(room),
		.rate = l->message_rate,
		.burst = l->message_burst,
	    });
	chat_tell(room, m, &w);
}

static void
sync(struct chat_room *room, struct chat_member *m, const struct replay *r)
{
	struct chat_json_writer w = chat_tell_open(room);
	const struct chat_log_info *log = &room->store->log;

	chat_msg_write_sync(&w,
	    &(struct chat_msg_sync){
		.log = { log->name, sizeof(log->name) },
		.from = r->from,
		.to = room->seq,
		.refs_from = chat_refs_from(&room->refs),
		.resumed = r->resumed,
		.gap = r->gap,
	    });
	chat_tell(room, m, &w);
}

static void
count(struct chat_room *room, bool resumed)
{
	room->metrics->windows++;
	/* Everybody will be told the name in `presence`. */
	chat_budget_spend(room->budget, 2 * CHAT_NAME_MAX);
	if (resumed)
		room->metrics->resumes++;
	else
		room->metrics->joins++;
}

enum chat_msg_code
chat_room_join(
    struct chat_room *room, struct chat_member *m, const struct chat_join *join)
{
	struct chat_bytes *users;
	struct chat_viewer viewer;
	struct chat_token t;
	struct replay r;
	bool resumed;

	/* All that can fail comes first, users_join() last: nothing has to be
	 * undone.  A promise that nobody is given is kept and then freed. */
	if (chat_name_check(join->name.p, join->name.n) < 0)
		return CHAT_BAD_NAME;
	if ((users = chat_presence_promise(room)) == NULL ||
	    chat_users_join(&room->users, &m->window, join->name,
		chat_keys_name(room, join->name)) < 0)
		return CHAT_FULL;
	if (!(resumed = resume_session(room, &t, join)))
		begin_session(room, &t);
	memcpy(m->session, t.id, sizeof(m->session));
	m->joined = t.seq;
	viewer = chat_member_viewer(m);
	r = replay_of(room, join, &viewer, resumed);
	/* Here the replay ends and the live ring begins.  If there is no memory
	 * to queue one of these frames, the queue is cut. */
	chat_queue_go_live(&m->queue, room->hub);
	welcome(room, m, &t);
	sync(room, m, &r);
	if (r.first < r.end)
		chat_queue_replay(
		    &m->queue, room->hub, r.first, r.end, &viewer);
	chat_queue_share(&m->queue, room->hub, users);
	count(room, resumed);
	return CHAT_MSG_OK;
}

void
chat_room_leave(struct chat_room *room, struct chat_member *m)
{
	uint32_t grace = room->limits->grace;

	if (!chat_member_has_joined(m))
		return;
	room->metrics->windows--;
	chat_users_leave(&room->users, &m->window,
	    room->now.mono + (grace == CHAT_OFF ? 0 : grace));
}

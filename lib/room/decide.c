/* A message passes its checks in this order: is it a retry, is it within the
 * rates, is its recipient here, can it be recorded.  The first one comes first
 * so that a retry gets the answer of the first try, whatever has changed since:
 * a message that is in the log is never refused later as too fast, or because
 * the recipient has left. */
#include "decide.h"

#include "code/base64.h"
#include "encode.h"
#include "history.h"
#include "keys.h"
#include "presence.h"
#include "tell.h"
#include "waiters.h"
#include "wire/name.h"

/* Answers a send that is in the log or on its way there; false: it is a new
 * one.  While the first try is on its way nobody knows whether it will get
 * there, so the retry waits for the same answer from the store. */
static bool
answer_retry(
    struct chat_room *room, struct chat_member *m, const struct chat_entry *e)
{
	const struct chat_ref *ref = chat_refs_find(&room->refs, &e->key);
	const struct chat_ref_key *first;

	first = ref != NULL ? &ref->key : chat_room_pending(room, &e->key);
	if (first == NULL)
		return false;
	if (!chat_keys_match(room, e, first, ref != NULL ? ref->seq : 0))
		chat_tell_error(room, m, CHAT_REF_USED, e->ref, 0);
	else if (ref != NULL)
		chat_tell_ack(room, m, e->ref, ref->seq, ref->time, true);
	else if (!chat_waiters_add(room, m->id, e->ref, &e->key))
		chat_tell_error(room, m, CHAT_STORAGE, e->ref, 0);
	return true;
}

/* How much one connection, or one address, may send. */
struct allowance {
	uint32_t rate, burst;           /* messages */
	uint32_t byte_rate, byte_burst; /* bytes of them */
};

/* Takes a message of that many bytes.  Returns 0, or the ms after which to try
 * again; then the rates mean nothing. */
static uint32_t
take(struct chat_rates *r, const struct allowance *a, size_t size, uint64_t now)
{
	uint32_t count = chat_rate_take(&r->count, a->rate, a->burst, now);
	uint32_t bytes =
	    chat_rate_pause(&r->bytes, a->byte_rate, a->byte_burst, now);

	chat_rate_spend(&r->bytes, size, a->byte_rate, now);
	return count > bytes ? count : bytes;
}

/* Takes a message from the rates of the connection and of its address, or from
 * none of them: copies are taken from, and put back only if all had one.
 * Returns 0, or the ms after which to try again. */
static uint32_t
take_rates(struct chat_room *room, struct chat_member *m, size_t size)
{
	const struct chat_limits *l = room->limits;
	const struct allowance one = { l->message_rate, l->message_burst,
		l->text_rate, l->text_burst };
	const struct allowance every = { l->message_rate_per_address,
		l->message_burst_per_address, l->text_rate_per_address,
		l->text_burst_per_address };
	struct chat_rates own = m->messages, all = { { 0 }, { 0 } };
	uint32_t pause, other = 0;

	pause = take(&own, &one, size, room->now.mono);
	if (m->address != NULL) {
		all = m->address->messages;
		other = take(&all, &every, size, room->now.mono);
	}
	if (pause > 0 || other > 0)
		return pause > other ? pause : other;
	m->messages = own;
	if (m->address != NULL)
		m->address->messages = all;
	return 0;
}

/* Is there a user of that name to receive it?  *name becomes the name as it is
 * shown.  After a restart, users who are still on their way back count as here
 * although they are not found; then *name stays as the sender wrote it. */
static enum chat_msg_code
find_recipient(struct chat_room *room, struct chat_str *name)
{
	const struct chat_user *u;

	if (chat_name_check(name->p, name->n) < 0)
		return CHAT_BAD_NAME;
	u = chat_users_find(&room->users, *name);
	if (u == NULL)
		return room->now.mono < room->returning_until ? CHAT_MSG_OK
							      : CHAT_OFFLINE;
	*name = chat_user_name(u);
	return CHAT_MSG_OK;
}

/* Makes the entry private to its author and its recipient. */
static enum chat_msg_code
make_private(
    struct chat_room *room, struct chat_member *m, struct chat_entry *e)
{
	enum chat_msg_code code = find_recipient(room, &e->to);

	if (code != CHAT_MSG_OK)
		return code;
	e->is_private = true;
	e->user[0] = m->window.user->hash;
	e->user[1] = chat_keys_name(room, e->to);
	return CHAT_MSG_OK;
}

/* Adds the entry to the batch, which copies its strings. */
static enum chat_msg_code
put(struct chat_room *room, struct chat_member *m, struct chat_record *r)
{
	struct chat_entry *e = &r->entry;
	enum chat_msg_code code;

	if (e->to.p != NULL && (code = make_private(room, m, e)) != CHAT_MSG_OK)
		return code;
	if (!room->store->type->is_writable(room->store) ||
	    chat_batch_append(room->deciding, r) < 0)
		return CHAT_STORAGE;
	/* The other strings were counted with their escapes when they came, and
	 * never need more of them in a frame.  The author's name is added here;
	 * each of its bytes may need an escape. */
	chat_budget_spend(room->budget, CHAT_ENTRY_OVERHEAD + 2 * e->from.n);
	return CHAT_MSG_OK;
}

/* Bytes that the entry will have as a frame, with the number and the time that
 * it would get now. */
static size_t
size_of(const struct chat_room *room, struct chat_entry e)
{
	e.seq = room->seq + 1;
	e.time = room->now.wall;
	return chat_encode_size(&e);
}

static void
say(struct chat_room *room, struct chat_member *m, const struct chat_msg *msg)
{
	struct chat_record r = { .asker = m->id,
		.entry = { .kind = CHAT_ENTRY_MESSAGE,
		    .to = msg->to,
		    .ref = msg->ref,
		    .text = msg->text } };
	enum chat_msg_code code;
	char by[CHAT_BY];
	uint32_t pause;

	/* The key is that of the strings as the client sent them: put() may
	 * spell the recipient in another way. */
	r.entry.key = chat_keys_of(room, m, &r.entry);
	if (answer_retry(room, m, &r.entry))
		return;
	r.entry.from = chat_user_name(m->window.user);
	chat_base64_write(by, m->session, sizeof(m->session), CHAT_BASE64_URL);
	r.entry.by = (struct chat_str){ by, sizeof(by) };
	pause = take_rates(room, m, size_of(room, r.entry));
	if (pause > 0) {
		chat_tell_error(room, m, CHAT_RATE_LIMITED, msg->ref, pause);
		return;
	}
	code = put(room, m, &r);
	if (code != CHAT_MSG_OK) {
		chat_tell_error(room, m, code, msg->ref, 0);
		return;
	}
	/* Clients take the message as the end of typing, so the next `typing`
	 * is news, even within the interval. */
	m->typing = false;
	m->typed = 0;
}

/* Tells the windows of a user that keep up.  The others can do without: it is
 * over by the time that they would read it. */
static void
show_typing(
    struct chat_room *room, const struct chat_user *u, struct chat_str frame)
{
	struct chat_window *w;
	struct chat_member *m;

	for (w = chat_user_window(u); w != NULL; w = chat_window_next(w)) {
		m = CHAT_OBJECT(w, struct chat_member, window);
		if (!m->queue.blocked)
			chat_tell_bytes(room, m, frame);
	}
}

/* Is `typing` to be passed on?  It is when it begins, now and then while it
 * lasts, and when it ends. */
static bool
is_typing_news(struct chat_room *room, struct chat_member *m, bool active)
{
	if (!active && !m->typing)
		return false;
	if (active && m->typed != 0 &&
	    room->now.mono < m->typed + CHAT_TYPING_INTERVAL)
		return false;
	m->typing = active;
	if (active)
		m->typed = room->now.mono;
	return true;
}

static void
tell_typing(
    struct chat_room *room, struct chat_member *m, const struct chat_msg *msg)
{
	struct chat_json_writer w;
	const struct chat_user *to = NULL;
	struct chat_str shown = { NULL, 0 }, frame;

	/* It is not worth an error if nobody of that name is here. */
	if (msg->to.p != NULL) {
		to = chat_users_find(&room->users, msg->to);
		if (to == NULL)
			return;
		shown = chat_user_name(to);
	}
	if (!is_typing_news(room, m, msg->active))
		return;
	w = chat_tell_open(room);
	chat_msg_write_typing(
	    &w, chat_user_name(m->window.user), shown, msg->active);
	frame = chat_tell_close(room, &w);
	if (to == NULL) {
		chat_budget_spend(room->budget, frame.n);
		chat_hub_tell(room->hub, frame);
		return;
	}
	/* The author's windows show it as well.  The frame stays good, as
	 * chat_tell_bytes() does not write to the scratch. */
	show_typing(room, m->window.user, frame);
	if (to != m->window.user)
		show_typing(room, to, frame);
}

static void
list_users(
    struct chat_room *room, struct chat_member *m, const struct chat_msg *msg)
{
	struct chat_json_writer w = chat_tell_open(room);

	chat_presence_write_users(room, &w, msg->after);
	chat_tell(room, m, &w);
}

static void
pong(struct chat_room *room, struct chat_member *m, const struct chat_msg *msg)
{
	struct chat_json_writer w = chat_tell_open(room);

	chat_msg_write_pong(&w, msg->ref, room->now.wall, room->seq);
	chat_tell(room, m, &w);
}

static void
answer(
    struct chat_room *room, struct chat_member *m, const struct chat_msg *msg)
{
	uint32_t pause = 0;

	/* Messages have rates of their own, which say() takes from when it is
	 * clear that this is not a retry. */
	if (msg->type != CHAT_MSG_MESSAGE)
		pause = chat_rate_take(&m->requests, room->limits->request_rate,
		    room->limits->request_burst, room->now.mono);
	if (pause > 0) {
		chat_tell_error(room, m, CHAT_RATE_LIMITED, msg->ref, pause);
		return;
	}
	switch (msg->type) {
	case CHAT_MSG_MESSAGE:
		say(room, m, msg);
		return;
	case CHAT_MSG_TYPING:
		tell_typing(room, m, msg);
		return;
	case CHAT_MSG_HISTORY:
		chat_history_tell(room, m, msg);
		return;
	case CHAT_MSG_USERS:
		list_users(room, m, msg);
		return;
	case CHAT_MSG_PING:
		pong(room, m, msg);
		return;
	}
}

/* A text that was refused before it was read counts as a request. */
static bool
may_err(struct chat_room *room, struct chat_member *m)
{
	return chat_rate_take(&m->requests, room->limits->request_rate,
		   room->limits->request_burst, room->now.mono) == 0;
}

bool
chat_room_say(struct chat_room *room, struct chat_member *m, char *p, size_t n)
{
	const struct chat_msg_limits limits = { .text = room->limits->max_text,
		.ref = CHAT_MAX_REF,
		.history = chat_room_page_entries(room) };
	struct chat_msg msg;
	enum chat_msg_code code = chat_msg_parse(&msg, p, n, &limits);

	if (code == CHAT_MSG_OK) {
		answer(room, m, &msg);
		return true;
	}
	chat_tell_refusal(room, m, code, &msg);
	return may_err(room, m);
}

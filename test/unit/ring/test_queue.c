/* Tests of queue: each connection is sent its bytes, all of them, in order, or
 * is cut.  First one rule at a time, then all of them against a list of what
 * each reader has to get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "failing_alloc.h"
#include "ring/queue.h"
#include "random.h"

enum { LIVE = 4096, PAST = 8192, ALL = 1 << 20 };

/* Sees what is public, and what is of user 1. */
static const struct chat_viewer viewer = { 1, 0 };

static void
tell(struct chat_hub *h, const char *s)
{
	chat_hub_tell(h, chat_str(s));
}

static void
copy(struct chat_queue *q, struct chat_hub *h, const char *s)
{
	chat_queue_copy(q, h, chat_str(s));
}

/* Appends an entry: public, or private to two users. */
static void
past_append(struct chat_past *p, uint64_t seq, struct chat_str frame,
    const uint64_t *user)
{
	struct chat_past_entry e = { .seq = seq };

	if (user != NULL) {
		e.kind = CHAT_PAST_PRIVATE;
		memcpy(e.user, user, sizeof(e.user));
	}
	chat_past_append(p, &e, frame);
}

/* Appends an entry, of users or public, and returns its ordinal. */
static uint64_t
log_entry(struct chat_hub *h, const char *s, uint64_t from, uint64_t to)
{
	uint64_t user[2] = { from, to };

	past_append(
	    &h->past, h->past.end + 1, chat_str(s), from == 0 ? NULL : user);
	return h->past.end - 1;
}

/* Takes the next bytes, at most most in cap pieces, as a string of at most 999
 * bytes.  Nothing of it is sent. */
static const char *
peek(struct chat_queue *q, struct chat_hub *h, size_t cap, size_t most)
{
	static char got[1000];
	struct chat_str pieces[50];
	size_t n, i, len = 0;

	n = chat_queue_output(q, h, pieces, cap, most);
	assert_true(n <= cap);
	for (i = 0; i < n; i++) {
		assert_true(pieces[i].n > 0);
		assert_true(pieces[i].n <= most);
		most -= pieces[i].n;
		assert_true(len + pieces[i].n < sizeof(got));
		memcpy(got + len, pieces[i].p, pieces[i].n);
		len += pieces[i].n;
	}
	got[len] = '\0';
	return got;
}

/* The same, and that many bytes are sent. */
static void
send_bytes(struct chat_queue *q, struct chat_hub *h, size_t n)
{
	assert_true(strlen(peek(q, h, 50, ALL)) >= n);
	chat_queue_sent(q, h, n);
}

/* The bytes to be sent are those of s, and they are sent. */
static void
assert_sends(struct chat_queue *q, struct chat_hub *h, const char *s)
{
	assert_string_equal(peek(q, h, 50, ALL), s);
	assert_false(q->cut);
	chat_queue_sent(q, h, strlen(s));
	assert_true(chat_queue_is_empty(q, h));
	assert_string_equal(peek(q, h, 50, ALL), "");
}

static void
assert_cut(struct chat_queue *q, struct chat_hub *h)
{
	assert_string_equal(peek(q, h, 50, ALL), "");
	assert_true(q->cut);
}

static bool
contains(const struct chat_link *list, const struct chat_queue *q)
{
	const struct chat_link *l;

	for (l = list->next; l != list; l = l->next)
		if (l == &q->link)
			return true;
	return false;
}

/* A hub with its heap and a queue, for each test. */
struct hub {
	struct chat_hub hub;
	struct failing_alloc heap;
	struct chat_queue q;
};

static int
setup(void **state)
{
	static struct hub hub;

	failing_alloc_init(&hub.heap, 0);
	assert_int_equal(
	    chat_hub_init(&hub.hub, &hub.heap.alloc, LIVE, PAST, 0), CHAT_OK);
	chat_queue_init(&hub.q);
	*state = &hub;
	return 0;
}

static int
teardown(void **state)
{
	struct hub *hub = *state;

	chat_queue_release(&hub->q, &hub->hub);
	assert_true(chat_link_is_alone(&hub->hub.ready));
	chat_hub_release(&hub->hub);
	failing_alloc_check(&hub->heap);
	return 0;
}

/*
 * Order
 */

static void
new_one_has_nothing_to_send(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	assert_true(chat_queue_is_empty(q, h));
	assert_string_equal(peek(q, h, 50, ALL), "");
	tell(h, "not for those who are not live");
	assert_true(chat_queue_is_empty(q, h));
	assert_string_equal(peek(q, h, 50, ALL), "");
	assert_false(chat_queue_is_overrun(q, h));
}

static void
live_is_heard_from_the_moment_on(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	tell(h, "before ");
	chat_queue_go_live(q, h);
	assert_true(chat_queue_is_empty(q, h));
	tell(h, "one ");
	tell(h, "two ");
	assert_false(chat_queue_is_empty(q, h));
	assert_sends(q, h, "one two ");
	tell(h, "three ");
	assert_sends(q, h, "three ");
}

static void
chunks_go_out_where_they_were_queued(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	struct chat_bytes *b = chat_bytes_new(h->alloc, 6);

	memcpy(b->p, "share ", 6);
	tell(h, "no ");
	copy(q, h, "copy ");
	tell(h, "no ");
	chat_queue_static(q, h, CHAT_STR("static "));
	chat_queue_go_live(q, h);
	tell(h, "live1 ");
	chat_queue_share(q, h, b);
	chat_bytes_free(b);
	tell(h, "live2 ");
	tell(h, "live3 ");
	chat_queue_past(q, h, log_entry(h, "past ", 1, 2));
	copy(q, h, "copy ");
	tell(h, "live4 ");
	chat_queue_replay(q, h, 0, h->past.end, &viewer);
	assert_sends(
	    q, h, "copy static live1 share live2 live3 past copy live4 past ");
}

/* Bytes that were copied may change, and shared ones lose their other owner. */
static void
bytes_are_the_queues_own(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	struct chat_bytes *b = chat_bytes_new(h->alloc, 3);
	char text[] = "abc";

	memcpy(b->p, "def", 3);
	chat_queue_copy(q, h, (struct chat_str){ text, 3 });
	chat_queue_share(q, h, b);
	chat_bytes_free(b);
	memset(text, 'x', 3);
	assert_sends(q, h, "abcdef");
}

static void
replay_leaves_out_what_is_not_for_the_viewer(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	log_entry(h, "no ", 2, 3);
	log_entry(h, "a ", 0, 0);
	log_entry(h, "b ", 0, 0);
	log_entry(h, "no ", 2, 3);
	log_entry(h, "no ", 3, 2);
	log_entry(h, "to1 ", 3, 1);
	log_entry(h, "from1 ", 1, 3);
	log_entry(h, "no ", 3, 3);
	chat_queue_replay(q, h, 0, h->past.end, &viewer);
	log_entry(h, "later ", 0, 0);
	copy(q, h, "then ");
	assert_sends(q, h, "a b to1 from1 then ");
	chat_queue_replay(q, h, 2, 3, &viewer);
	chat_queue_replay(q, h, 5, 6, &viewer);
	assert_sends(q, h, "b to1 ");
}

/* Entries in a row are one piece, so that they are not sent one by one. */
static void
replay_goes_out_in_runs(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	struct chat_str pieces[9];
	int i;

	for (i = 0; i < 200; i++)
		log_entry(h, "0123456789", i == 100 ? 2 : 0, 2);
	chat_queue_replay(q, h, 0, h->past.end, &viewer);
	assert_int_equal(chat_queue_output(q, h, pieces, 9, ALL), 2);
	assert_int_equal(pieces[0].n, 1000);
	assert_int_equal(pieces[1].n, 990);
	/* Around the end of the ring it is one piece more. */
	for (i = 0; i < 700; i++)
		log_entry(h, "0123456789", 0, 0);
	chat_queue_release(q, h);
	chat_queue_replay(q, h, h->past.end - 200, h->past.end, &viewer);
	assert_in_range(chat_queue_output(q, h, pieces, 9, ALL), 1, 2);
}

/* Otherwise the core would try to flush it again and again. */
static void
nothing_to_see_leaves_it_empty(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	log_entry(h, "no ", 2, 3);
	log_entry(h, "no ", 3, 2);
	chat_queue_replay(q, h, 0, 2, &viewer);
	assert_sends(q, h, "");
	chat_queue_replay(q, h, 1, 1, &viewer);
	copy(q, h, "");
	chat_queue_static(q, h, CHAT_STR(""));
	assert_sends(q, h, "");
	chat_queue_go_live(q, h);
	chat_queue_replay(q, h, 0, 2, &viewer);
	assert_string_equal(peek(q, h, 50, ALL), "");
	assert_true(chat_queue_is_empty(q, h));
	tell(h, "live ");
	assert_sends(q, h, "live ");
}

/*
 * Portions
 */

/* Queues one of each kind. */
static void
queue_all(struct chat_queue *q, struct chat_hub *h)
{
	struct chat_bytes *b = chat_bytes_new(h->alloc, 0);
	uint64_t first = log_entry(h, "log1 ", 0, 0);

	log_entry(h, "no ", 2, 3);
	log_entry(h, "log2 ", 1, 2);
	chat_queue_go_live(q, h);
	copy(q, h, "a ");
	chat_queue_replay(q, h, first, h->past.end, &viewer);
	chat_queue_share(q, h, b);
	tell(h, "li");
	tell(h, "ve ");
	chat_queue_static(q, h, CHAT_STR("c "));
	chat_queue_past(q, h, first);
	assert_int_equal(chat_bytes_fill(b, "b ", 2), CHAT_OK);
	chat_bytes_free(b);
}

static const char all[] = "a log1 log2 b live c log1 ";

static void
any_part_may_be_sent(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	size_t first, second, n = strlen(all);

	for (first = 0; first <= n; first++)
		for (second = 0; second <= n - first; second++) {
			queue_all(q, h);
			send_bytes(q, h, first);
			assert_string_equal(peek(q, h, 50, ALL), all + first);
			send_bytes(q, h, second);
			assert_sends(q, h, all + first + second);
		}
}

static void
output_keeps_to_its_bounds(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	struct chat_str pieces[20];
	const char *got;
	size_t cap, most, n;

	queue_all(q, h);
	n = chat_queue_output(q, h, pieces, 20, ALL);
	for (most = 0; most <= strlen(all); most++) {
		got = peek(q, h, 20, most);
		assert_int_equal(strlen(got), most);
		assert_memory_equal(got, all, most);
	}
	for (cap = 0; cap <= n; cap++) {
		assert_int_equal(
		    chat_queue_output(q, h, pieces, cap, ALL), cap);
		got = peek(q, h, cap, ALL);
		assert_memory_equal(got, all, strlen(got));
	}
	assert_sends(q, h, all);
}

/* More may come between asking and sending. */
static void
output_changes_nothing(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	queue_all(q, h);
	peek(q, h, 50, ALL);
	copy(q, h, "more ");
	tell(h, "and more");
	chat_queue_sent(q, h, strlen(all));
	assert_sends(q, h, "more and more");
}

/*
 * Losing
 */

/* Appends that many bytes to the live ring. */
static void
tell_bytes(struct chat_hub *h, size_t n)
{
	static const char bytes[LIVE];

	assert_true(n <= LIVE);
	chat_hub_tell(h, (struct chat_str){ bytes, n });
}

static void
live_overruns_a_lag_of_more_than_the_ring(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	struct chat_str pieces[2];

	chat_queue_go_live(q, h);
	tell_bytes(h, 100);
	tell_bytes(h, LIVE - 100);
	assert_false(chat_queue_is_overrun(q, h));
	assert_int_equal(chat_queue_output(q, h, pieces, 2, ALL), 1);
	assert_int_equal(pieces[0].n, LIVE);
	chat_queue_sent(q, h, 1);
	tell_bytes(h, 1);
	assert_false(chat_queue_is_overrun(q, h));
	assert_int_equal(chat_queue_output(q, h, pieces, 2, ALL), 2);
	tell_bytes(h, 1);
	assert_true(chat_queue_is_overrun(q, h));
	assert_cut(q, h);
}

/* Its own chunks would still be there, but not what comes between them. */
static void
live_overruns_after_a_chunk(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	chat_queue_go_live(q, h);
	copy(q, h, "chunk");
	send_bytes(q, h, 2);
	tell_bytes(h, LIVE);
	assert_false(chat_queue_is_overrun(q, h));
	tell_bytes(h, 1);
	assert_true(chat_queue_is_overrun(q, h));
	assert_cut(q, h);
}

static void
a_queue_that_is_not_live_is_not_overrun(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	int i;

	copy(q, h, "response");
	send_bytes(q, h, 2);
	for (i = 0; i < 3; i++)
		tell_bytes(h, LIVE);
	assert_false(chat_queue_is_overrun(q, h));
	assert_sends(q, h, "sponse");
}

/* Fills the past ring so that all but the last n bytes of it are new. */
static void
log_but(struct chat_hub *h, size_t n)
{
	static const char bytes[PAST];

	past_append(&h->past, h->past.end + 1,
	    (struct chat_str){ bytes, PAST - n }, NULL);
}

static void
past_overruns_an_entry(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	size_t sent, kept;

	/* None, some, or all but one of five bytes are sent, while all five or
	 * four of them are still there. */
	for (sent = 0; sent < 5; sent++)
		for (kept = 4; kept <= 5; kept++) {
			chat_queue_past(q, h, log_entry(h, "entry", 2, 3));
			send_bytes(q, h, sent);
			log_but(h, kept);
			assert_int_equal(chat_queue_is_overrun(q, h), kept < 5);
			if (kept < 5)
				assert_cut(q, h);
			else
				assert_sends(q, h, &"entry"[sent]);
			chat_queue_release(q, h);
			chat_queue_init(q);
		}
}

/* Also one that waits for something else; but not before its turn. */
static void
past_overruns_an_entry_that_waits(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	copy(q, h, "first ");
	chat_queue_past(q, h, log_entry(h, "entry", 0, 0));
	log_but(h, 0);
	assert_string_equal(peek(q, h, 50, 6), "first ");
	assert_false(q->cut);
	chat_queue_sent(q, h, 6);
	assert_true(chat_queue_is_overrun(q, h));
	assert_cut(q, h);
}

static void
past_overruns_a_replay(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	uint64_t first;
	size_t sent;

	/* The second entry stays, the first one does not.  It does not matter
	 * if it was sent to its end, but it does if it was not. */
	for (sent = 0; sent <= 10; sent++) {
		first = log_entry(h, "1st: ", 0, 0);
		log_entry(h, "no ", 2, 3);
		log_entry(h, "2nd: ", 1, 0);
		chat_queue_replay(q, h, first, h->past.end, &viewer);
		send_bytes(q, h, sent);
		log_but(h, 5);
		assert_int_equal(chat_queue_is_overrun(q, h), sent < 5);
		if (sent < 5)
			assert_cut(q, h);
		else
			assert_sends(q, h, &"2nd: "[sent - 5]);
		chat_queue_release(q, h);
		chat_queue_init(q);
	}
}

static void
promise_that_is_not_kept_cuts(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	struct chat_bytes *b = chat_bytes_new(h->alloc, 0);

	copy(q, h, "first ");
	chat_queue_share(q, h, b);
	chat_bytes_free(b);
	assert_string_equal(peek(q, h, 50, 6), "first ");
	assert_false(q->cut);
	chat_queue_sent(q, h, 6);
	assert_cut(q, h);
}

static void
cut_is_for_good(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	size_t calls = hub->heap.calls + 1;

	copy(q, h, "chunk");
	chat_queue_cut(q, h);
	assert_string_equal(peek(q, h, 50, ALL), "");
	copy(q, h, "chunk");
	chat_queue_go_live(q, h);
	tell(h, "live");
	assert_string_equal(peek(q, h, 50, ALL), "");
	assert_int_equal(hub->heap.calls, calls);
}

/* After a hole in it nothing more may be sent. */
static void
no_memory_for_a_chunk_cuts(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	struct chat_bytes *b;
	uint64_t o = log_entry(h, "entry", 0, 0);
	int kind;

	for (kind = 0; kind < 5; kind++) {
		copy(q, h, "chunk");
		b = chat_bytes_new(h->alloc, 1);
		hub->heap.fail = hub->heap.calls + 1;
		switch (kind) {
		case 0:
			copy(q, h, "x");
			break;
		case 1:
			chat_queue_share(q, h, b);
			break;
		case 2:
			chat_queue_static(q, h, CHAT_STR("x"));
			break;
		case 3:
			chat_queue_past(q, h, o);
			break;
		case 4:
			chat_queue_replay(q, h, o, o + 1, &viewer);
			break;
		}
		chat_bytes_free(b);
		assert_cut(q, h);
		chat_queue_release(q, h);
		chat_queue_init(q);
	}
}

/* What waits is counted with what it costs, so that its limit is one of
 * memory: many small chunks are more than their bytes. */
static void
bytes_are_those_of_memory(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;
	size_t before = hub->heap.bytes;
	struct chat_bytes *b;
	uint64_t o = log_entry(h, "entry", 0, 0);
	int i;

	assert_int_equal(q->bytes, 0);
	for (i = 0; i < 100; i++) {
		copy(q, h, "x");
		chat_queue_static(q, h, CHAT_STR("x"));
		chat_queue_past(q, h, o);
		chat_queue_replay(q, h, o, o + 1, &viewer);
		b = chat_bytes_new(h->alloc, 1000);
		memset(b->p, 'b', b->n);
		chat_queue_share(q, h, b);
		chat_bytes_free(b);
		assert_true(q->bytes >=
		    hub->heap.bytes - before - (size_t)(i + 1) * sizeof(*b));
	}
	while (!chat_queue_is_empty(q, h)) {
		peek(q, h, 50, 100);
		chat_queue_sent(q, h, 1);
	}
	assert_int_equal(q->bytes, 0);
	assert_int_equal(hub->heap.bytes, before);
}

/*
 * The end
 */

static void
end_comes_after_what_was_queued(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	chat_queue_go_live(q, h);
	tell(h, "live ");
	copy(q, h, "close");
	chat_queue_end(q, h);
	assert_false(chat_queue_is_empty(q, h));
	copy(q, h, "no");
	tell(h, "no");
	assert_sends(q, h, "live close");
	tell_bytes(h, LIVE);
	tell_bytes(h, LIVE);
	assert_string_equal(peek(q, h, 50, ALL), "");
	assert_false(q->cut);
	assert_false(chat_queue_is_overrun(q, h));
	assert_true(chat_queue_is_empty(q, h));
}

static void
end_tears_no_frame(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	chat_queue_go_live(q, h);
	tell(h, "live ");
	send_bytes(q, h, 2);
	chat_queue_end(q, h);
	tell(h, "no");
	assert_sends(q, h, "ve ");
}

static void
end_of_nothing_is_empty(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	chat_queue_go_live(q, h);
	tell(h, "live ");
	assert_sends(q, h, "live ");
	chat_link_append(&h->idle, &q->link);
	chat_queue_end(q, h);
	assert_true(chat_queue_is_empty(q, h));
	/* It has to be served, or nobody would notice that it has sent
	 * everything. */
	assert_true(contains(&h->ready, q));
	tell(h, "no");
	assert_true(chat_queue_is_empty(q, h));
	assert_sends(q, h, "");
}

/* Bytes after the end cannot be lost. */
static void
end_is_not_overrun(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	chat_queue_go_live(q, h);
	tell(h, "live ");
	copy(q, h, "close");
	chat_queue_end(q, h);
	send_bytes(q, h, 5);
	tell_bytes(h, LIVE);
	tell_bytes(h, LIVE);
	assert_false(chat_queue_is_overrun(q, h));
	send_bytes(q, h, 2);
	assert_sends(q, h, "ose");
}

/* Bytes before the end can be lost, as ever. */
static void
end_does_not_hide_an_overrun(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	chat_queue_go_live(q, h);
	tell(h, "live ");
	copy(q, h, "close");
	chat_queue_end(q, h);
	tell_bytes(h, LIVE);
	assert_true(chat_queue_is_overrun(q, h));
	assert_cut(q, h);
}

/*
 * Lists
 */

static void
what_has_something_is_ready(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	assert_false(contains(&h->ready, q));
	copy(q, h, "chunk");
	assert_true(contains(&h->ready, q));
	copy(q, h, "chunk");
	assert_true(contains(&h->ready, q));
	chat_queue_release(q, h);
	assert_false(contains(&h->ready, q));
	chat_link_append(&h->idle, &q->link);
	tell(h, "live");
	assert_true(contains(&h->ready, q));
	assert_true(chat_link_is_alone(&h->idle));
}

static void
blocked_waits_until_it_is_not(void **state)
{
	struct hub *hub = *state;
	struct chat_queue *q = &hub->q;
	struct chat_hub *h = &hub->hub;

	chat_queue_go_live(q, h);
	q->blocked = true;
	chat_link_append(&h->blocked, &q->link);
	copy(q, h, "chunk");
	tell(h, "live");
	chat_queue_wake(q, h);
	assert_false(contains(&h->ready, q));
	assert_true(contains(&h->blocked, q));
	q->blocked = false;
	chat_queue_wake(q, h);
	assert_true(contains(&h->ready, q));
	assert_false(contains(&h->blocked, q));
	q->blocked = true;
	chat_link_append(&h->blocked, &q->link);
	chat_queue_end(q, h);
	assert_true(contains(&h->blocked, q));
	/* It is to be closed, which its socket takes at any time. */
	chat_queue_cut(q, h);
	assert_true(contains(&h->ready, q));
	assert_false(q->blocked);
}

static void
ready_ones_are_in_order(void **state)
{
	struct hub *hub = *state;
	struct chat_hub *h = &hub->hub;
	struct chat_queue q[4];
	struct chat_link *l = &h->ready;
	int i;

	for (i = 0; i < 4; i++)
		chat_queue_init(&q[i]);
	copy(&q[0], h, "x");
	chat_link_append(&h->idle, &q[1].link);
	chat_link_append(&h->idle, &q[2].link);
	tell(h, "live");
	copy(&q[3], h, "x");
	for (i = 0; i < 4; i++)
		assert_ptr_equal((l = l->next), &q[i].link);
	for (i = 0; i < 4; i++)
		chat_queue_release(&q[i], h);
}

static void
no_memory_for_a_hub_is_an_error(void **state)
{
	struct failing_alloc heap;
	struct chat_hub h;
	size_t n;

	(void)state;
	for (n = 1; n <= 3; n++) {
		failing_alloc_init(&heap, n);
		assert_int_equal(chat_hub_init(&h, &heap.alloc, LIVE, PAST, 0),
		    CHAT_ERR_NOMEM);
		failing_alloc_check(&heap);
	}
}

/*
 * The model: for each reader, the bytes that it has to get and where each of
 * them comes from, written down when they are queued.
 */

enum {
	READERS = 4,
	STREAM = 1 << 16, /* bytes of a reader's life */
	RUNS = 1 << 12,
	MAX_FRAME = 300,
	ENTRIES = 1 << 15,
	STEPS = 8, /* in a turn, at most */
};

/* Bytes of a stream, up to the offset end, that one thing was or will be. */
struct run {
	size_t end;
	enum { FOREVER, FROM_LIVE, FROM_PAST } from;
	uint64_t at;      /* in its ring, where the run begins */
	uint64_t ordinal; /* FROM_PAST; without bytes: not for this viewer */
};

struct reader {
	struct chat_queue q;
	struct chat_viewer viewer;
	char stream[STREAM];
	size_t n, sent;
	struct run runs[RUNS];
	size_t nruns, done; /* runs before done have been sent */
	bool ended;
};

/* The log, by ordinal, beside the past ring. */
struct entry {
	uint64_t seq, at;
	size_t n;
	bool private;
	uint64_t user[2];
	char bytes[MAX_FRAME];
};

struct model {
	struct chat_hub hub;
	struct failing_alloc heap;
	struct random random;
	struct reader readers[READERS];
	struct entry entries[ENTRIES];
	uint64_t nentries;
	struct chat_bytes *promise; /* of this turn */
	char promised[MAX_FRAME];
	size_t npromised;
	bool lags; /* readers may be overrun */
	int cuts, lives;
};

static void
put(struct reader *r, struct run run, const void *p, size_t n)
{
	if (r->ended)
		return;
	assert_true(r->n + n <= STREAM && r->nruns < RUNS);
	memcpy(r->stream + r->n, p, n);
	r->n += n;
	run.end = r->n;
	r->runs[r->nruns++] = run;
}

static void
begin_life(struct model *m, struct reader *r)
{
	chat_queue_init(&r->q);
	r->viewer.user = 1 + random_below(&m->random, READERS);
	r->viewer.joined = random_below(&m->random, 2) == 0
	    ? 0
	    : random_below(&m->random, (size_t)m->nentries + 1);
	r->n = r->sent = r->nruns = r->done = 0;
	r->ended = false;
	m->lives++;
}

static void
end_life(struct model *m, struct reader *r)
{
	chat_queue_release(&r->q, &m->hub);
	begin_life(m, r);
}

static bool
shows(const struct entry *e, const struct chat_viewer *v)
{
	return !e->private ||
	    (e->seq > v->joined &&
		(e->user[0] == v->user || e->user[1] == v->user));
}

static void
put_entry(struct model *m, struct reader *r, uint64_t ordinal, bool visible)
{
	const struct entry *e = &m->entries[ordinal];
	struct run run = { .from = FROM_PAST, .at = e->at, .ordinal = ordinal };

	put(r, run, e->bytes, visible ? e->n : 0);
}

/* A frame that is like no other. */
static size_t
make_frame(struct model *m, char *dst)
{
	size_t n = 1 + random_below(&m->random, MAX_FRAME);

	random_fill(&m->random, dst, n);
	return n;
}

static void
model_tell(struct model *m, const char *p, size_t n)
{
	struct run run = { .from = FROM_LIVE, .at = m->hub.live.head };
	struct reader *r;

	chat_hub_tell(&m->hub, (struct chat_str){ p, n });
	for (r = m->readers; r < m->readers + READERS; r++)
		if (r->q.live)
			put(r, run, p, n);
}

/* As a room does: tells everybody public entries, and queues private ones for
 * their readers. */
static void
model_log(struct model *m)
{
	struct entry *e = &m->entries[m->nentries];
	struct reader *r;

	assert_true(m->nentries < ENTRIES);
	e->seq = m->hub.past.end * 2 + 1;
	e->at = m->hub.past.ring.head;
	e->n = make_frame(m, e->bytes);
	e->private = random_below(&m->random, 2) == 0;
	e->user[0] = 1 + random_below(&m->random, READERS);
	e->user[1] = 1 + random_below(&m->random, READERS);
	past_append(&m->hub.past, e->seq, (struct chat_str){ e->bytes, e->n },
	    e->private ? e->user : NULL);
	m->nentries++;
	if (!e->private) {
		model_tell(m, e->bytes, e->n);
		return;
	}
	for (r = m->readers; r < m->readers + READERS; r++)
		if (e->user[0] == r->viewer.user ||
		    e->user[1] == r->viewer.user) {
			chat_queue_past(&r->q, &m->hub, m->nentries - 1);
			put_entry(m, r, m->nentries - 1, true);
		}
}

static void
model_replay(struct model *m, struct reader *r)
{
	uint64_t end = m->hub.past.end, held = end - m->hub.past.first;
	uint64_t first, o;

	end -= random_below(&m->random, (size_t)held / 2 + 1);
	held = end - m->hub.past.first;
	first = end - random_below(&m->random, (size_t)held + 1);
	/* A reader that keeps up must not lose bytes that are lost before this
	 * turn ends. */
	if (!m->lags)
		while (first < end &&
		    m->entries[first].at <
			chat_ring_tail(&m->hub.past.ring) + STEPS * MAX_FRAME)
			first++;
	chat_queue_replay(&r->q, &m->hub, first, end, &r->viewer);
	for (o = first; o < end; o++)
		put_entry(m, r, o, shows(&m->entries[o], &r->viewer));
}

static void
model_share(struct model *m, struct reader *r)
{
	static const struct run run = { .from = FOREVER };

	if (m->promise == NULL) {
		m->promise = chat_bytes_new(&m->heap.alloc, 0);
		m->npromised = make_frame(m, m->promised);
	}
	chat_queue_share(&r->q, &m->hub, m->promise);
	put(r, run, m->promised, m->npromised);
}

static void
model_copy(struct model *m, struct reader *r, bool stays)
{
	static const struct run run = { .from = FOREVER };
	static char forever[MAX_FRAME] = "static";
	char frame[MAX_FRAME];
	struct chat_str s = { stays ? forever : frame,
		stays ? sizeof(forever) : make_frame(m, frame) };

	if (stays)
		chat_queue_static(&r->q, &m->hub, s);
	else
		chat_queue_copy(&r->q, &m->hub, s);
	put(r, run, s.p, s.n);
}

/* Something happens. */
static void
model_step(struct model *m)
{
	struct reader *r = &m->readers[random_below(&m->random, READERS)];
	char frame[MAX_FRAME];

	switch (random_below(&m->random, 16)) {
	case 0:
	case 1:
	case 2:
		model_tell(m, frame, make_frame(m, frame));
		return;
	case 3:
	case 4:
	case 5:
	case 6:
		model_log(m);
		return;
	case 7:
	case 8:
		model_copy(m, r, false);
		return;
	case 9:
		model_copy(m, r, true);
		return;
	case 10:
	case 11:
		model_share(m, r);
		return;
	case 12:
	case 13:
		model_replay(m, r);
		return;
	case 14:
		if (!r->q.live && !r->ended)
			chat_queue_go_live(&r->q, &m->hub);
		return;
	case 15:
		if (random_below(&m->random, 20) == 0) {
			chat_queue_end(&r->q, &m->hub);
			r->ended = true;
		}
		return;
	}
}

/* Has a ring lost the byte of a run that is at an offset of the stream, or one
 * before it? */
static bool
is_lost(const struct model *m, const struct reader *r, size_t i, size_t at)
{
	const struct run *run = &r->runs[i];
	size_t begin = i > 0 ? r->runs[i - 1].end : 0;

	if (run->from == FROM_LIVE)
		return run->at + (at > begin ? at - begin : 0) <
		    chat_ring_tail(&m->hub.live);
	return run->from == FROM_PAST && run->ordinal < m->hub.past.first;
}

/* Is the next byte of it lost, so that it has to be cut? */
static bool
must_be_cut(const struct model *m, struct reader *r)
{
	size_t i = r->done;

	while (i < r->nruns && r->runs[i].end == r->sent)
		i++;
	return i < r->nruns && is_lost(m, r, i, r->sent);
}

/* Is anything lost that it has not been sent, so that it may be cut? */
static bool
may_be_cut(const struct model *m, const struct reader *r)
{
	size_t i;

	for (i = r->done; i < r->nruns; i++)
		if (is_lost(m, r, i, r->sent))
			return true;
	return false;
}

/* Asks for output of any size; it has to be the bytes that come next, or
 * nothing at the end.  Returns how much it is. */
static size_t
model_output(struct model *m, struct reader *r, size_t cap, size_t most)
{
	struct chat_str pieces[20];
	size_t n, i, at = r->sent;

	n = chat_queue_output(&r->q, &m->hub, pieces, cap, most);
	if (r->q.cut) {
		assert_int_equal(n, 0);
		assert_true(may_be_cut(m, r));
		return 0;
	}
	assert_false(must_be_cut(m, r));
	assert_true(n <= cap);
	for (i = 0; i < n; i++) {
		assert_true(pieces[i].n > 0 && pieces[i].n <= r->n - at);
		assert_memory_equal(r->stream + at, pieces[i].p, pieces[i].n);
		at += pieces[i].n;
	}
	assert_true(at - r->sent <= most);
	/* If there was room for more, there was no more. */
	assert_true(n == cap || at - r->sent == most || at == r->n);
	return at - r->sent;
}

/* Puts the queue into the list that it belongs to, as the core does. */
static void
file(struct model *m, struct reader *r, bool fell_short)
{
	struct chat_hub *h = &m->hub;

	r->q.blocked = fell_short;
	if (fell_short)
		chat_link_append(&h->blocked, &r->q.link);
	else if (!chat_queue_is_empty(&r->q, h))
		chat_link_append(&h->ready, &r->q.link);
	else
		chat_link_append(&h->idle, &r->q.link);
}

static void
flush(struct model *m, struct reader *r, bool wholly)
{
	size_t cap = wholly ? 20 : 1 + random_below(&m->random, 5);
	size_t most = wholly ? ALL : 1 + random_below(&m->random, 2000);
	size_t n = model_output(m, r, cap, most), sent = n;

	if (r->q.cut) {
		m->cuts++;
		end_life(m, r);
		return;
	}
	/* Asked twice, it says the same. */
	assert_int_equal(model_output(m, r, cap, most), n);
	if (!wholly && random_below(&m->random, 2) == 0)
		sent = random_below(&m->random, n + 1);
	if (sent > 0)
		chat_queue_sent(&r->q, &m->hub, sent);
	r->sent += sent;
	while (r->done < r->nruns && r->runs[r->done].end < r->sent)
		r->done++;
	assert_int_equal(chat_queue_is_empty(&r->q, &m->hub), r->sent == r->n);
	file(m, r, sent < n);
}

static void
check_lists(const struct model *m)
{
	const struct reader *r;
	bool ready;

	for (r = m->readers; r < m->readers + READERS; r++) {
		ready = contains(&m->hub.ready, &r->q);
		assert_int_equal(
		    contains(&m->hub.blocked, &r->q), r->q.blocked);
		assert_false(ready && r->q.blocked);
		if (!r->q.blocked && !chat_queue_is_empty(&r->q, &m->hub))
			assert_true(ready);
		if (chat_queue_is_overrun(&r->q, &m->hub))
			assert_true(may_be_cut(m, r));
	}
}

/* A reader that keeps up never lags by half a ring. */
static void
keep_up(struct model *m, struct reader *r)
{
	while (r->sent < r->n) {
		if (r->q.blocked) {
			r->q.blocked = false;
			chat_queue_wake(&r->q, &m->hub);
		}
		flush(m, r, true);
	}
}

static void
model_turn(struct model *m)
{
	size_t n = random_below(&m->random, STEPS + 1);
	struct reader *r;

	while (n-- > 0)
		model_step(m);
	if (m->promise != NULL) {
		assert_int_equal(
		    chat_bytes_fill(m->promise, m->promised, m->npromised),
		    CHAT_OK);
		chat_bytes_free(m->promise);
		m->promise = NULL;
	}
	check_lists(m);
	for (r = m->readers; r < m->readers + READERS; r++) {
		if (r->q.blocked && random_below(&m->random, 3) == 0) {
			r->q.blocked = false;
			chat_queue_wake(&r->q, &m->hub);
		}
		if (!r->q.blocked && random_below(&m->random, 4) > 0)
			flush(m, r, false);
		if (!m->lags)
			keep_up(m, r);
		if (r->n > STREAM / 2 || r->nruns > RUNS / 2 ||
		    (r->ended && r->sent == r->n))
			end_life(m, r);
	}
	check_lists(m);
}

static struct model *
walk(bool lags, uint64_t seed)
{
	static struct model m;
	struct reader *r;
	int i;

	memset(&m, 0, sizeof(m));
	m.random.state = seed;
	m.lags = lags;
	failing_alloc_init(&m.heap, 0);
	assert_int_equal(
	    chat_hub_init(&m.hub, &m.heap.alloc, LIVE, PAST, 0), CHAT_OK);
	for (r = m.readers; r < m.readers + READERS; r++)
		begin_life(&m, r);
	for (i = 0; i < 8000; i++)
		model_turn(&m);
	for (r = m.readers; r < m.readers + READERS; r++)
		chat_queue_release(&r->q, &m.hub);
	chat_hub_release(&m.hub);
	failing_alloc_check(&m.heap);
	return &m;
}

static void
a_reader_that_keeps_up_gets_everything(void **state)
{
	struct model *m;
	uint64_t seed;

	(void)state;
	for (seed = 1; seed < 4; seed++) {
		m = walk(false, seed);
		assert_int_equal(m->cuts, 0);
		assert_true(m->lives > 20);
	}
}

static void
a_reader_that_lags_gets_everything_or_is_cut(void **state)
{
	struct model *m;
	uint64_t seed;

	(void)state;
	for (seed = 4; seed < 7; seed++) {
		m = walk(true, seed);
		assert_true(m->cuts > 100);
		assert_true(m->lives > m->cuts + 20);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(new_one_has_nothing_to_send),
		TEST(live_is_heard_from_the_moment_on),
		TEST(chunks_go_out_where_they_were_queued),
		TEST(bytes_are_the_queues_own),
		TEST(replay_leaves_out_what_is_not_for_the_viewer),
		TEST(replay_goes_out_in_runs),
		TEST(nothing_to_see_leaves_it_empty),
		TEST(any_part_may_be_sent),
		TEST(output_keeps_to_its_bounds),
		TEST(output_changes_nothing),
		TEST(live_overruns_a_lag_of_more_than_the_ring),
		TEST(live_overruns_after_a_chunk),
		TEST(a_queue_that_is_not_live_is_not_overrun),
		TEST(past_overruns_an_entry),
		TEST(past_overruns_an_entry_that_waits),
		TEST(past_overruns_a_replay),
		TEST(promise_that_is_not_kept_cuts),
		TEST(cut_is_for_good),
		TEST(no_memory_for_a_chunk_cuts),
		TEST(bytes_are_those_of_memory),
		TEST(end_comes_after_what_was_queued),
		TEST(end_tears_no_frame),
		TEST(end_of_nothing_is_empty),
		TEST(end_is_not_overrun),
		TEST(end_does_not_hide_an_overrun),
		TEST(what_has_something_is_ready),
		TEST(blocked_waits_until_it_is_not),
		TEST(ready_ones_are_in_order),
		cmocka_unit_test(no_memory_for_a_hub_is_an_error),
		cmocka_unit_test(a_reader_that_keeps_up_gets_everything),
		cmocka_unit_test(a_reader_that_lags_gets_everything_or_is_cut),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}

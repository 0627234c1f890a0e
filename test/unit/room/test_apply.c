/* Tests of the room over a store that takes its time, refuses, leaves out
 * numbers, and has entries of another node: nothing is told before it is
 * recorded, and the same follows from the same log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "failing_alloc.h"
#include "frame.h"
#include "room/room.h"

/*
 * A store that does what it is told
 */

struct fake {
	struct chat_store store;
	const struct chat_batch *batch; /* NULL: nothing to answer for */
	size_t offset, left;
	int appends;
	bool answers; /* now, or later? */
	bool refuses;
	bool writable;
	bool twice;   /* each record comes back a second time */
	bool again;   /* what comes next is a second one */
	size_t begun; /* where that one began */
};

static void
fake_append(
    struct chat_store *s, const struct chat_batch *b, struct chat_time now)
{
	struct fake *f = (struct fake *)s;

	assert_null(f->batch);
	assert_true(chat_batch_count(b) > 0);
	f->batch = b;
	f->offset = 0;
	f->left = chat_batch_count(b);
	f->appends++;
	s->log.time = now.wall;
}

static bool
fake_next(struct chat_store *s, struct chat_stored *out)
{
	struct fake *f = (struct fake *)s;

	if (f->batch == NULL || !f->answers)
		return false;
	if (f->again)
		f->offset = f->begun;
	f->begun = f->offset;
	chat_batch_next(f->batch, &f->offset, &out->record);
	out->kind = f->refuses ? CHAT_STORED_NOT : CHAT_STORED;
	out->record.entry.seq = f->refuses ? 0 : ++s->log.seq;
	out->record.entry.time = s->log.time;
	f->left -= !f->again;
	f->again = f->twice && !f->again;
	out->last = f->left == 0 && !f->again;
	if (out->last)
		f->batch = NULL;
	return true;
}

static bool
fake_is_writable(const struct chat_store *s)
{
	return ((const struct fake *)s)->writable;
}

static void
fake_free(struct chat_store *s)
{
	(void)s;
}

static const struct chat_store_type fake_type = { .append = fake_append,
	.next = fake_next,
	.is_writable = fake_is_writable,
	.free = fake_free };

/*
 * A room with three members and no sockets
 */

#define MEMBERS 3

static struct failing_alloc heap;
static struct fake fake;
static struct chat_metrics metrics;
static struct chat_hub hub;
static struct chat_budget budget;
static struct chat_limits limits;
static struct chat_room room;
static struct chat_member members[MEMBERS];
static char heard[MEMBERS][65536]; /* frames not yet taken */
static size_t nheard[MEMBERS];
static struct chat_time now;

static struct chat_member *
find(void *owner, uint64_t id)
{
	(void)owner;
	return id < MEMBERS ? &members[id] : NULL;
}

/* Opens a room on a log that ends with seq; 0: it did not exist. */
static void
open_room(uint64_t seq)
{
	static const unsigned char seed[CHAT_LOG_SECRET] = "seed";
	struct chat_room_config config = { .alloc = &heap.alloc,
		.limits = &limits,
		.metrics = &metrics,
		.hub = &hub,
		.budget = &budget,
		.server = CHAT_STR("test"),
		.store = &fake.store,
		.seed = seed,
		.find = find };
	int i;

	failing_alloc_init(&heap, 0);
	for (i = 0; i < MEMBERS; i++)
		chat_member_init(&members[i], (uint64_t)i);
	memset(&metrics, 0, sizeof(metrics));
	fake = (struct fake){ .store.type = &fake_type,
		.store.log.seq = seq,
		.store.log.replay_from = seq + 1,
		.store.log.oldest = UINT64_MAX,
		.store.log.existed = seq > 0,
		.answers = true,
		.writable = true };
	now = config.now = (struct chat_time){ 100000, 5000 };
	limits = (struct chat_limits){ 0 };
	assert_int_equal(chat_limits_complete(&limits, NULL), CHAT_OK);
	assert_int_equal(chat_hub_init(&hub, &heap.alloc, limits.live_size,
			     limits.past_size, fake.store.log.replay_from),
	    CHAT_OK);
	assert_int_equal(chat_room_init(&room, &config), CHAT_OK);
}

static void
hear(int i)
{
	struct chat_str pieces[16];
	size_t n, j, all = 0;

	n = chat_queue_output(&members[i].queue, &hub, pieces, 16, SIZE_MAX);
	for (j = 0; j < n; j++) {
		memcpy(heard[i] + nheard[i], pieces[j].p, pieces[j].n);
		nheard[i] += pieces[j].n;
		all += pieces[j].n;
	}
	chat_queue_sent(&members[i].queue, &hub, all);
}

/* One turn, after input that was taken before. */
static void
turn(void)
{
	int i;

	chat_room_record(&room);
	chat_room_apply(&room);
	for (i = 0; i < MEMBERS; i++)
		hear(i);
	now.wall++;
	chat_room_begin(&room, now);
}

/* The next text that is not about presence, ended by a NUL; NULL: none. */
static const char *
next(int i)
{
	static char text[4096];
	struct chat_frame f;
	size_t header, size;

	do {
		if (nheard[i] == 0)
			return NULL;
		header = (size_t)chat_frame_parse(&f, heard[i], nheard[i]);
		size = header + (size_t)f.length;
		assert_true(size <= nheard[i] && f.length < sizeof(text));
		memcpy(text, heard[i] + header, (size_t)f.length);
		text[f.length] = '\0';
		nheard[i] -= size;
		memmove(heard[i], heard[i] + size, nheard[i]);
	} while (sim_is(text, "type", "'presence'"));
	return text;
}

/* The next text is of that type and has that member. */
static void
expect_next(int i, const char *type, const char *name, const char *value)
{
	const char *text = next(i);

	if (text == NULL || !sim_is(text, "type", type) ||
	    !sim_is(text, name, value))
		fail_msg("%d: %s %s instead of: %s", i, type, value,
		    text == NULL ? "nothing" : text);
}

static void
expect_silence(int i)
{
	const char *text = next(i);

	if (text != NULL)
		fail_msg("%d: %s", i, text);
}

static void
join(int i, const char *name)
{
	struct chat_join j = { .name = chat_str(name) };

	assert_int_equal(chat_room_join(&room, &members[i], &j), CHAT_MSG_OK);
}

static void
say(int i, const char *json)
{
	char text[512];
	size_t n, size = strlen(json);

	for (n = 0; n < size; n++)
		text[n] = json[n] == '\'' ? '"' : json[n];
	chat_room_say(&room, &members[i], text, size);
}

static void
leave(int i)
{
	chat_room_leave(&room, &members[i]);
	chat_queue_release(&members[i].queue, &hub);
	chat_member_init(&members[i], (uint64_t)i);
	nheard[i] = 0;
}

static int
set_up(void **state)
{
	int i;

	(void)state;
	open_room(0);
	join(0, "alice");
	join(1, "bob");
	join(2, "carol");
	turn();
	for (i = 0; i < MEMBERS; i++)
		nheard[i] = 0;
	return 0;
}

static int
tear_down(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < MEMBERS; i++)
		leave(i);
	chat_room_release(&room);
	chat_hub_release(&hub);
	failing_alloc_check(&heap);
	return 0;
}

/*
 * Tests
 */

static void
nothing_is_told_before_it_is_recorded(void **state)
{
	(void)state;
	fake.answers = false;
	say(0, "{'type':'message','ref':'r','text':'one'}");
	say(1, "{'type':'message','to':'alice','text':'two'}");
	turn();
	turn();
	assert_int_equal(fake.appends, 1);
	expect_silence(0);
	expect_silence(1);
	fake.answers = true;
	turn();
	expect_next(0, "'ack'", "seq", "1");
	expect_next(0, "'message'", "text", "'one'");
	expect_next(0, "'message'", "text", "'two'");
	expect_next(1, "'message'", "text", "'one'");
	expect_next(1, "'message'", "text", "'two'");
	expect_next(2, "'message'", "text", "'one'");
	expect_silence(2);
}

/* Messages that are decided meanwhile wait for the next batch, in order. */
static void
one_batch_is_asked_for_at_a_time(void **state)
{
	(void)state;
	fake.answers = false;
	say(0, "{'type':'message','text':'1'}");
	turn();
	say(1, "{'type':'message','text':'2'}");
	turn();
	say(0, "{'type':'message','text':'3'}");
	turn();
	assert_int_equal(fake.appends, 1);
	say(2, "{'type':'ping'}");
	turn();
	expect_next(2, "'pong'", "seq", "0");
	fake.answers = true;
	turn();
	turn();
	assert_int_equal(fake.appends, 2);
	expect_next(2, "'message'", "text", "'1'");
	expect_next(2, "'message'", "text", "'2'");
	expect_next(2, "'message'", "text", "'3'");
	expect_silence(2);
}

/* A retry of a send on its way is answered with it, whichever batch that is in.
 */
static void
retry_waits_for_the_first_try(void **state)
{
	(void)state;
	fake.answers = false;
	say(0, "{'type':'message','ref':'a','text':'1'}");
	turn();
	say(0, "{'type':'message','ref':'b','text':'2'}");
	say(0, "{'type':'message','ref':'a','text':'1'}");
	say(0, "{'type':'message','ref':'b','text':'2'}");
	say(0, "{'type':'message','ref':'a','text':'other'}");
	turn();
	expect_next(0, "'error'", "code", "'ref_used'");
	expect_silence(0);
	fake.answers = true;
	turn();
	expect_next(0, "'ack'", "seq", "1");
	expect_next(0, "'message'", "seq", "1");
	expect_next(0, "'ack'", "duplicate", "true");
	expect_silence(0);
	turn();
	expect_next(0, "'ack'", "seq", "2");
	expect_next(0, "'message'", "seq", "2");
	expect_next(0, "'ack'", "duplicate", "true");
	expect_silence(0);
	assert_int_equal(metrics.traffic.messages, 2);
}

/* The senders of messages that could not be recorded are told so, those who
 * retried as well, and can send them again. */
static void
refused_batch_leaves_no_trace(void **state)
{
	(void)state;
	fake.refuses = true;
	say(0, "{'type':'message','ref':'a','text':'1'}");
	say(0, "{'type':'message','ref':'a','text':'1'}");
	say(1, "{'type':'message','text':'no ref'}");
	turn();
	expect_next(0, "'error'", "code", "'storage'");
	expect_next(0, "'error'", "ref", "'a'");
	expect_silence(0);
	expect_next(1, "'error'", "code", "'storage'");
	expect_silence(2);
	fake.refuses = false;
	say(0, "{'type':'message','ref':'a','text':'1'}");
	turn();
	expect_next(0, "'ack'", "seq", "1");
	expect_next(2, "'message'", "seq", "1");
	assert_int_equal(metrics.traffic.messages, 1);
}

static void
store_that_takes_nothing_degrades(void **state)
{
	(void)state;
	fake.writable = false;
	say(0, "{'type':'message','ref':'a','text':'1'}");
	expect_silence(1);
	turn();
	expect_next(0, "'error'", "code", "'storage'");
	assert_int_equal(fake.appends, 0);
	assert_int_equal(metrics.degraded, 1);
	/* Everything else goes on. */
	say(0, "{'type':'ping'}");
	fake.writable = true;
	turn();
	expect_next(0, "'pong'", "seq", "0");
	assert_int_equal(metrics.degraded, 0);
}

/* An entry with the key of an earlier one keeps its number and makes no
 * message. */
static void
second_entry_of_a_send_is_no_message(void **state)
{
	(void)state;
	fake.twice = true;
	say(0, "{'type':'message','ref':'a','text':'1'}");
	turn();
	expect_next(0, "'ack'", "seq", "1");
	expect_next(0, "'message'", "seq", "1");
	expect_next(0, "'ack'", "duplicate", "true");
	expect_silence(0);
	expect_next(1, "'message'", "seq", "1");
	expect_silence(1);
	fake.twice = false;
	say(1, "{'type':'ping'}");
	say(1, "{'type':'message','text':'next'}");
	turn();
	expect_next(1, "'pong'", "seq", "2");
	expect_next(1, "'message'", "seq", "3");
	assert_int_equal(metrics.traffic.messages, 2);
	say(0, "{'type':'message','ref':'a','text':'1'}");
	turn();
	expect_next(0, "'message'", "seq", "3");
	expect_next(0, "'ack'", "seq", "1");
}

/* Entries without a ref are never the same. */
static void
entries_without_ref_are_all_messages(void **state)
{
	(void)state;
	fake.twice = true;
	say(0, "{'type':'message','text':'1'}");
	turn();
	expect_next(1, "'message'", "seq", "1");
	expect_next(1, "'message'", "seq", "2");
}

/* Numbers may be left out; nobody takes that for a gap. */
static void
holes_are_no_gaps(void **state)
{
	struct chat_join j = {
		.name = CHAT_STR("bob"), .has_after = true, .after = 1
	};
	char token[64];
	const char *text;

	(void)state;
	leave(1);
	join(1, "bob");
	turn();
	text = next(1);
	snprintf(token, sizeof(token), "%s", sim_string(text, "session"));
	leave(1);
	say(0, "{'type':'message','text':'1'}");
	turn();
	fake.store.log.seq += 1000;
	say(0, "{'type':'message','text':'1002'}");
	turn();
	j.session = chat_str(token);
	assert_int_equal(chat_room_join(&room, &members[1], &j), CHAT_MSG_OK);
	turn();
	expect_next(1, "'welcome'", "name", "'bob'");
	expect_next(1, "'sync'", "gap", "false");
	expect_next(1, "'message'", "seq", "1002");
	expect_next(1, "'users'", "online", "3");
}

/* A sender that has gone gets no answer, and its message is told all the same.
 */
static void
asker_may_be_gone(void **state)
{
	(void)state;
	fake.answers = false;
	say(0, "{'type':'message','ref':'a','text':'1'}");
	say(0, "{'type':'message','ref':'a','text':'1'}");
	turn();
	leave(0);
	fake.answers = true;
	turn();
	expect_next(1, "'message'", "from", "'alice'");
	assert_int_equal(metrics.traffic.messages, 1);
	assert_int_equal(metrics.traffic.duplicates, 0);
}

/* On a log that was there before, all names count as here for a while, since
 * their windows are coming back; its earlier entries are not held. */
static void
old_log_is_continued(void **state)
{
	(void)state;
	tear_down(NULL);
	open_room(500);
	join(0, "alice");
	join(1, "bob");
	join(2, "carol");
	turn();
	expect_next(0, "'welcome'", "name", "'alice'");
	expect_next(0, "'sync'", "to", "500");
	expect_next(0, "'users'", "online", "3");
	say(0, "{'type':'message','to':'dave','text':'are you there?'}");
	turn();
	expect_next(0, "'message'", "seq", "501");
	now.mono += 30000;
	turn();
	say(0, "{'type':'message','to':'dave','text':'are you there?'}");
	turn();
	expect_next(0, "'error'", "code", "'offline'");
	expect_silence(0);
}

/* A position before entries that are not held is a gap; the one just before the
 * first that is held is not. */
static void
old_log_has_a_horizon(void **state)
{
	struct chat_token t = { { 1, 2, 3, 4, 5, 6 }, 400, 5000 };
	char token[CHAT_TOKEN_SIZE];
	struct chat_join j = { .name = CHAT_STR("eve"), .has_after = true };

	(void)state;
	tear_down(NULL);
	open_room(500);
	join(0, "alice");
	join(1, "bob");
	chat_token_write(token, &t, "eve", 3, fake.store.log.secret);
	j.session = (struct chat_str){ token, sizeof(token) };
	for (j.after = 499; j.after <= 500; j.after++) {
		assert_int_equal(
		    chat_room_join(&room, &members[2], &j), CHAT_MSG_OK);
		turn();
		expect_next(2, "'welcome'", "by", "'AQIDBAUG'");
		expect_next(
		    2, "'sync'", "gap", j.after == 500 ? "false" : "true");
		leave(2);
	}
	join(2, "carol");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_told_before_it_is_recorded),
		TEST(one_batch_is_asked_for_at_a_time),
		TEST(retry_waits_for_the_first_try),
		TEST(refused_batch_leaves_no_trace),
		TEST(store_that_takes_nothing_degrades),
		TEST(second_entry_of_a_send_is_no_message),
		TEST(entries_without_ref_are_all_messages),
		TEST(holes_are_no_gaps),
		TEST(asker_may_be_gone),
		TEST(old_log_is_continued),
		TEST(old_log_has_a_horizon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of frames that cannot be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/state.h"
#include "expect.h"
#include "room/tell.h"

static struct sim sim;

static int
set_up(void **state)
{
	(void)state;
	assert_true(sim_init(&sim, NULL));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sim_release(&sim);
	return 0;
}

/* Writes a string that makes the text so many bytes longer than the scratch. */
static struct chat_json_writer
write_beyond(struct chat_room *room, size_t beyond)
{
	static char text[1 << 20];
	struct chat_json_writer w = chat_tell_open(room);

	assert_true(w.cap < sizeof(text));
	memset(text, 'x', sizeof(text));
	chat_json_write_string(
	    &w, (struct chat_str){ text, w.cap - 2 + beyond });
	return w;
}

/* No limit lets a frame become too long; should one all the same, nothing is
 * read that is not there. */
static void
what_does_not_fit_is_absent(void **state)
{
	struct chat_room *room = &sim.core->room;
	struct chat_json_writer w = write_beyond(room, 0);
	struct chat_str frame = chat_tell_close(room, &w);

	(void)state;
	assert_ptr_equal(frame.p + frame.n, room->scratch + room->scratch_size);
	w = write_beyond(room, 1);
	assert_null(chat_tell_close(room, &w).p);
}

static void
who_cannot_be_told_is_cut(void **state)
{
	struct chat_room *room = &sim.core->room;
	struct sim_client *a = sim_join(&sim, "alice");
	struct sim_client *b = sim_join(&sim, "bob");
	struct chat_json_writer w = write_beyond(room, 1);

	(void)state;
	sim_hush(&sim);
	chat_tell(room, chat_room_member(room, a->id), &w);
	sim_run(&sim);
	assert_int_equal(a->id, 0);
	expect_none(a);
	assert_int_equal(chat_core_metrics(sim.core)->lagged, 1);
	chat_hub_tell(room->hub, chat_tell_close(room, &w));
	sim_say(b, "{'type':'ping'}");
	sim_run(&sim);
	expect(b, "pong");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_does_not_fit_is_absent),
		TEST(who_cannot_be_told_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Tests of the formats, byte by byte: a room says and writes today what it
 * said and wrote when the files in test/formats were made, and reads what was
 * written then.
 *
 *     test/formats/frames/kept-1-alice    all that a connection was sent, from
 *                                         the handshake on: alice's in the
 *                                         first life of the room
 *     test/formats/kept/                  a journal with private texts
 *     test/formats/withheld/              a journal without them
 *     test/formats/controls/              one of version 1 with private texts,
 *                                         and with control characters
 *     test/formats/withheld-version-1/    the same as withheld; these two are
 *                                         never made anew
 *     test/formats/mixed/                 the last one, after it has gone on
 *
 * Time, seeds and input are fixed, so every byte is.  Session ids and delays
 * depend on the byte order of the machine; the files are of a little-endian
 * one.
 *
 * Where a test fails here, a client or a journal that is in use will meet
 * bytes that it may not understand.  `test_formats --write`, run from the root
 * of the sources, makes the files anew.  Doing so says that the format has
 * changed: chatproto(5) or chatjournal(5) has to say so, too, and so has a
 * version, "chat.v1" of the protocol or CHAT_LINE_VERSION of the journal,
 * unless test/README.md calls the change no break.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "journal/file.h"
#include "sim.h"
#include "temp_folder.h"

/* Bytes that are shown before and after a difference. */
#define AROUND 48

#define SECOND 1000 /* ms */

/* A session that comes back. */
struct session {
	char token[128];
};

static bool writes; /* the files are made anew */
static int differences;

static struct sim sim;
static struct folder folder; /* of the journal */
static const char *journal;  /* its name in test/formats */
static char life;            /* of the room, '1' to '9' */
static struct sim_client *alice, *bob, *carol;
static struct session alices, bobs, carols;

static void
end(void)
{
	sim_release(&sim);
	sim.core = NULL;
}

static int
set_up(void **state)
{
	(void)state;
	folder = folder_make();
	differences = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (sim.core != NULL)
		end();
	folder_remove(&folder);
	return 0;
}

/*
 * Comparing
 */

static struct folder
open_formats(const char *name)
{
	struct folder f;

	snprintf(f.path, sizeof(f.path), "test/formats/%s", name);
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY);
	folder_must(f.fd >= 0, f.path);
	return f;
}

static void
show(const char *what, const char *p, size_t n, size_t at)
{
	size_t i = at < AROUND ? 0 : at - AROUND;

	print_error("  %s ", what);
	for (; i < n && i < at + AROUND; i++) {
		if (i == at)
			print_error(" >>> ");
		if (p[i] >= ' ' && p[i] <= '~')
			print_error("%c", p[i]);
		else
			print_error("\\x%02x", (unsigned char)p[i]);
	}
	print_error("%s\n", at >= n ? " >>> the end" : "");
}

static void
compare(const char *path, const char *name, const struct folder_file *want,
    const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && i < want->n && p[i] == want->p[i])
		i++;
	if (i == n && i == want->n)
		return;
	differences++;
	print_error("%s/%s: differs at offset %zu\n", path, name, i);
	show("was:", want->p, want->n, i);
	show("is: ", p, n, i);
}

/* The n bytes are those of that file in test/formats. */
static void
check(const char *in, const char *name, const char *p, size_t n)
{
	struct folder f = open_formats(in);
	struct folder_file want;

	if (writes) {
		folder_write(&f, name, p, n);
	} else if (!folder_has(&f, name)) {
		differences++;
		print_error("%s/%s: is new\n", f.path, name);
	} else {
		want = folder_read(&f, name);
		compare(f.path, name, &want, p, n);
		free(want.p);
	}
	close(f.fd);
}

/* The place where a word begins in n bytes; n: nowhere. */
static size_t
find(const char *p, size_t n, const char *word)
{
	size_t size = strlen(word), i;

	for (i = 0; i + size <= n; i++)
		if (memcmp(p + i, word, size) == 0)
			return i;
	return n;
}

/* Of `clean`, the members before the identity of a file and the sum. */
static void
check_file(const struct folder *f, const char *name, void *user)
{
	struct folder_file file;
	size_t *n = user;

	if (strcmp(name, "lock") == 0)
		return;
	file = folder_read(f, name);
	if (strcmp(name, "clean") == 0)
		file.n = find(file.p, file.n, "\"inode\"");
	check(journal, name, file.p, file.n);
	++*n;
	free(file.p);
}

static void
check_journal(void)
{
	struct folder f = open_formats(journal);
	size_t n = 0;

	if (writes)
		folder_empty(&f);
	folder_each(&folder, check_file, &n);
	assert_int_equal(folder_count(&f), n);
	close(f.fd);
}

/*
 * Lives of a room
 */

/* Opens the room on the folder.  Each life begins two minutes after the one
 * before it, and has a seed of its own, as it has with real randomness. */
static void
begin(const struct chat_limits *limits, bool private)
{
	unsigned char seed[CHAT_SEED] = "a seed for formats, 32 bytes: ";
	struct chat_config config = { .limits = *limits, .server = "chatd 1" };
	struct chat_journal_config store = { .seed = seed,
		.past = limits->past_size };

	life++;
	seed[CHAT_SEED - 1] = (unsigned char)life;
	sim = (struct sim){ .now = { SIM_MONO, SIM_WALL }, .pieces = 64 };
	sim.now.wall += (uint64_t)(life - '0') * 120 * SECOND;
	store.journal.folder = folder.path;
	store.journal.private = private;
	store.now = sim.now;
	config.store = chat_journal_open(&store);
	assert_non_null(config.store);
	sim.core = chat_core_new(&config, seed, sim.now);
	assert_non_null(sim.core);
}

/* Joins.  The simulator parses nothing of what is sent: it stays in client.in
 * as it came. */
static struct sim_client *
enter(const char *target)
{
	struct sim_client *c = sim_connect(&sim, 0);

	assert_non_null(c);
	sim_open(c, target);
	c->upgrades = false;
	sim_run(&sim);
	return c;
}

/* Comes back with a session; parameters may follow. */
static struct sim_client *
enter_again(const char *name, const struct session *s, const char *more)
{
	char target[256];

	snprintf(
	    target, sizeof(target), "%s?session=%s%s", name, s->token, more);
	return enter(target);
}

/* Ends a connection and compares what it was sent. */
static void
leave(struct sim_client *c, const char *name)
{
	char file[64];

	if (c->id != 0 && !c->ended)
		sim_end(c);
	sim_run(&sim);
	assert_int_equal(c->id, 0);
	snprintf(file, sizeof(file), "%s-%c-%s", journal, life, name);
	check("frames", file, c->in.p, c->in.n);
	sim_free(c);
}

/* The token in the first welcome of n bytes. */
static struct session
session_in(const char *p, size_t n)
{
	size_t start = find(p, n, "\"session\":\"") + strlen("\"session\":\"");
	struct session s;
	size_t size;

	assert_true(start < n);
	size = find(p + start, n - start, "\"");
	assert_true(size < sizeof(s.token));
	memcpy(s.token, p + start, size);
	s.token[size] = '\0';
	return s;
}

static struct session
session_of(const struct sim_client *c)
{
	return session_in(c->in.p, c->in.n);
}

/* Turns, and time for rates and presence to recover. */
static void
pass(void)
{
	sim_wait(&sim, 2 * SECOND);
}

/* A stop that leaves no word of how it ended. */
static void
crash(void)
{
	end();
	folder_drop(&folder, "clean", NULL);
}

/* Has the room say goodbye to everybody, and close. */
static void
say_goodbye(int code)
{
	chat_core_drain(sim.core, code);
	sim_run(&sim);
}

/*
 * The first life: everything that is said
 */

/* alice comes in two spellings; the name of carol has to be escaped. */
#define CAROL      "c%22%5C%C3%A9"
#define CAROL_JSON "c\\u0022\\\\\xc3\xa9"

static void
join_all(void)
{
	struct sim_client *c;

	alice = enter("alice");
	alices = session_of(alice);
	bob = enter("Bob?history=0");
	bobs = session_of(bob);
	carol = enter(CAROL);
	carols = session_of(carol);
	pass();
	leave(enter("a%2Fb"), "bad-name");
	c = enter("ALICE");
	leave(enter("dave"), "full");
	sim_say(c, "{'type':'ping'}");
	sim_run(&sim);
	leave(c, "alice-again");
}

static void
say_entries(void)
{
	sim_say(alice, "{'type':'message','ref':'r1','text':'hello'}");
	sim_say(bob, "{'type':'message','text':'without a ref'}");
	pass();
	sim_say(
	    bob, "{'type':'message','to':'ALICE','ref':'r1','text':'psst'}");
	pass();
	sim_say(alice, "{'type':'message','to':'bOB','text':'yes?'}");
	pass();
	sim_say(carol,
	    "{'type':'message','to':'" CAROL_JSON "','ref':'own',"
	    "'text':'a note'}");
	sim_say(bob,
	    "{'type':'message','to':'" CAROL_JSON "','ref':'q',"
	    "'text':'to a quoted name'}");
	pass();
}

/* Characters that JSON escapes, and some that it could escape; in each string.
 */
static void
say_escapes(void)
{
	sim_say(alice, "{'type':'message','ref':'%s','text':'%s'}",
	    "\\u0022\\\\\\u001f\\u00e9\\ud83d\\ude00",
	    "\\u0009\\u000a\\u000d.");
	sim_say(carol,
	    "{'type':'message','ref':'e','text':'"
	    "\\n\\r\\t\\/\\u0022\\\\\\u0027<\\u003c/script>&"
	    "\x7f\xc2\x85\\u0080 \xc3\xa9 e\xcc\x81 \\u20ac \\ud83d\\ude00 "
	    "\xf0\x9f\x91\x8d\xe2\x80\xa8\\u2029\xef\xbb\xbf\\uffff "
	    "\xf4\x8f\xbf\xbf'}");
	sim_say(carol,
	    "{'type':'message','text':' \\n','to':'alice','text2':[{}]}");
	pass();
}

/* Retries of a send that is recorded, and of one on its way. */
static void
retry(void)
{
	sim_say(alice, "{'type':'message','ref':'r1','text':'hello'}");
	sim_say(alice, "{'type':'message','ref':'r1','text':'hullo'}");
	sim_say(bob, "{'type':'message','ref':'r1','text':'psst'}");
	sim_say(
	    bob, "{'type':'message','ref':'r1','to':'alice','text':'psst'}");
	pass();
	sim_say(alice, "{'type':'message','ref':'r2','text':'twice'}");
	sim_say(alice, "{'type':'message','ref':'r2','text':'twice'}");
	sim_say(alice, "{'type':'message','ref':'r2','text':'thrice'}");
	pass();
}

static void
be_refused(void)
{
	sim_say(bob, "{'type':'message'");
	sim_say(bob, "{'type':'dance','ref':'d\\u0022'}");
	sim_say(bob, "{'type':'message','ref':'n','text':'\\u0000'}");
	sim_say(bob, "{'type':'message','ref':'c','text':'x\\u0001'}");
	sim_say(bob, "{'type':'message','ref':'e','text':' \\u3000\\n'}");
	sim_say(bob, "{'type':'message','ref':'l','text':'%0201d'}", 0);
	sim_say(bob, "{'type':'history','limit':6}");
	sim_say(bob, "{'type':'message','ref':'o','to':'zoe','text':'x'}");
	sim_say(bob, "{'type':'message','ref':'b','to':'a/b','text':'x'}");
	sim_say(bob, "{'type':'message','to':'zoe','text':'x'}");
	sim_say(bob, "{'type':'message','ref':'m','text':'too many'}");
	pass();
}

static void
ask(void)
{
	sim_say(alice, "{'type':'typing'}");
	sim_say(alice, "{'type':'typing','active':false}");
	sim_say(carol, "{'type':'typing','to':'BOB'}");
	sim_say(alice, "{'type':'ping','ref':'p\\u0022'}");
	sim_say(alice, "{'type':'users'}");
	sim_say(alice, "{'type':'users','after':'alice'}");
	sim_frame(alice, 0x89, "are you there", 13);
	pass();
}

/* Pages from memory: the private messages in them are each user's own. */
static void
ask_for_pages(void)
{
	sim_say(alice, "{'type':'history'}");
	sim_say(alice, "{'type':'history','before':5,'limit':2,'ref':'h'}");
	sim_say(bob, "{'type':'history','before':6}");
	sim_say(carol, "{'type':'history','before':5,'limit':5}");
	sim_say(carol, "{'type':'history','before':1}");
	pass();
}

/* Silence: carol does not answer a ping, bob sends something that is not a
 * text. */
static void
part_ways(void)
{
	sim_wait(&sim, 40 * SECOND);
	sim_frame(alice, 0x8a, "", 0);
	sim_frame(bob, 0x8a, "", 0);
	sim_wait(&sim, 8 * SECOND);
	leave(carol, "carol");
	sim_frame(bob, 0x82, "x", 1);
	sim_run(&sim);
	leave(bob, "bob");
	sim_wait(&sim, 6 * SECOND);
	say_goodbye(1012);
	leave(alice, "alice");
}

static void
live_first(const struct chat_limits *limits)
{
	begin(limits, true);
	join_all();
	say_entries();
	say_escapes();
	retry();
	be_refused();
	ask();
	ask_for_pages();
	part_ways();
	end();
}

/*
 * Later lives
 */

/* After a clean stop: everybody comes back, each in another way. */
static void
live_again(const struct chat_limits *limits)
{
	begin(limits, true);
	alice = enter_again("alice", &alices, "&after=3");
	bob = enter_again("bob", &bobs, "");
	carol = enter_again(CAROL, &carols, "&after=0");
	leave(enter("eve?history=2"), "eve");
	leave(enter_again("alice", &bobs, "&after=3"), "alice-with-bobs");
	leave(enter_again("alice", &alices, "&after=12"), "alice-beyond");
	pass();
	sim_say(alice, "{'type':'message','ref':'r1','text':'hello'}");
	sim_say(alice, "{'type':'message','ref':'r1','text':'other'}");
	sim_say(
	    bob, "{'type':'message','ref':'r1','to':'Alice','text':'psst'}");
	sim_say(bob, "{'type':'message','ref':'z','to':'Zoe','text':'soon'}");
	pass();
	say_goodbye(1001);
	leave(alice, "alice");
	leave(bob, "bob");
	leave(carol, "carol");
}

/* The journal takes no message until it has begun another file. */
static void
break_journal(void)
{
	const char *name = "0000000000000001.log";
	struct folder_file file = folder_read(&folder, name);

	folder_write(&folder, name, file.p, file.n + 1);
	sim_say(alice, "{'type':'message','ref':'s','text':'in vain'}");
	sim_run(&sim);
	folder_write(&folder, name, file.p, file.n);
	free(file.p);
	pass();
	sim_say(alice, "{'type':'message','ref':'s','text':'in vain'}");
	pass();
}

/* After a stop that was not clean: numbers are left out. */
static void
live_after_crash(const struct chat_limits *limits)
{
	begin(limits, true);
	alice = enter_again("alice", &alices, "&after=9");
	bob = enter_again("bob", &bobs, "&after=11");
	carol = enter_again(CAROL, &carols, "&after=12");
	pass();
	sim_say(bob, "{'type':'message','text':'on'}");
	pass();
	break_journal();
	sim_say(bob, "{'type':'message','to':'alice','text':'another file'}");
	pass();
	sim_say(alice, "{'type':'history','limit':5}");
	pass();
	leave(alice, "alice");
	leave(bob, "bob");
	leave(carol, "carol");
}

/* Pages that are read from the journal.  Messages that push their entries out
 * of memory are not compared. */
static void
live_long(void)
{
	struct chat_limits limits = { .history = 5,
		.past_size = 16384,
		.live_size = 16384,
		.message_rate = CHAT_OFF };
	struct sim_client *c;
	int i;

	begin(&limits, true);
	c = enter("filler");
	for (i = 0; i < 6; i++)
		sim_say(c, "{'type':'message','text':'%03000d'}", i);
	sim_run(&sim);
	sim_free(c);
	sim_wait(&sim, 6 * SECOND);
	alice = enter_again("alice", &alices, "&history=0");
	c = enter("eve?history=0");
	sim_say(alice, "{'type':'history','before':5,'limit':4}");
	sim_say(alice, "{'type':'history','before':4,'ref':'two'}");
	sim_say(c, "{'type':'history','before':1000000014,'limit':4}");
	pass();
	sim_say(c, "{'type':'history','before':5,'limit':2}");
	sim_say(alice, "{'type':'history','before':1000000012,'limit':4}");
	pass();
	leave(alice, "alice");
	leave(c, "eve");
	end();
}

static void
the_room_says_and_writes_the_same(void **state)
{
	const struct chat_limits limits = { .max_connections = 4,
		.max_text = 200,
		.message_burst = 3,
		.history = 5,
		.past_size = 16384,
		.live_size = 16384 };

	(void)state;
	journal = "kept";
	life = '0';
	live_first(&limits);
	live_again(&limits);
	crash();
	live_after_crash(&limits);
	end();
	check_journal();
	live_long();
	assert_int_equal(differences, 0);
}

/*
 * Without private texts
 */

static void
live_discreetly(const struct chat_limits *limits)
{
	begin(limits, false);
	alice = enter("alice");
	alices = session_of(alice);
	bob = enter("bob");
	bobs = session_of(bob);
	pass();
	sim_say(alice, "{'type':'message','ref':'1','text':'public'}");
	sim_say(
	    alice, "{'type':'message','ref':'2','to':'bob','text':'secret'}");
	pass();
	sim_say(bob, "{'type':'message','to':'alice','text':'without a ref'}");
	pass();
	sim_say(bob, "{'type':'message','text':'the last one'}");
	pass();
	sim_say(bob, "{'type':'history'}");
	pass();
	leave(alice, "alice");
	leave(bob, "bob");
	end();
}

/* A client that may miss something is told; a retry is still known. */
static void
live_forgetfully(const struct chat_limits *limits)
{
	begin(limits, false);
	alice = enter_again("alice", &alices, "&after=3");
	bob = enter_again("bob", &bobs, "&after=1");
	pass();
	sim_say(
	    alice, "{'type':'message','ref':'2','to':'bob','text':'secret'}");
	sim_say(alice, "{'type':'message','ref':'2','text':'secret'}");
	sim_say(bob, "{'type':'history'}");
	pass();
	leave(alice, "alice");
	leave(bob, "bob");
	leave(enter("carol"), "carol");
	end();
}

static void
private_texts_are_withheld_the_same(void **state)
{
	const struct chat_limits limits = { .past_size = 16384 };

	(void)state;
	journal = "withheld";
	life = '0';
	live_discreetly(&limits);
	live_forgetfully(&limits);
	check_journal();
	assert_int_equal(differences, 0);
}

/* Files that were written then */

static struct session
session_from(const char *name)
{
	struct folder f = open_formats("frames");
	struct folder_file file = folder_read(&f, name);
	struct session s = session_in(file.p, file.n);

	free(file.p);
	close(f.fd);
	return s;
}

/* Opens a copy of a journal in test/formats, in which alice's session began
 * with these frames. */
static void
open_journal(const char *name, const char *session, bool private)
{
	const struct chat_limits limits = { .history = 1000,
		.past_size = 65536 };
	struct folder f = open_formats(name);

	folder_copy(&f, &folder);
	close(f.fd);
	alices = session_from(session);
	begin(&limits, private);
}

/* Has one told from the beginning to a session of then, which tries the text
 * again, and to somebody new.  They get the same frames, whatever version the
 * journal is of. */
static void
read_journal(const char *name, const char *frames, const char *text)
{
	char file[64];

	journal = frames;
	life = '8';
	snprintf(file, sizeof(file), "%s-1-alice", frames);
	open_journal(name, file, true);
	alice = enter_again("alice", &alices, "&after=0");
	sim_say(alice, "%s", text);
	pass();
	leave(alice, "alice");
	leave(enter("eve?history=1000"), "eve");
	end();
	assert_int_equal(differences, 0);
}

static void
a_journal_of_then_is_read(void **state)
{
	(void)state;
	read_journal(
	    "kept", "kept", "{'type':'message','ref':'r1','text':'hello'}");
}

/* Version 1, and texts that would be refused now. */
static void
control_characters_of_then_are_read(void **state)
{
	(void)state;
	read_journal("controls", "controls",
	    "{'type':'message','ref':'r1','text':'hello'}");
}

static void
a_withheld_journal_of_then_is_read(void **state)
{
	const char *text =
	    "{'type':'message','ref':'2','to':'bob','text':'secret'}";

	(void)state;
	read_journal("withheld", "withheld", text);
	folder_empty(&folder);
	read_journal("withheld-version-1", "withheld", text);
}

/* A journal of version 1 goes on.  What was sent in it is known, and so is that
 * something else has the same ref; what is sent now is of version 2. */
static void
a_journal_of_version_1_goes_on(void **state)
{
	static const char *const texts[] = {
		"{'type':'message','ref':'2','to':'bob','text':'secret'}",
		"{'type':'message','ref':'2','to':'bob','text':'Secret'}",
		"{'type':'message','ref':'3','to':'bob','text':'secret'}",
		"{'type':'message','ref':'3','to':'bob','text':'secret'}",
		"{'type':'message','ref':'3','text':'secret'}",
		"{'type':'message','ref':'4','text':'on'}",
	};
	size_t i, n = 0;

	(void)state;
	journal = "mixed";
	life = '0';
	open_journal("withheld-version-1", "withheld-1-alice", false);
	alice = enter_again("alice", &alices, "&after=0");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		sim_say(alice, "%s", texts[i]);
		pass();
	}
	leave(alice, "alice");
	end();
	check_journal();
	for (; n < 2; n++) {
		life = '8';
		folder_empty(&folder);
		open_journal("mixed", "withheld-1-alice", false);
		alice = enter_again("alice", &alices, "&after=0");
		sim_say(alice, "%s", texts[n == 0 ? 0 : 2]);
		pass();
		leave(alice, n == 0 ? "alice" : "alice-again");
		end();
	}
	assert_int_equal(differences, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(the_room_says_and_writes_the_same),
		TEST(private_texts_are_withheld_the_same),
		TEST(a_journal_of_then_is_read),
		TEST(control_characters_of_then_are_read),
		TEST(a_withheld_journal_of_then_is_read),
		TEST(a_journal_of_version_1_goes_on),
	};

	writes = argc == 2 && strcmp(argv[1], "--write") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

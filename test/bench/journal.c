/*
 * journal: what a journal costs, beside the least that it could.
 *
 *	journal FOLDER [MEGABYTES [private]]
 *
 * Fills a new journal (1,024 megabytes if not said) by turns of 64 messages,
 * all of which may be private, whose texts it does not keep; opens it again,
 * reads pages from its middle and looks over it.  Each line of output is a
 * figure; those that are ratios compare with the bare system calls on the same
 * bytes.  The folder must not be there, and stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "journal/file.h"
#include "probe.h"
#include "store/batch.h"

enum { TURN = 64, PAGES = 1000, PAGE = 50 };

static bool private;
static const unsigned char seed[CHAT_LOG_SECRET] = "bench";
static const char text[] = "so this is what people say to each other in a "
			   "chat, a line or a half of one";

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
print_line(void *user, enum chat_level level, const char *line)
{
	(void)user;
	if (level <= CHAT_LOG_WARNING)
		fprintf(stderr, "%s\n", line);
}

static struct chat_store *
open_store(const char *folder, enum chat_sync sync)
{
	static const struct chat_alloc alloc;
	struct chat_journal_config config = { .alloc = &alloc,
		.journal = { .folder = folder,
		    .size = UINT64_C(1) << 40,
		    .sync = sync },
		.past = 4 << 20,
		.seed = seed,
		.now = { 0, 1764000000000 },
		.on_log = print_line };
	struct chat_store *s = chat_journal_open(&config);

	if (s == NULL)
		fail(folder);
	return s;
}

static void
fill_batch(struct chat_batch *b, uint64_t n)
{
	struct chat_record r = { .entry = { .from = CHAT_STR("alice"),
				     .by = CHAT_STR("k3J9x2Qa"),
				     .ref = CHAT_STR("Xk3vP0aQz1c"),
				     .text = CHAT_STR(text) } };
	int i;

	if (private) {
		r.entry.is_private = true;
		r.entry.to = CHAT_STR("bob");
		r.entry.user[0] = 1;
		r.entry.user[1] = 2;
	}
	for (i = 0; i < TURN; i++) {
		r.entry.key =
		    (struct chat_ref_key){ { n * TURN + (uint64_t)i, 1 }, 2 };
		if (chat_batch_append(b, &r) < 0)
			fail("batch");
	}
}

/* Turns until the journal has that many bytes; their number. */
static uint64_t
fill(struct chat_store *s, uint64_t bytes)
{
	struct chat_file *f = (struct chat_file *)s;
	struct chat_stored out;
	struct chat_batch b;
	uint64_t n = 0;

	chat_batch_init(&b, f->alloc);
	while (f->segments.size < bytes) {
		fill_batch(&b, n++);
		s->type->append(
		    s, &b, (struct chat_time){ n, 1764000000000 + n });
		while (s->type->next(s, &out))
			if (out.kind != CHAT_STORED)
				fail("append");
		chat_batch_clear(&b);
	}
	chat_batch_release(&b);
	return n;
}

/* The same turns by write() alone. */
static void
write_bare(const char *folder, uint64_t turns, size_t size)
{
	char path[256], *p = calloc(1, size);
	int fd;

	snprintf(path, sizeof(path), "%s/bare", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || p == NULL)
		fail(path);
	while (turns-- > 0)
		if (write(fd, p, size) != (ssize_t)size)
			fail(path);
	close(fd);
	unlink(path);
	free(p);
}

static void
append(const char *folder, uint64_t bytes)
{
	struct chat_store *s = open_store(folder, CHAT_SYNC_OS);
	double start = probe_cpu(getpid()), own, bare;
	uint64_t turns = fill(s, bytes);

	own = probe_cpu(getpid()) - start;
	start = probe_cpu(getpid());
	write_bare(folder, turns, (size_t)(bytes / turns));
	bare = probe_cpu(getpid()) - start;
	printf("append_usec %.2f\n", own * 1e6 / (double)(turns * TURN));
	printf("to_bare %.2f\n", own / bare);
	s->type->free(s);
}

static void
recover(const char *folder)
{
	double memory = probe_memory(getpid()), start = probe_wall(), opened;
	struct chat_store *s = open_store(folder, CHAT_SYNC_OS);
	struct chat_file *f = (struct chat_file *)s;
	struct chat_stored out;
	uint64_t n = 0, from = 0, i;

	opened = probe_wall() - start;
	for (i = 0; i < f->scan.segment; i++)
		from += f->segments.all[i].size;
	from += f->scan.at;
	while (s->type->next(s, &out))
		n++;
	start = probe_wall() - start;
	printf("open_ms %.1f\n", opened * 1e3);
	printf("recovered_messages %llu\n", (unsigned long long)n);
	printf("recovery_ms %.1f\n", start * 1e3);
	printf("recovery_mbps %.0f\n",
	    (double)(f->segments.size - from) / 1e6 / start);
	printf("memory %.0f\n", probe_memory(getpid()) - memory);
	s->type->free(s);
}

/* Pages of one reader, going back from the middle; and of places all over. */
static void
read_pages(const char *folder)
{
	struct chat_store *s = open_store(folder, CHAT_SYNC_OS);
	struct chat_stored out;
	double start, longest = 0, t, all;
	uint64_t before, n = 0;
	int i;

	while (s->type->next(s, &out))
		continue;
	before = s->log.seq / 2;
	start = probe_wall();
	for (i = 0; i < PAGES; i++) {
		if (i % 2 == 1)
			before = 1 + (uint64_t)i * (s->log.seq / PAGES);
		t = probe_wall();
		s->type->read(s, before, PAGE, 0);
		for (;;) {
			if (!s->type->next(s, &out))
				s->type->turn(s, (struct chat_time){ 0, 0 });
			else if (out.kind == CHAT_STORED_END)
				break;
			else
				n++;
		}
		t = probe_wall() - t;
		longest = t > longest ? t : longest;
		before = out.seq;
	}
	all = probe_wall() - start;
	printf("page_usec %.0f\n", all * 1e6 / (double)PAGES);
	printf("page_longest %.0f\n", longest * 1e6);
	printf("page_entries %.1f\n", (double)n / (double)PAGES);
	s->type->free(s);
}

static void
look_over(const char *folder)
{
	static const struct chat_alloc alloc;
	struct chat_check c;
	double start = probe_wall();

	if (chat_check_journal(&c, folder, &alloc, print_line, NULL) < 0)
		fail(folder);
	printf("check_mbps %.0f\n",
	    (double)c.bytes / 1e6 / (probe_wall() - start));
	printf("check_messages %llu\n", (unsigned long long)c.messages);
}

int
main(int argc, char *argv[])
{
	uint64_t mb = argc > 2 ? strtoull(argv[2], NULL, 10) : 1024;

	private = argc > 3 && strcmp(argv[3], "private") == 0;

	if (argc < 2 || mb == 0) {
		fprintf(
		    stderr, "usage: journal FOLDER [MEGABYTES [private]]\n");
		return 2;
	}
	append(argv[1], mb << 20);
	recover(argv[1]);
	read_pages(argv[1]);
	look_over(argv[1]);
	return 0;
}

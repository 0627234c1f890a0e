/* The order matters: hold the lock, find the end and cut it, know the log's
 * name and secret, and only then write. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "append.h"
#include "disk.h"
#include "err.h"
#include "file.h"
#include "hold.h"
#include "read.h"
#include "recover.h"
#include "tail.h"

/* Bytes of the files `secret` and `clean`, at most. */
#define SMALL_FILE 512

/* An opening under way. */
struct opening {
	struct chat_file *f;
	const struct chat_journal_config *config;
	uint64_t version;      /* of the file secret */
	bool is_old;           /* it is held as in version 1 */
	struct chat_line last; /* good line, without its strings */
};

static int
fail(const struct opening *o, const char *what)
{
	return chat_file_fail(o->f, CHAT_ERR_SYSTEM, what);
}

/* Reads a file of one line.  CHAT_ERR_LINE: it is there, and damaged. */
static int
load_line(const struct opening *o, const char *name, char text[SMALL_FILE],
    struct chat_line *line)
{
	long n = chat_disk_load(o->f->folder, name, text, SMALL_FILE);

	if (n < 0)
		return n == CHAT_ERR_SPACE ? CHAT_ERR_LINE : (int)n;
	if (n == 0 || text[n - 1] != '\n')
		return CHAT_ERR_LINE;
	return chat_line_parse(line, &o->f->crc, text, (size_t)n - 1);
}

/*
 * Name and secret
 */

static int
write_secret(struct opening *o)
{
	struct chat_file *f = o->f;
	struct chat_line line = { .kind = CHAT_LINE_SECRET };

	memcpy(line.log, f->store.log.name, sizeof(line.log));
	memcpy(line.secret, f->store.log.secret, sizeof(line.secret));
	f->lines.n = 0;
	if (chat_file_put(f, &line) < 0)
		return chat_file_fail(o->f, CHAT_ERR_NOMEM, "secret");
	if (chat_disk_replace(f->folder, "secret", f->lines.p, f->lines.n) < 0)
		return fail(o, "cannot write secret");
	return CHAT_OK;
}

/* Reads the first line of a segment; false: it is not one. */
static bool
read_head(const struct opening *o, const struct chat_segment *segment,
    struct chat_line *head)
{
	struct chat_file *f = o->f;
	int fd = chat_segment_open(f->folder, segment->first, false);
	struct chat_lines l;
	struct chat_str text;
	bool found;

	if (fd < 0)
		return false;
	chat_lines_init(&l, f->alloc, fd, segment->size, CHAT_LINES_GLANCE);
	found = chat_lines_get(&l, 0, &text) == 1 &&
	    chat_line_parse(head, &f->crc, (char *)text.p, text.n) == CHAT_OK &&
	    head->kind == CHAT_LINE_SEGMENT;
	chat_lines_release(&l);
	chat_disk_close(fd);
	return found;
}

/* Reads the name of the log from the first line of a segment. */
static bool
read_name(
    const struct opening *o, const struct chat_segment *segment, char name[8])
{
	struct chat_line head;

	if (!read_head(o, segment, &head))
		return false;
	memcpy(name, head.log, sizeof(head.log));
	return true;
}

/* A folder has one log. */
static int
check_name(const struct opening *o)
{
	struct chat_file *f = o->f;
	char name[8];

	if (f->segments.n == 0 ||
	    !read_name(o, chat_segments_last(&f->segments), name) ||
	    memcmp(name, f->store.log.name, sizeof(name)) == 0)
		return CHAT_OK;
	errno = EINVAL;
	return fail(o, "secret and log are not of one journal");
}

/* Without its secret the log continues, but all sessions begin anew. */
static int
open_secret(struct opening *o)
{
	struct chat_file *f = o->f;
	struct chat_log_info *log = &f->store.log;
	char text[SMALL_FILE];
	struct chat_line line;
	size_t i;
	int err = load_line(o, "secret", text, &line);

	if (err == CHAT_ERR_SYSTEM && errno != ENOENT)
		return fail(o, "cannot read secret");
	/* New ones, if there are none to be read.  A log without a segment gets
	 * new ones, too: nothing was said in it. */
	chat_log_name(log, o->config->seed);
	if (f->segments.n == 0)
		return write_secret(o);
	if (err == CHAT_OK && line.kind == CHAT_LINE_SECRET) {
		o->version = line.version;
		memcpy(log->name, line.log, sizeof(line.log));
		memcpy(log->secret, line.secret, sizeof(line.secret));
		log->existed = true;
		return check_name(o);
	}
	chat_file_log(f, CHAT_LOG_WARNING,
	    "journal: secret is %s: all sessions begin anew",
	    err == CHAT_ERR_SYSTEM ? "missing" : "damaged");
	/* The log keeps its name, by which its lines are known. */
	for (i = f->segments.n; i-- > 0;)
		if (read_name(o, &f->segments.all[i], log->name))
			break;
	return write_secret(o);
}

/*
 * Going on
 */

/* Was the last stop a clean one, and are these the very files that it left?  In
 * a copy that was put back, numbers may have been given out since. */
static bool
is_clean(const struct opening *o)
{
	const struct chat_file *f = o->f;
	const struct chat_segment *segment = chat_segments_last(&f->segments);
	char text[SMALL_FILE];
	struct chat_line line;
	uint64_t inode, changed;

	return load_line(o, "clean", text, &line) == CHAT_OK &&
	    line.kind == CHAT_LINE_CLEAN &&
	    chat_disk_identity(f->fd, &inode, &changed) == CHAT_OK &&
	    memcmp(line.log, f->store.log.name, sizeof(line.log)) == 0 &&
	    line.entry.seq == o->last.entry.seq &&
	    line.segment == segment->first && line.size == segment->size &&
	    line.inode == inode && line.changed == changed;
}

/* Leaves out numbers that may have been given out before: a client that has one
 * of them must not take another message for the one that it has seen.  This is
 * on the disk before any number is given out, whatever `sync` is. */
static int
skip(struct opening *o)
{
	struct chat_file *f = o->f;
	struct chat_log_info *log = &f->store.log;
	struct chat_line line = { .kind = CHAT_LINE_SKIP,
		.entry = { .seq = log->seq + CHAT_FILE_SKIP,
		    .time = log->time },
		.skip = log->seq + 1 };
	uint64_t size = chat_segments_last(&f->segments)->size;
	int err, cut;

	f->lines.n = 0;
	if (line.entry.seq > CHAT_JSON_MAX_UINT) {
		errno = ERANGE;
		return fail(o, "out of numbers");
	}
	if ((err = chat_file_put(f, &line)) < 0)
		return chat_file_fail(o->f, err, "cannot write");
	if (chat_disk_write(f->fd, f->lines.p, f->lines.n, size) < 0 ||
	    chat_disk_sync(f->fd) < 0) {
		err = fail(o, "cannot write");
		cut = ftruncate(f->fd, (off_t)size);
		(void)cut; /* whatever is left, the next start copes with */
		return err;
	}
	log->seq = line.entry.seq;
	chat_segments_resize(&f->segments, size + f->lines.n);
	return CHAT_OK;
}

/* Removes `clean` before anything is appended: it describes the old end. */
static int
go_on(struct opening *o)
{
	struct chat_file *f = o->f;
	bool clean = is_clean(o);

	/* The last line may be the head of a segment: then that is the number
	 * before its first one. */
	f->store.log.seq = o->last.entry.seq;
	f->store.log.time = o->last.entry.time;
	if (unlinkat(f->folder, "clean", 0) != 0 && errno != ENOENT)
		return fail(o, "cannot write");
	if (chat_disk_sync_folder(f->folder) < 0)
		return fail(o, "cannot write");
	return clean ? CHAT_OK : skip(o);
}

/* Begins a log.  A `clean` that somebody has left here is of another one; if it
 * cannot be removed, its name tells. */
static int
begin(struct opening *o)
{
	struct chat_file *f = o->f;
	int err;

	f->store.log.replay_from = f->store.log.oldest = 1;
	f->store.log.time = o->config->now.wall;
	(void)unlinkat(f->folder, "clean", 0);
	err = chat_disk_sync_parent(f->folder);
	if (err == CHAT_OK)
		err = chat_append_roll(f);
	return err < 0 ? chat_file_fail(o->f, err, "cannot begin") : CHAT_OK;
}

/*
 * Versions
 */

/* The version of the last segment, as its first line says; 0: there is none, or
 * it is damaged. */
static uint64_t
last_version(const struct opening *o)
{
	const struct chat_segments *all = &o->f->segments;
	struct chat_line head;

	return all->n > 0 && read_head(o, chat_segments_last(all), &head)
	    ? head.version
	    : 0;
}

/* Nothing of a later version is touched: what it means is not known here.
 * Versions only grow, so the last segment has the greatest. */
static int
check_version(struct opening *o)
{
	struct chat_file *f = o->f;
	char text[SMALL_FILE];
	struct chat_line line;
	uint64_t version = last_version(o);

	if (load_line(o, "secret", text, &line) == CHAT_OK &&
	    line.kind == CHAT_LINE_SECRET && line.version > version)
		version = line.version;
	if (version <= CHAT_LINE_VERSION)
		return CHAT_OK;
	chat_file_log(f, CHAT_LOG_ERROR,
	    "journal %s: is of version %" PRIu64 ", later than this chatd",
	    f->journal.folder, version);
	errno = EINVAL;
	return CHAT_ERR_SYSTEM;
}

/* Makes the folder one of version 2.  The order matters: first a server of
 * version 1 was kept out, then `secret` says it, then there is a segment of it.
 * A start that finds only the first of these goes on from there.  The last
 * segment may be an older one again, since a torn one was set aside. */
static int
upgrade(struct opening *o)
{
	struct chat_file *f = o->f;

	if (o->version == 1 && write_secret(o) < 0)
		return CHAT_ERR_SYSTEM;
	if (last_version(o) == CHAT_LINE_VERSION)
		return CHAT_OK;
	chat_file_log(f, CHAT_LOG_INFO,
	    "journal %s: is of version 2 from number %" PRIu64 " on",
	    f->journal.folder, f->store.log.seq + 1);
	if (chat_append_roll(f) < 0)
		return fail(o, "cannot begin");
	return CHAT_OK;
}

/*
 * Opening
 */

/* Lists the segments. */
static int
look(struct opening *o)
{
	struct chat_file *f = o->f;
	int err;

	chat_segments_release(&f->segments);
	err = chat_segments_list(&f->segments, f->folder);
	if (err < 0)
		return chat_file_fail(o->f, err, "cannot list");
	return check_version(o);
}

/* Takes the folder.  Before that it must not be of a later version, of which
 * nothing is to be changed; after it, of none that somebody has just left. */
static int
hold(struct opening *o)
{
	struct chat_file *f = o->f;
	long holder;
	int err;

	f->folder = chat_disk_open_folder(f->journal.folder);
	if (f->folder < 0)
		return fail(o,
		    f->folder == CHAT_ERR_ARGUMENT ? "others can write to it"
						   : "cannot open");
	if ((err = look(o)) < 0)
		return err;
	err = chat_hold_take(f, &o->is_old, &holder);
	if (err == CHAT_ERR_LIMIT) {
		chat_file_log(f, CHAT_LOG_ERROR,
		    "journal %s: in use by process %ld", f->journal.folder,
		    holder);
		errno = EBUSY;
		return CHAT_ERR_LIMIT;
	}
	if (err < 0)
		return fail(o, "cannot lock");
	return look(o);
}

static int
open_journal(struct opening *o)
{
	struct chat_file *f = o->f;
	int err = hold(o);

	if (err == CHAT_OK)
		err = chat_tail_open(f, &o->last);
	if (err == CHAT_OK && o->is_old && chat_hold_renew(f) < 0)
		err = fail(o, "cannot lock");
	if (err == CHAT_OK)
		err = open_secret(o);
	if (err < 0)
		return err;
	chat_hmac_init(
	    &f->mask, f->store.log.secret, sizeof(f->store.log.secret));
	if (f->segments.n == 0)
		return begin(o);
	if ((err = go_on(o)) < 0 || (err = upgrade(o)) < 0)
		return err;
	chat_recover_begin(f, o->config->past);
	chat_file_log(f, CHAT_LOG_INFO,
	    "journal %s: %" PRIu64 " bytes in %zu files, goes on after number "
	    "%" PRIu64,
	    f->journal.folder, f->segments.size, f->segments.n,
	    f->store.log.seq);
	return CHAT_OK;
}

/*
 * The store
 */

static bool
next(struct chat_store *s, struct chat_stored *out)
{
	struct chat_file *f = (struct chat_file *)s;

	if (f->recovering)
		return chat_recover_next(f, out);
	/* The room takes both kinds of answers, in any order. */
	return chat_append_next(f, out) || chat_read_next(f, out);
}

/* Leaves the mark of a clean stop: where the journal ends.  If anything is in
 * doubt there is none, and the next start leaves out numbers. */
static void
leave_mark(struct chat_file *f)
{
	const struct chat_segment *segment = chat_segments_last(&f->segments);
	struct chat_line line = { .kind = CHAT_LINE_CLEAN,
		.entry = { .seq = f->store.log.seq, .time = f->store.log.time },
		.segment = segment->first,
		.size = segment->size };

	if (chat_append_check(f) < 0 || chat_disk_sync(f->fd) < 0 ||
	    chat_disk_identity(f->fd, &line.inode, &line.changed) < 0)
		return;
	memcpy(line.log, f->store.log.name, sizeof(line.log));
	f->lines.n = 0;
	if (chat_file_put(f, &line) == CHAT_OK)
		(void)chat_disk_replace(
		    f->folder, "clean", f->lines.p, f->lines.n);
}

static void
close_journal(struct chat_store *s)
{
	struct chat_file *f = (struct chat_file *)s;

	if (f->fd >= 0 && !f->broken)
		leave_mark(f);
	chat_read_stop(f);
	chat_stretches_release(&f->stretches);
	chat_scan_release(&f->scan);
	chat_buf_release(&f->lines);
	chat_segments_release(&f->segments);
	chat_disk_close(f->fd);
	chat_disk_close(f->next);
	chat_disk_close(f->lock);
	chat_disk_close(f->old_lock);
	chat_disk_close(f->folder);
	chat_alloc_free(f->alloc, f);
}

static void
turn(struct chat_store *s, struct chat_time now)
{
	chat_append_turn(s, now);
	chat_read_turn((struct chat_file *)s);
}

static uint64_t
deadline(const struct chat_store *s)
{
	return chat_read_is_due((const struct chat_file *)s)
	    ? 0
	    : chat_append_deadline(s);
}

static const struct chat_store_type type = { .append = chat_append_batch,
	.read = chat_read_ask,
	.next = next,
	.turn = turn,
	.deadline = deadline,
	.is_writable = chat_append_is_writable,
	.free = close_journal };

static struct chat_journal
complete(const struct chat_journal *journal)
{
	struct chat_journal j = *journal;

	if (j.size == 0)
		j.size = CHAT_JOURNAL_SIZE;
	if (j.size < CHAT_JOURNAL_SIZE_MIN)
		j.size = CHAT_JOURNAL_SIZE_MIN;
	return j;
}

struct chat_store *
chat_journal_open(const struct chat_journal_config *config)
{
	struct chat_file *f = chat_alloc_new(config->alloc, sizeof(*f));
	struct opening o = { .f = f, .config = config };

	if (f == NULL) {
		if (config->on_log != NULL)
			config->on_log(
			    config->user, CHAT_LOG_ERROR, "journal: no memory");
		errno = ENOMEM;
		return NULL;
	}
	f->store.type = &type;
	f->alloc = config->alloc;
	f->journal = complete(&config->journal);
	f->on_log = config->on_log;
	f->user = config->user;
	f->folder = f->lock = f->old_lock = f->fd = f->next = f->page.fd = -1;
	/* Until it is open: close_journal() must leave no mark before that. */
	f->broken = true;
	f->lines.alloc = f->stretches.alloc = config->alloc;
	chat_segments_init(&f->segments, config->alloc);
	chat_crc32_init(&f->crc);
	chat_scan_init(&f->scan, &f->segments, -1, &f->crc);
	if (open_journal(&o) == CHAT_OK) {
		f->broken = false;
		f->journal.folder = NULL; /* the caller's */
		return &f->store;
	}
	f->store.type->free(&f->store);
	return NULL;
}

/* How a journal is opened: what it is, and where it ends. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "file.h"

/* Bytes of the files `secret` and `clean`, at most. */
#define SMALL_FILE 512

/* An opening under way. */
struct opening {
	struct chat_store_file *f;
	const struct chat_store_file_config *config;
	struct chat_line last; /* good line, no strings */
	uint64_t end;          /* of it, in the last segment */
	uint64_t limit;        /* from this number on all is void */
};

static int
fail(const struct opening *o, const char *what)
{
	chat_store_log(o->f, CHAT_LOG_ERROR, "journal %s: %s: %s",
	    o->f->journal.folder, what, strerror(errno));
	return CHAT_ERR_SYSTEM;
}

/* The same, if it may be for want of memory, of which errno does not know. */
static int
fail_for(const struct opening *o, int err, const char *what)
{
	if (err == CHAT_ERR_NOMEM)
		errno = ENOMEM;
	return fail(o, what);
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
	struct chat_store_file *f = o->f;
	struct chat_line line = { .kind = CHAT_LINE_SECRET };

	memcpy(line.log, f->store.log.name, sizeof(line.log));
	memcpy(line.secret, f->store.log.secret, sizeof(line.secret));
	f->lines.n = 0;
	if (chat_store_write(f, &line) < 0)
		return fail_for(o, CHAT_ERR_NOMEM, "secret");
	if (chat_disk_replace(f->folder, "secret", f->lines.p, f->lines.n) < 0)
		return fail(o, "cannot write secret");
	return CHAT_OK;
}

/* The name that the first line of a segment says. */
static bool
read_name(
    const struct opening *o, const struct chat_segment *segment, char name[8])
{
	struct chat_store_file *f = o->f;
	int fd = chat_segment_open(f->folder, segment->first, false);
	struct chat_lines l;
	struct chat_line line;
	struct chat_str text;
	bool found = false;

	if (fd < 0)
		return false;
	chat_lines_init(&l, f->alloc, fd, segment->size, CHAT_LINES_GLANCE);
	if (chat_lines_get(&l, 0, &text) == 1 &&
	    chat_line_parse(&line, &f->crc, (char *)text.p, text.n) ==
		CHAT_OK &&
	    line.kind == CHAT_LINE_SEGMENT) {
		memcpy(name, line.log, sizeof(line.log));
		found = true;
	}
	chat_lines_release(&l);
	chat_disk_close(fd);
	return found;
}

/* A folder has one log. */
static int
check_name(const struct opening *o)
{
	struct chat_store_file *f = o->f;
	char name[8];

	if (f->segments.n == 0 ||
	    !read_name(o, chat_segments_last(&f->segments), name) ||
	    memcmp(name, f->store.log.name, sizeof(name)) == 0)
		return CHAT_OK;
	errno = EINVAL;
	return fail(o, "secret and log are not of one journal");
}

/* Without its secret a log goes on, but no session does. */
static int
open_secret(struct opening *o)
{
	struct chat_store_file *f = o->f;
	struct chat_log_info *log = &f->store.log;
	char text[SMALL_FILE];
	struct chat_line line;
	size_t i;
	int err = load_line(o, "secret", text, &line);

	if (err == CHAT_ERR_SYSTEM && errno != ENOENT)
		return fail(o, "cannot read secret");
	chat_log_name(log, o->config->seed);
	if (f->segments.n == 0)
		return write_secret(o);
	if (err == CHAT_OK && line.kind == CHAT_LINE_SECRET) {
		memcpy(log->name, line.log, sizeof(line.log));
		memcpy(log->secret, line.secret, sizeof(line.secret));
		log->existed = true;
		return check_name(o);
	}
	chat_store_log(f, CHAT_LOG_WARNING,
	    "journal: secret is %s: all sessions begin anew",
	    err == CHAT_ERR_SYSTEM ? "missing" : "damaged");
	for (i = f->segments.n; i-- > 0;)
		if (read_name(o, &f->segments.all[i], log->name))
			break;
	return write_secret(o);
}

/*
 * The end of the log
 */

/* Copies the bytes of a segment from an offset on to a file beside it. */
static int
keep_bytes(struct opening *o, int fd, const char *name, uint64_t at)
{
	char block[8192], path[CHAT_SEGMENT_NAME + 32];
	int to, err = CHAT_OK;
	uint64_t done = 0;
	long n;

	snprintf(path, sizeof(path), "%s.cut-%" PRIu64, name, at);
	to = chat_disk_create(o->f->folder, path);
	if (to < 0)
		return to;
	do {
		n = chat_disk_read(fd, block, sizeof(block), at + done);
		if (n > 0)
			err = chat_disk_write(to, block, (size_t)n, done);
		done += n > 0 ? (uint64_t)n : 0;
	} while (n > 0 && err == CHAT_OK);
	if (n == 0 && err == CHAT_OK)
		err = chat_disk_sync(to);
	chat_disk_close(to);
	return n < 0 ? CHAT_ERR_SYSTEM : err;
}

/* May the log end with that line, in the segment with that first number? */
static bool
is_end(const struct opening *o, const struct chat_line *line, uint64_t first)
{
	switch (line->kind) {
	case CHAT_LINE_SEGMENT:
		return line->seq + 1 == first;
	case CHAT_LINE_PUBLIC:
	case CHAT_LINE_PRIVATE:
	case CHAT_LINE_SKIP:
		return line->seq >= first && line->seq < o->limit;
	case CHAT_LINE_SECRET:
	case CHAT_LINE_CLEAN:
		break;
	}
	return false;
}

/* Finds the last good line of the last segment, and how many bad ones follow
 * it: 1; 0: there is none; or an error. */
static int
find_last(struct opening *o, int fd, uint64_t *bad)
{
	const struct chat_segment *s = chat_segments_last(&o->f->segments);
	struct chat_lines l;
	struct chat_str text;
	int found;

	*bad = 0;
	o->end = s->size;
	chat_lines_init(&l, o->f->alloc, fd, s->size, CHAT_LINES_GLANCE);
	while ((found = chat_lines_back(&l, o->end, &text)) > 0 ||
	    found == CHAT_ERR_SPACE) {
		/* The very last one may have no newline. */
		if (found > 0 && text.p[text.n] == '\n' &&
		    chat_line_parse(&o->last, &o->f->crc, (char *)text.p,
			text.n) == CHAT_OK &&
		    is_end(o, &o->last, s->first))
			break;
		found = 0;
		o->end -= text.n + 1;
		++*bad;
	}
	chat_lines_release(&l);
	return found;
}

/* Cuts off what is behind the last good line. */
static int
cut(struct opening *o, int fd, uint64_t bad)
{
	struct chat_store_file *f = o->f;
	struct chat_segment *segment = chat_segments_last(&f->segments);
	char name[CHAT_SEGMENT_NAME];
	uint64_t bytes = segment->size - o->end;

	if (bytes == 0)
		return CHAT_OK;
	chat_segment_name(name, segment->first);
	if (keep_bytes(o, fd, name, o->end) < 0 ||
	    ftruncate(fd, (off_t)o->end) != 0)
		return fail(o, "cannot cut off a damaged end");
	chat_store_log(f, CHAT_LOG_WARNING,
	    "journal: %s: %" PRIu64 " damaged bytes in %" PRIu64
	    " lines behind number %" PRIu64
	    " are cut off, and kept as %s.cut-%" PRIu64,
	    name, bytes, bad, o->last.seq, name, o->end);
	chat_segments_resize(&f->segments, o->end);
	return CHAT_OK;
}

/* A segment in which nothing is good is none.  What it made void stays so. */
static int
set_aside(struct opening *o)
{
	struct chat_store_file *f = o->f;
	char name[CHAT_SEGMENT_NAME], aside[CHAT_SEGMENT_NAME + 8];

	chat_segment_name(name, chat_segments_last(&f->segments)->first);
	snprintf(aside, sizeof(aside), "%s.cut-0", name);
	if (renameat(f->folder, name, f->folder, aside) != 0)
		return fail(o, "cannot set a damaged file aside");
	chat_store_log(f, CHAT_LOG_WARNING,
	    "journal: %s: no good line in %" PRIu64 " bytes, kept as %s", name,
	    chat_segments_last(&f->segments)->size, aside);
	o->limit = chat_segments_last(&f->segments)->first;
	chat_segments_drop_last(&f->segments);
	return CHAT_OK;
}

/* Opens the last segment and finds the end of the log in it. */
static int
open_end(struct opening *o)
{
	struct chat_store_file *f = o->f;
	struct chat_segment *segment;
	uint64_t bad;
	int found = 0;

	while (f->segments.n > 0 && found == 0) {
		segment = chat_segments_last(&f->segments);
		chat_disk_close(f->fd);
		f->fd = chat_segment_open(f->folder, segment->first, true);
		if (f->fd < 0)
			return fail(o, "cannot open the last file");
		found = find_last(o, f->fd, &bad);
		if (found < 0)
			return fail_for(o, found, "cannot read the last file");
		if (found > 0)
			return cut(o, f->fd, bad);
		if (set_aside(o) < 0)
			return CHAT_ERR_SYSTEM;
	}
	return CHAT_OK;
}

/*
 * Going on
 */

/* Was the last stop a clean one, and is this what it left?  A copy is not. */
static bool
is_clean(const struct opening *o)
{
	const struct chat_store_file *f = o->f;
	const struct chat_segment *segment = chat_segments_last(&f->segments);
	char text[SMALL_FILE];
	struct chat_line line;
	uint64_t inode, changed;

	return load_line(o, "clean", text, &line) == CHAT_OK &&
	    line.kind == CHAT_LINE_CLEAN &&
	    chat_disk_identity(f->fd, &inode, &changed) == CHAT_OK &&
	    memcmp(line.log, f->store.log.name, sizeof(line.log)) == 0 &&
	    line.seq == o->last.seq && line.segment == segment->first &&
	    line.size == segment->size && line.inode == inode &&
	    line.changed == changed;
}

/* Leaves out numbers that may have been given out before. */
static int
skip(struct opening *o)
{
	struct chat_store_file *f = o->f;
	struct chat_log_info *log = &f->store.log;
	struct chat_line line = { .kind = CHAT_LINE_SKIP,
		.seq = log->seq + CHAT_STORE_SKIP,
		.time = log->time,
		.skip = log->seq + 1 };
	uint64_t size = chat_segments_last(&f->segments)->size;
	int err;

	f->lines.n = 0;
	if (line.seq > CHAT_JSON_MAX_UINT) {
		errno = ERANGE;
		return fail(o, "out of numbers");
	}
	if ((err = chat_store_write(f, &line)) < 0)
		return fail_for(o, err, "cannot write");
	if (chat_disk_write(f->fd, f->lines.p, f->lines.n, size) < 0 ||
	    chat_disk_sync(f->fd) < 0) {
		err = fail(o, "cannot write");
		(void)ftruncate(f->fd, (off_t)size);
		return err;
	}
	log->seq = line.seq;
	chat_segments_resize(&f->segments, size + f->lines.n);
	return CHAT_OK;
}

/* What is said before must not be believed any more, once something is added.
 */
static int
go_on(struct opening *o)
{
	struct chat_store_file *f = o->f;
	bool clean = is_clean(o);

	f->store.log.seq = o->last.seq;
	f->store.log.time = o->last.time;
	if (unlinkat(f->folder, "clean", 0) != 0 && errno != ENOENT)
		return fail(o, "cannot write");
	if (chat_disk_sync_folder(f->folder) < 0)
		return fail(o, "cannot write");
	return clean ? CHAT_OK : skip(o);
}

static int
begin(struct opening *o)
{
	struct chat_store_file *f = o->f;
	int err;

	f->store.log.known = f->store.log.first = 1;
	f->store.log.time = o->config->now.wall;
	(void)unlinkat(f->folder, "clean", 0);
	err = chat_store_roll(f);
	return err < 0 ? fail_for(o, err, "cannot begin") : CHAT_OK;
}

/*
 * Opening
 */

static int
hold(struct opening *o)
{
	struct chat_store_file *f = o->f;
	long holder;
	int err;

	f->folder = chat_disk_open_folder(f->journal.folder);
	if (f->folder < 0)
		return fail(o, "cannot open");
	f->lock = chat_disk_lock(f->folder, "lock", &holder);
	if (f->lock == CHAT_ERR_LIMIT) {
		chat_store_log(f, CHAT_LOG_ERROR,
		    "journal %s: in use by process %ld", f->journal.folder,
		    holder);
		errno = EBUSY;
		return CHAT_ERR_LIMIT;
	}
	if (f->lock < 0)
		return fail(o, "cannot lock");
	err = chat_segments_list(&f->segments, f->folder);
	return err < 0 ? fail_for(o, err, "cannot list") : CHAT_OK;
}

static int
open_journal(struct opening *o)
{
	struct chat_store_file *f = o->f;
	int err = hold(o);

	if (err == CHAT_OK)
		err = open_end(o);
	if (err == CHAT_OK)
		err = open_secret(o);
	if (err < 0 || f->segments.n == 0)
		return err < 0 ? err : begin(o);
	if ((err = go_on(o)) < 0)
		return err;
	chat_store_prepare(f, o->config->past);
	chat_store_log(f, CHAT_LOG_INFO,
	    "journal %s: %" PRIu64 " bytes in %zu files, goes on after number "
	    "%" PRIu64,
	    f->journal.folder, f->segments.size, f->segments.n,
	    f->store.log.seq);
	return CHAT_OK;
}

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
chat_store_file_open(const struct chat_store_file_config *config)
{
	struct chat_store_file *f = chat_alloc_new(config->alloc, sizeof(*f));
	struct opening o = { .f = f, .config = config, .limit = UINT64_MAX };

	if (f == NULL) {
		if (config->on_log != NULL)
			config->on_log(
			    config->user, CHAT_LOG_ERROR, "journal: no memory");
		errno = ENOMEM;
		return NULL;
	}
	f->store.type = &chat_store_file_type;
	f->alloc = config->alloc;
	f->journal = complete(&config->journal);
	f->on_log = config->on_log;
	f->user = config->user;
	f->folder = f->lock = f->fd = f->page.fd = -1;
	f->broken = true; /* until it is not */
	f->lines.alloc = config->alloc;
	chat_batch_init(&f->record, config->alloc);
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

/* A batch is encoded, written at the end of the last segment, and answered for.
 * If the writing fails, nobody knows what of it is on the disk, so the segment
 * is given up for good and another one begun, whose first number is that of the
 * first record refused: whatever the old one holds from there on is void.
 *
 *     f->recorded     all of the batch is written: what chat_append_next() says
 *                     of each record; there is no half
 *     f->broken       the last segment is given up, and there is no next one
 *                     yet: nothing is written, each turn may try again
 *     f->superseded   the next one could not be begun, but a file may have its
 *                     name: what is added to the last one would be void
 *     f->next         that file, if this process has made it
 *
 * f->superseded does not make the store broken by itself: the next write finds
 * it, in chat_append_check(), and is refused. */
#include "append.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "err.h"
#include "hold.h"

/*
 * Segments
 */

static uint64_t
part_size(const struct chat_file *f)
{
	uint64_t size = f->journal.size / CHAT_FILE_PARTS;

	if (size < CHAT_FILE_PART_MIN)
		return CHAT_FILE_PART_MIN;
	return size > CHAT_FILE_PART_MAX ? CHAT_FILE_PART_MAX : size;
}

/* Removes the oldest segments of a journal that has grown too large, as long as
 * those after the next one hold all entries whose refs are remembered: a start
 * has to find them. */
static void
trim(struct chat_file *f)
{
	struct chat_segments *s = &f->segments;
	char name[CHAT_SEGMENT_NAME];
	uint64_t entries = 0;
	size_t i;

	/* Those that would be left without the first segment.  Not all may be
	 * known (segment.h), which removes too little, and never too much. */
	for (i = 1; i < s->n; i++)
		entries += s->all[i].entries;
	while (s->n > 1 && s->size > f->journal.size && entries >= CHAT_REFS) {
		entries -= s->all[1].entries;
		chat_segment_name(name, s->all[0].first);
		if (unlinkat(f->folder, name, 0) != 0 && errno != ENOENT) {
			chat_file_log(f, CHAT_LOG_WARNING,
			    "journal: cannot remove %s: %s", name,
			    strerror(errno));
			break;
		}
		chat_segments_drop_first(s);
	}
	f->store.log.oldest = s->all[0].first;
}

/* Is there, or may there be, a file that begins after the last number?  errno
 * stays what made somebody ask. */
static bool
has_next(const struct chat_file *f)
{
	char name[CHAT_SEGMENT_NAME];
	struct stat st;
	int error = errno;
	bool has;

	chat_segment_name(name, f->store.log.seq + 1);
	has = fstatat(f->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
	errno = error;
	return has;
}

/* May a segment replace the file that has its name?  Only one that this process
 * has put there. */
static int
check_name(const struct chat_file *f, uint64_t first)
{
	char name[CHAT_SEGMENT_NAME];

	chat_segment_name(name, first);
	if (chat_disk_is(f->folder, name, f->fd) == CHAT_OK ||
	    errno == ENOENT ||
	    chat_disk_is(f->folder, name, f->next) == CHAT_OK)
		return CHAT_OK;
	errno = EEXIST;
	return CHAT_ERR_SYSTEM;
}

/* Makes the next segment.  It is f->next from the moment that it has its name
 * until all the rest is done, too: so a second try may replace it. */
static int
begin_next(struct chat_file *f)
{
	const struct chat_log_info *log = &f->store.log;
	bool sync = f->journal.sync == CHAT_SYNC_DISK;
	struct chat_line line = { .kind = CHAT_LINE_SEGMENT,
		.entry = { .seq = log->seq, .time = log->time } };
	int fd, err;

	memcpy(line.log, log->name, sizeof(line.log));
	f->lines.n = 0;
	if ((err = chat_file_put(f, &line)) < 0)
		return err;
	if (chat_hold_check(f) < 0 || check_name(f, log->seq + 1) < 0)
		return CHAT_ERR_SYSTEM;
	fd = chat_segment_create(
	    f->folder, log->seq + 1, f->lines.p, f->lines.n, sync);
	if (fd < 0)
		return fd;
	chat_disk_close(f->next);
	f->next = fd;
	if (sync && chat_disk_sync_folder(f->folder) < 0)
		return CHAT_ERR_SYSTEM;
	return chat_segments_add(&f->segments, log->seq + 1, f->lines.n);
}

int
chat_append_roll(struct chat_file *f)
{
	int err = begin_next(f);

	f->superseded = err < 0 && has_next(f);
	if (err < 0)
		return err;
	chat_disk_close(f->fd);
	f->fd = f->next;
	f->next = -1;
	trim(f);
	return CHAT_OK;
}

/*
 * Trouble
 */

/* Nothing more is written to this segment: its end on the disk is unknown. */
static void
fail(struct chat_file *f, uint64_t now)
{
	if (!f->broken)
		chat_file_log(f, CHAT_LOG_ERROR,
		    "journal: cannot write: %s; messages are refused",
		    strerror(errno));
	f->broken = true;
	f->retry = now + CHAT_FILE_RETRY;
}

void
chat_append_turn(struct chat_store *s, struct chat_time now)
{
	struct chat_file *f = (struct chat_file *)s;

	if (!f->broken || now.mono < f->retry)
		return;
	/* Not in the old segment, even if the trouble is over: see above.  A
	 * failure is not logged again, once a second. */
	f->retry = now.mono + CHAT_FILE_RETRY;
	if (chat_append_roll(f) < 0)
		return;
	f->broken = false;
	chat_file_log(f, CHAT_LOG_INFO, "journal: writing again");
}

uint64_t
chat_append_deadline(const struct chat_store *s)
{
	const struct chat_file *f = (const struct chat_file *)s;

	return f->broken ? f->retry : UINT64_MAX;
}

bool
chat_append_is_writable(const struct chat_store *s)
{
	return !((const struct chat_file *)s)->broken;
}

/*
 * Appending
 */

/* The entry as the journal keeps it: of a private one, unless configured
 * otherwise, only that there was one, between whom, and the key of its send. */
static struct chat_entry
as_kept(const struct chat_file *f, const struct chat_entry *e)
{
	struct chat_entry k = *e;

	if (!e->is_private || f->journal.private)
		return k;
	k.is_withheld = true;
	k.from = k.to = k.by = k.ref = k.text = chat_str(NULL);
	return k;
}

/* Puts the lines of a batch into f->lines.  An error refuses the batch, and
 * leaves the segment as good as it was. */
static int
encode(struct chat_file *f, const struct chat_batch *b)
{
	struct chat_line line = { .kind = CHAT_LINE_ENTRY };
	struct chat_record r;
	uint64_t seq = f->store.log.seq;
	size_t offset = 0;

	f->lines.n = 0;
	while (chat_batch_next(b, &offset, &r)) {
		if (++seq > CHAT_JSON_MAX_UINT)
			return CHAT_ERR_LIMIT;
		line.entry = as_kept(f, &r.entry);
		line.entry.seq = seq;
		line.entry.time = f->store.log.time;
		if (line.entry.is_private)
			chat_file_mask(f, &line.entry);
		if (chat_file_put(f, &line) < 0)
			return CHAT_ERR_NOMEM;
	}
	return CHAT_OK;
}

/* Four ways to write where nobody will read: after another segment has begun,
 * beside another server, to a file that was removed, to one that somebody has
 * cut or written to. */
int
chat_append_check(struct chat_file *f)
{
	struct stat st;

	/* For the first case, in which no call has failed. */
	errno = EIO;
	if (f->superseded || chat_hold_check(f) < 0)
		return CHAT_ERR_SYSTEM;
	if (fstat(f->fd, &st) != 0)
		return CHAT_ERR_SYSTEM;
	if (st.st_nlink > 0 &&
	    (uint64_t)st.st_size == chat_segments_last(&f->segments)->size)
		return CHAT_OK;
	errno = ENOENT;
	return CHAT_ERR_SYSTEM;
}

/* Writes f->lines where this process knows the end of the segment to be.  Part
 * of them may be written when it fails; the log has all of them or none. */
static int
record(struct chat_file *f)
{
	struct chat_segment *segment = chat_segments_last(&f->segments);
	int error;

	if (chat_append_check(f) < 0)
		return CHAT_ERR_SYSTEM;
	if (chat_disk_write(f->fd, f->lines.p, f->lines.n, segment->size) ==
		CHAT_OK &&
	    (f->journal.sync == CHAT_SYNC_OS ||
		chat_disk_sync(f->fd) == CHAT_OK))
		return CHAT_OK;
	error = errno;
	/* If this fails, too, what was refused stays in the file; the next
	 * segment begins with its number, which makes it void. */
	if (ftruncate(f->fd, (off_t)segment->size) != 0)
		chat_file_log(f, CHAT_LOG_WARNING,
		    "journal: cannot cut off what was refused: %s",
		    strerror(errno));
	errno = error;
	return CHAT_ERR_SYSTEM;
}

static bool
append_all(struct chat_file *f, const struct chat_batch *b, uint64_t mono)
{
	struct chat_segment *segment = chat_segments_last(&f->segments);

	if (f->broken)
		return false;
	/* If another one cannot be begun, this one can still grow. */
	if (segment->size >= part_size(f) && chat_append_roll(f) < 0)
		chat_file_log(f, CHAT_LOG_WARNING,
		    "journal: cannot begin another file: %s", strerror(errno));
	/* After chat_append_roll(), which uses f->lines as well. */
	if (encode(f, b) < 0)
		return false;
	if (record(f) < 0) {
		fail(f, mono);
		return false;
	}
	/* It may be another one by now. */
	segment = chat_segments_last(&f->segments);
	segment->entries += chat_batch_count(b);
	chat_segments_resize(&f->segments, segment->size + f->lines.n);
	return true;
}

void
chat_append_batch(
    struct chat_store *s, const struct chat_batch *b, struct chat_time now)
{
	struct chat_file *f = (struct chat_file *)s;
	uint64_t time = s->log.time;

	/* The time of the batch, which never goes back.  If no entry gets it,
	 * it was not the log's. */
	if (now.wall > time)
		s->log.time = now.wall;
	f->batch = b;
	f->offset = 0;
	f->unanswered = chat_batch_count(b);
	f->seq = s->log.seq;
	f->recorded = append_all(f, b, now.mono);
	if (f->recorded)
		s->log.seq += chat_batch_count(b);
	else
		s->log.time = time;
	/* Memory is kept for the next batch, but not that of a rare long one.
	 */
	if (f->lines.cap > CHAT_LINES_BLOCK)
		chat_buf_release(&f->lines);
}

bool
chat_append_next(struct chat_file *f, struct chat_stored *out)
{
	if (f->unanswered == 0)
		return false;
	/* From the batch and not from f->lines: members are told what private
	 * messages say, also if the journal does not keep it. */
	*out = (struct chat_stored){ .kind = CHAT_STORED_NOT };
	chat_batch_next(f->batch, &f->offset, &out->record);
	out->last = --f->unanswered == 0;
	if (f->recorded) {
		out->kind = CHAT_STORED;
		out->record.entry.seq = ++f->seq;
		out->record.entry.time = f->store.log.time;
	}
	return true;
}

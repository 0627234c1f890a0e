#include "file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"

void
chat_store_log(
    struct chat_store_file *f, enum chat_level level, const char *format, ...)
{
	char line[512];
	int error = errno;
	va_list ap;

	if (f->on_log == NULL)
		return;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	f->on_log(f->user, level, line);
	errno = error;
}

int
chat_store_write(struct chat_store_file *f, const struct chat_line *line)
{
	struct chat_json_writer w = { .p = f->lines.p };

	if (f->lines.p != NULL) {
		w.p += f->lines.n;
		w.cap = f->lines.cap - f->lines.n;
	}
	chat_line_write(&w, &f->crc, line);
	if (w.n >= w.cap) {
		if (chat_buf_reserve(&f->lines, w.n + 1) < 0)
			return CHAT_ERR_NOMEM;
		w = (struct chat_json_writer){
			.p = f->lines.p + f->lines.n,
			.cap = f->lines.cap - f->lines.n,
		};
		chat_line_write(&w, &f->crc, line);
	}
	w.p[w.n] = '\n';
	f->lines.n += w.n + 1;
	return CHAT_OK;
}

/*
 * Segments
 */

static uint64_t
part_size(const struct chat_store_file *f)
{
	uint64_t size = f->journal.size / CHAT_STORE_PARTS;

	if (size < CHAT_STORE_PART_MIN)
		return CHAT_STORE_PART_MIN;
	return size > CHAT_STORE_PART_MAX ? CHAT_STORE_PART_MAX : size;
}

/* Drops old segments, but none of the entries whose refs are remembered. */
static void
trim(struct chat_store_file *f)
{
	struct chat_segments *s = &f->segments;
	char name[CHAT_SEGMENT_NAME];
	uint64_t entries = 0;
	size_t i;

	for (i = 1; i < s->n; i++)
		entries += s->all[i].entries;
	while (s->n > 1 && s->size > f->journal.size && entries >= CHAT_REFS) {
		entries -= s->all[1].entries;
		chat_segment_name(name, s->all[0].first);
		if (unlinkat(f->folder, name, 0) != 0 && errno != ENOENT) {
			chat_store_log(f, CHAT_LOG_WARNING,
			    "journal: cannot remove %s: %s", name,
			    strerror(errno));
			break;
		}
		chat_segments_drop_first(s);
	}
	f->store.log.first = s->all[0].first;
}

/* Is there, or may there be, a file that begins after the last number? */
static bool
has_next(const struct chat_store_file *f)
{
	char name[CHAT_SEGMENT_NAME];
	struct stat st;
	int error = errno;
	bool has;

	chat_segment_name(name, f->store.log.seq + 1);
	has = fstatat(f->folder, name, &st, 0) == 0 || errno != ENOENT;
	errno = error;
	return has;
}

int
chat_store_roll(struct chat_store_file *f)
{
	const struct chat_log_info *log = &f->store.log;
	struct chat_line line = {
		.kind = CHAT_LINE_SEGMENT, .seq = log->seq, .time = log->time
	};
	int fd, err;

	memcpy(line.log, log->name, sizeof(line.log));
	f->lines.n = 0;
	if ((err = chat_store_write(f, &line)) < 0)
		return err;
	fd = chat_segment_create(f->folder, log->seq + 1, f->lines.p,
	    f->lines.n, f->journal.sync == CHAT_SYNC_DISK);
	if (fd >= 0 &&
	    chat_segments_add(&f->segments, log->seq + 1, f->lines.n) < 0) {
		chat_disk_close(fd);
		fd = CHAT_ERR_NOMEM;
	}
	f->left = fd < 0 && has_next(f);
	if (fd < 0)
		return fd;
	chat_disk_close(f->fd);
	f->fd = fd;
	trim(f);
	return CHAT_OK;
}

/*
 * Trouble
 */

/* Nothing is written any more to the segment. */
static void
fail(struct chat_store_file *f, uint64_t now)
{
	if (!f->broken)
		chat_store_log(f, CHAT_LOG_ERROR,
		    "journal: cannot write: %s; messages are refused",
		    strerror(errno));
	f->broken = true;
	f->retry = now + CHAT_STORE_RETRY;
}

static void
turn(struct chat_store *s, struct chat_time now)
{
	struct chat_store_file *f = (struct chat_store_file *)s;

	if (!f->broken || now.mono < f->retry)
		return;
	f->retry = now.mono + CHAT_STORE_RETRY;
	if (chat_store_roll(f) < 0)
		return;
	f->broken = false;
	chat_store_log(f, CHAT_LOG_INFO, "journal: writing again");
}

static uint64_t
deadline(const struct chat_store *s)
{
	const struct chat_store_file *f = (const struct chat_store_file *)s;

	return f->broken ? f->retry : UINT64_MAX;
}

static bool
is_writable(const struct chat_store *s)
{
	return !((const struct chat_store_file *)s)->broken;
}

/*
 * Appending
 */

static struct chat_line
line_of(
    const struct chat_store_file *f, const struct chat_record *r, uint64_t seq)
{
	struct chat_line line = { .kind = CHAT_LINE_PUBLIC,
		.seq = seq,
		.time = f->store.log.time,
		.key = r->key };

	if (r->private) {
		line.kind = CHAT_LINE_PRIVATE;
		line.user[0] = r->user[0];
		line.user[1] = r->user[1];
		if (!f->journal.private)
			return line;
	}
	line.from = chat_record_from(r);
	line.to = chat_record_to(r);
	line.by = (struct chat_str){ r->by, CHAT_BY };
	line.ref = chat_record_ref(r);
	line.text = chat_record_text(r);
	return line;
}

/* The lines of a batch to f->lines. */
static int
encode(struct chat_store_file *f, const struct chat_batch *b)
{
	const struct chat_record *r;
	struct chat_line line;
	uint64_t seq = f->store.log.seq;
	size_t offset = 0;

	f->lines.n = 0;
	while ((r = chat_batch_next(b, &offset)) != NULL) {
		if (++seq > CHAT_JSON_MAX_UINT)
			return CHAT_ERR_LIMIT;
		line = line_of(f, r, seq);
		if (chat_store_write(f, &line) < 0)
			return CHAT_ERR_NOMEM;
	}
	return CHAT_OK;
}

/* Is the file what it was and the last one, or has somebody removed or changed
 * it? */
static int
look(const struct chat_store_file *f)
{
	struct stat st;

	errno = EIO;
	if (f->left)
		return CHAT_ERR_SYSTEM;
	if (fstat(f->fd, &st) != 0)
		return CHAT_ERR_SYSTEM;
	if (st.st_nlink > 0 &&
	    (uint64_t)st.st_size == chat_segments_last(&f->segments)->size)
		return CHAT_OK;
	errno = ENOENT;
	return CHAT_ERR_SYSTEM;
}

static int
record(struct chat_store_file *f)
{
	struct chat_segment *segment = chat_segments_last(&f->segments);
	int error;

	if (look(f) < 0)
		return CHAT_ERR_SYSTEM;
	if (chat_disk_write(f->fd, f->lines.p, f->lines.n, segment->size) ==
		CHAT_OK &&
	    (f->journal.sync == CHAT_SYNC_OS ||
		chat_disk_sync(f->fd) == CHAT_OK))
		return CHAT_OK;
	error = errno;
	/* If this fails, too, the next segment makes it void. */
	if (ftruncate(f->fd, (off_t)segment->size) != 0)
		chat_store_log(f, CHAT_LOG_WARNING,
		    "journal: cannot cut off what was refused: %s",
		    strerror(errno));
	errno = error;
	return CHAT_ERR_SYSTEM;
}

static bool
append_all(struct chat_store_file *f, const struct chat_batch *b, uint64_t mono)
{
	struct chat_segment *segment = chat_segments_last(&f->segments);

	if (f->broken)
		return false;
	/* If there cannot be another, this one is good for more. */
	if (segment->size >= part_size(f) && chat_store_roll(f) < 0)
		chat_store_log(f, CHAT_LOG_WARNING,
		    "journal: cannot begin another file: %s", strerror(errno));
	if (encode(f, b) < 0)
		return false;
	if (record(f) < 0) {
		fail(f, mono);
		return false;
	}
	segment = chat_segments_last(&f->segments);
	segment->entries += b->n;
	chat_segments_resize(&f->segments, segment->size + f->lines.n);
	return true;
}

static void
append(struct chat_store *s, const struct chat_batch *b, struct chat_time now)
{
	struct chat_store_file *f = (struct chat_store_file *)s;
	uint64_t time = s->log.time;

	if (now.wall > time)
		s->log.time = now.wall;
	f->batch = b;
	f->offset = 0;
	f->seq = s->log.seq;
	f->recorded = append_all(f, b, now.mono);
	if (f->recorded)
		s->log.seq += b->n;
	else
		s->log.time = time;
	if (f->lines.cap > CHAT_LINES_BLOCK)
		chat_buf_release(&f->lines);
}

/*
 * Answers
 */

static void
answer_for_batch(struct chat_store_file *f, struct chat_stored *out)
{
	out->kind = f->recorded ? CHAT_STORED : CHAT_STORED_NOT;
	out->record = chat_batch_next(f->batch, &f->offset);
	out->last = f->offset >= f->batch->buf.n;
	out->time = f->store.log.time;
	if (f->recorded)
		out->seq = ++f->seq;
	if (out->last)
		f->batch = NULL;
}

void
chat_store_answer(struct chat_store_file *f, struct chat_stored *out,
    const struct chat_line *line)
{
	struct chat_record r = { .key = line->key,
		.user = { line->user[0], line->user[1] },
		.private = line->kind == CHAT_LINE_PRIVATE,
		.withheld = line->text.p == NULL };
	struct chat_batch_strings s = { line->from, line->to, line->ref,
		line->text };
	size_t offset = 0;

	*out = (struct chat_stored){ .kind = CHAT_STORED_SKIPPED,
		.seq = line->seq,
		.time = line->time,
		.skip = line->skip };
	if (line->kind == CHAT_LINE_SKIP)
		return;
	if (line->by.n == CHAT_BY)
		memcpy(r.by, line->by.p, CHAT_BY);
	chat_batch_clear(&f->record);
	if (chat_batch_append(&f->record, &r, &s) == CHAT_OK) {
		out->kind = CHAT_STORED;
		out->record = chat_batch_next(&f->record, &offset);
	} else {
		out->kind = CHAT_STORED_LOST;
		out->skip = line->seq;
	}
}

static bool
next(struct chat_store *s, struct chat_stored *out)
{
	struct chat_store_file *f = (struct chat_store_file *)s;

	*out = (struct chat_stored){ .kind = CHAT_STORED };
	if (f->recovering)
		return chat_store_recover(f, out);
	if (f->batch != NULL)
		answer_for_batch(f, out);
	else if (f->page.asked)
		chat_store_read(f, out);
	else
		return false;
	return true;
}

static void
ask(struct chat_store *s, uint64_t before, uint32_t limit)
{
	chat_store_ask((struct chat_store_file *)s, before, limit);
}

/*
 * The end
 */

/* Says where the journal ends, for the next start to believe it. */
static void
leave_mark(struct chat_store_file *f)
{
	const struct chat_segment *segment = chat_segments_last(&f->segments);
	struct chat_line line = { .kind = CHAT_LINE_CLEAN,
		.seq = f->store.log.seq,
		.time = f->store.log.time,
		.segment = segment->first,
		.size = segment->size };

	if (look(f) < 0 || chat_disk_sync(f->fd) < 0 ||
	    chat_disk_identity(f->fd, &line.inode, &line.changed) < 0)
		return;
	memcpy(line.log, f->store.log.name, sizeof(line.log));
	f->lines.n = 0;
	if (chat_store_write(f, &line) == CHAT_OK)
		(void)chat_disk_replace(
		    f->folder, "clean", f->lines.p, f->lines.n);
}

static void
file_free(struct chat_store *s)
{
	struct chat_store_file *f = (struct chat_store_file *)s;

	if (f->fd >= 0 && !f->broken)
		leave_mark(f);
	chat_store_stop_reading(f);
	chat_scan_release(&f->scan);
	chat_batch_release(&f->record);
	chat_buf_release(&f->lines);
	chat_segments_release(&f->segments);
	chat_disk_close(f->fd);
	chat_disk_close(f->lock);
	chat_disk_close(f->folder);
	chat_alloc_free(f->alloc, f);
}

const struct chat_store_type chat_store_file_type = { .append = append,
	.read = ask,
	.next = next,
	.turn = turn,
	.deadline = deadline,
	.is_writable = is_writable,
	.free = file_free };

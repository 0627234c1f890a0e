#include "file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

void
chat_file_log(
    struct chat_file *f, enum chat_level level, const char *format, ...)
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
chat_file_fail(struct chat_file *f, int err, const char *what)
{
	if (err == CHAT_ERR_NOMEM)
		errno = ENOMEM;
	chat_file_log(f, CHAT_LOG_ERROR, "journal %s: %s: %s",
	    f->journal.folder, what, strerror(errno));
	return CHAT_ERR_SYSTEM;
}

int
chat_file_put(struct chat_file *f, const struct chat_line *line)
{
	struct chat_json_writer w = { .p = f->lines.p };

	if (f->lines.p != NULL) {
		w.p += f->lines.n;
		w.cap = f->lines.cap - f->lines.n;
	}
	chat_line_write(&w, &f->crc, line);
	/* There is no room for it, or for its newline; but now its length is
	 * known. */
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

void
chat_file_mask(const struct chat_file *f, struct chat_entry *e)
{
	struct chat_hmac h = f->mask;
	unsigned char line[16], mask[CHAT_SHA256_SIZE];
	size_t i;

	for (i = 0; i < 8; i++) {
		line[i] = (unsigned char)(e->seq >> (56 - 8 * i));
		line[8 + i] = (unsigned char)(e->time >> (56 - 8 * i));
	}
	chat_hmac_feed(&h, "mask", 4);
	chat_hmac_feed(&h, line, sizeof(line));
	chat_hmac_finish(&h, mask);
	for (i = 0; i < 16; i++)
		e->user[i / 8] ^= (uint64_t)mask[i] << (56 - i % 8 * 8);
}

void
chat_file_unmask(const struct chat_file *f, struct chat_line *line)
{
	if (line->kind == CHAT_LINE_ENTRY && line->entry.is_private &&
	    line->version > 1)
		chat_file_mask(f, &line->entry);
}

void
chat_file_answer(struct chat_stored *out, const struct chat_line *line)
{
	if (line->kind == CHAT_LINE_SKIP)
		*out = (struct chat_stored){ .kind = CHAT_STORED_SKIPPED,
			.seq = line->entry.seq,
			.skip = line->skip };
	else
		*out = (struct chat_stored){ .kind = CHAT_STORED,
			.record.entry = line->entry };
}

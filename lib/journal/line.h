/*
 * line: one line of a journal, between JSON and a structure.
 *
 * A journal is text: a JSON object a line, whose last member is a checksum over
 * what stands before it, from { up to the byte before the comma of ,"sum":"S"}.
 * These 18 bytes are the end of every line, just so.  Everything about the form
 * of lines is here: the names of members and their order, which of them each
 * kind has, and how long a line may be.
 *
 *     segment   {"journal":2,"log":"x7YqAb3k","after":0,"time":T,"sum":"S"}
 *     public    {"seq":1,"time":T,"from":"alice","by":"k3J9x2Qa","ref":"Xk3",
 *                "text":"hi","send":"K","sum":"S"}
 *     private   {"seq":2,"time":T,"masked":["H","H"],"send":"K","sum":"S"}
 *               and with its text, after time: from, to, by, ref, text
 *     skip      {"seq":1000000002,"time":T,"skip":3,"sum":"S"}
 *     secret    {"journal":2,"log":"x7YqAb3k","secret":"B","sum":"S"}
 *     clean     {"journal":2,"log":"x7YqAb3k","after":2,"time":T,"segment":1,
 *                "size":311,"inode":77,"changed":U,"sum":"S"}
 *
 * T: ms since 1970; U: us.  S: CRC-32, 8 hexadecimal digits, lower case.  K:
 * 24 bytes, send[0], send[1] and content of a chat_ref_key; H: 8 bytes, a
 * user's hash, masked with seq and T (file.h); B: 32 bytes; each in URL-safe
 * base64 without padding, numbers big-endian.  Of a message, ref and send may
 * be left out.  Numbers go up to CHAT_JSON_MAX_UINT, those of messages begin at
 * 1, and no string has a U+0000.
 *
 * Version 1 has `users`, which are not masked, in place of `masked`, and `key`
 * in place of `send`: the same bytes, but for a content that does not depend on
 * who sent it and by which ref (room/keys.h).
 *
 * Written by file, read by all of the journal that reads files.  Not here:
 * files (lines.h), and whether a line may stand where it does (scan.h).
 */
#ifndef CHAT_LINE_H
#define CHAT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "code/crc32.h"
#include "entry.h"
#include "json.h"
#include "str.h"
#include "store.h"

/* The version of the format: the value of "journal". */
#define CHAT_LINE_VERSION 2

/* Bytes of a line without its newline, at most: the longest message, 16 MiB,
 * and what is around it. */
#define CHAT_LINE_MAX ((size_t)16 * 1024 * 1024 + 4096)

/* Bytes of a line besides its strings as JSON, at most. */
#define CHAT_LINE_OVERHEAD 320

enum chat_line_kind {
	CHAT_LINE_SEGMENT, /* the first of a segment: goes on after a number */
	CHAT_LINE_ENTRY,   /* an entry of the log */
	CHAT_LINE_SKIP,    /* numbers that are left out */
	CHAT_LINE_SECRET,  /* the content of the file of that name */
	CHAT_LINE_CLEAN,   /* the content of the file of that name */
};

/* The members of its kind are set, all others are zero. */
struct chat_line {
	enum chat_line_kind kind;
	uint64_t version; /* of its form.  To be written: 1; 2 or 0, the newest.
			   * As it was read: of segment, secret and clean as
			   * it says, which may be more than the newest; of
			   * others 1 if it has members of that alone */
	struct chat_entry entry; /* of an entry, with users as they stand there.
				  *  Of others only seq and time:
				  * the last number left out; of segment and
				  * clean, as "after": the last number before */
	uint64_t skip;           /* the first number left out, at most seq */

	char log[8]; /* of segment, secret, clean: names the numbering */
	unsigned char secret[CHAT_LOG_SECRET];
	uint64_t segment; /* of clean: the last file, by its first number; */
	uint64_t size;    /* its bytes; */
	uint64_t inode;   /* its inode, & CHAT_JSON_MAX_UINT; */
	uint64_t changed; /* when it was changed last, us since 1970 */
};

/* The first number that it stands for. */
static inline uint64_t
chat_line_begin(const struct chat_line *line)
{
	return line->kind == CHAT_LINE_SKIP ? line->skip : line->entry.seq;
}

/* Writes the line, without a newline; as with every writer, what did not fit
 * is only counted in w->n.  w may hold other lines: no comma is put before this
 * one, nor before a newline that chat_json_write_raw() puts after it. */
void chat_line_write(struct chat_json_writer *w, const struct chat_crc32 *c,
    const struct chat_line *line);

/* Reads the n bytes of a line, without its newline.  CHAT_OK; CHAT_ERR_LINE if
 * they are not such a line or have another checksum, and then *line means
 * nothing.  Strings lose their escapes in place, so p is no longer a line, and
 * *line points into p.  Members may come in any order, but none twice; those
 * with other names than above are ignored. */
int chat_line_parse(
    struct chat_line *line, const struct chat_crc32 *c, char *p, size_t n);

#endif

/*
 * msg: the messages of the protocol chat.v1, between JSON and structures.
 *
 * Everything that the wire protocol says about the content of a message is
 * here and nowhere else: the names of types, members and codes, which members
 * a type needs, their defaults, how long a text may be.  Called by room and
 * core, and by programs that speak to one.
 *
 * Not here: whether a message may be sent (room), whether a name is valid
 * (wire/name.h), and how a text travels (ws.h, frame.h).
 *
 *      from the client       to the client
 *
 *      message  ref? to? text          welcome sync users presence
 *      typing   to? active?            message ack error typing history
 *      history  before? limit?         pong bye
 *      users    after?
 *      ping     ref?
 */
#ifndef CHAT_MSG_H
#define CHAT_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "json.h"
#include "str.h"

/* Why something was refused.  On the wire these have names, see below. */
enum chat_msg_code {
	CHAT_MSG_OK = 0,
	CHAT_BAD_JSON = 1, /* not JSON, or beyond the limits in json.h */
	CHAT_BAD_REQUEST,  /* JSON, but not a message of the protocol */
	CHAT_EMPTY,        /* text with nothing to see in it */
	CHAT_TOO_LONG,     /* text of too many code points */
	CHAT_OFFLINE,      /* the recipient is not here */
	CHAT_RATE_LIMITED, /* too much in too short a time */
	CHAT_STORAGE,      /* outcome unknown, retry with the same ref */
	CHAT_REF_USED,     /* the same ref had other content */
	CHAT_BAD_NAME,     /* not a name that a user may have */
	CHAT_FULL,         /* no room for another connection */
	CHAT_REFUSED,      /* not wanted here */
	CHAT_MSG_CODES     /* how many there are, CHAT_MSG_OK included */
};

/* The code on the wire, as "bad_json"; "ok" for CHAT_MSG_OK.  Static. */
const char *chat_msg_code_name(enum chat_msg_code code);

/* A sentence for a person to read, in English.  Static. */
const char *chat_msg_code_text(enum chat_msg_code code);

/*
 * From the client
 */

enum chat_msg_type {
	CHAT_MSG_MESSAGE,
	CHAT_MSG_TYPING,
	CHAT_MSG_HISTORY,
	CHAT_MSG_USERS,
	CHAT_MSG_PING,
};

/* Entries for a client that asks for history without a limit. */
#define CHAT_MSG_HISTORY_LIMIT 50

/* A message from a client.  Only the members of its type are set; a string that
 * was not given has p == NULL.  ref may come with every type. */
struct chat_msg {
	enum chat_msg_type type;
	struct chat_str ref;   /* 1 to limits.ref bytes */
	struct chat_str to;    /* a name, maybe: not empty, otherwise unread */
	struct chat_str text;  /* of a message: 1 to limits.text code points */
	struct chat_str after; /* of users: a name, maybe; empty: the first */
	bool active;           /* of typing: true if not given */
	uint64_t before;       /* of history: if not given, greater than all:
				* CHAT_JSON_MAX_UINT, for the newest */
	uint32_t limit;        /* of history: 1 to limits.history; more that
				* was asked for is cut to that */
	struct chat_str wrong; /* after CHAT_BAD_REQUEST: what, in English */
};

struct chat_msg_limits {
	size_t text;    /* code points of a text */
	size_t ref;     /* bytes of a ref (64) */
	size_t history; /* entries of a page of history (100); 0: none is to be
			 * had, which is a bad request */
};

/* Reads one message.  Returns CHAT_MSG_OK, or the code to refuse it with:
 *
 *   CHAT_BAD_JSON     chat_json_check() says so.
 *   CHAT_BAD_REQUEST  Not an object, no type or an unknown one, a member of a
 *                     wrong type (null is one: an absent member is left out),
 *                     a number out of its range, a message without text, an
 *                     empty `to` or `ref`, a ref too long, U+0000 or half of a
 *                     character in a string, in a text a control character
 *                     below U+0020 that is not tab, line feed or carriage
 *                     return.
 *   CHAT_EMPTY        Nothing to see in the text, see chat_utf8_is_blank().
 *   CHAT_TOO_LONG     More code points in the text than limits allow.
 *
 * Members that the type does not have are ignored, whatever they are.  The
 * strings lose their escapes in place, so p is no longer JSON, and m
 * points into p.  After an error only m->ref and m->wrong mean anything: ref is
 * set when a valid one was given, so that the refusal can repeat it, else
 * absent. */
enum chat_msg_code chat_msg_parse(
    struct chat_msg *m, char *p, size_t n, const struct chat_msg_limits *l);

/*
 * To the client
 *
 * Each writes one whole object, in the order of members below.  Strings have
 * to be UTF-8.  Those marked optional, and their member with them, are left
 * out if p is NULL.  Times are milliseconds since 1970 UTC, durations are
 * milliseconds.
 */

/* {"type":"welcome","name","session","by","server","time","features",
 *  "limits":{"text","message","name","ref","history","rate","burst"}} */
struct chat_msg_welcome {
	struct chat_str name;    /* as the user is shown */
	struct chat_str session; /* the secret token */
	struct chat_str by;      /* the session's public id */
	struct chat_str server;  /* product and version */
	uint64_t time;
	uint32_t text;     /* limits: code points of a text */
	uint32_t message;  /* bytes of a whole message */
	uint32_t name_max; /* code points of a name ("name" on the wire) */
	uint32_t ref;      /* bytes of a ref */
	uint32_t history;  /* entries of a page */
	uint32_t rate;     /* messages per second ... */
	uint32_t burst;    /* ... and how many in a burst */
};

void chat_msg_write_welcome(
    struct chat_json_writer *w, const struct chat_msg_welcome *m);

/* {"type":"sync","log","from","to","resumed","gap","refs_from"} */
struct chat_msg_sync {
	struct chat_str log; /* names the numbering */
	uint64_t from;       /* first seq of the replay ... */
	uint64_t to;         /* ... and last; less than from: none */
	uint64_t refs_from;  /* refs of entries before this are forgotten */
	bool resumed;        /* the session was known */
	bool gap;            /* something after the client's position is lost */
};

void chat_msg_write_sync(
    struct chat_json_writer *w, const struct chat_msg_sync *m);

/* An entry of the log, by its kind:
 *
 *   {"type":"message","seq","time","from","to","by","ref","text"}
 *
 * to is there if it is private, ref if it has one.  An entry that is withheld
 * cannot be written. */
void chat_msg_write_entry(
    struct chat_json_writer *w, const struct chat_entry *e);

/* The inverse, for programs on the other side: CHAT_OK, or CHAT_ERR_JSON and *e
 * is untouched.  Neither key nor user[] is on the wire.  The strings lose their
 * escapes in place, so p is no longer JSON, and *e points into p.  Unknown
 * members are ignored; no limits apply but those of json.h. */
int chat_msg_parse_entry(struct chat_entry *e, char *p, size_t n);

/* {"type":"ack","ref","seq","time"}, and "duplicate":true if it is one. */
void chat_msg_write_ack(struct chat_json_writer *w, struct chat_str ref,
    uint64_t seq, uint64_t time, bool duplicate);

/* {"type":"error","code","message","ref","retry_after"}: message defaults to
 * chat_msg_code_text(), ref is optional, retry_after left out if 0. */
void chat_msg_write_error(struct chat_json_writer *w, enum chat_msg_code code,
    struct chat_str message, struct chat_str ref, uint64_t retry_after);

/* {"type":"typing","from","to","active"}: to is optional. */
void chat_msg_write_typing(struct chat_json_writer *w, struct chat_str from,
    struct chat_str to, bool active);

/* {"type":"pong","ref","time","seq"}: ref is optional. */
void chat_msg_write_pong(struct chat_json_writer *w, struct chat_str ref,
    uint64_t time, uint64_t seq);

/* {"type":"bye","reason","retry_after"}: retry_after is there even if 0. */
void chat_msg_write_bye(
    struct chat_json_writer *w, struct chat_str reason, uint64_t retry_after);

/*
 * Messages that hold a list are opened and closed, with each name in between
 * written by chat_json_write_string(), and each entry (its very bytes, as
 * chat_msg_write_entry() made them) by chat_json_write_raw().
 */

/* {"type":"users","online","names":[ ... ],"complete"} */
void chat_msg_open_users(struct chat_json_writer *w, uint64_t online);
void chat_msg_close_users(struct chat_json_writer *w, bool complete);

/* {"type":"presence","online","joined":[ ... ],"left":[ ... ]}: open, the names
 * of users who joined, turn, the names of users who left, close. */
void chat_msg_open_presence(struct chat_json_writer *w, uint64_t online);
void chat_msg_turn_presence(struct chat_json_writer *w);
void chat_msg_close_presence(struct chat_json_writer *w);

/* {"type":"history","before","more","entries":[ ... ]} */
void chat_msg_open_history(
    struct chat_json_writer *w, uint64_t before, bool more);
void chat_msg_close_history(struct chat_json_writer *w);

#endif

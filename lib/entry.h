/*
 * entry: one entry of the log, in the form in which all parts carry it.
 *
 *                 ,-> batch --> store --> apply --> msg --> every window
 *     decide -----'    ^ a record: the entry      ^
 *                      | and who asked for it     |
 *                      '------- line ------------'  a journal
 *
 * msg writes it for clients, batch carries it to the store, line is its form
 * in a journal, apply makes it happen.  The kind says which members it has.  A
 * new kind needs a value here, perhaps a string member, and what the compiler
 * then asks for in each switch on it.
 *
 * Not here: how an entry looks on the wire (msg.h) or on disk (chatjournal(5)),
 * and what it does (room).
 */
#ifndef CHAT_ENTRY_H
#define CHAT_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

/* Characters of a session's public id. */
#define CHAT_BY 8

enum chat_entry_kind {
	CHAT_ENTRY_MESSAGE, /* a text, to everybody or to one user */
};

/* Names a send, so that a retry is recognized: keyed hashes (HMAC-SHA-256 with
 * the secret of the log, cut), so no client can find two sends with one key. */
struct chat_ref_key {
	uint64_t send[2]; /* of session and ref; all zero: it has no ref */
	uint64_t content; /* of what was sent, the kind included */
};

/* Strings point to memory of whoever hands out the entry; p == NULL: it has no
 * such string.  All zero is a public message with no strings. */
struct chat_entry {
	enum chat_entry_kind kind;
	bool is_private;      /* for the users of user[] alone */
	bool is_withheld;     /* private, and what it said was not kept: it
			       * has neither strings nor a ref */
	uint64_t seq;         /* its number, from 1; 0: none yet */
	uint64_t time;        /* ms since 1970 UTC */
	struct chat_str from; /* name of its author, as it is shown */
	struct chat_str to;   /* of a private one: the recipient's name */
	struct chat_str by;   /* public id of the session, CHAT_BY bytes */
	struct chat_str ref;  /* as the client named it */
	struct chat_str text; /* of a message */
	struct chat_ref_key key;
	uint64_t user[2]; /* of a private one: keyed hashes of the folded
			   * names of from and to */
};

/* An entry on its way into the log. */
struct chat_record {
	struct chat_entry entry;
	uint64_t asker; /* id of the connection that sent it; 0: none here */
};

static inline bool
chat_ref_key_is_none(const struct chat_ref_key *key)
{
	return key->send[0] == 0 && key->send[1] == 0;
}

static inline bool
chat_ref_key_is_same_send(
    const struct chat_ref_key *a, const struct chat_ref_key *b)
{
	return a->send[0] == b->send[0] && a->send[1] == b->send[1];
}

#endif

/* Journals keep these hashes for ever, and chatjournal(5) says how they are
 * made.  If another byte were fed to one, a retry after an upgrade would be
 * taken for a new message, and users would lose their private ones. */
#include "keys.h"

#include "wire/name.h"

static uint64_t
number(const unsigned char *p)
{
	uint64_t u = 0;
	int i;

	for (i = 0; i < 8; i++)
		u = u << 8 | p[i];
	return u;
}

/* The first 8 bytes of the hash; the second 8 to *second, if it is wanted. */
static uint64_t
digest(struct chat_hmac *h, uint64_t *second)
{
	unsigned char out[CHAT_SHA256_SIZE];

	chat_hmac_finish(h, out);
	if (second != NULL)
		*second = number(out + 8);
	return number(out);
}

/* Feeds a string after its length, so that no two rows of strings feed the same
 * bytes. */
static void
feed(struct chat_hmac *h, struct chat_str s)
{
	unsigned char size[4] = { (unsigned char)(s.n >> 24),
		(unsigned char)(s.n >> 16), (unsigned char)(s.n >> 8),
		(unsigned char)s.n };

	chat_hmac_feed(h, size, sizeof(size));
	chat_hmac_feed(h, s.p, s.n);
}

uint64_t
chat_keys_name(const struct chat_room *room, struct chat_str name)
{
	struct chat_hmac h = room->log_key;
	char folded[CHAT_NAME_MAX];

	chat_name_fold(folded, name.p, name.n);
	chat_hmac_feed(&h, "user", 4);
	feed(&h, (struct chat_str){ folded, name.n });
	return digest(&h, NULL);
}

/* Feeds a name in any spelling.  The client may have written something longer,
 * which cannot be a name and will be refused; it is hashed as it is. */
static void
feed_name(struct chat_hmac *h, struct chat_str name)
{
	char folded[CHAT_NAME_MAX];

	if (name.n <= sizeof(folded)) {
		chat_name_fold(folded, name.p, name.n);
		name.p = folded;
	}
	feed(h, name);
}

/* Feeds what makes the content of two sends different.  A new kind begins with
 * a label of its own; a kind that exists must go on to feed what it does. */
static void
feed_content(struct chat_hmac *h, const struct chat_entry *e)
{
	switch (e->kind) {
	case CHAT_ENTRY_MESSAGE:
		chat_hmac_feed(h, "text", 4);
		if (e->to.p != NULL)
			feed_name(h, e->to);
		feed(h, e->text);
		break;
	}
}

struct chat_ref_key
chat_keys_of(const struct chat_room *room, const struct chat_member *m,
    const struct chat_entry *e)
{
	struct chat_ref_key key = { { 0, 0 }, 0 };
	struct chat_hmac h = room->log_key;

	if (e->ref.p == NULL)
		return key;
	chat_hmac_feed(&h, "send", 4);
	/* Its size is fixed, so it needs no length before it. */
	chat_hmac_feed(&h, m->session, sizeof(m->session));
	feed(&h, e->ref);
	key.send[0] = digest(&h, &key.send[1]);

	h = room->log_key;
	chat_hmac_feed(&h, "said", 4);
	chat_hmac_feed(&h, m->session, sizeof(m->session));
	feed(&h, e->ref);
	feed_content(&h, e);
	key.content = digest(&h, NULL);
	return key;
}

bool
chat_keys_match(const struct chat_room *room, const struct chat_entry *e,
    const struct chat_ref_key *key, uint64_t seq)
{
	struct chat_hmac h = room->log_key;

	if (key->content == e->key.content)
		return true;
	if (seq == 0 || seq >= room->store->log.keys_from)
		return false;
	feed_content(&h, e);
	return key->content == digest(&h, NULL);
}

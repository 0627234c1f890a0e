/* A body is in one of three states: a piece is due (in core->bodies), a piece
 * is read (b->piece), or what was queued is being sent (neither). */
#include "body.h"

#include "bytes.h"

bool
chat_body_open(
    struct chat_core *core, struct chat_conn *c, struct chat_source *source)
{
	struct chat_body *b = chat_alloc_new(&core->alloc, sizeof(*b));

	if (b == NULL) {
		source->free(source);
		return false;
	}
	chat_link_init(&b->link);
	b->conn = c;
	b->source = source;
	b->left = source->length;
	c->body = b;
	return true;
}

void
chat_body_drop(struct chat_core *core, struct chat_conn *c)
{
	struct chat_body *b = c->body;

	if (b == NULL)
		return;
	chat_link_remove(&b->link);
	chat_bytes_free(b->piece);
	b->source->free(b->source);
	chat_alloc_free(&core->alloc, b);
	c->body = NULL;
}

/* Half of the queue at most, as any other answer. */
static size_t
piece_size(const struct chat_core *core, const struct chat_body *b)
{
	size_t size = core->limits.max_queue / 2;

	if (size > CHAT_BODY_PIECE)
		size = CHAT_BODY_PIECE;
	return b->left < size ? (size_t)b->left : size;
}

bool
chat_body_read(struct chat_core *core, struct chat_conn *c)
{
	struct chat_body *b = c->body;
	size_t size = piece_size(core, b);
	long got;

	/* Nothing is left; a promise, which chat_bytes_new() would make of 0
	 * bytes, is not wanted. */
	if (size == 0)
		return true;
	if ((b->piece = chat_bytes_new(&core->alloc, size)) == NULL)
		return false;
	/* The end comes too early, or the source says nonsense.  The piece is
	 * freed with the body, which the caller drops. */
	got = b->source->read(b->source, b->piece->p, size);
	if (got <= 0 || (size_t)got > size)
		return false;
	b->piece->n = (size_t)got;
	b->left -= (size_t)got;
	return true;
}

void
chat_body_send(struct chat_core *core, struct chat_conn *c)
{
	struct chat_body *b = c->body;

	if (b->piece != NULL) {
		chat_budget_spend(&core->budget, b->piece->n);
		chat_queue_share(&c->member.queue, &core->hub, b->piece);
		chat_bytes_free(b->piece);
		b->piece = NULL;
	}
	if (b->left == 0)
		chat_body_drop(core, c);
}

void
chat_body_wait(struct chat_core *core, struct chat_conn *c)
{
	if (chat_link_is_alone(&c->body->link))
		chat_link_append(&core->bodies, &c->body->link);
}

struct chat_conn *
chat_body_next(struct chat_core *core)
{
	struct chat_link *first = core->bodies.next;

	if (chat_link_is_alone(&core->bodies))
		return NULL;
	chat_link_remove(first);
	return CHAT_OBJECT(first, struct chat_body, link)->conn;
}

/* Half of HMAC-SHA-256 is kept as the signature: guessing 16 bytes is hopeless,
 * and every join carries them. */
#include "token.h"

#include <stdbool.h>
#include <string.h>

#include "code/base64.h"
#include "err.h"
#include "name.h"
#include "code/sha256.h"

/* Sizes and offsets in bytes, see the picture in the header. */
enum {
	SEQ = CHAT_TOKEN_ID,
	TIME = SEQ + 8,
	SIGNATURE = TIME + 8,
	SIZE = SIGNATURE + 16,
};

_Static_assert(CHAT_TOKEN_SIZE == (SIZE * 4 + 2) / 3, "base64 of a token");

/* Big-endian. */
static void
put64(unsigned char *p, uint64_t v)
{
	size_t i;

	for (i = 0; i < 8; i++)
		p[i] = (unsigned char)(v >> (56 - 8 * i));
}

static uint64_t
get64(const unsigned char *p)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

/* The label keeps what is signed here apart from everything else that may ever
 * be signed under the same secret.  Only the name, which is last, has no fixed
 * size, so no two tokens are signed alike.  It is folded, so a session can be
 * resumed in any spelling, and not in the token: the client sends it. */
static void
sign(unsigned char out[CHAT_SHA256_SIZE], const unsigned char *token,
    const char *name, size_t n, const unsigned char *secret)
{
	static const char label[] = "chat.v1 session token";
	struct chat_hmac h;
	size_t i;
	char c;

	chat_hmac_init(&h, secret, CHAT_TOKEN_SECRET);
	chat_hmac_feed(&h, label, sizeof(label));
	chat_hmac_feed(&h, token, SIGNATURE);
	for (i = 0; i < n; i++) {
		chat_name_fold(&c, &name[i], 1);
		chat_hmac_feed(&h, &c, 1);
	}
	chat_hmac_finish(&h, out);
}

/* Takes the same time wherever the difference is: otherwise the time would tell
 * how many bytes of a guess are right, and a signature could be found byte by
 * byte.  volatile keeps compilers from ending the loop early. */
static bool
differs(const unsigned char *a, const unsigned char *b, size_t n)
{
	volatile unsigned char diff = 0;
	size_t i;

	for (i = 0; i < n; i++)
		diff |= a[i] ^ b[i];
	return diff != 0;
}

void
chat_token_write(char dst[CHAT_TOKEN_SIZE], const struct chat_token *t,
    const char *name, size_t n, const unsigned char secret[CHAT_TOKEN_SECRET])
{
	unsigned char token[SIZE], digest[CHAT_SHA256_SIZE];

	memcpy(token, t->id, sizeof(t->id));
	put64(token + SEQ, t->seq);
	put64(token + TIME, t->time);
	sign(digest, token, name, n, secret);
	memcpy(token + SIGNATURE, digest, SIZE - SIGNATURE);
	chat_base64_write(dst, token, SIZE, CHAT_BASE64_URL);
}

int
chat_token_parse(struct chat_token *t, const char *s, size_t sn,
    const char *name, size_t n, const unsigned char secret[CHAT_TOKEN_SECRET])
{
	unsigned char token[SIZE], digest[CHAT_SHA256_SIZE];

	/* The reader takes one spelling only, so a token cannot be varied. */
	if (chat_base64_parse(token, SIZE, s, sn, CHAT_BASE64_URL) != SIZE)
		return CHAT_ERR_TOKEN;
	sign(digest, token, name, n, secret);
	if (differs(token + SIGNATURE, digest, SIZE - SIGNATURE))
		return CHAT_ERR_TOKEN;
	memcpy(t->id, token, sizeof(t->id));
	t->seq = get64(token + SEQ);
	t->time = get64(token + TIME);
	return CHAT_OK;
}

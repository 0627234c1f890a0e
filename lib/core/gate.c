#include "gate.h"

#include <string.h>

#include "wire/host.h"

/*
 * Lists
 */

static void
free_list(char **list, const struct chat_alloc *a)
{
	char **s;

	for (s = list; s != NULL && *s != NULL; s++)
		chat_alloc_free(a, *s);
	chat_alloc_free(a, list);
}

/* NULL: out of memory. */
static char **
copy_list(const struct chat_alloc *a, const char *const *list)
{
	size_t i, n = 0;
	char **copy;

	while (list != NULL && list[n] != NULL)
		n++;
	if ((copy = chat_alloc_new(a, (n + 1) * sizeof(*copy))) == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		if ((copy[i] = chat_alloc_string(a, list[i])) == NULL) {
			free_list(copy, a);
			return NULL;
		}
	return copy;
}

void
chat_gate_release(struct chat_gate *gate, const struct chat_alloc *a)
{
	free_list(gate->hosts, a);
	free_list(gate->origins, a);
	*gate = (struct chat_gate){ .hosts = NULL };
}

int
chat_gate_set(struct chat_gate *gate, const struct chat_alloc *a,
    const struct chat_config *config)
{
	struct chat_gate fresh = { copy_list(a, config->hosts),
		copy_list(a, config->origins) };

	if (fresh.hosts == NULL || fresh.origins == NULL) {
		chat_gate_release(&fresh, a);
		return CHAT_ERR_NOMEM;
	}
	chat_gate_release(gate, a);
	*gate = fresh;
	return CHAT_OK;
}

static bool
is_host(const char *s)
{
	struct chat_http_authority a;

	return strlen(s) <= CHAT_MAX_HOST &&
	    (strcmp(s, "*") == 0 ||
		(chat_http_parse_authority(&a, chat_str(s)) == 0 &&
		    chat_host_is_name(a.host)));
}

bool
chat_gate_is_sound(const struct chat_config *config)
{
	const char *const *s;

	for (s = config->hosts; s != NULL && *s != NULL; s++)
		if (!is_host(*s))
			return false;
	for (s = config->origins; s != NULL && *s != NULL; s++)
		if (strlen(*s) > CHAT_MAX_ORIGIN)
			return false;
	return true;
}

/*
 * Questions
 */

static bool
is_all(const char *s)
{
	return strcmp(s, "*") == 0;
}

bool
chat_gate_knows(const struct chat_gate *gate, struct chat_str host)
{
	struct chat_http_authority a, own;
	char **s;

	if (chat_http_parse_authority(&a, host) != 0)
		return false;
	if (chat_host_is_local(a.host))
		return true;
	for (s = gate->hosts; s != NULL && *s != NULL; s++)
		if (is_all(*s) ||
		    (chat_http_parse_authority(&own, chat_str(*s)) == 0 &&
			chat_host_is(own.host, a.host)))
			return true;
	for (s = gate->origins; s != NULL && *s != NULL; s++)
		if (is_all(*s) ||
		    chat_host_is(chat_host_of_origin(chat_str(*s)), a.host))
			return true;
	return false;
}

bool
chat_gate_lets_in(
    const struct chat_gate *gate, struct chat_str origin, struct chat_str host)
{
	char **s;

	if (origin.p == NULL || chat_handshake_same_origin(origin, host))
		return true;
	for (s = gate->origins; s != NULL && *s != NULL; s++)
		if (is_all(*s) || chat_http_is(chat_str(*s), origin))
			return true;
	return false;
}

/* From chat_core_drain() on core->close_code says that the room closes;
 * core->parting says so only until everybody has been told. */
#include "drain.h"

#include "admit.h"
#include "conn.h"
#include "conns.h"

/* Each client is given a time of its own after which to come back, so that the
 * next server does not get all of them at the same moment. */
static void
part(struct chat_core *core, struct chat_conn *c)
{
	struct chat_str reason = core->close_code == 1012
	    ? CHAT_STR("restart")
	    : CHAT_STR("shutdown");

	if (c->state == CHAT_CONN_HTTP)
		chat_conn_part(core, c);
	if (c->state != CHAT_CONN_OPEN)
		return;
	chat_tell_bye(
	    &core->room, &c->member, reason, chat_admit_retry_after(core));
	chat_conn_close(core, c, core->close_code, reason);
}

void
chat_drain_begin(struct chat_core *core)
{
	struct chat_conn *c;
	uint32_t slot = 0;

	if (!core->parting)
		return;
	core->parting = false;
	while ((c = chat_conns_next(&core->conns, &slot)) != NULL)
		part(core, c);
}

void
chat_core_drain(struct chat_core *core, int close_code)
{
	core->close_code = close_code;
	core->parting = true;
}

bool
chat_core_is_drained(const struct chat_core *core)
{
	return core->close_code != 0 && core->metrics.connections == 0;
}

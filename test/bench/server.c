/* The room as the benchmarks want it: no limit on anybody, and no pings, since
 * they would come in the middle of a measurement.
 *
 *     server ADDR:PORT
 */
#include <poll.h>
#include <stdio.h>

#include "chatcore.h"

enum { MAX_FDS = 20000 };

static struct pollfd fds[MAX_FDS]; /* more than one without epoll */

int
main(int argc, char *argv[])
{
	struct chat_config config = {
		.limits = {
			.max_connections = CHAT_OFF,
			.max_connections_per_address = CHAT_OFF,
			.message_rate = CHAT_OFF,
			.request_rate = CHAT_OFF,
			.message_rate_per_address = CHAT_OFF,
			.join_rate = CHAT_OFF,
			.ping_interval = CHAT_OFF,
		},
		.server = "bench",
	};
	struct chat_server *s = chat_server_new(&config);
	const char *spec = argc > 1 ? argv[1] : "127.0.0.1:0";
	char name[128];
	size_t n;

	if (s == NULL || chat_server_listen(s, spec, name, sizeof(name)) < 0) {
		perror(spec);
		return 1;
	}
	printf("listening on http://%s/\n", name);
	fflush(stdout);
	for (;;) {
		n = chat_server_fds(s, fds, MAX_FDS);
		poll(fds, n, chat_server_timeout(s));
		chat_server_turn(s, fds, n);
	}
}

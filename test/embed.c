/* A program with a room in it: chatcore's smallest use, and the one that
 * chatcore(3) shows.  test/embed [ADDR:PORT] */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "chatcore.h"

int
main(int argc, char *argv[])
{
	struct chat_config config = { .server = "embed" };
	struct chat_server *s = chat_server_new(&config);
	const char *spec = argc > 1 ? argv[1] : "127.0.0.1:0";
	struct pollfd fds[16];
	char name[128];
	size_t n;

	if (s == NULL || chat_server_listen(s, spec, name, sizeof(name)) < 0) {
		perror(spec);
		return 1;
	}
	printf("listening on http://%s/\n", name);
	fflush(stdout);
	for (;;) {
		n = chat_server_fds(s, fds, 16);
		poll(fds, n, chat_server_timeout(s));
		chat_server_turn(s, fds, n);
	}
}

/* A program with a room in it: chatcore's smallest use, and the one that
 * chatcore(3) shows.  test/embed [ADDR:PORT] */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "chatcore.h"

int
main(int argc, char *argv[])
{
	const char *spec = argc > 1 ? argv[1] : "127.0.0.1:0";
	struct chat_config config = { .server = "embed" };
	struct chat_server *s = chat_server_new(&config);
	struct pollfd *fds = NULL;
	size_t n, cap = 0;
	char name[128];

	if (s == NULL || chat_server_listen(s, spec, name, sizeof(name)) < 0) {
		perror(spec);
		return 1;
	}
	printf("listening on http://%s/\n", name);
	fflush(stdout);
	for (;;) {
		while ((n = chat_server_fds(s, fds, cap)) > cap) {
			fds = realloc(fds, n * sizeof(*fds));
			if (fds == NULL)
				return 1;
			cap = n;
		}
		poll(fds, n, chat_server_timeout(s));
		chat_server_turn(s, fds, n);
	}
}

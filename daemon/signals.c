#include "signals.h"

#include <signal.h>
#include <stddef.h>

#include "net/sock.h"

/* A signal handler has no argument of its own. */
static int wake[2];
static volatile sig_atomic_t ending, hangup;

static void
on_signal(int sig)
{
	if (sig == SIGHUP)
		hangup = 1;
	else {
		ending = sig;
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
	}
	chat_sock_wake(wake[1]);
}

int
signals_catch(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	if (chat_sock_pipe(wake) != 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigfillset(&action.sa_mask);
	if (sigaction(SIGTERM, &action, NULL) != 0 ||
	    sigaction(SIGINT, &action, NULL) != 0 ||
	    sigaction(SIGHUP, &action, NULL) != 0)
		return -1;
	return wake[0];
}

int
signals_next(void)
{
	int sig = 0;

	chat_sock_drain(wake[0]);
	if (ending != 0) {
		sig = ending;
		ending = 0;
	} else if (hangup != 0) {
		hangup = 0;
		sig = SIGHUP;
	}
	return sig;
}

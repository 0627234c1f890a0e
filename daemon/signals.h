/*
 * signals: catches them and turns them into something that a loop can watch.
 *
 *     SIGTERM, SIGINT --> handler --> pipe --> poll()
 *     SIGHUP                |                    |
 *                           '--> flags ---> signals_next()
 *
 * The first SIGTERM or SIGINT restores the default action of both, so that a
 * second one ends a program that takes too long.  SIGPIPE and SIGXFSZ are
 * ignored: the calls that raise them fail, and that is enough.
 *
 * Called by main, once in a process.  Not here: what a signal means.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

/* Begins to catch signals.  Returns the descriptor to poll() for reading, which
 * lives as long as the process; or -1 with errno. */
int signals_catch(void);

/* Returns the next signal that was caught.  If there is none, returns 0, and
 * the descriptor is quiet until another one comes. */
int signals_next(void);

#endif

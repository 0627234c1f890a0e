/*
 * signals: caught, and made into something that a loop can watch.
 *
 *     SIGTERM, SIGINT --> handler --> pipe --> poll()
 *     SIGHUP                |                    |
 *                           '--> flags ---> signals_next()
 *
 * After the first SIGTERM or SIGINT both have their default action back, so
 * that a second one ends a program that takes too long.  SIGPIPE and SIGXFSZ
 * are ignored: the calls that raise them fail, and that is enough.
 *
 * Called by main, once in a process.  Not here: what a signal means.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

/* Begins to catch.  Returns the descriptor to poll() for reading, which lives
 * as long as the process; -1 with errno. */
int signals_catch(void);

/* The next signal that was caught, 0 for none; then the descriptor is quiet
 * until there is another. */
int signals_next(void);

#endif

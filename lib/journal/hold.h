/*
 * hold: one server at a time has the folder of a journal.
 *
 *     version 2:  FOLDER/lock/held    locked, see chat_disk_lock()
 *     version 1:  FOLDER/lock         locked
 *     between:    FOLDER/lock.new/held
 *
 * A server of version 1 would take lines of version 2 for damage, and cut them
 * off.  It finds a folder where it wants a file, and does not start; so the
 * folder is there before anything of version 2 is.  Called by open and append.
 */
#ifndef CHAT_JOURNAL_HOLD_H
#define CHAT_JOURNAL_HOLD_H

#include "file.h"

/* Holds the folder, as f->lock: CHAT_OK, and *is_old says whether it is held as
 * in version 1.  CHAT_ERR_LIMIT: another process has it, *holder. */
int chat_hold_take(struct chat_file *f, bool *is_old, long *holder);

/* Goes on to hold it as in version 2.  Whatever happens in between, a server of
 * either version that comes meanwhile holds the folder or does not start. */
int chat_hold_renew(struct chat_file *f);

/* Is the folder still ours?  If somebody has removed the lock, it is taken
 * again; but where another one is, there may be another server: whatever it has
 * written, this one must not make void. */
int chat_hold_check(struct chat_file *f);

#endif

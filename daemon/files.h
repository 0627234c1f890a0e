/*
 * files: the web client, answered to GET.
 *
 * The files are those that the build put into the program, or those of a
 * folder.  Each has a strong entity tag and is asked about again by browsers
 * each time it is used, which costs an answer without a body; so a new version
 * is in use from the first reload.  Every answer carries a policy by which the
 * page can load and run nothing but these files, and talk to nobody else.
 *
 *     /               index.html
 *     /main.js        that file
 *     /a%20name       no file, one segment without a dot: index.html
 *     /a.b  /a/b      no file: 404
 *     /.x  /..  /%2e  404
 *
 * Called by main, and through it by the room.  Not here: paths that are the
 * room's own, methods, HEAD.
 */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>

#include "chatcore.h"

/* A file inside the program. */
struct web_file {
	const char *name;
	const unsigned char *bytes;
	size_t size;
};

/* Those in web/, in order of their names; the last one has no name. */
extern const struct web_file web_files[];

struct files;

/* Serves the folder, or, when that is NULL, the files built in.  NULL with
 * errno: the folder cannot be opened, no memory. */
struct files *files_new(const struct web_file *built_in, const char *folder);
void files_free(struct files *f);

/* Answers r.  A chat_request_fn: files is a struct files.  The fields of the
 * answer are valid until the next call. */
void files_answer(void *files, const struct chat_http_request *r,
    struct chat_response *response);

#endif

/*
 * files: the web client, answered to GET.
 *
 * The files are those that the build put into the program, or those of a
 * folder.  Of the former, all but index.html lie below a number that is made of
 * what is in them, so browsers keep them and never ask again.  About everything
 * else they ask each time it is used, by its strong entity tag, which costs an
 * answer without a body; so a new version is in use from the first reload.
 * Every answer carries a policy by which the page can load and run nothing but
 * these files, and talk to nobody else.
 *
 *     /               index.html
 *     /1853/main.js   that file, in a program built of such files
 *     /main.js        that file, in a folder
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
	const char *path; /* below a folder: nothing else will ever be there */
	const unsigned char *bytes;
	size_t size;
	const unsigned char
	    *gzip; /* the same, compressed; NULL: not worth it */
	size_t gzip_size;
};

/* Those in web/; the last one has no path. */
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

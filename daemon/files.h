/*
 * files: the web client, answered to GET.
 *
 * The files are built into the program or come from a folder.  All built-in
 * files but index.html lie below a number that is computed from their contents,
 * so browsers keep them and never ask again.  For everything else, browsers ask
 * at each use, with its strong entity tag, and get an answer without a body if
 * nothing has changed; so the first reload shows a new version.  The tag of a
 * file in a folder tells which file it is and when it changed, so no file is
 * read to answer that; the files that are sent are read piece by piece, as the
 * client takes them.  Every answer carries a policy that lets the page load and
 * run nothing but these files, and talk to nobody else.
 *
 *     /               index.html
 *     /1853/main.js   that file, if it is built in
 *     /main.js        that file, if it is in a folder
 *     /a%20name       no file, one segment without a dot: index.html
 *     /a.b  /a/b      no file: 404
 *     /.x  /..  /%2e  404
 *
 * Called by main, and through it by the room.  Not here: the room's own paths,
 * methods, HEAD.
 */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>
#include <time.h>

#include "chatcore.h"

/* A built-in file. */
struct web_file {
	const char *path; /* all but index.html lie below a number */
	const unsigned char *bytes;
	size_t size;
	const unsigned char
	    *gzip; /* the same, compressed; NULL: that would not be smaller */
	size_t gzip_size;
};

/* The files in web/; the last one has no path. */
extern const struct web_file web_files[];

struct files;

/* Serves the folder or, if that is NULL, the built-in files.  Returns NULL with
 * errno if the folder cannot be opened or memory is short. */
struct files *files_new(const struct web_file *built_in, const char *folder);
void files_free(struct files *f);

/* Sets the time, which tells whether a change of a file is recent. */
void files_set_time(struct files *f, time_t now);

/* Answers r.  A chat_request_fn: files is a struct files.  The fields of the
 * answer are valid until the next call, its source as long as f. */
void files_answer(void *files, const struct chat_http_request *r,
    struct chat_response *response);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * output.h - a new cdb in place of an old one, whole or not at all.
 */
#ifndef RULETOOL_OUTPUT_H
#define RULETOOL_OUTPUT_H

#include <cdb.h>
#include <stddef.h>

struct complaint;

struct output {
	const char *path;
	char *temporary; /* NULL: nothing is to be removed */
	int fd;
	struct cdb_make cdb;
};

/*
 * Begin the file `temporary`, or with NULL one beside path with a name of
 * its own.  All three: 0, or -1 with a complaint; then the old file is still
 * there and the new one is not.
 */
int output_begin(struct output *, const char *path, const char *temporary,
    struct complaint *);
int output_add(struct output *, const char *key, size_t key_len,
    const char *data, size_t data_len, struct complaint *);

/*
 * On the disk, then under its name.
 */
int output_finish(struct output *, struct complaint *);

/*
 * Take the new file away.
 */
void output_abandon(struct output *);

#endif

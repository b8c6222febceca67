/* SPDX-License-Identifier: ISC */
/*
 * file.h - an administrator's file, whole, in memory.
 */
#ifndef SHIM_FILE_H
#define SHIM_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct complaint;

struct file {
	const char *what, *path; /* for messages; the caller's */
	char *bytes;		 /* a NUL behind them */
	size_t len;
	mode_t mode;
};

/*
 * Read it with the rights of SSL_USER.  -1 with a complaint, and errno, if it
 * cannot be read, is no regular file or has more than `most` bytes.
 */
int file_read(struct file *, const char *what, const char *path, size_t most,
    struct complaint *);

/*
 * Overwrite and free what was read.
 */
void file_wipe(struct file *);

#endif

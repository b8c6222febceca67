/* SPDX-License-Identifier: ISC */
/*
 * file.c - an administrator's file, whole, in memory.
 *
 * Runs in:  KEEPER, with the rights of SSL_USER.
 * Trusts:   nothing in the file; not its size to stay the same either.
 * Refuses:  what is no regular file, and what is too large.
 */
#include "file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"
#include "log.h"
#include "rights.h"

static int
read_all(struct file *f, int fd, size_t size)
{
	ssize_t n;

	f->bytes = malloc(size + 1);
	if (f->bytes == NULL)
		fatal(EXIT_SYSTEM, "%s: %s", f->what, f->path);
	while (f->len < size) {
		n = read(fd, f->bytes + f->len, size - f->len);
		if (n == -1)
			return (-1);
		if (n == 0)
			break;
		f->len += (size_t)n;
	}
	return (0);
}

static int
cannot_be_read(struct file *f, struct complaint *c)
{
	int why = errno;

	if (why == EINVAL)
		complain(c, "%s: %s: not a regular file", f->what, f->path);
	else
		complain_errno(c, "%s: %s", f->what, f->path);
	errno = why;
	return (-1);
}

int
file_read(struct file *f, const char *what, const char *path,
    struct complaint *c)
{
	struct stat st;
	int fd = rights_open(path), result;

	*f = (struct file){ .what = what, .path = path };
	if (fd == -1 || fstat(fd, &st) == -1)
		return (cannot_be_read(f, c));
	f->mode = st.st_mode;
	if (st.st_size > FILE_SIZE_MAX) {
		close(fd);
		errno = EFBIG;
		return (complain(c, "%s: %s: larger than %d bytes", what, path,
		    FILE_SIZE_MAX));
	}
	result = read_all(f, fd, (size_t)st.st_size);
	if (result == -1) {
		cannot_be_read(f, c);
		file_wipe(f);
	}
	close(fd);
	return (result);
}

void
file_wipe(struct file *f)
{
	if (f->bytes != NULL)
		explicit_bzero(f->bytes, f->len);
	free(f->bytes);
	f->bytes = NULL;
	f->len = 0;
}

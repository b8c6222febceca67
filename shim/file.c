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
	f->bytes[f->len] = '\0';
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

static int
read_open(struct file *f, int fd, size_t most, struct complaint *c)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return (cannot_be_read(f, c));
	f->mode = st.st_mode;
	if ((size_t)st.st_size > most) {
		errno = EFBIG;
		return (complain(c, "%s: %s: larger than %zu bytes", f->what,
		    f->path, most));
	}
	if (read_all(f, fd, (size_t)st.st_size) == -1)
		return (cannot_be_read(f, c));
	return (0);
}

int
file_read(struct file *f, const char *what, const char *path, size_t most,
    struct complaint *c)
{
	int fd = rights_open(path), result;

	*f = (struct file){ .what = what, .path = path };
	if (fd == -1)
		return (cannot_be_read(f, c));
	result = read_open(f, fd, most, c);
	if (result == -1)
		file_wipe(f);
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

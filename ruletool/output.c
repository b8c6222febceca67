/* SPDX-License-Identifier: ISC */
/*
 * output.c - a new cdb in place of an old one, whole or not at all.
 *
 * Runs in:  tlsshim-rules, with the rights of whoever types it.
 * Trusts:   who may write into the directory.
 * Refuses:  a temporary name that is the file itself: connections would read
 *           half of it.
 *
 * A file keeps its mode, and its owner and group as far as we may give them;
 * a new one may be read by all that the umask lets.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"

static const mode_t new_mode = 0644;

/*
 * As the old file's, before a byte is in it.
 */
static int
set_owner(int fd, const struct stat *old)
{
	/* a group that is not ours to give: better nobody's than anybody's */
	if (fchown(fd, old->st_uid, old->st_gid) == -1 &&
	    fchown(fd, (uid_t)-1, old->st_gid) == -1 && errno != EPERM)
		return (-1);
	return (fchmod(fd, old->st_mode & 0777));
}

static int
set_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return (fchmod(fd, new_mode & ~mask));
}

static bool
is_same_file(const char *path, const struct stat *old)
{
	struct stat st;

	return (stat(path, &st) == 0 && st.st_dev == old->st_dev &&
	    st.st_ino == old->st_ino);
}

static int
open_own_name(struct output *o)
{
	if (asprintf(&o->temporary, "%s.XXXXXX", o->path) == -1) {
		o->temporary = NULL;
		return (-1);
	}
	return (mkostemp(o->temporary, O_CLOEXEC));
}

static int
open_given_name(struct output *o, const char *temporary)
{
	if ((o->temporary = strdup(temporary)) == NULL)
		return (-1);
	return (open(temporary,
	    O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
}

int
output_begin(struct output *o, const char *path, const char *temporary,
    struct complaint *c)
{
	struct stat old;
	bool is_there = stat(path, &old) == 0;

	*o = (struct output){ .path = path, .fd = -1 };
	if (temporary != NULL &&
	    (strcmp(path, temporary) == 0 ||
		(is_there && is_same_file(temporary, &old))))
		return (complain(c,
		    "%s: the temporary file is the file "
		    "itself: name another",
		    temporary));
	if (is_there && !S_ISREG(old.st_mode))
		return (complain(c, "%s: not a regular file", path));
	o->fd = temporary == NULL ? open_own_name(o) :
				    open_given_name(o, temporary);
	if (o->fd == -1) {
		complain_errno(c, "%s",
		    o->temporary == NULL ? path : o->temporary);
		free(o->temporary);
		o->temporary = NULL;
		return (-1);
	}
	if ((is_there ? set_owner(o->fd, &old) : set_mode(o->fd)) == -1 ||
	    cdb_make_start(&o->cdb, o->fd) == -1) {
		complain_errno(c, "%s", o->temporary);
		output_abandon(o);
		return (-1);
	}
	return (0);
}

int
output_add(struct output *o, const char *key, size_t key_len, const char *data,
    size_t data_len, struct complaint *c)
{
	if (cdb_make_add(&o->cdb, key, (unsigned int)key_len, data,
		(unsigned int)data_len) == 0)
		return (0);
	return (complain_errno(c, "%s", o->temporary));
}

int
output_finish(struct output *o, struct complaint *c)
{
	if (cdb_make_finish(&o->cdb) == -1 || fsync(o->fd) == -1)
		return (complain_errno(c, "%s", o->temporary));
	if (rename(o->temporary, o->path) == -1)
		return (complain_errno(c, "%s: rename to %s", o->temporary,
		    o->path));
	free(o->temporary);
	o->temporary = NULL;
	close(o->fd);
	o->fd = -1;
	return (0);
}

void
output_abandon(struct output *o)
{
	if (o->fd != -1)
		close(o->fd);
	if (o->temporary != NULL)
		unlink(o->temporary);
	free(o->temporary);
	*o = (struct output){ .fd = -1 };
}

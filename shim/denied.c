/* SPDX-License-Identifier: ISC */
/*
 * denied.c - which part of a path keeps this process out.
 *
 * Runs in:  the process that checks, with the rights of SSL_USER.
 * Trusts:   the kernel's word on what may be read.
 */
#include "denied.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"

enum { LINKS_MAX = 16, NAME_TEXT_MAX = 64 };

struct walk {
	struct complaint *complaint;
	const char *what, *path;
	int links; /* followed so far */
};

static const char *
user_name(uid_t uid, char text[NAME_TEXT_MAX])
{
	const struct passwd *pw = getpwuid(uid);

	if (pw == NULL)
		snprintf(text, NAME_TEXT_MAX, "%u", uid);
	else
		snprintf(text, NAME_TEXT_MAX, "%s", pw->pw_name);
	return (text);
}

static const char *
group_name(gid_t gid, char text[NAME_TEXT_MAX])
{
	const struct group *gr = getgrgid(gid);

	if (gr == NULL)
		snprintf(text, NAME_TEXT_MAX, "%u", gid);
	else
		snprintf(text, NAME_TEXT_MAX, "%s", gr->gr_name);
	return (text);
}

/*
 * Where a group may do it already, to join it is the simpler mend.
 */
static int
say(const struct walk *w, const char *part, const struct stat *st, int mode)
{
	char owner[NAME_TEXT_MAX], group[NAME_TEXT_MAX], us[NAME_TEXT_MAX];
	char mend[PATH_MAX];

	user_name(geteuid(), us);
	user_name(st->st_uid, owner);
	group_name(st->st_gid, group);
	if (((st->st_mode >> 3) & (mode_t)mode) != 0)
		snprintf(mend, sizeof(mend), "usermod -aG %s %s", group, us);
	else
		snprintf(mend, sizeof(mend), "setfacl -m u:%s:%s %.*s", us,
		    mode == X_OK ? "x" : "r", PATH_MAX / 2, part);
	return (complain(w->complaint,
	    "%s: %s: Permission denied: %s (%s:%s, mode %04o) does not let "
	    "account %s %s: %s",
	    w->what, w->path, part, owner, group, st->st_mode & 07777, us,
	    mode == X_OK ? "through" : "read it", mend));
}

static int walk_path(struct walk *, const char *path);

/*
 * What a symbolic link at `part` leads to: its target, from its directory.
 */
static int
walk_link(struct walk *w, const char *part)
{
	char target[PATH_MAX], path[2 * PATH_MAX];
	ssize_t len = readlink(part, target, sizeof(target) - 1);
	const char *slash = strrchr(part, '/');

	if (len == -1 || ++w->links > LINKS_MAX)
		return (0);
	target[len] = '\0';
	snprintf(path, sizeof(path), "%.*s%s",
	    target[0] == '/' || slash == NULL ? 0 : (int)(slash - part + 1),
	    part, target);
	return (walk_path(w, path));
}

/*
 * One part of the path, which is all of it where `last`.
 */
static int
look_at(struct walk *w, const char *part, bool last)
{
	int mode = last ? R_OK : X_OK;
	struct stat st;

	if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode) &&
	    walk_link(w, part) == -1)
		return (-1);
	if (faccessat(AT_FDCWD, part, mode, AT_EACCESS) == 0 ||
	    errno != EACCES || stat(part, &st) == -1)
		return (0);
	return (say(w, part, &st, mode));
}

static int
walk_path(struct walk *w, const char *path)
{
	char part[2 * PATH_MAX];
	size_t at, len = strlen(path);

	if (len >= sizeof(part))
		return (0);
	for (at = 1; at <= len; at++) {
		if (path[at] != '/' && at != len)
			continue;
		memcpy(part, path, at);
		part[at] = '\0';
		if (look_at(w, part, at == len) == -1)
			return (-1);
	}
	return (0);
}

int
denied(struct complaint *c, const char *what, const char *path)
{
	struct walk w = { .complaint = c, .what = what, .path = path };

	return (walk_path(&w, path));
}

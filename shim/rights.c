/* SPDX-License-Identifier: ISC */
/*
 * rights.c - the KEEPER's uids.
 *
 * Runs in:  KEEPER.
 * Trusts:   the accounts found before the fork.
 * Refuses:  to go on when a uid could not be taken or given up.
 */
#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "log.h"

/* what rights_open goes back to; false where we were not started as root */
static bool can_raise;
static uid_t lowered_uid;

static const char mend[] = "keep CAP_SETUID and CAP_SETGID in "
			   "CapabilityBoundingSet=, and no PrivateUsers=yes";

/* Call with errno of what failed. */
static _Noreturn void
cannot_take(const char *kind, long id, const char *whose)
{
	fatalx(EXIT_SYSTEM, "%s %ld: of the %s: cannot be taken: %s: %s", kind,
	    id, whose, strerror(errno), mend);
}

static void
take_groups(const struct account *a, const char *whose)
{
	if (setgroups(a->group_count, a->groups) == -1 ||
	    setresgid(a->gid, a->gid, a->gid) == -1)
		cannot_take("group", (long)a->gid, whose);
}

void
rights_lower(const struct accounts *a)
{
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		fatal(EXIT_SYSTEM, "prctl: PR_SET_DUMPABLE");
	if (!a->root)
		return;
	take_groups(&a->tls, "files");
	if (setresuid(a->tls.uid, a->tls.uid, 0) == -1)
		cannot_take("uid", (long)a->tls.uid, "files");
	/* a change of uid makes a process dumpable as /proc/sys/fs says */
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		fatal(EXIT_SYSTEM, "prctl: PR_SET_DUMPABLE");
	can_raise = true;
	lowered_uid = a->tls.uid;
}

/*
 * The part of path below the credentials directory, or NULL.
 */
static const char *
below_credentials(const char *path, const char **directory)
{
	const char *d = getenv("CREDENTIALS_DIRECTORY");
	size_t len;

	if (d == NULL || d[0] != '/')
		return (NULL);
	len = strlen(d);
	while (len > 1 && d[len - 1] == '/')
		len--;
	if (strncmp(path, d, len) != 0 || path[len] != '/')
		return (NULL);
	*directory = d;
	path += len;
	while (*path == '/')
		path++;
	return (path);
}

bool
rights_is_credential(const char *path)
{
	const char *directory;

	return (below_credentials(path, &directory) != NULL);
}

/*
 * Credentials have no directories below theirs (systemd.exec(5)), so a name
 * without slash that is no symbolic link cannot lead out of it.  openat2(2)
 * would say the same, but RestrictSUIDSGID= takes it away, and with it
 * DynamicUser=.
 */
static int
open_beneath(const char *directory, const char *name)
{
	int dir, fd, saved;

	if (strchr(name, '/') != NULL || strcmp(name, "..") == 0) {
		errno = EINVAL;
		return (-1);
	}
	dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return (-1);
	fd = openat(dir, name,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	saved = errno;
	close(dir);
	errno = saved;
	return (fd);
}

/*
 * Effective uid 0, for one call.
 */
static int
raise_uid(void)
{
	return (can_raise ? setresuid((uid_t)-1, 0, (uid_t)-1) : 0);
}

/*
 * errno stays that of the call.
 */
static void
lower_uid(void)
{
	int saved = errno;

	if (can_raise && setresuid((uid_t)-1, lowered_uid, (uid_t)-1) == -1)
		fatal(EXIT_SYSTEM, "uid %ld: cannot be taken again",
		    (long)lowered_uid);
	/* gaining uid 0 for a moment may have made us dumpable */
	if (can_raise && prctl(PR_SET_DUMPABLE, 0) == -1)
		fatal(EXIT_SYSTEM, "prctl: PR_SET_DUMPABLE");
	errno = saved;
}

static int
open_credential(const char *directory, const char *path)
{
	int fd;

	if (raise_uid() == -1)
		return (-1);
	fd = open_beneath(directory, path);
	lower_uid();
	return (fd);
}

int
rights_open(const char *path)
{
	const char *directory, *below;
	struct stat st;
	int fd;

	below = below_credentials(path, &directory);
	if (below != NULL)
		fd = open_credential(directory, below);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return (-1);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		close(fd);
		return (-1);
	}
	return (fd);
}

int
rights_open_shadow(void)
{
	int fd;

	if (raise_uid() == -1)
		return (-1);
	fd = open("/etc/shadow", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	lower_uid();
	return (fd);
}

/*
 * lstat(2) and, of a symbolic link, stat(2).  A name that no file can have is
 * of none.
 */
static enum rights_kind
look(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return (errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
			    errno == ENAMETOOLONG ?
			RIGHTS_NOTHING :
			RIGHTS_UNKNOWN);
	if (S_ISLNK(st.st_mode) && stat(path, &st) == -1)
		return (RIGHTS_LOST);
	return (S_ISDIR(st.st_mode) ? RIGHTS_DIRECTORY : RIGHTS_FILE);
}

enum rights_kind
rights_look(const char *path)
{
	const char *directory, *below = below_credentials(path, &directory);
	enum rights_kind kind;

	/* as root only what cannot lead anywhere else: see open_beneath */
	if (below == NULL || strchr(below, '/') != NULL ||
	    strcmp(below, "..") == 0)
		return (look(path));
	if (raise_uid() == -1)
		return (RIGHTS_UNKNOWN);
	kind = look(path);
	lower_uid();
	return (kind);
}

void
rights_kill(pid_t whom, int signal)
{
	if (raise_uid() == 0) {
		kill(whom, signal);
		lower_uid();
	}
}

bool
rights_needs_root(void)
{
	return (getenv("CREDENTIALS_DIRECTORY") != NULL);
}

void
rights_give_up(void)
{
	uid_t uid = lowered_uid;

	if (!can_raise)
		return;
	can_raise = false;
	if (setresuid(uid, uid, uid) == -1)
		cannot_take("uid", (long)uid, "files");
	if (uid != 0 && setresuid((uid_t)-1, 0, (uid_t)-1) != -1)
		fatalx(EXIT_SYSTEM, "uid 0: could be taken back");
}

/*
 * What a change of uid makes dumpable again ends with the exec.
 */
void
rights_become_net(const struct accounts *a)
{
	uid_t uid = a->net.uid;

	if (a->root) {
		if (setresuid((uid_t)-1, 0, (uid_t)-1) == -1)
			fatal(EXIT_SYSTEM,
			    "uid 0: cannot be taken to become uid %ld",
			    (long)uid);
		take_groups(&a->net, "network");
		if (setresuid(uid, uid, uid) == -1)
			cannot_take("uid", (long)uid, "network");
		if (setresuid((uid_t)-1, 0, (uid_t)-1) != -1 || setuid(0) != -1)
			fatalx(EXIT_SYSTEM, "uid 0: could be taken back");
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0) == -1)
		fatal(EXIT_SYSTEM, "prctl: PR_SET_NO_NEW_PRIVS");
}

void
rights_become_app(const struct accounts *a)
{
	uid_t uid = a->app.uid;

	if (!a->root)
		return;
	if (!a->has_app)
		fatalx(EXIT_SYSTEM, "program: no account to run as");
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == -1)
		fatal(EXIT_SYSTEM, "uid 0: cannot be taken to become uid %ld",
		    (long)uid);
	take_groups(&a->app, "program");
	if (setresuid(uid, uid, uid) == -1)
		cannot_take("uid", (long)uid, "program");
	if (uid != 0 &&
	    (setresuid((uid_t)-1, 0, (uid_t)-1) != -1 || setuid(0) != -1))
		fatalx(EXIT_SYSTEM, "uid 0: could be taken back");
}

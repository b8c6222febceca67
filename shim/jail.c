/* SPDX-License-Identifier: ISC */
/*
 * jail.c - drop every right, and prove that it is gone.
 *
 * Runs in:  NET, before the first byte from the peer is read.
 * Trusts:   no call that only says that it has dropped something.
 * Refuses:  to go on with a right that relaying does not need.
 */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "landlock.h"
#include "log.h"
#include "seccomp_filter.h"

/*
 * Of address space, not of RLIMIT_DATA: whoever runs code here could take
 * pages out of that count again by making them read-only, and page tables of
 * what was never written are in neither count.  Program, libraries and a
 * connection come to some 10 MiB.
 */
enum { MEMORY_MAX = 64 * 1024 * 1024 };

static void
prove(bool gone, const char *right)
{
	if (!gone)
		fatalx(EXIT_SYSTEM, "jail: %s: given up, but still there",
		    right);
}

/* Call with errno of what failed. */
static _Noreturn void
cannot(const char *what, const char *why, const char *mend)
{
	fatalx(EXIT_SYSTEM, "%s: %s: %s%s%s", what, why, strerror(errno),
	    mend == NULL ? "" : ": ", mend == NULL ? "" : mend);
}

/*
 * gmtime_r, which libcrypto needs to judge a certificate's dates, reads
 * /etc/localtime the first time; later there is no file to read.
 */
static void
read_time_zone(void)
{
	tzset();
}

static const char *
mend_for(int error, const char *mend)
{
	return (errno == error ? mend : NULL);
}

static void
close_rest(unsigned int from)
{
	if (close_range(from, ~0U, 0) == -1)
		cannot("descriptors", "cannot be closed",
		    mend_for(ENOSYS, "Linux 5.9 or later is needed"));
}

/*
 * Once we are in it, it is removed: nobody can ever put anything there, and
 * nothing is left behind by a process that is killed.
 */
static void
enter_made_directory(void)
{
	static const char *const places[] = { "/dev/shm", "/run", "/tmp" };
	char path[sizeof("/dev/shm/tlsshim.XXXXXX")];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/tlsshim.XXXXXX", places[i]);
		if (mkdtemp(path) == NULL)
			continue;
		if (chdir(path) == -1 || rmdir(path) == -1)
			cannot("root directory", path, NULL);
		return;
	}
	cannot("root directory", "none could be made in /dev/shm, /run or /tmp",
	    "name one with --chroot");
}

static void
change_root(const char *dir)
{
	struct stat here, root;

	if (dir == NULL)
		enter_made_directory();
	else if (chdir(dir) == -1)
		cannot("root directory", dir, NULL);
	if (chroot(".") == -1)
		cannot("root directory", "cannot be changed",
		    mend_for(EPERM,
			"add CAP_SYS_CHROOT to CapabilityBoundingSet="));
	if (stat(".", &here) == -1 || chdir("/") == -1 ||
	    stat("/", &root) == -1)
		cannot("root directory", "cannot be entered", NULL);
	prove(here.st_dev == root.st_dev && here.st_ino == root.st_ino,
	    "old root directory");
}

static _Noreturn void
cannot_take(const char *kind, unsigned int id)
{
	const char *mend = errno == EINVAL ?
	    "this unit has PrivateUsers=yes; remove it" :
	    mend_for(EPERM,
		"add CAP_SETUID and CAP_SETGID to CapabilityBoundingSet=");
	char what[sizeof("uid 4294967295")];

	snprintf(what, sizeof(what), "%s %u", kind, id);
	cannot(what, "cannot be taken", mend);
}

/*
 * The gid before the groups: in a user namespace that maps neither, its
 * EINVAL tells why, where the EPERM of setgroups would lead astray.
 */
static void
become(uid_t uid, gid_t gid)
{
	uid_t u[3];
	gid_t g[3];

	if (setresgid(gid, gid, gid) == -1)
		cannot_take("gid", gid);
	if (setgroups(0, NULL) == -1)
		cannot("supplementary groups", "cannot be dropped",
		    mend_for(EPERM,
			"add CAP_SETGID to CapabilityBoundingSet="));
	if (setresuid(uid, uid, uid) == -1)
		cannot_take("uid", uid);
	prove(getresuid(&u[0], &u[1], &u[2]) == 0 && uid != 0 && u[0] == uid &&
		u[1] == uid && u[2] == uid,
	    "uid of the starter");
	prove(getresgid(&g[0], &g[1], &g[2]) == 0 && gid != 0 && g[0] == gid &&
		g[1] == gid && g[2] == gid,
	    "gid of the starter");
	prove(getgroups(0, NULL) == 0, "supplementary groups");
}

/*
 * setresuid from root clears them, unless the securebits say otherwise; a
 * unit with User= may have AmbientCapabilities=.  What is permitted no more
 * is not ambient either.  The bounding set is without effect from here on.
 */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };
	static const struct __user_cap_data_struct
	    none[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capset, &header, sets) == -1)
		cannot("capabilities", "cannot be dropped", NULL);
	memset(sets, 0xff, sizeof(sets));
	prove(syscall(SYS_capget, &header, sets) == 0 &&
		memcmp(sets, none, sizeof(sets)) == 0,
	    "capabilities");
}

static void
forbid_new_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		cannot("no_new_privs", "cannot be set", NULL);
	prove(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	    "new privileges by execve");
}

/* After the uid: a change of it may switch it on again (fs.suid_dumpable). */
static void
forbid_dump(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		cannot("dumpable", "cannot be cleared", NULL);
	prove(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "being dumpable");
}

static bool
can_open(const char *path)
{
	return (open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) != -1);
}

/*
 * As root and while a descriptor is to be had, so that nothing but Landlock
 * can be the reason when reading is denied.
 */
static void
forbid_files(void)
{
	int abi = landlock_enter();

	if (abi == -1)
		cannot("landlock", "cannot be entered",
		    mend_for(EPERM, "add @sandbox to SystemCallFilter="));
	if (abi == 0)
		log_info("landlock: not in this kernel");
	else
		prove(!can_open("/") && errno == EACCES, "reading /");
}

/* A starter's own limit may be lower, and stays. */
static void
limit(const char *what, unsigned int resource, rlim_t most)
{
	struct rlimit r;

	if (getrlimit(resource, &r) == -1)
		cannot(what, "limit cannot be read", NULL);
	if (r.rlim_max > most)
		r.rlim_max = most;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(resource, &r) == -1)
		cannot(what, "cannot be limited", NULL);
}

/*
 * FSIZE stays: with 0 a log that is a regular file would take no line.
 * NOFILE is no less than what is open, or poll would fail.
 */
static void
limit_all(unsigned int fds)
{
	limit("processes", RLIMIT_NPROC, 0);
	limit("core", RLIMIT_CORE, 0);
	limit("memory", RLIMIT_AS, MEMORY_MAX);
	limit("descriptors", RLIMIT_NOFILE, fds);
}

static bool
can_fork(void)
{
	pid_t pid = _Fork();

	if (pid == 0)
		_exit(0);
	return (pid != -1);
}

/* A user's own gid may be 0, and then taking it proves nothing. */
static void
prove_all(bool root)
{
	prove(setresuid(0, 0, 0) == -1, "uid 0");
	prove((!root && getegid() == 0) || setresgid(0, 0, 0) == -1, "gid 0");
	prove(setgroups(0, NULL) == -1, "setgroups");
	prove(!can_open("/") && !can_open("."), "opening directories");
	prove(socket(AF_UNIX, SOCK_STREAM, 0) == -1, "making sockets");
	prove(!can_fork(), "making processes");
}

static void
load_filter(void)
{
	const struct sock_fprog program = {
		.len = sizeof(seccomp_filter) / sizeof(seccomp_filter[0]),
		.filter = (struct sock_filter *)seccomp_filter,
	};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		cannot("seccomp", "filter cannot be loaded", NULL);
}

void
jail_enter(const struct jail *jail)
{
	read_time_zone();
	close_rest(jail->fds);
	if (jail->root)
		change_root(jail->dir);
	else
		log_info("jail: started without root: uid, groups and root "
			 "directory stay the starter's");
	forbid_new_privileges();
	forbid_files();
	if (jail->root)
		become(jail->uid, jail->gid);
	drop_capabilities();
	forbid_dump();
	limit_all(jail->fds);
	prove_all(jail->root);
	load_filter();
}

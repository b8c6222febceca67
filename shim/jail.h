/* SPDX-License-Identifier: ISC */
/*
 * jail.h - give up every right that relaying does not need, and prove it.
 *
 * Runs in NET, before the first byte from the peer is read.
 */
#ifndef SHIM_JAIL_H
#define SHIM_JAIL_H

#include <stdbool.h>
#include <sys/types.h>

struct jail {
	bool root; /* started as root: change root directory and uid */
	uid_t uid; /* tlsshim-net's, or 2013265920 + pid */
	gid_t gid;
	const char *dir;  /* --chroot; NULL: one is made, entered and removed */
	unsigned int fds; /* descriptors 0 .. fds-1 are open, no other */
};

/*
 * Enter it: close every descriptor from fds on, root directory,
 * supplementary groups, gid, uid, no_new_privs, not dumpable, Landlock
 * without any right, rlimits (processes 0, core 0, files `fds`, memory),
 * then proves that setresuid back, setgroups, open, socket and fork fail,
 * then loads the seccomp filter.  Ends the process with EXIT_SYSTEM, and
 * the mend, if anything fails; where a right needs root to be dropped and
 * `root` is false, that is told at LOG_INFO.  After it a call outside
 * seccomp.def kills the process with SIGSYS.
 */
void jail_enter(const struct jail *);

#endif

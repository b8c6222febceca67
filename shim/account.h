/* SPDX-License-Identifier: ISC */
/*
 * account.h - the three accounts of a connection, looked up before the fork.
 *
 * /etc/passwd and /etc/group are read directly; an account that is not there
 * is asked of NSS (getpwnam(3)), which may open files and sockets: so it is
 * done once, as the starter's user, before anything is dropped.
 */
#ifndef SHIM_ACCOUNT_H
#define SHIM_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

struct options;

struct account {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary; NULL: none */
	size_t group_count;
};

struct accounts {
	bool root;	    /* started as root; else all below is unused */
	struct account tls; /* reads certificates, keys and rules */
	struct account net; /* talks to the network; no groups */
	struct account app; /* runs the application */
};

/*
 * Look all of them up.  Ends the process with EXIT_USAGE, naming the option,
 * for an unknown account, for a missing --user as root, for uid 0 without
 * --allow-root, and for a --user or --group that cannot be taken without
 * root.  Others that cannot are told at LOG_INFO and ignored.
 */
void accounts_find(struct accounts *, const struct options *);

#endif

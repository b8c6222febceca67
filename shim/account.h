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
	bool has_app;	    /* false: a certificate must name it */
	struct account app; /* runs the application */
	bool by_rule;	    /* a rule named it: no certificate is asked */
};

/*
 * What a login would set besides.
 */
struct account_login {
	char *name, *home, *shell;
	bool local;  /* in /etc/passwd */
	bool locked; /* as far as the account database says */
};

/*
 * Look all of them up.  Ends the process with EXIT_USAGE, naming the option,
 * for an unknown account, for a missing --user as root (without --user-from),
 * for uid 0 without --allow-root, and for a --user or --group that cannot be
 * taken without root.  Others that cannot are told at LOG_INFO and ignored.
 */
void accounts_find(struct accounts *, const struct options *);

/*
 * The account of exactly this name, with its groups.  False, with errno 0 or
 * the trouble, if there is none.  Of any process that is not jailed.
 */
bool account_find(struct account *, struct account_login *, const char *name);

/*
 * The same by name or number, as --user takes it: of a number, the login stays
 * as it is, and there need be no account of it.
 */
bool
account_find_any(struct account *, struct account_login *, const char *text);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * rights.h - the KEEPER's uids: whose files it reads, whom it becomes.
 *
 * Real and effective uid are SSL_USER's; root stays as the saved uid only,
 * to become the application's user at the end.  Without root nothing here
 * changes anything.
 */
#ifndef SHIM_RIGHTS_H
#define SHIM_RIGHTS_H

#include <stdbool.h>
#include <sys/types.h>

struct account;
struct accounts;

/*
 * Not dumpable; groups, gid and uid of SSL_USER; root saved.  The KEEPER's
 * first call.  Ends the process when that fails.
 */
void rights_lower(const struct accounts *);

/*
 * Open a file for reading as SSL_USER; one below $CREDENTIALS_DIRECTORY with
 * effective uid 0, and beneath that directory only: systemd's credentials
 * belong to root.  -1 with errno set.  Never blocks on a FIFO: only regular
 * files are opened.
 */
int rights_open(const char *path);

/*
 * Is it such a path, that is read as root?
 */
bool rights_is_credential(const char *path);

/*
 * Open /etc/shadow with effective uid 0.  -1 with errno set.
 */
int rights_open_shadow(void);

/*
 * What is there, symbolic links followed, with the same rights.  A FIFO and
 * the like is a file too: who opens it learns why it cannot be read.
 * RIGHTS_UNKNOWN, and RIGHTS_LOST for a link that leads to nothing, or where
 * we may not go: with errno set.
 */
enum rights_kind {
	RIGHTS_UNKNOWN,
	RIGHTS_NOTHING,
	RIGHTS_LOST,
	RIGHTS_FILE,
	RIGHTS_DIRECTORY
};
enum rights_kind rights_look(const char *path);

/*
 * kill(2) with effective uid 0.
 */
void rights_kill(pid_t, int signal);

/*
 * Are there files that are read as root?
 */
bool rights_needs_root(void);

/*
 * The KEEPER stays, but nothing more is done as root: give it up for good.
 * Ends the process when that fails.
 */
void rights_give_up(void);

/*
 * A child of the KEEPER's: become NET's account for good, in the same way, and
 * gain no rights by any exec.
 */
void rights_become_net(const struct accounts *);

/*
 * Become the application's user for good: groups, gid, uid, and prove that
 * root cannot be taken back.  Ends the process when that fails.
 */
void rights_become_app(const struct accounts *);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * password.h - the password of encrypted keys, from a descriptor.
 */
#ifndef SHIM_PASSWORD_H
#define SHIM_PASSWORD_H

#include <stddef.h>

struct complaint;

enum { PASSWORD_MAX = 1024 };

struct password {
	int fd; /* it is from, for messages */
	size_t len;
	char text[PASSWORD_MAX + 1]; /* not terminated */
};

/*
 * The password is to be had from this descriptor (--key-password-fd); -1:
 * nowhere.  `connection` is the peer's, or -1: ends the process with EXIT_USAGE
 * if that is the same, or if nothing is open there.  Call while all that is
 * open is the starter's.
 */
void password_take_fd(int fd, int connection);

/*
 * Close it, in the process that may not read it.
 */
void password_close(void);

/*
 * The first line, without its newline.  A regular file is read from its
 * start, wherever others that share the descriptor are; anything else gives
 * its bytes once, and is closed.  -1 with a complaint.
 */
int password_read(struct password *, struct complaint *);

void password_wipe(struct password *);

#endif

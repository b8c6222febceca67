/* SPDX-License-Identifier: ISC */
/*
 * ucspi.h - UCSPI-TLS: the application says when TLS begins.
 *
 * It has the connection itself on 0 and 1, and three descriptors more, whose
 * numbers are in variables: SSLCTLFD, to which it writes one byte and from
 * which it reads the answer; SSLREADFD and SSLWRITEFD, which take the place of
 * 0 and 1 from then on.
 *
 *	y	begin TLS
 *	Y	begin TLS; tell the variables
 *	Z	begin TLS; tell the variables, or "!", the reason, NUL, NUL
 *
 * The list of variables is NAME=VALUE and a NUL for each, and one NUL more; an
 * empty list is two NULs.  End of file follows the answer, or, where there is
 * none, comes at once.
 *
 * Runs in the KEEPER.
 */
#ifndef SHIM_UCSPI_H
#define SHIM_UCSPI_H

#include <stdbool.h>
#include <stddef.h>

#include "early.h"
#include "msg.h"

struct env;

struct ucspi {
	int control;	   /* our end of SSLCTLFD; -1: closed */
	bool wants_list;   /* Y or Z */
	bool wants_reason; /* Z */
};

enum { UCSPI_FDS = 5 };

/*
 * Make the control descriptors, lay out the application's from these and ends
 * (the connection, and what it reads and writes once TLS has begun), and put
 * their numbers into env.  *theirs is the application's end of SSLCTLFD, to be
 * closed by the caller after the fork.  Ends the process if it cannot.
 */
struct ucspi_ends {
	int connection, from_tls, to_tls;
};
void ucspi_open(struct ucspi *, struct ucspi_ends, struct env *,
    struct early_fd[UCSPI_FDS], int *theirs);

/*
 * The control descriptor is readable: take one byte of it, and nothing that
 * comes behind.  CLEAR_GOES_ON: it was closed; CLEAR_NONSENSE: logged.  The
 * descriptor is closed unless ucspi_answer or ucspi_refuse has to answer.
 */
enum clear_command ucspi_command(struct ucspi *);

/*
 * The handshake is done: answer with all variables of env, if asked to, and
 * close.  Never waits for the application to read.
 */
void ucspi_answer(struct ucspi *, struct env *);

/*
 * There will be no TLS: answer with the reason, if asked to, and close.
 */
void ucspi_refuse(struct ucspi *, const char *reason);

/*
 * The list as it is sent, of NULL-terminated variables; to be freed.  NULL: out
 * of memory.
 */
char *ucspi_list(char *const *variables, size_t *len);

#endif

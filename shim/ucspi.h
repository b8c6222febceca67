/* SPDX-License-Identifier: ISC */
/*
 * ucspi.h - UCSPI-TLS: the application says when TLS begins.
 *
 * It has the connection itself, and three descriptors more, named by
 * variables: SSLCTLFD, on which it says a byte and is answered; SSLREADFD and
 * SSLWRITEFD, which take the connection's place from then on.
 *
 *	y	begin TLS
 *	Y	begin TLS; tell the variables
 *	Z	begin TLS; tell the variables, or "!", the reason, NUL, NUL
 *
 * The variables are NAME=VALUE NUL each, and a NUL behind the last; of none
 * there are two.  Then, and when there is nothing to answer, end of file.
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
 * Make the control descriptors and lay out the application's: the connection,
 * and what it reads and writes when TLS has begun.  Tells env their numbers.
 * theirs: to be closed when it has been forked.
 */
struct ucspi_ends {
	int connection, from_tls, to_tls;
};
void ucspi_open(struct ucspi *, struct ucspi_ends, struct env *,
    struct early_fd[UCSPI_FDS], int *theirs);

/*
 * The control descriptor is readable: what does it say?  Whatever comes behind
 * it is not looked at.
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
 * The list as it is sent; NULL: out of memory.
 */
char *ucspi_list(char *const *variables, size_t *len);

#endif

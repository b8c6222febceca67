/* SPDX-License-Identifier: ISC */
/*
 * ucspi.c - UCSPI-TLS: the application says when TLS begins.
 *
 * Runs in:  the KEEPER, so that NET has no descriptor which the application
 *           could fill.
 * Trusts:   nothing of the application but one byte.
 * Refuses:  to wait for an application that does not read.
 */
#include "ucspi.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "env.h"
#include "log.h"

enum {
	CONTROL_FD = 3,
	READ_FD,
	WRITE_FD,
	/* more of the client's variables than this do not all come first */
	WANTED_MAX = 32 * 1024,
	SEND_ROOM = 2 * ENV_TOTAL_MAX /* for the list, with its padding */
};

/* ------------------------------------------------------------ descriptors */

static void
tell_number(struct env *env, const char *name, int fd)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", fd);
	env_fact(env, name, text);
}

void
ucspi_open(struct ucspi *u, struct ucspi_ends ends, struct env *env,
    struct early_fd fds[UCSPI_FDS], int *theirs)
{
	int control[2], room = SEND_ROOM;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) == -1)
		fatal(EXIT_SYSTEM, "socketpair: SSLCTLFD");
	setsockopt(control[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	*u = (struct ucspi){ .control = control[0] };
	*theirs = control[1];
	fds[0] = (struct early_fd){ ends.connection, STDIN_FILENO };
	fds[1] = (struct early_fd){ ends.connection, STDOUT_FILENO };
	fds[2] = (struct early_fd){ control[1], CONTROL_FD };
	fds[3] = (struct early_fd){ ends.from_tls, READ_FD };
	fds[4] = (struct early_fd){ ends.to_tls, WRITE_FD };
	tell_number(env, "SSLCTLFD", CONTROL_FD);
	tell_number(env, "SSLREADFD", READ_FD);
	tell_number(env, "SSLWRITEFD", WRITE_FD);
}

/*
 * The application can write no more.  What it has written is read away: closing
 * with unread bytes would give it ECONNRESET in place of end of file.
 */
static void
stop_reading(const struct ucspi *u)
{
	char away[512];

	shutdown(u->control, SHUT_RD);
	while (recv(u->control, away, sizeof(away), MSG_DONTWAIT) > 0)
		;
}

static void
close_control(struct ucspi *u)
{
	stop_reading(u);
	close(u->control);
	u->control = -1;
}

/* ---------------------------------------------------------------- command */

enum clear_command
ucspi_command(struct ucspi *u)
{
	unsigned char byte = 0;
	ssize_t n = recv(u->control, &byte, 1, 0);

	u->wants_list = n == 1 && (byte == 'Y' || byte == 'Z');
	u->wants_reason = n == 1 && byte == 'Z';
	if (u->wants_list) {
		stop_reading(u);
		return (CLEAR_TLS);
	}
	close_control(u);
	if (n == 1 && byte == 'y')
		return (CLEAR_TLS);
	if (n != 1)
		return (CLEAR_GOES_ON);
	log_errx("program: SSLCTLFD: byte %d: want y, Y or Z", byte);
	return (CLEAR_NONSENSE);
}

/* ----------------------------------------------------------------- answer */

/*
 * The readers in the field descend from one, and find only the variables in
 * the first half of the bytes.  So these come first, then the other short ones
 * of the client's.
 */
static const char *const first[] = { "SSL_PROTOCOL", "SSL_CIPHER",
	"SSL_CIPHER_ALGKEYSIZE", "SSL_CIPHER_USEKEYSIZE", "SSL_TLS_SNI",
	"SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN_CN",
	"SSL_CLIENT_S_DN_Email" };

static const char pad[] = "TLSSHIM_PAD=";

enum {
	FIRST = sizeof(first) / sizeof(first[0]),
	RANK_CLIENT = FIRST,
	RANK_OTHER,
	RANKS
};

static size_t
rank_of(const char *variable)
{
	size_t len = strcspn(variable, "="), i;

	for (i = 0; i < FIRST; i++)
		if (strlen(first[i]) == len &&
		    memcmp(first[i], variable, len) == 0)
			return (i);
	/* PEM texts are long, and for few */
	if (strncmp(variable, "SSL_CLIENT_", 11) == 0 &&
	    strncmp(variable, "SSL_CLIENT_CERT", 15) != 0)
		return (RANK_CLIENT);
	return (RANK_OTHER);
}

/*
 * How many bytes the variables below this rank have, with their NULs.
 */
static size_t
length_below(char *const *variables, size_t rank)
{
	size_t len = 0;

	for (; *variables != NULL; variables++)
		if (rank_of(*variables) < rank)
			len += strlen(*variables) + 1;
	return (len);
}

/*
 * How long TLSSHIM_PAD has to be, so that the first variables are in the first
 * half; 0: it is not needed.
 */
static size_t
padding(size_t first_len, size_t len)
{
	size_t least = sizeof(pad) + 1;

	if (2 * first_len <= len)
		return (0);
	return (2 * first_len - len < least ? least : 2 * first_len - len);
}

char *
ucspi_list(char *const *variables, size_t *len)
{
	size_t all = length_below(variables, RANKS), rank, at = 0, i;
	size_t wanted = length_below(variables, RANK_OTHER);
	size_t more;
	char *list;

	if (wanted > WANTED_MAX)
		wanted = length_below(variables, FIRST);
	more = padding(wanted, all);
	list = malloc(all + more + 2);
	if (list == NULL)
		return (NULL);
	for (rank = 0; rank < RANKS; rank++)
		for (i = 0; variables[i] != NULL; i++)
			if (rank_of(variables[i]) == rank)
				at = (size_t)(stpcpy(list + at, variables[i]) -
					 list) +
				    1;
	if (more > 0) {
		memset(list + at, 'x', more);
		memcpy(list + at, pad, sizeof(pad) - 1);
		at += more;
		list[at - 1] = '\0';
	}
	list[at++] = '\0';
	if (at == 1)
		list[at++] = '\0';
	*len = at;
	return (list);
}

/*
 * One write; then end of file.
 */
static void
send_and_close(struct ucspi *u, const char *bytes, size_t len)
{
	ssize_t n = send(u->control, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n != (ssize_t)len)
		log_info("program: SSLCTLFD: the answer was not taken");
	close_control(u);
}

void
ucspi_answer(struct ucspi *u, struct env *env)
{
	size_t len = 0;
	char *list;

	if (u->control == -1)
		return;
	list = ucspi_list(env_vector(env), &len);
	if (list == NULL)
		log_errx("program: SSLCTLFD: out of memory");
	send_and_close(u, list == NULL ? "" : list, len);
	free(list);
}

void
ucspi_refuse(struct ucspi *u, const char *reason)
{
	char text[128];
	int len;

	if (u->control == -1)
		return;
	len = snprintf(text, sizeof(text) - 1, "!%s", reason);
	text[len + 1] = '\0';
	send_and_close(u, text, u->wants_reason ? (size_t)len + 2 : 0);
}

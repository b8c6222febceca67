/* SPDX-License-Identifier: ISC */
/*
 * password.c - the password of encrypted keys, from a descriptor.
 *
 * Runs in:  KEEPER; NET only closes the descriptor.
 * Trusts:   the starter.
 * Refuses:  to wait for a pipe that says nothing, and to cut a line short.
 */
#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"
#include "log.h"

enum { WAIT_MS = 5000 };

static int password_fd = -1;

void
password_take_fd(int fd, int connection)
{
	if (fd == -1)
		return;
	if (fd == connection)
		fatalx(EXIT_USAGE,
		    "--key-password-fd: %d: is the connection: open the "
		    "password's file as another: sh -c 'exec tlsshim "
		    "--key-password-fd 4 ... 4<FILE'",
		    fd);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fatal(EXIT_USAGE, "--key-password-fd: %d", fd);
	password_fd = fd;
}

void
password_close(void)
{
	if (password_fd != -1)
		close(password_fd);
	password_fd = -1;
}

/*
 * Some bytes from `at` on; -1 with errno.
 */
static ssize_t
read_some(bool regular, char *to, size_t size, size_t at)
{
	struct pollfd p = { .fd = password_fd, .events = POLLIN };
	int ready;

	if (regular)
		return (pread(password_fd, to, size, (off_t)at));
	do
		ready = poll(&p, 1, WAIT_MS);
	while (ready == -1 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	return (ready > 0 ? read(password_fd, to, size) : -1);
}

/*
 * As far as the first newline, the end, or one byte too many.
 */
static int
read_line(struct password *p)
{
	struct stat st;
	const char *end = NULL;
	ssize_t n = 1;

	if (fstat(password_fd, &st) == -1)
		return (-1);
	while (n > 0 && end == NULL && p->len < sizeof(p->text)) {
		n = read_some(S_ISREG(st.st_mode), p->text + p->len,
		    sizeof(p->text) - p->len, p->len);
		if (n == -1)
			return (-1);
		p->len += (size_t)n;
		end = memchr(p->text, '\n', p->len);
	}
	if (end != NULL)
		p->len = (size_t)(end - p->text);
	if (!S_ISREG(st.st_mode))
		password_close();
	return (0);
}

int
password_read(struct password *p, struct complaint *c)
{
	int result;

	p->fd = password_fd;
	p->len = 0;
	if (password_fd == -1)
		return (complain(c,
		    "password: none: give its file with --key-password-fd"));
	result = read_line(p);
	if (result == -1)
		complain_errno(c, "password: fd %d", p->fd);
	else if (p->len > PASSWORD_MAX)
		result = complain(c, "password: fd %d: more than %d bytes",
		    p->fd, PASSWORD_MAX);
	else if (p->len == 0)
		result = complain(c, "password: fd %d: nothing in it", p->fd);
	if (result == -1)
		password_wipe(p);
	return (result);
}

void
password_wipe(struct password *p)
{
	explicit_bzero(p->text, sizeof(p->text));
	p->len = 0;
}

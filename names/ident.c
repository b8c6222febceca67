/* SPDX-License-Identifier: ISC */
/*
 * ident.c - ask the peer's host whose connection this is (RFC 1413).
 *
 * Runs in:  tlsshim-names, confined.
 * Trusts:   nothing: the peer's host says what it likes, or nothing.
 * Refuses:  a second line, and a first one that does not end.
 */
#include "ident.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IDENT_PORT = 113 };

void
ident_end(struct ident *i)
{
	if (i->fd != -1)
		close(i->fd);
	i->fd = -1;
}

/*
 * From the address that the peer is connected to: a host with several would
 * else be asked about a connection it does not have.
 */
static bool
connect_from(int fd, const struct end *remote, const struct end *local)
{
	struct end from = *local, to = *remote;

	end_set_port(&from, 0);
	end_set_port(&to, IDENT_PORT);
	if (bind(fd, &from.address.any, from.len) == -1)
		return (false);
	return (connect(fd, &to.address.any, to.len) == 0 ||
	    errno == EINPROGRESS);
}

void
ident_begin(struct ident *i, char *info, const struct end *remote,
    const struct end *local)
{
	*i = (struct ident){
		.fd = socket(remote->address.any.sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
		.ports = { end_port(remote), end_port(local) },
		.info = info,
	};
	if (i->fd != -1 && !connect_from(i->fd, remote, local))
		ident_end(i);
}

void
ident_wanted(const struct ident *i, struct pollfd *p)
{
	*p = (struct pollfd){ .fd = i->fd,
		.events = i->asked ? POLLIN : POLLOUT };
}

/*
 * So few bytes that a connection which takes none of them is broken.
 */
static void
ask(struct ident *i)
{
	char query[sizeof("65535 , 65535\r\n")];
	int len = snprintf(query, sizeof(query), "%u , %u\r\n", i->ports.theirs,
	    i->ports.ours);

	i->asked = true;
	if (send(i->fd, query, (size_t)len, MSG_NOSIGNAL) != len)
		ident_end(i);
}

/*
 * Some daemons end their line with LF alone, some not at all.
 */
static void
take_line(struct ident *i, size_t len)
{
	if (len > 0 && i->line[len - 1] == '\r')
		len--;
	if (len <= IDENT_LINE_MAX)
		(void)ident_reply(i->info, i->line, len, i->ports);
	ident_end(i);
}

static void
hear(struct ident *i)
{
	ssize_t n = recv(i->fd, i->line + i->len, sizeof(i->line) - i->len, 0);
	const char *lf;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		take_line(i, i->len);
		return;
	}
	i->len += (size_t)n;
	lf = memchr(i->line, '\n', i->len);
	if (lf != NULL)
		take_line(i, (size_t)(lf - i->line));
	else if (i->len == sizeof(i->line))
		ident_end(i);
}

void
ident_work(struct ident *i, const struct pollfd *p)
{
	if (i->fd == -1 || p->revents == 0)
		return;
	if (i->asked)
		hear(i);
	else
		ask(i);
}

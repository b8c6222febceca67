/* SPDX-License-Identifier: ISC */
/*
 * activate.c - where the connection comes from.
 *
 * Runs in:  the process before it forks; nothing of the peer is read.
 * Trusts:   the starter, but looks at what it really handed over.
 * Refuses:  anything but one connected stream socket.
 */
#include "activate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "log.h"

enum { LISTEN_FDS_START = 3 }; /* sd_listen_fds(3) */

void
activate_std_fds(void)
{
	int fd;

	/* in this order, open returns the lowest free one: fd itself */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
			_exit(exit_status(EXIT_SYSTEM)); /* no log yet */
}

/*
 * LISTEN_PID and SYSTEMD_EXEC_PID are inherited by children for whom they are
 * not meant.
 */
static bool
is_our_pid(const char *text)
{
	char *end;
	long pid;

	if (text == NULL || *text < '0' || *text > '9')
		return (false);
	errno = 0;
	pid = strtol(text, &end, 10);
	return (errno == 0 && *end == '\0' && pid == (long)getpid());
}

bool
started_by_systemd(void)
{
	return (is_our_pid(getenv("SYSTEMD_EXEC_PID")));
}

/*
 * The fd, and in *name what people call it.
 */
static int
passed_fd(const char **name)
{
	const char *count = getenv("LISTEN_FDS");

	*name = "standard input";
	if (!is_our_pid(getenv("LISTEN_PID")) || count == NULL ||
	    strcmp(count, "0") == 0)
		return (STDIN_FILENO);
	if (strcmp(count, "1") != 0)
		fatalx(EXIT_USAGE,
		    "LISTEN_FDS: %s: want one connection a "
		    "process: set Accept=yes, and a socket unit for each "
		    "service",
		    count);
	*name = "fd 3 (LISTEN_FDS)";
	if (fcntl(LISTEN_FDS_START, F_SETFD, FD_CLOEXEC) == -1)
		fatal(EXIT_USAGE, "%s", *name);
	return (LISTEN_FDS_START);
}

static _Noreturn void
refuse(const char *name, const char *why)
{
	fatalx(EXIT_USAGE, "%s: %s", name, why);
}

static void
want_socket(const char *name, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		fatal(EXIT_USAGE, "%s", name);
	if (S_ISSOCK(st.st_mode))
		return;
	if (isatty(fd))
		refuse(name,
		    "is a terminal: tlsshim is started with a "
		    "connection, by systemd, inetd or tcpserver; to try it: "
		    "systemd-socket-activate -l 127.0.0.1:4650 --accept "
		    "--inetd tlsshim --cert FILE program");
	if (S_ISFIFO(st.st_mode))
		refuse(name, "is a pipe, not a connection");
	if (S_ISREG(st.st_mode))
		refuse(name, "is a file, not a connection");
	refuse(name,
	    "is not a connection: a systemd unit has Accept=yes in "
	    "its socket, inetd.conf has stream and nowait");
}

static int
socket_option(const char *name, int fd, int option)
{
	int value;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, option, &value, &len) != 0)
		fatal(EXIT_SYSTEM, "%s: getsockopt", name);
	return (value);
}

static void
want_stream(const char *name, int fd)
{
	const int family = socket_option(name, fd, SO_DOMAIN);

	if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
		fatalx(EXIT_USAGE,
		    "%s: address family %d: want IPv4, IPv6 or "
		    "AF_UNIX",
		    name, family);
	if (socket_option(name, fd, SO_TYPE) != SOCK_STREAM)
		refuse(name,
		    "is a datagram socket: want a stream: "
		    "ListenStream= in the socket unit, stream in inetd.conf");
	if (socket_option(name, fd, SO_ACCEPTCONN) != 0)
		refuse(name,
		    "is a listening socket: set Accept=yes in the "
		    "socket unit, or nowait in inetd.conf");
}

static void
want_peer(const char *name, int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &len) == 0)
		return;
	if (errno != ENOTCONN)
		fatal(EXIT_SYSTEM, "%s: getpeername", name);
	log_info("%s: the peer was gone before we started", name);
	_exit(exit_status(EXIT_HANDSHAKE));
}

int
activate_connection(void)
{
	const char *name;
	const int fd = passed_fd(&name);

	want_socket(name, fd);
	want_stream(name, fd);
	want_peer(name, fd);
	return (fd);
}

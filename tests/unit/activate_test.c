/* SPDX-License-Identifier: ISC */
/*
 * activate_test.c - what is taken for a connection, and what is refused.
 */
#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "activate.h"
#include "exit.h"
#include "log.h"

static char heard[8192];

struct start {
	int in;		       /* becomes fd 0 */
	int three;	       /* becomes fd 3, or -1 */
	const char *fds, *pid; /* LISTEN_FDS, LISTEN_PID; "" is our own */
};

static void
set_listen(const struct start *s)
{
	char pid[16];

	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("SYSTEMD_EXEC_PID");
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (s->fds != NULL)
		setenv("LISTEN_FDS", s->fds, 1);
	if (s->pid != NULL)
		setenv("LISTEN_PID", *s->pid == '\0' ? pid : s->pid, 1);
}

static void __attribute__((noreturn)) play(const struct start *s, int out)
{
	int fd;

	set_listen(s);
	/* out of the way of 3, which the starter would have put there */
	out = fcntl(out, F_DUPFD, 20);
	if (dup2(s->in, STDIN_FILENO) == -1 || dup2(out, STDERR_FILENO) == -1)
		_exit(90);
	if (s->three != -1 && s->three != 3 && dup2(s->three, 3) == -1)
		_exit(91);
	if (s->three == -1)
		close(3);
	log_open();
	log_choose(LOG_FORMAT_KV, LOG_INFO, -1);
	fd = activate_connection();
	if (fd == 3 && fcntl(3, F_GETFD) != FD_CLOEXEC)
		_exit(92);
	_exit(fd);
}

/*
 * The status: the fd, or what it ended with; heard: what it said.
 */
static int
started(const struct start *s)
{
	int ends[2], status;
	ssize_t n;
	size_t len = 0;
	pid_t child;

	CHECK(pipe(ends) == 0);
	child = fork();
	CHECK(child != -1);
	if (child == 0)
		play(s, ends[1]);
	close(ends[1]);
	while ((n = read(ends[0], heard + len, sizeof(heard) - 1 - len)) > 0)
		len += (size_t)n;
	heard[len] = '\0';
	close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

static int
half_of(int type)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
	return (pair[0]);
}

static int
null(void)
{
	return (open("/dev/null", O_RDWR));
}

static void
refused(int in, const char *why)
{
	const struct start s = { in, -1, NULL, NULL };

	CHECK(started(&s) == EXIT_USAGE);
	if (strstr(heard, why) == NULL)
		CHECK_STR(heard, why);
	CHECK(strncmp(heard, "tlsshim: standard input: ", 25) == 0);
	CHECK(strchr(heard, '\n') == heard + strlen(heard) - 1);
}

CASE(a_connected_socket_on_fd_0_is_taken)
{
	const struct start s = { half_of(SOCK_STREAM), -1, NULL, NULL };

	CHECK(started(&s) == 0);
	CHECK_STR(heard, "");
}

CASE(systemds_fd_3_is_taken_and_not_inherited_further)
{
	const struct start s = { null(), half_of(SOCK_STREAM), "1", "" };

	CHECK(started(&s) == 3);
	CHECK_STR(heard, "");
}

CASE(fds_meant_for_another_process_are_left_alone)
{
	static const char *const pids[] = { "1", "x", "-1", " 1",
		"99999999999999999999999" };
	struct start s = { half_of(SOCK_STREAM), half_of(SOCK_STREAM), "1",
		NULL };
	size_t i;

	CHECK(started(&s) == 0);
	for (i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		s.pid = pids[i];
		CHECK(started(&s) == 0);
	}
	s.pid = "";
	s.fds = "0";
	CHECK(started(&s) == 0);
	s.fds = NULL;
	CHECK(started(&s) == 0);
}

CASE(a_pid_with_something_behind_it_is_not_ours)
{
	char pid[32];
	struct start s = { half_of(SOCK_STREAM), half_of(SOCK_STREAM), "1",
		pid };

	snprintf(pid, sizeof(pid), "%d ", (int)getpid());
	CHECK(started(&s) == 0);
}

CASE(several_fds_are_refused)
{
	struct start s = { half_of(SOCK_STREAM), half_of(SOCK_STREAM), "2",
		"" };

	CHECK(started(&s) == EXIT_USAGE);
	CHECK(strstr(heard, "LISTEN_FDS: 2: want one connection") != NULL);
	s.fds = "1x";
	CHECK(started(&s) == EXIT_USAGE);
	CHECK(strstr(heard, "LISTEN_FDS: 1x: want one connection") != NULL);
}

CASE(a_promised_fd_3_that_is_closed_is_told)
{
	const struct start s = { half_of(SOCK_STREAM), -1, "1", "" };

	CHECK(started(&s) == EXIT_USAGE);
	CHECK_STR(heard, "tlsshim: fd 3 (LISTEN_FDS): Bad file descriptor\n");
}

CASE(systemds_listening_socket_is_refused_with_the_mend)
{
	const int listener = socket(AF_INET, SOCK_STREAM, 0);
	const struct start s = { null(), listener, "1", "" };

	CHECK(listen(listener, 1) == 0);
	CHECK(started(&s) == EXIT_USAGE);
	CHECK(strstr(heard,
		  "fd 3 (LISTEN_FDS): is a listening socket: "
		  "set Accept=yes") != NULL);
}

CASE(a_terminal_gets_a_hint)
{
	const int terminal = posix_openpt(O_RDWR | O_NOCTTY);

	CHECK(terminal != -1);
	CHECK(grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	refused(open(ptsname(terminal), O_RDWR | O_NOCTTY),
	    "is a terminal: tlsshim is started with a connection");
	CHECK(strstr(heard,
		  "systemd-socket-activate -l 127.0.0.1:4650 "
		  "--accept --inetd tlsshim") != NULL);
}

CASE(what_is_no_socket_is_refused)
{
	int ends[2];

	CHECK(pipe(ends) == 0);
	refused(ends[0], "is a pipe, not a connection");
	refused(open("/proc/self/exe", O_RDONLY),
	    "is a file, not a connection");
	refused(null(), "is not a connection");
	refused(open("/", O_RDONLY), "is not a connection");
}

CASE(a_listening_socket_is_refused)
{
	const int listener = socket(AF_INET6, SOCK_STREAM, 0);

	CHECK(listen(listener, 1) == 0);
	refused(listener,
	    "is a listening socket: set Accept=yes in the "
	    "socket unit, or nowait in inetd.conf");
}

CASE(a_datagram_socket_is_refused)
{
	refused(socket(AF_INET, SOCK_DGRAM, 0), "is a datagram socket");
	refused(half_of(SOCK_DGRAM), "is a datagram socket");
	refused(half_of(SOCK_SEQPACKET), "is a datagram socket");
}

CASE(another_address_family_is_refused)
{
	refused(socket(AF_NETLINK, SOCK_RAW, 0), "address family 16: want");
}

/*
 * A TCP connection that the other side has reset; the program sees it after
 * the kernel did.
 */
static int
reset_connection(void)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	const int l = socket(AF_INET, SOCK_STREAM, 0);
	const int client = socket(AF_INET, SOCK_STREAM, 0);
	int server;
	char byte;

	CHECK(bind(l, (struct sockaddr *)&at, len) == 0 && listen(l, 1) == 0);
	CHECK(getsockname(l, (struct sockaddr *)&at, &len) == 0);
	CHECK(connect(client, (struct sockaddr *)&at, len) == 0);
	server = accept(l, NULL, NULL);
	CHECK(server != -1);
	CHECK(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once,
		  sizeof(at_once)) == 0);
	close(client);
	CHECK(read(server, &byte, 1) == -1); /* ECONNRESET: it has come */
	return (server);
}

CASE(a_peer_that_left_before_the_start_is_no_usage_error)
{
	const struct start s = { reset_connection(), -1, NULL, NULL };

	CHECK(started(&s) == EXIT_HANDSHAKE);
	CHECK_STR(heard,
	    "tlsshim: standard input: the peer was gone before "
	    "we started\n");
}

CASE(closed_standard_fds_are_filled)
{
	struct stat null_st, st;
	int fd, closed;

	CHECK(stat("/dev/null", &null_st) == 0);
	for (closed = 0; closed < 8; closed++) {
		const pid_t child = fork();
		int status;

		if (child == 0) {
			for (fd = 0; fd < 3; fd++)
				if ((closed & 1 << fd) != 0)
					close(fd);
			close_range(3, ~0U, 0);
			activate_std_fds();
			for (fd = 0; fd < 3; fd++)
				if (fstat(fd, &st) != 0 ||
				    ((closed & 1 << fd) != 0 &&
					st.st_rdev != null_st.st_rdev))
					_exit(1);
			_exit(fcntl(3, F_GETFD) == -1 ? 0 : 2);
		}
		CHECK(waitpid(child, &status, 0) == child);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

CASE(systemd_started_us_if_it_names_our_pid)
{
	static const char *const others[] = { "", "1", "x", "-1" };
	static const struct {
		const char *before, *behind;
	} spoilt[] = { { "+", "" }, { " ", "" }, { "", " " }, { "", "x" } };
	char text[24];
	size_t i;

	unsetenv("SYSTEMD_EXEC_PID");
	CHECK(!started_by_systemd());
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		setenv("SYSTEMD_EXEC_PID", others[i], 1);
		CHECK(!started_by_systemd());
	}
	for (i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		snprintf(text, sizeof(text), "%s%d%s", spoilt[i].before,
		    (int)getpid(), spoilt[i].behind);
		setenv("SYSTEMD_EXEC_PID", text, 1);
		CHECK(!started_by_systemd());
	}
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("SYSTEMD_EXEC_PID", text, 1);
	CHECK(started_by_systemd());
}

static const struct check_case cases[] = {
	C(a_connected_socket_on_fd_0_is_taken),
	C(systemds_fd_3_is_taken_and_not_inherited_further),
	C(fds_meant_for_another_process_are_left_alone),
	C(a_pid_with_something_behind_it_is_not_ours),
	C(several_fds_are_refused), C(a_promised_fd_3_that_is_closed_is_told),
	C(systemds_listening_socket_is_refused_with_the_mend),
	C(a_terminal_gets_a_hint), C(what_is_no_socket_is_refused),
	C(a_listening_socket_is_refused), C(a_datagram_socket_is_refused),
	C(another_address_family_is_refused),
	C(a_peer_that_left_before_the_start_is_no_usage_error),
	C(closed_standard_fds_are_filled),
	C(systemd_started_us_if_it_names_our_pid), { 0 }
};

RUN(cases)

/* SPDX-License-Identifier: ISC */
/*
 * ucspi-app.c - an application that knows UCSPI-TLS, and does what a test
 * tells it.
 *
 *	ucspi-app REPORT STEP...
 *
 * It appends to the file REPORT.  Steps:
 *
 *	say=TEXT	write it, CR and LF behind it, to fd 1
 *	want=TEXT	read this line from fd 0, or exit with 9
 *	end		read end of file from fd 0, or exit with 9
 *	ctl=BYTES	write them to SSLCTLFD, in one go: REPORT "ctl ERROR"
 *	list		read SSLCTLFD to its end: REPORT its bytes, NUL as
 *newline half		read it as old readers do, which lose half of it: REPORT
 *			each variable, a line each
 *	close=NAME	close the descriptor that this variable names
 *	switch		SSLREADFD becomes 0, SSLWRITEFD becomes 1
 *	read		REPORT "read NUMBER ERROR" of one byte from SSLREADFD
 *	write		REPORT "write NUMBER ERROR" of one byte to SSLWRITEFD
 *	echo		fd 0 to fd 1, until its end
 *	fds		REPORT "fd N cloexec?" of each that is open
 *	options		REPORT "nodelay N nonblock N" of the connection
 *	env=NAME	REPORT "NAME=VALUE"
 *	tell=TEXT	REPORT it
 *	await=FILE	until this FIFO is written to and closed
 *	exit=N, kill=N	end so; without: 0
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

extern char **environ;

static FILE *report;

static int
number_of(const char *name)
{
	const char *text = getenv(name);

	if (text == NULL)
		errx(8, "%s: not set", name);
	return (atoi(text));
}

static void
put(const char *what, ssize_t n)
{
	fprintf(report, "%s %zd %s\n", what, n,
	    n == -1 ? strerror(errno) : "-");
	fflush(report);
}

/* ------------------------------------------------------------- connection */

static void
say(const char *text)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s\r\n", text);

	if (write(1, line, (size_t)n) != n)
		exit(9);
}

/*
 * Byte by byte: what follows is somebody else's.
 */
static void
want(const char *text)
{
	char line[1024];
	size_t len = 0;

	while (len < sizeof(line) - 1 && read(0, line + len, 1) == 1)
		if (line[len++] == '\n')
			break;
	line[len] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (len == 0 || strcmp(line, text) != 0)
		exit(9);
}

static void
want_end(void)
{
	char byte;

	if (read(0, &byte, 1) != 0)
		exit(9);
}

static void
echo(void)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(0, bytes, sizeof(bytes))) > 0)
		if (write(1, bytes, (size_t)n) != n)
			exit(9);
}

/* ---------------------------------------------------------------- control */

static void
command(const char *bytes)
{
	put("ctl", write(number_of("SSLCTLFD"), bytes, strlen(bytes)));
}

static void
read_list(void)
{
	int fd = number_of("SSLCTLFD");
	char bytes[8192];
	ssize_t n, i;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		for (i = 0; i < n; i++)
			putc(bytes[i] == '\0' ? '\n' : bytes[i], report);
	put("list", n);
}

/*
 * Until two NULs have come; -1 if they have not.
 */
static ssize_t
read_until_two(char *list, size_t size)
{
	int fd = number_of("SSLCTLFD");
	size_t len = 0;
	ssize_t n;

	while (len < size &&
	    (n = read(fd, list + len, size - len < 8192 ? size - len : 8192)) >
		0) {
		len += (size_t)n;
		if (len >= 2 && list[len - 2] == '\0' && list[len - 1] == '\0')
			return ((ssize_t)len);
	}
	return (-1);
}

/*
 * The fault: a value is looked for only while twice the bytes that were seen
 * are fewer than there are.
 */
static void
read_half(void)
{
	static char list[256 * 1024];
	ssize_t len = read_until_two(list, sizeof(list)), seen;
	const char *at = list, *name = list;
	char *equals;

	if (len == -1)
		exit(9);
	for (seen = 0; seen < len - 1; seen++) {
		if (*at != '=') {
			at++;
			continue;
		}
		equals = list + (at - list);
		for (at++; seen < len - seen - 1; seen++)
			if (*at++ == '\0') {
				fprintf(report, "%.*s=%s\n",
				    (int)(equals - name), name, equals + 1);
				name = at;
				break;
			}
	}
}

static void
switch_over(void)
{
	static const char *const names[] = { "SSLREADFD", "SSLWRITEFD" };
	int i;

	for (i = 0; i < 2; i++) {
		if (dup2(number_of(names[i]), i) == -1)
			exit(9);
		close(number_of(names[i]));
	}
}

/* ------------------------------------------------------------------ looks */

static void
put_fds(void)
{
	int fd, flags;

	for (fd = 0; fd < 1024; fd++)
		if (fd != fileno(report) && (flags = fcntl(fd, F_GETFD)) != -1)
			fprintf(report, "fd %d %s\n", fd,
			    (flags & FD_CLOEXEC) != 0 ? "cloexec" : "-");
}

static void
put_options(void)
{
	int nodelay = -1;
	socklen_t len = sizeof(nodelay);

	getsockopt(0, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len);
	fprintf(report, "nodelay %d nonblock %d\n", nodelay,
	    (fcntl(0, F_GETFL) & O_NONBLOCK) != 0);
}

static void
put_env(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL)
		fprintf(report, "%s unset\n", name);
	else
		fprintf(report, "%s=%s\n", name, value);
}

static void
await(const char *fifo)
{
	int fd = open(fifo, O_RDONLY);
	char byte;

	while (fd != -1 && read(fd, &byte, 1) > 0)
		;
	close(fd);
}

/* ------------------------------------------------------------------ steps */

static bool
with_argument(const char *step)
{
	const char *argument = strchr(step, '=');
	static const struct {
		const char *name;
		void (*run)(const char *);
	} steps[] = { { "say", say }, { "want", want }, { "ctl", command },
		{ "env", put_env }, { "await", await } };
	size_t i, len;

	if (argument == NULL)
		return (false);
	len = (size_t)(argument++ - step);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strlen(steps[i].name) == len &&
		    memcmp(steps[i].name, step, len) == 0) {
			steps[i].run(argument);
			return (true);
		}
	if (strncmp(step, "tell=", 5) == 0)
		fprintf(report, "%s\n", argument);
	else if (strncmp(step, "close=", 6) == 0)
		close(number_of(argument));
	else if (strncmp(step, "exit=", 5) == 0)
		_exit(atoi(argument));
	else if (strncmp(step, "kill=", 5) == 0)
		raise(atoi(argument));
	else
		return (false);
	return (true);
}

static void
run(const char *step)
{
	char byte = 'x';

	if (with_argument(step))
		return;
	if (strcmp(step, "end") == 0)
		want_end();
	else if (strcmp(step, "list") == 0)
		read_list();
	else if (strcmp(step, "half") == 0)
		read_half();
	else if (strcmp(step, "switch") == 0)
		switch_over();
	else if (strcmp(step, "read") == 0)
		put("read", read(number_of("SSLREADFD"), &byte, 1));
	else if (strcmp(step, "write") == 0)
		put("write", write(number_of("SSLWRITEFD"), &byte, 1));
	else if (strcmp(step, "echo") == 0)
		echo();
	else if (strcmp(step, "fds") == 0)
		put_fds();
	else if (strcmp(step, "options") == 0)
		put_options();
	else
		errx(8, "%s: no such step", step);
}

int
main(int argc, char *argv[])
{
	int i;

	if (argc < 2 || (report = fopen(argv[1], "ae")) == NULL)
		err(8, "report");
	setlinebuf(report);
	signal(SIGPIPE, SIG_IGN);
	for (i = 2; i < argc; i++)
		run(argv[i]);
	return (0);
}

/* SPDX-License-Identifier: ISC */
/*
 * server.c - start a server, count what it costs, stop it.
 */
#include "server.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TICK_US = 2000,
	START_TICKS = 5000,  /* 10 s */
	SETTLE_TICKS = 7500, /* 15 s: longer than any close timeout */
	STOP_TICKS = 1000
};

static char cgroup[PATH_MAX];
static pid_t server;

/* ------------------------------------------------------------- cgroup */

/* Only version 2 counts CPU in every cgroup, whatever is enabled. */
static void
cgroup_make(void)
{
	const char *root = "/sys/fs/cgroup";
	char line[512], *path = NULL;
	FILE *file;

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == -1)
		root = "/sys/fs/cgroup/unified";
	if ((file = fopen("/proc/self/cgroup", "re")) == NULL)
		err(2, "/proc/self/cgroup");
	while (path == NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "0::/", 4) == 0)
			path = line + 3;
	fclose(file);
	if (path == NULL)
		errx(2, "/proc/self/cgroup: no cgroup of version 2");
	path[strcspn(path, "\n")] = '\0';
	snprintf(cgroup, sizeof(cgroup), "%s%s/bench.%d", root, path,
	    (int)getpid());
	if (mkdir(cgroup, 0755) == -1)
		err(2, "cgroup: %s", cgroup);
}

static FILE *
cgroup_open(const char *name, const char *mode)
{
	char path[PATH_MAX + 32];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	if ((file = fopen(path, mode)) == NULL)
		err(2, "cgroup: %s", path);
	return (file);
}

long long
server_cpu_us(void)
{
	FILE *file = cgroup_open("cpu.stat", "re");
	long long us;

	/* the first line; the others are parts of it */
	if (fscanf(file, "usage_usec %lld", &us) != 1)
		errx(2, "cgroup: cpu.stat: no usage_usec");
	fclose(file);
	return (us);
}

/* Call with each process, or with none; returns their number. */
static int
each_process(void (*call)(pid_t, void *), void *argument)
{
	FILE *file = cgroup_open("cgroup.procs", "re");
	int pid, n = 0;

	for (; fscanf(file, "%d", &pid) == 1; n++)
		if (call != NULL)
			call(pid, argument);
	fclose(file);
	return (n);
}

int
server_processes(void)
{
	return (each_process(NULL, NULL));
}

static void
add_pss(pid_t pid, void *argument)
{
	char path[64], line[256];
	long kib, *sum = argument;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if ((file = fopen(path, "re")) == NULL)
		return; /* it has just ended */
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Pss: %ld", &kib) == 1)
			*sum += kib;
	fclose(file);
}

long
server_pss_kib(void)
{
	long sum = 0;

	each_process(add_pss, &sum);
	return (sum);
}

/* -------------------------------------------------------- start, stop */

/* Looked up, not tried: a try would be a connection to the server. */
static bool
listening(uint16_t port)
{
	unsigned int local, state;
	bool found = false;
	char line[512];
	FILE *file;

	if ((file = fopen("/proc/net/tcp", "re")) == NULL)
		err(2, "/proc/net/tcp");
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = sscanf(line, " %*d: %*x:%x %*x:%*x %x", &local,
			    &state) == 2 &&
		    local == port && state == 0x0a;
	fclose(file);
	return (found);
}

uint16_t
server_free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd;

	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&address, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) == -1)
		err(2, "no free port");
	close(fd);
	return (ntohs(address.sin_port));
}

static void
name_port(char **command, uint16_t port)
{
	static char digits[8];

	snprintf(digits, sizeof(digits), "%u", (unsigned int)port);
	for (; *command != NULL; command++)
		if (strcmp(*command, "{port}") == 0)
			*command = digits;
}

static void
join_cgroup(void)
{
	FILE *procs = cgroup_open("cgroup.procs", "we");

	fputs("0", procs);
	if (fclose(procs) == EOF)
		warn("cgroup: %s: cannot join", cgroup);
}

/* Ends by _exit: what the parent does at its exit is not this one's work. */
static _Noreturn void
become_server(char **command, const char *log)
{
	int null, errors;

	/* nothing may survive a harness that is killed */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	signal(SIGPIPE, SIG_DFL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	errors = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (null != -1 && errors != -1) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(errors, 2);
		execvp(command[0], command);
	}
	warn("%s", command[0]);
	_exit(127);
}

static bool
server_ended(void)
{
	if (server > 0 && waitpid(server, NULL, WNOHANG) == server)
		server = 0;
	return (server == 0);
}

void
server_start(char **command, uint16_t port, const char *log)
{
	int ticks = 0;

	cgroup_make();
	atexit(server_stop); /* also where this program gives up */
	name_port(command, port);
	if ((server = fork()) == -1)
		err(2, "fork");
	if (server == 0) {
		join_cgroup();
		become_server(command, log);
	}
	while (!listening(port)) {
		if (server_ended())
			errx(2, "%s: ended before it listened", command[0]);
		if (ticks++ == START_TICKS)
			errx(2, "%s: does not listen", command[0]);
		usleep(TICK_US);
	}
}

int
server_settle(int processes)
{
	int ticks, more = 0;

	for (ticks = 0; ticks < SETTLE_TICKS; ticks++) {
		if ((more = server_processes() - processes) <= 0)
			return (0);
		usleep(TICK_US);
	}
	return (more);
}

static void
end_process(pid_t pid, void *argument)
{
	kill(pid, *(int *)argument);
}

void
server_stop(void)
{
	int signal_number = SIGTERM, ticks;

	if (cgroup[0] == '\0')
		return;
	for (ticks = 0; ticks < STOP_TICKS; ticks++) {
		if (ticks == STOP_TICKS / 4)
			signal_number = SIGKILL;
		if (each_process(end_process, &signal_number) == 0 &&
		    server_ended() && rmdir(cgroup) == 0)
			break;
		usleep(TICK_US);
	}
	cgroup[0] = '\0';
}

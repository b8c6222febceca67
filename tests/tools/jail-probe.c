/* SPDX-License-Identifier: ISC */
/*
 * jail-probe.c - what a process in the jail can and cannot do.
 *
 *	jail-probe [-n] [-d DIR] [-u UID] [-g GID] [-f FDS] VERB
 *
 * -n: as if started without root.  -d: --chroot DIR.  -f: how many
 * descriptors stay (4: where 3 is not open it becomes /dev/null).
 *
 *	rows		no jail: each row of seccomp.def: its name, and six
 *			arguments that it allows; -1 for any
 *	hold		enter, print "in", stay until fd 0 ends
 *	call NUMBER [ARGUMENT ...]
 *			enter, make this call, print "back"
 *	old NUMBER	the same through i386's int 0x80, x86-64 only
 *	sweep FIRST LAST
 *			for each number a child that enters and makes the
 *			call, all arguments -1; print those that survive
 *	memory		enter, take memory until there is none, print how
 *			many MiB it was
 *	libc		enter, have libc do what libcrypto asks of it, print
 *			"back"
 *	time COUNT	print the median of so many entries, in microseconds
 */
#include <err.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jail.h"
#include "log.h"

static struct jail jail = {
	.root = true, .uid = 64000, .gid = 64001, .fds = 4
};

/* ------------------------------------------------------- seccomp.def */

struct row {
	const char *name;
	long argument[6];
};

#define ANY -1, -1, -1, -1, -1, -1
#define CALL(name) { #name, { ANY } },
/* where no bit of the mask is asked for, 0 is as good as any */
#define CALL_IF(name, a, mask, value) { #name, { ANY, [a] = (value) } },
#define CALL_IF2(name, a, a_mask, a_value, b, b_mask, b_value)                 \
	{ #name, { ANY, [a] = (a_value), [b] = (b_value) } },

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct row rows[] = {
#include "seccomp.def"
};
#pragma GCC diagnostic pop

static void
print_rows(void)
{
	size_t i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fputs(rows[i].name, stdout);
		for (k = 0; k < 6; k++)
			printf(" %ld", rows[i].argument[k]);
		putchar('\n');
	}
}

/* ---------------------------------------------------------- in there */

/* stdio asks fstat first, which the jail forbids */
static void
say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) == -1)
		_exit(1);
}

static void
hold(void)
{
	struct pollfd end = { .fd = STDIN_FILENO, .events = POLLIN };

	jail_enter(&jail);
	say("in\n");
	poll(&end, 1, -1);
}

static void
call(char *const word[])
{
	long argument[7] = { 0, ANY };
	size_t i;

	for (i = 0; i < 7 && word[i] != NULL; i++)
		argument[i] = strtol(word[i], NULL, 0);
	jail_enter(&jail);
	syscall(argument[0], argument[1], argument[2], argument[3], argument[4],
	    argument[5], argument[6]);
	say("back\n");
}

static void
call_old(long number)
{
	jail_enter(&jail);
#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
#endif
	say("back\n");
}

static void
take_memory(void)
{
	char text[32];
	int taken = 0;
	char *p;

	jail_enter(&jail);
	while ((p = malloc(1024 * 1024)) != NULL) {
		memset(p, 1, 1024 * 1024);
		taken++;
	}
	snprintf(text, sizeof(text), "%d\n", taken);
	say(text);
}

static int
by_size(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return ((*x > *y) - (*x < *y));
}

/* Dates, large sorts, large blocks that grow: each has calls of its own. */
static void
use_libc(void)
{
	static long list[4096];
	time_t date = 0;
	struct tm tm;
	char *p;

	jail_enter(&jail);
	if (gmtime_r(&date, &tm) == NULL || tm.tm_year != 70)
		say("another year\n");
	qsort(list, sizeof(list) / sizeof(list[0]), sizeof(list[0]), by_size);
	p = malloc(1024 * 1024);
	p = realloc(p, (size_t)4 * 1024 * 1024);
	if (p == NULL)
		say("no memory\n");
	free(p);
	say("back\n");
}

/* ---------------------------------------------------- one jail after another
 */

static bool
survives(long number)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		/* some of those that no filter stops would wait for ever */
		alarm(2);
		jail_enter(&jail);
		syscall(number, ANY);
		_exit(0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		err(1, "child");
	/* no core file can come of it, so nothing but the signal is told */
	return (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS);
}

static void
sweep(long first, long last)
{
	for (; first <= last; first++)
		if (survives(first))
			printf("%ld\n", first);
}

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((long)t.tv_sec * 1000000000 + t.tv_nsec);
}

static long
one_entry(void)
{
	int pair[2], status;
	long before, took;
	pid_t pid;

	if (pipe(pair) == -1 || (pid = fork()) == -1)
		err(1, "child");
	if (pid == 0) {
		dup2(pair[1], 3);
		before = now();
		jail_enter(&jail);
		took = now() - before;
		_exit(write(3, &took, sizeof(took)) == -1);
	}
	close(pair[1]);
	if (read(pair[0], &took, sizeof(took)) != sizeof(took))
		errx(1, "no answer from the jail");
	close(pair[0]);
	waitpid(pid, &status, 0);
	return (took);
}

static void
time_entries(size_t count)
{
	long *took = calloc(count, sizeof(*took));
	size_t i;

	if (took == NULL || count == 0)
		errx(2, "time: how often?");
	for (i = 0; i < count; i++)
		took[i] = one_entry();
	qsort(took, count, sizeof(*took), by_size);
	printf("%ld\n", took[count / 2] / 1000);
	free(took);
}

/* -------------------------------------------------------------------- */

static char **
read_options(int argc, char *argv[])
{
	int letter;

	while ((letter = getopt(argc, argv, "+nd:u:g:f:")) != -1)
		switch (letter) {
		case 'n':
			jail.root = false;
			break;
		case 'd':
			jail.dir = optarg;
			break;
		case 'u':
			jail.uid = (uid_t)strtoul(optarg, NULL, 10);
			break;
		case 'g':
			jail.gid = (gid_t)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			jail.fds = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		default:
			exit(2);
		}
	return (argv + optind);
}

static bool
run(const char *verb, char *const word[])
{
	if (strcmp(verb, "rows") == 0)
		print_rows();
	else if (strcmp(verb, "hold") == 0)
		hold();
	else if (strcmp(verb, "call") == 0)
		call(word);
	else if (strcmp(verb, "memory") == 0)
		take_memory();
	else if (strcmp(verb, "libc") == 0)
		use_libc();
	else if (word[0] == NULL)
		return (false);
	else if (strcmp(verb, "old") == 0)
		call_old(strtol(word[0], NULL, 0));
	else if (strcmp(verb, "time") == 0)
		time_entries(strtoul(word[0], NULL, 10));
	else if (strcmp(verb, "sweep") == 0 && word[1] != NULL)
		sweep(strtol(word[0], NULL, 0), strtol(word[1], NULL, 0));
	else
		return (false);
	return (true);
}

int
main(int argc, char *argv[])
{
	char **word = read_options(argc, argv);
	int fd;

	log_open();
	log_choose(LOG_FORMAT_KV, LOG_INFO, -1);
	fd = open("/dev/null", O_RDONLY);
	if (fd < 3 && fd != -1)
		errx(2, "fds 0, 1 and 2 must be open");
	if (fd > 3)
		close(fd);
	if (word[0] == NULL || !run(word[0], word + 1))
		errx(2, "what?");
	fflush(stdout);
	_exit(0);
}

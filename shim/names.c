/* SPDX-License-Identifier: ISC */
/*
 * names.c - have tlsshim-names ask what the ends of a connection are called.
 *
 * Runs in:  KEEPER, before it has the key; names_ask's child becomes
 *           tlsshim-names.
 * Trusts:   that program's file.  Not the process: it heard the peer's name
 *           servers.
 * Refuses:  an answer that comes late, or is none.
 */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app.h"
#include "connection.h"
#include "deadline.h"
#include "log.h"
#include "rights.h"

#ifndef SHIM_LIBEXEC
#error "the Makefile defines SHIM_LIBEXEC"
#endif

enum {
	SLACK_MS = 1000, /* for it to start, and to end */
	WORDS_MAX = 16,
	IP_MAX = INET6_ADDRSTRLEN + 1 + IF_NAMESIZE
};

static const char program[] = "tlsshim-names";

struct helper {
	pid_t pid;
	int from; /* its fd 1 */
	int status;
	deadline until;
};

/* ----------------------------------------------------------- what is asked */

/*
 * -H is stronger than -p, as with tcpserver.
 */
static bool
wants_host(const struct options *o)
{
	if (o->text[OPTION_LOOKUP_HOST] != NULL)
		return (options_flag(o, OPTION_LOOKUP_HOST));
	return (options_flag(o, OPTION_LOOKUP_PARANOID));
}

struct names_wanted
names_wanted(const struct options *o, const struct peer *peer, bool conveyed)
{
	bool net = peer->family != PEER_UNIX, host = net && wants_host(o);

	return ((struct names_wanted){
	    .host = host,
	    .local = host && o->text[OPTION_LOCAL_NAME] == NULL,
	    .ident = net && !conveyed && options_flag(o, OPTION_IDENT),
	});
}

static unsigned int
working_ms(const struct options *o, struct names_wanted w)
{
	unsigned int dns = w.host || w.local ? NAMES_DNS_MS : 0;
	unsigned int ident = w.ident ? o->ident_ms : 0;

	return (dns > ident ? dns : ident);
}

unsigned int
names_limit_ms(const struct options *o, struct names_wanted w)
{
	unsigned int ms = working_ms(o, w);

	/* the KEEPER's, and what it takes to end what is late */
	return (ms == 0 ? 0 : ms + 2 * SLACK_MS);
}

/* ------------------------------------------------------------- the program */

/*
 * In a directory beside ours once installed, beside us when just built.  That
 * of the file that runs, whatever name it was started by.
 */
static bool
find_program(char path[PATH_MAX])
{
	static const char *const places[] = { "", SHIM_LIBEXEC "/" };
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	size_t i;

	own[n > 0 ? n : 0] = '\0';
	if (strrchr(own, '/') != NULL)
		strrchr(own, '/')[1] = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(path, PATH_MAX, "%s%s%s", own, places[i],
			program) >= PATH_MAX)
			continue;
		if (n > 0 && access(path, X_OK) == 0)
			return (true);
	}
	return (false);
}

const char *
names_missing(void)
{
	static char path[PATH_MAX];

	return (find_program(path) ? NULL : path);
}

static void
zoned(char text[IP_MAX], const struct endpoint *e)
{
	snprintf(text, IP_MAX, "%s%s%s", e->ip, *e->zone == '\0' ? "" : "%",
	    e->zone);
}

/*
 * Nothing of ours but the pipe goes with it: neither a descriptor nor a
 * variable, but for the one that it reads.
 */
static _Noreturn void
execute(const char *path, char *const words[])
{
	const char *servers = getenv("DNSCACHEIP");
	char variable[1024], *environment[] = { NULL, NULL };

	if (servers != NULL && *servers != '\0') {
		snprintf(variable, sizeof(variable), "DNSCACHEIP=%s", servers);
		environment[0] = variable;
	}
	execve(path, words, environment);
	dprintf(1, "trouble=%s: cannot be executed: %s\nend\n", path,
	    strerror(errno));
	_exit(EXIT_SYSTEM);
}

static void
place_descriptors(int to)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* last the one that a message may go to */
	if (null == -1 || dup2(to, 1) == -1 || dup2(null, 0) == -1 ||
	    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) == -1 ||
	    dup2(null, 2) == -1)
		fatal(EXIT_SYSTEM, "descriptor: of %s", program);
}

static _Noreturn void
become_helper(struct names_wanted w, const struct connection *c, int to)
{
	const struct peer *p = &c->peer;
	char path[PATH_MAX], seconds[16], remote[IP_MAX], local[IP_MAX];
	char remote_port[8], local_port[8];
	static char name[] = "tlsshim-names", host[] = "-h", own[] = "-l";
	char *words[WORDS_MAX] = { name };
	size_t n = 1;

	if (!find_program(path))
		fatalx(EXIT_SYSTEM,
		    "names: %s: is not there: install it, or look up no "
		    "names",
		    path);
	snprintf(seconds, sizeof(seconds), "-r%u", c->options.ident_ms / 1000);
	snprintf(remote_port, sizeof(remote_port), "%u", p->remote.port);
	snprintf(local_port, sizeof(local_port), "%u", p->local.port);
	zoned(remote, &p->remote);
	zoned(local, &p->local);
	if (w.host)
		words[n++] = host;
	if (w.local)
		words[n++] = own;
	if (w.ident)
		words[n++] = seconds;
	words[n++] = remote;
	words[n++] = remote_port;
	words[n++] = local;
	words[n++] = local_port;
	rights_become_net(&c->accounts);
	place_descriptors(to);
	/* should nobody be left to end it */
	alarm(names_limit_ms(&c->options, w) / 1000 + 1);
	app_reset_signals(&c->mask);
	execute(path, words);
}

/* ------------------------------------------------------------- its process */

static void
start(struct helper *h, struct names_wanted w, const struct connection *c)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		fatal(EXIT_SYSTEM, "pipe: to %s", program);
	h->until = deadline_in(working_ms(&c->options, w) + SLACK_MS);
	h->pid = fork();
	if (h->pid == -1)
		fatal(EXIT_SYSTEM, "fork: %s", program);
	if (h->pid == 0)
		become_helper(w, c, ends[1]);
	close(ends[1]);
	h->from = ends[0];
}

/*
 * All that it says until it ends, one byte more than an answer has at most.
 * -1: it did not end in time.
 */
static ssize_t
hear(const struct helper *h, char *answer, size_t room)
{
	struct pollfd p = { .fd = h->from, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (len < room) {
		if (poll(&p, 1, deadline_left(h->until)) == 0)
			return (-1);
		n = read(h->from, answer + len, room - len);
		if (n == 0)
			break;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			fatal(EXIT_SYSTEM, "pipe: to %s", program);
	}
	return ((ssize_t)len);
}

/*
 * SIGCHLD is blocked: it waits to be waited for.
 */
static bool
ended_by(struct helper *h, deadline until)
{
	struct timespec timeout;
	sigset_t awaited;
	int ms;

	sigemptyset(&awaited);
	sigaddset(&awaited, SIGCHLD);
	while (waitpid(h->pid, &h->status, WNOHANG) != h->pid) {
		ms = deadline_left(until);
		if (ms == 0)
			return (false);
		timeout = (struct timespec){ ms / 1000,
			(long)(ms % 1000) * 1000000 };
		sigtimedwait(&awaited, NULL, &timeout);
	}
	return (true);
}

/*
 * Whatever it does: it is no child of the application's later.
 */
static void
end(struct helper *h, deadline until)
{
	close(h->from);
	if (ended_by(h, until))
		return;
	rights_kill(h->pid, SIGKILL);
	if (!ended_by(h, deadline_in(SLACK_MS)))
		fatalx(EXIT_SYSTEM,
		    "names: %s: does not end: keep CAP_KILL in "
		    "CapabilityBoundingSet=",
		    program);
}

/* ------------------------------------------------------------- its answer */

/*
 * Its own words for what is wrong here: nobody's fault that is not ours.
 */
static void
judge_status(const struct helper *h, const struct names *n)
{
	int code = WIFEXITED(h->status) ? WEXITSTATUS(h->status) : EXIT_OK;

	if (code != EXIT_USAGE && code != EXIT_SYSTEM)
		return;
	if (*n->trouble != '\0')
		log_errx("names: %s: %s", program, n->trouble);
	_exit(code);
}

void
names_ask(struct names *n, struct names_wanted w, const struct connection *c)
{
	char answer[NAMES_ANSWER_MAX + 1];
	struct helper h;
	const char *why;
	ssize_t len;

	*n = (struct names){ .confirmed = false };
	if (working_ms(&c->options, w) == 0)
		return;
	start(&h, w, c);
	len = hear(&h, answer, sizeof(answer));
	end(&h, len >= 0 && len < (ssize_t)sizeof(answer) ? h.until : 0);
	if (len == -1)
		why = "no answer in time";
	else if (len > NAMES_ANSWER_MAX)
		why = "more than an answer";
	else
		why = names_read(n, answer, (size_t)len);
	judge_status(&h, n);
	if (why != NULL)
		log_errx("names: %s: %s: this peer has none", program, why);
}

/* -------------------------------------------------------------- for rules */

const char *
names_host_for_rules(const struct names *n)
{
	return (n->confirmed ? n->host : NULL);
}

/*
 * A key is INFO@ADDRESS; behind the handshake keys are cn=NAME,
 * san=email:USER@HOST and so on, which a peer's ident daemon must not write.
 */
const char *
names_info_for_rules(const struct names *n)
{
	const char *at;

	for (at = n->info; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f || *at == '=' ||
		    *at == '@')
			return (NULL);
	return (*n->info == '\0' ? NULL : n->info);
}

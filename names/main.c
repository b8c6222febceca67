/* SPDX-License-Identifier: ISC */
/*
 * main.c - tlsshim-names: what a connection's two ends are called.
 *
 * Runs in:  tlsshim-names, which the KEEPER starts with NET's account where
 *           names are asked for; or by hand, to see what it would be told.
 * Trusts:   its arguments, $DNSCACHEIP and /etc/resolv.conf.
 * Refuses:  to hear anything of anybody's before it is confined.
 *
 *	tlsshim-names [-h] [-l] [-r SECONDS] IP PORT LOCALIP LOCALPORT
 *
 *	-h	the name of IP, and whether that name has IP
 *	-l	the name of LOCALIP
 *	-r	ask IP's ident daemon whose connection it is, at most so long
 *
 * The answer is on standard output, as names_answer.h has it.  0: it may be
 * that there are no names.  100: wrong arguments, or DNSCACHEIP; 111: trouble
 * of this host's.
 */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confine.h"
#include "deadline.h"
#include "dns.h"
#include "end.h"
#include "exit.h"
#include "ident.h"
#include "names_answer.h"

struct work {
	bool host, local;
	unsigned int ident_ms; /* 0: do not ask */
	struct end remote_end, local_end;
	struct dns dns;
	struct dns_lookup remote_lookup, local_lookup;
	struct ident ident;
	deadline dns_until, ident_until;
	struct names names;
};

/* ----------------------------------------------------------------- answer */

/*
 * In one piece: less than PIPE_BUF.
 */
static _Noreturn void
answer(const struct names *n, int code)
{
	char text[NAMES_ANSWER_MAX];
	size_t len = names_write(text, n);

	_exit(write(1, text, len) == (ssize_t)len ? code : EXIT_SYSTEM);
}

static _Noreturn void
trouble(int code, const char *what)
{
	static struct names n;

	snprintf(n.trouble, sizeof(n.trouble), "%s", what);
	answer(&n, code);
}

/* -------------------------------------------------------------- arguments */

static const char usage[] = "usage: tlsshim-names [-h] [-l] [-r SECONDS] IP "
			    "PORT LOCALIP LOCALPORT";

static unsigned int
seconds(const char *text)
{
	char *after;
	unsigned long number = strtoul(text, &after, 10);

	if (*text < '0' || *text > '9' || *after != '\0' || number == 0 ||
	    number > INT_MAX / 1000)
		trouble(EXIT_USAGE, "-r: not a number of seconds");
	return ((unsigned int)number * 1000);
}

static void
parse(struct work *w, int argc, char *const argv[])
{
	int option;

	opterr = 0;
	while ((option = getopt(argc, argv, "+hlr:")) != -1)
		switch (option) {
		case 'h':
			w->host = true;
			break;
		case 'l':
			w->local = true;
			break;
		case 'r':
			w->ident_ms = seconds(optarg);
			break;
		default:
			trouble(EXIT_USAGE, usage);
		}
	if (argc - optind != 4)
		trouble(EXIT_USAGE, usage);
	if (!end_parse(&w->remote_end, argv[optind], argv[optind + 1]) ||
	    !end_parse(&w->local_end, argv[optind + 2], argv[optind + 3]))
		trouble(EXIT_USAGE, "not an address, or not a port");
	if (w->remote_end.address.any.sa_family !=
	    w->local_end.address.any.sa_family)
		trouble(EXIT_USAGE, "addresses of two families");
}

/* ------------------------------------------------------------------- work */

static void
begin(struct work *w)
{
	w->ident.fd = -1;
	w->dns_until = deadline_in(NAMES_DNS_MS);
	w->ident_until = deadline_in(w->ident_ms);
	if (w->host)
		dns_reverse(&w->dns, &w->remote_lookup, &w->remote_end,
		    w->names.host, &w->names.confirmed);
	if (w->local)
		dns_reverse(&w->dns, &w->local_lookup, &w->local_end,
		    w->names.local, NULL);
	if (w->ident_ms != 0)
		ident_begin(&w->ident, w->names.info, &w->remote_end,
		    &w->local_end);
}

/*
 * The next thing that may happen, or its time.
 */
static void
step(struct work *w)
{
	struct pollfd p[DNS_FDS_MAX + 1];
	deadline until = w->ident.fd == -1 ? w->dns_until : w->ident_until;
	size_t dns = 0;
	int n;

	if (w->dns.running > 0) {
		until = deadline_first(until, w->dns_until);
		until = dns_until(&w->dns, until);
		dns = dns_wanted(&w->dns, p + 1);
	}
	ident_wanted(&w->ident, &p[0]);
	n = poll(p, (nfds_t)dns + 1, deadline_left(until));
	if (n > 0)
		ident_work(&w->ident, &p[0]);
	if (w->dns.running > 0)
		dns_work(&w->dns, p + 1, n > 0 ? dns : 0);
}

static void
end_what_is_late(struct work *w)
{
	if (w->dns.running > 0 && deadline_left(w->dns_until) == 0)
		dns_end(&w->dns);
	if (w->ident.fd != -1 && deadline_left(w->ident_until) == 0)
		ident_end(&w->ident);
}

int
main(int argc, char *argv[])
{
	static struct work w;
	const char *why;

	parse(&w, argc, argv);
	why = dns_open(&w.dns, getenv("DNSCACHEIP"));
	if (why != NULL)
		trouble(EXIT_USAGE, why);
	why = confine();
	if (why != NULL)
		trouble(EXIT_SYSTEM, why);
	begin(&w);
	while (w.dns.running > 0 || w.ident.fd != -1) {
		step(&w);
		end_what_is_late(&w);
	}
	answer(&w.names, EXIT_OK);
}

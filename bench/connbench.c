/* SPDX-License-Identifier: ISC */
/*
 * connbench.c - load one server, print what a connection cost it.
 *
 *	connbench -n CONNECTIONS -b BYTES [-c CONCURRENT] [-i] [-t 1.2|1.3]
 *	    [-r] [-w WARM_UP] [-l LOG] SERVER ARGUMENT...
 *
 * "{port}" as an argument becomes the port, on loopback.  BYTES is what the
 * server sends on each connection.  With -i the connections are held all at
 * once, and it is memory that is told.  With -r every connection must resume
 * a session; the first comes of the warm-up.  One line of key=value on stdout.
 */
#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "client.h"
#include "server.h"

struct plan {
	long connections, warm_up;
	int concurrent;
	const char *log;
	struct client_load load;
	char **server;
};

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: connbench -n CONNECTIONS -b BYTES "
	    "[-c CONCURRENT] [-i] [-t 1.2|1.3]\n"
	    "\t[-r] [-w WARM_UP] [-l LOG] SERVER ARGUMENT...\n");
	exit(2);
}

static int
version(const char *name)
{
	if (strcmp(name, "1.2") == 0)
		return (TLS1_2_VERSION);
	if (strcmp(name, "1.3") == 0)
		return (TLS1_3_VERSION);
	usage();
}

static struct plan
read_arguments(int argc, char **argv)
{
	struct plan plan = {
		.warm_up = 8, .concurrent = 1, .log = "/dev/null"
	};
	int letter;

	while ((letter = getopt(argc, argv, "+b:c:il:n:rt:w:")) != -1)
		switch (letter) {
		case 'b':
			plan.load.expected = atoll(optarg);
			break;
		case 'c':
			plan.concurrent = atoi(optarg);
			break;
		case 'i':
			plan.load.hold = true;
			break;
		case 'l':
			plan.log = optarg;
			break;
		case 'n':
			plan.connections = atol(optarg);
			break;
		case 'r':
			plan.load.resume = true;
			break;
		case 't':
			plan.load.tls = version(optarg);
			break;
		case 'w':
			plan.warm_up = atol(optarg);
			break;
		default:
			usage();
		}
	plan.server = argv + optind;
	if (plan.load.hold) {
		plan.concurrent = (int)plan.connections;
		plan.warm_up = 0;
	}
	if (plan.server[0] == NULL || plan.connections < 1 ||
	    plan.concurrent < 1 || plan.concurrent > CLIENT_CONCURRENT_MAX)
		usage();
	return (plan);
}

static void
check(const struct client_tally *tally, int too_many)
{
	if (tally->failed != 0)
		errx(1, "%ld of %ld connections failed; the first: %s",
		    tally->failed, tally->ok + tally->failed, tally->reason);
	if (too_many > 0)
		errx(1, "%d processes too many after the last connection",
		    too_many);
}

static void
warm_up(const struct plan *plan, int at_rest)
{
	struct client_tally tally = { 0 };

	client_run(plan->warm_up, plan->concurrent, &tally);
	check(&tally, server_settle(at_rest));
}

static void
measure(const struct plan *plan, int at_rest)
{
	struct client_tally tally = { 0 };
	long long us = server_cpu_us();
	long kib = server_pss_kib();
	double n;

	client_run(plan->connections, plan->concurrent, &tally);
	kib = server_pss_kib() - kib;
	client_hang_up();
	check(&tally, server_settle(at_rest));
	us = server_cpu_us() - us;
	if (plan->load.resume && tally.resumed != tally.ok)
		errx(1, "%ld of %ld connections resumed a session",
		    tally.resumed, tally.ok);
	n = (double)tally.ok;
	printf("per_second=%.2f cpu_ms=%.4f protocol=%s cipher=%s group=%s",
	    n / tally.seconds, (double)us / 1000 / n, tally.protocol,
	    tally.cipher, tally.group);
	if (plan->load.hold)
		printf(" pss_kib=%.1f", (double)kib / n);
	putchar('\n');
}

/* Interrupted, epoll_wait(2) fails: an exit that stops the server. */
static void
on_signal(int number)
{
	(void)number;
}

int
main(int argc, char **argv)
{
	struct sigaction interrupt = { .sa_handler = on_signal };
	struct plan plan = read_arguments(argc, argv);
	int at_rest;

	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGTERM, &interrupt, NULL);
	plan.load.port = server_free_port();
	client_open(&plan.load);
	server_start(plan.server, plan.load.port, plan.log);
	at_rest = server_processes();
	warm_up(&plan, at_rest);
	measure(&plan, at_rest);
	server_stop();
	return (0);
}

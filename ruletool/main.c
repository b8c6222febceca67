/* SPDX-License-Identifier: ISC */
/*
 * main.c - tlsshim-rules: rules to a cdb, and what a cdb says.
 *
 * Runs in:  tlsshim-rules, with the rights of whoever types it.
 * Trusts:   its arguments.
 * Refuses:  words that it does not know, before anything is read.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "exit.h"
#include "tool.h"

static const char usage_text[] =
    "usage: tlsshim-rules compile [--match classic|longest] OUT.cdb [TMP] "
    "<RULES\n"
    "       tlsshim-rules check [--match classic|longest] <RULES\n"
    "       tlsshim-rules explain [--match classic|longest] [--sni NAME]\n"
    "           [--alpn NAME] [--cert FILE] CDB IP|unix [HOST|- [INFO]]\n"
    "       tlsshim-rules list CDB\n"
    "       tlsshim-rules OUT.cdb TMP <RULES\n"
    "       tlsshim-rules --help | --version\n";

void
tool_say(const char *format, ...)
{
	char message[2048], line[3 * sizeof(message)];
	struct text t;
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	text_start(&t, line, sizeof(line));
	text_escape_most(&t, ESCAPE_LINE, message, sizeof(line) - 1);
	fprintf(stderr, "tlsshim-rules: %.*s\n", (int)(t.at - line), line);
}

static _Noreturn void
usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
}

/* -------------------------------------------------------------- options */

struct options {
	enum rules_match match;
	const char *sni, *alpn, *cert;
};

static enum rules_match
match_of(const char *word)
{
	if (strcmp(word, "classic") == 0)
		return (RULES_CLASSIC);
	if (strcmp(word, "longest") == 0)
		return (RULES_LONGEST);
	tool_say("--match: %s: classic or longest", word);
	exit(EXIT_USAGE);
}

/*
 * Takes the options from behind the first word; what is left is from optind
 * on.
 */
static struct options
read_options(int argc, char *argv[], const char *allowed)
{
	static const struct option known[] = { { "match", 1, NULL, 'm' },
		{ "sni", 1, NULL, 's' }, { "alpn", 1, NULL, 'a' },
		{ "cert", 1, NULL, 'c' }, { 0 } };
	struct options o = { .match = RULES_CLASSIC };
	int letter;

	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (strchr(allowed, letter) == NULL)
			usage();
		switch (letter) {
		case 'm':
			o.match = match_of(optarg);
			break;
		case 's':
			o.sni = optarg;
			break;
		case 'a':
			o.alpn = optarg;
			break;
		case 'c':
			o.cert = optarg;
			break;
		default:
			usage();
		}
	}
	return (o);
}

/* ------------------------------------------------------------- commands */

static int
run_compile(int argc, char *argv[])
{
	struct options o = read_options(argc, argv, "m");
	struct compile_order order = { .match = o.match };

	if (argc - optind < 1 || argc - optind > 2)
		usage();
	order.out = argv[optind];
	order.temporary = argv[optind + 1];
	return (tool_compile(&order));
}

static int
run_check(int argc, char *argv[])
{
	struct options o = read_options(argc, argv, "m");
	struct compile_order order = { .match = o.match };

	if (argc != optind)
		usage();
	return (tool_compile(&order));
}

/*
 * "-" is a host that is not known.
 */
static const char *
optional(int argc, char *argv[], int i)
{
	return (i < argc && strcmp(argv[i], "-") != 0 ? argv[i] : NULL);
}

static int
run_explain(int argc, char *argv[])
{
	struct options o = read_options(argc, argv, "msac");
	struct explain_order order = {
		.match = o.match, .sni = o.sni, .alpn = o.alpn, .cert = o.cert
	};

	if (argc - optind < 2 || argc - optind > 4)
		usage();
	order.cdb = argv[optind];
	order.ip = argv[optind + 1];
	order.host = optional(argc, argv, optind + 2);
	order.info = optional(argc, argv, optind + 3);
	return (tool_explain(&order));
}

static int
run_list(int argc, char *argv[])
{
	read_options(argc, argv, "");
	if (argc - optind != 1)
		usage();
	return (tool_list(argv[optind]));
}

static const struct command {
	const char *name;
	int (*run)(int argc, char *argv[]);
} commands[] = { { "compile", run_compile }, { "check", run_check },
	{ "explain", run_explain }, { "list", run_list } };

/*
 * tcprules OUT.cdb TMP
 */
static int
run_as_tcprules(int argc, char *argv[])
{
	struct compile_order order = { .match = RULES_CLASSIC };

	if (argc != 3)
		usage();
	order.out = argv[1];
	order.temporary = argv[2];
	return (tool_compile(&order));
}

static bool
is_named(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return (strcmp(slash == NULL ? path : slash + 1, name) == 0);
}

int
main(int argc, char *argv[])
{
	size_t i;

	if (argc < 2)
		usage();
	if (is_named(argv[0], "tcprules"))
		return (run_as_tcprules(argc, argv));
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return (commands[i].run(argc - 1, argv + 1));
	if (strcmp(argv[1], "--version") == 0)
		return (puts("tlsshim-rules " SHIM_VERSION) == EOF);
	if (strcmp(argv[1], "--help") == 0)
		return (fputs(usage_text, stdout) == EOF);
	if (argv[1][0] == '-')
		usage();
	return (run_as_tcprules(argc, argv));
}

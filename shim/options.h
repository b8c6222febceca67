/* SPDX-License-Identifier: ISC */
/*
 * options.h - what the administrator wants.
 *
 * Three sources, the later wins: the inherited environment, the command
 * line, and the variables of a rule, which count for its connection only.
 */
#ifndef SHIM_OPTIONS_H
#define SHIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "env.h"
#include "log.h"
#include "pair.h"
#include "starttls.h"

struct complaint;

enum option_id {
#define OPT(id, name, variables, argument, preset, help) OPTION_##id,
#include "options.def"
	OPTION_COUNT
};

/* all of it fits where what the program says is queued */
enum { BANNER_MAX = 4096 };

struct options {
	const char *text[OPTION_COUNT]; /* NULL: not set and no default */
	bool given[OPTION_COUNT];	/* on the command line */
	bool from_rule[OPTION_COUNT];
	/* as the command line has them, in its order: options_pairs */
	struct pair_files given_pairs[PAIRS_MAX];
	size_t given_pair_count;
	unsigned int exports; /* enum env_set, from --export */
	char *const *program; /* NULL-terminated; program[0] set, or --check */

	/* judged once, by options_parse */
	int log_level;
	enum log_format log_format;
	unsigned int handshake_ms, idle_ms, close_ms, ident_ms;
	int key_password_fd; /* -1: none */
	enum starttls starttls;
};

/*
 * Print what --help says.
 */
void options_help(void);

/*
 * Read the command line and the inherited environment.  --help and
 * --version print to fd 1 and exit 0.  Anything wrong: one line that names
 * it, and EXIT_USAGE; nothing has been read from the peer then.
 */
void options_parse(struct options *, int argc, char *const argv[]);

/*
 * What the command line leaves open, by the inherited environment.  For
 * options_parse alone.
 */
void options_from_environment(struct options *);

/*
 * A rule set `name`: take it as configuration for this connection: 1.  0 if
 * name is none of our variables, or one that was needed before rules are read
 * (SSL_USER, SSL_GROUP, SSL_CHROOT).  value must outlive options.  -1 with a
 * complaint for a value that cannot be.
 */
int options_from_rule(struct options *, const char *name, const char *value,
    struct complaint *);

/*
 * Is it a variable of options.def?  Such never reach the application.
 */
bool options_is_variable(const char *name);

/*
 * The certificates and keys that are named, from whichever source.  Their
 * number; 0: none.  Once the rules have been asked.
 */
size_t options_pairs(const struct options *, struct pair_files[PAIRS_MAX]);

/*
 * Once the rules have been asked: -1 with a complaint where one named a key or
 * a chain and no certificate, and there are several.
 */
int options_check_pairs(const struct options *, struct complaint *);

/*
 * What counts where nobody says anything, or NULL.
 */
const char *options_preset(enum option_id);

/*
 * -1 with a complaint where one of the words of options.def is wanted and
 * another was given.  For options_parse, and once more for a rule's.
 */
int options_check_choices(const struct options *, struct complaint *);

/*
 * The long name, without its hyphens; NULL if it has only a letter.
 */
const char *options_name(enum option_id);

/*
 * How certificates are written.
 */
enum env_format options_env_format(const struct options *);

/*
 * Does a program run in clear until the client asks for TLS?  Once the rules
 * have been asked.
 */
bool options_starttls_optional(const struct options *);

/*
 * True if a flag is set.
 */
bool options_flag(const struct options *, enum option_id);

#endif

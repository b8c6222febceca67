/* SPDX-License-Identifier: ISC */
/*
 * options.c - the command line, and what all options come to.
 *
 * Runs in:  the process before it forks.
 * Trusts:   whoever wrote the command line; checks every value all the same.
 */
#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "env.h"
#include "exit.h"

#ifndef SHIM_VERSION
#error "the Makefile defines SHIM_VERSION"
#endif

static const struct option_row {
	const char *name, *argument, *preset;
} rows[OPTION_COUNT] = {
#define OPT(id, name, variables, argument, preset, help)                       \
	[OPTION_##id] = { name, argument, preset },
#include "options.def"
};

static const struct letter_row {
	char letter;
	enum option_id id;
	const char *value;
} letters[] = {
#define LETTER(letter, id, value) { letter, OPTION_##id, value },
#include "options.def"
};

enum { LETTERS = sizeof(letters) / sizeof(letters[0]), LONG_BASE = 256 };

/* ------------------------------------------------------------- values */

static unsigned int
parse_seconds(enum option_id id, const char *text)
{
	char *end;
	unsigned long seconds;

	seconds = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || seconds == 0 ||
	    seconds > INT_MAX / 1000)
		fatalx(EXIT_USAGE,
		    "--%s: %s: not a number of seconds from 1 "
		    "to %d",
		    rows[id].name, text, INT_MAX / 1000);
	return ((unsigned int)seconds * 1000);
}

/*
 * 0 to 2 are the connection's and the log's.
 */
static int
parse_fd(enum option_id id, const char *text)
{
	char *end;
	unsigned long fd;

	if (text == NULL)
		return (-1);
	fd = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || fd < 3 ||
	    fd > INT_MAX)
		fatalx(EXIT_USAGE, "--%s: %s: not a descriptor from 3 on",
		    rows[id].name, text);
	return ((int)fd);
}

/*
 * Is the text one of the row's "a|b|c"?
 */
static int
check_choice(const struct options *o, enum option_id id, struct complaint *c)
{
	const char *at = rows[id].argument, *text = o->text[id];
	size_t len;

	while (*at != '\0') {
		len = strcspn(at, "|");
		if (strlen(text) == len && memcmp(text, at, len) == 0)
			return (0);
		at += len + (at[len] == '|');
	}
	return (complain(c, "--%s: %s: want one of %s", rows[id].name, text,
	    rows[id].argument));
}

/*
 * In options.def words to choose from are divided by "|", and what stands for
 * something else is in capitals.
 */
static bool
is_choice(const char *argument)
{
	return (argument != NULL && strchr(argument, '|') != NULL &&
	    strpbrk(argument, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
}

int
options_check_choices(const struct options *o, struct complaint *c)
{
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (o->text[i] != NULL && is_choice(rows[i].argument) &&
		    check_choice(o, (enum option_id)i, c) == -1)
			return (-1);
	return (0);
}

static unsigned int
export_set(const char *name, size_t len)
{
	static const struct {
		const char *name;
		unsigned int set;
	} sets[] = { { "tcp", ENV_TCP }, { "tls", ENV_TLS },
		{ "certs", ENV_CERTS } };
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (strlen(sets[i].name) == len &&
		    memcmp(sets[i].name, name, len) == 0)
			return (sets[i].set);
	fatalx(EXIT_USAGE, "--export: %.*s: want a list of tcp, tls, certs",
	    (int)len, name);
}

static void
parse_export(struct options *o, const char *text)
{
	size_t len;

	if (*text == '+') {
		o->exports |= export_set(text + 1, strlen(text + 1));
		return;
	}
	if (*text == '-') {
		o->exports &= ~export_set(text + 1, strlen(text + 1));
		return;
	}
	o->exports = 0;
	while (*text != '\0') {
		len = strcspn(text, ",");
		o->exports |= export_set(text, len);
		text += len + (text[len] == ',');
	}
}

/*
 * The field of a pair that an option fills, or NULL.
 */
static const char **
field_of(struct pair_files *pair, enum option_id id)
{
	if (id == OPTION_CERT)
		return (&pair->cert);
	if (id == OPTION_KEY)
		return (&pair->key);
	return (id == OPTION_CHAIN ? &pair->chain : NULL);
}

/*
 * --cert A --key A --cert B: an option that the pair at hand has already
 * begins the next.
 */
static void
add_to_pair(struct options *o, enum option_id id, const char *value)
{
	size_t n = o->given_pair_count;
	struct pair_files *pair = n == 0 ? NULL : &o->given_pairs[n - 1];

	if (pair == NULL || *field_of(pair, id) != NULL) {
		if (n == PAIRS_MAX)
			fatalx(EXIT_USAGE, "--%s: %s: more than %d pairs",
			    rows[id].name, value, PAIRS_MAX);
		pair = &o->given_pairs[o->given_pair_count++];
	}
	*field_of(pair, id) = value;
}

/*
 * Two options that are one's yes and no: the later wins.
 */
static enum option_id
opposite_of(enum option_id id)
{
	static const enum option_id pairs[][2] = {
		{ OPTION_STAPLE, OPTION_NO_STAPLE },
		{ OPTION_LOOKUP_HOST, OPTION_NO_LOOKUP_HOST },
		{ OPTION_LOOKUP_PARANOID, OPTION_NO_LOOKUP_PARANOID },
		{ OPTION_IDENT, OPTION_NO_IDENT },
	};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][0] == id || pairs[i][1] == id)
			return (pairs[i][pairs[i][0] == id]);
	return (OPTION_COUNT);
}

static void
set_option(struct options *o, enum option_id id, const char *value)
{
	if (id == OPTION_HELP) {
		options_help();
		exit(EXIT_OK);
	}
	if (id == OPTION_VERSION) {
		/* it may be linked in, and older than the host's */
		printf("tlsshim %s\n%s\n", SHIM_VERSION,
		    OpenSSL_version(OPENSSL_VERSION));
		exit(EXIT_OK);
	}
	if (id == OPTION_CERT || id == OPTION_KEY || id == OPTION_CHAIN)
		add_to_pair(o, id, value);
	if (id == OPTION_EXPORT)
		parse_export(o, value);
	else
		o->text[id] = value;
	if (opposite_of(id) != OPTION_COUNT)
		o->text[opposite_of(id)] = "no";
	o->given[id] = true;
}

/* -------------------------------------------------------- command line */

/*
 * getopt_long(3) takes abbreviations; a run script must not depend on which
 * options exist today.
 */
static void
refuse_abbreviation(const char *typed, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(typed, "--", 2) == 0 &&
	    (strncmp(typed + 2, name, len) != 0 ||
		(typed[2 + len] != '\0' && typed[2 + len] != '=')))
		fatalx(EXIT_USAGE,
		    "option: %s: unknown; tlsshim --help lists "
		    "them",
		    typed);
}

static void
handle(struct options *o, int found, const char *typed)
{
	size_t i;

	if (found >= LONG_BASE) {
		enum option_id id = (enum option_id)(found - LONG_BASE);

		refuse_abbreviation(typed, rows[id].name);
		set_option(o, id, rows[id].argument == NULL ? "yes" : optarg);
		return;
	}
	for (i = 0; i < LETTERS; i++)
		if (letters[i].letter == found) {
			set_option(o, letters[i].id,
			    letters[i].value == NULL ? optarg :
						       letters[i].value);
			return;
		}
	if (found == ':')
		fatalx(EXIT_USAGE, "option: %s: needs an argument", typed);
	if (optopt != 0 && optopt < LONG_BASE)
		fatalx(EXIT_USAGE,
		    "option: -%c: unknown; tlsshim --help lists "
		    "them",
		    optopt);
	if (optopt >= LONG_BASE)
		fatalx(EXIT_USAGE, "option: %s: takes no argument", typed);
	fatalx(EXIT_USAGE, "option: %s: unknown; tlsshim --help lists them",
	    typed);
}

static void
parse_arguments(struct options *o, int argc, char *const argv[])
{
	struct option longs[OPTION_COUNT + 1];
	char shorts[2 * LETTERS + 3] = "+:";
	size_t i, n = 0, at = 2;
	int found, word;

	for (i = 0; i < OPTION_COUNT; i++)
		if (rows[i].name != NULL)
			longs[n++] = (struct option){ rows[i].name,
				rows[i].argument == NULL ? no_argument :
							   required_argument,
				NULL, LONG_BASE + (int)i };
	memset(&longs[n], 0, sizeof(longs[n]));
	for (i = 0; i < LETTERS; i++) {
		shorts[at++] = letters[i].letter;
		if (letters[i].value == NULL)
			shorts[at++] = ':';
	}
	shorts[at] = '\0';

	opterr = 0;
	for (;;) {
		word = optind;
		found = getopt_long(argc, argv, shorts, longs, NULL);
		if (found == -1)
			break;
		handle(o, found, argv[word]);
	}
	if (argv[optind] == NULL && !options_flag(o, OPTION_CHECK))
		fatalx(EXIT_USAGE,
		    "program: none: usage: tlsshim [options] "
		    "[--] program [argument ...]");
	o->program = argv + optind;
}

/* ------------------------------------------------------------- judgement */

static int
level_of(const struct options *o)
{
	const char *verbose = o->text[OPTION_VERBOSE];

	if (options_flag(o, OPTION_QUIET))
		return (LOG_ERR);
	if (verbose == NULL)
		return (LOG_NOTICE);
	return (strcmp(verbose, "debug") == 0 ? LOG_DEBUG : LOG_INFO);
}

static enum log_format
log_format_of(const struct options *o)
{
	static const struct {
		const char *name;
		enum log_format format;
	} formats[] = { { "kv", LOG_FORMAT_KV }, { "json", LOG_FORMAT_JSON },
		{ "journal", LOG_FORMAT_JOURNAL },
		{ "syslog", LOG_FORMAT_SYSLOG } };
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, o->text[OPTION_LOG]) == 0)
			return (formats[i].format);
	return (LOG_FORMAT_AUTO);
}

/*
 * Of several, each has its certificate; of one it may be CERTFILE's.
 */
static void
check_pairs(const struct options *o)
{
	const struct pair_files *pair;
	size_t i;

	for (i = 0; o->given_pair_count > 1 && i < o->given_pair_count; i++) {
		pair = &o->given_pairs[i];
		if (pair->cert == NULL)
			fatalx(EXIT_USAGE, "--%s: %s: without its --cert",
			    pair->key == NULL ? "chain" : "key",
			    pair->key == NULL ? pair->chain : pair->key);
	}
}

/*
 * STARTTLS_MODE may be there for other services; who types the option means
 * this one.
 */
static enum starttls
parse_starttls(const struct options *o)
{
	const char *word = o->text[OPTION_STARTTLS];
	enum starttls starttls = starttls_find(word);
	char words[STARTTLS_WORDS_MAX];

	if (starttls == STARTTLS_COUNT)
		fatalx(EXIT_USAGE, "--starttls: %s: want one of %s", word,
		    starttls_words(words));
	if (starttls_kind(starttls) != STARTTLS_UNAWARE &&
	    o->given[OPTION_STARTTLS_MODE])
		fatalx(EXIT_USAGE,
		    "--starttls-mode: %s: with --starttls %s there is no "
		    "choice: leave it out",
		    o->text[OPTION_STARTTLS_MODE], word);
	if (starttls_kind(starttls) == STARTTLS_AWARE &&
	    o->text[OPTION_USER_FROM] != NULL)
		fatalx(EXIT_USAGE,
		    "--user-from: %s: with --starttls %s the program runs "
		    "before there is a certificate: name its account with "
		    "--user",
		    o->text[OPTION_USER_FROM], word);
	return (starttls);
}

/*
 * Who begins in clear greets in clear; inside TLS that would be heard as an
 * answer.
 */
static void
check_banner(const struct options *o)
{
	const char *banner = o->text[OPTION_BANNER];

	if (banner == NULL)
		return;
	if (o->starttls != STARTTLS_NONE)
		fatalx(EXIT_USAGE,
		    "--banner: %s: with --starttls %s the greeting is the "
		    "protocol's: leave it out",
		    banner, o->text[OPTION_STARTTLS]);
	if (strlen(banner) > BANNER_MAX)
		fatalx(EXIT_USAGE, "--banner: longer than %d bytes",
		    BANNER_MAX);
}

void
options_parse(struct options *o, int argc, char *const argv[])
{
	struct complaint complaint;
	size_t i;

	memset(o, 0, sizeof(*o));
	o->exports = ENV_TCP | ENV_TLS;
	parse_arguments(o, argc, argv);
	options_from_environment(o);
	for (i = 0; i < OPTION_COUNT; i++)
		if (o->text[i] == NULL)
			o->text[i] = rows[i].preset;

	check_pairs(o);
	if (options_flag(o, OPTION_JSON) && !options_flag(o, OPTION_CHECK))
		fatalx(EXIT_USAGE, "--json: only with --check");
	if (options_check_choices(o, &complaint) == -1)
		fatalx(EXIT_USAGE, "%s", complaint.text);
	o->log_format = log_format_of(o);
	o->log_level = level_of(o);
	o->handshake_ms = parse_seconds(OPTION_HANDSHAKE_TIMEOUT,
	    o->text[OPTION_HANDSHAKE_TIMEOUT]);
	o->idle_ms = parse_seconds(OPTION_IDLE_TIMEOUT,
	    o->text[OPTION_IDLE_TIMEOUT]);
	o->close_ms = parse_seconds(OPTION_CLOSE_TIMEOUT,
	    o->text[OPTION_CLOSE_TIMEOUT]);
	o->ident_ms = parse_seconds(OPTION_IDENT_TIMEOUT,
	    o->text[OPTION_IDENT_TIMEOUT]);
	o->key_password_fd = parse_fd(OPTION_KEY_PASSWORD_FD,
	    o->text[OPTION_KEY_PASSWORD_FD]);
	o->starttls = parse_starttls(o);
	check_banner(o);
}

size_t
options_pairs(const struct options *o, struct pair_files pairs[PAIRS_MAX])
{
	size_t n = o->from_rule[OPTION_CERT] ? 0 : o->given_pair_count;

	if (n > 1) {
		memcpy(pairs, o->given_pairs, n * sizeof(pairs[0]));
		return (n);
	}
	/* the last word on each of the three, whose it may be */
	pairs[0] = (struct pair_files){
		.cert = o->text[OPTION_CERT],
		.key = o->text[OPTION_KEY],
		.chain = o->text[OPTION_CHAIN],
	};
	/* sslserver(1): CERTCHAINFILE alone has the leaf as well */
	if (pairs[0].cert == NULL) {
		pairs[0].cert = pairs[0].chain;
		pairs[0].chain = NULL;
	}
	return (pairs[0].cert == NULL ? 0 : 1);
}

int
options_check_pairs(const struct options *o, struct complaint *c)
{
	static const enum option_id parts[] = { OPTION_KEY, OPTION_CHAIN };
	size_t i;

	if (o->given_pair_count < 2 || o->from_rule[OPTION_CERT])
		return (0);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (o->from_rule[parts[i]] && o->text[parts[i]] != NULL)
			return (complain(c,
			    "%s: of which of several pairs: set CERTFILE, too",
			    parts[i] == OPTION_KEY ? "KEYFILE" :
						     "CERTCHAINFILE"));
	return (0);
}

const char *
options_preset(enum option_id id)
{
	return (rows[id].preset);
}

const char *
options_name(enum option_id id)
{
	return (rows[id].name);
}

enum env_format
options_env_format(const struct options *o)
{
	return (strcmp(o->text[OPTION_ENV_FORMAT], "ucspi-ssl") == 0 ?
		ENV_UCSPI_SSL :
		ENV_MOD_SSL);
}

bool
options_starttls_optional(const struct options *o)
{
	return (starttls_kind(o->starttls) == STARTTLS_UNAWARE &&
	    strcmp(o->text[OPTION_STARTTLS_MODE], "optional") == 0);
}

bool
options_flag(const struct options *o, enum option_id id)
{
	const char *text = o->text[id];

	return (text != NULL && strcmp(text, "no") != 0);
}

/* SPDX-License-Identifier: ISC */
/*
 * check.c - read everything as a connection would, and judge it.
 *
 * Runs in:  a process of its own, with the rights of SSL_USER.
 * Trusts:   the administrator's files, as the KEEPER does.
 */
#include "check.h"

#include <errno.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "client.h"
#include "complaint.h"
#include "denied.h"
#include "log.h"
#include "options.h"
#include "pair.h"
#include "policy.h"
#include "report.h"
#include "rights.h"
#include "rules.h"
#include "ticket_keys.h"
#include "trust.h"
#include "user_from.h"

/* whom log.c hands warnings to has no place for a pointer of ours */
static struct report *current;

static void
take_warning(const char *message)
{
	report(current, "warning", "%s", message);
}

const char *
check_name(const X509_NAME *name, char text[CHECK_TEXT_MAX])
{
	BIO *out = BIO_new(BIO_s_mem());
	int len;

	X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
	len = BIO_read(out, text, CHECK_TEXT_MAX - 1);
	text[len > 0 ? len : 0] = '\0';
	BIO_free(out);
	return (text);
}

bool
check_access(struct report *r, const char *what, const char *path)
{
	struct complaint complaint;

	/* read with other rights: who opens it says what is wrong */
	if (rights_is_credential(path) || denied(&complaint, what, path) == 0)
		return (true);
	report(r, "fault", "%s", complaint.text);
	return (false);
}

/* --------------------------------------------------------------- account */

static void
check_account(struct report *r, const struct accounts *a)
{
	const struct passwd *pw = getpwuid(geteuid());

	report_section(r, "account", pw == NULL ? "?" : pw->pw_name);
	report(r, "uid", "%u", geteuid());
	if (!a->root)
		report(r, "warning",
		    "started without root: files are judged with the rights "
		    "of this account, not with SSL_USER's");
}

/* ---------------------------------------------------------- certificates */

static void
check_pairs(struct report *r, const struct options *o,
    const struct policy *policy)
{
	struct pair_files pairs[PAIRS_MAX];
	size_t n = options_pairs(o, pairs), i;

	struct check_use use = { .alone = n == 1, .policy = policy };

	for (i = 0; i < n; i++)
		check_pair(r, &pairs[i], &use);
	if (o->text[OPTION_CERT_DIR] != NULL)
		check_dir(r, o->text[OPTION_CERT_DIR], policy);
	if (n > 0 || o->text[OPTION_CERT_DIR] != NULL)
		return;
	report_section(r, "certificate", "");
	report(r, o->text[OPTION_RULES] == NULL ? "fault" : "warning",
	    "certificate: none%s: name one with --cert, CERTFILE or "
	    "--cert-dir",
	    o->text[OPTION_RULES] == NULL ? "" : " but what rules name");
}

/* --------------------------------------------------------------- tickets */

static void
check_ticket_keys(struct report *r, const struct options *o)
{
	const char *file = o->text[OPTION_TICKET_KEYS];
	struct complaint complaint;
	struct ticket_keys keys;

	if (file == NULL || options_flag(o, OPTION_NO_TICKETS))
		return;
	report_section(r, "ticket-keys", file);
	if (!check_access(r, "ticket keys", file))
		return;
	if (ticket_keys_read(&keys, file, &complaint) == -1) {
		report(r, "fault", "%s", complaint.text);
		return;
	}
	report(r, "keys", "%zu", keys.count);
	ticket_keys_wipe(&keys);
}

/* ----------------------------------------------------------------- rules */

struct rules_check {
	struct report *report;
	const struct options *options;
	const struct accounts *accounts;
	size_t count;
	bool lets_in;	  /* some rule does */
	bool catches_all; /* some rule matches everybody */
};

/*
 * A key as it would stand in the source: of the catch-all the colon.  NULL:
 * no rule at all.
 */
static const char *
key_text(const struct rules_hit *hit)
{
	if (hit == NULL)
		return ("whom none matches");
	return (hit->key_len == 0 ? ":" : hit->key);
}

static void
rule_fault(const struct rules_check *c, const struct rules_hit *hit,
    const struct complaint *complaint)
{
	report(c->report, "fault", "rules: %s: %s", key_text(hit),
	    complaint->text);
}

static int
judge_files(const struct pair_files *files, struct complaint *c)
{
	struct pair pair;
	int result = pair_read(&pair, files, c);

	if (result == 0)
		result = pair_read_key(&pair, c);
	pair_free(&pair);
	return (result);
}

/*
 * What the rule has changed of them; all else has a section of its own.
 */
static int
judge_pairs(const struct rules_check *c, const struct rules_hit *hit,
    const struct options *o, struct complaint *complaint)
{
	const char *dir = o->text[OPTION_CERT_DIR];
	struct pair_files pairs[PAIRS_MAX];
	size_t n = options_pairs(o, pairs), i;

	if (options_check_pairs(o, complaint) == -1)
		return (-1);
	if (n == 0 && dir == NULL)
		return (complain(complaint, "certificate: none"));
	if (o->from_rule[OPTION_CERT_DIR] && dir != NULL &&
	    rights_look(dir) != RIGHTS_DIRECTORY)
		return (complain(complaint, "--cert-dir: %s: no such directory",
		    dir));
	if (!o->from_rule[OPTION_CERT] && !o->from_rule[OPTION_KEY] &&
	    !o->from_rule[OPTION_CHAIN])
		return (0);
	for (i = 0; i < n; i++) {
		report(c->report, "certificate", "%s: %s", key_text(hit),
		    pairs[i].cert);
		if (judge_files(&pairs[i], complaint) == -1)
			return (-1);
	}
	return (0);
}

static int
judge_client(const struct rules_check *c, const struct options *o,
    struct complaint *complaint)
{
	static const enum option_id ours[] = { OPTION_CLIENT_CERT, OPTION_CA,
		OPTION_CA_DIR, OPTION_CLIENT_CA, OPTION_CRL };
	struct client_policy client;
	struct trust trust = { 0 };
	bool changed = false;
	int result;
	size_t i;

	if (client_from_options(&client, o, complaint) == -1 ||
	    user_from_possible(c->accounts, o, &client, complaint) == -1)
		return (-1);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		changed = changed || o->from_rule[ours[i]];
	if (client.mode == CLIENT_NONE || !changed)
		return (0);
	result = trust_read(&trust, &client, o, complaint);
	trust_forget(&trust);
	return (result);
}

static int
judge_tickets(const struct options *o, struct complaint *complaint)
{
	const char *file = o->text[OPTION_TICKET_KEYS];
	struct ticket_keys keys;

	if (!o->from_rule[OPTION_TICKET_KEYS] || file == NULL)
		return (0);
	if (ticket_keys_read(&keys, file, complaint) == -1)
		return (-1);
	ticket_keys_wipe(&keys);
	return (0);
}

static bool
is_changed(const struct options *o)
{
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (o->from_rule[i])
			return (true);
	return (false);
}

/*
 * A connection ends over the first of them.
 */
static void
judge_rule(const struct rules_check *c, const struct rules_hit *hit,
    const struct options *o)
{
	struct complaint complaint;
	struct policy policy;

	if ((is_changed(o) &&
		policy_from_options(&policy, o, &complaint) == -1) ||
	    judge_pairs(c, hit, o, &complaint) == -1 ||
	    judge_client(c, o, &complaint) == -1 ||
	    judge_tickets(o, &complaint) == -1)
		rule_fault(c, hit, &complaint);
}

/*
 * Whom no rule matches gets what the command line says alone.
 */
static void
judge_default(const struct rules_check *c)
{
	struct complaint complaint;

	if (strcmp(c->options->text[OPTION_DEFAULT], "allow") == 0 &&
	    (judge_pairs(c, NULL, c->options, &complaint) == -1 ||
		judge_client(c, c->options, &complaint) == -1))
		rule_fault(c, NULL, &complaint);
}

/*
 * Take what the rule says into *o.  False if no connection would go on.
 */
static bool
take_settings(const struct rules_check *c, struct rules_hit *hit,
    struct options *o)
{
	struct env *env = env_new(o->exports, options_env_format(o));
	struct complaint complaint;
	const char *name, *value;
	size_t at = 0;
	int taken = 0;

	while (taken != -1 && rules_setting(hit, &at, &name, &value)) {
		taken = options_from_rule(o, name, value, &complaint);
		if (taken == 0 &&
		    (options_is_variable(name) ||
			env_rule(env, name, value) == -1))
			report(c->report, "warning",
			    "rules: %s: %s: a rule cannot set it",
			    key_text(hit), name);
	}
	env_free(env);
	if (taken == -1)
		rule_fault(c, hit, &complaint);
	return (taken != -1);
}

static void
check_rule(struct rules_hit *hit, void *argument)
{
	struct rules_check *c = argument;
	struct options o = *c->options;

	c->count++;
	c->catches_all = c->catches_all || hit->key_len == 0;
	if (hit->answer == RULES_BROKEN)
		report(c->report, "fault", "rules: %s: %s", key_text(hit),
		    hit->why == NULL ? strerror(errno) : hit->why);
	if (hit->answer != RULES_ALLOW)
		return;
	c->lets_in = true;
	if (take_settings(c, hit, &o))
		judge_rule(c, hit, &o);
}

static void
check_rules(struct report *r, const struct options *o, const struct accounts *a)
{
	const char *file = o->text[OPTION_RULES];
	struct rules_check c = { .report = r, .options = o, .accounts = a };
	struct rules_hit hit;

	if (file == NULL)
		return;
	report_section(r, "rules", file);
	if (!check_access(r, "rules", file))
		return;
	switch (rules_each(&hit, file, check_rule, &c)) {
	case RULES_ABSENT:
		report(r,
		    options_flag(o, OPTION_RULES_OPTIONAL) ? "warning" :
							     "fault",
		    "rules: %s: does not exist (-X lets peers in without it)",
		    file);
		judge_default(&c);
		return;
	case RULES_BROKEN:
		report(r, "fault", "rules: %s: %s: make it again", file,
		    hit.why == NULL ? strerror(errno) : hit.why);
		return;
	default:
		break;
	}
	report(r, "rules", "%zu", c.count);
	if (!c.catches_all)
		judge_default(&c);
	if (!c.lets_in && strcmp(o->text[OPTION_DEFAULT], "allow") != 0)
		report(r, "warning",
		    "rules: %s: no rule lets anybody in, nor does --default",
		    file);
}

/* ------------------------------------------------------------------- run */

int
check_run(struct options *o, const struct accounts *accounts)
{
	struct report *r = report_new(options_flag(o, OPTION_JSON));
	struct policy policy;
	bool usable;

	rights_lower(accounts);
	current = r;
	check_account(r, accounts);
	log_divert(take_warning);
	usable = check_policy(r, o, &policy);
	check_pairs(r, o, usable ? &policy : NULL);
	check_client(r, o, accounts);
	check_ticket_keys(r, o);
	check_rules(r, o, accounts);
	return (report_end(r) == 0 ? EXIT_OK : EXIT_USAGE);
}

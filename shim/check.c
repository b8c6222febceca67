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
#include "complaint.h"
#include "denied.h"
#include "log.h"
#include "options.h"
#include "pair.h"
#include "report.h"
#include "rights.h"
#include "rules.h"
#include "ticket_keys.h"

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

	if (denied(&complaint, what, path) == 0)
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
check_pairs(struct report *r, const struct options *o)
{
	struct pair_files pairs[PAIRS_MAX];
	size_t n = options_pairs(o, pairs), i;

	for (i = 0; i < n; i++)
		check_pair(r, &pairs[i], NULL);
	if (o->text[OPTION_CERT_DIR] != NULL)
		check_dir(r, o->text[OPTION_CERT_DIR]);
	if (n > 0 || o->text[OPTION_CERT_DIR] != NULL)
		return;
	report_section(r, "certificate", "");
	report(r, "fault",
	    "certificate: none: name one with --cert, CERTFILE or "
	    "--cert-dir");
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
	if (keys.count == 1)
		report(r, "warning",
		    "ticket keys: %s: one key: when it is replaced, no "
		    "session of before is resumed; keep the one before it",
		    file);
	ticket_keys_wipe(&keys);
}

/* ----------------------------------------------------------------- rules */

struct rules_check {
	struct report *report;
	const struct options *options;
	size_t count;
	bool lets_in; /* some rule does */
};

/*
 * A key as it would stand in the source: of the catch-all the colon.
 */
static const char *
key_text(const struct rules_hit *hit)
{
	return (hit->key_len == 0 ? ":" : hit->key);
}

static void
check_rule_pair(const struct rules_check *c, const struct rules_hit *hit,
    struct options *o)
{
	struct pair_files pairs[PAIRS_MAX];

	if (!o->from_rule[OPTION_CERT] || options_pairs(o, pairs) == 0)
		return;
	report(c->report, "certificate", "%s: %s", key_text(hit),
	    pairs[0].cert);
	check_access(c->report, "certificate", pairs[0].cert);
	if (pairs[0].key != NULL)
		check_access(c->report, "key", pairs[0].key);
}

static void
check_rule(struct rules_hit *hit, void *argument)
{
	struct rules_check *c = argument;
	struct options o = *c->options;
	const char *name, *value;
	size_t at = 0;

	c->count++;
	if (hit->answer == RULES_BROKEN)
		report(c->report, "fault", "rules: %s: %s", key_text(hit),
		    hit->why == NULL ? strerror(errno) : hit->why);
	c->lets_in = c->lets_in || hit->answer == RULES_ALLOW;
	while (rules_setting(hit, &at, &name, &value))
		if (!options_from_rule(&o, name, value) &&
		    options_is_variable(name))
			report(c->report, "warning",
			    "rules: %s: %s: a rule cannot set it",
			    key_text(hit), name);
	check_rule_pair(c, hit, &o);
}

static void
check_rules(struct report *r, const struct options *o)
{
	const char *file = o->text[OPTION_RULES];
	struct rules_check c = { .report = r, .options = o };
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
		return;
	case RULES_BROKEN:
		report(r, "fault", "rules: %s: %s: make it again", file,
		    hit.why == NULL ? strerror(errno) : hit.why);
		return;
	default:
		break;
	}
	report(r, "rules", "%zu", c.count);
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

	rights_lower(accounts);
	current = r;
	check_account(r, accounts);
	log_divert(take_warning);
	check_policy(r, o);
	check_pairs(r, o);
	check_client(r, o);
	check_ticket_keys(r, o);
	check_rules(r, o);
	return (report_end(r) == 0 ? EXIT_OK : EXIT_USAGE);
}

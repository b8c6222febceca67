/* SPDX-License-Identifier: ISC */
/*
 * check_rules.c - every rule, judged as its connections would.
 *
 * Runs in:  --check, with the rights of SSL_USER.
 * Trusts:   the administrator's files, as the KEEPER does.
 */
#include <errno.h>
#include <string.h>

#include "account.h"
#include "app_choice.h"
#include "check.h"
#include "client.h"
#include "complaint.h"
#include "options.h"
#include "pair.h"
#include "policy.h"
#include "report.h"
#include "rights.h"
#include "rules.h"
#include "rules_proof.h"
#include "ticket_keys.h"
#include "trust.h"
#include "user_from.h"

/*
 * A setting, and what it changes.
 */
struct setting {
	const char *name, *value;
	struct options *options;
	struct accounts *accounts;
};

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
 * A setting that configures no TLS: into nothing, or into *o and *a.
 */
static int
take_setting(const struct rules_check *c, const struct rules_hit *hit,
    const struct setting *s, struct complaint *complaint)
{
	struct account_login login = { 0 };
	struct env *env;

	if (app_choice_is(s->name))
		return (app_choice(s->options, s->accounts, &login, s->name,
		    s->value, complaint));
	env = env_new(0, ENV_MOD_SSL);
	if (rules_is_limit(s->name))
		report(c->report, "warning",
		    "rules: %s: %s: not kept: a connection has a process of "
		    "its own, and limits are for who accepts several",
		    key_text(hit), s->name);
	else if (options_is_variable(s->name) ||
	    env_rule(env, s->name, s->value) == -1)
		report(c->report, "warning",
		    "rules: %s: %s: a rule cannot set it", key_text(hit),
		    s->name);
	env_free(env);
	return (0);
}

/*
 * What is asked for behind the handshake comes too late for some settings.
 */
static int
take_configuration(const struct rules_hit *hit, const struct setting *s,
    struct complaint *complaint)
{
	bool proof = rules_key_is_proof(hit->key, hit->key_len);

	if (!proof)
		return (options_from_rule(s->options, s->name, s->value,
		    complaint));
	if (options_is_variable(s->name))
		return (complain(complaint,
		    "%s: counts before the handshake only: put it into a rule "
		    "by address",
		    s->name));
	if (app_choice_is(s->name) &&
	    starttls_kind(s->options->starttls) == STARTTLS_AWARE)
		return (complain(complaint,
		    "%s: the program runs already: put it into a rule by "
		    "address",
		    s->name));
	return (0);
}

/*
 * Take what the rule says into *o and *a.  False if no connection would go
 * on.
 */
static bool
take_settings(const struct rules_check *c, struct rules_hit *hit,
    struct options *o, struct accounts *a)
{
	struct setting s = { .options = o, .accounts = a };
	struct complaint complaint;
	size_t at = 0;
	int taken = 0;

	while (taken != -1 && rules_setting(hit, &at, &s.name, &s.value)) {
		taken = take_configuration(hit, &s, &complaint);
		if (taken == 0)
			taken = take_setting(c, hit, &s, &complaint);
	}
	if (taken == -1)
		rule_fault(c, hit, &complaint);
	return (taken != -1);
}

static void
check_rule(struct rules_hit *hit, void *argument)
{
	struct rules_check *c = argument, one = *c;
	struct options o = *c->options;
	struct accounts a = *c->accounts;
	bool proof = rules_key_is_proof(hit->key, hit->key_len);

	c->count++;
	c->catches_all = c->catches_all || hit->key_len == 0;
	if (hit->answer == RULES_BROKEN)
		report(c->report, "fault", "rules: %s: %s", key_text(hit),
		    hit->why == NULL ? strerror(errno) : hit->why);
	if (hit->answer != RULES_ALLOW)
		return;
	/* who comes as far as that is let in already */
	c->lets_in = c->lets_in || !proof;
	one.accounts = &a;
	if (take_settings(c, hit, &o, &a) && !proof)
		judge_rule(&one, hit, &o);
}

void
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

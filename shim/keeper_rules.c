/* SPDX-License-Identifier: ISC */
/*
 * keeper_rules.c - may this peer come in, and on what terms?
 *
 * Runs in:  KEEPER (SSL_USER), before a byte of the peer is read.
 * Trusts:   the administrator's rules.
 * Refuses:  whoever they do not let in, and everybody where they are broken.
 */
#include <string.h>
#include <unistd.h>

#include "keeper_local.h"
#include "log.h"
#include "user_from.h"

static void
apply_setting(struct keeper *k, const char *name, const char *value)
{
	int taken = options_from_rule(&k->connection->options, name, value,
	    &k->complaint);

	keeper_must(k, taken);
	if (taken == 1)
		return;
	if (options_is_variable(name) || env_rule(k->env, name, value) == -1)
		log_warnx("rules: %s: %s: a rule cannot set it", k->hit.key,
		    name);
}

static bool
default_lets_in(const struct options *o)
{
	return (strcmp(o->text[OPTION_DEFAULT], "allow") == 0);
}

static bool
judge_hit(struct keeper *k, const char *file)
{
	const struct options *o = &k->connection->options;

	switch (k->hit.answer) {
	case RULES_ALLOW:
		return (true);
	case RULES_DENY:
		return (false);
	case RULES_NONE:
		return (default_lets_in(o));
	case RULES_ABSENT:
		if (options_flag(o, OPTION_RULES_OPTIONAL))
			return (true);
		fatalx(EXIT_SYSTEM,
		    "rules: %s: does not exist (-X lets peers "
		    "in without it)",
		    file);
	case RULES_BROKEN:
		break;
	}
	if (k->hit.why == NULL)
		fatal(EXIT_SYSTEM, "rules: %s", file);
	fatalx(EXIT_SYSTEM, "rules: %s: %s", file, k->hit.why);
}

const char *
keeper_rule(const struct keeper *k)
{
	if (k->hit.answer != RULES_ALLOW && k->hit.answer != RULES_DENY)
		return ("");
	return (k->hit.key_len == 0 ? ":" : k->hit.key);
}

static bool
ask_rules(struct keeper *k)
{
	const struct options *o = &k->connection->options;
	const char *file = o->text[OPTION_RULES], *name, *value;
	struct rules_subject subject = { .peer = &k->connection->peer };
	size_t at = 0;

	k->hit.answer = RULES_NONE;
	if (file == NULL)
		return (default_lets_in(o));
	rules_find(&k->hit, file,
	    strcmp(o->text[OPTION_MATCH], "longest") == 0 ? RULES_LONGEST :
							    RULES_CLASSIC,
	    &subject);
	if (!judge_hit(k, file))
		return (false);
	while (rules_setting(&k->hit, &at, &name, &value))
		apply_setting(k, name, value);
	return (true);
}

/*
 * The peer's name comes from its own DNS: that there is none is no fault of
 * ours, but nobody's certificate can match it.
 */
static bool
judge_client(struct keeper *k)
{
	const struct connection *c = k->connection;

	keeper_must(k,
	    client_from_options(&k->client, &c->options, &k->complaint));
	keeper_must(k,
	    user_from_possible(&c->accounts, &c->options, &k->client,
		&k->complaint));
	if (client_host(&k->client, &c->options, &c->peer, environ))
		return (true);
	log_errx("client certificate: TCPREMOTEHOST: no name of this peer "
		 "that it could be for: refused");
	return (false);
}

void
keeper_let_in(struct keeper *k)
{
	bool let_in = ask_rules(k) && judge_client(k);

	msg_begin(&k->msg, MSG_START);
	msg_put_u8(&k->msg, let_in);
	msg_put_string(&k->msg, keeper_rule(k));
	keeper_send(k);
	if (!let_in)
		_exit(EXIT_OK);
}

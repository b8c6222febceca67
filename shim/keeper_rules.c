/* SPDX-License-Identifier: ISC */
/*
 * keeper_rules.c - may this peer come in, and on what terms?
 *
 * Runs in:  KEEPER (SSL_USER), before a byte of the peer is read, but for a
 *           PROXY header.
 * Trusts:   the administrator's rules.
 * Refuses:  whoever they do not let in, and everybody where they are broken.
 */
#include <string.h>
#include <unistd.h>

#include "app_choice.h"
#include "keeper_local.h"
#include "log.h"
#include "user_from.h"

int
keeper_setting(struct keeper *k, struct env *env, const char *rule,
    const char *name, const char *value)
{
	struct connection *c = k->connection;
	struct account_login login = { 0 };

	if (app_choice_is(name)) {
		if (app_choice(&c->options, &c->accounts, &login, name, value,
			&k->complaint) == -1)
			return (-1);
		if (login.name != NULL)
			env_login(env, &login);
	} else if (rules_is_limit(name)) {
		log_warnx("rules: %s: %s: not kept: here is one connection, "
			  "and limits are for who accepts several",
		    rule, name);
	} else if (options_is_variable(name) ||
	    env_rule(env, name, value) == -1) {
		log_warnx("rules: %s: %s: a rule cannot set it", rule, name);
	}
	return (0);
}

static bool
take_settings(struct keeper *k)
{
	struct options *o = &k->connection->options;
	const char *name, *value;
	size_t at = 0;
	int taken;

	while (rules_setting(&k->hit, &at, &name, &value)) {
		taken = options_from_rule(o, name, value, &k->complaint);
		keeper_must(k, taken);
		if (taken == 1)
			continue;
		if (keeper_setting(k, k->env, k->hit.key, name, value) == -1) {
			log_errx("rules: %s: %s: denied", keeper_rule(k),
			    k->complaint.text);
			return (false);
		}
	}
	return (true);
}

bool
keeper_without_rules(struct keeper *k, const struct rules_hit *hit,
    const char *file)
{
	if (hit->answer == RULES_ABSENT &&
	    options_flag(&k->connection->options, OPTION_RULES_OPTIONAL))
		return (true);
	if (hit->answer == RULES_ABSENT)
		log_errx("rules: %s: does not exist (-X lets peers in without "
			 "it)",
		    file);
	else if (hit->why == NULL)
		log_err("rules: %s", file);
	else
		log_errx("rules: %s: %s", file, hit->why);
	keeper_leave(k, EXIT_SYSTEM);
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
	case RULES_BROKEN:
		break;
	}
	return (keeper_without_rules(k, &k->hit, file));
}

const char *
keeper_rule(const struct keeper *k)
{
	if (k->hit.answer != RULES_ALLOW && k->hit.answer != RULES_DENY)
		return ("");
	return (k->hit.key_len == 0 ? ":" : k->hit.key);
}

/*
 * False: whoever hit this rule, or none, is not let in.
 */
static bool
ask_rules(struct keeper *k)
{
	const struct options *o = &k->connection->options;
	const char *file = o->text[OPTION_RULES];
	struct rules_subject subject = {
		.peer = &k->connection->peer,
		.host = names_host_for_rules(&k->names),
		.info = names_info_for_rules(&k->names),
	};

	k->hit.answer = RULES_NONE;
	if (file == NULL)
		return (default_lets_in(o));
	rules_free(&k->hit);
	rules_find(&k->hit, file,
	    strcmp(o->text[OPTION_MATCH], "longest") == 0 ? RULES_LONGEST :
							    RULES_CLASSIC,
	    &subject);
	return (judge_hit(k, file));
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
	if (client_host(&k->client, &c->options, k->host))
		return (true);
	log_errx("client certificate: TCPREMOTEHOST: no name of this peer "
		 "that it could be for: refused");
	return (false);
}

/*
 * The rules are asked for the address that the kernel knows, and again when
 * there is more to ask for: a name, or whom a proxy conveys.  A proxy itself
 * is let in by its address alone.
 */
static bool
may_come_in(struct keeper *k)
{
	const struct connection *c = k->connection;
	bool let_in = ask_rules(k), proxied;
	enum proxy_mode mode = keeper_proxy_mode(k);

	proxied = mode != PROXY_OFF;
	if (proxied && !let_in)
		return (false);
	if (proxied)
		keeper_take_header(k, mode);
	env_peer(k->env, &c->peer, c->options.text[OPTION_LOCAL_NAME],
	    keeper_starter(k));
	keeper_names(k);
	if (proxied || names_host_for_rules(&k->names) != NULL ||
	    names_info_for_rules(&k->names) != NULL)
		let_in = ask_rules(k);
	return (let_in && take_settings(k) && judge_client(k));
}

void
keeper_let_in(struct keeper *k)
{
	bool let_in = may_come_in(k);

	msg_begin(&k->msg, MSG_START);
	msg_put_u8(&k->msg, let_in);
	msg_put_string(&k->msg, keeper_rule(k));
	keeper_send(k);
	if (!let_in)
		_exit(EXIT_OK);
}

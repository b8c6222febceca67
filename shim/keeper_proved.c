/* SPDX-License-Identifier: ISC */
/*
 * keeper_proved.c - may this peer go on, now that it is known who it is?
 *
 * Runs in:  KEEPER (SSL_USER), when the handshake is over.
 * Trusts:   the administrator's rules; of the facts, what fact.c let through.
 * Refuses:  whoever a rule denies, and whoever it lets in on terms that come
 *           too late.
 */
#include "app_choice.h"
#include "keeper_local.h"
#include "log.h"

/*
 * -1 with the complaint for what cannot be had any more: to let the peer in
 * without it might be to let it in.
 */
static int
check_setting(struct keeper *k, const char *name)
{
	if (options_is_variable(name))
		return (complain(&k->complaint,
		    "%s: counts before the handshake only: put it into a rule "
		    "by address",
		    name));
	if (app_choice_is(name) && k->early.pid != 0)
		return (complain(&k->complaint,
		    "%s: the program runs already: put it into a rule by "
		    "address",
		    name));
	return (0);
}

static bool
take_settings(struct keeper *k, struct env *env)
{
	const char *name, *value;
	size_t at = 0;

	while (rules_setting(&k->proved, &at, &name, &value)) {
		if (check_setting(k, name) == -1 ||
		    keeper_setting(k, env, k->proved.key, name, value) == -1) {
			log_errx("rules: %s: %s: denied", k->proved.key,
			    k->complaint.text);
			return (false);
		}
	}
	return (true);
}

static bool
judge(struct keeper *k, struct env *env, const char *file)
{
	switch (k->proved.answer) {
	case RULES_ALLOW:
		return (take_settings(k, env));
	case RULES_DENY:
		return (false);
	case RULES_NONE:
		return (true);
	case RULES_ABSENT:
	case RULES_BROKEN:
		break;
	}
	return (keeper_without_rules(k, &k->proved, file));
}

void
keeper_let_go_on(struct keeper *k, struct env *env)
{
	const char *file = k->connection->options.text[OPTION_RULES];
	bool let_in;

	if (!k->policy.judges)
		return;
	rules_find_proved(&k->proved, file, &k->facts);
	let_in = judge(k, env, file);
	msg_begin(&k->msg, MSG_VERDICT);
	msg_put_u8(&k->msg, let_in);
	msg_put_string(&k->msg, k->proved.key);
	keeper_send(k);
	if (let_in)
		return;
	ucspi_refuse(&k->ucspi, "denied");
	keeper_leave(k, EXIT_DENIED);
}

/* SPDX-License-Identifier: ISC */
/*
 * keeper_names.c - what both ends are called, before the rules are asked.
 *
 * Runs in:  KEEPER.
 * Trusts:   the starter's names, where we are not told to do without or to
 *           ask ourselves.
 */
#include <unistd.h>

#include "env.h"
#include "keeper_local.h"

/*
 * tcpserver -p: a name that its host's own name server does not know is none.
 */
static const char *
host_for_program(const struct names *n, const struct options *o)
{
	if (options_flag(o, OPTION_LOOKUP_PARANOID) && !n->confirmed)
		return (NULL);
	return (n->host);
}

static bool
is_off(const struct options *o, enum option_id id)
{
	return (o->text[id] != NULL && !options_flag(o, id));
}

void
keeper_names(struct keeper *k)
{
	const struct connection *c = k->connection;
	const struct options *o = &c->options;
	char *const *starter = keeper_starter(k);
	struct names_wanted w = names_wanted(o, &c->peer, c->conveyed);

	names_ask(&k->names, w, c);
	k->host = w.host		  ? names_host_for_rules(&k->names) :
	    is_off(o, OPTION_LOOKUP_HOST) ? NULL :
					    env_peer_host(&c->peer, starter);
	if (w.host || is_off(o, OPTION_LOOKUP_HOST))
		env_name(k->env, &c->peer, ENV_REMOTE_HOST,
		    host_for_program(&k->names, o));
	if (w.ident || is_off(o, OPTION_IDENT))
		env_name(k->env, &c->peer, ENV_REMOTE_INFO, k->names.info);
	if (w.local)
		env_name(k->env, &c->peer, ENV_LOCAL_HOST, k->names.local);
}

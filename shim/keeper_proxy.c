/* SPDX-License-Identifier: ISC */
/*
 * keeper_proxy.c - is it a proxy that is connected to us, and for whom?
 *
 * Runs in:  KEEPER (SSL_USER), before the peer may come in.
 * Trusts:   the kernel with who is connected; of a header, what a sender may
 *           say of whom the administrator wants one.
 * Refuses:  a header that NET was not asked for, and one of no form.
 */
#include <string.h>
#include <unistd.h>

#include "keeper_local.h"
#include "log.h"

enum proxy_mode
keeper_proxy_mode(struct keeper *k)
{
	struct options *o = &k->connection->options;
	const char *name, *value;
	size_t at = 0;

	/* all else in its rule is for a peer */
	while (rules_setting(&k->hit, &at, &name, &value))
		if (strcmp(name, "PROXY") == 0)
			keeper_must(k,
			    options_from_rule(o, name, value, &k->complaint));
	return (proxy_mode(o->text[OPTION_PROXY]));
}

/*
 * What it calls the connection is in its own log.
 */
static void
tell(const struct keeper *k, const struct proxy_header *h)
{
	const struct proxy_value *id = &h->value[PROXY_UNIQUE_ID];
	const struct peer *peer = &k->connection->peer;
	const struct peer *sender = &k->connection->sender;
	char of[ENDPOINT_TEXT_MAX], by[ENDPOINT_TEXT_MAX];

	log_info("proxy: %s: conveys %s%s%.*s",
	    endpoint_text(sender, &sender->remote, by),
	    endpoint_text(peer, &peer->remote, of),
	    id->bytes == NULL ? "" : ": unique id ", (int)id->len,
	    id->bytes == NULL ? "" : (const char *)id->bytes);
}

void
keeper_take_header(struct keeper *k, enum proxy_mode mode)
{
	struct connection *c = k->connection;
	struct proxy_header header;
	const char *why;

	msg_begin(&k->msg, MSG_HEADER);
	msg_put_u8(&k->msg, (uint8_t)mode);
	keeper_send(k);
	keeper_receive(k);
	if (k->msg.type != MSG_PEER)
		keeper_refuse(k, "not the one that was awaited");
	why = proxy_get(&header, &k->msg);
	if (why != NULL)
		keeper_refuse(k, why);
	/* a health check of the proxy's own, say */
	if (!header.conveys)
		return;
	c->conveyed = true;
	c->sender = c->peer;
	c->peer = header.peer;
	env_proxy(k->env, &c->sender, &header);
	tell(k, &header);
}

char *const *
keeper_starter(const struct keeper *k)
{
	static char *const nothing[] = { NULL };

	return (k->connection->conveyed ? nothing : environ);
}

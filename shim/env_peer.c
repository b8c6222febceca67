/* SPDX-License-Identifier: ISC */
/*
 * env_peer.c - both ends of the connection, as ucspi names them.
 *
 * Runs in:  the KEEPER.
 * Trusts:   the kernel's word in struct peer.
 * Refuses:  the starter's names for a peer that is not this one.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "env.h"
#include "env_local.h"
#include "peer.h"

static const char *
value_in(char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, len) == 0 &&
		    (*environment)[len] == '=')
			return (*environment + len + 1);
	return (NULL);
}

/*
 * Addresses are compared as such: there are several ways to write one.
 */
static bool
is_this_peer(const struct peer *peer, const char *ip, const char *port)
{
	uint8_t addr[sizeof(peer->remote.addr)];
	bool v6 = peer->family == PEER_IPV6;
	char number[8];

	snprintf(number, sizeof(number), "%u", peer->remote.port);
	return (ip != NULL && port != NULL && strcmp(port, number) == 0 &&
	    inet_pton(v6 ? AF_INET6 : AF_INET, ip, addr) == 1 &&
	    memcmp(addr, peer->remote.addr, v6 ? 16 : 4) == 0);
}

/*
 * What the starter says of the peer, if it is this one.
 */
static const char *
of_this_peer(const struct peer *peer, char *const *inherited, const char *name)
{
	if (peer->family == PEER_UNIX ||
	    !is_this_peer(peer, value_in(inherited, "TCPREMOTEIP"),
		value_in(inherited, "TCPREMOTEPORT")))
		return (NULL);
	return (value_in(inherited, name));
}

const char *
env_peer_host(const struct peer *peer, char *const *inherited)
{
	return (of_this_peer(peer, inherited, "TCPREMOTEHOST"));
}

struct end_names {
	const char *prefix; /* TCPREMOTE, TCP6LOCAL and so on */
	const struct endpoint *end;
	const char *host, *info;
};

static void
put_end(struct env *env, const struct end_names *n)
{
	char name[32], port[8];

	snprintf(port, sizeof(port), "%u", n->end->port);
	snprintf(name, sizeof(name), "%sIP", n->prefix);
	env_fact(env, name, n->end->ip);
	snprintf(name, sizeof(name), "%sPORT", n->prefix);
	env_fact(env, name, port);
	snprintf(name, sizeof(name), "%sHOST", n->prefix);
	env_fact(env, name, n->host);
	if (n->info == NULL)
		return;
	snprintf(name, sizeof(name), "%sINFO", n->prefix);
	env_fact(env, name, n->info);
}

static void
put_family(struct env *env, const char *family, struct end_names remote,
    struct end_names local)
{
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%sREMOTE", family);
	remote.prefix = prefix;
	put_end(env, &remote);
	snprintf(prefix, sizeof(prefix), "%sLOCAL", family);
	local.prefix = prefix;
	put_end(env, &local);
}

void
env_name(struct env *env, const struct peer *peer, enum env_peer_name which,
    const char *value)
{
	static const char *const ends[] = { [ENV_REMOTE_HOST] = "REMOTEHOST",
		[ENV_REMOTE_INFO] = "REMOTEINFO",
		[ENV_LOCAL_HOST] = "LOCALHOST" };
	const struct {
		const char *name;
		bool used;
	} families[] = { { "TCP", peer->family != PEER_UNIX },
		{ "TCP6", peer->family == PEER_IPV6 },
		{ "SSL", env->format == ENV_UCSPI_SSL } };
	char name[32];
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", families[i].name,
		    ends[which]);
		envlist_drop(&env->list, name);
		if (families[i].used)
			env_fact(env, name, value);
	}
}

void
env_peer(struct env *env, const struct peer *peer, const char *local_name,
    char *const *inherited)
{
	struct end_names remote = { .end = &peer->remote };
	struct end_names local = { .end = &peer->local, .host = local_name };

	env_fact(env, "PROTO", peer_proto(peer));
	if (peer->family == PEER_UNIX || (env->sets & ENV_TCP) == 0)
		return;
	remote.host = of_this_peer(peer, inherited, "TCPREMOTEHOST");
	remote.info = of_this_peer(peer, inherited, "TCPREMOTEINFO");
	put_family(env, "TCP", remote, local);
	/* s/qmail prefers TCP6REMOTEIP: a v4-mapped one would defeat rules */
	if (peer->family == PEER_IPV6) {
		put_family(env, "TCP6", remote, local);
		env_fact(env, "TCP6INTERFACE", peer->remote.zone);
	}
	if (env->format == ENV_UCSPI_SSL)
		put_family(env, "SSL", remote, local);
}

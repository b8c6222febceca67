/* SPDX-License-Identifier: ISC */
/*
 * env_proxy.c - what a PROXY header says, and who said it.
 *
 * Runs in:  the KEEPER.
 * Trusts:   the kernel with who sent it; proxy_msg.c to have let through only
 *           what may be told.
 * Refuses:  to parse a byte of a certificate.
 */
#include <stdio.h>
#include <string.h>

#include "env.h"
#include "env_local.h"
#include "peer.h"
#include "proxy.h"

static void
put_sender(struct env *env, const struct peer *sender)
{
	char port[8];

	if (sender->family == PEER_UNIX)
		return;
	env_fact(env, "PROXY_REMOTEIP", sender->remote.ip);
	snprintf(port, sizeof(port), "%u", sender->remote.port);
	env_fact(env, "PROXY_REMOTEPORT", port);
	env_fact(env, "PROXY_LOCALIP", sender->local.ip);
	snprintf(port, sizeof(port), "%u", sender->local.port);
	env_fact(env, "PROXY_LOCALPORT", port);
}

static void
put_hex(struct env *env, const char *name, struct proxy_value v)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * PROXY_HEX_MAX];
	size_t i;

	for (i = 0; i < v.len; i++) {
		text[2 * i] = digits[v.bytes[i] >> 4];
		text[2 * i + 1] = digits[v.bytes[i] & 15];
	}
	env_store(env, name, (struct env_value){ text, 2 * v.len });
}

static void
put_field(struct env *env, enum proxy_field field, struct proxy_value v)
{
	const char *name = proxy_variable(field);

	switch (proxy_form(field)) {
	case PROXY_TEXT:
	case PROXY_BYTES:
		env_store(env, name,
		    (struct env_value){ (const char *)v.bytes, v.len });
		break;
	case PROXY_HEX:
		put_hex(env, name, v);
		break;
	case PROXY_DER:
		env_pem(env, name, v.bytes, v.len);
		break;
	}
}

/*
 * Some senders write "TLS 1.3" where all others, and we, write "TLSv1.3".
 */
static bool
put_protocol(struct env *env, struct proxy_value v)
{
	static const char odd[] = "TLS 1.";
	char text[] = "TLSv1.?";

	if (v.len != sizeof(text) - 1 ||
	    memcmp(v.bytes, odd, sizeof(odd) - 1) != 0)
		return (false);
	text[v.len - 1] = (char)v.bytes[v.len - 1];
	env_fact(env, proxy_variable(PROXY_SSL_VERSION), text);
	return (true);
}

/*
 * The TLS of its own that the client spoke to the proxy.
 */
static void
put_tls(struct env *env, const struct proxy_header *h)
{
	bool connection = (h->ssl_client & PROXY_CLIENT_CERT_CONN) != 0;
	bool session = (h->ssl_client & PROXY_CLIENT_CERT_SESSION) != 0;
	char failed[32];

	if ((h->ssl_client & PROXY_CLIENT_SSL) == 0)
		return;
	snprintf(failed, sizeof(failed), "FAILED:%u", h->ssl_verify);
	env_fact(env, "PROXY_SSL", "1");
	env_fact(env, "PROXY_SSL_CLIENT_CERT",
	    connection	? "conn" :
		session ? "sess" :
			  NULL);
	env_fact(env, "PROXY_SSL_CLIENT_VERIFY",
	    !connection && !session ? "NONE" :
		h->ssl_verify == 0  ? "SUCCESS" :
				      failed);
}

void
env_proxy(struct env *env, const struct peer *sender,
    const struct proxy_header *h)
{
	unsigned int i;

	put_sender(env, sender);
	put_tls(env, h);
	for (i = 0; i < PROXY_FIELDS; i++)
		if (h->value[i].bytes != NULL &&
		    !(i == PROXY_SSL_VERSION && put_protocol(env, h->value[i])))
			put_field(env, (enum proxy_field)i, h->value[i]);
}

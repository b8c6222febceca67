/* SPDX-License-Identifier: ISC */
/*
 * policy.c - versions, cipher suites, groups, limits: nowhere else.
 *
 * Runs in:  KEEPER (from_options, put) and NET (get, apply).
 * Trusts:   the administrator's options.
 */
#include "policy.h"

#include <openssl/ssl.h>
#include <stdio.h>

#include "options.h"

/*
 * Mozilla's intermediate recommendation: forward secrecy and AEAD only.
 * Static-RSA key exchange does not exist here, so the key can never be asked
 * to decrypt.
 */
static const char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:"
			      "ECDHE-RSA-AES128-GCM-SHA256:"
			      "ECDHE-ECDSA-AES256-GCM-SHA384:"
			      "ECDHE-RSA-AES256-GCM-SHA384:"
			      "ECDHE-ECDSA-CHACHA20-POLY1305:"
			      "ECDHE-RSA-CHACHA20-POLY1305:"
			      "DHE-RSA-AES128-GCM-SHA256:"
			      "DHE-RSA-AES256-GCM-SHA384:"
			      "DHE-RSA-CHACHA20-POLY1305";

/*
 * TLS 1.3, in its order too: processors that know AES know SHA-256, and not
 * SHA-384.  ChaCha20 is first for who has it first (policy_apply).
 */
static const char ciphersuites[] = "TLS_AES_128_GCM_SHA256:"
				   "TLS_AES_256_GCM_SHA384:"
				   "TLS_CHACHA20_POLY1305_SHA256";

void
policy_from_options(struct policy *p, const struct options *o)
{
	*p = (struct policy){
		.min_version = TLS1_2_VERSION,
		.max_version = TLS1_3_VERSION,
		.idle_ms = o->idle_ms,
		.close_ms = o->close_ms,
		.strict_close = options_flag(o, OPTION_STRICT_CLOSE),
	};
	snprintf(p->ciphers, sizeof(p->ciphers), "%s", ciphers);
	snprintf(p->ciphersuites, sizeof(p->ciphersuites), "%s", ciphersuites);
}

void
policy_put(struct msg *m, const struct policy *p)
{
	msg_begin(m, MSG_POLICY);
	msg_put_u16(m, p->min_version);
	msg_put_u16(m, p->max_version);
	msg_put_string(m, p->ciphers);
	msg_put_string(m, p->ciphersuites);
	msg_put_string(m, p->groups);
	msg_put_u32(m, p->idle_ms);
	msg_put_u32(m, p->close_ms);
	msg_put_u8(m, p->strict_close);
	msg_put_u8(m, p->tickets);
}

bool
policy_get(struct policy *p, struct msg *m)
{
	p->min_version = msg_get_u16(m);
	p->max_version = msg_get_u16(m);
	msg_get_string(m, p->ciphers, sizeof(p->ciphers));
	msg_get_string(m, p->ciphersuites, sizeof(p->ciphersuites));
	msg_get_string(m, p->groups, sizeof(p->groups));
	p->idle_ms = msg_get_u32(m);
	p->close_ms = msg_get_u32(m);
	p->strict_close = msg_get_u8(m) != 0;
	p->tickets = msg_get_u8(m) != 0;
	return (msg_complete(m));
}

const char *
policy_apply(SSL_CTX *ctx, const struct policy *p)
{
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
		SSL_OP_NO_TICKET);
	/* one process, one session: only by a ticket can one be resumed */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_dh_auto(ctx, 1);

	if (SSL_CTX_set_min_proto_version(ctx, p->min_version) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, p->max_version) != 1)
		return ("versions");
	if (p->ciphers[0] != '\0' &&
	    SSL_CTX_set_cipher_list(ctx, p->ciphers) != 1)
		return ("ciphers");
	if (p->ciphersuites[0] != '\0' &&
	    SSL_CTX_set_ciphersuites(ctx, p->ciphersuites) != 1)
		return ("ciphersuites");
	if (p->groups[0] != '\0' &&
	    SSL_CTX_set1_groups_list(ctx, p->groups) != 1)
		return ("groups");
	return (NULL);
}

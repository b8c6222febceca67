/* SPDX-License-Identifier: ISC */
/*
 * policy_apply.c - the policy, as OpenSSL is told.
 *
 * Runs in:  NET.
 * Trusts:   the KEEPER's POLICY.
 * Refuses:  renegotiation, compression, early data, and a protocol that was
 *           not offered.
 */
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "policy.h"
#include "scheme.h"

enum { NAMES_MAX = 2048 };

/*
 * Codes as OpenSSL's names, a colon between them.
 */
static const char *
join(char names[NAMES_MAX], const struct codes *codes,
    const char *name_of(uint16_t))
{
	const char *name;
	size_t i, len = 0;

	names[0] = '\0';
	for (i = 0; i < codes->count && len < NAMES_MAX; i++) {
		name = name_of(codes->code[i]);
		len += (size_t)snprintf(names + len, NAMES_MAX - len, "%s%s",
		    len == 0 ? "" : ":", name == NULL ? "" : name);
	}
	return (names);
}

static const char *
apply_lists(SSL_CTX *ctx, const struct policy *p)
{
	char names[NAMES_MAX];

	if (SSL_CTX_set_cipher_list(ctx,
		join(names, &p->ciphers, suite_name)) != 1)
		return ("ciphers");
	if (SSL_CTX_set_ciphersuites(ctx,
		join(names, &p->ciphersuites, suite_name)) != 1)
		return ("ciphersuites");
	if (p->groups.count != 0 &&
	    SSL_CTX_set1_groups_list(ctx,
		join(names, &p->groups, group_name)) != 1)
		return ("groups");
	if (p->sigalgs.count != 0 &&
	    SSL_CTX_set1_sigalgs_list(ctx,
		join(names, &p->sigalgs, scheme_name)) != 1)
		return ("sigalgs");
	return (NULL);
}

/*
 * Security level 0 takes SHA-1, even where the KEEPER would not sign with
 * it: said here, the peer gets an alert that fits.
 */
static const char *
apply_level(SSL_CTX *ctx, const struct policy *p)
{
	struct codes ours = { 0 };
	char names[NAMES_MAX];

	if (p->level == POLICY_LEVEL_OWN)
		return (NULL);
	SSL_CTX_set_security_level(ctx, p->level);
	if (p->level != 0 || p->min_version < TLS1_2_VERSION ||
	    p->sigalgs.count != 0)
		return (NULL);
	ours.count = scheme_list(false, ours.code, CODES_MAX);
	return (SSL_CTX_set1_sigalgs_list(ctx,
		    join(names, &ours, scheme_name)) == 1 ?
		NULL :
		"sigalgs");
}

static const char *
apply_dh(SSL_CTX *ctx, const struct policy *p)
{
	EVP_PKEY *group;

	if (p->dh.len == 0) {
		SSL_CTX_set_dh_auto(ctx, 1);
		return (NULL);
	}
	group = dhparam_key(&p->dh);
	if (group != NULL && SSL_CTX_set0_tmp_dh_pkey(ctx, group) == 1)
		return (NULL);
	EVP_PKEY_free(group);
	return ("dhparam");
}

/*
 * RFC 7301, 3.2: by our order; who offers protocols and none of ours is
 * refused, so that nobody is led to talk another one to the application
 * (ALPACA).
 */
static int
select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned int in_len, void *policy)
{
	const struct policy *p = policy;
	unsigned char *selected;

	(void)ssl;
	if (SSL_select_next_proto(&selected, out_len, p->alpn,
		(unsigned int)p->alpn_len, in,
		in_len) != OPENSSL_NPN_NEGOTIATED)
		return (SSL_TLSEXT_ERR_ALERT_FATAL);
	*out = selected;
	return (SSL_TLSEXT_ERR_OK);
}

/*
 * RFC 8879, since OpenSSL 3.2 and if it was built so: three decompressors more
 * for bytes that anybody sends.
 */
#ifndef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
#define SSL_OP_NO_RX_CERTIFICATE_COMPRESSION 0
#endif

const char *
policy_apply(SSL_CTX *ctx, const struct policy *p)
{
	const char *refused;

	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RX_CERTIFICATE_COMPRESSION |
		SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
		SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_TICKET);
	/* one process, one session: only by a ticket can one be resumed */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_recv_max_early_data(ctx, 0);
	if (p->alpn_len != 0)
		SSL_CTX_set_alpn_select_cb(ctx, select_protocol,
		    (void *)(uintptr_t)p);

	if (SSL_CTX_set_min_proto_version(ctx, p->min_version) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, p->max_version) != 1)
		return ("versions");
	if ((refused = apply_level(ctx, p)) != NULL ||
	    (refused = apply_lists(ctx, p)) != NULL ||
	    (refused = apply_dh(ctx, p)) != NULL)
		return (refused);
	return (NULL);
}

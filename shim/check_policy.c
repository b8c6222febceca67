/* SPDX-License-Identifier: ISC */
/*
 * check_policy.c - what will be agreed on, once all options are read.
 *
 * Runs in:  the process that checks, with the rights of SSL_USER.
 * Trusts:   the administrator's options, each after policy.c's look.
 */
#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "check.h"
#include "complaint.h"
#include "library.h"
#include "options.h"
#include "policy.h"
#include "report.h"
#include "scheme.h"

static void
tell_codes(struct report *r, const char *key, const struct codes *codes,
    const char *name_of(uint16_t))
{
	size_t i;

	for (i = 0; i < codes->count; i++)
		report(r, key, "%s", name_of(codes->code[i]));
}

static void
tell_protocols(struct report *r, const struct policy *p)
{
	size_t at;

	for (at = 0; at < p->alpn_len; at += 1U + p->alpn[at])
		report(r, "alpn", "%.*s", p->alpn[at],
		    (const char *)p->alpn + at + 1);
}

static void
tell_schemes(struct report *r, const struct policy *p)
{
	struct codes schemes = { 0 };

	schemes.count = policy_schemes(p, schemes.code, CODES_MAX);
	tell_codes(r, "sigalg", &schemes, scheme_name);
}

/*
 * The mode is nothing to a program that says itself when TLS begins.
 */
static void
tell_starttls(struct report *r, const struct policy *p)
{
	report(r, "starttls", "%s", starttls_word(p->starttls));
	if (starttls_kind(p->starttls) == STARTTLS_UNAWARE)
		report(r, "starttls-mode",
		    p->optional ? "optional" : "required");
}

/*
 * Below TLS 1.2 peers sign with SHA-1 (RFC 8996).
 */
static void
judge_versions(struct report *r, const struct policy *p)
{
	report(r, "versions", "1.%d to 1.%d", p->min_version - TLS1_VERSION,
	    p->max_version - TLS1_VERSION);
	if (p->min_version < TLS1_2_VERSION)
		report(r, "warning",
		    "--min-version: 1.%d: deprecated, and signed with SHA-1: "
		    "leave it out if no peer needs it",
		    p->min_version - TLS1_VERSION);
}

/*
 * What NET would be refused as well.
 */
static bool
apply(struct report *r, const struct policy *p)
{
	const char *refused;
	SSL_CTX *ctx;

	if (policy_is_rare(p))
		library_load_rare();
	ctx = SSL_CTX_new(TLS_server_method());
	refused = ctx == NULL ? "context" : policy_apply(ctx, p);
	if (refused != NULL)
		report(r, "fault", "policy: %s: OpenSSL does not take them",
		    refused);
	SSL_CTX_free(ctx);
	return (refused == NULL);
}

bool
check_policy(struct report *r, const struct options *o, struct policy *p)
{
	struct complaint complaint;

	report_section(r, "policy", o->text[OPTION_POLICY]);
	if (o->text[OPTION_DHPARAM] != NULL &&
	    !check_access(r, "dhparam", o->text[OPTION_DHPARAM]))
		return (false);
	if (policy_from_options(p, o, &complaint) == -1) {
		report(r, "fault", "%s", complaint.text);
		return (false);
	}
	judge_versions(r, p);
	if (p->min_version < TLS1_3_VERSION)
		tell_codes(r, "cipher", &p->ciphers, suite_name);
	if (p->max_version == TLS1_3_VERSION)
		tell_codes(r, "ciphersuite", &p->ciphersuites, suite_name);
	tell_codes(r, "group", &p->groups, group_name);
	if (p->groups.count == 0)
		report(r, "group", "as %s has them",
		    OpenSSL_version(OPENSSL_VERSION));
	tell_schemes(r, p);
	tell_protocols(r, p);
	tell_starttls(r, p);
	return (apply(r, p));
}

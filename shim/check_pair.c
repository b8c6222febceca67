/* SPDX-License-Identifier: ISC */
/*
 * check_pair.c - a certificate, its chain, key and staple, judged at leisure.
 *
 * Runs in:  the process that checks, with the rights of SSL_USER.
 * Trusts:   the administrator's files, as pair.c does; the host's own CAs to
 *           tell a chain that is complete.
 */
#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "complaint.h"
#include "pair.h"
#include "policy.h"
#include "report.h"
#include "sign.h"
#include "staple.h"

/*
 * Too late is when renewal has failed for a while: renewed is at a third of
 * the life, and who has weeks left need not be woken.
 */
enum { SOON_DAYS = 14, LATE_PART = 3 };

struct checking {
	struct report *report;
	const struct pair *pair;
	const struct check_use *use;
};

/* ----------------------------------------------------------------- texts */

static const char *
time_text(const ASN1_TIME *time, char text[CHECK_TEXT_MAX])
{
	struct tm tm;

	text[0] = '\0';
	if (ASN1_TIME_to_tm(time, &tm) == 1)
		strftime(text, CHECK_TEXT_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm);
	return (text);
}

/* ----------------------------------------------------------------- dates */

/*
 * Whole days from one time to another; NULL is now.
 */
static int
days_between(const ASN1_TIME *from, const ASN1_TIME *to)
{
	int days = 0, seconds;

	ASN1_TIME_diff(&days, &seconds, from, to);
	return (days);
}

static void
check_dates(const struct checking *c, const X509 *cert, const char *which)
{
	const ASN1_TIME *start = X509_get0_notBefore(cert);
	const ASN1_TIME *end = X509_get0_notAfter(cert);
	int left = days_between(NULL, end), life = days_between(start, end);
	char text[CHECK_TEXT_MAX];

	time_text(end, text);
	if (X509_cmp_current_time(end) < 0)
		report(c->report, "fault", "%s: %s: expired on %s: renew it",
		    which, c->pair->files.cert, text);
	else if (X509_cmp_current_time(start) > 0)
		report(c->report, "fault",
		    "%s: %s: not valid before %s: is the clock right?", which,
		    c->pair->files.cert, time_text(start, text));
	else if (left < SOON_DAYS && left < life / LATE_PART)
		report(c->report, "warning",
		    "%s: %s: expires in %d days, on %s: renew it", which,
		    c->pair->files.cert, left, text);
}

/* ----------------------------------------------------------------- names */

static void
tell_names(const struct checking *c)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(c->pair->leaf,
	    NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *name;
	int i, found = 0;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_DNS)
			continue;
		report(c->report, "name", "%.*s",
		    ASN1_STRING_length(name->d.dNSName),
		    (const char *)ASN1_STRING_get0_data(name->d.dNSName));
		found++;
	}
	GENERAL_NAMES_free(names);
	if (found == 0)
		report(c->report, "warning",
		    "certificate: %s: no host name in its subjectAltName: "
		    "today's clients look nowhere else",
		    c->pair->files.cert);
}

/*
 * What stands for "*.parent" must cover some name below parent.
 */
static void
check_covers(const struct checking *c, const char *name)
{
	char probe[CHECK_TEXT_MAX];

	if (strncmp(name, "*.", 2) == 0)
		snprintf(probe, sizeof(probe), "any%s", name + 1);
	else
		snprintf(probe, sizeof(probe), "%s", name);
	if (X509_check_host(c->pair->leaf, probe, 0, 0, NULL) != 1)
		report(c->report, "fault",
		    "certificate: %s: does not cover %s, the name that it "
		    "stands for",
		    c->pair->files.cert, name);
}

/* ----------------------------------------------------------------- chain */

static X509 *
chain_cert(const struct pair *p, size_t i)
{
	const unsigned char *der = p->chain[i].der;

	return (d2i_X509(NULL, &der, (long)p->chain[i].len));
}

/*
 * A SHA-1 signature is no longer believed by anybody.
 */
static void
check_signature(const struct checking *c, X509 *cert, const char *which)
{
	int digest = NID_undef;

	if (X509_get_signature_info(cert, &digest, NULL, NULL, NULL) == 1 &&
	    (digest == NID_sha1 || digest == NID_md5))
		report(c->report, "fault",
		    "%s: %s: signed with %s: clients refuse it", which,
		    c->pair->files.cert, OBJ_nid2sn(digest));
}

static void
tell_chain(const struct checking *c)
{
	char subject[CHECK_TEXT_MAX], which[32];
	X509 *cert;
	size_t i;

	for (i = 1; i < c->pair->chain_len; i++) {
		cert = chain_cert(c->pair, i);
		snprintf(which, sizeof(which), "chain certificate %zu", i);
		if (cert == NULL) {
			report(c->report, "fault", "%s: %s: damaged", which,
			    c->pair->files.cert);
			continue;
		}
		report(c->report, "chain", "%s",
		    check_name(X509_get_subject_name(cert), subject));
		check_dates(c, cert, which);
		check_signature(c, cert, which);
		X509_free(cert);
	}
}

/*
 * Where the issuer's certificate could be had (RFC 5280, 4.2.2.1), or "".
 */
static void
issuer_url(const X509 *cert, char text[CHECK_TEXT_MAX])
{
	AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(cert, NID_info_access,
	    NULL, NULL);
	const ACCESS_DESCRIPTION *d;
	int i;

	text[0] = '\0';
	for (i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
		d = sk_ACCESS_DESCRIPTION_value(access, i);
		if (OBJ_obj2nid(d->method) == NID_ad_ca_issuers &&
		    d->location->type == GEN_URI)
			snprintf(text, CHECK_TEXT_MAX, ": %.*s",
			    ASN1_STRING_length(d->location->d
						   .uniformResourceIdentifier),
			    (const char *)ASN1_STRING_get0_data(
				d->location->d.uniformResourceIdentifier));
	}
	AUTHORITY_INFO_ACCESS_free(access);
}

/*
 * A chain's end that this host's CAs do not know is a CA of one's own, or
 * an intermediate is missing: then it says where that is to be had.
 */
static void
tell_end(const struct checking *c, const X509 *end)
{
	char issuer[CHECK_TEXT_MAX], url[CHECK_TEXT_MAX];

	check_name(X509_get_issuer_name(end), issuer);
	issuer_url(end, url);
	if (url[0] != '\0')
		report(c->report, "warning",
		    "chain: %s: ends before %s, which this host does not "
		    "know: if that is an intermediate, add its certificate%s",
		    c->pair->files.cert, issuer, url);
	else
		report(c->report, "issuer", "%s (not among this host's CAs)",
		    issuer);
}

static void
verify(const struct checking *c, X509_STORE_CTX *ctx)
{
	X509 *end;
	int error;

	if (X509_verify_cert(ctx) == 1)
		return;
	error = X509_STORE_CTX_get_error(ctx);
	end = sk_X509_value(X509_STORE_CTX_get0_chain(ctx),
	    sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1);
	if (end != NULL &&
	    (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
		error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE))
		tell_end(c, end);
}

static void
check_chain(const struct checking *c)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *rest = sk_X509_new_null();
	X509 *cert;
	size_t i;

	for (i = 1; i < c->pair->chain_len; i++)
		if ((cert = chain_cert(c->pair, i)) != NULL)
			sk_X509_push(rest, cert);
	X509_STORE_set_default_paths(store);
	if (X509_STORE_CTX_init(ctx, store, c->pair->leaf, rest) == 1) {
		X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
		verify(c, ctx);
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_pop_free(rest, X509_free);
}

/* ------------------------------------------------------------------ TLSA */

/*
 * RFC 6698, 2.1: the SubjectPublicKeyInfo's SHA-256.
 */
static void
tell_tlsa(const struct checking *c, const X509 *cert, const char *usage)
{
	unsigned char *key = NULL, digest[EVP_MAX_MD_SIZE];
	char text[2 * EVP_MAX_MD_SIZE + 1];
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key), i;

	if (len > 0 &&
	    EVP_Digest(key, (size_t)len, digest, NULL, EVP_sha256(), NULL) ==
		1) {
		for (i = 0; i < 32; i++)
			snprintf(text + 2 * i, 3, "%02x", digest[i]);
		report(c->report, "TLSA", "%s 1 1 %s", usage, text);
	}
	OPENSSL_free(key);
}

/*
 * DANE-EE for the leaf; DANE-TA for each CA that we send: one that we do not
 * could not be matched (RFC 7671, 5.2.2).
 */
static void
tell_tlsas(const struct checking *c)
{
	X509 *cert;
	size_t i;

	tell_tlsa(c, c->pair->leaf, "3");
	for (i = 1; i < c->pair->chain_len; i++)
		if ((cert = chain_cert(c->pair, i)) != NULL) {
			tell_tlsa(c, cert, "2");
			X509_free(cert);
		}
}

/* ---------------------------------------------------------------- staple */

/*
 * RFC 7633: a client that obeys it takes no handshake without a staple.
 */
static bool
must_staple(const X509 *leaf)
{
	TLS_FEATURE *features = X509_get_ext_d2i(leaf, NID_tlsfeature, NULL,
	    NULL);
	bool must = false;
	int i;

	for (i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		must = must ||
		    ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) ==
			TLSEXT_TYPE_status_request;
	TLS_FEATURE_free(features);
	return (must);
}

static void
check_staple(const struct checking *c)
{
	struct complaint complaint;
	struct staple staple;

	if (staple_read(&staple, c->pair, &complaint) == -1)
		report(c->report, "warning", "%s", complaint.text);
	else if (staple.len > 0)
		report(c->report, "staple", "%s.ocsp", c->pair->files.cert);
	if (staple.len == 0 && must_staple(c->pair->leaf))
		report(c->report, "warning",
		    "certificate: %s: asks clients to want a staple, and "
		    "there is none: see fetch-ocsp in tlsshim-scripts(8)",
		    c->pair->files.cert);
}

/* ------------------------------------------------------------------- key */

static void
check_key(const struct checking *c, struct pair *p)
{
	struct complaint complaint;
	char curve[64];
	size_t len;

	if (pair_read_key(p, &complaint) == -1) {
		report(c->report, "fault", "%s", complaint.text);
		return;
	}
	if (EVP_PKEY_get_group_name(p->key, curve, sizeof(curve), &len) == 1)
		report(c->report, "key", "%s %s",
		    EVP_PKEY_get0_type_name(p->key), curve);
	else
		report(c->report, "key", "%s, %d bits",
		    EVP_PKEY_get0_type_name(p->key), EVP_PKEY_get_bits(p->key));
	pair_wipe_key(p);
}

/* ---------------------------------------------------------------- policy */

static bool
has_scheme(const struct policy *p, EVP_PKEY *key, bool tls13)
{
	uint16_t codes[CODES_MAX];
	size_t n = policy_schemes(p, codes, CODES_MAX), i;

	for (i = 0; i < n; i++)
		if (sign_fits(key, codes[i], tls13))
			return (true);
	return (false);
}

static bool
has_suite(const struct policy *p, EVP_PKEY *key)
{
	bool rsa = EVP_PKEY_is_a(key, "RSA") == 1 ||
	    EVP_PKEY_is_a(key, "RSA-PSS") == 1;
	size_t i;

	for (i = 0; i < p->ciphers.count; i++)
		if (suite_auth(p->ciphers.code[i]) ==
		    (rsa ? SUITE_RSA : SUITE_ECDSA))
			return (true);
	return (false);
}

/*
 * Is there a version in which the key could sign for anybody?  Below TLS 1.2
 * the scheme goes without saying: rank.c.
 */
static bool
is_of_use(const struct policy *p, EVP_PKEY *key)
{
	bool old = EVP_PKEY_is_a(key, "RSA") == 1 ||
	    EVP_PKEY_is_a(key, "EC") == 1;

	if (p->max_version >= TLS1_3_VERSION && has_scheme(p, key, true))
		return (true);
	return (p->min_version < TLS1_3_VERSION && has_suite(p, key) &&
	    ((old && p->min_version < TLS1_2_VERSION) ||
		(p->max_version >= TLS1_2_VERSION &&
		    has_scheme(p, key, false))));
}

/*
 * By its security level OpenSSL refuses short keys and weak signatures.
 */
static void
check_level(const struct checking *c, SSL_CTX *ctx)
{
	size_t i = 0;
	X509 *cert;
	bool taken = SSL_CTX_use_certificate(ctx, c->pair->leaf) == 1;

	while (taken && ++i < c->pair->chain_len) {
		cert = chain_cert(c->pair, i);
		taken = cert == NULL || SSL_CTX_add1_chain_cert(ctx, cert) == 1;
		X509_free(cert);
	}
	if (!taken)
		report(c->report, "fault",
		    "certificate: %s: number %zu of the chain: OpenSSL does "
		    "not take it at security level %d",
		    c->pair->files.cert, i + 1,
		    SSL_CTX_get_security_level(ctx));
}

static void
check_use(const struct checking *c)
{
	const struct policy *p = c->use->policy;
	EVP_PKEY *key = X509_get0_pubkey(c->pair->leaf);
	SSL_CTX *ctx;

	if (p == NULL || key == NULL)
		return;
	if (!is_of_use(p, key))
		report(c->report, c->use->alone ? "fault" : "warning",
		    "certificate: %s: no client is served with it: the policy "
		    "leaves no cipher suite or signature scheme for its key",
		    c->pair->files.cert);
	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx != NULL && policy_apply(ctx, p) == NULL)
		check_level(c, ctx);
	SSL_CTX_free(ctx);
}

/* ---------------------------------------------------------------- pairs */

static bool
may_read(struct report *r, const struct pair_files *f)
{
	bool may = check_access(r, "certificate", f->cert);

	if (f->key != NULL)
		may = check_access(r, "key", f->key) && may;
	if (f->chain != NULL)
		may = check_access(r, "chain", f->chain) && may;
	return (may);
}

static void
judge(const struct checking *c)
{
	X509 *leaf = c->pair->leaf;
	char text[CHECK_TEXT_MAX];

	report(c->report, "subject", "%s",
	    check_name(X509_get_subject_name(leaf), text));
	tell_names(c);
	report(c->report, "until", "%s (%d days)",
	    time_text(X509_get0_notAfter(leaf), text),
	    days_between(NULL, X509_get0_notAfter(leaf)));
	check_dates(c, leaf, "certificate");
	check_signature(c, leaf, "certificate");
	if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
		report(c->report, "fault",
		    "certificate: %s: not for a TLS server (extendedKeyUsage)",
		    c->pair->files.cert);
	if (c->use->name != NULL)
		check_covers(c, c->use->name);
	check_use(c);
	tell_chain(c);
	check_chain(c);
	check_staple(c);
	tell_tlsas(c);
}

void
check_pair(struct report *r, const struct pair_files *files,
    const struct check_use *use)
{
	struct complaint complaint;
	struct pair pair;
	struct checking c = { .report = r, .pair = &pair, .use = use };

	report_section(r, "certificate", files->cert);
	if (!may_read(r, files))
		return;
	if (pair_read(&pair, files, &complaint) == -1) {
		report(r, "fault", "%s", complaint.text);
	} else {
		check_key(&c, &pair);
		judge(&c);
	}
	pair_free(&pair);
}

/* SPDX-License-Identifier: ISC */
/*
 * rank_test.c - which of several certificates a client's lists ask for.
 */
#include "rank.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "check.h"
#include "hello.h"
#include "keys.h"
#include "pair.h"
#include "policy.h"

/* as in key_kinds */
enum { RSA2048, P256, P384, P521, ED25519 };

static struct hello hello;
static struct policy policy;
static struct pair a, b;

/* ------------------------------------------------------------ certificates */

static void
set_name(X509_NAME *name, const char *text)
{
	CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		  (const unsigned char *)text, -1, -1, 0) == 1);
}

static void
add_host(X509 *x, const char *host)
{
	char text[64];
	X509_EXTENSION *e;

	snprintf(text, sizeof(text), "DNS:%s", host);
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
	CHECK(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static void
take_leaf(struct pair *p, X509 *x)
{
	const unsigned char *at;
	int len;

	*p = (struct pair){ .chain_len = 1 };
	len = i2d_X509(x, &p->chain[0].der);
	CHECK(len > 0);
	p->chain[0].len = (size_t)len;
	at = p->chain[0].der;
	p->leaf = d2i_X509(NULL, &at, len);
	CHECK(p->leaf != NULL);
}

/*
 * A certificate for the host with a key of this kind, by a CA with one of
 * that, whose name is the kind's.
 */
static void
make_pair(struct pair *p, int kind, int ca, const char *host)
{
	OSSL_LIB_CTX *whole = OSSL_LIB_CTX_new();
	EVP_PKEY *key = make_key(whole, &key_kinds[kind]);
	EVP_PKEY *ca_key = make_key(whole, &key_kinds[ca]);
	X509 *x = X509_new_ex(whole, NULL);

	CHECK(key != NULL && ca_key != NULL && x != NULL);
	CHECK(X509_set_version(x, 2) == 1 && X509_set_pubkey(x, key) == 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL);
	CHECK(X509_gmtime_adj(X509_getm_notAfter(x), 1000) != NULL);
	set_name(X509_get_subject_name(x), "leaf");
	set_name(X509_get_issuer_name(x), key_kinds[ca].name);
	add_host(x, host);
	CHECK(sign_certificate(x, ca_key, whole));
	take_leaf(p, x);
	X509_free(x);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	OSSL_LIB_CTX_free(whole);
}

/* ------------------------------------------------------------------ client */

static void
set_list(struct hello_list *list, const uint16_t *codes, size_t count)
{
	list->count = count;
	memcpy(list->value, codes, count * sizeof(codes[0]));
}

#define LIST(which, ...)                                                       \
	set_list(&hello.which, (const uint16_t[]){ __VA_ARGS__ },              \
	    sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t))

/*
 * A client that takes everything, in TLS 1.3 with GREASE; a policy that has
 * a suite of each kind.
 */
static void
begin(void)
{
	library_start();
	policy.min_version = TLS1_2_VERSION;
	policy.max_version = TLS1_3_VERSION;
	CHECK(codes_add(&policy.ciphers, 0xc02b));
	CHECK(codes_add(&policy.ciphers, 0xc02f));
	hello.legacy_version = TLS1_2_VERSION;
	LIST(versions, 0x0a0a, 0x0304, 0x0303);
	LIST(suites, 0x1301, 0xc02b, 0xc02f);
	LIST(groups, 29, 23, 24, 25);
	LIST(sigalgs, 0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0401);
}

static void
only_tls12(void)
{
	hello.versions.count = 0;
}

static bool
better(const struct pair *this, const struct pair *that)
{
	return (rank_pair(this, &hello, &policy) >
	    rank_pair(that, &hello, &policy));
}

/* ------------------------------------------------------------------- cases */

CASE(our_order_of_schemes_decides_where_nothing_else_does)
{
	static const int order[] = { P256, ED25519, P384, P521, RSA2048 };
	size_t i;

	begin();
	for (i = 1; i < sizeof(order) / sizeof(order[0]); i++) {
		make_pair(&a, order[i - 1], P256, "a.example");
		make_pair(&b, order[i], P256, "a.example");
		hello.versions.count = 3;
		CHECK(better(&a, &b));
		only_tls12();
		CHECK(better(&a, &b));
	}
}

CASE(the_policys_order_goes_before_ours)
{
	begin();
	make_pair(&a, P256, P256, "a.example");
	make_pair(&b, RSA2048, P256, "a.example");
	CHECK(codes_add(&policy.sigalgs, 0x0804));
	CHECK(codes_add(&policy.sigalgs, 0x0403));
	CHECK(better(&b, &a));
	policy.sigalgs.count = 0;
	CHECK(codes_add(&policy.sigalgs, 0x0403));
	CHECK(better(&a, &b));
}

CASE(a_key_that_can_be_verified_goes_before_all_else)
{
	begin();
	make_pair(&a, P256, P256, "a.example");
	make_pair(&b, RSA2048, RSA2048, "b.example");
	strcpy(hello.server_name, "a.example");
	LIST(sigalgs, 0x0804, 0x0401);
	CHECK(better(&b, &a));
	/* PKCS#1 is of TLS 1.2 */
	LIST(sigalgs, 0x0403, 0x0401);
	CHECK(better(&a, &b));
	strcpy(hello.server_name, "b.example");
	CHECK(better(&a, &b));
	only_tls12();
	CHECK(better(&b, &a));
}

CASE(in_tls_1_2_a_key_needs_a_suite_of_both_sides)
{
	begin();
	only_tls12();
	make_pair(&a, P256, P256, "a.example");
	make_pair(&b, RSA2048, P256, "a.example");
	CHECK(better(&a, &b));
	LIST(suites, 0xc02f);
	CHECK(better(&b, &a));
	LIST(suites, 0xc02b, 0xc02f);
	policy.ciphers.count = 0;
	CHECK(codes_add(&policy.ciphers, 0xc02f));
	CHECK(better(&b, &a));
	/* TLS 1.3's say nothing of keys */
	LIST(versions, 0x0304);
	CHECK(better(&a, &b));
}

CASE(in_tls_1_2_a_curve_must_be_the_clients)
{
	begin();
	only_tls12();
	make_pair(&a, P256, P256, "a.example");
	make_pair(&b, P384, P256, "a.example");
	LIST(groups, 24);
	CHECK(better(&b, &a));
	/* none sent: all of them */
	hello.groups.count = 0;
	CHECK(better(&a, &b));
	LIST(groups, 24);
	LIST(versions, 0x0304);
	CHECK(better(&a, &b));
}

CASE(without_a_list_of_schemes_there_are_rsa_and_ecdsa)
{
	begin();
	only_tls12();
	hello.sigalgs.count = 0;
	make_pair(&a, RSA2048, P256, "a.example");
	make_pair(&b, ED25519, P256, "a.example");
	CHECK(better(&a, &b));
	hello.legacy_version = TLS1_1_VERSION;
	LIST(sigalgs, 0x0807);
	CHECK(better(&a, &b));
}

CASE(the_name_goes_before_the_chain_and_that_before_preference)
{
	begin();
	make_pair(&a, RSA2048, P256, "a.example");
	make_pair(&b, P256, RSA2048, "b.example");
	strcpy(hello.server_name, "a.example");
	CHECK(better(&a, &b));
	strcpy(hello.server_name, "b.example");
	LIST(sigalgs_cert, 0x0403);
	CHECK(better(&b, &a));
	strcpy(hello.server_name, "c.example");
	CHECK(better(&a, &b));
	/* what a signature is by is of the certificates' own list */
	LIST(sigalgs_cert, 0x0403, 0x0401);
	CHECK(better(&b, &a));
}

CASE(every_link_of_a_chain_counts)
{
	begin();
	make_pair(&a, P256, P256, "a.example");
	make_pair(&b, P256, RSA2048, "ca.example");
	/* a's own, and above it one by RSA */
	a.chain[a.chain_len++] = b.chain[0];
	make_pair(&b, RSA2048, P256, "a.example");
	CHECK(better(&a, &b));
	LIST(sigalgs_cert, 0x0403);
	CHECK(better(&b, &a));
}

/*
 * certificate_authorities: this name, in DER.
 */
static void
ask_for(const X509 *x)
{
	const unsigned char *der;
	size_t len;

	CHECK(X509_NAME_get0_der(X509_get_issuer_name(x), &der, &len) == 1);
	/* behind one that nobody has */
	memcpy(hello.ca_names, "\0\2\60\0", 4);
	hello.ca_names[4] = (uint8_t)(len >> 8);
	hello.ca_names[5] = (uint8_t)len;
	memcpy(hello.ca_names + 6, der, len);
	hello.ca_names_len = len + 6;
}

CASE(an_authority_that_was_named_goes_before_preference)
{
	begin();
	make_pair(&a, P256, P256, "a.example");
	make_pair(&b, RSA2048, RSA2048, "a.example");
	CHECK(better(&a, &b));
	ask_for(b.leaf);
	CHECK(better(&b, &a));
	/* cut off, it is no name */
	hello.ca_names_len--;
	CHECK(better(&a, &b));
	hello.ca_names_len = 1;
	CHECK(better(&a, &b));
	ask_for(a.leaf);
	CHECK(better(&a, &b));
}

CASE(a_wildcard_covers_one_label)
{
	begin();
	make_pair(&a, P256, P256, "*.a.example");
	CHECK(rank_covers(&a, "x.a.example"));
	CHECK(!rank_covers(&a, "a.example"));
	CHECK(!rank_covers(&a, "x.x.a.example"));
	make_pair(&b, P256, P256, "x*.a.example");
	CHECK(!rank_covers(&b, "xx.a.example"));
}

static const struct check_case cases[] = {
	C(our_order_of_schemes_decides_where_nothing_else_does),
	C(the_policys_order_goes_before_ours),
	C(a_key_that_can_be_verified_goes_before_all_else),
	C(in_tls_1_2_a_key_needs_a_suite_of_both_sides),
	C(in_tls_1_2_a_curve_must_be_the_clients),
	C(without_a_list_of_schemes_there_are_rsa_and_ecdsa),
	C(the_name_goes_before_the_chain_and_that_before_preference),
	C(every_link_of_a_chain_counts),
	C(an_authority_that_was_named_goes_before_preference),
	C(a_wildcard_covers_one_label), { 0 }
};
RUN(cases)

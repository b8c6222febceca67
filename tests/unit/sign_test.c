/* SPDX-License-Identifier: ISC */
/*
 * sign_test.c - what is signed, by which scheme, and nothing else.
 */
#include "scheme.h"
#include "sign.h"

#include <openssl/rsa.h>

#include "../tools/to_sign.h"
#include "check.h"
#include "keys.h"
#include "policy.h"

static const struct form servers[] = { FORMS_OF_SERVERS };
static const struct form foreign[] = { FOREIGN_FORMS };

enum {
	SERVERS = sizeof(servers) / sizeof(servers[0]),
	FOREIGN = sizeof(foreign) / sizeof(foreign[0])
};

static const struct policy today = { .min_version = 0x0303,
	.max_version = 0x0304 };
static const struct policy old = { .min_version = 0x0301,
	.max_version = 0x0304 };

/* RFC 8446, 4.2.3: whose it is, and where TLS 1.3 takes it */
static const struct expected {
	uint16_t code;
	const char *name, *type, *digest, *tls13_kind;
	bool pss, legacy;
} schemes[] = {
	{ 0x0401, "rsa_pkcs1_sha256", "RSA", "SHA256", "", false, false },
	{ 0x0501, "rsa_pkcs1_sha384", "RSA", "SHA384", "", false, false },
	{ 0x0601, "rsa_pkcs1_sha512", "RSA", "SHA512", "", false, false },
	{ 0x0804, "rsa_pss_rsae_sha256", "RSA", "SHA256", "RSA", true, false },
	{ 0x0805, "rsa_pss_rsae_sha384", "RSA", "SHA384", "RSA", true, false },
	{ 0x0806, "rsa_pss_rsae_sha512", "RSA", "SHA512", "RSA", true, false },
	{ 0x0403, "ecdsa_secp256r1_sha256", "EC", "SHA256", "P-256", false,
	    false },
	{ 0x0503, "ecdsa_secp384r1_sha384", "EC", "SHA384", "P-384", false,
	    false },
	{ 0x0603, "ecdsa_secp521r1_sha512", "EC", "SHA512", "P-521", false,
	    false },
	{ 0x0807, "ed25519", "ED25519", "", "Ed25519", false, false },
	{ 0x0809, "rsa_pss_pss_sha256", "RSA-PSS", "SHA256", "RSA-PSS", true,
	    false },
	{ 0x080a, "rsa_pss_pss_sha384", "RSA-PSS", "SHA384", "RSA-PSS", true,
	    false },
	{ 0x080b, "rsa_pss_pss_sha512", "RSA-PSS", "SHA512", "RSA-PSS", true,
	    false },
	{ 0x0203, "ecdsa_sha1", "EC", "SHA1", "", false, true },
	{ 0x0201, "rsa_pkcs1_sha1", "RSA", "SHA1", "", false, true },
	{ 0xff01, "rsa_pkcs1_md5_sha1", "RSA", "MD5-SHA1", "", false, true },
};

enum { SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };

static const struct expected *
expected_of(unsigned int code)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (schemes[i].code == code)
			return (&schemes[i]);
	return (NULL);
}

static bool
may(const struct policy *policy, const struct key_kind *kind, unsigned int code,
    const struct form *form)
{
	const struct expected *s = expected_of(code);

	if (s == NULL || strcmp(s->type, kind->type) != 0 ||
	    (s->legacy && policy == &today))
		return (false);
	return (form->kind != FORM_TLS13 ||
	    strcmp(s->tls13_kind, kind->name) == 0);
}

CASE(of_all_code_points_a_key_has_its_own_schemes)
{
	struct pair_of_keys p;
	unsigned int code;
	struct blob b;
	size_t i, k;

	library_start();
	for (i = 0; i < KEY_KINDS; i++) {
		p = make_pair_of_keys(&key_kinds[i]);
		/* one form of each version */
		for (k = 0; k < 3; k += 2) {
			form_make(&servers[k], &b);
			for (code = 0; code <= UINT16_MAX; code++) {
				CHECK((sign_refusal(&today, p.key,
					   (uint16_t)code, b.bytes,
					   b.len) == NULL) ==
				    may(&today, &key_kinds[i], code,
					&servers[k]));
				CHECK((sign_refusal(&old, p.key, (uint16_t)code,
					   b.bytes, b.len) == NULL) ==
				    may(&old, &key_kinds[i], code,
					&servers[k]));
			}
		}
		free_pair_of_keys(p);
	}
}

static bool
is_signature(const struct pair_of_keys *p, const struct expected *s,
    const struct blob *b, const uint8_t *signature, size_t len)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	bool good;

	good = EVP_DigestVerifyInit_ex(md, &ctx,
		   s->digest[0] == '\0' ? NULL : s->digest, NULL, NULL,
		   X509_get0_pubkey(p->certificate), NULL) == 1 &&
	    (!s->pss ||
		(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx,
			RSA_PSS_SALTLEN_DIGEST) > 0)) &&
	    EVP_DigestVerify(md, signature, len, b->bytes, b->len) == 1;
	EVP_MD_CTX_free(md);
	return (good);
}

CASE(what_a_server_signs_is_signed)
{
	uint8_t signature[SIGNATURE_MAX];
	struct pair_of_keys p;
	size_t i, k, s, n;
	struct blob b;

	library_start();
	for (i = 0; i < KEY_KINDS; i++) {
		p = make_pair_of_keys(&key_kinds[i]);
		for (k = 0; k < SERVERS; k++)
			for (s = 0; s < SCHEMES; s++) {
				if (!may(&old, &key_kinds[i], schemes[s].code,
					&servers[k]))
					continue;
				form_make(&servers[k], &b);
				CHECK(sign_refusal(&old, p.key, schemes[s].code,
					  b.bytes, b.len) == NULL);
				n = sign_bytes(p.key, schemes[s].code, b.bytes,
				    b.len, signature);
				CHECK(n > 0 &&
				    is_signature(&p, &schemes[s], &b, signature,
					n));
			}
		free_pair_of_keys(p);
	}
}

/*
 * By every scheme of the key.
 */
static void
must_be_refused(const struct pair_of_keys *p, const struct blob *b,
    const char *what)
{
	size_t s;

	for (s = 0; s < SCHEMES; s++)
		if (sign_refusal(&old, p->key, schemes[s].code, b->bytes,
			b->len) == NULL) {
			fprintf(stderr, "signed by %s: %s\n", schemes[s].name,
			    what);
			exit(1);
		}
}

CASE(what_only_looks_like_it_is_not)
{
	struct pair_of_keys p;
	struct blob b;
	size_t i, k;

	library_start();
	for (i = 0; i < KEY_KINDS; i++) {
		p = make_pair_of_keys(&key_kinds[i]);
		for (k = 0; k < FOREIGN; k++) {
			form_make(&foreign[k], &b);
			must_be_refused(&p, &b, foreign[k].name);
		}
		make_client_transcript(&b);
		must_be_refused(&p, &b, "a client's handshake");
		free_pair_of_keys(p);
	}
}

CASE(what_is_cut_off_anywhere_or_goes_on_is_not)
{
	struct pair_of_keys p;
	struct blob b;
	size_t i, k, whole;

	library_start();
	for (i = 0; i < KEY_KINDS; i += KEY_KINDS - 1) {
		p = make_pair_of_keys(&key_kinds[i]);
		for (k = 0; k < SERVERS; k++) {
			form_make(&servers[k], &b);
			whole = b.len++;
			b.bytes[whole] = 0;
			must_be_refused(&p, &b, "a byte more");
			for (b.len = 0; b.len < whole; b.len++)
				/* SHA-384's form has SHA-256's in it */
				if (k != 1 || b.len != whole - 16)
					must_be_refused(&p, &b,
					    servers[k].name);
		}
		free_pair_of_keys(p);
	}
}

CASE(every_byte_that_is_fixed_counts)
{
	struct pair_of_keys p;
	struct blob b;
	size_t i;

	library_start();
	p = make_pair_of_keys(&key_kinds[1]);
	form_make(&servers[0], &b);
	for (i = 0; i < b.len - 32; i++) {
		b.bytes[i] ^= 1;
		must_be_refused(&p, &b, "TLS 1.3");
		b.bytes[i] ^= 1;
	}
	form_make(&servers[2], &b);
	for (i = 64; i < 64 + 5; i++) {
		b.bytes[i] ^= 1;
		must_be_refused(&p, &b, "ECDHE");
		b.bytes[i] ^= 1;
	}
	form_make(&servers[7], &b);
	for (i = 64; i < 64 + 2 + 256 + 2 + 1; i++) {
		b.bytes[i] ^= 1;
		must_be_refused(&p, &b, "DHE");
		b.bytes[i] ^= 1;
	}
	free_pair_of_keys(p);
}

CASE(every_scheme_has_its_name)
{
	const struct expected *s;
	unsigned int code;

	for (code = 0; code <= UINT16_MAX; code++) {
		s = expected_of(code);
		if (s == NULL)
			CHECK(scheme_name((uint16_t)code) == NULL);
		else
			CHECK_STR(scheme_name((uint16_t)code), s->name);
	}
}

CASE(a_scheme_is_found_by_key_digest_and_padding)
{
	char name[16];
	size_t i;

	for (i = 0; i < SCHEMES; i++) {
		CHECK(scheme_of(schemes[i].type, schemes[i].digest,
			  schemes[i].pss) == schemes[i].code);
		if (schemes[i].legacy || schemes[i].digest[0] == '\0')
			continue;
		snprintf(name, sizeof(name), "SHA2-%s", schemes[i].digest + 3);
		CHECK(scheme_of(schemes[i].type, name, schemes[i].pss) ==
		    schemes[i].code);
	}
	CHECK(scheme_of("RSA", "SHA224", false) == 0);
	CHECK(scheme_of("RSA", "", false) == 0);
	CHECK(scheme_of("EC", "SHA256", true) == 0);
	CHECK(scheme_of("ED25519", "SHA512", false) == 0);
	CHECK(scheme_of("DSA", "SHA256", false) == 0);
	CHECK(scheme_of("RSA", "SHA2-256-and-more", false) == 0);
	CHECK(scheme_of("", "", false) == 0);
}

CASE(nothing_is_signed_by_an_unknown_scheme)
{
	uint8_t signature[SIGNATURE_MAX];
	struct pair_of_keys p;

	library_start();
	p = make_pair_of_keys(&key_kinds[1]);
	CHECK(sign_bytes(p.key, 0x0301, (const uint8_t *)"", 0, signature) ==
	    0);
	free_pair_of_keys(p);
}

CASE(a_scheme_that_the_policy_leaves_out_is_refused)
{
	static const struct policy one = { .min_version = 0x0303,
		.max_version = 0x0304,
		.sigalgs = { 1, { 0x0805 } } };
	struct pair_of_keys p;
	struct blob b;

	library_start();
	p = make_pair_of_keys(&key_kinds[0]);
	form_make(&servers[0], &b);
	CHECK(sign_refusal(&one, p.key, 0x0805, b.bytes, b.len) == NULL);
	CHECK(sign_refusal(&one, p.key, 0x0804, b.bytes, b.len) != NULL);
	form_make(&servers[2], &b);
	CHECK(sign_refusal(&one, p.key, 0x0401, b.bytes, b.len) != NULL);
	free_pair_of_keys(p);
}

CASE(a_form_of_a_version_that_the_policy_leaves_out_is_refused)
{
	static const struct policy modern = { .min_version = 0x0304,
		.max_version = 0x0304 };
	static const struct policy before = { .min_version = 0x0303,
		.max_version = 0x0303 };
	struct pair_of_keys p;
	struct blob b;
	size_t i;

	library_start();
	p = make_pair_of_keys(&key_kinds[0]);
	for (i = 0; i < SERVERS; i++) {
		bool tls13 = servers[i].kind == FORM_TLS13;

		form_make(&servers[i], &b);
		CHECK((sign_refusal(&modern, p.key, 0x0804, b.bytes, b.len) ==
			  NULL) == tls13);
		CHECK((sign_refusal(&before, p.key, 0x0804, b.bytes, b.len) ==
			  NULL) == !tls13);
	}
	free_pair_of_keys(p);
}

/*
 * FORM_DHE's random prime, as if it had been configured.
 */
CASE(a_group_of_the_administrators_own_is_signed_and_no_other)
{
	static const struct form random = { "own", FORM_DHE,
		.prime = PRIME_RANDOM, .p = 256, .g = 1, .y = 256 };
	struct policy own = { .min_version = 0x0303, .max_version = 0x0304 };
	struct pair_of_keys p;
	struct blob b;
	size_t i;

	library_start();
	p = make_pair_of_keys(&key_kinds[0]);
	form_make(&random, &b);
	own.dh.len = 2 + 256 + 2 + 1;
	memcpy(own.dh.bytes, b.bytes + 64, own.dh.len);
	CHECK(sign_refusal(&today, p.key, 0x0401, b.bytes, b.len) != NULL);
	CHECK(sign_refusal(&own, p.key, 0x0401, b.bytes, b.len) == NULL);
	for (i = 64; i < 64 + own.dh.len; i++) {
		b.bytes[i] ^= 1;
		CHECK(sign_refusal(&own, p.key, 0x0401, b.bytes, b.len) !=
		    NULL);
		b.bytes[i] ^= 1;
	}
	/* those that all know stay known */
	form_make(&servers[7], &b);
	CHECK(sign_refusal(&own, p.key, 0x0401, b.bytes, b.len) == NULL);
	free_pair_of_keys(p);
}

CASE(a_scheme_is_found_by_either_name)
{
	static const struct {
		const char *name;
		uint16_t code;
	} names[] = { { "ecdsa_secp256r1_sha256", 0x0403 },
		{ "ECDSA+SHA256", 0x0403 }, { "RSA+SHA384", 0x0501 },
		{ "RSA-PSS+SHA512", 0x0806 }, { "PSS+SHA256", 0x0804 },
		{ "ED25519", 0x0807 }, { "rsa_pss_pss_sha384", 0x080a },
		{ "RSA+SHA1", 0x0201 }, { "RSA", 0 }, { "RSA+", 0 },
		{ "+SHA256", 0 }, { "", 0 }, { "ECDSA+MD5", 0 },
		{ "DSA+SHA256", 0 }, { "ed448", 0 },
		{ "RSA+SHA256 and very much more", 0 } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(scheme_code(names[i].name, strlen(names[i].name)) ==
		    names[i].code);
}

CASE(all_schemes_are_told_the_best_first)
{
	uint16_t codes[SCHEMES];
	size_t i, n;

	CHECK(scheme_list(true, codes, SCHEMES) == SCHEMES);
	n = scheme_list(false, codes, SCHEMES);
	CHECK(n == SCHEMES - 3);
	CHECK(codes[0] == 0x0403 && codes[1] == 0x0807);
	for (i = 0; i < n; i++)
		CHECK(!scheme_is_legacy(codes[i]));
	CHECK(scheme_list(true, codes, 3) == 3);
}

static const struct check_case cases[] = {
	C(of_all_code_points_a_key_has_its_own_schemes),
	C(what_a_server_signs_is_signed), C(what_only_looks_like_it_is_not),
	C(what_is_cut_off_anywhere_or_goes_on_is_not),
	C(every_byte_that_is_fixed_counts), C(every_scheme_has_its_name),
	C(a_scheme_is_found_by_key_digest_and_padding),
	C(nothing_is_signed_by_an_unknown_scheme),
	C(a_scheme_that_the_policy_leaves_out_is_refused),
	C(a_form_of_a_version_that_the_policy_leaves_out_is_refused),
	C(a_group_of_the_administrators_own_is_signed_and_no_other),
	C(a_scheme_is_found_by_either_name),
	C(all_schemes_are_told_the_best_first), { 0 }
};
RUN(cases)

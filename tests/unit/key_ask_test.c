/* SPDX-License-Identifier: ISC */
/*
 * key_ask_test.c - a key that is not there: what it signs is asked for, and
 * what is not there cannot be had.
 */
#include "key_ask.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "check.h"
#include "keys.h"
#include "sign.h"

static struct {
	struct pair_of_keys pair;
	unsigned int times;
	uint16_t scheme;
	size_t len, size;
	bool refuse;
} keeper;

static size_t
answer(uint16_t scheme, const uint8_t *bytes, size_t len, uint8_t *signature,
    size_t size)
{
	uint8_t room[SIGNATURE_MAX];
	size_t n;

	keeper.times++;
	keeper.scheme = scheme;
	keeper.len = len;
	keeper.size = size;
	if (keeper.refuse)
		return (0);
	n = sign_bytes(keeper.pair.key, scheme, bytes, len, room);
	if (n > size)
		return (0);
	memcpy(signature, room, n);
	return (n);
}

static EVP_PKEY *
begin(const struct key_kind *kind)
{
	static bool started;

	if (!started)
		library_start();
	started = true;
	memset(&keeper, 0, sizeof(keeper));
	keeper.pair = make_pair_of_keys(kind);
	return (key_ask_new(keeper.pair.certificate, answer));
}

static void
end(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
	free_pair_of_keys(keeper.pair);
}

/* ----------------------------------------------------------- signatures */

static const struct {
	size_t kind;
	const char *digest;
	bool pss;
	uint16_t scheme;
} requests[] = {
	{ 0, "SHA256", false, 0x0401 },
	{ 0, "SHA384", false, 0x0501 },
	{ 0, "SHA512", false, 0x0601 },
	{ 0, "SHA256", true, 0x0804 },
	{ 0, "SHA384", true, 0x0805 },
	{ 0, "SHA512", true, 0x0806 },
	{ 1, "SHA256", false, 0x0403 },
	{ 2, "SHA384", false, 0x0503 },
	{ 3, "SHA512", false, 0x0603 },
	{ 4, NULL, false, 0x0807 },
	{ 5, "SHA256", true, 0x0809 },
	{ 5, "SHA384", true, 0x080a },
	{ 5, "SHA512", true, 0x080b },
	/* TLS 1.1; whether it may be is the KEEPER's question */
	{ 0, "SHA1", false, 0x0201 },
	{ 0, "MD5-SHA1", false, 0xff01 },
	{ 1, "SHA1", false, 0x0203 },
};

enum { REQUESTS = sizeof(requests) / sizeof(requests[0]) };

static bool
set_padding(EVP_PKEY_CTX *ctx, bool pss)
{
	return (!pss ||
	    (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) >
		    0));
}

/*
 * The signature's length, or 0.
 */
static size_t
sign(EVP_PKEY *key, const char *digest, bool pss, uint8_t *to, size_t size)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;

	if (EVP_DigestSignInit_ex(md, &ctx, digest, NULL, NULL, key, NULL) !=
		1 ||
	    !set_padding(ctx, pss) ||
	    EVP_DigestSign(md, to, &size, (const uint8_t *)"bytes", 5) != 1)
		size = 0;
	EVP_MD_CTX_free(md);
	return (size);
}

static bool
is_signature(const char *digest, bool pss, const uint8_t *signature, size_t len)
{
	EVP_PKEY *public = X509_get0_pubkey(keeper.pair.certificate);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	bool good;

	good = EVP_DigestVerifyInit_ex(md, &ctx, digest, NULL, NULL, public,
		   NULL) == 1 &&
	    set_padding(ctx, pss) &&
	    EVP_DigestVerify(md, signature, len, (const uint8_t *)"bytes", 5) ==
		1;
	EVP_MD_CTX_free(md);
	return (good);
}

CASE(each_kind_of_key_signs_by_asking)
{
	uint8_t signature[SIGNATURE_MAX];
	EVP_PKEY *key;
	size_t i, n;

	for (i = 0; i < REQUESTS; i++) {
		key = begin(&key_kinds[requests[i].kind]);
		CHECK(key != NULL);
		n = sign(key, requests[i].digest, requests[i].pss, signature,
		    sizeof(signature));
		CHECK(n > 0 && keeper.times == 1);
		CHECK(keeper.scheme == requests[i].scheme && keeper.len == 5);
		CHECK(is_signature(requests[i].digest, requests[i].pss,
		    signature, n));
		end(key);
	}
}

CASE(a_signature_that_is_refused_is_none)
{
	uint8_t signature[SIGNATURE_MAX];
	EVP_PKEY *key;
	size_t i;

	for (i = 0; i < REQUESTS; i++) {
		key = begin(&key_kinds[requests[i].kind]);
		keeper.refuse = true;
		CHECK(sign(key, requests[i].digest, requests[i].pss, signature,
			  sizeof(signature)) == 0);
		CHECK(keeper.times == 1);
		end(key);
	}
}

CASE(a_digest_that_TLS_does_not_have_is_not_asked_for)
{
	uint8_t signature[SIGNATURE_MAX];
	EVP_PKEY *key = begin(&key_kinds[0]);

	CHECK(sign(key, "SHA224", false, signature, sizeof(signature)) == 0);
	CHECK(sign(key, "SHA1", true, signature, sizeof(signature)) == 0);
	CHECK(sign(key, "MD5", false, signature, sizeof(signature)) == 0);
	CHECK(keeper.times == 0);
	end(key);
}

CASE(the_room_for_a_signature_is_told)
{
	uint8_t signature[SIGNATURE_MAX];
	EVP_PKEY *key = begin(&key_kinds[0]);

	CHECK(sign(key, "SHA256", true, signature, 256) == 256);
	CHECK(keeper.size == 256);
	CHECK(sign(key, "SHA256", true, signature, 255) == 0);
	CHECK(keeper.size == 255);
	end(key);
}

/* ------------------------------------------------------------ the key itself
 */

CASE(it_is_the_key_of_its_certificate)
{
	EVP_PKEY *key;
	size_t i;

	for (i = 0; i < KEY_KINDS; i++) {
		key = begin(&key_kinds[i]);
		CHECK(EVP_PKEY_is_a(key, key_kinds[i].type) == 1);
		CHECK(EVP_PKEY_get_bits(key) ==
		    EVP_PKEY_get_bits(keeper.pair.key));
		CHECK(EVP_PKEY_get_security_bits(key) ==
		    EVP_PKEY_get_security_bits(keeper.pair.key));
		CHECK(EVP_PKEY_get_size(key) ==
		    EVP_PKEY_get_size(keeper.pair.key));
		CHECK(X509_check_private_key(keeper.pair.certificate, key) ==
		    1);
		end(key);
	}
}

CASE(it_is_not_the_key_of_another_certificate)
{
	struct pair_of_keys other;
	EVP_PKEY *key, *other_key, *again;
	size_t i;

	for (i = 0; i < KEY_KINDS; i++) {
		key = begin(&key_kinds[i]);
		again = key_ask_new(keeper.pair.certificate, answer);
		other = make_pair_of_keys(&key_kinds[i]);
		other_key = key_ask_new(other.certificate, answer);
		CHECK(X509_check_private_key(other.certificate, key) != 1);
		CHECK(EVP_PKEY_eq(key, other_key) != 1);
		CHECK(EVP_PKEY_eq(key, again) == 1);
		EVP_PKEY_free(other_key);
		EVP_PKEY_free(again);
		free_pair_of_keys(other);
		end(key);
	}
}

CASE(there_is_no_private_part_to_be_had)
{
	static const char *const numbers[] = { OSSL_PKEY_PARAM_RSA_D,
		OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_PRIV_KEY };
	uint8_t bytes[2048];
	OSSL_PARAM *params;
	BIGNUM *number;
	EVP_PKEY *key;
	size_t i, k, len;

	for (i = 0; i < KEY_KINDS; i++) {
		key = begin(&key_kinds[i]);
		params = NULL;
		CHECK(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params) != 1);
		for (k = 0; k < 3; k++) {
			number = NULL;
			CHECK(EVP_PKEY_get_bn_param(key, numbers[k], &number) !=
			    1);
		}
		len = sizeof(bytes);
		CHECK(EVP_PKEY_get_raw_private_key(key, bytes, &len) != 1);
		CHECK(i2d_PrivateKey(key, NULL) <= 0);
		CHECK(keeper.times == 0);
		end(key);
	}
}

CASE(the_public_part_can_be_had)
{
	OSSL_PARAM *params;
	EVP_PKEY *key;
	size_t i;

	for (i = 0; i < KEY_KINDS; i++) {
		key = begin(&key_kinds[i]);
		params = NULL;
		CHECK(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &params) == 1);
		CHECK(params[0].key != NULL);
		OSSL_PARAM_free(params);
		end(key);
	}
}

CASE(a_certificate_of_another_kind_has_no_key)
{
	static const struct key_kind ed448 = { "Ed448", "ED448", NULL };
	EVP_PKEY *key = begin(&key_kinds[1]), *other;
	OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
	X509 *x = X509_new();

	other = make_key(context, &ed448);
	CHECK(other != NULL && X509_set_pubkey(x, other) == 1);
	CHECK(key_ask_new(x, answer) == NULL);
	X509_free(x);
	x = X509_new();
	CHECK(key_ask_new(x, answer) == NULL);
	X509_free(x);
	EVP_PKEY_free(other);
	OSSL_LIB_CTX_free(context);
	end(key);
}

/* ------------------------------------------------------------- in TLS */

/*
 * Both ends in one process, each with its half of two memory BIOs.
 */
static SSL *
new_end(SSL_CTX *ctx, BIO *in, BIO *out)
{
	SSL *ssl = SSL_new(ctx);

	CHECK(ssl != NULL && BIO_up_ref(in) == 1 && BIO_up_ref(out) == 1);
	SSL_set_bio(ssl, in, out);
	return (ssl);
}

static bool
shake_hands(EVP_PKEY *key, int version)
{
	SSL_CTX *server = SSL_CTX_new(TLS_server_method());
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
	SSL *s, *c;
	int i, done = 0;

	/* as policy.c has it: what seals a ticket is not in library.def */
	SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(server, 0);
	CHECK(SSL_CTX_use_certificate(server, keeper.pair.certificate) == 1);
	CHECK(SSL_CTX_use_PrivateKey(server, key) == 1);
	CHECK(SSL_CTX_set_min_proto_version(client, version) == 1);
	CHECK(SSL_CTX_set_max_proto_version(client, version) == 1);
	s = new_end(server, up, down);
	c = new_end(client, down, up);
	SSL_set_accept_state(s);
	SSL_set_connect_state(c);
	for (i = 0; i < 8; i++)
		done = SSL_do_handshake(c) + SSL_do_handshake(s);
	SSL_free(s);
	SSL_free(c);
	BIO_free(up);
	BIO_free(down);
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	return (done == 2);
}

CASE(a_TLS_handshake_asks_once_for_what_may_be_signed)
{
	EVP_PKEY *key;
	size_t i;
	int version;

	for (i = 0; i < KEY_KINDS; i++)
		for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION;
		     version++) {
			key = begin(&key_kinds[i]);
			CHECK(shake_hands(key, version));
			CHECK(keeper.times == 1);
			keeper.refuse = true;
			CHECK(!shake_hands(key, version));
			end(key);
		}
}

static const struct check_case cases[] = { C(each_kind_of_key_signs_by_asking),
	C(a_signature_that_is_refused_is_none),
	C(a_digest_that_TLS_does_not_have_is_not_asked_for),
	C(the_room_for_a_signature_is_told),
	C(it_is_the_key_of_its_certificate),
	C(it_is_not_the_key_of_another_certificate),
	C(there_is_no_private_part_to_be_had), C(the_public_part_can_be_had),
	C(a_certificate_of_another_kind_has_no_key),
	C(a_TLS_handshake_asks_once_for_what_may_be_signed), { 0 } };
RUN(cases)

/* SPDX-License-Identifier: ISC */
/*
 * env_client_test.c - what NET told of a client's certificate, as variables.
 *
 * The KEEPER looks into no certificate, so any bytes do for one.
 */
#include "env.h"
#include "fact.h"

#include <string.h>

#include "check.h"

#define SHA256_OF_ABC                                                          \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_OF_B                                                            \
	"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
#define PEM_OF(base64)                                                         \
	"-----BEGIN CERTIFICATE-----\n" base64 "\n-----END CERTIFICATE-----\n"

static struct facts facts;

static struct env *
told(unsigned int sets)
{
	struct env *env = env_new(sets, ENV_MOD_SSL);

	memset(&facts, 0, sizeof(facts));
	strcpy(facts.text[FACT_VERIFY], "SUCCESS");
	CHECK(facts_add_certificate(&facts, (const unsigned char *)"abc", 3));
	CHECK(facts_add_certificate(&facts, (const unsigned char *)"def", 3));
	CHECK(facts_add_certificate(&facts, (const unsigned char *)"ghi", 3));
	facts.client.spki_begin = facts.client.spki_len = 1;
	CHECK(facts_add_named(&facts, "SSL_CLIENT_S_DN",
		  (struct env_value){ "CN=a\nRELAYCLIENT=", 17 }) == NULL);
	CHECK(facts_add_named(&facts, "SSL_CLIENT_S_DN_O",
		  (struct env_value){ "", 0 }) == NULL);
	env_client(env, &facts.client);
	return (env);
}

CASE(hashes_are_of_the_bytes)
{
	struct env *env = told(ENV_TLS);

	CHECK_STR(env_get(env, "SSL_CLIENT_FINGERPRINT_SHA256"), SHA256_OF_ABC);
	CHECK_STR(env_get(env, "SSL_CLIENT_SPKI_SHA256"), SHA256_OF_B);
	env_free(env);
}

CASE(PEM_texts_are_in_their_set_and_the_chain_is_without_the_leaf)
{
	struct env *env = told(ENV_TLS);

	CHECK(env_get(env, "SSL_CLIENT_CERT") == NULL);
	CHECK(env_get(env, "SSL_CLIENT_CERT_CHAIN_0") == NULL);
	env_free(env);
	env = told(ENV_TLS | ENV_CERTS);
	CHECK_STR(env_get(env, "SSL_CLIENT_CERT"), PEM_OF("YWJj"));
	CHECK_STR(env_get(env, "SSL_CLIENT_CERT_CHAIN_0"), PEM_OF("ZGVm"));
	CHECK_STR(env_get(env, "SSL_CLIENT_CERT_CHAIN_1"), PEM_OF("Z2hp"));
	CHECK(env_get(env, "SSL_CLIENT_CERT_CHAIN_2") == NULL);
	env_free(env);
}

CASE(a_name_is_one_value_on_one_line_and_an_empty_one_is_set)
{
	struct env *env = told(ENV_TLS);

	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN"), "CN=a\\0ARELAYCLIENT=");
	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN_O"), "");
	env_free(env);
}

CASE(without_the_set_there_is_nothing)
{
	struct env *env = told(ENV_TCP);

	CHECK(env_vector(env)[0] == NULL);
	env_free(env);
}

CASE(without_a_certificate_there_is_nothing)
{
	struct env *env = env_new(ENV_TLS | ENV_CERTS, ENV_MOD_SSL);

	memset(&facts, 0, sizeof(facts));
	env_client(env, &facts.client);
	CHECK(env_vector(env)[0] == NULL);
	env_free(env);
}

static const struct check_case cases[] = { C(hashes_are_of_the_bytes),
	C(PEM_texts_are_in_their_set_and_the_chain_is_without_the_leaf),
	C(a_name_is_one_value_on_one_line_and_an_empty_one_is_set),
	C(without_the_set_there_is_nothing),
	C(without_a_certificate_there_is_nothing), { 0 } };
RUN(cases)

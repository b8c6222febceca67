/* SPDX-License-Identifier: ISC */
/*
 * der_test.c - lengths that lie, and what a SEQUENCE looks to be.
 */
#include "der.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "check.h"
#include "keys.h"

#define DER(...)                                                               \
	((struct der){ (const unsigned char[]){ __VA_ARGS__ },                 \
	    sizeof((const unsigned char[]){ __VA_ARGS__ }) })

CASE(values_are_taken_one_after_the_other)
{
	struct der d = DER(0x02, 1, 7, 0x04, 0x81, 2, 'a', 'b', 0x30, 0);
	struct der_value v;

	CHECK(!der_take(&d, DER_SEQUENCE, &v) && d.len == 10);
	CHECK(der_take(&d, DER_INTEGER, &v));
	CHECK(v.inside.len == 1 && v.inside.at[0] == 7 && v.whole.len == 3);
	CHECK(der_next(&d, &v) && v.tag == DER_OCTET_STRING);
	CHECK(v.inside.len == 2 && v.inside.at[1] == 'b' && v.whole.len == 5);
	CHECK(der_take(&d, DER_SEQUENCE, &v) && v.inside.len == 0);
	CHECK(d.len == 0 && !der_next(&d, &v));
}

CASE(a_length_that_lies_is_no_value)
{
	struct der bad[] = { DER(0x30), DER(0x30, 1), DER(0x30, 0x80, 0, 0),
		DER(0x30, 0x81), DER(0x30, 0x81, 1), DER(0x30, 0x82, 0),
		DER(0x30, 0x83, 0xff, 0xff, 0xff, 0),
		DER(0x30, 0x84, 0, 0, 0, 2, 0), DER(0x30, 0xff, 0, 0),
		DER(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0),
		DER(0x30, 0x84, 0x80, 0, 0, 0, 0),
		DER(0x30, 0x85, 0, 0, 0, 0, 1, 0), DER(0x1f, 0x21, 0),
		DER(0xbf, 0x81, 0x01, 0) };
	struct der_value v;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!der_next(&bad[i], &v));
}

CASE(a_value_of_which_there_is_a_part_has_a_size)
{
	CHECK(der_size(DER(0x30)) == 0);
	CHECK(der_size(DER(0x30, 0x82, 1)) == 0);
	CHECK(der_size(DER(0x30, 5)) == 7);
	CHECK(der_size(DER(0x30, 0x82, 1, 0)) == 260);
	CHECK(der_size(DER(0x30, 0x84, 0, 0, 0, 1)) == 7);
	CHECK(der_size(DER(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff)) > INT32_MAX);
	CHECK(der_size(DER(0x30, 0x84, 0x80, 0, 0, 0)) == DER_BAD);
	CHECK(der_size(DER(0x30, 0x80)) == DER_BAD);
	CHECK(der_size(DER(0x30, 0x85)) == DER_BAD);
	CHECK(der_size(DER(0x1f)) == DER_BAD);
}

CASE(what_a_file_is_is_told_by_its_first_values)
{
	CHECK(der_kind(DER(0x30, 3, 0x02, 1, 0)) == DER_KEY);
	CHECK(der_kind(DER(0x30, 3, 0x02, 1, 1)) == DER_KEY);
	CHECK(der_kind(DER(0x30, 3, 0x02, 1, 3)) == DER_PKCS12);
	CHECK(der_kind(DER(0x30, 4, 0x02, 2, 0, 0)) == DER_OTHER);
	CHECK(der_kind(DER(0x30, 4, 0x30, 0, 0x04, 0)) == DER_ENCRYPTED_KEY);
	CHECK(der_kind(DER(0x30, 4, 0x30, 0, 0x30, 0)) == DER_CERTIFICATE);
	CHECK(der_kind(DER(0x30, 4, 0x30, 0, 0x0c, 0)) == DER_OTHER);
	CHECK(der_kind(DER(0x30, 2, 0x30, 0)) == DER_OTHER);
	CHECK(der_kind(DER(0x30, 0)) == DER_OTHER);
	CHECK(der_kind(DER('-', '-', '-')) == DER_OTHER);
	CHECK(der_kind((struct der){ NULL, 0 }) == DER_OTHER);
}

/*
 * Certificate with names, of which each byte is then changed.
 */
static struct der
make_certificate(void)
{
	OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
	EVP_PKEY *key = make_key(context, &key_kinds[1]);
	X509 *x = X509_new_ex(context, NULL);
	unsigned char *der = NULL;
	int len;

	CHECK(key != NULL && X509_set_pubkey(x, key) == 1);
	CHECK(X509_set_version(x, X509_VERSION_3) == 1);
	CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
		  MBSTRING_ASC, (const unsigned char *)"subject", -1, -1,
		  0) == 1);
	CHECK(X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN",
		  MBSTRING_ASC, (const unsigned char *)"issuer", -1, -1,
		  0) == 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL);
	CHECK(X509_gmtime_adj(X509_getm_notAfter(x), 1000) != NULL);
	CHECK(sign_certificate(x, key, context));
	len = i2d_X509(x, &der);
	CHECK(len > 0);
	X509_free(x);
	EVP_PKEY_free(key);
	OSSL_LIB_CTX_free(context);
	return ((struct der){ der, (size_t)len });
}

static void
check_name(struct der name, const char *text)
{
	X509_NAME *parsed = d2i_X509_NAME(NULL, &name.at, (long)name.len);
	char got[64];

	CHECK(parsed != NULL);
	X509_NAME_oneline(parsed, got, sizeof(got));
	CHECK_STR(got, text);
	X509_NAME_free(parsed);
}

CASE(issuer_and_subject_of_a_certificate_are_found)
{
	struct der der = make_certificate();
	struct der_names names;

	CHECK(der_certificate_names(der, &names));
	check_name(names.issuer, "/CN=issuer");
	check_name(names.subject, "/CN=subject");
	OPENSSL_free((void *)(uintptr_t)der.at);
}

static bool
is_within(struct der part, struct der all)
{
	return (part.at >= all.at && part.len <= all.len &&
	    (size_t)(part.at - all.at) <= all.len - part.len);
}

CASE(a_certificate_cut_off_or_followed_by_more_is_none)
{
	struct der der = make_certificate(), other = der;
	struct der_names names;
	unsigned char *longer;

	for (other.len = 0; other.len < der.len; other.len++)
		CHECK(!der_certificate_names(other, &names));
	longer = malloc(der.len + 1);
	memcpy(longer, der.at, der.len);
	longer[der.len] = 0;
	other = (struct der){ longer, der.len + 1 };
	CHECK(!der_certificate_names(other, &names));
	free(longer);
	OPENSSL_free((void *)(uintptr_t)der.at);
}

CASE(names_lie_within_whatever_byte_is_changed)
{
	struct der der = make_certificate();
	unsigned char *byte = (unsigned char *)(uintptr_t)der.at, was;
	struct der_names names;
	int value;
	size_t i;

	for (i = 0; i < der.len; i++, byte++) {
		was = *byte;
		for (value = 0; value < 256; value++) {
			*byte = (unsigned char)value;
			if (der_certificate_names(der, &names))
				CHECK(is_within(names.issuer, der) &&
				    is_within(names.subject, der));
		}
		*byte = was;
	}
	OPENSSL_free((void *)(uintptr_t)der.at);
}

static const struct check_case cases[] = {
	C(values_are_taken_one_after_the_other),
	C(a_length_that_lies_is_no_value),
	C(a_value_of_which_there_is_a_part_has_a_size),
	C(what_a_file_is_is_told_by_its_first_values),
	C(issuer_and_subject_of_a_certificate_are_found),
	C(a_certificate_cut_off_or_followed_by_more_is_none),
	C(names_lie_within_whatever_byte_is_changed), { 0 }
};

RUN(cases)

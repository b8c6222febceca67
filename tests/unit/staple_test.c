/* SPDX-License-Identifier: ISC */
/*
 * staple_test.c - which answers of an OCSP responder are fit to be sent.
 */
#include "staple.h"

#include <fcntl.h>
#include <openssl/ocsp.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "check.h"
#include "complaint.h"
#include "keys.h"
#include "library.h"
#include "pair.h"

enum { DAY = 24 * 60 * 60, SERIAL = 7 };

/* what a responder says of one certificate */
struct said {
	int serial, status;
	long from, to; /* seconds from now; both 0: no end is named */
	const EVP_MD *digest;
	const char *issuer;
};

static struct pair pair;
static EVP_PKEY *key;
static char path[] = "/tmp/staple_test.XXXXXX", staple_path[64];

/* ------------------------------------------------------------------ set-up */

static X509 *
make_leaf(void)
{
	X509 *x = X509_new();

	CHECK(x != NULL && X509_set_pubkey(x, key) == 1);
	CHECK(ASN1_INTEGER_set(X509_get_serialNumber(x), SERIAL) == 1);
	CHECK(X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN",
		  MBSTRING_ASC, (const unsigned char *)"CA", -1, -1, 0) == 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL);
	CHECK(X509_gmtime_adj(X509_getm_notAfter(x), DAY) != NULL);
	CHECK(X509_sign(x, key, EVP_sha256()) > 0);
	return (x);
}

/*
 * All is made in a context of its own, and judged in the program's.
 */
static OSSL_LIB_CTX *
begin(void)
{
	OSSL_LIB_CTX *context, *before;
	int fd;

	library_start();
	context = OSSL_LIB_CTX_new();
	before = OSSL_LIB_CTX_set0_default(context);
	key = make_key(context, &key_kinds[1]);
	pair.leaf = make_leaf();
	fd = mkstemp(path);
	CHECK(fd != -1 && unlink(path) == 0 && close(fd) == 0);
	pair.files.cert = path;
	snprintf(staple_path, sizeof(staple_path), "%s.ocsp", path);
	return (before);
}

static void
add(OCSP_BASICRESP *basic, const struct said *said)
{
	ASN1_TIME *from = X509_gmtime_adj(NULL, said->from);
	ASN1_TIME *to = X509_gmtime_adj(NULL, said->to);
	ASN1_TIME *revoked = X509_gmtime_adj(NULL, -DAY);
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	X509_NAME *issuer = X509_NAME_new();
	OCSP_CERTID *id;

	X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_ASC,
	    (const unsigned char *)said->issuer, -1, -1, 0);
	ASN1_INTEGER_set(serial, said->serial);
	id = OCSP_cert_id_new(said->digest, issuer,
	    X509_get0_pubkey_bitstr(pair.leaf), serial);
	CHECK(OCSP_basic_add1_status(basic, id, said->status, 0, revoked, from,
		  said->from == 0 && said->to == 0 ? NULL : to) != NULL);
	OCSP_CERTID_free(id);
	X509_NAME_free(issuer);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(revoked);
	ASN1_TIME_free(to);
	ASN1_TIME_free(from);
}

static size_t
make_response(unsigned char **der, int status, const struct said *said)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_RESPONSE *response;
	int len;

	for (; said->issuer != NULL; said++)
		add(basic, said);
	CHECK(OCSP_basic_sign(basic, pair.leaf, key, EVP_sha256(), NULL, 0) ==
	    1);
	response = OCSP_response_create(status, basic);
	*der = NULL;
	len = i2d_OCSP_RESPONSE(response, der);
	CHECK(len > 0);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	return ((size_t)len);
}

static void
write_file(const unsigned char *der, size_t len)
{
	FILE *file = fopen(staple_path, "w");

	CHECK(file != NULL && fwrite(der, 1, len, file) == len);
	CHECK(fclose(file) == 0);
}

/*
 * What staple_read says of the file: "", or why it is not fit.
 */
static const char *
judged(const unsigned char *der, size_t len)
{
	static struct complaint c;
	static struct staple s;
	size_t prefix = strlen("staple: : ") + strlen(staple_path);

	write_file(der, len);
	if (staple_read(&s, &pair, &c) == -1) {
		CHECK(s.len == 0 && strlen(c.text) > prefix);
		unlink(staple_path);
		return (c.text + prefix);
	}
	CHECK(s.len == len && memcmp(s.der, der, len) == 0);
	unlink(staple_path);
	return ("");
}

static const char *
answer(const struct said *said)
{
	OSSL_LIB_CTX *program = begin();
	unsigned char *der;
	const char *why;
	size_t len;

	len = make_response(&der, OCSP_RESPONSE_STATUS_SUCCESSFUL, said);
	OSSL_LIB_CTX_set0_default(program);
	why = judged(der, len);
	OPENSSL_free(der);
	return (why);
}

#define GOOD V_OCSP_CERTSTATUS_GOOD
#define ANSWER(...) answer((const struct said[]){ __VA_ARGS__, { 0 } })

/* ------------------------------------------------------------------- cases */

CASE(a_good_answer_of_today_is_fit)
{
	CHECK_STR(ANSWER({ SERIAL, GOOD, -DAY, DAY, EVP_sha1(), "CA" }), "");
}

CASE(the_issuer_may_be_named_by_another_hash)
{
	CHECK_STR(ANSWER({ SERIAL, GOOD, -DAY, DAY, EVP_sha256(), "CA" }), "");
}

CASE(among_several_ours_is_looked_for)
{
	CHECK_STR(ANSWER({ 1, V_OCSP_CERTSTATUS_REVOKED, -DAY, DAY, EVP_sha1(),
			     "CA" },
		      { SERIAL, V_OCSP_CERTSTATUS_REVOKED, -DAY, DAY,
			  EVP_sha1(), "another CA" },
		      { SERIAL, GOOD, -DAY, DAY, EVP_sha1(), "CA" }),
	    "");
}

CASE(another_serial_is_not_ours)
{
	CHECK_STR(ANSWER({ 8, GOOD, -DAY, DAY, EVP_sha1(), "CA" }),
	    "for another certificate");
}

CASE(the_same_serial_of_another_ca_is_not_ours)
{
	CHECK_STR(ANSWER({ SERIAL, GOOD, -DAY, DAY, EVP_sha1(), "CB" }),
	    "for another certificate");
}

CASE(a_revoked_certificate_is_told)
{
	CHECK_STR(ANSWER({ SERIAL, V_OCSP_CERTSTATUS_REVOKED, -DAY, DAY,
		      EVP_sha1(), "CA" }),
	    "the certificate is revoked");
}

CASE(an_unknown_certificate_is_told)
{
	CHECK_STR(ANSWER({ SERIAL, V_OCSP_CERTSTATUS_UNKNOWN, -DAY, DAY,
		      EVP_sha1(), "CA" }),
	    "the CA does not know the certificate");
}

CASE(yesterday_s_answer_is_expired)
{
	CHECK_STR(ANSWER({ SERIAL, GOOD, -2 * DAY, -1, EVP_sha1(), "CA" }),
	    "expired");
}

CASE(tomorrow_s_answer_is_not_yet_valid)
{
	CHECK_STR(ANSWER({ SERIAL, GOOD, 60, DAY, EVP_sha1(), "CA" }),
	    "not yet valid");
}

CASE(an_answer_without_end_is_of_no_use)
{
	CHECK_STR(ANSWER({ SERIAL, GOOD, 0, 0, EVP_sha1(), "CA" }),
	    "does not say how long it is valid");
}

CASE(no_file_is_no_staple_and_no_complaint)
{
	static struct staple s = { .len = 1 };
	struct complaint c;

	OSSL_LIB_CTX_set0_default(begin());
	CHECK(staple_read(&s, &pair, &c) == 0 && s.len == 0);
}

CASE(a_responder_that_could_not_answer_is_told)
{
	OSSL_LIB_CTX *program = begin();
	unsigned char *der;
	size_t len;

	len = make_response(&der, OCSP_RESPONSE_STATUS_TRYLATER,
	    (const struct said[]){ { 0 } });
	OSSL_LIB_CTX_set0_default(program);
	CHECK_STR(judged(der, len), "no answer of an OCSP responder");
	OPENSSL_free(der);
}

CASE(an_answer_cut_off_anywhere_is_none)
{
	OSSL_LIB_CTX *program = begin();
	unsigned char *der;
	size_t len, n;

	len = make_response(&der, OCSP_RESPONSE_STATUS_SUCCESSFUL,
	    (const struct said[]){
		{ SERIAL, GOOD, -DAY, DAY, EVP_sha1(), "CA" }, { 0 } });
	OSSL_LIB_CTX_set0_default(program);
	for (n = 0; n < len; n++)
		CHECK_STR(judged(der, n), "no answer of an OCSP responder");
	OPENSSL_free(der);
}

/*
 * Only where no field of ours is hit may it stay fit; and nothing is read
 * that is not there, which the sanitizers see.
 */
CASE(a_changed_byte_does_no_harm)
{
	OSSL_LIB_CTX *program = begin();
	unsigned char *der;
	size_t len, i, fit = 0;
	int bit;

	len = make_response(&der, OCSP_RESPONSE_STATUS_SUCCESSFUL,
	    (const struct said[]){
		{ SERIAL, GOOD, -DAY, DAY, EVP_sha1(), "CA" }, { 0 } });
	OSSL_LIB_CTX_set0_default(program);
	for (i = 0; i < len; i++)
		for (bit = 1; bit < 256; bit <<= 1) {
			der[i] ^= (unsigned char)bit;
			fit += *judged(der, len) == '\0';
			der[i] ^= (unsigned char)bit;
		}
	CHECK(fit < 8 * len);
	OPENSSL_free(der);
}

static const struct check_case cases[] = { C(a_good_answer_of_today_is_fit),
	C(the_issuer_may_be_named_by_another_hash),
	C(among_several_ours_is_looked_for), C(another_serial_is_not_ours),
	C(the_same_serial_of_another_ca_is_not_ours),
	C(a_revoked_certificate_is_told), C(an_unknown_certificate_is_told),
	C(yesterday_s_answer_is_expired), C(tomorrow_s_answer_is_not_yet_valid),
	C(an_answer_without_end_is_of_no_use),
	C(no_file_is_no_staple_and_no_complaint),
	C(a_responder_that_could_not_answer_is_told),
	C(an_answer_cut_off_anywhere_is_none), C(a_changed_byte_does_no_harm),
	{ 0 } };

RUN(cases)

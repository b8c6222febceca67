/* SPDX-License-Identifier: ISC */
/*
 * env_cert_test.c - a certificate as mod_ssl's variables.
 *
 * Certificates are made here, hostile ones too; where openssl(1) prints what
 * mod_ssl would, it is asked what is right.
 */
#include "env.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "log.h"

enum { ALL = ENV_TCP | ENV_TLS | ENV_CERTS };

#define BYTES(literal) (literal), (int)sizeof(literal) - 1

/* --------------------------------------------------- making certificates */

static EVP_PKEY *
test_key(void)
{
	static EVP_PKEY *key;

	if (key == NULL)
		key = EVP_EC_gen("P-256");
	CHECK(key != NULL);
	return (key);
}

static X509 *
blank_certificate(void)
{
	X509 *cert = X509_new();

	CHECK(cert != NULL);
	CHECK(X509_set_version(cert, X509_VERSION_3) == 1);
	CHECK(X509_set_pubkey(cert, test_key()) == 1);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x0a1b2c);
	CHECK(ASN1_TIME_set_string_X509(X509_getm_notBefore(cert),
		  "20250105000000Z") == 1);
	CHECK(ASN1_TIME_set_string_X509(X509_getm_notAfter(cert),
		  "20491231235959Z") == 1);
	return (cert);
}

/*
 * Signed, and read again: what a peer could have sent.
 */
static X509 *
finished(X509 *cert)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	X509 *again;
	int len;

	CHECK(X509_sign(cert, test_key(), EVP_sha256()) > 0);
	CHECK((len = i2d_X509(cert, &der)) > 0);
	at = der;
	CHECK((again = d2i_X509(NULL, &at, len)) != NULL);
	OPENSSL_free(der);
	X509_free(cert);
	return (again);
}

/*
 * set: 0 for an RDN of its own, -1 to join the last one.
 */
static void
add_to(X509_NAME *name, int set, int nid, int type, const char *bytes, int len)
{
	X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(NULL, nid, type,
	    (const unsigned char *)bytes, len);

	CHECK(entry != NULL);
	CHECK(X509_NAME_add_entry(name, entry, -1, set) == 1);
	X509_NAME_ENTRY_free(entry);
}

static void
add(X509 *cert, int nid, int type, const char *bytes, int len)
{
	add_to(X509_get_subject_name(cert), 0, nid, type, bytes, len);
}

static X509 *
with_cn(int type, const char *bytes, int len)
{
	X509 *cert = blank_certificate();

	add(cert, NID_commonName, type, bytes, len);
	return (finished(cert));
}

static void
add_san(GENERAL_NAMES *names, int type, const char *bytes, int len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *text = ASN1_STRING_type_new(type == GEN_IPADD ?
		V_ASN1_OCTET_STRING :
		V_ASN1_IA5STRING);

	CHECK(name != NULL && text != NULL);
	CHECK(ASN1_STRING_set(text, bytes, len) == 1);
	GENERAL_NAME_set0_value(name, type, text);
	CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

static void
add_other_san(GENERAL_NAMES *names, int nid, int type, const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = ASN1_STRING_type_new(type);
	ASN1_TYPE *value = ASN1_TYPE_new();

	CHECK(name != NULL && string != NULL && value != NULL);
	CHECK(ASN1_STRING_set(string, text, -1) == 1);
	ASN1_TYPE_set(value, type, string);
	CHECK(GENERAL_NAME_set0_othername(name, OBJ_nid2obj(nid), value) == 1);
	CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

static X509 *
with_sans(GENERAL_NAMES *names)
{
	X509 *cert = blank_certificate();

	CHECK(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1);
	GENERAL_NAMES_free(names);
	return (finished(cert));
}

/*
 * What people have: several RDNs, names, UTF-8.
 */
static X509 *
ordinary(void)
{
	X509 *cert = blank_certificate();
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509_NAME *issuer = X509_get_issuer_name(cert);

	add(cert, NID_countryName, V_ASN1_PRINTABLESTRING, BYTES("CZ"));
	add(cert, NID_organizationName, V_ASN1_UTF8STRING,
	    BYTES("P\xc5\x99\xc3\xadklad, s.r.o. \"x\" <#;+\\"));
	add(cert, NID_organizationalUnitName, V_ASN1_UTF8STRING, BYTES("Mail"));
	add(cert, NID_organizationalUnitName, V_ASN1_UTF8STRING,
	    BYTES(" blanks "));
	add(cert, NID_commonName, V_ASN1_UTF8STRING, BYTES("mx.example.org"));
	add(cert, NID_pkcs9_emailAddress, V_ASN1_IA5STRING,
	    BYTES("root@example.org"));
	add(cert, NID_serialNumber, V_ASN1_PRINTABLESTRING, BYTES("4711"));
	add_to(issuer, 0, NID_organizationName, V_ASN1_UTF8STRING,
	    BYTES("Test"));
	add_to(issuer, -1, NID_commonName, V_ASN1_UTF8STRING, BYTES("CA"));
	add_san(names, GEN_DNS, BYTES("mx.example.org"));
	add_san(names, GEN_EMAIL, BYTES("root@example.org"));
	add_san(names, GEN_DNS, BYTES("smtp.example.org"));
	CHECK(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1);
	GENERAL_NAMES_free(names);
	return (finished(cert));
}

/* --------------------------------------------------- asking openssl(1) */

/*
 * What a command prints that gets the certificate as its input, less what
 * stands before the first '=' of its only line.
 */
static const char *
openssl_says(X509 *cert, const char *command)
{
	static char text[65536];
	char path[] = "/tmp/env_cert_test.XXXXXX", line[512], *equals;
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w"), *answer;
	size_t n;

	CHECK(file != NULL && PEM_write_X509(file, cert) == 1);
	fclose(file);
	snprintf(line, sizeof(line), "(%s) <%s", command, path);
	/* NOLINTNEXTLINE(cert-env33-c): the line is this file's own */
	CHECK((answer = popen(line, "r")) != NULL);
	n = fread(text, 1, sizeof(text) - 1, answer);
	text[n] = '\0';
	CHECK(pclose(answer) == 0);
	unlink(path);
	text[strcspn(text, "\n")] = '\0';
	equals = strchr(text, '=');
	return (equals == NULL ? text : equals + 1);
}

static struct env *
told_by(X509 *cert, const char *prefix, enum env_format format)
{
	struct env *env = env_new(ALL, format);

	env_certificate(env, prefix, cert, true);
	return (env);
}

static struct env *
server(X509 *cert)
{
	return (told_by(cert, "SSL_SERVER", ENV_MOD_SSL));
}

static struct env *
client(X509 *cert)
{
	return (told_by(cert, "SSL_CLIENT", ENV_MOD_SSL));
}

/*
 * Every string begins with one of our names and has no newline but in PEM.
 */
static void
check_strings(struct env *env)
{
	char *const *v;

	for (v = env_vector(env); *v != NULL; v++) {
		CHECK(strncmp(*v, "SSL_SERVER_", 11) == 0 ||
		    strncmp(*v, "SSL_CLIENT_", 11) == 0);
		CHECK(strncmp(*v + 11, "CERT=", 5) == 0 ||
		    strchr(*v, '\n') == NULL);
	}
}

static void
done(struct env *env, X509 *cert)
{
	check_strings(env);
	env_free(env);
	X509_free(cert);
}

/*
 * The one value that a CN of these bytes becomes.
 */
static void
check_cn(int type, const char *bytes, int len, const char *wanted)
{
	X509 *cert = with_cn(type, bytes, len);
	struct env *env = client(cert);

	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN_CN"), wanted);
	CHECK(env_get(env, "SSL_CLIENT_S_DN_CN_1") == NULL);
	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN"),
	    openssl_says(cert,
		"openssl x509 -noout -subject "
		"-nameopt RFC2253,-esc_msb"));
	done(env, cert);
}

/* ------------------------------------------------------------- ordinary */

CASE(the_names_are_what_openssl_prints)
{
	X509 *cert = ordinary();
	struct env *env = server(cert);

	CHECK_STR(env_get(env, "SSL_SERVER_S_DN"),
	    openssl_says(cert,
		"openssl x509 -noout -subject "
		"-nameopt RFC2253,-esc_msb"));
	CHECK_STR(env_get(env, "SSL_SERVER_I_DN"),
	    openssl_says(cert,
		"openssl x509 -noout -issuer "
		"-nameopt RFC2253,-esc_msb"));
	CHECK_STR(env_get(env, "SSL_SERVER_I_DN"), "O=Test+CN=CA");
	done(env, cert);
}

CASE(attributes_have_variables_of_their_own)
{
	X509 *cert = ordinary();
	struct env *env = server(cert);

	CHECK_STR(env_get(env, "SSL_SERVER_S_DN_C"), "CZ");
	CHECK_STR(env_get(env, "SSL_SERVER_S_DN_O"),
	    "P\xc5\x99\xc3\xadklad, s.r.o. \"x\" <#;+\\\\");
	CHECK_STR(env_get(env, "SSL_SERVER_S_DN_OU"), "Mail");
	CHECK_STR(env_get(env, "SSL_SERVER_S_DN_OU_1"), " blanks ");
	CHECK(env_get(env, "SSL_SERVER_S_DN_OU_2") == NULL);
	CHECK(env_get(env, "SSL_SERVER_S_DN_OU_0") == NULL);
	CHECK_STR(env_get(env, "SSL_SERVER_S_DN_CN"), "mx.example.org");
	CHECK_STR(env_get(env, "SSL_SERVER_S_DN_Email"), "root@example.org");
	CHECK_STR(env_get(env, "SSL_SERVER_I_DN_O"), "Test");
	CHECK_STR(env_get(env, "SSL_SERVER_I_DN_CN"), "CA");
	done(env, cert);
}

CASE(all_attributes_are_known)
{
	static const struct {
		int nid;
		const char *name;
	} wanted[] = { { NID_countryName, "C" },
		{ NID_stateOrProvinceName, "ST" }, { NID_localityName, "L" },
		{ NID_organizationName, "O" },
		{ NID_organizationalUnitName, "OU" }, { NID_commonName, "CN" },
		{ NID_title, "T" }, { NID_initials, "I" },
		{ NID_givenName, "G" }, { NID_surname, "S" },
		{ NID_description, "D" }, { NID_userId, "UID" },
		{ NID_pkcs9_emailAddress, "Email" },
		{ NID_serialNumber, "SerialNumber" } };
	X509 *cert = blank_certificate();
	struct env *env;
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		add(cert, wanted[i].nid, V_ASN1_UTF8STRING, wanted[i].name, -1);
	cert = finished(cert);
	env = client(cert);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		snprintf(name, sizeof(name), "SSL_CLIENT_S_DN_%s",
		    wanted[i].name);
		CHECK_STR(env_get(env, name), wanted[i].name);
	}
	done(env, cert);
}

CASE(serial_times_and_digest_are_what_openssl_prints)
{
	X509 *cert = ordinary();
	struct env *env = server(cert);

	CHECK_STR(env_get(env, "SSL_SERVER_M_VERSION"), "3");
	CHECK_STR(env_get(env, "SSL_SERVER_M_SERIAL"), "0A1B2C");
	CHECK_STR(env_get(env, "SSL_SERVER_M_SERIAL"),
	    openssl_says(cert, "openssl x509 -noout -serial"));
	CHECK_STR(env_get(env, "SSL_SERVER_V_START"),
	    "Jan  5 00:00:00 2025 GMT");
	CHECK_STR(env_get(env, "SSL_SERVER_V_START"),
	    openssl_says(cert, "openssl x509 -noout -startdate"));
	CHECK_STR(env_get(env, "SSL_SERVER_V_END"),
	    openssl_says(cert, "openssl x509 -noout -enddate"));
	CHECK_STR(env_get(env, "SSL_SERVER_FINGERPRINT_SHA256"),
	    openssl_says(cert,
		"openssl x509 -outform DER | "
		"openssl dgst -sha256 | sed 's/.*= */x=/'"));
	CHECK(env_get(env, "SSL_SERVER_V_REMAIN") == NULL);
	CHECK(env_get(env, "SSL_SERVER_SPKI_SHA256") == NULL);
	CHECK(env_get(env, "SSL_SERVER_CERT_RFC4523_CEA") == NULL);
	done(env, cert);
}

CASE(algorithms_have_their_long_names)
{
	X509 *cert = ordinary();
	struct env *env = server(cert);

	CHECK_STR(env_get(env, "SSL_SERVER_A_SIG"), "ecdsa-with-SHA256");
	CHECK_STR(env_get(env, "SSL_SERVER_A_KEY"), "id-ecPublicKey");
	done(env, cert);
}

CASE(rsa_and_ed25519_have_theirs)
{
	static const struct {
		const char *type, *signature, *key;
	} wanted[] = { { "RSA", "sha256WithRSAEncryption", "rsaEncryption" },
		{ "ED25519", "ED25519", "ED25519" } };
	EVP_PKEY *key;
	struct env *env;
	X509 *cert;
	size_t i;

	for (i = 0; i < 2; i++) {
		key = i == 0 ? EVP_RSA_gen(2048) :
			       EVP_PKEY_Q_keygen(NULL, NULL, wanted[i].type);
		cert = blank_certificate();
		CHECK(X509_set_pubkey(cert, key) == 1);
		CHECK(X509_sign(cert, key, i == 0 ? EVP_sha256() : NULL) > 0);
		env = server(cert);
		CHECK_STR(env_get(env, "SSL_SERVER_A_SIG"),
		    wanted[i].signature);
		CHECK_STR(env_get(env, "SSL_SERVER_A_KEY"), wanted[i].key);
		EVP_PKEY_free(key);
		done(env, cert);
	}
}

CASE(alternative_names_are_counted_by_kind)
{
	X509 *cert = ordinary();
	struct env *env = server(cert);

	CHECK_STR(env_get(env, "SSL_SERVER_SAN_DNS_0"), "mx.example.org");
	CHECK_STR(env_get(env, "SSL_SERVER_SAN_DNS_1"), "smtp.example.org");
	CHECK(env_get(env, "SSL_SERVER_SAN_DNS_2") == NULL);
	CHECK_STR(env_get(env, "SSL_SERVER_SAN_Email_0"), "root@example.org");
	done(env, cert);
}

CASE(pem_is_the_whole_text_and_only_in_the_set_certs)
{
	X509 *cert = ordinary();
	struct env *env = server(cert);
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;

	CHECK(PEM_write_bio_X509(bio, cert) == 1);
	BIO_write(bio, "", 1);
	BIO_get_mem_data(bio, &pem);
	CHECK_STR(env_get(env, "SSL_SERVER_CERT"), pem);
	BIO_free(bio);
	env_free(env);

	env = env_new(ENV_TLS, ENV_MOD_SSL);
	env_certificate(env, "SSL_SERVER", cert, true);
	CHECK(env_get(env, "SSL_SERVER_CERT") == NULL);
	CHECK(env_get(env, "SSL_SERVER_S_DN") != NULL);
	env_free(env);

	env = env_new(ENV_CERTS, ENV_MOD_SSL);
	env_certificate(env, "SSL_SERVER", cert, true);
	CHECK(env_get(env, "SSL_SERVER_CERT") != NULL);
	CHECK(env_vector(env)[1] == NULL);
	env_free(env);

	env = env_new(ENV_TCP, ENV_MOD_SSL);
	env_certificate(env, "SSL_SERVER", cert, true);
	CHECK(env_vector(env)[0] == NULL);
	done(env, cert);
}

/* ----------------------------------------------------------- the client */

CASE(a_client_has_more)
{
	X509 *cert = ordinary();
	struct env *env = client(cert);

	CHECK_STR(env_get(env, "SSL_CLIENT_CERT_RFC4523_CEA"),
	    "{ serialNumber 662316, issuer rdnSequence:\"O=Test+CN=CA\" }");
	done(env, cert);
}

CASE(without_trust_no_name_is_told_that_mail_software_believes)
{
	X509 *cert = ordinary();
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	char *const *v;

	env_certificate(env, "SSL_CLIENT", cert, false);
	for (v = env_vector(env); *v != NULL; v++) {
		CHECK(strncmp(*v, "SSL_CLIENT_S_DN", 15) != 0);
		CHECK(strncmp(*v, "SSL_CLIENT_SAN", 14) != 0);
	}
	CHECK(env_get(env, "SSL_CLIENT_I_DN") != NULL);
	CHECK(env_get(env, "SSL_CLIENT_M_SERIAL") != NULL);
	done(env, cert);
}

static void
check_remaining(long seconds, const char *days)
{
	X509 *cert = blank_certificate();
	struct env *env;

	CHECK(X509_gmtime_adj(X509_getm_notAfter(cert), seconds) != NULL);
	cert = finished(cert);
	env = client(cert);
	CHECK_STR(env_get(env, "SSL_CLIENT_V_REMAIN"), days);
	done(env, cert);
}

CASE(days_that_remain_are_counted_as_mod_ssl_does)
{
	check_remaining(10 * 86400 + 3600, "10");
	check_remaining(10 * 86400 - 3600, "9");
	check_remaining(3600, "0");
	check_remaining(-3600, "0");
	check_remaining(-100 * 86400, "0");
}

CASE(addresses_uris_and_principals_are_told_of_a_client_only)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	struct env *env;
	X509 *cert;

	add_san(names, GEN_IPADD, BYTES("\xc0\x00\x02\x07"));
	add_san(names, GEN_IPADD,
	    BYTES("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0"
		  "\0\x07"));
	add_san(names, GEN_URI, BYTES("spiffe://example.org/mx"));
	add_other_san(names, NID_ms_upn, V_ASN1_UTF8STRING, "joe@EXAMPLE");
	add_other_san(names, NID_SRVName, V_ASN1_IA5STRING, "_imap.example");
	cert = with_sans(names);

	env = client(cert);
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_IP_0"), "192.0.2.7");
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_IP_1"), "2001:db8::7");
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_URI_0"),
	    "spiffe://example.org/mx");
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_OTHER_msUPN_0"), "joe@EXAMPLE");
	CHECK(env_get(env, "SSL_CLIENT_SAN_OTHER_dnsSRV_0") == NULL);
	check_strings(env);
	env_free(env);

	env = server(cert);
	CHECK_STR(env_get(env, "SSL_SERVER_SAN_OTHER_dnsSRV_0"),
	    "_imap.example");
	CHECK(env_get(env, "SSL_SERVER_SAN_IP_0") == NULL);
	CHECK(env_get(env, "SSL_SERVER_SAN_URI_0") == NULL);
	CHECK(env_get(env, "SSL_SERVER_SAN_OTHER_msUPN_0") == NULL);
	done(env, cert);
}

CASE(other_names_of_another_string_type_are_not_told)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	struct env *env;
	X509 *cert;

	add_other_san(names, NID_ms_upn, V_ASN1_IA5STRING, "joe@EXAMPLE");
	add_other_san(names, NID_ms_upn, V_ASN1_OCTET_STRING, "joe@EXAMPLE");
	add_other_san(names, NID_commonName, V_ASN1_UTF8STRING, "joe");
	cert = with_sans(names);
	env = client(cert);
	CHECK(env_get(env, "SSL_CLIENT_SAN_OTHER_msUPN_0") == NULL);
	done(env, cert);
}

CASE(an_address_of_an_odd_length_is_not_told)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	struct env *env;
	X509 *cert;

	add_san(names, GEN_IPADD, BYTES("\x7f\0\0"));
	add_san(names, GEN_IPADD, BYTES(""));
	add_san(names, GEN_IPADD, BYTES("\x7f\0\0\1\xff\xff\xff\xff"));
	add_san(names, GEN_IPADD, BYTES("\x7f\0\0\1"));
	cert = with_sans(names);
	env = client(cert);
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_IP_0"), "127.0.0.1");
	CHECK(env_get(env, "SSL_CLIENT_SAN_IP_1") == NULL);
	done(env, cert);
}

/* -------------------------------------------------------------- ucspi-ssl */

CASE(the_format_ucspi_ssl_is_what_sslserver_users_know)
{
	X509 *cert = ordinary();
	struct env *env = told_by(cert, "SSL_SERVER", ENV_UCSPI_SSL);

	CHECK_STR(env_get(env, "SSL_SERVER_M_SERIAL"), "662316");
	CHECK_STR(env_get(env, "SSL_SERVER_S_DN"),
	    openssl_says(cert, "openssl x509 -noout -subject -nameopt compat"));
	CHECK_STR(env_get(env, "SSL_SERVER_I_DN"),
	    openssl_says(cert, "openssl x509 -noout -issuer -nameopt compat"));
	CHECK(*env_get(env, "SSL_SERVER_I_DN") == '/');
	CHECK_STR(env_get(env, "SSL_SERVER_S_DN_CN"), "mx.example.org");
	done(env, cert);
}

CASE(the_uid_of_ucspi_ssl_is_another_attribute)
{
	X509 *cert = blank_certificate();
	struct env *env;

	add(cert, NID_userId, V_ASN1_UTF8STRING, BYTES("joe"));
	add(cert, NID_x500UniqueIdentifier, V_ASN1_BIT_STRING, BYTES("4711"));
	cert = finished(cert);
	env = client(cert);
	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN_UID"), "joe");
	CHECK(env_get(env, "SSL_CLIENT_S_DN_UID_1") == NULL);
	env_free(env);
	env = told_by(cert, "SSL_CLIENT", ENV_UCSPI_SSL);
	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN_UID"), "4711");
	CHECK(env_get(env, "SSL_CLIENT_S_DN_UID_1") == NULL);
	done(env, cert);
}

CASE(a_oneline_name_cannot_split_a_variable)
{
	X509 *cert = with_cn(V_ASN1_UTF8STRING, BYTES("x\0RELAYCLIENT=\n\x7f"));
	struct env *env = told_by(cert, "SSL_CLIENT", ENV_UCSPI_SSL);

	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN"),
	    "/CN=x\\x00RELAYCLIENT=\\x0A\\x7F");
	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN_CN"),
	    "x\\00RELAYCLIENT=\\0A\\7F");
	done(env, cert);
}

/* ---------------------------------------------------------------- hostile */

CASE(a_nul_in_a_name_neither_splits_nor_cuts_a_variable)
{
	check_cn(V_ASN1_UTF8STRING, BYTES("x\0RELAYCLIENT="),
	    "x\\00RELAYCLIENT=");
	check_cn(V_ASN1_PRINTABLESTRING, BYTES("x\0RELAYCLIENT="),
	    "x\\00RELAYCLIENT=");
	check_cn(V_ASN1_IA5STRING, BYTES("\0"), "\\00");
	check_cn(V_ASN1_BMPSTRING, BYTES("\0x\0\0\0y"), "x\\00y");
	check_cn(V_ASN1_T61STRING, BYTES("x\0y"), "x\\00y");
}

CASE(a_newline_in_a_name_does_not_end_a_line)
{
	check_cn(V_ASN1_UTF8STRING, BYTES("a\nSSL_CLIENT_VERIFY=SUCCESS\r"),
	    "a\\0ASSL_CLIENT_VERIFY=SUCCESS\\0D");
	check_cn(V_ASN1_UTF8STRING, BYTES("\x1b[2J\x7f"), "\\1B[2J\\7F");
}

CASE(other_string_types_become_utf8)
{
	check_cn(V_ASN1_BMPSTRING, BYTES("\0P\x01\x59\0\xed"),
	    "P\xc5\x99\xc3\xad");
	check_cn(V_ASN1_T61STRING, BYTES("caf\xe9"), "caf\xc3\xa9");
	check_cn(V_ASN1_UNIVERSALSTRING, BYTES("\0\x01\xf4\xe7"),
	    "\xf0\x9f\x93\xa7");
}

/*
 * As in mod_ssl.  It can only be met in an otherName: OpenSSL does not read
 * a certificate whose subject or issuer has such a string.
 */
CASE(bytes_that_are_not_utf8_are_passed_on)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	struct env *env;
	X509 *cert;

	add_other_san(names, NID_ms_upn, V_ASN1_UTF8STRING, "a\xff\xfe\nb");
	cert = with_sans(names);
	env = client(cert);
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_OTHER_msUPN_0"),
	    "a\xff\xfe\\0Ab");
	done(env, cert);
}

CASE(an_empty_attribute_is_an_empty_variable_and_no_name_is_none)
{
	X509 *cert = with_cn(V_ASN1_UTF8STRING, BYTES(""));
	struct env *env = client(cert);

	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN_CN"), "");
	CHECK_STR(env_get(env, "SSL_CLIENT_S_DN"), "CN=");
	CHECK(env_get(env, "SSL_CLIENT_I_DN") == NULL);
	done(env, cert);
}

CASE(alternative_names_are_escaped_like_names)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	struct env *env;
	X509 *cert;

	add_san(names, GEN_DNS, BYTES("good.example\0.evil.example"));
	add_san(names, GEN_EMAIL, BYTES("a@example\nRELAYCLIENT="));
	add_san(names, GEN_URI, BYTES("a\\b"));
	add_san(names, GEN_DNS, BYTES(""));
	add_san(names, GEN_DNS, BYTES("c"));
	cert = with_sans(names);
	env = client(cert);
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_DNS_0"),
	    "good.example\\00.evil.example");
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_DNS_1"), "c");
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_Email_0"),
	    "a@example\\0ARELAYCLIENT=");
	CHECK_STR(env_get(env, "SSL_CLIENT_SAN_URI_0"), "a\\\\b");
	done(env, cert);
}

static X509 *
with_many_sans(int many)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	char text[32];
	int i;

	for (i = 0; i < many; i++) {
		snprintf(text, sizeof(text), "host%d.example", i);
		add_san(names, GEN_DNS, text, (int)strlen(text));
	}
	return (with_sans(names));
}

CASE(a_hundred_names_are_told)
{
	X509 *cert = with_many_sans(100);
	struct env *env = server(cert);

	CHECK_STR(env_get(env, "SSL_SERVER_SAN_DNS_0"), "host0.example");
	CHECK_STR(env_get(env, "SSL_SERVER_SAN_DNS_99"), "host99.example");
	CHECK(env_get(env, "SSL_SERVER_SAN_DNS_100") == NULL);
	done(env, cert);
}

CASE(a_certificate_full_of_names_does_not_fill_the_environment)
{
	X509 *cert = with_many_sans(4000);
	struct env *env = client(cert);
	size_t total = 0;
	char *const *v;
	FILE *log = tmpfile();

	dup2(fileno(log), STDERR_FILENO);
	log_open();
	CHECK(env_get(env, "SSL_CLIENT_SAN_DNS_999") != NULL);
	CHECK(env_get(env, "SSL_CLIENT_SAN_DNS_1000") == NULL);
	for (v = env_vector(env); *v != NULL; v++)
		total += strlen(*v) + 1;
	CHECK(total <= ENV_TOTAL_MAX);
	fclose(log);
	done(env, cert);
}

CASE(a_name_of_16_kib_is_told)
{
	char *bytes = malloc(16384);
	struct env *env;
	X509 *cert;

	memset(bytes, 'x', 16384);
	cert = with_cn(V_ASN1_UTF8STRING, bytes, 16384);
	env = client(cert);
	CHECK(strlen(env_get(env, "SSL_CLIENT_S_DN_CN")) == 16384);
	CHECK(strlen(env_get(env, "SSL_CLIENT_S_DN")) == 16384 + 3);
	free(bytes);
	done(env, cert);
}

CASE(a_name_that_grows_too_long_by_escapes_is_left_out)
{
	char *bytes = calloc(1, 16384);
	FILE *log = tmpfile();
	struct env *env;
	char said[1024];
	size_t n;
	X509 *cert;

	cert = with_cn(V_ASN1_UTF8STRING, bytes, 16384);
	dup2(fileno(log), STDERR_FILENO);
	log_open();
	env = client(cert);
	CHECK(env_get(env, "SSL_CLIENT_S_DN_CN") == NULL);
	CHECK(env_get(env, "SSL_CLIENT_S_DN") == NULL);
	rewind(log);
	n = fread(said, 1, sizeof(said) - 1, log);
	said[n] = '\0';
	CHECK(strstr(said, "environment: SSL_CLIENT_S_DN: ") != NULL);
	CHECK(strstr(said, "environment: SSL_CLIENT_S_DN_CN: ") != NULL);
	fclose(log);
	free(bytes);
	done(env, cert);
}

/* ------------------------------------------------------- numbers and times */

struct serial {
	const char *hex, *wanted, *decimal;
};

static void
check_serial(struct serial serial)
{
	X509 *cert = blank_certificate();
	BIGNUM *number = NULL;
	struct env *env;

	CHECK(BN_hex2bn(&number, serial.hex) > 0);
	CHECK(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL);
	BN_free(number);
	cert = finished(cert);
	env = client(cert);
	CHECK_STR(env_get(env, "SSL_CLIENT_M_SERIAL"), serial.wanted);
	CHECK_STR(env_get(env, "SSL_CLIENT_M_SERIAL"),
	    openssl_says(cert, "openssl x509 -noout -serial"));
	check_strings(env);
	env_free(env);
	env = told_by(cert, "SSL_CLIENT", ENV_UCSPI_SSL);
	CHECK_STR(env_get(env, "SSL_CLIENT_M_SERIAL"), serial.decimal);
	done(env, cert);
}

CASE(serial_numbers_are_hex_of_even_length)
{
	check_serial((struct serial){ "0", "00", "0" });
	check_serial((struct serial){ "1", "01", "1" });
	check_serial((struct serial){ "-1", "-01", "-1" });
	check_serial((struct serial){ "-abc", "-0ABC", "-2748" });
	check_serial((struct serial){ "FF", "FF", "255" });
	check_serial((struct serial){
	    "123456789ABCDEF0123456789ABCDEF012345678",
	    "123456789ABCDEF0123456789ABCDEF012345678",
	    "103929005321308650608990281194157653061304342136" });
}

CASE(a_long_serial_number_is_one_line_and_a_huge_one_is_not_told)
{
	X509 *cert = blank_certificate();
	unsigned char bytes[200];
	struct env *env;

	memset(bytes, 0x5a, sizeof(bytes));
	CHECK(ASN1_STRING_set(X509_get_serialNumber(cert), bytes, 100) == 1);
	cert = finished(cert);
	env = client(cert);
	CHECK(strlen(env_get(env, "SSL_CLIENT_M_SERIAL")) == 200);
	done(env, cert);

	cert = blank_certificate();
	CHECK(ASN1_STRING_set(X509_get_serialNumber(cert), bytes, 200) == 1);
	cert = finished(cert);
	env = client(cert);
	CHECK(env_get(env, "SSL_CLIENT_M_SERIAL") == NULL);
	CHECK(env_get(env, "SSL_CLIENT_CERT_RFC4523_CEA") == NULL);
	CHECK(env_get(env, "SSL_CLIENT_V_END") != NULL);
	done(env, cert);
}

CASE(times_after_2049_and_fractions_are_what_openssl_prints)
{
	static const char *const ends[] = { "20500101000000Z",
		"99991231235959Z", "20700203040506.789Z" };
	struct env *env;
	X509 *cert;
	size_t i;

	for (i = 0; i < 3; i++) {
		cert = blank_certificate();
		CHECK(ASN1_STRING_set(X509_getm_notAfter(cert), ends[i], -1));
		X509_getm_notAfter(cert)->type = V_ASN1_GENERALIZEDTIME;
		cert = finished(cert);
		env = client(cert);
		CHECK_STR(env_get(env, "SSL_CLIENT_V_END"),
		    openssl_says(cert, "openssl x509 -noout -enddate"));
		CHECK(atoi(env_get(env, "SSL_CLIENT_V_REMAIN")) > 5000);
		done(env, cert);
	}
}

CASE(a_time_that_is_none_is_not_told)
{
	X509 *cert = blank_certificate();
	struct env *env;

	CHECK(ASN1_STRING_set(X509_getm_notAfter(cert), "25\n105000000Z", -1));
	cert = finished(cert);
	env = client(cert);
	CHECK(env_get(env, "SSL_CLIENT_V_END") == NULL);
	CHECK_STR(env_get(env, "SSL_CLIENT_V_REMAIN"), "0");
	done(env, cert);
}

static const struct check_case cases[] = {
	C(the_names_are_what_openssl_prints),
	C(attributes_have_variables_of_their_own),
	C(all_attributes_are_known),
	C(serial_times_and_digest_are_what_openssl_prints),
	C(algorithms_have_their_long_names),
	C(rsa_and_ed25519_have_theirs),
	C(alternative_names_are_counted_by_kind),
	C(pem_is_the_whole_text_and_only_in_the_set_certs),
	C(a_client_has_more),
	C(without_trust_no_name_is_told_that_mail_software_believes),
	C(days_that_remain_are_counted_as_mod_ssl_does),
	C(addresses_uris_and_principals_are_told_of_a_client_only),
	C(other_names_of_another_string_type_are_not_told),
	C(an_address_of_an_odd_length_is_not_told),
	C(the_format_ucspi_ssl_is_what_sslserver_users_know),
	C(the_uid_of_ucspi_ssl_is_another_attribute),
	C(a_oneline_name_cannot_split_a_variable),
	C(a_nul_in_a_name_neither_splits_nor_cuts_a_variable),
	C(a_newline_in_a_name_does_not_end_a_line),
	C(other_string_types_become_utf8),
	C(bytes_that_are_not_utf8_are_passed_on),
	C(an_empty_attribute_is_an_empty_variable_and_no_name_is_none),
	C(alternative_names_are_escaped_like_names),
	C(a_hundred_names_are_told),
	C(a_certificate_full_of_names_does_not_fill_the_environment),
	C(a_name_of_16_kib_is_told),
	C(a_name_that_grows_too_long_by_escapes_is_left_out),
	C(serial_numbers_are_hex_of_even_length),
	C(a_long_serial_number_is_one_line_and_a_huge_one_is_not_told),
	C(times_after_2049_and_fractions_are_what_openssl_prints),
	C(a_time_that_is_none_is_not_told),
	{ 0 },
};

RUN(cases)

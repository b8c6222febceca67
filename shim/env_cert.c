/* SPDX-License-Identifier: ISC */
/*
 * env_cert.c - a certificate as mod_ssl's variables.
 *
 * Runs in:  the KEEPER, for our own certificate; NET, for the client's.
 * Trusts:   OpenSSL to have parsed it; no string in it.
 * Refuses:  to let a string of a certificate be more than a value: a NUL or
 *           a newline in it arrives as \00 or \0A.
 *
 * Long, because mod_ssl has many variables: a section each, and all of them
 * print into one struct reading.
 */
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "env.h"
#include "env_local.h"
#include "log.h"

/* as mod_ssl: UTF-8 stays, control characters and backslash are escaped */
#define DN_FORMAT (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)
#define TEXT_FORMAT (ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT)

enum {
	ALIKE_MAX = 1000, /* attributes or alternative names of one kind */
	SERIAL_MAX = 128  /* bytes; RFC 5280 says 20, decimal takes square */
};

enum side { SERVER = 1, CLIENT = 2 };

struct reading {
	struct env *env;
	const X509 *cert;
	enum side side;
	BIO *text;
	char name[64];
	size_t prefix_len; /* of name: SSL_SERVER_ or SSL_CLIENT_ */
};

static BIO *
fresh(struct reading *r)
{
	BIO_reset(r->text);
	return (r->text);
}

/*
 * What was printed since fresh() is the value.
 */
static void __attribute__((format(printf, 2, 3)))
put(struct reading *r, const char *suffix, ...)
{
	struct env_value value;
	char *bytes;
	va_list ap;

	va_start(ap, suffix);
	vsnprintf(r->name + r->prefix_len, sizeof(r->name) - r->prefix_len,
	    suffix, ap);
	va_end(ap);
	value.len = (size_t)BIO_get_mem_data(r->text, &bytes);
	value.bytes = bytes;
	env_store(r->env, r->name, value);
}

static void
print_hex(BIO *to, const unsigned char *bytes, size_t len, const char *digits)
{
	char pair[2];
	size_t i;

	for (i = 0; i < len; i++) {
		pair[0] = digits[bytes[i] >> 4];
		pair[1] = digits[bytes[i] & 15];
		BIO_write(to, pair, sizeof(pair));
	}
}

/* ------------------------------------------------------------- numbers */

static bool
print_decimal(BIO *to, const ASN1_INTEGER *serial)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
	char *text = number == NULL ? NULL : BN_bn2dec(number);
	bool printed = text != NULL && BIO_puts(to, text) > 0;

	OPENSSL_free(text);
	BN_free(number);
	return (printed);
}

/*
 * As i2a_ASN1_INTEGER(3), which would break a long one into lines.
 */
static bool
print_serial_hex(BIO *to, const ASN1_INTEGER *serial)
{
	int len = ASN1_STRING_length(serial);

	if ((ASN1_STRING_type(serial) & V_ASN1_NEG) != 0)
		BIO_write(to, "-", 1);
	print_hex(to, ASN1_STRING_get0_data(serial), (size_t)len,
	    "0123456789ABCDEF");
	return (len > 0);
}

static const ASN1_INTEGER *
serial_of(const struct reading *r)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(r->cert);

	return (ASN1_STRING_length(serial) > SERIAL_MAX ? NULL : serial);
}

static void
put_numbers(struct reading *r)
{
	const ASN1_INTEGER *serial = serial_of(r);
	bool (*print)(BIO *, const ASN1_INTEGER *) = r->env->format ==
		ENV_UCSPI_SSL ?
	    print_decimal :
	    print_serial_hex;

	BIO_printf(fresh(r), "%ld", X509_get_version(r->cert) + 1);
	put(r, "M_VERSION");
	if (serial != NULL && print(fresh(r), serial))
		put(r, "M_SERIAL");
}

/* --------------------------------------------------------------- times */

/*
 * Whole days, never below 0, as mod_ssl counts them (before it took
 * ASN1_TIME_diff(3) it counted one more).
 */
static int
days_left(const ASN1_TIME *end)
{
	int days, seconds;

	if (ASN1_TIME_diff(&days, &seconds, NULL, end) != 1 || days < 0)
		return (0);
	return (seconds < 0 ? 0 : days);
}

static void
put_times(struct reading *r)
{
	const ASN1_TIME *start = X509_get0_notBefore(r->cert);
	const ASN1_TIME *end = X509_get0_notAfter(r->cert);

	if (ASN1_TIME_print(fresh(r), start) == 1)
		put(r, "V_START");
	if (ASN1_TIME_print(fresh(r), end) == 1)
		put(r, "V_END");
	if (r->side == CLIENT) {
		BIO_printf(fresh(r), "%d", days_left(end));
		put(r, "V_REMAIN");
	}
}

/* --------------------------------------------------------------- names */

enum { ATTRIBUTES = 14 };

static const struct {
	int nid;
	const char *name;
} attributes[ATTRIBUTES] = {
	{ NID_countryName, "C" },
	{ NID_stateOrProvinceName, "ST" },
	{ NID_localityName, "L" },
	{ NID_organizationName, "O" },
	{ NID_organizationalUnitName, "OU" },
	{ NID_commonName, "CN" },
	{ NID_title, "T" },
	{ NID_initials, "I" },
	{ NID_givenName, "G" },
	{ NID_surname, "S" },
	{ NID_description, "D" },
	{ NID_userId, "UID" },
	{ NID_pkcs9_emailAddress, "Email" },
	{ NID_serialNumber, "SerialNumber" },
};

/*
 * Index of an attribute, or -1.  sslserver's UID is another than mod_ssl's.
 */
static int
attribute_of(const struct reading *r, const X509_NAME_ENTRY *entry)
{
	int i, nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));

	if (r->env->format == ENV_UCSPI_SSL) {
		if (nid == NID_userId)
			return (-1);
		if (nid == NID_x500UniqueIdentifier)
			nid = NID_userId;
	}
	for (i = 0; i < ATTRIBUTES; i++)
		if (attributes[i].nid == nid)
			return (i);
	return (-1);
}

bool
env_is_attribute(const char *text, size_t len)
{
	int i;

	for (i = 0; i < ATTRIBUTES; i++)
		if (strlen(attributes[i].name) == len &&
		    memcmp(attributes[i].name, text, len) == 0)
			return (true);
	return (false);
}

static void
put_attributes(struct reading *r, const char *which, const X509_NAME *name)
{
	const X509_NAME_ENTRY *entry;
	int seen[ATTRIBUTES] = { 0 }, i, at;

	for (i = 0; i < X509_NAME_entry_count(name); i++) {
		entry = X509_NAME_get_entry(name, i);
		at = attribute_of(r, entry);
		if (at == -1 || seen[at] == ALIKE_MAX ||
		    ASN1_STRING_print_ex(fresh(r),
			X509_NAME_ENTRY_get_data(entry), TEXT_FORMAT) < 0)
			continue;
		if (seen[at] == 0)
			put(r, "%s_DN_%s", which, attributes[at].name);
		else
			put(r, "%s_DN_%s_%d", which, attributes[at].name,
			    seen[at]);
		seen[at]++;
	}
}

static bool
print_oneline(BIO *to, const X509_NAME *name)
{
	char *text = X509_NAME_oneline(name, NULL, 0);
	bool printed = text != NULL && BIO_puts(to, text) > 0;

	OPENSSL_free(text);
	return (printed);
}

/*
 * which: S for the subject, I for the issuer.
 */
static void
put_name(struct reading *r, const char *which, const X509_NAME *name)
{
	if (r->env->format == ENV_UCSPI_SSL ?
		print_oneline(fresh(r), name) :
		X509_NAME_print_ex(fresh(r), name, 0, DN_FORMAT) > 0)
		put(r, "%s_DN", which);
	put_attributes(r, which, name);
}

/* RFC 4523, 4.2: a CertificateExactAssertion */
static void
put_exact_assertion(struct reading *r)
{
	const ASN1_INTEGER *serial = serial_of(r);
	BIO *to = fresh(r);

	if (serial != NULL && BIO_puts(to, "{ serialNumber ") > 0 &&
	    print_decimal(to, serial) &&
	    BIO_puts(to, ", issuer rdnSequence:\"") > 0 &&
	    X509_NAME_print_ex(to, X509_get_issuer_name(r->cert), 0,
		DN_FORMAT) >= 0 &&
	    BIO_puts(to, "\" }") > 0)
		put(r, "CERT_RFC4523_CEA");
}

/* -------------------------------------------------- alternative names */

enum san { SAN_EMAIL, SAN_DNS, SAN_IP, SAN_URI, SAN_UPN, SAN_SRV, SAN_KINDS };

static const struct {
	const char *name;
	unsigned int sides;
} sans[SAN_KINDS] = {
	[SAN_EMAIL] = { "Email", SERVER | CLIENT },
	[SAN_DNS] = { "DNS", SERVER | CLIENT },
	[SAN_IP] = { "IP", CLIENT },
	[SAN_URI] = { "URI", CLIENT },
	[SAN_UPN] = { "OTHER_msUPN", CLIENT },
	[SAN_SRV] = { "OTHER_dnsSRV", SERVER },
};

static enum san
kind_of_other(const OTHERNAME *other)
{
	switch (OBJ_obj2nid(other->type_id)) {
	case NID_ms_upn:
		return (other->value->type == V_ASN1_UTF8STRING ? SAN_UPN :
								  SAN_KINDS);
	case NID_SRVName:
		return (other->value->type == V_ASN1_IA5STRING ? SAN_SRV :
								 SAN_KINDS);
	}
	return (SAN_KINDS);
}

/*
 * SAN_KINDS: none of ours.
 */
static enum san
kind_of(const GENERAL_NAME *name)
{
	switch (name->type) {
	case GEN_EMAIL:
		return (SAN_EMAIL);
	case GEN_DNS:
		return (SAN_DNS);
	case GEN_IPADD:
		return (SAN_IP);
	case GEN_URI:
		return (SAN_URI);
	case GEN_OTHERNAME:
		return (kind_of_other(name->d.otherName));
	}
	return (SAN_KINDS);
}

static bool
print_ip(BIO *to, const ASN1_OCTET_STRING *ip)
{
	char text[INET6_ADDRSTRLEN];
	const unsigned char *bytes = ASN1_STRING_get0_data(ip);
	int len = ASN1_STRING_length(ip);

	if (len != 4 && len != 16)
		return (false);
	inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
	return (BIO_puts(to, text) > 0);
}

/*
 * False for an empty one: unlike attributes, mod_ssl neither tells nor counts
 * these.
 */
static bool
print_san(BIO *to, enum san kind, const GENERAL_NAME *name)
{
	const ASN1_STRING *text = name->d.ia5;

	if (kind == SAN_IP)
		return (print_ip(to, name->d.iPAddress));
	if (kind == SAN_UPN || kind == SAN_SRV)
		text = name->d.otherName->value->value.asn1_string;
	return (ASN1_STRING_print_ex(to, text, TEXT_FORMAT) > 0);
}

static void
put_sans(struct reading *r)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(r->cert, NID_subject_alt_name,
	    NULL, NULL);
	const GENERAL_NAME *name;
	int seen[SAN_KINDS] = { 0 }, i;
	enum san kind;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		name = sk_GENERAL_NAME_value(names, i);
		kind = kind_of(name);
		if (kind != SAN_KINDS && (sans[kind].sides & r->side) != 0 &&
		    seen[kind] < ALIKE_MAX && print_san(fresh(r), kind, name))
			put(r, "SAN_%s_%d", sans[kind].name, seen[kind]++);
	}
	GENERAL_NAMES_free(names);
}

/* ---------------------------------------------------------- algorithms */

static void
put_algorithm(struct reading *r, const char *suffix, const ASN1_OBJECT *what)
{
	int nid = OBJ_obj2nid(what);

	BIO_puts(fresh(r), nid == NID_undef ? "UNKNOWN" : OBJ_nid2ln(nid));
	put(r, "%s", suffix);
}

static void
put_algorithms(struct reading *r)
{
	const ASN1_OBJECT *signature;
	ASN1_OBJECT *key;

	X509_ALGOR_get0(&signature, NULL, NULL, X509_get0_tbs_sigalg(r->cert));
	put_algorithm(r, "A_SIG", signature);
	if (X509_PUBKEY_get0_param(&key, NULL, NULL, NULL,
		X509_get_X509_PUBKEY(r->cert)) == 1)
		put_algorithm(r, "A_KEY", key);
}

/* -------------------------------------------------------------- digest */

/*
 * A client's, the KEEPER computes of the bytes (env_client.c).
 */
static void
put_fingerprint(struct reading *r)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (X509_digest(r->cert, EVP_sha256(), digest, NULL) != 1)
		return;
	print_hex(fresh(r), digest, 32, "0123456789abcdef");
	put(r, "FINGERPRINT_SHA256");
}

/* --------------------------------------------------------------------- */

static void
put_all(struct reading *r, bool trusted)
{
	put_numbers(r);
	if (trusted) {
		put_name(r, "S", X509_get_subject_name(r->cert));
		put_sans(r);
	}
	put_name(r, "I", X509_get_issuer_name(r->cert));
	put_algorithms(r);
	put_times(r);
	if (r->side == CLIENT)
		put_exact_assertion(r);
	else
		put_fingerprint(r);
}

void
env_certificate(struct env *env, const char *prefix, struct x509_st *cert,
    bool trusted)
{
	struct reading r = { .env = env, .cert = cert };

	if ((env->sets & (ENV_TLS | ENV_CERTS)) == 0)
		return;
	r.side = strcmp(prefix, "SSL_CLIENT") == 0 ? CLIENT : SERVER;
	r.prefix_len = (size_t)snprintf(r.name, sizeof(r.name), "%s_", prefix);
	if ((r.text = BIO_new(BIO_s_mem())) == NULL)
		fatalx(EXIT_SYSTEM, "environment: %s: out of memory", prefix);
	if ((env->sets & ENV_TLS) != 0)
		put_all(&r, trusted);
	if ((env->sets & ENV_CERTS) != 0 &&
	    PEM_write_bio_X509(fresh(&r), r.cert) == 1)
		put(&r, "CERT");
	BIO_free(r.text);
}

void
env_pem(struct env *env, const char *name, const unsigned char *der, size_t len)
{
	BIO *text = BIO_new(BIO_s_mem());
	struct env_value value;
	char *bytes;

	if (text == NULL ||
	    PEM_write_bio(text, PEM_STRING_X509, "", der, (long)len) <= 0)
		fatalx(EXIT_SYSTEM, "environment: %s: out of memory", name);
	value.len = (size_t)BIO_get_mem_data(text, &bytes);
	value.bytes = bytes;
	env_store(env, name, value);
	BIO_free(text);
}

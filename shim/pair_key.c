/* SPDX-License-Identifier: ISC */
/*
 * pair_key.c - a private key from a file's bytes.
 *
 * Runs in:  KEEPER.
 * Trusts:   OpenSSL to decode and decrypt.
 * Refuses:  a file with two keys: which is meant, nobody has said.
 */
#include "pair_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

#include "complaint.h"
#include "der.h"
#include "file.h"
#include "library.h"
#include "password.h"
#include "pem.h"
#include "sign.h"

enum { RSA_BITS_MIN = 2048 };

struct parsing {
	const struct file *file;
	struct complaint *complaint;
	EVP_PKEY *key;
};

/* ----------------------------------------------------------------- clear */

static int
parse_clear(struct parsing *p, struct der der)
{
	p->key = d2i_AutoPrivateKey(NULL, &der.at, (long)der.len);
	if (p->key != NULL)
		return (0);
	return (complain(p->complaint,
	    "key: %s: damaged, or of an unknown kind", p->file->path));
}

/* ------------------------------------------------------------- encrypted */

/*
 * A wrong password may decrypt to garbage just as well as to nothing.
 */
static int
parse_decrypted(struct parsing *p, struct der der, const struct password *with)
{
	if (der.at != NULL)
		p->key = d2i_AutoPrivateKey(NULL, &der.at, (long)der.len);
	if (p->key != NULL)
		return (0);
	return (complain(p->complaint,
	    "key: %s: the password from fd %d does not decrypt it "
	    "(or OpenSSL's default provider cannot)",
	    p->file->path, with->fd));
}

/*
 * RFC 5958, 3.  What decrypts is in OpenSSL's whole provider.
 */
static int
parse_pkcs8(struct parsing *p, struct der der, const struct password *with)
{
	X509_SIG *encrypted = d2i_X509_SIG(NULL, &der.at, (long)der.len);
	const ASN1_OCTET_STRING *bytes;
	const X509_ALGOR *how;
	unsigned char *clear = NULL;
	int len = 0, result;

	if (encrypted == NULL)
		return (complain(p->complaint, "key: %s: damaged",
		    p->file->path));
	X509_SIG_get0(encrypted, &how, &bytes);
	if (PKCS12_pbe_crypt_ex(how, with->text, (int)with->len,
		ASN1_STRING_get0_data(bytes), ASN1_STRING_length(bytes), &clear,
		&len, 0, library_whole(), NULL) == NULL)
		clear = NULL;
	result = parse_decrypted(p, (struct der){ clear, (size_t)len }, with);
	OPENSSL_clear_free(clear, clear == NULL ? 0 : (size_t)len);
	X509_SIG_free(encrypted);
	return (result);
}

static int
give_password(char *to, int size, int encrypting, void *argument)
{
	const struct password *with = argument;

	(void)encrypting;
	if (with->len > (size_t)size)
		return (-1);
	memcpy(to, with->text, with->len);
	return ((int)with->len);
}

/*
 * Names of ciphers in a DEK-Info line are looked up in a table that is empty
 * from the start (library.c).
 */
static bool
know_ciphers(void)
{
	return (EVP_add_cipher(EVP_des_ede3_cbc()) == 1 &&
	    EVP_add_cipher(EVP_aes_128_cbc()) == 1 &&
	    EVP_add_cipher(EVP_aes_192_cbc()) == 1 &&
	    EVP_add_cipher(EVP_aes_256_cbc()) == 1);
}

/*
 * RFC 1421, 4.6, as OpenSSL derives the key.  PEM_do_header takes no library
 * context, so the whole one is this thread's for a moment.
 */
static bool
decrypt_in_place(struct pem_content *content, struct password *with)
{
	OSSL_LIB_CTX *part = OSSL_LIB_CTX_set0_default(library_whole());
	EVP_CIPHER_INFO how;
	long len = (long)content->len;
	bool done;

	done = know_ciphers() &&
	    PEM_get_EVP_CIPHER_INFO(content->header, &how) == 1 &&
	    PEM_do_header(&how, content->der, &len, give_password, with) == 1;
	OSSL_LIB_CTX_set0_default(part);
	if (done)
		content->len = (size_t)len;
	return (done);
}

static int
parse_legacy(struct parsing *p, struct pem_content *content,
    struct password *with)
{
	struct der clear = { NULL, 0 };

	if (decrypt_in_place(content, with))
		clear = (struct der){ content->der, content->len };
	return (parse_decrypted(p, clear, with));
}

static int
read_password(struct parsing *p, struct password *password)
{
	struct complaint why;

	if (password_read(password, &why) == 0)
		return (0);
	return (complain(p->complaint, "key: %s: encrypted: %s", p->file->path,
	    why.text));
}

/* ----------------------------------------------------------------- forms */

static int
parse_encrypted_der(struct parsing *p, struct der der)
{
	struct password password;
	int result;

	if (read_password(p, &password) == -1)
		return (-1);
	result = parse_pkcs8(p, der, &password);
	password_wipe(&password);
	return (result);
}

static int
parse_encrypted_legacy(struct parsing *p, struct pem_content *content)
{
	struct password password;
	int result;

	if (read_password(p, &password) == -1)
		return (-1);
	result = parse_legacy(p, content, &password);
	password_wipe(&password);
	return (result);
}

static int
parse_content(struct parsing *p, struct pem_content *content)
{
	struct der der = { content->der, content->len };

	if (strcmp(content->label, PEM_STRING_PKCS8) == 0)
		return (parse_encrypted_der(p, der));
	if (strstr(content->header, "ENCRYPTED") != NULL)
		return (parse_encrypted_legacy(p, content));
	return (parse_clear(p, der));
}

static int
parse_block(struct parsing *p, const struct pem_block *b)
{
	struct pem_content content;
	int result;

	if (p->key != NULL)
		return (complain(p->complaint,
		    "key: %s: more than one private key in it: leave the one "
		    "that is meant",
		    p->file->path));
	if (pem_decode(&content, b) == -1)
		result = complain(p->complaint, "key: %s: damaged",
		    p->file->path);
	else
		result = parse_content(p, &content);
	pem_free(&content);
	return (result);
}

static int
parse_pem(struct parsing *p)
{
	struct pem_block b;
	size_t at = 0;

	for (;;) {
		switch (pem_next(p->file, &at, &b)) {
		case PEM_BLOCK:
			if (pem_is_key(&b) && parse_block(p, &b) == -1)
				return (-1);
			break;
		case PEM_CUT_OFF:
			return (complain(p->complaint, "key: %s: cut off",
			    p->file->path));
		case PEM_END:
			if (p->key != NULL)
				return (0);
			return (complain(p->complaint,
			    "key: %s: no private key in it", p->file->path));
		}
	}
}

static int
parse_any(struct parsing *p)
{
	struct der der = { (unsigned char *)p->file->bytes, p->file->len };

	switch (der_kind(der)) {
	case DER_KEY:
		return (parse_clear(p, der));
	case DER_ENCRYPTED_KEY:
		return (parse_encrypted_der(p, der));
	case DER_PKCS12:
		return (complain(p->complaint,
		    "key: %s: is PKCS #12: make PEM of it with openssl pkcs12",
		    p->file->path));
	default:
		return (parse_pem(p));
	}
}

/* ----------------------------------------------------------------- kinds */

static int
check_rsa(const struct parsing *p)
{
	int bits = EVP_PKEY_get_bits(p->key);

	if (bits >= RSA_BITS_MIN && EVP_PKEY_get_size(p->key) <= SIGNATURE_MAX)
		return (0);
	return (complain(p->complaint, "key: %s: RSA of %d bits: want %d to %d",
	    p->file->path, bits, RSA_BITS_MIN, SIGNATURE_MAX * 8));
}

static int
check_curve(const struct parsing *p)
{
	char curve[64] = "";
	size_t len;

	EVP_PKEY_get_group_name(p->key, curve, sizeof(curve), &len);
	if (strcmp(curve, "prime256v1") == 0 ||
	    strcmp(curve, "secp384r1") == 0 || strcmp(curve, "secp521r1") == 0)
		return (0);
	return (complain(p->complaint,
	    "key: %s: on curve %s: want P-256, P-384 or P-521", p->file->path,
	    curve));
}

/*
 * On another curve there is no scheme of TLS 1.3, and OpenSSL takes no
 * shorter RSA key; said here, it is not told as every peer's fault.
 */
static int
check_kind(const struct parsing *p)
{
	if (EVP_PKEY_is_a(p->key, "RSA") == 1 ||
	    EVP_PKEY_is_a(p->key, "RSA-PSS") == 1)
		return (check_rsa(p));
	if (EVP_PKEY_is_a(p->key, "EC") == 1)
		return (check_curve(p));
	if (EVP_PKEY_is_a(p->key, "ED25519") == 1)
		return (0);
	return (complain(p->complaint,
	    "key: %s: neither RSA, ECDSA nor Ed25519", p->file->path));
}

EVP_PKEY *
pair_key_parse(const struct file *f, struct complaint *c)
{
	struct parsing p = { .file = f, .complaint = c };

	if (parse_any(&p) == 0 && check_kind(&p) == 0)
		return (p.key);
	EVP_PKEY_free(p.key);
	return (NULL);
}

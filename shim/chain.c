/* SPDX-License-Identifier: ISC */
/*
 * chain.c - certificates from files in any order, put in the one that is sent.
 *
 * Runs in:  KEEPER.
 * Trusts:   the administrator's files.
 * Refuses:  a file of which a part could not be read.
 *
 * Who issued whom is told by the names: as bytes, which is what RFC 5280,
 * 4.1.2.4 asks for, else as OpenSSL compares names.  Only where two
 * certificates have the name that is looked for are keys tried.
 */
#include "chain.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <string.h>

#include "complaint.h"
#include "file.h"
#include "log.h"
#include "pem.h"

enum { DER_MAX = 60000 }; /* of one certificate, to fit a message */

/* ------------------------------------------------------------------ files */

/*
 * The bytes become the chain's, or the caller's to free again.
 */
static int
add_certificate(struct chain *chain, const struct file *f, struct der der,
    struct complaint *c)
{
	struct chain_certificate *to = &chain->found[chain->count];

	if (chain->count == CHAIN_FOUND_MAX)
		return (complain(c, "%s: %s: more than %d certificates",
		    f->what, f->path, CHAIN_FOUND_MAX));
	if (der.len > DER_MAX)
		return (complain(c,
		    "%s: %s: a certificate of more than %d bytes", f->what,
		    f->path, DER_MAX));
	memset(to, 0, sizeof(*to));
	if (!der_certificate_names(der, &to->names))
		return (complain(c, "%s: %s: damaged", f->what, f->path));
	to->der = der;
	to->what = f->what;
	to->path = f->path;
	chain->count++;
	return (0);
}

static int
add_block(struct chain *chain, const struct file *f, const struct pem_block *b,
    struct complaint *c)
{
	struct pem_content content;
	int result;

	if (!pem_is_certificate(b))
		return (0);
	if (pem_decode(&content, b) == -1)
		result = complain(c, "%s: %s: damaged", f->what, f->path);
	else
		result = add_certificate(chain, f,
		    (struct der){ content.der, content.len }, c);
	if (result == 0)
		content.der = NULL;
	pem_free(&content);
	return (result);
}

static int
add_pem(struct chain *chain, const struct file *f, struct complaint *c)
{
	struct pem_block b;
	size_t at = 0;

	for (;;) {
		switch (pem_next(f, &at, &b)) {
		case PEM_BLOCK:
			if (add_block(chain, f, &b, c) == -1)
				return (-1);
			break;
		case PEM_CUT_OFF:
			return (complain(c, "%s: %s: cut off", f->what,
			    f->path));
		case PEM_END:
			return (0);
		}
	}
}

static int
add_der(struct chain *chain, const struct file *f, struct complaint *c)
{
	struct der rest = { (const unsigned char *)f->bytes, f->len }, copy;
	struct der_value v;

	while (rest.len > 0) {
		if (!der_take(&rest, DER_SEQUENCE, &v))
			return (complain(c, "%s: %s: damaged", f->what,
			    f->path));
		copy = v.whole;
		copy.at = OPENSSL_memdup(v.whole.at, v.whole.len);
		if (copy.at == NULL)
			fatalx(EXIT_SYSTEM, "%s: %s: no memory", f->what,
			    f->path);
		if (add_certificate(chain, f, copy, c) == -1) {
			OPENSSL_free((void *)(uintptr_t)copy.at);
			return (-1);
		}
	}
	return (0);
}

int
chain_add(struct chain *chain, const struct file *f, struct complaint *c)
{
	struct der bytes = { (const unsigned char *)f->bytes, f->len };
	size_t before = chain->count;
	int result;

	switch (der_kind(bytes)) {
	case DER_CERTIFICATE:
		result = add_der(chain, f, c);
		break;
	case DER_PKCS12:
		return (complain(c,
		    "%s: %s: is PKCS #12: make PEM of it with openssl pkcs12",
		    f->what, f->path));
	default:
		result = add_pem(chain, f, c);
	}
	if (result == 0 && chain->count == before)
		return (complain(c, "%s: %s: no certificate in it", f->what,
		    f->path));
	return (result);
}

/* -------------------------------------------------------------- the order */

static X509_NAME *
parse_name(struct der name)
{
	return (d2i_X509_NAME(NULL, &name.at, (long)name.len));
}

/*
 * Two names that differ in case or in the type of their strings are one.
 */
static bool
is_same_name(struct der a, struct der b)
{
	X509_NAME *one, *other;
	bool same;

	if (der_equal(a, b))
		return (true);
	one = parse_name(a);
	other = parse_name(b);
	same = one != NULL && other != NULL && X509_NAME_cmp(one, other) == 0;
	X509_NAME_free(one);
	X509_NAME_free(other);
	return (same);
}

static bool
is_self_issued(const struct chain_certificate *c)
{
	return (der_equal(c->names.issuer, c->names.subject));
}

static bool
has_issued(const struct chain_certificate *issuer,
    const struct chain_certificate *of)
{
	return (issuer != of &&
	    der_equal(issuer->names.subject, of->names.issuer) &&
	    !der_equal(issuer->der, of->der));
}

size_t
chain_leaf(const struct chain *chain)
{
	size_t i, other;

	for (i = 0; i < chain->count; i++) {
		for (other = 0; other < chain->count; other++)
			if (has_issued(&chain->found[i], &chain->found[other]))
				break;
		if (other == chain->count)
			return (i);
	}
	return (0);
}

static X509 *
parse(const struct chain_certificate *c)
{
	const unsigned char *at = c->der.at;

	return (d2i_X509(NULL, &at, (long)c->der.len));
}

/*
 * Is the one's signature by the other's key?
 */
static bool
is_signed_by(const struct chain_certificate *c,
    const struct chain_certificate *issuer)
{
	X509 *one = parse(c), *other = parse(issuer);
	EVP_PKEY *key = other == NULL ? NULL : X509_get0_pubkey(other);
	bool is = one != NULL && key != NULL && X509_verify(one, key) == 1;

	X509_free(one);
	X509_free(other);
	return (is);
}

struct candidates {
	size_t count, of[CHAIN_FOUND_MAX];
};

static bool
is_another(const struct chain *chain, const struct candidates *list, size_t i)
{
	size_t n;

	for (n = 0; n < list->count; n++)
		if (der_equal(chain->found[i].der,
			chain->found[list->of[n]].der))
			return (false);
	return (true);
}

/*
 * Those not yet sent that have the name of c's issuer, each once.
 */
static void
list_candidates(const struct chain *chain, const struct chain_certificate *c,
    bool same(struct der, struct der), struct candidates *list)
{
	size_t i;

	list->count = 0;
	for (i = 0; i < chain->count; i++)
		if (!chain->found[i].sent &&
		    same(chain->found[i].names.subject, c->names.issuer) &&
		    is_another(chain, list, i))
			list->of[list->count++] = i;
}

/*
 * Of several with the name, the one whose key it is; of several with the
 * key, one that another CA has signed before one that is its own issuer,
 * since it leads to where older peers have their trust.
 */
static size_t
choose(const struct chain *chain, const struct chain_certificate *c,
    const struct candidates *list)
{
	size_t i, chosen = chain->count;

	if (list->count == 1)
		return (list->of[0]);
	for (i = 0; i < list->count; i++) {
		if (!is_signed_by(c, &chain->found[list->of[i]]))
			continue;
		if (!is_self_issued(&chain->found[list->of[i]]))
			return (list->of[i]);
		chosen = list->of[i];
	}
	return (chosen);
}

/*
 * chain->count if none of them issued it.
 */
static size_t
find_issuer(const struct chain *chain, const struct chain_certificate *c)
{
	struct candidates list;

	if (is_self_issued(c))
		return (chain->count);
	list_candidates(chain, c, der_equal, &list);
	if (list.count == 0)
		list_candidates(chain, c, is_same_name, &list);
	return (choose(chain, c, &list));
}

size_t
chain_sort(struct chain *chain, size_t leaf, size_t order[], size_t most)
{
	size_t n = 0, next = leaf;

	while (next != chain->count && n < most) {
		if (n > 0 && is_self_issued(&chain->found[next]))
			break;
		chain->found[next].sent = true;
		order[n++] = next;
		next = find_issuer(chain, &chain->found[next]);
	}
	return (n);
}

/* ------------------------------------------------------------- the others */

/*
 * Once more what is sent, or a root or another certificate of a CA that is
 * in the chain: nothing to warn of.
 */
static bool
belongs_by(const struct chain *chain, const struct chain_certificate *c,
    bool same(struct der, struct der))
{
	const struct chain_certificate *other;
	size_t i;

	for (i = 0; i < chain->count; i++) {
		other = &chain->found[i];
		if (other->sent &&
		    (der_equal(other->der, c->der) ||
			same(other->names.issuer, c->names.subject)))
			return (true);
	}
	return (false);
}

static void
warn_of_stray(const struct chain_certificate *c)
{
	X509_NAME *name = parse_name(c->names.subject);
	BIO *text = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	long len = 0;

	if (name != NULL && text != NULL &&
	    X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_get_mem_data(text, &bytes);
	log_warnx("%s: %s: %.*s: issued nothing in this chain: left out",
	    c->what, c->path, (int)len, len == 0 ? "" : bytes);
	BIO_free(text);
	X509_NAME_free(name);
}

void
chain_warn_of_strays(const struct chain *chain)
{
	const struct chain_certificate *c;

	for (c = chain->found; c < chain->found + chain->count; c++)
		if (!c->sent && !belongs_by(chain, c, der_equal) &&
		    !belongs_by(chain, c, is_same_name))
			warn_of_stray(c);
}

void
chain_free_rest(struct chain *chain)
{
	struct chain_certificate *c;

	for (c = chain->found; c < chain->found + chain->count; c++)
		if (!c->sent)
			OPENSSL_free((void *)(uintptr_t)c->der.at);
	chain->count = 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * staple.c - the answer of a CA's OCSP responder, to be sent with a leaf.
 *
 * Runs in:  KEEPER, with the rights of SSL_USER.
 * Trusts:   whoever wrote the file to have verified the answer, as
 *           scripts/fetch-ocsp does; every client does it again.
 * Refuses:  an answer that clients would take as a reason to go.
 *
 * The forms are RFC 6960, 4.2.1.  The responder's certificates in the answer
 * are not parsed: they are none of our business, and cost.
 */
#include "staple.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "der.h"
#include "file.h"
#include "log.h"
#include "pair.h"

/* ----------------------------------------------------------------- forms */

/*
 * BasicOCSPResponse out of OCSPResponse; false for an error, too.
 */
static bool
take_basic(struct der *bytes)
{
	static const unsigned char basic[] = { 0x2b, 0x06, 0x01, 0x05, 0x05,
		0x07, 0x30, 0x01, 0x01 };
	const struct der type = { basic, sizeof(basic) };
	struct der_value v;

	if (!der_take(bytes, DER_SEQUENCE, &v) || bytes->len != 0)
		return (false);
	*bytes = v.inside;
	if (!der_take(bytes, DER_ENUMERATED, &v) || v.inside.len != 1 ||
	    *v.inside.at != OCSP_RESPONSE_STATUS_SUCCESSFUL ||
	    !der_take(bytes, DER_CONTEXT_0, &v))
		return (false);
	*bytes = v.inside;
	if (!der_take(bytes, DER_SEQUENCE, &v))
		return (false);
	*bytes = v.inside;
	if (!der_take(bytes, DER_OID, &v) || !der_equal(v.inside, type) ||
	    !der_take(bytes, DER_OCTET_STRING, &v))
		return (false);
	*bytes = v.inside;
	return (true);
}

/*
 * The SingleResponses, one behind the other, out of BasicOCSPResponse.
 */
static bool
take_singles(struct der *bytes)
{
	struct der_value v;

	if (!der_take(bytes, DER_SEQUENCE, &v))
		return (false);
	*bytes = v.inside;
	if (!der_take(bytes, DER_SEQUENCE, &v))
		return (false);
	*bytes = v.inside;
	der_take(bytes, DER_CONTEXT_0, &v); /* version */
	if (!der_next(bytes, &v) ||	    /* responder */
	    !der_take(bytes, DER_GENERALIZED_TIME, &v) ||
	    !der_take(bytes, DER_SEQUENCE, &v))
		return (false);
	*bytes = v.inside;
	return (true);
}

/* -------------------------------------------------------------- judgement */

static bool
is_issuer_hash(const ASN1_OCTET_STRING *hash, const ASN1_OBJECT *algorithm,
    const X509 *leaf)
{
	const EVP_MD *md = EVP_get_digestbyobj(algorithm);
	unsigned char ours[EVP_MAX_MD_SIZE];
	unsigned int len;

	return (md != NULL &&
	    X509_NAME_digest(X509_get_issuer_name(leaf), md, ours, &len) == 1 &&
	    ASN1_STRING_length(hash) == (int)len &&
	    memcmp(ASN1_STRING_get0_data(hash), ours, len) == 0);
}

static bool
is_for(OCSP_SINGLERESP *single, const X509 *leaf)
{
	/* OCSP_id_get0_info gives parts of a constant one, and takes none */
	OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)
	    OCSP_SINGLERESP_get0_id(single);
	ASN1_OCTET_STRING *name;
	ASN1_OBJECT *algorithm;
	ASN1_INTEGER *serial;

	return (OCSP_id_get0_info(&name, &algorithm, NULL, &serial, id) == 1 &&
	    ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(leaf)) == 0 &&
	    is_issuer_hash(name, algorithm, leaf));
}

/*
 * NULL if it is good today.  X509_cmp_current_time is 0 for what is no time.
 */
static const char *
judge_single(OCSP_SINGLERESP *single)
{
	ASN1_GENERALIZEDTIME *from, *to;

	switch (OCSP_single_get0_status(single, NULL, NULL, &from, &to)) {
	case V_OCSP_CERTSTATUS_GOOD:
		break;
	case V_OCSP_CERTSTATUS_REVOKED:
		return ("the certificate is revoked");
	default:
		return ("the CA does not know the certificate");
	}
	if (X509_cmp_current_time(from) >= 0)
		return ("not yet valid");
	if (to == NULL)
		return ("does not say how long it is valid");
	if (X509_cmp_current_time(to) <= 0)
		return ("expired");
	return (NULL);
}

static const char *
judge(struct der bytes, const X509 *leaf)
{
	const char *why = "for another certificate";
	OCSP_SINGLERESP *single;
	struct der_value v;
	bool found = false;

	if (!take_basic(&bytes) || !take_singles(&bytes))
		return ("no answer of an OCSP responder");
	while (!found && der_take(&bytes, DER_SEQUENCE, &v)) {
		single = d2i_OCSP_SINGLERESP(NULL, &v.whole.at,
		    (long)v.whole.len);
		found = single != NULL && is_for(single, leaf);
		if (found)
			why = judge_single(single);
		OCSP_SINGLERESP_free(single);
	}
	return (why);
}

/* ------------------------------------------------------------------- file */

static int
take(struct staple *s, const struct file *f, const struct pair *p,
    struct complaint *c)
{
	const char *why;

	why = judge((struct der){ (const unsigned char *)f->bytes, f->len },
	    p->leaf);
	if (why != NULL)
		return (complain(c, "staple: %s: %s", f->path, why));
	memcpy(s->der, f->bytes, f->len);
	s->len = f->len;
	return (0);
}

int
staple_read(struct staple *s, const struct pair *p, struct complaint *c)
{
	struct file f;
	char *path;
	int result;

	s->len = 0;
	if (asprintf(&path, "%s.ocsp", p->files.cert) == -1)
		fatalx(EXIT_SYSTEM, "staple: %s: no memory", p->files.cert);
	result = file_read(&f, "staple", path, STAPLE_MAX, c);
	if (result == 0)
		result = take(s, &f, p, c);
	else if (errno == ENOENT)
		result = 0;
	file_wipe(&f);
	free(path);
	return (result);
}

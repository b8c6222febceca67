/* SPDX-License-Identifier: ISC */
/*
 * der.c - as much of DER (X.690) as tells certificates and keys apart.
 *
 * Runs in:  KEEPER.
 * Trusts:   no length.
 * Refuses:  tags of more than one byte and lengths of more than three:
 *           there are none where we look.
 */
#include "der.h"

#include <string.h>

/*
 * X.690, 8.1.3: one byte, or their number and then the bytes.
 */
static bool
take_length(struct der *d, size_t *len)
{
	unsigned int bytes;

	if (d->len == 0)
		return (false);
	*len = *d->at++;
	d->len--;
	if (*len < 0x80)
		return (*len <= d->len);
	bytes = (unsigned int)(*len & 0x7f);
	if (bytes == 0 || bytes > 3 || bytes > d->len)
		return (false);
	for (*len = 0; bytes > 0; bytes--, d->len--)
		*len = *len << 8 | *d->at++;
	return (*len <= d->len);
}

bool
der_next(struct der *from, struct der_value *v)
{
	struct der d = *from;
	size_t len;

	if (d.len == 0 || (*d.at & 0x1f) == 0x1f)
		return (false);
	v->tag = *d.at++;
	d.len--;
	if (!take_length(&d, &len))
		return (false);
	v->inside = (struct der){ d.at, len };
	v->whole = (struct der){ from->at, (size_t)(d.at - from->at) + len };
	from->at += v->whole.len;
	from->len -= v->whole.len;
	return (true);
}

bool
der_take(struct der *from, unsigned int tag, struct der_value *v)
{
	struct der d = *from;

	if (!der_next(&d, v) || v->tag != tag)
		return (false);
	*from = d;
	return (true);
}

static bool
skip(struct der *from, unsigned int tag)
{
	struct der_value v;

	return (der_take(from, tag, &v));
}

static bool
tbs_names(struct der tbs, struct der_names *names)
{
	struct der_value issuer, subject;

	skip(&tbs, DER_CONTEXT_0); /* version; may be left out */
	if (!skip(&tbs, DER_INTEGER) /* serial number */ ||
	    !skip(&tbs, DER_SEQUENCE) /* algorithm of the signature */ ||
	    !der_take(&tbs, DER_SEQUENCE, &issuer) ||
	    !skip(&tbs, DER_SEQUENCE) /* validity */ ||
	    !der_take(&tbs, DER_SEQUENCE, &subject) ||
	    !skip(&tbs, DER_SEQUENCE) /* public key */)
		return (false);
	names->issuer = issuer.whole;
	names->subject = subject.whole;
	return (true);
}

bool
der_certificate_names(struct der bytes, struct der_names *names)
{
	struct der_value certificate, tbs;

	if (!der_take(&bytes, DER_SEQUENCE, &certificate) || bytes.len != 0)
		return (false);
	bytes = certificate.inside;
	return (der_take(&bytes, DER_SEQUENCE, &tbs) &&
	    skip(&bytes, DER_SEQUENCE) && skip(&bytes, DER_BIT_STRING) &&
	    bytes.len == 0 && tbs_names(tbs.inside, names));
}

/*
 * Keys of every form begin with a version: 0 or 1 (RFC 5958, 2; RFC 8017,
 * A.1.2; RFC 5915, 3).  PKCS #12's is 3 (RFC 7292, 4).
 */
static enum der_kind
kind_by_version(struct der version)
{
	if (version.len != 1 || *version.at > 3)
		return (DER_OTHER);
	return (*version.at == 3 ? DER_PKCS12 : DER_KEY);
}

enum der_kind
der_kind(struct der bytes)
{
	struct der_value v;

	if (!der_take(&bytes, DER_SEQUENCE, &v))
		return (DER_OTHER);
	bytes = v.inside;
	if (der_take(&bytes, DER_INTEGER, &v))
		return (kind_by_version(v.inside));
	if (!der_take(&bytes, DER_SEQUENCE, &v) || !der_next(&bytes, &v))
		return (DER_OTHER);
	if (v.tag == DER_OCTET_STRING)
		return (DER_ENCRYPTED_KEY);
	return (v.tag == DER_SEQUENCE ? DER_CERTIFICATE : DER_OTHER);
}

bool
der_equal(struct der a, struct der b)
{
	return (a.len == b.len && memcmp(a.at, b.at, a.len) == 0);
}

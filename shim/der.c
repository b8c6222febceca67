/* SPDX-License-Identifier: ISC */
/*
 * der.c - as much of DER (X.690) as tells certificates and keys apart.
 *
 * Runs in:  KEEPER, of files; NET, inside the jail, of LDAP's PDUs.
 * Trusts:   no length.
 * Refuses:  tags of more than one byte, which there are none of where we look;
 *           lengths that are not definite, or have more than four bytes (in
 *           LDAP's BER some write always four).
 */
#include "der.h"

#include <stdint.h>
#include <string.h>

enum { LENGTH_BYTES_MAX = 4 };

/*
 * X.690, 8.1.3: the length's one byte, or their number and then the bytes.
 * What tag and length take, 0 if there is more of them to come, or DER_BAD.
 */
static size_t
read_header(struct der d, size_t *inside)
{
	size_t i, bytes;

	if (d.len >= 1 && (*d.at & 0x1f) == 0x1f)
		return (DER_BAD);
	if (d.len < 2)
		return (0);
	*inside = d.at[1];
	if (*inside < 0x80)
		return (2);
	bytes = *inside & 0x7f;
	if (bytes == 0 || bytes > LENGTH_BYTES_MAX)
		return (DER_BAD);
	if (d.len < 2 + bytes)
		return (0);
	for (*inside = 0, i = 0; i < bytes; i++)
		*inside = *inside << 8 | d.at[2 + i];
	return (*inside <= INT32_MAX ? 2 + bytes : DER_BAD);
}

size_t
der_size(struct der d)
{
	size_t inside, header = read_header(d, &inside);

	return (header == 0 || header == DER_BAD ? header : header + inside);
}

bool
der_enter(struct der *d, unsigned int tag)
{
	size_t inside, header = read_header(*d, &inside);

	if (header == 0 || header == DER_BAD || *d->at != tag)
		return (false);
	d->at += header;
	d->len -= header;
	d->len = d->len < inside ? d->len : inside;
	return (true);
}

bool
der_next(struct der *from, struct der_value *v)
{
	size_t inside, header = read_header(*from, &inside);

	if (header == 0 || header == DER_BAD || inside > from->len - header)
		return (false);
	v->tag = *from->at;
	v->inside = (struct der){ from->at + header, inside };
	v->whole = (struct der){ from->at, header + inside };
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

/* SPDX-License-Identifier: ISC */
/*
 * der.h - as much of DER (X.690) as tells certificates and keys apart, and as
 * reads LDAP's PDUs, whose BER is DER but for longer lengths than needed.
 *
 * Parsing a certificate with OpenSSL decodes its public key as well, which
 * costs more than all else that is done with an intermediate one.
 */
#ifndef SHIM_DER_H
#define SHIM_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0 /* [0], explicit */
};

struct der {
	const unsigned char *at;
	size_t len;
};

/* one value: its contents, and all of it with tag and length */
struct der_value {
	unsigned int tag;
	struct der inside, whole;
};

/*
 * How many bytes the first value has, tag and length included, though some may
 * still be missing; 0: too few are here to tell; DER_BAD: nothing that may
 * follow makes it a value.
 */
#define DER_BAD SIZE_MAX
size_t der_size(struct der);

/*
 * Go inside the first value, of which some may still be missing.  False if it
 * has not this tag, or its length is not here.
 */
bool der_enter(struct der *, unsigned int tag);

/*
 * Take the next value off.  False at the end, and for what is no DER.
 */
bool der_next(struct der *, struct der_value *);

/*
 * Take it off if it has this tag.  False if not; nothing is taken then.
 */
bool der_take(struct der *, unsigned int tag, struct der_value *);

/* of a certificate, each with tag and length */
struct der_names {
	struct der issuer, subject;
};

/*
 * RFC 5280, 4.1.  False if the bytes are no certificate, or not only one.
 */
bool der_certificate_names(struct der, struct der_names *);

enum der_kind {
	DER_CERTIFICATE,
	DER_KEY,
	DER_ENCRYPTED_KEY, /* RFC 5958, 3 */
	DER_PKCS12,
	DER_OTHER
};

/*
 * What one SEQUENCE looks to be, by its first values.
 */
enum der_kind der_kind(struct der);

bool der_equal(struct der, struct der);

#endif

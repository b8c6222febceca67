/* SPDX-License-Identifier: ISC */
/*
 * to_sign.h - bytes that a server signs in a TLS handshake, and bytes that
 * only look like them.
 *
 * A form says how bytes are made; what is left 0 is as it should be.
 */
#ifndef TO_SIGN_H
#define TO_SIGN_H

#include <openssl/bn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TO_SIGN_MAX = 8192 };

struct blob {
	size_t len;
	uint8_t bytes[TO_SIGN_MAX];
};

enum form_kind { FORM_TLS13, FORM_ECDHE, FORM_DHE, FORM_PLAIN };
enum form_prime { PRIME_MODP, PRIME_RANDOM };

struct form {
	const char *name;
	enum form_kind kind;
	int extra; /* bytes too many, or, below 0, too few */

	/* TLS 1.3: RFC 8446, 4.4.3 */
	const char *context; /* NULL: the server's */
	int blanks;	     /* more than 64, or, below 0, less */
	uint8_t blank;
	bool open; /* no zero byte after the context */
	size_t hash;

	/* TLS 1.2: 64 bytes of randoms, then RFC 8422, 5.4 or RFC 5246, 7.4.3
	 */
	uint8_t random;
	uint8_t curve_type;
	uint16_t curve;
	uint8_t point, first; /* its length, its first byte */
	enum form_prime prime;
	size_t p, g, y; /* lengths */

	/* anything: so many bytes of this value */
	size_t plain;
	uint8_t byte;
};

static inline void
blob_fill(struct blob *b, uint8_t byte, size_t n)
{
	memset(b->bytes + b->len, byte, n);
	b->len += n;
}

static inline void
blob_add(struct blob *b, const void *bytes, size_t n)
{
	memcpy(b->bytes + b->len, bytes, n);
	b->len += n;
}

static inline void
blob_number(struct blob *b, size_t number, size_t width)
{
	while (width-- > 0)
		b->bytes[b->len++] = (uint8_t)(number >> 8 * width);
}

static inline void
form_tls13(const struct form *f, struct blob *b)
{
	const char *context = f->context == NULL ?
	    "TLS 1.3, server CertificateVerify" :
	    f->context;

	blob_fill(b, f->blank == 0 ? ' ' : f->blank, (size_t)(64 + f->blanks));
	blob_add(b, context, strlen(context));
	if (!f->open)
		blob_fill(b, 0, 1);
	blob_fill(b, 0x5a, f->hash);
}

static inline void
form_ecdhe(const struct form *f, struct blob *b)
{
	blob_fill(b, f->random == 0 ? 0xa5 : f->random, 64);
	blob_number(b, f->curve_type == 0 ? 3 : f->curve_type, 1);
	blob_number(b, f->curve, 2);
	blob_number(b, f->point, 1);
	if (f->point == 0)
		return;
	blob_number(b, f->first == 0 ? 4 : f->first, 1);
	blob_fill(b, 0x5a, (size_t)f->point - 1);
}

/*
 * RFC 3526's primes where there is one of that length.
 */
static inline void
blob_prime(struct blob *b, enum form_prime kind, size_t len)
{
	BIGNUM *p = NULL;

	if (kind == PRIME_MODP && len == 256)
		p = BN_get_rfc3526_prime_2048(NULL);
	if (kind == PRIME_MODP && len == 1024)
		p = BN_get_rfc3526_prime_8192(NULL);
	if (p == NULL) {
		blob_fill(b, 0xd1, len);
		return;
	}
	BN_bn2binpad(p, b->bytes + b->len, (int)len);
	b->len += len;
	BN_free(p);
}

static inline void
form_dhe(const struct form *f, struct blob *b)
{
	blob_fill(b, f->random == 0 ? 0xa5 : f->random, 64);
	blob_number(b, f->p, 2);
	blob_prime(b, f->prime, f->p);
	blob_number(b, f->g, 2);
	blob_fill(b, 2, f->g);
	blob_number(b, f->y, 2);
	blob_fill(b, 0x5a, f->y);
}

static inline void
form_make(const struct form *f, struct blob *b)
{
	b->len = 0;
	switch (f->kind) {
	case FORM_TLS13:
		form_tls13(f, b);
		break;
	case FORM_ECDHE:
		form_ecdhe(f, b);
		break;
	case FORM_DHE:
		form_dhe(f, b);
		break;
	case FORM_PLAIN:
		blob_fill(b, f->byte, f->plain);
		break;
	}
	if (f->extra > 0)
		blob_fill(b, 0, (size_t)f->extra);
	else
		b->len -= (size_t)-f->extra;
}

/* what is signed for a server */
#define FORMS_OF_SERVERS                                                       \
	{ "TLS 1.3, SHA-256", FORM_TLS13, .hash = 32 },                        \
	    { "TLS 1.3, SHA-384", FORM_TLS13, .hash = 48 },                    \
	    { "P-256", FORM_ECDHE, .curve = 23, .point = 65 },                 \
	    { "P-384", FORM_ECDHE, .curve = 24, .point = 97 },                 \
	    { "P-521", FORM_ECDHE, .curve = 25, .point = 133 },                \
	    { "X25519", FORM_ECDHE, .curve = 29, .point = 32, .first = 9 },    \
	    { "X448", FORM_ECDHE, .curve = 30, .point = 56, .first = 9 },      \
	    { "MODP 2048", FORM_DHE, .p = 256, .g = 1, .y = 256 },             \
	{                                                                      \
		"MODP 8192", FORM_DHE, .p = 1024, .g = 1, .y = 1024            \
	}

/* what is not */
#define FOREIGN_FORMS                                                          \
	{ "client's context", FORM_TLS13,                                      \
		.context = "TLS 1.3, client CertificateVerify", .hash = 32 },  \
	    { "hash of 31 bytes", FORM_TLS13, .hash = 31 },                    \
	    { "hash of 33 bytes", FORM_TLS13, .hash = 33 },                    \
	    { "hash of 47 bytes", FORM_TLS13, .hash = 47 },                    \
	    { "hash of 49 bytes", FORM_TLS13, .hash = 49 },                    \
	    { "hash of 64 bytes", FORM_TLS13, .hash = 64 },                    \
	    { "no hash", FORM_TLS13, .hash = 0 },                              \
	    { "63 blanks", FORM_TLS13, .blanks = -1, .hash = 32 },             \
	    { "65 blanks", FORM_TLS13, .blanks = 1, .hash = 32 },              \
	    { "tabs for blanks", FORM_TLS13, .blank = '\t', .hash = 32 },      \
	    { "no zero byte", FORM_TLS13, .open = true, .hash = 32 },          \
	    { "half a context", FORM_TLS13, .context = "TLS 1.3, server",      \
		    .hash = 32 },                                              \
	    { "blanks alone", FORM_PLAIN, .plain = 64, .byte = ' ' },          \
	    { "digest of 20 bytes", FORM_PLAIN, .plain = 20, .byte = 0x5a },   \
	    { "digest of 32 bytes", FORM_PLAIN, .plain = 32, .byte = 0x5a },   \
	    { "digest of 48 bytes", FORM_PLAIN, .plain = 48, .byte = 0x5a },   \
	    { "digest of 64 bytes", FORM_PLAIN, .plain = 64, .byte = 0x5a },   \
	    { "nothing", FORM_PLAIN, .plain = 0 },                             \
	    { "zeros", FORM_PLAIN, .plain = 4094 },                            \
	    { "text", FORM_PLAIN, .plain = 300, .byte = 'A' },                 \
	    { "blanks as randoms", FORM_ECDHE, .random = ' ', .curve = 23,     \
		    .point = 65 },                                             \
	    { "another curve", FORM_ECDHE, .curve = 26, .point = 65 },         \
	    { "explicit prime curve", FORM_ECDHE, .curve_type = 1,             \
		    .curve = 23, .point = 65 },                                \
	    { "explicit char2 curve", FORM_ECDHE, .curve_type = 2,             \
		    .curve = 23, .point = 65 },                                \
	    { "short point", FORM_ECDHE, .curve = 23, .point = 64 },           \
	    { "long point", FORM_ECDHE, .curve = 23, .point = 66 },            \
	    { "point of another curve", FORM_ECDHE, .curve = 23,               \
		    .point = 97 },                                             \
	    { "compressed point", FORM_ECDHE, .curve = 23, .point = 33,        \
		    .first = 2 },                                              \
	    { "hybrid point", FORM_ECDHE, .curve = 23, .point = 65,            \
		    .first = 6 },                                              \
	    { "no point", FORM_ECDHE, .curve = 23 },                           \
	    { "curve and a byte", FORM_ECDHE, .extra = 1, .curve = 29,         \
		    .point = 32 },                                             \
	    { "curve less a byte", FORM_ECDHE, .extra = -1, .curve = 29,       \
		    .point = 32 },                                             \
	    { "curve and parameters", FORM_ECDHE, .extra = 64, .curve = 29,    \
		    .point = 32 },                                             \
	    { "tiny prime", FORM_DHE, .p = 1, .g = 1, .y = 1 },                \
	    { "short prime", FORM_DHE, .p = 128, .g = 1, .y = 128 },           \
	    { "huge prime", FORM_DHE, .p = 1025, .g = 1, .y = 1025 },          \
	    { "unknown prime", FORM_DHE, .prime = PRIME_RANDOM, .p = 256,      \
		    .g = 1, .y = 256 },                                        \
	    { "no generator", FORM_DHE, .p = 256, .y = 256 },                  \
	    { "long generator", FORM_DHE, .p = 256, .g = 257, .y = 256 },      \
	    { "no public value", FORM_DHE, .p = 256, .g = 1 },                 \
	    { "long public value", FORM_DHE, .p = 256, .g = 1, .y = 257 },     \
	    { "group and a byte", FORM_DHE, .extra = 1, .p = 256, .g = 1,      \
		    .y = 256 },                                                \
	{                                                                      \
		"group less a byte", FORM_DHE, .extra = -1, .p = 256, .g = 1,  \
					       .y = 256                        \
	}

/*
 * What the owner of a client certificate signs in TLS 1.2 (RFC 5246, 7.4.8):
 * all handshake messages.  They begin with a ClientHello, whose session id
 * lies where a server's DHE prime has its length; the rest is chosen so that
 * every length comes out.
 */
static inline void
make_client_transcript(struct blob *b)
{
	static const uint8_t hello[] = { 1, 0, 1, 0xf0, 3, 3 };

	b->len = 0;
	blob_add(b, hello, sizeof(hello));
	blob_fill(b, 0xa5, 32); /* client random */
	blob_number(b, 32, 1);	/* session id: bytes 39 to 70 */
	blob_fill(b, 0xa5, 25);
	blob_number(b, 256, 2); /* read as the length of a prime */
	blob_fill(b, 0xa5, 5);
	blob_number(b, 2, 2); /* cipher suites */
	blob_number(b, 0xc02f, 2);
	blob_number(b, 0x0100, 2); /* compression: null */
	blob_number(b, 0x1a5, 2);  /* extensions; padding, RFC 7685 */
	blob_number(b, 21, 2);
	blob_number(b, 0x1a1, 2);
	blob_fill(b, 0, 66 + 256 - b->len);
	blob_number(b, 1, 2); /* a generator */
	blob_number(b, 2, 1);
	blob_number(b, 256, 2);
	blob_fill(b, 0, 256);
}

#endif

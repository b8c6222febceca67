/* SPDX-License-Identifier: ISC */
/*
 * proxy.h - a PROXY header, version 1 or 2, from bytes to what it says.
 *
 * HAProxy's doc/proxy-protocol.txt.  Which version is wanted is said before,
 * and never guessed from what comes, but with PROXY_ANY, where there must be
 * one of the two.  Nothing is read or allocated here.
 */
#ifndef SHIM_PROXY_H
#define SHIM_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

struct msg;

enum proxy_mode { PROXY_OFF, PROXY_V1, PROXY_V2, PROXY_ANY, PROXY_MODES };

enum {
	PROXY_V1_MAX = 107, /* its section 2.1, with CR and LF */
	PROXY_HEADER_MAX = 16 + 16384,
	PROXY_HEX_MAX = 1024 /* of a value of unknown meaning */
};

enum proxy_field {
#define TLV(id, type, where, form, most, variable) PROXY_##id,
#include "proxy.def"
#undef TLV
	PROXY_FIELDS
};

/*
 * What a field may be, and so how it is told.
 */
enum proxy_form {
	PROXY_TEXT,  /* no control characters */
	PROXY_BYTES, /* anything */
	PROXY_HEX,   /* anything; nobody knows what, so it is told in hex */
	PROXY_DER    /* a certificate */
};

/* bytes NULL: it was not there */
struct proxy_value {
	const uint8_t *bytes;
	size_t len;
};

/* bits of ssl_client */
enum {
	PROXY_CLIENT_SSL = 1,	      /* TLS was used */
	PROXY_CLIENT_CERT_CONN = 2,   /* a certificate, on this connection */
	PROXY_CLIENT_CERT_SESSION = 4 /* at least once in the session */
};

struct proxy_header {
	size_t len;	 /* PROXY_WHOLE: how many bytes belong to it */
	const char *why; /* PROXY_BAD */
	bool conveys;	 /* else nothing below: LOCAL, UNKNOWN, UNSPEC */
	struct peer peer;
	bool ssl; /* the two below were there */
	uint8_t ssl_client;
	uint32_t ssl_verify;			/* 0: verified */
	struct proxy_value value[PROXY_FIELDS]; /* into the bytes parsed */
};

enum proxy_result {
	PROXY_MORE, /* all of it belongs to a header that goes on */
	PROXY_WHOLE,
	PROXY_BAD
};

/*
 * The first bytes of a connection: is a header there?  Of one that is whole
 * everything is checked, and so is CRC32C.
 */
enum proxy_result
proxy_parse(struct proxy_header *, enum proxy_mode, const uint8_t *, size_t);

/*
 * "off", "v1", "v2" or "any"; PROXY_MODES for any other word.
 */
enum proxy_mode proxy_mode(const char *word);

/*
 * What it says, from NET to the KEEPER.  proxy_get takes no less than
 * proxy_parse: NULL, or what is wrong.  Its values are bytes of the message.
 */
void proxy_put(struct msg *, const struct proxy_header *);
const char *proxy_get(struct proxy_header *, struct msg *);

/*
 * The variable that a field becomes, and of what form it is.
 */
const char *proxy_variable(enum proxy_field);
enum proxy_form proxy_form(enum proxy_field);

/*
 * NULL, or why the field cannot be this.
 */
const char *proxy_refusal(enum proxy_field, struct proxy_value);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * fact.h - what the handshake proved, from NET to KEEPER.
 *
 * FACTS messages are u8 last, then items: u8 enum fact_id and a string; or
 * one of enum fact_item and what belongs to it.  NET may have been taken over
 * by its peer, so the KEEPER takes a fact only once, only of the length and
 * the alphabet that fact.def allows.  Certificates it does not parse: it
 * hashes and encodes them (env_client.c).
 */
#ifndef SHIM_FACT_H
#define SHIM_FACT_H

#include <stdbool.h>

#include "client.h"
#include "envlist.h"
#include "msg.h"

enum fact_id {
#define FACT(id, variable, alphabet, cap) FACT_##id,
#include "fact.def"
	FACT_COUNT
};

/* in this order: of no certificate nothing can be told */
enum fact_item {
	FACT_CERTIFICATE = 0xf0, /* block: DER, the leaf first */
	FACT_SPKI,		 /* u16 begin, u16 length within the leaf */
	FACT_CLIENT		 /* string name, string value (may be empty) */
};

enum {
	FACT_MAX = 256,
	FACT_CERTIFICATES_MAX = 64, /* more are left out by NET */
	/* of FACT_CLIENT, as execve(2) counts; NET's environment has no more */
	FACT_CLIENT_BYTES_MAX = 96 * 1024
};

struct certificate_facts {
	size_t count; /* 0: the client showed none */
	struct {
		unsigned char *der;
		size_t len;
	} certificate[FACT_CERTIFICATES_MAX]; /* the leaf first */
	size_t spki_begin, spki_len;	      /* 0: not known */
	struct envlist named; /* variables, SSL_CLIENT_S_DN ... */
	size_t bytes;	      /* that they take */
};

struct facts {
	char text[FACT_COUNT][FACT_MAX]; /* "": unknown */
	struct certificate_facts client;
};

const char *fact_variable(enum fact_id);

/*
 * Add the client's next certificate; false if there are as many as can be.
 */
bool facts_add_certificate(struct facts *, const unsigned char *der, size_t);

/*
 * Add a variable of the client's certificate, behind its certificates.
 * NULL; or why it cannot be told.
 */
const char *facts_add_named(struct facts *, const char *name, struct env_value);

/*
 * NET: all facts that are known.  -1 if the KEEPER is gone.
 */
int facts_send(const struct facts *, struct channel *, struct msg *);

/*
 * KEEPER: NULL, or why the message is refused.
 */
const char *facts_get(struct facts *, struct msg *, bool *last);

/*
 * KEEPER, after the last: NULL, or why all of them together are no outcome
 * of a handshake under this policy.
 */
const char *facts_refusal(const struct facts *, enum client_mode);

/*
 * KEEPER: the certificate verified, so what it says of its subject is there.
 */
bool facts_proved(const struct facts *);

#endif

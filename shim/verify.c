/* SPDX-License-Identifier: ISC */
/*
 * verify.c - the client's certificate: is it one that we trust?
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   OpenSSL's verification; CAs and CRLs of the KEEPER.
 * Refuses:  what mod_ssl refuses, of a chain that is too long, of another
 *           purpose, revoked, or of which no CRL is there or fresh.
 */
#include "verify.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "library.h"
#include "log.h"

/* a list of names in CertificateRequest has a length of 16 bits */
enum { NAMES_BYTES_MAX = 60000 };

/* where an X509_STORE_CTX has its struct verify */
static int index_of_verify = -1;

/* ------------------------------------------------------------------ things */

static _Noreturn void
damaged(const char *what, const char *why)
{
	fatalx(EXIT_USAGE, "%s: one of those given: %s", what, why);
}

/*
 * Subjects of CAs, in the order of the file.
 */
static void
add_name(struct verify *v, X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	X509_NAME *name = X509_NAME_dup(subject);
	int len = i2d_X509_NAME(subject, NULL);

	if (v->names == NULL)
		v->names = sk_X509_NAME_new_null();
	if (name == NULL || len < 0 || sk_X509_NAME_push(v->names, name) <= 0)
		fatalx(EXIT_SYSTEM, "CA names: no memory");
	v->names_len += 2 + (size_t)len;
	if (v->names_len > NAMES_BYTES_MAX)
		fatalx(EXIT_USAGE,
		    "CA names: more than %d bytes: name fewer with "
		    "--client-ca",
		    NAMES_BYTES_MAX);
}

static void
add_certificate(struct verify *v, unsigned int kind, const unsigned char *der,
    size_t len)
{
	X509 *cert = library_certificate(der, len);

	if (cert == NULL)
		damaged("CA certificate", "damaged");
	if ((kind & TRUST_ANCHOR) != 0 &&
	    X509_STORE_add_cert(v->store, cert) != 1)
		damaged("CA certificate", "OpenSSL does not take it");
	if ((kind & TRUST_NAME) != 0)
		add_name(v, cert);
	X509_free(cert);
}

static void
add_crl(struct verify *v, const unsigned char *der, size_t len)
{
	const unsigned char *at = der;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)len);

	if (crl == NULL || at != der + len)
		damaged("CRL", "damaged, or too large for this process");
	if (X509_STORE_add_crl(v->store, crl) != 1)
		damaged("CRL", "OpenSSL does not take it");
	X509_CRL_free(crl);
}

static void
keep_part(struct verify *v, const unsigned char *bytes, size_t len)
{
	unsigned char *grown = realloc(v->part, v->part_len + len);

	if (grown == NULL)
		fatal(EXIT_SYSTEM, "CA certificates and CRLs");
	memcpy(grown + v->part_len, bytes, len);
	v->part = grown;
	v->part_len += len;
}

/*
 * The rest of the message is a thing, or the next part of one.
 */
static void
take_thing(struct verify *v, unsigned int kind, bool more)
{
	const unsigned char *der;
	size_t len;

	der = msg_get_rest(&v->ask->msg, &len);
	if (der == NULL || len == 0)
		fatalx(EXIT_SYSTEM, "message: %s: wrong form",
		    msg_name(v->ask->msg.type));
	if (more || v->part != NULL) {
		keep_part(v, der, len);
		der = v->part;
		len = v->part_len;
	}
	if (more)
		return;
	if ((kind & TRUST_CRL) != 0)
		add_crl(v, der, len);
	else
		add_certificate(v, kind, der, len);
	free(v->part);
	v->part = NULL;
	v->part_len = 0;
}

/*
 * A certificate read before what is rare is there never gets to know its key.
 */
static void
need_store(struct verify *v)
{
	if (v->store != NULL)
		return;
	library_load_rare();
	if ((v->store = X509_STORE_new()) == NULL)
		fatalx(EXIT_SYSTEM, "CA certificates: no memory");
}

void
verify_init(struct verify *v, struct ask *ask)
{
	v->ask = ask;
}

void
verify_take(struct verify *v)
{
	unsigned int kind = msg_get_u8(&v->ask->msg);
	bool more = msg_get_u8(&v->ask->msg) != 0;

	need_store(v);
	take_thing(v, kind, more);
}

/* ----------------------------------------------------------------- look-up */

/*
 * True if the KEEPER has not been asked this yet; it counts as asked then.
 */
static bool
is_new_question(struct verify *v, enum lookup_kind kind, uint32_t hash)
{
	size_t i;

	for (i = 0; i < v->asked_count; i++)
		if (v->asked[i].kind == kind && v->asked[i].hash == hash)
			return (false);
	if (v->asked_count == MSG_MOST_LOOKUP) {
		if (v->asked_too_much)
			return (false);
		v->asked_too_much = true;
		log_warnx("client certificate: its chain asks for more than "
			  "%d CAs and CRLs",
		    MSG_MOST_LOOKUP);
		return (false);
	}
	v->asked[i].kind = kind;
	v->asked[i].hash = hash;
	v->asked_count++;
	return (true);
}

static bool
receive_found(struct verify *v, enum lookup_kind kind)
{
	struct msg *m = &v->ask->msg;
	unsigned int flags;

	do {
		if (!ask_await(v->ask, MSG_FOUND))
			return (false);
		flags = msg_get_u8(m);
		if (msg_complete(m) && flags == 0)
			return (true);
		take_thing(v, kind == LOOKUP_CRL ? TRUST_CRL : TRUST_ANCHOR,
		    (flags & FOUND_MORE) != 0);
	} while (flags != 0);
	return (true);
}

static bool
ask_keeper(struct verify *v, enum lookup_kind kind, uint32_t hash)
{
	msg_begin(&v->ask->msg, MSG_LOOKUP);
	msg_put_u8(&v->ask->msg, (uint8_t)kind);
	msg_put_u32(&v->ask->msg, hash);
	return (ask_send(v->ask) && receive_found(v, kind));
}

/*
 * For X509_LOOKUP_meth_set_get_by_subject(3): what is found goes into the
 * store, and one of it, which stays the store's, into *found.
 */
static int
find_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type,
    const X509_NAME *name, X509_OBJECT *found)
{
	struct verify *v = X509_LOOKUP_get_method_data(lookup);
	enum lookup_kind kind = type == X509_LU_CRL ? LOOKUP_CRL : LOOKUP_CA;
	unsigned long hash;
	X509_OBJECT *object;
	int ok;

	if (kind == LOOKUP_CRL ? !v->policy.ask_crls : !v->policy.ask_cas)
		return (0);
	hash = X509_NAME_hash_ex(name, NULL, NULL, &ok);
	if (ok != 1 || !is_new_question(v, kind, (uint32_t)hash) ||
	    !ask_keeper(v, kind, (uint32_t)hash))
		return (0);
	object =
	    X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(v->store),
		type, name);
	if (object == NULL)
		return (0);
	/* the caller takes a reference of its own, as of X509_LOOKUP_file */
	if (type == X509_LU_CRL) {
		X509_OBJECT_set1_X509_CRL(found,
		    X509_OBJECT_get0_X509_CRL(object));
		X509_CRL_free(X509_OBJECT_get0_X509_CRL(object));
	} else {
		X509_OBJECT_set1_X509(found, X509_OBJECT_get0_X509(object));
		X509_free(X509_OBJECT_get0_X509(object));
	}
	return (1);
}

static void
look_up_lazily(struct verify *v)
{
	X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("ask the KEEPER");
	X509_LOOKUP *lookup = NULL;

	if (method != NULL &&
	    X509_LOOKUP_meth_set_get_by_subject(method, find_by_subject) == 1)
		lookup = X509_STORE_add_lookup(v->store, method);
	if (lookup == NULL || X509_LOOKUP_set_method_data(lookup, v) != 1)
		fatalx(EXIT_SYSTEM, "CA directory: no memory");
}

/* ---------------------------------------------------------------- verdict */

/* mod_ssl's ssl_verify_error_is_optional */
static bool
is_unknown_issuer(int error)
{
	return (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	    error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	    error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	    error == X509_V_ERR_CERT_UNTRUSTED ||
	    error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE);
}

/*
 * Called for each certificate that is good, and for each error.  The first
 * error that is not forgiven ends the verification; the first that is stays
 * the reason.
 */
static int
judge(int good, X509_STORE_CTX *context)
{
	struct verify *v = X509_STORE_CTX_get_ex_data(context, index_of_verify);
	int error = X509_STORE_CTX_get_error(context);

	if (!good && v->policy.mode == CLIENT_OPTIONAL_NO_CA &&
	    is_unknown_issuer(error)) {
		if (v->verdict != VERIFY_GENEROUS)
			v->error = error;
		v->verdict = VERIFY_GENEROUS;
		X509_STORE_CTX_set_error(context, X509_V_OK);
		good = 1;
	}
	if (good && X509_STORE_CTX_get_error_depth(context) > v->policy.depth) {
		error = X509_V_ERR_CERT_CHAIN_TOO_LONG;
		X509_STORE_CTX_set_error(context, error);
		good = 0;
	}
	if (!good) {
		v->error = error;
		v->verdict = VERIFY_FAILED;
	}
	return (good);
}

/*
 * In place of X509_verify_cert(3).
 */
static int
verify_context(X509_STORE_CTX *context, void *argument)
{
	struct verify *v = argument;
	int good;

	v->verdict = VERIFY_SUCCESS;
	v->error = X509_V_OK;
	X509_STORE_CTX_set_verify_cb(context, judge);
	good = X509_STORE_CTX_set_ex_data(context, index_of_verify, v) == 1 &&
	    X509_verify_cert(context) == 1;
	/* short of memory, say: nobody called judge */
	if (!good && v->verdict != VERIFY_FAILED) {
		v->verdict = VERIFY_FAILED;
		v->error = X509_STORE_CTX_get_error(context);
	}
	return (good);
}

/* ---------------------------------------------------------------- applying */

static void
set_param(struct verify *v, X509_VERIFY_PARAM *param)
{
	unsigned long crls = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;

	X509_VERIFY_PARAM_set_depth(param, v->policy.depth);
	if ((v->policy.check_crls &&
		X509_VERIFY_PARAM_set_flags(param, crls) != 1) ||
	    (v->policy.host[0] != '\0' &&
		X509_VERIFY_PARAM_set1_host(param, v->policy.host, 0) != 1))
		fatalx(EXIT_SYSTEM, "client certificate: no memory");
}

void
verify_apply(struct verify *v, SSL_CTX *ctx, const struct client_policy *p)
{
	int how = SSL_VERIFY_PEER;

	v->policy = *p;
	v->ctx = ctx;
	if (p->mode == CLIENT_NONE)
		return;
	if (v->part != NULL)
		fatalx(EXIT_SYSTEM, "message: TRUST: cut off");
	if (p->mode == CLIENT_REQUIRE)
		how |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	need_store(v);
	if (p->ask_cas || p->ask_crls)
		look_up_lazily(v);
	index_of_verify = X509_STORE_CTX_get_ex_new_index(0, NULL, NULL, NULL,
	    NULL);
	if (index_of_verify == -1)
		fatalx(EXIT_SYSTEM, "client certificate: no memory");
	set_param(v, SSL_CTX_get0_param(ctx));
	SSL_CTX_set1_cert_store(ctx, v->store);
	/* or OpenSSL would look in it for a chain to our own certificate */
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_verify(ctx, how, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify_context, v);
	SSL_CTX_set_max_cert_list(ctx, VERIFY_CERTS_BYTES_MAX);
	if (v->names != NULL)
		SSL_CTX_set_client_CA_list(ctx, v->names);
	v->names = NULL;
}

/* ---------------------------------------------------------------- sessions */

/*
 * u16 length and DER of each certificate.
 */
bool
verify_pack(const struct verify *v, const SSL *ssl,
    uint8_t packed[VERIFY_PACKED_MAX], size_t *len)
{
	STACK_OF(X509) *chain = verify_chain(v, ssl);
	unsigned char *at;
	int i, n;

	*len = 0;
	for (i = 0; i < sk_X509_num(chain); i++) {
		n = i2d_X509(sk_X509_value(chain, i), NULL);
		if (n <= 0 || (size_t)n + 2 > VERIFY_PACKED_MAX - *len)
			return (false);
		packed[(*len)++] = (uint8_t)(n >> 8);
		packed[(*len)++] = (uint8_t)n;
		at = packed + *len;
		i2d_X509(sk_X509_value(chain, i), &at);
		*len += (size_t)n;
	}
	return (true);
}

static STACK_OF(X509) * unpack(const uint8_t *packed, size_t len)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	const unsigned char *at = packed, *der;
	X509 *cert = NULL;
	size_t n;

	while (chain != NULL && len >= 2) {
		n = (size_t)(at[0] << 8 | at[1]);
		der = at + 2;
		cert = n > len - 2 ? NULL : d2i_X509(NULL, &der, (long)n);
		if (cert == NULL || sk_X509_push(chain, cert) <= 0)
			break;
		cert = NULL;
		at += 2 + n;
		len -= 2 + n;
	}
	if (len == 0)
		return (chain);
	X509_free(cert);
	sk_X509_pop_free(chain, X509_free);
	return (NULL);
}

static STACK_OF(X509) * chain_of_session(SSL_SESSION *session)
{
	void *packed = NULL;
	size_t len = 0;

	if (SSL_SESSION_get0_ticket_appdata(session, &packed, &len) != 1)
		len = 0;
	return (unpack(packed, len));
}

/*
 * As ssl_verify_cert_chain of libssl prepares it for a server.
 */
static bool
verify_again(struct verify *v, X509 *leaf)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	bool good = false;

	if (context != NULL &&
	    X509_STORE_CTX_init(context, v->store, leaf, v->remembered) == 1 &&
	    X509_STORE_CTX_set_default(context, "ssl_client") == 1) {
		param = X509_STORE_CTX_get0_param(context);
		X509_VERIFY_PARAM_set_auth_level(param,
		    SSL_CTX_get_security_level(v->ctx));
		set_param(v, param);
		good = verify_context(context, v) == 1;
	}
	X509_STORE_CTX_free(context);
	ERR_clear_error();
	return (good);
}

bool
verify_session(struct verify *v, SSL_SESSION *session)
{
	X509 *leaf = SSL_SESSION_get0_peer(session);

	if (leaf == NULL)
		return (v->policy.mode != CLIENT_REQUIRE);
	if (v->policy.mode == CLIENT_NONE)
		return (false);
	sk_X509_pop_free(v->remembered, X509_free);
	v->remembered = chain_of_session(session);
	if (v->remembered != NULL && verify_again(v, leaf))
		return (true);
	/* the full handshake that follows may well have another */
	sk_X509_pop_free(v->remembered, X509_free);
	v->remembered = NULL;
	v->verdict = VERIFY_NONE;
	return (false);
}

STACK_OF(X509) * verify_chain(const struct verify *v, const SSL *ssl)
{
	return (SSL_session_reused(ssl) == 1 ? v->remembered :
					       SSL_get_peer_cert_chain(ssl));
}

/*
 * A session may have been verified, and not been resumed after all.
 */
void
verify_settle(struct verify *v, const SSL *ssl)
{
	if (SSL_get0_peer_certificate(ssl) == NULL)
		v->verdict = VERIFY_NONE;
}

/* ------------------------------------------------------------------- words */

const char *
verify_variable(const struct verify *v, char *text, size_t size)
{
	switch (v->verdict) {
	case VERIFY_NONE:
		return ("NONE");
	case VERIFY_SUCCESS:
		return ("SUCCESS");
	case VERIFY_GENEROUS:
		return ("GENEROUS");
	case VERIFY_FAILED:
		break;
	}
	snprintf(text, size, "FAILED:%s",
	    X509_verify_cert_error_string(v->error));
	return (text);
}

const char *
verify_summary(const struct verify *v, char *text, size_t size)
{
	char *at;

	if (v->verdict == VERIFY_NONE)
		return ("none");
	if (v->verdict == VERIFY_SUCCESS)
		return ("ok");
	snprintf(text, size, "failed:%s",
	    X509_verify_cert_error_string(v->error));
	for (at = text; *at != '\0'; at++)
		if (*at == ' ')
			*at = '_';
	return (text);
}

/* SPDX-License-Identifier: ISC */
/*
 * verify_test.c - certificates of clients, in a handshake and in a session.
 *
 * Both ends of the handshake are here; what the KEEPER tells is put in the
 * message's place, and a child answers look-ups.
 */
#include "verify.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "check.h"

/* ------------------------------------------------------------ certificates */

struct signer {
	X509 *cert;
	EVP_PKEY *key;
};

struct kind {
	const char *name, *constraints, *alternative;
};

static long serial;

static void
add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension;

	if (value == NULL)
		return;
	extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	CHECK(extension != NULL && X509_add_ext(cert, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

/*
 * by NULL: by itself.
 */
static struct signer
make(const struct kind *kind, const struct signer *by)
{
	struct signer s = { X509_new(), EVP_EC_gen("P-256") };
	X509_NAME *name = X509_get_subject_name(s.cert);

	CHECK(s.cert != NULL && s.key != NULL);
	X509_set_version(s.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(s.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(s.cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(s.cert), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)kind->name, -1, -1, 0);
	X509_set_issuer_name(s.cert,
	    by == NULL ? name : X509_get_subject_name(by->cert));
	X509_set_pubkey(s.cert, s.key);
	add_extension(s.cert, NID_basic_constraints, kind->constraints);
	add_extension(s.cert, NID_subject_alt_name, kind->alternative);
	CHECK(X509_sign(s.cert, by == NULL ? s.key : by->key, EVP_sha256()) >
	    0);
	return (s);
}

static struct signer ca, other, middle, leaf;

static void
make_all(void)
{
	static const struct kind kinds[] = { { "ca", "critical,CA:TRUE", NULL },
		{ "other", "critical,CA:TRUE", NULL },
		{ "middle", "critical,CA:TRUE", NULL },
		{ "leaf", NULL, "DNS:client.example" } };

	ca = make(&kinds[0], NULL);
	other = make(&kinds[1], NULL);
	middle = make(&kinds[2], &ca);
	leaf = make(&kinds[3], &middle);
}

/*
 * A CRL of this CA, with this certificate on it, or none.
 */
static X509_CRL *
make_crl(const struct signer *by, const X509 *revoked)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *time = X509_gmtime_adj(NULL, -60);
	X509_REVOKED *entry = X509_REVOKED_new();

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->cert));
	X509_CRL_set1_lastUpdate(crl, time);
	X509_gmtime_adj(time, 3600);
	X509_CRL_set1_nextUpdate(crl, time);
	if (revoked != NULL) {
		X509_REVOKED_set_serialNumber(entry,
		    (ASN1_INTEGER *)X509_get0_serialNumber(revoked));
		X509_gmtime_adj(time, -30);
		X509_REVOKED_set_revocationDate(entry, time);
		CHECK(X509_CRL_add0_revoked(crl, entry) == 1);
	} else
		X509_REVOKED_free(entry);
	CHECK(X509_CRL_sign(crl, by->key, EVP_sha256()) > 0);
	ASN1_TIME_free(time);
	return (crl);
}

/* -------------------------------------------------------------- the server */

struct server {
	struct channel channel;
	struct ask ask;
	struct verify verify;
	SSL_CTX *ctx;
};

static const struct client_policy required = { .mode = CLIENT_REQUIRE,
	.depth = 4 };

static void
begin(struct server *s)
{
	memset(s, 0, sizeof(*s));
	s->ask.channel = &s->channel;
	s->ctx = SSL_CTX_new(TLS_server_method());
	CHECK(s->ctx != NULL);
	verify_init(&s->verify, &s->ask);
}

/*
 * As the KEEPER tells it, in parts if it is longer than one.
 */
static void
tell(struct server *s, unsigned int kind, const unsigned char *der, size_t len,
    size_t part)
{
	size_t at = 0, n;

	do {
		n = len - at < part ? len - at : part;
		msg_begin(&s->ask.msg, MSG_TRUST);
		msg_put_u8(&s->ask.msg, (uint8_t)kind);
		msg_put_u8(&s->ask.msg, at + n < len);
		msg_put_rest(&s->ask.msg, der + at, n);
		verify_take(&s->verify);
		at += n;
	} while (at < len);
}

static void
trust(struct server *s, unsigned int kind, X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	tell(s, kind, der, (size_t)len, 60000);
	OPENSSL_free(der);
}

static void
know_crl(struct server *s, X509_CRL *crl)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);

	tell(s, TRUST_CRL, der, (size_t)len, 100);
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

/*
 * One that trusts ca, under this policy.
 */
static void
serve(struct server *s, const struct client_policy *policy)
{
	begin(s);
	trust(s, TRUST_ANCHOR | TRUST_NAME, ca.cert);
	verify_apply(&s->verify, s->ctx, policy);
}

/* ----------------------------------------------------------- the handshake */

static SSL *client, *server;

/*
 * True if both ends are through.  chain: what the client sends behind leaf,
 * or, with no_leaf, it sends nothing at all.
 */
static bool
shake_hands(struct server *s, const struct signer *shown, X509 *chain)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	BIO *one, *two;
	int i, here = 0, there = 0;

	CHECK(SSL_CTX_use_certificate(s->ctx, other.cert) == 1);
	CHECK(SSL_CTX_use_PrivateKey(s->ctx, other.key) == 1);
	if (shown != NULL) {
		CHECK(SSL_CTX_use_certificate(ctx, shown->cert) == 1);
		CHECK(SSL_CTX_use_PrivateKey(ctx, shown->key) == 1);
	}
	if (chain != NULL)
		CHECK(SSL_CTX_add1_chain_cert(ctx, chain) == 1);
	client = SSL_new(ctx);
	server = SSL_new(s->ctx);
	CHECK(BIO_new_bio_pair(&one, 1 << 17, &two, 1 << 17) == 1);
	SSL_set_bio(client, one, one);
	SSL_set_bio(server, two, two);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	for (i = 0; i < 8 && (here != 1 || there != 1); i++) {
		there = SSL_do_handshake(client);
		here = SSL_do_handshake(server);
	}
	SSL_CTX_free(ctx);
	return (here == 1 && there == 1);
}

/*
 * The session of a handshake with leaf and middle, with what goes into its
 * ticket.
 */
static SSL_SESSION *
make_session(void)
{
	static struct server s;
	uint8_t packed[VERIFY_PACKED_MAX];
	SSL_SESSION *session;
	size_t len;

	make_all();
	serve(&s, &required);
	CHECK(shake_hands(&s, &leaf, middle.cert));
	CHECK(s.verify.verdict == VERIFY_SUCCESS);
	CHECK(verify_pack(&s.verify, server, packed, &len) && len > 0);
	session = SSL_get1_session(server);
	CHECK(SSL_SESSION_set1_ticket_appdata(session, packed, len) == 1);
	return (session);
}

/* ------------------------------------------------------------------- cases */

static const char *
variable_of(const struct server *s)
{
	static char text[128];

	return (verify_variable(&s->verify, text, sizeof(text)));
}

static const char *
summary_of(const struct server *s)
{
	static char text[128];

	return (verify_summary(&s->verify, text, sizeof(text)));
}

CASE(a_good_chain_is_a_success_and_its_leaf_is_none_of_it)
{
	struct server s;

	make_all();
	serve(&s, &required);
	CHECK(shake_hands(&s, &leaf, middle.cert));
	verify_settle(&s.verify, server);
	CHECK_STR(variable_of(&s), "SUCCESS");
	CHECK_STR(summary_of(&s), "ok");
	CHECK(sk_X509_num(verify_chain(&s.verify, server)) == 1);
	CHECK(X509_cmp(sk_X509_value(verify_chain(&s.verify, server), 0),
		  middle.cert) == 0);
}

CASE(what_fails_is_told_in_plain_words)
{
	struct server s;

	make_all();
	serve(&s, &required);
	CHECK(!shake_hands(&s, &leaf, NULL));
	CHECK_STR(variable_of(&s),
	    "FAILED:unable to get local issuer certificate");
	CHECK_STR(summary_of(&s),
	    "failed:unable_to_get_local_issuer_certificate");
}

CASE(an_unknown_issuer_is_forgiven_where_that_is_asked_for)
{
	static const struct client_policy policy = {
		.mode = CLIENT_OPTIONAL_NO_CA, .depth = 4
	};
	struct server s;

	make_all();
	serve(&s, &policy);
	CHECK(shake_hands(&s, &leaf, NULL));
	verify_settle(&s.verify, server);
	CHECK_STR(variable_of(&s), "GENEROUS");
	CHECK_STR(summary_of(&s),
	    "failed:unable_to_get_local_issuer_certificate");
}

CASE(without_a_certificate_there_is_no_verdict)
{
	static const struct client_policy policy = { .mode = CLIENT_OPTIONAL,
		.depth = 4 };
	struct server s;

	make_all();
	serve(&s, &policy);
	CHECK(shake_hands(&s, NULL, NULL));
	/* of a session, say, that was not resumed after all */
	s.verify.verdict = VERIFY_SUCCESS;
	verify_settle(&s.verify, server);
	CHECK_STR(variable_of(&s), "NONE");
	CHECK_STR(summary_of(&s), "none");
}

CASE(the_names_of_CAs_are_told_once_each_in_order)
{
	const STACK_OF(X509_NAME) * names;
	struct server s;

	make_all();
	begin(&s);
	trust(&s, TRUST_ANCHOR, ca.cert);
	trust(&s, TRUST_NAME, other.cert);
	trust(&s, TRUST_NAME, middle.cert);
	verify_apply(&s.verify, s.ctx, &required);
	CHECK(shake_hands(&s, &leaf, middle.cert));
	names = SSL_get0_peer_CA_list(client);
	CHECK(sk_X509_NAME_num(names) == 2);
	CHECK(X509_NAME_cmp(sk_X509_NAME_value(names, 0),
		  X509_get_subject_name(other.cert)) == 0);
	CHECK(X509_NAME_cmp(sk_X509_NAME_value(names, 1),
		  X509_get_subject_name(middle.cert)) == 0);
}

CASE(what_clients_are_verified_by_is_no_chain_of_ours)
{
	struct server s;

	make_all();
	begin(&s);
	trust(&s, TRUST_ANCHOR, ca.cert);
	trust(&s, TRUST_ANCHOR, middle.cert);
	verify_apply(&s.verify, s.ctx, &required);
	/* the server's own */
	other = leaf;
	CHECK(shake_hands(&s, &leaf, middle.cert));
	CHECK(sk_X509_num(SSL_get_peer_cert_chain(client)) == 1);
}

/* ---------------------------------------------------------------- sessions */

CASE(a_session_is_verified_anew_with_its_intermediates)
{
	SSL_SESSION *session = make_session();
	struct server s;

	serve(&s, &required);
	CHECK(verify_session(&s.verify, session));
	CHECK(s.verify.verdict == VERIFY_SUCCESS);
	CHECK(sk_X509_num(s.verify.remembered) == 1);
}

CASE(a_session_is_not_resumed_without_its_intermediates)
{
	SSL_SESSION *session = make_session();
	struct server s;

	serve(&s, &required);
	CHECK(SSL_SESSION_set1_ticket_appdata(session, "", 0) == 1);
	CHECK(!verify_session(&s.verify, session));
	CHECK(s.verify.verdict == VERIFY_NONE);
	CHECK(s.verify.remembered == NULL);
}

CASE(application_data_that_is_none_of_ours_is_no_chain)
{
	static const struct {
		const char *bytes;
		size_t len;
	} foreign[] = { { "\0", 1 }, { "\0\0", 2 }, { "\0\1x", 3 },
		{ "\377\377x", 3 }, { "\0\2\60\0", 4 } };
	SSL_SESSION *session = make_session();
	struct server s;
	size_t i;

	serve(&s, &required);
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		CHECK(SSL_SESSION_set1_ticket_appdata(session, foreign[i].bytes,
			  foreign[i].len) == 1);
		CHECK(!verify_session(&s.verify, session));
	}
}

CASE(a_session_is_not_resumed_under_another_CA)
{
	SSL_SESSION *session = make_session();
	struct server s;

	begin(&s);
	trust(&s, TRUST_ANCHOR, other.cert);
	verify_apply(&s.verify, s.ctx, &required);
	CHECK(!verify_session(&s.verify, session));
	CHECK(s.verify.verdict == VERIFY_NONE);
}

CASE(a_session_is_not_resumed_past_a_depth_or_for_another_host)
{
	static struct client_policy policy = {
		.mode = CLIENT_REQUIRE, .depth = 2, .host = "client.example"
	};
	SSL_SESSION *session = make_session();
	struct server s;

	serve(&s, &policy);
	CHECK(verify_session(&s.verify, session));
	policy.depth = 1;
	serve(&s, &policy);
	CHECK(!verify_session(&s.verify, session));
	policy.depth = 2;
	strcpy(policy.host, "other.example");
	serve(&s, &policy);
	CHECK(!verify_session(&s.verify, session));
}

CASE(a_session_whose_certificate_is_revoked_since_is_not_resumed)
{
	static const struct client_policy policy = {
		.mode = CLIENT_REQUIRE, .depth = 4, .check_crls = true
	};
	SSL_SESSION *session = make_session();
	struct server s;

	serve(&s, &policy);
	know_crl(&s, make_crl(&ca, NULL));
	CHECK(!verify_session(&s.verify, session));
	know_crl(&s, make_crl(&middle, NULL));
	CHECK(verify_session(&s.verify, session));

	serve(&s, &policy);
	know_crl(&s, make_crl(&ca, NULL));
	know_crl(&s, make_crl(&middle, leaf.cert));
	CHECK(!verify_session(&s.verify, session));

	serve(&s, &policy);
	know_crl(&s, make_crl(&ca, middle.cert));
	know_crl(&s, make_crl(&middle, NULL));
	CHECK(!verify_session(&s.verify, session));
}

CASE(a_session_belongs_to_modes_that_could_have_made_it)
{
	static struct client_policy policy = { .depth = 4 };
	SSL_SESSION *with = make_session(), *without = SSL_SESSION_new();
	struct server s;

	policy.mode = CLIENT_NONE;
	serve(&s, &policy);
	CHECK(!verify_session(&s.verify, with));
	CHECK(verify_session(&s.verify, without));
	policy.mode = CLIENT_OPTIONAL;
	serve(&s, &policy);
	CHECK(verify_session(&s.verify, with));
	CHECK(verify_session(&s.verify, without));
	policy.mode = CLIENT_REQUIRE;
	serve(&s, &policy);
	CHECK(verify_session(&s.verify, with));
	CHECK(!verify_session(&s.verify, without));
}

CASE(a_chain_that_is_too_long_for_a_ticket_is_not_packed)
{
	static char comment[VERIFY_PACKED_MAX];
	struct kind kind = { "middle", "critical,CA:TRUE", comment };
	uint8_t packed[VERIFY_PACKED_MAX];
	struct server s;
	size_t len;

	make_all();
	memset(comment, 'x', sizeof(comment) - 200);
	memcpy(comment, "DNS:", 4);
	middle = make(&kind, &ca);
	leaf = make(&(struct kind){ .name = "leaf" }, &middle);
	serve(&s, &required);
	CHECK(shake_hands(&s, &leaf, middle.cert));
	CHECK(!verify_pack(&s.verify, server, packed, &len));
}

/* ---------------------------------------------------------------- look-ups */

/*
 * Answer this many questions: each with this certificate in two parts, if it
 * is for its name.
 */
static _Noreturn void
be_keeper(int fd, X509 *cert, unsigned int questions)
{
	struct channel channel = {
		.fd = fd, .self = SIDE_KEEPER, .phase = PHASE_HANDSHAKE
	};
	static struct msg m;
	unsigned char *der = NULL;
	size_t len = (size_t)i2d_X509(cert, &der);
	bool wanted;

	for (; questions > 0; questions--) {
		if (channel_receive(&channel, &m, 0) != CHANNEL_MESSAGE)
			_exit(1);
		wanted = msg_get_u8(&m) == LOOKUP_CA &&
		    msg_get_u32(&m) == X509_subject_name_hash(cert);
		msg_begin(&m, MSG_FOUND);
		msg_put_u8(&m, wanted ? FOUND_MORE : 0);
		if (wanted)
			msg_put_rest(&m, der, 100);
		channel_send(&channel, &m);
		if (!wanted)
			continue;
		msg_begin(&m, MSG_FOUND);
		msg_put_u8(&m, 0);
		msg_put_rest(&m, der + 100, len - 100);
		channel_send(&channel, &m);
	}
	/* whoever asks more gets no answer */
	_exit(recv(fd, &m, 1, 0) == 0 ? 0 : 2);
}

CASE(a_directory_is_asked_once_for_each_name)
{
	static const struct client_policy policy = {
		.mode = CLIENT_REQUIRE, .depth = 4, .ask_cas = true
	};
	SSL_SESSION *session;
	struct server s;
	int fds[2], status;
	pid_t pid;

	session = make_session();
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	if ((pid = fork()) == 0) {
		close(fds[1]);
		/* of the intermediate one, too: a trusted one is preferred */
		be_keeper(fds[0], ca.cert, 2);
	}
	close(fds[0]);
	begin(&s);
	s.channel = (struct channel){
		.fd = fds[1], .self = SIDE_NET, .phase = PHASE_HANDSHAKE
	};
	verify_apply(&s.verify, s.ctx, &policy);
	CHECK(shake_hands(&s, &leaf, middle.cert));
	CHECK(s.verify.verdict == VERIFY_SUCCESS);
	CHECK(verify_session(&s.verify, session));
	CHECK(s.verify.asked_count == 2);
	close(fds[1]);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

CASE(what_a_directory_has_not_is_an_unknown_issuer)
{
	static const struct client_policy policy = {
		.mode = CLIENT_REQUIRE, .depth = 4, .ask_cas = true
	};
	struct server s;
	int fds[2];

	make_all();
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	if (fork() == 0) {
		close(fds[1]);
		be_keeper(fds[0], other.cert, 2);
	}
	close(fds[0]);
	begin(&s);
	s.channel = (struct channel){
		.fd = fds[1], .self = SIDE_NET, .phase = PHASE_HANDSHAKE
	};
	verify_apply(&s.verify, s.ctx, &policy);
	CHECK(!shake_hands(&s, &leaf, middle.cert));
	CHECK_STR(summary_of(&s),
	    "failed:unable_to_get_local_issuer_certificate");
	CHECK(!s.ask.no_answer);
}

static const struct check_case cases[] = {
	C(a_good_chain_is_a_success_and_its_leaf_is_none_of_it),
	C(what_fails_is_told_in_plain_words),
	C(an_unknown_issuer_is_forgiven_where_that_is_asked_for),
	C(without_a_certificate_there_is_no_verdict),
	C(the_names_of_CAs_are_told_once_each_in_order),
	C(what_clients_are_verified_by_is_no_chain_of_ours),
	C(a_session_is_verified_anew_with_its_intermediates),
	C(a_session_is_not_resumed_without_its_intermediates),
	C(application_data_that_is_none_of_ours_is_no_chain),
	C(a_session_is_not_resumed_under_another_CA),
	C(a_session_is_not_resumed_past_a_depth_or_for_another_host),
	C(a_session_whose_certificate_is_revoked_since_is_not_resumed),
	C(a_session_belongs_to_modes_that_could_have_made_it),
	C(a_chain_that_is_too_long_for_a_ticket_is_not_packed),
	C(a_directory_is_asked_once_for_each_name),
	C(what_a_directory_has_not_is_an_unknown_issuer), { 0 }
};
RUN(cases)

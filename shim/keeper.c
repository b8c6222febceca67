/* SPDX-License-Identifier: ISC */
/*
 * keeper.c - hold the key, sign once, become the application.
 *
 * Runs in:  KEEPER (SSL_USER, no network; root only as saved uid).
 * Trusts:   the administrator's files; nothing in a message.
 * Refuses:  a second signature, bytes that are not a server's part of a TLS
 *           handshake, and any message out of its order: it ends, and with
 *           it the connection.
 *
 * One file, though a long one: it is the KEEPER's side of the whole
 * conversation, in its order, less whether the peer may come in
 * (keeper_rules.c) and go on (keeper_proved.c), and what happens before TLS
 * begins (keeper_clear.c).  What an answer takes is in other files.
 */
#include "keeper.h"

#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "cert_dir.h"
#include "ending.h"
#include "keeper_local.h"
#include "log.h"
#include "rights.h"
#include "scheme.h"
#include "select.h"
#include "session_context.h"
#include "sign.h"
#include "staple.h"
#include "user_from.h"

/* --------------------------------------------------------------- messages */

void
keeper_forget(struct keeper *k)
{
	pair_wipe_key(&k->pair);
	ticket_keys_wipe(&k->ticket_keys);
}

void
keeper_leave(struct keeper *k, int code)
{
	if (k->early.pid == 0)
		_exit(code);
	ucspi_refuse(&k->ucspi, "error");
	tlswrapper_close(&k->tlswrapper);
	close(k->channel.fd);
	keeper_forget(k);
	rights_give_up();
	early_follow(&k->early);
}

void
keeper_send(struct keeper *k)
{
	/* NET is gone: the connection ended, and NET says how */
	if (channel_send(&k->channel, &k->msg) == -1)
		keeper_leave(k, EXIT_OK);
}

void
keeper_refuse(struct keeper *k, const char *why)
{
	log_errx("message: %s: %s", msg_name(k->msg.type), why);
	keeper_leave(k, EXIT_SYSTEM);
}

void
keeper_lost(struct keeper *k, const char *why)
{
	log_errx("%s", why);
	keeper_leave(k, EXIT_SYSTEM);
}

/*
 * The handshake failed, says NET.
 */
static _Noreturn void
take_failure(struct keeper *k)
{
	struct ending ending = { .probe = "no-tls" };
	char text[ENDING_TEXT_MAX];
	uint8_t kind = msg_get_u8(&k->msg);

	ending.alert = msg_get_u8(&k->msg);
	if (!msg_complete(&k->msg) || kind == ENDING_NONE ||
	    kind > ENDING_ERROR)
		keeper_refuse(k, "of no form");
	ending.kind = (enum ending_kind)kind;
	ucspi_refuse(&k->ucspi, ending_text(&ending, text));
	keeper_leave(k, EXIT_OK);
}

void
keeper_receive(struct keeper *k)
{
	/* NET keeps the time: when it is over, it goes */
	switch (channel_receive(&k->channel, &k->msg, 0)) {
	case CHANNEL_MESSAGE:
		if (k->msg.type != MSG_FAILED)
			return;
		if (k->policy.starttls != STARTTLS_UCSPI)
			keeper_refuse(k, "nobody waits for it");
		take_failure(k);
	case CHANNEL_GONE:
	case CHANNEL_LATE:
		keeper_leave(k, EXIT_OK);
	case CHANNEL_BROKEN:
		keeper_leave(k, EXIT_SYSTEM);
	}
}

void
keeper_must(struct keeper *k, int result)
{
	if (result != -1)
		return;
	log_errx("%s", k->complaint.text);
	keeper_leave(k, EXIT_USAGE);
}

void
keeper_no_app(struct keeper *k, int code)
{
	msg_begin(&k->msg, MSG_NO_APP);
	msg_put_u8(&k->msg, (uint8_t)code);
	keeper_send(k);
	_exit(code);
}

/* ----------------------------------------------------------- certificates */

/*
 * Without them there is no resumption; that is no reason to serve nobody.
 */
static void
read_ticket_keys(struct keeper *k)
{
	const struct options *o = &k->connection->options;
	const char *path = o->text[OPTION_TICKET_KEYS];

	if (options_flag(o, OPTION_NO_TICKETS) &&
	    !o->from_rule[OPTION_TICKET_KEYS])
		path = NULL;
	if (path != NULL &&
	    ticket_keys_read(&k->ticket_keys, path, &k->complaint) == -1)
		log_errx("%s: no tickets until then", k->complaint.text);
}

/*
 * One pair is what most have.  Then nothing has to be chosen, and whatever
 * is wrong with it is said before a byte of the peer is read.  Where sessions
 * can be resumed, the private key may not be needed.
 */
static void
read_fixed_pair(struct keeper *k)
{
	const struct options *o = &k->connection->options;
	const char *dir = o->text[OPTION_CERT_DIR];
	struct pair_files files[PAIRS_MAX];

	keeper_must(k, options_check_pairs(o, &k->complaint));
	if (options_pairs(o, files) == 0 && dir == NULL)
		fatalx(EXIT_USAGE,
		    "certificate: none: name one with --cert, "
		    "CERTFILE or --cert-dir");
	if (dir != NULL)
		keeper_must(k, cert_dir_check(dir, &k->complaint));
	if (!select_is_fixed(o))
		return;
	keeper_must(k, pair_read(&k->pair, &files[0], &k->complaint));
	if (k->ticket_keys.count == 0)
		keeper_must(k, pair_read_key(&k->pair, &k->complaint));
}

/*
 * What clients' certificates are verified by, but for directories.
 */
static void
tell_trust(struct keeper *k)
{
	if (k->client.mode == CLIENT_NONE)
		return;
	keeper_must(k,
	    trust_read(&k->trust, &k->client, &k->connection->options,
		&k->complaint));
	if (trust_tell(&k->trust, &k->channel, &k->msg) == -1)
		_exit(EXIT_OK);
	trust_forget(&k->trust);
}

static void
tell_policy(struct keeper *k)
{
	keeper_must(k,
	    policy_from_options(&k->policy, &k->connection->options,
		&k->complaint));
	k->policy.tickets = k->ticket_keys.count > 0;
	k->policy.judges = k->connection->options.text[OPTION_RULES] != NULL;
	k->policy.client = k->client;
	policy_put(&k->msg, &k->policy);
	keeper_send(k);
}

/* ------------------------------------------------------------ ClientHello */

/*
 * Without a pair for this client NET ends the handshake, and us with it.
 */
static void
tell_choice(struct keeper *k)
{
	uint8_t context[SESSION_CONTEXT_LEN];
	int alert = select_pair(&k->pair, &k->connection->options, &k->policy,
	    &k->hello, &k->complaint);

	keeper_must(k, alert);
	session_context(context, &k->connection->options, k->hello.server_name,
	    keeper_rule(k));
	msg_begin(&k->msg, MSG_CHOICE);
	msg_put_u8(&k->msg, (uint8_t)alert);
	msg_put_rest(&k->msg, context, sizeof(context));
	keeper_send(k);
	if (alert == 0)
		return;
	if (k->early.pid == 0)
		_exit(EXIT_OK);
	keeper_receive(k);
	keeper_refuse(k, "not the one that was awaited");
}

/*
 * To the client that asks; a bad one is worse than none, and no reason to
 * serve nobody.
 */
static void
tell_staple(struct keeper *k)
{
	static struct staple staple;

	if (!k->hello.wants_staple)
		return;
	if (!options_flag(&k->connection->options, OPTION_NO_STAPLE) &&
	    staple_read(&staple, &k->pair, &k->complaint) == -1)
		log_warnx("%s: left out", k->complaint.text);
	msg_begin(&k->msg, MSG_STAPLE);
	msg_put_rest(&k->msg, staple.der, staple.len);
	keeper_send(k);
}

static void
tell_chain(struct keeper *k)
{
	size_t i;

	for (i = 0; i < k->pair.chain_len; i++) {
		msg_begin(&k->msg, MSG_CHAIN);
		msg_put_u8(&k->msg, i + 1 == k->pair.chain_len);
		msg_put_rest(&k->msg, k->pair.chain[i].der,
		    k->pair.chain[i].len);
		keeper_send(k);
	}
}

static void
answer_hello(struct keeper *k)
{
	const char *why;

	keeper_receive(k);
	if (k->msg.type != MSG_HELLO)
		keeper_refuse(k, "not the one that was awaited");
	why = hello_get(&k->hello, &k->msg);
	if (why != NULL)
		keeper_refuse(k, why);
	tell_choice(k);
	tell_staple(k);
	tell_chain(k);
	k->channel.phase = PHASE_HANDSHAKE;
}

/* -------------------------------------------------------------- signature */

static void
answer_sign(struct keeper *k)
{
	uint8_t signature[SIGNATURE_MAX];
	const uint8_t *bytes;
	const char *why;
	size_t len, n;

	k->scheme = msg_get_u16(&k->msg);
	bytes = msg_get_rest(&k->msg, &len);
	if (k->pair.key == NULL)
		keeper_must(k, pair_read_key(&k->pair, &k->complaint));
	why = bytes == NULL ?
	    "cut off" :
	    sign_refusal(&k->policy, k->pair.key, k->scheme, bytes, len);
	if (why != NULL)
		keeper_refuse(k, why);
	n = sign_bytes(k->pair.key, k->scheme, bytes, len, signature);
	pair_wipe_key(&k->pair);
	if (n == 0)
		keeper_lost(k, "key: the TLS library could not sign");
	msg_begin(&k->msg, MSG_SIGNATURE);
	msg_put_rest(&k->msg, signature, n);
	keeper_send(k);
}

/* ---------------------------------------------------------------- tickets */

static void
answer_ticket(struct keeper *k)
{
	struct ticket_key key = { .name = { 0 } };
	enum ticket_answer answer;
	uint8_t what = msg_get_u8(&k->msg);
	size_t len;
	const uint8_t *name = msg_get_rest(&k->msg, &len);

	if (name == NULL || len != sizeof(key.name) || what > TICKET_OPEN)
		keeper_refuse(k, "of no form");
	if (k->asked[what]++ ==
	    (what == TICKET_OPEN ? TICKET_OPENS_MAX : TICKET_SEALS_MAX))
		keeper_refuse(k, "repeated");
	memcpy(key.name, name, sizeof(key.name));
	answer = what == TICKET_OPEN ? ticket_keys_open(&k->ticket_keys, &key) :
				       ticket_keys_seal(&k->ticket_keys, &key);
	msg_begin(&k->msg, MSG_TICKET_KEYS);
	msg_put_u8(&k->msg, (uint8_t)answer);
	if (answer != TICKET_UNKNOWN) {
		msg_put_rest(&k->msg, key.name, sizeof(key.name));
		msg_put_rest(&k->msg, key.cipher, sizeof(key.cipher));
		msg_put_rest(&k->msg, key.mac, sizeof(key.mac));
	}
	keeper_send(k);
	OPENSSL_cleanse(&key, sizeof(key));
}

/* ----------------------------------------------------------------- trust */

static void
answer_lookup(struct keeper *k)
{
	unsigned int kind = msg_get_u8(&k->msg);
	uint32_t hash = msg_get_u32(&k->msg);

	if (!msg_complete(&k->msg))
		keeper_refuse(k, "cut off, or trailing bytes");
	if (!(kind == LOOKUP_CA && k->client.ask_cas) &&
	    !(kind == LOOKUP_CRL && k->client.ask_crls))
		keeper_refuse(k, "no directory to look it up in");
	keeper_must(k,
	    trust_find(&k->trust, (enum lookup_kind)kind, hash, &k->complaint));
	if (trust_answer(&k->trust, &k->channel, &k->msg) == -1)
		_exit(EXIT_OK);
	trust_forget(&k->trust);
}

/* ------------------------------------------------------------------ facts */

static void
take_facts(struct keeper *k)
{
	const char *why;
	bool last = false;

	why = facts_get(&k->facts, &k->msg, &last);
	if (why == NULL && last)
		why = facts_refusal(&k->facts, k->client.mode);
	if (why != NULL)
		keeper_refuse(k, why);
	if (last)
		k->channel.phase = PHASE_DONE;
}

/*
 * What NET may ask for while it shakes hands, until it tells the facts.
 */
static void
answer_handshake(struct keeper *k)
{
	while (k->channel.phase == PHASE_HANDSHAKE) {
		keeper_receive(k);
		switch (k->msg.type) {
		case MSG_SIGN:
			answer_sign(k);
			break;
		case MSG_TICKET:
			answer_ticket(k);
			break;
		case MSG_LOOKUP:
			answer_lookup(k);
			break;
		case MSG_FACTS:
			take_facts(k);
			break;
		default:
			keeper_refuse(k, "not one that is answered");
		}
	}
}

/*
 * What the handshake proved, and what only we know of it.
 */
static void
set_facts(struct keeper *k, struct env *env)
{
	env_fact(env, "SSL_SIGALG", scheme_name(k->scheme));
	env_handshake(env, &k->facts, k->pair.leaf);
	env_certificate(env, "SSL_SERVER", k->pair.leaf, true);
	env_client(env, &k->facts.client);
}

/*
 * The application's; of one that runs already, which has its own, what it can
 * still be told.
 */
static struct env *
last_environment(const struct keeper *k)
{
	const struct options *o = &k->connection->options;

	if (k->early.pid == 0)
		return (k->env);
	return (env_new(o->exports, options_env_format(o)));
}

/*
 * An application that runs already goes on.
 */
static void
tell_early(struct keeper *k, struct env *env)
{
	if (k->early.pid == 0)
		return;
	ucspi_answer(&k->ucspi, env);
	keeper_leave(k, EXIT_OK);
}

/* -------------------------------------------------------------------- run */

/*
 * Whose account the program gets, where a certificate says that.
 */
static void
choose_account(struct keeper *k)
{
	struct connection *c = k->connection;
	const char *how = c->options.text[OPTION_USER_FROM];
	struct account_login login = { 0 };

	if (how == NULL || c->accounts.by_rule)
		return;
	if (user_from_certificate(&c->accounts, &login, how, &k->facts,
		&k->complaint) == -1) {
		log_warnx("%s", k->complaint.text);
		keeper_no_app(k, EXIT_DENIED);
	}
	if (login.name != NULL)
		env_login(k->env, &login);
}

static _Noreturn void
become_app(struct keeper *k)
{
	const struct connection *c = k->connection;
	int code;

	rights_become_app(&c->accounts);
	code = app_exec(c->options.program, env_vector(k->env), &c->mask, 3);
	keeper_no_app(k, code);
}

static struct env *
first_environment(const struct connection *c)
{
	const struct options *o = &c->options;
	struct env *env = env_new(o->exports, options_env_format(o));

	env_inherit(env, environ);
	env_fact(env, "TLSSHIM_ID", c->id);
	return (env);
}

void
keeper_run(struct connection *connection, struct links links)
{
	static struct keeper k;
	struct env *env;

	k.connection = connection;
	k.links = links;
	k.ucspi.control = -1;
	k.tlswrapper = (struct tlswrapper){ -1, -1 };
	k.channel = (struct channel){ .fd = links.channel,
		.self = SIDE_KEEPER };
	rights_lower(&connection->accounts);
	k.env = first_environment(connection);
	keeper_let_in(&k);
	read_ticket_keys(&k);
	read_fixed_pair(&k);
	tell_trust(&k);
	tell_policy(&k);
	keeper_clear(&k);
	answer_hello(&k);
	answer_handshake(&k);
	keeper_forget(&k);
	env = last_environment(&k);
	set_facts(&k, env);
	keeper_let_go_on(&k, env);
	tell_early(&k, env);
	choose_account(&k);
	become_app(&k);
}

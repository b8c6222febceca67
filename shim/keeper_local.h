/* SPDX-License-Identifier: ISC */
/*
 * keeper_local.h - what the KEEPER's files share, and nobody else.
 */
#ifndef SHIM_KEEPER_LOCAL_H
#define SHIM_KEEPER_LOCAL_H

#include "client.h"
#include "complaint.h"
#include "connection.h"
#include "early.h"
#include "env.h"
#include "fact.h"
#include "hello.h"
#include "msg.h"
#include "names.h"
#include "pair.h"
#include "policy.h"
#include "proxy.h"
#include "rules.h"
#include "ticket_keys.h"
#include "tlswrapper.h"
#include "trust.h"
#include "ucspi.h"

struct keeper {
	struct connection *connection;
	struct links links;
	struct channel channel;
	struct early early;
	struct ucspi ucspi;
	struct tlswrapper tlswrapper;
	struct msg msg; /* the one that is on its way */
	struct env *env;
	struct names names;
	const char *host;     /* the peer's, for its certificate; NULL: none */
	struct rules_hit hit; /* by address */
	struct rules_hit proved; /* by what the handshake proved */
	struct policy policy;
	struct pair pair; /* the chosen one */
	struct ticket_keys ticket_keys;
	unsigned int asked[TICKET_OPEN + 1]; /* for keys of tickets */
	struct complaint complaint;
	struct client_policy client;
	struct trust trust;
	struct hello hello;
	struct facts facts;
	uint16_t scheme; /* what was signed by */
};

/*
 * Which PROXY header is wanted of this sender: the option, or the rule that
 * its address hit.  A fault in the rule is the end.
 */
enum proxy_mode keeper_proxy_mode(struct keeper *);

/*
 * HEADER and PEER: from now on whom it conveys is the peer.
 */
void keeper_take_header(struct keeper *, enum proxy_mode);

/*
 * What the starter said, in so far as it may be of the peer: nothing, where
 * that is conveyed.
 */
char *const *keeper_starter(const struct keeper *);

/*
 * Look up what both ends are called, where that is wanted.
 */
void keeper_names(struct keeper *);

/*
 * START: ask the rules, and tell NET; whom they do not let in ends here.
 */
void keeper_let_in(struct keeper *);

/*
 * The line that matched, as far as its colon; "" where none did.  The
 * catch-all's key is empty, and a line of it begins with the colon.
 */
const char *keeper_rule(const struct keeper *);

/*
 * A setting of a rule that configures no TLS: into env, or which program as
 * whom.  0; -1 with k->complaint for an account that cannot be had.
 */
int keeper_setting(struct keeper *, struct env *, const char *rule,
    const char *name, const char *value);

/*
 * Of a file that is absent or broken: true if peers are let in without it;
 * else it is said why, and the end.
 */
bool keeper_without_rules(struct keeper *, const struct rules_hit *,
    const char *file);

/*
 * DONE: ask the rules again, by the facts, and tell NET; whom they do not let
 * in ends here.  What they set goes into this environment.
 */
void keeper_let_go_on(struct keeper *, struct env *);

/*
 * From POLICY to HELLO: whatever is to happen before TLS begins.
 */
void keeper_clear(struct keeper *);

/*
 * The next message that the gate lets pass; send the one in k->msg.  When NET
 * is gone: keeper_leave.
 */
void keeper_receive(struct keeper *);
void keeper_send(struct keeper *);

/*
 * What a function says of the administrator's files: -1 is a fault of theirs,
 * in k->complaint, and the end.
 */
void keeper_must(struct keeper *, int result);

/*
 * Key and master keys: neither is needed any more, or here.
 */
void keeper_forget(struct keeper *);

/*
 * Nothing more is answered: end with this code.  An application that runs
 * already learns that there will be no TLS, and goes on as long as it likes;
 * then we end as it did.
 */
void keeper_leave(struct keeper *, int code) __attribute__((noreturn));

/*
 * The same, and why: of the message at hand, or of anything else.
 */
void keeper_refuse(struct keeper *, const char *why) __attribute__((noreturn));
void keeper_lost(struct keeper *, const char *why) __attribute__((noreturn));

/*
 * There is no application, which NET cannot know otherwise.
 */
void keeper_no_app(struct keeper *, int code) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: ISC */
/*
 * env.h - the environment of the application.
 *
 * env.def is the one table of the variables that tlsshim itself sets, with
 * the set (tcp, tls, certs) that --export turns on and off.  Runs in the
 * KEEPER; a value may come from a peer by way of NET, so every value is
 * escaped here: control characters and DEL become \XX (upper-case hex, as
 * mod_ssl does), NUL cannot occur, a newline only in PEM texts.
 */
#ifndef SHIM_ENV_H
#define SHIM_ENV_H

#include <stdbool.h>
#include <stddef.h>

enum env_set {
	ENV_TCP = 1,
	ENV_TLS = 2,
	ENV_CERTS = 4,
	ENV_UCSPI = 8 /* always */
};
enum env_format { ENV_MOD_SSL, ENV_UCSPI_SSL };

struct account_login;
struct certificate_facts;
struct env;
struct facts;
struct peer;
struct proxy_header;
struct x509_st;

/*
 * A fresh, empty environment; `sets` are the sets of variables to export,
 * ENV_UCSPI besides.
 * Ends the process (EXIT_SYSTEM) when out of memory.
 */
struct env *env_new(unsigned int sets, enum env_format);
void env_free(struct env *);

/*
 * Take over `from` (as environ), less everything that could lie about the
 * connection: variables beginning with SSL, TLS_, TCP, REMOTE_, PROXY,
 * LISTEN_, TLSSHIM_, then HTTPS, PROTO, CREDENTIALS_DIRECTORY,
 * SYSTEMD_EXEC_PID, NOTIFY_SOCKET, WATCHDOG_*, and every configuration
 * variable of options.def (CERTFILE, KEYFILE, ...).
 */
void env_inherit(struct env *, char *const *from);

/*
 * Set a variable of env.def: does nothing if its set is not exported, or if
 * value is NULL or "" (mod_ssl does not export empty values either).
 * A later value replaces an earlier one.
 */
void env_fact(struct env *, const char *name, const char *value);

/*
 * Set what a rule says.  -1 (and nothing set) for a name that rules may not
 * set: SSL_*, HTTPS, TLSSHIM_*, empty, or with a byte outside [A-Za-z0-9_].
 */
int env_rule(struct env *, const char *name, const char *value);

/*
 * PROTO, TCPREMOTEIP and so on.  TCPREMOTEHOST and TCPREMOTEINFO of
 * `inherited` (as environ) are kept if its TCPREMOTEIP and TCPREMOTEPORT are
 * the socket's own peer: tcpserver looked them up.  local_name: TCPLOCALHOST,
 * or NULL.
 */
void env_peer(struct env *, const struct peer *, const char *local_name,
    char *const *inherited);

/*
 * One of its names, under each of its variables, behind env_peer; NULL or "":
 * there is none, whoever said so before.
 */
enum env_peer_name { ENV_REMOTE_HOST, ENV_REMOTE_INFO, ENV_LOCAL_HOST };
void env_name(struct env *, const struct peer *, enum env_peer_name,
    const char *value);

/*
 * That TCPREMOTEHOST; NULL if there is none.
 */
const char *env_peer_host(const struct peer *, char *const *inherited);

/*
 * All variables about a certificate that mod_ssl has: with prefix
 * "SSL_SERVER" or "SSL_CLIENT" M_SERIAL, S_DN, S_DN_CN, SAN_DNS_n, V_START,
 * A_SIG and the others, our FINGERPRINT_SHA256 and, in set certs, CERT.
 * trusted: also what mail software believes by its mere presence (S_DN*,
 * SAN_*): only for our own certificate, or a verified one.
 */
void env_certificate(struct env *, const char *prefix, struct x509_st *,
    bool trusted);

/*
 * Protocol, cipher and all else that the handshake agreed on; the library; what
 * binds to our certificate.
 */
void env_handshake(struct env *, const struct facts *, struct x509_st *leaf);

/*
 * The client's, in the KEEPER: from what NET told, and bytes of it.
 */
void env_client(struct env *, const struct certificate_facts *);

/*
 * PROXY_*: the proxy's own connection to us, and what its header said.
 */
void
env_proxy(struct env *, const struct peer *sender, const struct proxy_header *);

/*
 * Is it one of the attributes in names as SSL_CLIENT_S_DN_CN?
 */
bool env_is_attribute(const char *text, size_t len);

/*
 * HOME, SHELL, USER and LOGNAME, whoever has set them.
 */
void env_login(struct env *, const struct account_login *);

/*
 * The value of a variable, or NULL.
 */
const char *env_get(const struct env *, const char *name);

/*
 * As execve(2) wants it; belongs to env.  When it would be larger than
 * ENV_TOTAL_MAX bytes, first PEM texts, then names in a client's certificate,
 * then others of our own values, the longest first, are left out, with a
 * warning in the log.
 */
enum { ENV_TOTAL_MAX = 96 * 1024 };
char *const *env_vector(struct env *);

#endif

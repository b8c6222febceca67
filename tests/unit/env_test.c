/* SPDX-License-Identifier: ISC */
/*
 * env_test.c - what the application is told, and what it is kept from.
 */
#include "env.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "log.h"
#include "peer.h"

enum { ALL = ENV_TCP | ENV_TLS | ENV_CERTS };

/* ------------------------------------------------------------- helpers */

static struct env *
inherit_one(const char *text)
{
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	char *from[] = { strdup(text), NULL };

	env_inherit(env, from);
	free(from[0]);
	return (env);
}

static size_t
count(struct env *env)
{
	char *const *v = env_vector(env);
	size_t n = 0;

	while (v[n] != NULL)
		n++;
	return (n);
}

static bool
survives(const char *text)
{
	struct env *env = inherit_one(text);
	bool kept = count(env) == 1;

	env_free(env);
	return (kept);
}

static bool
name_survives(const char *stem, const char *tail)
{
	char text[128];

	snprintf(text, sizeof(text), "%s%s=spoofed", stem, tail);
	return (survives(text));
}

/*
 * The log is what fd 2 was given between these two.
 */
static FILE *
log_begin(void)
{
	FILE *log = tmpfile();

	CHECK(log != NULL);
	CHECK(dup2(fileno(log), STDERR_FILENO) == STDERR_FILENO);
	log_open();
	return (log);
}

static const char *
log_end(FILE *log)
{
	static char text[4096];
	size_t n;

	rewind(log);
	n = fread(text, 1, sizeof(text) - 1, log);
	text[n] = '\0';
	fclose(log);
	dup2(STDOUT_FILENO, STDERR_FILENO);
	return (text);
}

static char *
repeat(char byte, size_t n)
{
	char *text = malloc(n + 1);

	CHECK(text != NULL);
	memset(text, byte, n);
	text[n] = '\0';
	return (text);
}

static struct peer
peer_at(enum peer_family family, const char *remote, const char *local)
{
	struct peer p = { .family = family };
	int af = family == PEER_IPV6 ? AF_INET6 : AF_INET;

	snprintf(p.remote.ip, sizeof(p.remote.ip), "%s", remote);
	snprintf(p.local.ip, sizeof(p.local.ip), "%s", local);
	CHECK(inet_pton(af, remote, p.remote.addr) == 1);
	CHECK(inet_pton(af, local, p.local.addr) == 1);
	p.remote.port = 40000;
	p.local.port = 465;
	return (p);
}

static char *nothing[] = { NULL };

/* --------------------------------------------------------- the starter's */

CASE(what_could_lie_about_the_connection_is_not_inherited)
{
	static const char *const lies[] = { "SSL=", "SSL_CLIENT_S_DN=CN=root",
		"SSL_CLIENT_VERIFY=SUCCESS", "SSL_ANYTHING=", "SSLCTLFD=3",
		"SSLREMOTEIP=127.0.0.1", "TLS_CLIENT_HASH=x",
		"TLS_=", "TCPREMOTEIP=127.0.0.1", "TCPREMOTEHOST=localhost",
		"TCP6REMOTEIP=::1", "TCP=", "REMOTE_ADDR=127.0.0.1",
		"REMOTE_USER=root", "PROXY=v2", "PROXY_TLV_1=x", "LISTEN_FDS=1",
		"LISTEN_PID=1", "LISTEN_FDNAMES=connection", "TLSSHIM_ID=0",
		"TLSSHIM_USER=root", "HTTPS=on", "HTTPS=", "PROTO=TCP",
		"CREDENTIALS_DIRECTORY=/run/credentials/x",
		"SYSTEMD_EXEC_PID=1", "NOTIFY_SOCKET=/run/notify",
		"WATCHDOG_USEC=1", "WATCHDOG_PID=1", NULL };
	size_t i;

	for (i = 0; lies[i] != NULL; i++)
		if (survives(lies[i])) {
			fprintf(stderr, "inherited: %s\n", lies[i]);
			exit(1);
		}
}

CASE(no_variable_that_we_set_is_inherited)
{
#define ENV(name, set, meaning) CHECK(!name_survives(name, ""));
#define FAMILY(stem, tail, set, meaning) CHECK(!name_survives(stem, "0"));
#include "env.def"
#undef ENV
#undef FAMILY
}

CASE(no_variable_that_configures_us_is_inherited)
{
	static const char *const variables[] = {
#define OPT(id, name, variables, argument, preset, help) variables,
#include "options.def"
	};
	char *names, *name, *rest;
	size_t i, seen = 0;

	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (variables[i] == NULL)
			continue;
		rest = names = strdup(variables[i]);
		while ((name = strsep(&rest, " ")) != NULL) {
			CHECK(!name_survives(name, ""));
			seen++;
		}
		free(names);
	}
	CHECK(seen >= 3);
}

CASE(what_is_none_of_our_business_is_inherited_in_its_order)
{
	char *from[] = { "PATH=/bin:/usr/bin", "RELAYCLIENT=", "UCSPITLS=!",
		"A=b=c", "HTTPSX=1", "PROTOCOL=2", "TLSX=3", "XSSL_=4",
		"WATCHDOGS=5", "certfile=6", "CERTFILES=7", "BASH_FUNC_x%%=8",
		"NEWLINE=a\nb", NULL };
	struct env *env = env_new(0, ENV_MOD_SSL);
	char *const *v;
	size_t i;

	env_inherit(env, from);
	v = env_vector(env);
	for (i = 0; from[i] != NULL; i++)
		CHECK_STR(v[i], from[i]);
	CHECK(v[i] == NULL);
	env_free(env);
}

CASE(of_two_inherited_variables_of_one_name_the_first_counts)
{
	char *from[] = { "A=first", "B=1", "A=second", NULL };
	struct env *env = env_new(ALL, ENV_MOD_SSL);

	env_inherit(env, from);
	CHECK_STR(env_get(env, "A"), "first");
	CHECK(count(env) == 2);
	env_free(env);
}

CASE(inherited_strings_without_a_name_are_dropped)
{
	CHECK(!survives("=value"));
	CHECK(!survives("nothing"));
	CHECK(!survives(""));
	CHECK(survives("A="));
}

/* ------------------------------------------------------------ our facts */

CASE(a_fact_that_is_empty_or_unknown_does_not_exist)
{
	struct env *env = env_new(ALL, ENV_MOD_SSL);

	env_fact(env, "SSL_ALPN", NULL);
	env_fact(env, "SSL_GROUP", "");
	CHECK(env_get(env, "SSL_ALPN") == NULL);
	CHECK(env_get(env, "SSL_GROUP") == NULL);
	CHECK(count(env) == 0);
	env_free(env);
}

CASE(only_the_sets_that_are_exported_are_set)
{
	static const unsigned int sets[] = { 0, ENV_TCP, ENV_TLS, ENV_CERTS };
	struct env *env;
	size_t i;

	for (i = 0; i < 4; i++) {
		env = env_new(sets[i], ENV_MOD_SSL);
		env_fact(env, "PROTO", "TCP");
		env_fact(env, "SSL_PROTOCOL", "TLSv1.3");
		env_fact(env, "SSL_SERVER_CERT", "PEM");
		CHECK((env_get(env, "PROTO") != NULL) == (sets[i] == ENV_TCP));
		CHECK((env_get(env, "SSL_PROTOCOL") != NULL) ==
		    (sets[i] == ENV_TLS));
		CHECK((env_get(env, "SSL_SERVER_CERT") != NULL) ==
		    (sets[i] == ENV_CERTS));
		env_free(env);
	}
}

CASE(control_characters_are_escaped_and_utf8_is_kept)
{
	struct env *env = env_new(ALL, ENV_MOD_SSL);

	env_fact(env, "SSL_ALPN", "a\nb\r\t\x01\x1f\x7f\\ \xc3\xa9\x9b~");
	CHECK_STR(env_get(env, "SSL_ALPN"),
	    "a\\0Ab\\0D\\09\\01\\1F\\7F\\ \xc3\xa9\x9b~");
	env_free(env);
}

CASE(only_a_pem_text_keeps_its_newlines)
{
	struct env *env = env_new(ALL, ENV_MOD_SSL);

	env_fact(env, "SSL_SERVER_CERT", "-----BEGIN\nx\r\n-----END\n");
	CHECK_STR(env_get(env, "SSL_SERVER_CERT"),
	    "-----BEGIN\nx\\0D\n-----END\n");
	env_free(env);
}

CASE(a_later_value_replaces_an_earlier_one_where_it_stands)
{
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	char *const *v;

	env_fact(env, "TCPREMOTEHOST", "looked-up.example");
	env_fact(env, "SSL_ALPN", "smtp");
	CHECK(env_rule(env, "TCPREMOTEHOST", "from-rule.example") == 0);
	env_fact(env, "SSL_ALPN", "imap");
	v = env_vector(env);
	CHECK_STR(v[0], "TCPREMOTEHOST=from-rule.example");
	CHECK_STR(v[1], "SSL_ALPN=imap");
	CHECK(v[2] == NULL);
	env_free(env);
}

CASE(a_fact_that_env_def_does_not_know_ends_the_process)
{
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	int status;
	pid_t pid = fork();

	CHECK(pid != -1);
	if (pid == 0) {
		env_fact(env, "SSL_SERVER_S_DN_", "a family's bare stem");
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SYSTEM);
	env_free(env);
}

CASE(every_fact_of_the_handshake_is_a_variable)
{
	struct env *env = env_new(ENV_TLS, ENV_MOD_SSL);

#define FACT(id, variable, alphabet, cap)                                      \
	env_fact(env, variable, "x");                                          \
	CHECK_STR(env_get(env, variable), "x");
#include "fact.def"
#undef FACT
	env_free(env);
}

CASE(a_fact_longer_than_32_kib_is_left_out_with_a_warning)
{
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	char *text = repeat('x', 32 * 1024 + 1);
	FILE *log = log_begin();
	const char *said;

	env_fact(env, "SSL_ALPN", text);
	text[32 * 1024] = '\0';
	env_fact(env, "SSL_GROUP", text);
	text[0] = '\n'; /* 2 bytes longer when escaped */
	env_fact(env, "SSL_CIPHER", text);
	said = log_end(log);
	CHECK(env_get(env, "SSL_ALPN") == NULL);
	CHECK(env_get(env, "SSL_GROUP") != NULL);
	CHECK(env_get(env, "SSL_CIPHER") == NULL);
	CHECK(strstr(said, "environment: SSL_ALPN: ") != NULL);
	CHECK(strstr(said, "environment: SSL_CIPHER: ") != NULL);
	CHECK(strstr(said, "SSL_GROUP") == NULL);
	free(text);
	env_free(env);
}

/* ---------------------------------------------------------------- rules */

CASE(rules_cannot_set_what_tls_proves)
{
	static const char *const names[] = { "SSL_CLIENT_S_DN", "SSL_", "HTTPS",
		"TLSSHIM_ID", "TLSSHIM_", "", " A", "A B", "A-B", "A.B", "A\n",
		"\xc3\xa9", "A=B", "BASH_FUNC_x%%", NULL };
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		CHECK(env_rule(env, names[i], "x") == -1);
	CHECK(count(env) == 0);
	env_free(env);
}

CASE(rules_set_anything_else_even_if_it_is_empty)
{
	struct env *env = env_new(0, ENV_MOD_SSL);

	CHECK(env_rule(env, "RELAYCLIENT", "") == 0);
	CHECK(env_rule(env, "a_9", "x=y") == 0);
	CHECK(env_rule(env, "TCPREMOTEINFO", "me") == 0);
	CHECK_STR(env_get(env, "RELAYCLIENT"), "");
	CHECK_STR(env_get(env, "a_9"), "x=y");
	CHECK_STR(env_get(env, "TCPREMOTEINFO"), "me");
	env_free(env);
}

/* ----------------------------------------------------------- the vector */

CASE(when_room_is_short_pem_texts_go_first)
{
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	char *big = repeat('x', 60 * 1024), *pem = repeat('p', 100),
	     *fact = repeat('f', 32 * 1024);
	FILE *log = log_begin();
	const char *said;

	CHECK(env_rule(env, "BIG", big) == 0);
	env_fact(env, "SSL_ALPN", fact);
	env_fact(env, "SSL_SERVER_CERT", pem);
	env_fact(env, "SSL_CLIENT_CERT", fact);
	CHECK(count(env) == 3);
	said = log_end(log);
	CHECK(env_get(env, "SSL_CLIENT_CERT") == NULL);
	CHECK(env_get(env, "SSL_SERVER_CERT") != NULL);
	CHECK(env_get(env, "SSL_ALPN") != NULL);
	CHECK(strstr(said, "environment: SSL_CLIENT_CERT: ") != NULL);
	free(big);
	free(pem);
	free(fact);
	env_free(env);
}

CASE(then_the_longest_facts_but_never_what_others_said)
{
	char *big = repeat('x', 60 * 1024), *fact = repeat('f', 30 * 1024);
	char inherited[64 * 1024], *from[] = { inherited, NULL };
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	FILE *log = log_begin();
	const char *said;

	snprintf(inherited, sizeof(inherited), "STARTER=%s", big);
	env_inherit(env, from);
	env_fact(env, "SSL_ALPN", fact);
	env_fact(env, "SSL_SERVER_CERT", "pem");
	fact[20 * 1024] = '\0';
	env_fact(env, "SSL_GROUP", fact);
	env_fact(env, "SSL_CLIENT_VERIFY", "NONE");
	env_vector(env);
	CHECK(env_get(env, "SSL_SERVER_CERT") == NULL);
	CHECK(env_get(env, "SSL_ALPN") == NULL);
	CHECK(env_get(env, "SSL_GROUP") != NULL);
	CHECK(env_rule(env, "RULE", big) == 0);
	env_vector(env);
	said = log_end(log);
	CHECK(env_get(env, "SSL_CLIENT_VERIFY") == NULL);
	CHECK(count(env) == 2);
	CHECK(env_get(env, "STARTER") != NULL);
	CHECK(env_get(env, "RULE") != NULL);
	CHECK(strstr(said, "1 more variables") != NULL);
	free(big);
	free(fact);
	env_free(env);
}

CASE(the_cap_is_what_execve_counts)
{
	static const char fixed[] = "A=";
	size_t most = ENV_TOTAL_MAX - (sizeof(fixed) + 2 * sizeof(char *)) -
	    (sizeof("SSL_ALPN=x") + sizeof(char *));
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	char *big = repeat('x', most + 1);
	FILE *log = log_begin();

	env_fact(env, "SSL_ALPN", "x");
	big[most] = '\0';
	CHECK(env_rule(env, "A", big) == 0);
	CHECK(count(env) == 2);
	big[most] = 'x';
	CHECK(env_rule(env, "A", big) == 0);
	CHECK(count(env) == 1);
	log_end(log);
	free(big);
	env_free(env);
}

/* ------------------------------------------------------------- the peer */

CASE(an_ipv4_peer_has_tcp_and_no_tcp6)
{
	struct peer p = peer_at(PEER_IPV4, "192.0.2.7", "192.0.2.1");
	struct env *env = env_new(ALL, ENV_MOD_SSL);

	env_peer(env, &p, "mx.example.org", nothing);
	CHECK_STR(env_get(env, "PROTO"), "TCP");
	CHECK_STR(env_get(env, "TCPREMOTEIP"), "192.0.2.7");
	CHECK_STR(env_get(env, "TCPREMOTEPORT"), "40000");
	CHECK_STR(env_get(env, "TCPLOCALIP"), "192.0.2.1");
	CHECK_STR(env_get(env, "TCPLOCALPORT"), "465");
	CHECK_STR(env_get(env, "TCPLOCALHOST"), "mx.example.org");
	CHECK(count(env) == 6);
	env_free(env);
}

CASE(an_ipv6_peer_has_both)
{
	struct peer p = peer_at(PEER_IPV6, "2001:db8::7", "2001:db8::1");
	struct env *env = env_new(ALL, ENV_MOD_SSL);

	env_peer(env, &p, NULL, nothing);
	CHECK_STR(env_get(env, "PROTO"), "TCP6");
	CHECK_STR(env_get(env, "TCPREMOTEIP"), "2001:db8::7");
	CHECK_STR(env_get(env, "TCP6REMOTEIP"), "2001:db8::7");
	CHECK_STR(env_get(env, "TCP6REMOTEPORT"), "40000");
	CHECK_STR(env_get(env, "TCP6LOCALIP"), "2001:db8::1");
	CHECK_STR(env_get(env, "TCP6LOCALPORT"), "465");
	CHECK(env_get(env, "TCP6INTERFACE") == NULL);
	CHECK(count(env) == 9);
	env_free(env);
}

CASE(a_link_local_peer_has_its_interface)
{
	struct peer p = peer_at(PEER_IPV6, "fe80::7", "fe80::1");
	struct env *env = env_new(ALL, ENV_MOD_SSL);

	snprintf(p.remote.zone, sizeof(p.remote.zone), "eth0");
	env_peer(env, &p, NULL, nothing);
	CHECK_STR(env_get(env, "TCP6INTERFACE"), "eth0");
	CHECK_STR(env_get(env, "TCPREMOTEIP"), "fe80::7");
	env_free(env);
}

CASE(a_peer_on_a_unix_socket_has_only_proto)
{
	char *from[] = { "TCPREMOTEIP=", "TCPREMOTEPORT=0", "TCPREMOTEHOST=x",
		NULL };
	struct peer p = { .family = PEER_UNIX };
	struct env *env = env_new(ALL, ENV_UCSPI_SSL);

	env_peer(env, &p, "mx.example.org", from);
	CHECK_STR(env_get(env, "PROTO"), "UNIX");
	CHECK(count(env) == 1);
	env_free(env);
}

CASE(without_the_set_tcp_nothing_of_the_peer_is_set)
{
	struct peer p = peer_at(PEER_IPV6, "2001:db8::7", "2001:db8::1");
	struct env *env = env_new(ENV_TLS | ENV_CERTS, ENV_UCSPI_SSL);

	env_peer(env, &p, "mx.example.org", nothing);
	CHECK(count(env) == 0);
	env_free(env);
}

CASE(names_that_the_starter_looked_up_for_this_peer_are_kept)
{
	char *from[] = { "TCPREMOTEIP=2001:DB8:0:0::7", "TCPREMOTEPORT=40000",
		"TCPREMOTEHOST=client.example", "TCPREMOTEINFO=joe\nroot",
		"TCPLOCALHOST=not.ours", NULL };
	struct peer p = peer_at(PEER_IPV6, "2001:db8::7", "2001:db8::1");
	struct env *env = env_new(ALL, ENV_MOD_SSL);

	env_inherit(env, from);
	env_peer(env, &p, NULL, from);
	CHECK_STR(env_get(env, "TCPREMOTEHOST"), "client.example");
	CHECK_STR(env_get(env, "TCPREMOTEINFO"), "joe\\0Aroot");
	CHECK_STR(env_get(env, "TCP6REMOTEHOST"), "client.example");
	CHECK_STR(env_get(env, "TCP6REMOTEINFO"), "joe\\0Aroot");
	CHECK_STR(env_get(env, "TCPREMOTEIP"), "2001:db8::7");
	CHECK(env_get(env, "TCPLOCALHOST") == NULL);
	env_free(env);
}

static bool
host_is_kept(const char *ip, const char *port)
{
	char ip_text[64], port_text[64];
	char *from[] = { ip_text, port_text, "TCPREMOTEHOST=friend.example",
		"TCPREMOTEINFO=root", NULL };
	struct peer p = peer_at(PEER_IPV4, "192.0.2.7", "192.0.2.1");
	struct env *env = env_new(ALL, ENV_MOD_SSL);
	bool kept;

	snprintf(ip_text, sizeof(ip_text), "%s", ip);
	snprintf(port_text, sizeof(port_text), "%s", port);
	env_peer(env, &p, NULL, from);
	kept = env_get(env, "TCPREMOTEHOST") != NULL;
	CHECK(kept == (env_get(env, "TCPREMOTEINFO") != NULL));
	env_free(env);
	return (kept);
}

CASE(names_of_another_peer_are_not)
{
	CHECK(host_is_kept("TCPREMOTEIP=192.0.2.7", "TCPREMOTEPORT=40000"));
	CHECK(!host_is_kept("TCPREMOTEIP=192.0.2.8", "TCPREMOTEPORT=40000"));
	CHECK(!host_is_kept("TCPREMOTEIP=192.0.2.7", "TCPREMOTEPORT=40001"));
	CHECK(!host_is_kept("TCPREMOTEIP=192.0.2.7", "TCPREMOTEPORT=4000"));
	CHECK(!host_is_kept("TCPREMOTEIP=192.0.2.7", "TCPREMOTEPORT="));
	CHECK(!host_is_kept("TCPREMOTEIP=", "TCPREMOTEPORT=40000"));
	CHECK(!host_is_kept("TCPREMOTEIP=::", "TCPREMOTEPORT=40000"));
	CHECK(!host_is_kept("TCPREMOTEIP=192.0.2.7", "X=1"));
	CHECK(!host_is_kept("X=1", "TCPREMOTEPORT=40000"));
}

CASE(users_of_sslserver_find_its_names_too)
{
	char *from[] = { "TCPREMOTEIP=192.0.2.7", "TCPREMOTEPORT=40000",
		"TCPREMOTEHOST=client.example", "TCPREMOTEINFO=joe", NULL };
	struct peer p = peer_at(PEER_IPV4, "192.0.2.7", "192.0.2.1");
	struct env *env = env_new(ALL, ENV_UCSPI_SSL);

	env_peer(env, &p, "mx.example.org", from);
	CHECK_STR(env_get(env, "PROTO"), "TCP");
	CHECK_STR(env_get(env, "SSLREMOTEIP"), "192.0.2.7");
	CHECK_STR(env_get(env, "SSLREMOTEPORT"), "40000");
	CHECK_STR(env_get(env, "SSLREMOTEHOST"), "client.example");
	CHECK_STR(env_get(env, "SSLREMOTEINFO"), "joe");
	CHECK_STR(env_get(env, "SSLLOCALIP"), "192.0.2.1");
	CHECK_STR(env_get(env, "SSLLOCALPORT"), "465");
	CHECK_STR(env_get(env, "SSLLOCALHOST"), "mx.example.org");
	env_free(env);
}

static const struct check_case cases[] = {
	C(what_could_lie_about_the_connection_is_not_inherited),
	C(no_variable_that_we_set_is_inherited),
	C(no_variable_that_configures_us_is_inherited),
	C(what_is_none_of_our_business_is_inherited_in_its_order),
	C(of_two_inherited_variables_of_one_name_the_first_counts),
	C(inherited_strings_without_a_name_are_dropped),
	C(a_fact_that_is_empty_or_unknown_does_not_exist),
	C(only_the_sets_that_are_exported_are_set),
	C(control_characters_are_escaped_and_utf8_is_kept),
	C(only_a_pem_text_keeps_its_newlines),
	C(a_later_value_replaces_an_earlier_one_where_it_stands),
	C(a_fact_that_env_def_does_not_know_ends_the_process),
	C(every_fact_of_the_handshake_is_a_variable),
	C(a_fact_longer_than_32_kib_is_left_out_with_a_warning),
	C(rules_cannot_set_what_tls_proves),
	C(rules_set_anything_else_even_if_it_is_empty),
	C(when_room_is_short_pem_texts_go_first),
	C(then_the_longest_facts_but_never_what_others_said),
	C(the_cap_is_what_execve_counts),
	C(an_ipv4_peer_has_tcp_and_no_tcp6),
	C(an_ipv6_peer_has_both),
	C(a_link_local_peer_has_its_interface),
	C(a_peer_on_a_unix_socket_has_only_proto),
	C(without_the_set_tcp_nothing_of_the_peer_is_set),
	C(names_that_the_starter_looked_up_for_this_peer_are_kept),
	C(names_of_another_peer_are_not),
	C(users_of_sslserver_find_its_names_too),
	{ 0 },
};

RUN(cases)

/* SPDX-License-Identifier: ISC */
/*
 * env.c - what the application is told, and what it is kept from.
 *
 * Runs in:  the KEEPER.
 * Trusts:   the starter for what is none of our business; rules for what
 *           they may set.
 * Refuses:  an inherited variable that could lie about the connection, and
 *           a byte in a value that could end a line or a variable.
 */
#include "env.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "env_local.h"
#include "log.h"
#include "options.h"

/*
 * What no starter may say.  A * at the end: whatever begins so.  The
 * variables of options.def are scrubbed as well.
 */
static const char *const scrubbed[] = { "SSL*", "TLS_*", "TCP*", "REMOTE_*",
	"PROXY*", "LISTEN_*", "TLSSHIM_*", "HTTPS", "PROTO",
	"CREDENTIALS_DIRECTORY", "SYSTEMD_EXEC_PID", "NOTIFY_SOCKET",
	"WATCHDOG_*" };

static const char *const not_for_rules[] = { "SSL_*", "HTTPS", "TLSSHIM_*" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct env_row {
	const char *name;
	size_t len;
	enum env_set set;
	bool family;
} rows[] = {
#define ENV(name, set, meaning) { name, sizeof(name) - 1, ENV_##set, false },
#define FAMILY(stem, tail, set, meaning)                                       \
	{ stem, sizeof(stem) - 1, ENV_##set, true },
#include "env.def"
#undef ENV
#undef FAMILY
};

struct env *
env_new(unsigned int sets, enum env_format format)
{
	struct env *env = calloc(1, sizeof(*env));

	if (env == NULL)
		fatal(EXIT_SYSTEM, "environment");
	env->sets = sets | ENV_UCSPI;
	env->format = format;
	return (env);
}

void
env_free(struct env *env)
{
	if (env == NULL)
		return;
	envlist_clear(&env->list);
	free(env);
}

/* ------------------------------------------------- what others may say */

static bool
listed(const char *const *patterns, size_t count, const char *name)
{
	size_t i, len;

	for (i = 0; i < count; i++) {
		len = strlen(patterns[i]);
		if (patterns[i][len - 1] == '*' ?
			strncmp(patterns[i], name, len - 1) == 0 :
			strcmp(patterns[i], name) == 0)
			return (true);
	}
	return (false);
}

void
env_inherit(struct env *env, char *const *from)
{
	const char *equals;
	struct env_value value;
	char *name;

	for (; *from != NULL; from++) {
		equals = strchr(*from, '=');
		if (equals == NULL || equals == *from)
			continue;
		name = strndup(*from, (size_t)(equals - *from));
		if (name == NULL)
			fatal(EXIT_SYSTEM, "environment");
		value.bytes = equals + 1;
		value.len = strlen(equals + 1);
		/* of two with one name getenv(3) sees the first */
		if (!listed(scrubbed, COUNT(scrubbed), name) &&
		    !options_is_variable(name) &&
		    envlist_get(&env->list, name) == NULL)
			envlist_put(&env->list, name, value, ENV_STARTER);
		free(name);
	}
}

static bool
is_plain_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789_";

	return (*name != '\0' && name[strspn(name, letters)] == '\0');
}

int
env_rule(struct env *env, const char *name, const char *value)
{
	struct env_value as_it_is = { value, strlen(value) };

	if (!is_plain_name(name) ||
	    listed(not_for_rules, COUNT(not_for_rules), name))
		return (-1);
	envlist_put(&env->list, name, as_it_is, ENV_RULE);
	return (0);
}

/* ---------------------------------------------------------- our own facts */

static const struct env_row *
row_of(const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < COUNT(rows); i++)
		if ((rows[i].family ? len > rows[i].len : len == rows[i].len) &&
		    memcmp(rows[i].name, name, rows[i].len) == 0)
			return (&rows[i]);
	fatalx(EXIT_SYSTEM, "environment: %s: not in env.def", name);
}

static bool
is_control(char byte)
{
	return ((unsigned char)byte < 0x20 || byte == 0x7f);
}

static size_t
controls_in(struct env_value value, bool keep_newlines)
{
	size_t i, n = 0;

	for (i = 0; i < value.len; i++)
		n += is_control(value.bytes[i]) &&
		    !(keep_newlines && value.bytes[i] == '\n');
	return (n);
}

/*
 * Each control character becomes three bytes of room.
 */
static void
escape(char *room, struct env_value value, bool keep_newlines)
{
	static const char digits[16] = "0123456789ABCDEF";
	size_t i;
	char byte;

	for (i = 0; i < value.len; i++) {
		byte = value.bytes[i];
		if (is_control(byte) && !(keep_newlines && byte == '\n')) {
			*room++ = '\\';
			*room++ = digits[byte >> 4];
			*room++ = digits[byte & 15];
		} else
			*room++ = byte;
	}
}

static void
put_escaped(struct env *env, const char *name, struct env_value value,
    enum env_origin origin)
{
	struct env_value escaped = { NULL,
		value.len + 2 * controls_in(value, origin == ENV_PEM) };
	char *room;

	if (escaped.len == value.len) {
		envlist_put(&env->list, name, value, origin);
		return;
	}
	if ((room = malloc(escaped.len)) == NULL)
		fatal(EXIT_SYSTEM, "environment");
	escape(room, value, origin == ENV_PEM);
	escaped.bytes = room;
	envlist_put(&env->list, name, escaped, origin);
	free(room);
}

/*
 * A client's certificate may have thousands of short names: they must not
 * displace what else there is to tell.
 */
static enum env_origin
origin_of(const struct env_row *row)
{
	if (row->set == ENV_CERTS)
		return (ENV_PEM);
	return (row->family && strncmp(row->name, "SSL_CLIENT_", 11) == 0 ?
		ENV_MANY :
		ENV_FACT);
}

void
env_store(struct env *env, const char *name, struct env_value value)
{
	const struct env_row *row = row_of(name);
	enum env_origin origin = origin_of(row);

	if ((env->sets & row->set) == 0)
		return;
	if (value.len + 2 * controls_in(value, origin == ENV_PEM) >
	    ENV_VALUE_MAX) {
		log_warnx("environment: %s: more than %d bytes; left out", name,
		    ENV_VALUE_MAX);
		return;
	}
	put_escaped(env, name, value, origin);
}

void
env_fact(struct env *env, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	env_store(env, name, (struct env_value){ value, strlen(value) });
}

void
env_login(struct env *env, const struct account_login *l)
{
	const struct {
		const char *name, *value;
	} variables[] = { { "HOME", l->home }, { "SHELL", l->shell },
		{ "USER", l->name }, { "LOGNAME", l->name } };
	size_t i;

	for (i = 0; i < COUNT(variables); i++)
		envlist_put(&env->list, variables[i].name,
		    (struct env_value){
			variables[i].value, strlen(variables[i].value) },
		    ENV_RULE);
}

const char *
env_get(const struct env *env, const char *name)
{
	return (envlist_get(&env->list, name));
}

char *const *
env_vector(struct env *env)
{
	envlist_shrink(&env->list, ENV_TOTAL_MAX);
	return (envlist_vector(&env->list));
}

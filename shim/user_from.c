/* SPDX-License-Identifier: ISC */
/*
 * user_from.c - the account that a client's certificate names.
 *
 * Runs in:  KEEPER, as SSL_USER; opens /etc/shadow with effective uid 0.
 * Trusts:   the host's account database; of the certificate, that NET has
 *           verified it.
 * Refuses:  every account but those of people who could log in.
 */
#include "user_from.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <shadow.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "client.h"
#include "complaint.h"
#include "fact.h"
#include "file.h"
#include "options.h"
#include "rights.h"

enum {
	UID_MIN_PRESET = 1000,
	UID_MAX_PRESET = 60000,
	LOGIN_DEFS_MAX = 64 * 1024,
	DAY = 24 * 60 * 60
};

/* ------------------------------------------------------------------ names */

static const struct source {
	const char *how, *variable;
	bool address;
} sources[] = {
	{ "cert:email", "SSL_CLIENT_SAN_Email_0", true },
	{ "cert:upn", "SSL_CLIENT_SAN_OTHER_msUPN_0", true },
	{ "cert:cn", "SSL_CLIENT_S_DN_CN", false },
};

int
user_from_possible(const struct accounts *a, const struct options *o,
    const struct client_policy *client, struct complaint *c)
{
	const char *how = o->text[OPTION_USER_FROM];

	if (a->by_rule)
		return (0);
	if (how != NULL && a->root && !a->has_app &&
	    options_starttls_optional(o))
		return (complain(c,
		    "--user-from: %s: who is served in clear shows no "
		    "certificate: name their account with --user",
		    how));
	if (how == NULL || client->mode != CLIENT_NONE ||
	    (a->has_app &&
		(o->from_rule[OPTION_CLIENT_CERT] ||
		    o->from_rule[OPTION_CLIENT_CA])))
		return (0);
	return (complain(c,
	    "--user-from: %s: clients are asked for no certificate: add "
	    "--client-cert",
	    how));
}

/* options.c has seen to it that it is one of them */
static const struct source *
source_of(const char *how)
{
	const struct source *s = sources;

	while (strcmp(s->how, how) != 0)
		s++;
	return (s);
}

const char *
user_from_variable(const char *how)
{
	return (source_of(how)->variable);
}

bool
user_from_name(char name[USER_FROM_NAME_MAX + 1], const char *how,
    const char *value)
{
	static const char digits[] = "0123456789";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t len = strspn(value, letters);

	if (len == 0 || len > USER_FROM_NAME_MAX || value[0] == '-' ||
	    value[0] == '.' || strspn(value, digits) == len)
		return (false);
	/* of two "@" nobody knows which one ends the mailbox */
	if (source_of(how)->address ?
		value[len] != '@' || strchr(value + len + 1, '@') != NULL :
		value[len] != '\0')
		return (false);
	memcpy(name, value, len);
	name[len] = '\0';
	return (true);
}

/* -------------------------------------------------------------- login.defs */

static bool
parse_uid(const char *text, uid_t *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 0);
	if (end == text || *text == '-' || errno != 0 || n >= UINT32_MAX)
		return (false);
	end += strspn(end, " \t\r");
	*value = (uid_t)n;
	return (*end == '\n' || *end == '\0');
}

bool
user_from_setting(const char *text, const char *name, uid_t *value)
{
	size_t len = strlen(name);
	const char *at;

	for (at = text; at != NULL; at = strchr(at, '\n')) {
		at += strspn(at, " \t\n");
		if (strncmp(at, name, len) != 0 || strspn(at + len, " \t") == 0)
			continue;
		at += len + strspn(at + len, " \t");
		if (!parse_uid(at, value))
			return (false);
	}
	return (true);
}

/*
 * One that does not exist says nothing.
 */
static int
read_range(uid_t *least, uid_t *most, struct complaint *c)
{
	struct file f;
	int result = file_read(&f, "--user-from", "/etc/login.defs",
	    LOGIN_DEFS_MAX, c);

	if (result == -1)
		return (errno == ENOENT ? 0 : -1);
	if (!user_from_setting(f.bytes, "UID_MIN", least) ||
	    !user_from_setting(f.bytes, "UID_MAX", most))
		result = complain(c, "%s: %s: UID_MIN, UID_MAX: not a number",
		    f.what, f.path);
	file_wipe(&f);
	return (result);
}

/*
 * Uid 0 is below UID_MIN, whatever login.defs says.
 */
static int
check_range(uid_t uid, const char *name, struct complaint *c)
{
	uid_t least = UID_MIN_PRESET, most = UID_MAX_PRESET;

	if (read_range(&least, &most, c) == -1)
		return (-1);
	if (uid == 0 || uid < least || uid > most)
		return (complain(c,
		    "--user-from: %s: uid %ld is no person's "
		    "(%ld to %ld)",
		    name, (long)uid, (long)least, (long)most));
	return (0);
}

/* ------------------------------------------------------------------ shadow */

struct shadow {
	bool found, locked, expired;
};

static void
judge_entry(struct shadow *s, const struct spwd *entry)
{
	s->found = true;
	/* what usermod -L and passwd -l write, and useradd without a password
	 */
	s->locked = entry->sp_pwdp[0] == '!';
	s->expired = entry->sp_expire != -1 &&
	    (long)(time(NULL) / DAY) >= entry->sp_expire;
}

/*
 * The entry in /etc/shadow; nothing of others' stays in memory.
 */
static int
read_shadow(struct shadow *s, const char *name)
{
	char buffer[BUFSIZ], line[4096];
	int fd = rights_open_shadow();
	FILE *file = fd == -1 ? NULL : fdopen(fd, "r");
	struct spwd entry, *got;
	int result;

	*s = (struct shadow){ 0 };
	if (file == NULL)
		return (errno == ENOENT ? 0 : -1);
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	while (!s->found) {
		result = fgetspent_r(file, &entry, line, sizeof(line), &got);
		if (result != 0)
			break;
		if (strcmp(entry.sp_namp, name) == 0)
			judge_entry(s, &entry);
	}
	fclose(file);
	OPENSSL_cleanse(buffer, sizeof(buffer));
	OPENSSL_cleanse(line, sizeof(line));
	errno = result;
	return (s->found || result == ENOENT ? 0 : -1);
}

static int
check_open(const struct account_login *l, struct complaint *c)
{
	struct shadow shadow = { 0 };

	if (l->local && read_shadow(&shadow, l->name) == -1)
		return (complain_errno(c, "--user-from: %s: /etc/shadow",
		    l->name));
	if (l->locked || shadow.locked)
		return (complain(c,
		    "--user-from: %s: is locked: usermod -U, "
		    "or usermod -p '*'",
		    l->name));
	if (shadow.expired)
		return (complain(c, "--user-from: %s: has expired: usermod -e",
		    l->name));
	return (0);
}

int
user_from_account(struct account *a, struct account_login *l, const char *name,
    struct complaint *c)
{
	if (!account_find(a, l, name)) {
		if (errno != 0)
			return (complain_errno(c, "--user-from: %s", name));
		return (complain(c, "--user-from: %s: no such account", name));
	}
	if (check_range(a->uid, name, c) == -1)
		return (-1);
	/* as of --user; --allow-root is no word for people */
	if (a->gid == 0)
		return (complain(c, "--user-from: %s: its group is gid 0",
		    name));
	return (check_open(l, c));
}

/* ------------------------------------------------------------- certificate */

int
user_from_certificate(struct accounts *a, struct account_login *l,
    const char *how, const struct facts *f, struct complaint *c)
{
	char name[USER_FROM_NAME_MAX + 1];
	const char *variable = user_from_variable(how), *value;

	if (f->client.count == 0 && a->has_app)
		return (0);
	if (f->client.count == 0)
		return (complain(c,
		    "--user-from: %s: the client showed no "
		    "certificate, and there is no --user",
		    how));
	if (!facts_proved(f))
		return (complain(c,
		    "--user-from: %s: the client's certificate "
		    "is not verified",
		    how));
	value = envlist_get(&f->client.named, variable);
	if (value == NULL)
		return (complain(c,
		    "--user-from: %s: not in the client's "
		    "certificate",
		    variable));
	if (!user_from_name(name, how, value))
		return (complain(c, "--user-from: %.256s: names no account",
		    value));
	if (user_from_account(&a->app, l, name, c) == -1)
		return (-1);
	if (a->app.uid == a->net.uid || a->app.uid == a->tls.uid)
		return (complain(c,
		    "--user-from: %s: is an account of "
		    "tlsshim's own",
		    name));
	a->has_app = true;
	return (0);
}

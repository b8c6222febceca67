/* SPDX-License-Identifier: ISC */
/*
 * account.c - the three accounts of a connection.
 *
 * Runs in:  the process before it forks, as the starter's user.
 * Trusts:   the host's account database.
 * Refuses:  uid 0 for the application unless --allow-root, and uid 0 for NET
 *           always.
 */
#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "options.h"

static const char tls_account[] = "tlsshim", net_account[] = "tlsshim-net";

/* the range that systemd and others leave alone; never in a passwd file */
enum { PER_CONNECTION_BASE = 2013265920 };

_Static_assert(sizeof(uid_t) == sizeof(uint32_t), "uids are 32 bits wide");

/*
 * A decimal uid or gid; false if text is none.
 */
static bool
parse_id(const char *text, uint32_t *id)
{
	char *end;
	unsigned long n;

	if (*text < '0' || *text > '9')
		return (false);
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*end != '\0' || errno != 0 || n >= UINT32_MAX)
		return (false);
	*id = (uint32_t)n;
	return (true);
}

/* ------------------------------------------------------------- databases */

struct database {
	const char *path;
	char *bytes; /* read once, kept */
	size_t len;
};

static struct database users = { .path = "/etc/passwd" },
		       groups = { .path = "/etc/group" };

static void
read_database(struct database *d)
{
	struct stat st;
	ssize_t n;
	int fd;

	fd = open(d->path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && st.st_size > 0 &&
	    (d->bytes = malloc((size_t)st.st_size)) != NULL) {
		n = read(fd, d->bytes, (size_t)st.st_size);
		d->len = n < 0 ? 0 : (size_t)n;
	}
	close(fd);
}

/*
 * A stream of the file from the first line on that has the text anywhere in
 * it: fgetpwent(3) takes apart every line it comes by.  Of a copy in memory,
 * since it asks a real file for its position with every line.  NULL if no
 * line has it.
 */
static FILE *
open_at(struct database *d, const char *text)
{
	const char *found, *before;
	size_t at;

	if (d->len == 0)
		read_database(d);
	if (d->len == 0)
		return (NULL);
	found = memmem(d->bytes, d->len, text, strlen(text));
	if (found == NULL)
		return (NULL);
	before = memrchr(d->bytes, '\n', (size_t)(found - d->bytes));
	at = before == NULL ? 0 : (size_t)(before - d->bytes) + 1;
	return (fmemopen(d->bytes + at, d->len - at, "r"));
}

/*
 * The account in /etc/passwd, by name or (name NULL) by uid; NULL if it is
 * not there.  Read directly: through NSS each look-up may load a module and
 * ask a daemon, a millisecond for every connection.
 */
static const struct passwd *
local_user(const char *name, uid_t uid)
{
	const struct passwd *pw = NULL;
	char id[sizeof(":4294967295:")];
	FILE *file;

	snprintf(id, sizeof(id), ":%u:", uid);
	file = open_at(&users, name == NULL ? id : name);
	while (file != NULL && (pw = fgetpwent(file)) != NULL)
		if (name == NULL ? pw->pw_uid == uid :
				   strcmp(pw->pw_name, name) == 0)
			break;
	if (file != NULL)
		fclose(file);
	return (pw);
}

static void
add_group(struct account *a, gid_t gid)
{
	gid_t *more;

	more = realloc(a->groups, (a->group_count + 1) * sizeof(gid_t));
	if (more == NULL)
		fatal(EXIT_SYSTEM, "groups: of uid %ld", (long)a->uid);
	a->groups = more;
	a->groups[a->group_count++] = gid;
}

static bool
has_member(const struct group *gr, const char *name)
{
	char **member;

	for (member = gr->gr_mem; *member != NULL; member++)
		if (strcmp(*member, name) == 0)
			return (true);
	return (false);
}

/*
 * The groups that /etc/group gives an account of /etc/passwd.
 */
static void
local_groups(struct account *a, const char *name)
{
	FILE *file = open_at(&groups, name);
	const struct group *gr;

	add_group(a, a->gid);
	while (file != NULL && (gr = fgetgrent(file)) != NULL)
		if (gr->gr_gid != a->gid && has_member(gr, name))
			add_group(a, gr->gr_gid);
	if (file != NULL)
		fclose(file);
}

/*
 * The groups of an account that NSS found elsewhere (LDAP and the like).
 */
static void
nss_groups(struct account *a, const char *name)
{
	int count = 32;

	for (;;) {
		free(a->groups);
		a->groups = calloc((size_t)count, sizeof(gid_t));
		if (a->groups == NULL)
			fatal(EXIT_SYSTEM, "groups: of %s", name);
		if (getgrouplist(name, a->gid, a->groups, &count) != -1)
			break;
	}
	a->group_count = (size_t)count;
}

/*
 * By name, or by uid where name is NULL.  NULL, with errno 0 or the trouble,
 * if there is no such account.
 */
static const struct passwd *
find_passwd(const char *name, uid_t uid, bool *local)
{
	const struct passwd *pw = local_user(name, uid);

	*local = pw != NULL;
	errno = 0;
	if (pw == NULL)
		pw = name == NULL ? getpwuid(uid) : getpwnam(name);
	/* getpwnam(3): all of these may mean that there is none */
	if (pw == NULL &&
	    (errno == ENOENT || errno == ESRCH || errno == EBADF ||
		errno == EPERM))
		errno = 0;
	return (pw);
}

static char *
copy_text(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		fatal(EXIT_SYSTEM, "account: %s", text);
	return (copy);
}

static void
find_groups(struct account *a, const char *name, bool local)
{
	if (local)
		local_groups(a, name);
	else
		nss_groups(a, name);
}

static bool
find_entry(struct account *a, const char *name, uid_t uid, bool with_groups)
{
	const struct passwd *pw;
	bool local;
	char *own;

	pw = find_passwd(name, uid, &local);
	if (pw == NULL)
		return (false);
	a->uid = pw->pw_uid;
	a->gid = pw->pw_gid;
	if (!with_groups)
		return (true);
	/* reading groups may overwrite what pw points to */
	own = copy_text(pw->pw_name);
	find_groups(a, own, local);
	free(own);
	return (true);
}

bool
account_find(struct account *a, struct account_login *l, const char *name)
{
	const struct passwd *pw = find_passwd(name, 0, &l->local);

	if (pw == NULL)
		return (false);
	/* some databases take a name in capitals for another */
	errno = 0;
	if (strcmp(pw->pw_name, name) != 0)
		return (false);
	*a = (struct account){ .uid = pw->pw_uid, .gid = pw->pw_gid };
	l->name = copy_text(pw->pw_name);
	l->home = copy_text(pw->pw_dir);
	l->shell = copy_text(pw->pw_shell);
	l->locked = pw->pw_passwd[0] == '!';
	find_groups(a, l->name, l->local);
	return (true);
}

static bool
find_user(struct account *a, const char *text)
{
	uint32_t id;

	if (!parse_id(text, &id))
		return (find_entry(a, text, 0, true));
	/* a number needs no account: its group has the same number */
	if (!find_entry(a, NULL, id, true))
		a->uid = a->gid = id;
	return (true);
}

bool
account_find_any(struct account *a, struct account_login *l, const char *text)
{
	uint32_t id;

	if (!parse_id(text, &id))
		return (account_find(a, l, text));
	*a = (struct account){ .uid = id };
	return (find_user(a, text));
}

static void
find_group(struct account *a, const char *option, const char *text)
{
	struct group *gr;
	uint32_t id;

	if (text == NULL)
		return;
	errno = 0;
	if (parse_id(text, &id)) {
		a->gid = id;
	} else {
		gr = getgrnam(text);
		if (gr == NULL)
			fatalx(EXIT_USAGE, "%s: %s: %s", option, text,
			    errno == 0 ? "no such group" : strerror(errno));
		a->gid = gr->gr_gid;
	}
	/* a named group replaces the account's others, as setgid(1) tools do */
	free(a->groups);
	a->groups = NULL;
	a->group_count = 0;
}

static void
find_named(struct account *a, const char *option, const char *text)
{
	if (!find_user(a, text))
		fatalx(EXIT_USAGE, "%s: %s: %s", option, text,
		    errno == 0 ? "no such account" : strerror(errno));
}

static void
find_tls(struct account *a, const struct options *o)
{
	const char *user = o->text[OPTION_TLS_USER];

	if (user != NULL)
		find_named(a, "--tls-user", user);
	else
		/* without that account files are read as root */
		find_user(a, tls_account);
	find_group(a, "--tls-group", o->text[OPTION_TLS_GROUP]);
}

static void
find_net(struct account *a, const struct options *o)
{
	const char *user = o->text[OPTION_NET_USER];
	const char *name = user == NULL ? net_account : user;
	uint32_t id;

	a->uid = a->gid = (uid_t)PER_CONNECTION_BASE + (uid_t)getpid();
	if (user != NULL && strcmp(user, "per-connection") == 0)
		return;
	if (user != NULL && parse_id(user, &id))
		a->uid = a->gid = id;
	else if (!find_entry(a, name, 0, false) && user != NULL)
		fatalx(EXIT_USAGE, "--net-user: %s: %s", user,
		    errno == 0 ? "no such account" : strerror(errno));
	if (a->uid == 0 || a->gid == 0)
		fatalx(EXIT_USAGE,
		    "--net-user: %s: root cannot be the account "
		    "that talks to the network",
		    name);
}

static void
check_group(const struct options *o)
{
	const char *group = o->text[OPTION_GROUP];

	if (o->text[OPTION_USER_FROM] != NULL && group != NULL)
		fatalx(EXIT_USAGE,
		    "--group: %s: --user-from gives the program the groups "
		    "of its account: leave one of the two out",
		    group);
}

static void
find_app(struct account *a, const struct options *o)
{
	const char *user = o->text[OPTION_USER];
	const char *group = o->text[OPTION_GROUP];

	if (user == NULL)
		fatalx(EXIT_USAGE,
		    "--user: missing: started as root, the "
		    "program needs an account to run as");
	find_named(a, "--user", user);
	find_group(a, "--group", group);
	if (options_flag(o, OPTION_ALLOW_ROOT))
		return;
	if (a->uid == 0)
		fatalx(EXIT_USAGE,
		    "--user: %s: is uid 0: name another "
		    "account, or add --allow-root",
		    user);
	if (a->gid == 0)
		fatalx(EXIT_USAGE,
		    "--group: %s: is gid 0: name another "
		    "group, or add --allow-root",
		    group == NULL ? user : group);
}

/*
 * Without root there is one uid for all; only that may be asked for.
 */
static void
check_own(const struct options *o)
{
	static const enum option_id needs_root[] = { OPTION_TLS_USER,
		OPTION_TLS_GROUP, OPTION_NET_USER, OPTION_CHROOT };
	const char *user = o->text[OPTION_USER];
	const char *group = o->text[OPTION_GROUP];
	struct account a = { .uid = geteuid(), .gid = getegid() };
	size_t i;

	if (o->text[OPTION_USER_FROM] != NULL)
		fatalx(EXIT_USAGE,
		    "--user-from: %s: not started as root, so the program "
		    "cannot run as whom a certificate names",
		    o->text[OPTION_USER_FROM]);
	if (user != NULL)
		find_named(&a, "--user", user);
	if (user != NULL && a.uid != geteuid())
		fatalx(EXIT_USAGE,
		    "--user: %s: not started as root, so the "
		    "program cannot run as it",
		    user);
	if (group != NULL)
		find_group(&a, "--group", group);
	if (group != NULL && a.gid != getegid())
		fatalx(EXIT_USAGE,
		    "--group: %s: not started as root, so the "
		    "program cannot run as it",
		    group);
	free(a.groups);
	for (i = 0; i < sizeof(needs_root) / sizeof(needs_root[0]); i++)
		if (o->given[needs_root[i]])
			log_info("--%s: %s: ignored: not started as root",
			    options_name(needs_root[i]),
			    o->text[needs_root[i]]);
}

void
accounts_find(struct accounts *a, const struct options *o)
{
	memset(a, 0, sizeof(*a));
	a->root = geteuid() == 0;
	if (!a->root) {
		if (getuid() == 0)
			fatalx(EXIT_USAGE,
			    "uid: %ld: real uid is root's, "
			    "effective is not: start it as one or the other",
			    (long)geteuid());
		check_own(o);
		return;
	}
	a->has_app = o->text[OPTION_USER] != NULL ||
	    o->text[OPTION_USER_FROM] == NULL;
	check_group(o);
	if (a->has_app)
		find_app(&a->app, o);
	find_tls(&a->tls, o);
	find_net(&a->net, o);
	if ((a->has_app && a->net.uid == a->app.uid) ||
	    a->net.uid == a->tls.uid)
		fatalx(EXIT_USAGE,
		    "--net-user: uid %ld: is also the account "
		    "of %s; it must be its own",
		    (long)a->net.uid,
		    a->net.uid == a->tls.uid ? "the files" : "the program");
}

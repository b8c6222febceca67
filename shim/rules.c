/* SPDX-License-Identifier: ISC */
/*
 * rules.c - ask a cdb whether this peer may come in.
 *
 * Runs in:  the keeper (SSL_USER).
 * Trusts:   who may write the file to mean what it says; not that it is
 *           whole.
 * Refuses:  a file that is not exactly as long as its header says, and data
 *           that no compiler of rules writes: half a rule must not let in.
 *
 * tinycdb checks every position it follows against the file, but knows
 * nothing of the rest.  A file cut short or not finished (the header is
 * written last, so it is zeros) would look like one with fewer rules.
 * Compilers rename a new file over the old; who writes into a file in place
 * while it is read may see the keeper die of SIGBUS: closed, too.
 */
#include "rules.h"

#include <cdb.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rights.h"
#include "rules_key.h"
#include "rules_proof.h"

enum { CDB_TABLES = 256, CDB_HEADER = CDB_TABLES * 8 };
enum { S6_PART_MAX = 4096 };

struct lookup {
	struct cdb cdb;
	struct rules_hit *hit;
};

/*
 * why: NULL for errno.
 */
static void
broken(struct rules_hit *hit, const char *why)
{
	hit->answer = RULES_BROKEN;
	hit->why = why;
}

/* ---------------------------------------------------------------- data */

/*
 * The settings are never longer than the data they come from.
 */
static bool
settings_reserve(struct rules_hit *hit, size_t len)
{
	if (len == 0 || (hit->settings = malloc(len)) != NULL)
		return (true);
	broken(hit, NULL);
	return (false);
}

static void
settings_add(struct rules_hit *hit, const char *setting, size_t len)
{
	memcpy(hit->settings + hit->settings_len, setting, len);
	hit->settings_len += len;
}

/*
 * Items that end with NUL: D denies, +NAME=VALUE sets.  tcpserver skips
 * what it does not know, and so must we; but data that does not even begin
 * like a rule is none, and a D whose NUL is missing denies.
 */
static void
judge_tcprules(struct rules_hit *hit, const char *data, size_t len)
{
	size_t at, item;

	if (len > 0 && data[0] != 'D' && data[0] != '+') {
		broken(hit, "the data of a key is no rule");
		return;
	}
	if (!settings_reserve(hit, len))
		return;
	hit->answer = RULES_ALLOW;
	for (at = 0; at < len; at += item + 1) {
		item = strnlen(data + at, len - at);
		if (data[at] == 'D')
			hit->answer = RULES_DENY;
		else if (data[at] == '+' && at + item < len &&
		    memchr(data + at, '=', item) != NULL)
			settings_add(hit, data + at + 1, item);
	}
}

static size_t
get_be16(const char *data)
{
	return ((size_t)(unsigned char)data[0] << 8 | (unsigned char)data[1]);
}

/*
 * An allowance of s6: 'A', the length of the environment, the environment,
 * the length of the program, the program.  False: it is not that.
 */
static bool
s6_split(const char *data, size_t len, size_t *env_len, size_t *exec_len)
{
	if (len < 5 || data[0] != 'A')
		return (false);
	*env_len = get_be16(data + 1);
	if (*env_len > S6_PART_MAX || *env_len > len - 5)
		return (false);
	if (*env_len > 0 && data[3 + *env_len - 1] != '\0')
		return (false);
	*exec_len = get_be16(data + 3 + *env_len);
	return (*exec_len <= S6_PART_MAX && 5 + *env_len + *exec_len == len);
}

/*
 * A name without a value is to be unset.  The rule that takes a variable
 * away may be the one that forbids relaying: not to be skipped.
 */
static bool
s6_env_only_sets(const char *env, size_t len)
{
	size_t at, item;

	for (at = 0; at < len; at += item + 1) {
		item = strlen(env + at);
		if (memchr(env + at, '=', item) == NULL)
			return (false);
	}
	return (true);
}

static void
judge_s6(struct rules_hit *hit, const char *data, size_t len)
{
	size_t env_len, exec_len;

	if (len > 0 && data[0] == 'D')
		hit->answer = RULES_DENY;
	else if (!s6_split(data, len, &env_len, &exec_len))
		broken(hit, "the data of an s6 key is no rule");
	else if (exec_len > 0)
		broken(hit, "exec in s6 rules is not supported");
	else if (!s6_env_only_sets(data + 3, env_len))
		broken(hit,
		    "unsetting a variable in s6 rules is not supported");
	else if (settings_reserve(hit, env_len)) {
		hit->answer = RULES_ALLOW;
		if (env_len > 0)
			settings_add(hit, data + 3, env_len);
	}
}

/* ------------------------------------------------------------- look-up */

/*
 * The data that cdb is at.
 */
static void
judge(struct lookup *l, enum rules_writer writer)
{
	struct rules_hit *hit = l->hit;
	const char *data = cdb_getdata(&l->cdb);

	if (data == NULL)
		broken(hit, "the cdb is damaged");
	else if (cdb_datalen(&l->cdb) > RULES_DATA_MAX)
		broken(hit, "the data of a key is too long");
	else if (writer == RULES_BY_S6)
		judge_s6(hit, data, cdb_datalen(&l->cdb));
	else
		judge_tcprules(hit, data, cdb_datalen(&l->cdb));
}

static bool
try_key(struct lookup *l, enum rules_writer writer, const char *key, size_t len)
{
	struct rules_hit *hit = l->hit;
	int found = cdb_find(&l->cdb, key, (unsigned int)len);

	if (found == 0)
		return (false);
	memcpy(hit->key, key, len);
	hit->key_len = len;
	if (found < 0)
		broken(hit, "the cdb is damaged");
	else
		judge(l, writer);
	return (true);
}

/*
 * All writers lay the 256 tables one behind the other, from the end of the
 * records to the end of the file.
 */
static bool
header_fits(const struct cdb *cdb, uint64_t size)
{
	const unsigned char *entry = cdb_get(cdb, CDB_HEADER, 0);
	uint64_t end;
	int i;

	if (entry == NULL || (end = cdb_unpack(entry)) < CDB_HEADER)
		return (false);
	for (i = 0; i < CDB_TABLES; i++, entry += 8) {
		if (cdb_unpack(entry) != end)
			return (false);
		end += (uint64_t)cdb_unpack(entry + 4) * 8;
	}
	return (end == size);
}

/*
 * s6 denies who is not named, and whoever wrote such a file relies on it.
 * The first record tells whose file it is.
 */
static bool
cdb_is_s6(const struct cdb *cdb)
{
	const unsigned char *record = cdb_get(cdb, 8, CDB_HEADER);
	const char *key;
	unsigned int len;

	if (record == NULL)
		return (false);
	len = cdb_unpack(record);
	key = cdb_get(cdb, len, CDB_HEADER + 8);
	return (key != NULL && rules_key_is_s6(key, len));
}

/*
 * False, with the hit broken, if the file is no whole cdb.
 */
static bool
open_cdb(struct lookup *l, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		broken(l->hit, NULL);
		return (false);
	}
	if (st.st_size < CDB_HEADER || st.st_size > UINT32_MAX) {
		broken(l->hit, "not a cdb, or cut short");
		return (false);
	}
	if (cdb_init(&l->cdb, fd) == -1) {
		broken(l->hit, NULL);
		return (false);
	}
	if (header_fits(&l->cdb, (uint64_t)st.st_size))
		return (true);
	cdb_free(&l->cdb);
	broken(l->hit, "not a cdb, or cut short");
	return (false);
}

/*
 * A link that leads nowhere is there: whoever made it means to have rules.
 */
static bool
is_absent(const char *path)
{
	struct stat st;
	bool absent = lstat(path, &st) == -1 && errno == ENOENT;

	errno = ENOENT;
	return (absent);
}

/*
 * Its descriptor; -1 with the hit's answer.
 */
static int
open_file(struct rules_hit *hit, const char *path)
{
	int fd = rights_open(path);

	memset(hit, 0, sizeof(*hit));
	hit->answer = RULES_NONE;
	if (fd == -1 && errno == ENOENT && is_absent(path))
		hit->answer = RULES_ABSENT;
	else if (fd == -1)
		broken(hit,
		    errno == EINVAL || errno == EISDIR ? "not a regular file" :
							 NULL);
	return (fd);
}

/*
 * The file, opened for a look-up.  False with the hit's answer; close_file in
 * both cases.
 */
static bool
open_rules(struct lookup *l, const char *path, int *fd)
{
	*fd = open_file(l->hit, path);
	return (*fd != -1 && open_cdb(l, *fd));
}

static void
close_file(int fd)
{
	int saved_errno = errno;

	if (fd != -1)
		close(fd);
	errno = saved_errno;
}

void
rules_find(struct rules_hit *hit, const char *path, enum rules_match match,
    const struct rules_subject *subject)
{
	struct lookup l = { .hit = hit };
	int fd;

	if (open_rules(&l, path, &fd)) {
		if (!rules_each_key(subject, match, try_key, &l) &&
		    cdb_is_s6(&l.cdb))
			hit->answer = RULES_DENY;
		cdb_free(&l.cdb);
	}
	close_file(fd);
}

void
rules_find_proved(struct rules_hit *hit, const char *path,
    const struct facts *facts)
{
	struct lookup l = { .hit = hit };
	int fd;

	if (open_rules(&l, path, &fd)) {
		rules_each_proof(facts, try_key, &l);
		cdb_free(&l.cdb);
	}
	close_file(fd);
}

/*
 * The record that cdb is at, as a hit.
 */
static void
take_record(struct lookup *l)
{
	struct rules_hit *hit = l->hit;
	const char *key = cdb_getkey(&l->cdb);
	unsigned int len = cdb_keylen(&l->cdb);

	memset(hit, 0, sizeof(*hit));
	if (key == NULL || len >= RULES_KEY_MAX) {
		broken(hit, "a key is too long, or the cdb is damaged");
		return;
	}
	memcpy(hit->key, key, len);
	hit->key_len = len;
	judge(l, rules_key_is_s6(key, len) ? RULES_BY_S6 : RULES_BY_TCPRULES);
}

/*
 * Neither of a record's lengths reaches over the records' end.  tinycdb adds
 * them without asking whether the sum wraps round, and would come to the same
 * record again and again.
 */
static bool
lengths_are_sane(const struct cdb *cdb)
{
	return (cdb_keylen(cdb) <= cdb->cdb_dend &&
	    cdb_datalen(cdb) <= cdb->cdb_dend);
}

enum rules_answer
rules_each(struct rules_hit *hit, const char *path,
    void show(struct rules_hit *, void *argument), void *argument)
{
	struct lookup l = { .hit = hit };
	int fd = open_file(hit, path), found;
	unsigned int at;

	if (fd == -1)
		return (hit->answer);
	if (open_cdb(&l, fd)) {
		cdb_seqinit(&at, &l.cdb);
		while ((found = cdb_seqnext(&at, &l.cdb)) > 0) {
			if (!lengths_are_sane(&l.cdb)) {
				found = -1;
				break;
			}
			take_record(&l);
			show(hit, argument);
			rules_free(hit);
		}
		hit->answer = RULES_NONE;
		if (found < 0)
			broken(hit, "the cdb is damaged");
		cdb_free(&l.cdb);
	}
	close(fd);
	return (hit->answer);
}

/* ------------------------------------------------------------ settings */

bool
rules_setting(struct rules_hit *hit, size_t *at, const char **name,
    const char **value)
{
	char *setting, *equals;

	if (*at >= hit->settings_len)
		return (false);
	setting = hit->settings + *at;
	/* on a second walk the '=' is a NUL already */
	if ((equals = strchr(setting, '=')) != NULL)
		*equals = '\0';
	*name = setting;
	*value = setting + strlen(setting) + 1;
	*at = (size_t)(*value - hit->settings) + strlen(*value) + 1;
	return (true);
}

bool
rules_is_limit(const char *name)
{
	return (strcmp(name, "MAXCONIP") == 0);
}

void
rules_free(struct rules_hit *hit)
{
	free(hit->settings);
	hit->settings = NULL;
	hit->settings_len = 0;
}

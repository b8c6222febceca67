/* SPDX-License-Identifier: ISC */
/*
 * trust.c - CA certificates and CRLs, from files to NET.
 *
 * Runs in:  KEEPER, with the rights of SSL_USER.
 * Trusts:   the administrator's files to be what he means; takes PEM apart
 *           and looks at the outermost length of DER, no further.
 */
#include "trust.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"
#include "der.h"
#include "file.h"
#include "log.h"
#include "options.h"
#include "pem.h"

enum { PART_MAX = 60000, PATH_ROOM = 4096 };

/* ---------------------------------------------------------------- things */

/*
 * One SEQUENCE and not a byte besides?
 */
static bool
is_whole(struct der bytes)
{
	struct der_value v;

	return (der_take(&bytes, DER_SEQUENCE, &v) && bytes.len == 0);
}

static int
add(struct trust *t, unsigned int kind, const struct file *f, struct der found,
    struct complaint *c)
{
	struct trust_thing *grown, *thing;

	if (!is_whole(found))
		return (complain(c, "%s: %s: damaged: not DER", f->what,
		    f->path));
	if (found.len > TRUST_MAX - t->bytes || t->told == TRUST_THINGS_MAX)
		return (complain(c,
		    "%s: %s: with it more than %d bytes, or %d CA "
		    "certificates and CRLs: use a directory, or name fewer",
		    f->what, f->path, TRUST_MAX, TRUST_THINGS_MAX));
	if (t->count == t->room) {
		t->room = t->room == 0 ? 16 : 2 * t->room;
		grown = realloc(t->things, t->room * sizeof(*grown));
		if (grown == NULL)
			fatal(EXIT_SYSTEM, "%s: %s", f->what, f->path);
		t->things = grown;
	}
	thing = &t->things[t->count];
	thing->kind = kind;
	thing->len = found.len;
	thing->der = malloc(found.len);
	if (thing->der == NULL)
		fatal(EXIT_SYSTEM, "%s: %s", f->what, f->path);
	memcpy(thing->der, found.at, found.len);
	t->count++;
	t->bytes += found.len;
	t->told++;
	return (0);
}

/* ------------------------------------------------------------------- PEM */

/*
 * Other blocks may stand between: keys, CRLs among CAs.
 */
static bool
is_kind(const struct pem_block *b, unsigned int kind)
{
	return (kind == TRUST_CRL ? pem_is(b, PEM_STRING_X509_CRL) :
				    pem_is_certificate(b));
}

static int
add_block(struct trust *t, unsigned int kind, const struct file *f,
    const struct pem_block *b, struct complaint *c)
{
	struct pem_content content;
	int result;

	if (pem_decode(&content, b) == -1)
		result = complain(c, "%s: %s: damaged: not PEM", f->what,
		    f->path);
	else
		result = add(t, kind, f,
		    (struct der){ content.der, content.len }, c);
	pem_free(&content);
	return (result);
}

/*
 * Trust of OpenSSL's own form is not passed over: its limits would be lost.
 */
static int
add_pem(struct trust *t, unsigned int kind, const struct file *f,
    struct complaint *c)
{
	enum pem_result found;
	struct pem_block b;
	size_t at = 0;

	while ((found = pem_next(f, &at, &b)) == PEM_BLOCK) {
		if (kind != TRUST_CRL && pem_is(&b, PEM_STRING_X509_TRUSTED))
			return (complain(c,
			    "%s: %s: a TRUSTED CERTIFICATE: write it as a "
			    "plain one with openssl x509 -trustout=no",
			    f->what, f->path));
		if (is_kind(&b, kind) && add_block(t, kind, f, &b, c) == -1)
			return (-1);
	}
	if (found == PEM_CUT_OFF)
		return (complain(c, "%s: %s: damaged: not PEM", f->what,
		    f->path));
	return (0);
}

/* ---------------------------------------------------------------- reading */

static int
add_bytes(struct trust *t, unsigned int kind, const struct file *f,
    struct complaint *c)
{
	const struct der whole = { (unsigned char *)f->bytes, f->len };
	size_t before = t->count;

	/* what begins like a long SEQUENCE is no text */
	if (is_whole(whole) ||
	    (whole.len >= 2 && whole.at[0] == DER_SEQUENCE &&
		whole.at[1] >= 0x80))
		return (add(t, kind, f, whole, c));
	if (add_pem(t, kind, f, c) == -1)
		return (-1);
	if (t->count == before)
		return (complain(c,
		    kind == TRUST_CRL ?
			"%s: %s: no CRL in it (PEM or DER is wanted)" :
			"%s: %s: no certificate in it (PEM or DER is wanted)",
		    f->what, f->path));
	return (0);
}

/*
 * 0; 1 if the file does not exist; -1 with the complaint.
 */
static int
add_file(struct trust *t, unsigned int kind, const char *what, const char *path,
    struct complaint *c)
{
	struct file f;
	int result = file_read(&f, what, path, TRUST_FILE_MAX, c);

	if (result == -1)
		return (errno == ENOENT ? 1 : -1);
	result = add_bytes(t, kind, &f, c);
	file_wipe(&f);
	return (result);
}

/*
 * A file that is named must be there.
 */
static int
add_named(struct trust *t, unsigned int kind, const char *what,
    const char *path, struct complaint *c)
{
	if (path == NULL)
		return (0);
	return (add_file(t, kind, what, path, c) == 0 ? 0 : -1);
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return (path != NULL && stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static int
check_directory(const char *what, const char *path, struct complaint *c)
{
	struct stat st;

	if (path == NULL)
		return (0);
	if (stat(path, &st) == -1)
		return (complain_errno(c, "%s: %s", what, path));
	if (!S_ISDIR(st.st_mode))
		return (complain(c, "%s: %s: not a directory", what, path));
	if (access(path, X_OK) == -1)
		return (complain_errno(c, "%s: %s", what, path));
	return (0);
}

int
trust_read(struct trust *t, struct client_policy *p, const struct options *o,
    struct complaint *c)
{
	const char *ca = o->text[OPTION_CA], *crl = o->text[OPTION_CRL];
	const char *names = o->text[OPTION_CLIENT_CA];
	unsigned int of_ca = TRUST_ANCHOR, of_names = TRUST_NAME;

	*t = (struct trust){ .ca_dir = o->text[OPTION_CA_DIR] };
	if (names == NULL)
		of_ca |= TRUST_NAME;
	if (ca == NULL && t->ca_dir == NULL)
		of_names |= TRUST_ANCHOR;
	if (is_directory(crl)) {
		t->crl_dir = crl;
		crl = NULL;
	}
	if (add_named(t, of_ca, "CA", ca, c) == -1 ||
	    add_named(t, of_names, "client CA", names, c) == -1 ||
	    add_named(t, TRUST_CRL, "CRL", crl, c) == -1 ||
	    check_directory("CA directory", t->ca_dir, c) == -1 ||
	    check_directory("CRL directory", t->crl_dir, c) == -1)
		return (-1);
	p->ask_cas = t->ca_dir != NULL;
	p->ask_crls = t->crl_dir != NULL;
	return (0);
}

void
trust_forget(struct trust *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		free(t->things[i].der);
	free(t->things);
	t->things = NULL;
	t->count = t->room = 0;
}

/*
 * HASH.0, HASH.1 and so on are different CAs of one hash, or one CA's old
 * and new certificates; .r0 is a CRL.
 */
int
trust_find(struct trust *t, enum lookup_kind kind, uint32_t hash,
    struct complaint *c)
{
	bool is_crl = kind == LOOKUP_CRL;
	const char *dir = is_crl ? t->crl_dir : t->ca_dir;
	char path[PATH_ROOM];
	unsigned int n;
	int done = 0;

	trust_forget(t);
	for (n = 0; done == 0; n++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%08x.%s%u", dir,
			hash, is_crl ? "r" : "", n) >= sizeof(path))
			return (complain(c, "%s: path is too long", dir));
		done = add_file(t, is_crl ? TRUST_CRL : TRUST_ANCHOR,
		    is_crl ? "CRL" : "CA", path, c);
	}
	return (done == 1 ? 0 : -1);
}

/* ---------------------------------------------------------------- telling */

static size_t
part_len(const struct trust_thing *thing, size_t at)
{
	return (thing->len - at < PART_MAX ? thing->len - at : PART_MAX);
}

static int
tell_thing(const struct trust_thing *thing, struct channel *channel,
    struct msg *m)
{
	size_t at = 0, n;

	do {
		n = part_len(thing, at);
		msg_begin(m, MSG_TRUST);
		msg_put_u8(m, (uint8_t)thing->kind);
		msg_put_u8(m, at + n < thing->len);
		msg_put_rest(m, thing->der + at, n);
		if (channel_send(channel, m) == -1)
			return (-1);
		at += n;
	} while (at < thing->len);
	return (0);
}

int
trust_tell(const struct trust *t, struct channel *channel, struct msg *m)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (tell_thing(&t->things[i], channel, m) == -1)
			return (-1);
	return (0);
}

static int
answer_thing(const struct trust_thing *thing, bool is_last,
    struct channel *channel, struct msg *m)
{
	size_t at = 0, n;
	uint8_t flags;

	do {
		n = part_len(thing, at);
		flags = at + n < thing->len ? FOUND_MORE :
		    is_last		    ? 0 :
					      FOUND_ANOTHER;
		msg_begin(m, MSG_FOUND);
		msg_put_u8(m, flags);
		msg_put_rest(m, thing->der + at, n);
		if (channel_send(channel, m) == -1)
			return (-1);
		at += n;
	} while (at < thing->len);
	return (0);
}

int
trust_answer(const struct trust *t, struct channel *channel, struct msg *m)
{
	size_t i;

	if (t->count == 0) {
		msg_begin(m, MSG_FOUND);
		msg_put_u8(m, 0);
		return (channel_send(channel, m));
	}
	for (i = 0; i < t->count; i++)
		if (answer_thing(&t->things[i], i + 1 == t->count, channel,
			m) == -1)
			return (-1);
	return (0);
}

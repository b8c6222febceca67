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
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"
#include "log.h"
#include "options.h"
#include "rights.h"

enum { PART_MAX = 60000, PATH_ROOM = 4096 };

/* a file as it is read: what and path are for complaints */
struct file {
	const char *what, *path;
	char *bytes;
	size_t len;
};

/* ---------------------------------------------------------------- files */

static int
read_all(struct file *f, int fd, struct complaint *c)
{
	ssize_t n;

	f->bytes = malloc(TRUST_FILE_MAX + 1);
	if (f->bytes == NULL)
		return (complain_errno(c, "%s: %s", f->what, f->path));
	while ((n = read(fd, f->bytes + f->len, TRUST_FILE_MAX + 1 - f->len)) >
	    0)
		f->len += (size_t)n;
	if (n == -1)
		return (complain_errno(c, "%s: %s", f->what, f->path));
	if (f->len > TRUST_FILE_MAX)
		return (complain(c, "%s: %s: larger than %d bytes", f->what,
		    f->path, TRUST_FILE_MAX));
	return (0);
}

/* ------------------------------------------------------------------- DER */

/*
 * The length of the SEQUENCE that these bytes begin with, its header
 * included (X.690, 8.1.3); 0 if they do not begin with a whole one.
 */
static size_t
sequence_len(const unsigned char *der, size_t len)
{
	size_t i, octets, body = 0;

	if (len < 2 || der[0] != 0x30)
		return (0);
	if (der[1] < 0x80)
		return (2 + (size_t)der[1] <= len ? 2 + (size_t)der[1] : 0);
	octets = der[1] & 0x7f;
	if (octets == 0 || octets > 4 || len < 2 + octets)
		return (0);
	for (i = 0; i < octets; i++)
		body = body << 8 | der[2 + i];
	return (body <= len - 2 - octets ? 2 + octets + body : 0);
}

static int
add(struct trust *t, unsigned int kind, const struct file *f,
    const struct trust_thing *found, struct complaint *c)
{
	struct trust_thing *grown, *thing;

	if (found->len == 0 ||
	    sequence_len(found->der, found->len) != found->len)
		return (complain(c, "%s: %s: damaged: not DER", f->what,
		    f->path));
	if (found->len > TRUST_MAX - t->bytes || t->told == TRUST_THINGS_MAX)
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
	thing->len = found->len;
	thing->der = malloc(found->len);
	if (thing->der == NULL)
		fatal(EXIT_SYSTEM, "%s: %s", f->what, f->path);
	memcpy(thing->der, found->der, found->len);
	t->count++;
	t->bytes += found->len;
	t->told++;
	return (0);
}

/* ------------------------------------------------------------------- PEM */

static bool
is_kind(const char *name, unsigned int kind)
{
	if (kind == TRUST_CRL)
		return (strcmp(name, PEM_STRING_X509_CRL) == 0);
	return (strcmp(name, PEM_STRING_X509) == 0 ||
	    strcmp(name, PEM_STRING_X509_OLD) == 0);
}

/*
 * Other blocks may stand between: keys, CRLs among CAs.  But not trust of
 * OpenSSL's own form, whose limits would be lost.
 */
static int
add_block(struct trust *t, unsigned int kind, const struct file *f, BIO *in,
    struct complaint *c)
{
	struct trust_thing found = { 0 };
	char *name = NULL, *header = NULL;
	int done = 0;
	long len = 0;

	if (PEM_read_bio(in, &name, &header, &found.der, &len) != 1) {
		if (ERR_GET_REASON(ERR_peek_last_error()) ==
		    PEM_R_NO_START_LINE)
			return (1);
		return (complain(c, "%s: %s: damaged: not PEM", f->what,
		    f->path));
	}
	found.len = (size_t)len;
	if (kind != TRUST_CRL && strcmp(name, PEM_STRING_X509_TRUSTED) == 0)
		done = complain(c,
		    "%s: %s: a TRUSTED CERTIFICATE: write it as a plain one "
		    "with openssl x509 -trustout=no",
		    f->what, f->path);
	else if (is_kind(name, kind))
		done = add(t, kind, f, &found, c);
	OPENSSL_clear_free(found.der, found.len);
	OPENSSL_free(header);
	OPENSSL_free(name);
	return (done);
}

static int
add_pem(struct trust *t, unsigned int kind, const struct file *f,
    struct complaint *c)
{
	BIO *in = BIO_new_mem_buf(f->bytes, (int)f->len);
	int done = 0;

	if (in == NULL)
		fatalx(EXIT_SYSTEM, "%s: %s: no memory", f->what, f->path);
	while (done == 0)
		done = add_block(t, kind, f, in, c);
	BIO_free(in);
	ERR_clear_error();
	return (done == 1 ? 0 : -1);
}

/* ---------------------------------------------------------------- reading */

static int
add_bytes(struct trust *t, unsigned int kind, const struct file *f,
    struct complaint *c)
{
	const struct trust_thing whole = { 0, (unsigned char *)f->bytes,
		f->len };
	size_t before = t->count;

	if (sequence_len(whole.der, whole.len) == whole.len && whole.len > 0)
		return (add(t, kind, f, &whole, c));
	if (whole.len >= 2 && whole.der[0] == 0x30 && whole.der[1] >= 0x80)
		return (complain(c, "%s: %s: damaged: not DER", f->what,
		    f->path));
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
add_file(struct trust *t, unsigned int kind, struct file *f,
    struct complaint *c)
{
	int done, fd = rights_open(f->path);
	bool absent;

	if (fd == -1 && errno == EINVAL)
		return (complain(c, "%s: %s: not a regular file", f->what,
		    f->path));
	if (fd == -1) {
		absent = errno == ENOENT;
		complain_errno(c, "%s: %s", f->what, f->path);
		return (absent ? 1 : -1);
	}
	done = read_all(f, fd, c);
	close(fd);
	if (done == 0)
		done = add_bytes(t, kind, f, c);
	free(f->bytes);
	return (done);
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
	return (add_file(t, kind, &(struct file){ .what = what, .path = path },
		    c) == 0 ?
		0 :
		-1);
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
		    &(struct file){
			.what = is_crl ? "CRL" : "CA", .path = path },
		    c);
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

/* SPDX-License-Identifier: ISC */
/*
 * trust_test.c - CA certificates and CRLs, from files to messages.
 *
 * Nothing here is parsed, so any SEQUENCE of DER will do for one.
 */
#include "trust.h"

#include <openssl/pem.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "complaint.h"
#include "options.h"

static char dir[] = "/tmp/trust_test.XXXXXX";
static struct options options;
static struct client_policy policy;
static struct complaint complaint;
static struct trust trust;

static const char *
in_dir(const char *name)
{
	static char paths[8][256];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return (path);
}

static void
clean_up(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	/* NOLINTNEXTLINE(cert-env33-c): a name of our own */
	CHECK(system(command) == 0);
}

static void
set_up(void)
{
	CHECK(mkdtemp(dir) != NULL);
	atexit(clean_up);
}

static FILE *
opened(const char *name)
{
	FILE *file = fopen(in_dir(name), "w");

	CHECK(file != NULL);
	return (file);
}

/*
 * A SEQUENCE of len bytes, its header included, of a content of its own.
 */
static const unsigned char *
sequence(size_t len, int content)
{
	static unsigned char der[TRUST_MAX + 100];

	CHECK(len >= 300 && len <= sizeof(der));
	memset(der, content, len);
	der[0] = 0x30;
	der[1] = 0x83;
	der[2] = (unsigned char)((len - 5) >> 16);
	der[3] = (unsigned char)((len - 5) >> 8);
	der[4] = (unsigned char)(len - 5);
	return (der);
}

static void
add_pem(FILE *file, const char *name, size_t len, int content)
{
	CHECK(PEM_write(file, name, "", sequence(len, content), (long)len) > 0);
}

static void
make_der(const char *name, size_t len, int content)
{
	FILE *file = opened(name);

	CHECK(fwrite(sequence(len, content), 1, len, file) == len);
	fclose(file);
}

static void
make_pem(const char *name, const char *kind, size_t len, int content)
{
	FILE *file = opened(name);

	add_pem(file, kind, len, content);
	fclose(file);
}

static int
read_all(void)
{
	trust_forget(&trust);
	complaint.text[0] = '\0';
	return (trust_read(&trust, &policy, &options, &complaint));
}

static bool
is_thing(size_t i, unsigned int kind, size_t len, int content)
{
	return (i < trust.count && trust.things[i].kind == kind &&
	    trust.things[i].len == len &&
	    memcmp(trust.things[i].der, sequence(len, content), len) == 0);
}

static void
complains(const char *name, const char *of)
{
	options.text[OPTION_CA] = in_dir(name);
	CHECK(read_all() == -1);
	CHECK(strstr(complaint.text, in_dir(name)) != NULL);
	CHECK(strstr(complaint.text, of) != NULL);
	options.text[OPTION_CA] = NULL;
}

/* ------------------------------------------------------------------ files */

CASE(a_file_has_any_number_among_other_blocks)
{
	FILE *file;

	set_up();
	file = opened("ca.pem");
	fprintf(file, "some text\n");
	add_pem(file, PEM_STRING_X509, 400, 1);
	add_pem(file, PEM_STRING_PKCS8INF, 300, 9);
	add_pem(file, PEM_STRING_X509_CRL, 300, 8);
	add_pem(file, PEM_STRING_X509_OLD, 500, 2);
	fclose(file);
	options.text[OPTION_CA] = in_dir("ca.pem");
	CHECK(read_all() == 0);
	CHECK(trust.count == 2);
	CHECK(is_thing(0, TRUST_ANCHOR | TRUST_NAME, 400, 1));
	CHECK(is_thing(1, TRUST_ANCHOR | TRUST_NAME, 500, 2));
	CHECK(trust.bytes == 900);
	options.text[OPTION_CRL] = in_dir("ca.pem");
	CHECK(read_all() == 0);
	CHECK(trust.count == 3 && is_thing(2, TRUST_CRL, 300, 8));
}

CASE(DER_is_taken_as_well_as_PEM)
{
	set_up();
	make_der("ca.der", 70000, 7);
	options.text[OPTION_CA] = in_dir("ca.der");
	CHECK(read_all() == 0);
	CHECK(trust.count == 1 &&
	    is_thing(0, TRUST_ANCHOR | TRUST_NAME, 70000, 7));
}

CASE(names_and_anchors_are_told_apart)
{
	set_up();
	make_der("ca", 300, 1);
	make_der("names", 300, 2);
	CHECK(mkdir(in_dir("dir"), 0700) == 0);
	options.text[OPTION_CA] = in_dir("ca");
	options.text[OPTION_CLIENT_CA] = in_dir("names");
	CHECK(read_all() == 0);
	CHECK(is_thing(0, TRUST_ANCHOR, 300, 1));
	CHECK(is_thing(1, TRUST_NAME, 300, 2));
	CHECK(!policy.ask_cas && !policy.ask_crls);

	options.text[OPTION_CA] = NULL;
	CHECK(read_all() == 0);
	CHECK(trust.count == 1 &&
	    is_thing(0, TRUST_NAME | TRUST_ANCHOR, 300, 2));

	options.text[OPTION_CA_DIR] = in_dir("dir");
	options.text[OPTION_CRL] = in_dir("dir");
	CHECK(read_all() == 0);
	CHECK(trust.count == 1 && is_thing(0, TRUST_NAME, 300, 2));
	CHECK(policy.ask_cas && policy.ask_crls);
}

CASE(what_is_wrong_with_a_file_is_said)
{
	FILE *file;

	set_up();
	complains("absent", "No such file or directory");
	CHECK(mkdir(in_dir("dir"), 0700) == 0);
	complains("dir", "Is a directory");
	CHECK(mkfifo(in_dir("fifo"), 0600) == 0);
	complains("fifo", "not a regular file");
	fclose(opened("empty"));
	complains("empty", "no certificate in it");
	make_pem("crl", PEM_STRING_X509_CRL, 300, 1);
	complains("crl", "no certificate in it");
	make_pem("trusted", PEM_STRING_X509_TRUSTED, 300, 1);
	complains("trusted", "a TRUSTED CERTIFICATE");
	file = opened("not-der");
	PEM_write(file, PEM_STRING_X509, "", sequence(300, 1), 299);
	fclose(file);
	complains("not-der", "damaged: not DER");
	file = opened("cut.der");
	fwrite(sequence(300, 1), 1, 299, file);
	fclose(file);
	complains("cut.der", "damaged: not DER");
	file = opened("cut.pem");
	add_pem(file, PEM_STRING_X509, 300, 1);
	CHECK(fseek(file, -30, SEEK_END) == 0 && fflush(file) == 0 &&
	    ftruncate(fileno(file), ftell(file)) == 0);
	fclose(file);
	complains("cut.pem", "damaged: not PEM");
}

CASE(directories_are_looked_at_before_a_peer_is)
{
	set_up();
	make_der("ca", 300, 1);
	options.text[OPTION_CA_DIR] = in_dir("ca");
	CHECK(read_all() == -1);
	CHECK(strstr(complaint.text, "not a directory") != NULL);
	options.text[OPTION_CA_DIR] = in_dir("absent");
	CHECK(read_all() == -1);
	CHECK(strstr(complaint.text, "No such file") != NULL);
}

/* ----------------------------------------------------------------- limits */

CASE(as_many_bytes_as_may_be_and_no_more)
{
	set_up();
	make_der("most", TRUST_MAX, 1);
	options.text[OPTION_CA] = in_dir("most");
	CHECK(read_all() == 0);
	make_der("one-more", TRUST_MAX + 1, 1);
	complains("one-more", "use a directory, or name fewer");
	make_der("small", 300, 1);
	options.text[OPTION_CA] = in_dir("most");
	options.text[OPTION_CRL] = in_dir("small");
	CHECK(read_all() == -1);
	CHECK(strstr(complaint.text, "CRL: ") == complaint.text);
}

CASE(as_many_things_as_may_be_and_no_more)
{
	FILE *file;
	int i;

	set_up();
	file = opened("many");
	for (i = 0; i < TRUST_THINGS_MAX; i++)
		add_pem(file, PEM_STRING_X509, 300, i & 0xff);
	fclose(file);
	options.text[OPTION_CA] = in_dir("many");
	CHECK(read_all() == 0);
	CHECK(trust.count == TRUST_THINGS_MAX);
	file = fopen(in_dir("many"), "a");
	add_pem(file, PEM_STRING_X509, 300, 1);
	fclose(file);
	complains("many", "use a directory, or name fewer");
}

CASE(a_file_that_is_too_large_is_not_read)
{
	FILE *file;

	set_up();
	file = opened("large");
	CHECK(ftruncate(fileno(file), TRUST_FILE_MAX + 1) == 0);
	fclose(file);
	complains("large", "larger than");
}

/* ---------------------------------------------------------------- look-ups */

CASE(of_a_directory_only_what_has_the_hash_is_read)
{
	set_up();
	options.text[OPTION_CA_DIR] = options.text[OPTION_CRL] = dir;
	make_pem("00c0ffee.0", PEM_STRING_X509, 300, 1);
	make_der("00c0ffee.1", 400, 2);
	make_pem("00c0ffee.3", PEM_STRING_X509, 300, 9);
	make_pem("00c0ffee.r0", PEM_STRING_X509_CRL, 500, 3);
	/* it would be a fault to look at it */
	fclose(opened("00c0ffef.0"));
	CHECK(read_all() == 0 && trust.count == 0);
	CHECK(trust_find(&trust, LOOKUP_CA, 0xc0ffee, &complaint) == 0);
	CHECK(trust.count == 2);
	CHECK(is_thing(0, TRUST_ANCHOR, 300, 1));
	CHECK(is_thing(1, TRUST_ANCHOR, 400, 2));
	CHECK(trust_find(&trust, LOOKUP_CRL, 0xc0ffee, &complaint) == 0);
	CHECK(trust.count == 1 && is_thing(0, TRUST_CRL, 500, 3));
	CHECK(trust_find(&trust, LOOKUP_CA, 0xbad, &complaint) == 0);
	CHECK(trust.count == 0);
	CHECK(trust.bytes == 1200);
	CHECK(trust_find(&trust, LOOKUP_CA, 0xc0ffef, &complaint) == -1);
	CHECK(strstr(complaint.text, "/00c0ffef.0: no certificate") != NULL);
}

CASE(look_ups_count_with_the_rest)
{
	set_up();
	options.text[OPTION_CRL] = dir;
	make_der("00000001.r0", TRUST_MAX / 2 + 1, 1);
	make_der("00000002.r0", TRUST_MAX / 2 + 1, 2);
	CHECK(read_all() == 0);
	CHECK(trust_find(&trust, LOOKUP_CRL, 1, &complaint) == 0);
	CHECK(trust_find(&trust, LOOKUP_CRL, 2, &complaint) == -1);
	CHECK(strstr(complaint.text, "00000002.r0") != NULL);
}

/* ---------------------------------------------------------------- messages */

static struct channel keeper = { .self = SIDE_KEEPER }, net = { 0 };
static struct msg m;
static pid_t teller;

static void
begin_telling(enum msg_phase phase)
{
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	keeper.fd = fds[0];
	net.fd = fds[1];
	net.self = SIDE_NET;
	keeper.phase = net.phase = phase;
	teller = fork();
}

/*
 * The bytes of one thing, of parts that end with flags that mean so.
 */
static bool
is_told(enum msg_type type, const struct trust_thing *thing, bool is_last)
{
	const uint8_t *bytes;
	size_t len, at = 0;
	unsigned int more;

	do {
		if (channel_receive(&net, &m, 0) != CHANNEL_MESSAGE ||
		    m.type != type)
			return (false);
		if (type == MSG_TRUST && msg_get_u8(&m) != thing->kind)
			return (false);
		more = msg_get_u8(&m);
		bytes = msg_get_rest(&m, &len);
		if (len > thing->len - at ||
		    memcmp(thing->der + at, bytes, len) != 0)
			return (false);
		at += len;
		if ((at < thing->len) != ((more & 1) != 0))
			return (false);
	} while (at < thing->len);
	return (type == MSG_TRUST || (more == FOUND_ANOTHER) == !is_last);
}

static void
told(enum msg_type type)
{
	int status;
	size_t i;

	for (i = 0; i < trust.count; i++)
		CHECK(is_told(type, &trust.things[i], i + 1 == trust.count));
	CHECK(waitpid(teller, &status, 0) == teller && status == 0);
}

CASE(what_does_not_fit_into_a_message_goes_in_parts)
{
	set_up();
	make_der("ca", 300, 1);
	make_der("names", 60000, 2);
	make_der("crl", 200000, 3);
	options.text[OPTION_CA] = in_dir("ca");
	options.text[OPTION_CLIENT_CA] = in_dir("names");
	options.text[OPTION_CRL] = in_dir("crl");
	CHECK(read_all() == 0);
	begin_telling(PHASE_START);
	if (teller == 0)
		_exit(trust_tell(&trust, &keeper, &m) != 0);
	told(MSG_TRUST);
	begin_telling(PHASE_HANDSHAKE);
	if (teller == 0)
		_exit(trust_answer(&trust, &keeper, &m) != 0);
	told(MSG_FOUND);
}

CASE(nothing_is_an_answer_too)
{
	begin_telling(PHASE_HANDSHAKE);
	if (teller == 0)
		_exit(trust_answer(&trust, &keeper, &m) != 0);
	CHECK(channel_receive(&net, &m, 0) == CHANNEL_MESSAGE);
	CHECK(m.type == MSG_FOUND && msg_get_u8(&m) == 0 && msg_complete(&m));
}

static const struct check_case cases[] = {
	C(a_file_has_any_number_among_other_blocks),
	C(DER_is_taken_as_well_as_PEM), C(names_and_anchors_are_told_apart),
	C(what_is_wrong_with_a_file_is_said),
	C(directories_are_looked_at_before_a_peer_is),
	C(as_many_bytes_as_may_be_and_no_more),
	C(as_many_things_as_may_be_and_no_more),
	C(a_file_that_is_too_large_is_not_read),
	C(of_a_directory_only_what_has_the_hash_is_read),
	C(look_ups_count_with_the_rest),
	C(what_does_not_fit_into_a_message_goes_in_parts),
	C(nothing_is_an_answer_too), { 0 }
};
RUN(cases)

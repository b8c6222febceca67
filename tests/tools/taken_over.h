/* SPDX-License-Identifier: ISC */
/*
 * taken_over.h - a real KEEPER, and what a NET that was taken over can do to
 * it: behave up to a point, then send any bytes at all.
 *
 * Each session is a fork of keeper_run() with the options that were given.
 */
#ifndef TAKEN_OVER_H
#define TAKEN_OVER_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "hello.h"
#include "keeper.h"
#include "library.h"
#include "log.h"
#include "msg.h"
#include "to_sign.h"

enum { PATIENCE_MS = 10000, HUGE_LENGTH = 200 * 1024, ENOUGH = 10 };

/* how far NET behaves: what it has read, or got, before the attack */
enum point { AT_ONCE, AT_HELLO, AT_HANDSHAKE, AT_SIGNED, POINTS };

static const char *const point_names[POINTS] = { "at once", "after POLICY",
	"after CHAIN", "after SIGNATURE" };

static const struct row {
	const char *name;
	enum msg_side from;
	enum msg_phase phase;
	uint16_t most;
	size_t cap;
} rows[MSG_TYPES] = {
#define MSG(name, from, to, phase, most, cap)                                  \
	[MSG_##name] = { #name, SIDE_##from, PHASE_##phase, most, cap },
#include "msg.def"
#undef MSG
};

static struct connection connection;
static EVP_PKEY *public_key;
static X509 *certificate;
static int attacks, failures;

/* --------------------------------------------------------------- session */

struct session {
	struct channel channel;
	int app, log; /* our ends */
	pid_t keeper;
	unsigned int signatures;
};

static _Noreturn void
be_keeper(int channel, int app, int log)
{
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(null, 0) == -1 || dup2(app, 1) == -1 || dup2(log, 2) == -1 ||
	    dup2(channel, 3) == -1)
		err(2, "descriptors");
	closefrom(4);
	/* what an application in clear writes is as good as in TLS */
	connection.fd = connection.options.starttls == STARTTLS_UCSPI ?
	    fcntl(1, F_DUPFD_CLOEXEC, 4) :
	    -1;
	keeper_run(&connection, (struct links){ 3, -1, -1, -1, -1 });
}

static void
meet(struct session *s)
{
	int channel[2], app[2], log[2], most = 2 * HUGE_LENGTH;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == -1 ||
	    pipe(app) == -1 || pipe(log) == -1)
		err(2, "descriptors");
	fflush(stdout);
	s->keeper = fork();
	if (s->keeper == -1)
		err(2, "fork");
	if (s->keeper == 0)
		be_keeper(channel[1], app[1], log[1]);
	close(channel[1]);
	close(app[1]);
	close(log[1]);
	setsockopt(channel[0], SOL_SOCKET, SO_SNDBUF, &most, sizeof(most));
	s->channel = (struct channel){ .fd = channel[0], .self = SIDE_NET };
	s->app = app[0];
	s->log = log[0];
	s->signatures = 0;
}

static void
await(struct session *s, struct msg *m, enum msg_type type)
{
	if (channel_receive(&s->channel, m, deadline_in(PATIENCE_MS)) !=
		CHANNEL_MESSAGE ||
	    m->type != type)
		errx(1, "no %s from the KEEPER", msg_name(type));
}

static void
say(struct session *s, const struct msg *m)
{
	if (channel_send(&s->channel, m) == -1)
		err(1, "the KEEPER is gone before %s", msg_name(m->type));
}

/* ---------------------------------------------------------- good messages */

/*
 * The first scheme for this key in TLS 1.3, or, with pkcs1, in TLS 1.2.
 */
static uint16_t
own_scheme(bool pkcs1)
{
	char group[64] = "";
	size_t len;

	if (EVP_PKEY_is_a(public_key, "ED25519"))
		return (0x0807);
	if (EVP_PKEY_is_a(public_key, "RSA"))
		return (pkcs1 ? 0x0401 : 0x0804);
	if (EVP_PKEY_is_a(public_key, "RSA-PSS"))
		return (0x0809);
	EVP_PKEY_get_group_name(public_key, group, sizeof(group), &len);
	return (strcmp(group, "secp521r1") == 0 ? 0x0603 :
		strcmp(group, "secp384r1") == 0 ? 0x0503 :
						  0x0403);
}

static void
good_hello(struct msg *m)
{
	static const uint8_t codes[] = { 3, 4, 3, 3 };
	static struct hello hello = { .server_name = "localhost" };

	hello_list_copy(&hello.versions, codes, sizeof(codes));
	hello_list_copy(&hello.suites, codes, sizeof(codes));
	hello_list_copy(&hello.sigalgs, codes, sizeof(codes));
	memcpy(hello.alpn, "\3foo", 4);
	hello.alpn_len = 4;
	hello_put(m, &hello);
}

static void
put_sign(struct msg *m, uint16_t scheme, const struct blob *b)
{
	msg_begin(m, MSG_SIGN);
	msg_put_u16(m, scheme);
	msg_put_rest(m, b->bytes, b->len);
}

static void
good_sign(struct msg *m)
{
	static const struct form form = { .kind = FORM_TLS13, .hash = 32 };
	struct blob b;

	form_make(&form, &b);
	put_sign(m, own_scheme(false), &b);
}

static void
good_ticket(struct msg *m)
{
	static const uint8_t name[16];

	msg_begin(m, MSG_TICKET);
	msg_put_u8(m, 0);
	msg_put_rest(m, name, sizeof(name));
}

static void
good_lookup(struct msg *m, unsigned int kind)
{
	msg_begin(m, MSG_LOOKUP);
	msg_put_u8(m, (uint8_t)kind);
	msg_put_u32(m, 0x12345678);
}

static void
begin_facts(struct msg *m, bool last)
{
	msg_begin(m, MSG_FACTS);
	msg_put_u8(m, last);
}

static void
put_fact(struct msg *m, unsigned int id, const void *text, size_t len)
{
	msg_put_u8(m, (uint8_t)id);
	msg_put_block(m, text, len);
}

static void
good_facts(struct msg *m, bool last)
{
	begin_facts(m, last);
	put_fact(m, FACT_PROTOCOL, "TLSv1.3", 7);
	put_fact(m, FACT_USEKEYSIZE, "128", 3);
}

/*
 * A message of this type whose fields are all right.  No default, so that
 * the compiler asks for each new one.
 */
static void
good(struct msg *m, enum msg_type type)
{
	switch (type) {
	case MSG_HELLO:
		good_hello(m);
		return;
	case MSG_TICKET:
		good_ticket(m);
		return;
	case MSG_SIGN:
		good_sign(m);
		return;
	case MSG_LOOKUP:
		good_lookup(m, LOOKUP_CA);
		return;
	case MSG_FACTS:
		good_facts(m, true);
		return;
	case MSG_HEADER:
	case MSG_PEER:
	case MSG_START:
	case MSG_TRUST:
	case MSG_POLICY:
	case MSG_CHOICE:
	case MSG_STAPLE:
	case MSG_CHAIN:
	case MSG_TICKET_KEYS:
	case MSG_SIGNATURE:
	case MSG_FOUND:
	case MSG_COMMAND:
	case MSG_SWITCH:
	case MSG_SWITCHED:
	case MSG_FAILED:
	case MSG_VERDICT:
	case MSG_NO_APP:
	case MSG_TYPES:
		break;
	}
	msg_begin(m, type);
	msg_put_u8(m, 1);
}

static enum point
point_of(enum msg_type type)
{
	switch (rows[type].phase) {
	case PHASE_START:
	case PHASE_ANY:
		return (AT_ONCE);
	case PHASE_CLEAR:
	case PHASE_HELLO:
		return (AT_HELLO);
	case PHASE_HANDSHAKE:
	case PHASE_DONE:
		break;
	}
	return (type == MSG_SIGN ? AT_HANDSHAKE : AT_SIGNED);
}

static void
behave_until(struct session *s, enum point point)
{
	static struct msg m;
	bool last = false;

	if (point >= AT_HELLO) {
		await(s, &m, MSG_START);
		await(s, &m, MSG_POLICY);
		s->channel.phase = PHASE_HELLO;
	}
	if (point >= AT_HANDSHAKE) {
		good(&m, MSG_HELLO);
		say(s, &m);
		await(s, &m, MSG_CHOICE);
		while (!last) {
			await(s, &m, MSG_CHAIN);
			last = msg_get_u8(&m) != 0;
		}
		s->channel.phase = PHASE_HANDSHAKE;
	}
	if (point >= AT_SIGNED) {
		good(&m, MSG_SIGN);
		say(s, &m);
		await(s, &m, MSG_SIGNATURE);
		s->signatures++;
	}
}

/*
 * Is there a point at which NET may send it?
 */
static bool
is_awaited(enum msg_type type)
{
	return (rows[type].from == SIDE_NET && rows[type].phase != PHASE_ANY &&
	    rows[type].phase != PHASE_CLEAR && rows[type].phase != PHASE_START);
}

/* ------------------------------------------------------------ bad sending */

/*
 * One datagram as it is, past our own gate; with a descriptor if fd is one.
 * A KEEPER that is gone already is what we wait for.
 */
static void throw(struct session * s, const void *bytes, size_t len, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)bytes, len };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd != -1) {
		header.msg_control = &control;
		header.msg_controllen = sizeof(control.room);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	if (sendmsg(s->channel.fd, &header, MSG_NOSIGNAL) == -1 &&
	    errno != EPIPE && errno != ECONNRESET)
		err(2, "sendmsg: %zu bytes", len);
}

static const uint8_t *
datagram_of(const struct msg *m, unsigned int type)
{
	static uint8_t bytes[HUGE_LENGTH + 1];

	memset(bytes, 0, sizeof(bytes));
	bytes[0] = (uint8_t)type;
	memcpy(bytes + 1, m->body, m->len);
	return (bytes);
}

/* len: of the body, whatever the message had */
static void
throw_msg(struct session *s, const struct msg *m, size_t len)
{
	throw(s, datagram_of(m, (unsigned int)m->type), len + 1, -1);
}

/* -------------------------------------------------------------- the ending */

struct ended {
	bool in_time;
	int status;
	size_t app_len;
	char app[32768];
	char log[8192];
};

/*
 * Whatever the KEEPER still says, until it closes.
 */
static bool
hear_out(struct session *s)
{
	static uint8_t bytes[65536];
	struct pollfd p = { .fd = s->channel.fd, .events = POLLIN };
	deadline until = deadline_in(PATIENCE_MS);
	ssize_t n;

	while (poll(&p, 1, deadline_left(until)) == 1) {
		n = recv(s->channel.fd, bytes, sizeof(bytes), 0);
		if (n <= 0)
			return (true);
		s->signatures += bytes[0] == MSG_SIGNATURE;
	}
	return (false);
}

static size_t
read_all(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, to + len, size - 1 - len)) > 0)
		len += (size_t)n;
	to[len] = '\0';
	close(fd);
	return (len);
}

static struct ended *
part(struct session *s)
{
	static struct ended e;

	e.in_time = hear_out(s);
	if (!e.in_time)
		kill(s->keeper, SIGKILL);
	close(s->channel.fd);
	e.app_len = read_all(s->app, e.app, sizeof(e.app));
	read_all(s->log, e.log, sizeof(e.log));
	if (waitpid(s->keeper, &e.status, 0) == -1)
		err(2, "waitpid");
	e.status = WIFEXITED(e.status) ? WEXITSTATUS(e.status) :
					 128 + WTERMSIG(e.status);
	return (&e);
}

static void
judge(bool good, const char *wrong, const char *attack, const char *log)
{
	if (good)
		return;
	printf("%s: %s; log: %s\n", attack, wrong,
	    log[0] == '\0' ? "(nothing)" : log);
	/* what goes wrong may take its time */
	if (++failures == ENOUGH)
		exit(1);
}

/*
 * The attack is over and must have failed.  name: the message in the log;
 * why: what the log says of it, NULL: anything.
 */
static void
must_fail(struct session *s, unsigned int signatures, const char *attack,
    const char *name, const char *why)
{
	const struct ended *e = part(s);
	char wanted[256];

	attacks++;
	snprintf(wanted, sizeof(wanted), "message: %s: %s%s", name,
	    why == NULL ? "" : why, why == NULL ? "" : "\n");
	judge(e->in_time, "the KEEPER goes on", attack, e->log);
	judge(e->status == EXIT_SYSTEM, "another status", attack, e->log);
	judge(s->signatures == signatures, "it signed", attack, e->log);
	judge(e->app_len == 0, "the program started", attack, e->log);
	judge(strstr(e->log, wanted) != NULL, wanted, attack, e->log);
}

/*
 * No attack: the program starts, and gets `line` in its environment.
 */
static void
must_start(struct session *s, const char *what, const char *line)
{
	const struct ended *e = part(s);
	const char *at;
	bool found = false, added = false;

	attacks++;
	for (at = e->app; at < e->app + e->app_len; at += strlen(at) + 1) {
		found = found || strcmp(at, line) == 0;
		added = added || strncmp(at, "RELAYCLIENT=", 12) == 0;
	}
	judge(e->status == 0, "another status", what, e->log);
	judge(s->signatures == 1, "not one signature", what, e->log);
	judge(e->app_len > 0, "the program did not start", what, e->log);
	judge(found, line, what, e->log);
	judge(!added, "RELAYCLIENT is set", what, e->log);
	judge(e->log[0] == '\0', "something is logged", what, e->log);
}

/* --------------------------------------------------------------- beginning */

/*
 * From a command line of tlsshim.
 */
static void
prepare(int argc, char *argv[])
{
	int unix_pair[2];
	FILE *file;

	log_open();
	options_parse(&connection.options, argc, argv);
	log_choose(LOG_FORMAT_KV, LOG_INFO, -1);
	snprintf(connection.id, sizeof(connection.id), "%016x", 0x51u);
	accounts_find(&connection.accounts, &connection.options);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, unix_pair) == -1 ||
	    peer_of_socket(&connection.peer, unix_pair[0]) == -1)
		err(2, "peer");
	sigemptyset(&connection.mask);
	library_start();
	file = fopen(connection.options.text[OPTION_CERT], "r");
	/* what is rare the KEEPER is to load itself */
	certificate = X509_new_ex(library_whole(), NULL);
	if (file == NULL || PEM_read_X509(file, &certificate, 0, NULL) == NULL)
		errx(2, "no certificate");
	public_key = X509_get0_pubkey(certificate);
	if (public_key == NULL)
		errx(2, "no key in the certificate");
	fclose(file);
}

#endif

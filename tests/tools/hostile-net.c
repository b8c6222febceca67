/* SPDX-License-Identifier: ISC */
/*
 * hostile-net.c - a NET that has been taken over, against a real KEEPER.
 *
 *	hostile-net GROUP [option of tlsshim ...] -- PROGRAM...
 *
 * Each attack forks keeper_run() with these options, behaves up to a point,
 * then does something that NET never does.  Afterwards the KEEPER must have
 * ended with 111, given no signature (or, after the one that it may give, no
 * other), not started PROGRAM, which must print something, and named the
 * message and the reason in the log.  GROUP well-behaved and gone have ends
 * of their own.  Prints what came out differently, then how many attacks
 * there were.
 */
#include "keeper.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
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
#include "library.h"
#include "log.h"
#include "msg.h"
#include "sign.h"
#include "to_sign.h"

enum { PATIENCE_MS = 20000, HUGE_LENGTH = 200 * 1024 };

/* how far NET behaves: what it has read, or got, before the attack */
enum point { AT_ONCE, AT_HELLO, AT_HANDSHAKE, AT_DONE, POINTS };

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

static const struct fact_row {
	const char *name, *variable, *alphabet;
	size_t cap;
} fact_rows[FACT_COUNT] = {
#define FACT(id, variable, alphabet, cap)                                      \
	[FACT_##id] = { #id, variable, #alphabet, cap },
#include "fact.def"
#undef FACT
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
	keeper_run(&connection, 3);
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
	case MSG_SIGN:
		good_sign(m);
		return;
	case MSG_FACTS:
		good_facts(m, true);
		return;
	case MSG_START:
	case MSG_POLICY:
	case MSG_CHAIN:
	case MSG_SIGNATURE:
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
		return (AT_ONCE);
	case PHASE_HELLO:
		return (AT_HELLO);
	case PHASE_HANDSHAKE:
		return (AT_HANDSHAKE);
	case PHASE_DONE:
		break;
	}
	return (AT_DONE);
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
		while (!last) {
			await(s, &m, MSG_CHAIN);
			last = msg_get_u8(&m) != 0;
		}
		s->channel.phase = PHASE_HANDSHAKE;
	}
	if (point >= AT_DONE) {
		good(&m, MSG_SIGN);
		say(s, &m);
		await(s, &m, MSG_SIGNATURE);
		s->signatures++;
		s->channel.phase = PHASE_DONE;
	}
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
	failures++;
	printf("%s: %s; log: %s\n", attack, wrong,
	    log[0] == '\0' ? "(nothing)" : log);
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
	bool found = line == NULL, added = false;

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

static const char *
titled(const char *what, const char *which, size_t number)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s, %s, %zu", what, which, number);
	return (text);
}

/* ----------------------------------------------------------- out of phase */

static const char *
gate_refuses(unsigned int type, enum point point)
{
	/* what is sent before POLICY is read after it */
	enum point read = point == AT_ONCE ? AT_HELLO : point;

	if (type >= MSG_TYPES)
		return ("no such message");
	if (rows[type].from != SIDE_NET)
		return ("from the wrong side");
	return (point_of((enum msg_type)type) == read ? NULL : "out of phase");
}

static void
try_type(unsigned int type, enum point point)
{
	static struct msg m;
	const char *why = gate_refuses(type, point);
	struct session s;

	if (why == NULL)
		return;
	good(&m, type < MSG_TYPES ? (enum msg_type)type : MSG_TYPES);
	meet(&s);
	behave_until(&s, point);
	throw(&s, datagram_of(&m, type), m.len + 1, -1);
	must_fail(&s, point == AT_DONE,
	    titled(type < MSG_TYPES ? rows[type].name : "unknown",
		point_names[point], type),
	    type < MSG_TYPES ? rows[type].name : "unknown", why);
}

static void
group_phase(void)
{
	unsigned int type;
	int point;

	for (point = AT_ONCE; point < POINTS; point++) {
		for (type = 0; type < MSG_TYPES; type++)
			try_type(type, (enum point)point);
		try_type(MSG_TYPES, (enum point)point);
		try_type(127, (enum point)point);
		try_type(255, (enum point)point);
	}
}

/* --------------------------------------------------------------- repeated */

static void
group_repeated(void)
{
	static struct msg m;
	const struct row *row;
	struct session s;
	int type, n;

	for (type = 0; type < MSG_TYPES; type++) {
		row = &rows[type];
		if (row->from != SIDE_NET)
			continue;
		good(&m, (enum msg_type)type);
		if (type == MSG_FACTS)
			begin_facts(&m, false);
		meet(&s);
		behave_until(&s, point_of((enum msg_type)type));
		for (n = 0; n <= row->most; n++)
			throw_msg(&s, &m, m.len);
		/* the answer to a message that comes once ends its phase */
		must_fail(&s, row->phase >= PHASE_HANDSHAKE,
		    titled(row->name, "too often", (size_t)n), row->name,
		    row->most == 1 ? "out of phase" : "repeated");
	}
}

/* ----------------------------------------------------------------- length */

static void
try_length(enum msg_type type, size_t len, const char *why)
{
	static struct msg m;
	struct session s;

	good(&m, type);
	meet(&s);
	behave_until(&s, point_of(type));
	throw_msg(&s, &m, len);
	must_fail(&s, rows[type].phase == PHASE_DONE,
	    titled(rows[type].name, "bytes", len), rows[type].name, why);
}

static void
group_long(void)
{
	int type;

	for (type = 0; type < MSG_TYPES; type++) {
		if (rows[type].from != SIDE_NET)
			continue;
		try_length((enum msg_type)type, rows[type].cap + 1, "too long");
		try_length((enum msg_type)type, MSG_BODY_MAX, "too long");
		try_length((enum msg_type)type, MSG_BODY_MAX + 1, "too long");
		try_length((enum msg_type)type, HUGE_LENGTH, "too long");
	}
}

/*
 * FACTS may end behind any fact: then there are fewer.
 */
static bool
is_whole(enum msg_type type, size_t len)
{
	return (type == MSG_FACTS && (len == 1 || len == 1 + 3 + 7));
}

static void
group_truncated(void)
{
	static struct msg m;
	size_t len;
	int type;

	for (type = 0; type < MSG_TYPES; type++) {
		if (rows[type].from != SIDE_NET)
			continue;
		good(&m, (enum msg_type)type);
		for (len = 0; len < m.len; len++)
			if (!is_whole((enum msg_type)type, len))
				try_length((enum msg_type)type, len, NULL);
	}
}

static void
group_trailing(void)
{
	static const uint8_t tails[][4] = { { 0 }, { 0xff }, { 0, 0, 0, 0 },
		{ 3, 0, 1, 0 } };
	static struct msg m;
	struct session s;
	size_t i, n;
	int type;

	for (type = 0; type < MSG_TYPES; type++) {
		for (i = 0; i < 4 && rows[type].from == SIDE_NET; i++) {
			n = i < 2 ? 1 : 4;
			good(&m, (enum msg_type)type);
			msg_put_rest(&m, tails[i], n);
			meet(&s);
			behave_until(&s, point_of((enum msg_type)type));
			throw_msg(&s, &m, m.len);
			must_fail(&s, rows[type].phase == PHASE_DONE,
			    titled(rows[type].name, "tail", i), rows[type].name,
			    NULL);
		}
	}
}

/* ---------------------------------------------------- of no bytes, of more */

static void
group_empty(void)
{
	struct session s;
	int point;

	for (point = AT_ONCE; point < POINTS; point++) {
		meet(&s);
		behave_until(&s, (enum point)point);
		throw(&s, "", 0, -1);
		must_fail(&s, point == AT_DONE,
		    titled("empty", point_names[point], 0), "unknown", "empty");
	}
}

static void
group_descriptor(void)
{
	static struct msg m;
	struct session s;
	int type;

	for (type = 0; type < MSG_TYPES; type++) {
		if (rows[type].from != SIDE_NET)
			continue;
		good(&m, (enum msg_type)type);
		meet(&s);
		behave_until(&s, point_of((enum msg_type)type));
		throw(&s, datagram_of(&m, (unsigned int)type), m.len + 1, 0);
		must_fail(&s, rows[type].phase == PHASE_DONE,
		    titled(rows[type].name, "descriptor", 0), rows[type].name,
		    "with a descriptor");
	}
}

/* ------------------------------------------------------------------- sign */

static const struct form servers[] = { FORMS_OF_SERVERS };
static const struct form foreign[] = { FOREIGN_FORMS };

static void
try_sign(uint16_t scheme, const struct blob *b, const char *what)
{
	static struct msg m;
	struct session s;

	put_sign(&m, scheme, b);
	meet(&s);
	behave_until(&s, AT_HANDSHAKE);
	throw_msg(&s, &m, m.len);
	must_fail(&s, 0, titled("SIGN", what, scheme), "SIGN", NULL);
}

static void
try_foreign(const struct blob *b, const char *what)
{
	try_sign(own_scheme(false), b, what);
	if (own_scheme(true) != own_scheme(false))
		try_sign(own_scheme(true), b, what);
}

static void
try_certificate(void)
{
	unsigned char *der = NULL;
	struct blob b = { 0 };
	int n;

	n = i2d_X509(certificate, &der);
	blob_add(&b, der, (size_t)n);
	try_foreign(&b, "a certificate");
	OPENSSL_free(der);

	der = NULL;
	b.len = 0;
	n = i2d_re_X509_tbs(certificate, &der);
	blob_add(&b, der, (size_t)n);
	try_foreign(&b, "what a CA signs");
	OPENSSL_free(der);
}

static void
group_foreign(void)
{
	struct blob b;
	size_t i;

	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		form_make(&foreign[i], &b);
		try_foreign(&b, foreign[i].name);
	}
	make_client_transcript(&b);
	try_foreign(&b, "a client's TLS 1.2 handshake");
	try_certificate();
}

/*
 * The schemes of TLS that this key does not have, its own digests with
 * another curve, and what TLS 1.3 has no more.
 */
static void
group_scheme(void)
{
	static const uint16_t schemes[] = { 0, 0x0101, 0x0201, 0x0202, 0x0203,
		0x0301, 0x0303, 0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0603,
		0x0804, 0x0805, 0x0806, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
		0x081a, 0x0840, 0xffff };
	bool rsa = EVP_PKEY_is_a(public_key, "RSA") == 1;
	struct blob b;
	size_t i;

	form_make(&servers[0], &b);
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (schemes[i] != own_scheme(false) &&
		    !(rsa && schemes[i] >= 0x0804 && schemes[i] <= 0x0806))
			try_sign(schemes[i], &b, "TLS 1.3");
}

/* ------------------------------------------------------------------ facts */

static void
try_facts(const struct msg *m, const char *what, const char *which)
{
	struct session s;

	meet(&s);
	behave_until(&s, AT_DONE);
	throw_msg(&s, m, m->len);
	must_fail(&s, 1, titled("FACTS", what, 0), "FACTS", which);
}

static void
try_fact(unsigned int id, const char *text, size_t len, const char *why)
{
	static struct msg m;

	begin_facts(&m, true);
	put_fact(&m, id, text, len);
	try_facts(&m, id < FACT_COUNT ? fact_rows[id].name : "unknown", why);
}

static bool
is_text(int id)
{
	return (strcmp(fact_rows[id].alphabet, "TEXT") == 0);
}

static void
try_bytes(int id)
{
	static const char *const texts[] = { "x\nRELAYCLIENT=", "\n", "1\n",
		"1 1", "1\t", "1\x7f", "1\x80", "\xc3\xbc", "1\"", "1'", "1$1",
		"1\\1", "1/../1\n" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strlen(texts[i]) <= fact_rows[id].cap)
			try_fact((unsigned int)id, texts[i], strlen(texts[i]),
			    "a fact has bytes that it cannot have");
}

static void
try_repeated(int id)
{
	static struct msg m;

	begin_facts(&m, true);
	put_fact(&m, (unsigned int)id, "1", 1);
	put_fact(&m, (unsigned int)id, "1", 1);
	try_facts(&m, fact_rows[id].name, "a fact is repeated");
}

static void
group_facts(void)
{
	static const char ones[FACT_MAX] = { [0 ... FACT_MAX - 1] = '1' };
	static const char cut[] = "a fact is cut off, too long, or contains a "
				  "NUL";
	unsigned int id;

	for (id = 0; id < FACT_COUNT; id++) {
		try_fact(id, ones, fact_rows[id].cap + 1, cut);
		try_fact(id, "1\0001", 3, cut);
		try_fact(id, "", 0, "a fact is empty");
		try_repeated((int)id);
		if (!is_text((int)id))
			try_bytes((int)id);
	}
	try_fact(FACT_COUNT, "1", 1, "no such fact");
	try_fact(255, "1", 1, "no such fact");
}

/* ------------------------------------------------------------ well-behaved */

static const struct scheme {
	uint16_t code;
	const char *key, *digest;
	bool pss, tls13;
} schemes[] = {
	{ 0x0401, "RSA", "SHA256", false, false },
	{ 0x0501, "RSA", "SHA384", false, false },
	{ 0x0601, "RSA", "SHA512", false, false },
	{ 0x0804, "RSA", "SHA256", true, true },
	{ 0x0805, "RSA", "SHA384", true, true },
	{ 0x0806, "RSA", "SHA512", true, true },
	{ 0x0403, "EC", "SHA256", false, false },
	{ 0x0503, "EC", "SHA384", false, false },
	{ 0x0603, "EC", "SHA512", false, false },
	{ 0x0807, "ED25519", NULL, false, true },
};

static bool
is_signature(const struct scheme *scheme, const struct blob *b,
    const uint8_t *signature, size_t len)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	bool good;

	good = EVP_DigestVerifyInit_ex(md, &ctx, scheme->digest, NULL, NULL,
		   public_key, NULL) == 1 &&
	    (!scheme->pss ||
		(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx,
			RSA_PSS_SALTLEN_DIGEST) > 0)) &&
	    EVP_DigestVerify(md, signature, len, b->bytes, b->len) == 1;
	EVP_MD_CTX_free(md);
	return (good);
}

static void
one_handshake(const struct scheme *scheme, const struct form *form)
{
	static struct msg m;
	const uint8_t *signature;
	struct session s;
	struct blob b;
	size_t len;

	form_make(form, &b);
	meet(&s);
	behave_until(&s, AT_HANDSHAKE);
	put_sign(&m, scheme->code, &b);
	say(&s, &m);
	await(&s, &m, MSG_SIGNATURE);
	s.signatures++;
	s.channel.phase = PHASE_DONE;
	signature = msg_get_rest(&m, &len);
	judge(is_signature(scheme, &b, signature, len), "no signature",
	    form->name, "");
	good_facts(&m, true);
	say(&s, &m);
	must_start(&s, titled("handshake", form->name, scheme->code),
	    "SSL_PROTOCOL=TLSv1.3");
}

static bool
fits(const struct scheme *scheme, const struct form *form)
{
	return (EVP_PKEY_is_a(public_key, scheme->key) == 1 &&
	    (form->kind != FORM_TLS13 || scheme->tls13 ||
		scheme->code == own_scheme(false)));
}

/*
 * Each fact as long as it may be, over as many messages as there may be.
 */
static void
longest_facts(void)
{
	static const char ones[FACT_MAX] = { [0 ... FACT_MAX - 1] = '1' };
	static struct msg m;
	struct session s;
	unsigned int id, n;

	meet(&s);
	behave_until(&s, AT_DONE);
	for (n = 1; n <= rows[MSG_FACTS].most; n++) {
		begin_facts(&m, n == rows[MSG_FACTS].most);
		for (id = 0; id < FACT_COUNT; id++)
			if (id % rows[MSG_FACTS].most == n - 1)
				put_fact(&m, id, ones, fact_rows[id].cap);
		say(&s, &m);
	}
	must_start(&s, "longest facts", "SSL_CIPHER_USEKEYSIZE=11111");
}

/*
 * What is free text is not refused; it becomes one variable, on one line.
 */
static void
free_text(void)
{
	static const char text[] = "x\nRELAYCLIENT=";
	static struct msg m;
	struct session s;
	char line[64];
	int id;

	for (id = 0; id < FACT_COUNT; id++) {
		if (!is_text(id))
			continue;
		snprintf(line, sizeof(line),
		    "%s=x\\0ARELAYCLIENT=", fact_rows[id].variable);
		meet(&s);
		behave_until(&s, AT_DONE);
		begin_facts(&m, true);
		put_fact(&m, (unsigned int)id, text, strlen(text));
		say(&s, &m);
		must_start(&s, fact_rows[id].name, line);
	}
}

/*
 * Behind the last FACTS nobody reads.
 */
static void
afterwards(void)
{
	static struct msg m;
	struct session s;
	int i;

	meet(&s);
	behave_until(&s, AT_DONE);
	good(&m, MSG_FACTS);
	say(&s, &m);
	good(&m, MSG_SIGN);
	for (i = 0; i < 4; i++)
		throw_msg(&s, &m, m.len);
	must_start(&s, "SIGN behind the last FACTS", NULL);
}

static void
group_well_behaved(void)
{
	size_t i, k;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		for (k = 0; k < sizeof(servers) / sizeof(servers[0]); k++)
			if (fits(&schemes[i], &servers[k]))
				one_handshake(&schemes[i], &servers[k]);
	longest_facts();
	free_text();
	afterwards();
}

/* ------------------------------------------------------------------- gone */

/*
 * NET leaves: nothing is wrong, and nothing goes on.
 */
static void
group_gone(void)
{
	const struct ended *e;
	struct session s;
	int point;

	for (point = AT_ONCE; point < POINTS; point++) {
		meet(&s);
		behave_until(&s, (enum point)point);
		shutdown(s.channel.fd, SHUT_WR);
		e = part(&s);
		attacks++;
		judge(e->in_time, "it goes on", point_names[point], e->log);
		judge(e->status == 0, "status", point_names[point], e->log);
		judge(e->app_len == 0, "started", point_names[point], e->log);
		judge(e->log[0] == '\0', "logged", point_names[point], e->log);
	}
}

/* -------------------------------------------------------------------- main */

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "well-behaved", group_well_behaved },
	{ "gone", group_gone },
	{ "phase", group_phase },
	{ "repeated", group_repeated },
	{ "long", group_long },
	{ "truncated", group_truncated },
	{ "trailing", group_trailing },
	{ "empty", group_empty },
	{ "descriptor", group_descriptor },
	{ "foreign", group_foreign },
	{ "scheme", group_scheme },
	{ "facts", group_facts },
};

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
	certificate = file == NULL ? NULL : PEM_read_X509(file, NULL, 0, NULL);
	public_key = X509_get0_pubkey(certificate);
	if (file == NULL || public_key == NULL)
		errx(2, "no certificate");
	fclose(file);
}

int
main(int argc, char *argv[])
{
	size_t i;

	if (argc < 2)
		errx(2, "which group?");
	prepare(argc - 1, argv + 1);
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].name, argv[1]) == 0)
			groups[i].run();
	printf("%d attacks, %d wrong\n", attacks, failures);
	return (attacks == 0 || failures > 0);
}

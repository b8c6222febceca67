/* SPDX-License-Identifier: ISC */
/*
 * tls-talk.c - a TLS client that does what it is told, step by step.
 *
 *	tls-talk [-C CA] [-v 1.2|1.3] [-n TIMES] [-j AT_ONCE] [-w USEC]
 *	    ADDRESS PORT STEP...
 *
 * ADDRESS is an IP address (with %zone) or the path of a socket; the
 * certificate must be localhost's.  -w: wait so long after each read.  With
 * -n and -j the whole talk is held so many times, so many at once.  Ends
 * with 1 and a reason at the first step that does not come out.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, PATIENCE_MS = 60000, QUIET_MS = 1000 };

static struct {
	const char *ca, *address, *port;
	int version; /* 0: the best */
	long times;
	unsigned int at_once, wait_us;
	char **steps;
	int step_count;
} plan = { .address = "", .times = 1, .at_once = 1 };

static SSL_CTX *tls;
static pthread_barrier_t *meeting;

struct talk {
	SSL *ssl;
	int fd;
	int rekeyed;	 /* KeyUpdates that came */
	const char *end; /* how the peer ended, once it has */
};

/* -------------------------------------------------------------- waiting */

static _Noreturn void
tls_failed(const char *what)
{
	char why[160];

	ERR_error_string_n(ERR_peek_last_error(), why, sizeof(why));
	errx(1, "%s: %s", what, why);
}

/*
 * False when nothing happened for so long.
 */
static bool
wait_for(struct talk *t, short events, int ms)
{
	struct pollfd p = { .fd = t->fd, .events = events };

	return (poll(&p, 1, ms) > 0);
}

static short
wanted(struct talk *t, int result)
{
	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return (POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return (POLLOUT);
	default:
		return (0);
	}
}

/*
 * How the peer ended, by what the library says of a read that failed.
 */
static const char *
end_of(struct talk *t, int result)
{
	unsigned long error = ERR_peek_error();

	if (SSL_get_error(t->ssl, result) == SSL_ERROR_ZERO_RETURN)
		return ("notify");
	if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return ("fin");
	if (ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET)
		return ("alert");
	if (errno == ECONNRESET || errno == EPIPE)
		return ("reset");
	return ("error");
}

/*
 * Bytes that came; 0: none yet, or (t->end) never again.
 */
static size_t
take(struct talk *t, uint8_t *to, size_t size)
{
	int n;

	if (t->end != NULL)
		return (0);
	ERR_clear_error();
	errno = 0;
	n = SSL_read(t->ssl, to, (int)size);
	if (n > 0) {
		if (plan.wait_us != 0)
			usleep(plan.wait_us);
		return ((size_t)n);
	}
	if (wanted(t, n) == 0)
		t->end = end_of(t, n);
	return (0);
}

static size_t
take_some(struct talk *t, uint8_t *to, size_t size)
{
	size_t n;

	while ((n = take(t, to, size)) == 0 && t->end == NULL)
		if (!wait_for(t, POLLIN, PATIENCE_MS))
			errx(1, "nothing came");
	return (n);
}

/*
 * Bytes that went, perhaps none.
 */
static size_t
give(struct talk *t, const uint8_t *from, size_t len)
{
	int n;

	ERR_clear_error();
	n = SSL_write(t->ssl, from, (int)len);
	if (n > 0)
		return ((size_t)n);
	if (wanted(t, n) == 0)
		tls_failed("write");
	return (0);
}

static void
give_all(struct talk *t, const uint8_t *from, size_t len)
{
	size_t n;

	while (len > 0) {
		n = give(t, from, len);
		if (n == 0 && !wait_for(t, POLLOUT, PATIENCE_MS))
			errx(1, "nothing is taken");
		from += n;
		len -= n;
	}
}

/* ---------------------------------------------------------------- bytes */

/*
 * What stands at this place of our stream: no block of it is like another.
 */
static void
pattern(uint8_t *to, uint64_t at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++, at++)
		to[i] = (uint8_t)((at * 0x9e3779b97f4a7c15 >> 32) ^ at >> 11);
}

struct stream {
	uint64_t sent, received, length;
	size_t piece; /* bytes of one write */
	bool is_echo; /* what comes must be what went */
	EVP_MD_CTX *out, *in;
};

static bool
stream_send(struct talk *t, struct stream *s)
{
	uint8_t bytes[CHUNK];
	uint64_t left = s->length - s->sent;
	size_t n = left < s->piece ? (size_t)left : s->piece;

	if (left == 0)
		return (false);
	pattern(bytes, s->sent, n);
	n = give(t, bytes, n);
	EVP_DigestUpdate(s->out, bytes, n);
	s->sent += n;
	return (n > 0);
}

static bool
stream_receive(struct talk *t, struct stream *s)
{
	static uint8_t bytes[CHUNK], expected[CHUNK];
	size_t n = take(t, bytes, sizeof(bytes));

	if (n == 0)
		return (t->end != NULL);
	if (s->is_echo) {
		pattern(expected, s->received, n);
		if (memcmp(bytes, expected, n) != 0)
			errx(1, "damaged near byte %ju",
			    (uintmax_t)s->received);
	}
	EVP_DigestUpdate(s->in, bytes, n);
	s->received += n;
	return (true);
}

static void
print_digest(const char *name, EVP_MD_CTX *md)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned int len, i;

	EVP_DigestFinal_ex(md, hash, &len);
	printf("%s=", name);
	for (i = 0; i < len; i++)
		printf("%02x", hash[i]);
	putchar('\n');
}

static bool
stream_is_over(const struct talk *t, const struct stream *s)
{
	if (s->is_echo)
		return (s->received == s->length);
	return (s->sent == s->length && t->end != NULL);
}

/*
 * Send and receive at once: an echo until all of it is back, anything else
 * until the peer ends.
 */
static void
stream_run(struct talk *t, struct stream *s)
{
	bool moved;

	s->out = EVP_MD_CTX_new();
	s->in = EVP_MD_CTX_new();
	EVP_DigestInit_ex(s->out, EVP_sha256(), NULL);
	EVP_DigestInit_ex(s->in, EVP_sha256(), NULL);
	while (!stream_is_over(t, s)) {
		/* a peer that has said all may still listen */
		if (t->end != NULL &&
		    (s->is_echo || strcmp(t->end, "notify") != 0))
			errx(1, "ended after %ju bytes by %s",
			    (uintmax_t)s->received, t->end);
		moved = stream_send(t, s);
		moved |= stream_receive(t, s);
		if (!moved &&
		    !wait_for(t,
			s->sent < s->length ? POLLIN | POLLOUT : POLLIN,
			PATIENCE_MS))
			errx(1, "stuck: %ju sent, %ju received",
			    (uintmax_t)s->sent, (uintmax_t)s->received);
	}
	if (!s->is_echo) {
		print_digest("sent", s->out);
		print_digest("received", s->in);
	}
	EVP_MD_CTX_free(s->out);
	EVP_MD_CTX_free(s->in);
}

/* ---------------------------------------------------------------- steps */

static uint64_t
number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (*text == '\0' || *end != '\0')
		errx(2, "%s: not a number", text);
	return (n);
}

static void
say(struct talk *t, const char *text)
{
	char line[4096];
	int len = snprintf(line, sizeof(line), "%s\n", text);

	give_all(t, (uint8_t *)line, (size_t)len);
}

static void
hear(struct talk *t, const char *text)
{
	char line[4096];
	size_t at = 0;

	do {
		if (at == sizeof(line) - 1 ||
		    take_some(t, (uint8_t *)line + at, 1) == 0)
			errx(1, "hear: %s: there was \"%.*s\", then %s", text,
			    (int)at, line, t->end == NULL ? "more" : t->end);
	} while (line[at++] != '\n');
	line[at - 1] = '\0';
	if (strcmp(line, text) != 0)
		errx(1, "hear: %s: there was \"%s\"", text, line);
}

static void
end(struct talk *t, const char *how)
{
	uint8_t bytes[CHUNK];
	size_t n;

	while ((n = take_some(t, bytes, sizeof(bytes))) > 0)
		fwrite(bytes, 1, n, stdout);
	fflush(stdout);
	if (strcmp(how, t->end) != 0)
		errx(1, "end: %s: it was %s", how, t->end);
}

static void
send_notify(struct talk *t, const char *none)
{
	(void)none;
	if (SSL_shutdown(t->ssl) < 0)
		tls_failed("notify");
}

static void
send_fin(struct talk *t, const char *none)
{
	(void)none;
	if (shutdown(t->fd, SHUT_WR) == -1)
		err(1, "fin");
}

static void
send_reset(struct talk *t, const char *none)
{
	struct linger at_once = { 1, 0 };

	(void)none;
	if (setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &at_once,
		sizeof(at_once)) == -1)
		err(1, "reset");
	close(t->fd);
	t->fd = -1;
}

/*
 * New keys for what we send, and (both) for what the peer does.  The next
 * write takes it along.
 */
static void
rekey(struct talk *t, const char *which)
{
	if (SSL_key_update(t->ssl,
		strcmp(which, "both") == 0 ? SSL_KEY_UPDATE_REQUESTED :
					     SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
		tls_failed("rekey");
}

static void
rekeyed(struct talk *t, const char *count)
{
	if ((uint64_t)t->rekeyed != number(count))
		errx(1, "rekeyed: %s: there were %d", count, t->rekeyed);
}

/*
 * The ClientHello of a second handshake goes out; the server says no.
 */
static void
renegotiate(struct talk *t, const char *none)
{
	int n;

	(void)none;
	if (SSL_renegotiate(t->ssl) != 1)
		tls_failed("renegotiate");
	while ((n = SSL_do_handshake(t->ssl)) != 1 && wanted(t, n) != 0 &&
	    wait_for(t, wanted(t, n), PATIENCE_MS))
		;
	if (n == 1)
		errx(1, "renegotiate: done");
}

/*
 * Send until nothing more is taken: back-pressure.
 */
static void
stuff(struct talk *t, const char *most)
{
	uint8_t bytes[CHUNK];
	uint64_t at = 0;
	size_t n;

	do {
		pattern(bytes, at, sizeof(bytes));
		n = give(t, bytes, sizeof(bytes));
		at += n;
		if (at > number(most))
			errx(1, "stuff: %s: more was taken", most);
	} while (n > 0 || wait_for(t, POLLOUT, QUIET_MS));
	printf("%ju\n", (uintmax_t)at);
}

/*
 * Go on sending what we like, to the end of time or of the peer.
 */
static void
flood(struct talk *t, const char *none)
{
	uint8_t bytes[CHUNK] = { 0 };

	(void)none;
	while (send(t->fd, bytes, sizeof(bytes), MSG_NOSIGNAL) != -1 ||
	    (errno == EAGAIN && wait_for(t, POLLOUT, PATIENCE_MS)))
		;
}

static void
both(struct talk *t, const char *length)
{
	struct stream s = { .length = number(length), .piece = CHUNK };

	stream_run(t, &s);
}

static void
echo(struct talk *t, const char *length)
{
	struct stream s = {
		.length = number(length), .piece = CHUNK, .is_echo = true
	};

	stream_run(t, &s);
}

static void
singles(struct talk *t, const char *length)
{
	struct stream s = {
		.length = number(length), .piece = 1, .is_echo = true
	};

	stream_run(t, &s);
}

/*
 * Somebody opens the FIFO for writing, and closes it.
 */
static void
await(struct talk *t, const char *fifo)
{
	char byte;
	int fd = open(fifo, O_RDONLY | O_CLOEXEC);

	(void)t;
	if (fd == -1)
		err(2, "await: %s", fifo);
	while (read(fd, &byte, 1) == 1)
		;
	close(fd);
}

static void
meet(struct talk *t, const char *none)
{
	(void)t;
	(void)none;
	pthread_barrier_wait(meeting);
}

static const struct step {
	const char *name;
	void (*run)(struct talk *, const char *);
	const char *what;
} steps[] = {
	{ "say", say, "=TEXT: send it as a line" },
	{ "hear", hear, "=TEXT: the next line is this" },
	{ "end", end, "=HOW: print what comes, until notify, fin, reset..." },
	{ "notify", send_notify, ": send close_notify" },
	{ "fin", send_fin, ": end our direction of the connection" },
	{ "reset", send_reset, ": break the connection" },
	{ "rekey", rekey, "=own|both: KeyUpdate" },
	{ "rekeyed", rekeyed, "=N: so many KeyUpdates came" },
	{ "renegotiate", renegotiate, ": ask for it, be refused" },
	{ "stuff", stuff, "=MOST: send until nothing more is taken" },
	{ "flood", flood, ": send without TLS until the connection ends" },
	{ "both", both, "=N: send N bytes, receive what comes, at once" },
	{ "echo", echo, "=N: send N bytes, receive the same" },
	{ "singles", singles, "=N: the same, a byte a write" },
	{ "await", await, "=FIFO: wait until somebody wrote to it" },
	{ "meet", meet, ": wait until all at once have come so far" },
};

static void
run_step(struct talk *t, const char *text)
{
	size_t i, len = strcspn(text, "=");

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strlen(steps[i].name) == len &&
		    memcmp(steps[i].name, text, len) == 0) {
			steps[i].run(t, text + len + (text[len] == '='));
			return;
		}
	errx(2, "%s: unknown step", text);
}

/* ----------------------------------------------------------- connection */

static int
connect_path(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", plan.address);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(1, "connect: %s", plan.address);
	return (fd);
}

static int
connect_address(void)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM },
			*to;
	int fd, on = 1;

	if (getaddrinfo(plan.address, plan.port, &hints, &to) != 0)
		errx(2, "%s: not an address", plan.address);
	fd = socket(to->ai_family, SOCK_STREAM, 0);
	if (fd == -1 || connect(fd, to->ai_addr, to->ai_addrlen) == -1)
		err(1, "connect: %s", plan.address);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	freeaddrinfo(to);
	return (fd);
}

static void
count_rekeys(int sent, int version, int type, const void *bytes, size_t len,
    SSL *ssl, void *argument)
{
	struct talk *t = argument;

	(void)version;
	(void)ssl;
	if (!sent && type == SSL3_RT_HANDSHAKE && len > 0 &&
	    *(const uint8_t *)bytes == SSL3_MT_KEY_UPDATE)
		t->rekeyed++;
}

static void
shake_hands(struct talk *t)
{
	int n;

	t->ssl = SSL_new(tls);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, t->fd) != 1 ||
	    SSL_set1_host(t->ssl, "localhost") != 1 ||
	    SSL_set_tlsext_host_name(t->ssl, "localhost") != 1)
		tls_failed("TLS");
	SSL_set_msg_callback(t->ssl, count_rekeys);
	SSL_set_msg_callback_arg(t->ssl, t);
	fcntl(t->fd, F_SETFL, O_NONBLOCK);
	while ((n = SSL_connect(t->ssl)) != 1) {
		if (wanted(t, n) == 0)
			tls_failed("handshake");
		if (!wait_for(t, wanted(t, n), PATIENCE_MS))
			errx(1, "handshake: nothing came");
	}
}

static void
hold_talk(void)
{
	struct talk t = { .fd = -1 };
	int i;

	t.fd = plan.address[0] == '/' ? connect_path() : connect_address();
	shake_hands(&t);
	for (i = 0; i < plan.step_count; i++)
		run_step(&t, plan.steps[i]);
	SSL_free(t.ssl);
	if (t.fd != -1)
		close(t.fd);
}

/* ----------------------------------------------------------------- main */

static void
prepare(void)
{
	pthread_barrierattr_t shared;

	tls = SSL_CTX_new(TLS_client_method());
	if (tls == NULL ||
	    SSL_CTX_load_verify_locations(tls, plan.ca, NULL) != 1)
		tls_failed(plan.ca);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_min_proto_version(tls, plan.version);
	SSL_CTX_set_max_proto_version(tls, plan.version);
	SSL_CTX_set_mode(tls,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

	meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE,
	    /* cppcheck-suppress invalidFunctionArg -- mmap(2) wants it */
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (meeting == MAP_FAILED)
		err(2, "mmap");
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(meeting, &shared, plan.at_once);
}

static void
start_worker(void)
{
	long i;

	switch (fork()) {
	case -1:
		err(2, "fork");
	case 0:
		for (i = 0; i < plan.times / plan.at_once; i++)
			hold_talk();
		exit(0);
	default:
		break;
	}
}

static int
hold_many(void)
{
	unsigned int i;
	int status, failed = 0;

	for (i = 0; i < plan.at_once; i++)
		start_worker();
	while (wait(&status) != -1)
		failed += status != 0;
	return (failed == 0 ? 0 : 1);
}

static _Noreturn void
usage(void)
{
	size_t i;

	fputs("usage: tls-talk [-C CA] [-v 1.2|1.3] [-n TIMES] [-j AT_ONCE] "
	      "[-w USEC] ADDRESS PORT STEP...\n",
	    stderr);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		fprintf(stderr, "\t%s%s\n", steps[i].name, steps[i].what);
	exit(2);
}

static void
read_arguments(int argc, char *argv[])
{
	int letter;

	while ((letter = getopt(argc, argv, "+C:v:n:j:w:")) != -1)
		switch (letter) {
		case 'C':
			plan.ca = optarg;
			break;
		case 'v':
			plan.version = strcmp(optarg, "1.2") == 0 ?
			    TLS1_2_VERSION :
			    TLS1_3_VERSION;
			break;
		case 'n':
			plan.times = (long)number(optarg);
			break;
		case 'j':
			plan.at_once = (unsigned int)number(optarg);
			break;
		case 'w':
			plan.wait_us = (unsigned int)number(optarg);
			break;
		default:
			usage();
		}
	if (argc - optind < 2 || plan.ca == NULL || plan.at_once == 0)
		usage();
	plan.address = argv[optind];
	plan.port = argv[optind + 1];
	plan.steps = argv + optind + 2;
	plan.step_count = argc - optind - 2;
}

int
main(int argc, char *argv[])
{
	read_arguments(argc, argv);
	/* a library that sends an alert behind our FIN is no reason to die */
	signal(SIGPIPE, SIG_IGN);
	prepare();
	if (plan.times > 1 || plan.at_once > 1)
		return (hold_many());
	hold_talk();
	return (0);
}

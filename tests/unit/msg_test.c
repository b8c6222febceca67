/* SPDX-License-Identifier: ISC */
/*
 * msg_test.c - fields that fail closed, and the gate.
 */
#include "msg.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "exit.h"
#include "log.h"

static const struct row {
	const char *name;
	enum msg_side from, to;
	enum msg_phase phase;
	uint16_t most;
	size_t cap;
} rows[MSG_TYPES] = {
#define MSG(name, from, to, phase, most, cap)                                  \
	[MSG_##name] = { #name, SIDE_##from, SIDE_##to, PHASE_##phase, most,   \
		cap },
#include "msg.def"
#undef MSG
};

static struct msg m;

/* ---------------------------------------------------------------- fields */

CASE(what_is_put_is_got)
{
	char text[8];
	size_t len;

	msg_begin(&m, MSG_HELLO);
	msg_put_u8(&m, 0xfe);
	msg_put_u16(&m, 0xfedc);
	msg_put_u32(&m, 0xfedcba98);
	msg_put_string(&m, "string");
	msg_put_block(&m, "bl\0ck", 5);
	msg_put_rest(&m, "rest", 4);
	CHECK(!m.bad);

	CHECK(msg_get_u8(&m) == 0xfe);
	CHECK(msg_get_u16(&m) == 0xfedc);
	CHECK(msg_get_u32(&m) == 0xfedcba98);
	msg_get_string(&m, text, sizeof(text));
	CHECK_STR(text, "string");
	CHECK(memcmp(msg_get_block(&m, &len), "bl\0ck", 5) == 0 && len == 5);
	CHECK(!msg_complete(&m));
	CHECK(memcmp(msg_get_rest(&m, &len), "rest", 4) == 0 && len == 4);
	CHECK(msg_complete(&m));
}

CASE(numbers_are_big_endian)
{
	static const uint8_t wanted[] = { 1, 2, 3, 4, 5, 6, 7 };

	msg_begin(&m, MSG_HELLO);
	msg_put_u8(&m, 1);
	msg_put_u16(&m, 0x0203);
	msg_put_u32(&m, 0x04050607);
	CHECK(m.len == 7 && memcmp(m.body, wanted, 7) == 0);
}

CASE(past_the_end_there_is_nothing_and_the_message_stays_bad)
{
	char text[8] = "before";
	size_t len = 7;

	msg_begin(&m, MSG_HELLO);
	msg_put_u8(&m, 0xff);
	CHECK(msg_get_u16(&m) == 0 && m.bad);
	CHECK(msg_get_u8(&m) == 0);
	CHECK(msg_get_u32(&m) == 0);
	CHECK(msg_get_block(&m, &len) == NULL && len == 0);
	len = 7;
	CHECK(msg_get_rest(&m, &len) == NULL && len == 0);
	msg_get_string(&m, text, sizeof(text));
	CHECK_STR(text, "");
	CHECK(!msg_complete(&m));
}

CASE(a_block_longer_than_the_message_is_bad)
{
	size_t len;

	msg_begin(&m, MSG_HELLO);
	msg_put_u16(&m, 5);
	msg_put_rest(&m, "four", 4);
	CHECK(msg_get_block(&m, &len) == NULL && len == 0 && m.bad);

	msg_begin(&m, MSG_HELLO);
	msg_put_u16(&m, UINT16_MAX);
	CHECK(msg_get_block(&m, &len) == NULL && m.bad);
}

CASE(a_string_that_does_not_fit_is_bad)
{
	char text[4];

	msg_begin(&m, MSG_HELLO);
	msg_put_string(&m, "abc");
	msg_get_string(&m, text, sizeof(text));
	CHECK_STR(text, "abc");
	CHECK(!m.bad);

	msg_begin(&m, MSG_HELLO);
	msg_put_string(&m, "abcd");
	msg_get_string(&m, text, sizeof(text));
	CHECK_STR(text, "");
	CHECK(m.bad);
}

CASE(a_string_with_a_NUL_is_bad)
{
	char text[8];

	msg_begin(&m, MSG_HELLO);
	msg_put_block(&m, "a\0b", 3);
	msg_get_string(&m, text, sizeof(text));
	CHECK_STR(text, "");
	CHECK(m.bad);
}

CASE(an_empty_rest_is_there)
{
	size_t len = 7;

	msg_begin(&m, MSG_HELLO);
	CHECK(msg_get_rest(&m, &len) != NULL && len == 0);
	CHECK(msg_complete(&m));
}

CASE(more_than_a_body_holds_is_bad)
{
	static const uint8_t much[UINT16_MAX + 1];

	msg_begin(&m, MSG_CHAIN);
	msg_put_rest(&m, much, MSG_BODY_MAX);
	CHECK(!m.bad && m.len == MSG_BODY_MAX);
	msg_put_u8(&m, 1);
	CHECK(m.bad && m.len == MSG_BODY_MAX);

	msg_begin(&m, MSG_CHAIN);
	msg_put_rest(&m, much, SIZE_MAX);
	CHECK(m.bad && m.len == 0);

	msg_begin(&m, MSG_CHAIN);
	msg_put_block(&m, much, sizeof(much));
	CHECK(m.bad && m.len == 0);
}

/* ------------------------------------------------------------------ gate */

static void
open_channels(struct channel *net, struct channel *keeper)
{
	int fd[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd) == 0);
	*net = (struct channel){ .fd = fd[0], .self = SIDE_NET };
	*keeper = (struct channel){ .fd = fd[1], .self = SIDE_KEEPER };
}

static enum channel_result
receive(struct channel *ch)
{
	return (channel_receive(ch, &m, deadline_now()));
}

/*
 * How a process ends that sends this.
 */
static int
status_of_sender(const struct channel *ch, int type, size_t len)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct channel copy = *ch;

		msg_begin(&m, (enum msg_type)type);
		m.len = len;
		_exit(channel_send(&copy, &m) == 0 ? 0 : 1);
	}
	CHECK(pid != -1 && waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

CASE(every_message_has_the_name_of_its_row)
{
	int type;

	for (type = 0; type < MSG_TYPES; type++)
		CHECK_STR(msg_name((enum msg_type)type), rows[type].name);
	CHECK_STR(msg_name(MSG_TYPES), "unknown");
	CHECK_STR(msg_name((enum msg_type) - 1), "unknown");
}

CASE(every_message_passes_as_often_and_as_long_as_its_row_says)
{
	struct channel net, keeper, *from, *to;
	int type, n;

	for (type = 0; type < MSG_TYPES; type++) {
		open_channels(&net, &keeper);
		from = rows[type].from == SIDE_NET ? &net : &keeper;
		to = rows[type].to == SIDE_NET ? &net : &keeper;
		from->phase = to->phase = rows[type].phase;
		for (n = 0; n < rows[type].most; n++) {
			msg_begin(&m, (enum msg_type)type);
			m.len = rows[type].cap;
			CHECK(channel_send(from, &m) == 0);
			CHECK(receive(to) == CHANNEL_MESSAGE);
			CHECK(m.type == (enum msg_type)type);
			CHECK(m.len == rows[type].cap);
		}
		CHECK(status_of_sender(from, type, 0) == EXIT_SYSTEM);
		from->seen[type] = 0;
		msg_begin(&m, (enum msg_type)type);
		CHECK(channel_send(from, &m) == 0);
		CHECK(receive(to) == CHANNEL_BROKEN);
		close(net.fd);
		close(keeper.fd);
	}
}

static bool
belongs(int type, int phase)
{
	return (rows[type].phase == PHASE_ANY ||
	    rows[type].phase == (enum msg_phase)phase);
}

CASE(no_other_message_can_be_sent)
{
	struct channel net, keeper, *from, *wrong;
	int type, phase;

	for (type = 0; type < MSG_TYPES; type++) {
		open_channels(&net, &keeper);
		from = rows[type].from == SIDE_NET ? &net : &keeper;
		wrong = rows[type].from == SIDE_NET ? &keeper : &net;
		for (phase = PHASE_START; phase <= PHASE_DONE; phase++) {
			from->phase = wrong->phase = (enum msg_phase)phase;
			CHECK(status_of_sender(wrong, type, 0) == EXIT_SYSTEM);
			CHECK(status_of_sender(from, type, 0) ==
			    (belongs(type, phase) ? 0 : EXIT_SYSTEM));
		}
		from->phase = rows[type].phase;
		CHECK(status_of_sender(from, type, rows[type].cap + 1) ==
		    EXIT_SYSTEM);
		close(net.fd);
		close(keeper.fd);
	}
}

CASE(no_other_message_is_received)
{
	struct channel net, keeper;
	unsigned int type;
	int phase;

	for (type = 0; type < 256; type++)
		for (phase = PHASE_START; phase <= PHASE_DONE; phase++) {
			uint8_t byte = (uint8_t)type;
			bool allowed = type < MSG_TYPES &&
			    rows[type].to == SIDE_KEEPER &&
			    belongs((int)type, phase);

			open_channels(&net, &keeper);
			keeper.phase = (enum msg_phase)phase;
			CHECK(send(net.fd, &byte, 1, 0) == 1);
			CHECK(receive(&keeper) ==
			    (allowed ? CHANNEL_MESSAGE : CHANNEL_BROKEN));
			close(net.fd);
			close(keeper.fd);
		}
}

CASE(a_message_that_was_made_too_long_cannot_be_sent)
{
	struct channel net, keeper;
	pid_t pid;
	int status;

	open_channels(&net, &keeper);
	net.phase = PHASE_HELLO;
	pid = fork();
	if (pid == 0) {
		msg_begin(&m, MSG_HELLO);
		m.bad = true;
		channel_send(&net, &m);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SYSTEM);
}

CASE(a_message_longer_than_any_body_is_not_received)
{
	static uint8_t datagram[1 + MSG_BODY_MAX + 1] = { MSG_CHAIN };
	struct channel net, keeper;

	CHECK(rows[MSG_CHAIN].cap == MSG_BODY_MAX);
	open_channels(&net, &keeper);
	net.phase = PHASE_HELLO;
	CHECK(send(keeper.fd, datagram, sizeof(datagram) - 1, 0) > 0);
	CHECK(receive(&net) == CHANNEL_MESSAGE);
	CHECK(send(keeper.fd, datagram, sizeof(datagram), 0) > 0);
	CHECK(receive(&net) == CHANNEL_BROKEN);
}

/* --------------------------------------------------------------- the ends */

CASE(the_other_end_is_told_from_a_message_of_no_bytes)
{
	struct channel net, keeper;

	open_channels(&net, &keeper);
	CHECK(send(net.fd, "", 0, 0) == 0);
	CHECK(receive(&keeper) == CHANNEL_BROKEN);
	shutdown(net.fd, SHUT_WR);
	CHECK(receive(&keeper) == CHANNEL_GONE);

	open_channels(&net, &keeper);
	close(net.fd);
	CHECK(receive(&keeper) == CHANNEL_GONE);
	CHECK(channel_receive(&keeper, &m, 0) == CHANNEL_GONE);
	msg_begin(&m, MSG_START);
	CHECK(channel_send(&keeper, &m) == -1);
}

CASE(a_message_that_does_not_come_is_late)
{
	struct channel net, keeper;

	open_channels(&net, &keeper);
	CHECK(receive(&keeper) == CHANNEL_LATE);
	CHECK(channel_receive(&keeper, &m, deadline_in(20)) == CHANNEL_LATE);
}

static const struct check_case cases[] = { C(what_is_put_is_got),
	C(numbers_are_big_endian),
	C(past_the_end_there_is_nothing_and_the_message_stays_bad),
	C(a_block_longer_than_the_message_is_bad),
	C(a_string_that_does_not_fit_is_bad), C(a_string_with_a_NUL_is_bad),
	C(an_empty_rest_is_there), C(more_than_a_body_holds_is_bad),
	C(every_message_has_the_name_of_its_row),
	C(every_message_passes_as_often_and_as_long_as_its_row_says),
	C(no_other_message_can_be_sent), C(no_other_message_is_received),
	C(a_message_that_was_made_too_long_cannot_be_sent),
	C(a_message_longer_than_any_body_is_not_received),
	C(the_other_end_is_told_from_a_message_of_no_bytes),
	C(a_message_that_does_not_come_is_late), { 0 } };
RUN(cases)

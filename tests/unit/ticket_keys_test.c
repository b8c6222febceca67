/* SPDX-License-Identifier: ISC */
/*
 * ticket_keys_test.c - the file of master keys, and what is made of one.
 */
#include "ticket_keys.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "complaint.h"
#include "library.h"

#define FIRST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SECOND                                                                 \
	"f0E1d2C3b4A5968778695a4B3c2D1e0Ff0e1d2c3b4a5968778695a4b3c2d1e0f"

static struct ticket_keys keys;
static struct complaint complaint;

/*
 * Read a file of this mode with these bytes.
 */
static int
read_bytes(const char *bytes, size_t len, mode_t mode)
{
	char path[] = "/tmp/ticket_keys_test.XXXXXX";
	int fd = mkstemp(path), result;

	CHECK(fd != -1 && fchmod(fd, mode) == 0);
	CHECK(write(fd, bytes, len) == (ssize_t)len);
	close(fd);
	complaint.text[0] = '\0';
	memset(&keys, 0xff, sizeof(keys));
	result = ticket_keys_read(&keys, path, &complaint);
	unlink(path);
	return (result);
}

static int
read_text(const char *text)
{
	return (read_bytes(text, strlen(text), 0640));
}

/*
 * The file is refused, the complaint says this and no word of the key.
 */
static void
refused(int result, const char *why)
{
	static const struct ticket_keys none;

	CHECK(result == -1);
	CHECK(memcmp(&keys, &none, sizeof(keys)) == 0);
	if (strstr(complaint.text, why) == NULL)
		CHECK_STR(complaint.text, why);
	CHECK(strstr(complaint.text, "ticket keys: /tmp/") == complaint.text);
	CHECK(strstr(complaint.text, "0001") == NULL);
}

static bool
is_hex(const uint8_t *bytes, size_t len, const char *hex)
{
	char text[2 * 64 + 1] = "";
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return (strcmp(text, hex) == 0);
}

CASE(a_key_a_line_between_comments_and_blanks)
{
	CHECK(read_text("# newest first\n\n  " FIRST "\t# of Monday\r\n" SECOND
			"\n") == 0);
	CHECK(keys.count == 2);
	CHECK(is_hex(keys.master[0], TICKET_MASTER_LEN, FIRST));
	CHECK(keys.master[1][0] == 0xf0 && keys.master[1][1] == 0xe1 &&
	    keys.master[1][31] == 0x0f);
	/* the last newline may be lacking */
	CHECK(read_text(FIRST) == 0 && keys.count == 1);
}

CASE(what_is_not_wholly_keys_is_no_key_file)
{
	refused(read_text(""), "no key in it: write it anew with");
	refused(read_text("# nothing\n\n"), "no key in it");
	refused(read_text(FIRST "\n" FIRST "0\n"), "key 2: not 64 hex");
	refused(read_text(FIRST "\n0001\n"), "key 2: not 64 hex");
	refused(read_text(FIRST " " SECOND "\n"), "key 1: not 64 hex");
	refused(read_text("0001\n" FIRST), "key 1: not 64 hex");
	refused(read_text("g" FIRST "\n"), "key 1: not 64 hex");
	refused(read_text(FIRST "\n0x" SECOND "\n"), "key 2: not 64 hex");
	refused(read_bytes(FIRST "\0\n", 66, 0600), "key 1: not 64 hex");
}

CASE(sixteen_keys_and_no_more)
{
	char text[17 * (sizeof(FIRST))] = "";
	int i;

	for (i = 0; i < TICKET_KEYS_MAX; i++)
		strcat(text, FIRST "\n");
	CHECK(read_text(text) == 0 && keys.count == TICKET_KEYS_MAX);
	strcat(text, FIRST);
	refused(read_text(text), "more than 16 keys");
}

CASE(a_file_that_others_have_rights_to_is_refused)
{
	CHECK(read_bytes(FIRST, 64, 0440) == 0);
	CHECK(read_bytes(FIRST, 64, 0660) == 0);
	refused(read_bytes(FIRST, 64, 0644), "(mode 0644): chmod o=");
	refused(read_bytes(FIRST, 64, 0602), "(mode 0602): chmod o=");
	refused(read_bytes(FIRST, 64, 0601), "(mode 0601): chmod o=");
}

CASE(what_is_no_file_of_keys_is_told)
{
	char large[9000];

	memset(large, '\n', sizeof(large));
	refused(read_bytes(large, sizeof(large), 0600), "larger than");
	CHECK(ticket_keys_read(&keys, "/nonexistent", &complaint) == -1);
	CHECK_STR(complaint.text,
	    "ticket keys: /nonexistent: No such file or directory");
	CHECK(ticket_keys_read(&keys, "/dev/zero", &complaint) == -1);
	CHECK_STR(complaint.text, "ticket keys: /dev/zero: not a regular file");
	CHECK(keys.count == 0);
}

/* reckoned with another implementation of RFC 5869 */
CASE(the_keys_to_a_ticket_are_those_of_every_other_machine)
{
	struct ticket_key key = { .name = { 0 } };

	library_start();
	CHECK(read_text(FIRST "\n") == 0);
	memcpy(key.name, "\xf3\x92\x5d\x32", 4);
	memcpy(key.name + 4, "\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab",
	    12);
	CHECK(ticket_keys_open(&keys, &key) == TICKET_GOOD);
	CHECK(is_hex(key.cipher, sizeof(key.cipher),
	    "aa04d85eb70da5a23260089bbd16e383dd958e510f5748b313db16f5474eca85"));
	CHECK(is_hex(key.mac, sizeof(key.mac),
	    "8aa54c3ba1b7828a2cbe42710df061f1c84b7199769bad5bfe810e10e4609c99"));
}

CASE(what_the_first_key_sealed_opens_in_any_place_of_the_file)
{
	struct ticket_key sealed, opened = { .name = { 0 } };

	library_start();
	CHECK(read_text(FIRST) == 0);
	CHECK(ticket_keys_seal(&keys, &sealed) == TICKET_GOOD);
	memcpy(opened.name, sealed.name, sizeof(opened.name));
	CHECK(ticket_keys_open(&keys, &opened) == TICKET_GOOD);
	CHECK(memcmp(&opened, &sealed, sizeof(opened)) == 0);

	/* rotated */
	CHECK(read_text(SECOND "\n" FIRST) == 0);
	memset(opened.cipher, 0, sizeof(opened.cipher));
	CHECK(ticket_keys_open(&keys, &opened) == TICKET_RENEW);
	CHECK(memcmp(&opened, &sealed, sizeof(opened)) == 0);
	CHECK(read_text(SECOND) == 0);
	CHECK(ticket_keys_open(&keys, &opened) == TICKET_UNKNOWN);
}

CASE(no_two_tickets_have_the_same_keys)
{
	struct ticket_key one, other;

	library_start();
	CHECK(read_text(FIRST "\n" SECOND) == 0);
	CHECK(ticket_keys_seal(&keys, &one) == TICKET_GOOD);
	CHECK(ticket_keys_seal(&keys, &other) == TICKET_GOOD);
	CHECK(memcmp(one.name, other.name, 4) == 0);
	CHECK(memcmp(one.name, other.name, sizeof(one.name)) != 0);
	CHECK(memcmp(one.cipher, other.cipher, sizeof(one.cipher)) != 0);
	CHECK(memcmp(one.mac, other.mac, sizeof(one.mac)) != 0);
	CHECK(memcmp(one.cipher, one.mac, sizeof(one.mac)) != 0);
}

CASE(wiped_keys_are_no_keys)
{
	static const struct ticket_keys none;
	struct ticket_key key;

	library_start();
	CHECK(read_text(FIRST) == 0);
	ticket_keys_wipe(&keys);
	CHECK(memcmp(&keys, &none, sizeof(keys)) == 0);
	CHECK(ticket_keys_seal(&keys, &key) == TICKET_UNKNOWN);
	CHECK(ticket_keys_open(&keys, &key) == TICKET_UNKNOWN);
}

static const struct check_case cases[] = {
	C(a_key_a_line_between_comments_and_blanks),
	C(what_is_not_wholly_keys_is_no_key_file), C(sixteen_keys_and_no_more),
	C(a_file_that_others_have_rights_to_is_refused),
	C(what_is_no_file_of_keys_is_told),
	C(the_keys_to_a_ticket_are_those_of_every_other_machine),
	C(what_the_first_key_sealed_opens_in_any_place_of_the_file),
	C(no_two_tickets_have_the_same_keys), C(wiped_keys_are_no_keys), { 0 }
};
RUN(cases)

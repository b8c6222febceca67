/* SPDX-License-Identifier: ISC */
/*
 * ticket_keys.h - the master keys that session tickets are sealed under.
 *
 * Only the KEEPER ever has them.  A ticket has a name, 4 bytes of its master
 * key's id and 12 random ones; NET gets the two keys derived for that name,
 * which open that ticket and no other.
 *
 * The file is text: a key a line, 64 hexadecimal digits, newest first.  The
 * first seals, all open.  Empty lines and # comments do not count.
 */
#ifndef SHIM_TICKET_KEYS_H
#define SHIM_TICKET_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct complaint;

enum {
	TICKET_KEYS_MAX = 16,
	TICKET_MASTER_LEN = 32,
	TICKET_NAME_LEN = 16,	/* RFC 5077, 4 */
	TICKET_CIPHER_LEN = 32, /* AES-256-CBC */
	TICKET_MAC_LEN = 32	/* HMAC-SHA256 */
};

struct ticket_keys {
	size_t count; /* 0: no tickets */
	uint8_t master[TICKET_KEYS_MAX][TICKET_MASTER_LEN];
};

/* what one ticket is sealed with */
struct ticket_key {
	uint8_t name[TICKET_NAME_LEN];
	uint8_t cipher[TICKET_CIPHER_LEN], mac[TICKET_MAC_LEN];
};

/* what NET asks for, and how often in a connection */
enum ticket_question { TICKET_SEAL, TICKET_OPEN };
enum { TICKET_SEALS_MAX = 1, TICKET_OPENS_MAX = 2 };

enum ticket_answer {
	TICKET_UNKNOWN,
	TICKET_GOOD,
	TICKET_RENEW /* good, but under a master key that is not the first */
};

/*
 * Read the file with the rights of SSL_USER.  0, or -1 with a complaint; then
 * there are no keys.
 */
int
ticket_keys_read(struct ticket_keys *, const char *path, struct complaint *);

/*
 * A fresh name, and the keys to seal a ticket with.  TICKET_UNKNOWN if there
 * is no master key or the library fails.
 */
enum ticket_answer
ticket_keys_seal(const struct ticket_keys *, struct ticket_key *);

/*
 * The keys to the ticket of key->name.
 */
enum ticket_answer
ticket_keys_open(const struct ticket_keys *, struct ticket_key *key);

/*
 * Forget the master keys.
 */
void ticket_keys_wipe(struct ticket_keys *);

#endif

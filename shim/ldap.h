/* SPDX-License-Identifier: ISC */
/*
 * ldap.h - as much of LDAP's PDUs (RFC 4511) as a conversation before TLS
 * needs.
 *
 * Runs in NET, inside the jail.
 */
#ifndef SHIM_LDAP_H
#define SHIM_LDAP_H

#include <stdbool.h>
#include <stdint.h>

#include "der.h"
#include "der_out.h"

/* protocolOp: its tag is [APPLICATION n] */
enum ldap_op {
	LDAP_BIND_REQUEST = 0x60,
	LDAP_BIND_RESPONSE = 0x61,
	LDAP_UNBIND_REQUEST = 0x42,
	LDAP_SEARCH_REQUEST = 0x63,
	LDAP_SEARCH_ENTRY = 0x64,
	LDAP_SEARCH_DONE = 0x65,
	LDAP_MODIFY_REQUEST = 0x66,
	LDAP_MODIFY_RESPONSE = 0x67,
	LDAP_ADD_REQUEST = 0x68,
	LDAP_ADD_RESPONSE = 0x69,
	LDAP_DELETE_REQUEST = 0x4a,
	LDAP_DELETE_RESPONSE = 0x6b,
	LDAP_MODIFY_DN_REQUEST = 0x6c,
	LDAP_MODIFY_DN_RESPONSE = 0x6d,
	LDAP_COMPARE_REQUEST = 0x6e,
	LDAP_COMPARE_RESPONSE = 0x6f,
	LDAP_ABANDON_REQUEST = 0x50,
	LDAP_EXTENDED_REQUEST = 0x77,
	LDAP_EXTENDED_RESPONSE = 0x78
};

/* resultCode (RFC 4511, appendix A) */
enum ldap_code {
	LDAP_SUCCESS = 0,
	LDAP_OPERATIONS_ERROR = 1,
	LDAP_PROTOCOL_ERROR = 2,
	LDAP_ADMIN_LIMIT_EXCEEDED = 11,
	LDAP_UNAVAILABLE_CRITICAL_EXTENSION = 12,
	LDAP_CONFIDENTIALITY_REQUIRED = 13,
	LDAP_UNAVAILABLE = 52
};

/* LDAPMessage (4.1.1) */
struct ldap_pdu {
	uint32_t id;
	unsigned int op;     /* an enum ldap_op, or none that is known */
	struct der body;     /* what the operation has inside */
	struct der controls; /* what is in [0]; none: empty */
	struct der behind;   /* the operation: to the end, controls too */
};

/*
 * False if the bytes are not one PDU and nothing more.
 */
bool ldap_pdu_read(struct der, struct ldap_pdu *);

/*
 * Of a PDU of which only the beginning is here: id and op.  LDAP_PEEK bytes
 * are enough.
 */
enum { LDAP_PEEK = 32 };
bool ldap_pdu_peek(struct der, struct ldap_pdu *);

/*
 * Is there a control that whoever does not know it must not pass by (4.1.11)?
 * We know none.
 */
bool ldap_has_critical(const struct ldap_pdu *);

/*
 * The operation that ends the answer to this request; 0: there is no such
 * request, or none that is answered.
 */
unsigned int ldap_response_to(unsigned int op);

/* a request that is told apart by what is in it; false: it is malformed */
struct ldap_bind {
	bool has_secret; /* SASL, or a password that is not empty */
};
struct ldap_extended {
	struct der name;
	bool has_value;
};
struct ldap_search {
	bool of_root_dse; /* RFC 4512, 5.1: base "", this object alone */
	bool by_presence; /* (objectClass=*) */
	bool types_only;
	struct der attributes;
};
bool ldap_bind_read(struct der body, struct ldap_bind *);
bool ldap_extended_read(struct der body, struct ldap_extended *);
bool ldap_search_read(struct der body, struct ldap_search *);

/*
 * Put a whole PDU before what is there: LDAPResult with this operation's tag;
 * name: responseName, or NULL.
 */
struct ldap_result {
	uint32_t id;
	unsigned int op;
	enum ldap_code code;
	const char *text;
	const char *name;
};
void ldap_put_result(struct der_out *, const struct ldap_result *);

/* ------------------------------------------- the root DSE (RFC 4512, 5.1) */

#define LDAP_OID_STARTTLS "1.3.6.1.4.1.1466.20037"	   /* RFC 4511, 4.14 */
#define LDAP_OID_PASSWORD_MODIFY "1.3.6.1.4.1.4203.1.11.1" /* RFC 3062 */

/*
 * Put ours, a whole PDU, with what the search asks for, before what is there.
 */
void
ldap_put_root_dse(struct der_out *, uint32_t id, const struct ldap_search *);

/*
 * Does the search ask for supportedExtension, with its values?
 */
bool ldap_wants_extensions(const struct ldap_search *);

/*
 * Put the application's, with StartTLS among its extensions.  False if it is
 * there already, or if the entry is malformed.
 */
bool ldap_put_extended_root_dse(struct der_out *, const struct ldap_pdu *);

/* the same bytes; the same but for case */
bool ldap_is_text(struct der, const char *);
bool ldap_is_name(struct der, const char *);

#endif

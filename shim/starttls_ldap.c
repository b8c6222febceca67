/* SPDX-License-Identifier: ISC */
/*
 * starttls_ldap.c - LDAP before TLS (RFC 4511, 4.14; RFC 4513, 3).
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody.
 * Refuses:  passwords in clear text, and StartTLS while an answer is awaited.
 */
#include "dialog.h"
#include "ldap.h"
#include "protocols.h"

enum {
	PDU_MAX = 16384,    /* of the peer's */
	APP_PDU_MAX = 8192, /* of the application's; longer ones pass unread */
	SAY_MAX = APP_PDU_MAX + 256
};

#define NOTICE_OF_DISCONNECTION "1.3.6.1.4.1.1466.20036" /* RFC 4511, 4.4.1 */

/*
 * dialog.mode: the messageID of the forwarded request, or of StartTLS.
 * dialog.answers: the operation that ends the answer to that request.
 * dialog.flag: it is a search that finds the root DSE, to be extended.
 */

/* ------------------------------------------------------------------ saying */

static void
say_result(struct dialog *d, const struct ldap_result *result)
{
	uint8_t bytes[DIALOG_SAY_MAX / 2];
	struct der_out o;

	der_out_begin(&o, bytes, sizeof(bytes));
	ldap_put_result(&o, result);
	dialog_say_bytes(d, der_out_all(&o).at, der_out_all(&o).len);
}

static enum dialog_next
answer(struct dialog *d, const struct ldap_pdu *pdu, enum ldap_code code,
    const char *text)
{
	say_result(d,
	    &(struct ldap_result){ .id = pdu->id,
		.op = ldap_response_to(pdu->op),
		.code = code,
		.text = text });
	return (DIALOG_ANSWERED);
}

static enum dialog_next
answer_starttls(struct dialog *d, enum ldap_code code, const char *text)
{
	say_result(d,
	    &(struct ldap_result){ .id = d->mode,
		.op = LDAP_EXTENDED_RESPONSE,
		.code = code,
		.text = text,
		.name = LDAP_OID_STARTTLS });
	return (DIALOG_ANSWERED);
}

static void
say_goodbye(struct dialog *d, enum ldap_code code, const char *text)
{
	say_result(d,
	    &(struct ldap_result){ .op = LDAP_EXTENDED_RESPONSE,
		.code = code,
		.text = text,
		.name = NOTICE_OF_DISCONNECTION });
}

/*
 * 4.1.1: a malformed request ends the connection, with a notice.
 */
static enum dialog_next
leave(struct dialog *d)
{
	say_goodbye(d, LDAP_PROTOCOL_ERROR, "not an LDAP request");
	return (DIALOG_CLOSE);
}

/* --------------------------------------------------------------- the peer's */

static size_t
unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	size_t size = der_size((struct der){ bytes, len });

	(void)d;
	if (bytes[0] != DER_SEQUENCE || (size != DER_BAD && size > PDU_MAX))
		return (UNIT_BAD);
	if (size == 0 || size == DER_BAD)
		return (size == 0 ? UNIT_PARTIAL : UNIT_BAD);
	return (size <= len ? size : UNIT_PARTIAL);
}

static enum dialog_next
forward(struct dialog *d, const struct ldap_pdu *pdu)
{
	if (d->required)
		return (answer(d, pdu, LDAP_CONFIDENTIALITY_REQUIRED,
		    "StartTLS first"));
	d->mode = pdu->id;
	d->answers = ldap_response_to(pdu->op);
	return (DIALOG_FORWARD);
}

static enum dialog_next
refuse_secret(struct dialog *d, const struct ldap_pdu *pdu)
{
	dialog_credentials(d);
	return (answer(d, pdu, LDAP_CONFIDENTIALITY_REQUIRED,
	    "no passwords without TLS: StartTLS first"));
}

static enum dialog_next
hear_bind(struct dialog *d, const struct ldap_pdu *pdu)
{
	struct ldap_bind bind;

	if (!ldap_bind_read(pdu->body, &bind))
		return (leave(d));
	return (bind.has_secret ? refuse_secret(d, pdu) : forward(d, pdu));
}

static enum dialog_next
hear_starttls(struct dialog *d, const struct ldap_pdu *pdu, bool has_value)
{
	d->mode = pdu->id;
	if (has_value)
		return (answer_starttls(d, LDAP_PROTOCOL_ERROR,
		    "StartTLS has no value"));
	if (ldap_has_critical(pdu))
		return (answer_starttls(d, LDAP_UNAVAILABLE_CRITICAL_EXTENSION,
		    "StartTLS has no controls"));
	if (d->pipelined)
		return (answer_starttls(d, LDAP_OPERATIONS_ERROR,
		    "StartTLS came before another answer"));
	return (DIALOG_UPGRADE);
}

static enum dialog_next
hear_extended(struct dialog *d, const struct ldap_pdu *pdu)
{
	struct ldap_extended extended;

	if (!ldap_extended_read(pdu->body, &extended))
		return (leave(d));
	if (ldap_is_text(extended.name, LDAP_OID_STARTTLS))
		return (hear_starttls(d, pdu, extended.has_value));
	if (ldap_is_text(extended.name, LDAP_OID_PASSWORD_MODIFY))
		return (refuse_secret(d, pdu));
	return (forward(d, pdu));
}

/*
 * Required mode: whoever looks for StartTLS finds it.
 */
static void
show_root_dse(struct dialog *d, const struct ldap_pdu *pdu,
    const struct ldap_search *search)
{
	uint8_t bytes[DIALOG_SAY_MAX / 2];
	struct der_out o;

	der_out_begin(&o, bytes, sizeof(bytes));
	ldap_put_root_dse(&o, pdu->id, search);
	dialog_say_bytes(d, der_out_all(&o).at, der_out_all(&o).len);
	answer(d, pdu, LDAP_SUCCESS, "");
}

static enum dialog_next
hear_search(struct dialog *d, const struct ldap_pdu *pdu)
{
	struct ldap_search search;

	if (!ldap_search_read(pdu->body, &search))
		return (leave(d));
	d->flag = search.of_root_dse && ldap_wants_extensions(&search);
	if (!d->required || !search.of_root_dse || !search.by_presence)
		return (forward(d, pdu));
	if (ldap_has_critical(pdu))
		return (answer(d, pdu, LDAP_UNAVAILABLE_CRITICAL_EXTENSION,
		    "no control is known here"));
	show_root_dse(d, pdu, &search);
	return (DIALOG_ANSWERED);
}

/*
 * There is never anything to abandon: no request is looked at before the one
 * before it is answered.
 */
static enum dialog_next
command(struct dialog *d, const uint8_t *bytes, size_t len)
{
	struct ldap_pdu pdu;

	/* 4.1.1.1: 0 is the server's own */
	if (!ldap_pdu_read((struct der){ bytes, len }, &pdu) || pdu.id == 0)
		return (leave(d));
	d->flag = false;
	if (pdu.op == LDAP_UNBIND_REQUEST)
		return (d->required ? DIALOG_CLOSE : DIALOG_PASS);
	if (pdu.op == LDAP_ABANDON_REQUEST)
		return (DIALOG_ANSWERED);
	if (pdu.op == LDAP_BIND_REQUEST)
		return (hear_bind(d, &pdu));
	if (pdu.op == LDAP_EXTENDED_REQUEST)
		return (hear_extended(d, &pdu));
	if (pdu.op == LDAP_SEARCH_REQUEST)
		return (hear_search(d, &pdu));
	return (ldap_response_to(pdu.op) == 0 ? leave(d) : forward(d, &pdu));
}

/* -------------------------------------------------------- the application's */

/*
 * Of a long PDU only the beginning, which has messageID and operation; reply
 * lets the rest pass unread.
 */
static size_t
app_unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	size_t size = der_size((struct der){ bytes, len });

	(void)d;
	if (size == DER_BAD || bytes[0] != DER_SEQUENCE)
		return (UNIT_BAD);
	if (size > APP_PDU_MAX)
		size = LDAP_PEEK;
	return (size <= len ? size : UNIT_PARTIAL);
}

/*
 * Say the root DSE with StartTLS in it.  False if that is there already, or
 * does not fit.
 */
static bool
say_extended(struct dialog *d, struct der bytes)
{
	uint8_t extended[SAY_MAX];
	struct ldap_pdu pdu;
	struct der_out o;

	der_out_begin(&o, extended, sizeof(extended));
	if (!ldap_pdu_read(bytes, &pdu) ||
	    !ldap_put_extended_root_dse(&o, &pdu) || o.full)
		return (false);
	dialog_say_bytes(d, der_out_all(&o).at, der_out_all(&o).len);
	return (true);
}

static enum dialog_reply
reply(struct dialog *d, const uint8_t *bytes, size_t len)
{
	struct der unit = { bytes, len };
	struct ldap_pdu pdu;

	if (!ldap_pdu_peek(unit, &pdu)) {
		say_goodbye(d, LDAP_UNAVAILABLE, "out of order");
		d->closing = true;
		return (DIALOG_REPLY_MORE);
	}
	d->app_pass = der_size(unit) - len;
	if (!d->flag || !d->awaiting || pdu.id != d->mode ||
	    pdu.op != LDAP_SEARCH_ENTRY || !say_extended(d, unit))
		dialog_say_bytes(d, bytes, len);
	return (d->awaiting && pdu.id == d->mode && pdu.op == d->answers ?
		DIALOG_REPLY_DONE :
		DIALOG_REPLY_MORE);
}

/* --------------------------------------------------------------- the change */

static void
go_ahead(struct dialog *d)
{
	answer_starttls(d, LDAP_SUCCESS, "");
}

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	if (d->app_pass > 0)
		/* the peer has had half a PDU */
		return;
	switch (fault) {
	case DIALOG_FAULT_UNIT:
	case DIALOG_FAULT_LONG:
		say_goodbye(d, LDAP_PROTOCOL_ERROR,
		    "not an LDAP request, or too long");
		break;
	case DIALOG_FAULT_LIMIT:
		say_goodbye(d, LDAP_ADMIN_LIMIT_EXCEEDED,
		    "too many requests without StartTLS");
		break;
	case DIALOG_FAULT_BEHIND:
		answer_starttls(d, LDAP_OPERATIONS_ERROR,
		    "StartTLS must be the last before TLS");
		break;
	case DIALOG_FAULT_FAILED:
		answer_starttls(d, LDAP_UNAVAILABLE, "no TLS now");
		break;
	case DIALOG_FAULT_LATE:
		say_goodbye(d, LDAP_UNAVAILABLE, "too late");
		break;
	}
}

const struct protocol protocol_ldap = {
	.name = "ldap",
	.unit = unit,
	.app_unit = app_unit,
	.command = command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
};

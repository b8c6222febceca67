/* SPDX-License-Identifier: ISC */
/*
 * ldap.c - as much of LDAP's PDUs (RFC 4511) as a conversation before TLS
 * needs.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody.
 * Refuses:  what RFC 4511, 5.1 does not let BER do: lengths without an end;
 *           numbers of more bytes than they need.
 */
#include "ldap.h"

#include <string.h>
#include <strings.h>

enum {
	TAG_CONTROLS = 0xa0,	  /* [0], of LDAPMessage */
	TAG_SIMPLE = 0x80,	  /* [0], of AuthenticationChoice */
	TAG_PRESENT = 0x87,	  /* [7], of Filter */
	TAG_NAME = 0x80,	  /* [0], of ExtendedRequest */
	TAG_VALUE = 0x81,	  /* [1] */
	TAG_RESPONSE_NAME = 0x8a, /* [10], of ExtendedResponse */
	SCOPE_BASE_OBJECT = 0
};

static const struct {
	enum ldap_op request, response;
} answers[] = {
	{ LDAP_BIND_REQUEST, LDAP_BIND_RESPONSE },
	{ LDAP_SEARCH_REQUEST, LDAP_SEARCH_DONE },
	{ LDAP_MODIFY_REQUEST, LDAP_MODIFY_RESPONSE },
	{ LDAP_ADD_REQUEST, LDAP_ADD_RESPONSE },
	{ LDAP_DELETE_REQUEST, LDAP_DELETE_RESPONSE },
	{ LDAP_MODIFY_DN_REQUEST, LDAP_MODIFY_DN_RESPONSE },
	{ LDAP_COMPARE_REQUEST, LDAP_COMPARE_RESPONSE },
	{ LDAP_EXTENDED_REQUEST, LDAP_EXTENDED_RESPONSE },
};

unsigned int
ldap_response_to(unsigned int op)
{
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].request == op)
			return (answers[i].response);
	return (0);
}

bool
ldap_is_text(struct der d, const char *text)
{
	return (d.len == strlen(text) && memcmp(d.at, text, d.len) == 0);
}

bool
ldap_is_name(struct der d, const char *name)
{
	return (d.len == strlen(name) &&
	    strncasecmp((const char *)d.at, name, d.len) == 0);
}

/* --------------------------------------------------------------- messages */

/*
 * INTEGER (0 .. maxInt), maxInt being 2^31 - 1.
 */
static bool
take_uint(struct der *d, unsigned int tag, uint32_t *number)
{
	struct der_value v;
	size_t i;

	if (!der_take(d, tag, &v) || v.inside.len == 0 || v.inside.len > 4 ||
	    v.inside.at[0] >= 0x80 ||
	    (v.inside.len > 1 && v.inside.at[0] == 0 && v.inside.at[1] < 0x80))
		return (false);
	for (*number = 0, i = 0; i < v.inside.len; i++)
		*number = *number << 8 | v.inside.at[i];
	return (true);
}

/*
 * RFC 4511, 4: what stands behind all that we know is to be ignored, but must
 * be values.
 */
static bool
are_values(struct der d)
{
	struct der_value v;

	while (d.len > 0)
		if (!der_next(&d, &v))
			return (false);
	return (true);
}

bool
ldap_pdu_read(struct der d, struct ldap_pdu *pdu)
{
	struct der_value message, v;

	*pdu = (struct ldap_pdu){ 0 };
	if (!der_take(&d, DER_SEQUENCE, &message) || d.len != 0)
		return (false);
	d = message.inside;
	if (!take_uint(&d, DER_INTEGER, &pdu->id))
		return (false);
	pdu->behind = d;
	if (!der_next(&d, &v))
		return (false);
	pdu->op = v.tag;
	pdu->body = v.inside;
	if (der_take(&d, TAG_CONTROLS, &v))
		pdu->controls = v.inside;
	return (are_values(d) && are_values(pdu->controls));
}

bool
ldap_pdu_peek(struct der d, struct ldap_pdu *pdu)
{
	*pdu = (struct ldap_pdu){ 0 };
	if (!der_enter(&d, DER_SEQUENCE) ||
	    !take_uint(&d, DER_INTEGER, &pdu->id) || d.len == 0)
		return (false);
	pdu->op = *d.at;
	return (true);
}

bool
ldap_has_critical(const struct ldap_pdu *pdu)
{
	struct der d = pdu->controls;
	struct der_value control, v;

	while (der_next(&d, &control)) {
		if (!der_take(&control.inside, DER_OCTET_STRING, &v))
			return (true);
		if (der_take(&control.inside, DER_BOOLEAN, &v) &&
		    (v.inside.len != 1 || v.inside.at[0] != 0))
			return (true);
	}
	return (false);
}

/* --------------------------------------------------------------- requests */

/*
 * 4.2.  SASL, and whatever else may come, may be a secret.  An empty password
 * is no authentication (RFC 4513, 5.1).
 */
bool
ldap_bind_read(struct der d, struct ldap_bind *bind)
{
	struct der_value name, v;
	uint32_t version;

	if (!take_uint(&d, DER_INTEGER, &version) ||
	    !der_take(&d, DER_OCTET_STRING, &name) || !der_next(&d, &v))
		return (false);
	bind->has_secret = v.tag != TAG_SIMPLE || v.inside.len > 0;
	return (are_values(d));
}

/*
 * 4.12.
 */
bool
ldap_extended_read(struct der d, struct ldap_extended *extended)
{
	struct der_value v;

	if (!der_take(&d, TAG_NAME, &v))
		return (false);
	extended->name = v.inside;
	extended->has_value = der_take(&d, TAG_VALUE, &v);
	return (are_values(d));
}

static bool
are_strings(struct der d)
{
	struct der_value v;

	while (d.len > 0)
		if (!der_take(&d, DER_OCTET_STRING, &v))
			return (false);
	return (true);
}

/*
 * Of the filter only whether it is the one that every entry passes.
 */
static bool
take_filter(struct der *d, struct ldap_search *search)
{
	struct der_value v;

	if (!der_next(d, &v))
		return (false);
	search->by_presence = v.tag == TAG_PRESENT &&
	    ldap_is_name(v.inside, "objectClass");
	return (true);
}

/*
 * 4.5.1.
 */
bool
ldap_search_read(struct der d, struct ldap_search *search)
{
	struct der_value base, types_only, attributes;
	uint32_t scope, deref, size, seconds;

	if (!der_take(&d, DER_OCTET_STRING, &base) ||
	    !take_uint(&d, DER_ENUMERATED, &scope) ||
	    !take_uint(&d, DER_ENUMERATED, &deref) ||
	    !take_uint(&d, DER_INTEGER, &size) ||
	    !take_uint(&d, DER_INTEGER, &seconds) ||
	    !der_take(&d, DER_BOOLEAN, &types_only) ||
	    types_only.inside.len != 1 || !take_filter(&d, search) ||
	    !der_take(&d, DER_SEQUENCE, &attributes))
		return (false);
	search->of_root_dse = base.inside.len == 0 &&
	    scope == SCOPE_BASE_OBJECT;
	search->types_only = types_only.inside.at[0] != 0;
	search->attributes = attributes.inside;
	return (are_strings(search->attributes) && are_values(d));
}

/* ---------------------------------------------------------------- results */

void
ldap_put_result(struct der_out *o, const struct ldap_result *r)
{
	size_t end = o->at;

	if (r->name != NULL)
		der_out_value(o, TAG_RESPONSE_NAME, r->name, strlen(r->name));
	der_out_value(o, DER_OCTET_STRING, r->text, strlen(r->text));
	der_out_value(o, DER_OCTET_STRING, "", 0); /* matchedDN */
	der_out_uint(o, DER_ENUMERATED, r->code);
	der_out_wrap(o, r->op, end);
	der_out_uint(o, DER_INTEGER, r->id);
	der_out_wrap(o, DER_SEQUENCE, end);
}

/* SPDX-License-Identifier: ISC */
/*
 * ldap_root_dse.c - what an LDAP server says about itself (RFC 4512, 5.1).
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody.
 */
#include <string.h>

#include "ldap.h"

struct attribute {
	const char *name, *oid;
	bool operational;
	const char *value;
};

enum { OBJECT_CLASS, LDAP_VERSION, EXTENSION, ATTRIBUTES };

static const struct attribute attributes[ATTRIBUTES] = {
	[OBJECT_CLASS] = { "objectClass", "2.5.4.0", false, "top" },
	[LDAP_VERSION] = { "supportedLDAPVersion",
	    "1.3.6.1.4.1.1466.101.120.15", true, "3" },
	[EXTENSION] = { "supportedExtension", "1.3.6.1.4.1.1466.101.120.7",
	    true, LDAP_OID_STARTTLS },
};

static bool
is_attribute(struct der name, const struct attribute *a)
{
	return (ldap_is_name(name, a->name) || ldap_is_text(name, a->oid));
}

/* -------------------------------------------------------------- the search */

/*
 * RFC 4511, 4.5.1.8: none named: all user attributes, as "*"; RFC 3673: "+",
 * all operational ones.
 */
static bool
wants(const struct ldap_search *search, const struct attribute *a)
{
	struct der d = search->attributes;
	struct der_value v;

	if (d.len == 0)
		return (!a->operational);
	while (der_next(&d, &v))
		if (ldap_is_text(v.inside, a->operational ? "+" : "*") ||
		    is_attribute(v.inside, a))
			return (true);
	return (false);
}

bool
ldap_wants_extensions(const struct ldap_search *search)
{
	return (!search->types_only && wants(search, &attributes[EXTENSION]));
}

/* --------------------------------------------------------------- an entry */

static void
put_text(struct der_out *o, const char *text)
{
	der_out_value(o, DER_OCTET_STRING, text, strlen(text));
}

static void
put_attribute(struct der_out *o, const struct attribute *a, bool with_value)
{
	size_t end = o->at;

	if (with_value)
		put_text(o, a->value);
	der_out_wrap(o, DER_SET, end);
	put_text(o, a->name);
	der_out_wrap(o, DER_SEQUENCE, end);
}

void
ldap_put_root_dse(struct der_out *o, uint32_t id,
    const struct ldap_search *search)
{
	size_t i, end = o->at;

	for (i = ATTRIBUTES; i-- > 0;)
		if (wants(search, &attributes[i]))
			put_attribute(o, &attributes[i], !search->types_only);
	der_out_wrap(o, DER_SEQUENCE, end);
	put_text(o, ""); /* objectName */
	der_out_wrap(o, LDAP_SEARCH_ENTRY, end);
	der_out_uint(o, DER_INTEGER, id);
	der_out_wrap(o, DER_SEQUENCE, end);
}

/* ------------------------------------------------------- the application's */

/*
 * The attribute's values, and what stands before and behind it; without it
 * all stands before it.  False if the list is malformed.
 */
struct found {
	struct der before, values, behind;
};

static bool
find_extensions(struct der list, struct found *f)
{
	struct der_value v, type, values;
	const unsigned char *start = list.at;

	*f = (struct found){ .before = list };
	while (list.len > 0) {
		if (!der_take(&list, DER_SEQUENCE, &v) ||
		    !der_take(&v.inside, DER_OCTET_STRING, &type) ||
		    !der_take(&v.inside, DER_SET, &values))
			return (false);
		if (!is_attribute(type.inside, &attributes[EXTENSION]))
			continue;
		f->before.len = (size_t)(v.whole.at - start);
		f->values = values.inside;
		f->behind = list;
		return (true);
	}
	return (true);
}

static bool
has_value(struct der values, const char *value)
{
	struct der_value v;

	while (der_next(&values, &v))
		if (ldap_is_text(v.inside, value))
			return (true);
	return (false);
}

static void
put_der(struct der_out *o, struct der d)
{
	der_out_bytes(o, d.at, d.len);
}

/*
 * The attribute with one value more.
 */
static void
put_extensions(struct der_out *o, struct der values)
{
	size_t end = o->at;

	put_text(o, attributes[EXTENSION].value);
	put_der(o, values);
	der_out_wrap(o, DER_SET, end);
	put_text(o, attributes[EXTENSION].name);
	der_out_wrap(o, DER_SEQUENCE, end);
}

bool
ldap_put_extended_root_dse(struct der_out *o, const struct ldap_pdu *pdu)
{
	struct der entry = pdu->body, behind = pdu->behind;
	struct der_value operation, name, list;
	struct found f;
	size_t end = o->at, list_end;

	if (!der_next(&behind, &operation) ||
	    !der_take(&entry, DER_OCTET_STRING, &name) ||
	    !der_take(&entry, DER_SEQUENCE, &list) || entry.len != 0 ||
	    !find_extensions(list.inside, &f) ||
	    has_value(f.values, LDAP_OID_STARTTLS))
		return (false);
	put_der(o, behind); /* controls */
	list_end = o->at;
	put_der(o, f.behind);
	put_extensions(o, f.values);
	put_der(o, f.before);
	der_out_wrap(o, DER_SEQUENCE, list_end);
	put_der(o, name.whole);
	der_out_wrap(o, LDAP_SEARCH_ENTRY, list_end);
	der_out_uint(o, DER_INTEGER, pdu->id);
	der_out_wrap(o, DER_SEQUENCE, end);
	return (true);
}

/* SPDX-License-Identifier: ISC */
/*
 * check_client.c - CAs and CRLs that clients' certificates are verified by.
 *
 * Runs in:  the process that checks, with the rights of SSL_USER.
 * Trusts:   the administrator's files; unlike the KEEPER it looks into them.
 */
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "check.h"
#include "complaint.h"
#include "options.h"
#include "report.h"
#include "trust.h"
#include "user_from.h"

struct checking {
	struct report *report;
	const struct options *options;
	struct trust trust;
};

/* ------------------------------------------------------------------ CRLs */

static void
judge_crl(const struct checking *c, const X509_CRL *crl)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	char issuer[CHECK_TEXT_MAX];

	check_name(X509_CRL_get_issuer(crl), issuer);
	report(c->report, "CRL", "%s", issuer);
	if (next != NULL && X509_cmp_current_time(next) < 0)
		report(c->report, "fault",
		    "CRL: of %s: out of date: all its clients are refused: "
		    "get the new one",
		    issuer);
}

/*
 * Is there one of this issuer among the things?  It is judged.
 */
static bool
find_crl(const struct checking *c, const struct trust *t,
    const X509_NAME *issuer)
{
	const unsigned char *der;
	X509_CRL *crl;
	bool found = false;
	size_t i;

	for (i = 0; i < t->count && !found; i++) {
		der = t->things[i].der;
		if ((t->things[i].kind & TRUST_CRL) == 0)
			continue;
		crl = d2i_X509_CRL(NULL, &der, (long)t->things[i].len);
		if (crl == NULL)
			report(c->report, "fault", "CRL: %s: damaged",
			    c->options->text[OPTION_CRL]);
		else if (X509_NAME_cmp(X509_CRL_get_issuer(crl), issuer) == 0)
			found = true;
		if (found)
			judge_crl(c, crl);
		X509_CRL_free(crl);
	}
	return (found);
}

static bool
find_crl_in_directory(const struct checking *c, const X509_NAME *issuer)
{
	struct trust in_directory = { .crl_dir = c->trust.crl_dir };
	struct complaint complaint;
	bool found = false;
	int ok;

	if (in_directory.crl_dir == NULL)
		return (false);
	if (trust_find(&in_directory, LOOKUP_CRL,
		(uint32_t)X509_NAME_hash_ex(issuer, NULL, NULL, &ok),
		&complaint) == -1)
		report(c->report, "fault", "%s", complaint.text);
	else
		found = find_crl(c, &in_directory, issuer);
	trust_forget(&in_directory);
	return (found);
}

static void
check_crl(const struct checking *c, const X509_NAME *issuer)
{
	char text[CHECK_TEXT_MAX];

	if (c->options->text[OPTION_CRL] == NULL ||
	    find_crl(c, &c->trust, issuer) || find_crl_in_directory(c, issuer))
		return;
	report(c->report, "fault",
	    "CRL: %s: none of %s: all its clients are refused",
	    c->options->text[OPTION_CRL], check_name(issuer, text));
}

/* ------------------------------------------------------------------- CAs */

static void
check_anchor(const struct checking *c, const struct trust_thing *thing)
{
	const unsigned char *der = thing->der;
	X509 *cert = d2i_X509(NULL, &der, (long)thing->len);
	char text[CHECK_TEXT_MAX];

	if (cert == NULL) {
		report(c->report, "fault", "CA: one of those given: damaged");
		return;
	}
	check_name(X509_get_subject_name(cert), text);
	report(c->report, "CA", "%s", text);
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		report(c->report, "warning",
		    "CA: %s: expired: its clients are refused", text);
	if (X509_check_ca(cert) == 0)
		report(c->report, "warning",
		    "CA: %s: not a CA's certificate: only itself is trusted",
		    text);
	check_crl(c, X509_get_subject_name(cert));
	X509_free(cert);
}

static bool
may_read(const struct checking *c)
{
	static const struct {
		enum option_id id;
		const char *what;
	} files[] = { { OPTION_CA, "CA" }, { OPTION_CLIENT_CA, "client CA" },
		{ OPTION_CA_DIR, "CA directory" }, { OPTION_CRL, "CRL" } };
	bool may = true;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (c->options->text[files[i].id] != NULL)
			may = check_access(c->report, files[i].what,
				  c->options->text[files[i].id]) &&
			    may;
	return (may);
}

/*
 * Unless a rule may still ask, or "--client-ca -" has asked for it.
 */
static void
tell_unused(struct report *r, const struct options *o)
{
	static const enum option_id ids[] = { OPTION_CA, OPTION_CA_DIR,
		OPTION_CLIENT_CA, OPTION_CRL };
	const char *names = o->text[OPTION_CLIENT_CA];
	size_t i;

	if (o->text[OPTION_RULES] != NULL ||
	    (names != NULL && strcmp(names, "-") == 0))
		return;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (o->text[ids[i]] != NULL)
			report(r, "warning",
			    "--%s: not used: clients are asked for no "
			    "certificate: add --client-cert",
			    options_name(ids[i]));
}

void
check_client(struct report *r, const struct options *o,
    const struct accounts *a)
{
	struct checking c = { .report = r, .options = o };
	struct client_policy policy;
	struct complaint complaint;
	size_t i;

	if (client_from_options(&policy, o, &complaint) == -1 ||
	    user_from_possible(a, o, &policy, &complaint) == -1) {
		report_section(r, "clients", "");
		/* rules may say more: check.c */
		report(r, o->text[OPTION_RULES] == NULL ? "fault" : "warning",
		    "%s", complaint.text);
		return;
	}
	report_section(r, "clients",
	    policy.mode == CLIENT_NONE ? "none" : o->text[OPTION_CLIENT_CERT]);
	if (policy.mode == CLIENT_NONE) {
		tell_unused(r, o);
		return;
	}
	if (!may_read(&c))
		return;
	if (trust_read(&c.trust, &policy, o, &complaint) == -1)
		report(r, "fault", "%s", complaint.text);
	for (i = 0; i < c.trust.count; i++)
		if ((c.trust.things[i].kind & TRUST_ANCHOR) != 0)
			check_anchor(&c, &c.trust.things[i]);
	trust_forget(&c.trust);
}

/* SPDX-License-Identifier: ISC */
/*
 * check.c - read everything as a connection would, and judge it.
 *
 * Runs in:  a process of its own, with the rights of SSL_USER.
 * Trusts:   the administrator's files, as the KEEPER does.
 */
#include "check.h"

#include <errno.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "complaint.h"
#include "denied.h"
#include "log.h"
#include "names.h"
#include "options.h"
#include "pair.h"
#include "peer.h"
#include "policy.h"
#include "proxy.h"
#include "report.h"
#include "rights.h"
#include "ticket_keys.h"

/* whom log.c hands warnings to has no place for a pointer of ours */
static struct report *current;

static void
take_warning(const char *message)
{
	report(current, "warning", "%s", message);
}

const char *
check_name(const X509_NAME *name, char text[CHECK_TEXT_MAX])
{
	BIO *out = BIO_new(BIO_s_mem());
	int len;

	X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
	len = BIO_read(out, text, CHECK_TEXT_MAX - 1);
	text[len > 0 ? len : 0] = '\0';
	BIO_free(out);
	return (text);
}

bool
check_access(struct report *r, const char *what, const char *path)
{
	struct complaint complaint;

	/* read with other rights: who opens it says what is wrong */
	if (rights_is_credential(path) || denied(&complaint, what, path) == 0)
		return (true);
	report(r, "fault", "%s", complaint.text);
	return (false);
}

/* --------------------------------------------------------------- account */

static void
check_account(struct report *r, const struct accounts *a)
{
	const struct passwd *pw = getpwuid(geteuid());

	report_section(r, "account", pw == NULL ? "?" : pw->pw_name);
	report(r, "uid", "%u", geteuid());
	if (!a->root)
		report(r, "warning",
		    "started without root: files are judged with the rights "
		    "of this account, not with SSL_USER's");
}

/* ----------------------------------------------------------------- proxy */

/*
 * Rules may know who is a proxy; without them everybody is.
 */
static void
check_proxy(struct report *r, const struct options *o)
{
	const char *mode = o->text[OPTION_PROXY];

	if (proxy_mode(mode) == PROXY_OFF)
		return;
	report_section(r, "proxy", mode);
	if (o->text[OPTION_RULES] == NULL)
		report(r, "warning",
		    "proxy: without rules whoever reaches the port may say who "
		    "he is: see to it that only proxies do");
}

/* ----------------------------------------------------------------- names */

/*
 * Whether anybody has a name there is no telling without a peer.
 */
static void
check_names(struct report *r, const struct options *o)
{
	const struct peer any = { .family = PEER_IPV4 };
	struct names_wanted w = names_wanted(o, &any, false);
	const char *missing = names_missing();

	if (!w.host && !w.ident)
		return;
	report_section(r, "names", "tlsshim-names");
	if (w.host)
		report(r, "asked", "host");
	if (w.local)
		report(r, "asked", "local");
	if (w.ident)
		report(r, "asked", "ident");
	if (missing != NULL)
		report(r, "fault",
		    "names: %s: is not there: install it, or look up no names",
		    missing);
}

/* ---------------------------------------------------------- certificates */

static void
check_pairs(struct report *r, const struct options *o,
    const struct policy *policy)
{
	struct pair_files pairs[PAIRS_MAX];
	size_t n = options_pairs(o, pairs), i;

	struct check_use use = { .alone = n == 1, .policy = policy };

	for (i = 0; i < n; i++)
		check_pair(r, &pairs[i], &use);
	if (o->text[OPTION_CERT_DIR] != NULL)
		check_dir(r, o->text[OPTION_CERT_DIR], policy);
	if (n > 0 || o->text[OPTION_CERT_DIR] != NULL)
		return;
	report_section(r, "certificate", "");
	report(r, o->text[OPTION_RULES] == NULL ? "fault" : "warning",
	    "certificate: none%s: name one with --cert, CERTFILE or "
	    "--cert-dir",
	    o->text[OPTION_RULES] == NULL ? "" : " but what rules name");
}

/* --------------------------------------------------------------- tickets */

static void
check_ticket_keys(struct report *r, const struct options *o)
{
	const char *file = o->text[OPTION_TICKET_KEYS];
	struct complaint complaint;
	struct ticket_keys keys;

	if (file == NULL || options_flag(o, OPTION_NO_TICKETS))
		return;
	report_section(r, "ticket-keys", file);
	if (!check_access(r, "ticket keys", file))
		return;
	if (ticket_keys_read(&keys, file, &complaint) == -1) {
		report(r, "fault", "%s", complaint.text);
		return;
	}
	report(r, "keys", "%zu", keys.count);
	ticket_keys_wipe(&keys);
}

/* ------------------------------------------------------------------- run */

int
check_run(struct options *o, const struct accounts *accounts)
{
	struct report *r = report_new(options_flag(o, OPTION_JSON));
	struct policy policy;
	bool usable;

	rights_lower(accounts);
	current = r;
	check_account(r, accounts);
	check_proxy(r, o);
	check_names(r, o);
	log_divert(take_warning);
	usable = check_policy(r, o, &policy);
	check_pairs(r, o, usable ? &policy : NULL);
	check_client(r, o, accounts);
	check_ticket_keys(r, o);
	check_rules(r, o, accounts);
	return (report_end(r) == 0 ? EXIT_OK : EXIT_USAGE);
}

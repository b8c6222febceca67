/* SPDX-License-Identifier: ISC */
/*
 * chain_test.c - certificates in any order, put in theirs.
 *
 * A certificate is written here as two letters, its subject's and its
 * issuer's; its DER has no more than that at the right places, which is all
 * that the order looks at.
 */
#include "chain.h"

#include <stdint.h>
#include <stdio.h>

#include "check.h"
#include "complaint.h"
#include "file.h"

enum { MOST = 16 };

static const unsigned char form[] = {
	0x30, 28,	       /* Certificate */
	0x30, 21,	       /* TBSCertificate */
	0x02, 1, 7,	       /* serial number */
	0x30, 0,	       /* signature's algorithm */
	0x30, 3, 0x0c, 1, 'i', /* issuer */
	0x30, 0,	       /* validity */
	0x30, 3, 0x0c, 1, 's', /* subject */
	0x30, 2, 0x05, 0,      /* public key */
	0x30, 0, 0x03, 1, 0    /* signature */
};

enum { SIZE = sizeof(form), ISSUER_AT = 13, SUBJECT_AT = 20 };

/*
 * Add a file with "ab bc": a by b, b by c.
 */
static int
add(struct chain *chain, const char *text, struct complaint *c)
{
	struct file f = { .what = "chain", .path = "test" };
	int result;
	char *at;

	f.bytes = at = calloc(strlen(text) / 3 + 1, SIZE);
	for (; *text != '\0'; text += text[2] == '\0' ? 2 : 3) {
		memcpy(at, form, SIZE);
		at[SUBJECT_AT] = text[0];
		at[ISSUER_AT] = text[1];
		at += SIZE;
	}
	f.len = (size_t)(at - f.bytes);
	result = chain_add(chain, &f, c);
	free(f.bytes);
	return (result);
}

/*
 * The subjects that are sent, when these are the certificate's file and the
 * chain's.
 */
static const char *
sorted(const char *cert, const char *intermediates)
{
	static char subjects[MOST + 1];
	struct chain chain = { 0 };
	size_t order[MOST], leaf, n, i;
	struct complaint c;

	CHECK(add(&chain, cert, &c) == 0);
	leaf = chain_leaf(&chain);
	if (*intermediates != '\0')
		CHECK(add(&chain, intermediates, &c) == 0);
	n = chain_sort(&chain, leaf, order, MOST);
	for (i = 0; i < n; i++)
		subjects[i] = (char)chain.found[order[i]].der.at[SUBJECT_AT];
	subjects[n] = '\0';
	chain_warn_of_strays(&chain);
	for (i = 0; i < n; i++)
		chain.found[order[i]].sent = false;
	chain_free_rest(&chain);
	return (subjects);
}

CASE(a_chain_is_sorted_from_any_order)
{
	CHECK_STR(sorted("ab", ""), "a");
	CHECK_STR(sorted("ab", "bc cd"), "abc");
	CHECK_STR(sorted("ab", "cd bc"), "abc");
	CHECK_STR(sorted("ab bc cd", ""), "abc");
	CHECK_STR(sorted("ab cd bc", ""), "abc");
	CHECK_STR(sorted("ab cd", "bc"), "abc");
}

CASE(the_leaf_is_the_first_that_issued_no_other)
{
	CHECK_STR(sorted("cd bc ab", ""), "abc");
	CHECK_STR(sorted("cc bc ab", ""), "ab");
	/* of its own file: the chain's is not asked */
	CHECK_STR(sorted("bc", "ab"), "b");
	/* the same once more has not issued itself */
	CHECK_STR(sorted("ab ab", ""), "a");
	CHECK_STR(sorted("aa aa", ""), "a");
}

CASE(a_root_is_not_sent)
{
	CHECK_STR(sorted("ab", "bc cc"), "ab");
	CHECK_STR(sorted("ab", "cc bc"), "ab");
	CHECK_STR(sorted("ab", "bb"), "a");
	/* unless it is all there is */
	CHECK_STR(sorted("aa", ""), "a");
	CHECK_STR(sorted("aa", "bb"), "a");
}

CASE(what_does_not_belong_is_not_sent)
{
	CHECK_STR(sorted("ab", "cd"), "a");
	CHECK_STR(sorted("ab", "xy bc zb"), "ab");
	CHECK_STR(sorted("ab", "ab bc ab bc"), "ab");
}

CASE(a_circle_has_an_end)
{
	CHECK_STR(sorted("ab", "ba"), "ab");
	CHECK_STR(sorted("ab", "bc cb"), "abc");
	CHECK_STR(sorted("ab ba", ""), "ab");
}

CASE(a_chain_has_at_most_so_many)
{
	CHECK_STR(sorted("ab",
		      "bc cd de ef fg gh hi ij jk kl lm mn no op pq qr rs"),
	    "abcdefghijklmnop");
}

CASE(a_file_has_at_most_so_many)
{
	char text[3 * (CHAIN_FOUND_MAX + 1)] = "";
	struct chain chain = { 0 };
	struct complaint c;
	int i;

	for (i = 0; i < CHAIN_FOUND_MAX; i++)
		strcat(text, "ab ");
	text[strlen(text) - 1] = '\0';
	CHECK(add(&chain, text, &c) == 0);
	CHECK(add(&chain, "cd", &c) == -1);
	CHECK_STR(c.text, "chain: test: more than 64 certificates");
	chain_free_rest(&chain);
}

static const struct check_case cases[] = { C(a_chain_is_sorted_from_any_order),
	C(the_leaf_is_the_first_that_issued_no_other), C(a_root_is_not_sent),
	C(what_does_not_belong_is_not_sent), C(a_circle_has_an_end),
	C(a_chain_has_at_most_so_many), C(a_file_has_at_most_so_many), { 0 } };

RUN(cases)

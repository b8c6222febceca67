/* SPDX-License-Identifier: ISC */
/*
 * pem_test.c - where blocks begin and end.
 */
#include "pem.h"

#include <stdint.h>
#include <stdio.h>

#include "check.h"
#include "file.h"

#define BLOCK(label, text)                                                     \
	"-----BEGIN " label "-----\n" text "\n-----END " label "-----"

/*
 * "label:length label:length end", of all blocks.
 */
static const char *
blocks_of(const char *text, size_t len)
{
	static char found[256];
	struct file f = { .what = "file", .path = "test", .len = len };
	enum pem_result result;
	struct pem_block b;
	size_t at = 0, n = 0;

	/* of its own, so that reading past its end is seen */
	f.bytes = malloc(len == 0 ? 1 : len);
	memcpy(f.bytes, text, len);
	while ((result = pem_next(&f, &at, &b)) == PEM_BLOCK)
		n += (size_t)snprintf(found + n, sizeof(found) - n, "%.*s ",
		    (int)b.label_len, b.label);
	snprintf(found + n, sizeof(found) - n, "%s",
	    result == PEM_END ? "end" : "cut off");
	free(f.bytes);
	return (found);
}

#define CHECK_BLOCKS(text, wanted)                                             \
	CHECK_STR(blocks_of(text, sizeof(text) - 1), wanted)

CASE(blocks_are_found_with_anything_between)
{
	CHECK_BLOCKS("", "end");
	CHECK_BLOCKS("text\n", "end");
	CHECK_BLOCKS(BLOCK("A", "AAAA"), "A end");
	CHECK_BLOCKS("s:CN=x\n" BLOCK("A", "") "\nmore\n" BLOCK("B C", "") "\n",
	    "A B C end");
}

CASE(files_that_were_joined_without_a_newline_have_all_their_blocks)
{
	CHECK_BLOCKS(BLOCK("A", "") BLOCK("B", "") "\n", "A B end");
	CHECK_BLOCKS("\xef\xbb\xbf" BLOCK("A", ""), "A end");
}

CASE(a_block_begins_a_line)
{
	CHECK_BLOCKS("# " BLOCK("A", "") "\n", "end");
	CHECK_BLOCKS("x\xef\xbb" BLOCK("A", "") "\n" BLOCK("B", ""), "B end");
}

CASE(a_block_that_does_not_end_is_told)
{
	CHECK_BLOCKS("-----BEGIN ", "cut off");
	CHECK_BLOCKS("-----BEGIN A----", "cut off");
	CHECK_BLOCKS("-----BEGIN A-----\nAAAA\n", "cut off");
	/* another END is not its own */
	CHECK_BLOCKS("-----BEGIN A-----\nAAAA\n" BLOCK("A", "AAAA"), "cut off");
	CHECK_BLOCKS("-----BEGIN A-----\n-----END B-----\n", "cut off");
	CHECK_BLOCKS(BLOCK("A", "") "\n-----BEGIN A-----\n-----END A----",
	    "A cut off");
}

CASE(zero_bytes_are_bytes)
{
	CHECK_BLOCKS("\0\n" BLOCK("A", "\0") "\n" BLOCK("B", ""), "A B end");
	CHECK_BLOCKS(BLOCK("A\0B", "x"), "cut off");
}

static bool
is(const char *label, bool question(const struct pem_block *))
{
	struct pem_block b = { .label = label, .label_len = strlen(label) };

	return (question(&b));
}

CASE(labels_tell_certificates_and_keys)
{
	CHECK(is("CERTIFICATE", pem_is_certificate));
	CHECK(is("X509 CERTIFICATE", pem_is_certificate));
	CHECK(!is("CERTIFICATE REQUEST", pem_is_certificate));
	CHECK(!is("TRUSTED CERTIFICATE", pem_is_certificate));
	CHECK(!is("", pem_is_certificate) && !is("", pem_is_key));
	CHECK(is("PRIVATE KEY", pem_is_key));
	CHECK(is("EC PRIVATE KEY", pem_is_key));
	CHECK(is("ENCRYPTED PRIVATE KEY", pem_is_key));
	CHECK(!is("PUBLIC KEY", pem_is_key));
	CHECK(!is("EC PARAMETERS", pem_is_key));
}

static int
decodes(const char *text)
{
	struct file f = { .bytes = (char *)(uintptr_t)text,
		.len = strlen(text) };
	struct pem_content content;
	struct pem_block b;
	size_t at = 0;
	int result;

	CHECK(pem_next(&f, &at, &b) == PEM_BLOCK);
	result = pem_decode(&content, &b);
	if (result == 0)
		CHECK(content.len == 3 && memcmp(content.der, "abc", 3) == 0);
	pem_free(&content);
	return (result);
}

CASE(a_block_is_decoded_or_damaged)
{
	CHECK(decodes(BLOCK("A", "YWJj")) == 0);
	CHECK(decodes(BLOCK("A", "Proc-Type: 4,ENCRYPTED\n\nYWJj")) == 0);
	CHECK(decodes(BLOCK("A", "YWJ")) == -1);
	CHECK(decodes(BLOCK("A", "YW\xff\x01")) == -1);
}

static const struct check_case cases[] = {
	C(blocks_are_found_with_anything_between),
	C(files_that_were_joined_without_a_newline_have_all_their_blocks),
	C(a_block_begins_a_line), C(a_block_that_does_not_end_is_told),
	C(zero_bytes_are_bytes), C(labels_tell_certificates_and_keys),
	C(a_block_is_decoded_or_damaged), { 0 }
};

RUN(cases)

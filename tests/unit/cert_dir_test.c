/* SPDX-License-Identifier: ISC */
/*
 * cert_dir_test.c - which files of a directory are a name's.
 */
#include "cert_dir.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "complaint.h"

static char dir[sizeof("/tmp/cert_dir_test.XXXXXX")];
static struct cert_dir found;
static struct complaint complaint;

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return (remove(path));
}

static void
remove_all(void)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
begin(void)
{
	strcpy(dir, "/tmp/cert_dir_test.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	atexit(remove_all);
	CHECK(chdir(dir) == 0);
}

static void
touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);

	CHECK(fd != -1);
	close(fd);
}

static size_t
find(const char *name)
{
	cert_dir_free(&found);
	CHECK(cert_dir_find(&found, dir, name, &complaint) == 0);
	return (found.count);
}

/*
 * Is the path `wanted`, below the directory?  NULL: none.
 */
static bool
is(const char *path, const char *wanted)
{
	if (path == NULL || wanted == NULL)
		return (path == wanted);
	return (strncmp(path, dir, strlen(dir)) == 0 &&
	    strcmp(path + strlen(dir), wanted) == 0);
}

CASE(a_file_has_certificate_and_key)
{
	begin();
	touch("a.example.pem");
	touch("b.example.pem");
	CHECK(find("a.example") == 1);
	CHECK(is(found.pairs[0].cert, "/a.example.pem"));
	CHECK(is(found.pairs[0].key, NULL));
	CHECK(is(found.pairs[0].chain, NULL));
	CHECK(find("c.example") == 0);
}

CASE(a_directory_has_what_certbot_writes)
{
	begin();
	CHECK(mkdir("a.example", 0700) == 0);
	touch("a.example/cert.pem");
	touch("a.example/chain.pem");
	touch("a.example/fullchain.pem");
	touch("a.example/privkey.pem");
	CHECK(find("a.example") == 1);
	CHECK(is(found.pairs[0].cert, "/a.example/fullchain.pem"));
	CHECK(is(found.pairs[0].key, "/a.example/privkey.pem"));
	CHECK(is(found.pairs[0].chain, NULL));
}

CASE(a_link_that_is_swapped_mixes_no_versions)
{
	begin();
	CHECK(mkdir(".a.1", 0700) == 0);
	touch(".a.1/fullchain.pem");
	touch(".a.1/privkey.pem");
	CHECK(symlink(".a.1", "a.example") == 0);
	CHECK(find("a.example") == 1);
	CHECK(is(found.pairs[0].cert, "/.a.1/fullchain.pem"));
	CHECK(is(found.pairs[0].key, "/.a.1/privkey.pem"));
}

CASE(a_directory_has_parts)
{
	begin();
	CHECK(mkdir("a.example", 0700) == 0);
	touch("a.example/cert.pem");
	touch("a.example/key.pem");
	CHECK(find("a.example") == 1);
	CHECK(is(found.pairs[0].cert, "/a.example/cert.pem"));
	CHECK(is(found.pairs[0].key, "/a.example/key.pem"));
	CHECK(is(found.pairs[0].chain, NULL));
	touch("a.example/chain.pem");
	CHECK(find("a.example") == 1);
	CHECK(is(found.pairs[0].chain, "/a.example/chain.pem"));
}

CASE(a_directory_has_what_acme_sh_keeps)
{
	begin();
	CHECK(mkdir("a.example_ecc", 0700) == 0);
	touch("a.example_ecc/a.example.cer");
	touch("a.example_ecc/fullchain.cer");
	touch("a.example_ecc/a.example.key");
	CHECK(find("a.example") == 1);
	CHECK(is(found.pairs[0].cert, "/a.example_ecc/fullchain.cer"));
	CHECK(is(found.pairs[0].key, "/a.example_ecc/a.example.key"));
}

CASE(a_name_may_have_many)
{
	begin();
	touch("a.example.pem");
	touch("a.example_ecdsa.pem");
	touch("a.example_ecc.pem");
	touch("a.example_ed25519.pem");
	touch("a.example_rsa.pem");
	touch("a.example_dsa.pem");
	CHECK(find("a.example") == 5);
	CHECK(mkdir("a.example_rsa", 0700) == 0);
	touch("a.example_rsa/fullchain.pem");
	touch("a.example_rsa/key.pem");
	CHECK(find("a.example") == 6);
	CHECK(is(found.pairs[5].cert, "/a.example_rsa/fullchain.pem"));
}

CASE(a_wildcard_stands_for_one_label)
{
	begin();
	touch("*.b.example.pem");
	touch("*.pem");
	CHECK(find("a.b.example") == 1);
	CHECK(is(found.pairs[0].cert, "/*.b.example.pem"));
	CHECK(find("b.example") == 0);
	CHECK(find("a.a.b.example") == 0);
	CHECK(find("a") == 0);
	touch("a.b.example.pem");
	CHECK(find("a.b.example") == 1);
	CHECK(is(found.pairs[0].cert, "/a.b.example.pem"));
}

CASE(a_file_is_no_directory_and_the_other_way_round)
{
	begin();
	touch("a.example.pem");
	CHECK(find("a.example.pem") == 0);
	CHECK(mkdir("b.example.pem", 0700) == 0);
	CHECK(find("b.example") == 0);
}

CASE(what_is_there_and_broken_is_still_there)
{
	begin();
	CHECK(symlink("nowhere", "a.example.pem") == 0);
	CHECK(find("a.example") == 1);
	CHECK(symlink("b.example.pem", "b.example.pem") == 0);
	CHECK(find("b.example") == 1);
	CHECK(mkdir("c.example", 0700) == 0);
	CHECK(cert_dir_find(&found, dir, "c.example", &complaint) == -1);
	CHECK(strstr(complaint.text, "c.example: nothing to use") != NULL);
	touch("c.example/fullchain.pem");
	CHECK(cert_dir_find(&found, dir, "c.example", &complaint) == -1);
}

/*
 * Else the parent's certificate, or the default, would be shown for it.
 */
CASE(a_link_to_no_directory_is_not_passed_over)
{
	begin();
	touch("*.example.pem");
	CHECK(symlink("none", "a.example") == 0);
	CHECK(cert_dir_find(&found, dir, "a.example", &complaint) == -1);
	CHECK(strstr(complaint.text, "/a.example: No such file") != NULL);
	CHECK(symlink("loop.example", "loop.example") == 0);
	CHECK(cert_dir_find(&found, dir, "loop.example", &complaint) == -1);
	CHECK(find("b.example") == 1);
}

CASE(a_name_too_long_for_a_file_has_none)
{
	char name[254];

	begin();
	memset(name, 'a', sizeof(name));
	name[63] = name[127] = name[191] = '.';
	name[253] = '\0';
	CHECK(find(name) == 0);
}

CASE(a_directory_must_be_one)
{
	begin();
	touch("file");
	CHECK(cert_dir_find(&found, "none", "a.example", &complaint) == -1);
	CHECK_STR(complaint.text, "--cert-dir: none: no such directory");
	CHECK(cert_dir_find(&found, "file", "a.example", &complaint) == -1);
	CHECK_STR(complaint.text, "--cert-dir: file: no such directory");
	CHECK(cert_dir_find(&found, ".", "a.example", &complaint) == 0);
}

static const struct check_case cases[] = { C(a_file_has_certificate_and_key),
	C(a_directory_has_what_certbot_writes),
	C(a_link_that_is_swapped_mixes_no_versions), C(a_directory_has_parts),
	C(a_directory_has_what_acme_sh_keeps), C(a_name_may_have_many),
	C(a_wildcard_stands_for_one_label),
	C(a_file_is_no_directory_and_the_other_way_round),
	C(what_is_there_and_broken_is_still_there),
	C(a_link_to_no_directory_is_not_passed_over),
	C(a_name_too_long_for_a_file_has_none), C(a_directory_must_be_one),
	{ 0 } };
RUN(cases)

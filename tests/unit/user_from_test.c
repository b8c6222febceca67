/* SPDX-License-Identifier: ISC */
/*
 * user_from_test.c - what of a certificate may be the name of an account.
 */
#include "user_from.h"

#include "check.h"

static char name[USER_FROM_NAME_MAX + 1];

CASE(an_address_names_what_is_before_its_at)
{
	CHECK(user_from_name(name, "cert:email", "ann@example.org"));
	CHECK_STR(name, "ann");
	CHECK(user_from_name(name, "cert:upn", "ann.lee-2@EXAMPLE.ORG"));
	CHECK_STR(name, "ann.lee-2");
	CHECK(user_from_name(name, "cert:email", "_ann@x"));
	CHECK_STR(name, "_ann");
	/* whose mailbox it is, two CAs may see in two ways */
	CHECK(!user_from_name(name, "cert:email", "ann@x@y"));
	CHECK(!user_from_name(name, "cert:upn", "ann@@y"));
	CHECK(!user_from_name(name, "cert:email", "ann"));
	CHECK(!user_from_name(name, "cert:upn", "ann"));
}

CASE(a_common_name_is_a_name_as_a_whole)
{
	CHECK(user_from_name(name, "cert:cn", "ann"));
	CHECK_STR(name, "ann");
	CHECK(user_from_name(name, "cert:cn", "3com"));
	CHECK(!user_from_name(name, "cert:cn", "ann@example.org"));
	CHECK(!user_from_name(name, "cert:cn", "Ann Lee"));
}

CASE(what_is_no_portable_name_names_nobody)
{
	static const char *const bad[] = { "", "0", "1000", "-ann", ".", "..",
		".ann", "../ann", "ann/", "ann:x", "ann\n", "ann ", " ann",
		"ann+x", "ann$", "\xc3\xa4nn", "an\x01n", "+", "ann,lee" };
	char address[64];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!user_from_name(name, "cert:cn", bad[i]));
		snprintf(address, sizeof(address), "%s@example.org", bad[i]);
		CHECK(!user_from_name(name, "cert:email", address));
		CHECK(!user_from_name(name, "cert:upn", address));
	}
}

CASE(a_name_has_its_longest)
{
	char longest[USER_FROM_NAME_MAX + 2];

	memset(longest, 'a', sizeof(longest));
	longest[USER_FROM_NAME_MAX + 1] = '\0';
	CHECK(!user_from_name(name, "cert:cn", longest));
	longest[USER_FROM_NAME_MAX] = '\0';
	CHECK(user_from_name(name, "cert:cn", longest));
	CHECK_STR(name, longest);
}

CASE(each_kind_has_its_variable)
{
	CHECK_STR(user_from_variable("cert:email"), "SSL_CLIENT_SAN_Email_0");
	CHECK_STR(user_from_variable("cert:upn"),
	    "SSL_CLIENT_SAN_OTHER_msUPN_0");
	CHECK_STR(user_from_variable("cert:cn"), "SSL_CLIENT_S_DN_CN");
}

static uid_t value;

static bool
sets(const char *text)
{
	value = 7;
	return (user_from_setting(text, "UID_MIN", &value));
}

CASE(a_setting_of_login_defs_is_found)
{
	CHECK(sets("# c\nUMASK 022\nUID_MIN\t\t 500\nSYS_UID_MIN 100\n"));
	CHECK(value == 500);
	CHECK(sets("UID_MIN 500"));
	CHECK(value == 500);
	CHECK(sets("  UID_MIN 0x20  \r\n"));
	CHECK(value == 32);
	CHECK(sets("UID_MIN 1\nUID_MIN 2\n"));
	CHECK(value == 2);
}

CASE(a_setting_that_is_not_there_leaves_the_preset)
{
	CHECK(sets("") && value == 7);
	CHECK(sets("\n\n") && value == 7);
	CHECK(sets("#UID_MIN 500\n") && value == 7);
	CHECK(sets("SYS_UID_MIN 500\n") && value == 7);
	CHECK(sets("UID_MINIMUM 500\n") && value == 7);
	CHECK(sets("UID_MIN\n") && value == 7);
}

CASE(a_setting_that_is_no_number_is_told)
{
	CHECK(!sets("UID_MIN many\n"));
	CHECK(!sets("UID_MIN -1\n"));
	CHECK(!sets("UID_MIN 1 2\n"));
	CHECK(!sets("UID_MIN 4294967295\n"));
	CHECK(!sets("UID_MIN 99999999999999999999\n"));
	CHECK(!sets("UID_MIN \n"));
}

static const struct check_case cases[] = {
	C(an_address_names_what_is_before_its_at),
	C(a_common_name_is_a_name_as_a_whole),
	C(what_is_no_portable_name_names_nobody), C(a_name_has_its_longest),
	C(each_kind_has_its_variable), C(a_setting_of_login_defs_is_found),
	C(a_setting_that_is_not_there_leaves_the_preset),
	C(a_setting_that_is_no_number_is_told), { 0 }
};
RUN(cases)

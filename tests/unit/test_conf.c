/*
 * test_conf.c - values: defaults, the command line, checks.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/conf.h"
#include "base/str.h"
#include "conf_bench.h"

static void conf_unset_key_has_its_default(void **state)
{
	const struct conf *c = *state;

	assert_string_equal(conf_str(c, "sip.listen"), "udp:127.0.0.1:5060");
	assert_null(conf_nth(c, "sip.listen", 1));
	assert_null(conf_str(c, "sip.direct.allow"));
	assert_int_equal(conf_int(c, "sip.t1_ms"), 500);
	assert_true(conf_bool(c, "media.rtcp"));
	assert_int_equal(conf_int(c, "media.any"), 0);
	assert_true(conf_has(c, "media.any"));
	assert_false(conf_has(c, "media"));
}

static void conf_set_wins_over_the_file(void **state)
{
	struct conf *c = *state;

	assert_int_equal(conf_set(c, "sip.t1_ms=20", error), 0);
	load(c, "<carillon><sip><listen>f1</listen><listen>f2</listen>"
		"<t1_ms>30</t1_ms></sip></carillon>");
	assert_int_equal(conf_int(c, "sip.t1_ms"), 20);
	assert_string_equal(conf_nth(c, "sip.listen", 1), "f2");
	assert_int_equal(conf_set(c, "sip.listen=s1", error), 0);
	assert_string_equal(conf_nth(c, "sip.listen", 0), "s1");
	assert_null(conf_nth(c, "sip.listen", 1));
	assert_int_equal(conf_set(c, "sip.listen=s2", error), 0);
	assert_string_equal(conf_nth(c, "sip.listen", 0), "s1");
	assert_string_equal(conf_nth(c, "sip.listen", 1), "s2");
	assert_null(conf_nth(c, "sip.listen", 2));
}

static void conf_set_twice_keeps_the_last_of_a_single_key(void **state)
{
	struct conf *c = *state;

	assert_int_equal(conf_set(c, "media.rtcp=no", error), 0);
	assert_false(conf_bool(c, "media.rtcp"));
	assert_int_equal(conf_set(c, "media.rtcp=on", error), 0);
	assert_true(conf_bool(c, "media.rtcp"));
}

static void conf_set_names_the_nearest_key(void **state)
{
	struct conf *c = *state;

	assert_int_equal(conf_set(c, "sip.lisen=x", error), -ENOENT);
	assert_string_equal(error, "--set: sip.lisen is not known; did you "
			    "mean sip.listen?");
	assert_int_equal(conf_set(c, "banana=x", error), -ENOENT);
	assert_string_equal(error, "--set: banana is not known");
}

static void conf_set_refuses_what_is_no_assignment(void **state)
{
	static const char *const bad[] = { "", "=", "=x", "sip.t1_ms" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(conf_set(*state, bad[i], error), -EINVAL);
		assert_non_null(strstr(error, "NAME=VALUE was expected"));
	}
}

static void refuses(struct conf *c, const char *assignment, const char *why)
{
	assert_int_equal(conf_set(c, assignment, error), -EINVAL);
	assert_string_equal(error, why);
}

static void conf_checks_each_type(void **state)
{
	struct conf *c = *state;

	refuses(c, "media.threads=abc", "--set media.threads: \"abc\" is not "
		"a whole number between 0 and 64");
	refuses(c, "media.threads=65", "--set media.threads: \"65\" is not "
		"a whole number between 0 and 64");
	refuses(c, "media.any=1.5",
		"--set media.any: \"1.5\" is not a whole number");
	refuses(c, "media.rtcp=maybe",
		"--set media.rtcp: \"maybe\" is neither yes nor no");
	refuses(c, "log.colour=gren", "--set log.colour: \"gren\" is not one "
		"of red, green, blue; did you mean \"green\"?");
	refuses(c, "log.colour=", "--set log.colour: \"\" is not one of red, "
		"green, blue");
	refuses(c, "sip.listen=a\nb", "--set sip.listen: \"a?b\" holds control "
		"characters or is not UTF-8");
	assert_int_equal(conf_set(c, "media.any=-99999999999", error), 0);
	assert_int_equal(conf_int(c, "media.any"), -99999999999);
	assert_int_equal(conf_set(c, "sip.listen=", error), 0);
	assert_string_equal(conf_str(c, "sip.listen"), "");
}

static void conf_never_shows_a_secret(void **state)
{
	struct conf *c = *state;

	refuses(c, "api.key=abc", "--set api.key: 3 bytes long, it must be "
		"between 4 and 16");
	refuses(c, "api.key=hush\n", "--set api.key: the value (not shown) "
		"holds control characters or is not UTF-8");
}

static void conf_refuse_names_the_line(void **state)
{
	struct conf *c = *state;

	load(c, "<carillon>\n<sip>\n<listen>a</listen>\n<listen>b</listen>\n"
		"</sip></carillon>");
	assert_int_equal(conf_refuse(c, "sip.listen", 1, error, "no %s", "b"),
			 -EINVAL);
	assert_string_equal(error, "t.xml:4: sip.listen: no b");
	conf_set(c, "sip.listen=c", error);
	conf_refuse(c, "sip.listen", 0, error, "no c");
	assert_string_equal(error, "--set sip.listen: no c");
	conf_refuse(c, "log.colour", 0, error, "ugly");
	assert_string_equal(error, "default: log.colour: ugly");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(conf_unset_key_has_its_default),
		T(conf_set_wins_over_the_file),
		T(conf_set_twice_keeps_the_last_of_a_single_key),
		T(conf_set_names_the_nearest_key),
		T(conf_set_refuses_what_is_no_assignment),
		T(conf_checks_each_type),
		T(conf_never_shows_a_secret),
		T(conf_refuse_names_the_line),
	};

	conf_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

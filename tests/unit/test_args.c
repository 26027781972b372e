/*
 * test_args.c - the command line of carillond.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "args.h"

static char error[ARGS_ERROR_LEN];
static struct args a;

/* Parses the words of a NULL-ended list behind the program's name.           */
static int parse(const char *const *words)
{
	static char copies[10][64];
	char *argv[11] = { copies[0] };
	int argc = 1;

	strncpy(copies[0], "carillond", 63);
	for (; words[argc - 1]; argc++) {
		strncpy(copies[argc], words[argc - 1], 63);
		argv[argc] = copies[argc];
	}
	return args_parse(&a, argc, argv, error);
}

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })

static void args_none_means_run(void **state)
{
	const char *const none[] = { NULL };

	(void)state;
	assert_int_equal(parse(none), 0);
	assert_int_equal(a.mode, ARGS_RUN);
	assert_null(a.config);
	assert_int_equal(a.n_sets, 0);
	args_free(&a);
}

static void args_take_config_and_sets_in_order(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--config", "c.xml", "--set", "a=1",
			       "--set=b=2", "--check-config"), 0);
	assert_int_equal(a.mode, ARGS_CHECK_CONFIG);
	assert_string_equal(a.config, "c.xml");
	assert_int_equal(a.n_sets, 2);
	assert_string_equal(a.sets[0], "a=1");
	assert_string_equal(a.sets[1], "b=2");
	args_free(&a);
	args_free(&a);
}

static void mode_of(const char *word, enum args_mode mode)
{
	assert_int_equal(PARSE(word), 0);
	assert_int_equal(a.mode, mode);
	args_free(&a);
}

static void args_know_each_mode(void **state)
{
	(void)state;
	mode_of("--check-config", ARGS_CHECK_CONFIG);
	mode_of("--print-config", ARGS_PRINT_CONFIG);
	mode_of("--print-schema", ARGS_PRINT_SCHEMA);
	mode_of("--print-options", ARGS_PRINT_OPTIONS);
	mode_of("--version", ARGS_VERSION);
	mode_of("--help", ARGS_HELP);
	assert_int_equal(PARSE("--help", "--version"), 0);
	assert_int_equal(a.mode, ARGS_HELP);
	args_free(&a);
}

static void args_unknown_names_the_nearest(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--set", "a=b", "--confg=x"), -EINVAL);
	assert_string_equal(error, "--confg=x is not known; did you mean "
			    "--config?");
	assert_int_equal(PARSE("--banana"), -EINVAL);
	assert_string_equal(error, "--banana is not known; --help lists the "
			    "options");
	assert_int_equal(PARSE("-x"), -EINVAL);
	assert_string_equal(error, "-x is not known; --help lists the options");
	assert_int_equal(PARSE("-xyz"), -EINVAL);
}

static void args_say_what_is_missing_or_too_much(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--help", "--config"), -EINVAL);
	assert_string_equal(error, "--config needs a value");
	assert_int_equal(PARSE("--version=3"), -EINVAL);
	assert_string_equal(error, "--version takes no value");
	assert_int_equal(PARSE("--help", "c.xml"), -EINVAL);
	assert_string_equal(error, "\"c.xml\" was not expected; --help lists "
			    "the options");
}

static void args_help_names_each_option(void **state)
{
	static const char *const words[] = {
		"--config FILE", "--set NAME=VALUE", "--check-config",
		"--print-config", "--print-schema", "--print-options",
		"--version", "--help",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		assert_non_null(strstr(args_help(), words[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(args_none_means_run),
		cmocka_unit_test(args_take_config_and_sets_in_order),
		cmocka_unit_test(args_know_each_mode),
		cmocka_unit_test(args_unknown_names_the_nearest),
		cmocka_unit_test(args_say_what_is_missing_or_too_much),
		cmocka_unit_test(args_help_names_each_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

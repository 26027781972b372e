/*
 * test_conf_plugin.c - plugins' sections.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "conf_bench.h"

OPTION(opt_level, .type = CLN_OPT_INT, .name = "level", .def = "1", .min = 1,
       .max = 9, .help = "A level.");
OPTION(opt_path, .type = CLN_OPT_STRING, .flags = CLN_OPT_REPEAT,
       .name = "path", .help = "A path.");

static const struct cln_option *const plugin_table[] = {
	&opt_level, &opt_path, NULL
};

static void conf_plugin_section_keeps_its_options(void **state)
{
	struct conf *c = *state;

	load(c, "<carillon><plugin name=\"g729\" required=\"yes\">\n"
		"<option name=\"path\"> /a </option>"
		"<option name=\"path\">/b</option>"
		"<option name=\"level\">3</option>"
		"</plugin><plugin name=\"x\"/></carillon>");
	assert_true(conf_plugin_required(c, "g729"));
	assert_false(conf_plugin_required(c, "x"));
	assert_false(conf_plugin_required(c, "y"));
	assert_string_equal(conf_plugin_nth(c, "g729", "path", 0), "/a");
	assert_string_equal(conf_plugin_nth(c, "g729", "path", 1), "/b");
	assert_null(conf_plugin_nth(c, "g729", "path", 2));
	assert_null(conf_plugin_nth(c, "g729", "none", 0));
	assert_null(conf_plugin_nth(c, "y", "path", 0));
	assert_int_equal(conf_plugin_check(c, "g729", plugin_table, error), 0);
	assert_int_equal(conf_plugin_check(c, "y", plugin_table, error), 0);
	assert_int_equal(conf_plugin_check(c, "x", NULL, error), 0);
}

static void conf_set_reaches_plugins(void **state)
{
	struct conf *c = *state;

	load(c, "<carillon><plugin name=\"g729\">"
		"<option name=\"path\">/f</option></plugin></carillon>");
	assert_int_equal(conf_set(c, "plugin.g729.path=/a", error), 0);
	assert_int_equal(conf_set(c, "plugin.g729.path=/b", error), 0);
	assert_int_equal(conf_set(c, "plugin.new.a.b=c", error), 0);
	assert_string_equal(conf_plugin_nth(c, "g729", "path", 0), "/a");
	assert_string_equal(conf_plugin_nth(c, "g729", "path", 1), "/b");
	assert_string_equal(conf_plugin_nth(c, "new", "a.b", 0), "c");
	assert_int_equal(conf_plugin_check(c, "g729", plugin_table, error), 0);
}

static void conf_set_refuses_a_plugin_without_key(void **state)
{
	static const char *const bad[] = {
		"plugin.=x", "plugin.g729=x", "plugin.g729.=x", "plugin..k=x",
		"plugin.G729.k=x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(conf_set(*state, bad[i], error), -EINVAL);
}

static void check_says(struct conf *c, const char *option, const char *why)
{
	char xml[300];

	snprintf(xml, sizeof(xml), "<carillon>\n<plugin name=\"p\">\n%s"
		 "</plugin></carillon>", option);
	load(c, xml);
	assert_int_equal(conf_plugin_check(c, "p", plugin_table, error),
			 -EINVAL);
	assert_string_equal(error, why);
}

static void conf_plugin_check_names_line_and_mistake(void **state)
{
	struct conf *c = *state;

	check_says(c, "<option name=\"levle\">1</option>", "t.xml:3: plugin p: "
		   "levle is not known; did you mean level?");
	check_says(c, "<option name=\"level\">10</option>", "t.xml:3: plugin "
		   "p: level: \"10\" is not a whole number between 1 and 9");
	check_says(c, "<option name=\"level\">1</option>\n"
		   "<option name=\"level\">2</option>", "t.xml:4: plugin p: "
		   "level may be given once only");
	load(c, "<carillon/>");
	assert_int_equal(conf_plugin_check(c, "p", plugin_table, error), 0);
	conf_set(c, "plugin.p.banana=1", error);
	assert_int_equal(conf_plugin_check(c, "p", NULL, error), -EINVAL);
	assert_string_equal(error, "--set: plugin p: banana is not known");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(conf_plugin_section_keeps_its_options),
		T(conf_set_reaches_plugins),
		T(conf_set_refuses_a_plugin_without_key),
		T(conf_plugin_check_names_line_and_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

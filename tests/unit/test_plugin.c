/*
 * test_plugin.c - loading: what is no plugin is refused and the server goes on,
 * unless it is required; what is one is found by the name of its codec.
 * Needs: libcarillon.a. With CARILLON_BUILD, the built pcmu.so is loaded too.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "plugin/plugin.h"

static const struct cln_option load_option = {
	.size = sizeof(struct cln_option), .type = CLN_OPT_STRING,
	.flags = CLN_OPT_REPEAT, .name = "plugins.load", .max = 1000,
	.help = "Plugins to load.",
};
static const struct cln_option *const table[] = { &load_option, NULL };

static struct conf *conf;
static struct plugins *plugins;
static char dir[64], so[96], why[256], error[CONF_ERROR_LEN];

static int setup(void **state)
{
	FILE *f;

	(void)state;
	log_set_level(LOG_ERROR);
	str_copy(dir, sizeof(dir), "plugin-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	str_printf(so, sizeof(so), "%s/broken.so", dir);
	f = fopen(so, "w");
	assert_non_null(f);
	fputs("this is no shared object\n", f);
	fclose(f);
	assert_int_equal(conf_new(&conf, table), 0);
	assert_int_equal(plugins_new(&plugins, conf), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plugins_free(plugins);
	conf_free(conf);
	unlink(so);
	return rmdir(dir);
}

static struct cln_plugin_info listed[4];
static size_t n_listed;

static void keep(void *arg, const struct cln_plugin_info *info)
{
	(void)arg;
	listed[n_listed++] = *info;
}

static void list(void)
{
	n_listed = 0;
	plugins_list(plugins, keep, NULL);
}

static void require(const char *name)
{
	char xml[256];

	str_printf(xml, sizeof(xml), "<carillon><plugin name=\"%s\" "
		   "required=\"yes\"/></carillon>", name);
	assert_int_equal(conf_load_mem(conf, "test.xml", xml, strlen(xml),
				       error), 0);
}

static void file_that_is_no_object_is_refused_and_listed(void **state)
{
	(void)state;
	assert_int_equal(plugins_load(plugins, so, why, sizeof(why)),
			 -ENOEXEC);
	assert_true(why[0]);
	list();
	assert_int_equal(n_listed, 1);
	assert_string_equal(listed[0].name, "broken");
	assert_string_equal(listed[0].state, "refused");
	assert_string_equal(listed[0].file, "broken.so");
	assert_true(listed[0].reason[0]);
	assert_null(plugins_codec_at(plugins, 0));
}

static void object_that_is_no_plugin_is_refused(void **state)
{
	(void)state;
	assert_int_equal(plugins_load(plugins, "libm.so.6", why, sizeof(why)),
			 -ENOEXEC);
	assert_non_null(strstr(why, "carillon_plugin"));
}

static void server_goes_on_without_a_broken_plugin(void **state)
{
	(void)state;
	assert_int_equal(plugins_load_all(plugins, dir, why, sizeof(why)), 0);
	list();
	assert_string_equal(listed[0].state, "refused");
}

static void server_does_not_go_on_without_a_required_one(void **state)
{
	(void)state;
	require("broken");
	assert_int_equal(plugins_load_all(plugins, dir, why, sizeof(why)),
			 -ENOEXEC);
	assert_non_null(strstr(why, "broken is required"));
}

static void required_one_that_is_nowhere_stops_the_start(void **state)
{
	(void)state;
	require("absent");
	assert_int_equal(plugins_load_all(plugins, dir, why, sizeof(why)),
			 -ENOENT);
	assert_non_null(strstr(why, "absent is required"));
}

static void required_is_seen_behind_a_path_too(void **state)
{
	char set[160];

	(void)state;
	require("broken");
	str_printf(set, sizeof(set), "plugins.load=%s", so);
	assert_int_equal(conf_set(conf, set, error), 0);
	assert_int_equal(plugins_load_all(plugins, "nowhere", why,
					  sizeof(why)), -ENOEXEC);
}

static void directory_that_is_not_there_is_told(void **state)
{
	(void)state;
	assert_int_equal(plugins_load_all(plugins, "nowhere", why,
					  sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "nowhere"));
}

static void codecs_are_known_without_being_loaded(void **state)
{
	(void)state;
	assert_true(plugins_codec_known("g729"));
	assert_false(plugins_codec_known("g7"));
	assert_null(plugins_codec(plugins, "mulaw"));
	assert_string_equal(plugins_codec_nearest("mulw"), "mulaw");
	assert_null(plugins_codec_nearest("zzzzzzzz"));
}

static void built_codec_is_loaded_and_offered_once(void **state)
{
	const char *build = getenv("CARILLON_BUILD");
	char path[512], copy[512];

	(void)state;
	if (!build || str_printf(path, sizeof(path), "%s/.libs/pcmu.so", build)
	    || access(path, R_OK))
		skip();
	assert_int_equal(plugins_load(plugins, path, why, sizeof(why)), 0);
	assert_non_null(plugins_codec(plugins, "mulaw"));
	assert_ptr_equal(plugins_codec_at(plugins, 0),
			 plugins_codec(plugins, "mulaw"));
	str_copy(copy, sizeof(copy), path);
	assert_int_equal(plugins_load(plugins, copy, why, sizeof(why)),
			 -EEXIST);
	assert_non_null(strstr(why, "is taken"));
	assert_null(plugins_codec_at(plugins, 1));
	list();
	assert_string_equal(listed[0].state, "loaded");
	assert_string_equal(listed[0].offers, "codec PCMU (mulaw)");
	assert_string_equal(listed[1].state, "refused");
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(file_that_is_no_object_is_refused_and_listed),
		RULE(object_that_is_no_plugin_is_refused),
		RULE(server_goes_on_without_a_broken_plugin),
		RULE(server_does_not_go_on_without_a_required_one),
		RULE(required_one_that_is_nowhere_stops_the_start),
		RULE(required_is_seen_behind_a_path_too),
		RULE(directory_that_is_not_there_is_told),
		RULE(codecs_are_known_without_being_loaded),
		RULE(built_codec_is_loaded_and_offered_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

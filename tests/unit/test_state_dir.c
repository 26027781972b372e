/*
 * test_state_dir.c - where the server keeps what outlives it.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "state_dir.h"

static char error[CONF_ERROR_LEN];
static char top[64], dir[128];

static int setup(void **state)
{
	(void)state;
	str_copy(top, sizeof(top), "/tmp/carillon-state-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	return str_printf(dir, sizeof(dir), "%s/a/b", top);
}

static int teardown(void **state)
{
	char a[128];

	(void)state;
	rmdir(dir);
	unlink(dir);
	str_printf(a, sizeof(a), "%s/a", top);
	rmdir(a);
	rmdir(top);
	return 0;
}

static void state_dir_is_made_for_its_owner_only(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(state_dir_make(dir, error), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(state_dir_make(dir, error), 0);
}

static void state_dir_that_others_may_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(state_dir_make(dir, error), 0);
	chmod(dir, 0755);
	assert_int_equal(state_dir_make(dir, error), 0);
	chmod(dir, 0770);
	assert_int_equal(state_dir_make(dir, error), -EPERM);
	assert_non_null(strstr(error, "others may write to it"));
}

static void state_dir_that_is_a_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(state_dir_make(dir, error), 0);
	rmdir(dir);
	assert_int_equal(symlink("/dev/null", dir), 0);
	assert_int_equal(state_dir_make(dir, error), -ENOTDIR);
	assert_non_null(strstr(error, dir));
}

static void chosen(const char *configured, const char *expected)
{
	char *got = NULL;

	assert_int_equal(state_dir_choose(&got, configured), 0);
	assert_string_equal(got, expected);
	free(got);
}

static void state_dir_of_a_user_is_below_home(void **state)
{
	char *got;

	(void)state;
	chosen("/srv/x", "/srv/x");
	if (!geteuid()) {
		chosen(NULL, "/var/lib/carillon");
		chosen("", "/var/lib/carillon");
		return;
	}
	setenv("XDG_STATE_HOME", "/xdg", 1);
	setenv("HOME", "/h", 1);
	chosen(NULL, "/xdg/carillon");
	unsetenv("XDG_STATE_HOME");
	chosen("", "/h/.local/state/carillon");
	unsetenv("HOME");
	assert_int_equal(state_dir_choose(&got, NULL), -ENOENT);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(state_dir_is_made_for_its_owner_only),
		T(state_dir_that_others_may_write_is_refused),
		T(state_dir_that_is_a_file_is_refused),
		cmocka_unit_test(state_dir_of_a_user_is_below_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

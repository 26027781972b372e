/*
 * test_files.c - whole files in a folder of ours.
 * Needs: core/media/files.c, core/base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>

#include "media/files.h"
#include "scratch_dir.h"

static int dir;

static int setup(void **state)
{
	int root;

	(void)state;
	scratch_make();
	root = open(scratch, O_RDONLY | O_DIRECTORY);
	assert_true(root >= 0);
	assert_int_equal(files_open(&dir, root, "d"), 0);
	close(root);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(dir);
	scratch_remove();
	return 0;
}

static void read_back(const char *name, const char *want)
{
	uint8_t *data;
	size_t len;

	assert_int_equal(files_read(dir, name, 100, &data, &len), 0);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(data, want, len);
	free(data);
}

static void pieces_become_one_file(void **state)
{
	struct piece pieces[] = { { "one ", 4 }, { NULL, 0 }, { "two", 3 } };
	struct stat st;

	(void)state;
	assert_int_equal(files_write(dir, "a", pieces, 3, true), 0);
	read_back("a", "one two");
	assert_int_equal(files_write(dir, "a", pieces + 2, 1, false), 0);
	read_back("a", "two");
	assert_int_equal(scratch_count("d"), 1);
	assert_int_equal(fstatat(dir, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fstat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void only_plain_files_of_the_right_size_are_read(void **state)
{
	struct piece piece = { "0123456789", 10 };
	uint8_t *data;
	size_t len;

	(void)state;
	assert_int_equal(files_write(dir, "a", &piece, 1, false), 0);
	assert_int_equal(files_read(dir, "a", 9, &data, &len), -EFBIG);
	assert_int_equal(files_read(dir, "b", 9, &data, &len), -ENOENT);
	assert_int_equal(symlinkat("a", dir, "link"), 0);
	assert_int_equal(files_read(dir, "link", 99, &data, &len), -ELOOP);
	assert_int_equal(mkdirat(dir, "folder", 0700), 0);
	assert_int_equal(files_read(dir, "folder", 99, &data, &len), -EBADMSG);
	assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
	assert_int_equal(files_read(dir, "pipe", 99, &data, &len), -EBADMSG);
}

static void a_write_that_fails_leaves_nothing(void **state)
{
	struct piece piece = { "x", 1 };

	(void)state;
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_int_equal(files_write(dir, "a", &piece, 1, false), -EISDIR);
	assert_int_equal(scratch_count("d"), 1);
}

static bool take_one(void *arg, const char *name)
{
	(void)name;
	(*(int *)arg)++;
	return false;
}

static void each_stops_when_told(void **state)
{
	struct piece piece = { "x", 1 };
	int n = 0;

	(void)state;
	assert_int_equal(files_write(dir, "a", &piece, 1, false), 0);
	assert_int_equal(files_write(dir, "b", &piece, 1, false), 0);
	assert_int_equal(files_each(dir, take_one, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(files_remove(dir, "a", true), 0);
	assert_int_equal(files_remove(dir, "a", true), -ENOENT);
}

static void a_file_where_a_folder_should_be_is_an_error(void **state)
{
	int fd;

	(void)state;
	scratch_write("d/f", "", 0);
	assert_int_equal(files_open(&fd, dir, "f"), -ENOTDIR);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(pieces_become_one_file),
		TEST(only_plain_files_of_the_right_size_are_read),
		TEST(a_write_that_fails_leaves_nothing),
		TEST(each_stops_when_told),
		TEST(a_file_where_a_folder_should_be_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

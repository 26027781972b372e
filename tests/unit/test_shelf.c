/*
 * test_shelf.c - files under a budget.
 * Needs: core/media/{shelf,files}.c, core/base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdbool.h>

#include "media/files.h"
#include "media/shelf.h"
#include "scratch_dir.h"

enum { BLOCK = 4096 };

static struct shelf shelf;
static int fds[2];

static bool any(const char *name)
{
	return name[0] != '!' && strncmp(name, FILES_TMP, 4) != 0;
}

static void open_shelf(size_t blocks)
{
	static const char *const names[] = { "one", "two" };
	int root = open(scratch, O_RDONLY | O_DIRECTORY);

	assert_true(root >= 0);
	assert_int_equal(shelf_init(&shelf, blocks * BLOCK), 0);
	shelf.now_s = 1000000;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(files_open(&fds[i], root, names[i]), 0);
		assert_int_equal(shelf_scan(&shelf, fds[i], any), 0);
	}
	shelf_settle(&shelf);
	close(root);
}

static void close_shelf(void)
{
	shelf_deinit(&shelf);
	close(fds[0]);
	close(fds[1]);
}

static int setup(void **state)
{
	(void)state;
	scratch_make();
	open_shelf(3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_shelf();
	scratch_remove();
	return 0;
}

static void put(int folder, const char *name, size_t len)
{
	static const uint8_t bytes[4 * BLOCK];
	struct piece piece = { bytes, len };

	assert_int_equal(files_write(fds[folder], name, &piece, 1, false), 0);
	shelf_add(&shelf, folder, name, len);
}

static bool on_disk(int folder, const char *name)
{
	return !faccessat(fds[folder], name, F_OK, 0);
}

static void the_longest_unused_goes(void **state)
{
	(void)state;
	put(0, "a", 10);
	put(1, "b", BLOCK);
	put(0, "c", 1);
	assert_int_equal(shelf.bytes, 3 * BLOCK);
	shelf_use(&shelf, 0, "a");
	shelf_use(&shelf, 0, "unknown");
	put(1, "d", 1);
	assert_false(shelf_has(&shelf, 1, "b"));
	assert_false(on_disk(1, "b"));
	assert_true(on_disk(0, "a") && on_disk(0, "c") && on_disk(1, "d"));
	put(0, "big", 2 * BLOCK + 1);
	assert_int_equal(shelf.bytes, 3 * BLOCK);
	assert_true(on_disk(0, "big") && !on_disk(0, "a"));
}

static void a_file_written_again_counts_once(void **state)
{
	(void)state;
	put(0, "a", 10);
	put(0, "a", 2 * BLOCK);
	assert_int_equal(shelf.bytes, 2 * BLOCK);
	shelf_remove(&shelf, 0, "a");
	assert_int_equal(shelf.bytes, 0);
	assert_false(on_disk(0, "a"));
	shelf_remove(&shelf, 0, "a");
}

static void a_scan_finds_the_order_of_use(void **state)
{
	(void)state;
	put(0, "a", 1);
	put(1, "b", 1);
	put(0, "c", 1);
	shelf.now_s += 100;
	shelf_use(&shelf, 0, "c");
	shelf.now_s += 100;
	shelf_use(&shelf, 0, "a");
	shelf.now_s += 100;
	shelf_use(&shelf, 1, "b");
	close_shelf();
	open_shelf(2);
	assert_int_equal(shelf.bytes, 2 * BLOCK);
	assert_false(on_disk(0, "c"));
	close_shelf();
	open_shelf(1);
	assert_true(on_disk(1, "b") && !on_disk(0, "a"));
}

static void use_is_written_once_a_minute(void **state)
{
	struct stat st;

	(void)state;
	put(0, "a", 1);
	shelf.now_s += 59;
	shelf_use(&shelf, 0, "a");
	assert_int_equal(fstatat(fds[0], "a", &st, 0), 0);
	assert_true(st.st_mtim.tv_sec > 1000100);	/* when it was made */
	shelf.now_s += 1;
	shelf_use(&shelf, 0, "a");
	assert_int_equal(fstatat(fds[0], "a", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000060);
}

static void what_is_not_ours_is_swept(void **state)
{
	(void)state;
	scratch_write("one/!", "", 0);
	scratch_write("one/tmp-7-1", "half", 4);
	scratch_write("two/fine", "whole", 5);
	assert_int_equal(symlinkat("fine", fds[1], "link"), 0);
	close_shelf();
	open_shelf(3);
	assert_int_equal(scratch_count("one"), 0);
	assert_int_equal(scratch_count("two"), 1);
	assert_true(shelf_has(&shelf, 1, "fine"));
}

static void all_of_a_beginning_go_together(void **state)
{
	(void)state;
	put(0, "ab-1", 1);
	put(0, "ab-2", 1);
	put(1, "ab-3", 1);
	shelf_use_all(&shelf, 0, "ab");
	assert_string_equal(TAILQ_FIRST(&shelf.list)->name, "ab-3");
	shelf_remove_all(&shelf, 0, "ab");
	assert_int_equal(shelf.bytes, BLOCK);
	assert_true(on_disk(1, "ab-3"));
}

static void a_file_counts_in_whole_blocks(void **state)
{
	(void)state;
	put(0, "empty", 0);
	assert_int_equal(shelf.bytes, BLOCK);
	assert_true(shelf_fits(&shelf, 3 * BLOCK));
	assert_false(shelf_fits(&shelf, 3 * BLOCK + 1));
	shelf.max_bytes = 3 * BLOCK + 1;	/* the rest is no use */
	assert_false(shelf_fits(&shelf, 3 * BLOCK + 1));
	assert_false(shelf_fits(&shelf, SIZE_MAX));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_longest_unused_goes),
		TEST(a_file_written_again_counts_once),
		TEST(a_scan_finds_the_order_of_use),
		TEST(use_is_written_once_a_minute),
		TEST(what_is_not_ours_is_swept),
		TEST(all_of_a_beginning_go_together),
		TEST(a_file_counts_in_whole_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_books.c - the index of the library.
 * Needs: core/media/books.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "media/books.h"

static struct books books;

static int setup(void **state)
{
	(void)state;
	books_init(&books);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	books_deinit(&books);
	return 0;
}

static void put(const char *id, int64_t bytes)
{
	struct book b = { .info = { .bytes = bytes } };

	str_copy(b.info.id, sizeof(b.info.id), id);
	assert_int_equal(books_put(&books, &b), 0);
}

static void they_stand_in_order(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		char id[8];

		str_printf(id, sizeof(id), "%03d", i * 77 % 200);
		put(id, 1);
	}
	assert_int_equal(books.n, 200);
	for (size_t i = 1; i < books.n; i++)
		assert_true(strcmp(books.items[i - 1]->info.id,
				   books.items[i]->info.id) < 0);
	assert_int_equal(books_after(&books, ""), 0);
	assert_int_equal(books_after(&books, "009"), 10);
	assert_int_equal(books_after(&books, "0095"), 10);
	assert_int_equal(books_after(&books, "999"), 200);
}

static void what_is_there_stays(void **state)
{
	(void)state;
	put("a", 1);
	put("a", 100);
	assert_int_equal(books.n, 1);
	assert_int_equal(books_find(&books, "a")->info.bytes, 1);
	assert_null(books_find(&books, "b"));
}

static void the_weight_is_that_of_all(void **state)
{
	size_t one;

	(void)state;
	put("a", 1000);
	one = books.bytes;
	assert_true(one > 1000);
	put("b", 1000);
	assert_int_equal(books.bytes, 2 * one);
	books_remove(&books, "a");
	books_remove(&books, "a");
	assert_int_equal(books.bytes, one);
	assert_null(books_find(&books, "a"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(they_stand_in_order),
		TEST(what_is_there_stays),
		TEST(the_weight_is_that_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_map.c - a hash map from byte strings to pointers.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/random.h"

enum { MANY = 10000 };

static int values[MANY];

static int setup(void **state)
{
	struct map *m;

	if (map_new(&m))
		return -1;
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	map_free(*state);
	return 0;
}

static void map_finds_what_was_put(void **state)
{
	struct map *m = *state;

	assert_int_equal(map_put_str(m, "a", &values[1]), 0);
	assert_int_equal(map_put(m, "a\0b", 3, &values[2]), 0);
	assert_int_equal(map_put(m, "", 0, &values[3]), 0);
	assert_ptr_equal(map_get_str(m, "a"), &values[1]);
	assert_ptr_equal(map_get(m, "a\0b", 3), &values[2]);
	assert_ptr_equal(map_get_str(m, ""), &values[3]);
	assert_null(map_get_str(m, "b"));
	assert_int_equal(map_count(m), 3);
}

static void map_put_refuses_a_second_of_the_same_key(void **state)
{
	struct map *m = *state;

	assert_int_equal(map_put_str(m, "k", &values[1]), 0);
	assert_int_equal(map_put_str(m, "k", &values[2]), -EEXIST);
	assert_ptr_equal(map_get_str(m, "k"), &values[1]);
	assert_int_equal(map_count(m), 1);
}

static void map_copies_its_keys(void **state)
{
	struct map *m = *state;
	char key[] = "key";

	map_put_str(m, key, &values[1]);
	key[0] = 'x';
	assert_ptr_equal(map_get_str(m, "key"), &values[1]);
	assert_null(map_get_str(m, "xey"));
}

static void map_remove_gives_the_value_back(void **state)
{
	struct map *m = *state;

	map_put_str(m, "k", &values[1]);
	assert_ptr_equal(map_remove_str(m, "k"), &values[1]);
	assert_null(map_remove_str(m, "k"));
	assert_null(map_get_str(m, "k"));
	assert_int_equal(map_put_str(m, "k", &values[2]), 0);
	assert_ptr_equal(map_get_str(m, "k"), &values[2]);
}

static void map_holds_very_many(void **state)
{
	struct map *m = *state;

	for (int i = 0; i < MANY; i++)
		assert_int_equal(map_put(m, &i, sizeof(i), &values[i]), 0);
	assert_int_equal(map_count(m), MANY);
	for (int i = 0; i < MANY; i += 2)
		assert_ptr_equal(map_remove(m, &i, sizeof(i)), &values[i]);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(m, &i, sizeof(i)),
				 i % 2 ? &values[i] : NULL);
}

/* Comings and goings at a constant size must not fill the table with the
 * traces of the gone: a lookup would then never end.                         */
static void map_survives_endless_churn(void **state)
{
	struct map *m = *state;

	for (int i = 0; i < 200000; i++) {
		int old = i - 10;

		assert_int_equal(map_put(m, &i, sizeof(i), &values[0]), 0);
		if (old >= 0)
			assert_non_null(map_remove(m, &old, sizeof(old)));
	}
	assert_int_equal(map_count(m), 10);
}

static void map_next_visits_each_once_while_they_are_removed(void **state)
{
	struct map *m = *state;
	bool seen[1000] = { false };
	size_t pos = 0;
	int *v, n = 0;

	for (int i = 0; i < 1000; i++)
		map_put(m, &i, sizeof(i), &values[i]);
	while ((v = map_next(m, &pos)) != NULL) {
		int i = (int)(v - values);

		assert_false(seen[i]);
		seen[i] = true;
		n++;
		if (i % 3)
			map_remove(m, &i, sizeof(i));
	}
	assert_int_equal(n, 1000);
	assert_int_equal(map_count(m), 334);
}

/* Random operations against a plain array.                                   */
static void map_agrees_with_an_array(void **state)
{
	struct map *m = *state;
	bool there[64] = { false };
	struct random r;
	size_t n = 0;

	random_seeded(&r, 7);
	for (int i = 0; i < 100000; i++) {
		uint32_t k = random_below(&r, 64);

		if (random_u32(&r) & 1) {
			assert_int_equal(map_put(m, &k, sizeof(k), &values[k]),
					 there[k] ? -EEXIST : 0);
			n += !there[k];
			there[k] = true;
		} else {
			assert_ptr_equal(map_remove(m, &k, sizeof(k)),
					 there[k] ? &values[k] : NULL);
			n -= there[k];
			there[k] = false;
		}
		assert_int_equal(map_count(m), n);
	}
}

static void map_lends_its_copy_of_a_key(void **state)
{
	char key[] = "key";
	const char *kept;
	struct map *map;
	int value;

	(void)state;
	assert_int_equal(map_new(&map), 0);
	assert_int_equal(map_put_kept(map, key, 4, &value, &kept), 0);
	memset(key, 'x', 3);
	assert_string_equal(kept, "key");
	assert_ptr_equal(map_remove(map, kept, 4), &value);
	assert_int_equal(map_count(map), 0);
	map_free(map);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(map_finds_what_was_put),
		T(map_put_refuses_a_second_of_the_same_key),
		T(map_copies_its_keys),
		T(map_remove_gives_the_value_back),
		T(map_holds_very_many),
		T(map_survives_endless_churn),
		T(map_next_visits_each_once_while_they_are_removed),
		T(map_agrees_with_an_array),
		cmocka_unit_test(map_lends_its_copy_of_a_key),
	};

	map_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

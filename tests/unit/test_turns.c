/*
 * test_turns.c - how many fetches one server has to bear.
 * Needs: core/media/turns.c, core/base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "media/turns.h"

static void a_host_bears_eight_at_once(void **state)
{
	struct target t = { .host = "a", .port = 80 }, u = t;
	struct host *a, *same, *other;
	struct map *hosts;

	(void)state;
	u.port = 81;
	assert_int_equal(map_new(&hosts), 0);
	assert_int_equal(host_get(&a, hosts, &t), 0);
	assert_int_equal(host_get(&same, hosts, &t), 0);
	assert_int_equal(host_get(&other, hosts, &u), 0);
	assert_ptr_equal(a, same);
	for (int i = 0; i < TURNS_MAX; i++) {
		assert_true(host_has_turn(a));
		host_begin(a);
	}
	assert_false(host_has_turn(same));
	assert_true(host_has_turn(other));
	host_end(a);
	assert_true(host_has_turn(a));
	host_put(hosts, a);
	assert_int_equal(map_count(hosts), 2);
	host_put(hosts, same);
	host_put(hosts, other);
	host_put(hosts, NULL);
	assert_int_equal(map_count(hosts), 0);
	map_free(hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_bears_eight_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

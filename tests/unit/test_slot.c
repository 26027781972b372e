/*
 * test_slot.c - ids that go stale.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/slot.h"

static int things[1000];

static void slot_id_finds_its_object_until_removed(void **state)
{
	struct slots s;
	uint64_t id = 0;

	(void)state;
	slots_init(&s);
	assert_int_equal(slot_add(&s, &things[0], &id), 0);
	assert_true(id != 0);
	assert_ptr_equal(slot_get(&s, id), &things[0]);
	slot_remove(&s, id);
	assert_null(slot_get(&s, id));
	slot_remove(&s, id);
	slots_deinit(&s);
}

static void slot_used_again_has_another_id(void **state)
{
	struct slots s;
	uint64_t old, new;

	(void)state;
	slots_init(&s);
	slot_add(&s, &things[0], &old);
	slot_remove(&s, old);
	slot_add(&s, &things[1], &new);
	assert_int_equal((uint32_t)old, (uint32_t)new);
	assert_true(old != new);
	assert_null(slot_get(&s, old));
	slot_remove(&s, old);
	assert_ptr_equal(slot_get(&s, new), &things[1]);
	slots_deinit(&s);
}

static void slot_get_survives_made_up_ids(void **state)
{
	struct slots s;
	uint64_t id;

	(void)state;
	slots_init(&s);
	assert_null(slot_get(&s, 0));
	assert_null(slot_get(&s, 1));
	slot_add(&s, &things[0], &id);
	assert_null(slot_get(&s, 0));
	assert_null(slot_get(&s, UINT64_MAX));
	assert_null(slot_get(&s, id + 1));
	assert_null(slot_get(&s, id + (UINT64_C(1) << 32)));
	slots_deinit(&s);
}

static void slots_grow_and_are_used_again(void **state)
{
	struct slots s;
	uint64_t ids[1000];

	(void)state;
	slots_init(&s);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++)
			assert_int_equal(slot_add(&s, &things[i], &ids[i]), 0);
		for (int i = 0; i < 1000; i++)
			assert_ptr_equal(slot_get(&s, ids[i]), &things[i]);
		for (int i = 0; i < 1000; i++)
			slot_remove(&s, ids[i]);
	}
	assert_int_equal(s.used, 1000);
	slots_deinit(&s);
}

static void slot_next_visits_the_live_ones(void **state)
{
	struct slots s;
	uint64_t ids[10];
	uint32_t pos = 0;
	int n = 0;

	(void)state;
	slots_init(&s);
	for (int i = 0; i < 10; i++)
		slot_add(&s, &things[i], &ids[i]);
	slot_remove(&s, ids[0]);
	slot_remove(&s, ids[5]);
	slot_remove(&s, ids[9]);
	for (int *t; (t = slot_next(&s, &pos)) != NULL; n++)
		assert_true(t != &things[0] && t != &things[5] &&
			    t != &things[9]);
	assert_int_equal(n, 7);
	slots_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slot_id_finds_its_object_until_removed),
		cmocka_unit_test(slot_used_again_has_another_id),
		cmocka_unit_test(slot_get_survives_made_up_ids),
		cmocka_unit_test(slots_grow_and_are_used_again),
		cmocka_unit_test(slot_next_visits_the_live_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

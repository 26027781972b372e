/*
 * test_api_idem.c - the same key and request is answered again, once done.
 *
 * Needs api/idem.c api/sha256.c; -lpthread.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/idem.h"

static const uint8_t print_a[SHA256_LEN] = { 1 };
static const uint8_t print_b[SHA256_LEN] = { 2 };

static struct idem_saved answer_of(char *body)
{
	return (struct idem_saved){
		.status = 200, .media = "application/json", .body = body,
		.body_len = strlen(body),
	};
}

static void keep(struct idem *t, const char *key, int64_t at, char *body)
{
	struct idem_id id = idem_id(t, 0, key);
	struct idem_saved saved = { 0 }, answer = answer_of(body);

	assert_int_equal(idem_begin(t, &id, print_a, at, &saved), IDEM_NEW);
	idem_keep(t, &id, &answer);
}

static void the_same_request_gets_the_same_answer(void **state)
{
	struct idem *t = idem_new();
	struct idem_id id = idem_id(t, 0, "k");
	struct idem_saved saved = { 0 };

	(void)state;
	keep(t, "k", 0, "done");
	assert_int_equal(idem_begin(t, &id, print_a, 5, &saved), IDEM_REPLAY);
	assert_int_equal(saved.status, 200);
	assert_string_equal(saved.body, "done");
	idem_saved_free(&saved);
	idem_free(t);
}

static void another_body_is_a_mismatch(void **state)
{
	struct idem *t = idem_new();
	struct idem_id id = idem_id(t, 0, "k");
	struct idem_saved saved = { 0 };

	(void)state;
	keep(t, "k", 0, "done");
	assert_int_equal(idem_begin(t, &id, print_b, 5, &saved),
			 IDEM_MISMATCH);
	idem_free(t);
}

static void while_it_runs_a_second_one_is_told_so(void **state)
{
	struct idem *t = idem_new();
	struct idem_id id = idem_id(t, 0, "k");
	struct idem_saved saved = { 0 };

	(void)state;
	assert_int_equal(idem_begin(t, &id, print_a, 0, &saved), IDEM_NEW);
	assert_int_equal(idem_begin(t, &id, print_a, 0, &saved),
			 IDEM_RUNNING);
	assert_int_equal(idem_begin(t, &id, print_b, 0, &saved),
			 IDEM_MISMATCH);
	idem_drop(t, &id);
	assert_int_equal(idem_begin(t, &id, print_b, 0, &saved), IDEM_NEW);
	idem_free(t);
}

static void keys_of_two_api_keys_do_not_meet(void **state)
{
	struct idem *t = idem_new();
	struct idem_id id = idem_id(t, 7, "k");
	struct idem_saved saved = { 0 };

	(void)state;
	keep(t, "k", 0, "done");
	assert_int_equal(idem_begin(t, &id, print_a, 0, &saved), IDEM_NEW);
	idem_free(t);
}

static void after_a_day_a_key_is_new(void **state)
{
	struct idem *t = idem_new();
	struct idem_id id = idem_id(t, 0, "k");
	struct idem_saved saved = { 0 };

	(void)state;
	keep(t, "k", 0, "done");
	assert_int_equal(idem_begin(t, &id, print_b, IDEM_KEEP_MS - 1,
				    &saved), IDEM_MISMATCH);
	assert_int_equal(idem_begin(t, &id, print_b, IDEM_KEEP_MS, &saved),
			 IDEM_NEW);
	idem_free(t);
}

static void the_oldest_make_room(void **state)
{
	struct idem *t = idem_new();
	struct idem_id first = idem_id(t, 0, "0"), last;
	struct idem_saved saved = { 0 };
	char key[16];
	int i;

	(void)state;
	for (i = 0; i < IDEM_ENTRIES_MAX + 1; i++) {
		snprintf(key, sizeof(key), "%d", i);
		keep(t, key, i, "done");
	}
	assert_int_equal(idem_count(t), IDEM_ENTRIES_MAX);
	last = idem_id(t, 0, key);
	assert_int_equal(idem_begin(t, &last, print_b, i, &saved),
			 IDEM_MISMATCH);
	assert_int_equal(idem_begin(t, &first, print_b, i, &saved), IDEM_NEW);
	idem_free(t);
}

static void large_answers_are_bounded_together(void **state)
{
	struct idem *t = idem_new();
	const size_t len = 1 << 20;
	char *body = malloc(len + 1), key[16];
	int i;

	(void)state;
	assert_non_null(body);
	memset(body, 'x', len);
	body[len] = '\0';
	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "%d", i);
		keep(t, key, i, body);
	}
	assert_in_range(idem_count(t), 25, 33);
	free(body);
	idem_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_request_gets_the_same_answer),
		cmocka_unit_test(another_body_is_a_mismatch),
		cmocka_unit_test(while_it_runs_a_second_one_is_told_so),
		cmocka_unit_test(keys_of_two_api_keys_do_not_meet),
		cmocka_unit_test(after_a_day_a_key_is_new),
		cmocka_unit_test(the_oldest_make_room),
		cmocka_unit_test(large_answers_are_bounded_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

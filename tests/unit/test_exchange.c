/*
 * test_exchange.c - the start: carriers, their histories and open jobs come back
 * from the store.
 * Needs: libcarillon.a, business.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "business.h"

static int setup_new(void **state)
{
	(void)state;
	business_new();
	return 0;
}

static void store_has_carriers(size_t n)
{
	the_store.n_carriers = n;
	the_store.carriers = calloc(n, sizeof(*the_store.carriers));
	for (size_t i = 0; i < n; i++) {
		char id[CLN_ID_LEN];

		str_printf(id, sizeof(id), "aaaaaaa%zu", i);
		the_store.carriers[i] = carrier_data(id);
		the_store.carriers[i].do_register = 1;
		str_copy(the_store.carriers[i].username, 8, "c1");
	}
}

static void server_is_ready_when_all_was_read(void **state)
{
	(void)state;
	the_store.hold = true;
	exchange_start(x, on_ready, NULL);
	run();
	assert_int_equal(ready_err, 1);
	assert_false(x->ready);
	the_store.hold = false;
	run();
	assert_int_equal(ready_err, 0);
	assert_true(x->ready);
}

static void carriers_register_again_spread_in_time(void **state)
{
	(void)state;
	store_has_carriers(3);
	business_start();
	assert_int_equal(n_registrations, 3);
	assert_int_equal(registrations[0]->delay_ms, 0);
	assert_int_equal(registrations[1]->delay_ms, 10);
	assert_int_equal(registrations[2]->delay_ms, 20);
}

static void rejected_survives_a_restart(void **state)
{
	struct cln_carrier_status st = { 0 };

	(void)state;
	store_has_carriers(1);
	the_store.n_history = 1;
	the_store.history = (struct cln_transition){
		.at = 5, .state = CLN_REG_REJECTED, .code = 403,
		.reason = "Forbidden",
	};
	business_start();
	assert_int_equal(n_registrations, 0);
	carrier_status_fill(carrier_find(x, "aaaaaaa0"), &st);
	assert_int_equal(st.state, CLN_REG_REJECTED);
	assert_int_equal(st.last_code, 403);
	assert_string_equal(st.last_reason, "Forbidden");
	assert_int_equal(st.n_history, 1);
}

static void store_that_cannot_be_read_is_told_once(void **state)
{
	static const enum store_op ops[] = {
		STORE_RECOVER, STORE_CARRIER_LIST, STORE_JOB_LIST_OPEN,
	};

	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (i) {
			business_free();
			setup_new(state);
		}
		store_has_carriers(2);
		the_store.fail[ops[i]] = -EIO;
		exchange_start(x, on_ready, NULL);
		run();
		assert_int_equal(ready_err, -EIO);
		assert_false(x->ready);
		free(the_store.carriers);
	}
}

static void nobody_is_called_before_the_store_was_read(void **state)
{
	(void)state;
	plain_carrier("aaaaaaaa");
	add_job("job-1", "aaaaaaaa", 1);
	advance(100);
	assert_int_equal(n_gets, 0);
	business_start();
	assert_int_equal(n_gets, 1);
}

#define NEW(f) cmocka_unit_test_setup_teardown(f, setup_new, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NEW(server_is_ready_when_all_was_read),
		NEW(carriers_register_again_spread_in_time),
		NEW(rejected_survives_a_restart),
		NEW(store_that_cannot_be_read_is_told_once),
		NEW(nobody_is_called_before_the_store_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_stop.c - the order of the end: what waits goes back, what talks is
 * drained or hung up, registrations last, and nothing comes home too late.
 * Needs: libcarillon.a, one_call.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "one_call.h"

static void stop(bool force)
{
	exchange_stop(x, force, on_stopped, NULL);
	run();
}

static void idle_server_stops_at_once(void **state)
{
	(void)state;
	stop(false);
	assert_int_equal(n_stopped, 1);
}

static void talking_calls_are_drained(void **state)
{
	(void)state;
	answer(0);
	stop(false);
	advance(10000);
	assert_int_equal(n_stopped, 0);
	assert_int_equal(uacs[0]->n_hangups, 0);
	call_through(0);
	run();
	assert_int_equal(n_stopped, 1);
	assert_int_equal(ROW->state, CLN_RCPT_COMPLETED);
}

static void forced_stop_hangs_up(void **state)
{
	(void)state;
	answer(0);
	stop(true);
	silence_then_bye();
	end(0, UAC_END_BYE_SENT, 200, "OK");
	run();
	assert_int_equal(n_stopped, 1);
	assert_int_equal(ROW->state, CLN_RCPT_FAILED);
	assert_string_equal(ROW->reason, "server_stopping");
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_SYSTEM);
}

static void forced_stop_does_not_wait_for_a_silent_far_end(void **state)
{
	(void)state;
	answer(0);
	stop(true);
	silence_then_bye();
	advance(2900);
	assert_int_equal(n_stopped, 0);
	advance(200);
	assert_int_equal(n_stopped, 1);
	assert_int_equal(ROW->state, CLN_RCPT_FAILED);
}

static void forced_stop_does_not_wait_for_a_full_disk(void **state)
{
	(void)state;
	run();
	the_store.fail[STORE_ATTEMPT] = -ENOSPC;
	call_refused(486, "Busy Here");
	advance(10);
	stop(false);
	advance(5000);
	assert_int_equal(n_stopped, 0);
	stop(true);
	assert_int_equal(n_stopped, 1);
	/* The truth after a restart: claimed, and no outcome is known. */
	assert_int_equal(ROW->state, CLN_RCPT_CALLING);
}

static void what_was_not_begun_goes_back_to_the_queue(void **state)
{
	struct stored_job *j;

	(void)state;
	pacer_set(&x->pacer, 20);
	pacer_take(&x->pacer, clock_now_ns(&now));
	j = add_job("job-2", "aaaaaaaa", 4);
	run();
	all_prompts_arrive();
	run();
	assert_int_equal(count_state(j, CLN_RCPT_CALLING), 1);
	assert_int_equal(n_uacs, 1);
	stop(false);
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 4);
	assert_int_equal(x->channels, 1);
	advance(200);
	assert_int_equal(n_uacs, 1);
	call_through(0);
	run();
	assert_int_equal(n_stopped, 1);
}

static void call_that_waits_for_a_port_goes_back_too(void **state)
{
	struct stored_job *j;

	(void)state;
	stream_new_err = -ENOBUFS;
	j = add_job("job-2", "aaaaaaaa", 1);
	run();
	all_prompts_arrive();
	advance(50);
	assert_int_equal(count_state(j, CLN_RCPT_CALLING), 1);
	stop(false);
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 1);
	call_through(0);
	run();
	assert_int_equal(n_stopped, 1);
}

static void stop_waits_for_a_claim_under_way(void **state)
{
	struct stored_job *j;

	(void)state;
	call_through(0);
	run();
	j = add_job("job-2", "aaaaaaaa", 3);
	run();
	the_store.hold = true;
	all_prompts_arrive();
	advance(5);
	assert_int_equal(x->n_requests, 1);
	stop(true);
	assert_int_equal(n_stopped, 0);
	the_store.hold = false;
	run();
	assert_int_equal(n_stopped, 1);
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 3);
	assert_int_equal(n_uacs, 1);
}

static void unclaim_that_the_store_refuses_is_not_done_twice(void **state)
{
	struct stored_job *j;

	(void)state;
	stream_new_err = -ENOBUFS;
	j = add_job("job-2", "aaaaaaaa", 1);
	run();
	all_prompts_arrive();
	advance(50);
	the_store.fail[STORE_ATTEMPT] = -EIO;
	stop(false);
	calls_unclaim(x);
	assert_int_equal(x->channels, 1);
	the_store.fail[STORE_ATTEMPT] = 0;
	advance(1100);
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 1);
	call_through(0);
	run();
	assert_int_equal(n_stopped, 1);
}

/* ---- registrations ---------------------------------------------------------- */

static void carriers_unregister_when_no_call_is_left(void **state)
{
	(void)state;
	registering_carrier("bbbbbbbb");
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	stop(false);
	assert_false(registrations[0]->stopping);
	call_through(0);
	run();
	assert_true(registrations[0]->stopping);
	assert_int_equal(n_stopped, 0);
	registration_left(0);
	assert_int_equal(n_stopped, 1);
	run();
	assert_int_equal(the_store.last_transition.state,
			 CLN_REG_UNREGISTERED);
}

static void silent_registrars_hold_the_end_up_for_seconds_only(void **state)
{
	(void)state;
	registering_carrier("bbbbbbbb");
	call_through(0);
	run();
	stop(false);
	advance(3900);
	assert_int_equal(n_stopped, 0);
	advance(200);
	assert_int_equal(n_stopped, 1);
}

static void nobody_registers_again_while_the_server_stops(void **state)
{
	struct carrier *c = registering_carrier("bbbbbbbb");
	struct cln_carrier d = c->data;

	(void)state;
	str_copy(d.username, sizeof(d.username), "client2");
	carrier_change(c, &d);
	call_through(0);
	run();
	stop(false);
	registration_left(0);
	assert_int_equal(n_registrations, 1);
	assert_int_equal(n_stopped, 1);
}

/* ---- a stop during the start ------------------------------------------------ */

static int setup_new(void **state)
{
	(void)state;
	business_new();
	return 0;
}

static void stop_waits_for_the_start_and_nobody_is_told_ready(void **state)
{
	(void)state;
	the_store.n_carriers = 1;
	the_store.carriers = calloc(1, sizeof(*the_store.carriers));
	the_store.carriers[0] = carrier_data("aaaaaaaa");
	the_store.carriers[0].do_register = 1;
	str_copy(the_store.carriers[0].username, 8, "c1");
	the_store.hold = true;
	exchange_start(x, on_ready, NULL);
	stop(true);
	assert_int_equal(n_stopped, 0);
	the_store.hold = false;
	run();
	assert_int_equal(n_stopped, 1);
	assert_int_equal(ready_err, 1);
	assert_int_equal(n_registrations, 0);
}

#define NEW(f) cmocka_unit_test_setup_teardown(f, setup_new, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(idle_server_stops_at_once),
		CALL(talking_calls_are_drained),
		CALL(forced_stop_hangs_up),
		CALL(forced_stop_does_not_wait_for_a_silent_far_end),
		CALL(forced_stop_does_not_wait_for_a_full_disk),
		CALL(what_was_not_begun_goes_back_to_the_queue),
		CALL(call_that_waits_for_a_port_goes_back_too),
		CALL(stop_waits_for_a_claim_under_way),
		CALL(unclaim_that_the_store_refuses_is_not_done_twice),
		CALL(carriers_unregister_when_no_call_is_left),
		CALL(silent_registrars_hold_the_end_up_for_seconds_only),
		CALL(nobody_registers_again_while_the_server_stops),
		NEW(stop_waits_for_the_start_and_nobody_is_told_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_outcome.c - outcomes that the store refuses or takes late.
 * Needs: libcarillon.a, one_call.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "one_call.h"

static void outcome_that_the_store_refuses_is_written_again(void **state)
{
	(void)state;
	run();
	the_store.fail[STORE_ATTEMPT] = -ENOSPC;
	call_refused(486, "Busy Here");
	advance(3500);
	assert_int_equal(ROW->state, CLN_RCPT_CALLING);
	assert_int_equal(x->n_calls, 1);
	assert_int_equal(x->channels, 0);	/* the line is free all the same */
	the_store.fail[STORE_ATTEMPT] = 0;
	advance(1000);
	assert_ended(CLN_RCPT_BUSY, "");
}

static void nobody_is_called_while_an_outcome_waits(void **state)
{
	struct stored_job *other;

	(void)state;
	run();
	the_store.fail[STORE_ATTEMPT] = -ENOSPC;
	call_refused(486, "Busy Here");
	run();
	other = add_job("job-2", "aaaaaaaa", 1);
	for (int i = 0; i < 40; i++) {
		advance(100);
		all_prompts_arrive();
		/* Also not while the write that will fail is under way. */
		dialer_wake(x);
	}
	assert_int_equal(count_state(other, CLN_RCPT_QUEUED), 1);
	the_store.fail[STORE_ATTEMPT] = 0;
	advance(2500);
	all_prompts_arrive();
	advance(20);
	assert_int_equal(count_state(other, CLN_RCPT_CALLING), 1);
}

static void what_happens_during_a_write_is_written_after_it(void **state)
{
	(void)state;
	the_store.hold = true;
	answer(0);
	hangup(UAC_END_BYE_RECEIVED);
	stream_stopped(0, false, 1);
	end(0, UAC_END_BYE_RECEIVED, 200, "OK");
	advance(10);
	assert_int_equal(x->n_calls, 1);
	the_store.hold = false;
	assert_ended(CLN_RCPT_COMPLETED, "");
	assert_int_equal(ROW->attempt.n_played, 1);
}

static void failed_early_write_does_not_lose_the_outcome(void **state)
{
	(void)state;
	run();
	the_store.fail[STORE_ATTEMPT] = -EIO;
	answer(0);
	run();
	assert_int_equal(x->n_failing, 1);
	call_through(0);
	run();
	assert_int_equal(x->n_failing, 1);
	the_store.fail[STORE_ATTEMPT] = 0;
	advance(1100);
	assert_ended(CLN_RCPT_COMPLETED, "");
	assert_int_equal(x->n_failing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL(outcome_that_the_store_refuses_is_written_again),
		CALL(nobody_is_called_while_an_outcome_waits),
		CALL(what_happens_during_a_write_is_written_after_it),
		CALL(failed_early_write_does_not_lose_the_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * one_call.h - one call on its way to one recipient, for tests of the business.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ONE_CALL_H
#define TESTS_ONE_CALL_H

#include "business.h"

static struct stored_job *job;

#define ROW (&job->rows[0])

/* One recipient by carrier aaaaaaaa, up to its INVITE. */
static inline int setup_call(void **state)
{
	setup(state);
	plain_carrier("aaaaaaaa");
	job = add_job("job-1", "aaaaaaaa", 1);
	run();
	all_prompts_arrive();
	advance(5);
	assert_int_equal(n_uacs, 1);
	return 0;
}

static inline void ring(void)
{
	uacs[0]->events->provisional(uacs[0]->arg, 180, "Ringing");
}

static inline void hangup(enum uac_end by)
{
	uacs[0]->events->hangup(uacs[0]->arg, by);
}

/* RFC 3261 15.1.1: we send no BYE while media may still leave.              */
static inline void silence_then_bye(void)
{
	assert_int_equal(uacs[0]->n_hangups, 0);
	stream_stopped(0, false, 1);
	assert_int_equal(uacs[0]->n_hangups, 1);
	hangup(UAC_END_BYE_SENT);
}

static inline void assert_ended(int state, const char *reason)
{
	run();
	assert_int_equal(ROW->state, state);
	assert_string_equal(ROW->reason, reason);
	assert_int_equal(x->n_calls, 0);
	assert_int_equal(x->channels, 0);
	assert_null(x->jobs);
}

static inline void call_refused(int code, const char *reason)
{
	end(0, UAC_END_FAILED, code, reason);
	assert_true(streams[0]->stopping);
	stream_stopped(0, false, 0);
}

#define CALL(f) cmocka_unit_test_setup_teardown(f, setup_call, teardown)
#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif

/*
 * test_dialer.c - who is called when: limits, turns, claims, carriers that are
 * not there, a store that refuses.
 * Needs: libcarillon.a, business.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "business.h"

static void dialer_forgets_job_and_recordings_at_the_end(void **state)
{
	struct stored_job *j;

	(void)state;
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 2);
	run();
	all_prompts_arrive();
	advance(10);
	assert_int_equal(live_prompts, 1);
	call_through(0);
	run();
	assert_non_null(job_find(x, "job-1"));
	call_through(1);
	run();
	assert_null(job_find(x, "job-1"));
	assert_null(x->jobs);
	assert_int_equal(live_prompts, 0);
	assert_int_equal(count_state(j, CLN_RCPT_COMPLETED), 2);
}

static void dialer_keeps_the_servers_channels(void **state)
{
	struct stored_job *j;

	(void)state;
	x->cfg.max_channels = 3;
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 5);
	run();
	all_prompts_arrive();
	advance(100);
	assert_int_equal(n_uacs, 3);
	assert_int_equal(x->channels, 3);
	advance(2000);
	assert_string_equal(x->jobs->lanes[0].waiting,
			    "limit of channels of the server");
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 2);
	call_through(1);
	advance(20);
	assert_int_equal(n_uacs, 4);
	assert_int_equal(x->channels, 3);
}

static void dialer_keeps_the_carriers_channels(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct carrier *c;

	(void)state;
	d.max_channels = 2;
	c = add_carrier(&d);
	plain_carrier("bbbbbbbb");
	add_job("job-1", "aaaaaaaa", 5);
	add_job("job-2", "bbbbbbbb", 5);
	run();
	all_prompts_arrive();
	advance(100);
	assert_int_equal(n_uacs, 7);
	assert_int_equal(c->channels, 2);
	assert_int_equal(x->channels, 7);
}

/* Milliseconds between the attempts of a job's rows. */
static void assert_gaps(const struct stored_job *j, int64_t gap_ms)
{
	for (size_t i = 1; i < j->n_rows; i++)
		assert_int_equal(j->rows[i].attempt.started_at -
				 j->rows[i - 1].attempt.started_at, gap_ms);
}

static void dialer_paces_by_the_carriers_rate(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct stored_job *j;

	(void)state;
	d.max_cps = 10;
	add_carrier(&d);
	j = add_job("job-1", "aaaaaaaa", 5);
	run();
	all_prompts_arrive();
	advance(600);
	assert_int_equal(n_uacs, 5);
	assert_gaps(j, 100);
}

static void dialer_does_not_make_good_a_pause(void **state)
{
	struct stored_job *j;

	(void)state;
	pacer_set(&x->pacer, 50);
	plain_carrier("aaaaaaaa");
	add_job("job-1", "aaaaaaaa", 1);
	run();
	all_prompts_arrive();
	advance(10);
	call_through(0);
	clock_advance(&now, 3600 * S_NS);
	run();
	j = add_job("job-2", "aaaaaaaa", 6);
	run();
	all_prompts_arrive();
	advance(200);
	assert_int_equal(n_uacs, 7);
	assert_gaps(j, 20);
}

static void dialer_claims_little_ahead(void **state)
{
	struct stored_job *j;

	(void)state;
	pacer_set(&x->pacer, 100);
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 50);
	run();
	all_prompts_arrive();
	run();
	/* Six deadlines lie in 50 ms at one in 10 ms. */
	assert_in_range(count_state(j, CLN_RCPT_CALLING), 5, 6);
}

static void dialer_promises_a_deadline_once(void **state)
{
	unsigned int claimed;

	(void)state;
	pacer_set(&x->pacer, 100);
	plain_carrier("aaaaaaaa");
	for (int i = 0; i < 5; i++) {
		char id[8];

		str_printf(id, sizeof(id), "job-%d", i);
		add_job(id, "aaaaaaaa", 50);
	}
	run();
	all_prompts_arrive();
	the_store.hold = true;
	advance(20);
	claimed = x->channels;
	assert_in_range(claimed, 5, 8);
	the_store.hold = false;
	advance(20);
	assert_int_equal(x->pacer.promised, 0);
	assert_in_range(x->channels, claimed, claimed + 4);
}

static void dialer_does_not_bunch_after_a_slow_commit(void **state)
{
	struct stored_job *j;

	(void)state;
	pacer_set(&x->pacer, 100);
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 5);
	run();
	all_prompts_arrive();
	the_store.hold = true;
	advance(500);
	the_store.hold = false;
	advance(100);
	assert_int_equal(n_uacs, 5);
	assert_gaps(j, 10);
}

static int calling(const struct stored_job *j)
{
	return (int)j->n_rows - count_state(j, CLN_RCPT_QUEUED);
}

static void jobs_take_turns_at_the_servers_limit(void **state)
{
	struct stored_job *a, *b;

	(void)state;
	x->cfg.max_channels = 1;
	plain_carrier("aaaaaaaa");
	a = add_job("job-a", "aaaaaaaa", 10);
	b = add_job("job-b", "aaaaaaaa", 10);
	run();
	all_prompts_arrive();
	advance(20);
	for (size_t i = 0; i < 7; i++) {
		call_through(i);
		advance(20);
	}
	assert_int_equal(calling(a), 4);
	assert_int_equal(calling(b), 4);
}

static void jobs_take_turns_at_the_carriers_limit(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct stored_job *a, *b, *c;

	(void)state;
	d.max_channels = 1;
	add_carrier(&d);
	a = add_job("job-a", "aaaaaaaa", 10);
	b = add_job("job-b", "aaaaaaaa", 10);
	c = add_job("job-c", "aaaaaaaa", 10);
	run();
	all_prompts_arrive();
	advance(20);
	for (size_t i = 0; i < 8; i++) {
		call_through(i);
		advance(20);
	}
	assert_int_equal(calling(a), 3);
	assert_int_equal(calling(b), 3);
	assert_int_equal(calling(c), 3);
}

static void lanes_of_a_job_take_turns(void **state)
{
	static const struct cln_item item = { .text = "http://a/hello.wav" };
	struct cln_recipient to[8] = { { 0 } };
	struct cln_play play = {
		.request_id = "job-1", .n_items = 1, .items = &item,
		.n_recipients = 8, .recipients = to,
	};
	struct store_job *data;
	struct job *job;
	int first = 0;

	(void)state;
	x->cfg.max_channels = 1;
	plain_carrier("aaaaaaaa");
	plain_carrier("bbbbbbbb");
	for (size_t i = 0; i < 8; i++) {
		to[i].to = "123456";
		to[i].carrier_id = i < 4 ? "aaaaaaaa" : "bbbbbbbb";
	}
	store_play(&play, &data);
	assert_int_equal(job_new(&job, x, data), 0);
	dialer_wake(x);
	run();
	all_prompts_arrive();
	advance(2000);
	all_prompts_arrive();
	advance(20);
	for (size_t i = 0; i < 3; i++) {
		call_through(i);
		advance(20);
	}
	for (size_t i = 0; i < 4; i++)
		first += stored("job-1")->rows[i].state != CLN_RCPT_QUEUED;
	assert_int_equal(first, 2);
}

static void dialer_looks_after_others_while_the_server_is_full(void **state)
{
	struct stored_job *gone;

	(void)state;
	x->cfg.max_channels = 1;
	plain_carrier("aaaaaaaa");
	add_job("job-1", "aaaaaaaa", 2);
	run();
	all_prompts_arrive();
	advance(20);
	gone = add_job("job-2", "dddddddd", 2);
	advance(2000);
	assert_int_equal(count_state(gone, CLN_RCPT_FAILED), 2);
}

/* ---- carriers that are not there -------------------------------------------- */

static void dialer_waits_for_a_registration_and_then_calls(void **state)
{
	char server[ADDR_TEXT_LEN];
	struct stored_job *j;

	(void)state;
	registering_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 2);
	advance(30000);
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 2);
	assert_string_equal(x->jobs->lanes[0].waiting,
			    "carrier aaaaaaaa is registering");
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	run();
	all_prompts_arrive();
	advance(20);
	assert_int_equal(n_uacs, 2);
	addr_text(&uacs[0]->target.prefer, server);
	assert_string_equal(server, "192.0.2.7:5070");
	assert_string_equal(uacs[0]->username, "client1");
}

static void dialer_fails_what_waited_too_long(void **state)
{
	struct stored_job *j;

	(void)state;
	registering_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 2);
	run();
	registration_becomes(0, REGISTRATION_FAILED, 408, "Request Timeout");
	advance(59000);
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 2);
	advance(3000);
	assert_int_equal(count_state(j, CLN_RCPT_FAILED), 2);
	assert_string_equal(j->rows[0].reason, "carrier_not_registered: "
			    "carrier aaaaaaaa did not register: "
			    "408 Request Timeout");
	assert_null(job_find(x, "job-1"));
}

static void dialer_waits_for_who_is_down_but_not_for_ever(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct stored_job *j, *k;

	(void)state;
	d.options_ping_s = 30;
	add_carrier(&d);
	ping_becomes(0, PING_DOWN, 408, "Request Timeout");
	j = add_job("job-1", "aaaaaaaa", 2);
	advance(30000);
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 2);
	assert_string_equal(x->jobs->lanes[0].waiting, "carrier aaaaaaaa does "
			    "not answer OPTIONS: Request Timeout");
	advance(32000);
	assert_int_equal(count_state(j, CLN_RCPT_FAILED), 2);
	assert_string_equal(j->rows[0].reason, "carrier_down: carrier aaaaaaaa "
			    "does not answer OPTIONS: Request Timeout");
	k = add_job("job-2", "aaaaaaaa", 2);
	advance(1000);
	assert_int_equal(count_state(k, CLN_RCPT_QUEUED), 2);
	ping_becomes(0, PING_UP, 200, "OK");
	run();
	all_prompts_arrive();
	advance(20);
	assert_int_equal(n_uacs, 2);
}

static void dialer_fails_at_once_what_can_never_go(void **state)
{
	struct cln_carrier off = carrier_data("bbbbbbbb");
	struct stored_job *rejected, *disabled, *deleted;

	(void)state;
	off.enabled = 0;
	add_carrier(&off);
	registering_carrier("aaaaaaaa");
	registration_becomes(0, REGISTRATION_REJECTED, 403, "Forbidden");
	rejected = add_job("job-1", "aaaaaaaa", 1);
	disabled = add_job("job-2", "bbbbbbbb", 1);
	deleted = add_job("job-3", "cccccccc", 1);
	run();
	assert_string_equal(rejected->rows[0].reason,
			    "carrier_rejected: 403 Forbidden");
	assert_string_equal(disabled->rows[0].reason, "carrier_disabled");
	assert_string_equal(deleted->rows[0].reason, "carrier_deleted");
	assert_null(x->jobs);
}

static void dialer_fails_the_queued_of_a_deleted_carrier_only(void **state)
{
	struct stored_job *j;
	struct carrier *c;

	(void)state;
	x->cfg.max_channels = 1;
	c = plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 3);
	run();
	all_prompts_arrive();
	advance(20);
	answer(0);
	carrier_remove(c);
	advance(2000);
	assert_int_equal(count_state(j, CLN_RCPT_FAILED), 2);
	assert_int_equal(count_state(j, CLN_RCPT_ANSWERED), 1);
	uacs[0]->events->hangup(uacs[0]->arg, UAC_END_BYE_RECEIVED);
	stream_stopped(0, false, 1);
	end(0, UAC_END_BYE_RECEIVED, 200, "OK");
	run();
	assert_int_equal(count_state(j, CLN_RCPT_COMPLETED), 1);
	assert_int_equal(x->channels, 0);
}

/* ---- the store -------------------------------------------------------------- */

static void dialer_rests_when_the_store_refuses_a_claim(void **state)
{
	struct stored_job *j;

	(void)state;
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 2);
	run();
	the_store.fail[STORE_CLAIM] = -ENOSPC;
	all_prompts_arrive();
	advance(900);
	assert_int_equal(the_store.n_done[STORE_CLAIM], 1);
	assert_int_equal(x->channels, 0);
	assert_int_equal(x->pacer.promised, 0);
	the_store.fail[STORE_CLAIM] = 0;
	advance(300);
	assert_int_equal(n_uacs, 2);
	assert_int_equal(count_state(j, CLN_RCPT_CALLING), 2);
}

static void dialer_tries_again_when_the_store_is_busy(void **state)
{
	(void)state;
	plain_carrier("aaaaaaaa");
	add_job("job-1", "aaaaaaaa", 1);
	run();
	the_store.refuse_post = -EAGAIN;
	all_prompts_arrive();
	advance(50);
	assert_int_equal(x->channels, 0);
	the_store.refuse_post = 0;
	advance(30);
	assert_int_equal(n_uacs, 1);
}

static void dialer_fails_a_lane_until_the_store_takes_it(void **state)
{
	struct stored_job *j;

	(void)state;
	the_store.fail[STORE_FAIL_LANE] = -EIO;
	j = add_job("job-1", "cccccccc", 2);
	advance(2500);
	assert_in_range(the_store.n_done[STORE_FAIL_LANE], 2, 3);
	the_store.fail[STORE_FAIL_LANE] = 0;
	advance(1100);
	assert_int_equal(count_state(j, CLN_RCPT_FAILED), 2);
	assert_null(x->jobs);
}

static void dialer_believes_the_store_when_it_claims_fewer(void **state)
{
	struct stored_job *j;

	(void)state;
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 3);
	j->rows[0].state = CLN_RCPT_FAILED;
	run();
	all_prompts_arrive();
	advance(20);
	assert_int_equal(n_uacs, 2);
	assert_int_equal(x->channels, 2);
	assert_int_equal(x->jobs->lanes[0].queued, 0);
}

static void no_recipient_is_claimed_twice(void **state)
{
	struct stored_job *j;

	(void)state;
	x->cfg.max_channels = 7;
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 100);
	run();
	all_prompts_arrive();
	for (size_t i = 0; i < 100; i++) {
		advance(15);
		call_through(i);
	}
	run();
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(j->rows[i].n_claims, 1);
	assert_int_equal(count_state(j, CLN_RCPT_COMPLETED), 100);
	assert_null(x->jobs);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(dialer_forgets_job_and_recordings_at_the_end),
		RULE(dialer_keeps_the_servers_channels),
		RULE(dialer_keeps_the_carriers_channels),
		RULE(dialer_paces_by_the_carriers_rate),
		RULE(dialer_does_not_make_good_a_pause),
		RULE(dialer_claims_little_ahead),
		RULE(dialer_promises_a_deadline_once),
		RULE(dialer_does_not_bunch_after_a_slow_commit),
		RULE(jobs_take_turns_at_the_servers_limit),
		RULE(jobs_take_turns_at_the_carriers_limit),
		RULE(lanes_of_a_job_take_turns),
		RULE(dialer_looks_after_others_while_the_server_is_full),
		RULE(dialer_waits_for_a_registration_and_then_calls),
		RULE(dialer_fails_what_waited_too_long),
		RULE(dialer_waits_for_who_is_down_but_not_for_ever),
		RULE(dialer_fails_at_once_what_can_never_go),
		RULE(dialer_fails_the_queued_of_a_deleted_carrier_only),
		RULE(dialer_rests_when_the_store_refuses_a_claim),
		RULE(dialer_tries_again_when_the_store_is_busy),
		RULE(dialer_fails_a_lane_until_the_store_takes_it),
		RULE(dialer_believes_the_store_when_it_claims_fewer),
		RULE(no_recipient_is_claimed_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_lane_prompts.c - recordings are there before anybody is called, or nobody
 * is.
 * Needs: libcarillon.a, business.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "business.h"

static void dialer_waits_for_the_recordings(void **state)
{
	struct stored_job *j;

	(void)state;
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 3);
	run();
	assert_int_equal(n_gets, 1);
	assert_string_equal(gets[0]->url, "http://a/hello.wav");
	assert_int_equal(gets[0]->n_codecs, 2);
	advance(200);
	assert_int_equal(count_state(j, CLN_RCPT_QUEUED), 3);
	assert_string_equal(x->jobs->lanes[0].waiting,
			    "recordings are being fetched");
	all_prompts_arrive();
	advance(20);
	assert_int_equal(n_uacs, 3);
	assert_int_equal(count_state(j, CLN_RCPT_CALLING), 3);
}

static void nobody_is_called_to_hear_nothing(void **state)
{
	struct stored_job *j;

	(void)state;
	plain_carrier("aaaaaaaa");
	j = add_job("job-1", "aaaaaaaa", 3);
	run();
	prompt_arrives(0, -EIO, "http 404");
	run();
	assert_int_equal(n_uacs, 0);
	assert_int_equal(count_state(j, CLN_RCPT_FAILED), 3);
	assert_string_equal(j->rows[2].reason,
			    "prompt_failed: item 0: http 404");
	assert_null(x->jobs);
}

static void only_the_next_in_line_hold_their_recordings(void **state)
{
	struct carrier *c;
	char id[CLN_UUID_LEN];

	(void)state;
	plain_carrier("aaaaaaaa");
	c = carrier_find(x, "aaaaaaaa");
	for (int i = 0; i < 70; i++) {
		str_printf(id, sizeof(id), "job-%d", i);
		add_job(id, "aaaaaaaa", 1);
	}
	run();
	assert_int_equal(c->prompted, 64);
	assert_int_equal(n_gets, 64);
	/* The end of one makes room for the next. */
	prompt_arrives(0, -EIO, "http 404");
	run();
	assert_int_equal(c->prompted, 64);
	assert_int_equal(n_gets, 65);
}

static void dialer_asks_again_for_recordings_when_the_pool_is_busy(void **state)
{
	(void)state;
	prompt_get_err = -EAGAIN;
	plain_carrier("aaaaaaaa");
	add_job("job-1", "aaaaaaaa", 1);
	advance(100);
	assert_int_equal(n_gets, 0);
	prompt_get_err = 0;
	advance(1500);
	assert_int_equal(n_gets, 1);
	all_prompts_arrive();
	advance(20);
	assert_int_equal(n_uacs, 1);
}

static void dialer_fails_where_no_codec_is_loaded(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct stored_job *j;

	(void)state;
	d.codecs = (struct cln_codec_list){ 1, { "g729" } };
	add_carrier(&d);
	j = add_job("job-1", "aaaaaaaa", 1);
	run();
	assert_string_equal(j->rows[0].reason, "no_codec");
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(dialer_waits_for_the_recordings),
		RULE(nobody_is_called_to_hear_nothing),
		RULE(only_the_next_in_line_hold_their_recordings),
		RULE(dialer_asks_again_for_recordings_when_the_pool_is_busy),
		RULE(dialer_fails_where_no_codec_is_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

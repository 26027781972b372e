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

static const struct cln_gather one_digit = {
	.digits = 1, .timeout_ms = 5000, .otherwise = CLN_GOTO_NEXT,
	.on_timeout = CLN_GOTO_NEXT,
};

static const struct cln_item all_kinds[] = {
	{ .text = "http://a/hello.wav", .repeat = 2 },
	{ .type = CLN_ITEM_PAUSE, .pause_ms = 500, .repeat = 3 },
	{ .type = CLN_ITEM_DTMF, .text = "12#" },
	{ .type = CLN_ITEM_GATHER, .gather = &one_digit },
};

static struct lane *lane_that_plays(const struct cln_item *items, size_t n)
{
	const struct cln_recipient to = { .to = "123456" };
	const struct cln_play play = {
		.request_id = "job-1", .carrier_id = "aaaaaaaa",
		.n_items = n, .items = items, .n_recipients = 1,
		.recipients = &to, .repeat = 4,
	};
	struct store_job *data;
	struct job *j;

	assert_int_equal(store_play(&play, &data), 0);
	assert_int_equal(job_new(&j, x, data), 0);
	dialer_wake(x);
	run();
	return &j->lanes[0];
}

static void each_item_asks_for_what_it_is_made_from(void **state)
{
	(void)state;
	plain_carrier("aaaaaaaa");
	lane_that_plays(all_kinds, ARRAY_LEN(all_kinds));
	assert_int_equal(n_gets, 3);
	assert_string_equal(gets[0]->url, "http://a/hello.wav");
	assert_string_equal(gets[1]->url, "dtmf:12#");
	assert_string_equal(gets[2]->url, "silence:200");
	prompt_arrives(0, 0, "");
	prompt_arrives(1, 0, "");
	advance(20);
	assert_int_equal(n_uacs, 0);
	prompt_arrives(2, 0, "");
	advance(20);
	assert_int_equal(n_uacs, 1);
}

static void recording_alone_needs_no_silence(void **state)
{
	(void)state;
	plain_carrier("aaaaaaaa");
	lane_that_plays(all_kinds, 1);
	assert_int_equal(n_gets, 1);
}

static void script_is_the_playlist(void **state)
{
	const struct script *s;
	struct lane *l;

	(void)state;
	plain_carrier("aaaaaaaa");
	l = lane_that_plays(all_kinds, ARRAY_LEN(all_kinds));
	assert_null(l->script);
	all_prompts_arrive();
	run();
	s = l->script;
	assert_int_equal(s->n_steps, 4);
	assert_int_equal(s->rounds, 4);
	assert_non_null(s->silence);
	assert_int_equal(s->steps[0].kind, SCRIPT_PROMPT);
	assert_int_equal(s->steps[0].times, 2);
	assert_non_null(s->steps[0].prompt);
	assert_int_equal(s->steps[1].kind, SCRIPT_PAUSE);
	assert_int_equal(s->steps[1].pause_ms, 500);
	assert_int_equal(s->steps[1].times, 3);
	assert_int_equal(s->steps[2].kind, SCRIPT_DTMF);
	assert_string_equal(s->steps[2].digits, "12#");
	assert_non_null(s->steps[2].prompt);
	assert_int_equal(s->steps[3].kind, SCRIPT_GATHER);
	assert_int_equal(s->steps[3].gather.timeout_ms, 5000);
	assert_int_equal(live_prompts, 3);
}

/* A carrier that wants no tones gets none, whatever the far end can do. */
static void tones_are_for_those_who_want_them(void **state)
{
	static const char *const silent[] = { "off", "rfc4733" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
		struct cln_carrier d = carrier_data("aaaaaaaa");

		str_copy(d.dtmf, sizeof(d.dtmf), silent[i]);
		add_carrier(&d);
		lane_that_plays(&all_kinds[2], 1);
		assert_int_equal(n_gets, 2);
		assert_string_equal(gets[0]->url, "silence:600");
		assert_string_equal(gets[1]->url, "silence:200");
		teardown(NULL);
		setup(NULL);
	}
}

/* What the tones were made for counts: a call that wanted others would have
 * none to send. */
static void change_of_a_carriers_digits_is_for_later_jobs(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct carrier *c;

	(void)state;
	str_copy(d.dtmf, sizeof(d.dtmf), "off");
	c = add_carrier(&d);
	lane_that_plays(&all_kinds[2], 1);
	str_copy(d.dtmf, sizeof(d.dtmf), "inband");
	carrier_change(c, &d);
	all_prompts_arrive();
	advance(20);
	assert_int_equal(n_uacs, 1);
	answer(0);
	assert_false(streams[0]->tones);
	assert_null(strstr(uacs[0]->sdp, "telephone-event"));
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
		RULE(each_item_asks_for_what_it_is_made_from),
		RULE(recording_alone_needs_no_silence),
		RULE(script_is_the_playlist),
		RULE(tones_are_for_those_who_want_them),
		RULE(change_of_a_carriers_digits_is_for_later_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

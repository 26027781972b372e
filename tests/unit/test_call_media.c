/*
 * test_call_media.c - what a call plays, when it begins, how long it may last,
 * and what its report tells of it.
 * Needs: libcarillon.a, business.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "business.h"

static const struct cln_gather back_to_the_start = {
	.digits = 1, .timeout_ms = 5000, .otherwise = CLN_GOTO_NEXT,
	.on_timeout = 0,
};

static const struct cln_item sound = { .text = "http://a/hello.wav" };
static const struct cln_item menu[] = {
	{ .text = "http://a/hello.wav" },
	{ .type = CLN_ITEM_GATHER, .gather = &back_to_the_start },
};

/* One recipient by carrier aaaaaaaa; its call waits for an answer. */
static void call_that_plays(const struct cln_item *items, size_t n,
			    struct cln_play course)
{
	const struct cln_recipient to = { .to = "123456" };
	struct store_job *data;
	struct job *j;

	course.request_id = "job-1";
	course.carrier_id = "aaaaaaaa";
	course.items = items;
	course.n_items = n;
	course.recipients = &to;
	course.n_recipients = 1;
	if (!carrier_find(x, "aaaaaaaa"))
		plain_carrier("aaaaaaaa");
	assert_int_equal(store_play(&course, &data), 0);
	assert_int_equal(job_new(&j, x, data), 0);
	dialer_wake(x);
	run();
	all_prompts_arrive();
	advance(20);
	assert_int_equal(n_uacs, 1);
}

static const struct row *row(void)
{
	return &stored("job-1")->rows[0];
}

/* We hang up: first the stream ends, then the dialog. */
static void ended_by_us(const char *reason)
{
	run();
	assert_true(streams[0]->stopping);
	stream_stopped(0, false, 1);
	end(0, UAC_END_BYE_SENT, 200, "OK");
	run();
	assert_int_equal(row()->state, CLN_RCPT_FAILED);
	assert_string_equal(row()->reason, reason);
	assert_int_equal(row()->attempt.hangup_by, CLN_BY_NONE);
}

/* ---- the beginning ---------------------------------------------------------- */

static void call_begins_with_the_answer(void **state)
{
	(void)state;
	call_that_plays(&sound, 1, (struct cln_play){ .repeat = 3 });
	assert_int_equal(n_gets, 1);
	answer(0);
	assert_int_equal(streams[0]->start, CLN_START_ANSWER);
	assert_int_equal(streams[0]->start_wait_ms, 0);
	assert_int_equal(streams[0]->rtp_timeout_ms, 0);
	assert_int_equal(streams[0]->script->rounds, 3);
	assert_null(streams[0]->script->silence);
}

/* The ACK may have to look for its way. */
static void what_the_callee_says_before_our_ack_is_kept(void **state)
{
	(void)state;
	call_that_plays(&sound, 1, (struct cln_play){ 0 });
	assert_false(streams[0]->answered);
	uacs[0]->events->picked_up(uacs[0]->arg);
	assert_true(streams[0]->answered && !streams[0]->playing);
	answer(0);
	assert_true(streams[0]->playing);
}

static void start_waits_as_long_as_is_said(void **state)
{
	(void)state;
	x->cfg.rtp_timeout_s = 60;
	call_that_plays(&sound, 1, (struct cln_play){
		.start = CLN_START_SILENCE, .start_wait_ms = 1234 });
	answer(0);
	assert_int_equal(streams[0]->start, CLN_START_SILENCE);
	assert_int_equal(streams[0]->start_wait_ms, 1234);
	assert_int_equal(streams[0]->rtp_timeout_ms, 60000);
	assert_non_null(streams[0]->script->silence);
}

static void start_has_a_wait_of_its_own(void **state)
{
	(void)state;
	call_that_plays(&sound, 1, (struct cln_play){
		.start = CLN_START_MEDIA });
	answer(0);
	assert_int_equal(streams[0]->start_wait_ms, 2000);
}

static void greeting_is_waited_for_longer(void **state)
{
	(void)state;
	call_that_plays(&sound, 1, (struct cln_play){
		.start = CLN_START_SILENCE });
	answer(0);
	assert_int_equal(streams[0]->start_wait_ms, 30000);
}

static void stream_learns_ports_where_the_carrier_says_so(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");

	(void)state;
	d.symmetric_rtp = 1;
	str_copy(d.dtmf, sizeof(d.dtmf), "inband");
	add_carrier(&d);
	call_that_plays(&sound, 1, (struct cln_play){ 0 });
	answer(0);
	assert_true(streams[0]->symmetric);
	assert_true(streams[0]->tones);
}

/* ---- the end ---------------------------------------------------------------- */

static void call_that_may_go_on_for_ever_ends(void **state)
{
	(void)state;
	x->cfg.call_max_s = 3600;
	call_that_plays(menu, ARRAY_LEN(menu), (struct cln_play){ 0 });
	answer(0);
	clock_advance(&now, 3599 * S_NS);
	run();
	assert_false(streams[0]->stopping);
	clock_advance(&now, 2 * S_NS);
	ended_by_us("too_long");
}

static void call_that_is_longer_than_any_ends(void **state)
{
	(void)state;
	x->cfg.call_max_s = 50;
	call_that_plays(&sound, 1, (struct cln_play){ .repeat = 100 });
	answer(0);
	clock_advance(&now, 51 * S_NS);
	ended_by_us("too_long");
}

/* 1 s is played, after a wait of 120 s at most, and 600 s may be held. */
static void wait_of_the_start_is_not_held_against_the_call(void **state)
{
	(void)state;
	call_that_plays(&sound, 1, (struct cln_play){
		.start = CLN_START_SILENCE, .start_wait_ms = 120000 });
	answer(0);
	clock_advance(&now, 720 * S_NS);
	run();
	assert_false(streams[0]->stopping);
	clock_advance(&now, 2 * S_NS);
	ended_by_us("held_too_long");
}

static void far_end_that_fell_silent_is_hung_up(void **state)
{
	(void)state;
	call_that_plays(&sound, 1, (struct cln_play){ 0 });
	answer(0);
	streams[0]->events->failed(streams[0]->arg, -ETIMEDOUT);
	ended_by_us("rtp_timeout");
}

/* ---- the report ------------------------------------------------------------- */

static void hangup_after_all(void)
{
	streams[0]->events->played(streams[0]->arg);
	uacs[0]->events->hangup(uacs[0]->arg, UAC_END_BYE_SENT);
	stream_stopped(0, true, 2);
	end(0, UAC_END_BYE_SENT, 200, "OK");
	run();
}

static void report_tells_what_was_heard(void **state)
{
	const struct cln_attempt *a;

	(void)state;
	call_that_plays(menu, ARRAY_LEN(menu), (struct cln_play){ 0 });
	answer(0);
	next_report.started = CLN_STARTED_BEEP;
	next_report.started_ms = 4321;
	next_report.rtp.mos_x100 = 412;
	next_report.rtp.far_mos_x100 = -1;
	next_report.n_gathered = 2;
	next_report.gathered[0] = (struct cln_gathered){
		1, CLN_GATHER_TIMEOUT, "" };
	next_report.gathered[1] = (struct cln_gathered){
		1, CLN_GATHER_DIGITS, "7" };
	hangup_after_all();
	a = &row()->attempt;
	assert_int_equal(row()->state, CLN_RCPT_COMPLETED);
	assert_int_equal(a->started, CLN_STARTED_BEEP);
	assert_int_equal(a->started_ms, 4321);
	assert_int_equal(a->rtp.mos_x100, 412);
	assert_int_equal(a->rtp.far_mos_x100, -1);
	assert_int_equal(a->n_played, 2);
	assert_int_equal(row()->played[1].sent_ms, 500);
	assert_int_equal(a->n_gathered, 2);
	assert_int_equal(row()->gathered[0].end, CLN_GATHER_TIMEOUT);
	assert_string_equal(row()->gathered[1].digits, "7");
}

/* What was played, and 500 ms of each item; of that, as was confirmed. */
static void plays_digits(const char *mode, const char *sdp)
{
	static const struct cln_item items[] = {
		{ .text = "http://a/hello.wav" },
		{ .type = CLN_ITEM_DTMF, .text = "12" },
	};
	struct cln_carrier d = carrier_data("aaaaaaaa");

	str_copy(d.dtmf, sizeof(d.dtmf), mode);
	add_carrier(&d);
	call_that_plays(items, ARRAY_LEN(items), (struct cln_play){ 0 });
	uacs[0]->events->answered(uacs[0]->arg, 200, sdp, strlen(sdp));
	hangup_after_all();
}

#define WITHOUT_EVENTS answer_sdp
#define WITH_EVENTS "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n" \
	"c=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n" \
	"a=rtpmap:101 telephone-event/8000\r\n"

static void digits_that_did_not_leave_were_not_sent(void **state)
{
	static const struct {
		const char *mode, *sdp;
		int sent_ms;
	} cases[] = {
		{ "off", WITHOUT_EVENTS, 0 },
		{ "rfc4733", WITHOUT_EVENTS, 0 },
		{ "rfc4733", WITH_EVENTS, 500 },
		{ "auto", WITHOUT_EVENTS, 500 },
		{ "inband", WITHOUT_EVENTS, 500 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		plays_digits(cases[i].mode, cases[i].sdp);
		assert_int_equal(row()->played[0].sent_ms, 500);
		assert_int_equal(row()->played[1].sent_ms, cases[i].sent_ms);
		teardown(NULL);
		setup(NULL);
	}
}

/* Hanging up while digits are waited for is no failure of ours. */
static void callee_may_leave_a_gather(void **state)
{
	(void)state;
	call_that_plays(menu, ARRAY_LEN(menu), (struct cln_play){ 0 });
	answer(0);
	next_report.n_gathered = 1;
	next_report.gathered[0] = (struct cln_gathered){
		1, CLN_GATHER_HANGUP, "" };
	uacs[0]->events->hangup(uacs[0]->arg, UAC_END_BYE_RECEIVED);
	stream_stopped(0, false, 2);
	end(0, UAC_END_BYE_RECEIVED, 200, "OK");
	run();
	assert_int_equal(row()->state, CLN_RCPT_COMPLETED);
	assert_int_equal(row()->attempt.hangup_by, CLN_BY_CALLEE);
	assert_int_equal(row()->gathered[0].end, CLN_GATHER_HANGUP);
}

/* ---- what is in use --------------------------------------------------------- */

static void open_job_plays_its_recordings(void **state)
{
	(void)state;
	assert_false(exchange_plays(x, "http://a/hello.wav"));
	call_that_plays(menu, ARRAY_LEN(menu), (struct cln_play){ 0 });
	assert_true(exchange_plays(x, "http://a/hello.wav"));
	assert_false(exchange_plays(x, "http://a/hello"));
	call_through(0);
	run();
	assert_false(exchange_plays(x, "http://a/hello.wav"));
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(call_begins_with_the_answer),
		RULE(what_the_callee_says_before_our_ack_is_kept),
		RULE(start_waits_as_long_as_is_said),
		RULE(start_has_a_wait_of_its_own),
		RULE(greeting_is_waited_for_longer),
		RULE(stream_learns_ports_where_the_carrier_says_so),
		RULE(call_that_may_go_on_for_ever_ends),
		RULE(call_that_is_longer_than_any_ends),
		RULE(wait_of_the_start_is_not_held_against_the_call),
		RULE(far_end_that_fell_silent_is_hung_up),
		RULE(report_tells_what_was_heard),
		RULE(digits_that_did_not_leave_were_not_sent),
		RULE(callee_may_leave_a_gather),
		RULE(open_job_plays_its_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

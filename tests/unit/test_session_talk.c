/*
 * test_session_talk.c - what comes in matters: when to begin, and digits. Turn
 * by turn, with real packets on loopback.
 * Needs: as test_session.c, and core/media/hear.c with what it calls.
 */
/* SPDX-License-Identifier: MIT */
#include "talk_bench.h"

/* ---- when it begins ------------------------------------------------------ */

static void plain_start_is_with_the_answer(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct stream_report report;

	(void)state;
	p.asked_ns -= 7 * MS_NS;
	begin_play(&p);
	run_until(0);
	end(&report, 1);
	assert_int_equal(report.started, CLN_STARTED_ANSWER);
	assert_int_equal(report.started_ms, 7);
}

static void start_with_media_waits_for_the_far_ends_first_packet(void **state)
{
	struct session_play p = plain(CLN_START_MEDIA);
	struct stream_report report;
	struct rtp_packet got;

	(void)state;
	far_says(1);				/* before the answer: no sign */
	session_turn(&s, T0 * MS_NS);
	begin_play(&p);
	run_until(300);
	assert_false(far_read(&far, far.rtp_fd, 0));
	far_says(2);
	run_until(340);
	got = far_rtp(&far);
	assert_true(got.header.marker);
	expect_bytes(&got, bytes);
	end(&report, 350);
	assert_int_equal(report.started, CLN_STARTED_MEDIA);
	assert_int_equal(report.started_ms, 340);
}

static void start_with_media_does_not_wait_for_ever(void **state)
{
	struct session_play p = plain(CLN_START_MEDIA);
	struct stream_report report;

	(void)state;
	begin_play(&p);
	run_until(WAIT_MS - 1);
	assert_false(far_read(&far, far.rtp_fd, 0));
	run_until(WAIT_MS);
	expect_bytes(&(struct rtp_packet){ heard(1).header,
			far.data + RTP_HEADER_LEN, 160 }, bytes);
	end(&report, WAIT_MS + 1);
	assert_int_equal(report.started, CLN_STARTED_WAIT);
}

static void greeting_is_waited_for_with_silence_that_no_item_counts(
	void **state)
{
	struct session_play p = plain(CLN_START_SILENCE);
	struct stream_report report;
	struct rtp_packet got;
	int silent = 0;

	(void)state;
	listen_to(true);
	p.hear = hear;
	p.start_wait_ms = 20 * WAIT_MS;
	begin_play(&p);
	/* Nobody ever speaks: silence is told at last. */
	for (int64_t ms = 0; s.waiting; ms += 20, silent++) {
		assert_true(ms < 20 * WAIT_MS);
		far_says((uint16_t)(ms / 20));
		run_until(ms);
		got = far_rtp(&far);
		if (s.waiting)
			expect_bytes(&got, quiet);
	}
	assert_true(silent > 50);
	expect_bytes(&got, bytes);
	assert_null(s.receive.hear);
	end(&report, silent * 20);
	assert_int_equal(report.started, CLN_STARTED_SILENCE);
	assert_int_equal(report.started_ms, (silent - 1) * 20);
	assert_int_equal(report.n_items, 1);
	assert_int_equal(report.items[0].sent_ms, 20);
}

static void greeting_is_not_waited_for_longer_than_asked(void **state)
{
	struct session_play p = plain(CLN_START_SILENCE);
	struct stream_report report;

	(void)state;
	p.start_wait_ms = 400;
	begin_play(&p);
	run_until(399);
	end(&report, 399);
	assert_int_equal(report.started, CLN_STARTED_NOT);
	assert_int_equal(report.n_items, 0);
	assert_false(report.complete);
	s.state = SESSION_PLAYING;
	run_until(400);
	session_report(&s, &report);
	assert_int_equal(report.started, CLN_STARTED_WAIT);
	assert_int_equal(report.started_ms, 400);
}

static void hold_is_no_time_of_waiting_for_the_start(void **state)
{
	struct session_play p = plain(CLN_START_SILENCE);
	struct stream_report report;

	(void)state;
	p.start_wait_ms = 400;
	begin_play(&p);
	run_until(80);
	p.aim.send = false;
	set_aim(&p.aim);
	run_until(980);
	p.aim.send = true;
	set_aim(&p.aim);
	run_until(1299);
	assert_true(s.waiting);
	run_until(1300);
	assert_false(s.waiting);
	end(&report, 1301);
	assert_int_equal(report.started, CLN_STARTED_WAIT);
	assert_int_equal(report.started_ms, 1300);
}

/* An attendant answers, holds us, and hands over to a voicemail. */
static void silence_of_a_hold_is_no_end_of_the_greeting(void **state)
{
	struct session_play p = plain(CLN_START_SILENCE);

	(void)state;
	listen_to(true);
	p.hear = hear;
	p.start_wait_ms = 20 * WAIT_MS;
	p.aim.send = false;
	begin_play(&p);
	run_until(6000);
	assert_true(s.waiting);
	p.aim.send = true;
	set_aim(&p.aim);
	run_until(6000 + 3900);			/* 4 s would be the end */
	assert_true(s.waiting);
	run_until(6000 + 4400);
	assert_false(s.waiting);
	assert_int_equal(s.start_as, CLN_STARTED_SILENCE);
}

static void early_media_that_waits_in_the_socket_starts_nothing(void **state)
{
	struct session_play p = plain(CLN_START_MEDIA);
	struct stream_report report;
	struct far_end other;

	(void)state;
	far_open(&other, "127.0.0.1");
	far_send_rtp(other.rtp_fd, &local, pair.port, 1);
	clock_gettime(CLOCK_REALTIME, &p.answered_at);
	p.answered_at.tv_sec += 3600;		/* and then set back */
	p.symmetric = true;
	p.rtp_timeout_ms = 300;
	begin_play(&p);
	run_until(600);
	assert_true(s.waiting);
	assert_int_equal(failed, 0);
	far_says(2);
	run_until(640);
	heard(1);
	far_hears_nothing(&other);
	far_close(&other);
	end(&report, 641);
	assert_int_equal(report.rtp.received, 1);
	assert_int_equal(report.rtp.strangers, 0);
}

/* The worker was busy, and nothing else comes for long. */
static void what_came_since_the_answer_waits_for_the_start(void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_GATHER, .gather = { .timeout_ms = 5000 } },
	};
	struct session_play p = prepare(steps, 1, CLN_START_MEDIA);
	struct stream_report report;
	struct far_end other;

	(void)state;
	far_open(&other, "127.0.0.1");
	far_presses('3', 1);			/* while it rings */
	session_turn(&s, T0 * MS_NS);
	atomic_store(&s.answered, true);
	clock_gettime(CLOCK_REALTIME, &p.answered_at);
	far_presses('4', 2);
	session_turn(&s, (T0 + 150) * MS_NS);	/* has to leave it there */
	p.symmetric = true;
	far_send_rtp(other.rtp_fd, &local, pair.port, 1);
	begin_play(&p);
	run_until(60);
	assert_false(s.waiting);
	end(&report, 61);
	assert_int_equal(report.started, CLN_STARTED_MEDIA);
	assert_int_equal(report.rtp.received, 2);
	assert_string_equal(report.gathered[0].digits, "4");
	assert_true(s.receive.learnt && addr_equal(&s.to, &other.rtp));
	far_close(&other);
}

/* ---- digits that come ---------------------------------------------------- */

static void press_is_heard_and_chooses(void **state)
{
	const struct script_step steps[] = {
		{ .prompt = &a },
		{ .kind = SCRIPT_GATHER,
		  .gather = { .digits = 1, .timeout_ms = 5000, .interrupt = 1,
			      .n_branches = 1, .branches = { { "2", 0 } },
			      .otherwise = CLN_GOTO_STOP,
			      .on_timeout = CLN_GOTO_STOP } },
	};
	struct session_play p = prepare(steps, 2, CLN_START_ANSWER);
	struct stream_report report;
	struct rtp_packet got;

	(void)state;
	begin_play(&p);
	run_until(40);
	heard(3);
	far_presses('2', 10);
	run_until(60);				/* read behind this packet */
	expect_payload(&(struct rtp_packet){ heard(1).header,
			far.data + RTP_HEADER_LEN, 160 }, 3);
	run_until(80);
	got = far_rtp(&far);			/* from the beginning again */
	expect_payload(&got, 0);
	far_presses('5', 11);
	run_until(120);
	heard(1);
	assert_false(far_read(&far, far.rtp_fd, 0));
	assert_int_equal(s.state, SESSION_TAIL);
	end(&report, 121);
	assert_true(report.complete);
	assert_int_equal(report.n_gathered, 2);
	assert_string_equal(report.gathered[0].digits, "2");
	assert_int_equal(report.gathered[0].item, 1);
	assert_string_equal(report.gathered[1].digits, "5");
	assert_int_equal(report.items[0].sent_ms, 120);
}

static void hangup_while_it_waits_is_told(void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_GATHER,
		  .gather = { .digits = 4, .timeout_ms = 5000 } },
	};
	struct session_play p = prepare(steps, 1, CLN_START_ANSWER);
	struct stream_report report;
	struct rtp_packet got;

	(void)state;
	begin_play(&p);
	run_until(0);
	got = far_rtp(&far);
	expect_bytes(&got, quiet);
	far_presses('9', 1);
	run_until(60);
	end(&report, 61);
	assert_int_equal(report.n_gathered, 1);
	assert_int_equal(report.gathered[0].end, CLN_GATHER_HANGUP);
	assert_string_equal(report.gathered[0].digits, "9");
	assert_int_equal(report.n_items, 1);
	assert_int_equal(report.items[0].sent_ms, 80);
}

static void gather_is_told_also_where_the_far_end_was_lost(void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_GATHER,
		  .gather = { .digits = 4, .timeout_ms = 5000 } },
	};
	struct session_play p = prepare(steps, 1, CLN_START_ANSWER);
	struct stream_report report;

	(void)state;
	p.rtp_timeout_ms = 300;
	begin_play(&p);
	run_until(0);
	far_presses('9', 1);
	run_until(400);
	assert_int_equal(failed, -ETIMEDOUT);
	end(&report, 20000);
	assert_int_equal(report.n_gathered, 1);
	assert_int_equal(report.gathered[0].end, CLN_GATHER_HANGUP);
	assert_string_equal(report.gathered[0].digits, "9");
}

static void digits_that_come_with_the_bye_count(void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_GATHER,
		  .gather = { .digits = 2, .timeout_ms = 5000,
			      .otherwise = CLN_GOTO_STOP } },
	};
	struct session_play p = prepare(steps, 1, CLN_START_ANSWER);
	struct stream_report report;

	(void)state;
	begin_play(&p);
	run_until(0);
	far_presses('4', 1);
	far_presses('2', 2);
	end(&report, 1);
	assert_int_equal(report.n_gathered, 1);
	assert_int_equal(report.gathered[0].end, CLN_GATHER_DIGITS);
	assert_string_equal(report.gathered[0].digits, "42");
}

/* As a re-INVITE between two digits, and in one, brings it. */
static void digits_are_kept_from_one_ear_to_another(void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_GATHER,
		  .gather = { .digits = 9, .timeout_ms = 5000 } },
	};
	struct session_play p = prepare(steps, 1, CLN_START_MEDIA);
	struct stream_report report;
	struct hear *before = hear;

	(void)state;
	begin_play(&p);
	far_presses('4', 1);			/* it also starts the script */
	far_presses('7', 2);
	run_until(0);
	assert_true(s.waiting);
	listen_to(false);
	session_set_hear(&s, hear);
	hear_free(before);
	far_presses('7', 2);			/* the same press again */
	far_presses('2', 3);
	run_until(40);
	end(&report, 41);
	assert_string_equal(report.gathered[0].digits, "472");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(plain_start_is_with_the_answer),
		RULE(start_with_media_waits_for_the_far_ends_first_packet),
		RULE(start_with_media_does_not_wait_for_ever),
		RULE(greeting_is_waited_for_with_silence_that_no_item_counts),
		RULE(greeting_is_not_waited_for_longer_than_asked),
		RULE(hold_is_no_time_of_waiting_for_the_start),
		RULE(silence_of_a_hold_is_no_end_of_the_greeting),
		RULE(early_media_that_waits_in_the_socket_starts_nothing),
		RULE(what_came_since_the_answer_waits_for_the_start),
		RULE(press_is_heard_and_chooses),
		RULE(hangup_while_it_waits_is_told),
		RULE(gather_is_told_also_where_the_far_end_was_lost),
		RULE(digits_that_come_with_the_bye_count),
		RULE(digits_are_kept_from_one_ear_to_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

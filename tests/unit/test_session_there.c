/*
 * test_session_there.c - where the far end is, and whether it still is. Turn by
 * turn, with real packets on loopback.
 * Needs: as test_session_talk.c.
 */
/* SPDX-License-Identifier: MIT */
#include "talk_bench.h"

static void stream_follows_to_the_far_ends_own_port_once(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct far_end other, stranger;

	(void)state;
	far_open(&other, "127.0.0.1");
	far_open(&stranger, "127.0.0.9");
	p.symmetric = true;
	begin_play(&p);
	run_until(0);
	heard(1);
	far_send_rtp(stranger.rtp_fd, &local, pair.port, 1);
	far_send_rtp(other.rtp_fd, &local, pair.port, 1);
	run_until(40);
	heard(1);
	far_rtp(&other);
	far_says(2);				/* too late */
	run_until(60);
	far_rtp(&other);
	assert_false(far_read(&far, far.rtp_fd, 0));
	far_hears_nothing(&stranger);
	/* A new address of the signalling begins anew. */
	p.aim.rtp = stranger.rtp;
	set_aim(&p.aim);
	run_until(80);
	far_rtp(&stranger);
	far_close(&other);
	far_close(&stranger);
}

static void stream_follows_nobody_unless_it_is_told_to(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct far_end other;

	(void)state;
	far_open(&other, "127.0.0.1");
	begin_play(&p);
	far_send_rtp(other.rtp_fd, &local, pair.port, 1);
	run_until(100);
	heard(6);
	far_hears_nothing(&other);
	far_close(&other);
}

static void far_end_that_falls_silent_is_gone(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);

	(void)state;
	p.rtp_timeout_ms = 300;
	begin_play(&p);
	run_until(500);				/* nothing has come ever */
	assert_int_equal(failed, 0);
	far_says(1);
	run_until(700);
	assert_int_equal(failed, 0);
	p.aim.send = false;			/* a hold is no silence */
	set_aim(&p.aim);
	run_until(1500);
	p.aim.send = true;
	set_aim(&p.aim);
	run_until(1700);
	assert_int_equal(failed, 0);
	p.aim.far_silent = true;		/* nor who said that it would */
	set_aim(&p.aim);
	run_until(2300);
	p.aim.far_silent = false;
	set_aim(&p.aim);
	run_until(2500);
	assert_int_equal(failed, 0);
	run_until(2620);
	assert_int_equal(failed, -ETIMEDOUT);
	assert_int_equal(s.state, SESSION_OVER);
}

static void far_end_that_only_reports_owes_no_rtp(void **state)
{
	const struct rtcp_report rr = { .ssrc = 77, .cname = "far" };
	struct session_play p = plain(CLN_START_ANSWER);
	uint8_t data[RTCP_MAX];

	(void)state;
	p.rtp_timeout_ms = 300;
	begin_play(&p);
	far_send(far.rtp_fd, &local, pair.port, data, rtcp_pack(data, &rr));
	run_until(1500);
	assert_int_equal(s.receive.reports, 1);
	assert_int_equal(failed, 0);
}

/* Nobody has looked into the socket since. */
static void far_end_that_has_just_said_something_is_there(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);

	(void)state;
	p.rtp_timeout_ms = 90;
	begin_play(&p);
	far_says(1);
	run_until(20);
	assert_int_equal(s.receive.received, 1);
	for (int64_t ms = 40; ms < 500; ms += 20) {
		far_says((uint16_t)ms);
		run_until(ms);
		assert_int_equal(failed, 0);
	}
}

/* A look now and then does, where nobody waits for what comes. */
static void far_end_that_talks_is_counted_to_the_packet(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct stream_report report;

	(void)state;
	begin_play(&p);
	for (uint16_t n = 0; n < 45; n++) {
		far_says(n);
		run_until(n * 20);
	}
	assert_in_range(s.receive.received, 40, 44);
	end(&report, 900);
	assert_int_equal(report.rtp.received, 45);
	assert_int_equal(report.rtp.lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(stream_follows_to_the_far_ends_own_port_once),
		RULE(stream_follows_nobody_unless_it_is_told_to),
		RULE(far_end_that_falls_silent_is_gone),
		RULE(far_end_that_only_reports_owes_no_rtp),
		RULE(far_end_that_has_just_said_something_is_there),
		RULE(far_end_that_talks_is_counted_to_the_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

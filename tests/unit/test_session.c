/*
 * test_session.c - pacing and holds, turn by turn on a clock that the test
 * moves, with real packets on loopback.
 * Needs: core/media/session.c and all that it calls, core/base/addr.c, clock.c,
 * random.c, str.c; session_bench.h.
 */
/* SPDX-License-Identifier: MIT */
#include "session_bench.h"

static void packets_follow_each_other_in_seq_time_and_content(void **state)
{
	struct session_aim at = aim();
	struct rtp_header first = { 0 };

	(void)state;
	play(250, 550, &at);
	assert_int_equal(s.due_ns, T0 * MS_NS);
	for (uint16_t n = 0; n < 5; n++) {
		struct rtp_packet p;

		far_hears_nothing(&far);
		session_turn(&s, s.due_ns);
		p = far_rtp(&far);
		if (!n)
			first = p.header;
		assert_int_equal(p.header.marker, !n);
		assert_int_equal(p.header.payload_type, 0);
		assert_int_equal(p.header.ssrc, first.ssrc);
		assert_int_equal(p.header.seq, (uint16_t)(first.seq + n));
		assert_int_equal(p.header.timestamp,
				 first.timestamp + 160u * n);
		expect_payload(&p, n);
		if (n < 4)
			assert_int_equal(s.due_ns,
					 (T0 + 20 * (n + 1)) * MS_NS);
	}
	assert_int_equal(s.state, SESSION_TAIL);
}

static void nothing_is_sent_before_the_start_nor_after_the_end(void **state)
{
	struct session_aim at = aim();
	struct stream_report report;

	(void)state;
	set_aim(&at);
	session_turn(&s, T0 * MS_NS);
	far_hears_nothing(&far);
	play(3200, 0, &at);
	run_until(30);
	far_rtp(&far);
	far_rtp(&far);
	end(&report, 31);
	assert_true(far_rtcp(&far, far.rtcp_fd).bye);
	run_until(1000);
	far_hears_nothing(&far);
	assert_int_equal(report.rtp.sent, 2);
	assert_int_equal(report.rtp.sent_bytes, 320);
	assert_false(report.complete);
	assert_int_equal(report.n_items, 1);
	assert_int_equal(report.items[0].sent_ms, 40);
	assert_int_equal(report.items[0].confirmed_ms, -1);
	assert_int_equal(report.rtp.far_lost, -1);
	assert_int_equal(report.rtp.round_trip_us, -1);
	assert_int_equal(played, 0);
}

static void played_comes_after_the_last_packet_and_a_silent_tail(
	void **state)
{
	struct session_aim at = aim();
	struct stream_report report;

	(void)state;
	play(160, 160, &at);
	run_until(39 + SESSION_TAIL_MS);
	far_rtp(&far);
	far_rtp(&far);
	far_hears_nothing(&far);
	assert_int_equal(played, 0);
	run_until(40 + SESSION_TAIL_MS);
	assert_int_equal(played, 1);
	assert_true(far_rtcp(&far, far.rtcp_fd).bye);
	run_until(2000);
	far_hears_nothing(&far);
	assert_int_equal(played, 1);
	end(&report, 2000);
	far_hears_nothing(&far);			/* one BYE is enough */
	assert_true(report.complete);
	assert_int_equal(report.n_items, 2);
}

static void hold_stands_still_and_resume_goes_on(void **state)
{
	struct session_aim at = aim();
	struct rtp_packet p;
	uint16_t seq;
	uint32_t time;

	(void)state;
	play(1600, 0, &at);
	run_until(0);
	p = far_rtp(&far);
	seq = p.header.seq;
	time = p.header.timestamp;
	at.send = false;
	set_aim(&at);
	run_until(1000);
	assert_false(far_read(&far, far.rtp_fd, 0));
	at.send = true;
	set_aim(&at);
	run_until(1020);
	p = far_rtp(&far);
	expect_payload(&p, 1);
	assert_true(p.header.marker);
	assert_int_equal(p.header.seq, (uint16_t)(seq + 1));
	assert_int_equal(p.header.timestamp, time + 1020 * 8);
	run_until(1040);
	p = far_rtp(&far);
	expect_payload(&p, 2);
	assert_false(p.header.marker);
}

static void held_from_the_start_sends_nothing_until_resumed(void **state)
{
	struct session_aim at = aim();
	struct rtp_packet p;

	(void)state;
	at.send = false;
	play(1600, 0, &at);
	run_until(500);
	assert_false(far_read(&far, far.rtp_fd, 0));
	at.send = true;
	set_aim(&at);
	run_until(520);
	p = far_rtp(&far);
	assert_true(p.header.marker);
	expect_payload(&p, 0);
}

/* c=0.0.0.0 (RFC 2543) and port 0: neither RTP nor RTCP. */
static void nothing_is_sent_to_nowhere(void **state)
{
	struct session_aim at = aim();
	struct stream_report report;

	(void)state;
	addr_parse_ip(&at.rtp, "0.0.0.0", 4000);
	addr_parse_ip(&at.rtcp, "0.0.0.0", 4001);
	play(1600, 0, &at);
	run_until(9000);
	at = aim();
	addr_set_port(&at.rtp, 0);
	set_aim(&at);
	run_until(9500);
	assert_false(far_read(&far, far.rtp_fd, 0));
	end(&report, 9500);
	assert_int_equal(report.rtp.sent, 0);
	assert_int_equal(report.n_items, 0);
}

static void update_sends_on_to_the_new_address(void **state)
{
	struct session_aim at = aim();
	struct far_end moved;
	struct rtp_packet p;

	(void)state;
	play(1600, 0, &at);
	run_until(0);
	far_rtp(&far);
	far_open(&moved, "127.0.0.3");
	at.rtp = moved.rtp;
	set_aim(&at);
	run_until(20);
	p = far_rtp(&moved);
	expect_payload(&p, 1);
	assert_false(far_read(&far, far.rtp_fd, 0));
	far_close(&moved);
}

static void late_worker_catches_up_with_what_is_due(void **state)
{
	struct session_aim at = aim();
	struct stream_report report;

	(void)state;
	play(1600, 0, &at);
	run_until(0);
	far_rtp(&far);
	for (int64_t late = (T0 + 65) * MS_NS; s.due_ns <= late;)
		session_turn(&s, late);
	for (size_t n = 1; n <= 3; n++) {
		struct rtp_packet p = far_rtp(&far);

		expect_payload(&p, n);
		assert_false(p.header.marker);
	}
	assert_int_equal(s.due_ns, (T0 + 80) * MS_NS);
	end(&report, 65);
	assert_int_equal(report.rtp.late_max_us, 45000);
}

static void long_stall_leaves_time_out_and_no_sound(void **state)
{
	struct session_aim at = aim();
	struct stream_report report;
	struct rtp_packet p;
	uint32_t time;

	(void)state;
	play(1600, 0, &at);
	run_until(0);
	time = far_rtp(&far).header.timestamp;
	for (int64_t late = (T0 + 905) * MS_NS; s.due_ns <= late;)
		session_turn(&s, late);
	p = far_rtp(&far);
	expect_payload(&p, 1);
	assert_true(p.header.marker);
	assert_int_equal(p.header.timestamp, time + 900 * 8);
	assert_false(far_read(&far, far.rtp_fd, 0));
	assert_int_equal(s.due_ns, (T0 + 920) * MS_NS);
	end(&report, 905);
	assert_int_equal(report.rtp.late_max_us, 885000);
}

/* From a socket that is bound to loopback nothing else can be reached. */
static void unreachable_network_fails_after_a_while_and_loses_nothing(
	void **state)
{
	struct session_aim good = aim(), bad = aim();
	struct rtp_packet p;

	(void)state;
	addr_parse_ip(&bad.rtp, "192.0.2.1", 4000);
	play(16000, 0, &good);
	run_until(0);
	far_rtp(&far);
	set_aim(&bad);
	run_until(SESSION_FAIL_MS - 100);
	set_aim(&good);
	run_until(SESSION_FAIL_MS);
	p = far_rtp(&far);
	expect_payload(&p, 1);
	assert_true(p.header.marker);
	assert_int_equal(failed, 0);
	set_aim(&bad);
	run_until(2 * SESSION_FAIL_MS + 100);
	assert_int_not_equal(failed, 0);
	assert_int_equal(s.state, SESSION_OVER);
	assert_int_equal(played, 0);
}

static void refused_packets_do_not_end_the_stream(void **state)
{
	struct session_aim at = aim();
	struct stream_report report;

	(void)state;
	close(far.rtp_fd);
	play(BIG, 0, &at);
	run_until(SESSION_FAIL_MS + 100);
	far.rtp_fd = dup(far.rtcp_fd);
	assert_int_equal(failed, 0);
	assert_int_equal(s.state, SESSION_TAIL);
	end(&report, SESSION_FAIL_MS + 100);
	assert_int_equal(report.rtp.sent, 100);
}

static void empty_playlist_is_played_after_the_tail(void **state)
{
	struct session_aim at = aim();
	struct stream_report report;

	(void)state;
	play(0, 0, &at);
	run_until(SESSION_TAIL_MS);
	assert_int_equal(played, 1);
	far_hears_nothing(&far);
	end(&report, 300);
	assert_true(report.complete);
	assert_int_equal(report.n_items, 0);
	far_hears_nothing(&far);		/* 6.3.7: no BYE either */
}

static void stranger_gets_not_one_packet(void **state)
{
	struct session_aim at = aim();
	struct far_end stranger;
	struct stream_report report;

	(void)state;
	far_open(&stranger, "127.0.0.9");
	play(1600, 0, &at);
	for (uint16_t n = 0; n < 9; n++) {
		far_send_rtp(stranger.rtp_fd, &local, pair.port, n);
		far_send_rtp(stranger.rtp_fd, &local, pair.port + 1, n);
		far_send_rtp(far.rtp_fd, &local, pair.port, n);
		run_until(n * 20);
		far_rtp(&far);
	}
	far_hears_nothing(&stranger);
	end(&report, 200);
	assert_int_equal(report.rtp.strangers, 18);
	assert_int_equal(report.rtp.received, 9);
	assert_int_equal(report.rtp.lost, 0);
	far_close(&stranger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_follow_each_other_in_seq_time_and_content),
		TEST(nothing_is_sent_before_the_start_nor_after_the_end),
		TEST(played_comes_after_the_last_packet_and_a_silent_tail),
		TEST(hold_stands_still_and_resume_goes_on),
		TEST(held_from_the_start_sends_nothing_until_resumed),
		TEST(nothing_is_sent_to_nowhere),
		TEST(update_sends_on_to_the_new_address),
		TEST(late_worker_catches_up_with_what_is_due),
		TEST(long_stall_leaves_time_out_and_no_sound),
		TEST(unreachable_network_fails_after_a_while_and_loses_nothing),
		TEST(refused_packets_do_not_end_the_stream),
		TEST(empty_playlist_is_played_after_the_tail),
		TEST(stranger_gets_not_one_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_session_report.c - RTCP there and back, and the figures, turn by turn.
 * Needs: as test_session.c.
 */
/* SPDX-License-Identifier: MIT */
#include "session_bench.h"

static void reports_go_to_the_rtcp_address_every_5_s(void **state)
{
	struct session_aim at = aim();
	struct rtcp_news n;
	int count = 0;

	(void)state;
	at.send = false;
	play(160, 0, &at);
	run_until(1200);
	assert_false(far_read(&far, far.rtcp_fd, 0));
	run_until(60000);
	while (far_read(&far, far.rtcp_fd, 0)) {
		assert_int_equal(rtcp_parse(&n, far.data, far.len, 0), 0);
		assert_false(n.has_sender);
		count++;
	}
	assert_in_range(count, 60 / 7.5, 60 / 2.5 + 1);
}

static void sender_report_tells_what_was_sent_and_when(void **state)
{
	struct session_aim at = aim();
	struct rtcp_news n;
	uint32_t time;

	(void)state;
	at.rtcp_mux = true;
	play(BIG, 0, &at);
	report_at(60);
	run_until(60);
	time = far_rtp(&far).header.timestamp;
	for (int i = 0; i < 3; i++)
		far_rtp(&far);
	n = far_rtcp(&far, far.rtp_fd);		/* muxed: RTP's address */
	assert_true(n.has_sender);
	assert_int_equal(n.sender.packets, 4);
	assert_int_equal(n.sender.bytes, 640);
	assert_int_equal(n.sender.timestamp, time + 60 * 8);
	assert_true(n.sender.ntp == rtcp_ntp(1700000000060 * MS_NS));
	assert_false(far_read(&far, far.rtcp_fd, 0));
}

static void far_ends_report_confirms_what_was_heard(void **state)
{
	struct session_aim at = aim();
	struct rtcp_block block = { .lost = 2, .jitter = 80 };
	struct rtcp_report rr = { .ssrc = 9, .block = &block, .cname = "x" };
	struct stream_report report;
	uint8_t data[RTCP_MAX];

	(void)state;
	play(240, 16000 - 240, &at);
	block.ssrc = s.ssrc;
	block.highest_seq = (uint16_t)(first_seq + 3) | 0x70000;
	run_until(200);
	far_send(far.rtcp_fd, &local, pair.port + 1, data,
		 rtcp_pack(data, &rr));
	end(&report, 201);
	assert_int_equal(report.n_items, 2);
	assert_int_equal(report.items[0].confirmed_ms, 30);
	assert_int_equal(report.items[1].confirmed_ms, 50);
	assert_int_equal(report.items[1].sent_ms, 190);
	assert_int_equal(report.rtp.far_lost, 2);
	assert_int_equal(report.rtp.far_jitter_us, 10000);
}

static void nonsense_report_confirms_nothing(void **state)
{
	struct session_aim at = aim();
	struct rtcp_block block = { .lost = -5 };
	struct rtcp_report rr = { .ssrc = 9, .block = &block, .cname = "x" };
	struct stream_report report;
	uint8_t data[RTCP_MAX];

	(void)state;
	play(BIG, 0, &at);
	block.ssrc = s.ssrc;
	block.highest_seq = (uint16_t)(first_seq + 300);
	run_until(200);
	far_send(far.rtcp_fd, &local, pair.port + 1, data,
		 rtcp_pack(data, &rr));
	end(&report, 201);
	assert_int_equal(report.items[0].confirmed_ms, 0);
	assert_int_equal(report.rtp.far_lost, 0);
}

static void early_media_is_nobodys(void **state)
{
	struct session_aim at = aim();
	struct stream_report report;

	(void)state;
	far_send_rtp(far.rtp_fd, &local, pair.port, 1);
	session_turn(&s, T0 * MS_NS);
	play(800, 0, &at);
	far_send_rtp(far.rtp_fd, &local, pair.port, 2);
	run_until(0);
	end(&report, 1);
	assert_int_equal(report.rtp.strangers, 0);
	assert_int_equal(report.rtp.received, 1);
}

/* One packet of the far end's under this SSRC, as an echo or by chance. */
static void far_bears(uint32_t ssrc, uint16_t seq)
{
	uint8_t data[RTP_HEADER_LEN + 160] = { 0 };
	struct rtp_header h = { .seq = seq, .ssrc = ssrc };

	rtp_pack(data, &h);
	far_send(far.rtp_fd, &local, pair.port, data, sizeof(data));
}

/* RFC 3550 8.2; 6.4.1: the new one's reports begin to count at its start. */
static void far_end_with_our_ssrc_is_given_way_to(void **state)
{
	struct session_aim at = aim();
	uint32_t old = s.ssrc;
	struct rtp_packet p;
	struct rtcp_news n;

	(void)state;
	play(BIG, 0, &at);
	far_bears(old, 7);
	run_until(20);
	n = far_rtcp(&far, far.rtcp_fd);
	assert_true(n.bye && n.ssrc == old && n.sender.packets == 1);
	assert_int_not_equal(s.ssrc, old);
	report_at(40);
	run_until(40);
	for (int i = 0; i < 3; i++) {
		p = far_rtp(&far);
		assert_true(p.header.ssrc == (i ? s.ssrc : old));
		assert_int_equal(p.header.seq, (uint16_t)(first_seq + i));
		assert_int_equal(p.header.marker, i < 2);
		expect_payload(&p, (size_t)i);
	}
	n = far_rtcp(&far, far.rtcp_fd);
	assert_true(!n.bye && n.ssrc == s.ssrc && n.sender.packets == 2);
}

static void our_own_audio_sent_back_changes_the_ssrc_once(void **state)
{
	struct session_aim at = aim();
	struct stream_report report;
	uint32_t first = s.ssrc, second;

	(void)state;
	play(BIG, 0, &at);
	far_bears(first, 1);
	run_until(0);
	second = s.ssrc;
	assert_int_not_equal(second, first);
	for (uint16_t n = 1; n < 10; n++) {
		far_bears(second, n);
		run_until(n * 20);
		assert_true(s.ssrc == second);
	}
	/* Long after, it is an accident again. */
	s.receive.looped_until_ns = (T0 + 200) * MS_NS;
	far_bears(second, 10);
	run_until(200);
	assert_true(s.ssrc != second && s.ssrc != first);
	end(&report, 201);
	assert_int_equal(report.rtp.received, 11);
	assert_false(s.receive.source.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reports_go_to_the_rtcp_address_every_5_s),
		TEST(sender_report_tells_what_was_sent_and_when),
		TEST(far_ends_report_confirms_what_was_heard),
		TEST(nonsense_report_confirms_nothing),
		TEST(early_media_is_nobodys),
		TEST(far_end_with_our_ssrc_is_given_way_to),
		TEST(our_own_audio_sent_back_changes_the_ssrc_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

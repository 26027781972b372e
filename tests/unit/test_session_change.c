/*
 * test_session_change.c - another codec or packet time in mid-play (RFC 3264
 * 8.3.2), turn by turn, with real packets on loopback.
 * Needs: as test_session.c.
 */
/* SPDX-License-Identifier: MIT */
#include "session_bench.h"

static uint8_t high[BIG], packet2[2048];
static struct playout other;

/* The same recordings in another codec, each byte one higher. */
static void prepare_other(const struct cln_codec *codec, uint32_t ptime_ms)
{
	for (size_t i = 0; i < BIG; i++)
		high[i] = (uint8_t)(bytes[i] + 1);
	a.too = fake_frames(&fake_alaw, high, a.frames.len);
	b.too = fake_frames(&fake_alaw, high + a.frames.len, b.frames.len);
	make_playout(&other, codec, ptime_ms, false, false);
}

static void change(const struct session_aim *at)
{
	assert_true(session_change(&s, &other, packet2));
	set_aim(at);
}

static void other_codec_goes_on_in_seq_time_and_content(void **state)
{
	struct session_aim at = aim();
	struct rtp_packet p;
	struct rtp_header h;

	(void)state;
	play(250, 550, &at);
	run_until(20);
	far_rtp(&far);
	h = far_rtp(&far).header;
	prepare_other(&fake_alaw, 20);
	at.payload_type = 8;
	change(&at);
	for (uint16_t n = 2; n < 5; n++) {
		assert_int_equal(s.due_ns, (T0 + 20 * n) * MS_NS);
		session_turn(&s, s.due_ns);
		p = far_rtp(&far);
		assert_int_equal(p.header.payload_type, 8);
		assert_int_equal(p.header.ssrc, h.ssrc);
		assert_int_equal(p.header.seq, (uint16_t)(h.seq + n - 1));
		assert_int_equal(p.header.timestamp,
				 h.timestamp + 160u * (n - 1u));
		assert_false(p.header.marker);
		assert_int_equal(p.len, 160);
		assert_memory_equal(p.payload, high + 160 * n, 160);
	}
	assert_int_equal(s.state, SESSION_TAIL);
}

static void other_packet_time_goes_on_from_the_next_packet(void **state)
{
	struct session_aim at = aim();
	struct rtp_packet p;
	uint32_t time;

	(void)state;
	play(4000, 0, &at);
	run_until(20);
	far_rtp(&far);
	time = far_rtp(&far).header.timestamp;
	prepare_other(&fake_g711, 40);
	change(&at);
	run_until(120);
	for (size_t n = 0; n < 3; n++) {
		p = far_rtp(&far);
		assert_int_equal(p.header.timestamp, time + 160 + 320 * n);
		assert_int_equal(p.len, 320);
		assert_memory_equal(p.payload, bytes + 320 + 320 * n, 320);
	}
	assert_false(far_read(&far, far.rtp_fd, 0));
	assert_int_equal(s.due_ns, (T0 + 160) * MS_NS);
}

static void other_codec_of_a_held_stream_is_heard_when_it_goes_on(void **state)
{
	struct session_aim at = aim();
	struct rtp_packet p;
	uint32_t time;

	(void)state;
	play(1600, 0, &at);
	run_until(0);
	time = far_rtp(&far).header.timestamp;
	at.send = false;
	set_aim(&at);
	run_until(500);
	prepare_other(&fake_alaw, 30);
	change(&at);
	run_until(1000);
	assert_false(far_read(&far, far.rtp_fd, 0));
	at.send = true;
	set_aim(&at);
	run_until(1030);
	p = far_rtp(&far);
	assert_true(p.header.marker);
	assert_int_equal(p.header.timestamp, time + 1030 * 8);
	assert_memory_equal(p.payload, high + 160, 240);
}

static void change_after_the_last_packet_is_not_taken(void **state)
{
	struct session_aim at = aim();

	(void)state;
	play(160, 0, &at);
	prepare_other(&fake_alaw, 20);
	run_until(0);
	assert_int_equal(s.state, SESSION_TAIL);
	assert_false(session_change(&s, &other, packet2));
	assert_ptr_equal(s.playout, &playout);
	run_until(20 + SESSION_TAIL_MS);
	assert_int_equal(played, 1);
}

static void reports_count_on_across_a_change(void **state)
{
	struct session_aim at = aim();
	struct rtcp_block block = { 0 };
	struct rtcp_report rr = { .ssrc = 9, .block = &block, .cname = "x" };
	struct stream_report report;
	uint8_t data[RTCP_MAX];
	struct rtcp_news n;
	uint32_t time;

	(void)state;
	at.rtcp_mux = true;
	play(800, 8000, &at);
	run_until(100);				/* 6 packets, 960 samples */
	time = far_rtp(&far).header.timestamp;
	prepare_other(&fake_alaw, 40);
	change(&at);
	report_at(160);
	run_until(160);				/* 2 more: 1600 samples */
	for (int i = 0; i < 7; i++)
		far_rtp(&far);
	n = far_rtcp(&far, far.rtp_fd);
	assert_int_equal(n.sender.packets, 8);
	assert_int_equal(n.sender.bytes, 960 + 640);
	assert_int_equal(n.sender.timestamp, time + 160 * 8);
	block.ssrc = s.ssrc;
	block.highest_seq = (uint16_t)(first_seq + 6);
	far_send(far.rtp_fd, &local, pair.port, data, rtcp_pack(data, &rr));
	end(&report, 161);
	assert_int_equal(report.items[0].confirmed_ms, 100);
	assert_int_equal(report.items[1].sent_ms, 100);
	assert_int_equal(report.items[1].confirmed_ms, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(other_codec_goes_on_in_seq_time_and_content),
		TEST(other_packet_time_goes_on_from_the_next_packet),
		TEST(other_codec_of_a_held_stream_is_heard_when_it_goes_on),
		TEST(change_after_the_last_packet_is_not_taken),
		TEST(reports_count_on_across_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

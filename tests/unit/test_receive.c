/*
 * test_receive.c - what comes in on a stream's ports: judged and counted.
 * Needs: core/media/receive.c, drain.c, control.c, rtcp.c, rtp.c, source.c,
 * tally.c, hear.c, dtmf.c, tone.c, greeting.c, srtp.c, core/base/addr.c,
 * clock.c, random.c, str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/clock.h"
#include "far_end.h"
#include "media/receive.h"

enum { OURS = 5 };

static struct drain *drain;
static struct far_end far, us, stranger;
static struct random seeded;
static struct tally tally;
static struct control control;
static struct receive r;

static int start(void **state)
{
	int on = 1;

	(void)state;
	far_open(&far, "127.0.0.1");
	far_open(&us, "127.0.0.1");
	far_open(&stranger, "127.0.0.2");
	setsockopt(us.rtp_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	random_seeded(&seeded, 1);
	memset(&tally, 0, sizeof(tally));
	control = (struct control){ .ssrc = OURS, .random = &seeded,
				    .round_trip_us = -1 };
	r = (struct receive){ .has_remote = true, .rtp = far.rtp,
			      .rtcp = far.rtcp, .clock_rate = 8000,
			      .control = &control, .tally = &tally };
	return drain_new(&drain);
}

static int stop(void **state)
{
	(void)state;
	drain_free(drain);
	far_close(&far);
	far_close(&us);
	far_close(&stranger);
	return 0;
}

static void to_us(int fd, const void *data, size_t len)
{
	far_send(fd, &us.rtp, addr_port(&us.rtp), data, len);
}

static void rtp_to_us(int fd, uint16_t seq)
{
	far_send_rtp(fd, &us.rtp, addr_port(&us.rtp), seq);
}

static void receive_at(int64_t now_ns)
{
	receive_rtp(&r, drain, us.rtp_fd, now_ns);
	receive_rtcp(&r, drain, us.rtcp_fd, now_ns);
}

static void receive_now(void)
{
	receive_at(S_NS);
}

static void expect_type(uint8_t payload_type)
{
	receive_expect(&r, &(struct receive_type){ payload_type, 8000 }, 1);
}

static size_t pack_rr(uint8_t *data, uint32_t about)
{
	struct rtcp_block b = { .ssrc = about, .highest_seq = 9 };
	struct rtcp_report rr = { .ssrc = 77, .block = &b, .cname = "x",
				  .bye = true };

	return rtcp_pack(data, &rr);
}

static void packets_of_the_negotiated_host_are_received(void **state)
{
	(void)state;
	for (uint16_t seq = 0; seq < 10; seq++)
		if (seq != 5)
			rtp_to_us(far.rtp_fd, seq);
	receive_now();
	assert_int_equal(r.received, 9);
	assert_int_equal(r.strangers, 0);
	assert_int_equal(source_lost(&r.source), 1);
	assert_int_equal(tally_get(&tally.received), 9);
}

/* A NAT may choose another port; a host is what the signalling named. */
static void another_port_of_the_host_is_no_stranger(void **state)
{
	(void)state;
	rtp_to_us(far.rtcp_fd, 1);
	receive_now();
	assert_int_equal(r.received, 1);
}

static void other_hosts_are_strangers_and_change_nothing(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_rr(data, OURS);

	(void)state;
	rtp_to_us(far.rtp_fd, 100);
	rtp_to_us(far.rtp_fd, 101);
	rtp_to_us(stranger.rtp_fd, 9000);
	rtp_to_us(stranger.rtp_fd, 9001);
	to_us(stranger.rtp_fd, data, len);
	far_send(stranger.rtcp_fd, &us.rtcp, addr_port(&us.rtcp), data, len);
	receive_now();
	assert_int_equal(r.received, 2);
	assert_int_equal(r.strangers, 4);
	assert_int_equal(tally_get(&tally.strangers), 4);
	assert_int_equal(r.source.max_seq, 101);
	assert_false(control.told);
}

static void before_the_address_is_known_nobody_is_counted(void **state)
{
	(void)state;
	r.has_remote = false;
	rtp_to_us(far.rtp_fd, 1);
	far_send(far.rtcp_fd, &us.rtcp, addr_port(&us.rtcp), "junk", 4);
	receive_now();
	assert_int_equal(r.received, 0);
	assert_int_equal(r.strangers, 0);
	assert_int_equal(r.first_ns, 0);
}

static void garbage_of_the_far_end_is_counted_apart(void **state)
{
	uint8_t huge[3000] = { 0x80 };

	(void)state;
	to_us(far.rtp_fd, "", 0);
	to_us(far.rtp_fd, "INVITE sip:you@example.net", 26);
	to_us(far.rtp_fd, huge, sizeof(huge));
	far_send(far.rtcp_fd, &us.rtcp, addr_port(&us.rtcp), "junk", 4);
	receive_now();
	assert_int_equal(r.received, 0);
	assert_int_equal(r.strangers, 4);
}

static void rtcp_is_understood_on_both_ports(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_rr(data, OURS);

	(void)state;
	to_us(far.rtp_fd, data, len);
	receive_now();
	assert_true(control.told);
	assert_int_equal(r.reports, 1);
	control.told = false;
	far_send(far.rtcp_fd, &us.rtcp, addr_port(&us.rtcp), data, len);
	receive_now();
	assert_true(control.told);
	assert_int_equal(r.reports, 2);
	assert_int_equal(r.received, 0);
	assert_int_equal(r.strangers, 0);
}

static void reports_about_others_are_not_taken_for_ours(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_rr(data, OURS + 1);

	(void)state;
	to_us(far.rtp_fd, data, len);
	receive_now();
	assert_false(control.told);
}

/* Sent at once though stamped 20 ms apart: what counts is the arrival in the
 * kernel, not when we looked.                                                */
static void jitter_is_measured_at_arrival(void **state)
{
	(void)state;
	for (uint16_t seq = 0; seq < 100; seq++)
		rtp_to_us(far.rtp_fd, seq);
	receive_now();
	assert_in_range(source_jitter(&r.source), 120, 160);
}

static void the_first_and_the_last_packet_have_their_times(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_rr(data, OURS);

	(void)state;
	rtp_to_us(stranger.rtp_fd, 1);
	to_us(far.rtp_fd, "junk", 4);
	receive_at(S_NS);
	assert_true(!r.first_ns && !r.last_ns);
	to_us(far.rtp_fd, data, len);
	receive_at(2 * S_NS);
	assert_true(!r.first_ns && r.last_ns == 2 * S_NS);
	rtp_to_us(far.rtp_fd, 1);
	receive_at(3 * S_NS);
	rtp_to_us(far.rtp_fd, 2);
	receive_at(4 * S_NS);
	assert_true(r.first_ns == 3 * S_NS && r.last_ns == 4 * S_NS);
}

/* ---- RFC 3550 8.2 --------------------------------------------------------- */

static size_t pack_ours(uint8_t *data)
{
	struct rtcp_sender sr = { .ntp = 1 };
	struct rtcp_block b = { .ssrc = OURS, .highest_seq = 9 };
	struct rtcp_report rr = { .ssrc = OURS, .sender = &sr, .block = &b,
				  .cname = "x" };

	return rtcp_pack(data, &rr);
}

static void rtcp_of_our_own_ssrc_is_a_collision_and_nothing_else(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_ours(data);

	(void)state;
	to_us(far.rtp_fd, data, len);
	receive_now();
	assert_true(r.collided);
	assert_false(control.told);
	assert_int_equal(control.last_sr, 0);
	assert_int_equal(r.reports, 0);
	assert_int_equal(r.strangers, 0);
	assert_true(!r.last_ns);
	/* What comes back soon after is a loop. */
	r.collided = false;
	far_send(far.rtcp_fd, &us.rtcp, addr_port(&us.rtcp), data, len);
	receive_now();
	assert_false(r.collided || control.told || r.reports);
}

static void an_echo_of_our_audio_is_nobody(void **state)
{
	uint8_t data[RTP_HEADER_LEN + 160];
	struct rtp_header h = { .seq = 1, .ssrc = OURS };

	(void)state;
	expect_type(0);
	receive_learn(&r, S_NS);
	rtp_pack(data, &h);
	to_us(far.rtp_fd, data, sizeof(data));
	receive_now();
	assert_true(!r.first_ns && !r.last_ns && !r.learnt);
	assert_false(r.source.known);
}

/* ---- symmetric RTP -------------------------------------------------------- */

static void nothing_is_learnt_unless_asked_for(void **state)
{
	(void)state;
	expect_type(0);
	rtp_to_us(far.rtp_fd, 1);
	receive_now();
	assert_false(r.learnt);
}

static void the_first_packet_settles_the_address_once(void **state)
{
	struct far_end other;

	(void)state;
	far_open(&other, "127.0.0.1");
	expect_type(0);
	receive_learn(&r, S_NS);
	rtp_to_us(far.rtcp_fd, 1);
	rtp_to_us(other.rtp_fd, 2);
	receive_now();
	assert_true(r.learnt);
	assert_true(addr_equal(&r.from, &far.rtcp));
	rtp_to_us(other.rtp_fd, 3);
	receive_at(2 * S_NS);
	assert_true(addr_equal(&r.from, &far.rtcp));
	assert_int_equal(r.received, 3);
	far_close(&other);
}

static void strangers_and_garbage_teach_nothing(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_rr(data, OURS);

	(void)state;
	expect_type(0);
	receive_learn(&r, S_NS);
	rtp_to_us(stranger.rtp_fd, 1);
	to_us(far.rtp_fd, "INVITE sip:you@example.net", 26);
	to_us(far.rtp_fd, data, len);
	receive_now();
	assert_false(r.learnt);
}

static void an_unexpected_payload_type_teaches_nothing(void **state)
{
	(void)state;
	expect_type(8);
	receive_learn(&r, S_NS);
	rtp_to_us(far.rtp_fd, 1);
	receive_now();
	assert_false(r.learnt);
	expect_type(0);
	rtp_to_us(far.rtp_fd, 2);
	receive_now();
	assert_true(r.learnt);
}

static void the_time_to_learn_is_short(void **state)
{
	(void)state;
	expect_type(0);
	receive_learn(&r, S_NS);
	rtp_to_us(far.rtp_fd, 1);
	receive_at(S_NS + RECEIVE_LEARN_MS * MS_NS);
	assert_false(r.learnt);
	assert_int_equal(r.received, 1);
}

static void a_new_signalled_address_begins_to_learn_again(void **state)
{
	(void)state;
	expect_type(0);
	receive_learn(&r, S_NS);
	rtp_to_us(far.rtcp_fd, 1);
	receive_now();
	assert_true(r.learnt);
	/* The same again forgets nothing. */
	receive_set_remote(&r, &far.rtp, &far.rtcp, 60 * S_NS);
	assert_true(r.learnt);
	receive_set_remote(&r, &stranger.rtp, &stranger.rtcp, 60 * S_NS);
	assert_false(r.learnt);
	rtp_to_us(far.rtp_fd, 2);
	receive_at(61 * S_NS);
	assert_false(r.learnt);
	rtp_to_us(stranger.rtcp_fd, 2);
	receive_at(62 * S_NS);
	assert_true(r.learnt && addr_equal(&r.from, &stranger.rtcp));
}

static void what_was_left_is_not_learnt_again_at_once(void **state)
{
	struct far_end other;

	(void)state;
	far_open(&other, "127.0.0.1");
	expect_type(0);
	receive_learn(&r, S_NS);
	rtp_to_us(far.rtcp_fd, 1);
	receive_now();
	assert_true(r.learnt);
	receive_set_remote(&r, &other.rtp, &other.rtcp, 60 * S_NS);
	rtp_to_us(far.rtcp_fd, 2);
	receive_at(60 * S_NS + RECEIVE_LEFT_MS * MS_NS - 1);
	assert_false(r.learnt);
	assert_int_equal(r.received, 2);
	/* It may have said another port, and send from where it always did. */
	rtp_to_us(far.rtcp_fd, 3);
	receive_at(60 * S_NS + RECEIVE_LEFT_MS * MS_NS);
	assert_true(r.learnt && addr_equal(&r.from, &far.rtcp));
	far_close(&other);
}

static void a_hold_by_address_leaves_nothing(void **state)
{
	struct addr nobody;

	(void)state;
	expect_type(0);
	receive_learn(&r, S_NS);
	rtp_to_us(far.rtcp_fd, 1);
	receive_now();
	assert_int_equal(addr_parse_ip(&nobody, "0.0.0.0", 4000), 0);
	receive_set_remote(&r, &nobody, &nobody, 2 * S_NS);
	assert_false(r.learnt);
	receive_set_remote(&r, &far.rtp, &far.rtcp, 2 * S_NS);
	rtp_to_us(far.rtcp_fd, 2);
	receive_at(2 * S_NS);
	assert_true(r.learnt && addr_equal(&r.from, &far.rtcp));
}

/* RFC 7160: a second of either is a second. */
static void each_payload_type_has_its_own_clock_rate(void **state)
{
	static const struct receive_type types[] = {
		{ 0, 8000 }, { 96, 48000 }, { 101, 0 },
	};
	struct rtp_header h = { .ssrc = 77, .timestamp = 100 };
	uint8_t data[RTP_HEADER_LEN + 160] = { 0 };

	(void)state;
	receive_expect(&r, types, 3);
	for (h.seq = 0; h.seq < 30; h.seq++) {
		h.payload_type = h.seq < 10 ? 0 : h.seq < 20 ? 96 : 101;
		h.timestamp += h.payload_type ? 960 : 160;
		rtp_pack(data, &h);
		to_us(far.rtp_fd, data, sizeof(data));
		receive_now();
		assert_int_equal(r.clock_rate, h.seq < 10 ? 8000 : 48000);
		if (h.seq == 9)
			r.source.jitter = 16 * 80;	/* 10 ms */
		if (h.seq == 10)
			assert_int_equal(source_jitter(&r.source), 480);
	}
	assert_int_equal(r.received, 30);
	assert_int_equal(source_lost(&r.source), 0);
}

/* ---- whoever listens ------------------------------------------------------ */

static void who_listens_hears_the_far_end_only(void **state)
{
	struct hear_config cfg = { .event_type = 101 };
	uint8_t data[RTP_HEADER_LEN + 4] = { 0 };
	struct rtp_header h = { .payload_type = 101, .ssrc = 77 };
	char digits[CLN_DIGITS_MAX + 1];

	(void)state;
	assert_int_equal(hear_new(&r.hear, &cfg), 0);
	rtp_pack(data, &h);
	data[RTP_HEADER_LEN] = 5;
	to_us(stranger.rtp_fd, data, sizeof(data));
	receive_now();
	assert_int_equal(hear_digits(r.hear, digits), 0);
	to_us(far.rtp_fd, data, sizeof(data));
	receive_now();
	assert_int_equal(hear_digits(r.hear, digits), 1);
	assert_string_equal(digits, "5");
	hear_free(r.hear);
}

/* ---- SRTP ----------------------------------------------------------------- */

static struct srtp *srtp_pair(struct srtp **theirs)
{
	struct srtp_crypto a = { .suite = SRTP_AES_CM_128_HMAC_SHA1_80 }, b;
	struct srtp *ours;

	assert_true(srtp_has(a.suite));
	memset(a.send, 1, sizeof(a.send));
	memset(a.receive, 2, sizeof(a.receive));
	b = a;
	memset(b.send, 2, sizeof(b.send));
	memset(b.receive, 1, sizeof(b.receive));
	assert_int_equal(srtp_new(&ours, &a), 0);
	assert_int_equal(srtp_new(theirs, &b), 0);
	return ours;
}

static void sealed_packets_are_opened_and_forged_ones_are_strangers(
	void **state)
{
	struct srtp *theirs;
	uint8_t data[512] = { 0 };
	struct rtp_header h = { .seq = 1, .ssrc = 77 };
	int len;

	(void)state;
	r.srtp = srtp_pair(&theirs);
	expect_type(0);
	receive_learn(&r, S_NS);
	rtp_to_us(far.rtp_fd, 1);		/* plain */
	to_us(far.rtp_fd, "", 0);
	receive_now();
	assert_int_equal(r.received, 0);
	assert_int_equal(r.strangers, 2);
	assert_false(r.learnt || r.source.known);
	rtp_pack(data, &h);
	len = srtp_seal_rtp(theirs, data, RTP_HEADER_LEN + 160);
	assert_true(len > 0);
	to_us(far.rtp_fd, data, (size_t)len);
	to_us(far.rtp_fd, data, (size_t)len);	/* replayed */
	receive_now();
	assert_int_equal(r.received, 1);
	assert_int_equal(r.strangers, 3);
	assert_true(r.learnt);
	srtp_free(r.srtp);
	srtp_free(theirs);
}

static void sealed_reports_are_opened_and_plain_ones_are_strangers(
	void **state)
{
	uint8_t data[RTCP_MAX + SRTP_GROWTH_MAX];
	size_t plain = pack_rr(data, OURS);
	struct srtp *theirs;
	int len;

	(void)state;
	r.srtp = srtp_pair(&theirs);
	to_us(far.rtp_fd, data, plain);
	far_send(far.rtcp_fd, &us.rtcp, addr_port(&us.rtcp), data, plain);
	receive_now();
	assert_false(control.told);
	assert_int_equal(r.strangers, 2);
	len = srtp_seal_rtcp(theirs, data, plain);
	assert_true(len > 0);
	far_send(far.rtcp_fd, &us.rtcp, addr_port(&us.rtcp), data,
		 (size_t)len);
	receive_now();
	assert_true(control.told);
	assert_int_equal(r.reports, 1);
	srtp_free(r.srtp);
	srtp_free(theirs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_of_the_negotiated_host_are_received),
		TEST(another_port_of_the_host_is_no_stranger),
		TEST(other_hosts_are_strangers_and_change_nothing),
		TEST(before_the_address_is_known_nobody_is_counted),
		TEST(garbage_of_the_far_end_is_counted_apart),
		TEST(rtcp_is_understood_on_both_ports),
		TEST(reports_about_others_are_not_taken_for_ours),
		TEST(jitter_is_measured_at_arrival),
		TEST(the_first_and_the_last_packet_have_their_times),
		TEST(rtcp_of_our_own_ssrc_is_a_collision_and_nothing_else),
		TEST(an_echo_of_our_audio_is_nobody),
		TEST(nothing_is_learnt_unless_asked_for),
		TEST(the_first_packet_settles_the_address_once),
		TEST(strangers_and_garbage_teach_nothing),
		TEST(an_unexpected_payload_type_teaches_nothing),
		TEST(the_time_to_learn_is_short),
		TEST(a_new_signalled_address_begins_to_learn_again),
		TEST(what_was_left_is_not_learnt_again_at_once),
		TEST(a_hold_by_address_leaves_nothing),
		TEST(each_payload_type_has_its_own_clock_rate),
		TEST(who_listens_hears_the_far_end_only),
		TEST(sealed_packets_are_opened_and_forged_ones_are_strangers),
		TEST(sealed_reports_are_opened_and_plain_ones_are_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

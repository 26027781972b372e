/*
 * test_receive.c - what comes in on a stream's ports: judged and counted.
 * Needs: core/media/receive.c, drain.c, control.c, rtcp.c, rtp.c, source.c,
 * tally.c, core/base/addr.c, clock.c, random.c, str.c.
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

static void receive_now(void)
{
	receive_rtp(&r, drain, us.rtp_fd, S_NS);
	receive_rtcp(&r, drain, us.rtcp_fd, S_NS);
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

static void before_the_address_is_known_all_are_strangers(void **state)
{
	(void)state;
	r.has_remote = false;
	rtp_to_us(far.rtp_fd, 1);
	receive_now();
	assert_int_equal(r.received, 0);
	assert_int_equal(r.strangers, 1);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_of_the_negotiated_host_are_received),
		TEST(another_port_of_the_host_is_no_stranger),
		TEST(other_hosts_are_strangers_and_change_nothing),
		TEST(before_the_address_is_known_all_are_strangers),
		TEST(garbage_of_the_far_end_is_counted_apart),
		TEST(rtcp_is_understood_on_both_ports),
		TEST(reports_about_others_are_not_taken_for_ours),
		TEST(jitter_is_measured_at_arrival),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

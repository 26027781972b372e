/*
 * test_session_send.c - packets on their way: digits as events, and SRTP. Turn
 * by turn, with real packets on loopback.
 * Needs: as test_session_talk.c, and core/media/srtp.c.
 */
/* SPDX-License-Identifier: MIT */
#include "talk_bench.h"

/* ---- digits that go ------------------------------------------------------ */

static void digits_leave_as_events_with_one_timestamp_each(void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "7#" }, { .prompt = &a },
	};
	struct session_play p = prepare(steps, 2, CLN_START_ANSWER);
	struct rtp_packet got;
	uint16_t seq = first_seq;
	uint32_t time = 0;

	(void)state;
	begin_play(&p);
	run_until(400);
	for (unsigned int n = 0; n < 20; n++, seq++) {
		unsigned int k = n % 10;	/* of this digit */
		bool event = k < 5 + DTMF_ENDS - 1;

		got = far_rtp(&far);
		if (!n)
			time = got.header.timestamp;
		assert_int_equal(got.header.seq, seq);
		assert_int_equal(got.header.payload_type, event ? EVENTS : 0);
		assert_true(got.header.timestamp ==
			    time + (event ? n - k : n) * 160);
		assert_int_equal(got.len, event ? DTMF_EVENT_LEN : 160);
		if (!event)
			continue;
		assert_int_equal(got.header.marker, k == 0);
		assert_int_equal(got.payload[0], n < 10 ? 7 : 11);
		assert_int_equal(got.payload[1] >> 7, k >= 4);
		assert_int_equal(got.payload[2] << 8 | got.payload[3],
				 160 * (k < 5 ? k + 1 : 5));
	}
	got = far_rtp(&far);
	assert_true(got.header.timestamp == time + 20 * 160);
	expect_bytes(&got, bytes);
}

static void event_that_could_not_leave_is_said_all_the_same(void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "7" },
	};
	struct session_play p = prepare(steps, 1, CLN_START_ANSWER);
	struct session_aim bad = p.aim;
	struct rtp_packet got;

	(void)state;
	addr_parse_ip(&bad.rtp, "192.0.2.1", 4000);
	begin_play(&p);
	run_until(0);
	heard(1);
	set_aim(&bad);
	run_until(60);
	set_aim(&p.aim);
	run_until(80);
	got = far_rtp(&far);
	assert_int_equal(got.payload[3], (uint8_t)(2 * 160));
	assert_int_equal(got.header.seq, (uint16_t)(first_seq + 1));
}

static void digit_of_ours_is_said_to_its_end_before_one_that_interrupts(
	void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "77" },
		{ .kind = SCRIPT_GATHER,
		  .gather = { .digits = 1, .timeout_ms = 5000, .interrupt = 1,
			      .otherwise = CLN_GOTO_NEXT } },
		{ .prompt = &a },
	};
	struct session_play p = prepare(steps, 3, CLN_START_ANSWER);
	struct stream_report report;
	struct rtp_packet got;
	size_t said;

	(void)state;
	begin_play(&p);
	run_until(20);
	far_presses('1', 1);
	run_until(300);
	for (unsigned int n = 0; n < 7; n++) {
		got = far_rtp(&far);
		assert_int_equal(got.header.payload_type, EVENTS);
		assert_int_equal(got.payload[1] >> 7, n >= 4);
	}
	/* What came next is the rest of the digit's time, or the recording. */
	for (said = 0; far_read(&far, far.rtp_fd, 0); ) {
		assert_int_equal(rtp_parse(&got, far.data, far.len), 0);
		assert_int_equal(got.header.payload_type, 0);
		if (got.payload[0] == SILENCE_BYTE && !said)
			continue;
		expect_payload(&got, said++);
	}
	assert_true(said > 3);
	end(&report, 301);
	assert_string_equal(report.gathered[0].digits, "1");
	assert_int_equal(report.items[2].item, 2);
	assert_int_equal(report.items[2].sent_ms, 20 * said);
}

/* It has nothing to wait for any more. */
static void digit_that_would_interrupt_one_of_ours_counts_at_a_hangup(
	void **state)
{
	const struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "77" },
		{ .kind = SCRIPT_GATHER,
		  .gather = { .digits = 2, .timeout_ms = 5000,
			      .interrupt = 1 } },
	};
	struct session_play p = prepare(steps, 2, CLN_START_ANSWER);
	struct stream_report report;

	(void)state;
	begin_play(&p);
	run_until(20);
	far_presses('1', 1);
	run_until(60);
	assert_true(s.in_event);
	end(&report, 61);
	assert_int_equal(report.n_gathered, 1);
	assert_string_equal(report.gathered[0].digits, "1");
	assert_int_equal(report.gathered[0].end, CLN_GATHER_HANGUP);
	assert_int_equal(report.items[0].sent_ms, 80);
}

/* The far end takes events no more, with the digit half said. */
static void digit_is_dropped_where_the_far_end_takes_no_events_any_more(
	void **state)
{
	static uint8_t packet2[2048], tones[3200];
	static struct playout other;
	struct prompt sound = fake_prompt(&fake_g711, tones, 3200);
	const struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "77", .prompt = &sound },
		{ .prompt = &a },
	};
	struct session_play p = prepare(steps, 2, CLN_START_ANSWER);
	struct rtp_packet got;

	(void)state;
	memset(tones + 1600, 1, 1600);		/* of the second digit */
	begin_play(&p);
	run_until(20);
	heard(2);
	make_playout(&other, &fake_g711, 20, false, false);
	assert_true(session_change(&s, &other, packet2));
	p.aim.event_type = 0;
	set_aim(&p.aim);
	run_until(220);
	for (size_t n = 0; n < 10; n++) {
		got = far_rtp(&far);
		assert_int_equal(got.header.payload_type, 0);
		expect_bytes(&got, tones + 1600);
	}
	run_until(240);
	got = far_rtp(&far);
	expect_payload(&got, 0);
}

static void other_packet_time_goes_on_with_the_event(void **state)
{
	static uint8_t packet2[2048];
	static struct playout other;
	const struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "7" }, { .prompt = &a },
	};
	struct session_play p = prepare(steps, 2, CLN_START_ANSWER);
	struct rtp_packet got;
	uint32_t time;

	(void)state;
	begin_play(&p);
	run_until(20);
	time = heard(2).header.timestamp;
	make_playout(&other, &fake_g711, 40, true, false);
	assert_true(session_change(&s, &other, packet2));
	set_aim(&p.aim);
	run_until(80);
	got = heard(2);
	assert_int_equal(got.header.payload_type, EVENTS);
	assert_true(got.header.timestamp == time);
	assert_int_equal(got.payload[2] << 8 | got.payload[3], 800);
	assert_int_equal(got.payload[1] >> 7, 1);
}

/* ---- failures ------------------------------------------------------------ */

static void each_new_address_has_its_own_time_to_fail(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct session_aim bad = p.aim;

	(void)state;
	addr_parse_ip(&bad.rtp, "192.0.2.1", 4000);
	p.aim = bad;
	begin_play(&p);
	run_until(1000);
	bad.send = false;			/* held for long */
	set_aim(&bad);
	run_until(5000);
	bad.send = true;
	set_aim(&bad);
	run_until(5000 + SESSION_FAIL_MS);
	assert_int_equal(failed, 0);
	run_until(5040 + SESSION_FAIL_MS);
	assert_int_equal(failed, -EINVAL);
}

/* A hold by 0.0.0.0 is no report: the loss until then is told afterwards. */
static void report_that_has_nowhere_to_go_waits(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct addr mine = p.aim.rtp;
	struct rtcp_news n;

	(void)state;
	p.aim.rtcp_mux = true;
	begin_play(&p);
	for (uint16_t seq = 0; seq < 10; seq++)
		if (seq != 5)
			far_says(seq);
	run_until(100);
	assert_int_equal(addr_parse_ip(&p.aim.rtp, "0.0.0.0", 4000), 0);
	set_aim(&p.aim);
	report_at(200);
	run_until(400);
	assert_false(s.control.reported);
	p.aim.rtp = mine;
	set_aim(&p.aim);
	run_until(420);
	heard(7);
	n = far_rtcp(&far, far.rtp_fd);
	assert_true(n.has_sender && !n.bye);
	assert_true(s.control.reported);
	assert_int_equal(s.receive.source.expected_prior, 9);
}

/* ---- under lock ---------------------------------------------------------- */

static const struct srtp_crypto ours = {
	.suite = SRTP_AES_CM_128_HMAC_SHA1_80, .send = { 1, 2, 3 },
	.receive = { 4, 5, 6 },
};

/* The far end's side of it. */
static struct srtp *far_srtp(void)
{
	struct srtp_crypto theirs = ours;
	struct srtp *t;

	memcpy(theirs.send, ours.receive, sizeof(theirs.send));
	memcpy(theirs.receive, ours.send, sizeof(theirs.receive));
	assert_int_equal(srtp_new(&t, &theirs), 0);
	return t;
}

static void begin_sealed(const struct session_play *p)
{
	assert_int_equal(srtp_new(&own, &ours), 0);
	assert_null(session_set_srtp(&s, own));
	begin_play(p);
}

static struct rtp_packet far_opens(struct srtp *t)
{
	struct rtp_packet p;
	int len;

	assert_true(far_read(&far, far.rtp_fd, FAR_WAIT_MS));
	len = srtp_open_rtp(t, far.data, far.len);
	assert_true(len > 0);
	assert_int_equal(rtp_parse(&p, far.data, (size_t)len), 0);
	return p;
}

static void sound_and_reports_are_sealed_also_with_another_key(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct srtp *t = far_srtp(), *more;
	struct stream_report report;
	struct rtp_packet got;
	int len;

	(void)state;
	begin_sealed(&p);
	run_until(20);
	for (size_t n = 0; n < 2; n++) {
		got = far_opens(t);
		expect_payload(&got, n);
	}
	/* The same keys again go on where they were. */
	assert_int_equal(srtp_new(&more, &ours), 0);
	assert_ptr_equal(session_set_srtp(&s, more), own);
	srtp_free(own);
	own = more;
	run_until(40);
	got = far_opens(t);
	expect_payload(&got, 2);
	end(&report, 41);
	assert_true(far_read(&far, far.rtcp_fd, 0));
	len = srtp_open_rtcp(t, far.data, far.len);
	assert_true(len > 0 && len < (int)far.len);
	assert_int_equal(report.rtp.sent_bytes, 480);
	srtp_free(t);
}

static void what_cannot_be_sealed_does_not_leave(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct srtp *t = far_srtp();
	struct rtp_packet got;

	(void)state;
	begin_sealed(&p);
	run_until(20);
	far_opens(t);
	far_opens(t);
	s.seq = (uint16_t)(s.seq - 1);		/* this number was used */
	run_until(40);
	assert_false(far_read(&far, far.rtp_fd, 0));
	run_until(60);
	got = far_opens(t);			/* and no sound is lost */
	expect_payload(&got, 2);
	assert_true(got.header.marker);
	srtp_free(t);
}

/* A key stream serves once: what was sealed and could not leave has used up its
 * number.                                                                    */
static void sealed_packet_that_could_not_leave_is_sealed_anew(void **state)
{
	struct session_play p = plain(CLN_START_ANSWER);
	struct session_aim bad = p.aim;
	struct srtp *t = far_srtp();
	struct rtp_packet got;

	(void)state;
	addr_parse_ip(&bad.rtp, "192.0.2.1", 4000);
	begin_sealed(&p);
	run_until(0);
	far_opens(t);
	set_aim(&bad);
	run_until(40);
	set_aim(&p.aim);
	run_until(60);
	got = far_opens(t);
	assert_int_equal(got.header.seq, (uint16_t)(first_seq + 3));
	expect_payload(&got, 1);
	srtp_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(digits_leave_as_events_with_one_timestamp_each),
		RULE(event_that_could_not_leave_is_said_all_the_same),
		RULE(digit_of_ours_is_said_to_its_end_before_one_that_interrupts),
		RULE(digit_that_would_interrupt_one_of_ours_counts_at_a_hangup),
		RULE(digit_is_dropped_where_the_far_end_takes_no_events_any_more),
		RULE(other_packet_time_goes_on_with_the_event),
		RULE(each_new_address_has_its_own_time_to_fail),
		RULE(report_that_has_nowhere_to_go_waits),
		RULE(sound_and_reports_are_sealed_also_with_another_key),
		RULE(what_cannot_be_sealed_does_not_leave),
		RULE(sealed_packet_that_could_not_leave_is_sealed_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_stream_talk.c - streams that listen, and streams under lock, with real
 * media threads and real packets on loopback.
 * Needs: as test_stream.c. Run it under -fsanitize=thread too.
 */
/* SPDX-License-Identifier: MIT */
#include "stream_bench.h"

enum { OLD_EVENTS = 101, NEW_EVENTS = 96 };

static uint8_t quiet[800];
static struct prompt silence;

static int begin(void **state)
{
	memset(quiet, 0xfe, sizeof(quiet));
	silence = fake_prompt(&fake_g711, quiet, sizeof(quiet));
	return start(state);
}

/* A script that stop() gives back. */
static struct stream_play script_of(const struct script_step *steps, size_t n)
{
	struct stream_play play = playlist(NULL, 0);

	script_unref(play.script);
	assert_int_equal(script_new(&play.script, steps, n, 1, &silence), 0);
	scripts[n_scripts - 1] = play.script;
	return play;
}

static void far_presses(const struct stream *s, char digit, uint8_t type,
			uint16_t seq)
{
	uint8_t data[RTP_HEADER_LEN + DTMF_EVENT_LEN];
	struct rtp_header h = { .payload_type = type, .seq = seq,
				.timestamp = seq * 1600u, .ssrc = 77 };
	struct addr ip;
	struct dtmf_send d;

	addr_parse_ip(&ip, "127.0.0.1", 0);
	assert_int_equal(dtmf_begin(&d, digit, h.timestamp, 8000), 0);
	assert_true(dtmf_next(&d, 160, data + RTP_HEADER_LEN, &h.marker));
	rtp_pack(data, &h);
	far_send(far.rtp_fd, &ip, stream_port(s), data, sizeof(data));
}

static const struct script_step two_digits = {
	.kind = SCRIPT_GATHER,
	.gather = { .digits = 2, .timeout_ms = 4000,
		    .otherwise = CLN_GOTO_STOP, .on_timeout = CLN_GOTO_STOP },
};

static void digits_are_heard_also_by_other_numbers_after_an_update(
	void **state)
{
	struct stream_play play = script_of(&two_digits, 1);
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	play.event_in = OLD_EVENTS;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), 0);
	far_rtp(&far);
	far_presses(s, '4', OLD_EVENTS, 1);
	for (int i = 0; i < 3; i++)
		far_rtp(&far);
	play.event_in = NEW_EVENTS;
	assert_int_equal(stream_update(s, &play), 0);
	assert_int_equal(stream_update(s, &play), 0);
	for (int i = 0; i < 3; i++)
		far_rtp(&far);
	far_presses(s, '2', NEW_EVENTS, 2);
	wait_for(&h.played, 1);
	stream_stop(s);
	wait_for(&h.stopped, 1);
	assert_true(h.report.complete);
	assert_int_equal(h.report.n_gathered, 1);
	assert_string_equal(h.report.gathered[0].digits, "42");
	assert_int_equal(h.report.started, CLN_STARTED_ANSWER);
}

/* As while our ACK looks for its way. */
static void what_comes_with_the_answer_waits_for_play(void **state)
{
	struct stream_play play = script_of(&two_digits, 1);
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	play.event_in = OLD_EVENTS;
	play.start = CLN_START_MEDIA;
	play.start_wait_ms = 60000;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	stream_answered(s);
	far_presses(s, '4', OLD_EVENTS, 1);
	assert_int_equal(stream_play(s, &play), 0);
	far_rtp(&far);
	far_presses(s, '2', OLD_EVENTS, 2);
	wait_for(&h.played, 1);
	stream_stop(s);
	wait_for(&h.stopped, 1);
	assert_string_equal(h.report.gathered[0].digits, "42");
	assert_int_equal(h.report.started, CLN_STARTED_MEDIA);
	assert_int_equal(h.report.rtp.received, 2);
}

static void digits_leave_as_events_where_the_far_end_takes_them(void **state)
{
	const struct script_step step = {
		.kind = SCRIPT_DTMF, .digits = "5", .prompt = &a,
	};
	struct stream_play play = script_of(&step, 1);
	struct heard h = { 0 };
	struct rtp_packet p;
	struct stream *s;

	(void)state;
	play.event_out = OLD_EVENTS;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), 0);
	p = far_rtp(&far);
	assert_int_equal(p.header.payload_type, OLD_EVENTS);
	assert_int_equal(p.payload[0], 5);
	stream_stop(s);
	wait_for(&h.stopped, 1);
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	play.event_out = -1;
	assert_int_equal(stream_play(s, &play), 0);
	do
		p = far_rtp(&far);
	while (p.header.payload_type);
	assert_memory_equal(p.payload, bytes, 160);
	stream_stop(s);
	wait_for(&h.stopped, 2);
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	play.event_out = 128;
	assert_int_equal(stream_play(s, &play), -EINVAL);
	stream_stop(s);
	wait_for(&h.stopped, 3);
}

/* ---- under lock ---------------------------------------------------------- */

static struct srtp *far_key(struct srtp_crypto *ours, uint8_t first)
{
	struct srtp_crypto theirs;
	struct srtp *t;

	*ours = (struct srtp_crypto){ .suite = SRTP_AES_CM_128_HMAC_SHA1_80,
				      .send = { first, 1 }, .receive = { 2 } };
	theirs = *ours;
	memcpy(theirs.receive, ours->send, sizeof(theirs.receive));
	memcpy(theirs.send, ours->receive, sizeof(theirs.send));
	assert_int_equal(srtp_new(&t, &theirs), 0);
	return t;
}

/* The next packet that this key opens, among the next ten. */
static void far_opens(struct srtp *t)
{
	for (int i = 0; i < 10; i++) {
		assert_true(far_read(&far, far.rtp_fd, FAR_WAIT_MS));
		if (srtp_open_rtp(t, far.data, far.len) > 0)
			return;
	}
	fail();
}

static void stream_is_sealed_and_its_keys_change(void **state)
{
	struct prompt *list[] = { &b, &b, &b, &b, &b };
	struct stream_play play = playlist(list, 5);
	struct srtp *first, *second;
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	first = far_key(&play.crypto, 1);
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), 0);
	far_opens(first);
	second = far_key(&play.crypto, 9);
	assert_int_equal(stream_update(s, &play), 0);
	far_opens(second);
	inbox_run(home);			/* the first one is back */
	play.crypto.suite = SRTP_NONE;
	assert_int_equal(stream_update(s, &play), 0);
	while (far_rtp(&far).len != 160)
		;
	stream_stop(s);
	wait_for(&h.stopped, 1);
	srtp_free(first);
	srtp_free(second);
}

static void suite_that_is_not_there_is_refused(void **state)
{
	struct prompt *list[] = { &b };
	struct stream_play play = playlist(list, 1);
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	play.crypto.suite = SRTP_SUITES;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), -ENOTSUP);
	play.crypto.suite = SRTP_NONE;
	assert_int_equal(stream_play(s, &play), 0);
	play.crypto.suite = SRTP_SUITES;
	assert_int_equal(stream_update(s, &play), -ENOTSUP);
	assert_memory_equal(far_rtp(&far).payload, bytes + 250, 160);
	stream_stop(s);
	wait_for(&h.stopped, 1);
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, begin, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(digits_are_heard_also_by_other_numbers_after_an_update),
		RULE(what_comes_with_the_answer_waits_for_play),
		RULE(digits_leave_as_events_where_the_far_end_takes_them),
		RULE(stream_is_sealed_and_its_keys_change),
		RULE(suite_that_is_not_there_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_stream.c - streams as the signalling thread sees them, with real media
 * threads and real packets on loopback.
 * Needs: all of core/media but the prompt pool, core/base/addr.c, clock.c,
 * inbox.c, log.c, buf.c, random.c, str.c, thread.c; doubles for prompt.c in
 * fake_prompt.h. Run it under -fsanitize=thread too.
 */
/* SPDX-License-Identifier: MIT */
#include "stream_bench.h"

static void playlist_is_heard_bit_by_bit_and_then_played(void **state)
{
	struct prompt *list[] = { &a, &b, &c };
	struct stream_play play = playlist(list, 3);
	struct heard h = { 0 };
	struct stream *s;
	uint16_t seq = 0;

	(void)state;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_port(s) % 2, 0);
	assert_int_equal(stream_play(s, &play), 0);
	assert_int_equal(stream_play(s, &play), -EALREADY);
	for (uint16_t n = 0; n < 10; n++) {
		struct rtp_packet p = far_rtp(&far);

		seq = n ? seq : p.header.seq;
		assert_int_equal(p.header.seq, (uint16_t)(seq + n));
		assert_int_equal(p.header.marker, !n);
		assert_int_equal(p.len, 160);
		assert_memory_equal(p.payload, bytes + 160 * n, 160);
	}
	assert_int_equal(h.played, 0);
	wait_for(&h.played, 1);
	assert_false(far_read(&far, far.rtp_fd, 0));
	stream_stop(s);
	wait_for(&h.stopped, 1);
	assert_int_equal(h.report.rtp.sent, 10);
	assert_true(h.report.complete);
	assert_int_equal(h.report.n_items, 3);
	assert_int_equal(h.report.items[0].sent_ms, 31);
	assert_int_equal(h.report.items[1].sent_ms, 125);
	assert_int_equal(h.report.items[2].sent_ms, 43);
	assert_int_equal(h.failed, 0);
	assert_false(far_read(&far, far.rtp_fd, 0));
}

static void stop_in_mid_play_ends_the_packets_and_tells_how_far(void **state)
{
	struct prompt *list[] = { &a, &b, &c };
	struct stream_play play = playlist(list, 3);
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), 0);
	for (int n = 0; n < 3; n++)
		far_rtp(&far);
	stream_stop(s);
	wait_for(&h.stopped, 1);
	for (uint64_t n = 3; n < h.report.rtp.sent; n++)
		far_rtp(&far);
	assert_false(far_read(&far, far.rtp_fd, 60));
	assert_true(far_rtcp(&far, far.rtcp_fd).bye);
	assert_false(h.report.complete);
	assert_int_equal(h.played, 0);
	assert_in_range(h.report.n_items, 2, 3);
}

static void stream_that_never_played_stops_too(void **state)
{
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	stream_stop(s);
	wait_for(&h.stopped, 1);
	assert_int_equal(h.report.rtp.sent, 0);
	assert_int_equal(h.report.n_items, 0);
	assert_int_equal(h.report.rtp.round_trip_us, -1);
	far_hears_nothing(&far);
}

/* Updates may come faster than the media thread takes them: the last counts. */
static void last_of_many_updates_counts(void **state)
{
	struct prompt *list[] = { &b };
	struct stream_play play = playlist(list, 1);
	struct far_end moved;
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	far_open(&moved, "127.0.0.2");
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	play.send = false;
	assert_int_equal(stream_play(s, &play), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(stream_update(s, &play), 0);
	play.rtp = moved.rtp;
	play.rtcp = moved.rtcp;
	play.send = true;
	assert_int_equal(stream_update(s, &play), 0);
	wait_for(&h.played, 1);
	assert_memory_equal(far_rtp(&moved).payload, bytes + 250, 160);
	assert_false(far_read(&far, far.rtp_fd, 0));
	stream_update(s, &play);
	play.send = false;
	stream_update(s, &play);
	stream_stop(s);
	wait_for(&h.stopped, 1);
	far_close(&moved);
}

static void give_other_codec(struct prompt *p, uint8_t *other)
{
	for (size_t i = 0; i < p->frames.len; i++)
		other[i] = (uint8_t)(p->frames.data[i] + 1);
	p->too = fake_frames(&fake_alaw, other, p->frames.len);
}

static void codec_changes_in_mid_play_and_not_a_sample_is_lost(void **state)
{
	static uint8_t high[BIG];
	struct prompt *list[] = { &a, &b, &c };
	struct stream_play play = playlist(list, 3);
	struct heard h = { 0 };
	struct rtp_packet p;
	struct stream *s;
	size_t n, changed = 0;
	uint16_t seq = 0;
	uint32_t time = 0;

	(void)state;
	give_other_codec(&a, high);
	give_other_codec(&b, high + 250);
	give_other_codec(&c, high + 1250);
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), 0);
	play.codec = &fake_alaw;
	play.payload_type = 8;
	for (n = 0; n < 10; n++) {
		p = far_rtp(&far);
		if (n == 3)
			assert_int_equal(stream_update(s, &play), 0);
		if (!changed && p.header.payload_type)
			changed = n;
		assert_int_equal(p.header.payload_type, changed ? 8 : 0);
		assert_memory_equal(p.payload, (changed ? high : bytes) +
				    160 * n, 160);
		assert_true(!n || p.header.seq == (uint16_t)(seq + 1));
		assert_true(!n || p.header.timestamp == time + 160);
		seq = p.header.seq;
		time = p.header.timestamp;
	}
	assert_in_range(changed, 4, 6);
	wait_for(&h.played, 1);
	stream_stop(s);
	wait_for(&h.stopped, 1);
	assert_int_equal(h.report.items[1].sent_ms, 125);
	assert_true(h.report.complete);
}

/* The last of many wishes is what is heard; whatever was made is given back. */
static void last_of_many_codecs_counts(void **state)
{
	static uint8_t high[BIG];
	struct prompt *list[] = { &b };
	struct stream_play play = playlist(list, 1);
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	give_other_codec(&b, high);
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	play.send = false;
	assert_int_equal(stream_play(s, &play), 0);
	for (int i = 0; i < 101; i++) {
		play.codec = i % 2 ? &fake_g711 : &fake_alaw;
		play.params.ptime_ms = i % 3 ? 20 : 40;
		assert_int_equal(stream_update(s, &play), 0);
	}
	play.send = true;
	play.payload_type = 8;
	assert_int_equal(stream_update(s, &play), 0);
	wait_for(&h.played, 1);
	assert_int_equal(far_rtp(&far).len, 160);
	assert_memory_equal(far.data + RTP_HEADER_LEN, high, 160);
	play.codec = &fake_g711;			/* too late to be heard */
	assert_int_equal(stream_update(s, &play), 0);
	play.codec = &fake_alaw;
	assert_int_equal(stream_update(s, &play), 0);
	stream_stop(s);
	assert_int_equal(stream_update(s, &play), -EALREADY);
	wait_for(&h.stopped, 1);
}

static void change_that_cannot_be_leaves_the_stream_as_it_was(void **state)
{
	struct prompt *list[] = { &b };
	struct stream_play play = playlist(list, 1), bad;
	struct cln_codec wide = fake_alaw;
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	wide.clock_rate = 16000;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	bad = playlist(NULL, 0);
	assert_int_equal(stream_update(s, &bad), -ENOTCONN);
	assert_int_equal(stream_play(s, &play), 0);
	bad = play;
	bad.codec = &fake_alaw;
	assert_int_equal(stream_update(s, &bad), -ENOENT);
	bad.codec = &wide;
	assert_int_equal(stream_update(s, &bad), -ENOTSUP);
	bad = play;
	bad.payload_type = 200;
	assert_int_equal(stream_update(s, &bad), -EINVAL);
	bad = play;
	addr_parse_ip(&bad.rtp, "::1", 4000);
	assert_int_equal(stream_update(s, &bad), -EAFNOSUPPORT);
	for (size_t n = 0; n < 6; n++)
		assert_memory_equal(far_rtp(&far).payload,
				    bytes + 250 + 160 * n, 160);
	wait_for(&h.played, 1);
	stream_stop(s);
	wait_for(&h.stopped, 1);
}

static void no_event_but_stopped_comes_after_stop(void **state)
{
	struct prompt *list[] = { &c };
	struct stream_play play = playlist(list, 1);
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), 0);
	/* `played` lies in the inbox when the stop is asked for. */
	for (int i = 0; i < 3; i++)
		far_rtp(&far);
	inbox_wait(home, WATCHDOG_MS);
	stream_stop(s);
	wait_for(&h.stopped, 1);
	assert_int_equal(h.played, 0);
	assert_true(h.report.complete);
}

static void unreachable_far_end_is_told_as_failed(void **state)
{
	struct prompt *list[] = { &b };
	struct stream_play play = playlist(list, 1);
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	addr_parse_ip(&play.rtp, "192.0.2.1", 4000);
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), 0);
	while (!h.failed) {
		inbox_wait(home, WATCHDOG_MS);
		assert_true(inbox_run(home) > 0);
	}
	stream_stop(s);
	wait_for(&h.stopped, 1);
	assert_int_equal(h.report.rtp.sent, 0);
	assert_int_equal(h.report.n_items, 0);
}

static void what_cannot_be_played_is_refused(void **state)
{
	static struct prompt other;
	struct prompt *list[] = { &other };
	struct stream_play play;
	struct heard h = { 0 };
	struct stream *s;

	(void)state;
	other = fake_prompt(&fake_g729, bytes, 100);
	play = playlist(list, 1);
	assert_int_equal(stream_new(&s, media, &events, &h), 0);
	assert_int_equal(stream_play(s, &play), -ENOENT);
	play.payload_type = 128;
	assert_int_equal(stream_play(s, &play), -EINVAL);
	play = playlist(list, 1);
	addr_parse_ip(&play.rtp, "::1", 4000);
	assert_int_equal(stream_play(s, &play), -EAFNOSUPPORT);
	stream_stop(s);
	assert_int_equal(stream_play(s, &play), -EALREADY);
	wait_for(&h.stopped, 1);
}

/* Each call on its own far end's port, judged byte for byte. */
static void many_at_once_are_all_bit_exact(void **state)
{
	static struct far_end ends[MANY];
	static struct stream *streams[MANY];
	struct prompt *list[] = { &a, &b, &c };
	struct heard h = { 0 };
	struct media_stats st;
	struct stream *more;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		far_open(&ends[i], "127.0.0.1");
		assert_int_equal(stream_new(&streams[i], media, &events, &h),
				 0);
	}
	assert_int_equal(stream_new(&more, media, &events, &h), -EAGAIN);
	for (int i = 0; i < MANY; i++) {
		struct stream_play play = playlist(list, 3);

		play.rtp = ends[i].rtp;
		play.rtcp = ends[i].rtcp;
		assert_int_equal(stream_play(streams[i], &play), 0);
	}
	wait_for(&h.played, MANY);
	media_get_stats(media, &st);
	assert_int_equal(st.streams, MANY);
	assert_int_equal(st.sent, MANY * 10);
	for (int i = 0; i < MANY; i++) {
		for (size_t n = 0; n < 10; n++)
			assert_memory_equal(far_rtp(&ends[i]).payload,
					    bytes + 160 * n, 160);
		assert_false(far_read(&ends[i], ends[i].rtp_fd, 0));
		stream_stop(streams[i]);
	}
	wait_for(&h.stopped, MANY);
	for (int i = 0; i < MANY; i++)
		far_close(&ends[i]);
	media_get_stats(media, &st);
	assert_int_equal(st.streams, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(playlist_is_heard_bit_by_bit_and_then_played),
		TEST(stop_in_mid_play_ends_the_packets_and_tells_how_far),
		TEST(stream_that_never_played_stops_too),
		TEST(last_of_many_updates_counts),
		TEST(codec_changes_in_mid_play_and_not_a_sample_is_lost),
		TEST(last_of_many_codecs_counts),
		TEST(change_that_cannot_be_leaves_the_stream_as_it_was),
		TEST(no_event_but_stopped_comes_after_stop),
		TEST(unreachable_far_end_is_told_as_failed),
		TEST(what_cannot_be_played_is_refused),
		TEST(many_at_once_are_all_bit_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

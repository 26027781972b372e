/*
 * test_playout.c - a cursor over a playlist.
 * Needs: core/media/playout.c; doubles for prompt.c in fake_prompt.h.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "fake_prompt.h"
#include "media/playout.h"

enum { BIG = 1000 };

static uint8_t bytes[BIG];
static const struct cln_codec_params ms20 = {
	.size = sizeof(ms20), .ptime_ms = 20,
};

static int start(void **state)
{
	(void)state;
	for (size_t i = 0; i < BIG; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	return 0;
}

/* Plays it all into dst, checks that each packet is `packet` long. */
static size_t play_all(struct playout *p, uint8_t *dst, size_t packet)
{
	size_t total = 0, len;

	while ((len = playout_peek(p, dst + total)) > 0) {
		assert_int_equal(len, packet);
		playout_advance(p);
		total += len;
	}
	assert_true(playout_at_end(p));
	return total;
}

static void stateless_packets_cross_items_and_only_the_last_is_padded(
	void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 250);
	struct prompt b = fake_prompt(&fake_g711, bytes + 250, 7);
	struct prompt c = fake_prompt(&fake_g711, bytes + 257, 400);
	struct prompt *list[] = { &a, &b, &c };
	uint8_t got[BIG];
	struct playout p;

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 3), 0);
	assert_int_equal(p.packet_ms, 20);
	assert_int_equal(p.packet_units, 160);
	assert_int_equal(p.payload_max, 160);
	assert_int_equal(play_all(&p, got, 160), 800);
	assert_memory_equal(got, bytes, 657);
	for (size_t i = 657; i < 800; i++)
		assert_int_equal(got[i], 0xff);
	playout_deinit(&p);
	assert_int_equal(a.refs + b.refs + c.refs, 0);
}

static void no_padding_where_the_playlist_fills_its_packets(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 100);
	struct prompt b = fake_prompt(&fake_g711, bytes + 100, 220);
	struct prompt *list[] = { &a, &b };
	uint8_t got[BIG];
	struct playout p;

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 2), 0);
	assert_int_equal(play_all(&p, got, 160), 320);
	assert_memory_equal(got, bytes, 320);
	playout_deinit(&p);
}

static void peeking_again_gives_the_same(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 500);
	struct prompt *list[] = { &a, &a };
	uint8_t one[160], two[160];
	struct playout p;

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 2), 0);
	assert_int_equal(a.refs, 2);
	playout_peek(&p, one);
	playout_peek(&p, two);
	assert_memory_equal(one, two, 160);
	playout_advance(&p);
	playout_peek(&p, two);
	assert_memory_equal(two, bytes + 160, 160);
	playout_deinit(&p);
}

static void frame_codec_sends_whole_frames_and_a_shorter_last_packet(
	void **state)
{
	struct prompt a = fake_prompt(&fake_g729, bytes, 30);
	struct prompt b = fake_prompt(&fake_g729, bytes + 30, 20);
	struct prompt *list[] = { &a, &b };
	uint8_t got[64];
	struct playout p;

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g729, &ms20, list, 2), 0);
	for (size_t at = 0; at < 40; at += 20) {
		assert_int_equal(playout_peek(&p, got), 20);
		assert_memory_equal(got, bytes + at, 20);
		playout_advance(&p);
	}
	assert_int_equal(playout_peek(&p, got), 10);
	assert_memory_equal(got, bytes + 40, 10);
	playout_advance(&p);
	assert_int_equal(playout_peek(&p, got), 0);
	playout_deinit(&p);
}

static void frames_of_different_length_go_by_their_offsets(void **state)
{
	static const uint32_t offsets[] = { 0, 10, 12, 22, 24 };
	struct prompt a = fake_prompt(&fake_g729, bytes, 24);
	struct prompt *list[] = { &a };
	uint8_t got[64];
	struct playout p;

	(void)state;
	a.frames.offsets = offsets;
	a.frames.n_frames = 4;
	assert_int_equal(playout_init(&p, &fake_g729, &ms20, list, 1), 0);
	assert_int_equal(playout_peek(&p, got), 12);
	playout_advance(&p);
	assert_int_equal(playout_peek(&p, got), 12);
	assert_memory_equal(got, bytes + 12, 12);
	playout_deinit(&p);
}

static void items_without_sound_are_stepped_over(void **state)
{
	struct prompt none = fake_prompt(&fake_g711, bytes, 0);
	struct prompt a = fake_prompt(&fake_g711, bytes, 160);
	struct prompt *list[] = { &none, &a, &none };
	uint8_t got[160];
	struct playout p;

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 3), 0);
	assert_int_equal(play_all(&p, got, 160), 160);
	playout_deinit(&p);
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 1), 0);
	assert_true(playout_at_end(&p));
	playout_deinit(&p);
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, NULL, 0), 0);
	assert_true(playout_at_end(&p));
	playout_deinit(&p);
}

static void packet_time_is_bounded_and_whole(void **state)
{
	struct cln_codec_params params = ms20;
	struct cln_codec odd = fake_g711, huge = fake_g711;
	struct playout p;

	(void)state;
	params.ptime_ms = 2000;
	assert_int_equal(playout_init(&p, &fake_g711, &params, NULL, 0), 0);
	assert_int_equal(p.packet_ms, PLAYOUT_PTIME_MAX);
	playout_deinit(&p);
	params.ptime_ms = 0;
	assert_int_equal(playout_init(&p, &fake_g729, &params, NULL, 0), 0);
	assert_int_equal(p.packet_frames, 2);
	playout_deinit(&p);
	params.ptime_ms = 7;			/* less than a frame */
	assert_int_equal(playout_init(&p, &fake_g729, &params, NULL, 0), 0);
	assert_int_equal(p.packet_ms, 10);
	playout_deinit(&p);
	odd.sample_rate = 44100;
	odd.frame_samples = 1024;
	assert_int_equal(playout_init(&p, &odd, &ms20, NULL, 0), -EINVAL);
	huge.frame_bytes = 10;
	assert_int_equal(playout_init(&p, &huge, &ms20, NULL, 0), -EMSGSIZE);
}

static void prompt_of_another_codec_is_refused_and_none_kept(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 160);
	struct prompt b = fake_prompt(&fake_g729, bytes, 160);
	struct prompt *list[] = { &a, &b };
	struct playout p;

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 2),
			 -ENOENT);
	assert_int_equal(a.refs, 0);
	assert_int_equal(b.refs, 0);
}

static void report_says_how_far_each_item_was_sent_and_confirmed(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 240);
	struct prompt b = fake_prompt(&fake_g711, bytes, 400);
	struct prompt c = fake_prompt(&fake_g711, bytes, 400);
	struct prompt *list[] = { &a, &b, &c };
	struct cln_played items[3];
	struct playout p;
	uint8_t got[160];

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 3), 0);
	assert_int_equal(playout_report(&p, -1, items, 3), 0);
	for (int i = 0; i < 3; i++) {
		playout_peek(&p, got);
		playout_advance(&p);
	}
	assert_int_equal(playout_report(&p, -1, items, 3), 2);
	assert_int_equal(items[0].item, 0);
	assert_int_equal(items[0].sent_ms, 30);
	assert_int_equal(items[0].confirmed_ms, -1);
	assert_int_equal(items[1].sent_ms, 30);
	assert_int_equal(playout_report(&p, 2, items, 3), 2);
	assert_int_equal(items[0].confirmed_ms, 30);
	assert_int_equal(items[1].confirmed_ms, 10);
	assert_int_equal(playout_report(&p, 0, items, 3), 2);
	assert_int_equal(items[0].confirmed_ms, 0);
	assert_int_equal(playout_report(&p, 3, items, 1), 1);
	while (playout_peek(&p, got))
		playout_advance(&p);
	assert_int_equal(playout_report(&p, 7, items, 3), 3);
	assert_int_equal(items[2].sent_ms, 50);
	assert_int_equal(items[2].confirmed_ms, 50);
	playout_deinit(&p);
}

static void report_leaves_out_the_padding_of_a_last_frame(void **state)
{
	struct prompt a = fake_prompt(&fake_g729, bytes, 30);
	struct prompt *list[] = { &a };
	struct cln_played item;
	struct playout p;
	uint8_t got[20];

	(void)state;
	a.frames.samples = 200;			/* 25 of 30 ms */
	assert_int_equal(playout_init(&p, &fake_g729, &ms20, list, 1), 0);
	while (playout_peek(&p, got))
		playout_advance(&p);
	assert_int_equal(playout_report(&p, -1, &item, 1), 1);
	assert_int_equal(item.sent_ms, 25);
	playout_deinit(&p);
}

/* ---- another codec takes over -------------------------------------------- */

static const struct cln_codec_params ms30 = {
	.size = sizeof(ms30), .ptime_ms = 30,
};

/* The same recording again, each byte one higher. */
static struct prompt both(uint8_t *other, const uint8_t *data, size_t len)
{
	struct prompt p = fake_prompt(&fake_g711, data, len);

	for (size_t i = 0; i < len; i++)
		other[i] = (uint8_t)(data[i] + 1);
	p.too = fake_frames(&fake_alaw, other, len);
	return p;
}

static void say(struct playout *p, int packets)
{
	uint8_t got[PLAYOUT_PAYLOAD_MAX];

	while (packets--) {
		assert_true(playout_peek(p, got) > 0);
		playout_advance(p);
	}
}

static void other_codec_goes_on_at_the_very_sample(void **state)
{
	uint8_t high[BIG], got[BIG];
	struct prompt a = both(high, bytes, 250);
	struct prompt b = both(high + 250, bytes + 250, 710);
	struct prompt *list[] = { &a, &b };
	struct playout p, q, r;

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 2), 0);
	assert_int_equal(playout_init(&q, &fake_alaw, &ms30, list, 2), 0);
	assert_int_equal(playout_init(&r, &fake_g711, &ms20, list, 2), 0);
	say(&p, 2);
	playout_take_over(&q, &p, 2, -1);
	assert_int_equal(playout_peek(&q, got), 240);
	assert_memory_equal(got, high + 320, 240);
	playout_advance(&q);
	playout_take_over(&r, &q, 3, -1);
	assert_int_equal(play_all(&r, got, 160), 480);
	assert_memory_equal(got, bytes + 560, 400);
	playout_deinit(&p);
	playout_deinit(&q);
	playout_deinit(&r);
	assert_int_equal(a.refs + b.refs, 0);
}

static void frame_codec_says_the_frame_again_that_was_begun(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 500);
	struct prompt *list[] = { &a };
	uint8_t got[BIG];
	struct playout p, q, r;

	(void)state;
	a.too = fake_frames(&fake_g729, bytes + 500, 110);	/* + 40 ms */
	a.too.samples = 500;
	assert_int_equal(playout_init(&p, &fake_g711, &(struct cln_codec_params)
				      { .ptime_ms = 25 }, list, 1), 0);
	assert_int_equal(playout_init(&q, &fake_g729, &ms20, list, 1), 0);
	assert_int_equal(playout_init(&r, &fake_g711, &ms20, list, 1), 0);
	say(&p, 1);					/* 25 ms of it */
	playout_take_over(&q, &p, 1, -1);
	assert_int_equal(playout_peek(&q, got), 20);
	assert_memory_equal(got, bytes + 520, 20);	/* from 20 ms on */
	playout_advance(&q);
	playout_take_over(&r, &q, 2, -1);		/* at 40 ms */
	assert_int_equal(playout_peek(&r, got), 160);
	assert_memory_equal(got, bytes + 320, 160);
	playout_deinit(&p);
	playout_deinit(&q);
	playout_deinit(&r);
}

static void silence_behind_an_item_has_no_counterpart(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 160);
	struct prompt b = fake_prompt(&fake_g711, bytes + 160, 160);
	struct prompt *list[] = { &a, &b };
	uint8_t got[BIG];
	struct playout p, q;

	(void)state;
	a.too = fake_frames(&fake_g729, bytes, 60);	/* 20 ms and 40 more */
	a.too.samples = 160;
	b.too = a.too;
	assert_int_equal(playout_init(&p, &fake_g729, &ms20, list, 2), 0);
	assert_int_equal(playout_init(&q, &fake_g711, &ms20, list, 2), 0);
	say(&p, 2);
	playout_take_over(&q, &p, 2, -1);
	assert_int_equal(playout_peek(&q, got), 160);
	assert_memory_equal(got, bytes + 160, 160);
	say(&p, 3);
	playout_take_over(&q, &p, 5, -1);
	assert_true(playout_at_end(&q));
	playout_deinit(&p);
	playout_deinit(&q);
}

static void report_counts_across_codecs_and_packet_times(void **state)
{
	uint8_t high[BIG];
	struct prompt a = both(high, bytes, 400);
	struct prompt b = both(high + 400, bytes + 400, 600);
	struct prompt *list[] = { &a, &b };
	struct cln_played items[2];
	struct playout p, q;

	(void)state;
	assert_int_equal(playout_init(&p, &fake_g711, &ms20, list, 2), 0);
	assert_int_equal(playout_init(&q, &fake_alaw, &ms30, list, 2), 0);
	say(&p, 2);				/* 320 of 400 */
	playout_take_over(&q, &p, 2, 1);	/* 160 were heard by then */
	say(&q, 2);				/* 800: all of a, half of b */
	assert_int_equal(playout_report(&q, -1, items, 2), 2);
	assert_int_equal(items[0].sent_ms, 50);
	assert_int_equal(items[0].confirmed_ms, -1);
	assert_int_equal(items[1].sent_ms, 50);
	assert_int_equal(playout_report(&q, 1, items, 2), 2);
	assert_int_equal(items[0].confirmed_ms, 20);
	assert_int_equal(items[1].confirmed_ms, 0);
	assert_int_equal(playout_report(&q, 2, items, 2), 2);
	assert_int_equal(items[0].confirmed_ms, 40);
	assert_int_equal(playout_report(&q, 3, items, 2), 2);
	assert_int_equal(items[0].confirmed_ms, 50);
	assert_int_equal(items[1].confirmed_ms, 20);
	assert_int_equal(playout_report(&q, 99, items, 2), 2);
	assert_int_equal(items[1].confirmed_ms, 50);
	playout_deinit(&p);
	playout_deinit(&q);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stateless_packets_cross_items_and_only_the_last_is_padded),
		TEST(no_padding_where_the_playlist_fills_its_packets),
		TEST(peeking_again_gives_the_same),
		TEST(frame_codec_sends_whole_frames_and_a_shorter_last_packet),
		TEST(frames_of_different_length_go_by_their_offsets),
		TEST(items_without_sound_are_stepped_over),
		TEST(packet_time_is_bounded_and_whole),
		TEST(prompt_of_another_codec_is_refused_and_none_kept),
		TEST(report_says_how_far_each_item_was_sent_and_confirmed),
		TEST(report_leaves_out_the_padding_of_a_last_frame),
		TEST(other_codec_goes_on_at_the_very_sample),
		TEST(frame_codec_says_the_frame_again_that_was_begun),
		TEST(silence_behind_an_item_has_no_counterpart),
		TEST(report_counts_across_codecs_and_packet_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

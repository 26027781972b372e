/*
 * test_hear.c - what the far end says, heard as packets come.
 * Needs: core/media/{hear,dtmf,tone,greeting}.c, core/base/random.c, str.c; -lm.
 */
/* SPDX-License-Identifier: MIT */
#include "hear_bench.h"

/* ---- digits --------------------------------------------------------------- */

static void events_are_heard_without_decoding(void **state)
{
	(void)state;
	make(false, false);
	sounds_digit(&s, '9', 100, 100);
	speak();
	press('1');
	press('2');
	press('2');
	hears("122");
	assert_int_equal(decoded, 0);
}

static void tones_are_heard_where_asked_for(void **state)
{
	(void)state;
	make(true, false);
	for (const char *d = "0123456789*#ABCD"; *d; d++)
		sounds_digit(&s, *d, 60, 60);
	speak();
	hears("0123456789*#ABCD");
}

static void a_digit_as_event_and_tone_counts_once(void **state)
{
	uint8_t payload[DTMF_EVENT_LEN];

	(void)state;
	make(true, false);
	/* The event behind the tone's beginning, with it, and before. */
	for (int round = 3; round >= 0; round--) {
		struct dtmf_send d;
		size_t at = 0;
		struct rtp_header r;

		sounds_new(&s, 8000, 1);
		sounds_digit(&s, '4', 100, 60);
		sounds_done(&s, '-');
		assert_int_equal(dtmf_begin(&d, '4', next.timestamp, 8000), 0);
		for (int i = 0; at < s.n || d.ends < DTMF_ENDS; i++) {
			r = next;
			if (i >= round * 2 && dtmf_next(&d, PACKET, payload,
							&r.marker)) {
				r.payload_type = EVENTS;
				r.timestamp = d.timestamp;
				give(&r, payload, sizeof(payload));
				next.seq++;
			}
			if (at < s.n) {
				sound_packet(at);
				at += PACKET;
			}
			step();
		}
	}
	hears("4444");
}

static void different_digits_as_event_and_tone_are_two(void **state)
{
	(void)state;
	make(true, false);
	press('1');
	sounds_digit(&s, '2', 80, 60);
	speak();
	press('3');
	hears("123");
}

static void more_digits_than_there_is_room_for_are_dropped(void **state)
{
	(void)state;
	make(false, false);
	for (int i = 0; i < 2 * CLN_DIGITS_MAX; i++)
		press((char)('0' + i % 10));
	assert_int_equal(hear_digits(h, digits), CLN_DIGITS_MAX);
	assert_memory_equal(digits, "0123456789", 10);
	press('5');
	hears("5");
}

/* ---- packets -------------------------------------------------------------- */

static void three_lost_packets_are_a_gap_between_digits(void **state)
{
	(void)state;
	make(true, false);
	sounds_digit(&s, '8', 400, 100);
	sounds_done(&s, '-');
	for (size_t at = 0; at < s.n; at += PACKET) {
		/* Three packets are 60 ms of silence in the tone. */
		if (at < 8 * PACKET || at >= 11 * PACKET)
			sound_packet(at);
		step();
	}
	hears("88");
}

static void one_lost_packet_does_not_split_a_digit(void **state)
{
	(void)state;
	make(true, false);
	sounds_digit(&s, '8', 400, 100);
	sounds_done(&s, '-');
	for (size_t at = 0; at < s.n; at += PACKET) {
		if (at != 8 * PACKET)
			sound_packet(at);
		step();
	}
	hears("8");
}

static void late_and_repeated_packets_are_passed_over(void **state)
{
	struct rtp_header old;

	(void)state;
	make(true, false);
	sounds_digit(&s, '8', 200, 100);
	sounds_done(&s, '-');
	for (size_t at = 0; at < s.n; at += PACKET) {
		sound_packet(at);
		sound_packet(at);
		old = next;
		for (int late = 3; late > 1; late--) {
			next.seq = (uint16_t)(old.seq - late);
			next.timestamp = old.timestamp -
					 (uint32_t)late * PACKET;
			sound_packet(at);
		}
		next = old;
		step();
	}
	hears("8");
	assert_int_equal(decoded, 15);
}

static void a_source_that_begins_again_is_heard_after_two_packets(void **state)
{
	(void)state;
	make(true, false);
	sounds_silence(&s, 400);
	speak();
	next.seq = (uint16_t)(next.seq - 5000);
	next.timestamp -= 1 << 25;
	sounds_new(&s, 8000, 1);
	sounds_digit(&s, '6', 100, 100);
	speak();
	next.ssrc++;
	next.seq = 7;
	next.timestamp = 1;
	speak();
	hears("66");
}

static void other_payload_types_are_not_heard(void **state)
{
	uint8_t junk[PACKET];

	(void)state;
	make(true, true);
	memset(junk, 0x55, sizeof(junk));
	for (int type = 1; type < 128; type++)
		if (type != FRAMED && type != STEREO && type != EVENTS) {
			next.payload_type = (uint8_t)type;
			give(&next, junk, sizeof(junk));
		}
	assert_int_equal(decoded, 0);
	hears("");
}

static void comfort_noise_is_silence(void **state)
{
	static const uint8_t cn[] = { 60, 1, 2, 3 };

	(void)state;
	make(true, true);
	for (int i = 0; i < 250; i++) {
		if (i % 10 == 0) {
			next.payload_type = 13;
			give(&next, cn, sizeof(cn));
		}
		if (i < 190)
			assert_int_equal(hear_greeting(h), GREETING_GOES_ON);
		step();
	}
	assert_int_equal(hear_greeting(h), GREETING_SILENCE);
}

static void frames_of_16_kHz_are_heard(void **state)
{
	uint8_t payload[2 * 321];

	(void)state;
	make(true, false);
	sounds_new(&s, 16000, 1);
	sounds_digit(&s, 'A', 80, 80);
	sounds_digit(&s, '3', 80, 80);
	sounds_done(&s, '-');
	next.payload_type = FRAMED;
	for (size_t at = 0; at + 320 <= s.n; at += 320) {
		payload[0] = payload[321] = 1;
		memcpy(payload + 1, s.pcm + at, 320);
		memcpy(payload + 322, s.pcm + at + 160, 320);
		give(&next, payload, sizeof(payload));
		step();
	}
	hears("A3");
}

static void two_channels_are_heard_as_one(void **state)
{
	int16_t both[2 * PACKET];

	(void)state;
	make(true, false);
	sounds_digit(&s, '3', 80, 80);
	sounds_done(&s, '-');
	next.payload_type = STEREO;
	for (size_t at = 0; at < s.n; at += PACKET) {
		for (size_t i = 0; i < PACKET; i++) {
			both[2 * i] = s.pcm[at + i];
			both[2 * i + 1] = 0;
		}
		give(&next, both, sizeof(both));
		step();
	}
	hears("3");
}

static void broken_frames_are_passed_over(void **state)
{
	uint8_t payload[2 * 321] = { 1 };

	(void)state;
	make(true, false);
	next.payload_type = FRAMED;
	give(&next, payload, sizeof(payload));	/* the second is none */
	assert_int_equal(decoded, 1);
	step();
	give(&next, payload, 320);
	step();
	give(&next, payload, 0);
	assert_int_equal(decoded, 1);
}

/* ---- time ----------------------------------------------------------------- */

static void silence_passes_without_packets(void **state)
{
	int ms = 0;

	(void)state;
	make(false, true);
	for (; hear_greeting(h) == GREETING_GOES_ON && ms < 9000; ms += 20)
		step();
	assert_in_range(ms, 3900, 4400);
}

/* A sender that stops in the pauses, with timestamps that go on or stop too. */
static void pauses_without_packets_are_silence_once(void **state)
{
	(void)state;
	for (int stops = 0; stops < 2; stops++) {
		int ms = 0;

		start(NULL);
		make(false, true);
		sounds_speech(&s, 1500, 9000);
		speak();
		for (; ms < 1080; ms += 20)
			step();
		if (stops)
			next.timestamp -= 54 * PACKET;
		next.seq = (uint16_t)(next.seq - 54);
		sounds_new(&s, 8000, 2);
		sounds_speech(&s, 1000, 9000);
		speak();
		assert_int_equal(hear_greeting(h), GREETING_GOES_ON);
		for (ms = 0; hear_greeting(h) == GREETING_GOES_ON; ms += 20)
			step();
		assert_in_range(ms, 1000, 1500);
		hear_free(h);
		h = NULL;
	}
}

/* Timestamps that promise hours do not make us hear hours. */
static void a_leap_of_the_timestamp_is_no_time(void **state)
{
	(void)state;
	make(false, true);
	sounds_speech(&s, 1000, 9000);
	sounds_done(&s, '-');
	for (size_t at = 0; at < s.n; at += PACKET) {
		sound_packet(at);
		next.timestamp += 8000 * 3600;
		step();
	}
	assert_int_equal(hear_greeting(h), GREETING_GOES_ON);
}

/* A thousand packets at once: little more than a second of them is heard. */
static void a_flood_is_not_decoded(void **state)
{
	(void)state;
	make(true, true);
	sounds_silence(&s, 20);
	sounds_done(&s, '-');
	for (int i = 0; i < 1000; i++) {
		sound_packet(0);
		next.seq++;
		next.timestamp += PACKET;
	}
	assert_in_range(decoded, 40, 60);
	/* And it goes on when the time has come. */
	now_ns += 3 * S_NS;
	hear_tick(h, now_ns);
	sounds_new(&s, 8000, 1);
	sounds_digit(&s, '1', 100, 100);
	speak();
	hears("1");
}

static void a_greeting_and_its_beep_are_heard_in_packets(void **state)
{
	(void)state;
	make(true, true);
	sounds_speech(&s, 3000, 9000);
	sounds_silence(&s, 500);
	sounds_tones(&s, 400, 1000, dbm0(-12), 0, 0);
	sounds_silence(&s, 140);
	speak();
	assert_int_equal(hear_greeting(h), GREETING_BEEP);
	hears("");
}

static void codecs_that_are_not_for_this_thread_are_not_heard(void **state)
{
	uint8_t junk[PACKET] = { 0 };

	(void)state;
	make(true, false);
	next.payload_type = SLOW;
	give(&next, junk, sizeof(junk));
	assert_int_equal(decoded, 0);
	assert_int_equal(open_states, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_are_heard_without_decoding),
		TEST(tones_are_heard_where_asked_for),
		TEST(a_digit_as_event_and_tone_counts_once),
		TEST(different_digits_as_event_and_tone_are_two),
		TEST(more_digits_than_there_is_room_for_are_dropped),
		TEST(three_lost_packets_are_a_gap_between_digits),
		TEST(one_lost_packet_does_not_split_a_digit),
		TEST(late_and_repeated_packets_are_passed_over),
		TEST(a_source_that_begins_again_is_heard_after_two_packets),
		TEST(other_payload_types_are_not_heard),
		TEST(comfort_noise_is_silence),
		TEST(frames_of_16_kHz_are_heard),
		TEST(two_channels_are_heard_as_one),
		TEST(broken_frames_are_passed_over),
		TEST(silence_passes_without_packets),
		TEST(pauses_without_packets_are_silence_once),
		TEST(a_leap_of_the_timestamp_is_no_time),
		TEST(a_flood_is_not_decoded),
		TEST(a_greeting_and_its_beep_are_heard_in_packets),
		TEST(codecs_that_are_not_for_this_thread_are_not_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

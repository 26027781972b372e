/*
 * test_hear_change.c - another ear in place of one that has heard something, as
 * a re-INVITE brings it.
 * Needs: as test_hear.c.
 */
/* SPDX-License-Identifier: MIT */
#include "hear_bench.h"

static struct hear *take_over(bool tones, bool greeting)
{
	struct hear *before = h;

	make(tones, greeting);
	hear_take_over(h, before);
	return before;
}

static void an_event_that_goes_on_in_another_ear_counts_once(void **state)
{
	uint8_t payload[DTMF_EVENT_LEN];
	struct rtp_header r = next;
	struct dtmf_send d;

	(void)state;
	make(true, false);
	r.payload_type = EVENTS;
	assert_int_equal(dtmf_begin(&d, '2', next.timestamp, 8000), 0);
	for (int n = 0; dtmf_next(&d, PACKET, payload, &r.marker); n++) {
		if (n == 2)
			hear_free(take_over(true, false));
		give(&r, payload, sizeof(payload));
		step();
	}
	hears("2");				/* also it was not asked yet */
}

static void a_tone_that_goes_on_in_another_ear_counts_once(void **state)
{
	(void)state;
	make(true, false);
	sounds_digit(&s, '4', 200, 100);
	sounds_done(&s, '-');
	for (size_t at = 0; at + PACKET <= s.n; at += PACKET) {
		if (at == 4 * PACKET)
			hear_free(take_over(true, false));
		sound_packet(at);
		step();
	}
	hears("4");
	assert_int_equal(decoded, 15);
}

static void another_ear_goes_on_with_the_greeting(void **state)
{
	int ms = 0;

	(void)state;
	make(false, true);
	for (; hear_greeting(h) == GREETING_GOES_ON; ms += 20) {
		assert_true(ms < 9000);
		if (ms == 3000)
			hear_free(take_over(false, true));
		step();
	}
	assert_in_range(ms, 4000, 4400);	/* of nothing but silence */
	hear_free(take_over(false, true));
	assert_int_equal(hear_greeting(h), GREETING_SILENCE);
	hear_greeting_anew(h);
	assert_int_equal(hear_greeting(h), GREETING_GOES_ON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_that_goes_on_in_another_ear_counts_once),
		TEST(a_tone_that_goes_on_in_another_ear_counts_once),
		TEST(another_ear_goes_on_with_the_greeting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

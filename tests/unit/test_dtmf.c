/*
 * test_dtmf.c - digits as events in RTP (RFC 4733).
 * Needs: core/media/dtmf.c, core/base/random.c, str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "media/dtmf.h"

enum { SSRC = 77, PACKETS_MAX = 64, FOREVER = 1 << 20 };

static const char all[] = "0123456789*#ABCD";

static struct dtmf_receive d;
static char told[64];

struct event_packet {
	struct rtp_header h;
	uint8_t payload[DTMF_EVENT_LEN];
};

static struct event_packet sent[PACKETS_MAX];
static size_t n_sent;

static int start(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	memset(told, 0, sizeof(told));
	n_sent = 0;
	return 0;
}

static char take(const struct event_packet *p)
{
	char digit = dtmf_take(&d, &p->h, p->payload, sizeof(p->payload));

	if (digit)
		told[strlen(told)] = digit;
	return digit;
}

static char event(uint32_t timestamp, bool marker, uint8_t code, bool end,
		  uint16_t duration)
{
	struct event_packet p = {
		.h = { .marker = marker, .timestamp = timestamp,
		       .ssrc = SSRC },
		.payload = { code, (uint8_t)(end ? 0x8a : 0x0a),
			     (uint8_t)(duration >> 8), (uint8_t)duration },
	};

	return take(&p);
}

/* Packets of 20 ms for a digit that begins at `timestamp`. */
static void send(char digit, uint32_t timestamp)
{
	struct dtmf_send s;

	assert_int_equal(dtmf_begin(&s, digit, timestamp, 8000), 0);
	for (;;) {
		struct event_packet *p = &sent[n_sent];

		p->h = (struct rtp_header){ .timestamp = s.timestamp,
					    .ssrc = SSRC };
		if (!dtmf_next(&s, 160, p->payload, &p->h.marker))
			break;
		n_sent++;
	}
}

/* 2.5.1.2 to 2.5.1.4 */
static void a_digit_is_sent_as_the_rfc_says(void **state)
{
	static const uint16_t durations[] = { 160, 320, 480, 640, 800, 800,
					      800 };

	(void)state;
	send('#', 4711);
	assert_int_equal(n_sent, 7);
	for (size_t i = 0; i < n_sent; i++) {
		const uint8_t *p = sent[i].payload;

		assert_int_equal(sent[i].h.timestamp, 4711);
		assert_int_equal(sent[i].h.marker, i == 0);
		assert_int_equal(p[0], 11);
		assert_int_equal(p[1], i < 4 ? 10 : 0x80 | 10);
		assert_int_equal(p[2] << 8 | p[3], durations[i]);
	}
}

/* 60 ms packets: the end falls into the second. */
static void a_digit_ends_on_time_in_any_packet_time(void **state)
{
	struct dtmf_send s;
	uint8_t p[DTMF_EVENT_LEN];
	bool marker;

	(void)state;
	assert_int_equal(dtmf_begin(&s, '1', 0, 16000), 0);
	assert_true(dtmf_next(&s, 960, p, &marker));
	assert_true(marker && p[1] == 10 && (p[2] << 8 | p[3]) == 960);
	for (int i = 0; i < DTMF_ENDS; i++) {
		assert_true(dtmf_next(&s, 960, p, &marker));
		assert_false(marker);
		assert_int_equal(p[1], 0x8a);
		assert_int_equal(p[2] << 8 | p[3], 1600);
	}
	assert_false(dtmf_next(&s, 960, p, &marker));
}

static void what_is_no_digit_is_not_sent(void **state)
{
	struct dtmf_send s;

	(void)state;
	assert_int_equal(dtmf_begin(&s, 'x', 0, 8000), -EINVAL);
	assert_int_equal(dtmf_begin(&s, '\0', 0, 8000), -EINVAL);
}

static void each_digit_is_told_at_its_beginning_and_once(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		n_sent = 0;
		send(all[i], 1000 + i * 1600);
		assert_int_equal(take(&sent[0]), all[i]);
		for (size_t k = 1; k < n_sent; k++)
			assert_int_equal(take(&sent[k]), 0);
	}
	assert_string_equal(told, all);
}

/* Whichever single packet arrives tells the digit. */
static void any_one_packet_of_an_event_is_enough(void **state)
{
	(void)state;
	send('7', 5000);
	for (size_t i = 0; i < n_sent; i++) {
		memset(&d, 0, sizeof(d));
		assert_int_equal(take(&sent[i]), '7');
	}
}

/* Loss, repetition and disorder within an event and across its neighbour. */
static void what_the_network_does_tells_no_digit_twice(void **state)
{
	struct random r;

	(void)state;
	random_seeded(&r, 1);
	for (int round = 0; round < 2000; round++) {
		start(NULL);
		send('5', 1000);
		for (size_t i = 0; i < 20; i++)
			take(&sent[random_below(&r, (uint32_t)n_sent)]);
		n_sent = 0;
		send('5', 2600);
		for (size_t i = 0; i < 20; i++)
			take(&sent[random_below(&r, (uint32_t)n_sent)]);
		n_sent = 0;
		send('6', 4200);
		for (size_t i = 0; i < 20; i++)
			take(&sent[random_below(&r, (uint32_t)n_sent)]);
		assert_string_equal(told, "556");
	}
}

static void late_packets_of_the_event_before_are_passed_over(void **state)
{
	(void)state;
	assert_int_equal(event(1000, true, 1, false, 160), '1');
	assert_int_equal(event(2600, true, 2, false, 160), '2');
	assert_int_equal(event(1000, false, 1, true, 800), 0);
	assert_int_equal(event(2600, false, 2, true, 800), 0);
	assert_int_equal(event(1000, false, 1, true, 800), 0);
}

static void the_same_digit_again_is_another(void **state)
{
	(void)state;
	assert_int_equal(event(1000, true, 1, false, 160), '1');
	assert_int_equal(event(1000, false, 1, true, 800), 0);
	assert_int_equal(event(2600, true, 1, false, 160), '1');
	/* Its end and the next one's marker are lost. */
	assert_int_equal(event(4200, false, 1, false, 320), '1');
	/* Its end is lost, and the next one follows at once. */
	assert_int_equal(event(4520, true, 1, false, 160), '1');
}

/* 2.5.1.3: an event longer than its duration field goes on in segments. */
static void a_long_event_in_segments_is_one(void **state)
{
	(void)state;
	assert_int_equal(event(1000, true, 9, false, 160), '9');
	assert_int_equal(event(1000, false, 9, false, 0xffff), 0);
	assert_int_equal(event(1000 + 0xffff, false, 9, false, 160), 0);
	/* The last packet of the second segment is lost. */
	assert_int_equal(event(1000 + 0xffff, false, 9, false, 60000), 0);
	assert_int_equal(event(1000 + 2 * 0xffff, false, 9, false, 160), 0);
	assert_int_equal(event(1000 + 2 * 0xffff, false, 9, true, 800), 0);
	assert_int_equal(event(1000 + 3 * 0xffff, false, 9, false, 160), '9');
}

/* Not what 2.5.1.3 says, but seen. */
static void a_timestamp_that_moves_with_each_packet_is_one_event(void **state)
{
	(void)state;
	assert_int_equal(event(1000, true, 3, false, 160), '3');
	for (uint32_t i = 1; i < 5; i++)
		assert_int_equal(event(1000 + i * 160, false, 3, i == 4,
				       (uint16_t)(i * 160 + 160)), 0);
}

static void timestamps_wrap(void **state)
{
	(void)state;
	assert_int_equal(event(UINT32_MAX - 100, true, 1, false, 160), '1');
	assert_int_equal(event(1500, true, 2, false, 160), '2');
	assert_int_equal(event(UINT32_MAX - 100, false, 1, true, 800), 0);
}

static void a_source_that_begins_again_is_heard(void **state)
{
	struct event_packet p = { .h = { .timestamp = 10, .ssrc = SSRC + 1 },
				  .payload = { 4, 0, 0, 160 } };

	(void)state;
	assert_int_equal(event(50 * FOREVER, true, 1, true, 160), '1');
	assert_int_equal(take(&p), '4');
	p.h.ssrc = SSRC;
	p.payload[0] = 5;
	assert_int_equal(take(&p), '5');
	/* Far behind, under the same SSRC. */
	assert_int_equal(event(10 - 2 * FOREVER, true, 6, false, 160), '6');
}

static void events_that_are_no_digits_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(event(1000, true, 1, false, 160), '1');
	assert_int_equal(event(1800, true, 16, false, 160), 0);	/* flash */
	assert_int_equal(event(2600, true, 255, true, 160), 0);
	assert_int_equal(event(1000, false, 1, true, 800), 0);
}

static void broken_payloads_are_ignored(void **state)
{
	struct rtp_header h = { .timestamp = 9, .ssrc = SSRC };
	static const uint8_t payload[] = { 1, 0x8a, 0, 160, 2, 0, 0, 160 };

	(void)state;
	for (size_t len = 0; len < DTMF_EVENT_LEN; len++)
		assert_int_equal(dtmf_take(&d, &h, payload, len), 0);
	/* Of several events in one payload the first counts. */
	assert_int_equal(dtmf_take(&d, &h, payload, sizeof(payload)), '1');
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_digit_is_sent_as_the_rfc_says),
		TEST(a_digit_ends_on_time_in_any_packet_time),
		TEST(what_is_no_digit_is_not_sent),
		TEST(each_digit_is_told_at_its_beginning_and_once),
		TEST(any_one_packet_of_an_event_is_enough),
		TEST(what_the_network_does_tells_no_digit_twice),
		TEST(late_packets_of_the_event_before_are_passed_over),
		TEST(the_same_digit_again_is_another),
		TEST(a_long_event_in_segments_is_one),
		TEST(a_timestamp_that_moves_with_each_packet_is_one_event),
		TEST(timestamps_wrap),
		TEST(a_source_that_begins_again_is_heard),
		TEST(events_that_are_no_digits_change_nothing),
		TEST(broken_payloads_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

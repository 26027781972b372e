/*
 * hear_bench.h - an ear, the codecs that it knows, and a far end that speaks
 * and presses keys on a clock of its own.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_HEAR_BENCH_H
#define UNIT_HEAR_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "base/clock.h"
#include "media/dtmf.h"
#include "media/hear.h"
#include "media/tone.h"
#include "sounds.h"

enum { EVENTS = 101, FRAMED = 96, WIDE = 97, SLOW = 98, STEREO = 99,
       PACKET = 160 };

/* ---- codecs --------------------------------------------------------------- */

static int open_states, decoded;

static inline int mulaw_decode(void *state, const uint8_t *in, size_t len,
			       int16_t *pcm, size_t cap)
{
	(void)state;
	if (len > cap)
		return -ENOBUFS;
	decoded++;
	for (size_t i = 0; i < len; i++)
		pcm[i] = (int16_t)ULAW_DECODE(in[i]);
	return (int)len;
}

static const struct cln_codec mulaw = {
	.size = sizeof(mulaw), .name = "PCMU", .clock_rate = 8000,
	.sample_rate = 8000, .channels = 1, .frame_samples = 1,
	.frame_bytes = 1, .ptime_ms = 20, .decode = mulaw_decode,
};

/* Frames of 10 ms at 16 kHz, linear, behind a byte that counts; the clock is the
 * 8 kHz of G.722 (RFC 3551 4.5.2).                                           */
static inline int framed_open(void **statep, const struct cln_codec_params *p)
{
	assert_int_equal(p->size, sizeof(*p));
	*statep = &open_states;
	open_states++;
	return 0;
}

static inline void framed_close(void *state)
{
	assert_ptr_equal(state, &open_states);
	open_states--;
}

static inline int framed_len(const uint8_t *payload, size_t len)
{
	return len >= 321 && payload[0] == 1 ? 321 : -EBADMSG;
}

static inline int framed_decode(void *state, const uint8_t *in, size_t len,
				int16_t *pcm, size_t cap)
{
	assert_ptr_equal(state, &open_states);
	assert_true(len == 321 && cap >= 160);
	memcpy(pcm, in + 1, 320);
	decoded++;
	return 160;
}

static const struct cln_codec framed = {
	.size = sizeof(framed), .name = "X", .clock_rate = 8000,
	.sample_rate = 16000, .channels = 1, .frame_samples = 160,
	.frame_bytes = 321, .ptime_ms = 20, .open = framed_open,
	.frame_len = framed_len, .decode = framed_decode,
	.close = framed_close,
};

static inline int linear_decode(void *state, const uint8_t *in, size_t len,
				int16_t *pcm, size_t cap)
{
	(void)state;
	assert_true(len / 4 <= cap);		/* samples per channel */
	memcpy(pcm, in, len / 4 * 4);
	return (int)(len / 4);
}

static const struct cln_codec stereo = {
	.size = sizeof(stereo), .name = "L16", .clock_rate = 8000,
	.sample_rate = 8000, .channels = 2, .frame_samples = 1,
	.frame_bytes = 4, .ptime_ms = 20, .decode = linear_decode,
};

static const struct cln_codec slow = {
	.size = sizeof(slow), .name = "PCMU", .flags = CLN_CODEC_NOT_REALTIME,
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
	.decode = mulaw_decode,
};

/* ---- the far end ---------------------------------------------------------- */

static struct hear *h;
static struct sounds s;
static struct rtp_header next;		/* of the packet to come              */
static int64_t now_ns;
static char digits[CLN_DIGITS_MAX + 1];

static inline void make(bool tones, bool greeting)
{
	struct hear_config cfg = {
		.formats = { { 0, &mulaw }, { FRAMED, &framed },
			     { SLOW, &slow }, { STEREO, &stereo } },
		.n_formats = 4, .event_type = EVENTS, .tones = tones,
		.greeting = greeting,
	};

	assert_int_equal(hear_new(&h, &cfg), 0);
}

static inline int start(void **state)
{
	(void)state;
	h = NULL;
	decoded = 0;
	now_ns = 1000 * S_NS;
	next = (struct rtp_header){ .ssrc = 5, .seq = 65530,
				    .timestamp = UINT32_MAX - 400 };
	sounds_new(&s, 8000, 1);
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	hear_free(h);
	assert_int_equal(open_states, 0);
	return 0;
}

static inline void give(const struct rtp_header *r, const void *payload,
			size_t len)
{
	struct rtp_packet p = { *r, payload, len };

	hear_take(h, &p, now_ns);
}

/* Moves the far end's packet and the clock on by 20 ms. */
static inline void step(void)
{
	next.seq++;
	next.timestamp += PACKET;
	now_ns += 20 * MS_NS;
	hear_tick(h, now_ns);
}

static inline void sound_packet(size_t at)
{
	uint8_t payload[PACKET];

	for (size_t i = 0; i < PACKET; i++)
		payload[i] = g711_ulaw_encode(s.pcm[at + i]);
	next.payload_type = 0;
	give(&next, payload, sizeof(payload));
}

/* What was made in `s`, as mu-law packets. */
static inline void speak(void)
{
	sounds_done(&s, '-');
	for (size_t at = 0; at + PACKET <= s.n; at += PACKET) {
		sound_packet(at);
		step();
	}
}

static inline void press(char digit)		/* an event of 100 ms */
{
	struct dtmf_send d;
	uint8_t payload[DTMF_EVENT_LEN];
	struct rtp_header r = next;

	assert_int_equal(dtmf_begin(&d, digit, next.timestamp, 8000), 0);
	while (dtmf_next(&d, PACKET, payload, &r.marker)) {
		r.payload_type = EVENTS;
		r.timestamp = d.timestamp;
		r.seq = next.seq;
		give(&r, payload, sizeof(payload));
		step();
	}
}

static inline void hears(const char *what)
{
	assert_int_equal(hear_digits(h, digits), strlen(what));
	assert_string_equal(digits, what);
	assert_int_equal(hear_digits(h, digits), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif

/*
 * talk_bench.h - one session that listens, or is under lock: session_bench.h
 * with any script.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_TALK_BENCH_H
#define UNIT_TALK_BENCH_H

#include "session_bench.h"

enum { EVENTS = 101, SILENCE_BYTE = 0xfe, WAIT_MS = 1000 };

static uint8_t quiet[BIG];
static struct prompt silence;
static struct gather *gather;
static struct hear *hear;
static struct srtp *own;

static inline int fake_decode(void *state, const uint8_t *in, size_t len,
			      int16_t *pcm, size_t cap)
{
	(void)state;
	(void)in;
	if (len > cap)
		return -ENOBUFS;
	memset(pcm, 0, len * sizeof(*pcm));
	return (int)len;
}

static inline int begin(void **state)
{
	memset(quiet, SILENCE_BYTE, sizeof(quiet));
	silence = fake_prompt(&fake_g711, quiet, 800);
	a = fake_prompt(&fake_g711, bytes, BIG);
	gather = NULL;
	hear = NULL;
	own = NULL;
	return start(state);
}

static inline int finish(void **state)
{
	free(gather);
	hear_free(hear);
	srtp_free(own);
	return stop(state);
}

/* Listens for events and, with `greeting`, for who speaks. */
static inline void listen_to(bool greeting)
{
	static struct cln_codec codec;
	struct hear_config cfg = { .n_formats = 1, .event_type = EVENTS,
				   .greeting = greeting };

	codec = fake_g711;
	codec.decode = fake_decode;
	cfg.formats[0].codec = &codec;
	assert_int_equal(hear_new(&hear, &cfg), 0);
}

static inline struct session_aim events_aim(void)
{
	struct session_aim at = aim();

	at.event_type = EVENTS;
	at.n_expected = 1;
	return at;
}

/* Ready to start with these steps. */
static inline struct session_play prepare(const struct script_step *steps,
					  size_t n, int32_t when)
{
	assert_int_equal(script_new(&script, steps, n, 1, &silence), 0);
	ledger = ledger_new(n, 1);
	if (gather_wanted(script)) {
		gather = gather_new();
		listen_to(when == CLN_START_SILENCE);
	}
	make_playout(&playout, &fake_g711, 20, true,
		     when == CLN_START_SILENCE);
	return (struct session_play){
		.playout = &playout, .packet = packet, .aim = events_aim(),
		.gather = gather, .hear = hear, .asked_ns = T0 * MS_NS,
		.start = when, .start_wait_ms = WAIT_MS,
	};
}

static inline void begin_play(const struct session_play *p)
{
	session_start(&s, p, T0 * MS_NS, T0 * MS_NS);
}

static inline struct session_play plain(int32_t when)
{
	const struct script_step step = { .prompt = &a };

	return prepare(&step, 1, when);
}

static inline void far_says(uint16_t seq)
{
	far_send_rtp(far.rtp_fd, &local, pair.port, seq);
}

/* A digit as one packet of an event (RFC 4733). */
static inline void far_presses(char digit, uint16_t seq)
{
	uint8_t data[RTP_HEADER_LEN + DTMF_EVENT_LEN];
	struct rtp_header h = { .payload_type = EVENTS, .seq = seq,
				.timestamp = seq * 1600u, .ssrc = 77 };
	struct dtmf_send d;

	assert_int_equal(dtmf_begin(&d, digit, h.timestamp, 8000), 0);
	assert_true(dtmf_next(&d, 160, data + RTP_HEADER_LEN, &h.marker));
	rtp_pack(data, &h);
	far_send(far.rtp_fd, &local, pair.port, data, sizeof(data));
}

static inline void expect_bytes(const struct rtp_packet *p, const uint8_t *want)
{
	assert_int_equal(p->len, 160);
	assert_memory_equal(p->payload, want, 160);
}

/* Reads so many packets. */
static inline struct rtp_packet heard(int n)
{
	struct rtp_packet p = { 0 };

	while (n--)
		p = far_rtp(&far);
	return p;
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, begin, finish)

#endif

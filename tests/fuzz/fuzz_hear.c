/*
 * fuzz_hear.c - all that may come in on a stream's ports while somebody listens:
 * audio of several codecs, events, comfort noise, reports, and anything else.
 *
 * The input is a row of steps:
 *
 *	0 P S T T L F ...	an RTP packet: payload type P, sequence number S
 *				and timestamp T further on, L bytes, from F on
 *	1 L bytes		a datagram on the RTP port
 *	2 L bytes		a datagram on the RTCP port
 *	3 N			10 * N ms pass
 *
 * The drain is a double that hands the datagrams over. However much comes, no
 * more is decoded than time passes.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media/receive.h"
#include "media/wire.h"

enum { SSRC = 5, OURS = 0x11111111, EVENTS = 101, FRAMED = 96, WIDE = 97,
       /* A second, and what the longest packet brings. */
       AHEAD_SAMPLES = 8000 + 128 * 80 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t decoded;		/* at 8 kHz                           */
static struct datagram waiting;

/* ---- codecs --------------------------------------------------------------- */

static int byte_decode(void *state, const uint8_t *in, size_t len,
		       int16_t *pcm, size_t cap)
{
	(void)state;
	if (!in || !len || len > cap)
		abort();
	for (size_t i = 0; i < len; i++)
		pcm[i] = (int16_t)((in[i] - 128) * 256);
	decoded += len;
	return (int)len;
}

/* Two bytes a frame of 10 ms at 16 kHz, of two channels. */
static int frame_len(const uint8_t *payload, size_t len)
{
	return len >= 2 && payload[0] != 0xee ? 2 : -1;
}

static int frame_decode(void *state, const uint8_t *in, size_t len,
			int16_t *pcm, size_t cap)
{
	(void)state;
	if (len != 2 || cap < 320)
		abort();
	if (in[1] == 0xee)
		return -1;
	for (size_t i = 0; i < 320; i++)
		pcm[i] = (int16_t)(in[0] * 100 - in[1] * (int)i);
	decoded += 80;
	return 160;
}

static const struct cln_codec byte_codec = {
	.size = sizeof(byte_codec), .name = "B", .clock_rate = 8000,
	.sample_rate = 8000, .channels = 1, .frame_samples = 1,
	.frame_bytes = 1, .ptime_ms = 20, .decode = byte_decode,
};

static const struct cln_codec frame_codec = {
	.size = sizeof(frame_codec), .name = "F", .clock_rate = 8000,
	.sample_rate = 16000, .channels = 2, .frame_samples = 160,
	.frame_bytes = 2, .ptime_ms = 20, .frame_len = frame_len,
	.decode = frame_decode,
};

/* ---- the wire ------------------------------------------------------------- */

size_t drain_socket(struct drain *d, int fd, drain_fn *fn, void *arg)
{
	(void)d;
	(void)fd;
	fn(arg, &waiting);
	return 1;
}

struct bench {
	struct receive r;
	struct rtp_header next;
	int64_t now_ns;
	const uint8_t *data;
	size_t size;
};

static uint8_t get(struct bench *b)
{
	if (!b->size)
		return 0;
	b->size--;
	return *b->data++;
}

static void give(struct bench *b, uint8_t *packet, size_t len, int rtcp)
{
	/* A block of its own, so that one byte too far is seen. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return;
	memcpy(copy, packet, len);
	waiting.data = copy;
	waiting.len = len;
	if (rtcp)
		receive_rtcp(&b->r, NULL, 0, b->now_ns);
	else
		receive_rtp(&b->r, NULL, 0, b->now_ns);
	free(copy);
}

static void give_rtp(struct bench *b)
{
	uint8_t packet[RTP_HEADER_LEN + 255];
	size_t len;
	uint8_t fill;

	b->next.payload_type = get(b) & 127;
	b->next.seq = (uint16_t)(b->next.seq + (int8_t)get(b));
	b->next.timestamp += (uint32_t)(get(b) << 8);
	b->next.timestamp += get(b);
	len = get(b);
	fill = get(b);
	rtp_pack(packet, &b->next);
	for (size_t i = 0; i < len; i++)
		packet[RTP_HEADER_LEN + i] = (uint8_t)(fill + i * (fill & 31));
	give(b, packet, RTP_HEADER_LEN + len, 0);
}

static void give_raw(struct bench *b, int rtcp)
{
	uint8_t packet[255];
	size_t len = get(b);

	for (size_t i = 0; i < len; i++)
		packet[i] = get(b);
	give(b, packet, len, rtcp);
}

static void pass_time(struct bench *b)
{
	b->now_ns += get(b) * 10 * MS_NS;
	hear_tick(b->r.hear, b->now_ns);
}

static void check(const struct bench *b)
{
	char digits[CLN_DIGITS_MAX + 1];
	size_t n = hear_digits(b->r.hear, digits);

	if (n > CLN_DIGITS_MAX ||
	    strspn(digits, "0123456789*#ABCD") != n || digits[n])
		abort();
	if (hear_greeting(b->r.hear) > GREETING_BEEP)
		abort();
	if (source_lost(&b->r.source) < 0)
		abort();
	if (decoded > (uint64_t)(b->now_ns - S_NS) * 8 / (S_NS / 1000) +
		      AHEAD_SAMPLES)
		abort();
}

static void run(struct bench *b)
{
	while (b->size) {
		switch (get(b) & 3) {
		case 0:
			give_rtp(b);
			break;
		case 1:
			give_raw(b, 0);
			break;
		case 2:
			give_raw(b, 1);
			break;
		case 3:
			pass_time(b);
			break;
		}
		check(b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tally tally;
	struct hear_config cfg = {
		.formats = { { 0, &byte_codec }, { FRAMED, &frame_codec },
			     { WIDE, &frame_codec } },
		.n_formats = 3, .event_type = EVENTS, .tones = true,
		.greeting = true,
	};
	struct random seeded;
	struct control control = { .ssrc = OURS, .cname = "fuzz",
				   .random = &seeded, .round_trip_us = -1 };
	struct addr far;
	struct bench b = { .r = { .clock_rate = 8000, .control = &control,
				  .tally = &tally },
			   .next = { .ssrc = SSRC }, .now_ns = S_NS,
			   .data = data, .size = size };

	random_seeded(&seeded, 1);
	decoded = 0;
	if (addr_parse_ip(&far, "192.0.2.1", 5004) ||
	    hear_new(&b.r.hear, &cfg))
		return 0;
	waiting.from = &far;
	receive_set_remote(&b.r, &far, &far, b.now_ns);
	receive_expect(&b.r, &(struct receive_type){ 0, 8000 }, 1);
	receive_learn(&b.r, b.now_ns);
	run(&b);
	hear_free(b.r.hear);
	return 0;
}

/*
 * fuzz_dtmf.c - event packets (RFC 4733) from the wire, heard.
 *
 * The input is a row of packets: a byte of flags, one by which the sequence
 * number moves on, two by which the timestamp does, one for the payload's length
 * and the payload.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media/dtmf.h"
#include "media/hear.h"

enum { HEAD = 5, LEN_MASK = 15, EVENTS = 101 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is told is a digit, and of one packet at most one. */
static size_t told(struct hear *h)
{
	char digits[CLN_DIGITS_MAX + 1];
	size_t n = hear_digits(h, digits);

	if (n > 1 || digits[n] || strspn(digits, "0123456789*#ABCD") != n)
		abort();
	return n;
}

static void give(struct hear *h, const struct rtp_header *r,
		 const uint8_t *payload, size_t len, int64_t now_ns)
{
	/* A block of its own, so that one byte too far is seen. */
	uint8_t *copy = malloc(len ? len : 1);
	struct rtp_packet p = { *r, copy, len };

	if (!copy)
		return;
	memcpy(copy, payload, len);
	hear_take(h, &p, now_ns);
	if (told(h) && (len < DTMF_EVENT_LEN || !dtmf_digit(copy[0])))
		abort();
	/* The same packet again is no press. */
	hear_take(h, &p, now_ns);
	if (told(h))
		abort();
	free(copy);
}

static void take_all(struct hear *h, const uint8_t *data, size_t size)
{
	struct rtp_header r = { .payload_type = EVENTS, .ssrc = 1 };
	int64_t now_ns = S_NS;

	while (size >= HEAD) {
		size_t len = data[4] & LEN_MASK;

		r.marker = data[0] & 1;
		r.ssrc += data[0] >> 7;
		r.seq = (uint16_t)(r.seq + data[1]);
		r.timestamp += (uint32_t)(data[2] << 8 | data[3])
			       << (data[0] >> 1 & 15);
		now_ns += data[4] / 16 * 20 * MS_NS;
		data += HEAD;
		size -= HEAD;
		len = len < size ? len : size;
		give(h, &r, data, len, now_ns);
		data += len;
		size -= len;
	}
}

/* What we send ourselves is heard once, whatever came before. */
static void send_one(struct hear *h, uint8_t which)
{
	struct rtp_header r = { .payload_type = EVENTS, .ssrc = 0xffff1234 };
	struct dtmf_send d;
	uint8_t payload[DTMF_EVENT_LEN];
	size_t n = 0;

	if (dtmf_begin(&d, dtmf_digit(which & 15), which * 77u, 8000))
		abort();
	r.timestamp = d.timestamp;
	while (dtmf_next(&d, 160 + which, payload, &r.marker)) {
		struct rtp_packet p = { r, payload, sizeof(payload) };

		hear_take(h, &p, 3600 * S_NS);
		n += told(h);
		r.seq++;
	}
	if (n != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hear_config cfg = { .event_type = EVENTS };
	struct hear *h;

	if (hear_new(&h, &cfg))
		return 0;
	take_all(h, data, size);
	send_one(h, size ? data[0] : 0);
	hear_free(h);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * rtpsend.c - what the far end says: silence, a tone, an echo, digits.
 * Thread: signalling, from the sweep.
 */
#include "clock.h"
#include "g711.h"
#include "rtp.h"

#include <math.h>
#include <string.h>

enum { PAYLOAD_MAX = 1200, RTCP_MS = 5000, CATCH_UP = 5 };
enum { DIGIT_STEPS = 5, DIGIT_ENDS = 3, DIGIT_GAP = 5 };

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static void send_packet(struct rtp *r, int pt, bool marker, uint32_t ts,
			const uint8_t *payload, size_t len)
{
	struct rtp_tx *tx = &r->tx;
	uint8_t p[12 + PAYLOAD_MAX];

	if (len > PAYLOAD_MAX || !r->peer.len)
		return;
	p[0] = 0x80;
	p[1] = (uint8_t)(pt | (marker ? 0x80 : 0));
	put16(p + 2, tx->seq++);
	put32(p + 4, ts);
	put32(p + 8, tx->ssrc);
	memcpy(p + 12, payload, len);
	/* A refused packet is the peer's way to say that it has gone. */
	if (sendto(tx->fd, p, 12 + len, MSG_DONTWAIT, (const struct sockaddr *)
		   &r->peer.ss, r->peer.len) > 0) {
		tx->packets++;
		tx->bytes += len;
	}
}

void rtp_echo(struct rtp *r, const uint8_t *p, size_t len)
{
	uint32_t ts;

	if (len < 12 || r->tx.paused)
		return;
	ts = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 |
		(uint32_t)p[6] << 8 | p[7];
	send_packet(r, p[1] & 127, p[1] >> 7, ts, p + 12, len - 12);
}

static size_t fill_audio(struct rtp_tx *tx, uint8_t *out)
{
	size_t n = (size_t)tx->ptime_ms * 8;

	if (tx->pt == 18 || tx->pt == 4) {
		n = tx->pt == 18 ? (size_t)tx->ptime_ms : 24;
		memset(out, 0, n);
		return n;
	}
	for (size_t i = 0; i < n; i++) {
		int16_t v = 0;

		if (tx->mode == SEND_TONE) {
			v = (int16_t)(8000 * sin(tx->phase));
			tx->phase += 2 * M_PI * 1000 / 8000;
		}
		out[i] = tx->pt == 8 ? g711_alaw_encode(v) :
			g711_mulaw_encode(v);
	}
	return n;
}

/* RFC 4733 2.5.1: the time stamp stays, the duration grows, three ends. */
static void send_digit(struct rtp *r)
{
	static const char digits[] = "0123456789*#ABCD";
	struct rtp_tx *tx = &r->tx;
	uint32_t samples = (uint32_t)tx->ptime_ms * 8;
	int step = tx->digit_step++;
	const char *at = strchr(digits, tx->digits[tx->digit]);
	uint32_t start = tx->ts - (uint32_t)step * samples;
	bool end = step >= DIGIT_STEPS - 1;
	int sent = step < DIGIT_STEPS ? step + 1 : DIGIT_STEPS;
	uint8_t ev[4];

	if (step < DIGIT_STEPS + DIGIT_ENDS - 1) {
		ev[0] = (uint8_t)(at ? at - digits : 0);
		ev[1] = end ? 0x8a : 0x0a;
		put16(ev + 2, (uint32_t)sent * samples);
		send_packet(r, tx->event_pt, step == 0, start, ev, 4);
	} else if (step >= DIGIT_STEPS + DIGIT_ENDS + DIGIT_GAP) {
		tx->digit++;
		tx->digit_step = 0;
	}
}

static void send_report(struct rtp *r)
{
	static const char cname[] = "farend";
	struct rtp_tx *tx = &r->tx;
	int64_t now = clock_ns();
	struct addr to = r->peer;
	uint8_t p[48] = { 0 };

	p[0] = 0x80;
	p[1] = 200;
	put16(p + 2, 6);
	put32(p + 4, tx->ssrc);
	put32(p + 8, (uint32_t)(now / 1000000000 + 2208988800));
	put32(p + 12, (uint32_t)(((uint64_t)(now % 1000000000) << 32) /
				 1000000000));
	put32(p + 16, tx->ts);
	put32(p + 20, (uint32_t)tx->packets);
	put32(p + 24, (uint32_t)tx->bytes);
	p[28] = 0x81;
	p[29] = 202;
	put16(p + 30, 4);
	put32(p + 32, tx->ssrc);
	p[36] = 1;
	p[37] = sizeof(cname) - 1;
	memcpy(p + 38, cname, sizeof(cname) - 1);
	addr_set_port(&to, addr_port(&to) + 1);
	(void)!sendto(r->fd_rtcp, p, sizeof(p), MSG_DONTWAIT,
		      (const struct sockaddr *)&to.ss, to.len);
}

static void send_frame(struct rtp *r)
{
	struct rtp_tx *tx = &r->tx;
	uint8_t payload[PAYLOAD_MAX];
	size_t len;

	if (tx->digits[tx->digit] && tx->event_pt >= 0) {
		send_digit(r);
	} else if (tx->mode == SEND_SILENCE || tx->mode == SEND_TONE) {
		len = fill_audio(tx, payload);
		send_packet(r, tx->pt, !tx->started, tx->ts, payload, len);
		tx->started = true;
	}
	tx->ts += (uint32_t)tx->ptime_ms * 8;
}

void rtp_send_due(struct rtp *r, int64_t now_ms)
{
	struct rtp_tx *tx = &r->tx;
	bool active = tx->mode == SEND_SILENCE || tx->mode == SEND_TONE ||
		tx->digits[tx->digit];

	if (tx->until_ms && now_ms >= tx->until_ms) {
		tx->mode = SEND_NONE;
		tx->until_ms = 0;
	}
	if (tx->rtcp && r->peer.len && now_ms >= tx->next_rtcp_ms) {
		send_report(r);
		tx->next_rtcp_ms = now_ms + RTCP_MS;
	}
	if (!active || tx->paused || !r->peer.len) {
		tx->next_ms = now_ms;
		return;
	}
	for (int i = 0; i < CATCH_UP && tx->next_ms <= now_ms; i++) {
		send_frame(r);
		tx->next_ms += tx->ptime_ms;
	}
	if (tx->next_ms <= now_ms)
		tx->next_ms = now_ms + tx->ptime_ms;
}

/*
 * dtmf.c - digits as events in RTP (RFC 4733), read and written.
 *
 *	|    event      |E|R| volume    |          duration             |
 *
 * Thread: the media worker that owns the stream; no I/O.
 */
/* SPDX-License-Identifier: MIT */
#include "media/dtmf.h"

#include <errno.h>
#include <string.h>

#include "media/wire.h"

enum {
	END = 0x80,
	DURATION_MAX = 0xffff,
	VOLUME = 10,		/* -dBm0, of 6 bits (2.3.4)                   */
	/* Timestamps so far behind the event that came last are old packets;
	 * those that are even further off are a sender's new beginning. Two
	 * minutes at 8 kHz.                                                  */
	OLD_UNITS = 1 << 20,
};

/* RFC 4733 3.2, table 3: events 0 to 15. */
static const char digits[] = "0123456789*#ABCD";

char dtmf_digit(uint8_t event)
{
	return event < sizeof(digits) - 1 ? digits[event] : 0;
}

/* A packet of the event that came last, or of one before that. */
static bool is_old(const struct dtmf_receive *d, uint32_t timestamp)
{
	return (uint32_t)(d->timestamp - timestamp) < OLD_UNITS;
}

/* 2.5.1.3: an event too long for its duration field goes on in another segment,
 * which begins where the one before ended and has no marker. Senders that move
 * the timestamp on with each packet of one event look the same.              */
static bool goes_on(const struct dtmf_receive *d, const struct rtp_header *h,
		    uint8_t event)
{
	uint32_t ahead = h->timestamp - d->timestamp;

	return event == d->event && !h->marker && !d->ended &&
	       (ahead <= d->duration || ahead == DURATION_MAX);
}

static void note(struct dtmf_receive *d, const uint8_t *payload)
{
	uint16_t duration = wire_get16(payload + 2);

	if (duration > d->duration)
		d->duration = duration;
	if (payload[1] & END)
		d->ended = true;
}

char dtmf_take(struct dtmf_receive *d, const struct rtp_header *h,
	       const uint8_t *payload, size_t len)
{
	bool same, again;

	if (len < DTMF_EVENT_LEN || !dtmf_digit(payload[0]))
		return 0;
	same = d->known && d->ssrc == h->ssrc;
	if (same && is_old(d, h->timestamp)) {
		if (d->timestamp == h->timestamp && d->event == payload[0])
			note(d, payload);
		return 0;
	}
	again = same && goes_on(d, h, payload[0]);
	*d = (struct dtmf_receive){
		.known = true,
		.ssrc = h->ssrc,
		.timestamp = h->timestamp,
		.event = payload[0],
	};
	note(d, payload);
	return again ? 0 : dtmf_digit(payload[0]);
}

int dtmf_begin(struct dtmf_send *d, char digit, uint32_t timestamp,
	       uint32_t clock_rate)
{
	const char *at = digit ? strchr(digits, digit) : NULL;

	if (!at)
		return -EINVAL;
	*d = (struct dtmf_send){
		.event = (uint8_t)(at - digits),
		.volume = VOLUME,
		.timestamp = timestamp,
		.total = clock_rate / 1000 * DTMF_TONE_MS,
	};
	return 0;
}

/* The duration is what has passed since the timestamp, hence it grows with each
 * packet until the end, whose repetitions all say the same (2.5.1.4).        */
bool dtmf_next(struct dtmf_send *d, uint32_t units, uint8_t *payload,
	       bool *marker)
{
	if (d->ends == DTMF_ENDS)
		return false;
	*marker = !d->duration;
	d->duration = units < d->total - d->duration ? d->duration + units :
		      d->total;
	if (d->duration == d->total)
		d->ends++;
	payload[0] = d->event;
	payload[1] = (uint8_t)((d->ends ? END : 0) | d->volume);
	wire_put16(payload + 2, d->duration);
	return true;
}

/*
 * dtmf.h - digits as events in RTP (RFC 4733), read and written.
 *
 * Thread: the media worker that owns the stream; no I/O.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_DTMF_H
#define MEDIA_DTMF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/rtp.h"

enum {
	DTMF_EVENT_LEN = 4,
	DTMF_ENDS = 3,			/* 2.5.1.4: the end is said thrice    */
	DTMF_TONE_MS = 100, DTMF_GAP_MS = 100,	/* of what we send            */
};

/* All zero: nothing heard yet.                                               */
struct dtmf_receive {
	bool known;
	uint32_t ssrc;
	uint32_t timestamp;		/* of the event that came last        */
	uint8_t event;
	uint16_t duration;		/* the longest that it told           */
	bool ended;
};

/* "0-9*#A-D", or 0 for an event that is no digit.                            */
char dtmf_digit(uint8_t event);

/* The digit ("0-9*#A-D") when a packet begins or, where the beginning was lost,
 * goes on with an event that was not told yet; 0 for repetitions, for events
 * that are no digit, and for what is broken (2.5.2). One payload may hold
 * several events; the first counts.                                          */
char dtmf_take(struct dtmf_receive *d, const struct rtp_header *h,
	       const uint8_t *payload, size_t len);

/* One digit being sent. */
struct dtmf_send {
	uint8_t event;
	uint8_t volume;			/* -dBm0                              */
	uint32_t timestamp;		/* of its beginning, in all packets   */
	uint32_t duration;		/* so far, in timestamp units         */
	uint32_t total;
	unsigned int ends;		/* end packets that have left         */
};

/* -EINVAL: not a digit. `clock_rate` of the event's payload.                 */
int dtmf_begin(struct dtmf_send *d, char digit, uint32_t timestamp,
	       uint32_t clock_rate);
/* Writes the payload of the next packet (DTMF_EVENT_LEN bytes) after `units`
 * more have passed; sets *marker, which is true on the first packet only
 * (2.5.1.2). False: it is over and nothing was written.                      */
bool dtmf_next(struct dtmf_send *d, uint32_t units, uint8_t *payload,
	       bool *marker);

#endif

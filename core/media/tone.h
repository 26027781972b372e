/*
 * tone.h - digits as tones in the sound (ITU-T Q.23, Q.24), heard and made.
 *
 * Thread: heard on the media worker that owns the stream, made on a thread of
 * the prompt pool; no I/O, nothing allocated.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_TONE_H
#define MEDIA_TONE_H

#include <stddef.h>
#include <stdint.h>

enum {
	TONE_RATE_MIN = 8000, TONE_RATE_MAX = 16000,
	TONE_GROUP = 4,			/* frequencies, low and high ones     */
	TONE_WINDOW_MAX = TONE_RATE_MAX / 50,
};

/* What one window of 20 ms showed.                                           */
struct tone_look {
	char digit;			/* 0: none                            */
	/* Of the low and the high one: phase, and part in all of the power.  */
	float phase[2], part[2];
};

struct tone {
	uint32_t rate;
	uint32_t hop;			/* samples of 10 ms: half a window    */
	uint32_t fill;
	float coef[2 * TONE_GROUP];	/* of Goertzel's filters              */
	int16_t pcm[TONE_WINDOW_MAX];	/* the window under way               */
	struct tone_look before;
	uint8_t hits, misses;		/* windows in a row                   */
	float clearest;			/* share of energy in one of the hits */
	char told;			/* not ended yet                      */
};

/* `rate` from TONE_RATE_MIN to TONE_RATE_MAX.                                */
void tone_init(struct tone *t, uint32_t rate);
/* Writes the digits that were recognized in n samples; returns how many, at
 * most cap. A digit is told once, when it has lasted 40 ms.                  */
size_t tone_feed(struct tone *t, const int16_t *pcm, size_t n, char *digits,
		 size_t cap);

/* The sound of digits, DTMF_TONE_MS each with DTMF_GAP_MS behind it: samples
 * from position `at` on; returns how many were written, 0 at the end.        */
size_t tone_make(const char *digits, uint32_t rate, uint64_t at, int16_t *pcm,
		 size_t cap);

#endif

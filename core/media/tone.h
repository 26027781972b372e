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

struct tone {
	uint32_t rate;
	uint32_t fill;			/* samples of the block under way     */
	float state[8][2];		/* Goertzel, four low and four high   */
	float energy;
	char last, told;		/* of the block before; not yet ended */
	uint8_t hits, misses;
};

void tone_init(struct tone *t, uint32_t rate);
/* Writes the digits that were recognized in n samples; returns how many, at
 * most cap. A digit is told once, when it has lasted 40 ms.                   */
size_t tone_feed(struct tone *t, const int16_t *pcm, size_t n, char *digits,
		 size_t cap);

/* The sound of digits, DTMF_TONE_MS each with DTMF_GAP_MS behind it: samples
 * from position `at` on; returns how many were written, 0 at the end.         */
size_t tone_make(const char *digits, uint32_t rate, uint64_t at, int16_t *pcm,
		 size_t cap);

#endif

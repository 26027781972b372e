/*
 * g711.h - ITU-T G.711 one sample at a time, bit-exact to ITU-T G.191, and the
 * functions that PCMU and PCMA share because both have one byte per sample.
 *
 * Thread: any; no state. Encoding is a handful of shifts, so it needs no table;
 * decoding tables are constants that the compiler works out.
 *
 * Both laws take the one's complement of a negative sample: -1 mirrors 0, not
 * 1. That is what the ITU's reference code does, and what makes +0 and -0 two
 * different codes.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CODECS_G711_H
#define CODECS_G711_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	ULAW_BIAS = 33,		/* of the 14-bit magnitude                    */
	ULAW_CLIP = 0x1fff,	/* of magnitude and bias                      */
	ULAW_INVERT = 0xff,	/* all bits are sent inverted                 */
	ALAW_INVERT = 0x55,	/* every other bit is                         */
	G711_POSITIVE = 0x80,	/* sign bit before inversion: A-law; mu-law
				 * after inversion                            */
};

/* Position of the highest bit that is set; v > 0. */
static inline int g711_top_bit(unsigned int v)
{
	return 31 - __builtin_clz(v);
}

/* The 14 upper bits of the sample, biased: segment n begins at 2^(5+n). */
static inline uint8_t g711_ulaw_encode(int16_t pcm)
{
	unsigned int mag = (unsigned int)(pcm < 0 ? ~pcm : pcm) >> 2;
	unsigned int segment, step;

	mag += ULAW_BIAS;
	if (mag > ULAW_CLIP)
		mag = ULAW_CLIP;
	segment = (unsigned int)g711_top_bit(mag) - 5;
	step = mag >> (segment + 1) & 15;
	return (uint8_t)(((segment << 4 | step) ^ 0x7f) |
			 (pcm < 0 ? 0 : G711_POSITIVE));
}

/* The 12 upper bits of the magnitude's 15; the first segment is as coarse as
 * the second.                                                                */
static inline uint8_t g711_alaw_encode(int16_t pcm)
{
	unsigned int mag = (unsigned int)(pcm < 0 ? ~pcm : pcm) >> 4;
	unsigned int code = mag;

	if (mag > 15) {
		unsigned int segment = (unsigned int)g711_top_bit(mag) - 3;

		code = segment << 4 | (mag >> (segment - 1) & 15);
	}
	return (uint8_t)((code | (pcm < 0 ? 0 : G711_POSITIVE)) ^ ALAW_INVERT);
}

/* Constant expressions, so that they can fill a table at compile time. */
#define ULAW_SEGMENT(c) ((~(c) >> 4) & 7)
#define ULAW_STEP(c) (~(c) & 15)
#define ULAW_SIZE(c) \
	((((ULAW_STEP(c) << 1) + ULAW_BIAS) << ULAW_SEGMENT(c)) - ULAW_BIAS)
#define ULAW_DECODE(c) \
	((c) & G711_POSITIVE ? ULAW_SIZE(c) * 4 : -ULAW_SIZE(c) * 4)

#define ALAW_SEGMENT(c) ((((c) ^ ALAW_INVERT) >> 4) & 7)
#define ALAW_STEP(c) (((c) ^ ALAW_INVERT) & 15)
#define ALAW_SIZE(c) \
	(((ALAW_STEP(c) << 4) + 8 + (ALAW_SEGMENT(c) ? 256 : 0)) \
	 << (ALAW_SEGMENT(c) ? ALAW_SEGMENT(c) - 1 : 0))
#define ALAW_DECODE(c) \
	(((c) ^ ALAW_INVERT) & G711_POSITIVE ? ALAW_SIZE(c) : -ALAW_SIZE(c))

/* F(0), F(1) ... F(255) */
#define G711_ROW(F, c) \
	F((c) + 0), F((c) + 1), F((c) + 2), F((c) + 3), \
	F((c) + 4), F((c) + 5), F((c) + 6), F((c) + 7), \
	F((c) + 8), F((c) + 9), F((c) + 10), F((c) + 11), \
	F((c) + 12), F((c) + 13), F((c) + 14), F((c) + 15)
#define G711_TABLE(F) \
	G711_ROW(F, 0x00), G711_ROW(F, 0x10), G711_ROW(F, 0x20), \
	G711_ROW(F, 0x30), G711_ROW(F, 0x40), G711_ROW(F, 0x50), \
	G711_ROW(F, 0x60), G711_ROW(F, 0x70), G711_ROW(F, 0x80), \
	G711_ROW(F, 0x90), G711_ROW(F, 0xa0), G711_ROW(F, 0xb0), \
	G711_ROW(F, 0xc0), G711_ROW(F, 0xd0), G711_ROW(F, 0xe0), \
	G711_ROW(F, 0xf0)

/* A frame is one sample, hence one byte. */
static inline int g711_frame_len(const uint8_t *payload, size_t len)
{
	(void)payload;
	return len ? 1 : -EBADMSG;
}

/* Any number of frames at once. A lost frame (`in` NULL; `len` of them, one if
 * 0) becomes silence: with no state there is nothing better to go by.        */
static inline int g711_decode(const int16_t table[256], const uint8_t *in,
			      size_t len, int16_t *pcm, size_t cap)
{
	if (!in && !len)
		len = 1;
	if (!len)
		return -EBADMSG;
	if (len > cap)
		return -ENOBUFS;
	if (!in)
		memset(pcm, 0, len * sizeof(*pcm));
	else
		for (size_t i = 0; i < len; i++)
			pcm[i] = table[in[i]];
	return (int)len;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * g711.c - G.711 as ITU-T G.191's reference tools compute it.
 * Thread: any; pure functions.
 *
 * Negative samples are taken as their one's complement, which is what sets
 * G.191 apart from the encoders that negate: -1 and 0 share a magnitude.
 */
#include "g711.h"

/* Position of the highest bit set, counted from 1; 0 for 0. */
static int bit_length(unsigned int v)
{
	int n = 0;

	for (; v; v >>= 1)
		n++;
	return n;
}

static unsigned int ones_magnitude(int16_t sample)
{
	return (unsigned int)(sample < 0 ? ~(int)sample : (int)sample);
}

uint8_t g711_mulaw_encode(int16_t sample)
{
	/* 33 is the bias that makes every segment begin at a power of two. */
	unsigned int mag = (ones_magnitude(sample) >> 2) + 33;
	int segment;
	unsigned int code;

	if (mag > 0x1fff)
		mag = 0x1fff;
	segment = bit_length(mag >> 6) + 1;     /* 1 to 8 */
	code = (unsigned int)(8 - segment) << 4;
	code |= 15 - ((mag >> segment) & 15);
	if (sample >= 0)
		code |= 0x80;
	return (uint8_t)code;
}

uint8_t g711_alaw_encode(int16_t sample)
{
	unsigned int mag = ones_magnitude(sample) >> 4; /* 0 to 2047 */
	int exponent = bit_length(mag >> 4);            /* 0 to 7 */
	unsigned int code = mag;

	if (exponent > 0) {
		code = (mag >> (exponent - 1)) & 15;
		code |= (unsigned int)exponent << 4;
	}
	if (sample >= 0)
		code |= 0x80;
	return (uint8_t)(code ^ 0x55);  /* G.711: even bits are inverted */
}

int16_t g711_mulaw_decode(uint8_t code)
{
	int mantissa = ~code & 15;
	int exponent = (~code >> 4) & 7;
	int mag = (((mantissa << 1) + 33) << exponent) - 33;

	mag *= 4;
	return (int16_t)(code & 0x80 ? mag : -mag);
}

int16_t g711_alaw_decode(uint8_t code)
{
	int v = code ^ 0x55;
	int exponent = (v >> 4) & 7;
	int mag = ((v & 15) << 4) + 8;  /* the middle of the step */

	if (exponent > 0)
		mag = (mag + 256) << (exponent - 1);
	return (int16_t)(v & 0x80 ? mag : -mag);
}

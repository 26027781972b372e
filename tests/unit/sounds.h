/*
 * sounds.h - sounds made for ears under test: tones, noise, and what resembles
 * speech. All of it is drawn from a seed.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_SOUNDS_H
#define UNIT_SOUNDS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../codecs/g711.h"
#include "base/random.h"

enum { SOUNDS_MAX = 16000 * 40 };	/* samples                            */

struct sounds {
	uint32_t rate;
	size_t n;
	struct random random;
	double x[SOUNDS_MAX];
	int16_t pcm[SOUNDS_MAX];	/* filled by sounds_done()            */
};

/* Amplitude of a sine in dBm0: the largest is 3.14 (G.711). */
static inline double dbm0(double level)
{
	return 32767 * pow(10, (level - 3.14) / 20);
}

static inline void sounds_new(struct sounds *s, uint32_t rate, uint64_t seed)
{
	s->rate = rate;
	s->n = 0;
	random_seeded(&s->random, seed);
}

static inline double sounds_uniform(struct sounds *s)	/* -1 to 1 */
{
	return random_u32(&s->random) / 2147483648.0 - 1;
}

static inline double sounds_between(struct sounds *s, double low, double high)
{
	return low + (sounds_uniform(s) + 1) / 2 * (high - low);
}

/* Nearly Gaussian, of power 1. */
static inline double sounds_hiss(struct sounds *s)
{
	double sum = 0;

	for (int i = 0; i < 4; i++)
		sum += sounds_uniform(s);
	return sum * sqrt(3.0 / 4);
}

static inline size_t sounds_len(const struct sounds *s, double ms)
{
	size_t len = (size_t)lrint(ms * s->rate / 1000);

	return len < SOUNDS_MAX - s->n ? len : SOUNDS_MAX - s->n;
}

static inline void sounds_silence(struct sounds *s, double ms)
{
	size_t len = sounds_len(s, ms);

	memset(s->x + s->n, 0, len * sizeof(*s->x));
	s->n += len;
}

/* Two sines (or one) by frequency and amplitude, switched hard. */
static inline void sounds_tones(struct sounds *s, double ms, double f1,
				double a1, double f2, double a2)
{
	size_t len = sounds_len(s, ms);
	double p1 = sounds_uniform(s) * M_PI, p2 = sounds_uniform(s) * M_PI;

	for (size_t i = 0; i < len; i++)
		s->x[s->n++] = a1 * sin(p1 + 2 * M_PI * f1 * (double)i /
					     s->rate) +
			       a2 * sin(p2 + 2 * M_PI * f2 * (double)i /
					     s->rate);
}

static inline double sounds_low(char digit)
{
	static const double f[] = { 697, 770, 852, 941 };
	static const char keys[] = "123A456B789C*0#D";

	return f[(strchr(keys, digit) - keys) / 4];
}

static inline double sounds_high(char digit)
{
	static const double f[] = { 1209, 1336, 1477, 1633 };
	static const char keys[] = "123A456B789C*0#D";

	return f[(strchr(keys, digit) - keys) % 4];
}

static inline void sounds_digit(struct sounds *s, char digit, double on_ms,
				double off_ms)
{
	sounds_tones(s, on_ms, sounds_low(digit), dbm0(-10),
		     sounds_high(digit), dbm0(-8));
	sounds_silence(s, off_ms);
}

/* A resonance that the vocal tract would have. */
struct formant {
	double y1, y2;
};

static inline double formant_pass(struct formant *f, double x, double hz,
				  double width, double rate)
{
	double r = exp(-M_PI * width / rate);
	double y = x * (1 - r) + 2 * r * cos(2 * M_PI * hz / rate) * f->y1 -
		   r * r * f->y2;

	f->y2 = f->y1;
	f->y1 = y;
	return y;
}

/* A syllable: a glottis of changing pitch behind three resonances that glide,
 * at times led by a hiss.                                                    */
static inline void sounds_syllable(struct sounds *s, double ms, double pitch,
				   double amplitude)
{
	struct formant f[3] = { { 0, 0 } };
	double f1 = sounds_between(s, 280, 850);
	double f2 = sounds_between(s, 800, 2300);
	double d1 = sounds_between(s, -120, 120);
	double d2 = sounds_between(s, -400, 400);
	double bend = sounds_between(s, 0.8, 1.2), phase = 0;
	size_t len = sounds_len(s, ms), hiss = 0;

	if (random_below(&s->random, 2))
		hiss = len / 4;
	for (size_t i = 0; i < len; i++) {
		double t = (double)i / (double)len;
		double edge = t < 0.15 ? t / 0.15 : t > 0.7 ?
			      (1 - t) / 0.3 : 1;
		double v = sounds_hiss(s) * (i < hiss ? 0.4 : 0.01);

		phase += pitch * (1 + (bend - 1) * t) / s->rate;
		if (phase >= 1) {
			phase -= 1;
			v += i < hiss ? 0 : 6;
		}
		v = formant_pass(&f[0], v, f1 + d1 * t, 70, s->rate) * 3 +
		    formant_pass(&f[1], v, f2 + d2 * t, 110, s->rate) * 1.5 +
		    formant_pass(&f[2], v, 2700, 170, s->rate);
		s->x[s->n++] = v * edge * amplitude;
	}
}

/* Words of some syllables with short pauses, of one voice. */
static inline void sounds_speech(struct sounds *s, double ms, double amplitude)
{
	double pitch = sounds_between(s, 85, 280);
	size_t end = s->n + sounds_len(s, ms);

	while (s->n < end) {
		unsigned int n = 1 + random_below(&s->random, 4);

		while (n-- && s->n < end)
			sounds_syllable(s, sounds_between(s, 110, 280),
					pitch * sounds_between(s, 0.85, 1.2),
					amplitude);
		sounds_silence(s, sounds_between(s, 20, 180));
	}
	s->n = end;
}

static inline double sounds_power(const struct sounds *s, size_t from,
				  size_t to)
{
	double sum = 0;

	for (size_t i = from; i < to; i++)
		sum += s->x[i] * s->x[i];
	return to > from ? sum / (double)(to - from) : 0;
}

/* Noise of this mean square over all there is so far. */
static inline void sounds_add_noise(struct sounds *s, double power)
{
	for (size_t i = 0; i < s->n; i++)
		s->x[i] += sounds_hiss(s) * sqrt(power);
}

/* To 16 bits, as G.711 would pass it on where `law` is 'u' or 'a'. */
static inline void sounds_done(struct sounds *s, char law)
{
	for (size_t i = 0; i < s->n; i++) {
		double v = s->x[i] > 32767 ? 32767 : s->x[i] < -32768 ?
			   -32768 : s->x[i];
		int16_t pcm = (int16_t)lrint(v);

		if (law == 'u')
			pcm = (int16_t)ULAW_DECODE(g711_ulaw_encode(pcm));
		else if (law == 'a')
			pcm = (int16_t)ALAW_DECODE(g711_alaw_encode(pcm));
		s->pcm[i] = pcm;
	}
}

#endif

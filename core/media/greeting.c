/*
 * greeting.c - is whoever answered still speaking? (voicemail, or a person)
 *
 *	30 ms --> quiet     --> how long already?       --> SILENCE
 *	      --> sound     --> does it keep its level? --> noise, else speech
 *	      --> one sine  --> how long, and is it over? --> BEEP
 *
 * Speech changes its level all the time. What keeps it for long is the line's
 * noise, and is quiet from then on; what keeps its pitch is a ringing tone,
 * which says that somebody is still to come. A packet that was lost is 20 ms of
 * silence, so nothing is taken to be over before two blocks say so.
 *
 * Thread: the media worker that owns the stream; no I/O, nothing allocated.
 */
/* SPDX-License-Identifier: MIT */
#include "media/greeting.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
	RATE_MAX = 16000,
	BLOCK_MS = 30,
	BLOCK_MAX = RATE_MAX * BLOCK_MS / 1000,

	AFTER_SPEECH = 1200 / BLOCK_MS,	/* blocks of silence                  */
	WITHOUT_SPEECH = 4000 / BLOCK_MS,
	/* Ringing tones pause for 4 s in most countries, for 5 in some.      */
	AFTER_RINGING = 6000 / BLOCK_MS,

	CLICK = 2,		/* blocks; less than a syllable               */
	SPEECH = 5,		/* blocks that change: a short "yes"          */
	PAUSE = 10,		/* a new sound begins after it                */
	RINGING = 240 / BLOCK_MS,
	NOISE = 800 / BLOCK_MS,

	BEEP_MIN = 120 / BLOCK_MS - 1,	/* whole blocks in 120 ms             */
	BEEP_MAX = 2000 / BLOCK_MS,
	/* Below 500 Hz there are ringing tones of one sine, of 1 s and more. */
	BEEP_LOW_HZ = 500,
	BEEP_LOW_MAX = 750 / BLOCK_MS,
	BEEP_MIN_HZ = 350, BEEP_MAX_HZ = 2600,
	BEEP_OVER = 2,
	TONAL_MIN_HZ = 300,
};

static const float pi = 3.14159265f;
/* Mean squares of samples. -48 dBm0, where 0 dBm0 is 3.14 dB below the largest
 * sine: far above what G.711 makes of nothing (8 at most), below any voice.  */
static const float quiet_power = 4100;
static const float above_floor = 4;	/* 6 dB                               */
static const float same_level = 1.8f;	/* 2.5 dB up or down                  */
static const float same_pitch = 0.04f;
static const float beep_pitch = 0.03f, beep_level = 2;
static const float beep_fall = 0.1f;
static const float pure_share = 0.85f;	/* of the energy in one sine          */
/* Of the power: what two past samples do not foretell.                       */
static const float tonal_rest = 0.12f;

struct sound {
	float power;
	float hz;			/* about where it is; 0: all over     */
	bool pure;			/* one sine, of:                      */
	float sine_hz;
};

struct greeting {
	uint32_t rate, block, fill;
	enum greeting_verdict verdict;
	float floor;			/* power of the noise                 */
	uint32_t quiet, quiet_before;	/* blocks; and before this sound      */
	uint32_t active;		/* blocks of this sound               */
	uint32_t speech;		/* of which this many change          */
	bool spoke, rang;
	struct {
		uint32_t len;
		float power, hz;	/* mean; 0: not a tone                */
	} run;				/* blocks that are alike              */
	struct {
		uint32_t len, low;
		bool edge;
		float power, hz;
	} beep;
	int16_t pcm[BLOCK_MAX];
};

size_t greeting_size(void)
{
	return sizeof(struct greeting);
}

void greeting_init(struct greeting *g, uint32_t rate)
{
	assert(rate >= 8000 && rate <= RATE_MAX);
	memset(g, 0, sizeof(*g));
	g->rate = rate;
	g->block = rate * BLOCK_MS / 1000;
}

/* ---- what a block is ----------------------------------------------------- */

struct wave {
	const float *x;
	uint32_t n;
};

/* Goertzel's filter at `w` (radians a sample); phase at its end.             */
static float magnitude(const struct wave *v, float w, float *phase)
{
	float coef = 2 * cosf(w), s1 = 0, s2 = 0, re, im;

	for (uint32_t i = 0; i < v->n; i++) {
		float s = v->x[i] + coef * s1 - s2;

		s2 = s1;
		s1 = s;
	}
	re = s1 - s2 * cosf(w);
	im = s2 * sinf(w);
	if (phase)
		*phase = atan2f(im, re);
	return re * re + im * im;
}

/* The frequency of a sine near `w`: how its phase turns from the first half to
 * the second.                                                                */
static float exact(const struct wave *v, float w)
{
	struct wave first = { v->x, v->n / 2 }, second = { v->x + v->n / 2,
							   v->n / 2 };
	float a, b, turns;

	magnitude(&first, w, &a);
	magnitude(&second, w, &b);
	turns = (b - a - w * (float)first.n) / (2 * pi);
	return w + (turns - roundf(turns)) * 2 * pi / (float)first.n;
}

static float correlate(const struct wave *v, uint32_t lag)
{
	float sum = 0;

	for (uint32_t i = lag; i < v->n; i++)
		sum += v->x[i] * v->x[i - lag];
	return sum / (float)(v->n - lag);
}

/* Pisarenko's estimate, which white noise does not bend, where a predictor of
 * second order shows that there is little else. 0: there is more. Its samples
 * are `lag` apart, some 8000 a second.                                       */
static float tonal_w(const struct wave *v, float r0, uint32_t lag)
{
	float r1 = correlate(v, lag), r2 = correlate(v, 2 * lag);
	float k1 = r1 / r0, rest = 1 - k1 * k1, k2, down, c;

	if (rest < 1e-6f)
		return 0;
	k2 = (r2 / r0 - k1 * k1) / rest;
	down = sqrtf(r2 * r2 + 8 * r1 * r1) - r2;
	if (rest * (1 - k2 * k2) > tonal_rest || down <= 0)
		return 0;
	c = 2 * r1 / down;
	return fabsf(c) < 1 ? acosf(c) / (float)lag : 0;
}

static struct sound measure(const struct greeting *g, const struct wave *v)
{
	struct sound s = { .power = correlate(v, 0) };
	float to_hz = (float)g->rate / (2 * pi), w;

	if (s.power < quiet_power)
		return s;
	w = tonal_w(v, s.power, g->rate / 8000);
	if (w * to_hz < TONAL_MIN_HZ || w * to_hz > BEEP_MAX_HZ + 50)
		return s;
	s.hz = w * to_hz;
	w = exact(v, w);
	s.sine_hz = w * to_hz;
	s.pure = s.sine_hz >= BEEP_MIN_HZ && s.sine_hz <= BEEP_MAX_HZ &&
		 2 * magnitude(v, w, NULL) >=
		 pure_share * s.power * (float)v->n * (float)v->n;
	return s;
}

static struct sound look(const struct greeting *g)
{
	float x[BLOCK_MAX], mean = 0;
	struct wave v = { x, g->block };

	/* A-law has no zero: without speech it may be 8 on one side. */
	for (uint32_t i = 0; i < g->block; i++)
		mean += g->pcm[i];
	mean /= (float)g->block;
	for (uint32_t i = 0; i < g->block; i++)
		x[i] = g->pcm[i] - mean;
	return measure(g, &v);
}

/* ---- what the blocks in a row are ---------------------------------------- */

static bool near(float a, float b, float share)
{
	return fabsf(a - b) <= share * b;
}

static bool within(float a, float b, float factor)
{
	return a <= b * factor && a * factor >= b;
}

static bool is_beep(const struct greeting *g)
{
	return g->beep.len >= BEEP_MIN && g->beep.len <=
	       (g->beep.hz < BEEP_LOW_HZ ? BEEP_LOW_MAX : BEEP_MAX);
}

/* True when a beep is over. */
static bool follow_beep(struct greeting *g, const struct sound *s)
{
	if (g->beep.len && s->pure &&
	    near(s->sine_hz, g->beep.hz, beep_pitch) &&
	    within(s->power, g->beep.power, beep_level)) {
		g->beep.len++;
		g->beep.power = s->power;
		g->beep.low = 0;
		g->beep.edge = false;
		return false;
	}
	if (is_beep(g)) {
		if (s->power < beep_fall * g->beep.power)
			return ++g->beep.low == BEEP_OVER;
		/* The block in which it ends holds a part of it. */
		if (!g->beep.low && !g->beep.edge) {
			g->beep.edge = true;
			return false;
		}
	}
	memset(&g->beep, 0, sizeof(g->beep));
	if (s->pure) {
		g->beep.len = 1;
		g->beep.hz = s->sine_hz;
		g->beep.power = s->power;
	}
	return false;
}

/* Blocks that were alike are over: what were they? */
static void end_run(struct greeting *g)
{
	if (g->run.hz > 0 && g->run.len >= RINGING) {
		g->rang = true;
		g->spoke = false;
		g->speech = 0;
	} else {
		g->speech += g->run.len;
	}
	g->run.len = 0;
}

static bool goes_on(const struct greeting *g, const struct sound *s)
{
	if (!g->run.len || (s->hz > 0) != (g->run.hz > 0))
		return false;
	return s->hz > 0 ? near(s->hz, g->run.hz, same_pitch) :
	       within(s->power, g->run.power, same_level);
}

/* It was noise all the time, hence quiet. */
static void learn_noise(struct greeting *g)
{
	g->floor = g->run.power;
	g->quiet = g->quiet_before + g->run.len;
	g->active = 0;
	g->run.len = 0;
}

static void hear_sound(struct greeting *g, const struct sound *s)
{
	if (!g->active++)
		g->quiet_before = g->quiet;
	if (g->active > CLICK)
		g->quiet = 0;
	if (!goes_on(g, s)) {
		end_run(g);
		g->run.hz = s->hz;
		g->run.power = s->power;
	}
	g->run.len++;
	g->run.power += (s->power - g->run.power) / (float)g->run.len;
	if (g->run.hz <= 0 && g->run.len >= NOISE)
		learn_noise(g);
}

static void hear_quiet(struct greeting *g, const struct sound *s)
{
	end_run(g);
	g->active = 0;
	if (g->speech >= SPEECH)
		g->spoke = true;
	if (++g->quiet >= PAUSE)
		g->speech = 0;
	g->floor += (s->power - g->floor) * 0.1f;
}

static enum greeting_verdict judge(struct greeting *g)
{
	struct sound s = look(g);
	uint32_t limit;

	if (follow_beep(g, &s))
		return GREETING_BEEP;
	if (s.power < quiet_power || s.power < above_floor * g->floor)
		hear_quiet(g, &s);
	else
		hear_sound(g, &s);
	limit = g->spoke ? AFTER_SPEECH : g->rang ? AFTER_RINGING :
		WITHOUT_SPEECH;
	return g->quiet >= limit ? GREETING_SILENCE : GREETING_GOES_ON;
}

enum greeting_verdict greeting_feed(struct greeting *g, const int16_t *pcm,
				    size_t n)
{
	while (n && g->verdict == GREETING_GOES_ON) {
		size_t room = g->block - g->fill;
		size_t take = room < n ? room : n;

		memcpy(g->pcm + g->fill, pcm, take * sizeof(*pcm));
		g->fill += (uint32_t)take;
		pcm += take;
		n -= take;
		if (g->fill < g->block)
			break;
		g->fill = 0;
		g->verdict = judge(g);
	}
	return g->verdict;
}

/*
 * tone.c - digits as tones in the sound (ITU-T Q.23, Q.24), heard and made.
 *
 *	|---- window ----|			20 ms, shaped by Hann
 *	        |---- window ----|		each 10 ms later
 *	                |---- window ----|
 *
 * Goertzel's filters measure the eight frequencies in each window. One of
 * either group must hold nearly all of the energy, in a sound ratio to the
 * other, and their phases must turn from window to window as those frequencies
 * do: that tells 1.5 % off from 3.5 % off, for which a window alone is too
 * short. Three windows in a row are a digit; speech does not keep all that for
 * so long.
 *
 * Thread: heard on the media worker that owns the stream, made on a thread of
 * the prompt pool; no I/O, nothing allocated.
 */
/* SPDX-License-Identifier: MIT */
#include "media/tone.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "media/dtmf.h"

enum {
	HITS = 3,	/* windows: 40 ms always hold them, 25 ms never       */
	MISSES = 5,	/* a gap of 40 ms always makes them, one of 20 never  */
	RAMP_MS = 3,	/* at both ends of what we make: no clicks            */
};

static const float pi = 3.14159265f;
/* Two of these must be there, each at least; -36 dBm0, where 0 dBm0 is 3.14 dB
 * below the largest sine (G.711): a power in units of samples squared.       */
static const float power_min = 65000;
/* Of all energy: where a window holds the tone's edge, and where it does
 * not.                                                                       */
static const float share_min = 0.7f, share_clear = 0.88f;
/* High to low, in power. Q.24 asks for 4 dB up and 8 dB down in the Americas,
 * and 6 dB up in Britain.                                                    */
static const float twist_up = 5.0f, twist_down = 0.1f;
/* Between the 1.5 % that must and the 3.5 % that must not be taken.          */
static const float drift_max = 0.025f;

static const float freqs[2 * TONE_GROUP] = {
	697, 770, 852, 941, 1209, 1336, 1477, 1633,
};

static const char keys[TONE_GROUP][TONE_GROUP + 1] = {
	"123A", "456B", "789C", "*0#D",
};

void tone_init(struct tone *t, uint32_t rate)
{
	assert(rate >= TONE_RATE_MIN && rate <= TONE_RATE_MAX);
	*t = (struct tone){ .rate = rate, .hop = rate / 100 };
	for (size_t i = 0; i < 2 * TONE_GROUP; i++)
		t->coef[i] = 2 * cosf(2 * pi * freqs[i] / (float)rate);
}

struct bin {
	float s1, s2;
};

/* The window's mean power; its Hann shape has a mean square of 3/8.          */
static float filter(const struct tone *t, struct bin bins[2 * TONE_GROUP])
{
	uint32_t n = 2 * t->hop;
	float turn = 2 * cosf(2 * pi / (float)n);
	float c0 = cosf(2 * pi / (float)n), c1 = 1, energy = 0;

	memset(bins, 0, 2 * TONE_GROUP * sizeof(*bins));
	for (uint32_t i = 0; i < n; i++) {
		float c2 = turn * c1 - c0;
		float x = (0.5f - 0.5f * c1) * t->pcm[i];

		energy += x * x;
		for (size_t k = 0; k < 2 * TONE_GROUP; k++) {
			float s = x + t->coef[k] * bins[k].s1 - bins[k].s2;

			bins[k].s2 = bins[k].s1;
			bins[k].s1 = s;
		}
		c0 = c1;
		c1 = c2;
	}
	return energy / (0.375f * (float)n);
}

/* Of a sine, from its amplitude at the end of Goertzel's filter: Hann's mean is
 * a half.                                                                    */
static float power(const struct tone *t, const struct bin *b, size_t k)
{
	float n = (float)(2 * t->hop);

	return (b->s1 * b->s1 + b->s2 * b->s2 - t->coef[k] * b->s1 * b->s2) *
	       8 / (n * n);
}

static size_t strongest(const struct tone *t, const struct bin *bins,
			size_t from)
{
	size_t best = from;

	for (size_t k = from + 1; k < from + TONE_GROUP; k++)
		if (power(t, &bins[k], k) > power(t, &bins[best], best))
			best = k;
	return best;
}

static float phase_of(const struct tone *t, const struct bin *b, size_t k)
{
	float w = 2 * pi * freqs[k] / (float)t->rate;

	return atan2f(b->s2 * sinf(w), b->s1 - b->s2 * cosf(w));
}

/* How far the frequency is off, in Hz, from the phase's turn in one hop.     */
static float drift_of(const struct tone *t, float before, float now, size_t k)
{
	float hop_s = (float)t->hop / (float)t->rate;
	float turns = (now - before) / (2 * pi) - freqs[k] * hop_s;

	return (turns - roundf(turns)) / hop_s;
}

/* A sine between two of the window's lines shows less than its power; near
 * enough for half a line.                                                    */
static float seen_share(const struct tone *t, float drift)
{
	float lines = drift * (float)(2 * t->hop) / (float)t->rate;

	return expf(-1.33f * lines * lines);
}

/* The share of energy that is in what the key's frequencies allow, in this
 * window or the one before, whichever has less.                              */
static float steady_share(const struct tone *t, const struct tone_look *now,
			  const size_t k[2])
{
	float sum = 0, sum_before = 0;

	for (int i = 0; i < 2; i++) {
		float drift = drift_of(t, t->before.phase[i], now->phase[i],
				       k[i]);
		float seen = seen_share(t, drift);

		if (fabsf(drift) > drift_max * freqs[k[i]])
			return 0;
		sum += now->part[i] / seen;
		sum_before += t->before.part[i] / seen;
	}
	return fminf(sum, sum_before);
}

static bool is_sound_pair(const float p[2], float all)
{
	/* Half a line off costs a third, hence the full share is only asked
	 * for when the drift is known.                                       */
	return p[0] >= power_min && p[1] >= power_min &&
	       p[0] + p[1] >= share_min / 2 * all &&
	       p[1] <= twist_up * p[0] && p[1] >= twist_down * p[0];
}

/* What the window shows; *share of energy with which it goes on with the one
 * before, 0 where it does not.                                               */
static struct tone_look look(const struct tone *t, float *share)
{
	struct bin bins[2 * TONE_GROUP];
	struct tone_look now = { 0 };
	float all = filter(t, bins), p[2];
	size_t k[2];

	*share = 0;
	for (size_t i = 0; i < 2; i++) {
		k[i] = strongest(t, bins, i * TONE_GROUP);
		p[i] = power(t, &bins[k[i]], k[i]);
	}
	if (!is_sound_pair(p, all))
		return now;
	now.digit = keys[k[0]][k[1] - TONE_GROUP];
	for (size_t i = 0; i < 2; i++) {
		now.phase[i] = phase_of(t, &bins[k[i]], k[i]);
		now.part[i] = p[i] / all;
	}
	if (now.digit == t->before.digit)
		*share = steady_share(t, &now, k);
	return now;
}

static void count(struct tone *t, bool steady, char digit)
{
	if (!steady)
		t->hits = digit ? 1 : 0;
	else if (t->hits < HITS)
		t->hits++;
	if (steady && digit == t->told)
		t->misses = 0;
	else if (t->told && ++t->misses >= MISSES)
		t->told = 0;
}

/* The digit that this window makes certain, or 0. */
static char judge(struct tone *t)
{
	float share;
	struct tone_look now = look(t, &share);
	bool steady = share >= share_min;

	t->before = now;
	t->clearest = steady ? fmaxf(t->clearest, share) : 0;
	count(t, steady, now.digit);
	if (t->hits < HITS || t->clearest < share_clear ||
	    now.digit == t->told)
		return 0;
	t->told = now.digit;
	t->misses = 0;
	return now.digit;
}

size_t tone_feed(struct tone *t, const int16_t *pcm, size_t n, char *digits,
		 size_t cap)
{
	size_t told = 0, window = 2 * (size_t)t->hop;

	while (n) {
		size_t take = window - t->fill < n ? window - t->fill : n;
		char digit;

		memcpy(t->pcm + t->fill, pcm, take * sizeof(*pcm));
		t->fill += (uint32_t)take;
		pcm += take;
		n -= take;
		if (t->fill < window)
			break;
		digit = judge(t);
		if (digit && told < cap)
			digits[told++] = digit;
		memmove(t->pcm, t->pcm + t->hop, t->hop * sizeof(*pcm));
		t->fill = t->hop;
	}
	return told;
}

/* How much of full strength the tone has, `n` samples after its beginning. */
static double ramp(uint64_t n, uint64_t len, uint32_t rate)
{
	uint64_t rise = rate * (uint64_t)RAMP_MS / 1000;
	uint64_t edge = n < len - 1 - n ? n : len - 1 - n;

	if (edge >= rise)
		return 1;
	return 0.5 - 0.5 * cos(M_PI * (double)edge / (double)rise);
}

/* Indices of the key's frequencies. False: no key. */
static bool find_key(char digit, size_t *low, size_t *high)
{
	for (*low = 0; digit && *low < TONE_GROUP; (*low)++) {
		const char *at = strchr(keys[*low], digit);

		if (at) {
			*high = TONE_GROUP + (size_t)(at - keys[*low]);
			return true;
		}
	}
	return false;
}

static int16_t sample(char digit, uint64_t n, uint64_t len, uint32_t rate)
{
	/* -10 and -8 dBm0: the line damps high ones more. */
	static const double a_low = 7217, a_high = 9085;
	double s = (double)n / rate;
	size_t low, high;

	if (n >= len || !find_key(digit, &low, &high))
		return 0;
	return (int16_t)lrint(ramp(n, len, rate) *
		(a_low * sin(2 * M_PI * (double)freqs[low] * s) +
		 a_high * sin(2 * M_PI * (double)freqs[high] * s)));
}

size_t tone_make(const char *digits, uint32_t rate, uint64_t at, int16_t *pcm,
		 size_t cap)
{
	uint64_t len = (uint64_t)rate * DTMF_TONE_MS / 1000;
	uint64_t slot = len + (uint64_t)rate * DTMF_GAP_MS / 1000;
	uint64_t all = strlen(digits) * slot;
	size_t n = 0;

	for (; n < cap && at < all; n++, at++)
		pcm[n] = sample(digits[at / slot], at % slot, len, rate);
	return n;
}

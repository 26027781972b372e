/*
 * resample.c - sample rates through the Speex DSP resampler.
 * Thread: one of the prompt pool.
 */
/* SPDX-License-Identifier: MIT */
#include "media/resample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <speex/speex_resampler.h>

enum {
	/* A prompt is resampled once and heard thousands of times, so quality
	 * is bought: a filter of 256 taps at the lower of the two rates.     */
	QUALITY = SPEEX_RESAMPLER_QUALITY_MAX,
	SILENCE = 256,		/* samples of silence that push the tail out  */
};

struct resampler {
	SpeexResamplerState *speex;	/* NULL: equal rates                  */
	unsigned int in_rate, out_rate;
	uint64_t taken, given;
};

int resampler_new(struct resampler **rp, unsigned int in_rate,
		  unsigned int out_rate)
{
	struct resampler *r;
	int speex_err = 0;

	if (!in_rate || !out_rate)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->in_rate = in_rate;
	r->out_rate = out_rate;
	if (in_rate != out_rate) {
		r->speex = speex_resampler_init(1, in_rate, out_rate, QUALITY,
						&speex_err);
		if (!r->speex) {
			free(r);
			return speex_err == RESAMPLER_ERR_INVALID_ARG ?
			       -EINVAL : -ENOMEM;
		}
		speex_resampler_skip_zeros(r->speex);
	}
	*rp = r;
	return 0;
}

void resampler_free(struct resampler *r)
{
	if (!r)
		return;
	if (r->speex)
		speex_resampler_destroy(r->speex);
	free(r);
}

/* How many samples all that was taken is worth, to the nearest.              */
static uint64_t owed(const struct resampler *r)
{
	return (r->taken * r->out_rate + r->in_rate / 2) / r->in_rate;
}

static size_t copy(const int16_t *in, size_t *n_in, int16_t *out, size_t cap)
{
	size_t n = *n_in < cap ? *n_in : cap;

	memcpy(out, in, n * sizeof(*out));
	*n_in = n;
	return n;
}

static size_t process(struct resampler *r, const int16_t *in, size_t *n_in,
		      int16_t *out, size_t cap)
{
	spx_uint32_t taken = *n_in < UINT32_MAX ? (spx_uint32_t)*n_in : 0;
	spx_uint32_t given = cap < UINT32_MAX ? (spx_uint32_t)cap : 0;

	speex_resampler_process_int(r->speex, 0, in, &taken, out, &given);
	*n_in = taken;
	return given;
}

size_t resampler_run(struct resampler *r, const int16_t *in, size_t *n_in,
		     int16_t *out, size_t cap)
{
	size_t n;

	if (!*n_in || !cap) {
		*n_in = 0;
		return 0;
	}
	n = r->speex ? process(r, in, n_in, out, cap) :
		       copy(in, n_in, out, cap);
	r->taken += *n_in;
	r->given += n;
	return n;
}

size_t resampler_finish(struct resampler *r, int16_t *out, size_t cap)
{
	static const int16_t silence[SILENCE];
	uint64_t left = owed(r) - r->given;
	size_t n = 0;

	if (!r->speex || r->given >= owed(r))
		return 0;
	if (cap > left)
		cap = (size_t)left;
	/* The filter holds back what it needs to look ahead; each round of
	 * silence moves it on, so this ends after a few rounds.              */
	while (n < cap) {
		size_t fed = SILENCE;
		size_t some = process(r, silence, &fed, out + n, cap - n);

		n += some;
		if (!fed && !some)
			break;
	}
	r->given += n;
	return n;
}

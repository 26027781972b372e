/*
 * resample.c - sample rates through the Speex DSP resampler.
 * Thread: one of the prompt pool.
 *
 *   mirrored start | recording | mirrored end  -->  filter  -->  drop the lead
 *
 * A filter looks beyond the edges of a recording. Zeros there would halve its
 * first sample, which is heard as a click where a sound that was cut into items
 * goes on. So it is made to see the recording's own edge in a mirror.
 */
/* SPDX-License-Identifier: MIT */
#include "media/resample.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <speex/speex_resampler.h>

enum {
	/* A prompt is resampled once and heard thousands of times, so quality
	 * is bought: a filter of 256 taps at the lower of the two rates.     */
	QUALITY = SPEEX_RESAMPLER_QUALITY_MAX,
	SCRATCH = 256,
	/* Longer than this no lead is made: a pair of rates that share hardly
	 * a factor, such as 44,101 and 8,000 Hz. Zeros must do there.        */
	LEAD_MAX = 16384,
};

struct resampler {
	SpeexResamplerState *speex;	/* NULL: equal rates                  */
	unsigned int in_rate, out_rate;
	uint64_t taken, given;
	bool begun, ended;
	size_t lead;		/* samples before the recording; a whole number
				 * of samples out, so that the phase stays    */
	size_t drop;		/* samples out that belong to the lead        */
	int16_t *made;		/* what waits to be fed: 2 * lead + 1 long    */
	size_t n_made, fed;
	int16_t *last;		/* the end of what was taken                  */
	size_t n_last, reach;	/* reach + 1 long; reach: half the filter     */
};

static unsigned int common_factor(unsigned int a, unsigned int b)
{
	while (b) {
		unsigned int rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int prepare(struct resampler *r)
{
	unsigned int factor = common_factor(r->in_rate, r->out_rate);
	size_t step = r->in_rate / factor;

	r->reach = (size_t)speex_resampler_get_input_latency(r->speex);
	r->lead = (r->reach + step - 1) / step * step;
	if (r->lead > LEAD_MAX)
		r->lead = 0;
	r->begun = !r->lead;
	r->drop = r->lead / step * (r->out_rate / factor);
	r->made = calloc(2 * r->lead + r->reach + 1, sizeof(*r->made));
	r->last = calloc(r->reach + 1, sizeof(*r->last));
	return r->made && r->last ? 0 : -ENOMEM;
}

int resampler_new(struct resampler **rp, unsigned int in_rate,
		  unsigned int out_rate)
{
	struct resampler *r;
	int speex_err = 0, err = 0;

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
		if (!r->speex)
			err = speex_err == RESAMPLER_ERR_INVALID_ARG ?
			      -EINVAL : -ENOMEM;
		else
			err = prepare(r);
	}
	if (err) {
		resampler_free(r);
		return err;
	}
	if (r->speex)
		speex_resampler_skip_zeros(r->speex);
	*rp = r;
	return 0;
}

void resampler_free(struct resampler *r)
{
	if (!r)
		return;
	if (r->speex)
		speex_resampler_destroy(r->speex);
	free(r->made);
	free(r->last);
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

/* Through the filter, without what belongs to the lead.                      */
static size_t feed(struct resampler *r, const int16_t *in, size_t *n_in,
		   int16_t *out, size_t cap)
{
	int16_t scratch[SCRATCH];
	size_t taken = 0, left, n = 0;

	while (r->drop && taken < *n_in) {
		left = *n_in - taken;
		r->drop -= process(r, in + taken, &left, scratch,
				   r->drop < SCRATCH ? r->drop : SCRATCH);
		taken += left;
	}
	left = *n_in - taken;
	if (left)
		n = process(r, in + taken, &left, out, cap);
	*n_in = taken + left;
	return n;
}

static size_t feed_made(struct resampler *r, int16_t *out, size_t cap)
{
	size_t n = 0;

	while (n < cap && r->fed < r->n_made) {
		size_t some = r->n_made - r->fed;

		n += feed(r, r->made + r->fed, &some, out + n, cap - n);
		r->fed += some;
	}
	return n;
}

static void keep_last(struct resampler *r, const int16_t *in, size_t n)
{
	size_t cap = r->reach + 1, stay;

	if (n > cap) {
		in += n - cap;
		n = cap;
	}
	stay = r->n_last < cap - n ? r->n_last : cap - n;
	memmove(r->last, r->last + r->n_last - stay, stay * sizeof(*in));
	memcpy(r->last + stay, in, n * sizeof(*in));
	r->n_last = stay + n;
}

/* The first samples, behind the room for their mirror image.                 */
static void gather(struct resampler *r, const int16_t *in, size_t *n_in)
{
	size_t room = r->lead + 1 - r->n_made;

	if (*n_in > room)
		*n_in = room;
	memcpy(r->made + r->lead + r->n_made, in, *n_in * sizeof(*in));
	r->n_made += *n_in;
}

/* Mirrors about the first sample. Of a recording shorter than the lead the last
 * one stands for what is not there.                                          */
static void begin(struct resampler *r)
{
	int16_t *first = r->made + r->lead;

	for (size_t k = 1; k <= r->lead; k++)
		r->made[r->lead - k] = first[k < r->n_made ? k : r->n_made - 1];
	r->n_made += r->lead;
	r->begun = true;
}

/* Mirrors about the last sample.                                             */
static void end(struct resampler *r)
{
	r->ended = true;
	r->fed = 0;
	r->n_made = r->lead ? r->reach : 0;
	for (size_t k = 0; k < r->n_made; k++)
		r->made[k] = r->last[k + 2 <= r->n_last ? r->n_last - 2 - k :
				     0];
}

size_t resampler_run(struct resampler *r, const int16_t *in, size_t *n_in,
		     int16_t *out, size_t cap)
{
	size_t n = 0;

	if (!*n_in || !cap) {
		*n_in = 0;
		return 0;
	}
	if (!r->speex) {
		n = copy(in, n_in, out, cap);
	} else if (!r->begun) {
		gather(r, in, n_in);
		if (r->n_made > r->lead)
			begin(r);
	} else {
		n = feed_made(r, out, cap);
		if (n < cap)
			n += feed(r, in, n_in, out + n, cap - n);
		else
			*n_in = 0;
	}
	if (r->speex)
		keep_last(r, in, *n_in);
	r->taken += *n_in;
	r->given += n;
	return n;
}

size_t resampler_finish(struct resampler *r, int16_t *out, size_t cap)
{
	static const int16_t silence[SCRATCH];
	uint64_t left = owed(r) - r->given;
	size_t n;

	if (!r->speex || r->given >= owed(r))
		return 0;
	if (cap > left)
		cap = (size_t)left;
	if (!r->begun)
		begin(r);
	n = feed_made(r, out, cap);
	if (n < cap && !r->ended) {
		end(r);
		n += feed_made(r, out + n, cap - n);
	}
	/* Where there is no mirror, silence moves the filter on.             */
	while (n < cap) {
		size_t fed = SCRATCH;
		size_t some = feed(r, silence, &fed, out + n, cap - n);

		n += some;
		if (!fed && !some)
			break;
	}
	r->given += n;
	return n;
}

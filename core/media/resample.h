/*
 * resample.h - changes the sample rate of mono PCM, to the exact length.
 *
 * n samples in make round(n * out_rate / in_rate) samples out, and nothing is
 * late: the filter's delay is taken off at the front and its tail is flushed.
 * One thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_RESAMPLE_H
#define MEDIA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct resampler;

/* Equal rates pass samples through unchanged. 0, -ENOMEM or -EINVAL.         */
int resampler_new(struct resampler **rp, unsigned int in_rate,
		  unsigned int out_rate);
void resampler_free(struct resampler *r);

/* Gives *n_in samples; *n_in becomes how many were taken. Returns samples
 * written, at most cap. Call again until all are taken.                      */
size_t resampler_run(struct resampler *r, const int16_t *in, size_t *n_in,
		     int16_t *out, size_t cap);
/* After the last input: the rest, block by block; 0 when all is out.         */
size_t resampler_finish(struct resampler *r, int16_t *out, size_t cap);

#endif

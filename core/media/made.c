/*
 * made.c - recordings that are made here and come from nowhere.
 * Thread: any; the making is done on one of the prompt pool.
 */
/* SPDX-License-Identifier: MIT */
#include "media/made.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <carillon/services.h>

#include "base/str.h"
#include "media/tone.h"
#include "media/wav.h"

#define SILENCE "silence:"
#define DTMF "dtmf:"

enum { RATE = 8000, BLOCK = 1024 };

bool made_is(const char *url)
{
	return str_starts(url, SILENCE) || str_starts(url, DTMF);
}

static int read_ms(const char *url, int64_t *ms)
{
	return str_to_i64(ms, url + strlen(SILENCE), 1, MADE_SILENCE_MAX_MS) ?
	       -EINVAL : 0;
}

static int check_digits(const char *digits)
{
	size_t n = strlen(digits);

	return n && n <= CLN_DIGITS_MAX &&
	       strspn(digits, CLN_DIGITS) == n ? 0 : -EINVAL;
}

int made_check(const char *url, char *why, size_t cap)
{
	int64_t ms;

	if (str_starts(url, SILENCE) && read_ms(url, &ms)) {
		str_printf(why, cap, "silence: takes 1 to %d milliseconds",
			   MADE_SILENCE_MAX_MS);
		return -EINVAL;
	}
	if (str_starts(url, DTMF) && check_digits(url + strlen(DTMF))) {
		str_printf(why, cap, "dtmf: takes 1 to %d digits of 0-9, *, # "
			   "and A-D", CLN_DIGITS_MAX);
		return -EINVAL;
	}
	return made_is(url) ? 0 : -EINVAL;
}

static size_t count_tones(const char *digits)
{
	int16_t pcm[BLOCK];
	size_t n, total = 0;

	while ((n = tone_make(digits, RATE, total, pcm, BLOCK)))
		total += n;
	return total;
}

static void put_tones(const char *digits, uint8_t *dst, size_t samples)
{
	int16_t pcm[BLOCK];
	size_t n, at = 0;

	while (at < samples &&
	       (n = tone_make(digits, RATE, at, pcm, BLOCK))) {
		for (size_t i = 0; i < n && at < samples; i++, at++) {
			dst[2 * at] = (uint8_t)pcm[i];
			dst[2 * at + 1] = (uint8_t)((uint16_t)pcm[i] >> 8);
		}
	}
}

int made_file(const char *url, uint8_t **datap, size_t *lenp)
{
	const char *digits = str_starts(url, DTMF) ? url + strlen(DTMF) : NULL;
	struct wav wav = { .tag = WAV_PCM, .channels = 1, .rate = RATE,
			   .bits = 16 };
	int64_t ms = 0;
	size_t head, samples;
	uint8_t *data;

	if (digits ? check_digits(digits) : read_ms(url, &ms))
		return -EINVAL;
	samples = digits ? count_tones(digits) : (size_t)ms * RATE / 1000;
	wav.len = samples * sizeof(int16_t);
	data = calloc(1, WAV_HEADER_MAX + wav.len);
	if (!data)
		return -ENOMEM;
	head = wav_header(&wav, data);
	if (digits)
		put_tones(digits, data + head, samples);
	*datap = data;
	*lenp = head + wav.len;
	return 0;
}

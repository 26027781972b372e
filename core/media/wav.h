/*
 * wav.h - finds the audio in a RIFF WAVE file without believing it.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_WAV_H
#define MEDIA_WAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wav_tag {
	WAV_PCM = 1,
	WAV_FLOAT = 3,
	WAV_ALAW = 6,
	WAV_MULAW = 7,
};

struct wav {
	enum wav_tag tag;
	unsigned int channels, rate, bits;
	size_t offset, len;	/* whole frames of audio in the file          */
};

/* Rates that a recording may have.                                           */
#define AUDIO_RATE_MIN 4000
#define AUDIO_RATE_MAX 192000

bool wav_is(const uint8_t *data, size_t len);
/* 0, or -EBADMSG with a sentence in `why`.                                   */
int wav_parse(struct wav *w, const uint8_t *data, size_t len, char *why,
	      size_t cap);

/* A header of our own making for the audio that was found, so that a decoder
 * behind it sees an honest file. Returns the length, at most WAV_HEADER_MAX. */
#define WAV_HEADER_MAX 64
size_t wav_header(const struct wav *w, uint8_t dst[WAV_HEADER_MAX]);

#endif

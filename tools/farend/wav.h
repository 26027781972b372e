/* SPDX-License-Identifier: MIT */
/*
 * wav.h - RIFF/WAVE files, no more of them than the far end needs.
 */
#ifndef FAREND_WAV_H
#define FAREND_WAV_H

#include <stddef.h>
#include <stdint.h>

enum { WAV_PCM = 1, WAV_ALAW = 6, WAV_MULAW = 7 };

struct wav {
	int format;             /* WAV_PCM, WAV_ALAW or WAV_MULAW */
	unsigned int rate;
	unsigned int channels;
	unsigned int bits;
	uint8_t *data;          /* owned; the data chunk's bytes */
	size_t len;
};

/* Reads a whole file; the text in err says what is wrong with it. */
int wav_read(struct wav *w, const char *path, char *err, size_t err_len);
void wav_free(struct wav *w);
/* Writes 16-bit mono PCM. */
int wav_write(const char *path, unsigned int rate, const int16_t *pcm,
	      size_t n);
/* Reads a whole file into memory; the caller frees. */
int file_read(uint8_t **datap, size_t *lenp, const char *path);

#endif

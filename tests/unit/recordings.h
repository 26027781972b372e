/*
 * recordings.h - audio files made in memory, for tests of prompts.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RECORDINGS_H
#define TESTS_RECORDINGS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

struct file {
	uint8_t *data;
	size_t len, cap, pos;
};

static inline void file_put(struct file *f, const void *data, size_t len)
{
	if (len > SIZE_MAX / 4)
		abort();
	if (f->pos + len > f->cap) {
		f->cap = (f->pos + len) * 2;
		f->data = realloc(f->data, f->cap);
		if (!f->data)
			abort();
	}
	memcpy(f->data + f->pos, data, len);
	f->pos += len;
	if (f->pos > f->len)
		f->len = f->pos;
}

static inline void file_put16(struct file *f, unsigned int v)
{
	uint8_t b[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

	file_put(f, b, 2);
}

static inline void file_put32(struct file *f, uint32_t v)
{
	file_put16(f, v & 0xffff);
	file_put16(f, v >> 16);
}

static inline void file_free(struct file *f)
{
	free(f->data);
	memset(f, 0, sizeof(*f));
}

static inline void file_chunk(struct file *f, const char *id, uint32_t len,
			      const void *data, size_t there)
{
	file_put(f, id, 4);
	file_put32(f, len);
	if (there)
		file_put(f, data, there);
}

static inline void file_riff(struct file *f, uint32_t len)
{
	memset(f, 0, sizeof(*f));
	file_put(f, "RIFF", 4);
	file_put32(f, len);
	file_put(f, "WAVE", 4);
}

static inline void file_fmt(struct file *f, unsigned int tag,
			    unsigned int channels, uint32_t rate,
			    unsigned int bits)
{
	unsigned int block = channels * bits / 8;

	file_chunk(f, "fmt ", 16, NULL, 0);
	file_put16(f, tag);
	file_put16(f, channels);
	file_put32(f, rate);
	file_put32(f, rate * block);
	file_put16(f, block);
	file_put16(f, bits);
}

/* A WAV of `len` bytes of audio. */
static inline struct file wav_make(unsigned int tag, unsigned int channels,
				   uint32_t rate, unsigned int bits,
				   const void *audio, size_t len)
{
	struct file f;

	file_riff(&f, (uint32_t)(36 + len));
	file_fmt(&f, tag, channels, rate, bits);
	file_chunk(&f, "data", (uint32_t)len, audio, len);
	return f;
}

/* Mono 16-bit PCM; the machine's byte order is taken to be little-endian. */
static inline struct file wav_pcm(uint32_t rate, const int16_t *pcm, size_t n)
{
	return wav_make(1, 1, rate, 16, pcm, n * sizeof(*pcm));
}

static inline void tone(int16_t *pcm, size_t n, double hz, double rate)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(12000 * sin(2 * M_PI * hz *
						    (double)i / rate));
}

static inline sf_count_t file_vio_len(void *arg)
{
	return (sf_count_t)((struct file *)arg)->len;
}

static inline sf_count_t file_vio_seek(sf_count_t at, int whence, void *arg)
{
	struct file *f = arg;

	if (whence == SEEK_CUR)
		at += (sf_count_t)f->pos;
	else if (whence == SEEK_END)
		at += (sf_count_t)f->len;
	f->pos = (size_t)at;
	return at;
}

static inline sf_count_t file_vio_read(void *dst, sf_count_t n, void *arg)
{
	struct file *f = arg;

	if ((size_t)n > f->len - f->pos)
		n = (sf_count_t)(f->len - f->pos);
	memcpy(dst, f->data + f->pos, (size_t)n);
	f->pos += (size_t)n;
	return n;
}

static inline sf_count_t file_vio_write(const void *p, sf_count_t n, void *arg)
{
	file_put(arg, p, (size_t)n);
	return n;
}

static inline sf_count_t file_vio_tell(void *arg)
{
	return (sf_count_t)((struct file *)arg)->pos;
}

/* Any format that libsndfile writes; `frames` of interleaved floats. */
static inline struct file sound_make(int format, int channels, int rate,
				     const float *audio, size_t frames)
{
	SF_VIRTUAL_IO io = { file_vio_len, file_vio_seek, file_vio_read,
			     file_vio_write, file_vio_tell };
	SF_INFO info = { .samplerate = rate, .channels = channels,
			 .format = format };
	struct file f = {0};
	SNDFILE *s = sf_open_virtual(&io, SFM_WRITE, &info, &f);

	if (!s)
		return f;
	/* In pieces: the Vorbis encoder's stack does not take seconds. */
	for (size_t at = 0; at < frames; at += 1000) {
		size_t n = frames - at < 1000 ? frames - at : 1000;

		sf_writef_float(s, audio + at * (size_t)channels,
				(sf_count_t)n);
	}
	sf_close(s);
	return f;
}

#endif

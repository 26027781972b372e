/* SPDX-License-Identifier: MIT */
/*
 * wav.c - RIFF/WAVE files, no more of them than the far end needs.
 * Thread: the finisher, or the compare command.
 */
#include "wav.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		(uint32_t)p[3] << 24;
}

static unsigned int le16(const uint8_t *p)
{
	return (unsigned int)p[0] | (unsigned int)p[1] << 8;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

int file_read(uint8_t **datap, size_t *lenp, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t len = 0, cap = 0, n;
	int err = 0;

	if (!f)
		return -errno;
	do {
		if (len == cap) {
			uint8_t *p = realloc(data, cap = cap ? cap * 2 : 65536);

			if (!p) {
				err = -ENOMEM;
				break;
			}
			data = p;
		}
		n = fread(data + len, 1, cap - len, f);
		len += n;
	} while (n);
	if (ferror(f))
		err = -EIO;
	fclose(f);
	if (err) {
		free(data);
		return err;
	}
	*datap = data;
	*lenp = len;
	return 0;
}

/* Takes what it needs out of the chunks; the sample data is moved to the
 * front of the buffer, which so becomes the wav's own. */
static const char *wav_parse(struct wav *w, uint8_t *buf, size_t len)
{
	size_t pos = 12;

	if (len < 12 || memcmp(buf, "RIFF", 4) || memcmp(buf + 8, "WAVE", 4))
		return "not a RIFF/WAVE file";
	while (len - pos >= 8) {
		const uint8_t *chunk = buf + pos;
		size_t size = le32(chunk + 4);
		size_t room = len - pos - 8;

		if (size > room)
			size = room;
		if (!memcmp(chunk, "fmt ", 4) && size >= 16) {
			w->format = (int)le16(chunk + 8);
			w->channels = le16(chunk + 10);
			w->rate = le32(chunk + 12);
			w->bits = le16(chunk + 22);
			if (w->format == 0xfffe && size >= 26)
				w->format = (int)le16(chunk + 32);
		} else if (!memcmp(chunk, "data", 4)) {
			w->len = size;
			memmove(buf, chunk + 8, size);
			w->data = buf;
			return w->format ? NULL : "no fmt chunk before the data";
		}
		size += size & 1;
		pos += 8 + (size > room ? room : size);
	}
	return "no data chunk";
}

int wav_read(struct wav *w, const char *path, char *err, size_t err_len)
{
	uint8_t *buf;
	size_t len;
	const char *wrong;
	int rc = file_read(&buf, &len, path);

	memset(w, 0, sizeof(*w));
	if (rc) {
		snprintf(err, err_len, "%s: %s", path, strerror(-rc));
		return rc;
	}
	wrong = wav_parse(w, buf, len);
	if (!wrong && w->format != WAV_PCM && w->format != WAV_ALAW &&
	    w->format != WAV_MULAW)
		wrong = "neither PCM nor G.711";
	if (!wrong && w->bits != (w->format == WAV_PCM ? 16u : 8u))
		wrong = "not 16-bit PCM or 8-bit G.711";
	if (wrong) {
		snprintf(err, err_len, "%s: %s", path, wrong);
		free(buf);
		w->data = NULL;
		return -EINVAL;
	}
	return 0;
}

void wav_free(struct wav *w)
{
	free(w->data);
	memset(w, 0, sizeof(*w));
}

int wav_write(const char *path, unsigned int rate, const int16_t *pcm,
	      size_t n)
{
	uint8_t head[44] = "RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0";
	FILE *f = fopen(path, "wb");
	int err = 0;

	if (!f)
		return -errno;
	put32(head + 4, (uint32_t)(36 + 2 * n));
	put32(head + 24, rate);
	put32(head + 28, rate * 2);
	head[32] = 2;
	head[34] = 16;
	memcpy(head + 36, "data", 4);
	put32(head + 40, (uint32_t)(2 * n));
	fwrite(head, 1, sizeof(head), f);
	for (size_t i = 0; i < n; i++) {
		putc(pcm[i] & 255, f);
		putc((pcm[i] >> 8) & 255, f);
	}
	if (ferror(f))
		err = -EIO;
	if (fclose(f))
		err = -EIO;
	return err;
}

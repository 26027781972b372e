/*
 * wav.c - walks the chunks of a RIFF WAVE file and checks each figure.
 * Thread: any; it keeps no state.
 *
 * Decoders trust headers, and headers lie: lengths past the end, a rate of 0,
 * 65,535 channels, chunks without end. So the walk is done here, bounded, and
 * what libsndfile gets to see is a header written by wav_header().
 */
/* SPDX-License-Identifier: MIT */
#include "media/wav.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

enum {
	CHUNKS_MAX = 1000,
	FMT_MIN = 16,		/* PCMWAVEFORMAT                              */
	FMT_EXTENSIBLE = 40,	/* WAVEFORMATEXTENSIBLE                       */
	FMT_MAX = 4096,
	TAG_EXTENSIBLE = 0xfffe,
	/* Writers to a pipe cannot come back to fill in the length. They leave
	 * all ones, 0, or (sox) the most a signed length can say, rounded.   */
	LENGTH_ENDLESS = 0x7ffff000,
};

struct walk {
	const uint8_t *data;
	size_t len;
	uint32_t riff_len;
	bool has_fmt, has_data;
	char *why;
	size_t cap;
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static bool bits_fit(unsigned int tag, unsigned int bits)
{
	switch (tag) {
	case WAV_PCM:
		return bits == 8 || bits == 16 || bits == 24 || bits == 32;
	case WAV_FLOAT:
		return bits == 32 || bits == 64;
	case WAV_ALAW:
	case WAV_MULAW:
		return bits == 8;
	default:
		return false;
	}
}

/* Of inner formats that stand in WAV files and are not played.               */
static const char *tag_name(unsigned int tag)
{
	switch (tag) {
	case 0x0002:
		return " (Microsoft ADPCM)";
	case 0x0011:
		return " (IMA ADPCM)";
	case 0x0031:
		return " (GSM 6.10)";
	case 0x0040:
	case 0x0045:
	case 0x0064:
		return " (G.726 ADPCM)";
	case 0x0055:
		return " (MP3)";
	default:
		return "";
	}
}

static int check_figures(const struct wav *w, unsigned int tag,
			 unsigned int block, const struct walk *k)
{
	if (tag != WAV_PCM && tag != WAV_FLOAT && tag != WAV_ALAW &&
	    tag != WAV_MULAW)
		str_printf(k->why, k->cap,
			   "WAV with format tag 0x%04x%s is not supported",
			   tag, tag_name(tag));
	else if (w->channels < 1 || w->channels > 2)
		str_printf(k->why, k->cap,
			   "the recording has %u channels, not 1 or 2",
			   w->channels);
	else if (w->rate < AUDIO_RATE_MIN || w->rate > AUDIO_RATE_MAX)
		str_printf(k->why, k->cap,
			   "a sample rate of %u Hz, not %d to %d", w->rate,
			   AUDIO_RATE_MIN, AUDIO_RATE_MAX);
	else if (!bits_fit(tag, w->bits))
		str_printf(k->why, k->cap,
			   "WAV of %u bits a sample is not supported (tag %u)",
			   w->bits, tag);
	else if (block != w->channels * w->bits / 8)
		str_printf(k->why, k->cap,
			   "WAV frames of %u bytes do not fit %u channels of "
			   "%u bits", block, w->channels, w->bits);
	else
		return 0;
	return -EBADMSG;
}

static int read_fmt(struct wav *w, struct walk *k, const uint8_t *p,
		    uint32_t len)
{
	unsigned int tag;
	int err;

	if (k->has_fmt || len < FMT_MIN || len > FMT_MAX) {
		str_printf(k->why, k->cap,
			   k->has_fmt ? "WAV with two format chunks" :
			   "WAV with a format chunk of %u bytes", len);
		return -EBADMSG;
	}
	tag = get16(p);
	w->channels = get16(p + 2);
	w->rate = get32(p + 4);
	w->bits = get16(p + 14);
	/* The first two bytes of the sub-format's GUID are the plain tag. */
	if (tag == TAG_EXTENSIBLE && len >= FMT_EXTENSIBLE)
		tag = get16(p + 24);
	err = check_figures(w, tag, get16(p + 12), k);
	if (err)
		return err;
	w->tag = (enum wav_tag)tag;
	k->has_fmt = true;
	return 0;
}

/* Was the length left open by a writer that could not seek? A length of 0 is
 * that only where the RIFF length was not filled in either.                  */
static bool is_open_ended(const struct walk *k, uint32_t len)
{
	if (len == 0)
		return (uint64_t)k->riff_len + 8 + 1 < k->len;
	return (len >= LENGTH_ENDLESS && len <= INT32_MAX) ||
	       len >= UINT32_MAX - 0xfff;
}

static int read_data(struct wav *w, struct walk *k, size_t offset, uint32_t len)
{
	size_t there = k->len - offset, block;

	if (!k->has_fmt) {
		str_printf(k->why, k->cap, "WAV with data before its format");
		return -EBADMSG;
	}
	if ((len > there || len == 0) && is_open_ended(k, len)) {
		len = (uint32_t)(there < UINT32_MAX ? there : UINT32_MAX);
	} else if (len > there) {
		str_printf(k->why, k->cap,
			   "truncated: %u bytes of audio announced, %zu there",
			   len, there);
		return -EBADMSG;
	}
	block = w->channels * w->bits / 8;
	w->offset = offset;
	w->len = len - len % block;
	if (!w->len) {
		str_printf(k->why, k->cap, "there is no audio in it");
		return -EBADMSG;
	}
	k->has_data = true;
	return 0;
}

static int read_chunk(struct wav *w, struct walk *k, size_t *pos)
{
	const uint8_t *p = k->data + *pos;
	uint32_t len = get32(p + 4);
	size_t body = *pos + 8;
	int err = 0;

	if (!memcmp(p, "data", 4))
		return read_data(w, k, body, len);
	if (len > k->len - body) {
		str_printf(k->why, k->cap, "truncated: a WAV chunk of %u bytes "
			   "announced, %zu there", len, k->len - body);
		return -EBADMSG;
	}
	if (!memcmp(p, "fmt ", 4))
		err = read_fmt(w, k, p + 8, len);
	/* Chunks stand on even places; the pad byte is not in the length. */
	*pos = body + len + (len & 1);
	return err;
}

bool wav_is(const uint8_t *data, size_t len)
{
	return len >= 12 && !memcmp(data, "RIFF", 4) &&
	       !memcmp(data + 8, "WAVE", 4);
}

int wav_parse(struct wav *w, const uint8_t *data, size_t len, char *why,
	      size_t cap)
{
	struct walk k = { .data = data, .len = len, .why = why, .cap = cap };
	struct wav found = {0};
	size_t pos = 12;
	int err;

	if (!wav_is(data, len)) {
		str_printf(why, cap, "not a WAV file");
		return -EBADMSG;
	}
	k.riff_len = get32(data + 4);
	for (int n = 0; n < CHUNKS_MAX; n++) {
		if (pos > len || len - pos < 8) {
			str_printf(why, cap, "there is no audio in it");
			return -EBADMSG;
		}
		err = read_chunk(&found, &k, &pos);
		if (err)
			return err;
		if (k.has_data) {
			*w = found;
			return 0;
		}
	}
	str_printf(why, cap, "WAV with more than %d chunks before its audio",
		   CHUNKS_MAX);
	return -EBADMSG;
}

size_t wav_header(const struct wav *w, uint8_t dst[WAV_HEADER_MAX])
{
	unsigned int block = w->channels * w->bits / 8;
	uint8_t *p = dst;

	memcpy(p, "RIFF....WAVEfmt ", 16);
	put32(p + 16, 18);		/* with an empty extension            */
	put16(p + 20, w->tag);
	put16(p + 22, w->channels);
	put32(p + 24, w->rate);
	put32(p + 28, w->rate * block);
	put16(p + 32, block);
	put16(p + 34, w->bits);
	put16(p + 36, 0);
	p += 38;
	/* Formats other than PCM are owed a fact chunk: the count of frames. */
	memcpy(p, "fact", 4);
	put32(p + 4, 4);
	put32(p + 8, (uint32_t)(w->len / block));
	memcpy(p + 12, "data", 4);
	put32(p + 16, (uint32_t)w->len);
	p += 20;
	put32(dst + 4, (uint32_t)((size_t)(p - dst) - 8 + w->len));
	return (size_t)(p - dst);
}

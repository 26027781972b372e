/*
 * mpeg.c - walks the frames of an MP3 before a decoder gets to see them.
 * Thread: any; it keeps no state.
 *
 * A decoder looks for the next frame where it is lost, and ends where it finds
 * none: a damaged message would be played with a hole, or half of it. Here each
 * frame must follow the one before (ISO/IEC 11172-3 2.4.1.3, 13818-3 2.4.2.3).
 */
/* SPDX-License-Identifier: MIT */
#include "media/mpeg.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

enum {
	HEADER = 4,
	LAYER_3 = 1,		/* as the two bits say it                     */
	MPEG_1 = 3,
	MONO = 3,
	BITRATE_FREE = 0, BITRATE_BAD = 15,
	RATE_BAD = 3,
	/* What other programs leave behind the audio (ID3v1, APE, lyrics).   */
	TAGS_MAX = 65536,
	XING_FRAMES = 1,
};

struct frame {
	unsigned int version, layer, bitrate_index, rate_index, mode;
	unsigned int rate;
	size_t size;		/* 0: of free format                          */
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* kbit/s of layer III by MPEG 1, and by MPEG 2 and 2.5.                      */
static unsigned int bitrate(const struct frame *f)
{
	static const uint16_t kbits[2][15] = {
		{ 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256,
		  320 },
		{ 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144,
		  160 },
	};

	return kbits[f->version == MPEG_1 ? 0 : 1][f->bitrate_index] * 1000u;
}

static unsigned int sample_rate(const struct frame *f)
{
	static const unsigned int rates[RATE_BAD] = { 44100, 48000, 32000 };
	/* Version bits: 0 is MPEG 2.5, 1 reserved, 2 MPEG 2, 3 MPEG 1.       */
	static const unsigned int divisor[] = { 4, 1, 2, 1 };

	return rates[f->rate_index] / divisor[f->version];
}

static bool read_frame(struct frame *f, const uint8_t *p, size_t len)
{
	if (len < HEADER || p[0] != 0xff || (p[1] & 0xe0) != 0xe0)
		return false;
	f->version = p[1] >> 3 & 3;
	f->layer = p[1] >> 1 & 3;
	f->bitrate_index = p[2] >> 4;
	f->rate_index = p[2] >> 2 & 3;
	f->mode = p[3] >> 6;
	if (f->version == 1 || f->layer == 0 || f->rate_index == RATE_BAD ||
	    f->bitrate_index == BITRATE_BAD)
		return false;
	f->rate = sample_rate(f);
	f->size = (f->version == MPEG_1 ? 144u : 72u) * bitrate(f) / f->rate +
		  (f->bitrate_index == BITRATE_FREE ? 0 : p[2] >> 1 & 1);
	return true;
}

bool mpeg_is(const uint8_t *data, size_t len)
{
	struct frame f;

	return read_frame(&f, data, len);
}

/* Does a frame of the same stream begin at p?                                */
static bool follows(struct frame *f, const struct frame *first,
		    const uint8_t *p, size_t len)
{
	return read_frame(f, p, len) && f->version == first->version &&
	       f->layer == first->layer && f->rate == first->rate && f->size &&
	       (f->mode == MONO) == (first->mode == MONO);
}

/* The first frame of most files is no audio but its encoder's note ("Xing", or
 * "Info" where the bit rate is constant) behind the room of the side
 * information. Frames that it announces; 0: there is no such note.           */
static uint32_t announced(const struct frame *f, const uint8_t *p, size_t len)
{
	bool mpeg1 = f->version == MPEG_1, mono = f->mode == MONO;
	size_t at = HEADER + (mpeg1 ? (mono ? 17u : 32u) : (mono ? 9u : 17u));

	if (len < at + 12 || (memcmp(p + at, "Xing", 4) &&
			      memcmp(p + at, "Info", 4)))
		return 0;
	return get32(p + at + 4) & XING_FRAMES ? get32(p + at + 8) : 0;
}

/* A decoder plays as many frames as the note says, so it must be right. It may
 * count itself in.                                                           */
static int check_note(uint32_t said, uint32_t n, char *why, size_t cap)
{
	if (!said || said == n || said + 1 == n)
		return 0;
	str_printf(why, cap, "%s: an MP3 of %u frames by its own header, %u "
		   "are there", said > n ? "truncated" : "joined files", said,
		   n - 1);
	return -EBADMSG;
}

/* Why no frame begins at `pos`: 0 if the audio just ends there.              */
static int check_end(const struct frame *f, const uint8_t *data, size_t len,
		     size_t pos, char *why, size_t cap)
{
	struct frame cut;

	if (follows(&cut, f, data + pos, len - pos))
		str_printf(why, cap, "truncated: the last MP3 frame, at byte "
			   "%zu, is not all there", pos);
	else if (len - pos > TAGS_MAX)
		str_printf(why, cap, "the MP3 is damaged after %zu bytes", pos);
	else
		return 0;
	return -EBADMSG;
}

int mpeg_walk(size_t *used, const uint8_t *data, size_t len, char *why,
	      size_t cap)
{
	struct frame first, f;
	uint32_t n = 0;
	size_t pos = 0;
	int err;

	if (!read_frame(&first, data, len) || first.layer != LAYER_3 ||
	    !first.size) {
		str_printf(why, cap, "MPEG audio that is not MP3 (layer III), "
			   "or of free format, is not supported");
		return -ENOTSUP;
	}
	while (follows(&f, &first, data + pos, len - pos) &&
	       f.size <= len - pos) {
		pos += f.size;
		n++;
	}
	err = check_end(&first, data, len, pos, why, cap);
	if (!err)
		err = check_note(announced(&first, data, len), n, why, cap);
	if (!err)
		*used = pos;
	return err;
}

/*
 * decode.h - turns a fetched file into mono 16-bit PCM at its own rate.
 *
 * WAV (PCM of 8 to 32 bits, float, mu-law, A-law), FLAC, OGG (Vorbis, Opus) and
 * MP3; one or two channels, mixed down. Audio is read in blocks, so that a
 * small file that unfolds to hours takes no more memory than a long one.
 * One thread at a time (a thread of the prompt pool).
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_DECODE_H
#define MEDIA_DECODE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct decoder;

enum law { LAW_NONE, LAW_MULAW, LAW_ALAW };

/* Lends `data` until decode_close(). 0, or -EBADMSG, -ENOTSUP, -EFBIG or
 * -ENOMEM with a sentence in `why`.                                          */
int decode_open(struct decoder **dp, const uint8_t *data, size_t len,
		int max_audio_s, char *why, size_t cap);
void decode_close(struct decoder *d);

unsigned int decode_rate(const struct decoder *d);
unsigned int decode_channels(const struct decoder *d);	/* of the file: 1, 2  */
/* What it is: "wav pcm_16", "flac", "ogg opus". A constant.                  */
const char *decode_format(const struct decoder *d);
/* The G.711 law of a mono recording that holds nothing else.                 */
enum law decode_law(const struct decoder *d);

/* The next block: samples written, 0 at the end, -EBADMSG or -EFBIG with a
 * sentence. decode_frames() tells how many there have been.                  */
ssize_t decode_read(struct decoder *d, int16_t *pcm, size_t cap, char *why,
		    size_t why_cap);
uint64_t decode_frames(const struct decoder *d);

/* As decode_read(), but the G.711 bytes as they are in the file; only where
 * decode_law() is not LAW_NONE.                                              */
ssize_t decode_read_law(struct decoder *d, uint8_t *dst, size_t cap, char *why,
			size_t why_cap);
/* Begins again: 0 or -EBADMSG.                                               */
int decode_rewind(struct decoder *d);

#endif

/*
 * encode.h - makes a decoded recording's frames for a set of codecs.
 *
 * One thread at a time (a thread of the prompt pool). Memory is bounded by the
 * encoded result: PCM exists in blocks only.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_ENCODE_H
#define MEDIA_ENCODE_H

#include <stdatomic.h>
#include <stddef.h>

#include <carillon/codec.h>

#include "media/decode.h"
#include "media/prompt.h"

/* Raised with a change here that a short sound would not show (coder.h).      */
#define ENCODE_VERSION 1

/* Encodes all of `d`, from its start, once per codec into frames[0..n-1], whose
 * memory frames_free() gives back. *stop ends it early. 0, or -errno with a
 * sentence in `why` and nothing to free.                                     */
int encode_recording(struct prompt_frames *frames,
		     const struct cln_codec *const *codecs, size_t n,
		     struct decoder *d, const atomic_bool *stop, char *why,
		     size_t cap);
void frames_free(struct prompt_frames *frames);

#endif

/*
 * codec_set.h - a few codecs, each once. Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_CODEC_SET_H
#define MEDIA_CODEC_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "media/maker.h"

struct codec_set {
	size_t n;
	const struct cln_codec *codecs[MAKE_CODECS_MAX];
};

static inline bool codec_set_has(const struct codec_set *s,
				 const struct cln_codec *codec)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->codecs[i] == codec)
			return true;
	}
	return false;
}

static inline bool codec_set_is_full(const struct codec_set *s)
{
	return s->n == MAKE_CODECS_MAX;
}

/* Nothing happens where it is full. */
static inline void codec_set_add(struct codec_set *s,
				 const struct cln_codec *codec)
{
	if (!codec_set_is_full(s) && !codec_set_has(s, codec))
		s->codecs[s->n++] = codec;
}

#endif

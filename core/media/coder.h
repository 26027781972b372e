/*
 * coder.h - how a codec codes, as a short name.
 *
 * Frames on disk must not outlive the code that made them: a codec that was
 * updated, a resampler that was changed. Version numbers would have to be
 * remembered by whoever changes one; so a short sound is taken through all of
 * it, and the name is the SHA-256 of what comes out, with the codec's own
 * figures. A thread of the prompt pool.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_CODER_H
#define MEDIA_CODER_H

#include <carillon/codec.h>

#include "media/content.h"

/* 0 or -errno where the codec cannot be used. Takes milliseconds.            */
int coder_name(struct content *name, const struct cln_codec *codec);

#endif

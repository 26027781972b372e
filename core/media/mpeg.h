/*
 * mpeg.h - walks the frames of an MP3 before a decoder gets to see them.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_MPEG_H
#define MEDIA_MPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does an MPEG audio frame of any layer begin here?                          */
bool mpeg_is(const uint8_t *data, size_t len);

/* From the first frame on: *used is where the last one ends, before what others
 * left there, such as a tag. 0, or -ENOTSUP or -EBADMSG with a sentence: a
 * layer other than III, damaged, cut short, or not as long as it says.       */
int mpeg_walk(size_t *used, const uint8_t *data, size_t len, char *why,
	      size_t cap);

#endif

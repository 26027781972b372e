/*
 * container.h - which kind of file a recording is, and whether all of it is
 * there, before a decoder gets to see it.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_CONTAINER_H
#define MEDIA_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

enum container_kind {
	CONTAINER_WAV,
	CONTAINER_FLAC,
	CONTAINER_OGG,
	CONTAINER_MP3,
};

/* The recording without the tags around it.                                  */
struct container {
	enum container_kind kind;
	const uint8_t *data;		/* lent                               */
	size_t len;
};

/* 0; -ENOTSUP: no kind of ours, -EBADMSG: cut short or damaged, each with a
 * sentence. A WAV is wav_parse()'s to judge, a FLAC its decoder's.           */
int container_find(struct container *c, const uint8_t *data, size_t len,
		   char *why, size_t cap);

#endif

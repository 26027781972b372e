/*
 * made.h - recordings that are made here and come from nowhere.
 *
 *	silence:MS		so much of nothing, 1 to MADE_SILENCE_MAX_MS
 *	dtmf:DIGITS		the digits as tones: 0-9, *, #, A-D
 *
 * They are made as WAV files and take the way of all others from there. Their
 * content is named by the SHA-256 of the address: no sound file is one.
 * Values; making is for a thread of the prompt pool.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_MADE_H
#define MEDIA_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADE_SILENCE_MAX_MS 600000

bool made_is(const char *url);
/* 0, or -EINVAL with a sentence.                                             */
int made_check(const char *url, char *why, size_t cap);
/* A file that the caller frees. 0, -EINVAL or -ENOMEM.                       */
int made_file(const char *url, uint8_t **data, size_t *len);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * compare.h - is a recording what the prompts said?
 */
#ifndef FAREND_COMPARE_H
#define FAREND_COMPARE_H

#include "txt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum compare_codec { CODEC_MULAW, CODEC_ALAW, CODEC_RAW };

struct comparison {
	bool match;
	size_t expected;        /* bytes of the prompts */
	size_t received;
	size_t compared;
	size_t matched;
	int64_t first_difference; /* -1: none */
	size_t padding;         /* bytes beyond the prompts */
	bool padding_is_silence;
	double snr_db;          /* recording against prompts, both decoded */
};

/* A match is every byte, and at most one frame of silence behind. */
void compare_bytes(struct comparison *c, const uint8_t *want, size_t want_len,
		   const uint8_t *got, size_t got_len,
		   enum compare_codec codec, size_t frame);
int compare_main(int argc, char **argv);

#endif

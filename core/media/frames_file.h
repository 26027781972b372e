/*
 * frames_file.h - a recording's frames in one codec as a file, and back.
 *
 * A head of fixed length, the frames, and their offsets where they differ in
 * length; one SHA-256 over all of it. A disk may hold anything: what is cut,
 * foreign, of another codec or of another machine's byte order is not read.
 * Any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FRAMES_FILE_H
#define MEDIA_FRAMES_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "media/content.h"
#include "media/prompt.h"

/* Whose frames they are: of this file, made by what codes like this.         */
struct frames_key {
	struct content content;
	struct content coder;		/* see coder.h                        */
};

struct frames_head {
	char magic[8];
	uint32_t order;			/* of bytes, as it was written        */
	uint32_t version;
	struct frames_key key;
	uint64_t len, n_frames, samples;
	uint32_t duration_ms;
	uint32_t has_offsets;		/* 0 or 1                             */
	struct content sum;		/* of all but itself                  */
};

/* What stands before data and offsets. 0 or -ENOMEM.                         */
int frames_file_head(struct frames_head *h, const struct frames_key *key,
		     const struct prompt_frames *f, uint32_t duration_ms);
size_t frames_offsets_bytes(const struct prompt_frames *f);

/* Copies what a whole file says; frames_free() gives it back. 0, -EBADMSG,
 * -ENOMEM.                                                                   */
int frames_file_read(struct prompt_frames *f, uint32_t *duration_ms,
		     const struct frames_key *key,
		     const struct cln_codec *codec, const uint8_t *file,
		     size_t len);

#endif

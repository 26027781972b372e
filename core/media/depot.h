/*
 * depot.h - what was fetched, and what was made of it, as files.
 *
 *	prompts/blobs/HASH		the fetched bytes, by their SHA-256
 *	prompts/frames/HASH-CODER	their frames in a codec (frames_file.h)
 *	prompts/urls/HASH		one URL, by its own SHA-256 (record.h)
 *
 * A cache: each file stands for itself and proves itself, and any of them may
 * be gone. What is broken is removed and made again; a disk that refuses to
 * write is left alone for a while. Frames are read into memory and not mapped:
 * a page that has to come from the disk, or is not there any more, must not
 * stop or kill a media thread.
 * The disk's thread, except depot_blob().
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_DEPOT_H
#define MEDIA_DEPOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/origin.h"
#include "media/prompt.h"
#include "media/shelf.h"

enum depot_folder { DEPOT_BLOBS, DEPOT_FRAMES, DEPOT_URLS, DEPOT_FOLDERS };

enum { DEPOT_CODERS_MAX = 32 };

struct depot {
	struct shelf shelf;
	bool is_open;
	int fds[DEPOT_FOLDERS];
	size_t max_file;		/* a fetched file's most bytes        */
	atomic_size_t bytes;		/* any thread may read                */
	bool failing;			/* the last write was refused         */
	int64_t retry_ms;
	size_t n_coders;
	struct depot_coder {
		const struct cln_codec *codec;
		struct content name;
		int err;
	} coders[DEPOT_CODERS_MAX];
};

/* Opens and scans what is below `dir`; *d is zeroed. Always succeeds: where a
 * folder cannot be had nothing is there and nothing is kept, which is said in
 * the log.                                                                   */
void depot_open(struct depot *d, const char *dir, size_t max_bytes,
		size_t max_file);
void depot_close(struct depot *d);

/* Each: 0, or -errno where it is not there, whole and readable.              */
int depot_origin(struct depot *d, const char *url, struct origin **op);
int depot_frames(struct depot *d, const struct content *c,
		 const struct cln_codec *codec, struct prompt_frames *f,
		 uint32_t *duration_ms);
bool depot_has_blob(struct depot *d, const struct content *c);
/* Any thread of the prompt pool, once depot_open() has returned.             */
int depot_blob(const struct depot *d, const struct content *c, uint8_t **data,
	       size_t *len);

/* What cannot be kept is not: no error of theirs matters to a call.          */
void depot_keep_blob(struct depot *d, const struct content *c,
		     const uint8_t *data, size_t len);
void depot_keep_frames(struct depot *d, const struct content *c,
		       const struct prompt_frames *f, uint32_t duration_ms);
void depot_keep_origin(struct depot *d, const struct origin *o);

/* Counts as used, though it was not read.                                    */
void depot_use_url(struct depot *d, const char *url);
void depot_use_content(struct depot *d, const struct content *c);
void depot_forget_url(struct depot *d, const char *url);
void depot_forget_content(struct depot *d, const struct content *c);

#endif

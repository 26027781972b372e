/*
 * record.h - an origin as a small file, and back.
 *
 *	carillon-url 1
 *	url https://example.org/hello.wav
 *	from https://cdn.example.org/hello.wav
 *	content 9f86d0...				64 hex digits
 *	etag "abc"					or not there
 *	modified Mon, 23 Nov 2026 09:51:23 GMT		or not there
 *	fetched 1795427483000				wall clock, ms
 *	fresh-until 1795427543000
 *	stale-until 0
 *	sum 2c26b4...			SHA-256 of all that stands above
 *
 * A disk may hold anything: what is not exactly this is no record. Any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_RECORD_H
#define MEDIA_RECORD_H

#include "base/buf.h"
#include "media/origin.h"

#define RECORD_LEN_MAX 8192

/* Appends; see b->err. What has no place on a line is left out: an ETag with
 * control characters is none.                                                */
void record_write(struct buf *b, const struct origin *o);
/* 0, -EBADMSG or -ENOMEM. `data` needs no NUL.                               */
int record_read(struct origin **op, const char *data, size_t len);

/* The file's last line, which makes it whole: for others of this make.       */
#define RECORD_SUM_LEN (4 + 64 + 1)
void record_seal(struct buf *b);
/* Length of what stands above the seal; 0: there is none, or it is broken.   */
size_t record_unseal(const char *data, size_t len);
/* Takes the next line, "NAME VALUE\n", if it has this name. *pos moves on.
 * The value is a NUL-ended copy. 0, -ENOENT or -ENAMETOOLONG.                */
int record_line(const char *data, size_t len, size_t *pos, const char *name,
		char *value, size_t cap);

#endif

/*
 * about.h - what an uploaded recording is, as a small file, and back.
 *
 *	carillon-prompt 1
 *	content 9f86d0...		64 hex digits
 *	name Welcome, in English
 *	format wav pcm_16
 *	rate 8000
 *	channels 1
 *	bytes 160044
 *	duration 10000			ms
 *	created 1795427483000		wall clock, ms
 *	sum 2c26b4...			SHA-256 of all that stands above
 *
 * A disk may hold anything: what is not exactly this is nothing. Any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_ABOUT_H
#define MEDIA_ABOUT_H

#include <carillon/services.h>

#include "base/buf.h"
#include "media/content.h"

#define ABOUT_LEN_MAX 1024

/* Appends; see b->err.                                                       */
void about_write(struct buf *b, const struct cln_prompt_info *info,
		 const struct content *c);
/* 0 or -EBADMSG.                                                             */
int about_read(struct cln_prompt_info *info, struct content *c,
	       const char *data, size_t len);
/* The first 32 digits of the content.                                        */
void about_id(char id[CLN_PROMPT_ID_LEN], const struct content *c);

#endif

/*
 * sdp_text.h - what the files of sdp.h share: cutting a description into lines,
 * words and numbers, and comparing formats.
 *
 * Inside core/sip/ only. The text is lent and never copied. Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_SDP_TEXT_H
#define SIP_SDP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/sdp.h"

enum {
	SDP_TEXT_MAX = 65535,		/* bytes of one description */
	SDP_MEDIA_MAX = 64,		/* m= lines of one description */
};

struct sdp_text {
	const char *p;
	size_t len;
};

struct sdp_lines {
	struct sdp_text rest;
	unsigned int number;		/* of the line last read, from 1 */
};

struct sdp_line {
	char type;
	struct sdp_text value;
};

/* m=<media> <port>[/<pairs>] <proto> <formats> */
struct sdp_media {
	struct sdp_text media, proto, formats;
	uint16_t port;
};

struct sdp_lines sdp_lines(const char *text, size_t len);
/* 1, 0 at the end, -EBADMSG for a line that is not "x=...". CRLF and bare LF
 * end a line (RFC 8866 5); empty lines are passed over. */
int sdp_next_line(struct sdp_lines *l, struct sdp_line *line);
int sdp_read_media(struct sdp_media *m, struct sdp_text value);
/* SDP_AVP or SDP_SAVP for the kinds of stream that we speak, else 0. */
unsigned int sdp_profile(const struct sdp_media *m);

/* The next word, spaces around it dropped; length 0 at the end. */
struct sdp_text sdp_word(struct sdp_text *rest);
/* What stands before `sep` (all of it without one); rest stands behind it. */
struct sdp_text sdp_cut(struct sdp_text *rest, char sep);
bool sdp_is(struct sdp_text t, const char *word);	/* in any case */
int sdp_number(uint32_t *out, struct sdp_text t, uint32_t min, uint32_t max);
/* NUL-ended copy; -EMSGSIZE if it does not fit. */
int sdp_copy(char *dst, size_t cap, struct sdp_text t);

/* Name and clock of a static payload type (RFC 3551 6); "" for the others. */
void sdp_static_format(struct sdp_format *f, int pt);
/* Carries speech, unlike DTMF and comfort noise. */
bool sdp_format_is_voice(const struct sdp_format *f);
bool sdp_format_same(const struct sdp_format *offered,
		     const struct sdp_format *answered);

/* What stands behind "a=crypto:". -EINVAL, -ENOTSUP: not a line for us. */
int sdp_read_crypto(struct sdp_crypto *c, struct sdp_text value);
void sdp_put_crypto(struct buf *out, const struct sdp_crypto *c);

#endif

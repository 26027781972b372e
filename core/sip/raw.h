/*
 * raw.h - the bytes of a message, before a parser may have them.
 *
 * Pure functions; any thread. For msg.c and stream_frame.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_RAW_H
#define SIP_RAW_H

#include <stddef.h>

#define RAW_HEAD_MAX (32 * 1024)	/* start line and headers              */

/* Is it text with an end of headers, a start line as it should be, and of bounded
 * parts? 0 with the length of the head, its empty line included; -EBADMSG: `why`
 * says what is wrong (static text).                                           */
int raw_check(const char *data, size_t len, size_t *head, const char **why);
/* Length of the header line that starts at p, with its folded lines.          */
size_t raw_line_len(const char *p, const char *end);
/* What follows the colon, if the line bears that name; else NULL.             */
const char *raw_header_value(const char *line, size_t len, const char *name);

#endif

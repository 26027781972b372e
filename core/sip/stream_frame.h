/*
 * stream_frame.h - finds where SIP messages begin and end in a byte stream.
 *
 * RFC 3261 18.3, 20.14: a message on a connection ends where its Content-Length
 * says; one without it, or with one that cannot be true, leaves nothing behind
 * it that could be understood. RFC 5626 3.5.1, 4.4.1: empty lines between
 * messages are keep-alives.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_STREAM_FRAME_H
#define SIP_STREAM_FRAME_H

#include <stdbool.h>

#include "base/buf.h"
#include "sip/raw.h"

enum {
	STREAM_MESSAGE_MAX = 65000,	/* bytes, with the body               */
	STREAM_CHUNK_MAX = 16 * 1024,	/* bytes given at a time              */
};

struct stream_frame {
	struct buf in;
	size_t at;			/* what is before it was handed out   */
	size_t scanned;			/* no end of the headers before it    */
	size_t head;			/* length of start line and headers, 0:
					 * not known yet                      */
	size_t total;			/* with the body                      */
	bool line_ok;			/* the start line was looked at       */
	bool crlf;			/* the last thing was an empty line    */
};

enum stream_event {
	STREAM_MORE,			/* more bytes are needed              */
	STREAM_MESSAGE,			/* one whole message                  */
	STREAM_CRLF,			/* an empty line: a pong or half a ping */
	STREAM_PING,			/* the second in a row: answer CRLF   */
	STREAM_BROKEN,			/* nothing more can be read; what is
					 * given is the head, or len 0        */
};

void stream_frame_init(struct stream_frame *f);
void stream_frame_deinit(struct stream_frame *f);
/* At most STREAM_CHUNK_MAX bytes, and only after stream_frame_next() said
 * STREAM_MORE. 0 or -ENOMEM.                                                 */
int stream_frame_put(struct stream_frame *f, const char *data, size_t len);
/* Ask until it says STREAM_MORE or STREAM_BROKEN. Data and len: lent until the
 * next call. `why` of what is broken: a few words.                           */
enum stream_event stream_frame_next(struct stream_frame *f, const char **data,
				    size_t *len, const char **why);
/* A message has begun and is not complete.                                   */
bool stream_frame_is_half(const struct stream_frame *f);

#endif

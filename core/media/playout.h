/*
 * playout.h - a cursor over a playlist: the payload of the next packet.
 *
 *	item 0          item 1       item 2
 *	|f|f|f|f|f|f|f| |f|f|f|f|f| |f|f|f|
 *	 packet 0     packet 1     packet 2 + silence
 *
 * Set up and torn down on the signalling thread, moved by the media worker.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_PLAYOUT_H
#define MEDIA_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/codec.h>
#include <carillon/services.h>

#include "media/prompt.h"

enum {
	PLAYOUT_PTIME_MAX = 100,	/* ms; longer wishes are cut to this  */
	PLAYOUT_PAYLOAD_MAX = 1400,	/* bytes; fits any path unfragmented  */
};

struct playout_item {
	struct prompt *prompt;		/* our reference                      */
	const struct prompt_frames *frames;
};

struct playout_place {
	size_t item, frame;
};

struct playout {
	const struct cln_codec *codec;
	struct playout_item *items;
	size_t n_items;
	uint32_t packet_frames;		/* frames in a packet                 */
	uint32_t packet_ms;		/* their time                         */
	uint32_t packet_units;		/* their time in RTP timestamp units  */
	size_t payload_max;
	uint8_t *silence;		/* one encoded frame of zeros; NULL:
					 * the last packet is not padded      */
	size_t silence_len;
	struct playout_place at;	/* what the next packet begins with   */
	struct playout_place next;	/* and the one after it               */
	/* Where it took over from another cursor, after how many packets, and
	 * what the far end had confirmed by then.                            */
	struct playout_place begin, heard;
	uint64_t packets_before;
};

/* Takes references to the prompts. -ENOENT: one was not made for this codec;
 * -EINVAL: the codec's frames do not make whole milliseconds; -EMSGSIZE: a
 * frame does not fit into a packet; -ENOMEM.                                 */
int playout_init(struct playout *p, const struct cln_codec *codec,
		 const struct cln_codec_params *params,
		 struct prompt *const *prompts, size_t n);
void playout_deinit(struct playout *p);		/* fine if all zero           */
/* Takes a new cursor over the same prompts, of another codec or packet time, to
 * the place where `from` stands. Where that is within one of its frames it says
 * the frame again: less than one frame twice, and nothing is lost. The stream
 * has sent `sent` packets, of which the far end confirmed `confirmed` (-1: it
 * never reported).                                                           */
void playout_take_over(struct playout *p, const struct playout *from,
		       uint64_t sent, int64_t confirmed);

/* Writes the payload of the next packet (at most payload_max bytes) and returns
 * its length, 0 at the end of the playlist. The cursor stays: asked again, it
 * gives the same.                                                            */
size_t playout_peek(struct playout *p, uint8_t *dst);
/* The packet that was peeked at has left.                                    */
void playout_advance(struct playout *p);
bool playout_at_end(const struct playout *p);

/* How far each item begun was sent, and how far the far end confirmed it, which
 * saw the first `confirmed` packets of the stream (-1: it never reported).
 * Returns how many items were begun, at most `cap`.                          */
uint32_t playout_report(const struct playout *p, int64_t confirmed,
			struct cln_played *items, uint32_t cap);

#endif

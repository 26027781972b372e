/*
 * figures.h - the figures of one stream, as a report tells them.
 *
 * Thread: signalling, once the media worker has let go of the stream.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FIGURES_H
#define MEDIA_FIGURES_H

#include <stdint.h>

#include <carillon/codec.h>
#include <carillon/services.h>

#include "media/receive.h"

/* What the sending side knows.                                               */
struct figures_sent {
	uint64_t packets, bytes;	/* bytes of payload                   */
	uint64_t confirmed;		/* packets up to the newest that the far
					 * end reported; 0: it did not        */
	int64_t late_max_ns;
};

/* `codec` is the negotiated one, NULL: none yet.                             */
void figures_fill(struct cln_rtp_figures *f, const struct receive *r,
		  const struct cln_codec *codec,
		  const struct figures_sent *sent);

#endif

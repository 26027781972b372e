/*
 * maker.h - the threads that turn fetched files into frames.
 *
 * One thread per core, each with one file at a time; who waits, waits with the
 * caller, so that it can be dropped. All functions are for the home thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_MAKER_H
#define MEDIA_MAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/codec.h>

#include "base/inbox.h"
#include "media/prompt.h"

struct makers;
struct maker;

/* Most codecs that one prompt holds. */
#define MAKE_CODECS_MAX 16

struct make {
	struct msg msg;			/* first: the makers' own             */
	struct maker *maker;		/* the makers' own                    */
	/* The file, lent until done; or else a function that gets it, on the
	 * maker's thread: 0 and the maker's to free, or -errno.              */
	const uint8_t *data;
	size_t len;
	int (*load)(struct make *, uint8_t **data, size_t *len);
	const struct cln_codec *codecs[MAKE_CODECS_MAX];
	size_t n_codecs;
	void (*done)(struct make *);	/* runs on the home thread            */
	/* Result: the frames are the caller's where err is 0.                */
	int err;
	bool not_loaded;		/* load() said err                    */
	char why[PROMPT_WHY_LEN];
	struct prompt_frames frames[MAKE_CODECS_MAX];
	uint32_t duration_ms;
};

int makers_new(struct makers **mp, struct inbox *home, unsigned int threads,
	       int max_audio_s);
/* Ends the threads; what was under way is told as -ECANCELED.                */
void makers_stop(struct makers *m);
void makers_free(struct makers *m);		/* after makers_stop()        */

bool makers_idle(const struct makers *m);	/* is a thread free?          */
void make_start(struct makers *m, struct make *mk);	/* one must be free   */

/* The work itself, on any thread: fills the result of mk.                    */
void make_now(struct make *mk, int max_audio_s, const atomic_bool *stop);

#endif

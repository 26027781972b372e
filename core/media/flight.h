/*
 * flight.h - prompts on their way, and the pool that they belong to.
 *
 *                 asking -----------> waiting --> fetching
 *               (the disk:     stale     ^  a turn of    |
 *                the URL)    or unknown  |  the host     | 200, 304
 *                   |                    |               v
 *     known before  |fresh               |not there   which bytes is settled
 *     ------------->+--> ready --> loading --> loaded --> making --> finished
 *                        a slot   (the disk:   a maker                  |
 *                                  frames)                           keeping
 *                                                                  (the disk)
 * A flight takes one URL to its bytes, and these to frames, for all who wait
 * for it in whatever codecs; who comes later with one codec more has it made
 * before it lands. Two flights of the same bytes make one after the other, so
 * that the second finds what the first has made.
 * For the prompt pool only; home thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FLIGHT_H
#define MEDIA_FLIGHT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/map.h"
#include "media/access.h"
#include "media/cache.h"
#include "media/disk.h"
#include "media/fetch.h"
#include "media/library.h"
#include "media/maker.h"
#include "media/origin.h"
#include "media/prompt.h"
#include "media/turns.h"

/* Where the bytes of a URL come from.                                        */
enum place {
	PLACE_SERVER,			/* http, https                        */
	PLACE_LIBRARY,			/* prompt:ID                          */
	PLACE_HERE,			/* silence:MS, dtmf:DIGITS            */
};

/* What prompt_get() has found out of a URL.                                  */
struct address {
	const char *url;
	enum place place;
	struct target target;		/* SERVER                             */
	struct content content;		/* LIBRARY, HERE                      */
};

struct flight;
TAILQ_HEAD(flight_list, flight);
TAILQ_HEAD(get_list, prompt_get);

struct prompts {
	struct prompts_config cfg;
	struct access access;
	struct fetcher *fetcher;
	struct makers *makers;
	struct disk *disk;		/* NULL: nothing outlives the process */
	struct library *library;	/* NULL: there is none                */
	struct cache cache;
	struct origins origins;
	struct map *flights;		/* by URL: the one that new gets join */
	struct map *making;		/* by content: the one that makes     */
	struct map *hosts;		/* by "host:port": struct host        */
	struct flight_list waiting, ready, loaded;
	size_t n_flights;		/* that live                          */
	size_t n_active;		/* that hold, or will hold, a file    */
	bool closed;			/* goes when all it counts is gone    */
	uint64_t n_fetched, n_failed, n_hits, n_unchanged, n_disk_hits;
};

struct prompt_get {
	struct msg msg;			/* first: for what is ready at once   */
	struct flight *flight;		/* NULL: ready, or being told         */
	TAILQ_ENTRY(prompt_get) link;	/* in its flight                      */
	prompt_fn *fn;
	void *arg;
	bool cancelled;
	struct prompt *prompt;		/* ready: a reference                 */
	size_t n_codecs;
	const struct cln_codec *codecs[MAKE_CODECS_MAX];
	int err;
	char why[PROMPT_WHY_LEN];
};

/* Adds g to a flight that will give it every codec, starting one if need be.
 * 0, -ENOMEM, or -EAGAIN where too many wait.                                */
int flight_join(struct prompts *p, const struct address *a,
		struct prompt_get *g);
void flight_leave(struct prompt_get *g);
/* Ends all flights; nobody may be waiting for one.                           */
void flights_close(struct prompts *p);

/* prompt.c: frees a closed pool once nothing counts on it any more.          */
void prompts_settle(struct prompts *p);
int64_t prompts_now_ms(const struct prompts *p);	/* wall clock         */

#endif

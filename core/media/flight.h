/*
 * flight.h - prompts on their way, and the pool that they belong to.
 *
 *   waiting --> fetching --> fetched --> making --> finished
 *   (bounded per host        (for a free
 *    and altogether)          maker)
 *
 * A flight is one fetch and one making for all who wait for the same URL.
 * For prompt.c and flight.c only; home thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FLIGHT_H
#define MEDIA_FLIGHT_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/map.h"
#include "media/access.h"
#include "media/cache.h"
#include "media/fetch.h"
#include "media/maker.h"
#include "media/prompt.h"

struct flight;

struct flight_list {
	struct flight *first, *last;
};

struct prompts {
	struct prompts_config cfg;
	struct access access;
	struct fetcher *fetcher;
	struct makers *makers;
	struct cache cache;
	struct map *flights;		/* by URL: the one that new gets join */
	struct map *hosts;		/* by "host:port": struct host        */
	struct flight_list waiting, fetched;
	size_t n_flights;		/* that live                          */
	size_t n_waiting;
	size_t n_active;		/* that hold, or will hold, a file    */
	bool closed;			/* goes when all it counts is gone    */
	uint64_t n_fetched, n_failed, n_hits;
};

struct prompt_get {
	struct msg msg;			/* first: for what is ready at once   */
	struct flight *flight;		/* NULL: ready, or being told         */
	struct prompt_get *prev, *next;	/* in its flight                      */
	prompt_fn *fn;
	void *arg;
	bool cancelled;
	struct prompt *prompt;		/* ready: a reference                 */
	int err;
	char why[PROMPT_WHY_LEN];
};

/* Adds g to a flight that will give it every codec, starting one if need be.
 * 0, -ENOMEM, or -EAGAIN where too many wait.                                */
int flight_join(struct prompts *p, const char *url, const struct target *t,
		const struct cln_codec *const *codecs, size_t n,
		struct prompt_get *g);
void flight_leave(struct prompt_get *g);
/* Ends all flights; nobody may be waiting for one.                           */
void flights_close(struct prompts *p);

/* prompt.c: frees a closed pool once nothing counts on it any more.          */
void prompts_settle(struct prompts *p);

#endif

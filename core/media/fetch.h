/*
 * fetch.h - fetches recordings over http and https, many at a time.
 *
 * One thread drives all transfers through libcurl's multi interface, so that a
 * server that stalls holds up nobody else. Each connection's address is
 * checked when it is made; redirects are followed here, each one judged like
 * the first URL. All functions are for the home thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FETCH_H
#define MEDIA_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/inbox.h"
#include "media/access.h"
#include "media/content.h"
#include "media/freshness.h"
#include "media/origin.h"
#include "media/prompt.h"

struct fetcher;

struct fetcher_config {
	struct inbox *home;		/* where results are told             */
	struct access access;
	int timeout_s;			/* a whole fetch, redirects included  */
	size_t max_bytes;		/* of one file                        */
	size_t max_held;		/* of all files in memory             */
	const char *proxy, *ca_file, *user_agent;	/* lent; may be NULL  */
};

struct fetch {
	int err;			/* 0: data is the file                */
	char why[PROMPT_WHY_LEN];	/* sentence where err is not 0        */
	uint8_t *data;
	size_t len;
	struct content content;		/* of data                            */
	bool unchanged;			/* no data: 304, it is what we have   */
	bool unreachable;		/* err: no answer, or 5xx            */
	int64_t asked_ms;		/* the last request began, monotonic  */
	struct freshness keep;
	/* Of the answer; NULL: none. */
	char *from, *etag, *modified;
};

int fetcher_new(struct fetcher **fp, const struct fetcher_config *cfg);
/* Ends the thread; what was under way is told as -ECANCELED.                 */
void fetcher_stop(struct fetcher *f);
/* After fetcher_stop(), when every fetch was released.                       */
void fetcher_free(struct fetcher *f);

/* Copies url. `known`, lent until `done` or NULL, is what we have of it: where
 * it is still what it was, the answer is `unchanged`. `done` runs on the home
 * thread, later. 0, -ENOMEM, -EAGAIN.                                        */
int fetch_start(struct fetch **fetchp, struct fetcher *f, const char *url,
		const struct origin *known, void (*done)(void *arg), void *arg);
/* Gives result and memory back; only after `done`. NULL is fine.             */
void fetch_release(struct fetch *fetch);

#endif

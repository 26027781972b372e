/*
 * flight_impl.h - what a flight is inside.
 *
 * For flight.c, flight_bytes.c and flight_frames.c only; home thread, but what
 * a maker is given to load runs on the maker's.
 *
 * Each event says what it has learnt and leaves the rest to flight_provide(),
 * which looks at what is there and what is still wanted.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FLIGHT_IMPL_H
#define MEDIA_FLIGHT_IMPL_H

#include "media/codec_set.h"
#include "media/flight.h"

enum flight_state {
	ASKING, WAITING, FETCHING, READY, LOADING, LOADED, MAKING,
	LANDING, KEEPING
};

struct flight {
	struct make make;	/* first: codecs wanted, then the frames      */
	struct disk_op op;
	struct msg msg;		/* goes on later, from the inbox              */
	struct prompts *pool;
	struct host *host;	/* of a server                                */
	struct fetch *fetch;
	char *url;
	enum place place;
	enum flight_state state;
	struct origin *origin;	/* what is known of the URL, ours; or NULL    */
	bool is_new;		/* the origin is not yet on disk              */
	struct content content;
	struct prompt *prompt;	/* what there is of them; or NULL             */
	struct codec_set sought, made;	/* of them: on disk; here             */
	bool has_blob;		/* the disk seems to have the file            */
	bool from_disk, was_fetched, refetched, no_store;
	bool active;		/* has one of ACTIVE_MAX                      */
	struct get_list waiters;
	TAILQ_ENTRY(flight) link;	/* waiting, ready or loaded list      */
};

/* flight.c: the end of it. flight_finish() tells all who wait; afterwards, and
 * after flight_drop(), f is gone, and so may its pool be.                    */
void flight_finish(struct flight *f, int err, const char *why);
void flight_drop(struct flight *f);
/* Into one of the pool's lists, and all go on that may.                      */
void flight_queue(struct flight *f, struct flight_list *list,
		  enum flight_state state);

/* flight_bytes.c: from the URL to which bytes. Each takes f to its next event;
 * a fetch and a question to the disk end in flight_provide().                */
void flight_begin(struct flight *f);
void flight_fetch(struct flight *f);
void flight_fetch_anew(struct flight *f);	/* known bytes are lost       */

/* flight_frames.c: from the bytes to frames.                                 */
void flight_provide(struct flight *f);
void flight_load(struct flight *f, const struct codec_set *want);
void flight_make(struct flight *f, const struct codec_set *want);
/* Takes what the cache has, if it is no less than what the flight has.       */
void flight_take_known(struct flight *f);
/* What is wanted and not there. */
struct codec_set flight_missing(const struct flight *f);

#endif

/*
 * watch.h - frees workers from connections that give them nothing to do.
 *
 * civetweb gives each connection a worker for life. A stranger who opens more
 * of them than there are workers, and sends half a header on each, would shut
 * the API. So one thread looks at what every worker waits for: while workers
 * are free, a slow client may take its time; when all are taken, those that
 * wait for a stranger are cut off after a moment.
 *
 *	        init                begin                 end
 *	FREE ---------> HEADER ---------------> WORK ----------> IDLE
 *	                   ^                   |    ^             |
 *	                   |               BODY, WRITE            |
 *	                   +------- next request, same way -------+
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_WATCH_H
#define API_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <civetweb.h>

enum watch_phase {
	WATCH_FREE,
	WATCH_HEADER,		/* waits for the request line and headers     */
	WATCH_IDLE,		/* waits for another request                  */
	WATCH_BODY,		/* waits for (more of) the body               */
	WATCH_WORK,		/* ours; never cut off                        */
	WATCH_WRITE,		/* waits for the client to read               */
};

enum {
	WATCH_TICK_MS = 40,
	WATCH_CROWDED_MS = 120,	/* patience while every worker is taken       */
	WATCH_BODY_MS = 3000,	/* patience for each block of a body          */
	WATCH_WRITE_MS = 10000,
};

struct watch;

int watch_new(struct watch **wp, unsigned int n_workers);
void watch_free(struct watch *w);	/* after the last worker has ended    */
/* The slot of a new worker, for the life of its thread; NULL when used up.   */
struct watch_slot *watch_take(struct watch *w);
/* The worker says what it does from now on.                                  */
void watch_phase(struct watch_slot *s, const struct mg_connection *conn,
		 enum watch_phase phase);
/* Was the connection cut off while it waited?                                */
bool watch_was_cut(struct watch_slot *s);
/* Are so many workers taken that none should be kept for an idle client?     */
bool watch_is_busy(struct watch *w);
/* Waits until no worker is at work, `ms` at most.                            */
void watch_settle(struct watch *w, unsigned int ms);
/* From now on whoever waits is cut off at once, so that the server can stop;
 * `port` of 127.0.0.1 or `host` is knocked at until watch_free().            */
void watch_hurry(struct watch *w, const char *host, uint16_t port);

#endif

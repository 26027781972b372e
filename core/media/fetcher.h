/*
 * fetcher.h - the fetcher's thread and what its transfers share.
 *
 * For fetch.c, fetch_terms.c and fetcher.c only; all but the messages on the
 * fetcher's thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FETCHER_H
#define MEDIA_FETCHER_H

#include <stdbool.h>

#include <curl/curl.h>

#include "base/thread.h"
#include "media/fetch.h"

struct fetcher {
	struct fetcher_config cfg;
	struct thread thread;
	struct inbox *inbox;
	struct msg stop_msg;
	CURLM *multi;
	struct transfer *first, *last;	/* under way, oldest first            */
	size_t held;			/* bytes reserved of cfg.max_held     */
	bool stopping;			/* fetcher's thread                   */
	bool stopped;			/* home thread: the thread is gone    */
};

/* A fetch and what it takes to make it. While it is under way it belongs to the
 * fetcher's thread, before and afterwards to the home thread.                */
struct transfer {
	struct msg msg;			/* first: see transfer_of()           */
	struct fetch fetch;
	struct fetcher *fetcher;
	struct transfer *prev, *next;
	void (*done)(void *arg);
	void *arg;
	char *url;			/* of this hop                        */
	const struct origin *known;	/* lent; NULL: nothing                */
	struct hasher *hasher;		/* of the data so far                 */
	struct freshness way;		/* of the redirects that led here     */
	bool asked_known;		/* this hop named what is known       */
	struct target target;
	CURL *easy;
	struct curl_slist *headers;
	int64_t deadline_ms;
	int hops;
	size_t cap, reserved, header_bytes;
	bool judged;			/* the answer's header was looked at  */
	bool skip_body;			/* nothing in the body is for us      */
	bool paused;			/* waits for memory                   */
	struct addr refused;		/* the last address that was refused  */
	bool has_refused;
	char curl_error[CURL_ERROR_SIZE];
};

static inline struct transfer *transfer_of(struct msg *m)
{
	return (struct transfer *)m;
}

/* fetch.c: one transfer. begin() adds it to the multi handle; ended() takes
 * libcurl's verdict and returns true when the fetch is over, false for the next
 * hop. */
int transfer_begin(struct transfer *t);
bool transfer_ended(struct transfer *t, CURLcode result);
void transfer_fail(struct transfer *t, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void transfer_close(struct transfer *t);	/* libcurl's part             */
void transfer_free(struct transfer *t);

/* fetch_terms.c: the nth header of this name in the last answer, or NULL; the
 * headers of the hop that begins; what the answer of a redirect and that of the
 * end say. 0, or failed.                                                     */
const char *transfer_header(struct transfer *t, const char *name, size_t nth);
int terms_ask(struct transfer *t);
void terms_note_hop(struct transfer *t, long status);
int terms_note_answer(struct transfer *t);

/* fetcher.c: takes the memory for a file of `want` bytes out of the common
 * allowance; false: not now.                                                 */
bool fetcher_reserve(struct transfer *t, size_t want);

#endif

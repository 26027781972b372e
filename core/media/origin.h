/*
 * origin.h - which bytes a URL led to, and how long that may be believed.
 *
 * Times are of the wall clock, since they outlive the process. One that jumps
 * does no harm: forward, the server is asked early; back, what then seems to
 * come from the future is not believed.
 * Home thread, except where a copy is handed over.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_ORIGIN_H
#define MEDIA_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/map.h"
#include "media/content.h"

/* Of ETag and Last-Modified; what is longer is not kept.                     */
#define VALIDATOR_LEN_MAX 512

struct origin {
	char *url;
	char *from;		/* the URL that answered, after redirects: its
				 * validators say nothing of any other        */
	char *etag, *modified;	/* as they were sent; NULL: none              */
	struct content content;
	/* In this order, the first is when it was asked for.                 */
	int64_t fetched_ms, fresh_until_ms, stale_until_ms;
	TAILQ_ENTRY(origin) link;	/* while it is in the table           */
};

/* Copies; any but url and from may be NULL. 0 or -ENOMEM.                    */
int origin_new(struct origin **op, const char *url, const char *from,
	       const char *etag, const char *modified);
int origin_copy(struct origin **op, const struct origin *from);
void origin_free(struct origin *o);

bool origin_is_fresh(const struct origin *o, int64_t now_ms);
/* May it be used where the server fails?                                     */
bool origin_serves_stale(const struct origin *o, int64_t now_ms);

/* Those that are known, by URL; the longest unused go first.                 */
struct origins {
	struct map *by_url;
	TAILQ_HEAD(origin_list, origin) list;	/* oldest first               */
	size_t n, max;
};

int origins_init(struct origins *os, size_t max);
void origins_deinit(struct origins *os);
/* Takes o, in place of what was there.                                       */
void origins_put(struct origins *os, struct origin *o);
/* Lent, or NULL; counts as used.                                             */
const struct origin *origins_get(struct origins *os, const char *url);
void origins_remove(struct origins *os, const char *url);

#endif

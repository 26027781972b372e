/*
 * freshness.h - how long an answer may be used without asking again (RFC 9111).
 *
 * We are the end of the line and nobody else's cache: `private` is no bar, and
 * `s-maxage` is not for us. Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FRESHNESS_H
#define MEDIA_FRESHNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nothing is believed for longer than this, whatever was said.               */
#define FRESH_MAX_S 86400

struct freshness {
	int fresh_s;		/* from now on; -1: nothing was said          */
	int stale_s;		/* and so long beyond, while the server fails:
				 * only if it said so (stale-if-error, RFC
				 * 5861) and not where must-revalidate forbids;
				 * -1: there was no Cache-Control at all      */
	bool no_store;		/* for those only who wait for it now         */
};

/* The nth header of this name in an answer, or NULL.                         */
typedef const char *header_fn(void *arg, const char *name, size_t nth);

/* 4.2.1: max-age, else Expires less Date (less `now_s` where it is missing),
 * both less Age. Where two say different things, the shorter time holds.     */
void freshness_read(struct freshness *f, header_fn *header, void *arg,
		    int64_t now_s);
/* What holds when one answer led to the other, as a redirect does.           */
void freshness_join(struct freshness *f, const struct freshness *other);

#endif

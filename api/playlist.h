/*
 * playlist.h - the "playlist" of a request: what is played, sent, waited for.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_PLAYLIST_H
#define API_PLAYLIST_H

#include <carillon/services.h>
#include <jansson.h>

/* Lends the strings of the tree that it was read from.                       */
struct playlist {
	size_t n;
	struct cln_item items[CLN_ITEMS_MAX];
	struct cln_gather *gathers;	/* of the items that are some         */
};

/* Reads the member "playlist" of `body`; each fault is a problem of its own.
 * Free it afterwards in every case.                                          */
void playlist_read(struct playlist *list, json_t *body,
		   struct cln_problems *ps);
void playlist_free(struct playlist *list);

#endif

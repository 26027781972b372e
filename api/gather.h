/*
 * gather.h - the item of a playlist that waits for digits.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_GATHER_H
#define API_GATHER_H

#include <carillon/services.h>
#include <jansson.h>

/* Reads the object `o` at `base` of a playlist of n_items. What is wrong becomes
 * problems, what is missing its default.                                     */
void gather_read(struct cln_gather *g, json_t *o, const char *base,
		 size_t n_items, struct cln_problems *ps);

#endif

/*
 * media_json.h - what was played and heard in an attempt, as one JSON text.
 *
 * Pure functions. Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#ifndef STORE_MEDIA_JSON_H
#define STORE_MEDIA_JSON_H

#include <carillon/services.h>

char *media_to_json(const struct cln_attempt *a);	/* free(); NULL: memory */
/* Fills what media_to_json() wrote; played and gathered are allocated, NULL where
 * there are none. 0, -EIO or -ENOMEM.                                        */
int media_from_json(struct cln_attempt *a, const char *text);

#endif

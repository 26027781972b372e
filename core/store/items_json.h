/*
 * items_json.h - a playlist as one JSON text, as it is kept on disk.
 *
 * Pure functions. Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#ifndef STORE_ITEMS_JSON_H
#define STORE_ITEMS_JSON_H

#include <stddef.h>

#include <carillon/services.h>

char *items_to_json(const struct cln_item *items, size_t n); /* free(); NULL */
/* Copies, the caller's to items_free() even after an error. 0, -EIO, -ENOMEM. */
int items_from_json(struct cln_item **itemsp, size_t *np, const char *text);
void items_free(struct cln_item *items, size_t n);

#endif

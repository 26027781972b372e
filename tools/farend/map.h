/* SPDX-License-Identifier: MIT */
/*
 * map.h - an intrusive hash map keyed by text.
 */
#ifndef FAREND_MAP_H
#define FAREND_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_node {
	struct map_node *next;
	const char *key;        /* lent by the owner of the node */
	uint32_t hash;
	void *value;
};

struct map {
	struct map_node **buckets;
	size_t cap;             /* a power of two */
	size_t n;
};

int map_init(struct map *m);
void map_deinit(struct map *m);
void map_add(struct map *m, struct map_node *n, const char *key, void *value);
void map_del(struct map *m, struct map_node *n);
void *map_find(const struct map *m, const char *key);
/* Any one value, or NULL when the map is empty; for tearing down. */
void *map_any(const struct map *m);

#endif

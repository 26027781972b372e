/*
 * map.h - a hash map from byte strings to pointers.
 *
 * Keys are copied, values are lent. SipHash-2-4 with a random key, since keys
 * come from the wire. One thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>

struct map;

int map_new(struct map **mapp);
void map_free(struct map *m);		/* values stay the caller's           */
int map_put(struct map *m, const void *key, size_t len, void *value);
					/* -EEXIST if it is there             */
/* Same; *kept is the map's own copy of the key, good until it is removed.    */
int map_put_kept(struct map *m, const void *key, size_t len, void *value,
		 const char **kept);
void *map_get(const struct map *m, const void *key, size_t len);
void *map_remove(struct map *m, const void *key, size_t len);
size_t map_count(const struct map *m);
/* Steps through all: start with *pos = 0; NULL at the end. The entry just
 * returned may be removed between steps, nothing may be added.               */
void *map_next(const struct map *m, size_t *pos);

int map_put_str(struct map *m, const char *key, void *value);
void *map_get_str(const struct map *m, const char *key);
void *map_remove_str(struct map *m, const char *key);

#endif

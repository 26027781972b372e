/*
 * map.c - a hash map from byte strings to pointers.
 *
 * Open addressing with linear probing. A removed entry leaves a tombstone, so
 * nothing moves while somebody steps through the map; tombstones go when the
 * table is built anew. One thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/siphash.h"

enum { FIRST_CAP = 16 };

struct entry {
	void *value;
	size_t len;
	char key[];
};

struct cell {
	uint64_t hash;
	struct entry *entry;	/* NULL: never used; &tombstone: removed      */
};

struct map {
	struct cell *cells;
	size_t cap;		/* a power of two                             */
	size_t n;		/* live entries                               */
	size_t filled;		/* live entries and tombstones                */
	uint64_t key[2];
};

static struct entry tombstone;

int map_new(struct map **mapp)
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->cells = calloc(FIRST_CAP, sizeof(*m->cells));
	if (!m->cells) {
		free(m);
		return -ENOMEM;
	}
	m->cap = FIRST_CAP;
	random_fill(random_system(), m->key, sizeof(m->key));
	*mapp = m;
	return 0;
}

static bool is_live(const struct cell *c)
{
	return c->entry && c->entry != &tombstone;
}

void map_free(struct map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->cap; i++) {
		if (is_live(&m->cells[i]))
			free(m->cells[i].entry);
	}
	free(m->cells);
	free(m);
}

static struct cell *find_hash(const struct map *m, uint64_t hash,
			      const void *key, size_t len)
{
	for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct cell *c = &m->cells[i];

		if (!c->entry)
			return NULL;
		if (is_live(c) && c->hash == hash && c->entry->len == len &&
		    !memcmp(c->entry->key, key, len))
			return c;
	}
}

static struct cell *find(const struct map *m, const void *key, size_t len)
{
	return find_hash(m, siphash(m->key, key, len), key, len);
}

/* The first cell that never was used: the caller has made sure of one.       */
static struct cell *find_free(struct cell *cells, size_t cap, uint64_t hash)
{
	size_t i = hash & (cap - 1);

	while (cells[i].entry)
		i = (i + 1) & (cap - 1);
	return &cells[i];
}

/* Keeps the table at most three quarters full, tombstones included, so that
 * every probe ends soon.                                                     */
static int make_room(struct map *m)
{
	size_t cap = FIRST_CAP;
	struct cell *cells;

	if (m->filled + 1 <= m->cap / 4 * 3)
		return 0;
	while (cap / 2 < m->n + 1)
		cap *= 2;
	cells = calloc(cap, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	for (size_t i = 0; i < m->cap; i++) {
		if (is_live(&m->cells[i]))
			*find_free(cells, cap, m->cells[i].hash) = m->cells[i];
	}
	free(m->cells);
	m->cells = cells;
	m->cap = cap;
	m->filled = m->n;
	return 0;
}

int map_put_kept(struct map *m, const void *key, size_t len, void *value,
		 const char **kept)
{
	uint64_t hash = siphash(m->key, key, len);
	struct entry *e;

	assert(value);
	if (find_hash(m, hash, key, len))
		return -EEXIST;
	if (make_room(m))
		return -ENOMEM;
	e = malloc(sizeof(*e) + len);
	if (!e)
		return -ENOMEM;
	e->value = value;
	e->len = len;
	if (len)
		memcpy(e->key, key, len);
	*find_free(m->cells, m->cap, hash) = (struct cell){ hash, e };
	m->n++;
	m->filled++;
	*kept = e->key;
	return 0;
}

int map_put(struct map *m, const void *key, size_t len, void *value)
{
	const char *kept;

	return map_put_kept(m, key, len, value, &kept);
}

void *map_get(const struct map *m, const void *key, size_t len)
{
	const struct cell *c = find(m, key, len);

	return c ? c->entry->value : NULL;
}

/* A tombstone in front of an unused cell holds no chain together.            */
static void sweep(struct map *m, size_t i)
{
	while (!m->cells[(i + 1) & (m->cap - 1)].entry &&
	       m->cells[i].entry == &tombstone) {
		m->cells[i].entry = NULL;
		m->filled--;
		i = (i - 1) & (m->cap - 1);
	}
}

void *map_remove(struct map *m, const void *key, size_t len)
{
	struct cell *c = find(m, key, len);
	void *value;

	if (!c)
		return NULL;
	value = c->entry->value;
	free(c->entry);
	c->entry = &tombstone;
	m->n--;
	sweep(m, (size_t)(c - m->cells));
	return value;
}

size_t map_count(const struct map *m)
{
	return m->n;
}

void *map_next(const struct map *m, size_t *pos)
{
	while (*pos < m->cap) {
		const struct cell *c = &m->cells[(*pos)++];

		if (is_live(c))
			return c->entry->value;
	}
	return NULL;
}

int map_put_str(struct map *m, const char *key, void *value)
{
	return map_put(m, key, strlen(key), value);
}

void *map_get_str(const struct map *m, const char *key)
{
	return map_get(m, key, strlen(key));
}

void *map_remove_str(struct map *m, const char *key)
{
	return map_remove(m, key, strlen(key));
}

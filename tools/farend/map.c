/* SPDX-License-Identifier: MIT */
/*
 * map.c - an intrusive hash map keyed by text: calls by Call-ID,
 * transactions by branch, nonces.
 * Thread: signalling.
 */
#include "map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;       /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

int map_init(struct map *m)
{
	m->cap = 1024;
	m->n = 0;
	m->buckets = calloc(m->cap, sizeof(*m->buckets));
	return m->buckets ? 0 : -ENOMEM;
}

void map_deinit(struct map *m)
{
	free(m->buckets);
	memset(m, 0, sizeof(*m));
}

static void map_grow(struct map *m)
{
	size_t cap = m->cap * 2;
	struct map_node **b = calloc(cap, sizeof(*b));

	if (!b)
		return;         /* the chains grow longer, nothing else */
	for (size_t i = 0; i < m->cap; i++) {
		struct map_node *n = m->buckets[i];

		while (n) {
			struct map_node *next = n->next;

			n->next = b[n->hash & (cap - 1)];
			b[n->hash & (cap - 1)] = n;
			n = next;
		}
	}
	free(m->buckets);
	m->buckets = b;
	m->cap = cap;
}

void map_add(struct map *m, struct map_node *n, const char *key, void *value)
{
	if (m->n >= m->cap)
		map_grow(m);
	n->key = key;
	n->value = value;
	n->hash = hash_of(key);
	n->next = m->buckets[n->hash & (m->cap - 1)];
	m->buckets[n->hash & (m->cap - 1)] = n;
	m->n++;
}

void map_del(struct map *m, struct map_node *n)
{
	struct map_node **p;

	if (!n->key)
		return;
	p = &m->buckets[n->hash & (m->cap - 1)];
	while (*p && *p != n)
		p = &(*p)->next;
	if (*p) {
		*p = n->next;
		m->n--;
	}
	n->key = NULL;
}

void *map_find(const struct map *m, const char *key)
{
	uint32_t h = hash_of(key);
	struct map_node *n = m->buckets[h & (m->cap - 1)];

	for (; n; n = n->next)
		if (n->hash == h && strcmp(n->key, key) == 0)
			return n->value;
	return NULL;
}

void *map_any(const struct map *m)
{
	for (size_t i = 0; m->n && i < m->cap; i++)
		if (m->buckets[i])
			return m->buckets[i]->value;
	return NULL;
}

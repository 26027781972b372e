/*
 * slot.c - 64-bit ids that go stale: slot number and generation.
 *
 * An id is the generation in the upper half and the slot's number, counted
 * from 1, in the lower. One thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#include "base/slot.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAP = 16 };

struct slot {
	void *object;		/* NULL: free                                 */
	uint32_t generation;	/* grows each time the slot is given back     */
	uint32_t next_free;	/* number of the next free slot, 0: none      */
};

void slots_init(struct slots *s)
{
	*s = (struct slots){ 0 };
}

void slots_deinit(struct slots *s)
{
	free(s->items);
	slots_init(s);
}

static int grow(struct slots *s)
{
	uint32_t cap = s->cap ? s->cap * 2 : FIRST_CAP;
	struct slot *items;

	if (s->cap > UINT32_MAX / 2)
		return -ENOMEM;
	items = realloc(s->items, cap * sizeof(*items));
	if (!items)
		return -ENOMEM;
	s->items = items;
	s->cap = cap;
	return 0;
}

int slot_add(struct slots *s, void *object, uint64_t *id)
{
	uint32_t number = s->free_head;
	struct slot *item;

	assert(object);
	if (number) {
		item = &s->items[number - 1];
		s->free_head = item->next_free;
	} else {
		if (s->used == s->cap && grow(s))
			return -ENOMEM;
		number = ++s->used;
		item = &s->items[number - 1];
		item->generation = 0;
	}
	item->object = object;
	*id = (uint64_t)item->generation << 32 | number;
	return 0;
}

static struct slot *find(const struct slots *s, uint64_t id)
{
	uint32_t number = (uint32_t)id;
	struct slot *item;

	if (!number || number > s->used)
		return NULL;
	item = &s->items[number - 1];
	if (!item->object || item->generation != id >> 32)
		return NULL;
	return item;
}

void *slot_get(const struct slots *s, uint64_t id)
{
	const struct slot *item = find(s, id);

	return item ? item->object : NULL;
}

void slot_remove(struct slots *s, uint64_t id)
{
	struct slot *item = find(s, id);

	if (!item)
		return;
	item->object = NULL;
	item->generation++;
	item->next_free = s->free_head;
	s->free_head = (uint32_t)id;
}

void *slot_next(const struct slots *s, uint32_t *pos)
{
	while (*pos < s->used) {
		void *object = s->items[(*pos)++].object;

		if (object)
			return object;
	}
	return NULL;
}

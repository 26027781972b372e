/*
 * slot.h - 64-bit ids that go stale: slot number and generation.
 *
 * Threads pass ids instead of pointers; an id whose object is gone finds
 * nothing, also after the slot was used again. One thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_SLOT_H
#define BASE_SLOT_H

#include <stddef.h>
#include <stdint.h>

struct slots {
	struct slot *items;
	uint32_t cap, used, free_head;
};

void slots_init(struct slots *s);
void slots_deinit(struct slots *s);
/* *id is never 0. 0 or -ENOMEM.                                              */
int slot_add(struct slots *s, void *object, uint64_t *id);
void *slot_get(const struct slots *s, uint64_t id);
void slot_remove(struct slots *s, uint64_t id);
/* Steps through the live objects: start with *pos = 0; NULL at the end.      */
void *slot_next(const struct slots *s, uint32_t *pos);

#endif

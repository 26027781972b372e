/*
 * books.c - the library's index: what was uploaded, in order of the ids.
 * Thread: any, one at a time.
 */
/* SPDX-License-Identifier: MIT */
#include "media/books.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { OVERHEAD = 4096, FIRST_CAP = 64 };

void books_init(struct books *bs)
{
	memset(bs, 0, sizeof(*bs));
}

void books_deinit(struct books *bs)
{
	for (size_t i = 0; i < bs->n; i++)
		free(bs->items[i]);
	free(bs->items);
	books_init(bs);
}

/* Where this id is, or would be. */
static size_t place_of(const struct books *bs, const char *id, bool *there)
{
	size_t low = 0, high = bs->n;

	*there = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(bs->items[mid]->info.id, id);

		if (!order) {
			*there = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct book *books_find(const struct books *bs, const char *id)
{
	bool there;
	size_t at = place_of(bs, id, &there);

	return there ? bs->items[at] : NULL;
}

size_t books_after(const struct books *bs, const char *id)
{
	bool there;
	size_t at = place_of(bs, id, &there);

	return there ? at + 1 : at;
}

size_t book_weight(const struct book *b)
{
	return (size_t)b->info.bytes + OVERHEAD;
}

static int grow(struct books *bs)
{
	size_t cap = bs->cap ? bs->cap * 2 : FIRST_CAP;
	void *more;

	if (bs->n < bs->cap)
		return 0;
	more = reallocarray(bs->items, cap, sizeof(*bs->items));
	if (!more)
		return -ENOMEM;
	bs->items = more;
	bs->cap = cap;
	return 0;
}

int books_put(struct books *bs, const struct book *from)
{
	bool there;
	size_t at = place_of(bs, from->info.id, &there);
	struct book *b;

	if (there)
		return 0;
	b = malloc(sizeof(*b));
	if (!b || grow(bs)) {
		free(b);
		return -ENOMEM;
	}
	*b = *from;
	memmove(bs->items + at + 1, bs->items + at,
		(bs->n - at) * sizeof(*bs->items));
	bs->items[at] = b;
	bs->n++;
	bs->bytes += book_weight(b);
	return 0;
}

void books_remove(struct books *bs, const char *id)
{
	bool there;
	size_t at = place_of(bs, id, &there);

	if (!there)
		return;
	bs->bytes -= book_weight(bs->items[at]);
	free(bs->items[at]);
	bs->n--;
	memmove(bs->items + at, bs->items + at + 1,
		(bs->n - at) * sizeof(*bs->items));
}

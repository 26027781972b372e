/*
 * resting.c - servers that have just failed, to be tried after all others.
 *
 * One that has said itself until when (RFC 3261 21.5.4) is not tried at all
 * before, as long as there is another.
 *
 * What TLS fails by may be the name that a certificate is for: its connections
 * are each for a name, and so is their rest. One carrier whose name is wrong
 * takes nothing from another at the same address.
 *
 * A short list without order: few servers fail at a time, and what is over goes
 * when it is next looked at.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/resting.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

bool resolve_same_way(const struct resolve_way *a, const struct resolve_way *b)
{
	return a->transport == b->transport && addr_equal(&a->addr, &b->addr);
}

static void drop_over(struct resting *r, int64_t now_ms)
{
	size_t i = 0;

	while (i < r->n) {
		if (r->list[i].until_ms <= now_ms)
			r->list[i] = r->list[--r->n];
		else
			i++;
	}
}

static const char *name_for(const struct resolve_way *way, const char *name)
{
	return way->transport == SIP_TLS ? name : "";
}

static struct resting_one *find(struct resting *r,
				const struct resolve_way *way,
				const char *name)
{
	size_t i;

	name = name_for(way, name);
	for (i = 0; i < r->n; i++)
		if (resolve_same_way(&r->list[i].way, way) &&
		    !strcasecmp(r->list[i].name, name))
			return &r->list[i];
	return NULL;
}

static struct resting_one *nearest_end(struct resting *r)
{
	struct resting_one *found = r->list;
	size_t i;

	for (i = 1; i < r->n; i++)
		if (r->list[i].until_ms < found->until_ms)
			found = &r->list[i];
	return found;
}

void resting_set(struct resting *r, const struct resolve_way *way,
		 const char *name, int64_t until_ms, bool asked,
		 int64_t now_ms)
{
	struct resting_one *one = find(r, way, name);

	if (one && one->asked && !asked && until_ms > now_ms &&
	    until_ms < one->until_ms)
		return;
	if (!one) {
		if (until_ms <= now_ms)
			return;
		drop_over(r, now_ms);
		one = r->n < RESTING_MAX ? &r->list[r->n++] : nearest_end(r);
	}
	one->way = *way;
	(void)str_copy(one->name, sizeof(one->name), name_for(way, name));
	one->until_ms = until_ms;
	one->asked = asked;
}

/* Takes those out that asked for it; n is left where all did.                */
static size_t leave_out(struct resting *r, const char *name,
			struct resolve_way *ways, size_t n)
{
	const struct resting_one *one;
	size_t i, left = 0;

	for (i = 0; i < n; i++) {
		one = find(r, &ways[i], name);
		if (!one || !one->asked)
			left++;
	}
	if (!left)
		return n;
	for (i = left = 0; i < n; i++) {
		one = find(r, &ways[i], name);
		if (!one || !one->asked)
			ways[left++] = ways[i];
	}
	return left;
}

size_t resting_last(struct resting *r, const char *name,
		    struct resolve_way *ways, size_t n, int64_t now_ms)
{
	struct resolve_way last[RESOLVE_MAX];
	size_t i, n_well = 0, n_last = 0;

	assert(n <= RESOLVE_MAX);
	drop_over(r, now_ms);
	if (!r->n)
		return n;
	n = leave_out(r, name, ways, n);
	for (i = 0; i < n; i++) {
		if (find(r, &ways[i], name))
			last[n_last++] = ways[i];
		else
			ways[n_well++] = ways[i];
	}
	for (i = 0; i < n_last; i++)
		ways[n_well + i] = last[i];
	return n;
}

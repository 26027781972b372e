/*
 * resting.h - servers that have just failed, to be tried after all others.
 *
 * Thread: signalling. Time is the caller's.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_RESTING_H
#define SIP_RESTING_H

#include "sip/resolve.h"

enum { RESTING_MAX = 256 };

struct resting {
	struct resting_one {
		struct resolve_way way;
		char name[SIP_HOST_LEN];	/* TLS; "": any name          */
		int64_t until_ms;
		bool asked;		/* by a Retry-After of its own        */
	} list[RESTING_MAX];
	size_t n;
};

/* until_ms not in the future: it is well again. What it asked for itself stands
 * until then. Of a full table the one that is nearest to its end goes.       */
void resting_set(struct resting *r, const struct resolve_way *way,
		 const char *name, int64_t until_ms, bool asked,
		 int64_t now_ms);
/* Puts those that rest (for this name) behind the others; the order is kept
 * else. Those that asked for it are left out, unless all did. Returns how many are left.      */
size_t resting_last(struct resting *r, const char *name,
		    struct resolve_way *ways, size_t n, int64_t now_ms);
bool resolve_same_way(const struct resolve_way *a, const struct resolve_way *b);

#endif

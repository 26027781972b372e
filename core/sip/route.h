/*
 * route.h - which of our addresses a far end sees, remembered for a moment.
 *
 * To ask the kernel takes four system calls, and a socket that is bound to the
 * wildcard needs to know it for each request. Routes hardly ever change.
 *
 * Thread: signalling. Inside core/sip/, for transport.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_ROUTE_H
#define SIP_ROUTE_H

#include "base/addr.h"
#include "base/clock.h"

enum { ROUTES_MAX = 64 };		/* a power of two                      */

struct routes {				/* all zero: empty                     */
	struct {
		struct addr remote, local;
		int64_t until_ns;
	} known[ROUTES_MAX];
};

/* addr_local_for(), whose answer is good for a second. Errors are not kept.    */
int route_local(struct routes *r, const struct clock *clock,
		struct addr *local, const struct addr *remote);

#endif

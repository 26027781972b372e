/*
 * route.c - which of our addresses a far end sees, remembered for a moment.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/route.h"

#define GOOD_NS S_NS

/* The last bytes of an address differ most.                                   */
static size_t place(const struct addr *a)
{
	const uint8_t *p = a->sa.sa_family == AF_INET6 ?
			   a->in6.sin6_addr.s6_addr + 12 :
			   (const uint8_t *)&a->in4.sin_addr;

	return (p[0] * 7u + p[1] * 31u + p[2] * 17u + p[3]) & (ROUTES_MAX - 1);
}

int route_local(struct routes *r, const struct clock *clock,
		struct addr *local, const struct addr *remote)
{
	size_t i = place(remote);
	int64_t now = clock_now_ns(clock);
	int err;

	/* Of one family also in writing: local has to be of the same.         */
	if (now < r->known[i].until_ns &&
	    r->known[i].remote.sa.sa_family == remote->sa.sa_family &&
	    addr_same_ip(&r->known[i].remote, remote)) {
		*local = r->known[i].local;
		return 0;
	}
	err = addr_local_for(local, remote);
	if (err)
		return err;
	r->known[i].remote = *remote;
	r->known[i].local = *local;
	r->known[i].until_ns = now + GOOD_NS;
	return 0;
}

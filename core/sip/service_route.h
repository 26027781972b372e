/*
 * service_route.h - the way that a registrar wants our calls to take (RFC 3608).
 *
 * Inside core/sip/, for the registration. Values; thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_SERVICE_ROUTE_H
#define SIP_SERVICE_ROUTE_H

#include "sip/osip.h"

enum { SERVICE_ROUTES_MAX = 4, SERVICE_ROUTE_LEN = 256 };

/* Values for Route, in their order, NULL-ended; one allocation each.          */
struct service_routes {
	char *values[SERVICE_ROUTES_MAX + 1];
};

/* Takes what a 2xx says in the place of what was there; nothing said: none
 * (6.1). 0; -EBADMSG one that cannot be a Route, -E2BIG too many or too long,
 * -ENOMEM: none.                                                              */
int service_routes_read(struct service_routes *r, const osip_message_t *resp);
void service_routes_clear(struct service_routes *r);

#endif

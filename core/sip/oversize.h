/*
 * oversize.h - requests that are too long for a datagram (RFC 3261 18.1.1).
 *
 * One of more than 1,300 bytes goes by TCP to the same address. Where the peer
 * takes no TCP, or the connection is not open within a second, it goes by UDP
 * after all, and that is remembered for a while.
 *
 * Thread: signalling. Inside core/sip/, for client.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_OVERSIZE_H
#define SIP_OVERSIZE_H

#include "sip/transport.h"

struct oversize;

/* hop NULL: no TCP there. Lent.                                               */
typedef void oversize_fn(void *arg, const struct hop *hop);

/* True if a request of that length should go by TCP.                          */
bool oversize_is(const struct sip *sip, size_t len, const struct hop *hop);
/* Opens TCP to where `hop` leads; `fn` is called once, never from inside, unless
 * it is cancelled. -errno: no TCP is possible from here.                      */
int oversize_start(struct oversize **op, struct sip *sip,
		   const struct hop *hop, int listen, oversize_fn *fn,
		   void *arg);
void oversize_cancel(struct oversize *o);	/* fine with NULL              */
void oversize_forget(struct sip *sip);		/* what is remembered          */

#endif

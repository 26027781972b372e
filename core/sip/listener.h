/*
 * listener.h - a TCP socket that takes connections in.
 *
 * Thread: signalling. For transport.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_LISTENER_H
#define SIP_LISTENER_H

#include "base/loop.h"
#include "sip/conn.h"

struct listener;

struct listener_config {
	struct loop *loop;
	struct conns *conns;
	enum sip_transport transport;
	struct addr addr;		/* port 0: a free one                 */
	size_t sock;			/* for struct hop                     */
	struct tls *tls;		/* NULL: plain TCP                    */
};

/* `bound`: with the real port.                                               */
int listener_open(struct listener **lp, const struct listener_config *cfg,
		  struct addr *bound);
void listener_close(struct listener *l);	/* fine with NULL             */

#endif

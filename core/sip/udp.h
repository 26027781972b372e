/*
 * udp.h - a UDP socket for signalling: datagrams in, datagrams out.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_UDP_H
#define SIP_UDP_H

#include "base/addr.h"
#include "base/loop.h"

struct udp;

/* `to`: the address of ours that it was sent to.                             */
typedef void udp_fn(void *arg, const struct addr *from, const struct addr *to,
		    const char *data, size_t len);

/* What we sent `to` came back as undeliverable (ICMP), by `err`: -ECONNREFUSED
 * where nobody listens, -EHOSTUNREACH and so on. `data` is the beginning of that
 * datagram. RFC 3261 18.4.                                                   */
typedef void udp_refused_fn(void *arg, const struct addr *to, int err,
			    const char *data, size_t len);

/* Bound and listening on the loop; port 0 takes a free one.                  */
int udp_open(struct udp **up, struct loop *loop, const struct addr *addr,
	     udp_fn *fn, udp_refused_fn *refused, void *arg);
void udp_close(struct udp *u);		/* fine with NULL                     */
const struct addr *udp_addr(const struct udp *u);
/* A datagram that the kernel has no room for counts as lost on the way: 0, as
 * the timers of RFC 3261 17 repeat it. Else 0 or -errno.                     */
int udp_send(struct udp *u, const struct addr *to, const void *data,
	     size_t len);

#endif

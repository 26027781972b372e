/*
 * ports.h - pairs of UDP ports for RTP (even) and RTCP (the odd one above).
 *
 * Pairs are given out in the order in which they were given back, and rest
 * before they are used again, so that late packets of one call never reach the
 * next. Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_PORTS_H
#define MEDIA_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"

enum { PORTS_REST_MS = 5000 };

struct ports;

struct port_pair {
	uint16_t port;			/* of RTP                             */
	int rtp_fd, rtcp_fd;		/* rtcp_fd -1: opened without RTCP    */
};

/* -EINVAL: no even port with its odd one lies in the range.                  */
int ports_new(struct ports **pp, const struct addr *address, uint16_t min,
	      uint16_t max, bool rtcp, const struct clock *clock,
	      struct random *random);
void ports_free(struct ports *p);
/* -ENOBUFS: no pair is free and rested; -EMFILE: no descriptor; else what the
 * kernel says of the address.                                                */
int ports_open(struct ports *p, struct port_pair *pair);
void ports_close(struct ports *p, struct port_pair *pair);
size_t ports_capacity(const struct ports *p);		/* pairs in all       */

#endif

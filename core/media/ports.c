/*
 * ports.c - pairs of UDP ports for RTP (even) and RTCP (the odd one above).
 *
 *	take <-- [ rested ... resting ] <-- given back, or found in use
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "media/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	/* 50 small packets of the kernel's accounting: a second of stall. */
	RECEIVE_BUFFER = 64 * 1024,
};

struct resting {
	uint16_t port;
	int64_t until_ms;		/* never falls from head to tail      */
};

struct ports {
	struct addr address;
	bool rtcp;
	const struct clock *clock;
	size_t cap, head, n;		/* a ring of those not in use         */
	struct resting ring[];
};

static void put_back(struct ports *p, uint16_t port, int64_t until_ms)
{
	p->ring[(p->head + p->n++) % p->cap] =
		(struct resting){ port, until_ms };
}

/* In random order: who guesses ports shall not know where the next call is. */
static void fill(struct ports *p, uint16_t first, struct random *random)
{
	for (size_t i = 0; i < p->cap; i++)
		put_back(p, (uint16_t)(first + 2 * i), 0);
	for (size_t i = p->cap - 1; i > 0; i--) {
		size_t k = random_below(random, (uint32_t)i + 1);
		struct resting r = p->ring[i];

		p->ring[i] = p->ring[k];
		p->ring[k] = r;
	}
}

int ports_new(struct ports **pp, const struct addr *address, uint16_t min,
	      uint16_t max, bool rtcp, const struct clock *clock,
	      struct random *random)
{
	uint32_t first = min + (min & 1u);
	size_t pairs = max > first ? (max - first + 1u) / 2 : 0;
	struct ports *p;

	if (!first || !pairs)
		return -EINVAL;
	p = calloc(1, sizeof(*p) + pairs * sizeof(p->ring[0]));
	if (!p)
		return -ENOMEM;
	p->address = *address;
	p->rtcp = rtcp;
	p->clock = clock;
	p->cap = pairs;
	fill(p, (uint16_t)first, random);
	*pp = p;
	return 0;
}

void ports_free(struct ports *p)
{
	free(p);
}

size_t ports_capacity(const struct ports *p)
{
	return p->cap;
}

static int set_options(int fd, int family)
{
	int on = 1, room = RECEIVE_BUFFER;

	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)))
		return -errno;
	return 0;
}

static int open_one(int *fdp, const struct addr *address, uint16_t port)
{
	struct addr a = *address;
	int err, fd = socket(a.sa.sa_family,
			     SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	addr_set_port(&a, port);
	err = set_options(fd, a.sa.sa_family);
	if (!err && bind(fd, &a.sa, addr_len(&a)))
		err = -errno;
	if (err)
		close(fd);
	else
		*fdp = fd;
	return err;
}

static int open_pair(const struct ports *p, struct port_pair *pair,
		     uint16_t port)
{
	struct port_pair out = { .port = port, .rtcp_fd = -1 };
	int err = open_one(&out.rtp_fd, &p->address, port);

	if (err)
		return err;
	if (p->rtcp) {
		err = open_one(&out.rtcp_fd, &p->address,
			       (uint16_t)(port + 1));
		if (err) {
			close(out.rtp_fd);
			return err;
		}
	}
	*pair = out;
	return 0;
}

int ports_open(struct ports *p, struct port_pair *pair)
{
	int64_t now = clock_now_ms(p->clock);
	int err;

	for (size_t tries = p->n; tries; tries--) {
		struct resting r = p->ring[p->head];

		if (r.until_ms > now)
			break;
		err = open_pair(p, pair, r.port);
		if (err && err != -EADDRINUSE)
			/* It is not the port's fault: it stays in front. */
			return err == -ENFILE ? -EMFILE : err;
		p->head = (p->head + 1) % p->cap;
		p->n--;
		if (!err)
			return 0;
		put_back(p, r.port, now + PORTS_REST_MS);
	}
	return -ENOBUFS;
}

void ports_close(struct ports *p, struct port_pair *pair)
{
	close(pair->rtp_fd);
	if (pair->rtcp_fd >= 0)
		close(pair->rtcp_fd);
	put_back(p, pair->port, clock_now_ms(p->clock) + PORTS_REST_MS);
	pair->rtp_fd = pair->rtcp_fd = -1;
}

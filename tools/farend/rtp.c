/* SPDX-License-Identifier: MIT */
/*
 * rtp.c - one stream's sockets: ports, receiving, the sweep.
 * Thread: signalling.
 */
#include "rtp.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 32, DATAGRAM = 2048, TRIES = 64 };

static int udp_bind(const struct addr *local, unsigned int port)
{
	struct addr a = *local;
	int on = 1, big = 1 << 20;
	int fd = socket(a.ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK |
			SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	addr_set_port(&a, port);
	if (bind(fd, (struct sockaddr *)&a.ss, a.len) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	return fd;
}

static unsigned int port_of(int fd)
{
	struct addr a = { .len = sizeof(a.ss) };

	getsockname(fd, (struct sockaddr *)&a.ss, &a.len);
	return addr_port(&a);
}

/* One attempt: RTP on an even port, RTCP on the next. */
static int pair_open(struct rtp *r, unsigned int port)
{
	int a = udp_bind(&r->local, port), b;
	unsigned int got;

	if (a < 0)
		return a;
	got = port_of(a);
	b = udp_bind(&r->local, got ^ 1);
	if (b < 0) {
		close(a);
		return b;
	}
	r->fd = got & 1 ? b : a;
	r->fd_rtcp = got & 1 ? a : b;
	addr_set_port(&r->local, got & ~1u);
	return 0;
}

static int ports_take(struct rtp *r, struct rtp_range *range)
{
	int tries = range->lo ? (range->hi - range->lo + 1) / 2 : TRIES;
	int err = -EADDRINUSE;

	while (tries-- > 0) {
		unsigned int port = 0;

		if (range->lo) {
			if (range->next < range->lo ||
			    range->next + 1 > range->hi)
				range->next = (range->lo + 1) & ~1;
			port = (unsigned int)range->next;
			range->next += 2;
		}
		err = pair_open(r, port);
		if (err != -EADDRINUSE)
			break;
	}
	return err;
}

int rtp_open(struct rtp *r, const struct addr *local, struct rtp_range *range)
{
	memset(r, 0, sizeof(*r));
	r->fd = r->fd_rtcp = r->fd_other = -1;
	r->local = *local;
	return ports_take(r, range);
}

static void sockets_close(struct rtp *r)
{
	int *fds[] = { &r->fd, &r->fd_rtcp, &r->fd_other };

	for (int i = 0; i < 3; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

void rtp_close(struct rtp *r)
{
	sockets_close(r);
}

int rtp_move(struct rtp *r, struct rtp_range *range)
{
	struct rtp fresh = *r;
	int err;

	fresh.fd = fresh.fd_rtcp = fresh.fd_other = -1;
	err = ports_take(&fresh, range);
	if (err)
		return err;
	rtp_drain(r);
	sockets_close(r);
	r->fd = fresh.fd;
	r->fd_rtcp = fresh.fd_rtcp;
	r->local = fresh.local;
	r->tx.fd = r->fd;
	return 0;
}

int rtp_use_other_port(struct rtp *r)
{
	r->fd_other = udp_bind(&r->local, 0);
	if (r->fd_other < 0)
		return r->fd_other;
	r->tx.fd = r->fd_other;
	return 0;
}

void rtp_set_peer(struct rtp *r, const struct addr *peer)
{
	if (r->peer.len && addr_same(&r->peer, peer))
		return;
	r->peer = *peer;
	r->learnt = false;
}

/*
 * The address in the SDP is the peer (RFC 4961), and everybody else is a
 * stranger, unless --any-source takes whoever sends first.
 */
static bool from_peer(struct rtp *r, const struct addr *from)
{
	if (!r->any_source && r->peer.len)
		return addr_same(&r->peer, from);
	if (r->learnt)
		return addr_same(&r->source, from);
	r->source = *from;
	r->learnt = true;
	return true;
}

struct batch {
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	uint8_t control[BATCH][CMSG_SPACE(sizeof(struct timespec)) + 16];
	uint8_t data[BATCH][DATAGRAM];
	int used;               /* how many the last call filled */
};

static void batch_init(struct batch *b)
{
	for (int i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){ b->data[i], DATAGRAM };
		b->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &b->from[i],
			.msg_iov = &b->iov[i],
			.msg_iovlen = 1,
			.msg_control = b->control[i],
		};
	}
	b->used = BATCH;
}

static int batch_receive(struct batch *b, int fd)
{
	int n;

	/* The kernel overwrites these lengths with what it used. */
	for (int i = 0; i < b->used; i++) {
		b->msgs[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
		b->msgs[i].msg_hdr.msg_controllen = sizeof(b->control[i]);
	}
	n = recvmmsg(fd, b->msgs, BATCH, MSG_DONTWAIT, NULL);
	b->used = n > 0 ? n : 0;
	return n;
}

static void take_rtp(struct rtp *r, const struct addr *from,
		     const uint8_t *p, size_t len, int64_t at_ns)
{
	/* RFC 5761 4: what RTCP there is on the RTP port has 200 to 204. */
	if (len >= 2 && p[1] >= 200 && p[1] <= 204) {
		rtp_store_rtcp(&r->store, p, len, at_ns);
		return;
	}
	if (!from_peer(r, from)) {
		r->store.strangers++;
		return;
	}
	rtp_store_rtp(&r->store, p, len, at_ns);
	if (r->tx.mode == SEND_ECHO)
		rtp_echo(r, p, len);
}

static void socket_drain(struct rtp *r, int fd, bool rtcp)
{
	static struct batch b;  /* the signalling thread's only */
	int n;

	if (!b.msgs[0].msg_hdr.msg_iov)
		batch_init(&b);
	do {
		n = fd >= 0 ? batch_receive(&b, fd) : 0;
		for (int i = 0; i < n; i++) {
			struct msghdr *h = &b.msgs[i].msg_hdr;
			size_t len = b.msgs[i].msg_len;
			int64_t at = msghdr_time_ns(h);
			struct addr from = { .len = h->msg_namelen };

			memcpy(&from.ss, &b.from[i], h->msg_namelen);
			if (rtcp)
				rtp_store_rtcp(&r->store, b.data[i], len, at);
			else
				take_rtp(r, &from, b.data[i], len, at);
		}
	} while (n == BATCH);
}

void rtp_drain(struct rtp *r)
{
	socket_drain(r, r->fd, false);
	socket_drain(r, r->fd_rtcp, true);
}

int rtp_sweep_add(struct rtp_sweep *s, struct rtp *r)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct rtp **items = realloc(s->items, cap * sizeof(*items));

		if (!items)
			return -ENOMEM;
		s->items = items;
		s->cap = cap;
	}
	if (!s->n)
		s->next_ms = clock_ms();
	s->items[s->n++] = r;
	r->slot = s->n;
	if (s->n > s->busiest)
		s->busiest = s->n;
	return 0;
}

void rtp_sweep_del(struct rtp_sweep *s, struct rtp *r)
{
	struct rtp *last;

	if (!r->slot)
		return;
	last = s->items[--s->n];
	s->items[r->slot - 1] = last;
	last->slot = r->slot;
	r->slot = 0;
}

static void visit(struct rtp *r, int64_t now_ms)
{
	bool echo = r->tx.mode == SEND_ECHO;

	/* Four packets for one system call, unless they are waited for. */
	if (echo || r->visits % 4 == 0)
		socket_drain(r, r->fd, false);
	if (r->visits % 32 == 0)
		socket_drain(r, r->fd_rtcp, true);
	r->visits++;
	rtp_send_due(r, now_ms);
}

int rtp_sweep_run(struct rtp_sweep *s)
{
	int64_t now = clock_ms();

	if (!s->n)
		return -1;
	while (s->next_ms <= now) {
		for (size_t i = s->turn % SWEEP_SLOTS; i < s->n;
		     i += SWEEP_SLOTS)
			visit(s->items[i], now);
		s->turn++;
		s->next_ms += SWEEP_TICK_MS;
		/* After a stall there is nothing to be made good. */
		if (s->next_ms < now - SWEEP_TICK_MS * SWEEP_SLOTS)
			s->next_ms = now;
	}
	return (int)(s->next_ms - now);
}

/*
 * udp.c - a UDP socket for signalling, drained in batches.
 *
 * Thread: signalling. A burst (many registrars, many answers at once) must not
 * be lost while the thread is busy: the receive buffer is large. A flood must
 * not keep timers from running: one round of the loop takes a bounded number of
 * datagrams, epoll then reports the rest again.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/udp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum {
	BATCH = 16,			/* datagrams per system call          */
	ROUNDS = 8,			/* system calls per round of the loop */
	DATAGRAM_MAX = 65535,
	QUOTED_MAX = 1500,		/* of a datagram that came back       */
	SEND_TRIES = 3,
	SOCKET_BUFFER = 4 * 1024 * 1024,
};

/* Room for what the kernel says beside a datagram.                           */
union control {
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct cmsghdr align;
};

struct udp {
	struct loop_fd lfd;		/* .fd is -1 until opened             */
	bool on_loop;
	bool any;			/* bound to a wildcard: the kernel says
					 * where each datagram was sent to    */
	struct addr addr;
	udp_fn *fn;
	udp_refused_fn *refused;
	void *arg;
	struct mmsghdr headers[BATCH];
	struct iovec vectors[BATCH];
	struct addr froms[BATCH];
	union control controls[BATCH];
	char (*data)[DATAGRAM_MAX + 1];	/* pages are touched when first used  */
};

static void reset_headers(struct udp *u)
{
	for (size_t i = 0; i < BATCH; i++) {
		u->vectors[i].iov_base = u->data[i];
		u->vectors[i].iov_len = DATAGRAM_MAX;
		u->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &u->froms[i],
			.msg_namelen = sizeof(u->froms[i]),
			.msg_iov = &u->vectors[i],
			.msg_iovlen = 1,
			.msg_control = u->any ? &u->controls[i] : NULL,
			.msg_controllen = u->any ? sizeof(u->controls[i]) : 0,
		};
	}
}

static void set_ip(struct addr *to, const struct cmsghdr *c)
{
	struct in6_pktinfo v6;
	struct in_pktinfo v4;

	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&v4, CMSG_DATA(c), sizeof(v4));
		to->in4.sin_addr = v4.ipi_addr;
	} else if (c->cmsg_level == IPPROTO_IPV6 &&
		   c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&v6, CMSG_DATA(c), sizeof(v6));
		to->in6.sin6_addr = v6.ipi6_addr;
	}
}

static void deliver(struct udp *u, size_t i)
{
	struct msghdr *msg = &u->headers[i].msg_hdr;
	struct addr to = u->addr;

	for (struct cmsghdr *c = u->any ? CMSG_FIRSTHDR(msg) : NULL; c;
	     c = CMSG_NXTHDR(msg, c))
		set_ip(&to, c);
	u->fn(u->arg, &u->froms[i], &to, u->data[i], u->headers[i].msg_len);
}

static int take_batch(struct udp *u)
{
	int n;

	reset_headers(u);
	n = recvmmsg(u->lfd.fd, u->headers, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		if (u->headers[i].msg_hdr.msg_flags & MSG_TRUNC)
			continue;
		deliver(u, (size_t)i);
	}
	return n;
}

/* The network's own word only, or 0: what the local stack refused, sendto()
 * said.                                                                      */
static int refusal_of(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		struct sock_extended_err e;

		if (!(c->cmsg_level == IPPROTO_IP &&
		      c->cmsg_type == IP_RECVERR) &&
		    !(c->cmsg_level == IPPROTO_IPV6 &&
		      c->cmsg_type == IPV6_RECVERR))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		if ((e.ee_origin != SO_EE_ORIGIN_ICMP &&
		     e.ee_origin != SO_EE_ORIGIN_ICMP6) ||
		    e.ee_errno == EMSGSIZE)
			return 0;
		return -(int)e.ee_errno;
	}
	return 0;
}

static bool take_error(struct udp *u)
{
	union {
		char bytes[512];
		struct cmsghdr align;
	} control;
	char quoted[QUOTED_MAX];
	struct addr to;
	struct iovec vector = { quoted, sizeof(quoted) };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(u->lfd.fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);
	int err;

	if (n < 0)
		return false;
	err = refusal_of(&msg);
	if (err)
		u->refused(u->arg, &to, err, quoted, (size_t)n);
	return true;
}

static void readable(struct loop_fd *lfd, uint32_t events)
{
	struct udp *u = lfd->arg;

	for (int i = 0; (events & EPOLLERR) && i < ROUNDS * BATCH; i++)
		if (!take_error(u))
			break;
	for (int i = 0; i < ROUNDS; i++)
		if (take_batch(u) < BATCH)
			break;
}

/* As much as the kernel grants: the forced size needs a privilege.           */
static void enlarge_buffers(int fd)
{
	int size = SOCKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
}

static int bind_socket(struct udp *u, const struct addr *addr)
{
	int family = addr->sa.sa_family, one = 1;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(u->addr);

	if (fd < 0)
		return -errno;
	u->lfd.fd = fd;
	/* One family per socket: an address then has one spelling, and an
	 * IPv4 socket may listen beside this one on the same port.           */
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
					     &one, sizeof(one)))
		return -errno;
	enlarge_buffers(fd);
	/* Without it, that a peer is not there is known after 32 s only.     */
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one,
				 sizeof(one));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one,
				 sizeof(one));
	if (bind(fd, &addr->sa, addr_len(addr)))
		return -errno;
	if (getsockname(fd, &u->addr.sa, &len))
		return -errno;
	u->any = addr_is_any(&u->addr);
	if (!u->any)
		return 0;
	return setsockopt(fd, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
			  family == AF_INET6 ? IPV6_RECVPKTINFO : IP_PKTINFO,
			  &one, sizeof(one)) ? -errno : 0;
}

int udp_open(struct udp **up, struct loop *loop, const struct addr *addr,
	     udp_fn *fn, udp_refused_fn *refused, void *arg)
{
	struct udp *u = calloc(1, sizeof(*u));
	int err = -ENOMEM;

	if (!u)
		return -ENOMEM;
	u->lfd.fd = -1;
	u->fn = fn;
	u->refused = refused;
	u->arg = arg;
	u->data = malloc(BATCH * sizeof(*u->data));
	if (!u->data)
		goto out;
	err = bind_socket(u, addr);
	if (err)
		goto out;
	u->lfd.fn = readable;
	u->lfd.arg = u;
	err = loop_add(loop, &u->lfd, EPOLLIN);
	if (err)
		goto out;
	u->on_loop = true;
	*up = u;
	return 0;
 out:
	udp_close(u);
	return err;
}

void udp_close(struct udp *u)
{
	if (!u)
		return;
	if (u->on_loop)
		loop_remove(&u->lfd);
	if (u->lfd.fd >= 0)
		close(u->lfd.fd);
	free(u->data);
	free(u);
}

const struct addr *udp_addr(const struct udp *u)
{
	return &u->addr;
}

int udp_send(struct udp *u, const struct addr *to, const void *data,
	     size_t len)
{
	int err = 0;

	/* The socket tells once of an error that an earlier datagram met, and
	 * has not sent this one then.                                        */
	for (int i = 0; i < SEND_TRIES; i++) {
		if (sendto(u->lfd.fd, data, len, MSG_NOSIGNAL, &to->sa,
			   addr_len(to)) >= 0)
			return 0;
		err = -errno;
		if (err == -EAGAIN || err == -ENOBUFS)
			return 0;
	}
	return err == -EINTR || err == -ECONNREFUSED ? 0 : err;
}

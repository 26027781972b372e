/*
 * listener.c - a TCP socket that takes connections in.
 *
 * Thread: signalling. A flood of connections must not keep timers from running:
 * one round of the loop takes a bounded number.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/listener.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum {
	BACKLOG = 512,
	ROUND_MAX = 32,
	REST_MS = 1000,			/* without descriptors, and nobody to
					 * take one from                      */
};

struct listener {
	struct listener_config cfg;
	struct loop_fd lfd;		/* .fd is -1 until opened             */
	struct timer rest;
};

/* The kernel reports the waiting connection over and over: look away.        */
static void rest(struct listener *l)
{
	loop_remove(&l->lfd);
	if (timer_set_ms(loop_timers(l->cfg.loop), &l->rest, REST_MS))
		log_error("sip: no memory for a timer");
	log_warn("sip: no descriptor left for a connection");
}

static void on_rested(struct timer *t)
{
	struct listener *l = t->arg;

	if (loop_add(l->cfg.loop, &l->lfd, EPOLLIN))
		log_error("sip: a listening socket is lost");
}

/* The kernel complains of too many descriptors before it looks whether anybody
 * is there at all.                                                           */
static bool somebody_waits(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM ||
	       err == ENOBUFS;
}

static void readable(struct loop_fd *lfd, uint32_t events)
{
	struct listener *l = lfd->arg;

	(void)events;
	for (int i = 0; i < ROUND_MAX; i++) {
		int fd = accept4(lfd->fd, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			(void)conn_accept(l->cfg.conns, l->cfg.transport,
					  l->cfg.sock, fd, l->cfg.tls);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (!is_shortage(errno))
			continue;
		if (!somebody_waits(lfd->fd))
			return;
		if (!conns_evict(l->cfg.conns)) {
			rest(l);
			return;
		}
	}
}

static int bind_socket(struct listener *l, struct addr *bound)
{
	const struct addr *addr = &l->cfg.addr;
	int family = addr->sa.sa_family, one = 1;
	socklen_t len = sizeof(*bound);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	l->lfd.fd = fd;
	/* Connections of a former run may linger on the port.                */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
					      &one, sizeof(one))))
		return -errno;
	if (bind(fd, &addr->sa, addr_len(addr)) || listen(fd, BACKLOG))
		return -errno;
	*bound = *addr;
	return getsockname(fd, &bound->sa, &len) ? -errno : 0;
}

int listener_open(struct listener **lp, const struct listener_config *cfg,
		  struct addr *bound)
{
	struct listener *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->cfg = *cfg;
	l->lfd.fd = -1;
	l->lfd.fn = readable;
	l->lfd.arg = l;
	timer_init(&l->rest, on_rested, l);
	err = bind_socket(l, bound);
	if (!err)
		err = loop_add(cfg->loop, &l->lfd, EPOLLIN);
	if (err)
		listener_close(l);
	else
		*lp = l;
	return err;
}

void listener_close(struct listener *l)
{
	if (!l)
		return;
	timer_stop(loop_timers(l->cfg.loop), &l->rest);
	if (l->lfd.fd >= 0) {
		loop_remove(&l->lfd);
		close(l->lfd.fd);
	}
	free(l);
}

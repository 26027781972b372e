/* SPDX-License-Identifier: MIT */
/*
 * net.c - addresses and the SIP sockets.
 * Thread: signalling.
 */
#include "net.h"

#include "clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool addr_make(struct addr *a, const char *host, unsigned int port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a->ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->ss;

	memset(a, 0, sizeof(*a));
	if (port > 65535)
		return false;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		a->len = sizeof(*v4);
		return true;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		a->len = sizeof(*v6);
		return true;
	}
	return false;
}

bool addr_parse(struct addr *a, const char *text)
{
	const char *host = text + (*text == '[');
	const char *end = *text == '[' ? strchr(text, ']') :
		strrchr(text, ':');
	char copy[ADDR_TEXT];
	char *rest;
	unsigned long port;

	if (!end || (size_t)(end - host) >= sizeof(copy))
		return false;
	memcpy(copy, host, (size_t)(end - host));
	copy[end - host] = '\0';
	if (*text == '[')
		end++;
	if (*end != ':')
		return false;
	port = strtoul(end + 1, &rest, 10);
	return rest != end + 1 && !*rest && port <= 65535 &&
		addr_make(a, copy, (unsigned int)port);
}

void addr_host(const struct addr *a, char out[ADDR_TEXT])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;
	const void *p = a->ss.ss_family == AF_INET6 ?
		(const void *)&v6->sin6_addr : (const void *)&v4->sin_addr;

	if (!a->len || !inet_ntop(a->ss.ss_family, p, out, ADDR_TEXT))
		snprintf(out, ADDR_TEXT, "0.0.0.0");
}

void addr_text(const struct addr *a, char out[ADDR_TEXT])
{
	char host[ADDR_TEXT];

	addr_host(a, host);
	snprintf(out, ADDR_TEXT, a->ss.ss_family == AF_INET6 ? "[%.45s]:%u" :
		 "%.45s:%u", host, addr_port(a));
}

unsigned int addr_port(const struct addr *a)
{
	/* The port is at the same place in both families. */
	return ntohs(((const struct sockaddr_in *)&a->ss)->sin_port);
}

void addr_set_port(struct addr *a, unsigned int port)
{
	((struct sockaddr_in *)&a->ss)->sin_port = htons((uint16_t)port);
}

bool addr_same(const struct addr *a, const struct addr *b)
{
	char ta[ADDR_TEXT], tb[ADDR_TEXT];

	if (a->ss.ss_family != b->ss.ss_family || addr_port(a) != addr_port(b))
		return false;
	if (a->ss.ss_family == AF_INET)
		return ((const struct sockaddr_in *)&a->ss)->sin_addr.s_addr ==
			((const struct sockaddr_in *)&b->ss)->sin_addr.s_addr;
	addr_host(a, ta);
	addr_host(b, tb);
	return !strcmp(ta, tb);
}

bool addr_is_any(const struct addr *a)
{
	char host[ADDR_TEXT];

	addr_host(a, host);
	return !strcmp(host, "0.0.0.0") || !strcmp(host, "::");
}

bool addr_local_for(struct addr *local, const struct addr *peer)
{
	int fd = socket(peer->ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	if (fd < 0)
		return false;
	local->len = sizeof(local->ss);
	ok = !connect(fd, (const struct sockaddr *)&peer->ss, peer->len) &&
		!getsockname(fd, (struct sockaddr *)&local->ss, &local->len);
	close(fd);
	addr_set_port(local, 0);
	return ok;
}

int listener_open(struct listener *l, const char *text)
{
	int on = 1, big = 4 << 20, err;

	if (!addr_parse(&l->addr, text))
		return -EINVAL;
	l->fd = socket(l->addr.ss.ss_family,
		       SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return -errno;
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	setsockopt(l->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (bind(l->fd, (struct sockaddr *)&l->addr.ss, l->addr.len) < 0) {
		err = -errno;
		close(l->fd);
		l->fd = -1;
		return err;
	}
	getsockname(l->fd, (struct sockaddr *)&l->addr.ss, &l->addr.len);
	addr_text(&l->addr, l->text);
	return 0;
}

void listener_close(struct listener *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

void listener_send(const struct listener *l, const struct addr *to,
		   const void *p, size_t len)
{
	/* What the network loses, the retransmission timers bring back. */
	if (sendto(l->fd, p, len, 0, (const struct sockaddr *)&to->ss,
		   to->len) < 0 && errno == ECONNREFUSED)
		sendto(l->fd, p, len, 0, (const struct sockaddr *)&to->ss,
		       to->len);
}

int64_t msghdr_time_ns(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec ts;

			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
		}
	return clock_ns();
}

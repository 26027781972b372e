/* SPDX-License-Identifier: MIT */
/*
 * net.h - addresses and the SIP sockets.
 */
#ifndef FAREND_NET_H
#define FAREND_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDR_TEXT = 64 };

struct addr {
	struct sockaddr_storage ss;
	socklen_t len;          /* 0: no address */
};

struct listener {
	int fd;
	struct addr addr;
	char text[ADDR_TEXT];   /* host:port, IPv6 in brackets */
};

/* Numeric addresses only: "127.0.0.1:5060" or "[::1]:5060". */
bool addr_parse(struct addr *a, const char *text);
/* The host without brackets; the port is kept apart. */
bool addr_make(struct addr *a, const char *host, unsigned int port);
void addr_text(const struct addr *a, char out[ADDR_TEXT]);
void addr_host(const struct addr *a, char out[ADDR_TEXT]);
unsigned int addr_port(const struct addr *a);
void addr_set_port(struct addr *a, unsigned int port);
bool addr_same(const struct addr *a, const struct addr *b);
bool addr_is_any(const struct addr *a);
/* The local address that packets to a peer leave from; port 0. */
bool addr_local_for(struct addr *local, const struct addr *peer);

/* 0 or -errno. */
int listener_open(struct listener *l, const char *text);
void listener_close(struct listener *l);
void listener_send(const struct listener *l, const struct addr *to,
		   const void *p, size_t len);
/* The kernel's time stamp out of a received message, now if it has none. */
int64_t msghdr_time_ns(struct msghdr *msg);

#endif

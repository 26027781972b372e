/*
 * allow.h - lists of the hosts and networks that may be reached.
 *
 * Values; any thread. No name is ever looked up here.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_ALLOW_H
#define BASE_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ALLOW_HOST_LEN 256

/* A network, or a host by its name.                                          */
struct allow {
	bool is_name;
	struct network net;		/* !is_name                           */
	char host[ALLOW_HOST_LEN];	/* is_name                            */
	uint16_t port;			/* is_name; 0: any                    */
};

/* "10.0.0.0/8", "192.0.2.7:8080", "media.example.org", "media.example.org:80".
 * 0 or -EINVAL.                                                              */
int allow_parse(struct allow *a, const char *text);
/* Is this host and address on the list? `host` (as the user wrote it) may be
 * NULL; the port is that of `addr`.                                          */
bool allow_has(const struct allow *list, size_t n, const char *host,
	       const struct addr *addr);
/* "host", "host:port" or an IP literal of either form; *port is 0 where none
 * stands. An IPv6 literal is kept in brackets. 0 or -EINVAL.                 */
int host_port_parse(char host[ALLOW_HOST_LEN], uint16_t *port,
		    const char *text);

#endif

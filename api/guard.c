/*
 * guard.c - which addresses the API listens on, and which requests it takes
 * as meant for it. Thread: made by main, then read by all workers.
 */
/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* host of "host[:port]" or "[v6][:port]", brackets taken off. Port must be
 * digits. 0 or -EINVAL.                                                      */
static int split(const char *text, char *host, size_t cap, const char **port)
{
	const char *from = text, *rest;
	size_t len;

	if (*text == '[') {
		from = text + 1;
		len = strcspn(from, "]");
		if (!from[len])
			return -EINVAL;
		rest = from + len + 1;
	} else {
		len = strcspn(text, ":");
		rest = text + len;
	}
	if (!len || len >= cap || (*rest && *rest != ':'))
		return -EINVAL;
	*port = *rest ? rest + 1 : NULL;
	if (*port && ((*port)[strspn(*port, "0123456789")] ||
		      strlen(*port) > 5))
		return -EINVAL;
	memcpy(host, from, len);
	host[len] = '\0';
	return 0;
}

int guard_add_listen(struct guard *g, const char *value, char *why, size_t cap)
{
	struct guard_listen *l = &g->listens[g->n_listens];
	char host[128];
	const char *port = NULL;
	struct in6_addr a6;
	struct in_addr a4;
	unsigned long number;

	if (g->n_listens == GUARD_LISTEN_MAX) {
		snprintf(why, cap, "more than %d listening addresses",
			 GUARD_LISTEN_MAX);
		return -ENOSPC;
	}
	if (split(value, host, sizeof(host), &port) || !port || !*port ||
	    (number = strtoul(port, NULL, 10)) > 65535) {
		snprintf(why, cap, "cannot listen on \"%s\": expected "
			 "ADDRESS:PORT such as 127.0.0.1:8080", value);
		return -EINVAL;
	}
	if (!strcasecmp(host, "localhost"))
		snprintf(host, sizeof(host), "127.0.0.1");
	else if (!strcmp(host, "*"))
		snprintf(host, sizeof(host), "0.0.0.0");
	if (inet_pton(AF_INET6, host, &a6) == 1) {
		snprintf(why, cap, "cannot listen on \"%s\": this civetweb is "
			 "built without IPv6", value);
		return -EAFNOSUPPORT;
	}
	if (inet_pton(AF_INET, host, &a4) != 1) {
		snprintf(why, cap, "cannot listen on \"%s\": the address is "
			 "not numeric", value);
		return -EINVAL;
	}
	inet_ntop(AF_INET, &a4, l->host, sizeof(l->host));
	l->port = (uint16_t)number;
	l->any = a4.s_addr == htonl(INADDR_ANY);
	l->loopback = ntohl(a4.s_addr) >> 24 == 127;
	g->n_listens++;
	return 0;
}

int guard_add_name(struct guard *g, const char *name, char *why, size_t cap)
{
	char *dst = g->names[g->n_names];

	if (g->n_names == GUARD_NAMES_MAX) {
		snprintf(why, cap, "more than %d host names", GUARD_NAMES_MAX);
		return -ENOSPC;
	}
	if (!*name || strlen(name) >= sizeof(g->names[0]) ||
	    strpbrk(name, ":/@ \t")) {
		snprintf(why, cap, "\"%s\" is not a host name (no scheme, no "
			 "port)", name);
		return -EINVAL;
	}
	snprintf(dst, sizeof(g->names[0]), "%s", name);
	g->n_names++;
	return 0;
}

bool guard_is_loopback(const struct guard *g)
{
	size_t i;

	for (i = 0; i < g->n_listens; i++)
		if (!g->listens[i].loopback)
			return false;
	return true;
}

static bool is_ip(const char *host)
{
	unsigned char raw[16];

	return inet_pton(AF_INET, host, raw) == 1 ||
	       inet_pton(AF_INET6, host, raw) == 1;
}

/* The port is not compared: behind a mapped port (a container, ssh -L) it is
 * another one than ours, and rebinding needs a foreign name, not a port. A
 * wildcard listener takes any literal address: a name can be rebound, an
 * address cannot.                                                            */
bool guard_host(const struct guard *g, const char *value)
{
	char host[256];
	const char *port;
	size_t i;

	if (split(value, host, sizeof(host), &port))
		return false;
	for (i = 0; i < g->n_names; i++)
		if (!strcasecmp(host, g->names[i]))
			return true;
	for (i = 0; i < g->n_listens; i++) {
		const struct guard_listen *l = &g->listens[i];

		if (!strcmp(host, l->host) || (l->any && is_ip(host)))
			return true;
	}
	return !strcasecmp(host, "localhost");
}

/* RFC 6454 section 7: "scheme://host[:port]", or "null" for a page without
 * one. TLS may end in a proxy before us, so both schemes pass; the default
 * port is never written by browsers, in neither header.                      */
bool guard_origin(const char *origin, const char *host)
{
	if (!origin)
		return true;
	if (!strncasecmp(origin, "http://", 7))
		origin += 7;
	else if (!strncasecmp(origin, "https://", 8))
		origin += 8;
	else
		return false;
	return !strcasecmp(origin, host);
}

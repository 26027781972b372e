/*
 * allow.c - lists of the hosts and networks that may be reached.
 *
 * Values; any thread. No name is ever looked up here.
 */
/* SPDX-License-Identifier: MIT */
#include "base/allow.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

int host_port_parse(char host[ALLOW_HOST_LEN], uint16_t *port,
		    const char *text)
{
	const char *colon = strrchr(text, ':');
	struct addr a;
	int64_t n = 0;
	size_t len = strlen(text);

	*port = 0;
	if (!addr_parse(&a, text, 0)) {
		*port = addr_port(&a);
		addr_host_text(&a, host);
		return 0;
	}
	if (colon) {
		len = (size_t)(colon - text);
		if (str_to_i64(&n, colon + 1, 1, 65535))
			return -EINVAL;
	}
	*port = (uint16_t)n;
	return str_copy_n(host, ALLOW_HOST_LEN, text, len) ||
	       !host_is_valid(host) ? -EINVAL : 0;
}

int allow_parse(struct allow *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	a->is_name = network_parse(&a->net, text) != 0;
	return a->is_name ? host_port_parse(a->host, &a->port, text) : 0;
}

static bool matches(const struct allow *a, const char *host,
		    const struct addr *addr)
{
	if (!a->is_name)
		return network_has(&a->net, addr);
	return host && !strcasecmp(a->host, host) &&
	       (!a->port || a->port == addr_port(addr));
}

bool allow_has(const struct allow *list, size_t n, const char *host,
	       const struct addr *addr)
{
	for (size_t i = 0; i < n; i++) {
		if (matches(&list[i], host, addr))
			return true;
	}
	return false;
}

/*
 * guard.h - which addresses the API listens on, and which requests it takes
 * as meant for it.
 *
 * Made at start, read-only afterwards: any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_GUARD_H
#define API_GUARD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_LISTEN_MAX = 16, GUARD_NAMES_MAX = 32 };

struct guard_listen {
	char host[INET6_ADDRSTRLEN];	/* numeric                            */
	uint16_t port;			/* 0: the kernel's choice             */
	bool any, loopback;
};

struct guard {
	size_t n_listens, n_names;
	struct guard_listen listens[GUARD_LISTEN_MAX];
	char names[GUARD_NAMES_MAX][254];
};

/* "127.0.0.1:8080", "localhost:8080", "0.0.0.0:8080" or "*:8080". 0, or
 * -errno with a sentence.                                                    */
int guard_add_listen(struct guard *g, const char *value, char *why, size_t cap);
int guard_add_name(struct guard *g, const char *name, char *why, size_t cap);
bool guard_is_loopback(const struct guard *g);	/* all that is listened on    */

/* Does the Host header name us? Foils DNS rebinding: the browser sends the
 * name that it was lured to.                                                 */
bool guard_host(const struct guard *g, const char *host);
/* Is the Origin the same as the Host? NULL: not a browser.                   */
bool guard_origin(const char *origin, const char *host);

#endif

/*
 * access.h - where recordings may be fetched from.
 *
 * A URL comes from a request, so it is a stranger's: it must not lead to what
 * only this host can reach. A literal address is judged with the URL; a name is
 * judged by the address that a connection is really made to, which also covers
 * redirects, odd spellings of addresses and a name that changes its mind.
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_ACCESS_H
#define MEDIA_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/jobs.h>

#include "base/allow.h"

struct access {
	/* Special addresses that are fine, and hosts that may lead to any.   */
	const struct allow *allow;
	size_t n_allow;
};

#define TARGET_HOST_LEN 256

/* Whom a URL leads to first.                                                 */
struct target {
	char host[TARGET_HOST_LEN];	/* lower case; IPv6 in brackets       */
	uint16_t port;
};

/* 0 and *t, or -EINVAL (not a URL for us), -EPERM (forbidden) or -ENOMEM with a
 * sentence in `why`.                                                         */
int access_url(const struct access *a, const char *url, struct target *t,
	       char *why, size_t cap);
/* May a connection for `t` be made to this address and port?                 */
bool access_addr(const struct access *a, const struct target *t,
		 const struct addr *to);
/* The sentence for an address that may not.                                  */
void access_why(const struct addr *to, char *why, size_t cap);

#endif

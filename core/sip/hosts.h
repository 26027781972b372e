/*
 * hosts.h - the hosts file, read when it has changed and not before.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_HOSTS_H
#define SIP_HOSTS_H

#include "sip/dns_answer.h"

struct hosts;

/* Copies the path; there need not be such a file.                            */
int hosts_new(struct hosts **hp, const char *path);
void hosts_free(struct hosts *h);	/* NULL is fine                       */
/* Its addresses, IPv6 first, or -ENOENT; never waits. NULL: no memory.       */
struct dns_answer *hosts_find(struct hosts *h, const char *name);

#endif

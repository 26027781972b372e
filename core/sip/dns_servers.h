/*
 * dns_servers.h - the name servers that a channel of c-ares asks.
 *
 * Thread: signalling. Inside core/sip/, for dns_channel.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DNS_SERVERS_H
#define SIP_DNS_SERVERS_H

#include <ares.h>

#include "base/addr.h"

/* None: those that it has, the system's. 0 or -errno.                        */
int dns_servers_set(ares_channel ares, const struct addr *servers, size_t n);
/* A status of c-ares.                                                        */
int dns_servers_copy(ares_channel to, ares_channel from);
/* As dns_channel_servers().                                                  */
void dns_servers_text(ares_channel ares, char *text, size_t cap);

#endif

/*
 * next_hop.h - where a carrier's requests go, by its fields alone.
 *
 * Pure functions; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_NEXT_HOP_H
#define CALL_NEXT_HOP_H

#include <carillon/services.h>

#include "sip/sip.h"

/* "proxy.example", "192.0.2.1:5070;transport=tcp", "sip:[::1]:5061;lr". The
 * final dot of a whole name is dropped. Without a transport of its own the
 * target gets SIP_ANY and *has_transport is false. 0 or -EINVAL.               */
int next_hop_proxy(struct sip_target *t, bool *has_transport,
		   const char *text);
/* The proxy, else the host; t->listen is the caller's to set. The fields have
 * been checked.                                                               */
void next_hop_of(const struct cln_carrier *c, struct sip_target *t);
/* What a Request-URI shows: 0 for the default port of the transport.          */
uint16_t next_hop_uri_port(const struct cln_carrier *c);

#endif

/*
 * datagram.h - a datagram comes in: who is it for?
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DATAGRAM_H
#define SIP_DATAGRAM_H

#include "sip/stack.h"

void datagram_receive(struct sip *sip, size_t sock, const struct addr *from,
		      const char *data, size_t len);
/* The beginning of a datagram of ours that did not reach `to`.                */
void datagram_refused(struct sip *sip, const struct addr *to,
		      const char *data, size_t len);

#endif

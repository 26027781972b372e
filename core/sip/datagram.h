/*
 * datagram.h - a message comes in: who is it for?
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DATAGRAM_H
#define SIP_DATAGRAM_H

#include "sip/transport.h"

/* A datagram, or one whole message of a connection. `from` says how an answer
 * gets back.                                                                  */
void datagram_receive(struct sip *sip, const struct hop *from,
		      const char *data, size_t len);
/* The beginning of a datagram of ours that did not reach `to`, by `err`.      */
void datagram_refused(struct sip *sip, const struct addr *to, int err,
		      const char *data, size_t len);

#endif

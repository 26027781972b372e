/*
 * trace_redact.h - takes out of a message what proves who somebody is.
 *
 * Pure; any thread. In place and of the same length, so that Content-Length and
 * everything around stays true: each byte of a secret becomes '*'.
 *
 *	(Proxy-)Authorization		all but what is harmless in a Digest, all
 *					of any other scheme
 *	(Proxy-)Authentication-Info	all but qop and nc
 *	a=crypto, key-mgmt, ice-pwd, k=	the keys (RFC 4568, 4567, 8839, 4566)
 *	scheme:user:password@host	the password
 *
 * It names what may stay, and where a header is broken nothing of it does. The
 * body is read like the headers: it may hold a message, or be one by mistake.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TRACE_REDACT_H
#define SIP_TRACE_REDACT_H

#include <stddef.h>

void trace_redact(char *data, size_t len);

#endif

/*
 * target.h - what may be dialled, and who may be said to call: the syntax.
 *
 * Any thread. Each returns NULL, or a sentence that says what is wrong.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_TARGET_H
#define API_TARGET_H

#include <stdbool.h>

enum { TARGET_MAX = 500, TARGET_FROM_MAX = 63 };

/* Does it mean to be a URI ("sip:..." or "sips:...")?                        */
bool target_is_uri(const char *to);
/* A number, or a SIP URI without parameters and headers.                     */
const char *target_fault(const char *to);
const char *target_from_fault(const char *from);
const char *target_host_fault(const char *host);	/* name, IPv4, [IPv6] */

#endif

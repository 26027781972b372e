/*
 * number.h - what is dialled: numbers, SIP URIs and the Request-URI.
 *
 * Pure functions; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_NUMBER_H
#define CALL_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_URI_LEN 768

bool number_is_valid(const char *to);		/* ^\+?[0-9*#]{1,32}$         */
bool number_is_uri(const char *to);		/* begins with sip:, any case */
/* Nothing that could end the user part of a URI, or the line around it.      */
bool number_user_is_valid(const char *user);
/* Host and port (0: none) of "sip:user@host[:port]" without parameters or
 * headers. 0 or -EINVAL.                                                     */
int number_uri_split(const char *uri, char *host, size_t cap, uint16_t *port);
/* A number as a carrier wants it: without its first `strip` digits and the +
 * before them, then by format: "e164" sets a + before what is digits only,
 * "plain" takes it away, "as_is" does neither. 0; -ERANGE: nothing is left.  */
int number_for_carrier(char *dst, size_t cap, const char *to, int strip,
		       const char *format);
/* sip:<prefix><to>@<host>[:port]; '#' is escaped as RFC 3261 25.1 asks; port 0
 * is not written, nor is the + of `to` behind a prefix that has one.         */
int number_request_uri(char *dst, size_t cap, const char *prefix,
		       const char *to, const char *host, uint16_t port);

#endif

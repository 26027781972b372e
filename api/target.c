/*
 * target.c - what may be dialled, and who may be said to call: the syntax.
 * Thread: any.
 *
 * What passes here goes into a Request-URI, so it is a list of what may be,
 * not of what may not: no parameter or header part (";maddr=", "?Subject=")
 * can name another target, no byte can end the line.
 */
/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALNUM DIGITS LETTERS

bool target_is_uri(const char *to)
{
	return !strncasecmp(to, "sip:", 4) || !strncasecmp(to, "sips:", 5);
}

static int hex_of(char c)
{
	const char *at = c ? strchr("0123456789abcdef", c | 0x20) : NULL;

	return at && c >= '0' ? (int)(at - "0123456789abcdef") : -1;
}

/* RFC 3261 25.1: user = 1*( unreserved / escaped / user-unreserved ), here
 * without ';' and '?', which far ends have been seen to read as the end.     */
static const char *user_fault(const char *user, size_t len)
{
	static const char plain[] = ALNUM "-_.!~*'()" "&=+$,/";
	size_t i;

	if (!len)
		return "the SIP URI has an empty user part before '@'";
	for (i = 0; i < len; i++) {
		int high, low;

		if (strchr(plain, user[i]))
			continue;
		if (user[i] == ':')
			return "a SIP URI may not carry a password";
		if (user[i] != '%')
			return "the user part of the SIP URI holds a "
			       "character that is not allowed";
		high = i + 2 < len ? hex_of(user[i + 1]) : -1;
		low = i + 2 < len ? hex_of(user[i + 2]) : -1;
		if (high < 0 || low < 0)
			return "expected two hexadecimal digits after '%' in "
			       "the SIP URI";
		if (high < 2 || (high == 7 && low == 15))
			return "the SIP URI may not hold an escaped control "
			       "character";
		i += 2;
	}
	return NULL;
}

static const char *label_fault(const char *label, size_t len)
{
	if (!len || len > 63 || strspn(label, ALNUM "-") < len)
		return "the host name has a label that is empty, too long or "
		       "holds a character that is not allowed";
	if (label[0] == '-' || label[len - 1] == '-')
		return "a label of the host name begins or ends with '-'";
	return NULL;
}

/* RFC 3261 25.1: the last label of a name begins with a letter, so that
 * "2130706433" and "127.1" are no names; dotted quads are strict.            */
const char *target_host_fault(const char *host)
{
	const char *label = host, *why = NULL;
	struct in6_addr a6;
	struct in_addr a4;
	char inner[64];
	size_t len = strlen(host);

	if (host[0] == '[') {
		if (len < 4 || len - 2 >= sizeof(inner) || host[len - 1] != ']')
			return "the IPv6 address is not valid";
		memcpy(inner, host + 1, len - 2);
		inner[len - 2] = '\0';
		return inet_pton(AF_INET6, inner, &a6) == 1 ?
		       NULL : "the IPv6 address is not valid";
	}
	if (!len || len > 253)
		return "the host is empty or longer than 253 bytes";
	if (inet_pton(AF_INET, host, &a4) == 1)
		return NULL;
	for (;;) {
		size_t n = strcspn(label, ".");

		why = label_fault(label, n);
		if (why || !label[n] || !label[n + 1])
			break;
		label += n + 1;
	}
	if (!why && !strchr(LETTERS, label[0]))
		return "the host is neither a name nor a dotted IPv4 address";
	return why;
}

static const char *port_fault(const char *port)
{
	size_t n = strspn(port, DIGITS);
	unsigned long v = 0;
	size_t i;

	if (!n || n > 5 || port[n])
		return "the port of the SIP URI is not a number";
	for (i = 0; i < n; i++)
		v = v * 10 + (unsigned long)(port[i] - '0');
	return v < 1 || v > 65535 ?
	       "the port of the SIP URI is not between 1 and 65535" : NULL;
}

/* rest: host[:port]                                                          */
static const char *hostport_fault(const char *rest)
{
	size_t n = rest[0] == '[' ? strcspn(rest, "]") : strcspn(rest, ":");
	const char *why;
	char host[256];

	if (rest[0] == '[' && rest[n])
		n++;
	if (n >= sizeof(host))
		return "the host is empty or longer than 253 bytes";
	memcpy(host, rest, n);
	host[n] = '\0';
	if (strpbrk(host, ";?"))
		return "a SIP URI may not carry parameters (';') or headers "
		       "('?') here";
	why = target_host_fault(host);
	if (why || !rest[n])
		return why;
	if (strpbrk(rest + n, ";?"))
		return "a SIP URI may not carry parameters (';') or headers "
		       "('?') here";
	return rest[n] == ':' ? port_fault(rest + n + 1) :
	       "the host of the SIP URI is not valid";
}

static const char *uri_fault(const char *uri)
{
	const char *rest, *at, *why;

	if (strlen(uri) > TARGET_MAX)
		return "is longer than 500 bytes";
	if (!strncasecmp(uri, "sips:", 5))
		return "the scheme sips is not supported; use sip:";
	rest = uri + 4;
	at = strrchr(rest, '@');
	if (at) {
		why = user_fault(rest, (size_t)(at - rest));
		if (why)
			return why;
		rest = at + 1;
	}
	return hostport_fault(rest);
}

const char *target_fault(const char *to)
{
	const char *number = to + (to[0] == '+');
	size_t n;

	if (target_is_uri(to))
		return uri_fault(to);
	n = strspn(number, DIGITS "*#");
	if (!n || n > 32 || number[n])
		return "must be a number (an optional '+', then 1 to 32 of "
		       "0-9, * and #) or a SIP URI such as "
		       "sip:123456@192.0.2.1:5060";
	return NULL;
}

const char *target_from_fault(const char *from)
{
	size_t n = strspn(from, ALNUM "+*#._-");

	if (!n || n > TARGET_FROM_MAX || from[n])
		return "must be 1 to 63 letters, digits or + * # . _ - (the "
		       "user part only; the carrier gives the domain)";
	return NULL;
}

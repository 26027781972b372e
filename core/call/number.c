/*
 * number.c - what is dialled: numbers, SIP URIs and the Request-URI.
 *
 * Any thread.
 */
/* SPDX-License-Identifier: MIT */
#include "call/number.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/str.h"

#define NUMBER_MAX 32

#define DIGITS "0123456789"
#define ALNUM DIGITS "abcdefghijklmnopqrstuvwxyz" "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool number_is_valid(const char *to)
{
	const char *digits = to[0] == '+' ? to + 1 : to;
	size_t n = strspn(digits, DIGITS "*#");

	return n && n <= NUMBER_MAX && !digits[n];
}

bool number_is_uri(const char *to)
{
	return !strncasecmp(to, "sip:", 4);
}

bool number_user_is_valid(const char *user)
{
	for (; *user; user++)
		if ((unsigned char)*user <= ' ' ||
		    (unsigned char)*user >= 0x7f ||
		    strchr("@;?<>\"\\:/", *user))
			return false;
	return true;
}

/* RFC 3261 25.1: unreserved, escaped, and of the reserved ones those that mean
 * nothing to us: no ';', '?' or ',', and no ':' (a password in the clear).     */
static bool uri_user_is_valid(const char *user, size_t len)
{
	const char *end = user + len;

	while (user < end) {
		if (*user == '%') {
			if (end - user < 3 ||
			    strspn(user + 1, DIGITS "abcdefABCDEF") < 2)
				return false;
			user += 3;
		} else if (strchr(ALNUM "-_.!~*'()&=+$/", *user)) {
			user++;
		} else {
			return false;
		}
	}
	return len > 0;
}

static int split_port(char *host, uint16_t *port)
{
	char *colon = strrchr(host, ':'), *bracket = strrchr(host, ']');
	int64_t value;

	*port = 0;
	if (!colon || (bracket && colon < bracket))
		return 0;
	if (str_to_i64(&value, colon + 1, 1, 65535))
		return -EINVAL;
	*port = (uint16_t)value;
	*colon = '\0';
	return 0;
}

int number_uri_split(const char *uri, char *host, size_t cap, uint16_t *port)
{
	const char *at;

	if (!number_is_uri(uri))
		return -EINVAL;
	uri += strlen("sip:");
	at = strchr(uri, '@');
	if (!at || !uri_user_is_valid(uri, (size_t)(at - uri)))
		return -EINVAL;
	if (str_copy(host, cap, at + 1) || split_port(host, port))
		return -EINVAL;
	/* An IPv6 address without brackets is none in a URI.                  */
	if (strchr(host, ':') && host[0] != '[')
		return -EINVAL;
	return host_is_valid(host) ? 0 : -EINVAL;
}

int number_for_carrier(char *dst, size_t cap, const char *to, int strip,
		       const char *format)
{
	const char *digits = to[0] == '+' ? to + 1 : to;
	bool plus = digits > to && !strip;

	if (strlen(digits) <= (size_t)strip)
		return -ERANGE;
	digits += strip;
	/* A service code such as *100# is no number of E.164.                 */
	if (!strcmp(format, "e164"))
		plus = !digits[strspn(digits, DIGITS)];
	else if (!strcmp(format, "plain"))
		plus = false;
	return str_printf(dst, cap, "%s%s", plus ? "+" : "", digits);
}

static void put_user(struct buf *b, const char *user)
{
	for (; *user; user++) {
		if (*user == '#')
			buf_puts(b, "%23");
		else
			buf_putc(b, *user);
	}
}

int number_request_uri(char *dst, size_t cap, const char *prefix,
		       const char *to, const char *host, uint16_t port)
{
	bool bare_v6 = strchr(host, ':') && host[0] != '[';
	struct buf b;
	int err;

	buf_init(&b, cap - 1);
	buf_puts(&b, "sip:");
	put_user(&b, prefix);
	put_user(&b, prefix[0] == '+' && to[0] == '+' ? to + 1 : to);
	buf_printf(&b, bare_v6 ? "@[%s]" : "@%s", host);
	if (port)
		buf_printf(&b, ":%u", port);
	err = b.err ? b.err : str_copy(dst, cap, b.data);
	buf_deinit(&b);
	return err;
}

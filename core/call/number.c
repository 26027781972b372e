/*
 * number.c - what is dialled: numbers, SIP URIs and the Request-URI.
 *
 * Any thread.
 */
/* SPDX-License-Identifier: MIT */
#include "call/number.h"

#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/str.h"

#define SIP_PORT 5060
#define NUMBER_MAX 32

bool number_is_valid(const char *to)
{
	const char *digits = to[0] == '+' ? to + 1 : to;
	size_t n = strspn(digits, "0123456789*#");

	return n && n <= NUMBER_MAX && !digits[n];
}

bool number_is_uri(const char *to)
{
	return str_starts(to, "sip:");
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
	if (!at || at == uri || strchr(at + 1, '@'))
		return -EINVAL;
	for (const char *p = uri; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    strchr("<>\"\\;?,", *p))
			return -EINVAL;
	if (str_copy(host, cap, at + 1) || split_port(host, port))
		return -EINVAL;
	return host_is_valid(host) ? 0 : -EINVAL;
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
	put_user(&b, to);
	buf_printf(&b, bare_v6 ? "@[%s]" : "@%s", host);
	if (port && port != SIP_PORT)
		buf_printf(&b, ":%u", port);
	err = b.err ? b.err : str_copy(dst, cap, b.data);
	buf_deinit(&b);
	return err;
}

/*
 * access.c - judges URLs and addresses of recordings.
 * Thread: any; it keeps no state.
 *
 * libcurl's URL parser is used, since libcurl makes the connection: two parsers
 * that disagree on where the host ends are how such checks are walked around.
 */
/* SPDX-License-Identifier: MIT */
#include "media/access.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/str.h"

/* The part between "//" and the path, where the tricks are. Anything that
 * parsers are known to disagree on is refused: a user part, backslashes, more
 * or fewer than two slashes.                                                 */
static int check_authority(const char *url, char *why, size_t cap)
{
	const char *start = strstr(url, "://");
	size_t len;

	if (!start || start[3] == '/' || start[3] == '\\' || !start[3]) {
		str_printf(why, cap, "not a complete http or https address");
		return -EINVAL;
	}
	start += 3;
	len = strcspn(start, "/?#");
	if (memchr(start, '@', len)) {
		str_printf(why, cap,
			   "a user part (user@host) in the address is refused");
		return -EINVAL;
	}
	if (memchr(start, '\\', len)) {
		str_printf(why, cap, "a backslash in the host is refused");
		return -EINVAL;
	}
	return 0;
}

static int check_text(const char *url, char *why, size_t cap)
{
	if (!*url) {
		str_printf(why, cap, "the address is empty");
		return -EINVAL;
	}
	if (strlen(url) > CLN_URL_MAX) {
		str_printf(why, cap, "the address is longer than %d bytes",
			   CLN_URL_MAX);
		return -EINVAL;
	}
	if (str_has_ctl(url) || strchr(url, ' ')) {
		str_printf(why, cap,
			   "control characters or spaces in the address");
		return -EINVAL;
	}
	return 0;
}

static int check_scheme(const char *url, char *why, size_t cap)
{
	size_t len = strspn(url, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	if (url[len] != ':' || !isalpha((unsigned char)url[0])) {
		str_printf(why, cap, "not a complete http or https address");
		return -EINVAL;
	}
	if ((len == 4 && !strncasecmp(url, "http", len)) ||
	    (len == 5 && !strncasecmp(url, "https", len)))
		return 0;
	str_printf(why, cap,
		   "scheme %.*s is not supported, only http and https are",
		   (int)(len < 16 ? len : 16), url);
	return -EINVAL;
}

/* Host and port as libcurl will use them; it has brought decimal, hexadecimal
 * and octal spellings of IPv4 into the usual form by then.                   */
static int read_parts(CURLU *u, struct target *t, char *why, size_t cap)
{
	char *host = NULL, *port = NULL;
	int64_t number = 0;
	int err = -EINVAL;

	if (curl_url_get(u, CURLUPART_HOST, &host, 0) ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))
		goto out;
	if (str_copy(t->host, sizeof(t->host), host) ||
	    !host_is_valid(host) || str_to_i64(&number, port, 1, 65535))
		goto out;
	for (char *c = t->host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	t->port = (uint16_t)number;
	err = 0;
out:
	if (err)
		str_printf(why, cap, "the host or port is not valid");
	curl_free(host);
	curl_free(port);
	return err;
}

int access_url(const struct access *a, const char *url, struct target *t,
	       char *why, size_t cap)
{
	struct target found = {0};
	struct addr literal;
	CURLU *u;
	int err;

	err = check_text(url, why, cap);
	if (!err)
		err = check_scheme(url, why, cap);
	if (!err)
		err = check_authority(url, why, cap);
	if (err)
		return err;
	u = curl_url();
	if (!u) {
		str_printf(why, cap, "out of memory");
		return -ENOMEM;
	}
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER)) {
		str_printf(why, cap, "not a valid address");
		err = -EINVAL;
	} else {
		err = read_parts(u, &found, why, cap);
	}
	curl_url_cleanup(u);
	if (err)
		return err;
	if (!addr_parse_ip(&literal, found.host, found.port) &&
	    !access_addr(a, &found, &literal)) {
		access_why(&literal, why, cap);
		return -EPERM;
	}
	*t = found;
	return 0;
}

bool access_addr(const struct access *a, const struct target *t,
		 const struct addr *to)
{
	return !addr_is_special(to) ||
	       allow_has(a->allow, a->n_allow, t->host, to);
}

void access_why(const struct addr *to, char *why, size_t cap)
{
	char text[ADDR_TEXT_LEN];

	addr_ip_text(to, text);
	str_printf(why, cap,
		   "address %s may not be fetched from (see fetch.allow)",
		   text);
}

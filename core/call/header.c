/*
 * header.c - extra lines for a SIP message: which of them an operator may add.
 *
 * Thread: any; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "call/header.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <carillon/services.h>

#include "base/str.h"

/* RFC 3261 25.1: token. */
#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyz" \
	      "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.!%*_+`'~"

/* What routes, frames, identifies or authenticates a request, or says what this
 * server can do: a second one would contradict the stack's own. */
static const char *const own[] = {
	"Accept", "Allow", "Authentication-Info", "Authorization", "Call-ID",
	"Contact", "CSeq", "Date", "Event", "Expires", "From", "Join",
	"Max-Forwards", "MIME-Version", "Min-Expires", "Min-SE", "Path",
	"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Require", "RAck",
	"Reason", "Record-Route", "Refer-To", "Replaces", "Require",
	"Retry-After", "Route", "RSeq", "Server", "Service-Route",
	"Session-Expires", "Supported", "Timestamp", "To", "Unsupported",
	"User-Agent", "Via", "Warning", "WWW-Authenticate", NULL
};

static bool is_own(const char *name)
{
	if (!strncasecmp(name, "Content-", strlen("Content-")))
		return true;
	for (size_t i = 0; own[i]; i++)
		if (!strcasecmp(own[i], name))
			return true;
	return false;
}

bool header_names_caller(const char *name)
{
	return !strcasecmp(name, "P-Asserted-Identity") ||
	       !strcasecmp(name, "Privacy");
}

static int refuse(char *why, size_t cap, const char *text)
{
	str_copy(why, cap, text);
	return -EINVAL;
}

static int check_name(const char *name, char *why, size_t cap)
{
	if (!*name || name[strspn(name, TOKEN)])
		return refuse(why, cap, "is not the name of a header");
	/* RFC 3261 7.3.3: short forms, of "via" and "to" for example.         */
	if (!name[1])
		return refuse(why, cap, "is the short form of a header's name; "
			      "write the long one");
	if (is_own(name))
		return refuse(why, cap, "is a header that the server writes "
			      "itself");
	return 0;
}

int header_check(const char *line, char *why, size_t cap)
{
	size_t len = strcspn(line, ":");
	char name[CLN_HEADER_NAME_LEN];
	const char *value;
	int err;

	if (str_copy_n(name, sizeof(name), line, len))
		return refuse(why, cap, "has too long a name");
	err = check_name(name, why, cap);
	if (err)
		return err;
	value = line[len] ? line + len + 1 : "";
	value += strspn(value, " ");
	if (!*value)
		return refuse(why, cap, "must not be empty");
	if (str_has_ctl(value) || !str_is_utf8(value, strlen(value)))
		return refuse(why, cap, "may not hold control characters such "
			      "as CR or LF");
	return 0;
}

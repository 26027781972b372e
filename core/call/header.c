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
	"Accept", "Allow", "Authorization", "Call-ID", "Contact", "CSeq",
	"From", "Max-Forwards", "Min-SE", "Proxy-Authorization", "RAck",
	"Reason", "Route", "Session-Expires", "Supported", "To", "User-Agent",
	"Via", NULL
};

static const char *const of_others[] = {
	"Authentication-Info", "Min-Expires", "Path", "Proxy-Authenticate",
	"Record-Route", "Retry-After", "RSeq", "Server", "Service-Route",
	"Unsupported", "Warning", "WWW-Authenticate", NULL
};

static const char *const not_done[] = {
	"Event", "Expires", "Join", "Proxy-Require", "Refer-To", "Replaces",
	"Require", NULL
};

static const char *const of_one_message[] = {
	"Date", "MIME-Version", "Timestamp", NULL
};

static bool is_in(const char *const *list, const char *name)
{
	while (*list && strcasecmp(*list, name))
		list++;
	return *list;
}

/* NULL: may be added.                                                         */
static const char *fault(const char *name)
{
	if (is_in(own, name) ||
	    !strncasecmp(name, "Content-", strlen("Content-")))
		return "is a header that the server writes itself";
	if (is_in(of_others, name))
		return "is a header of answers or of proxies, not of an INVITE";
	if (is_in(not_done, name))
		return "asks the far end for something that this server does "
		       "not do";
	if (is_in(of_one_message, name))
		return "says something of one message, and cannot be the same "
		       "in each";
	return NULL;
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
	return fault(name) ? refuse(why, cap, fault(name)) : 0;
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

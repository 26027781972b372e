/*
 * extension.c - what the extensions of SIP write into a message.
 *
 * osip cuts lists of tokens at their commas, so each header that is read here
 * holds one, or, where we have written it ourselves, all of them.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/extension.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/build.h"
#include "sip/msg.h"

#define SPACE " \t"

enum {
	UNKNOWN_MAX = 8,		/* that are looked at, to be named     */
	TAG_LEN = 128,
};

/* ---- lists of tokens ------------------------------------------------------ */

/* The next token of a list; moves *list behind it. False at its end.          */
static bool next_token(const char **list, const char **token, size_t *len)
{
	*list += strspn(*list, SPACE ",");
	*token = *list;
	*list += strcspn(*list, SPACE ",");
	*len = (size_t)(*list - *token);
	return *len > 0;
}

static bool is_token(const char *token, size_t len, const char *what)
{
	return len == strlen(what) && !strncasecmp(token, what, len);
}

static bool listed(const char *list, const char *what)
{
	const char *token;
	size_t len;

	while (next_token(&list, &token, &len))
		if (is_token(token, len, what))
			return true;
	return false;
}

static bool in_header(const osip_message_t *m, const char *name,
		      const char *tag)
{
	struct msg_values v;
	const char *value = msg_first(&v, m, name);

	for (; value; value = msg_next(&v))
		if (listed(value, tag))
			return true;
	return false;
}

bool extension_named(const osip_message_t *m, const char *header,
		     const char *tag)
{
	return in_header(m, header, tag) ||
	       (!strcasecmp(header, "supported") && in_header(m, "k", tag));
}

bool extension_allows(const osip_message_t *m, const char *method, bool *says)
{
	osip_list_iterator_t at;
	const osip_allow_t *a = osip_list_get_first(&m->allows, &at);

	*says = a != NULL;
	for (; a; a = osip_list_get_next(&at))
		if (a->value && listed(a->value, method))
			return true;
	return false;
}

/* Into the list, unless it is there; false when that is full.                 */
static bool add_unknown(char *list, const char *tag)
{
	size_t len = strlen(list);

	if (listed(list, tag))
		return true;
	if (len + 2 + strlen(tag) >= EXTENSION_UNKNOWN_LEN)
		return false;
	(void)str_printf(list + len, EXTENSION_UNKNOWN_LEN - len, "%s%s",
			 len ? ", " : "", tag);
	return true;
}

bool extension_unknown(const osip_message_t *m,
		       char list[EXTENSION_UNKNOWN_LEN])
{
	struct msg_values v;
	const char *value = msg_first(&v, m, "require"), *token;
	int left = UNKNOWN_MAX;
	char tag[TAG_LEN];
	size_t len;

	*list = '\0';
	for (; value && left; value = msg_next(&v)) {
		while (left && next_token(&value, &token, &len)) {
			/* One that is too long is cut, and unknown anyhow.    */
			if (!str_copy_n(tag, sizeof(tag), token, len) &&
			    listed(BUILD_SUPPORTED, tag))
				continue;
			left = add_unknown(list, tag) ? left - 1 : 0;
		}
	}
	return *list;
}

/* ---- numbers -------------------------------------------------------------- */

/* The number that a value begins with, and what stands behind it.             */
static bool read_number(const char *value, int64_t max, int64_t *n,
			const char **rest)
{
	char digits[16];
	size_t len;

	value += strspn(value, SPACE);
	len = strspn(value, "0123456789");
	*rest = value + len;
	return !str_copy_n(digits, sizeof(digits), value, len) &&
	       !str_to_i64(n, digits, 1, max);
}

static bool at_end(const char *rest)
{
	return !rest[strspn(rest, SPACE)];
}

bool extension_rseq(const osip_message_t *m, uint32_t *rseq)
{
	const char *value = msg_header(m, "rseq", 0), *rest;
	int64_t n;

	if (!value || !read_number(value, UINT32_MAX, &n, &rest) ||
	    !at_end(rest))
		return false;
	*rseq = (uint32_t)n;
	return true;
}

/* Seconds in front of parameters; more than we count in are as good as that.  */
static int read_seconds(const char *value, const char **rest)
{
	int64_t n;

	if (!value || !read_number(value, INT64_C(9999999999), &n, rest))
		return 0;
	*rest += strspn(*rest, SPACE);
	if (**rest && **rest != ';')
		return 0;
	return n < EXTENSION_SECONDS_MAX ? (int)n : EXTENSION_SECONDS_MAX;
}

static enum session_refresher read_refresher(const char *params)
{
	static const char name[] = "refresher";

	while ((params = strchr(params, ';'))) {
		params += 1 + strspn(params + 1, SPACE);
		if (strncasecmp(params, name, strlen(name)))
			continue;
		params += strlen(name) + strspn(params + strlen(name), SPACE);
		if (*params != '=')
			continue;
		params += 1 + strspn(params + 1, SPACE);
		if (is_token(params, strcspn(params, SPACE ";"), "uac"))
			return REFRESHER_UAC;
		if (is_token(params, strcspn(params, SPACE ";"), "uas"))
			return REFRESHER_UAS;
	}
	return REFRESHER_UNSAID;
}

bool extension_session(const osip_message_t *m, struct session_expires *se)
{
	const char *value = msg_header(m, "session-expires", 0), *rest;

	if (!value)
		value = msg_header(m, "x", 0);
	se->s = read_seconds(value, &rest);
	if (!se->s)
		return false;
	se->refresher = read_refresher(rest);
	return true;
}

int extension_min_se(const osip_message_t *m)
{
	const char *rest;

	return read_seconds(msg_header(m, "min-se", 0), &rest);
}

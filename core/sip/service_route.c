/*
 * service_route.c - the way that a registrar wants our calls to take (RFC 3608).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/service_route.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/msg.h"

void service_routes_clear(struct service_routes *r)
{
	for (size_t i = 0; r->values[i]; i++) {
		free(r->values[i]);
		r->values[i] = NULL;
	}
}

/* Where the entry ends: at a comma that is neither quoted nor within <>.      */
static size_t entry_len(const char *text)
{
	bool quoted = false, angled = false;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (quoted && text[i] == '\\' && text[i + 1])
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '<' || text[i] == '>'))
			angled = text[i] == '<';
		else if (text[i] == ',' && !quoted && !angled)
			break;
	}
	return i;
}

/* Behind the display name, which means nothing in a Route.                    */
static const char *skip_name(const char *text)
{
	if (*text == '"')
		for (text++; *text && *text != '"'; text++)
			text += *text == '\\' && text[1];
	return strchr(text, '<');
}

/* name-addr with a SIP URI (RFC 3608 5).                                      */
static bool is_route(const char *text)
{
	osip_route_t *route;
	bool is;

	if (str_has_ctl(text) || !skip_name(text) || osip_route_init(&route))
		return false;
	is = !osip_route_parse(route, text) && route->url &&
	     route->url->scheme && route->url->host &&
	     (!strcasecmp(route->url->scheme, "sip") ||
	      !strcasecmp(route->url->scheme, "sips"));
	osip_route_free(route);
	return is;
}

static int add(struct service_routes *r, const char *text, size_t len)
{
	char value[SERVICE_ROUTE_LEN];
	size_t n = 0;

	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	while (r->values[n])
		n++;
	if (n == SERVICE_ROUTES_MAX ||
	    str_copy_n(value, sizeof(value), text, len))
		return -E2BIG;
	if (!is_route(value))
		return -EBADMSG;
	r->values[n] = strdup(skip_name(value));
	return r->values[n] ? 0 : -ENOMEM;
}

static int add_all(struct service_routes *r, const char *text)
{
	int err = 0;

	while (!err) {
		size_t len;

		text += strspn(text, " \t,");
		if (!*text)
			break;
		len = entry_len(text);
		err = add(r, text, len);
		text += len;
	}
	return err;
}

int service_routes_read(struct service_routes *r, const osip_message_t *resp)
{
	struct msg_values v;
	const char *text = msg_first(&v, resp, "service-route");
	int err = 0;

	service_routes_clear(r);
	for (; !err && text; text = msg_next(&v))
		err = add_all(r, text);
	/* Half of a way leads somewhere else.                                 */
	if (err)
		service_routes_clear(r);
	return err;
}

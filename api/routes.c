/*
 * routes.c - which function answers which method and path.
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "auth.h"

static const struct route table[] = {
	{ "GET", "/carriers", AUTH_READ, carriers_list,
	  { "limit", "cursor" } },
	{ "POST", "/carriers", AUTH_ADMIN, carriers_create, { NULL } },
	{ "GET", "/carriers/{}", AUTH_READ, carrier_get, { NULL } },
	{ "PUT", "/carriers/{}", AUTH_ADMIN, carrier_put, { NULL } },
	{ "PATCH", "/carriers/{}", AUTH_ADMIN, carrier_patch, { NULL } },
	{ "DELETE", "/carriers/{}", AUTH_ADMIN, carrier_delete, { NULL } },
	{ "GET", "/status/carrier/{}", AUTH_READ, carrier_status, { NULL } },
	{ "POST", "/voice/call/play", AUTH_CALL, voice_play, { NULL } },
	/* Who may call may see what became of it.                            */
	{ "GET", "/voice/call/status/{}", AUTH_READ | AUTH_CALL, voice_report,
	  { "limit", "cursor" } },
	/* Who may have any file on the web played may bring his own; what is
	 * taken from everybody is an administrator's matter.                 */
	{ "POST", "/prompts", AUTH_CALL, prompts_create, { "name" } },
	{ "GET", "/prompts", AUTH_READ | AUTH_CALL, prompts_list,
	  { "limit", "cursor" } },
	{ "GET", "/prompts/{}", AUTH_READ | AUTH_CALL, prompt_get, { NULL } },
	{ "DELETE", "/prompts/{}", AUTH_ADMIN, prompt_delete, { NULL } },
	{ "GET", "/traces/{}", AUTH_READ, call_trace, { NULL } },
	{ "GET", "/health/live", 0, service_live, { NULL } },
	{ "GET", "/health/ready", 0, service_ready, { NULL } },
	{ "GET", "/openapi.json", 0, service_openapi, { NULL } },
	{ "GET", "/plugins", AUTH_READ, service_plugins, { NULL } },
};

enum { N_ROUTES = sizeof(table) / sizeof(*table) };

const struct route *route_at(unsigned int n)
{
	return n < N_ROUTES ? &table[n] : NULL;
}

bool route_is_upload(const struct route *r)
{
	return r->fn == prompts_create;
}

/* One segment of the path, percent-decoded. What is too long, or decodes to a
 * control character, names nothing.                                          */
static bool take_arg(char dst[HTTP_ARG_LEN], const char *segment, size_t len)
{
	int n;

	if (!len)
		return false;
	n = mg_url_decode(segment, (int)len, dst, HTTP_ARG_LEN, 0);
	return n > 0 && strlen(dst) == (size_t)n && !text_has_control(dst);
}

static bool match(const char *pattern, const char *path,
		  char args[HTTP_ARGS_MAX][HTTP_ARG_LEN])
{
	size_t n = 0;

	while (*pattern) {
		if (pattern[0] == '{') {
			size_t len = strcspn(path, "/");

			if (n == HTTP_ARGS_MAX ||
			    !take_arg(args[n++], path, len))
				return false;
			pattern += 2;
			path += len;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*path;
}

const struct route *route_find(struct request *rq, bool *known,
			       struct text *allow)
{
	const char *method = rq->head ? "GET" : rq->method;
	const struct route *found = NULL;
	size_t i;

	*known = false;
	for (i = 0; i < N_ROUTES; i++) {
		const struct route *r = &table[i];
		char args[HTTP_ARGS_MAX][HTTP_ARG_LEN] = { { 0 } };

		if (!match(r->path, rq->path, args))
			continue;
		*known = true;
		text_printf(allow, "%s%s, ", r->method,
			    strcmp(r->method, "GET") ? "" : ", HEAD");
		if (strcmp(r->method, method))
			continue;
		found = r;
		memcpy(rq->args, args, sizeof(rq->args));
	}
	if (*known)
		text_puts(allow, "OPTIONS");
	return found;
}

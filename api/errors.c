/*
 * errors.c - the application codes: their HTTP status, type and title.
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "errors.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define TYPE(name) "urn:carillon:error:" name

static const struct error_kind kinds[] = {
	{ CLN_INTERNAL, 500, TYPE("internal"), "Internal error" },
	{ CLN_BAD_JSON, 400, TYPE("bad_json"), "The body is not JSON" },
	{ CLN_BAD_REQUEST, 400, TYPE("bad_request"),
	  "The HTTP request is malformed" },
	{ CLN_TIMEOUT, 408, TYPE("timeout"),
	  "The request did not arrive in time" },
	{ CLN_INVALID, 422, TYPE("invalid"), "A field is wrong" },
	{ CLN_UNKNOWN_FIELD, 422, TYPE("unknown_field"), "Unknown field" },
	{ CLN_NO_ROUTE, 422, TYPE("no_route"),
	  "No carrier and no route for this number" },
	{ CLN_NO_SPEECH_SOURCE, 422, TYPE("no_speech_source"),
	  "No speech plugin is loaded" },
	{ CLN_NO_CODEC, 422, TYPE("no_codec"),
	  "None of the codecs is loaded" },
	{ CLN_FORBIDDEN_TARGET, 422, TYPE("forbidden_target"),
	  "The target is not allowed" },
	{ CLN_IDEMPOTENCY_MISMATCH, 422, TYPE("idempotency_mismatch"),
	  "The Idempotency-Key was used for another request" },
	{ CLN_UNAUTHORIZED, 401, TYPE("unauthorized"),
	  "A valid API key is required" },
	{ CLN_FORBIDDEN, 403, TYPE("forbidden"), "Not allowed" },
	{ CLN_MISDIRECTED, 421, TYPE("misdirected"),
	  "The Host header names another server" },
	{ CLN_NOT_FOUND, 404, TYPE("not_found"), "Not found" },
	{ CLN_METHOD, 405, TYPE("method_not_allowed"),
	  "The method is not allowed here" },
	{ CLN_CONFLICT, 409, TYPE("conflict"),
	  "In conflict with another request" },
	{ CLN_PRECONDITION, 412, TYPE("precondition_failed"),
	  "The resource has changed" },
	{ CLN_TOO_LARGE, 413, TYPE("too_large"), "The request is too large" },
	{ CLN_MEDIA_TYPE, 415, TYPE("media_type"), "Unsupported media type" },
	{ CLN_FULL, 507, TYPE("full"), "There is no room for it" },
	{ CLN_BUSY, 503, TYPE("busy"), "Too busy, try again" },
	{ CLN_STORE, 503, TYPE("store"), "The store is not available" },
	{ CLN_STOPPING, 503, TYPE("stopping"), "The server is stopping" },
};

enum { N_KINDS = sizeof(kinds) / sizeof(*kinds) };

const struct error_kind *error_kind_at(unsigned int n)
{
	return n < N_KINDS ? &kinds[n] : NULL;
}

const struct error_kind *error_kind(int code)
{
	unsigned int i;

	for (i = 0; i < N_KINDS; i++)
		if (kinds[i].code == code)
			return &kinds[i];
	return &kinds[0];
}

int error_code_of(int err)
{
	switch (err) {
	case -EINVAL:
		return CLN_INVALID;
	case -ENOENT:
		return CLN_NOT_FOUND;
	case -ESTALE:
		return CLN_PRECONDITION;
	case -EEXIST:
		return CLN_CONFLICT;
	case -EAGAIN:
	case -ENOMEM:
		return CLN_BUSY;
	case -ESHUTDOWN:
		return CLN_STOPPING;
	case -EIO:
	case -ENOSPC:
	case -EBUSY:
	case -EROFS:
		return CLN_STORE;
	default:
		return CLN_INTERNAL;
	}
}

const char *error_status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
		{ 507, "Insufficient Storage" },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Error";
}

void problems_init(struct cln_problems *ps)
{
	ps->size = sizeof(*ps);
	ps->n = 0;
}

/* RFC 6901 section 3: "~" is "~0" and "/" is "~1".                           */
static void put_pointer(char *dst, size_t cap, const char *base,
			const char *name)
{
	char full[512];
	size_t n;

	text_copy(full, sizeof(full), base);
	n = strlen(full);
	if (name && n + 1 < sizeof(full))
		full[n++] = '/';
	for (; name && *name && n + 3 < sizeof(full); name++) {
		if (*name == '~' || *name == '/') {
			full[n++] = '~';
			full[n++] = *name == '~' ? '0' : '1';
		} else {
			full[n++] = *name;
		}
	}
	full[n] = '\0';
	text_copy(dst, cap, full);
}

void problem_add(struct cln_problems *ps, int code, const char *base,
		 const char *name, const char *fmt, ...)
{
	struct cln_problem *p;
	char detail[1024];
	va_list ap;

	if (ps->n++ >= CLN_PROBLEMS_MAX)
		return;
	p = &ps->items[ps->n - 1];
	p->code = code;
	put_pointer(p->pointer, sizeof(p->pointer), base, name);
	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	text_copy(p->detail, sizeof(p->detail), detail);
}

/* Is one of them the other, or a part of it?                                 */
static bool are_related(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	if (n > m) {
		const char *longer = a;

		a = b;
		b = longer;
		n = m;
	}
	return !strncmp(a, b, n) && (!b[n] || b[n] == '/');
}

void problems_join(struct cln_problems *ps, const struct cln_problems *more)
{
	uint32_t before = ps->n, i, j;

	if (before > CLN_PROBLEMS_MAX)
		return;
	for (i = 0; i < more->n && i < CLN_PROBLEMS_MAX; i++) {
		const struct cln_problem *p = &more->items[i];

		for (j = 0; j < before; j++)
			if (are_related(ps->items[j].pointer, p->pointer))
				break;
		if (j < before)
			continue;
		if (ps->n < CLN_PROBLEMS_MAX)
			ps->items[ps->n] = *p;
		ps->n++;
	}
}

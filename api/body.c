/*
 * body.c - where a request begins and ends: framing, the body, its bounds.
 * Thread: the worker of the connection.
 *
 * civetweb 1.15 is lenient about framing; what two readers could read in two
 * ways (RFC 9112 section 6.3) is refused here, and the connection closed, so
 * that no second request can hide in the first.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "http.h"

enum {
	BLOCK = 16384,			/* read at once                       */
	DRAIN_MAX = 32 << 20,		/* swallowed after a refusal          */
	BODIES_AT_ONCE = 4,		/* times max_body, for all workers    */
	UPLOADS_AT_ONCE = 2,		/* the same of the largest recording  */
	TRIM_ABOVE = 1 << 20,		/* memory goes back to the system     */
};

const char *http_header(const struct request *rq, const char *name)
{
	return mg_get_header(rq->conn, name);
}

unsigned int http_header_count(const struct request *rq, const char *name)
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < rq->info->num_headers; i++)
		n += !strcasecmp(rq->info->http_headers[i].name, name);
	return n;
}

/* civetweb takes a line that is no header (folded, or not ASCII) for the end
 * of the headers and drops what follows, Content-Length maybe. It cuts its
 * buffer into strings in place, so behind the last value stand two NULs for
 * its CRLF, then the CR of the empty line.                                   */
static bool is_header_cut_short(const struct mg_request_info *info)
{
	const struct mg_header *last = info->http_headers + info->num_headers;
	const char *end;

	if (!info->num_headers)
		return false;
	end = last[-1].value + strlen(last[-1].value);
	return end[1] != '\0' || end[2] != '\r';
}

/* "Name : value" (RFC 9112 5.1): the blank became a second NUL.              */
static bool has_blank_name(const struct mg_header *h)
{
	const char *end = h->name + strlen(h->name);

	return h->value > end + 1 && end[1] == '\0';
}

static const char *head_fault(const struct request *rq)
{
	static const char *const once[] = {
		"Host", "Content-Length", "Transfer-Encoding", "Content-Type",
		"Authorization", "Idempotency-Key", "If-Match", "Origin",
	};
	const struct mg_request_info *info = rq->info;
	size_t i;
	int j;

	if (info->num_headers >= MG_MAX_HEADERS)
		return "too many header fields";
	if (is_header_cut_short(info))
		return "a header line is folded, ends without CR, or holds a "
		       "character that is not allowed";
	for (j = 0; j < info->num_headers; j++)
		if (has_blank_name(&info->http_headers[j]))
			return "blank between a header name and its colon";
	for (i = 0; i < sizeof(once) / sizeof(*once); i++)
		if (http_header_count(rq, once[i]) > 1)
			return "a header stands twice that may stand once";
	if (!http_header(rq, "Host"))
		return "the Host header is missing";
	return NULL;
}

static const char *length_fault(struct request *rq)
{
	const char *coding = http_header(rq, "Transfer-Encoding");
	const char *length = http_header(rq, "Content-Length");
	size_t digits = length ? strspn(length, "0123456789") : 0;
	size_t blanks = length ? strspn(length + digits, " \t") : 0;

	if (coding && length)
		return "Content-Length and Transfer-Encoding together";
	if (coding && strcasecmp(coding, "chunked"))
		return "a Transfer-Encoding other than chunked";
	if (coding && strcmp(rq->info->http_version, "1.1"))
		return "Transfer-Encoding in HTTP/1.0";
	if (length && (!digits || digits > 18 || length[digits + blanks]))
		return "the Content-Length is not a number";
	rq->chunked = coding != NULL;
	rq->content_len = length ? strtoll(length, NULL, 10) : 0;
	rq->has_body = rq->chunked || rq->content_len > 0;
	return NULL;
}

int http_check_frame(struct request *rq, struct answer *an)
{
	const char *expect = http_header(rq, "Expect");
	const char *why = head_fault(rq);

	if (!why)
		why = length_fault(rq);
	if (!why && expect && strcasecmp(expect, "100-continue"))
		why = "an Expect other than 100-continue";
	rq->expects = expect && !why;
	if (!why)
		return 0;
	an->close = true;
	answer_problem(rq, an, CLN_BAD_REQUEST, "%s", why);
	return -EINVAL;
}

/* Recordings have bounds of their own, so that neither they nor requests keep
 * the other out.                                                             */
static size_t body_max(const struct request *rq)
{
	return rq->upload ? (size_t)rq->api->services->prompt_max_bytes :
			    rq->api->max_body;
}

static atomic_size_t *held(const struct request *rq)
{
	return rq->upload ? &rq->api->upload_bytes : &rq->api->body_bytes;
}

static int too_large(struct request *rq, struct answer *an)
{
	an->close = true;
	answer_problem(rq, an, CLN_TOO_LARGE,
		       "the body is larger than %zu bytes (%s)", body_max(rq),
		       rq->upload ? "fetch.max_bytes" : "api.max_body");
	return -E2BIG;
}

/* All bodies together are bounded too. Grows rq->body to `cap` and NUL; a large
 * one is moved by the kernel's page tables, not copied.                      */
static int reserve(struct request *rq, struct answer *an, size_t cap)
{
	size_t more = cap - rq->reserved, others;
	char *body;

	others = atomic_fetch_add(held(rq), more);
	rq->reserved = cap;
	body = others + more > body_max(rq) *
	       (rq->upload ? UPLOADS_AT_ONCE : BODIES_AT_ONCE) ?
	       NULL : realloc(rq->body, cap + 1);
	if (!body) {
		an->close = true;
		answer_problem(rq, an, CLN_BUSY,
			       "too many large requests at once");
		return -EAGAIN;
	}
	rq->body = body;
	return 0;
}

static int late(struct request *rq, struct answer *an)
{
	an->close = true;
	if (watch_was_cut(rq->slot))
		answer_problem(rq, an, CLN_TIMEOUT,
			       "the body did not arrive in time");
	else
		answer_problem(rq, an, CLN_BAD_REQUEST,
			       "the body ended after %zu bytes, or its chunks "
			       "are broken", rq->body_len);
	return -EBADMSG;
}

/* Reads one block; 0 at the end of the body, else bytes or -errno.           */
static int read_block(struct request *rq, struct answer *an)
{
	/* One byte more than may be tells that there are too many chunks.    */
	size_t whole = rq->chunked ? body_max(rq) + 1 :
		       (size_t)rq->content_len;
	size_t want = whole - rq->body_len;
	int n, err;

	if (!want)
		return 0;
	if (want > BLOCK)
		want = BLOCK;
	if (rq->body_len + want > rq->reserved) {
		size_t cap = rq->reserved ? 2 * rq->reserved : want;

		/* Several large recordings that grew side by side would all
		 * meet the bound half way: room for the whole one is kept.   */
		if (cap > whole || (rq->upload && !rq->chunked))
			cap = whole;
		err = reserve(rq, an, cap > rq->body_len + want ? cap :
			      rq->body_len + want);
		if (err)
			return err;
	}
	watch_phase(rq->slot, rq->conn, WATCH_BODY);
	n = mg_read(rq->conn, rq->body + rq->body_len, want);
	if (n < 0 || (n == 0 && !rq->chunked))
		return late(rq, an);
	rq->body_len += (size_t)n;
	return rq->body_len > body_max(rq) ? too_large(rq, an) : n;
}

int http_read_body(struct request *rq, struct answer *an)
{
	int n;

	if ((uint64_t)rq->content_len > body_max(rq))
		return too_large(rq, an);
	if (rq->has_body && rq->expects)
		mg_write(rq->conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	if (!rq->has_body && reserve(rq, an, 1))
		return -EAGAIN;
	do
		n = rq->has_body ? read_block(rq, an) : 0;
	while (n > 0);
	watch_phase(rq->slot, rq->conn, WATCH_WORK);
	if (n < 0)
		return n;
	if (rq->body)
		rq->body[rq->body_len] = '\0';
	rq->body_read = true;
	return 0;
}

void http_drain(struct request *rq)
{
	char block[BLOCK];
	int64_t left = rq->chunked ? DRAIN_MAX : rq->content_len -
		       (int64_t)rq->body_len;

	/* Who waits for "100 Continue" will not send the body now.           */
	if (!rq->has_body || rq->body_read || rq->expects)
		return;
	if (left > DRAIN_MAX)
		left = DRAIN_MAX;
	watch_phase(rq->slot, rq->conn, WATCH_BODY);
	while (left > 0) {
		int n = mg_read(rq->conn, block, left < BLOCK ? (size_t)left :
				BLOCK);

		if (n <= 0)
			break;
		left -= n;
	}
	watch_phase(rq->slot, rq->conn, WATCH_WORK);
}

void http_free_body(struct request *rq)
{
	atomic_fetch_sub(held(rq), rq->reserved);
	/* It may hold a password.                                            */
	if (rq->body)
		explicit_bzero(rq->body, rq->body_len);
	free(rq->body);
	/* A large one, and the tree made from it, would else stay with the
	 * allocator.                                                          */
	if (rq->reserved > TRIM_ABOVE)
		malloc_trim(0);
	rq->body = NULL;
	rq->reserved = 0;
}

/*
 * serve.c - one request: framing, guard, key, route, scope, media type, body,
 * Idempotency-Key, handler, answer, log line; in that order.
 * Thread: the worker of the connection.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "errors.h"
#include "http.h"
#include "routes.h"

/* RFC 9112 3.2.2: the authority of an absolute target wins over Host.        */
static bool names_us(const struct request *rq)
{
	const char *target = rq->info->request_uri;
	char authority[300];

	if (!guard_host(&rq->api->guard, http_header(rq, "Host")))
		return false;
	if (*target == '/')
		return true;
	target = strstr(target, "://");
	if (!target)
		return false;
	target += 3;
	snprintf(authority, sizeof(authority), "%.*s",
		 (int)strcspn(target, "/"), target);
	return guard_host(&rq->api->guard, authority);
}

static bool pass_guard(struct request *rq, struct answer *an)
{
	if (!names_us(rq)) {
		an->close = true;
		answer_problem(rq, an, CLN_MISDIRECTED, "the Host header names "
			       "neither a listening address nor a configured "
			       "name (api.hostname)");
		return false;
	}
	if (!guard_origin(http_header(rq, "Origin"),
			  http_header(rq, "Host"))) {
		answer_problem(rq, an, CLN_FORBIDDEN,
			       "requests of another Origin are refused");
		return false;
	}
	return true;
}

static bool pass_key(struct request *rq, struct answer *an)
{
	const char *header = http_header(rq, "Authorization");
	enum auth_verdict verdict = auth_check(rq->api->auth, header,
					       &rq->scopes, &rq->key);

	if (verdict == AUTH_OK)
		return true;
	answer_header(an, "WWW-Authenticate", "Bearer realm=\"carillon\"%s",
		      verdict == AUTH_WRONG ? ", error=\"invalid_token\"" : "");
	answer_problem(rq, an, CLN_UNAUTHORIZED, verdict == AUTH_WRONG ?
		       "the API key is not known" :
		       "send the API key as Authorization: Bearer <key>");
	return false;
}

static bool pass_scope(struct request *rq, struct answer *an,
		       const struct route *route)
{
	if (!route->scopes || (route->scopes & rq->scopes))
		return true;
	answer_header(an, "WWW-Authenticate", "Bearer realm=\"carillon\", "
		      "error=\"insufficient_scope\"");
	answer_problem(rq, an, CLN_FORBIDDEN, "this API key lacks the scope "
		       "\"%s\"", route->scopes & AUTH_READ ? "read" :
		       route->scopes & AUTH_CALL ? "call" : "admin");
	return false;
}

static bool takes_body(const struct request *rq)
{
	return !strcmp(rq->method, "POST") || !strcmp(rq->method, "PUT") ||
	       !strcmp(rq->method, "PATCH");
}

static bool is_type(const char *value, const char *type)
{
	size_t len = strcspn(value, "; \t");

	return len == strlen(type) && !strncasecmp(value, type, len);
}

static bool pass_audio(struct request *rq, struct answer *an, const char *type)
{
	if (!strncasecmp(type, "audio/", 6) ||
	    is_type(type, "application/octet-stream") ||
	    is_type(type, "application/ogg"))
		return true;
	answer_header(an, "Accept", "audio/*, application/octet-stream");
	answer_problem(rq, an, CLN_MEDIA_TYPE, "the body must be a recording, "
		       "as it is, with a Content-Type such as audio/wav or "
		       "application/octet-stream");
	return false;
}

/* A page on another site can send forms and plain text without a preflight, so
 * those never pass; a missing type is taken for what the route takes.        */
static bool pass_media(struct request *rq, struct answer *an)
{
	const char *type = http_header(rq, "Content-Type");
	const char *charset;

	if (!takes_body(rq) || !type)
		return true;
	if (rq->upload)
		return pass_audio(rq, an, type);
	charset = strcasestr(type, "charset=");
	if (charset) {
		charset += 8 + (charset[8] == '"');
		charset = strncasecmp(charset, "utf-8", 5) ? charset : NULL;
	}
	if (!charset && (is_type(type, "application/json") ||
			 (is_type(type, "application/merge-patch+json") &&
			  !strcmp(rq->method, "PATCH"))))
		return true;
	answer_header(an, "Accept", "application/json");
	answer_problem(rq, an, CLN_MEDIA_TYPE,
		       "the body must be application/json in UTF-8");
	return false;
}

static bool pass_query(struct request *rq, struct answer *an,
		       const struct route *route)
{
	struct cln_problems ps;

	problems_init(&ps);
	http_query_check(rq, route->query, &ps);
	if (ps.n)
		answer_problems(rq, an, &ps);
	return !ps.n;
}

static void print_of(const struct request *rq, uint8_t print[SHA256_LEN])
{
	const char *query = rq->info->query_string;
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, rq->method, strlen(rq->method) + 1);
	sha256_add(&s, rq->path, strlen(rq->path) + 1);
	sha256_add(&s, query ? query : "", query ? strlen(query) + 1 : 1);
	sha256_add(&s, rq->body, rq->body_len);
	sha256_end(&s, print);
}

static void replay(struct answer *an, struct idem_saved *saved)
{
	an->status = saved->status;
	an->media = saved->media;
	text_puts(&an->headers, saved->headers);
	text_puts(&an->headers, "Idempotency-Replayed: true\r\n");
	text_write(&an->body, saved->body, saved->body_len);
	idem_saved_free(saved);
}

/* Runs the handler and keeps what it said, but for failures that may pass.   */
static void run_once(struct request *rq, struct answer *an,
		     const struct route *route, const struct idem_id *id)
{
	struct idem_saved saved;

	route->fn(rq, an);
	saved = (struct idem_saved){
		.status = an->status, .media = an->media,
		.headers = an->headers.data,
		.body = an->body.data, .body_len = an->body.len,
	};
	if (an->status < 500)
		idem_keep(rq->api->idem, id, &saved);
	else
		idem_drop(rq->api->idem, id);
}

static bool is_key(const char *key)
{
	size_t len = strlen(key);

	return len >= 1 && len <= IDEM_KEY_MAX && !text_has_control(key);
}

static void run_idempotent(struct request *rq, struct answer *an,
			   const struct route *route, const char *key)
{
	struct idem_id id = idem_id(rq->api->idem, rq->key, key);
	struct idem_saved saved = { 0 };
	uint8_t print[SHA256_LEN];

	if (!is_key(key)) {
		answer_problem(rq, an, CLN_BAD_REQUEST, "the Idempotency-Key "
			       "must have 1 to %d characters", IDEM_KEY_MAX);
		return;
	}
	print_of(rq, print);
	switch (idem_begin(rq->api->idem, &id, print,
			   rq->api->host->now_ms(rq->api->host->ctx), &saved)) {
	case IDEM_NEW:
		run_once(rq, an, route, &id);
		break;
	case IDEM_REPLAY:
		replay(an, &saved);
		break;
	case IDEM_MISMATCH:
		answer_problem(rq, an, CLN_IDEMPOTENCY_MISMATCH,
			       "this Idempotency-Key came with another body "
			       "or to another path before");
		break;
	case IDEM_RUNNING:
		answer_header(an, "Retry-After", "1");
		answer_problem(rq, an, CLN_CONFLICT, "the first request with "
			       "this Idempotency-Key is still being done");
		break;
	case IDEM_NO_MEMORY:
		answer_problem(rq, an, CLN_BUSY, "out of memory");
		break;
	}
}

static void run_route(struct request *rq, struct answer *an,
		      const struct route *route)
{
	const char *key = http_header(rq, "Idempotency-Key");

	rq->upload = route_is_upload(route);
	if (!pass_media(rq, an) || http_read_body(rq, an) ||
	    !pass_query(rq, an, route))
		return;
	if (key && !strcmp(rq->method, "POST"))
		run_idempotent(rq, an, route, key);
	else
		route->fn(rq, an);
}

static void no_route(struct request *rq, struct answer *an, bool known,
		     const struct text *allow)
{
	if (!known) {
		answer_problem(rq, an, CLN_NOT_FOUND,
			       "there is nothing at this path");
		return;
	}
	answer_header(an, "Allow", "%s", allow->data ? allow->data : "");
	if (strcmp(rq->method, "OPTIONS"))
		answer_problem(rq, an, CLN_METHOD, "allowed here: %s",
			       allow->data ? allow->data : "");
	else
		answer_ok(rq, an, NULL, NULL);
}

static void handle(struct request *rq, struct answer *an)
{
	struct text allow = { 0 };
	const struct route *route;
	bool known;

	if (http_check_frame(rq, an) || !pass_guard(rq, an))
		return;
	if (atomic_load(&rq->api->stopping)) {
		an->close = true;
		answer_problem(rq, an, CLN_STOPPING, "the server is stopping");
		return;
	}
	route = route_find(rq, &known, &allow);
	if ((route && !route->scopes) || pass_key(rq, an)) {
		if (!route)
			no_route(rq, an, known, &allow);
		else if (pass_scope(rq, an, route))
			run_route(rq, an, route);
	}
	text_free(&allow);
}

/* Probes ask every few seconds: their success is not worth a line.           */
static void log_request(const struct request *rq, int status)
{
	int64_t now = rq->api->host->now_ms(rq->api->host->ctx);
	bool probe = !strncmp(rq->path, "/health/", 8) && status == 200;

	api_log(rq->api, status >= 500 ? CLN_LOG_WARN :
		probe ? CLN_LOG_DEBUG : CLN_LOG_INFO,
		"%s %.200s %d in %lld ms request_id=%s", rq->method,
		rq->path, status, (long long)(now - rq->begun_ms), rq->id);
}

static void finish(struct request *rq, struct answer *an)
{
	if (!an->status)
		answer_problem(rq, an, CLN_INTERNAL, "no answer was made");
	if (!an->streamed)
		http_send(rq, an);
	http_drain(rq);
	log_request(rq, an->status);
}

int serve(struct api *api, struct mg_connection *conn)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	struct request rq = {
		.api = api, .conn = conn, .info = info,
		.slot = mg_get_thread_pointer(conn),
		.method = info->request_method, .path = info->local_uri_raw,
		.head = !strcmp(info->request_method, "HEAD"),
		.begun_ms = api->host->now_ms(api->host->ctx),
	};
	struct answer an = { 0 };

	watch_phase(rq.slot, conn, WATCH_WORK);
	if (text_uuid(rq.id))
		answer_problem(&rq, &an, CLN_INTERNAL, "no random numbers");
	else
		handle(&rq, &an);
	finish(&rq, &an);
	http_free_body(&rq);
	answer_free(&an);
	return an.status;
}

void serve_refusal(struct api *api, struct mg_connection *conn, int status,
		   const char *why)
{
	/* The headers may be from a request before, or half read: info NULL
	 * keeps everybody from looking at them.                              */
	struct request rq = {
		.api = api, .conn = conn, .slot = mg_get_thread_pointer(conn),
		.method = "?", .path = "?",
		.begun_ms = api->host->now_ms(api->host->ctx),
	};
	struct answer an = { .close = true };
	int code = status == 413 ? CLN_TOO_LARGE : CLN_BAD_REQUEST;

	if (text_uuid(rq.id))
		rq.id[0] = '\0';
	if (watch_was_cut(rq.slot))
		code = CLN_TIMEOUT;
	else if (status == 505)
		an.status = 505;
	answer_problem(&rq, &an, code, "%s", code == CLN_TIMEOUT ?
		       "the request did not arrive in time" : why);
	http_send(&rq, &an);
	log_request(&rq, an.status);
	answer_free(&an);
}

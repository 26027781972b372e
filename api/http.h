/*
 * http.h - one HTTP request in hand, and the answer to it.
 *
 * Thread: the worker of the connection; nothing here is shared.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_HTTP_H
#define API_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/services.h>
#include <civetweb.h>
#include <jansson.h>

#include "text.h"

struct api;
struct watch_slot;

enum {
	HTTP_ARGS_MAX = 2,
	HTTP_ARG_LEN = 64,	/* longer path parameters name nothing        */
	HTTP_HEAD_MAX = 16384,	/* request line and headers                   */
};

struct request {
	struct api *api;
	struct mg_connection *conn;
	struct watch_slot *slot;
	const struct mg_request_info *info;
	char id[CLN_UUID_LEN];		/* X-Request-Id                       */
	const char *method, *path;	/* path: raw, without query           */
	bool head;			/* HEAD: a GET without body           */
	char args[HTTP_ARGS_MAX][HTTP_ARG_LEN];
	unsigned int scopes, key;	/* what the API key may, which it is  */
	bool chunked, has_body, expects;
	bool body_read;			/* to its end                         */
	int64_t content_len;
	bool upload;			/* the body is a recording            */
	size_t reserved;		/* of api->body_bytes or upload_bytes */
	char *body;			/* NUL-ended; NULL until read         */
	size_t body_len;
	int64_t begun_ms;
};

struct answer {
	int status;			/* 0: none yet                        */
	const char *media;		/* Content-Type                       */
	struct text headers;		/* extra lines, each with CRLF        */
	struct text body;
	bool streamed;			/* the handler has sent it itself     */
	bool close;			/* the connection ends with it        */
};

void answer_free(struct answer *an);

/* One header, NULL if missing.                                               */
const char *http_header(const struct request *rq, const char *name);
unsigned int http_header_count(const struct request *rq, const char *name);
/* Is the framing beyond doubt? Otherwise -EINVAL, the answer filled in.      */
int http_check_frame(struct request *rq, struct answer *an);
/* Reads the whole body into rq->body. 0 or -errno with the answer filled in. */
int http_read_body(struct request *rq, struct answer *an);
/* After an answer that did not wait for the body: swallows a bounded part, so
 * that the client gets to read the answer.                                   */
void http_drain(struct request *rq);
void http_free_body(struct request *rq);
/* The body as a JSON object (the caller's to json_decref), or NULL with the
 * answer filled in.                                                          */
json_t *request_object(struct request *rq, struct answer *an);

/* Index of the media type that the Accept header likes best; ties and no
 * header go to the first.                                                    */
size_t http_accept(const struct request *rq, const char *const *offers);
/* Value of a query parameter, percent-decoded. 0, -ENOENT, or -EINVAL.       */
int http_query(const struct request *rq, const char *name, char *dst,
	       size_t cap);
/* One problem for each parameter that is not in the NULL-ended list.         */
void http_query_check(const struct request *rq, const char *const *known,
		      struct cln_problems *ps);
/* ?limit= between 1 and max.                                                 */
uint32_t http_query_limit(const struct request *rq, uint32_t fallback,
			  uint32_t max, struct cln_problems *ps);

/* A page of a list on its way.                                               */
struct list_page {
	char kind;			/* of its cursors                     */
	uint32_t limit;			/* ask for one more: is there a next? */
	char after[CLN_PROMPT_ID_LEN], last[CLN_PROMPT_ID_LEN];
	json_t *items;
	bool more;
};

/* By ?limit= and ?cursor=. false with the answer filled in.                  */
bool list_begin(struct list_page *page, struct request *rq, struct answer *an,
		char kind);
/* Before each item: false for the one that is too many.                      */
bool list_has_room(struct list_page *page);
void list_add(struct list_page *page, json_t *item, const char *id);
/* Takes the items; without it they are the caller's to json_decref().        */
void list_answer(struct list_page *page, struct request *rq,
		 struct answer *an, const char *name);

/* The success envelope: `members` (may be NULL; taken) follow the fixed ones.
 * request_id NULL: the request's own.                                        */
void answer_ok(struct request *rq, struct answer *an, const char *request_id,
	       json_t *members);
/* One problem, by code.                                                      */
void answer_problem(struct request *rq, struct answer *an, int code,
		    const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* All of them. The first one gives status and code.                          */
void answer_problems(struct request *rq, struct answer *an,
		     const struct cln_problems *ps);
/* For what a service returned; `what` is missing when it says -ENOENT.       */
void answer_errno(struct request *rq, struct answer *an, int err,
		  const struct cln_problems *ps, const char *what);
/* A header line; values of ours only.                                        */
void answer_header(struct answer *an, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Status line and headers; length < 0: chunked (closed on HTTP/1.0).         */
void http_send_head(struct request *rq, struct answer *an, int64_t length);
void http_send(struct request *rq, struct answer *an);
/* One piece of a streamed body. 0 or -EPIPE.                                 */
int http_send_piece(struct request *rq, const struct text *piece);
void http_send_end(struct request *rq);

#endif

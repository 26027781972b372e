/*
 * app.h - what the parts of the API plugin share while it runs.
 *
 * Made by start, read-only for the workers but for what is atomic.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_APP_H
#define API_APP_H

#include <stdatomic.h>
#include <stddef.h>

#include <carillon/plugin.h>
#include <civetweb.h>

#include "auth.h"
#include "guard.h"
#include "idem.h"
#include "watch.h"

struct api {
	const struct cln_host *host;
	const struct cln_services *services;
	struct mg_context *mg;		/* NULL until started                 */
	struct watch *watch;
	struct auth *auth;
	struct idem *idem;
	struct guard guard;
	size_t max_body;
	unsigned int workers;
	atomic_bool listening, stopping;
	atomic_size_t body_bytes;	/* bodies held by all workers         */
	atomic_size_t upload_bytes;	/* recordings among them, apart       */
};

void api_log(const struct api *api, enum cln_log_level level, const char *fmt,
	     ...) __attribute__((format(printf, 3, 4)));

/* civet.c: the HTTP server below.                                            */
int civet_start(struct api *api);
void civet_stop(struct api *api);

/* serve.c: one request, from guard to log line. Returns its HTTP status.     */
int serve(struct api *api, struct mg_connection *conn);
/* What civetweb itself refuses, in our envelope.                             */
void serve_refusal(struct api *api, struct mg_connection *conn, int status,
		   const char *why);

#endif

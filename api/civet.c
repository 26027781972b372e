/*
 * civet.c - civetweb below us: started, stopped, and kept to itself.
 * Thread: start and stop by main; the callbacks run on civetweb's workers.
 *
 * Only the begin_request callback answers, for every path, and always: no
 * document root, no form parser and no error page of civetweb's is ever used.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "text.h"

enum { SETTLE_MS = 1500 };	/* for answers under way, at stop             */

static struct api *api_of(const struct mg_connection *conn)
{
	const struct mg_context *ctx = mg_get_context(conn);

	return ctx ? mg_get_user_data(ctx) : NULL;
}

static int on_request(struct mg_connection *conn)
{
	return serve(api_of(conn), conn);
}

static void on_end(const struct mg_connection *conn, int status)
{
	(void)status;
	watch_phase(mg_get_thread_pointer(conn), conn, WATCH_IDLE);
}

static int on_connection(const struct mg_connection *conn, void **data)
{
	(void)data;
	watch_phase(mg_get_thread_pointer(conn), conn, WATCH_HEADER);
	return 0;
}

static void on_close(const struct mg_connection *conn)
{
	watch_phase(mg_get_thread_pointer(conn), conn, WATCH_FREE);
}

static void *on_thread(const struct mg_context *ctx, int type)
{
	struct api *api = mg_get_user_data(ctx);

	return type == 1 && api ? watch_take(api->watch) : NULL;
}

static int on_error(struct mg_connection *conn, int status, const char *why)
{
	serve_refusal(api_of(conn), conn, status, why);
	return 0;
}

/* Returns 1: civetweb writes no log of its own.                              */
static int on_log(const struct mg_connection *conn, const char *message)
{
	const struct api *api = api_of(conn);

	if (api)
		api_log(api, atomic_load(&api->listening) ?
			CLN_LOG_DEBUG : CLN_LOG_ERROR,
			"civetweb: %s", message);
	return 1;
}

static void log_ports(struct api *api)
{
	struct mg_server_port ports[GUARD_LISTEN_MAX];
	int n = mg_get_server_ports(api->mg, GUARD_LISTEN_MAX, ports), i;

	for (i = 0; i < n && (size_t)i < api->guard.n_listens; i++) {
		struct guard_listen *l = &api->guard.listens[i];

		l->port = (uint16_t)ports[i].port;
		api_log(api, CLN_LOG_INFO, "listening on http://%s:%d",
			l->host, ports[i].port);
	}
}

static void list_ports(const struct api *api, struct text *ports)
{
	size_t i;

	for (i = 0; i < api->guard.n_listens; i++)
		text_printf(ports, "%s%s:%u", i ? "," : "",
			    api->guard.listens[i].host,
			    (unsigned int)api->guard.listens[i].port);
}

static struct mg_context *start(struct api *api, const char *ports,
				char *why, size_t cap)
{
	static const struct mg_callbacks callbacks = {
		.begin_request = on_request, .end_request = on_end,
		.init_connection = on_connection, .connection_close = on_close,
		.init_thread = on_thread, .http_error = on_error,
		/* No log_access: civetweb would call localtime() for it, which
		 * is not safe among threads. serve.c writes the line.        */
		.log_message = on_log,
	};
	char threads[16], head[16];
	const char *options[] = {
		"listening_ports", ports,
		"num_threads", threads,
		"max_request_size", head,
		/* Long enough for anybody while workers are free; when they
		 * are not, watch.c is faster.                                */
		"request_timeout_ms", "10000",
		"enable_keep_alive", "yes",
		"keep_alive_timeout_ms", "5000",
		"listen_backlog", "1024",
		"connection_queue", "1024",
		"tcp_nodelay", "1",
		/* We decode the path ourselves, by segments and strictly.    */
		"decode_url", "no",
		"enable_auth_domain_check", "no",
		NULL,
	};
	struct mg_init_data init = {
		.callbacks = &callbacks, .user_data = api,
		.configuration_options = options,
	};
	unsigned int code = 0;
	struct mg_error_data error = {
		.code = &code, .text = why, .text_buffer_size = cap,
	};

	snprintf(threads, sizeof(threads), "%u", api->workers);
	snprintf(head, sizeof(head), "%d", 16384);
	return mg_start2(&init, &error);
}

int civet_start(struct api *api)
{
	struct text ports = { 0 };
	sigset_t all, before;
	char why[256] = "";
	int err;

	err = watch_new(&api->watch, api->workers);
	if (err)
		return err;
	list_ports(api, &ports);
	mg_init_library(MG_FEATURES_DEFAULT);
	/* Signals are for main: civetweb's threads inherit this mask.        */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (ports.data)
		api->mg = start(api, ports.data, why, sizeof(why));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!api->mg) {
		api_log(api, CLN_LOG_ERROR, "cannot listen on %s: %s",
			ports.data ? ports.data : "?",
			*why ? why : "see above");
		civet_stop(api);
		err = -EADDRINUSE;
	} else {
		atomic_store(&api->listening, true);
		log_ports(api);
	}
	text_free(&ports);
	return err;
}

void civet_stop(struct api *api)
{
	const struct guard_listen *first = &api->guard.listens[0];

	if (api->mg) {
		/* civetweb writes nothing more once it is told to stop, so let
		 * the answers under way out first.                           */
		watch_settle(api->watch, SETTLE_MS);
		watch_hurry(api->watch, first->any ? "127.0.0.1" : first->host,
			    first->port);
		mg_stop(api->mg);
		api->mg = NULL;
	}
	mg_exit_library();
	watch_free(api->watch);
	api->watch = NULL;
}

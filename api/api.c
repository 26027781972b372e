/*
 * api.c - the REST API as a plugin: its table, its options, start and stop.
 * Thread: main.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

enum { DEFAULT_MAX_BODY = 8388608, DEFAULT_WORKERS = 24 };

void api_log(const struct api *api, enum cln_log_level level, const char *fmt,
	     ...)
{
	char line[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	api->host->log(api->host->ctx, level, line);
}

static const char *option(const struct api *api, const char *name,
			  unsigned int nth)
{
	return api->host->option(api->host->ctx, name, nth);
}

static unsigned long long number_option(const struct api *api,
					const char *name,
					unsigned long long fallback,
					unsigned long long min,
					unsigned long long max)
{
	const char *text = option(api, name, 0);
	unsigned long long value;
	char *end;

	if (!text || !*text)
		return fallback;
	value = strtoull(text, &end, 10);
	if (!*end && value >= min && value <= max)
		return value;
	api_log(api, CLN_LOG_WARN, "%s is not between %llu and %llu, "
		"using %llu", name, min, max, fallback);
	return fallback;
}

static int read_listens(struct api *api, char *why, size_t cap)
{
	const char *value;
	unsigned int i;
	int err;

	for (i = 0; (value = option(api, "listen", i)); i++) {
		err = guard_add_listen(&api->guard, value, why, cap);
		if (err)
			return err;
	}
	return i ? 0 : guard_add_listen(&api->guard, "127.0.0.1:8080", why,
					cap);
}

static int read_options(struct api *api, char *why, size_t cap)
{
	const char *value;
	unsigned int i;
	int err = read_listens(api, why, cap);

	for (i = 0; !err && (value = option(api, "hostname", i)); i++)
		err = guard_add_name(&api->guard, value, why, cap);
	for (i = 0; !err && (value = option(api, "key", i)); i++)
		err = auth_add(api->auth, value, why, cap);
	if (!err && !auth_has_keys(api->auth) &&
	    !guard_is_loopback(&api->guard)) {
		snprintf(why, cap, "without an API key (api.key) the API may "
			 "listen on loopback only (api.listen)");
		err = -EPERM;
	}
	api->max_body = (size_t)number_option(api, "max_body",
					      DEFAULT_MAX_BODY, 1024,
					      1 << 30);
	api->workers = (unsigned int)number_option(api, "workers",
						   DEFAULT_WORKERS, 4, 512);
	return err;
}

static void deinit(struct api *api)
{
	auth_free(api->auth);
	idem_free(api->idem);
	api->auth = NULL;
	api->idem = NULL;
}

static int start(void *state, const struct cln_services *services)
{
	struct api *api = state;
	char why[256] = "out of memory";
	int err = -ENOMEM;

	api->services = services;
	api->guard = (struct guard){ 0 };
	atomic_store(&api->listening, false);
	atomic_store(&api->stopping, false);
	api->auth = auth_new();
	api->idem = idem_new();
	if (api->auth && api->idem)
		err = read_options(api, why, sizeof(why));
	if (err)
		api_log(api, CLN_LOG_ERROR, "%s", why);
	else
		err = civet_start(api);
	if (err)
		deinit(api);
	return err;
}

static void stop(void *state)
{
	struct api *api = state;

	if (!api->mg)
		return;
	atomic_store(&api->stopping, true);
	civet_stop(api);
	deinit(api);
}

static int open_plugin(const struct cln_host *host, void **statep)
{
	struct api *api = calloc(1, sizeof(*api));

	if (!api)
		return -ENOMEM;
	api->host = host;
	*statep = api;
	return 0;
}

static void close_plugin(void *state)
{
	free(state);
}

static const struct cln_app app = {
	.size = sizeof(app),
	.name = "api",
	.start = start,
	.stop = stop,
};

static const struct cln_app *const apps[] = { &app, NULL };

CLN_PLUGIN_EXPORT const struct cln_plugin carillon_plugin = {
	.size = sizeof(carillon_plugin),
	.abi_major = CLN_ABI_MAJOR,
	.abi_minor = CLN_ABI_MINOR,
	.name = "api",
	.version = "1.0.0",
	.licence = "MIT",
	.summary = "REST API over HTTP",
	.open = open_plugin,
	.close = close_plugin,
	.apps = apps,
};

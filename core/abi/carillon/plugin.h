/*
 * plugin.h - the one symbol that a plugin exports, and the host it gets.
 *
 * A plugin is a shared object with
 *
 *	CLN_PLUGIN_EXPORT const struct cln_plugin carillon_plugin = { ... };
 *
 * It links against nothing of the server: everything it may call comes in as
 * functions of struct cln_host. Every struct that crosses by itself starts with
 * its size; fields are only ever appended, so look at `size` before you read a
 * field that was added later. Elements of arrays and members of other structs
 * have none: where one of them grows, so does CLN_ABI_MINOR.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CARILLON_PLUGIN_H
#define CARILLON_PLUGIN_H

#include <carillon/codec.h>
#include <carillon/option.h>
#include <carillon/services.h>

#define CLN_ABI_MAJOR 1
#define CLN_ABI_MINOR 2

#define CLN_PLUGIN_SYMBOL "carillon_plugin"
#define CLN_PLUGIN_EXPORT __attribute__((visibility("default")))

enum cln_log_level { CLN_LOG_ERROR, CLN_LOG_WARN, CLN_LOG_INFO, CLN_LOG_DEBUG };

/* What the server lends to a plugin; valid until its close() returns. Each
 * function may be called from any thread and never blocks for long.          */
struct cln_host {
	uint32_t size;			/* sizeof(struct cln_host)            */
	uint16_t abi_major, abi_minor;	/* of the server                      */
	const char *server_version;
	void *ctx;			/* pass it back as first argument     */
	/* One line, without newline; control characters are escaped.         */
	void (*log)(void *ctx, enum cln_log_level level, const char *text);
	/* The nth value (0 = first) of an option of the plugin's own table,
	 * its default where unset, NULL past the end.                        */
	const char *(*option)(void *ctx, const char *name, unsigned int nth);
	int64_t (*now_ms)(void *ctx);	/* monotonic                          */
};

/* A program on top of the server: the REST API is one. It makes its own
 * threads; start must not block. Whatever `services` lends is valid until
 * stop() returns, after which no thread of the app may run.                  */
struct cln_app {
	uint32_t size;			/* sizeof(struct cln_app)             */
	const char *name;
	int (*start)(void *state, const struct cln_services *services);
	void (*stop)(void *state);
};

struct cln_plugin {
	uint32_t size;			/* sizeof(struct cln_plugin)          */
	uint16_t abi_major, abi_minor;	/* CLN_ABI_MAJOR, CLN_ABI_MINOR       */
	const char *name;		/* [a-z0-9_-]{1,31}, unique           */
	const char *version;
	const char *licence;		/* SPDX expression                    */
	const char *summary;		/* one line for people                */
	const struct cln_option *const *options; /* NULL-ended, or NULL       */
	/* Called once after loading, before any table is used. 0 or -errno.
	 * `host` stays valid until close.                                    */
	int (*open)(const struct cln_host *host, void **statep);
	void (*close)(void *state);
	const struct cln_codec *const *codecs;	/* NULL-ended, or NULL        */
	const struct cln_app *const *apps;	/* NULL-ended, or NULL        */
};

#endif

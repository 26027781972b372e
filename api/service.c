/*
 * service.c - /health/live, /health/ready, /openapi.json, /plugins.
 * Thread: the worker of the connection.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "app.h"
#include "errors.h"
#include "http.h"
#include "json.h"
#include "openapi.h"
#include "routes.h"

void service_live(struct request *rq, struct answer *an)
{
	answer_ok(rq, an, NULL, json_pack("{s:s, s:s}", "health", "live",
					  "version",
					  rq->api->host->server_version));
}

void service_ready(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	char why[160] = "";
	int err = sv->ready(sv->ctx, why, sizeof(why));

	if (!err) {
		answer_ok(rq, an, NULL, json_pack("{s:s}", "health", "ready"));
		return;
	}
	an->status = 503;
	answer_problem(rq, an, error_code_of(err), "%s", *why ? why : "no work is accepted now");
}

void service_openapi(struct request *rq, struct answer *an)
{
	(void)rq;
	an->status = 200;
	an->media = "application/json";
	text_write(&an->body, openapi_json, openapi_json_len);
}

static void add_plugin(void *arg, const struct cln_plugin_info *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_text(p->name));
	json_object_set_new(o, "version", json_text_or_null(p->version));
	json_object_set_new(o, "licence", json_text_or_null(p->licence));
	json_object_set_new(o, "summary", json_text_or_null(p->summary));
	json_object_set_new(o, "file", json_text_or_null(p->file));
	json_object_set_new(o, "abi", json_sprintf("%u.%u", p->abi_major,
						   p->abi_minor));
	json_object_set_new(o, "state", json_text(p->state));
	json_object_set_new(o, "reason", json_text_or_null(p->reason));
	json_object_set_new(o, "offers", json_text_or_null(p->offers));
	json_array_append_new(arg, o);
}

void service_plugins(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	json_t *list = json_array(), *o;
	int err = sv->plugins(sv->ctx, add_plugin, list);

	if (err) {
		json_decref(list);
		answer_errno(rq, an, err, NULL, "plugin");
		return;
	}
	o = json_object();
	json_object_set_new(o, "plugins", list);
	answer_ok(rq, an, NULL, o);
}

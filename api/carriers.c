/*
 * carriers.c - /carriers and /carriers/{id}.
 * Thread: the worker of the connection.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "errors.h"
#include "field_lists.h"
#include "fields.h"
#include "http.h"
#include "json.h"
#include "routes.h"

enum { PATCH_TRIES = 16 };

/* What the server adds to the fields: may be sent back unchanged.            */
static const char *const given[] = {
	"carrier_id", "version", "created_at", "updated_at", "password_set",
	"request_id", NULL,
};

static json_t *carrier_json(const struct cln_services *sv,
			    const struct cln_carrier *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "carrier_id", json_string(c->id));
	if (fields_write(sv->carrier_fields, c, o)) {
		json_decref(o);
		return NULL;
	}
	json_object_set_new(o, "password_set", json_boolean(c->password_set));
	json_object_set_new(o, "version", json_integer(c->version));
	json_object_set_new(o, "created_at", json_time_or_null(c->created_at));
	json_object_set_new(o, "updated_at", json_time_or_null(c->updated_at));
	json_object_set_new(o, "request_id", json_text(c->request_id));
	return o;
}

/* Codecs that were accepted and are not loaded.                              */
static json_t *warnings_json(const struct cln_codec_list *list)
{
	json_t *warnings = json_array();
	uint32_t i;

	for (i = 0; i < list->n && i < CLN_CODECS_MAX; i++)
		json_array_append_new(warnings, json_sprintf(
			"codec %s is not loaded and is left out of the offer",
			list->names[i]));
	return warnings;
}

/* With the carrier's id, and its version as ETag.                            */
static void answer_changed(struct request *rq, struct answer *an,
			   const struct cln_carrier *c,
			   const struct cln_codec_list *warnings, bool whole)
{
	json_t *o = json_object();

	json_object_set_new(o, "carrier_id", json_string(c->id));
	if (warnings->n)
		json_object_set_new(o, "warnings", warnings_json(warnings));
	if (whole)
		json_object_set_new(o, "carrier",
				    carrier_json(rq->api->services, c));
	answer_header(an, "ETag", "\"%lld\"", (long long)c->version);
	answer_ok(rq, an, NULL, o);
}

static void init_carrier(struct cln_carrier *c)
{
	memset(c, 0, sizeof(*c));
	c->size = sizeof(*c);
}

/* What was read before the last change is sent back: that one member says so. */
static bool is_stale(json_t *body, const struct cln_carrier *now,
		     struct cln_problems *ps)
{
	const json_t *version = json_object_get(body, "version");

	if (!now || !json_is_integer(version) ||
	    json_integer_value(version) == now->version)
		return false;
	problem_add(ps, CLN_INVALID, "", "version", "is %lld, the carrier is at "
		    "%lld: GET it again", (long long)json_integer_value(version),
		    (long long)now->version);
	return true;
}

/* A client that sends back what it got has the server's members in it; they
 * are fine as long as they say what is so. `now` NULL: nothing is yet.       */
static void check_given(struct request *rq, json_t *body,
			const struct cln_carrier *now, struct cln_problems *ps)
{
	json_t *is;
	size_t i;

	if (is_stale(body, now, ps))
		return;
	is = now ? carrier_json(rq->api->services, now) : NULL;
	for (i = 0; given[i]; i++) {
		const json_t *sent = json_object_get(body, given[i]);

		if (sent && !json_equal(sent, json_object_get(is, given[i])))
			problem_add(ps, CLN_INVALID, "", given[i],
				    "is set by the server");
	}
	json_decref(is);
}

void carriers_create(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct cln_codec_list warnings = { 0 };
	uint8_t set[FIELDS_MAX];
	struct cln_problems ps;
	struct cln_carrier c;
	json_t *body;
	int err = 0;

	body = request_object(rq, an);
	if (!body)
		return;
	problems_init(&ps);
	init_carrier(&c);
	fields_read(sv->carrier_fields, body, "", false, given, &c, set, &ps);
	check_given(rq, body, NULL, &ps);
	json_decref(body);
	text_copy(c.request_id, sizeof(c.request_id), rq->id);
	if (!ps.n)
		err = sv->carrier_create(sv->ctx, &c, &warnings, &ps);
	if (err || ps.n)
		answer_errno(rq, an, err ? err : -EINVAL, &ps, "carrier");
	else
		answer_changed(rq, an, &c, &warnings, false);
	explicit_bzero(c.password, sizeof(c.password));
}

/* Refuses an id that cannot be one before the core is asked.                 */
static bool is_id(struct request *rq, struct answer *an)
{
	if (text_is_carrier_id(rq->args[0]))
		return true;
	answer_errno(rq, an, -ENOENT, NULL, "carrier");
	return false;
}

void carrier_get(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct cln_carrier c;
	json_t *o;
	int err;

	if (!is_id(rq, an))
		return;
	init_carrier(&c);
	err = sv->carrier_get(sv->ctx, rq->args[0], &c);
	if (err) {
		answer_errno(rq, an, err, NULL, "carrier");
		return;
	}
	o = json_object();
	json_object_set_new(o, "carrier", carrier_json(sv, &c));
	answer_header(an, "ETag", "\"%lld\"", (long long)c.version);
	answer_ok(rq, an, NULL, o);
}

/* One entity tag of an If-Match list. Weak ones never match (RFC 9110 13.1.1).
 * Returns what is behind it.                                                 */
static const char *read_tag(const char *p, int64_t *version)
{
	long long value = 0;
	int used = 0;

	*version = -1;
	if (sscanf(p, "\"%18lld\"%n", &value, &used) == 1 && used &&
	    value > 0) {
		*version = value;
		return p + used;
	}
	return p + strcspn(p, ",");
}

/* The version that a change must meet: 0 for any. The list is held against the
 * version of now; the core compares again when it makes the change.          */
static int wanted_version(struct request *rq, const struct cln_carrier *now,
			  int64_t *version)
{
	const char *p = http_header(rq, "If-Match");

	*version = 0;
	if (!p || !strcmp(p, "*"))
		return 0;
	while (*p) {
		p += strspn(p, " \t,");
		if (*p)
			p = read_tag(p, version);
		if (*version == now->version)
			return 0;
	}
	return -ESTALE;
}

/* Fetches the carrier and settles If-Match. 0, or -errno.                    */
static int current(struct request *rq, struct cln_carrier *now,
		   int64_t *version)
{
	const struct cln_services *sv = rq->api->services;
	int err;

	init_carrier(now);
	err = sv->carrier_get(sv->ctx, rq->args[0], now);
	return err ? err : wanted_version(rq, now, version);
}

/* One PUT or PATCH, and what comes of it. */
struct change {
	json_t *body;
	json_t *headers;		/* PATCH: an object of some of them;
					 * else NULL. Lent                    */
	bool replace;
	bool outrun;			/* the headers are not those of now   */
	struct cln_carrier c;
	struct cln_codec_list warnings;
	struct cln_problems ps;
};

static int try_change(struct request *rq, struct change *ch)
{
	const struct cln_services *sv = rq->api->services;
	struct cln_carrier now;
	uint8_t set[FIELDS_MAX];
	int64_t version = 0, merged;
	int err = current(rq, &now, &version);

	ch->outrun = false;
	if (err)
		return err;
	if (ch->headers)
		json_object_set_new(ch->body, "headers",
				    field_headers_patched(&now.headers,
							  ch->headers));
	fields_read(sv->carrier_fields, ch->body, "", !ch->replace, given,
		    &ch->c, set, &ch->ps);
	check_given(rq, ch->body, &now, &ch->ps);
	if (ch->ps.n)
		return -EINVAL;
	merged = ch->headers && !version ? now.version : version;
	err = sv->carrier_update(sv->ctx, rq->args[0], &ch->c, set,
				 ch->replace, merged, &ch->warnings, &ch->ps);
	ch->outrun = err == -ESTALE && !version;
	return ch->outrun ? -EAGAIN : err;
}

static void update(struct request *rq, struct answer *an, json_t *body,
		   bool replace)
{
	json_t *headers = json_incref(json_object_get(body, "headers"));
	struct change ch = {
		.body = body, .replace = replace,
		.headers = !replace && json_is_object(headers) ? headers : NULL,
	};
	unsigned int tries = 0;
	int err;

	problems_init(&ch.ps);
	do {
		init_carrier(&ch.c);
		err = try_change(rq, &ch);
	} while (ch.outrun && ++tries < PATCH_TRIES);
	if (err)
		answer_errno(rq, an, err, &ch.ps, "carrier");
	else
		answer_changed(rq, an, &ch.c, &ch.warnings, true);
	explicit_bzero(ch.c.password, sizeof(ch.c.password));
	json_decref(headers);
}

static void change(struct request *rq, struct answer *an, bool replace)
{
	json_t *body;

	if (!is_id(rq, an))
		return;
	body = request_object(rq, an);
	if (!body)
		return;
	update(rq, an, body, replace);
	json_decref(body);
}

void carrier_put(struct request *rq, struct answer *an)
{
	change(rq, an, true);
}

void carrier_patch(struct request *rq, struct answer *an)
{
	change(rq, an, false);
}

void carrier_delete(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct cln_carrier now;
	int64_t version = 0;
	json_t *o;
	int err;

	if (!is_id(rq, an))
		return;
	err = current(rq, &now, &version);
	if (!err)
		err = sv->carrier_delete(sv->ctx, rq->args[0], version);
	if (err) {
		answer_errno(rq, an, err, NULL, "carrier");
		return;
	}
	o = json_object();
	json_object_set_new(o, "carrier_id", json_string(rq->args[0]));
	answer_ok(rq, an, NULL, o);
}

struct carriers_page {
	struct list_page list;
	const struct cln_services *services;
};

static void add_carrier(void *arg, const struct cln_carrier *c)
{
	struct carriers_page *page = arg;

	if (list_has_room(&page->list))
		list_add(&page->list, carrier_json(page->services, c), c->id);
}

void carriers_list(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct carriers_page page = { .services = sv };
	int err;

	if (!list_begin(&page.list, rq, an, 'c'))
		return;
	err = sv->carrier_list(sv->ctx, page.list.after, page.list.limit + 1,
			       add_carrier, &page);
	if (err) {
		json_decref(page.list.items);
		answer_errno(rq, an, err, NULL, "carrier");
		return;
	}
	list_answer(&page.list, rq, an, "carriers");
}

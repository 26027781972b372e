/*
 * services_carriers.c - carriers as an app sees them.
 *
 * Each service fills a question on the app's thread; the functions named on_*
 * run on the signalling thread. A change is on the disk before it is true.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/ask.h"
#include "call/carrier_fields.h"

#define ID_TRIES 16		/* random ids that may turn out to be used */

struct carrier_ask {
	struct ask ask;
	const char *id;
	struct cln_carrier *c;
	const uint8_t *set;
	int replace;
	int64_t version;
	struct cln_codec_list *warnings;
	struct cln_problems *problems;
	struct cln_carrier_status *status;
	struct cln_carrier next;	/* what goes to the store              */
	int tries;
	const char *after;		/* list                                */
	uint32_t limit;
	struct cln_carrier *list;
	uint32_t n;
};

/* ---- checks ----------------------------------------------------------------- */

static void check_codecs(const struct exchange *x, const struct cln_carrier *c,
			 struct cln_codec_list *warnings,
			 struct cln_problems *problems)
{
	uint32_t before = problems->n, loaded = 0;
	char pointer[32];

	warnings->n = 0;
	for (uint32_t i = 0; i < c->codecs.n; i++) {
		const char *name = c->codecs.names[i];
		const char *near = plugins_codec_nearest(name);

		str_printf(pointer, sizeof(pointer), "/codecs/%u", i);
		if (plugins_codec(x->cfg.plugins, name))
			loaded++;
		else if (plugins_codec_known(name))
			str_copy(warnings->names[warnings->n++],
				 sizeof(warnings->names[0]), name);
		else
			problem_add(problems, CLN_INVALID, pointer,
				    "codec \"%s\" is not known%s%s%s", name,
				    near ? "; did you mean \"" : "",
				    near ? near : "", near ? "\"?" : "");
		for (uint32_t k = 0; k < i; k++)
			if (!strcmp(c->codecs.names[k], name))
				problem_add(problems, CLN_INVALID, pointer,
					    "codec \"%s\" stands twice", name);
	}
	if (problems->n == before && !loaded)
		problem_add(problems, CLN_NO_CODEC, "/codecs", "none of these "
			    "codecs is loaded by this server");
}

static void check_listen(const struct exchange *x, const struct cln_carrier *c,
			 struct cln_problems *problems)
{
	char list[160];

	if (!c->listen[0] || sip_listen_find(x->cfg.sip, c->listen) >= 0)
		return;
	sip_listen_list(x->cfg.sip, list, sizeof(list));
	problem_add(problems, CLN_INVALID, "/listen",
		    "is none of this server's sip.listen: %s", list);
}

static int check(struct carrier_ask *q)
{
	struct exchange *x = q->ask.x;

	carrier_fields_settle(&q->next);
	carrier_fields_check(&q->next, q->problems);
	check_codecs(x, &q->next, q->warnings, q->problems);
	check_listen(x, &q->next, q->problems);
	return q->problems->n ? -EINVAL : 0;
}

static void give(struct cln_carrier *to, const struct cln_carrier *from)
{
	*to = *from;
	explicit_bzero(to->password, sizeof(to->password));
}

/* ---- create ----------------------------------------------------------------- */

static void try_id(struct carrier_ask *q);

static void on_added(struct store_req *req)
{
	struct carrier_ask *q = req->arg;
	struct carrier *c;
	int err = req->err;

	if (err == -EEXIST && ++q->tries < ID_TRIES) {
		try_id(q);
		return;
	}
	if (!err)
		err = carrier_new(&c, q->ask.x, &q->next);
	if (!err) {
		log_info("carrier %s: created", c->data.id);
		carrier_start(c);
		give(q->c, &c->data);
	}
	ask_done(&q->ask, err);
}

static void try_id(struct carrier_ask *q)
{
	random_hex(q->ask.x->cfg.random, q->next.id, CLN_ID_LEN - 1);
	q->ask.req = (struct store_req){
		.op = STORE_CARRIER_ADD, .put = { .carrier = &q->next },
	};
	ask_store(&q->ask, on_added);
}

static void on_create(struct ask *a)
{
	struct carrier_ask *q = (struct carrier_ask *)a;
	int err;

	q->next = *q->c;
	q->next.password_set = q->next.password[0] != '\0';
	q->next.version = 1;
	q->next.created_at = q->next.updated_at = exchange_wall_ms(a->x);
	err = check(q);
	if (err)
		ask_done(a, err);
	else
		try_id(q);
}

static int carrier_create(void *ctx, struct cln_carrier *c,
			  struct cln_codec_list *warnings,
			  struct cln_problems *problems)
{
	struct carrier_ask q = {
		.c = c, .warnings = warnings, .problems = problems,
	};
	int err = ask_run(ctx, &q.ask, on_create);

	explicit_bzero(&q.next, sizeof(q.next));
	return err;
}

/* ---- one change of a carrier at a time -------------------------------------- */

/* A change looks at the data that the one before it has made: otherwise two at
 * a time would both match the same version, and one be lost. True: wait.      */
static bool wait_for_turn(struct carrier *c, struct ask *a)
{
	if (!c->changing)
		return false;
	a->msg.next = NULL;
	*c->waiting_end = &a->msg;
	c->waiting_end = &a->msg.next;
	return true;
}

static struct msg *take_waiting(struct carrier *c)
{
	struct msg *first = c->waiting;

	c->changing = false;
	c->waiting = NULL;
	c->waiting_end = &c->waiting;
	return first;
}

static void run_waiting(struct msg *m)
{
	while (m) {
		struct msg *next = m->next;

		m->fn(m);
		m = next;
	}
}

/* ---- update ----------------------------------------------------------------- */

static void on_updated(struct store_req *req)
{
	struct carrier_ask *q = req->arg;
	struct carrier *c = carrier_find(q->ask.x, q->id);
	struct msg *waiting = take_waiting(c);

	if (!req->err) {
		log_info("carrier %s: changed", c->data.id);
		/* Said anew as a whole, or enabled: it is tried at once.      */
		if (q->replace || q->next.enabled > c->data.enabled)
			c->rests_until_ms = 0;
		carrier_change(c, &q->next);
		give(q->c, &c->data);
	}
	ask_done(&q->ask, req->err);
	run_waiting(waiting);
}

static void on_update(struct ask *a)
{
	struct carrier_ask *q = (struct carrier_ask *)a;
	struct carrier *c = carrier_find(a->x, q->id);
	int err = c ? 0 : -ENOENT;

	if (c && wait_for_turn(c, a))
		return;
	if (c && q->version && q->version != c->data.version)
		err = -ESTALE;
	if (!err) {
		q->next = c->data;
		carrier_fields_merge(&q->next, q->c, q->set, q->replace);
		q->next.version++;
		q->next.updated_at = exchange_wall_ms(a->x);
		err = check(q);
	}
	if (err) {
		ask_done(a, err);
		return;
	}
	c->changing = true;
	a->req = (struct store_req){
		.op = STORE_CARRIER_PUT, .put = { .carrier = &q->next },
	};
	ask_store(a, on_updated);
}

static int carrier_update(void *ctx, const char *id, struct cln_carrier *c,
			  const uint8_t *set, int replace, int64_t version,
			  struct cln_codec_list *warnings,
			  struct cln_problems *problems)
{
	struct carrier_ask q = {
		.id = id, .c = c, .set = set, .replace = replace,
		.version = version, .warnings = warnings,
		.problems = problems,
	};
	int err = ask_run(ctx, &q.ask, on_update);

	explicit_bzero(&q.next, sizeof(q.next));
	return err;
}

/* ---- delete ----------------------------------------------------------------- */

static void on_deleted(struct store_req *req)
{
	struct carrier_ask *q = req->arg;
	struct carrier *c = carrier_find(q->ask.x, q->id);
	struct msg *waiting = take_waiting(c);

	if (!req->err) {
		log_info("carrier %s: deleted", c->data.id);
		carrier_remove(c);
	}
	ask_done(&q->ask, req->err);
	run_waiting(waiting);
}

static void on_delete(struct ask *a)
{
	struct carrier_ask *q = (struct carrier_ask *)a;
	struct carrier *c = carrier_find(a->x, q->id);

	if (c && wait_for_turn(c, a))
		return;
	if (!c || (q->version && q->version != c->data.version)) {
		ask_done(a, c ? -ESTALE : -ENOENT);
		return;
	}
	c->changing = true;
	a->req = (struct store_req){
		.op = STORE_CARRIER_DELETE, .del = { .id = q->id },
	};
	ask_store(a, on_deleted);
}

static int carrier_delete(void *ctx, const char *id, int64_t version)
{
	struct carrier_ask q = { .id = id, .version = version };

	return ask_run(ctx, &q.ask, on_delete);
}

/* ---- read ------------------------------------------------------------------- */

static void on_get(struct ask *a)
{
	struct carrier_ask *q = (struct carrier_ask *)a;
	struct carrier *c = carrier_find(a->x, q->id);

	if (c && q->c)
		give(q->c, &c->data);
	if (c && q->status)
		carrier_status_fill(c, q->status);
	ask_done(a, c ? 0 : -ENOENT);
}

static int carrier_get(void *ctx, const char *id, struct cln_carrier *c)
{
	struct carrier_ask q = { .ask.is_read = true, .id = id, .c = c };

	return ask_run(ctx, &q.ask, on_get);
}

static int carrier_status(void *ctx, const char *id,
			  struct cln_carrier_status *st)
{
	struct carrier_ask q = { .ask.is_read = true, .id = id, .status = st };

	return ask_run(ctx, &q.ask, on_get);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct cln_carrier *)a)->id,
		      ((const struct cln_carrier *)b)->id);
}

static void on_list(struct ask *a)
{
	struct carrier_ask *q = (struct carrier_ask *)a;
	size_t pos = 0, n = map_count(a->x->carriers);
	struct carrier *c;

	q->list = calloc(n + 1, sizeof(*q->list));
	if (!q->list) {
		ask_done(a, -ENOMEM);
		return;
	}
	while ((c = map_next(a->x->carriers, &pos)))
		if (strcmp(c->data.id, q->after) > 0)
			give(&q->list[q->n++], &c->data);
	qsort(q->list, q->n, sizeof(*q->list), by_id);
	ask_done(a, 0);
}

static int carrier_list(void *ctx, const char *after, uint32_t limit,
			cln_carrier_fn *fn, void *arg)
{
	struct carrier_ask q = {
		.ask.is_read = true, .after = after, .limit = limit,
	};
	int err = ask_run(ctx, &q.ask, on_list);

	for (uint32_t i = 0; !err && i < q.n && i < limit; i++)
		fn(arg, &q.list[i]);
	free(q.list);
	return err;
}

void services_carriers(struct cln_services *s)
{
	s->carrier_fields = carrier_fields;
	s->carrier_create = carrier_create;
	s->carrier_update = carrier_update;
	s->carrier_get = carrier_get;
	s->carrier_delete = carrier_delete;
	s->carrier_list = carrier_list;
	s->carrier_status = carrier_status;
}

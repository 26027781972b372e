/*
 * carriers.c - carriers and the history of their registrations on disk.
 *
 * The fields of a carrier are kept as one JSON object, written and read by
 * the same field table that the API uses: a new field needs no migration.
 * Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "store/db.h"

static json_t *codecs_to_json(const struct cln_codec_list *list)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(list->names[i]));
	return array;
}

static json_t *headers_to_json(const struct cln_header_list *list)
{
	json_t *o = json_object();

	for (uint32_t i = 0; i < list->n; i++)
		json_object_set_new(o, list->items[i].name,
				    json_string(list->items[i].value));
	return o;
}

static json_t *field_to_json(const struct cln_field *f,
			     const struct cln_carrier *c)
{
	const char *at = (const char *)c + f->offset;

	switch (f->type) {
	case CLN_FIELD_STRING:
		return json_string(at);
	case CLN_FIELD_INT:
		return json_integer(*(const int32_t *)(const void *)at);
	case CLN_FIELD_BOOL:
		return json_boolean(*(const uint8_t *)at);
	case CLN_FIELD_CODECS:
		return codecs_to_json((const void *)at);
	case CLN_FIELD_HEADERS:
		return headers_to_json((const void *)at);
	}
	return NULL;
}

static void codecs_from_json(struct cln_codec_list *list, const json_t *array)
{
	size_t i;
	json_t *name;

	json_array_foreach(array, i, name) {
		if (list->n == CLN_CODECS_MAX)
			break;
		str_copy(list->names[list->n++], sizeof(list->names[0]),
			 json_string_value(name));
	}
}

static void headers_from_json(struct cln_header_list *list, json_t *o)
{
	const char *name;
	json_t *value;

	json_object_foreach(o, name, value) {
		if (list->n == CLN_HEADERS_MAX)
			break;
		str_copy(list->items[list->n].name,
			 sizeof(list->items[0].name), name);
		str_copy(list->items[list->n++].value,
			 sizeof(list->items[0].value),
			 json_string_value(value));
	}
}

static void field_from_json(const struct cln_field *f, struct cln_carrier *c,
			    json_t *v)
{
	char *at = (char *)c + f->offset;

	switch (f->type) {
	case CLN_FIELD_STRING:
		str_copy(at, f->cap, v ? json_string_value(v) : f->def);
		break;
	case CLN_FIELD_INT:
		*(int32_t *)(void *)at =
			v ? (int32_t)json_integer_value(v) : f->def_int;
		break;
	case CLN_FIELD_BOOL:
		*(uint8_t *)at = v ? json_is_true(v) : f->def_int != 0;
		break;
	case CLN_FIELD_CODECS:
		codecs_from_json((void *)at, v);
		break;
	case CLN_FIELD_HEADERS:
		headers_from_json((void *)at, v);
		break;
	}
}

static char *fields_to_text(struct db *db, const struct cln_carrier *c)
{
	const struct cln_field *const *f;
	json_t *doc = json_object();
	char *text;

	for (f = db->carrier_fields; *f; f++)
		json_object_set_new(doc, (*f)->name, field_to_json(*f, c));
	if (!c->password_set)
		json_object_del(doc, "password");
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return text;
}

static int fields_from_text(struct db *db, struct cln_carrier *c,
			    const char *text)
{
	const struct cln_field *const *f;
	json_t *doc = json_loads(text, 0, NULL);

	if (!json_is_object(doc)) {
		json_decref(doc);
		return -EIO;
	}
	for (f = db->carrier_fields; *f; f++)
		field_from_json(*f, c, json_object_get(doc, (*f)->name));
	c->password_set = json_object_get(doc, "password") != NULL;
	json_decref(doc);
	return 0;
}

/* Both statements number their parameters alike.                              */
static int write_carrier(struct db *db, const struct cln_carrier *c,
			 enum db_statement which)
{
	sqlite3_stmt *st = db_get(db, which);
	char *fields = fields_to_text(db, c);
	int err;

	if (!fields)
		return -ENOMEM;
	db_bind_text(st, 1, c->id);
	db_bind_text(st, 2, c->request_id);
	db_bind_int(st, 3, c->version);
	db_bind_int(st, 4, c->created_at);
	db_bind_int(st, 5, c->updated_at);
	db_bind_text(st, 6, fields);
	err = db_run(st);
	free(fields);
	return err;
}

int db_carrier_add(struct db *db, struct store_req *r)
{
	sqlite3_stmt *st = db_get(db, DB_ID_ADD);
	int err;

	db_bind_text(st, 1, r->put.carrier->id);
	err = db_run(st);
	return err ? err : write_carrier(db, r->put.carrier, DB_CARRIER_ADD);
}

int db_carrier_put(struct db *db, struct store_req *r)
{
	int err = write_carrier(db, r->put.carrier, DB_CARRIER_PUT);

	return !err && !sqlite3_changes(db->handle) ? -ENOENT : err;
}

int db_carrier_delete(struct db *db, struct store_req *r)
{
	sqlite3_stmt *st = db_get(db, DB_CARRIER_DELETE);
	int err;

	db_bind_text(st, 1, r->del.id);
	err = db_run(st);
	if (!err && !sqlite3_changes(db->handle))
		return -ENOENT;
	st = db_get(db, DB_HISTORY_DELETE);
	db_bind_text(st, 1, r->del.id);
	return err ? err : db_run(st);
}

static int read_carrier(struct db *db, sqlite3_stmt *st,
			struct cln_carrier *c)
{
	*c = (struct cln_carrier){ .size = sizeof(*c) };
	str_copy(c->id, sizeof(c->id), db_text(st, 0));
	str_copy(c->request_id, sizeof(c->request_id), db_text(st, 1));
	c->version = sqlite3_column_int64(st, 2);
	c->created_at = sqlite3_column_int64(st, 3);
	c->updated_at = sqlite3_column_int64(st, 4);
	return fields_from_text(db, c, db_text(st, 5));
}

int db_carrier_list(struct db *db, struct store_req *r)
{
	sqlite3_stmt *st = db_get(db, DB_CARRIER_LIST);
	int more;

	while ((more = db_step(st)) == 1) {
		struct cln_carrier *items =
			reallocarray(r->carriers.items, r->carriers.n + 1,
				     sizeof(*items));

		more = items ? 0 : -ENOMEM;
		if (!items)
			break;
		r->carriers.items = items;
		more = read_carrier(db, st, &items[r->carriers.n]);
		if (more)
			break;
		r->carriers.n++;
	}
	db_done(st);
	return more;
}

int db_history_add(struct db *db, struct store_req *r)
{
	const struct cln_transition *t = &r->hist_add.t;
	sqlite3_stmt *st = db_get(db, DB_HISTORY_ADD);
	int err;

	db_bind_text(st, 1, r->hist_add.id);
	db_bind_int(st, 2, t->at);
	db_bind_int(st, 3, t->state);
	db_bind_int(st, 4, t->code);
	db_bind_text(st, 5, t->reason);
	err = db_run(st);
	st = db_get(db, DB_HISTORY_TRIM);
	db_bind_text(st, 1, r->hist_add.id);
	db_bind_int(st, 2, CLN_HISTORY_MAX);
	return err ? err : db_run(st);
}

int db_history_list(struct db *db, struct store_req *r)
{
	sqlite3_stmt *st = db_get(db, DB_HISTORY_LIST);
	struct cln_transition *t;
	int more;

	r->hist.items = calloc(CLN_HISTORY_MAX, sizeof(*r->hist.items));
	if (!r->hist.items)
		return -ENOMEM;
	db_bind_text(st, 1, r->hist.id);
	while ((more = db_step(st)) == 1 && r->hist.n < CLN_HISTORY_MAX) {
		t = &r->hist.items[r->hist.n++];
		t->at = sqlite3_column_int64(st, 0);
		t->state = sqlite3_column_int(st, 1);
		t->code = sqlite3_column_int(st, 2);
		str_copy(t->reason, sizeof(t->reason), db_text(st, 3));
	}
	db_done(st);
	return more < 0 ? more : 0;
}

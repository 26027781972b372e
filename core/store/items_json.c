/*
 * items_json.c - a playlist as one JSON text, as it is kept on disk.
 *
 * Much like what a request says, but in the units of struct cln_item: a place
 * that the playlist goes on at is a number, enum cln_goto below 0. What an older
 * version did not write gets the value that it stood for then. Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#include "store/items_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* By enum cln_item_type.                                                      */
static const char *const kinds[] = {
	[CLN_ITEM_PLAY] = "play",
	[CLN_ITEM_SAY] = "say",
	[CLN_ITEM_PAUSE] = "pause_ms",
	[CLN_ITEM_DTMF] = "dtmf",
	[CLN_ITEM_GATHER] = "gather",
};

/* ---- to disk ---------------------------------------------------------------- */

static json_t *gather_json(const struct cln_gather *g)
{
	const char terminator[2] = { g->terminator, '\0' };
	json_t *o = json_object(), *on = json_object();

	for (uint32_t i = 0; i < g->n_branches; i++)
		json_object_set_new(on, g->branches[i].digits,
				    json_integer(g->branches[i].go));
	json_object_set_new(o, "digits", json_integer(g->digits));
	json_object_set_new(o, "timeout_ms", json_integer(g->timeout_ms));
	json_object_set_new(o, "terminator", json_string(terminator));
	json_object_set_new(o, "interrupt", json_boolean(g->interrupt));
	json_object_set_new(o, "on", on);
	json_object_set_new(o, "otherwise", json_integer(g->otherwise));
	json_object_set_new(o, "on_timeout", json_integer(g->on_timeout));
	return o;
}

static json_t *value_json(const struct cln_item *item)
{
	switch (item->type) {
	case CLN_ITEM_PAUSE:
		return json_integer(item->pause_ms);
	case CLN_ITEM_GATHER:
		return gather_json(item->gather);
	default:
		return json_string(item->text);
	}
}

char *items_to_json(const struct cln_item *items, size_t n)
{
	json_t *array = json_array();
	char *text;

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, kinds[items[i].type],
				    value_json(&items[i]));
		if (items[i].language)
			json_object_set_new(o, "language",
					    json_string(items[i].language));
		if (items[i].repeat > 1)
			json_object_set_new(o, "repeat",
					    json_integer(items[i].repeat));
		json_array_append_new(array, o);
	}
	text = json_dumps(array, JSON_COMPACT);
	json_decref(array);
	return text;
}

/* ---- and back --------------------------------------------------------------- */

static uint32_t number(const json_t *o, const char *name)
{
	return (uint32_t)json_integer_value(json_object_get(o, name));
}

static int branches_from_json(struct cln_gather *g, json_t *on)
{
	const char *digits;
	json_t *go;

	json_object_foreach(on, digits, go) {
		if (g->n_branches == CLN_BRANCHES_MAX ||
		    str_copy(g->branches[g->n_branches].digits,
			     sizeof(g->branches[0].digits), digits))
			return -EIO;
		g->branches[g->n_branches++].go =
			(int32_t)json_integer_value(go);
	}
	return 0;
}

static int gather_from_json(struct cln_item *item, const json_t *o)
{
	const char *terminator = json_string_value(
		json_object_get(o, "terminator"));
	struct cln_gather *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	item->gather = g;
	g->digits = number(o, "digits");
	g->timeout_ms = number(o, "timeout_ms");
	g->terminator = terminator ? terminator[0] : '\0';
	g->interrupt = json_is_true(json_object_get(o, "interrupt"));
	g->otherwise = (int32_t)number(o, "otherwise");
	g->on_timeout = (int32_t)number(o, "on_timeout");
	return branches_from_json(g, json_object_get(o, "on"));
}

static int value_from_json(struct cln_item *item, const json_t *value)
{
	const char *text = json_string_value(value);

	switch (item->type) {
	case CLN_ITEM_PAUSE:
		item->pause_ms = (uint32_t)json_integer_value(value);
		return json_is_integer(value) ? 0 : -EIO;
	case CLN_ITEM_GATHER:
		return json_is_object(value) ? gather_from_json(item, value) :
					       -EIO;
	default:
		if (!text)
			return -EIO;
		item->text = strdup(text);
		return item->text ? 0 : -ENOMEM;
	}
}

static int item_from_json(struct cln_item *item, const json_t *o)
{
	const char *lang = json_string_value(json_object_get(o, "language"));
	const json_t *value = NULL;
	size_t type = 0;

	while (type < ARRAY_LEN(kinds) &&
	       !(value = json_object_get(o, kinds[type])))
		type++;
	if (!value)
		return -EIO;
	item->type = (int32_t)type;
	item->repeat = json_object_get(o, "repeat") ? number(o, "repeat") : 1;
	if (lang && !(item->language = strdup(lang)))
		return -ENOMEM;
	return value_from_json(item, value);
}

int items_from_json(struct cln_item **itemsp, size_t *np, const char *text)
{
	json_t *array = json_loads(text, 0, NULL), *o;
	size_t i;
	int err = json_is_array(array) ? 0 : -EIO;

	*np = 0;
	*itemsp = calloc(json_array_size(array) + 1, sizeof(**itemsp));
	if (!*itemsp)
		err = -ENOMEM;
	json_array_foreach(array, i, o) {
		if (!err)
			err = item_from_json(&(*itemsp)[(*np)++], o);
	}
	json_decref(array);
	return err;
}

void items_free(struct cln_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free((char *)items[i].text);
		free((char *)items[i].language);
		free((struct cln_gather *)items[i].gather);
	}
	free(items);
}

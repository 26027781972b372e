/*
 * playlist.c - the "playlist" of a request: what is played, sent, waited for.
 * Thread: the worker of the connection.
 *
 * Each item has one member that says what it is; the table below says how that
 * one is read, and what may stand beside it.
 */
/* SPDX-License-Identifier: MIT */
#include "playlist.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "fields.h"
#include "gather.h"
#include "text.h"

enum { SAY_MAX = 4096, TAG_MAX = 35, BASE_LEN = 48 };

/* An item on its way in.                                                     */
struct reading {
	json_t *o;
	const char *base;
	struct playlist *list;
	struct cln_item *item;
	struct cln_problems *ps;
};

/* ---- kinds ---------------------------------------------------------------- */

static void read_play(struct reading *r)
{
	r->item->text = field_text(r->o, "play", r->base, CLN_URL_MAX, r->ps);
	if (r->item->text && strchr(r->item->text, ' '))
		problem_add(r->ps, CLN_INVALID, r->base, "play",
			    "a URL holds no blanks (write %%20)");
}

static bool is_language(const char *tag)
{
	static const char alnum[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	for (;;) {
		size_t n = strspn(tag, alnum);

		if (n < 1 || n > 8)
			return false;
		tag += n;
		if (!*tag)
			return true;
		if (*tag++ != '-')
			return false;
	}
}

static void read_say(struct reading *r)
{
	struct cln_item *item = r->item;

	item->text = field_text(r->o, "say", r->base, SAY_MAX, r->ps);
	item->language = field_text(r->o, "language", r->base, CLN_URL_MAX, r->ps);
	if (item->language && (strlen(item->language) > TAG_MAX ||
			       !is_language(item->language)))
		problem_add(r->ps, CLN_INVALID, r->base, "language",
			    "must be a language tag such as \"en\" or "
			    "\"en-GB\"");
}

static void read_pause(struct reading *r)
{
	r->item->pause_ms = (uint32_t)field_int(r->o, "pause_ms", r->base, 1,
						CLN_PAUSE_MAX_MS, 1, r->ps);
}

static void read_dtmf(struct reading *r)
{
	const char *s = field_text(r->o, "dtmf", r->base, CLN_DIGITS_MAX,
				   r->ps);

	r->item->text = s;
	if (s && s[strspn(s, CLN_DIGITS)])
		problem_add(r->ps, CLN_INVALID, r->base, "dtmf",
			    "must be digits: 0-9 * # A-D");
}

static void read_gather(struct reading *r)
{
	struct playlist *list = r->list;
	struct cln_gather *g;
	char base[BASE_LEN];

	if (!list->gathers)
		list->gathers = calloc(list->n, sizeof(*list->gathers));
	if (!list->gathers) {
		problem_add(r->ps, CLN_BUSY, "", NULL, "out of memory");
		return;
	}
	g = &list->gathers[r->item - list->items];
	r->item->gather = g;
	snprintf(base, sizeof(base), "%s/gather", r->base);
	gather_read(g, json_object_get(r->o, "gather"), base, list->n, r->ps);
}

static const struct kind {
	const char *name;
	int32_t type;			/* enum cln_item_type                 */
	void (*read)(struct reading *r);
} kinds[] = {
	{ "play", CLN_ITEM_PLAY, read_play },
	{ "say", CLN_ITEM_SAY, read_say },
	{ "pause_ms", CLN_ITEM_PAUSE, read_pause },
	{ "dtmf", CLN_ITEM_DTMF, read_dtmf },
	{ "gather", CLN_ITEM_GATHER, read_gather },
};

enum { N_KINDS = sizeof(kinds) / sizeof(*kinds) };

/* ---- items ---------------------------------------------------------------- */

/* The only one; NULL with a problem where there is none or more than one.    */
static const struct kind *kind_of(struct reading *r)
{
	const struct kind *found = NULL;
	struct text names = { 0 };
	size_t i, n = 0;

	for (i = 0; i < N_KINDS; i++) {
		if (field_has(r->o, kinds[i].name)) {
			found = &kinds[i];
			n++;
		}
		text_printf(&names, "%s\"%s\"", i ? ", " : "", kinds[i].name);
	}
	if (n != 1)
		problem_add(r->ps, CLN_INVALID, r->base, NULL, "must have "
			    "exactly one of %s; it has %s",
			    names.err ? "its kinds" : names.data,
			    n ? "more" : "none");
	text_free(&names);
	return n == 1 ? found : NULL;
}

static void check_names(struct reading *r)
{
	static const char *const others[] = { "repeat", "language", NULL };
	const char *known[N_KINDS + sizeof(others) / sizeof(*others)];
	size_t i;

	for (i = 0; i < N_KINDS; i++)
		known[i] = kinds[i].name;
	memcpy(known + N_KINDS, others, sizeof(others));
	fields_unknown(r->o, known, r->base, r->ps);
}

static void read_repeat(struct reading *r)
{
	r->item->repeat = (uint32_t)field_int(r->o, "repeat", r->base, 1,
					      CLN_REPEAT_MAX, 1, r->ps);
	if (r->item->type == CLN_ITEM_GATHER && field_has(r->o, "repeat"))
		problem_add(r->ps, CLN_INVALID, r->base, "repeat",
			    "does not go with \"gather\": \"on\" and "
			    "\"on_timeout\" can lead back to an item");
}

static void read_item(struct reading *r)
{
	const struct kind *kind;

	if (!json_is_object(r->o)) {
		problem_add(r->ps, CLN_INVALID, r->base, NULL, "must be an "
			    "object such as {\"play\": \"http://...\"}");
		return;
	}
	check_names(r);
	kind = kind_of(r);
	if (!kind)
		return;
	r->item->type = kind->type;
	kind->read(r);
	read_repeat(r);
	if (kind->type != CLN_ITEM_SAY && field_has(r->o, "language"))
		problem_add(r->ps, CLN_INVALID, r->base, "language",
			    "belongs to \"say\", not to \"%s\"", kind->name);
}

void playlist_read(struct playlist *list, json_t *body,
		   struct cln_problems *ps)
{
	json_t *array = json_object_get(body, "playlist");
	size_t n = json_array_size(array), i;

	memset(list, 0, sizeof(*list));
	if (!array || !json_is_array(array) || n < 1 || n > CLN_ITEMS_MAX) {
		problem_add(ps, CLN_INVALID, "", "playlist", !array ?
			    "is required" : "must be a list of 1 to %d items",
			    CLN_ITEMS_MAX);
		return;
	}
	list->n = n;
	for (i = 0; i < n; i++) {
		char base[BASE_LEN];
		struct reading r = {
			.o = json_array_get(array, i), .base = base,
			.list = list, .item = &list->items[i], .ps = ps,
		};

		snprintf(base, sizeof(base), "/playlist/%zu", i);
		read_item(&r);
	}
}

void playlist_free(struct playlist *list)
{
	free(list->gathers);
}

/*
 * media_json.c - what was played and heard in an attempt, as one JSON text.
 *
 * The figures grow with every release; one column holds them all, so that a
 * new figure needs no migration. Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#include "store/media_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/str.h"

/* Every figure of struct cln_rtp_figures, by place and width, and what it is
 * where a version that did not know it has written.                           */
static const struct figure {
	const char *name;
	size_t offset, size;
	int missing;
} figures[] = {
#define FIGURE(f) { #f, offsetof(struct cln_rtp_figures, f), \
		    sizeof(((struct cln_rtp_figures *)0)->f), 0 }
#define LATER_FIGURE(f) { #f, offsetof(struct cln_rtp_figures, f), \
			  sizeof(((struct cln_rtp_figures *)0)->f), -1 }
	FIGURE(sent), FIGURE(sent_bytes), FIGURE(received), FIGURE(strangers),
	FIGURE(lost), FIGURE(jitter_us), FIGURE(far_lost),
	FIGURE(far_jitter_us), FIGURE(round_trip_us), FIGURE(late_max_us),
	LATER_FIGURE(mos_x100), LATER_FIGURE(far_mos_x100),
};

static int64_t figure_get(const struct figure *f, const void *rtp)
{
	const void *at = (const char *)rtp + f->offset;

	return f->size == 4 ? *(const int32_t *)at : *(const int64_t *)at;
}

static void figure_set(const struct figure *f, void *rtp, int64_t value)
{
	void *at = (char *)rtp + f->offset;

	if (f->size == 4)
		*(int32_t *)at = (int32_t)value;
	else
		*(int64_t *)at = value;
}

static json_t *rtp_json(const struct cln_attempt *a)
{
	json_t *rtp = json_object();

	for (size_t i = 0; i < ARRAY_LEN(figures); i++)
		json_object_set_new(rtp, figures[i].name, json_integer(
			figure_get(&figures[i], &a->rtp)));
	return rtp;
}

static json_t *played_json(const struct cln_attempt *a)
{
	json_t *played = json_array();

	for (uint32_t i = 0; i < a->n_played; i++)
		json_array_append_new(played, json_pack(
			"[i,i,i]", (int)a->played[i].item,
			(int)a->played[i].sent_ms,
			(int)a->played[i].confirmed_ms));
	return played;
}

static json_t *gathered_json(const struct cln_attempt *a)
{
	json_t *gathered = json_array();

	for (uint32_t i = 0; i < a->n_gathered; i++)
		json_array_append_new(gathered, json_pack(
			"[i,s,i]", (int)a->gathered[i].item,
			a->gathered[i].digits, (int)a->gathered[i].end));
	return gathered;
}

char *media_to_json(const struct cln_attempt *a)
{
	json_t *doc = json_object();
	char *text;

	json_object_set_new(doc, "rtp", rtp_json(a));
	json_object_set_new(doc, "played", played_json(a));
	if (a->started)
		json_object_set_new(doc, "started", json_pack(
			"[i,i]", (int)a->started, (int)a->started_ms));
	if (a->n_gathered)
		json_object_set_new(doc, "gathered", gathered_json(a));
	if (a->srtp[0])
		json_object_set_new(doc, "srtp", json_string(a->srtp));
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return text;
}

/* ---- and back --------------------------------------------------------------- */

static int32_t number_at(const json_t *array, size_t i)
{
	return (int32_t)json_integer_value(json_array_get(array, i));
}

static void read_rtp(struct cln_attempt *a, const json_t *rtp)
{
	for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
		const json_t *v = json_object_get(rtp, figures[i].name);

		figure_set(&figures[i], &a->rtp, v ? json_integer_value(v) :
						     figures[i].missing);
	}
}

static int read_played(struct cln_attempt *a, const json_t *played)
{
	size_t i;
	json_t *p;

	if (!json_array_size(played))
		return 0;
	a->played = calloc(json_array_size(played), sizeof(*a->played));
	if (!a->played)
		return -ENOMEM;
	json_array_foreach(played, i, p) {
		struct cln_played *to = &a->played[a->n_played++];

		to->item = number_at(p, 0);
		to->sent_ms = number_at(p, 1);
		to->confirmed_ms = number_at(p, 2);
	}
	return 0;
}

static int read_gathered(struct cln_attempt *a, const json_t *gathered)
{
	size_t i;
	json_t *g;

	if (!json_array_size(gathered))
		return 0;
	a->gathered = calloc(json_array_size(gathered), sizeof(*a->gathered));
	if (!a->gathered)
		return -ENOMEM;
	json_array_foreach(gathered, i, g) {
		struct cln_gathered *to = &a->gathered[a->n_gathered++];
		const char *digits = json_string_value(json_array_get(g, 1));

		to->item = number_at(g, 0);
		to->end = number_at(g, 2);
		str_copy(to->digits, sizeof(to->digits), digits ? digits : "");
	}
	return 0;
}

static int read_all(struct cln_attempt *a, const json_t *doc)
{
	const json_t *started = json_object_get(doc, "started");
	const char *srtp = json_string_value(json_object_get(doc, "srtp"));
	int err;

	read_rtp(a, json_object_get(doc, "rtp"));
	a->started = number_at(started, 0);
	a->started_ms = number_at(started, 1);
	str_copy(a->srtp, sizeof(a->srtp), srtp ? srtp : "");
	err = read_played(a, json_object_get(doc, "played"));
	return err ? err : read_gathered(a, json_object_get(doc, "gathered"));
}

int media_from_json(struct cln_attempt *a, const char *text)
{
	json_t *doc = json_loads(text, 0, NULL);
	int err = json_is_object(doc) ? read_all(a, doc) : -EIO;

	json_decref(doc);
	return err;
}

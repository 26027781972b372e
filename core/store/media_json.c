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

/* Every figure of struct cln_rtp_figures, by place and width.                 */
static const struct figure {
	const char *name;
	size_t offset, size;
} figures[] = {
#define FIGURE(f) { #f, offsetof(struct cln_rtp_figures, f), \
		    sizeof(((struct cln_rtp_figures *)0)->f) }
	FIGURE(sent), FIGURE(sent_bytes), FIGURE(received), FIGURE(strangers),
	FIGURE(lost), FIGURE(jitter_us), FIGURE(far_lost),
	FIGURE(far_jitter_us), FIGURE(round_trip_us), FIGURE(late_max_us),
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

char *media_to_json(const struct cln_attempt *a)
{
	json_t *doc = json_object(), *rtp = json_object();
	json_t *played = json_array();
	char *text;

	for (size_t i = 0; i < ARRAY_LEN(figures); i++)
		json_object_set_new(rtp, figures[i].name, json_integer(
			figure_get(&figures[i], &a->rtp)));
	for (uint32_t i = 0; i < a->n_played; i++)
		json_array_append_new(played, json_pack(
			"[i,i,i]", (int)a->played[i].item,
			(int)a->played[i].sent_ms,
			(int)a->played[i].confirmed_ms));
	json_object_set_new(doc, "rtp", rtp);
	json_object_set_new(doc, "played", played);
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return text;
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

		to->item = (int32_t)json_integer_value(json_array_get(p, 0));
		to->sent_ms = (int32_t)json_integer_value(json_array_get(p, 1));
		to->confirmed_ms =
			(int32_t)json_integer_value(json_array_get(p, 2));
	}
	return 0;
}

int media_from_json(struct cln_attempt *a, const char *text)
{
	json_t *doc = json_loads(text, 0, NULL);
	const json_t *rtp = json_object_get(doc, "rtp");
	int err;

	if (!json_is_object(doc)) {
		json_decref(doc);
		return -EIO;
	}
	for (size_t i = 0; i < ARRAY_LEN(figures); i++)
		figure_set(&figures[i], &a->rtp, json_integer_value(
			json_object_get(rtp, figures[i].name)));
	err = read_played(a, json_object_get(doc, "played"));
	json_decref(doc);
	return err;
}

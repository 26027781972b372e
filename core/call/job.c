/*
 * job.c - an open job in memory: what is needed to run it, not its recipients.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/room.h"

static void lane_init(struct lane *l, struct job *j,
		      const struct store_lane *data)
{
	l->job = j;
	l->queued = data->queued;
	str_copy(l->carrier_id, sizeof(l->carrier_id), data->carrier_id);
}

static void job_free(struct job *j)
{
	for (size_t i = 0; i < j->n_lanes; i++) {
		lane_prompts_drop(&j->lanes[i]);
		free(j->lanes[i].claims);
	}
	store_job_free(j->data);
	free(j->lanes);
	free(j);
}

static void append(struct job *j)
{
	struct exchange *x = j->x;

	j->next = NULL;
	j->prev = x->last_job;
	if (j->prev)
		j->prev->next = j;
	else
		x->jobs = j;
	x->last_job = j;
}

static void take_out(struct job *j)
{
	struct exchange *x = j->x;

	if (j->prev)
		j->prev->next = j->next;
	else
		x->jobs = j->next;
	if (j->next)
		j->next->prev = j->prev;
	else
		x->last_job = j->prev;
}

void job_to_the_end(struct job *j)
{
	take_out(j);
	append(j);
}

int job_new(struct job **jp, struct exchange *x, struct store_job *data)
{
	struct job *j = calloc(1, sizeof(*j));
	int err = j ? 0 : -ENOMEM;

	if (!err) {
		j->lanes = calloc(data->n_lanes + 1, sizeof(*j->lanes));
		err = j->lanes ? map_put_str(x->jobs_by_id, data->id, j) :
				 -ENOMEM;
	}
	if (err) {
		if (j)
			free(j->lanes);
		free(j);
		return err;
	}
	j->x = x;
	j->data = data;
	j->n_lanes = data->n_lanes;
	for (size_t i = 0; i < j->n_lanes; i++)
		lane_init(&j->lanes[i], j, &data->lanes[i]);
	append(j);
	*jp = j;
	return 0;
}

bool job_has_ended(const struct job *j)
{
	for (size_t i = 0; i < j->n_lanes; i++) {
		const struct lane *l = &j->lanes[i];

		if (l->queued || l->live || l->busy)
			return false;
	}
	return true;
}

void job_remove(struct job *j)
{
	take_out(j);
	map_remove_str(j->x->jobs_by_id, j->data->id);
	log_info("job %s: done", j->data->id);
	job_free(j);
}

struct job *job_find(const struct exchange *x, const char *id)
{
	return map_get_str(x->jobs_by_id, id);
}

static bool items_play(const struct cln_item *items, size_t n,
		       const char *source)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].type == CLN_ITEM_PLAY &&
		    !strcmp(items[i].text, source))
			return true;
	return false;
}

bool exchange_plays(const struct exchange *x, const char *source)
{
	const struct job_adding *adding;

	for (const struct job *j = x->jobs; j; j = j->next)
		if (items_play(j->data->items, j->data->n_items, source))
			return true;
	LIST_FOREACH(adding, &x->adding, link)
		if (items_play(adding->play->items, adding->play->n_items,
			       source))
			return true;
	return false;
}

void jobs_free(struct exchange *x)
{
	struct job *next;

	for (struct job *j = x->jobs; j; j = next) {
		next = j->next;
		map_remove_str(x->jobs_by_id, j->data->id);
		job_free(j);
	}
	x->jobs = x->last_job = NULL;
}

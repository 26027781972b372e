/*
 * lane_prompts.c - the recordings of a job, ready in the codecs of one carrier.
 *
 * They are asked for before the lane's turn comes, so that they are there when
 * the phone rings, and held until the lane has ended. A recording that cannot
 * be had fails the lane: nobody is called to hear nothing.
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/room.h"

/* Jobs that have their recordings made while others are being called.         */
#define LANES_AHEAD 64

struct lane_wait {
	struct lane *lane;
	size_t item;
};

static void on_prompt(void *arg, int err, struct prompt *prompt,
		      const char *why)
{
	struct lane_wait *w = arg;
	struct lane *l = w->lane;

	l->gets[w->item] = NULL;
	if (err) {
		log_warn("job %s: item %zu: %s", l->job->data->id, w->item,
			 why);
		if (!l->fail[0])
			str_printf(l->fail, sizeof(l->fail),
				   "prompt_failed: item %zu: %s", w->item, why);
	} else {
		l->prompts[w->item] = prompt;
		l->n_ready++;
	}
	dialer_wake(l->job->x);
}

static int ask(struct lane *l, size_t item)
{
	struct lane_wait *w = &l->waits[item];

	w->lane = l;
	w->item = item;
	return prompt_get(&l->gets[item], l->job->x->cfg.prompts,
			  l->job->data->items[item].text, l->codecs.codecs,
			  l->codecs.n, on_prompt, w);
}

static void choose_codecs(struct lane *l)
{
	struct exchange *x = l->job->x;
	const struct carrier *c = carrier_find(x, l->carrier_id);
	const struct cln_codec *codec;

	l->codecs.n = 0;
	if (c)
		carrier_codecs(c, &l->codecs);
	else if (!l->carrier_id[0])
		while (l->codecs.n < CLN_CODECS_MAX &&
		       (codec = plugins_codec_at(x->cfg.plugins,
						 l->codecs.n)))
			l->codecs.codecs[l->codecs.n++] = codec;
}

static int ask_all(struct lane *l)
{
	size_t n = l->job->data->n_items;
	int err = 0;

	choose_codecs(l);
	if (!l->codecs.n) {
		str_copy(l->fail, sizeof(l->fail), "no_codec");
		return 0;
	}
	l->prompts = calloc(n, sizeof(*l->prompts));
	l->gets = calloc(n, sizeof(*l->gets));
	l->waits = calloc(n, sizeof(*l->waits));
	if (!l->prompts || !l->gets || !l->waits)
		return -ENOMEM;
	for (size_t i = 0; !err && i < n; i++)
		err = ask(l, i);
	return err;
}

/* How many lanes of this one's way hold recordings; NULL: its carrier is gone. */
static unsigned int *prompted(const struct lane *l)
{
	struct exchange *x = l->job->x;
	struct carrier *c;

	if (!l->carrier_id[0])
		return &x->prompted;
	c = carrier_find(x, l->carrier_id);
	return c ? &c->prompted : NULL;
}

/* Ten thousand small jobs that wait for one carrier do not all hold their
 * recordings meanwhile: only those that talk, and the next in line.           */
static bool may_ask(const struct lane *l)
{
	const struct exchange *x = l->job->x;
	const struct carrier *c = carrier_find(x, l->carrier_id);
	const unsigned int *n = prompted(l);

	return !n || *n < (c ? c->channels : x->channels) + LANES_AHEAD;
}

static void count_prompted(const struct lane *l, int by)
{
	unsigned int *n = prompted(l);

	if (n)
		*n += (unsigned int)by;
	if (by < 0)
		dialer_wake(l->job->x);
}

bool lane_prompts_ready(struct lane *l)
{
	if (!l->asked && may_ask(l)) {
		int err = ask_all(l);

		l->asked = true;
		count_prompted(l, 1);
		if (err) {
			log_warn("job %s: prompts: %s", l->job->data->id,
				 strerror(-err));
			lane_prompts_drop(l);
		}
	}
	return l->n_ready == l->job->data->n_items;
}

void lane_prompts_drop(struct lane *l)
{
	size_t n = l->job->data->n_items;

	if (l->asked)
		count_prompted(l, -1);
	for (size_t i = 0; i < n; i++) {
		if (l->gets && l->gets[i])
			prompt_get_cancel(l->gets[i]);
		if (l->prompts)
			prompt_unref(l->prompts[i]);
	}
	free(l->gets);
	free(l->prompts);
	free(l->waits);
	l->waits = NULL;
	l->gets = NULL;
	l->prompts = NULL;
	l->n_ready = 0;
	l->asked = false;
}

int64_t lane_duration_ms(const struct lane *l)
{
	int64_t sum = 0;

	for (size_t i = 0; i < l->n_ready; i++)
		sum += prompt_duration_ms(l->prompts[i]);
	return sum;
}

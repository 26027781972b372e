/*
 * lane_prompts.c - the playlist of a job, ready in the codecs of one carrier.
 *
 *   items --prompt_get()--> recordings --script_new()--> script, for all calls
 *
 * The recordings are asked for before the lane's turn comes, so that they are
 * there when the phone rings, and held until the lane has ended. One that cannot
 * be had fails the lane: nobody is called to hear nothing.
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/call.h"

/* Jobs that have their recordings made while others are being called.         */
#define LANES_AHEAD 64
/* Looped wherever nothing is said.                                            */
#define SILENCE "silence:200"

enum { SOURCE_LEN = 32 };

/* One recording on its way.                                                   */
struct lane_wait {
	struct lane *lane;
	size_t item;			/* n_items: the silence                */
	struct prompt_get *get;		/* NULL: not asked for, or answered    */
	struct prompt *prompt;		/* NULL: not there                     */
};

struct lane_waits {
	size_t n_missing;
	struct lane_wait items[];	/* one more than the playlist has      */
};

/* ---- the script ------------------------------------------------------------- */

static void put_step(struct script_step *step, const struct cln_item *item,
		     struct prompt *prompt)
{
	step->times = item->repeat;
	step->prompt = prompt;
	switch (item->type) {
	case CLN_ITEM_PAUSE:
		step->kind = SCRIPT_PAUSE;
		step->pause_ms = item->pause_ms;
		break;
	case CLN_ITEM_DTMF:
		step->kind = SCRIPT_DTMF;
		str_copy(step->digits, sizeof(step->digits), item->text);
		break;
	case CLN_ITEM_GATHER:
		step->kind = SCRIPT_GATHER;
		step->gather = *item->gather;
		break;
	default:
		step->kind = SCRIPT_PROMPT;
	}
}

static void waits_free(struct lane *l)
{
	size_t n = l->job->data->n_items;

	for (size_t i = 0; l->waits && i <= n; i++) {
		prompt_get_cancel(l->waits->items[i].get);
		prompt_unref(l->waits->items[i].prompt);
	}
	free(l->waits);
	l->waits = NULL;
}

/* Once all recordings are there; the script then holds them.                  */
static int make_script(struct lane *l)
{
	const struct store_job *job = l->job->data;
	const struct lane_wait *waits = l->waits->items;
	struct script_step *steps = calloc(job->n_items, sizeof(*steps));
	int err;

	if (!steps)
		return -ENOMEM;
	for (size_t i = 0; i < job->n_items; i++)
		put_step(&steps[i], &job->items[i], waits[i].prompt);
	err = script_new(&l->script, steps, job->n_items, job->repeat,
			 waits[job->n_items].prompt);
	free(steps);
	if (!err)
		waits_free(l);
	return err;
}

/* ---- asking ----------------------------------------------------------------- */

static void on_prompt(void *arg, int err, struct prompt *prompt,
		      const char *why)
{
	struct lane_wait *w = arg;
	struct lane *l = w->lane;

	w->get = NULL;
	if (err) {
		log_warn("job %s: item %zu: %s", l->job->data->id, w->item,
			 why);
		if (!l->fail[0])
			str_printf(l->fail, sizeof(l->fail),
				   "prompt_failed: item %zu: %s", w->item, why);
	} else {
		w->prompt = prompt;
		l->waits->n_missing--;
	}
	dialer_wake(l->job->x);
}

/* Where digits may not be heard they take their time all the same.            */
static const char *digits_source(const struct lane *l, const char *digits,
				 char source[SOURCE_LEN + CLN_DIGITS_MAX])
{
	size_t cap = SOURCE_LEN + CLN_DIGITS_MAX;

	if (l->digits == DIGITS_AUTO || l->digits == DIGITS_TONES)
		str_printf(source, cap, "dtmf:%s", digits);
	else
		str_printf(source, cap, "silence:%zu", strlen(digits) *
			   SCRIPT_DIGIT_MS);
	return source;
}

/* Whatever says nothing by itself does; digits that leave as events, too.     */
static bool needs_silence(const struct store_job *job)
{
	for (size_t i = 0; i < job->n_items; i++)
		if (job->items[i].type != CLN_ITEM_PLAY)
			return true;
	return job->start != CLN_START_ANSWER;
}

/* What an item is made from; NULL: nothing.                                   */
static const char *source_of(const struct lane *l, size_t i,
			     char made[SOURCE_LEN + CLN_DIGITS_MAX])
{
	const struct store_job *job = l->job->data;

	if (i == job->n_items)
		return needs_silence(job) ? SILENCE : NULL;
	switch (job->items[i].type) {
	case CLN_ITEM_PLAY:
		return job->items[i].text;
	case CLN_ITEM_DTMF:
		return digits_source(l, job->items[i].text, made);
	default:
		return NULL;
	}
}

static int ask(struct lane *l, size_t i)
{
	char made[SOURCE_LEN + CLN_DIGITS_MAX];
	const char *source = source_of(l, i, made);
	struct lane_wait *w = &l->waits->items[i];

	if (!source)
		return 0;
	w->lane = l;
	w->item = i;
	l->waits->n_missing++;
	return prompt_get(&w->get, l->job->x->cfg.prompts, source,
			  l->codecs.codecs, l->codecs.n, on_prompt, w);
}

/* A carrier's "dtmf"; events, or else tones, where nothing is said.            */
static enum call_digits digits_of(const char *field)
{
	static const char *const names[] = {
		[DIGITS_EVENTS] = "rfc4733", [DIGITS_TONES] = "inband",
		[DIGITS_OFF] = "off",
	};

	for (size_t i = DIGITS_EVENTS; i < ARRAY_LEN(names); i++)
		if (!strcmp(field, names[i]))
			return (enum call_digits)i;
	return DIGITS_AUTO;
}

/* What the recordings are made for is kept for all calls of the lane, however
 * the carrier is changed meanwhile.                                           */
static void choose_forms(struct lane *l)
{
	struct exchange *x = l->job->x;
	const struct carrier *c = carrier_find(x, l->carrier_id);
	const struct cln_codec *codec;

	l->codecs.n = 0;
	l->digits = digits_of(c ? c->data.dtmf : "");
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

	choose_forms(l);
	if (!l->codecs.n) {
		str_copy(l->fail, sizeof(l->fail), "no_codec");
		return 0;
	}
	l->waits = calloc(1, sizeof(*l->waits) +
			     (n + 1) * sizeof(l->waits->items[0]));
	if (!l->waits)
		return -ENOMEM;
	for (size_t i = 0; !err && i <= n; i++)
		err = ask(l, i);
	return err;
}

/* ---- taking turns ----------------------------------------------------------- */

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
	int err = 0;

	if (!l->asked && may_ask(l)) {
		l->asked = true;
		count_prompted(l, 1);
		err = ask_all(l);
	}
	if (!err && l->waits && !l->waits->n_missing)
		err = make_script(l);
	if (err) {
		log_warn("job %s: prompts: %s", l->job->data->id,
			 strerror(-err));
		lane_prompts_drop(l);
	}
	return l->script;
}

void lane_prompts_drop(struct lane *l)
{
	if (l->asked)
		count_prompted(l, -1);
	l->asked = false;
	waits_free(l);
	script_unref(l->script);
	l->script = NULL;
}

int64_t lane_duration_ms(const struct lane *l)
{
	return script_duration_ms(l->script);
}

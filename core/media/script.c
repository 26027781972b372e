/*
 * script.c - a playlist as steps, shared by all calls that play it.
 * Thread: signalling; what is made is then read by media threads.
 */
/* SPDX-License-Identifier: MIT */
#include "media/script.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/dtmf.h"

_Static_assert(SCRIPT_DIGIT_MS == DTMF_TONE_MS + DTMF_GAP_MS,
	       "events and tones take the same time");

/* Sums stop here, in tens of thousands of years.                             */
#define DURATION_MAX_MS (UINT64_C(1) << 50)

int script_new(struct script **sp, const struct script_step *steps, size_t n,
	       uint32_t rounds, struct prompt *silence)
{
	struct script *s;

	if (n > CLN_ITEMS_MAX)
		return -E2BIG;
	s = malloc(sizeof(*s) + n * sizeof(*steps));
	if (!s)
		return -ENOMEM;
	*s = (struct script){
		.refs = 1,
		.rounds = rounds ? rounds : 1,
		.silence = silence ? prompt_ref(silence) : NULL,
		.n_steps = n,
	};
	if (n)
		memcpy(s->steps, steps, n * sizeof(*steps));
	for (size_t i = 0; i < n; i++)
		if (s->steps[i].prompt)
			prompt_ref(s->steps[i].prompt);
	*sp = s;
	return 0;
}

struct script *script_ref(struct script *s)
{
	s->refs++;
	return s;
}

void script_unref(struct script *s)
{
	if (!s || --s->refs)
		return;
	for (size_t i = 0; i < s->n_steps; i++)
		prompt_unref(s->steps[i].prompt);
	prompt_unref(s->silence);
	free(s);
}

/* Whether a choice of step `i` plays again what was played already. */
static bool leads_back(const struct cln_gather *g, size_t i)
{
	bool back = (g->otherwise >= 0 && (size_t)g->otherwise <= i) ||
		    (g->on_timeout >= 0 && (size_t)g->on_timeout <= i);

	for (uint32_t k = 0; k < g->n_branches; k++)
		back |= g->branches[k].go >= 0 &&
			(size_t)g->branches[k].go <= i;
	return back;
}

static uint64_t once_ms(const struct script_step *step)
{
	switch (step->kind) {
	case SCRIPT_PAUSE:
		return step->pause_ms;
	case SCRIPT_DTMF:
		return strlen(step->digits) * SCRIPT_DIGIT_MS;
	case SCRIPT_GATHER:
		/* Each digit but the last begins the time anew. */
		return (uint64_t)step->gather.timeout_ms *
		       (step->gather.digits ? step->gather.digits : 1);
	case SCRIPT_PROMPT:
		break;
	}
	return prompt_duration_ms(step->prompt);
}

static uint64_t step_ms(const struct script_step *step)
{
	uint64_t ms = once_ms(step);

	if (step->kind != SCRIPT_GATHER && step->times)
		ms = ms > DURATION_MAX_MS / step->times ? DURATION_MAX_MS :
							  ms * step->times;
	return ms;
}

int64_t script_duration_ms(const struct script *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n_steps; i++) {
		const struct script_step *step = &s->steps[i];

		if (step->kind == SCRIPT_GATHER &&
		    leads_back(&step->gather, i))
			return -1;
		sum += step_ms(step);
	}
	return (int64_t)(sum > DURATION_MAX_MS / s->rounds ?
			 DURATION_MAX_MS : sum * s->rounds);
}

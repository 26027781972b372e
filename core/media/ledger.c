/*
 * ledger.c - how far each step of a script was sent, and how far it was heard.
 * Thread: made and freed on the signalling thread, kept by the media worker.
 */
/* SPDX-License-Identifier: MIT */
#include "media/ledger.h"

#include <stdlib.h>

_Static_assert(CLN_ITEMS_MAX <= 64, "a bit for each step");
_Static_assert(_Alignof(struct ledger_run) <= _Alignof(struct ledger_sum),
	       "runs stand behind the sums");

/* One for each step, and one for what fills up behind it. */
static size_t runs_of(size_t n_steps, uint32_t rounds)
{
	uint64_t n = 2 * (uint64_t)n_steps * rounds;

	if (n > LEDGER_RUNS_MAX)
		return LEDGER_RUNS_MAX;
	return n < LEDGER_RUNS_MIN ? LEDGER_RUNS_MIN : (size_t)n;
}

struct ledger *ledger_new(size_t n_steps, uint32_t rounds)
{
	size_t n_runs = runs_of(n_steps, rounds);
	struct ledger *l = calloc(1, sizeof(*l) +
				     n_steps * sizeof(l->sums[0]) +
				     n_runs * sizeof(l->runs[0]));

	if (!l)
		return NULL;
	l->n_steps = n_steps;
	l->runs = (struct ledger_run *)&l->sums[n_steps];
	l->max_runs = (uint8_t)n_runs;
	return l;
}

void ledger_set_pace(struct ledger *l, uint32_t packet_units,
		     uint64_t packets)
{
	l->pace_before = l->pace;
	l->pace = (struct ledger_pace){ packets, l->position, packet_units };
}

static struct ledger_run *run_at(const struct ledger *l, unsigned int i)
{
	return &l->runs[(l->first + i) % l->max_runs];
}

/* Where a run ends; the last one goes on.                                    */
static uint64_t end_of(const struct ledger *l, unsigned int i)
{
	return i + 1u < l->n_runs ? run_at(l, i + 1)->begin : l->position;
}

/* How much sound of the step the run's first `units` hold. */
static uint64_t sound_of(const struct ledger_run *r, uint64_t units)
{
	uint64_t at = r->offset + units;
	uint64_t rest = r->length ? at % r->length : 0;
	uint64_t before = r->offset < r->audible ? r->offset : r->audible;

	if (!r->length)
		return 0;
	return at / r->length * r->audible +
	       (rest < r->audible ? rest : r->audible) - before;
}

static uint64_t sound_until(const struct ledger_run *r, uint64_t position)
{
	return position > r->begin ? sound_of(r, position - r->begin) : 0;
}

/* The oldest run is over and leaves, with what is known to be heard of it. */
static void forget(struct ledger *l)
{
	const struct ledger_run *r = run_at(l, 0);
	uint64_t end = end_of(l, 0);

	if (r->step >= 0)
		l->sums[r->step].heard +=
			sound_until(r, l->heard < end ? l->heard : end);
	l->first = (uint8_t)((l->first + 1) % l->max_runs);
	l->n_runs--;
}

/* Adds up what was sent of the run that ends here. */
static void close_last(struct ledger *l, uint64_t end)
{
	const struct ledger_run *r;

	if (!l->n_runs)
		return;
	r = run_at(l, l->n_runs - 1u);
	if (r->step < 0 || end <= r->begin)
		return;
	l->sums[r->step].sent += sound_until(r, end);
	ledger_note(l, r->step);
}

void ledger_begin(struct ledger *l, const struct ledger_run *run)
{
	close_last(l, run->begin);
	if (l->n_runs == l->max_runs)
		forget(l);
	l->n_runs++;
	*run_at(l, l->n_runs - 1u) = *run;
}

void ledger_note(struct ledger *l, int32_t step)
{
	if (step >= 0)
		l->begun |= UINT64_C(1) << step;
}

/* The position behind so many packets; what is told of packets from before the
 * last change but one comes too late.                                        */
static uint64_t position_of(const struct ledger *l, uint64_t packets)
{
	const struct ledger_pace *p = &l->pace;
	uint64_t position;

	if (packets < p->packets)
		p = &l->pace_before;
	if (packets < p->packets)
		return 0;
	position = p->position + (packets - p->packets) * p->packet_units;
	return position < l->position ? position : l->position;
}

void ledger_confirm(struct ledger *l, uint64_t packets)
{
	uint64_t position = position_of(l, packets);

	if (position <= l->heard)
		return;
	l->heard = position;
	while (l->n_runs > 1 && run_at(l, 1)->begin <= position)
		forget(l);
}

static int32_t to_ms(uint64_t units, uint32_t clock_rate)
{
	uint64_t ms = units * 1000 / clock_rate;

	return ms > INT32_MAX ? INT32_MAX : (int32_t)ms;
}

/* With the runs that are not added up yet. */
static struct ledger_sum sum_of(const struct ledger *l, int32_t step)
{
	struct ledger_sum sum = l->sums[step];

	for (unsigned int i = 0; i < l->n_runs; i++) {
		const struct ledger_run *r = run_at(l, i);
		uint64_t end = end_of(l, i);

		if (r->step != step)
			continue;
		if (i + 1u == l->n_runs)
			sum.sent += sound_until(r, end);
		sum.heard += sound_until(r, l->heard < end ? l->heard : end);
	}
	return sum;
}

static bool was_begun(const struct ledger *l, int32_t step)
{
	const struct ledger_run *last;

	if (l->begun >> step & 1)
		return true;
	if (!l->n_runs)
		return false;
	last = run_at(l, l->n_runs - 1u);
	return last->step == step && l->position > last->begin;
}

uint32_t ledger_report(const struct ledger *l, uint32_t clock_rate, bool told,
		       struct cln_played *items, uint32_t cap)
{
	uint32_t n = 0;

	for (int32_t i = 0; i < (int32_t)l->n_steps && n < cap; i++) {
		struct ledger_sum sum;

		if (!was_begun(l, i))
			continue;
		sum = sum_of(l, i);
		items[n++] = (struct cln_played){
			.item = i,
			.sent_ms = to_ms(sum.sent, clock_rate),
			.confirmed_ms = told ? to_ms(sum.heard, clock_rate) :
					       -1,
		};
	}
	return n;
}

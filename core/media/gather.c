/*
 * gather.c - digits that a script waits for: taken, judged, reported.
 * Thread: the media worker that owns the stream; no I/O.
 */
/* SPDX-License-Identifier: MIT */
#include "media/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct gather *gather_new(void)
{
	return calloc(1, sizeof(struct gather));
}

bool gather_wanted(const struct script *s)
{
	for (size_t i = 0; i < s->n_steps; i++)
		if (s->steps[i].kind == SCRIPT_GATHER)
			return true;
	return false;
}

void gather_type(struct gather *g, const char *digits, size_t n)
{
	size_t room = sizeof(g->typed) - g->n_typed;

	if (n > room)
		n = room;
	memcpy(g->typed + g->n_typed, digits, n);
	g->n_typed = (uint8_t)(g->n_typed + n);
}

static void begin(struct gather *g, int64_t now_ns)
{
	g->waiting = true;
	g->n_digits = 0;
	g->digits[0] = '\0';
	g->since_ns = now_ns;
}

static char take_typed(struct gather *g)
{
	char digit = g->typed[0];

	g->n_typed--;
	memmove(g->typed, g->typed + 1, g->n_typed);
	return digit;
}

static uint32_t most_digits(const struct cln_gather *want)
{
	return want->digits > CLN_DIGITS_MAX ? CLN_DIGITS_MAX :
	       want->digits ? want->digits : 1;
}

/* How it ends with what is there; -1: it goes on.                            */
static int judge(struct gather *g, const struct cln_gather *want,
		 int64_t now_ns)
{
	while (g->n_typed) {
		char digit = take_typed(g);

		if (want->terminator && digit == want->terminator)
			return CLN_GATHER_TERMINATOR;
		g->digits[g->n_digits++] = digit;
		g->digits[g->n_digits] = '\0';
		g->since_ns = now_ns;
		if (g->n_digits >= most_digits(want))
			return CLN_GATHER_DIGITS;
	}
	return now_ns - g->since_ns >= want->timeout_ms * MS_NS ?
	       CLN_GATHER_TIMEOUT : -1;
}

static int32_t where_to(const struct gather *g, const struct cln_gather *want,
			int end)
{
	if (end == CLN_GATHER_TIMEOUT && !g->n_digits)
		return want->on_timeout;
	for (uint32_t i = 0; i < want->n_branches; i++)
		if (!strcmp(want->branches[i].digits, g->digits))
			return want->branches[i].go;
	return want->otherwise;
}

static void note_end(struct gather *g, int32_t item, int end)
{
	struct cln_gathered *to = &g->ended[g->n_ended++ % CLN_GATHERED_MAX];

	to->item = item;
	to->end = end;
	memcpy(to->digits, g->digits, sizeof(to->digits));
	g->waiting = false;
}

static bool is_at_gather(const struct playout *p)
{
	const struct script_step *step = playout_step(p);

	return step && step->kind == SCRIPT_GATHER;
}

/* True: it has ended, and the cursor is elsewhere. */
static bool try_end(struct gather *g, struct playout *p, bool held,
		    int64_t now_ns)
{
	const struct cln_gather *want = &playout_step(p)->gather;
	int end;

	if (!g->waiting)
		begin(g, now_ns);
	if (held)
		g->since_ns = now_ns;
	end = judge(g, want, now_ns);
	if (end < 0 || (held && end == CLN_GATHER_TIMEOUT))
		return false;
	note_end(g, p->at.step, end);
	playout_go(p, g->n_ended < GATHER_ENDS_MAX ? where_to(g, want, end) :
						     CLN_GOTO_STOP);
	return true;
}

void gather_turn(struct gather *g, struct playout *p, bool held,
		 int64_t now_ns)
{
	do {
		if (g->n_typed)
			playout_interrupt(p);
	} while (is_at_gather(p) && try_end(g, p, held, now_ns));
}

void gather_end(struct gather *g, struct playout *p, int64_t now_ns)
{
	if (g->n_typed || g->waiting)
		gather_turn(g, p, true, now_ns);
	if (g->waiting && is_at_gather(p))
		note_end(g, p->at.step, CLN_GATHER_HANGUP);
}

uint32_t gather_report(const struct gather *g,
		       struct cln_gathered to[CLN_GATHERED_MAX])
{
	uint32_t n = g->n_ended < CLN_GATHERED_MAX ? g->n_ended :
						     CLN_GATHERED_MAX;

	for (uint32_t i = 0; i < n; i++)
		to[i] = g->ended[(g->n_ended - n + i) % CLN_GATHERED_MAX];
	return n;
}

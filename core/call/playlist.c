/*
 * playlist.c - what a playlist may hold, whichever app it comes from.
 *
 * Apps tell their users which member is wrong; here each item is judged as a
 * whole, so that no app can have the media threads play what cannot be.
 * Thread: the app's.
 */
/* SPDX-License-Identifier: MIT */
#include "call/playlist.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "call/carrier_fields.h"

/* The number behind a name, within a sentence.                                */
#define TEXT_OF(name) TEXT_OF_NUMBER(name)
#define TEXT_OF_NUMBER(number) #number

/* ---- gathers ---------------------------------------------------------------- */

static bool are_digits(const char *s)
{
	return s && *s && !s[strspn(s, CLN_DIGITS)] &&
	       strlen(s) <= CLN_DIGITS_MAX;
}

static bool leads_somewhere(int32_t go, size_t n_items)
{
	return go == CLN_GOTO_NEXT || go == CLN_GOTO_STOP ||
	       (go >= 0 && (size_t)go < n_items);
}

static bool branches_are_sound(const struct cln_gather *g, size_t n_items)
{
	if (g->n_branches > CLN_BRANCHES_MAX)
		return false;
	for (uint32_t i = 0; i < g->n_branches; i++) {
		const char *digits = g->branches[i].digits;

		if (!memchr(digits, '\0', sizeof(g->branches[i].digits)) ||
		    !are_digits(digits) || strlen(digits) > g->digits ||
		    !leads_somewhere(g->branches[i].go, n_items))
			return false;
	}
	return true;
}

static const char *gather_fault(const struct cln_gather *g, size_t n_items)
{
	if (!g || g->digits < 1 || g->digits > CLN_DIGITS_MAX)
		return "waits for 1 to " TEXT_OF(CLN_DIGITS_MAX) " digits";
	if (g->timeout_ms < 1 || g->timeout_ms > CLN_GATHER_MAX_MS)
		return "waits for a digit for 1 to " TEXT_OF(CLN_GATHER_MAX_MS)
		       " ms";
	if (g->terminator && !strchr(CLN_DIGITS, g->terminator))
		return "has a terminator that is no digit";
	if (!branches_are_sound(g, n_items) ||
	    !leads_somewhere(g->otherwise, n_items) ||
	    !leads_somewhere(g->on_timeout, n_items))
		return "leads out of the playlist, or from digits that cannot "
		       "come";
	return NULL;
}

/* ---- items ------------------------------------------------------------------ */

static const char *item_fault(const struct cln_item *item, size_t n_items)
{
	if (item->repeat > CLN_REPEAT_MAX)
		return "is repeated " TEXT_OF(CLN_REPEAT_MAX)
		       " times at most";
	switch (item->type) {
	case CLN_ITEM_PLAY:
	case CLN_ITEM_SAY:
		return item->text && *item->text ? NULL : "is empty";
	case CLN_ITEM_PAUSE:
		return item->pause_ms >= 1 &&
		       item->pause_ms <= CLN_PAUSE_MAX_MS ?
		       NULL : "is a pause of 1 to " TEXT_OF(CLN_PAUSE_MAX_MS)
			      " ms";
	case CLN_ITEM_DTMF:
		return are_digits(item->text) ?
		       NULL : "is 1 to " TEXT_OF(CLN_DIGITS_MAX)
			      " digits of " CLN_DIGITS;
	case CLN_ITEM_GATHER:
		return gather_fault(item->gather, n_items);
	default:
		return "is of an unknown kind";
	}
}

/* Some sources are the server's own, for pauses and digits.                   */
static int check_url(const struct prompts *prompts, const char *url, char *why,
		     size_t cap)
{
	if (strncasecmp(url, "silence:", 8) && strncasecmp(url, "dtmf:", 5))
		return prompt_check_url(prompts, url, why, cap);
	str_copy(why, cap, "must be an http or https URL, or prompt: and the "
		 "id of a recording");
	return -EINVAL;
}

static void check_play(const struct prompts *prompts, const char *url,
		       const char *base, struct cln_problems *problems)
{
	char why[PROMPT_WHY_LEN], pointer[64];
	int err = check_url(prompts, url, why, sizeof(why));

	str_printf(pointer, sizeof(pointer), "%s/play", base);
	if (err)
		problem_add(problems, err == -EPERM ? CLN_FORBIDDEN_TARGET :
						      CLN_INVALID,
			    pointer, "%s", why);
}

static void check_item(const struct prompts *prompts,
		       const struct cln_play *play, size_t i,
		       struct cln_problems *problems)
{
	const struct cln_item *item = &play->items[i];
	const char *fault = item_fault(item, play->n_items);
	char base[48], pointer[64];

	str_printf(base, sizeof(base), "/playlist/%zu", i);
	str_printf(pointer, sizeof(pointer), "%s/say", base);
	if (fault)
		problem_add(problems, CLN_INVALID, base, "%s", fault);
	else if (item->type == CLN_ITEM_SAY)
		problem_add(problems, CLN_NO_SPEECH_SOURCE, pointer,
			    "no speech plugin is loaded");
	else if (item->type == CLN_ITEM_PLAY)
		check_play(prompts, item->text, base, problems);
}

static void check_course(const struct cln_play *play,
			 struct cln_problems *problems)
{
	if (play->repeat > CLN_REPEAT_MAX)
		problem_add(problems, CLN_INVALID, "/repeat",
			    "must be between 1 and %d", CLN_REPEAT_MAX);
	if (play->start < CLN_START_ANSWER || play->start > CLN_START_SILENCE)
		problem_add(problems, CLN_INVALID, "/start",
			    "is none of the ways to start");
	if (play->start_wait_ms < 0 ||
	    play->start_wait_ms > CLN_START_WAIT_MAX_MS)
		problem_add(problems, CLN_INVALID, "/start_wait_ms",
			    "must be between 1 and %d", CLN_START_WAIT_MAX_MS);
}

void playlist_check(const struct prompts *prompts, const struct cln_play *play,
		    struct cln_problems *problems)
{
	check_course(play, problems);
	if (!play->n_items || play->n_items > CLN_ITEMS_MAX) {
		problem_add(problems, CLN_INVALID, "/playlist", "must be a "
			    "list of 1 to %d items", CLN_ITEMS_MAX);
		return;
	}
	for (size_t i = 0; i < play->n_items; i++)
		check_item(prompts, play, i, problems);
}

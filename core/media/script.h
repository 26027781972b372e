/*
 * script.h - a playlist as steps, shared by all calls that play it.
 *
 * Step n is item n of the playlist. A script is immutable and counted; whoever
 * plays it holds a cursor (playout.h). Thread: made, counted and freed on the
 * signalling thread, read by media threads.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_SCRIPT_H
#define MEDIA_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include <carillon/services.h>

#include "media/prompt.h"

/* What a digit takes that is sent: its tone and the gap behind it.           */
enum { SCRIPT_DIGIT_MS = 200 };

enum script_kind { SCRIPT_PROMPT, SCRIPT_PAUSE, SCRIPT_DTMF, SCRIPT_GATHER };

struct script_step {
	enum script_kind kind;
	uint32_t times;			/* in a row, 0 is 1                   */
	/* PROMPT: what is played. DTMF: the digits as sound, for a far end that
	 * takes no events (RFC 4733).                                        */
	struct prompt *prompt;
	uint32_t pause_ms;		/* PAUSE                              */
	char digits[CLN_DIGITS_MAX + 1]; /* DTMF                              */
	struct cln_gather gather;	/* GATHER                             */
};

struct script {
	unsigned int refs;
	uint32_t rounds;		/* of the whole playlist, at least 1  */
	struct prompt *silence;		/* looped where nothing is said; NULL:
					 * no step and no start needs it      */
	size_t n_steps;
	struct script_step steps[];
};

/* Copies the steps and takes references to their prompts. -E2BIG: more than
 * CLN_ITEMS_MAX; -ENOMEM.                                                    */
int script_new(struct script **sp, const struct script_step *steps, size_t n,
	       uint32_t rounds, struct prompt *silence);
struct script *script_ref(struct script *s);
void script_unref(struct script *s);		/* NULL is fine               */

/* How long it plays at most; -1: nobody can say, since digits, or their lack,
 * may lead it back.                                                          */
int64_t script_duration_ms(const struct script *s);

#endif

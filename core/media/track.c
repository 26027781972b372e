/*
 * track.c - a script in one codec, and the places in it.
 * Thread: made on the signalling thread, immutable; places are their owner's.
 */
/* SPDX-License-Identifier: MIT */
#include "media/track.h"

#include <errno.h>
#include <string.h>

#include "media/dtmf.h"

/* As many whole frames as the packet time holds, one at least. */
int framing_init(struct framing *f, const struct cln_codec *c,
		 const struct cln_codec_params *params)
{
	uint32_t ptime_ms = params->ptime_ms ? params->ptime_ms : c->ptime_ms;
	uint64_t samples, bytes;

	if (!c->frame_samples || !c->frame_bytes || !c->sample_rate)
		return -EINVAL;
	if (ptime_ms > FRAMING_PTIME_MAX)
		ptime_ms = FRAMING_PTIME_MAX;
	*f = (struct framing){ .codec = c };
	f->packet_frames = (uint32_t)((uint64_t)ptime_ms * c->sample_rate /
				      1000 / c->frame_samples);
	if (!f->packet_frames)
		f->packet_frames = 1;
	samples = (uint64_t)f->packet_frames * c->frame_samples;
	f->packet_ms = (uint32_t)(samples * 1000 / c->sample_rate);
	f->packet_units = (uint32_t)(samples * c->clock_rate / c->sample_rate);
	if (!f->packet_ms || f->packet_ms > FRAMING_PTIME_MAX ||
	    (uint64_t)f->packet_ms * c->sample_rate != samples * 1000)
		return -EINVAL;
	bytes = (uint64_t)f->packet_frames * c->frame_bytes;
	if (bytes > FRAMING_PAYLOAD_MAX)
		return -EMSGSIZE;
	f->payload_max = (uint32_t)bytes;
	return 0;
}

static uint32_t at_most(uint64_t v)
{
	return v > TRACK_FOR_EVER ? TRACK_FOR_EVER : (uint32_t)v;
}

uint32_t track_frames_of_ms(const struct track *t, uint64_t ms)
{
	const struct cln_codec *c = t->framing.codec;
	uint64_t frame = (uint64_t)c->frame_samples * 1000;

	return at_most((ms * c->sample_rate + frame - 1) / frame);
}

uint32_t track_units(const struct track *t, uint32_t frames)
{
	const struct cln_codec *c = t->framing.codec;

	if (frames == TRACK_FOR_EVER)
		return TRACK_FOR_EVER;
	return at_most((uint64_t)frames * c->frame_samples * c->clock_rate /
		       c->sample_rate);
}

static bool as_event(const struct track *t, const struct script_step *step)
{
	return t->events && step->kind == SCRIPT_DTMF;
}

int track_init(struct track *t, const struct framing *framing,
	       const struct script *script, bool events, bool prelude)
{
	bool silent = prelude;

	*t = (struct track){
		.framing = *framing,
		.script = script,
		.silence = script->silence ? prompt_frames(script->silence,
						framing->codec) : NULL,
		.events = events,
	};
	for (size_t i = 0; i < script->n_steps; i++) {
		const struct script_step *step = &script->steps[i];

		if (step->kind == SCRIPT_PAUSE ||
		    step->kind == SCRIPT_GATHER || as_event(t, step))
			silent = true;
		else if (!step->prompt ||
			 !prompt_frames(step->prompt, framing->codec))
			return -ENOENT;
	}
	return silent && (!t->silence || !t->silence->n_frames) ? -ENOENT : 0;
}

const struct script_step *track_step(const struct track *t,
				     const struct place *at)
{
	if (at->step == TRACK_PRELUDE ||
	    at->step >= (int32_t)t->script->n_steps)
		return NULL;
	return &t->script->steps[at->step];
}

bool track_is_event(const struct track *t, const struct place *at)
{
	const struct script_step *step = t->events ? track_step(t, at) : NULL;

	return step && step->kind == SCRIPT_DTMF;
}

/* ---- the sound of a place ------------------------------------------------ */

/* A digit's time in whole packets: the event, its end said again, and a gap. */
static uint32_t event_frames(const struct track *t)
{
	uint32_t ms = t->framing.packet_ms;
	uint32_t event = (DTMF_TONE_MS + ms - 1) / ms + DTMF_ENDS;
	uint32_t all = (SCRIPT_DIGIT_MS + ms - 1) / ms;

	return (event > all ? event : all) * t->framing.packet_frames;
}

/* For so long nothing is said. */
static void be_silent(const struct track *t, struct place *at, uint32_t frames)
{
	at->frames = t->silence;
	at->length = frames;
	at->loops = true;
}

static void find_sound_of(const struct track *t, struct place *at,
			  const struct script_step *step)
{
	at->repeats = step->times ? step->times : 1;
	if (step->kind == SCRIPT_PAUSE) {
		be_silent(t, at, track_frames_of_ms(t, step->pause_ms));
	} else if (step->kind == SCRIPT_GATHER) {
		at->repeats = 1;
		be_silent(t, at, TRACK_FOR_EVER);
	} else if (as_event(t, step)) {
		size_t n = strlen(step->digits);

		at->repeats = at_most((uint64_t)at->repeats * n);
		be_silent(t, at, n ? event_frames(t) : 0);
	} else {
		at->frames = prompt_frames(step->prompt, t->framing.codec);
		at->length = at_most(at->frames->n_frames);
	}
}

static void find_sound(const struct track *t, struct place *at)
{
	at->frames = NULL;
	at->length = 0;
	at->repeats = 1;
	at->loops = false;
	if (at->step == TRACK_PRELUDE)
		be_silent(t, at, TRACK_FOR_EVER);
	else if (track_step(t, at))
		find_sound_of(t, at, track_step(t, at));
}

static void enter(const struct track *t, struct place *at, int32_t step)
{
	at->step = step;
	at->repeat = 0;
	at->frame = 0;
	find_sound(t, at);
}

void place_next_step(const struct track *t, struct place *at)
{
	int32_t n = (int32_t)t->script->n_steps;

	for (int32_t tries = 0; tries <= n; tries++) {
		int32_t step = at->step + 1;

		if (step >= n && at->round + 1 < t->script->rounds) {
			at->round++;
			step = 0;
		}
		enter(t, at, step);
		if (at->length || step >= n)
			return;
	}
	enter(t, at, n);
}

void place_go(const struct track *t, struct place *at, int32_t step)
{
	enter(t, at, step);
	if (!at->length && at->step < (int32_t)t->script->n_steps)
		place_next_step(t, at);
}

void place_forward(const struct track *t, struct place *at, uint32_t frames)
{
	at->frame += frames;
	if (at->frame < at->length)
		return;
	at->frame = 0;
	if (++at->repeat >= at->repeats)
		place_next_step(t, at);
}

/* ---- from one codec to another ------------------------------------------- */

/* What is still to be said as events, or as sound. */
static void move_digits(const struct track *t, struct place *at,
			const struct track *from, const struct place *was)
{
	uint32_t n = at_most(strlen(track_step(t, at)->digits));
	uint32_t digit_ms = SCRIPT_DIGIT_MS, next;

	if (t->events) {
		uint32_t digit = track_frames_of_ms(from, digit_ms);
		uint32_t begun = (was->frame + digit - 1) / digit;

		at->repeat = was->repeat * n + (begun < n ? begun : n);
		at->frame = 0;
		return;
	}
	next = was->repeat % n + (was->frame > 0);
	at->frame = track_frames_of_ms(t, (uint64_t)next * digit_ms);
	at->repeat = was->repeat / n;
}

static void move_frame(const struct track *t, struct place *at,
		       const struct track *from, const struct place *was)
{
	uint64_t samples = (uint64_t)was->frame *
			   from->framing.codec->frame_samples;
	uint32_t packet = t->framing.packet_frames;

	samples = samples * t->framing.codec->sample_rate /
		  from->framing.codec->sample_rate;
	at->frame = at_most(samples / t->framing.codec->frame_samples);
	/* Events take whole packets. */
	if (track_is_event(t, at))
		at->frame = (at->frame + packet - 1) / packet * packet;
	if (at->length == TRACK_FOR_EVER)
		at->frame = 0;
}

void place_move(const struct track *t, struct place *at,
		const struct track *from)
{
	const struct place was = *at;
	const struct script_step *step = track_step(t, at);

	find_sound(t, at);
	if (step && step->kind == SCRIPT_DTMF && t->events != from->events)
		move_digits(t, at, from, &was);
	else
		move_frame(t, at, from, &was);
	if (at->frame >= at->length) {
		at->frame = 0;
		at->repeat++;
	}
	if (at->repeat >= at->repeats)
		place_next_step(t, at);
}

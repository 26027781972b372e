/*
 * playout.c - a cursor over a script: the payload of the next packet.
 *
 * A packet goes on with the next step where a step ends: frames stand for
 * themselves, and those of codecs with memory were made to be joined. Only
 * what is left at the end of the whole script is filled up with silence, and
 * only for codecs whose silence needs no memory; others send a shorter packet.
 * Digits that leave as events take whole packets of their own.
 *
 * Thread: set up on the signalling thread, moved by the media worker that owns
 * the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/playout.h"

#include <errno.h>
#include <string.h>

enum { REST_SAMPLES_MAX = 64 };

_Static_assert((int)TRACK_PRELUDE == (int)LEDGER_NONE,
	       "a prelude is nobody's sound, in the track and in the ledger");

/* ---- set up -------------------------------------------------------------- */

/* Silence is what the codec makes of zeros: 0xff for mu-law, 0xd5 for A-law. */
static int encode_rest(struct playout *p, const struct cln_codec_params *params)
{
	static const int16_t zeros[REST_SAMPLES_MAX];
	const struct cln_codec *c = p->track.framing.codec;
	void *state = NULL;
	int n;

	if (!(c->flags & CLN_CODEC_STATELESS) ||
	    c->frame_bytes > PLAYOUT_REST_MAX ||
	    (uint64_t)c->frame_samples * (c->channels ? c->channels : 1) >
	    REST_SAMPLES_MAX)
		return 0;
	n = c->open ? c->open(&state, params) : 0;
	if (n)
		return n;
	n = c->encode(state, zeros, c->frame_samples, p->rest,
		      c->frame_bytes);
	if (c->close)
		c->close(state);
	if (n <= 0)
		return n ? n : -EINVAL;
	p->rest_len = (uint8_t)n;
	return 0;
}

int playout_init(struct playout *p, const struct playout_config *cfg)
{
	int err;

	*p = (struct playout){ .ledger = cfg->ledger };
	err = track_init(&p->track, &cfg->framing, cfg->script, cfg->events,
			 cfg->prelude);
	if (!err)
		err = encode_rest(p, cfg->params);
	if (!err)
		place_go(&p->track, &p->at, cfg->prelude ? TRACK_PRELUDE : 0);
	return err;
}

/* ---- the ledger ---------------------------------------------------------- */

/* What of a repetition is no filling. */
static uint32_t audible_units(const struct playout *p, uint32_t length)
{
	const struct cln_codec *c = p->track.framing.codec;
	const struct script_step *step = playout_step(p);
	uint64_t units = length;

	if (p->at.frames && !p->at.loops)
		units = p->at.frames->samples * c->clock_rate / c->sample_rate;
	else if (step && step->kind == SCRIPT_PAUSE)
		units = (uint64_t)step->pause_ms * c->clock_rate / 1000;
	return units < length ? (uint32_t)units : length;
}

/* What plays now began so many frames into the next packet. */
static void begin_run(struct playout *p, uint32_t frames)
{
	uint32_t length = track_units(&p->track, p->at.length);
	struct ledger_run r = {
		.begin = p->ledger->position + track_units(&p->track, frames),
		.length = length,
		.audible = audible_units(p, length),
		.offset = track_units(&p->track, p->at.frame),
		.step = playout_at_end(p) ? LEDGER_NONE : p->at.step,
	};

	ledger_begin(p->ledger, &r);
}

static void begin_filling(struct playout *p, uint32_t frames)
{
	struct ledger_run r = {
		.begin = p->ledger->position + track_units(&p->track, frames),
		.step = LEDGER_NONE,
	};

	ledger_begin(p->ledger, &r);
}

void playout_start(struct playout *p)
{
	ledger_set_pace(p->ledger, p->track.framing.packet_units, 0);
	begin_run(p, 0);
}

void playout_take_over(struct playout *p, const struct playout *from,
		       uint64_t sent)
{
	p->at = from->at;
	place_move(&p->track, &p->at, &from->track);
	ledger_set_pace(p->ledger, p->track.framing.packet_units, sent);
	begin_run(p, 0);
}

/* ---- packets ------------------------------------------------------------- */

/* `n` frames in a row. Returns their bytes. */
static size_t copy_row(const struct playout *p, const struct prompt_frames *f,
		       uint32_t frame, uint32_t n, uint8_t *dst, size_t room)
{
	size_t from, len;

	if (f->offsets) {
		from = f->offsets[frame];
		len = f->offsets[frame + n] - from;
	} else {
		from = (size_t)frame * p->track.framing.codec->frame_bytes;
		len = (size_t)n * p->track.framing.codec->frame_bytes;
	}
	if (len > room)
		len = room;
	memcpy(dst, f->data + from, len);
	return len;
}

static size_t copy_round(const struct playout *p, const struct prompt_frames *f,
			 uint32_t frame, uint32_t n, uint8_t *dst, size_t room)
{
	uint32_t all = (uint32_t)f->n_frames;
	size_t len = 0;

	while (n) {
		uint32_t left = all - frame % all;
		uint32_t some = left < n ? left : n;

		len += copy_row(p, f, frame % all, some, dst + len,
				room - len);
		frame += some;
		n -= some;
	}
	return len;
}

static size_t copy(const struct playout *p, const struct place *at, uint32_t n,
		   uint8_t *dst, size_t room)
{
	return at->loops ? copy_round(p, at->frames, at->frame, n, dst, room) :
			   copy_row(p, at->frames, at->frame, n, dst, room);
}

/* How many frames of the place a packet takes that lacks so many; 0: what comes
 * next begins a packet, or there is nothing.                                 */
static uint32_t piece(const struct playout *p, const struct place *at,
		      uint32_t want)
{
	uint32_t left = at->length - at->frame;

	if (want < p->track.framing.packet_frames &&
	    track_is_event(&p->track, at))
		return 0;
	return left < want ? left : want;
}

/* Fills up a packet: the last one, or the last before an event. */
static size_t pad(const struct playout *p, bool at_end, uint32_t frames,
		  uint8_t *dst, size_t room)
{
	size_t len = 0;

	if (!p->rest_len)
		return at_end ? 0 : copy_round(p, p->track.silence, 0, frames,
					       dst, room);
	for (; frames && len + p->rest_len <= room; frames--) {
		memcpy(dst + len, p->rest, p->rest_len);
		len += p->rest_len;
	}
	return len;
}

static size_t peek_across(const struct playout *p, uint8_t *dst)
{
	uint32_t want = p->track.framing.packet_frames, n;
	size_t room = p->track.framing.payload_max, len = 0;
	struct place at = p->at;

	while (want && (n = piece(p, &at, want))) {
		len += copy(p, &at, n, dst + len, room - len);
		want -= n;
		place_forward(&p->track, &at, n);
	}
	if (len && want)
		len += pad(p, !at.length, want, dst + len, room - len);
	return len;
}

/* From one step or repetition to another. */
static void advance_across(struct playout *p)
{
	uint32_t all = p->track.framing.packet_frames, want = all, n;

	while (want && (n = piece(p, &p->at, want))) {
		int32_t step = p->at.step;

		want -= n;
		place_forward(&p->track, &p->at, n);
		/* One that is said again goes on in its run. */
		if (p->at.step == step)
			continue;
		if (!want || piece(p, &p->at, want))
			begin_run(p, all - want);
		else
			begin_filling(p, all - want);
	}
	ledger_packet(p->ledger);
	if (want)
		begin_run(p, 0);
}

static bool within_repetition(const struct playout *p)
{
	return p->at.length - p->at.frame > p->track.framing.packet_frames;
}

size_t playout_peek(const struct playout *p, uint8_t *dst)
{
	if (!within_repetition(p))
		return peek_across(p, dst);
	return copy(p, &p->at, p->track.framing.packet_frames, dst,
		    p->track.framing.payload_max);
}

void playout_advance(struct playout *p)
{
	if (!within_repetition(p)) {
		advance_across(p);
		return;
	}
	p->at.frame += p->track.framing.packet_frames;
	ledger_packet(p->ledger);
}

/* ---- where it is, and goes ----------------------------------------------- */

char playout_event(const struct playout *p)
{
	const struct script_step *step = playout_step(p);

	if (p->at.frame || !track_is_event(&p->track, &p->at))
		return 0;
	return step->digits[p->at.repeat % strlen(step->digits)];
}

bool playout_in_event(const struct playout *p)
{
	return p->at.frame && track_is_event(&p->track, &p->at);
}

void playout_go(struct playout *p, int32_t go)
{
	int32_t n = (int32_t)p->track.script->n_steps;

	if (playout_step(p) && playout_step(p)->kind == SCRIPT_GATHER)
		ledger_note(p->ledger, p->at.step);
	if (go == CLN_GOTO_NEXT)
		place_next_step(&p->track, &p->at);
	else
		place_go(&p->track, &p->at, go >= 0 && go < n ? go : n);
	begin_run(p, 0);
}

/* In this round or the following; -1: none. */
static int32_t next_gather(const struct playout *p, bool *other_round)
{
	const struct script *s = p->track.script;
	int32_t n = (int32_t)s->n_steps;
	int32_t rounds = p->at.round + 1 < s->rounds ? 2 : 1;

	for (int32_t i = p->at.step + 1; i < rounds * n; i++)
		if (s->steps[i % n].kind == SCRIPT_GATHER) {
			*other_round = i >= n;
			return i % n;
		}
	return -1;
}

bool playout_interrupt(struct playout *p)
{
	const struct script_step *now = playout_step(p);
	bool other_round;
	int32_t step;

	if (!now || now->kind == SCRIPT_GATHER)
		return false;
	step = next_gather(p, &other_round);
	if (step < 0 || !p->track.script->steps[step].gather.interrupt)
		return false;
	p->at.round += other_round;
	playout_go(p, step);
	return true;
}

/*
 * stream_gear.c - what a stream needs to play and to listen: made and freed.
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/stream.h"

void gear_free(struct gear *g)
{
	free(g->voice);
	hear_free(g->hear);
	srtp_free(g->srtp);
	*g = (struct gear){ 0 };
}

/* ---- voice --------------------------------------------------------------- */

static int voice_new(struct voice **vp, const struct stream *s,
		     const struct stream_play *play)
{
	struct playout_config cfg = {
		.params = &play->params,
		.script = s->script,
		.ledger = s->ledger,
		.events = play->event_out >= 0,
		.prelude = s->prelude,
	};
	size_t payload_max = DTMF_EVENT_LEN;
	struct voice *v;
	int err = framing_init(&cfg.framing, play->codec, &play->params);

	if (err)
		return err;
	if (cfg.framing.payload_max > payload_max)
		payload_max = cfg.framing.payload_max;
	v = malloc(sizeof(*v) + RTP_HEADER_LEN + payload_max +
		   SRTP_GROWTH_MAX);
	if (!v)
		return -ENOMEM;
	err = playout_init(&v->playout, &cfg);
	if (err)
		free(v);
	else
		*vp = v;
	return err;
}

static int make_voice(struct gear *g, const struct stream *s,
		      const struct stream_play *play)
{
	if (s->playing && play->codec == s->codec &&
	    play->params.ptime_ms == s->ptime_ms &&
	    (play->event_out >= 0) == s->events_out)
		return 0;
	if (s->playing && play->codec->clock_rate != s->codec->clock_rate)
		return -ENOTSUP;
	return voice_new(&g->voice, s, play);
}

/* ---- ears ---------------------------------------------------------------- */

static bool is_wanted(const struct stream *s, const struct stream_play *play)
{
	return s->playing ? s->hear_cfg != NULL :
			    s->gather || play->start == CLN_START_SILENCE;
}

static void configure(struct hear_config *cfg, const struct stream *s,
		      const struct stream_play *play)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->n_formats = play->n_hear < CLN_CODECS_MAX ? play->n_hear :
							 CLN_CODECS_MAX;
	for (size_t i = 0; i < cfg->n_formats; i++) {
		cfg->formats[i].payload_type = play->hear[i].payload_type;
		cfg->formats[i].codec = play->hear[i].codec;
	}
	cfg->event_type = play->event_in;
	cfg->tones = s->gather && play->tones;
	cfg->greeting = s->prelude;
}

/* Only where there is news: another ear does not know what this one heard. */
static int make_hear(struct gear *g, struct stream *s,
		     const struct stream_play *play)
{
	struct hear_config cfg;

	if (!is_wanted(s, play))
		return 0;
	configure(&cfg, s, play);
	if (s->playing && !memcmp(&cfg, s->hear_cfg, sizeof(cfg)))
		return 0;
	if (!s->hear_cfg)
		s->hear_cfg = malloc(sizeof(*s->hear_cfg));
	return s->hear_cfg ? hear_new(&g->hear, &cfg) : -ENOMEM;
}

/* ---- all of it ----------------------------------------------------------- */

/* It may be asked again after an error. */
static int take_script(struct stream *s, const struct stream_play *play)
{
	bool waits = gather_wanted(play->script);

	free(s->ledger);
	free(s->gather);
	s->ledger = ledger_new(play->script->n_steps, play->script->rounds);
	s->gather = waits ? gather_new() : NULL;
	if (!s->ledger || (waits && !s->gather))
		return -ENOMEM;
	script_ref(play->script);
	script_unref(s->script);
	s->script = play->script;
	s->prelude = play->start == CLN_START_SILENCE;
	return 0;
}

/* What the next change is compared with. */
static void note(struct stream *s, const struct stream_play *play)
{
	s->codec = play->codec;
	s->ptime_ms = play->params.ptime_ms;
	s->events_out = play->event_out >= 0;
	if (s->hear_cfg)
		configure(s->hear_cfg, s, play);
}

int gear_make(struct gear *g, struct stream *s, const struct stream_play *play,
	      bool starts)
{
	int err = 0;

	*g = (struct gear){ 0 };
	if (play->crypto.suite != SRTP_NONE)
		err = srtp_new(&g->srtp, &play->crypto);
	if (!err && starts)
		err = take_script(s, play);
	if (!err)
		err = make_voice(g, s, play);
	if (!err)
		err = make_hear(g, s, play);
	if (err)
		gear_free(g);
	else
		note(s, play);
	return err;
}

/*
 * media_double.h - streams, prompts and codecs that the test speaks for.
 *
 * Defines what the business calls of media/media.h, media/prompt.h and
 * plugin/plugin.h.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MEDIA_DOUBLE_H
#define TESTS_MEDIA_DOUBLE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "media/media.h"
#include "media/prompt.h"
#include "plugin/plugin.h"

#define STREAMS_MAX 1024
#define GETS_MAX 128

struct stream {
	size_t at;
	const struct stream_events *events;
	void *arg;
	bool answered, playing, stopping, send, rtcp_mux, far_silent;
	struct addr rtp, rtcp;
	int payload_type;
	uint32_t ptime_ms;
	const struct script *script;
	int32_t start;
	uint32_t start_wait_ms, rtp_timeout_ms;
	bool tones, symmetric;
	struct srtp_crypto crypto;
	const struct cln_codec *codec;
};

static struct stream *streams[STREAMS_MAX];	/* NULL: gone                  */
static size_t n_streams;
static int stream_new_err, stream_play_err, stream_update_err;

int stream_new(struct stream **sp, struct media *m,
	       const struct stream_events *events, void *arg)
{
	struct stream *s;

	(void)m;
	if (stream_new_err)
		return stream_new_err;
	s = calloc(1, sizeof(*s));
	if (!s || n_streams == STREAMS_MAX)
		abort();
	s->at = n_streams;
	s->events = events;
	s->arg = arg;
	streams[n_streams++] = s;
	*sp = s;
	return 0;
}

uint16_t stream_port(const struct stream *s)
{
	return (uint16_t)(20000 + 2 * s->at);
}

static inline int stream_take(struct stream *s, const struct stream_play *p)
{
	s->send = p->send;
	s->far_silent = p->far_silent;
	s->rtp = p->rtp;
	s->rtcp = p->rtcp;
	s->rtcp_mux = p->rtcp_mux;
	s->payload_type = p->payload_type;
	s->ptime_ms = p->params.ptime_ms;
	s->codec = p->codec;
	s->script = p->script;
	s->start = p->start;
	s->start_wait_ms = p->start_wait_ms;
	s->rtp_timeout_ms = p->rtp_timeout_ms;
	s->tones = p->tones;
	s->symmetric = p->symmetric;
	s->crypto = p->crypto;
	return 0;
}

void stream_answered(struct stream *s)
{
	s->answered = true;
}

int stream_play(struct stream *s, const struct stream_play *p)
{
	if (stream_play_err)
		return stream_play_err;
	s->playing = true;
	return stream_take(s, p);
}

int stream_update(struct stream *s, const struct stream_play *p)
{
	return stream_update_err ? stream_update_err : stream_take(s, p);
}

void stream_stop(struct stream *s)
{
	if (s->stopping)
		abort();		/* "call once"                         */
	s->stopping = true;
}

/* What else it will say of a stream: its start, its digits.                   */
static struct stream_report next_report;

/* The media thread's last word.                                               */
static inline void stream_stopped(size_t i, bool complete, uint32_t n_items)
{
	struct stream *s = streams[i];
	struct stream_report report = next_report;

	report.complete = complete;
	report.n_items = n_items;
	report.rtp.sent = 100;
	if (!s->stopping)
		abort();
	for (uint32_t k = 0; k < n_items; k++)
		report.items[k] = (struct cln_played){ (int32_t)k, 500, -1 };
	streams[i] = NULL;
	s->events->stopped(s->arg, &report);
	free(s);
}

/* ---- prompts ---------------------------------------------------------------- */

struct prompt {
	int refs;
};

struct prompt_get {
	size_t at;
	char url[128];
	size_t n_codecs;
	prompt_fn *fn;
	void *arg;
};

static struct prompt_get *gets[GETS_MAX];	/* NULL: over or cancelled     */
static size_t n_gets;
static int prompt_get_err, live_prompts;

int prompt_check_url(const struct prompts *p, const char *url, char *why,
		     size_t cap)
{
	(void)p;
	if (str_starts(url, "http") && !strstr(url, "169.254."))
		return 0;
	str_copy(why, cap, "not an address that may be fetched from");
	return str_starts(url, "http") ? -EPERM :
	       str_starts(url, "prompt:") ? -ENOENT : -EINVAL;
}

int prompt_get(struct prompt_get **gp, struct prompts *p, const char *url,
	       const struct cln_codec *const *codecs, size_t n_codecs,
	       prompt_fn *fn, void *arg)
{
	struct prompt_get *g;

	(void)p;
	(void)codecs;
	if (prompt_get_err)
		return prompt_get_err;
	g = calloc(1, sizeof(*g));
	if (!g || n_gets == GETS_MAX)
		abort();
	g->at = n_gets;
	str_copy(g->url, sizeof(g->url), url);
	g->n_codecs = n_codecs;
	g->fn = fn;
	g->arg = arg;
	gets[n_gets++] = g;
	*gp = g;
	return 0;
}

void prompt_get_cancel(struct prompt_get *g)
{
	if (!g)
		return;
	gets[g->at] = NULL;
	free(g);
}

struct prompt *prompt_ref(struct prompt *p)
{
	p->refs++;
	return p;
}

void prompt_unref(struct prompt *p)
{
	if (!p || --p->refs)
		return;
	live_prompts--;
	free(p);
}

uint32_t prompt_duration_ms(const struct prompt *p)
{
	(void)p;
	return 1000;
}

static inline void prompt_arrives(size_t i, int err, const char *why)
{
	struct prompt_get *g = gets[i];
	struct prompt *p = NULL;

	if (!err) {
		p = calloc(1, sizeof(*p));
		p->refs = 1;
		live_prompts++;
	}
	gets[i] = NULL;
	g->fn(g->arg, err, p, why);
	free(g);
}

static inline void all_prompts_arrive(void)
{
	for (size_t i = 0; i < n_gets; i++)
		if (gets[i])
			prompt_arrives(i, 0, "");
}

/* ---- the library: one recording, or an error -------------------------------- */

static struct cln_prompt_info the_recording;
static int library_err;

int prompts_library_add(struct prompts *p, const void *data, size_t len,
			const char *name, struct cln_prompt_info *info,
			char *why, size_t cap)
{
	(void)p;
	(void)data;
	the_recording.bytes = (int64_t)len;
	str_copy(the_recording.name, sizeof(the_recording.name), name);
	*info = the_recording;
	if (library_err)
		str_copy(why, cap, "no audio in it");
	return library_err;
}

int prompts_library_get(struct prompts *p, const char *id,
			struct cln_prompt_info *info)
{
	(void)p;
	*info = the_recording;
	return strcmp(id, the_recording.id) ? -ENOENT : library_err;
}

int prompts_library_delete(struct prompts *p, const char *id)
{
	(void)p;
	if (strcmp(id, the_recording.id))
		return -ENOENT;
	if (!library_err)
		the_recording.id[0] = '\0';
	return library_err;
}

int prompts_library_list(struct prompts *p, const char *after, uint32_t limit,
			 cln_prompt_fn *fn, void *arg)
{
	(void)p;
	if (limit && strcmp(after, the_recording.id) < 0)
		fn(arg, &the_recording);
	return library_err;
}

/* ---- codecs ----------------------------------------------------------------- */

static const struct cln_codec pcmu = {
	.size = sizeof(struct cln_codec), .name = "PCMU", .api_name = "mulaw",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
};

static const struct cln_codec pcma = {
	.size = sizeof(struct cln_codec), .name = "PCMA", .api_name = "alaw",
	.payload_type = 8, .clock_rate = 8000, .sample_rate = 8000,
	.channels = 1, .frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
};

const struct cln_codec *plugins_codec(const struct plugins *p,
				      const char *api_name)
{
	(void)p;
	return !strcmp(api_name, "mulaw") ? &pcmu :
	       !strcmp(api_name, "alaw") ? &pcma : NULL;
}

const char *const plugins_known_codecs[] = { "mulaw", "alaw", "g729", NULL };

int plugins_codec_known(const char *api_name)
{
	return plugins_codec(NULL, api_name) || !strcmp(api_name, "g729");
}

const char *plugins_codec_nearest(const char *api_name)
{
	return api_name[0] == 'm' ? "mulaw" : NULL;
}

const struct cln_codec *plugins_codec_at(const struct plugins *p, size_t n)
{
	(void)p;
	return n == 0 ? &pcmu : n == 1 ? &pcma : NULL;
}

void plugins_list(const struct plugins *p, cln_plugin_fn *fn, void *arg)
{
	struct cln_plugin_info info = { .size = sizeof(info), .name = "pcmu" };

	(void)p;
	fn(arg, &info);
}

static inline void media_double_init(void)
{
	n_streams = n_gets = 0;
	stream_new_err = stream_play_err = stream_update_err = 0;
	prompt_get_err = live_prompts = 0;
	library_err = 0;
	memset(&next_report, 0, sizeof(next_report));
	memset(&the_recording, 0, sizeof(the_recording));
}

#endif

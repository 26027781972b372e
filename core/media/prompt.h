/*
 * prompt.h - recordings made ready once and shared by all calls.
 *
 * A prompt is one file in a set of codecs: fetched, decoded, resampled and
 * encoded by the prompt pool, then immutable and counted. Files are known by
 * their bytes: URLs of the same share what was made of it. One fetch serves
 * all who wait for it. prompt_get() and its callback run on the signalling
 * thread; frames are read by media threads.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_PROMPT_H
#define MEDIA_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/codec.h>
#include <carillon/services.h>

#include "base/allow.h"
#include "base/clock.h"
#include "base/inbox.h"

struct prompts;			/* the pool with its cache                   */
struct prompt;			/* one recording; reference counted          */

/* A prompt is used without asking its server again for this long after its
 * fetch, or for as long as the answer said (Cache-Control, Expires; a day at
 * most; no-store and no-cache: only by those who waited for that fetch). Then
 * the next prompt_get() asks with the ETag or the date that it had: unchanged,
 * it goes on; changed, it is fetched, and calls that play the old one keep it.
 * Where the server fails to answer, the old one is used if the server had said
 * so (stale-if-error), else the get fails: nobody is to hear what may be wrong.
 */
#define PROMPT_FRESH_S 60

struct prompts_config {
	struct inbox *home;		/* the signalling thread's inbox      */
	const struct clock *clock;	/* for freshness; NULL: the system's  */
	unsigned int threads;		/* 0: one per core                    */
	const struct allow *allow;	/* lent: special addresses that may be
					 * fetched from, and hosts that may
					 * lead to any (fetch.allow)          */
	size_t n_allow;
	int timeout_s;			/* for one whole fetch                */
	size_t max_bytes;		/* of the fetched file                */
	int max_audio_s;
	size_t max_cache_bytes;		/* idle prompts kept in memory        */
	/* Lent; state.dir: fetched files and their frames are kept below it, and
	 * so are those that were uploaded. NULL: nothing outlives the process. */
	const char *dir;
	size_t max_disk_bytes;		/* of what was fetched; 0: keep none  */
	size_t max_library_bytes;	/* of what was uploaded               */
	/* Lent; NULL: none, the system's. A proxy resolves names by itself, so
	 * only literal addresses are checked where there is one.             */
	const char *proxy, *ca_file, *user_agent;
};

int prompts_new(struct prompts **pp, const struct prompts_config *cfg);
/* No get may be outstanding. Joins the threads. Prompts that others still hold
 * live on; the pool's own memory goes with the last of them and with what is
 * left in home, which must outlive both and be run once more afterwards.     */
void prompts_free(struct prompts *p);

#define PROMPT_WHY_LEN 192

struct prompt_get;		/* a wait for one prompt                     */

/* err 0: `prompt` is yours to unref. Else why is a sentence for the report:
 * "http 404", "not an address that may be fetched from", "no audio in it".   */
typedef void prompt_fn(void *arg, int err, struct prompt *prompt,
		       const char *why);

/* What a recording comes from:
 *	http://..., https://...		fetched
 *	prompt:ID			uploaded (see below)
 *	silence:MS			made: so much of nothing
 *	dtmf:DIGITS			made: the digits as tones (tone.h)
 * 0 if `url` is one that prompt_get() would try (no user part, host not a
 * forbidden literal, an id that is there), else -EINVAL / -EPERM / -ENOENT with
 * a sentence. Any thread.                                                    */
int prompt_check_url(const struct prompts *p, const char *url, char *why,
		     size_t cap);
/* Ready at once or later: fn is always called later, from the inbox, also where
 * the URL is refused. The prompt will hold an encoding for each of `codecs`
 * (1 to 16). 0, -ENOMEM, or -EAGAIN: too many prompts wait already.          */
int prompt_get(struct prompt_get **gp, struct prompts *p, const char *url,
	       const struct cln_codec *const *codecs, size_t n_codecs,
	       prompt_fn *fn, void *arg);
/* fn will not be called. Up to the end of fn; NULL is fine.                  */
void prompt_get_cancel(struct prompt_get *g);

struct prompt *prompt_ref(struct prompt *p);	/* any thread                 */
/* Any thread; NULL is fine. Frees nothing there: the memory of the last one
 * goes back on the signalling thread.                                        */
void prompt_unref(struct prompt *p);

/* The encoded form: `len` bytes of back-to-back frames.                      */
struct prompt_frames {
	const struct cln_codec *codec;
	const uint8_t *data;
	size_t len;
	const uint32_t *offsets;	/* start of frames, n_frames + 1 long;
					 * NULL where all have frame_bytes    */
	size_t n_frames;
	uint64_t samples;		/* of the source at the codec's rate,
					 * before padding of the last frame   */
};

/* NULL if the prompt was not made for this codec. Immutable while a reference
 * is held. Any thread.                                                       */
const struct prompt_frames *prompt_frames(const struct prompt *p,
					  const struct cln_codec *codec);
uint32_t prompt_duration_ms(const struct prompt *p);

/* ---- the library: recordings that were uploaded --------------------------- */

/* Any thread, and they may wait for the disk: not the signalling thread. Ids are
 * made of the content. Errors as cln_services says; why: a sentence.         */
int prompts_library_add(struct prompts *p, const void *data, size_t len,
			const char *name, struct cln_prompt_info *info,
			char *why, size_t cap);
int prompts_library_get(struct prompts *p, const char *id,
			struct cln_prompt_info *info);
int prompts_library_delete(struct prompts *p, const char *id);
int prompts_library_list(struct prompts *p, const char *after, uint32_t limit,
			 cln_prompt_fn *fn, void *arg);

struct prompts_stats {
	uint64_t fetched, failed, hits;	/* prompts                            */
	uint64_t unchanged;		/* of those fetched: 304              */
	uint64_t disk_hits;		/* used without asking, from disk     */
	uint64_t disk_bytes;
	uint64_t bytes;			/* encoded bytes held                 */
};
void prompts_get_stats(const struct prompts *p, struct prompts_stats *st);

#endif

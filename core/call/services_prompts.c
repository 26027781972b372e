/*
 * services_prompts.c - recordings that were uploaded, as an app sees them.
 *
 * Thread: the app's, which may wait for the disk; on_* functions run on the
 * signalling thread, which knows the open jobs.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/str.h"
#include "call/ask.h"
#include "call/carrier_fields.h"

struct prompt_ask {
	struct ask ask;
	const char *id;			/* NULL: may work be taken at all?    */
};

static void on_question(struct ask *a)
{
	const struct prompt_ask *q = (const struct prompt_ask *)a;
	char source[sizeof(CLN_PROMPT_SCHEME) + CLN_PROMPT_ID_LEN];
	int err = 0;

	if (q->id) {
		str_printf(source, sizeof(source), CLN_PROMPT_SCHEME "%s",
			   q->id);
		err = exchange_plays(a->x, source) ? -EBUSY : 0;
	}
	ask_done(a, err);
}

/* The disk is not the signalling thread's to wait for: it only says whether the
 * change may be made.                                                        */
static int may_change(struct exchange *x, const char *id)
{
	struct prompt_ask q = { .id = id };

	return ask_run(x, &q.ask, on_question);
}

static int code_of(int err)
{
	switch (err) {
	case -ENOSPC:
		return CLN_FULL;
	case -EINVAL:
	case -EFBIG:
		return CLN_INVALID;
	case -ENOMEM:
		return CLN_BUSY;
	default:
		return CLN_STORE;
	}
}

static int recording_add(void *ctx, const void *data, size_t len,
			 const char *name, struct cln_prompt_info *info,
			 struct cln_problems *problems)
{
	struct exchange *x = ctx;
	char why[PROMPT_WHY_LEN] = "";
	int err = may_change(x, NULL);

	if (err)
		return err;
	err = prompts_library_add(x->cfg.prompts, data, len, name, info, why,
				  sizeof(why));
	if (err)
		problem_add(problems, code_of(err), "", "%s", why);
	return err == -EFBIG ? -EINVAL : err;
}

static int recording_get(void *ctx, const char *id,
			 struct cln_prompt_info *info)
{
	struct exchange *x = ctx;

	return prompts_library_get(x->cfg.prompts, id, info);
}

/* A job that is accepted between the question and the end of this is told
 * what it would be a moment later: its recipients fail, and say why. One that
 * is being stored as it is asked counts as one that plays it.                */
static int recording_delete(void *ctx, const char *id)
{
	struct exchange *x = ctx;
	struct cln_prompt_info info;
	int err = prompts_library_get(x->cfg.prompts, id, &info);

	if (!err)
		err = may_change(x, id);
	return err ? err : prompts_library_delete(x->cfg.prompts, id);
}

static int recording_list(void *ctx, const char *after, uint32_t limit,
			  cln_prompt_fn *fn, void *arg)
{
	struct exchange *x = ctx;

	return prompts_library_list(x->cfg.prompts, after, limit, fn, arg);
}

void services_prompts(const struct exchange *x, struct cln_services *s)
{
	s->prompt_add = recording_add;
	s->prompt_get = recording_get;
	s->prompt_delete = recording_delete;
	s->prompt_list = recording_list;
	s->prompt_max_bytes = x->cfg.max_recording;
}

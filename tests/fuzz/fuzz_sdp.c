/*
 * fuzz_sdp.c - any bytes as an offer: parsed, matched and answered in bounds,
 * and what we answer is itself a description that we would take.
 * Needs: core/sip/sdp.c sdp_parse.c sdp_format.c sdp_text.c;
 * core/base/addr.c network.c buf.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_audio(const struct sdp_audio *a)
{
	size_t i;

	if (!a->n_formats || a->n_formats > SDP_FORMATS_MAX ||
	    !addr_port(&a->rtp) || a->ptime_ms > 1000 || a->maxptime_ms > 1000)
		abort();
	for (i = 0; i < a->n_formats; i++) {
		const struct sdp_format *f = &a->formats[i];

		if (f->pt < 0 || f->pt > 127 || str_has_ctl(f->name) ||
		    !memchr(f->name, 0, sizeof(f->name)) ||
		    !memchr(f->fmtp, 0, sizeof(f->fmtp)))
			abort();
	}
}

/* Answers with the offer's own formats, so that it is always possible unless
 * there is no voice in it. */
static void check_answer(const char *text, size_t size,
			 const struct sdp_parsed *offer)
{
	static const struct sdp_session us = { .id = 1, .version = 1 };
	struct sdp_audio ours = offer->audio;
	struct sdp_parsed again;
	struct buf out;
	size_t which;

	buf_init(&out, 200000);
	if (addr_parse(&ours.rtp, "192.0.2.1:4000", 0) ||
	    addr_parse(&ours.rtcp, "192.0.2.1:4001", 0))
		abort();
	if (sdp_answer(&out, &us, text, size, &ours) == 0 && !out.err) {
		if (out.len < 65536 &&
		    (sdp_parse(&again, out.data, out.len, NULL, 0) ||
		     again.n_media != offer->n_media ||
		     again.audio_index != offer->audio_index ||
		     sdp_match(&offer->audio, &again.audio, &which) < 0))
			abort();
	}
	buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct sdp_parsed p;
	char why[64];

	if (sdp_parse(&p, text, size, why, sizeof(why)) == 0) {
		check_audio(&p.audio);
		check_answer(text, size, &p);
	}
	return 0;
}

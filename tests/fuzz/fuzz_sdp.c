/*
 * fuzz_sdp.c - any bytes as a description: parsed and answered in bounds, and
 * what we answer is itself a description that we would take. Then as the far end
 * uses it against a call: as the answer to our offer, as a later offer, and as
 * the answer to a later offer of ours, with codecs, events and keys that its own
 * bytes choose.
 * Needs: core/sip/sdp.c sdp_crypto.c sdp_parse.c sdp_format.c sdp_text.c;
 * core/call/negotiate.c secrecy.c; core/media/srtp.c;
 * core/base/addr.c network.c buf.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "call/negotiate.h"

enum { OFFER_MAX = 4096, PTIME_LEAST = 10, PTIME_MOST = 60,
       ANY = SDP_AVP | SDP_SAVP };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
	if (!right)
		abort();
}

static void check_audio(const struct sdp_audio *a)
{
	size_t i;

	check(a->n_formats && a->n_formats <= SDP_FORMATS_MAX &&
	      addr_port(&a->rtp) && a->ptime_ms <= 1000 &&
	      a->maxptime_ms <= 1000);
	for (i = 0; i < a->n_formats; i++) {
		const struct sdp_format *f = &a->formats[i];

		check(f->pt >= 0 && f->pt <= 127 && !str_has_ctl(f->name) &&
		      memchr(f->name, 0, sizeof(f->name)) &&
		      memchr(f->fmtp, 0, sizeof(f->fmtp)));
	}
	check(a->n_crypto <= SDP_CRYPTO_MAX && (!a->n_crypto || a->has_crypto));
	for (i = 0; i < a->n_crypto; i++)
		check(a->crypto[i].key_len && a->crypto[i].suite[0] &&
		      a->crypto[i].key_len <= SDP_KEY_MAX &&
		      memchr(a->crypto[i].suite, 0, sizeof(a->crypto[i].suite)));
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
	check(!addr_parse(&ours.rtp, "192.0.2.1:4000", 0) &&
	      !addr_parse(&ours.rtcp, "192.0.2.1:4001", 0));
	if (sdp_answer(&out, &us, text, size, &ours) == 0 && !out.err &&
	    out.len < 65536)
		check(!sdp_parse(&again, ANY, out.data, out.len, NULL, 0) &&
		      again.n_media == offer->n_media &&
		      again.audio_index == offer->audio_index &&
		      again.audio.secure == offer->audio.secure &&
		      again.audio.n_crypto == offer->audio.n_crypto &&
		      sdp_match(&offer->audio, &again.audio, 0, &which) >= 0);
	buf_deinit(&out);
}

/* ---- against a call ------------------------------------------------------ */

static int no_annexb(const char *local, const char *remote, uint32_t ptime_ms,
		     struct cln_codec_params *out)
{
	out->ptime_ms = ptime_ms;
	return !*local || strstr(remote, "yes") ? -1 : 0;
}

static const struct cln_codec codecs[] = {
	{ .name = "PCMU", .clock_rate = 8000, .sample_rate = 8000,
	  .channels = 1, .frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20 },
	{ .name = "PCMA", .payload_type = 8, .clock_rate = 8000,
	  .sample_rate = 8000, .channels = 1, .frame_samples = 1,
	  .frame_bytes = 1, .ptime_ms = 20 },
	{ .name = "G729", .payload_type = 18, .clock_rate = 8000,
	  .sample_rate = 8000, .channels = 1, .frame_samples = 80,
	  .frame_bytes = 10, .ptime_ms = 20, .fmtp = "annexb=no",
	  .match = no_annexb },
	{ .name = "G723", .payload_type = 4, .clock_rate = 8000,
	  .sample_rate = 8000, .channels = 1, .frame_samples = 240,
	  .frame_bytes = 24, .ptime_ms = 30 },
	{ .name = "speex", .payload_type = CLN_PT_DYNAMIC, .clock_rate = 8000,
	  .sample_rate = 8000, .channels = 1, .frame_samples = 160,
	  .frame_bytes = 38, .ptime_ms = 20 },
	{ .name = "opus", .payload_type = CLN_PT_DYNAMIC, .clock_rate = 48000,
	  .sample_rate = 48000, .channels = 2, .frame_samples = 960,
	  .frame_bytes = 400, .ptime_ms = 20 },
};

/* A set of codecs, in an order, that the bytes themselves choose. */
static void choose_side(struct negotiate_side *us, const char *text,
			size_t size)
{
	static struct secrecy_keys keys;
	static struct negotiate_wishes wishes = { .keys = &keys };
	const size_t n = ARRAY_LEN(codecs);
	struct codec_order set = { 0 };
	uint32_t sum = 0;
	struct addr address;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + (unsigned char)text[i];
	for (size_t i = 0; i < n; i++)
		if (sum >> i & 1)
			set.codecs[set.n++] = &codecs[(i + sum / 64) % n];
	if (!set.n)
		set.codecs[set.n++] = &codecs[0];
	wishes.ptime_ms = sum >> 8 & 1 ? 40 : 0;
	wishes.events = sum >> 9 & 1;
	wishes.secrecy = (enum secrecy)((sum >> 10) % 3);
	check(!addr_parse_ip(&address, "192.0.2.1", 0));
	negotiate_local(us, &set, &wishes, &address, 4000);
}

static void check_settled(const struct negotiated *n,
			  const struct negotiate_side *us)
{
	bool known = false;

	for (size_t i = 0; i < us->codecs.n; i++)
		known = known || us->codecs.codecs[i] == n->codec;
	check(known && n->payload_type >= 0 && n->payload_type <= 127);
	check(n->params.ptime_ms >= PTIME_LEAST &&
	      n->params.ptime_ms <= PTIME_MOST);
	check(!n->send || (addr_port(&n->rtp) && !addr_is_any(&n->rtp)));
	check(!n->send || n->rtp.sa.sa_family == AF_INET);
	check(n->n_hear && n->n_hear <= CLN_CODECS_MAX);
	check(n->event_in >= -1 && n->event_in <= 127 &&
	      (n->event_in < 0) == (n->event_out < 0));
	check((us->wishes->secrecy != SECRECY_REQUIRED ||
	       n->crypto.suite != SRTP_NONE) &&
	      (us->wishes->secrecy != SECRECY_OFF ||
	       n->crypto.suite == SRTP_NONE));
}

/* Our own next offer keeps the lines of `said`; its answer is what came. */
static void check_own_offer(struct negotiated n, struct negotiate_side *us,
			    const char *said, const char *text, size_t size)
{
	static const struct sdp_session session = { 1, 3 };
	struct sdp_parsed before, now;
	char why[96] = "";
	struct buf b;

	buf_init(&b, OFFER_MAX + 1024);
	sdp_write(&b, &session, &us->audio, said);
	check(!b.err && !sdp_parse(&now, ANY, b.data, b.len, NULL, 0));
	us->slot = sdp_slot(b.data);
	check(now.n_open == 1 && now.audio_index == us->slot &&
	      us->slot == sdp_slot(said));
	sdp_parse(&before, ANY, said, strlen(said), NULL, 0);
	check(before.n_media == now.n_media);
	if (!negotiate_answer(&n, us, text, size, why, sizeof(why)))
		check_settled(&n, us);
	else
		check(why[0]);
	buf_deinit(&b);
}

static void check_call(const char *text, size_t size)
{
	static const struct sdp_session session = { 1, 2 };
	char why[96] = "", said[OFFER_MAX] = "";
	struct negotiated n = { 0 }, was;
	struct negotiate_side us;

	choose_side(&us, text, size);
	if (negotiate_answer(&n, &us, text, size, why, sizeof(why))) {
		check(why[0] && !n.codec);
		n.codec = us.codecs.codecs[0];
	} else {
		check_settled(&n, &us);
	}
	negotiate_within(&us, n.codec);
	check(us.codecs.n && us.codecs.codecs[0] == n.codec);
	was = n;
	if (negotiate_offer(&n, &us, &session, text, size, said,
			    sizeof(said))) {
		check(!memcmp(&n, &was, sizeof(n)));
		return;
	}
	if (addr_port(&n.rtp))
		check_settled(&n, &us);
	else
		check(!n.send && n.codec == was.codec);
	negotiate_within(&us, n.codec);
	check_own_offer(n, &us, said, text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct sdp_parsed p;
	char why[64];

	if (sdp_parse(&p, ANY, text, size, why, sizeof(why)) == 0) {
		check_audio(&p.audio);
		check_answer(text, size, &p);
	}
	check_call(text, size);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * record.c - a finished call's figures and files.
 * Thread: the finisher.
 */
#include "record.h"

#include "g711.h"
#include "wav.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void record_figures(struct rtp_figures *f, const struct call *c,
		    const struct leg *l)
{
	struct rtp_marks m = {
		.answered_ns = l->answered_ns,
		.ack_ns = l->ack_ns,
		.bye_ns = l->bye_ns,
		.our_bye_ns = c->our_bye_ns,
		.ptime_ms = c->script.ptime ? c->script.ptime :
			c->has_codec && c->codec.pt == 4 ? 30 : 20,
		.event_pt = c->has_offer ? c->offer.event_pt : -1,
		.clock_rate = c->has_codec && c->codec.rate ?
			c->codec.rate : 8000,
		.pt = c->has_codec ? c->codec.pt : -1,
	};

	rtp_figures(f, &l->rtp.store, &m);
}

static void json_codec(struct txt *t, const char *key,
		       const struct sdp_codec *c)
{
	json_begin(t, key, '{');
	json_int(t, "pt", c->pt);
	json_str(t, "name", c->name);
	json_int(t, "rate", c->rate);
	json_str(t, "fmtp", c->fmtp[0] ? c->fmtp : NULL);
	json_end(t, '}');
}

static void json_offer(struct txt *t, const struct call *c)
{
	char peer[ADDR_TEXT] = "";

	json_begin(t, "offered", '[');
	for (int i = 0; i < c->offer.n_codecs; i++)
		json_codec(t, NULL, &c->offer.codecs[i]);
	json_end(t, ']');
	if (c->offer.usable)
		addr_text(&c->offer.remote, peer);
	json_str(t, "offer_address", c->offer.usable ? peer : NULL);
	json_str(t, "offer_direction", sdp_dir_name(c->offer.dir));
	json_int(t, "offer_ptime", c->offer.ptime);
	json_str(t, "offer_sdp", c->offer_text.p);
	json_str(t, "answer_sdp", c->answer_text.p);
	if (c->has_codec)
		json_codec(t, "codec", &c->codec);
	else
		json_null(t, "codec");
}

static void json_invite(struct txt *t, const struct call *c)
{
	char source[ADDR_TEXT];

	addr_text(&c->source, source);
	json_int(t, "call", (int64_t)c->number);
	json_str(t, "call_id", c->call_id);
	json_str(t, "number", c->dialled);
	json_str(t, "request_uri", c->uri);
	json_str(t, "from", c->from);
	json_str(t, "to", c->to);
	json_str(t, "contact", c->contact);
	json_str(t, "p_asserted_identity", c->asserted[0] ? c->asserted : NULL);
	json_str(t, "privacy", c->privacy[0] ? c->privacy : NULL);
	json_str(t, "user_agent", c->user_agent[0] ? c->user_agent : NULL);
	json_str(t, "source", source);
	json_str(t, "listener", c->listener->text);
	json_int(t, "cseq", c->invite_cseq);
	json_int(t, "invites", c->invite_copies);
}

static void json_times(struct txt *t, const struct call *c)
{
	const struct leg *l = &c->legs[0];

	json_int(t, "invite_at_ns", c->invite_ns);
	json_int(t, "ringing_at_ns", c->ringing_ns);
	json_int(t, "answered_at_ns", l->answered_ns);
	json_int(t, "ack_at_ns", l->ack_ns);
	json_int(t, "cancel_at_ns", c->cancel_ns);
	json_int(t, "bye_at_ns", l->bye_ns);
	json_int(t, "our_bye_at_ns", c->our_bye_ns);
	json_int(t, "final_at_ns", c->final_ns);
	json_int(t, "ended_at_ns", c->ended_ns);
	json_str(t, "ended_by", c->ended_by);
	json_int(t, "final_code", c->final_code);
	json_bool(t, "final_acked", c->final_acked || l->acks > 0);
	json_int(t, "our_bye_code", c->our_bye_code);
	json_int(t, "cancels", c->cancels);
	json_int(t, "byes", c->byes);
	json_int(t, "pracks", c->pracks);
	json_int(t, "updates", c->updates);
	json_int(t, "reinvites", c->reinvites);
	json_int(t, "infos", c->infos);
	json_bool(t, "ack_has_credentials", c->ack_credentials);
}

static void json_legs(struct txt *t, const struct call *c)
{
	char local[ADDR_TEXT];

	json_begin(t, "legs", '[');
	for (int i = 0; i < c->n_legs; i++) {
		const struct leg *l = &c->legs[i];

		json_begin(t, NULL, '{');
		json_str(t, "to_tag", l->tag);
		json_int(t, "acks", l->acks);
		json_int(t, "reacks", l->reacks);
		json_int(t, "oks_sent", l->oks);
		json_int(t, "answered_at_ns", l->answered_ns);
		json_int(t, "ack_at_ns", l->ack_ns);
		json_int(t, "bye_at_ns", l->bye_ns);
		json_int(t, "packets", (int64_t)l->rtp.store.n);
		json_int(t, "strangers", l->rtp.store.strangers);
		json_int(t, "sent_packets", (int64_t)l->rtp.tx.packets);
		if (l->has_rtp)
			addr_text(&l->rtp.local, local);
		json_str(t, "rtp_address", l->has_rtp ? local : NULL);
		json_end(t, '}');
	}
	json_end(t, ']');
}

void record_json(struct txt *t, const struct call *c,
		 const struct rtp_figures *f)
{
	json_begin(t, NULL, '{');
	json_invite(t, c);
	json_times(t, c);
	json_offer(t, c);
	json_legs(t, c);
	json_begin(t, "requests", '[');
	if (c->journal.p)
		txt_str(t, c->journal.p);
	json_end(t, ']');
	verdict_json(&c->verdict, t, "violations");
	rtp_figures_json(t, "rtp", f, &c->legs[0].rtp.store);
	json_end(t, '}');
}

/* A file name that no Call-ID can lead astray. */
static void base_name(char *out, size_t size, const struct options *opt,
		      const struct call *c)
{
	char safe[64];
	size_t n = 0;

	for (const char *p = c->call_id; *p && n + 1 < sizeof(safe); p++)
		safe[n++] = isalnum((unsigned char)*p) || *p == '-' ? *p : '_';
	safe[n] = '\0';
	snprintf(out, size, "%s/%llu-%s", opt->record_dir,
		 (unsigned long long)c->number, safe);
}

static bool write_file(const char *base, const char *ext, const void *p,
		       size_t len)
{
	char path[4096];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "%s.%s", base, ext);
	f = fopen(path, "wb");
	if (!f)
		return false;
	ok = fwrite(p, 1, len, f) == len;
	return fclose(f) == 0 && ok;
}

static bool write_wav(const char *base, const uint8_t *raw, size_t len, int pt)
{
	char path[4096];
	int16_t *pcm = malloc((len ? len : 1) * sizeof(*pcm));
	int err;

	if (!pcm)
		return false;
	for (size_t i = 0; i < len; i++)
		pcm[i] = pt ? g711_alaw_decode(raw[i]) :
			g711_mulaw_decode(raw[i]);
	snprintf(path, sizeof(path), "%s.wav", base);
	err = wav_write(path, 8000, pcm, len);
	free(pcm);
	return err == 0;
}

static bool write_audio(const char *base, const struct call *c)
{
	const struct rtp_store *s = &c->legs[0].rtp.store;
	int pt = c->has_codec ? c->codec.pt : -1;
	size_t n;
	uint32_t *order = rtp_order(&n, s, c->has_offer ? c->offer.event_pt :
				    -1);
	struct txt raw = { 0 };
	bool ok;

	for (size_t i = 0; i < n; i++) {
		const struct rtp_packet *p = &s->packets[order[i]];

		if (p->pt == pt)
			txt_add(&raw, s->payload + p->offset, p->len);
	}
	free(order);
	ok = !raw.err && write_file(base, "raw", raw.len ? raw.p : "",
				    raw.len);
	if (ok && (pt == 0 || pt == 8))
		ok = write_wav(base, (uint8_t *)raw.p, raw.len, pt);
	txt_free(&raw);
	return ok;
}

/* In the order of their arrival. */
static bool write_packets(const char *base, const struct rtp_store *s)
{
	struct txt t = { 0 };
	bool ok;

	txt_str(&t, "at_ns,seq,ts,pt,marker,len,ssrc\n");
	for (size_t i = 0; i < s->n; i++) {
		const struct rtp_packet *p = &s->packets[i];

		txt_fmt(&t, "%lld,%u,%u,%u,%u,%u,%08x\n", (long long)p->at_ns,
			p->seq, p->ts, p->pt, p->marker, p->len, p->ssrc);
	}
	ok = !t.err && write_file(base, "csv", t.p, t.len);
	txt_free(&t);
	return ok;
}

bool record_write(const struct options *opt, const struct call *c,
		  const struct txt *json)
{
	const struct rtp_store *s = &c->legs[0].rtp.store;
	char base[2048];
	bool ok;

	if (!opt->record_dir)
		return true;
	base_name(base, sizeof(base), opt, c);
	ok = !json->err && write_file(base, "json", json->p, json->len);
	if (c->legs[0].answered_ns && !s->headers_only)
		ok = write_audio(base, c) && ok;
	if (opt->packets && c->legs[0].has_rtp)
		ok = write_packets(base, s) && ok;
	return ok;
}

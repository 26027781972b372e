/* SPDX-License-Identifier: MIT */
/*
 * sdp.c - offers and answers, RFC 4566 and 3264, one audio stream.
 * Thread: signalling; pure.
 */
#include "sdp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct sdp_codec known[] = {
	{ .pt = 0, .rate = 8000, .name = "PCMU" },
	{ .pt = 8, .rate = 8000, .name = "PCMA" },
	{ .pt = 18, .rate = 8000, .name = "G729", .fmtp = "annexb=no" },
	{ .pt = 4, .rate = 8000, .name = "G723" },
	{ .pt = 9, .rate = 8000, .name = "G722" },
	{ .pt = 3, .rate = 8000, .name = "GSM" },
};

enum { KNOWN = sizeof(known) / sizeof(known[0]), OFFERED = 4 };

static const char *const dir_names[] = { "sendrecv", "sendonly", "recvonly",
	"inactive" };

const char *sdp_dir_name(enum sdp_dir dir)
{
	return dir_names[dir];
}

enum sdp_dir sdp_mirror(enum sdp_dir dir)
{
	if (dir == DIR_SENDONLY)
		return DIR_RECVONLY;
	return dir == DIR_RECVONLY ? DIR_SENDONLY : dir;
}

struct parser {
	struct sdp *s;
	char host[ADDR_TEXT];           /* of the session's c= */
	char audio_host[ADDR_TEXT];
	unsigned int port;
	bool in_audio;
	bool in_media;
};

static struct sdp_codec *codec_find(struct sdp *s, int pt)
{
	for (int i = 0; i < s->n_codecs; i++)
		if (s->codecs[i].pt == pt)
			return &s->codecs[i];
	return NULL;
}

static void codec_add(struct sdp *s, int pt)
{
	struct sdp_codec *c;

	if (s->n_codecs == SDP_CODECS || pt < 0 || pt > 127 ||
	    codec_find(s, pt))
		return;
	c = &s->codecs[s->n_codecs++];
	for (int i = 0; i < KNOWN; i++)
		if (known[i].pt == pt) {
			*c = known[i];
			c->fmtp[0] = '\0';
		}
	c->pt = pt;
}

static void parse_media(struct parser *p, const char *v)
{
	struct sdp *s = p->s;
	char kind[16], proto[24];
	unsigned int port;
	int used = 0;
	char *end;

	p->in_media = true;
	p->in_audio = false;
	if (sscanf(v, "%15s %u%*[/0-9] %23s%n", kind, &port, proto, &used) < 3
	    && sscanf(v, "%15s %u %23s%n", kind, &port, proto, &used) < 3)
		return;
	if (s->n_media < SDP_MEDIA)
		snprintf(s->media[s->n_media], sizeof(s->media[0]),
			 "%s %s%.4s", kind, proto, v + used);
	s->n_media++;
	if (strcmp(kind, "audio") || s->audio >= 0)
		return;
	p->in_audio = true;
	s->audio = s->n_media - 1;
	p->port = port;
	s->usable = port > 0 && port < 65536 && !strcmp(proto, "RTP/AVP");
	for (v += used; *v; v = end) {
		long pt = strtol(v, &end, 10);

		if (end == v)
			break;
		codec_add(s, (int)pt);
	}
}

static void parse_rtpmap(struct sdp *s, const char *v)
{
	char name[24];
	int pt, rate = 8000;
	struct sdp_codec *c;

	if (sscanf(v, "%d %23[^/ ]/%d", &pt, name, &rate) < 2)
		return;
	c = codec_find(s, pt);
	if (!c)
		return;
	txt_copy(c->name, sizeof(c->name), name);
	c->rate = rate;
	if (!strcasecmp(name, "telephone-event") && s->event_pt < 0)
		s->event_pt = pt;
}

static void parse_attribute(struct parser *p, const char *v)
{
	struct sdp *s = p->s;
	struct sdp_codec *c;

	for (int i = 0; i < 4; i++)
		if (!strcmp(v, dir_names[i]) && (p->in_audio || !p->in_media))
			s->dir = (enum sdp_dir)i;
	if (!p->in_audio)
		return;
	if (!strncmp(v, "rtpmap:", 7)) {
		parse_rtpmap(s, v + 7);
	} else if (!strncmp(v, "ptime:", 6)) {
		s->ptime = (int)strtol(v + 6, NULL, 10);
	} else if (!strncmp(v, "fmtp:", 5)) {
		c = codec_find(s, (int)strtol(v + 5, NULL, 10));
		if (c && strchr(v, ' '))
			txt_copy(c->fmtp, sizeof(c->fmtp), strchr(v, ' ') + 1);
	}
}

static void parse_line(struct parser *p, const char *line)
{
	char host[ADDR_TEXT];

	if (line[0] == '\0' || line[1] != '=')
		return;
	if (line[0] == 'm') {
		parse_media(p, line + 2);
	} else if (line[0] == 'a') {
		parse_attribute(p, line + 2);
	} else if (line[0] == 'c' &&
		   sscanf(line + 2, "IN IP%*[46] %63[^ /]", host) == 1) {
		if (!p->in_media)
			txt_copy(p->host, sizeof(p->host), host);
		else if (p->in_audio)
			txt_copy(p->audio_host, sizeof(p->audio_host), host);
	}
}

bool sdp_parse(struct sdp *s, const char *text, size_t len)
{
	struct parser p = { .s = s };
	char line[512];
	size_t pos = 0;

	memset(s, 0, sizeof(*s));
	s->event_pt = -1;
	s->audio = -1;
	while (pos < len) {
		size_t n = strcspn(text + pos, "\r\n");
		size_t keep = n < sizeof(line) ? n : sizeof(line) - 1;

		memcpy(line, text + pos, keep);
		line[keep] = '\0';
		parse_line(&p, line);
		pos += n;
		while (pos < len && (text[pos] == '\r' || text[pos] == '\n'))
			pos++;
		if (!n && pos < len && !text[pos])
			break;
	}
	if (s->usable && !addr_make(&s->remote, p.audio_host[0] ?
				    p.audio_host : p.host, p.port))
		s->usable = false;
	return s->audio >= 0;
}

static bool codec_is(const struct sdp_codec *c, const char *name)
{
	char pt[12];

	snprintf(pt, sizeof(pt), "%d", c->pt);
	if (!strcasecmp(name, "mulaw") || !strcasecmp(name, "ulaw"))
		name = "PCMU";
	else if (!strcasecmp(name, "alaw"))
		name = "PCMA";
	return !strcasecmp(name, c->name) || !strcmp(name, pt);
}

const struct sdp_codec *sdp_choose(const struct sdp *s, const char *name)
{
	for (int i = 0; s->usable && i < s->n_codecs; i++) {
		const struct sdp_codec *c = &s->codecs[i];

		if (c->name[0] && c->pt != s->event_pt &&
		    strcasecmp(c->name, "CN") && (!name || codec_is(c, name)))
			return c;
	}
	return NULL;
}

static void write_codec(struct txt *t, const struct sdp_codec *c)
{
	txt_fmt(t, "a=rtpmap:%d %s/%d\r\n", c->pt, c->name, c->rate);
	if (!strcasecmp(c->name, "G729"))
		txt_fmt(t, "a=fmtp:%d annexb=no\r\n", c->pt);
}

static void write_formats(struct txt *t, const struct sdp_local *l)
{
	static const struct sdp_codec foreign = { .pt = 97, .rate = 44100,
		.name = "L24" };
	const struct sdp_codec *c = l->codec;
	struct txt lines = { 0 };

	if (l->bad == BAD_SDP_FOREIGN)
		c = &foreign;
	if (c) {
		txt_fmt(t, " %d", c->pt);
		write_codec(&lines, c);
	}
	for (int i = 0; !c && i < OFFERED; i++) {
		txt_fmt(t, " %d", known[i].pt);
		write_codec(&lines, &known[i]);
	}
	for (int i = 0; l->bad == BAD_SDP_FORMATS && i < 300; i++)
		txt_fmt(t, " %d", i);
	if (l->event_pt >= 0) {
		txt_fmt(t, " %d", l->event_pt);
		txt_fmt(&lines, "a=rtpmap:%d telephone-event/8000\r\n"
			"a=fmtp:%d 0-15\r\n", l->event_pt, l->event_pt);
	}
	txt_str(t, "\r\n");
	txt_add(t, lines.p, lines.len);
	txt_free(&lines);
	if (l->bad == BAD_SDP_FMTP)
		txt_fmt(t, "a=fmtp:%d %05000d\r\n", c ? c->pt : 0, 1);
}

static void write_audio(struct txt *t, const struct sdp_local *l)
{
	if (l->bad == BAD_SDP_PORTBIG)
		txt_str(t, "m=audio 4294967296 RTP/AVP");
	else
		txt_fmt(t, "m=audio %u RTP/AVP", l->bad == BAD_SDP_PORT0 ? 0 :
			addr_port(l->rtp));
	write_formats(t, l);
	if (l->bad == BAD_SDP_PTIME)
		txt_str(t, "a=ptime:-20\r\n");
	else if (l->ptime)
		txt_fmt(t, "a=ptime:%d\r\n", l->ptime);
	txt_fmt(t, "a=%s\r\n", dir_names[l->dir]);
}

void sdp_write(struct txt *t, const struct sdp *offer,
	       const struct sdp_local *l)
{
	char host[ADDR_TEXT];
	const char *net = l->rtp->ss.ss_family == AF_INET6 ? "IP6" : "IP4";

	if (l->bad == BAD_SDP_NONE)
		return;
	if (l->bad == BAD_SDP_GARBAGE) {
		txt_str(t, "v=0\r\no=\r\nm=audio\r\nc=IN\r\na=rtpmap:\r\n");
		return;
	}
	addr_host(l->rtp, host);
	txt_fmt(t, "v=0\r\no=farend %llu %d IN %s %s\r\ns=-\r\n"
		"c=IN %s %s\r\nt=0 0\r\n", (unsigned long long)l->session,
		l->version, net, host, net, l->hold0 ? "0.0.0.0" : host);
	if (!offer)
		write_audio(t, l);
	for (int i = 0; offer && i < offer->n_media && i < SDP_MEDIA; i++) {
		char kind[16] = "", rest[40] = "";

		if (i == offer->audio) {
			write_audio(t, l);
			continue;
		}
		/* RFC 3264 6: as many m= lines as the offer, port 0 says no. */
		sscanf(offer->media[i], "%15s %39[^\n]", kind, rest);
		txt_fmt(t, "m=%s 0 %s\r\n", kind, rest);
	}
}

/*
 * sdp_parse.c - reads the offers and answers of strangers (RFC 4566, 3264).
 *
 *	first walk:  every line has a form, every m= line is sound; which is
 *	             the first audio stream of a wanted profile that has a port
 *	second walk: the session's lines and those of that stream
 *
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/sdp.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "sip/sdp_text.h"

enum {
	PT_MAX = 127,
	CLOCK_RATE_MAX = 1000000,
	CHANNELS_MAX = 255,
	PTIME_MAX_MS = 1000,
};

struct located {
	struct sdp_text value;
	unsigned int line;		/* 0: there was none */
};

struct parser {
	struct sdp_parsed *out;
	unsigned int profiles;		/* that are wanted */
	char *why;
	size_t cap;
	unsigned int line;
	struct located session_c, media_c, rtcp;
	bool has_version;
	/* Formats that cannot be used because a part of them does not fit. */
	bool dropped[SDP_FORMATS_MAX];
};

static int broken(struct parser *p, const char *what)
{
	if (p->why && p->cap > 0)
		str_printf(p->why, p->cap, "line %u: %s", p->line, what);
	return -EBADMSG;
}

/* ---- formats ------------------------------------------------------------- */

static struct sdp_format *find_format(struct sdp_audio *a, uint32_t pt)
{
	size_t i;

	for (i = 0; i < a->n_formats; i++) {
		if (a->formats[i].pt == (int)pt)
			return &a->formats[i];
	}
	return NULL;
}

static void add_format(struct sdp_audio *a, uint32_t pt)
{
	if (!find_format(a, pt) && a->n_formats < SDP_FORMATS_MAX)
		sdp_static_format(&a->formats[a->n_formats++], (int)pt);
}

/* Those beyond SDP_FORMATS_MAX are the least preferred ones and left out; more
 * than there are payload types is no list of payload types. */
static int read_formats(struct parser *p, struct sdp_text formats)
{
	size_t n = 0;

	for (;;) {
		struct sdp_text word = sdp_word(&formats);
		uint32_t pt;

		if (!word.len)
			return 0;
		if (sdp_number(&pt, word, 0, PT_MAX))
			return broken(p, "payload type out of range");
		if (++n > PT_MAX + 1)
			return broken(p, "too many formats");
		add_format(&p->out->audio, pt);
	}
}

/* The format that an rtpmap or fmtp is about; NULL if it is not listed. */
static int read_subject(struct parser *p, struct sdp_text *value,
			struct sdp_format **f)
{
	uint32_t pt;

	if (sdp_number(&pt, sdp_word(value), 0, PT_MAX))
		return broken(p, "payload type out of range");
	*f = find_format(&p->out->audio, pt);
	return 0;
}

static void drop(struct parser *p, const struct sdp_format *f)
{
	p->dropped[f - p->out->audio.formats] = true;
}

/* a=rtpmap:<pt> <name>/<clock rate>[/<channels>] */
static int read_rtpmap(struct parser *p, struct sdp_text value)
{
	uint32_t clock_rate, channels = 1;
	struct sdp_text map, name;
	struct sdp_format *f;
	int err = read_subject(p, &value, &f);

	if (err || !f)
		return err;
	map = sdp_word(&value);
	name = sdp_cut(&map, '/');
	if (!name.len)
		return broken(p, "rtpmap without a name");
	if (sdp_number(&clock_rate, sdp_cut(&map, '/'), 1, CLOCK_RATE_MAX))
		return broken(p, "clock rate out of range");
	if (map.p && sdp_number(&channels, map, 1, CHANNELS_MAX))
		return broken(p, "channels out of range");
	if (sdp_copy(f->name, sizeof(f->name), name))
		drop(p, f);
	f->clock_rate = clock_rate;
	f->channels = channels;
	return 0;
}

/* A codec must not be set up by half of its parameters, so a format whose
 * parameters do not fit is as good as not there. */
static int read_fmtp(struct parser *p, struct sdp_text value)
{
	struct sdp_format *f;
	int err = read_subject(p, &value, &f);

	if (err || !f)
		return err;
	while (value.len > 0 && (*value.p == ' ' || *value.p == '\t')) {
		value.p++;
		value.len--;
	}
	if (sdp_copy(f->fmtp, sizeof(f->fmtp), value))
		drop(p, f);
	return 0;
}

static int remove_dropped(struct parser *p)
{
	struct sdp_audio *a = &p->out->audio;
	size_t i, kept = 0;

	for (i = 0; i < a->n_formats; i++) {
		if (!p->dropped[i])
			a->formats[kept++] = a->formats[i];
	}
	a->n_formats = kept;
	return kept ? 0 : broken(p, "no format of a sane length");
}

/* ---- addresses ----------------------------------------------------------- */

/* Where no single receiver lives: a stream sent there would be a weapon. */
static bool is_group(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return (ntohl(a->in4.sin_addr.s_addr) >> 28) >= 14;
	return IN6_IS_ADDR_MULTICAST(&a->in6.sin6_addr);
}

/* IN IP4 192.0.2.1 */
static int read_address(struct parser *p, struct sdp_text value, uint16_t port,
			struct addr *dst)
{
	struct sdp_text net = sdp_word(&value), type = sdp_word(&value);
	struct sdp_text ip = sdp_word(&value);
	char text[ADDR_TEXT_LEN];
	struct addr a;
	int family;

	family = sdp_is(type, "IP4") ? AF_INET : AF_INET6;
	if (!sdp_is(net, "IN") || (family == AF_INET6 && !sdp_is(type, "IP6")))
		return broken(p, "not an internet address");
	/* Names are allowed by RFC 4566 5.7, but a look-up on behalf of the far
	 * end would let it choose whom we ask and when. */
	if (sdp_copy(text, sizeof(text), sdp_cut(&ip, '/')) ||
	    addr_parse_ip(&a, text, port) || a.sa.sa_family != family)
		return broken(p, "not a numeric address");
	addr_unmap(&a);
	if (is_group(&a))
		return broken(p, "not a unicast address");
	*dst = a;
	return 0;
}

static int read_connection(struct parser *p, uint16_t port)
{
	const struct located *c = &p->media_c;

	if (!c->line)
		c = &p->session_c;
	if (!c->line)
		return broken(p, "no c= line for the audio stream");
	p->line = c->line;
	return read_address(p, c->value, port, &p->out->audio.rtp);
}

/* a=rtcp:<port>[ IN IP4 <address>] (RFC 3605) */
static int read_rtcp(struct parser *p)
{
	struct sdp_audio *a = &p->out->audio;
	struct sdp_text value = p->rtcp.value;
	uint32_t port = addr_port(&a->rtp) + 1u;
	struct sdp_text word;

	a->rtcp = a->rtp;
	if (p->rtcp.line) {
		p->line = p->rtcp.line;
		if (sdp_number(&port, sdp_word(&value), 1, UINT16_MAX))
			return broken(p, "RTCP port out of range");
		word = value;
		if (sdp_word(&word).len)
			return read_address(p, value, (uint16_t)port, &a->rtcp);
	}
	if (port > UINT16_MAX && !a->rtcp_mux)
		return broken(p, "no port left for RTCP");
	addr_set_port(&a->rtcp, (uint16_t)port);
	return 0;
}

/* RFC 3264 8.4: c=0.0.0.0 asks for nothing to be sent. */
static void apply_hold(struct sdp_audio *a)
{
	if (!addr_is_any(&a->rtp))
		return;
	if (a->direction == SDP_SENDRECV)
		a->direction = SDP_SENDONLY;
	else if (a->direction == SDP_RECVONLY)
		a->direction = SDP_INACTIVE;
}

/* ---- attributes ---------------------------------------------------------- */

static bool read_direction(struct sdp_text name, enum sdp_direction *d)
{
	static const char *const names[] = {
		[SDP_SENDRECV] = "sendrecv", [SDP_SENDONLY] = "sendonly",
		[SDP_RECVONLY] = "recvonly", [SDP_INACTIVE] = "inactive",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (sdp_is(name, names[i])) {
			*d = (enum sdp_direction)i;
			return true;
		}
	}
	return false;
}

/* Milliseconds, which RFC 8866 6.4 lets have a fraction. */
static int read_ptime(struct parser *p, struct sdp_text value, uint32_t *ms)
{
	struct sdp_text word = sdp_word(&value), whole = sdp_cut(&word, '.');
	uint32_t fraction;

	if (sdp_number(ms, whole, 1, PTIME_MAX_MS) ||
	    (word.p && sdp_number(&fraction, word, 0, UINT32_MAX)))
		return broken(p, "packet time out of range");
	return 0;
}

/* A line that is not for us is passed over (RFC 4568 5.1.2), but shows that the
 * other side would encrypt. Tags are unique (4.1): of two the first counts. */
static void read_crypto(struct sdp_audio *a, struct sdp_text value)
{
	struct sdp_crypto c;
	size_t i;

	a->has_crypto = true;
	if (a->n_crypto == SDP_CRYPTO_MAX || sdp_read_crypto(&c, value))
		return;
	for (i = 0; i < a->n_crypto; i++) {
		if (a->crypto[i].tag == c.tag)
			return;
	}
	a->crypto[a->n_crypto++] = c;
}

static int read_media_attribute(struct parser *p, struct sdp_text value)
{
	struct sdp_audio *a = &p->out->audio;
	struct sdp_text name = sdp_cut(&value, ':');
	enum sdp_direction d;

	if (sdp_is(name, "rtpmap"))
		return read_rtpmap(p, value);
	if (sdp_is(name, "fmtp"))
		return read_fmtp(p, value);
	if (sdp_is(name, "ptime"))
		return read_ptime(p, value, &a->ptime_ms);
	if (sdp_is(name, "maxptime"))
		return read_ptime(p, value, &a->maxptime_ms);
	if (sdp_is(name, "rtcp"))
		p->rtcp = (struct located){ value, p->line };
	else if (sdp_is(name, "rtcp-mux"))
		a->rtcp_mux = true;
	else if (sdp_is(name, "crypto"))
		read_crypto(a, value);
	else if (read_direction(name, &d))
		a->direction = d;
	return 0;
}

static int read_media_line(struct parser *p, const struct sdp_line *line)
{
	if (line->type == 'c' && !p->media_c.line)
		p->media_c = (struct located){ line->value, p->line };
	if (line->type == 'a')
		return read_media_attribute(p, line->value);
	return 0;
}

/* What is said of the whole session holds where the stream does not say it
 * itself. Packet times belong to streams (RFC 8866 6.4), but some give them
 * here. */
static int read_session_line(struct parser *p, const struct sdp_line *line)
{
	struct sdp_audio *a = &p->out->audio;
	struct sdp_text value = line->value, name;
	enum sdp_direction d;

	if (line->type == 'c' && !p->session_c.line)
		p->session_c = (struct located){ value, p->line };
	if (line->type != 'a')
		return 0;
	name = sdp_cut(&value, ':');
	if (sdp_is(name, "ptime"))
		return read_ptime(p, value, &a->ptime_ms);
	if (sdp_is(name, "maxptime"))
		return read_ptime(p, value, &a->maxptime_ms);
	if (read_direction(name, &d))
		a->direction = d;
	return 0;
}

/* ---- the two walks ------------------------------------------------------- */

static int check_line(struct parser *p, const struct sdp_line *line,
		      int *verdict)
{
	struct sdp_parsed *out = p->out;
	struct sdp_media m;

	if (!p->has_version && (line->type != 'v' || !sdp_is(line->value, "0")))
		return broken(p, "not version 0 of SDP");
	p->has_version = true;
	if (line->type != 'm')
		return 0;
	if (sdp_read_media(&m, line->value))
		return broken(p, "not a media line");
	if (out->n_media == SDP_MEDIA_MAX)
		return broken(p, "too many media lines");
	if (m.port)
		out->n_open++;
	if (*verdict && m.port && (sdp_profile(&m) & p->profiles)) {
		out->audio.secure = sdp_profile(&m) == SDP_SAVP;
		out->audio_index = out->n_media;
		*verdict = 0;
	} else if (*verdict && !m.port && sdp_is(m.media, "audio")) {
		*verdict = -ECONNREFUSED;
	}
	out->n_media++;
	return 0;
}

/* Which stream it will be; what is not "x=..." ends it here, so that the second
 * walk meets no broken line. */
static int first_walk(struct parser *p, const char *text, size_t len)
{
	struct sdp_lines lines = sdp_lines(text, len);
	struct sdp_line line;
	int verdict = -ENOTSUP, more, err = 0;

	for (;;) {
		more = sdp_next_line(&lines, &line);
		p->line = lines.number;
		if (more < 0)
			return broken(p, "not a line of SDP");
		if (more == 0)
			break;
		err = check_line(p, &line, &verdict);
		if (err)
			return err;
	}
	if (p->out->n_media == 0)
		return broken(p, "no media line");
	return verdict;
}

static int second_walk(struct parser *p, const char *text, size_t len,
		       uint16_t *port)
{
	struct sdp_lines lines = sdp_lines(text, len);
	struct sdp_line line;
	struct sdp_media m;
	size_t seen = 0;
	int err = 0;

	while (!err && sdp_next_line(&lines, &line) > 0) {
		p->line = lines.number;
		if (line.type == 'm' && seen++ == p->out->audio_index) {
			sdp_read_media(&m, line.value);
			*port = m.port;
			err = read_formats(p, m.formats);
		} else if (seen == 0) {
			err = read_session_line(p, &line);
		} else if (seen == p->out->audio_index + 1) {
			err = read_media_line(p, &line);
		}
	}
	return err;
}

int sdp_parse(struct sdp_parsed *out, unsigned int profiles, const char *text,
	      size_t len, char *why, size_t cap)
{
	struct parser p = { .out = out, .profiles = profiles, .why = why,
			    .cap = cap };
	uint16_t port = 0;
	int err;

	memset(out, 0, sizeof(*out));
	if (why && cap > 0)
		why[0] = '\0';
	if (len > SDP_TEXT_MAX)
		return broken(&p, "too long");
	err = first_walk(&p, text, len);
	if (!err)
		err = second_walk(&p, text, len, &port);
	if (!err)
		err = remove_dropped(&p);
	if (!err)
		err = read_connection(&p, port);
	if (!err)
		err = read_rtcp(&p);
	if (!err)
		apply_hold(&out->audio);
	return err;
}

/*
 * sdp_text.c - cuts a session description into lines, words and numbers.
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/sdp_text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

struct sdp_lines sdp_lines(const char *text, size_t len)
{
	return (struct sdp_lines){ .rest = { text, len } };
}

static bool has_ctl(struct sdp_text t)
{
	size_t i;

	for (i = 0; i < t.len; i++) {
		unsigned char ch = (unsigned char)t.p[i];

		if ((ch < 0x20 && ch != '\t') || ch == 0x7f)
			return true;
	}
	return false;
}

int sdp_next_line(struct sdp_lines *l, struct sdp_line *line)
{
	while (l->rest.len > 0) {
		struct sdp_text t = sdp_cut(&l->rest, '\n');

		l->number++;
		if (t.len > 0 && t.p[t.len - 1] == '\r')
			t.len--;
		if (t.len == 0)
			continue;
		/* A NUL or a bare CR would let two readers see two texts. */
		if (t.len < 2 || t.p[1] != '=' || has_ctl(t))
			return -EBADMSG;
		line->type = t.p[0];
		line->value = (struct sdp_text){ t.p + 2, t.len - 2 };
		return 1;
	}
	return 0;
}

int sdp_read_media(struct sdp_media *m, struct sdp_text value)
{
	struct sdp_media read;
	struct sdp_text port, first;
	uint32_t n, pairs;

	read.media = sdp_word(&value);
	port = sdp_word(&value);
	read.proto = sdp_word(&value);
	first = sdp_word(&value);
	read.formats = (struct sdp_text){ first.p, first.len + value.len };
	if (!read.media.len || !read.proto.len || !first.len)
		return -EBADMSG;
	if (sdp_number(&n, sdp_cut(&port, '/'), 0, UINT16_MAX))
		return -EBADMSG;
	if (port.p && sdp_number(&pairs, port, 1, UINT16_MAX))
		return -EBADMSG;
	read.port = (uint16_t)n;
	*m = read;
	return 0;
}

unsigned int sdp_profile(const struct sdp_media *m)
{
	if (!sdp_is(m->media, "audio"))
		return 0;
	if (sdp_is(m->proto, "RTP/AVP"))
		return SDP_AVP;
	return sdp_is(m->proto, "RTP/SAVP") ? SDP_SAVP : 0;
}

struct sdp_text sdp_word(struct sdp_text *rest)
{
	struct sdp_text word;

	while (rest->len > 0 && (*rest->p == ' ' || *rest->p == '\t')) {
		rest->p++;
		rest->len--;
	}
	word = (struct sdp_text){ rest->p, 0 };
	while (rest->len > 0 && *rest->p != ' ' && *rest->p != '\t') {
		rest->p++;
		rest->len--;
		word.len++;
	}
	return word;
}

struct sdp_text sdp_cut(struct sdp_text *rest, char sep)
{
	struct sdp_text before = *rest;
	const char *at = NULL;

	if (rest->len > 0)
		at = memchr(rest->p, sep, rest->len);
	if (!at) {
		*rest = (struct sdp_text){ NULL, 0 };
		return before;
	}
	before.len = (size_t)(at - before.p);
	rest->p = at + 1;
	rest->len -= before.len + 1;
	return before;
}

bool sdp_is(struct sdp_text t, const char *word)
{
	return t.len == strlen(word) && t.len > 0 &&
	       strncasecmp(t.p, word, t.len) == 0;
}

int sdp_number(uint32_t *out, struct sdp_text t, uint32_t min, uint32_t max)
{
	uint64_t n = 0;
	size_t i;

	if (t.len == 0)
		return -EINVAL;
	for (i = 0; i < t.len; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return -EINVAL;
		n = n * 10 + (uint64_t)(t.p[i] - '0');
		if (n > max)
			return -ERANGE;
	}
	if (n < min)
		return -ERANGE;
	*out = (uint32_t)n;
	return 0;
}

int sdp_copy(char *dst, size_t cap, struct sdp_text t)
{
	if (t.len == 0) {
		dst[0] = '\0';
		return 0;
	}
	return str_copy_n(dst, cap, t.p, t.len) ? -EMSGSIZE : 0;
}

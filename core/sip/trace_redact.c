/*
 * trace_redact.c - takes out of a message what proves who somebody is.
 *
 * Pure; any thread.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/trace_redact.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/chars.h"
#include "sip/lines.h"

static bool is_digits(const char *p, const char *end)
{
	while (p < end && char_is_digit(*p))
		p++;
	return p == end;
}

/* Spaces and folds stay, so that the lines stay where they were.              */
static void star(char *p, const char *end)
{
	for (; p < end; p++)
		if (!char_is_space(*p))
			*p = '*';
}

static char *skip_space(char *p, const char *end)
{
	while (p < end && char_is_space(*p))
		p++;
	return p;
}

/* ---- auth-param lists ----------------------------------------------------- */

struct param {
	const char *name;
	size_t name_len;
	char *value, *value_end;	/* without the quotes                  */
	bool quoted;
};

static const char *const harmless[] = {
	"username", "username*", "userhash", "realm", "nonce", "uri",
	"algorithm", "opaque", "qop", "nc", "stale", "domain", "charset", NULL,
};

static const char *const harmless_info[] = { "qop", "nc", NULL };

/* Of a name; what is no token (RFC 3261 25.1) is not harmless either.         */
static bool is_name(char c)
{
	return c != '=' && c != ',' && c != '"' && c != ';' && !char_is_space(c);
}

/* A quoted string from behind its first quote; NULL: it has no end.           */
static char *quoted_end(char *p, const char *end)
{
	for (; p < end && *p != '"'; p++)
		if (*p == '\\' && ++p == end)
			break;
	return p < end ? p : NULL;
}

/* name = value, from *pp on, which moves to the comma or the end behind it.
 * False: that is not what stands there.                                       */
static bool take_param(char **pp, char *end, struct param *out)
{
	char *p = *pp;

	out->name = p;
	while (p < end && is_name(*p))
		p++;
	out->name_len = (size_t)(p - out->name);
	p = skip_space(p, end);
	if (!out->name_len || p == end || *p != '=')
		return false;
	p = skip_space(p + 1, end);
	out->quoted = p < end && *p == '"';
	out->value = out->quoted ? ++p : p;
	if (out->quoted) {
		p = quoted_end(p, end);
		if (!p)
			return false;
		out->value_end = p++;
	} else {
		while (p < end && *p != ',' && *p != '"' && !char_is_space(*p))
			p++;
		out->value_end = p;
	}
	*pp = skip_space(p, end);
	return *pp == end || **pp == ',';
}

static bool next_param(char **pp, char *end, struct param *out, bool *broken)
{
	while (*pp < end && (char_is_space(**pp) || **pp == ','))
		(*pp)++;
	if (*pp == end)
		return false;
	*broken = !take_param(pp, end, out);
	return !*broken;
}

static bool is_named(const struct param *m, const char *name)
{
	return (m->name[0] | 0x20) == name[0] && strlen(name) == m->name_len &&
	       !strncasecmp(m->name, name, m->name_len);
}

static bool may_stay(const struct param *m, const char *const *names)
{
	for (; *names; names++)
		if (is_named(m, *names))
			return true;
	return false;
}

/* Where `word`, all in lower case, stands; NULL: nowhere.                     */
static char *find_word(char *p, char *end, const char *word)
{
	size_t n = strlen(word);

	for (; (size_t)(end - p) >= n; p++)
		if ((*p | 0x20) == *word && !strncasecmp(p, word, n))
			return p;
	return NULL;
}

/* A quote that was left open swallows the parameters behind it, up to the next
 * quote. They show by their names.                                            */
static bool swallowed(const struct param *m)
{
	static const char *const words[] = {
		"response", "cnonce", "nextnonce", "rspauth",
	};
	char *end = m->value_end;

	if (!memchr(m->value, '=', (size_t)(end - m->value)))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char *p = m->value;

		while ((p = find_word(p, end, words[i]))) {
			char *next = skip_space(p + strlen(words[i]), end);

			if (next < end && *next == '=')
				return true;
			p++;
		}
	}
	return false;
}

/* True if all can be read, and nothing hides in it.                           */
static bool is_clear(char *p, char *end)
{
	bool broken = false;
	struct param m;

	while (next_param(&p, end, &m, &broken))
		if (swallowed(&m))
			return false;
	return !broken;
}

/* Stars the values that may not stay; all where that cannot be said.          */
static void redact_params(char *p, char *end, const char *const *names)
{
	bool broken = false;
	struct param m;

	if (!is_clear(p, end)) {
		star(p, end);
		return;
	}
	while (next_param(&p, end, &m, &broken))
		if (!may_stay(&m, names))
			star(m.value, m.value_end);
}

static void redact_credentials(char *p, char *end)
{
	char *scheme = skip_space(p, end), *rest;

	for (p = scheme; p < end && char_is_alnum(*p); p++)
		;
	rest = skip_space(p, end);
	/* A scheme without anything behind it may be the secret itself.       */
	if (rest == p || rest == end)
		star(scheme, end);
	else if (p - scheme == 6 && !strncasecmp(scheme, "Digest", 6))
		redact_params(rest, end, harmless);
	else
		star(rest, end);
}

/* ---- lines ---------------------------------------------------------------- */

/* The end of a word of such characters, NULL if it is something else.         */
static char *word_end(char *p, const char *end, const char *more)
{
	char *from = p;

	while (p < end && (char_is_alnum(*p) || (*p && strchr(more, *p))))
		p++;
	return p > from && p < end && char_is_space(*p) ? p : NULL;
}

/* "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4": tag and suite stay.         */
static void redact_crypto(char *p, char *end)
{
	char *tag = skip_space(p, end), *tag_end = word_end(tag, end, "");
	char *suite, *suite_end;

	if (!tag_end || tag_end - tag > 9 || !is_digits(tag, tag_end)) {
		star(p, end);
		return;
	}
	suite = skip_space(tag_end, end);
	suite_end = word_end(suite, end, "_");
	/* A key in base64 has no underscore.                                  */
	if (!suite_end || !memchr(suite, '_', (size_t)(suite_end - suite))) {
		star(suite, end);
		return;
	}
	p = skip_space(suite_end, end);
	if (end - p > 7 && !strncasecmp(p, "inline:", 7))
		p += 7;
	star(p, end);
}

/* `with` is in lower case. The last letter says no to almost every line.      */
static inline bool name_ends(const char *data, const struct line *l,
			     const char *with)
{
	const char *end = data + l->name_at + l->name_len;
	size_t n = strlen(with);

	return l->name_len >= n && (end[-1] | 0x20) == with[n - 1] &&
	       !strncasecmp(end - n, with, n);
}

static bool has_lone_cr(const char *p, const char *end)
{
	while ((p = memchr(p, '\r', (size_t)(end - p))))
		if (++p == end || *p != '\n')
			return true;
	return false;
}

/* Where a header has lost its colon, or a lone CR hides one in another's line,
 * the word alone must do.                                                     */
static void redact_broken(char *data, const struct line *l)
{
	char *from = data + l->at, *end = from + l->len, *word;
	bool whole = !l->name_len || has_lone_cr(from, end);

	if (!whole && name_ends(data, l, "authorization"))
		return;
	word = find_word(from, whole ? end : data + l->value_at,
			 "authorization");
	if (word)
		star(word + strlen("authorization"), end);
}

static void redact_key(char *data, const struct line *l)
{
	char *p = data + l->at, *end = p + l->len;

	if (p == end || (*p | 0x20) != 'k')
		return;
	p = skip_space(p + 1, end);
	if (p < end && *p == '=')
		star(p + 1, end);
}

static void redact_line(char *data, const struct line *l)
{
	char *p = data + l->value_at, *end = data + l->at + l->len;

	if (name_ends(data, l, "authorization"))
		redact_credentials(p, end);
	else if (name_ends(data, l, "authentication-info"))
		redact_params(p, end, harmless_info);
	else if (name_ends(data, l, "crypto"))
		redact_crypto(p, end);
	else if (name_ends(data, l, "inline") ||
		 name_ends(data, l, "key-mgmt") ||
		 name_ends(data, l, "ice-pwd"))
		star(p, end);
	redact_key(data, l);
	redact_broken(data, l);
}

/* ---- URIs ----------------------------------------------------------------- */

static bool ends_user(char c)
{
	return (unsigned char)c <= ' ' || c == '<' || c == '>' || c == '"';
}

/* A URI's user part from `p` to an @ before `stop`. Returns where the search for
 * more may go on: what lies between was looked through.                       */
static char *redact_userinfo(char *p, char *stop)
{
	char *at = memchr(p, '@', (size_t)(stop - p)), *last, *colon;

	if (!at)
		return stop;
	colon = memchr(p, ':', (size_t)(at - p));
	if (!colon)
		return at;
	/* A password with an @ in it is broken, and a password.               */
	last = memrchr(at, '@', (size_t)(stop - at));
	star(colon + 1, last);
	return last;
}

/* True for "sip:", "sips:" and "anything://".                                 */
static bool is_scheme(const char *data, const char *colon, const char *end)
{
	size_t before = (size_t)(colon - data);

	return (before >= 3 && !strncasecmp(colon - 3, "sip", 3)) ||
	       (before >= 4 && !strncasecmp(colon - 4, "sips", 4)) ||
	       (end - colon > 2 && colon[1] == '/' && colon[2] == '/');
}

/* A password stands between two colons and an @, in one word: almost no message
 * has that, and to see it costs little.                                       */
static bool may_hold_password(const char *data, size_t len)
{
	const char *end = data + len, *from = data, *at;
	int colons = 0;

	for (; (at = memchr(from, '@', (size_t)(end - from))); from = at + 1) {
		const char *p = at;
		int n = 0;

		while (p > from && !ends_user(p[-1]))
			n += *--p == ':';
		colons = p > from ? n : colons + n;
		if (colons >= 2)
			return true;
	}
	return false;
}

static void redact_uris(char *data, size_t len)
{
	char *end = data + len, *p = data, *stop = data;

	if (!may_hold_password(data, len))
		return;
	while ((p = memchr(p, ':', (size_t)(end - p)))) {
		p++;
		if (!is_scheme(data, p - 1, end))
			continue;
		if (stop < p)
			stop = p;
		while (stop < end && !ends_user(*stop))
			stop++;
		p = redact_userinfo(p, stop);
	}
}

/* ---- what was taken out of a header of ours and said elsewhere ------------ */

enum { HASH_DIGITS = 32 };		/* of MD5, the shortest                */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* As digest.c writes it: a phrase or a header of the far end's may quote it.   */
static void redact_quoted_hash(char *data, size_t len)
{
	static const char mark[] = "response=";
	char *end = data + len, *p = data;

	while ((p = memmem(p, (size_t)(end - p), mark, strlen(mark)))) {
		char *from = p + strlen(mark);

		while (from < end && (*from == '"' || *from == '\'' ||
				      *from == '\\'))
			from++;
		for (p = from; p < end && is_hex(*p); p++)
			;
		if (p - from >= HASH_DIGITS)
			star(from, p);
	}
}

void trace_redact(char *data, size_t len)
{
	struct lines w = lines_of(data, len);
	struct line l;

	while (line_next(&w, &l))
		if (l.len)
			redact_line(data, &l);
	redact_uris(data, len);
	redact_quoted_hash(data, len);
}

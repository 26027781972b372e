/*
 * challenge.c - reads WWW-Authenticate and Proxy-Authenticate for digest.h.
 *
 * A challenge is text of a stranger: every value is bounded, and one that holds
 * a control character is refused, because realm, nonce and opaque are written
 * into our next request. Unknown parameters are passed over (RFC 7616 3.3).
 *
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/digest.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/chars.h"

enum {
	PARAM_NAME_MAX = 32,
	WORD_MAX = 64,			/* algorithm, stale, qop */
};

struct cursor {
	const char *p;
};

static bool is_ctl(char ch)
{
	return ((unsigned char)ch < 0x20 && ch != '\t') || ch == 0x7f;
}

static void skip_space(struct cursor *c)
{
	while (char_is_space(*c->p))
		c->p++;
}

/* Reads a token of at most cap - 1 characters; a longer one is read to its end
 * and leaves dst empty. False if there is none. */
static bool read_token(struct cursor *c, char *dst, size_t cap)
{
	const char *start = c->p;

	while (char_is_token(*c->p))
		c->p++;
	if (str_copy_n(dst, cap, start, (size_t)(c->p - start)))
		dst[0] = '\0';
	return c->p != start;
}

/* One character of a value into dst; past the end it only counts. */
static void put(char *dst, size_t cap, size_t *len, char ch)
{
	if (*len + 1 < cap)
		dst[*len] = ch;
	(*len)++;
}

static int end_value(char *dst, size_t cap, size_t len)
{
	if (len >= cap)
		return -EMSGSIZE;
	dst[len] = '\0';
	return 0;
}

/* quoted-string of RFC 3261 25.1 behind its opening quote. With `raw`, the
 * escapes stay as they came. */
static int read_quoted(struct cursor *c, char *dst, size_t cap, bool raw)
{
	size_t len = 0;

	for (; *c->p != '"'; c->p++) {
		if (*c->p == '\\') {
			if (raw)
				put(dst, cap, &len, '\\');
			c->p++;
		}
		if (!*c->p || is_ctl(*c->p))
			return -EBADMSG;
		put(dst, cap, &len, *c->p);
	}
	c->p++;
	return end_value(dst, cap, len);
}

/* A value without quotes: more than a token is taken, since registrars forget
 * the quotes of a nonce in base64, but nothing that would need an escape. */
static int read_bare(struct cursor *c, char *dst, size_t cap)
{
	size_t len = 0;

	for (; *c->p && *c->p != ',' && !char_is_space(*c->p); c->p++) {
		if (is_ctl(*c->p) || *c->p == '"' || *c->p == '\\')
			return -EBADMSG;
		put(dst, cap, &len, *c->p);
	}
	if (!len)
		return -EBADMSG;
	return end_value(dst, cap, len);
}

static int read_value(struct cursor *c, char *dst, size_t cap, bool raw)
{
	if (*c->p != '"')
		return read_bare(c, dst, cap);
	c->p++;
	return read_quoted(c, dst, cap, raw);
}

/* What a challenge holds besides its public fields while it is read. */
struct reader {
	struct cursor at;
	struct digest_challenge *c;
	struct digest_texts *texts;
	bool has_realm, has_nonce, has_opaque, has_stale, has_qop;
	bool unknown_algorithm;
	char algorithm[WORD_MAX];	/* "": none, or longer than that */
};

static int read_algorithm(struct reader *r)
{
	const char *name;
	int err = read_value(&r->at, r->algorithm, sizeof(r->algorithm),
			     false);

	if (err)
		r->algorithm[0] = '\0';
	if (err && err != -EMSGSIZE)
		return err;
	for (int i = 0; !err && (name = digest_algorithm_name(i)); i++) {
		if (strcasecmp(r->algorithm, name) == 0) {
			r->c->algorithm = (enum digest_algorithm)i;
			return 0;
		}
	}
	r->unknown_algorithm = true;
	return 0;
}

/* qop-options is a list inside the quotes; what we do not know is passed over,
 * whatever its length. */
static int read_qop(struct reader *r)
{
	char list[256], word[WORD_MAX];
	struct cursor c = { list };
	int err = read_value(&r->at, list, sizeof(list), false);

	if (err)
		return err;
	while (*c.p) {
		if (!read_token(&c, word, sizeof(word))) {
			c.p++;
			continue;
		}
		r->has_qop = true;
		if (strcasecmp(word, "auth") == 0)
			r->c->qop_auth = true;
		else if (strcasecmp(word, "auth-int") == 0)
			r->c->qop_auth_int = true;
	}
	return 0;
}

static int read_stale(struct reader *r)
{
	char word[WORD_MAX];
	int err = read_value(&r->at, word, sizeof(word), false);

	r->c->stale = !err && strcasecmp(word, "true") == 0;
	return err == -EMSGSIZE ? 0 : err;
}

static int skip_value(struct reader *r)
{
	char dst[1];
	int err = read_value(&r->at, dst, sizeof(dst), false);

	return err == -EMSGSIZE ? 0 : err;
}

/* A parameter that stands twice has two meanings: no answer is right. */
static int once(bool *seen)
{
	if (*seen)
		return -EBADMSG;
	*seen = true;
	return 0;
}

/* One of the texts, and only once.                                            */
static int read_text(struct reader *r, bool *seen, const char **where,
		     char *dst, size_t cap, bool raw)
{
	if (once(seen))
		return -EBADMSG;
	*where = dst;
	return read_value(&r->at, dst, cap, raw);
}

/* The value of parameter `name`; the cursor stands behind its "=". */
static int read_param(struct reader *r, const char *name)
{
	struct digest_challenge *c = r->c;
	struct digest_texts *t = r->texts;

	if (strcasecmp(name, "realm") == 0)
		return read_text(r, &r->has_realm, &c->realm, t->realm,
				 sizeof(t->realm), false);
	if (strcasecmp(name, "nonce") == 0)
		return read_text(r, &r->has_nonce, &c->nonce, t->nonce,
				 sizeof(t->nonce), false);
	/* "Returned unchanged" (RFC 7616 3.3), so its escapes stay. */
	if (strcasecmp(name, "opaque") == 0)
		return read_text(r, &r->has_opaque, &c->opaque, t->opaque,
				 sizeof(t->opaque), true);
	if (strcasecmp(name, "algorithm") == 0)
		return once(&c->has_algorithm) ? -EBADMSG : read_algorithm(r);
	if (strcasecmp(name, "stale") == 0)
		return once(&r->has_stale) ? -EBADMSG : read_stale(r);
	if (strcasecmp(name, "qop") == 0)
		return r->has_qop ? -EBADMSG : read_qop(r);
	return skip_value(r);
}

/* auth-param *(COMMA auth-param); empty elements are passed over. Stops where a
 * second challenge begins behind a comma: a scheme is a word without "=". */
static int read_params(struct reader *r)
{
	char name[PARAM_NAME_MAX];
	int err;

	for (;;) {
		while (char_is_space(*r->at.p) || *r->at.p == ',')
			r->at.p++;
		if (!*r->at.p)
			return 0;
		if (!read_token(&r->at, name, sizeof(name)))
			return -EBADMSG;
		skip_space(&r->at);
		if (*r->at.p == ',' || !*r->at.p)
			continue;
		if (*r->at.p != '=')
			return 0;
		r->at.p++;
		skip_space(&r->at);
		err = read_param(r, name);
		if (err)
			return -EBADMSG;
		skip_space(&r->at);
		if (*r->at.p && *r->at.p != ',')
			return -EBADMSG;
	}
}

int digest_parse(struct digest_challenge *c, struct digest_texts *texts,
		 const char *value, bool proxy)
{
	struct digest_challenge read = { .proxy = proxy };
	struct reader r = { .at = { value }, .c = &read, .texts = texts };
	char scheme[PARAM_NAME_MAX];
	int err;

	skip_space(&r.at);
	if (!read_token(&r.at, scheme, sizeof(scheme)))
		return -EBADMSG;
	if (strcasecmp(scheme, "Digest") != 0)
		return -ENOTSUP;
	if (!char_is_space(*r.at.p))
		return -EBADMSG;
	err = read_params(&r);
	if (err)
		return err;
	if (!r.has_realm || !r.has_nonce)
		return -EBADMSG;
	if (r.unknown_algorithm ||
	    (r.has_qop && !read.qop_auth && !read.qop_auth_int))
		return -ENOTSUP;
	*c = read;
	return 0;
}

void digest_offer(struct buf *out, const char *value)
{
	struct digest_challenge read = { 0 };
	struct digest_texts texts;
	struct reader r = { .at = { value }, .c = &read, .texts = &texts };
	char scheme[PARAM_NAME_MAX];
	bool broken;

	skip_space(&r.at);
	(void)read_token(&r.at, scheme, sizeof(scheme));
	buf_puts(out, scheme[0] ? scheme : "a scheme that cannot be read");
	if (strcasecmp(scheme, "Digest") != 0)
		return;
	broken = read_params(&r) || !r.has_realm || !r.has_nonce;
	if (broken)
		buf_puts(out, " that cannot be read");
	else if (r.unknown_algorithm)
		buf_printf(out, " %s", r.algorithm[0] ? r.algorithm :
							"of a long name");
	else
		buf_puts(out, " with an unknown qop");
}

int digest_unquote(char *dst, size_t cap, const char *value)
{
	struct cursor at = { value };

	skip_space(&at);
	if (read_value(&at, dst, cap, false))
		return -EBADMSG;
	skip_space(&at);
	return *at.p || !dst[0] ? -EBADMSG : 0;
}

/*
 * digest.c - computes the answer to a digest challenge (RFC 2617, 7616, 8760).
 *
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/digest.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/str.h"

enum {
	NC_TEXT = 9,
	CNONCE_DIGITS = 32,
};

_Static_assert(CNONCE_DIGITS < DIGEST_CNONCE_LEN, "a cnonce fits");

struct part {
	const void *data;
	size_t len;
};

static struct part text(const char *s)
{
	return (struct part){ s, strlen(s) };
}

const char *digest_algorithm_name(int algorithm)
{
	static const char *const names[] = {
		[DIGEST_MD5] = "MD5",
		[DIGEST_MD5_SESS] = "MD5-sess",
		[DIGEST_SHA256] = "SHA-256",
		[DIGEST_SHA256_SESS] = "SHA-256-sess",
	};

	return (size_t)algorithm < ARRAY_LEN(names) ? names[algorithm] : NULL;
}

static const EVP_MD *hash_of(enum digest_algorithm a)
{
	return a == DIGEST_MD5 || a == DIGEST_MD5_SESS ? EVP_md5() :
							 EVP_sha256();
}

/* H(part:part:...) in lower-case hex (RFC 7616 3.4.1). 0 or -EIO. */
static int hash(enum digest_algorithm a, char dst[DIGEST_HEX],
		const struct part *parts, size_t n)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestInit_ex(ctx, hash_of(a), NULL);
	size_t i;

	for (i = 0; ok && i < n; i++) {
		if (i > 0)
			ok = EVP_DigestUpdate(ctx, ":", 1);
		if (ok && parts[i].len > 0)
			ok = EVP_DigestUpdate(ctx, parts[i].data,
					      parts[i].len);
	}
	ok = ok && EVP_DigestFinal_ex(ctx, sum, &len);
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return -EIO;
	str_hex(dst, sum, len);
	OPENSSL_cleanse(sum, sizeof(sum));
	return 0;
}

/* HA1; for "-sess" it holds the nonces of the session (RFC 7616 3.4.2). */
static int hash_a1(const struct digest_session *s,
		   const struct sip_account *account, char dst[DIGEST_HEX])
{
	const struct digest_challenge *c = &s->challenge;
	struct part user[] = { text(account->username), text(c->realm),
			       text(account->password) };
	int err = hash(c->algorithm, dst, user, 3);

	if (!err && digest_is_sess(c->algorithm)) {
		struct part sess[] = { text(dst), text(c->nonce),
				       text(s->cnonce) };

		err = hash(c->algorithm, dst, sess, 3);
	}
	return err;
}

/* HA2; auth-int covers the body (RFC 7616 3.4.3). */
static int hash_a2(const struct digest_challenge *c, const char *qop,
		   const struct digest_request *req, char dst[DIGEST_HEX])
{
	char body[DIGEST_HEX];
	struct part entity = { req->body, req->body_len };
	struct part parts[] = { text(req->method), text(req->uri),
				{ body, 0 } };
	int err;

	if (!qop || strcmp(qop, "auth-int") != 0)
		return hash(c->algorithm, dst, parts, 2);
	err = hash(c->algorithm, body, &entity, 1);
	if (err)
		return err;
	parts[2] = text(body);
	return hash(c->algorithm, dst, parts, 3);
}

static void nc_text(char dst[NC_TEXT], uint32_t nc)
{
	(void)str_printf(dst, NC_TEXT, "%08x", nc);
}

static const char *qop_of(const struct digest_challenge *c)
{
	if (c->qop_auth)
		return "auth";
	return c->qop_auth_int ? "auth-int" : NULL;
}

int digest_response(char dst[DIGEST_HEX], const struct digest_session *s,
		    const struct sip_account *account,
		    const struct digest_request *req)
{
	const struct digest_challenge *c = &s->challenge;
	const char *qop = qop_of(c);
	char a1[DIGEST_HEX], a2[DIGEST_HEX], nc[NC_TEXT];
	int err = hash_a1(s, account, a1);

	nc_text(nc, s->nc);
	if (!err)
		err = hash_a2(c, qop, req, a2);
	if (!err && qop) {
		struct part p[] = { text(a1), text(c->nonce), text(nc),
				    text(s->cnonce), text(qop), text(a2) };

		err = hash(c->algorithm, dst, p, ARRAY_LEN(p));
	} else if (!err) {
		/* The form of RFC 2069 for a challenge without qop. */
		struct part p[] = { text(a1), text(c->nonce), text(a2) };

		err = hash(c->algorithm, dst, p, ARRAY_LEN(p));
	}
	OPENSSL_cleanse(a1, sizeof(a1));
	return err;
}

static void write_quoted(struct buf *out, const char *name, const char *value)
{
	buf_puts(out, name);
	buf_puts(out, "=\"");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
	buf_putc(out, '"');
}

static void write_answer(struct buf *out, const struct digest_session *s,
			 const char *username, const char *uri,
			 const char *response)
{
	const struct digest_challenge *c = &s->challenge;
	const char *qop = qop_of(c);
	char nc[NC_TEXT];

	nc_text(nc, s->nc);
	write_quoted(out, "Digest username", username);
	write_quoted(out, ", realm", c->realm);
	write_quoted(out, ", nonce", c->nonce);
	write_quoted(out, ", uri", uri);
	write_quoted(out, ", response", response);
	if (c->has_algorithm)
		buf_printf(out, ", algorithm=%s",
			   digest_algorithm_name((int)c->algorithm));
	/* Without qop there is no cnonce, except that "-sess" cannot be
	 * checked without it. */
	if (qop || digest_is_sess(c->algorithm))
		write_quoted(out, ", cnonce", s->cnonce);
	if (c->opaque) {
		buf_puts(out, ", opaque=\"");
		buf_puts(out, c->opaque);
		buf_putc(out, '"');
	}
	if (qop)
		buf_printf(out, ", qop=%s, nc=%s", qop, nc);
}

int digest_answer(struct digest_session *s, const struct sip_account *account,
		  const struct digest_request *req, struct random *random,
		  struct buf *out)
{
	char response[DIGEST_HEX];
	int err;

	if (!account || !account->username || !account->password)
		return -ENOENT;
	if (str_has_ctl(account->username) || str_has_ctl(req->uri))
		return -EINVAL;
	if (!s->cnonce[0] || !digest_is_sess(s->challenge.algorithm))
		random_hex(random, s->cnonce, CNONCE_DIGITS);
	s->nc++;
	err = digest_response(response, s, account, req);
	if (err)
		return err;
	write_answer(out, s, account->username, req->uri, response);
	return 0;
}

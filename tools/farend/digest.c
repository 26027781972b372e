/* SPDX-License-Identifier: MIT */
/*
 * digest.c - digest authentication: reading credentials and computing what
 * the response should have been. Pure; nonces are kept in auth.c.
 * Thread: any.
 */
#include "digest.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct field {
	const char *name;
	size_t offset;
	size_t size;
};

#define FIELD(f) { #f, offsetof(struct digest_creds, f), \
	sizeof(((struct digest_creds *)0)->f) }

static const struct field fields[] = {
	FIELD(username), FIELD(realm), FIELD(nonce), FIELD(uri),
	FIELD(response), FIELD(algorithm), FIELD(cnonce), FIELD(opaque),
	FIELD(qop), FIELD(nc),
};

static const char *skip_blank(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
		p++;
	return p;
}

/* Copies a token or a quoted string; NULL if it is broken or too long. */
static const char *take_value(const char *p, char *out, size_t size)
{
	size_t n = 0;
	bool quoted = *p == '"';

	if (quoted)
		p++;
	while (*p && (quoted ? *p != '"' : *p != ',' && !isspace(
						(unsigned char)*p))) {
		if (quoted && *p == '\\' && p[1])
			p++;
		if (n + 1 >= size)
			return NULL;
		out[n++] = *p++;
	}
	out[n] = '\0';
	if (quoted && *p++ != '"')
		return NULL;
	return p;
}

static const struct field *field_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == len &&
		    !strncasecmp(fields[i].name, name, len))
			return &fields[i];
	return NULL;
}

static const char *take_param(struct digest_creds *c, const char *p)
{
	char ignored[1024];
	const char *name = p;
	const struct field *f;
	size_t len;
	char *out;

	while (isalnum((unsigned char)*p) || *p == '-' || *p == '_')
		p++;
	len = (size_t)(p - name);
	p = skip_blank(p);
	if (!len || *p != '=')
		return NULL;
	p = skip_blank(p + 1);
	f = field_find(name, len);
	if (!f)
		return take_value(p, ignored, sizeof(ignored));
	out = (char *)c + f->offset;
	if (*out)
		return NULL;    /* given twice */
	return take_value(p, out, f->size);
}

bool digest_parse(struct digest_creds *c, const char *value)
{
	const char *p = skip_blank(value);

	memset(c, 0, sizeof(*c));
	if (strncasecmp(p, "Digest", 6) || !isspace((unsigned char)p[6]))
		return false;
	p = skip_blank(p + 6);
	while (*p) {
		p = take_param(c, p);
		if (!p)
			return false;
		p = skip_blank(p);
		if (*p && *p != ',')
			return false;
		if (*p)
			p = skip_blank(p + 1);
	}
	return c->username[0] && c->nonce[0] && c->uri[0] && c->response[0];
}

enum digest_alg digest_alg(const char *name)
{
	if (!*name || !strcasecmp(name, "MD5"))
		return DIGEST_MD5;
	if (!strcasecmp(name, "SHA-256"))
		return DIGEST_SHA256;
	return DIGEST_UNKNOWN;
}

const char *digest_alg_name(enum digest_alg alg)
{
	return alg == DIGEST_SHA256 ? "SHA-256" : "MD5";
}

struct part {
	const void *p;
	size_t len;
};

/* The hash of parts joined by colons, in lower-case hex. */
static bool hash_parts(char out[DIGEST_HEX], enum digest_alg alg,
		       const struct part *parts, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	bool ok;

	ok = ctx && EVP_DigestInit_ex(ctx, alg == DIGEST_SHA256 ? EVP_sha256() :
				      EVP_md5(), NULL);
	for (size_t i = 0; ok && i < n; i++)
		ok = (i == 0 || EVP_DigestUpdate(ctx, ":", 1)) &&
			EVP_DigestUpdate(ctx, parts[i].p, parts[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, md, &len);
	EVP_MD_CTX_free(ctx);
	for (unsigned int i = 0; ok && i < len; i++) {
		out[2 * i] = hex[md[i] >> 4];
		out[2 * i + 1] = hex[md[i] & 15];
	}
	out[ok ? 2 * len : 0] = '\0';
	return ok;
}

static struct part part(const char *s)
{
	return (struct part){ s, strlen(s) };
}

bool digest_response(char out[DIGEST_HEX], const struct digest_creds *c,
		     const char *password, const struct digest_request *req)
{
	enum digest_alg alg = digest_alg(c->algorithm);
	char ha1[DIGEST_HEX], ha2[DIGEST_HEX], body[DIGEST_HEX];
	struct part raw = { req->body, req->body_len };
	struct part a1[] = { part(c->username), part(c->realm),
		part(password) };
	struct part a2[3] = { part(req->method), part(c->uri) };
	bool integrity = !strcasecmp(c->qop, "auth-int");

	if (alg == DIGEST_UNKNOWN || !hash_parts(ha1, alg, a1, 3))
		return false;
	if (integrity) {
		if (!hash_parts(body, alg, &raw, 1))
			return false;
		a2[2] = part(body);
	}
	if (!hash_parts(ha2, alg, a2, integrity ? 3 : 2))
		return false;
	if (c->qop[0]) {
		struct part kd[] = { part(ha1), part(c->nonce), part(c->nc),
			part(c->cnonce), part(c->qop), part(ha2) };

		return hash_parts(out, alg, kd, 6);
	}
	struct part old[] = { part(ha1), part(c->nonce), part(ha2) };

	return hash_parts(out, alg, old, 3);
}

long digest_nc(const char *nc)
{
	long v = 0;

	if (strlen(nc) != 8)
		return -1;
	for (; *nc; nc++) {
		const char *hex = "0123456789abcdef";
		const char *at = strchr(hex, tolower((unsigned char)*nc));

		if (!at)
			return -1;
		v = v * 16 + (at - hex);
	}
	return v;
}

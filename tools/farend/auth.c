/* SPDX-License-Identifier: MIT */
/*
 * auth.c - who may register or call: users, challenges, nonces.
 * Thread: signalling.
 *
 * A nonce is good for a number of uses and a while; after that its owner is
 * told stale=true and tries again without asking anybody.
 */
#include "auth.h"

#include "clock.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NONCES_MAX = 65536 };

struct nonce {
	struct map_node node;
	struct nonce *newer;
	char text[40];
	int64_t born_ms;
	long last_nc;
	int uses;
};

static const char *const result_names[AUTH_RESULTS] = {
	"ok", "none", "malformed", "unknown-user", "bad-realm", "bad-uri",
	"bad-nonce", "stale", "nc-replay", "bad-qop", "bad-algorithm",
	"bad-response",
};

int auth_init(struct auth *a, const struct options *opt)
{
	memset(a, 0, sizeof(*a));
	a->opt = opt;
	if (RAND_bytes((unsigned char *)a->seed, sizeof(a->seed)) != 1)
		return -1;
	return map_init(&a->nonces);
}

static void nonce_drop_oldest(struct auth *a)
{
	struct nonce *n = a->oldest;

	a->oldest = n->newer;
	if (!a->oldest)
		a->newest = NULL;
	map_del(&a->nonces, &n->node);
	free(n);
}

void auth_deinit(struct auth *a)
{
	while (a->oldest)
		nonce_drop_oldest(a);
	map_deinit(&a->nonces);
}

const char *auth_result_name(enum auth_result r)
{
	return result_names[r];
}

static const char *nonce_new(struct auth *a)
{
	struct nonce *n = calloc(1, sizeof(*n));
	uint64_t serial;

	if (!n)
		return "";
	if (a->nonces.n >= NONCES_MAX)
		nonce_drop_oldest(a);
	/* A far end on a desk needs nonces that differ, and that a stranger
	 * does not guess by counting. */
	serial = ++a->n_nonces;
	snprintf(n->text, sizeof(n->text), "%016llx%08llx",
		 (unsigned long long)(a->seed[0] ^ (serial *
						    0x9e3779b97f4a7c15ull)),
		 (unsigned long long)((a->seed[1] + serial) & 0xffffffff));
	n->born_ms = clock_ms();
	map_add(&a->nonces, &n->node, n->text, n);
	if (a->newest)
		a->newest->newer = n;
	else
		a->oldest = n;
	a->newest = n;
	return n->text;
}

static const struct user *user_find(const struct options *opt, const char *name)
{
	for (int i = 0; i < opt->n_users; i++)
		if (!strcmp(opt->users[i].name, name))
			return &opt->users[i];
	return NULL;
}

static bool qop_offered(const char *list, const char *qop)
{
	size_t len = strlen(qop);
	const char *p = list;

	while (*p) {
		size_t n = strcspn(p, ",");

		if (n == len && !strncasecmp(p, qop, n))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

static bool alg_offered(const struct options *opt, enum digest_alg alg)
{
	if (alg == DIGEST_MD5)
		return opt->offer_md5;
	return alg == DIGEST_SHA256 && opt->offer_sha256;
}

/* RFC 7616 3.4: with a qop there must be a cnonce and a count that rises. */
static enum auth_result check_qop(const struct options *opt,
				  const struct digest_creds *c)
{
	if (!c->qop[0])
		return c->nc[0] || c->cnonce[0] ? AUTH_BAD_QOP : AUTH_OK;
	if (!qop_offered(opt->qop, c->qop))
		return AUTH_BAD_QOP;
	return c->cnonce[0] && digest_nc(c->nc) > 0 ? AUTH_OK : AUTH_BAD_QOP;
}

static enum auth_result check_nonce(struct auth *a, struct nonce *n,
				    const struct digest_creds *c)
{
	const struct options *opt = a->opt;
	long nc = digest_nc(c->nc);

	if (opt->nonce_uses && n->uses >= opt->nonce_uses)
		return AUTH_STALE;
	if (clock_ms() - n->born_ms > (int64_t)opt->nonce_life_s * 1000)
		return AUTH_STALE;
	if (c->qop[0] && nc <= n->last_nc)
		return AUTH_NC_REPLAY;
	n->uses++;
	n->last_nc = nc;
	return AUTH_OK;
}

enum auth_result auth_check(struct auth *a, struct digest_creds *c,
			    const char *value, const char *request_uri,
			    const struct digest_request *req)
{
	const struct user *u;
	struct nonce *n;
	char want[DIGEST_HEX];
	enum auth_result r;

	if (!value)
		return AUTH_NONE;
	if (!digest_parse(c, value))
		return AUTH_MALFORMED;
	u = user_find(a->opt, c->username);
	if (!u)
		return AUTH_UNKNOWN_USER;
	if (strcmp(c->realm, u->realm ? u->realm : a->opt->realm))
		return AUTH_BAD_REALM;
	if (strcmp(c->uri, request_uri))
		return AUTH_BAD_URI;
	if (!alg_offered(a->opt, digest_alg(c->algorithm)))
		return AUTH_BAD_ALGORITHM;
	r = check_qop(a->opt, c);
	if (r != AUTH_OK)
		return r;
	n = map_find(&a->nonces, c->nonce);
	if (!n)
		return AUTH_BAD_NONCE;
	if (!digest_response(want, c, u->password, req) ||
	    strcasecmp(want, c->response))
		return AUTH_BAD_RESPONSE;
	return check_nonce(a, n, c);
}

static void challenge_one(struct auth *a, struct txt *out, bool proxy,
			  bool stale, enum digest_alg alg, const char *nonce)
{
	const char *qop = a->opt->qop;

	txt_fmt(out, "%s: Digest realm=\"%s\", nonce=\"%s\", opaque=\"farend\""
		", algorithm=%s", proxy ? "Proxy-Authenticate" :
		"WWW-Authenticate", a->opt->realm, nonce,
		digest_alg_name(alg));
	if (*qop)
		txt_fmt(out, ", qop=\"%s\"", qop);
	txt_str(out, stale ? ", stale=true\r\n" : "\r\n");
}

/* RFC 8760 2.1: one header for each algorithm, the preferred one first. */
void auth_challenge(struct auth *a, struct txt *out, bool proxy, bool stale)
{
	const char *nonce = nonce_new(a);

	if (a->opt->offer_sha256)
		challenge_one(a, out, proxy, stale, DIGEST_SHA256, nonce);
	if (a->opt->offer_md5)
		challenge_one(a, out, proxy, stale, DIGEST_MD5, nonce);
}

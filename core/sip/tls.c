/*
 * tls.c - TLS as a filter between a connection's bytes and SIP.
 *
 *	wire -> tls_receive -> in BIO  -> SSL -> tls_read  -> SIP
 *	wire <- tls_take    <- out BIO <- SSL <- tls_write <- SIP
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/addr.h"
#include "base/str.h"
#include "sip/tls_peer.h"

struct tls {
	SSL_CTX *client;
	SSL_CTX *server;		/* NULL: no certificate               */
};

struct tls_session {
	SSL *ssl;
	BIO *in, *out;			/* the session's, by the SSL          */
	bool client, open, failed;
	bool lacking;			/* asked for a certificate, had none  */
	char name[SIP_HOST_LEN];
	char why[TLS_WHY_LEN];
};

/* ---- files --------------------------------------------------------------- */

/* Nobody sits at a terminal to be asked: that it was asked for is noted.     */
static int no_password(char *dst, int cap, int writing, void *arg)
{
	bool *asked = arg;

	(void)dst;
	(void)cap;
	(void)writing;
	*asked = true;
	return -1;
}

/* The first error in the queue is the one that says most.                    */
static const char *file_problem(void)
{
	unsigned long e = ERR_peek_error();

	if (ERR_SYSTEM_ERROR(e))
		return strerror(ERR_GET_REASON(e));
	if (ERR_GET_LIB(e) == ERR_LIB_SSL)
		return ERR_reason_error_string(e);
	return "it is not PEM, or holds something else";
}

static int refuse(const char *key, const char *file, const char *problem,
		  char *why, size_t cap)
{
	(void)str_printf(why, cap, "%s: %s: %s", key, file, problem);
	ERR_clear_error();
	return -EINVAL;
}

static const char *key_problem(const struct sip_tls *cfg, bool asked)
{
	if (asked)
		return "it is protected by a password";
	if (ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509)
		return "it is not the key of the certificate";
	return cfg->key ? file_problem() :
			  "there is no key in it, and no sip.tls.key";
}

static int use_certificate(SSL_CTX *ctx, const struct sip_tls *cfg, char *why,
			   size_t cap)
{
	/* The key may stand in the same file.                                */
	const char *key = cfg->key ? cfg->key : cfg->certificate;
	bool asked = false, ok;

	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, cfg->certificate) != 1)
		return refuse("sip.tls.certificate", cfg->certificate,
			      file_problem(), why, cap);
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
	ok = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1 &&
	     SSL_CTX_check_private_key(ctx) == 1;
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	if (ok)
		return 0;
	return refuse(cfg->key ? "sip.tls.key" : "sip.tls.certificate", key,
		      key_problem(cfg, asked), why, cap);
}

static int use_authorities(SSL_CTX *ctx, const char *ca, char *why, size_t cap)
{
	struct stat st;
	bool ok;

	ERR_clear_error();
	if (!ca) {
		(void)SSL_CTX_set_default_verify_paths(ctx);
		ERR_clear_error();
		return 0;
	}
	if (stat(ca, &st))
		return refuse("sip.tls.ca", ca, strerror(errno), why, cap);
	ok = S_ISDIR(st.st_mode) ?
		SSL_CTX_load_verify_dir(ctx, ca) == 1 :
		SSL_CTX_load_verify_file(ctx, ca) == 1;
	return ok ? 0 : refuse("sip.tls.ca", ca, file_problem(), why, cap);
}

/* ---- contexts ------------------------------------------------------------ */

static SSL_CTX *new_context(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* A renegotiation is work for us at the price of a packet; compression
	 * tells secrets; tickets are of no use to connections that stay.     */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
			    SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* An idle connection gives its 34 KB back.                           */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	return ctx;
}

static int make_client(struct tls *t, const struct sip_tls *cfg, char *why,
		       size_t cap)
{
	int err;

	t->client = new_context(TLS_client_method());
	if (!t->client)
		return -ENOMEM;
	SSL_CTX_set_verify(t->client, SSL_VERIFY_PEER, NULL);
	err = use_authorities(t->client, cfg->ca, why, cap);
	if (!err && cfg->certificate)
		err = use_certificate(t->client, cfg, why, cap);
	return err;
}

static int make_server(struct tls *t, const struct sip_tls *cfg, char *why,
		       size_t cap)
{
	if (!cfg->certificate)
		return refuse("sip.tls.certificate", "not given",
			      "a tls: listener needs one", why, cap);
	t->server = new_context(TLS_server_method());
	if (!t->server)
		return -ENOMEM;
	return use_certificate(t->server, cfg, why, cap);
}

int tls_new(struct tls **tp, const struct sip_tls *cfg, bool server, char *why,
	    size_t cap)
{
	struct tls *t;
	int err;

	if (cfg->key && !cfg->certificate)
		return refuse("sip.tls.key", cfg->key,
			      "there is no sip.tls.certificate", why, cap);
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	err = make_client(t, cfg, why, cap);
	if (!err && server)
		err = make_server(t, cfg, why, cap);
	if (err)
		tls_free(t);
	else
		*tp = t;
	return err;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->client);
	SSL_CTX_free(t->server);
	free(t);
}

/* ---- sessions ------------------------------------------------------------ */

static int new_session(struct tls_session **sp, SSL_CTX *ctx)
{
	struct tls_session *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->ssl = SSL_new(ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (!s->ssl || !s->in || !s->out) {
		SSL_free(s->ssl);
		BIO_free(s->in);
		BIO_free(s->out);
		free(s);
		ERR_clear_error();
		return -ENOMEM;
	}
	SSL_set_bio(s->ssl, s->in, s->out);	/* owns both from now on      */
	*sp = s;
	return 0;
}

/* TLS 1.3 tells a client that its certificate was missed only after it thinks
 * itself connected, and often closes before the alert could be read.         */
static int on_asked(SSL *ssl, void *arg)
{
	struct tls_session *s = arg;

	s->lacking = !SSL_get_certificate(ssl);
	return 1;
}

int tls_connect(struct tls_session **sp, struct tls *t, const char *name)
{
	struct tls_session *s;
	struct addr ip;
	int err = new_session(&s, t->client);

	if (err)
		return err;
	s->client = true;
	err = str_copy(s->name, sizeof(s->name), name);
	/* RFC 6066 3: no addresses in SNI.                                   */
	if (!err && addr_parse_ip(&ip, name, 0) &&
	    SSL_set_tlsext_host_name(s->ssl, s->name) != 1)
		err = -ENOMEM;
	if (err) {
		tls_session_free(s);
		return err;
	}
	SSL_set_cert_cb(s->ssl, on_asked, s);
	SSL_set_connect_state(s->ssl);
	*sp = s;
	return 0;
}

int tls_accept(struct tls_session **sp, struct tls *t)
{
	int err = t->server ? new_session(sp, t->server) : -EPROTONOSUPPORT;

	if (!err)
		SSL_set_accept_state((*sp)->ssl);
	return err;
}

void tls_session_free(struct tls_session *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	free(s);
}

/* ---- traffic ------------------------------------------------------------- */

static int fail(struct tls_session *s)
{
	s->failed = true;
	s->open = false;
	return -EPROTO;
}

/* What stopped the last operation; 0: it waits for more bytes.               */
static int judge(struct tls_session *s, int ret)
{
	int e = SSL_get_error(s->ssl, ret);

	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return 0;
	if (e == SSL_ERROR_ZERO_RETURN)
		return -EPIPE;
	tls_peer_why(s->ssl, s->why, sizeof(s->why));
	return fail(s);
}

/* The chain was checked by the handshake; the name is checked here, before any
 * byte of ours leaves.                                                       */
static int check_peer(struct tls_session *s)
{
	X509 *cert = SSL_get1_peer_certificate(s->ssl);
	int err = 0;

	if (!cert || !tls_peer_is(cert, s->name))
		err = fail(s);
	if (!cert)
		(void)str_copy(s->why, sizeof(s->why),
			       "the other side shows no certificate");
	else if (err)
		tls_peer_other(cert, s->name, s->why, sizeof(s->why));
	X509_free(cert);
	return err;
}

static int shake_hands(struct tls_session *s)
{
	int ret = SSL_do_handshake(s->ssl);
	int err;

	if (ret != 1) {
		err = judge(s, ret);
		if (err == -EPIPE) {
			(void)str_copy(s->why, sizeof(s->why),
				       "the other side broke the handshake off");
			return fail(s);
		}
		return err;
	}
	err = s->client ? check_peer(s) : 0;
	s->open = !err;
	return err;
}

int tls_receive(struct tls_session *s, const void *data, size_t len)
{
	if (s->failed)
		return -EPROTO;
	ERR_clear_error();
	if (len && BIO_write(s->in, data, (int)len) != (int)len) {
		(void)str_copy(s->why, sizeof(s->why), "not enough memory");
		return fail(s);
	}
	return s->open ? 0 : shake_hands(s);
}

int tls_read(struct tls_session *s, void *dst, size_t cap)
{
	int n;

	if (s->failed || !s->open)
		return s->failed ? -EPROTO : 0;
	ERR_clear_error();
	n = SSL_read(s->ssl, dst, (int)cap);
	return n > 0 ? n : judge(s, n);
}

int tls_write(struct tls_session *s, const void *data, size_t len)
{
	int n;

	if (!s->open)
		return -EPIPE;
	ERR_clear_error();
	n = SSL_write(s->ssl, data, (int)len);
	if (n == (int)len)
		return 0;
	/* The BIO takes everything, so that nothing is ever left over.       */
	tls_peer_why(s->ssl, s->why, sizeof(s->why));
	return fail(s);
}

void tls_close(struct tls_session *s)
{
	if (!s->open)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(s->ssl);
	ERR_clear_error();
	s->open = false;
}

void tls_take(struct tls_session *s, struct buf *out)
{
	char *data;
	long len = BIO_get_mem_data(s->out, &data);

	if (len > 0)
		buf_write(out, data, (size_t)len);
	(void)BIO_reset(s->out);
}

bool tls_is_open(const struct tls_session *s)
{
	return s->open;
}

bool tls_is_lacking(const struct tls_session *s)
{
	return s->lacking;
}

const char *tls_why(const struct tls_session *s)
{
	return *s->why ? s->why : "TLS failed";
}

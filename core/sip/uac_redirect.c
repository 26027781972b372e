/*
 * uac_redirect.c - a refusal that allows another INVITE: 3xx, 420 and 422.
 *
 * RFC 3261 8.1.3.4: a 3xx names where else to ask. It is followed only within
 * the carrier, so that nobody on the way can send a call, and what it proves of
 * us, to somebody else: the Contact's host must be the one that was called, the
 * one that was asked, or the address that answered. No URI is asked twice, and
 * what began by TLS goes on by TLS.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/extension.h"
#include "sip/msg.h"
#include "sip/uac_call.h"

enum {
	URIS_MAX = 8,
	Q_MAX = 1000,			/* "1.0" (20.10)                       */
};

/* Each that was named so far, first the one that was called; those before `next`
 * were asked.                                                                 */
struct redirect {
	struct {
		char *uri;
		int q;
	} list[URIS_MAX];
	size_t n, next;
};

void redirect_free(struct redirect *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		free(r->list[i].uri);
	free(r);
}

/* ---- which may be asked --------------------------------------------------- */

static bool is_host(const osip_uri_t *uri, const char *host)
{
	return *host && !strcasecmp(uri->host, host);
}

/* By the business, whatever was asked meanwhile.                              */
static bool is_called(const struct uac *u, const osip_uri_t *uri)
{
	osip_uri_t *own = NULL;
	bool same;

	if (osip_uri_init(&own))
		return false;
	same = !osip_uri_parse(own, u->redirect->list[0].uri) && own->host &&
	       is_host(uri, own->host);
	osip_uri_free(own);
	return same;
}

static bool is_carriers(const struct uac *u, const osip_uri_t *uri,
			const struct sip_target *t)
{
	char ip[ADDR_TEXT_LEN];

	addr_ip_text(&client_hop(u->client)->remote, ip);
	return is_host(uri, t->host) || is_host(uri, t->name) ||
	       is_host(uri, ip) || is_called(u, uri);
}

static osip_uri_param_t *uri_param(osip_uri_t *uri, char *name)
{
	osip_uri_param_t *p = NULL;

	osip_uri_uparam_get_byname(uri, name, &p);
	return p;
}

/* Nothing in it that would lead elsewhere than its host says (19.1.5).        */
static bool is_plain(osip_uri_t *uri)
{
	return uri->scheme && uri->host && host_is_valid(uri->host) &&
	       (!strcasecmp(uri->scheme, "sip") ||
		!strcasecmp(uri->scheme, "sips")) &&
	       !osip_list_size(&uri->url_headers) &&
	       !uri_param(uri, "maddr") && !uri_param(uri, "method") &&
	       (!uri->username || !str_has_ctl(uri->username)) &&
	       (!uri->password || !str_has_ctl(uri->password));
}

/* Where it is asked. A URI of the host that was called goes where that went: to
 * the outbound proxy, or to the server that we are registered with.           */
static int place_of(const struct uac *u, osip_uri_t *uri,
		    struct sip_target *t)
{
	enum sip_transport transport = t->transport;
	osip_uri_param_t *p = uri_param(uri, "transport");
	struct addr numeric;
	int64_t port = 0;

	if (p && (!p->gvalue || sip_transport_parse(&transport, p->gvalue) ||
		  transport == SIP_ANY))
		return -EPROTONOSUPPORT;
	if (!strcasecmp(uri->scheme, "sips") || t->transport == SIP_TLS ||
	    client_hop(u->client)->transport == SIP_TLS)
		transport = SIP_TLS;
	if (uri->port && str_to_i64(&port, uri->port, 1, 65535))
		return -EINVAL;
	t->transport = transport;
	if (!port && !is_host(uri, t->host) && is_called(u, uri))
		return 0;
	t->port = (uint16_t)port;
	if (addr_parse_ip(&numeric, uri->host, 0))
		*t->name = '\0';
	else if (!*t->name)
		(void)str_copy(t->name, sizeof(t->name), t->host);
	return str_copy(t->host, sizeof(t->host), uri->host);
}

/* ---- the list ------------------------------------------------------------- */

static int read_q(osip_contact_t *c)
{
	osip_generic_param_t *p = NULL;
	int q = 0, digits = 3;
	const char *s;

	osip_contact_param_get_byname(c, "q", &p);
	if (!p || !p->gvalue)
		return Q_MAX;
	s = p->gvalue;
	if (*s != '0')
		return *s == '1' ? Q_MAX : 0;
	for (s += s[1] == '.' ? 2 : 1; digits; digits--)
		q = 10 * q + (*s >= '0' && *s <= '9' ? *s++ - '0' : 0);
	return q;
}

/* The highest q first; among equals the first. Takes uri.                     */
static void insert(struct redirect *r, char *uri, int q)
{
	size_t at = r->n;

	for (size_t i = 0; i < r->n; i++) {
		if (!strcmp(r->list[i].uri, uri)) {
			free(uri);
			return;
		}
	}
	if (r->n == URIS_MAX) {
		free(uri);
		return;
	}
	for (; at > r->next && r->list[at - 1].q < q; at--)
		r->list[at] = r->list[at - 1];
	r->list[at].uri = uri;
	r->list[at].q = q;
	r->n++;
}

static void add(struct redirect *r, const osip_uri_t *uri, int q)
{
	char *text = NULL, *copy;

	if (osip_uri_to_str(uri, &text))
		return;
	copy = strdup(text);
	osip_free(text);
	if (copy)
		insert(r, copy, q);
}

/* The URI that was called is known from the beginning.                        */
static struct redirect *open_list(const struct uac *u)
{
	struct redirect *r = calloc(1, sizeof(*r));
	char *uri = r ? strdup(u->request_uri) : NULL;

	if (!uri) {
		free(r);
		return NULL;
	}
	insert(r, uri, Q_MAX);
	r->next = 1;
	return r;
}

static void collect(struct uac *u, const osip_message_t *resp,
		    const struct sip_target *t)
{
	osip_list_iterator_t at;
	osip_contact_t *c = osip_list_get_first(&resp->contacts, &at);

	if (!u->redirect)
		u->redirect = open_list(u);
	if (!u->redirect)
		return;
	for (; c; c = osip_list_get_next(&at))
		if (c->url && is_plain(c->url) && is_carriers(u, c->url, t))
			add(u->redirect, c->url, read_q(c));
}

/* ---- the next try --------------------------------------------------------- */

static int readdress(struct uac *u, const char *text, osip_message_t *req,
		     struct sip_target *target)
{
	struct sip_target t = *target;
	osip_uri_t *uri = NULL;
	char *copy = NULL;
	int err;

	if (osip_uri_init(&uri))
		return -ENOMEM;
	err = osip_uri_parse(uri, text) ? -EINVAL : place_of(u, uri, &t);
	if (!err) {
		copy = strdup(text);
		err = copy ? accepted_redirect(u->accepted, text) : -ENOMEM;
	}
	if (err) {
		osip_uri_free(uri);
		free(copy);
		return err;
	}
	osip_uri_free(req->req_uri);
	req->req_uri = uri;
	free(u->request_uri);
	u->request_uri = copy;
	*target = t;
	return 0;
}

static bool ask_next(struct uac *u, osip_message_t *req,
		     struct sip_target *target)
{
	struct redirect *r = u->redirect;

	while (r && r->next < r->n)
		if (!readdress(u, r->list[r->next++].uri, req, target))
			return true;
	return false;
}

/* 420: once more without what is not understood (8.1.3.5). We require nothing,
 * so it can only be what we have said to support.                             */
static bool drop_extensions(struct uac *u, const osip_message_t *resp,
			    osip_message_t *req)
{
	bool rel = extension_named(req, "supported", "100rel");
	bool timer = extension_named(req, "supported", "timer");
	bool no_rel = rel && extension_named(resp, "unsupported", "100rel");
	bool no_timer = timer && extension_named(resp, "unsupported", "timer");

	if (!no_rel && !no_timer)
		return false;
	build_remove_header(req, "Supported");
	if (no_timer)
		refresh_drop(u, req);
	if (rel && !no_rel)
		return !build_add_header(req, "Supported", "100rel");
	if (timer && !no_timer)
		return !build_add_header(req, "Supported", "timer");
	return true;
}

bool redirect_again(void *arg, const osip_message_t *resp,
		    osip_message_t *req, struct sip_target *target)
{
	struct uac *u = arg;
	int code = resp->status_code;
	bool again;

	uac_enter(u);
	/* 305 and 380 mean more than another address.                         */
	if (code / 100 == 3 && code != 305 && code != 380)
		collect(u, resp, target);
	if (code == 420 && drop_extensions(u, resp, req))
		again = true;
	else if (code == 422 && refresh_raise(u, resp, req))
		again = true;
	else
		again = code < 600 && ask_next(u, req, target);
	if (again)
		log_info("sip: %d, asking again", code);
	uac_leave();
	return again;
}

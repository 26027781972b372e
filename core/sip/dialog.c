/*
 * dialog.c - a dialog as the side that called (RFC 3261 12).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/dialog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/build.h"
#include "sip/msg.h"

#define KEY_MAX 1024

/* What osip writes becomes ours, so that all is freed by free().              */
static int take_text(char **dst, char *osip_text)
{
	int err = osip_text ? str_set(dst, osip_text) : -ENOMEM;

	osip_free(osip_text);
	return err;
}

/* 12.1.2: the route set of the caller is Record-Route in reverse order.       */
static int take_routes(struct dialog *d, const osip_message_t *resp)
{
	int n = osip_list_size(&resp->record_routes);

	if (n > DIALOG_ROUTES_MAX)
		return -EBADMSG;
	for (int i = n - 1; i >= 0; i--) {
		const osip_record_route_t *rr =
			osip_list_get(&resp->record_routes, i);
		char *text = NULL;
		int err;

		if (!rr->url || !rr->url->host)
			return -EBADMSG;
		if (osip_record_route_to_str(rr, &text))
			return -ENOMEM;
		err = take_text(&d->routes[d->n_routes], text);
		if (err)
			return err;
		d->n_routes++;
	}
	return 0;
}

static int take_parties(struct dialog *d, const osip_message_t *resp)
{
	char *from = NULL, *to = NULL;
	int err;

	if (osip_from_to_str(resp->from, &from))
		return -ENOMEM;
	err = take_text(&d->local, from);
	if (err)
		return err;
	if (osip_to_to_str(resp->to, &to))
		return -ENOMEM;
	err = take_text(&d->remote, to);
	if (!err)
		err = str_set(&d->local_tag, msg_from_tag(resp));
	if (!err)
		err = str_set(&d->remote_tag, msg_to_tag(resp));
	if (!err)
		err = str_set(&d->call_id, msg_call_id(resp));
	return err;
}

static int take_target(struct dialog *d, const osip_message_t *resp,
		       const char *fallback)
{
	char *uri = msg_contact_uri(resp);

	return uri ? take_text(&d->target, uri) :
		     str_set(&d->target, fallback);
}

static int init_ends(struct dialog *d, const osip_message_t *resp,
		     const struct dialog_way *way)
{
	int err;

	*d = (struct dialog){ .listen = way->listen, .remote_cseq = -1,
			      .transport = way->transport };
	d->local_cseq = msg_cseq(resp);
	err = str_set(&d->name, way->name);
	return err ? err : take_parties(d, resp);
}

int dialog_init(struct dialog *d, const osip_message_t *resp,
		const char *fallback, const struct dialog_way *way)
{
	int err = init_ends(d, resp, way);

	if (!err)
		err = take_routes(d, resp);
	if (!err)
		err = take_target(d, resp, fallback);
	if (err)
		dialog_deinit(d);
	return err;
}

static void free_routes(struct dialog *d)
{
	for (size_t i = 0; i < d->n_routes; i++)
		free(d->routes[i]);
	d->n_routes = 0;
}

int dialog_go_blind(struct dialog *d, const char *request_uri,
		    const struct dialog_way *way)
{
	int err = str_set(&d->target, request_uri);

	if (err)
		return err;
	free_routes(d);
	d->blind = way->remote;
	return 0;
}

int dialog_init_blind(struct dialog *d, const osip_message_t *resp,
		      const char *request_uri, const struct dialog_way *way)
{
	int err = init_ends(d, resp, way);

	if (!err)
		err = dialog_go_blind(d, request_uri, way);
	if (err)
		dialog_deinit(d);
	return err;
}

void dialog_deinit(struct dialog *d)
{
	free(d->call_id);
	free(d->local);
	free(d->remote);
	free(d->local_tag);
	free(d->remote_tag);
	free(d->target);
	free(d->name);
	free_routes(d);
	memset(d, 0, sizeof(*d));
}

/* ---- routing (12.2.1.1) --------------------------------------------------- */

/* The URI of a route, `buf`: without name and brackets.                       */
static int route_uri(const char *route, osip_uri_t **uri)
{
	osip_route_t *r = NULL;
	int err = -EBADMSG;

	if (osip_route_init(&r))
		return -ENOMEM;
	if (!osip_route_parse(r, route) && r->url && r->url->host) {
		*uri = r->url;
		r->url = NULL;
		err = 0;
	}
	osip_route_free(r);
	return err;
}

static bool is_loose(osip_uri_t *uri)
{
	osip_uri_param_t *lr = NULL;

	osip_uri_uparam_get_byname(uri, "lr", &lr);
	return lr != NULL;
}

static int uri_parse(osip_uri_t **uri, const char *text)
{
	osip_uri_t *u = NULL;

	if (osip_uri_init(&u))
		return -ENOMEM;
	if (osip_uri_parse(u, text) || !u->host) {
		osip_uri_free(u);
		return -EBADMSG;
	}
	*uri = u;
	return 0;
}

static int transport_of(osip_uri_t *uri, enum sip_transport *transport)
{
	osip_uri_param_t *p = NULL;

	/* 26.2: what began by TLS stays there, whatever the URI says.         */
	if (*transport == SIP_TLS)
		return 0;
	if (uri->scheme && !strcasecmp(uri->scheme, "sips")) {
		*transport = SIP_TLS;
		return 0;
	}
	osip_uri_uparam_get_byname(uri, "transport", &p);
	if (!p)
		return 0;
	if (!p->gvalue || sip_transport_parse(transport, p->gvalue))
		return -EPROTONOSUPPORT;
	return 0;
}

/* An address has no name of its own: its certificate is the carrier's.        */
static int target_of(const struct dialog *d, osip_uri_t *uri,
		     struct sip_target *t)
{
	struct addr numeric;
	int64_t port = 0;

	if (uri->port && str_to_i64(&port, uri->port, 1, 65535))
		return -EBADMSG;
	*t = (struct sip_target){ .port = (uint16_t)port,
				  .transport = d->transport,
				  .listen = d->listen };
	if (str_copy(t->host, sizeof(t->host), uri->host) ||
	    !host_is_valid(t->host))
		return -EBADMSG;
	if (!addr_parse_ip(&numeric, t->host, 0))
		(void)str_copy(t->name, sizeof(t->name), d->name);
	return transport_of(uri, &t->transport);
}

static void blind_hop(const struct dialog *d, struct sip_target *t)
{
	*t = (struct sip_target){ .port = addr_port(&d->blind),
				  .transport = d->transport,
				  .listen = d->listen };
	addr_ip_text(&d->blind, t->host);
	(void)str_copy(t->name, sizeof(t->name), d->name);
}

int dialog_next_hop(const struct dialog *d, struct sip_target *t)
{
	osip_uri_t *uri = NULL;
	int err;

	if (d->blind.sa.sa_family != AF_UNSPEC) {
		blind_hop(d, t);
		return 0;
	}
	err = d->n_routes ? route_uri(d->routes[0], &uri) :
			    uri_parse(&uri, d->target);
	if (err)
		return err;
	err = target_of(d, uri, t);
	osip_uri_free(uri);
	return err;
}

/* The dialog as it would be with the new target; lends all of it.              */
static int check_target(const struct dialog *d, char *target)
{
	struct dialog next = *d;
	struct sip_target t;

	next.target = target;
	return dialog_next_hop(&next, &t);
}

int dialog_check_target(const struct dialog *d, const osip_message_t *m)
{
	char *uri = msg_contact_uri(m);
	int err = uri ? check_target(d, uri) : 0;

	osip_free(uri);
	return err;
}

int dialog_refresh_target(struct dialog *d, const osip_message_t *m)
{
	char *uri = msg_contact_uri(m);
	int err;

	if (!uri)
		return 0;
	err = check_target(d, uri);
	if (err)
		osip_free(uri);
	return err ? err : take_text(&d->target, uri);
}

static int write_strict(const struct dialog *d, const char *method,
			osip_uri_t *first, struct buf *out)
{
	char *text = NULL;

	if (osip_uri_to_str(first, &text))
		return -ENOMEM;
	buf_printf(out, "%s %s SIP/2.0\r\n", method, text);
	osip_free(text);
	for (size_t i = 1; i < d->n_routes; i++)
		buf_printf(out, "Route: %s\r\n", d->routes[i]);
	buf_printf(out, "Route: <%s>\r\n", d->target);
	return 0;
}

/* Request-URI and Route: the route set as it is, or, where its first element is
 * a strict router, that one as Request-URI and the target at the end.         */
static int write_route(const struct dialog *d, const char *method,
		       struct buf *out)
{
	osip_uri_t *first = NULL;
	int err = d->n_routes ? route_uri(d->routes[0], &first) : 0;

	if (err)
		return err;
	if (first && !is_loose(first)) {
		err = write_strict(d, method, first, out);
	} else {
		buf_printf(out, "%s %s SIP/2.0\r\n", method, d->target);
		for (size_t i = 0; i < d->n_routes; i++)
			buf_printf(out, "Route: %s\r\n", d->routes[i]);
	}
	osip_uri_free(first);
	return err;
}

static void write_line(struct buf *out, const char *name, const char *value)
{
	buf_puts(out, name);
	buf_puts(out, value);
	buf_puts(out, "\r\n");
}

int dialog_write(const struct dialog *d, const char *method, uint32_t cseq,
		 struct buf *out)
{
	int err = write_route(d, method, out);

	write_line(out, "From: ", d->local);
	write_line(out, "To: ", d->remote);
	write_line(out, "Call-ID: ", d->call_id);
	buf_printf(out, "CSeq: %u %s\r\n", cseq, method);
	return err ? err : out->err;
}

int dialog_request(const struct dialog *d, const char *method, uint32_t cseq,
		   osip_message_t **mp)
{
	struct buf out;
	int err;

	buf_init(&out, BUILD_MESSAGE_MAX);
	err = dialog_write(d, method, cseq, &out);
	buf_puts(&out, "\r\n");
	if (!err)
		err = build_parse(mp, &out);
	buf_deinit(&out);
	return err;
}

/* ---- index ---------------------------------------------------------------- */

static void write_key(struct buf *key, const char *call_id, const char *local,
		      const char *remote)
{
	buf_init(key, KEY_MAX);
	buf_write(key, call_id, strlen(call_id) + 1);
	buf_write(key, local, strlen(local) + 1);
	buf_write(key, remote, strlen(remote) + 1);
}

int dialog_register(struct sip *sip, const struct dialog *d,
		    struct dialog_user *du)
{
	struct buf key;
	int err;

	write_key(&key, d->call_id, d->local_tag, d->remote_tag);
	err = key.err ? key.err : map_put(sip->dialogs, key.data, key.len, du);
	buf_deinit(&key);
	return err;
}

void dialog_unregister(struct sip *sip, const struct dialog *d)
{
	struct buf key;

	if (!d->call_id)
		return;
	write_key(&key, d->call_id, d->local_tag, d->remote_tag);
	if (!key.err)
		map_remove(sip->dialogs, key.data, key.len);
	buf_deinit(&key);
}

struct dialog_user *dialog_find(const struct sip *sip,
				const osip_message_t *req)
{
	struct dialog_user *du = NULL;
	struct buf key;

	/* Ours have no "@host" behind them.                                   */
	if (req->call_id->host)
		return NULL;
	write_key(&key, msg_call_id(req), msg_to_tag(req), msg_from_tag(req));
	if (!key.err)
		du = map_get(sip->dialogs, key.data, key.len);
	buf_deinit(&key);
	return du;
}

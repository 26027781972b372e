/* SPDX-License-Identifier: MIT */
/*
 * msg.c - SIP messages: what the parser found, and responses as text.
 * Thread: signalling.
 */
#include "msg.h"

#include <sys/time.h>
#include <time.h>

#include <errno.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* osip writes its complaints to stdout, which is our event stream. */
static void trace_nothing(const char *file, int line, osip_trace_level_t level,
			  const char *fmt, va_list ap)
{
	(void)file;
	(void)line;
	(void)level;
	(void)fmt;
	(void)ap;
}

void msg_start(void)
{
	osip_trace_initialize_func(END_TRACE_LEVEL, trace_nothing);
	parser_init();
}

static void copy_and_free(char *dst, size_t size, char *src)
{
	txt_copy(dst, size, src);
	osip_free(src);
}

static const char *param(osip_list_t *params, const char *name, bool *present)
{
	osip_generic_param_t *p = NULL;
	char key[24];

	txt_copy(key, sizeof(key), name);
	osip_generic_param_get_byname(params, key, &p);
	if (present)
		*present = p != NULL;
	return p ? p->gvalue : NULL;
}

static bool take_via(struct msg *m)
{
	osip_via_t *v = osip_list_get(&m->osip->vias, 0);

	m->n_vias = osip_list_size(&m->osip->vias);
	if (!v || !v->host)
		return false;
	txt_copy(m->branch, sizeof(m->branch), param(&v->via_params, "branch",
						     NULL));
	param(&v->via_params, "rport", &m->rport);
	m->via_port = v->port ? (unsigned int)strtoul(v->port, NULL, 10) : 5060;
	snprintf(m->sent_by, sizeof(m->sent_by), "%.128s:%u", v->host,
		 m->via_port);
	return true;
}

/* osip unescapes what it parses; a digest covers the URI as it was sent. */
static void take_request_uri(struct msg *m)
{
	const char *from = strchr(m->raw, ' ');
	size_t n;

	if (!from)
		return;
	n = strcspn(++from, " \r\n");
	if (n >= sizeof(m->uri))
		n = sizeof(m->uri) - 1;
	memcpy(m->uri, from, n);
	m->uri[n] = '\0';
}

static bool take_dialog(struct msg *m)
{
	osip_message_t *o = m->osip;
	char *s = NULL;

	if (!o->call_id || !o->from || !o->to || !o->cseq ||
	    !o->cseq->number || !o->cseq->method)
		return false;
	if (osip_call_id_to_str(o->call_id, &s))
		return false;
	copy_and_free(m->call_id, sizeof(m->call_id), s);
	if (osip_from_to_str(o->from, &s))
		return false;
	copy_and_free(m->from, sizeof(m->from), s);
	if (osip_to_to_str(o->to, &s))
		return false;
	copy_and_free(m->to, sizeof(m->to), s);
	txt_copy(m->from_tag, sizeof(m->from_tag),
		 param(&o->from->gen_params, "tag", NULL));
	txt_copy(m->to_tag, sizeof(m->to_tag),
		 param(&o->to->gen_params, "tag", NULL));
	m->cseq = strtol(o->cseq->number, NULL, 10);
	txt_copy(m->cseq_method, sizeof(m->cseq_method), o->cseq->method);
	return true;
}

static void take_contact(struct msg *m)
{
	osip_contact_t *c = osip_list_get(&m->osip->contacts, 0);
	char *s = NULL;

	if (c && c->url && !osip_uri_to_str(c->url, &s))
		copy_and_free(m->contact_uri, sizeof(m->contact_uri), s);
}

static void take_body(struct msg *m)
{
	const char *end = strstr(m->raw, "\r\n\r\n");

	if (!end || !m->osip->content_length ||
	    !m->osip->content_length->value)
		return;
	m->body = end + 4;
	m->body_len = strtoul(m->osip->content_length->value, NULL, 10);
	if (m->body_len > m->raw_len - (size_t)(m->body - m->raw))
		m->body_len = m->raw_len - (size_t)(m->body - m->raw);
}

int msg_parse(struct msg *m, const char *buf, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->raw = buf;
	m->raw_len = len;
	if (osip_message_init(&m->osip))
		return -ENOMEM;
	if (osip_message_parse(m->osip, buf, len) || !take_via(m) ||
	    !take_dialog(m)) {
		msg_free(m);
		return -EINVAL;
	}
	m->request = m->osip->status_code == 0;
	m->code = m->osip->status_code;
	txt_copy(m->method, sizeof(m->method), m->request ?
		 m->osip->sip_method : m->cseq_method);
	if (m->request) {
		take_request_uri(m);
		if (m->osip->req_uri)
			txt_copy(m->user, sizeof(m->user),
				 m->osip->req_uri->username);
	}
	take_contact(m);
	take_body(m);
	return 0;
}

void msg_free(struct msg *m)
{
	if (m->osip)
		osip_message_free(m->osip);
	m->osip = NULL;
}

const char *msg_header(const struct msg *m, const char *name, int n)
{
	osip_header_t *h = NULL;
	int pos = -1;

	do {
		pos = osip_message_header_get_byname(m->osip, name, pos + 1,
						     &h);
	} while (pos >= 0 && n-- > 0);
	return pos >= 0 && h && h->hvalue ? h->hvalue : NULL;
}

char *msg_credentials(const struct msg *m, bool proxy, int n)
{
	osip_list_t *list = proxy ? &m->osip->proxy_authorizations :
		&m->osip->authorizations;
	osip_authorization_t *a = osip_list_get(list, n);
	char *s = NULL;

	if (!a || osip_authorization_to_str(a, &s))
		return NULL;
	return s;
}

char *msg_contact(const struct msg *m, int n, int *expires)
{
	osip_contact_t *c = osip_list_get(&m->osip->contacts, n);
	const char *value;
	char *s = NULL;

	*expires = -1;
	if (!c)
		return NULL;
	if (c->url && !c->url->host && c->displayname &&
	    !strcmp(c->displayname, "*"))
		return osip_strdup("*");
	if (!c->url)
		return osip_strdup(c->displayname ? c->displayname : "");
	value = param(&c->gen_params, "expires", NULL);
	if (value)
		*expires = (int)strtol(value, NULL, 10);
	return osip_uri_to_str(c->url, &s) ? NULL : s;
}

int msg_routes(const struct msg *m)
{
	return osip_list_size(&m->osip->routes);
}

void msg_route_set(const struct msg *m, struct txt *lines)
{
	int n = osip_list_size(&m->osip->record_routes);

	for (int i = 0; i < n; i++) {
		char *s = NULL;

		if (osip_record_route_to_str(osip_list_get(
				&m->osip->record_routes, i), &s))
			continue;
		txt_fmt(lines, "Route: %s\r\n", s);
		osip_free(s);
	}
}

void msg_reply_addr(const struct msg *m, struct addr *to)
{
	*to = m->source;
	if (!m->rport)
		addr_set_port(to, m->via_port);
}

const char *msg_reason(int code)
{
	const char *r = osip_message_get_reason(code);

	if (code == 199)
		return "Early Dialog Terminated";
	return r ? r : "Farend";
}

static void response_via(struct txt *t, const struct msg *req)
{
	char host[ADDR_TEXT];

	addr_host(&req->source, host);
	for (int i = 0; i < req->n_vias; i++) {
		osip_via_t *v = osip_list_get(&req->osip->vias, i);
		char *s = NULL, *at;

		if (!v || osip_via_to_str(v, &s))
			continue;
		txt_str(t, "Via: ");
		at = i == 0 && req->rport ? strcasestr(s, ";rport") : NULL;
		if (at && at[6] != '=')
			txt_fmt(t, "%.*s;rport=%u%s", (int)(at - s), s,
				addr_port(&req->source), at + 6);
		else
			txt_str(t, s);
		if (i == 0 && (req->rport || strcmp(host, v->host)))
			txt_fmt(t, ";received=%s", host);
		txt_str(t, "\r\n");
		osip_free(s);
	}
}

static void response_record_routes(struct txt *t, const struct msg *req)
{
	struct txt lines = { 0 };
	char *p;

	msg_route_set(req, &lines);
	for (p = lines.p; p && *p;) {
		size_t n = strcspn(p, "\n") + 1;

		txt_fmt(t, "Record-%.*s", (int)n, p);
		p += n;
	}
	txt_free(&lines);
}

void msg_response(struct txt *t, const struct msg *req, int code,
		  const char *to_tag, const char *headers, const char *body)
{
	size_t len = body ? strlen(body) : 0;

	txt_fmt(t, "SIP/2.0 %d %s\r\n", code, msg_reason(code));
	response_via(t, req);
	if (code < 300)
		response_record_routes(t, req);
	txt_fmt(t, "From: %s\r\nTo: %s", req->from, req->to);
	if (to_tag && *to_tag && !req->to_tag[0])
		txt_fmt(t, ";tag=%s", to_tag);
	txt_fmt(t, "\r\nCall-ID: %s\r\nCSeq: %ld %s\r\n", req->call_id,
		req->cseq, req->cseq_method);
	txt_str(t, "Server: carillon-farend\r\n");
	if (headers)
		txt_str(t, headers);
	if (len)
		txt_str(t, "Content-Type: application/sdp\r\n");
	txt_fmt(t, "Content-Length: %zu\r\n\r\n", len);
	if (len)
		txt_str(t, body);
}

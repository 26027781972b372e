/*
 * binding.c - what a REGISTER says, and what its answer grants.
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/binding.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/str.h"

enum { NUMBER_TEXT = 16 };

/* ---- request ------------------------------------------------------------- */

/* sip:[user@]host[:port]; the host of an IPv6 literal without its brackets,
 * which osip adds by itself. */
static int make_uri(osip_uri_t **up, const char *user, const char *host,
		    uint16_t port)
{
	char bare[SIP_HOST_LEN], digits[NUMBER_TEXT];
	osip_uri_t *u;
	size_t len = strlen(host);

	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (str_copy_n(bare, sizeof(bare), host, len))
		return -EINVAL;
	if (osip_uri_init(&u))
		return -ENOMEM;
	osip_uri_set_scheme(u, osip_strdup("sip"));
	osip_uri_set_host(u, osip_strdup(bare));
	if (user)
		osip_uri_set_username(u, osip_strdup(user));
	if (port) {
		(void)str_printf(digits, sizeof(digits), "%u", port);
		osip_uri_set_port(u, osip_strdup(digits));
	}
	if (u->scheme && u->host && (!user || u->username) &&
	    (!port || u->port)) {
		*up = u;
		return 0;
	}
	osip_uri_free(u);
	return -ENOMEM;
}

static int set_line(osip_message_t *m, const struct binding_request *b)
{
	osip_uri_t *u;
	int err = make_uri(&u, NULL, b->registrar_host, b->registrar_port);

	if (err)
		return err;
	osip_message_set_uri(m, u);
	osip_message_set_method(m, osip_strdup("REGISTER"));
	osip_message_set_version(m, osip_strdup("SIP/2.0"));
	return m->sip_method && m->sip_version ? 0 : -ENOMEM;
}

/* To and From are the address-of-record (10.2); only From has a tag. */
static int set_parties(osip_message_t *m, const struct binding_request *b)
{
	osip_uri_t *u;
	int err;

	if (osip_from_init(&m->from) || osip_to_init(&m->to))
		return -ENOMEM;
	err = make_uri(&u, b->user, b->domain, 0);
	if (err)
		return err;
	osip_from_set_url(m->from, u);
	err = make_uri(&u, b->user, b->domain, 0);
	if (err)
		return err;
	osip_to_set_url(m->to, u);
	return osip_from_set_tag(m->from, osip_strdup(b->tag)) ? -ENOMEM : 0;
}

static int set_headers(osip_message_t *m, const struct binding_request *b)
{
	char cseq[NUMBER_TEXT + 16], expires[NUMBER_TEXT];

	(void)str_printf(cseq, sizeof(cseq), "%u REGISTER", b->cseq);
	(void)str_printf(expires, sizeof(expires), "%d", b->expires_s);
	if (osip_message_set_call_id(m, b->call_id) ||
	    osip_message_set_cseq(m, cseq) ||
	    osip_message_set_header(m, "Expires", expires) ||
	    /* RFC 3327 5.1: proxies on the way may put themselves in it.      */
	    osip_message_set_header(m, "Supported", "path"))
		return -ENOMEM;
	return 0;
}

int binding_request(osip_message_t **mp, const struct binding_request *b)
{
	osip_message_t *m;
	int err;

	if (osip_message_init(&m))
		return -ENOMEM;
	err = set_line(m, b);
	if (!err)
		err = set_parties(m, b);
	if (!err)
		err = set_headers(m, b);
	if (err)
		osip_message_free(m);
	else
		*mp = m;
	return err;
}

int binding_contact(char dst[BINDING_CONTACT_LEN], const char *user,
		    const char *sent_by, enum sip_transport transport)
{
	char host[SIP_HOST_LEN + NUMBER_TEXT];
	char *text = NULL;
	osip_uri_t *u;
	int err = -EINVAL;

	if (osip_uri_init(&u))
		return -ENOMEM;
	if (str_printf(host, sizeof(host), "sip:%s", sent_by) == 0 &&
	    osip_uri_parse(u, host) == 0) {
		osip_uri_set_username(u, osip_strdup(user));
		/* A peer would take udp for granted (RFC 3261 19.1.1). */
		if (transport != SIP_UDP)
			osip_uri_set_transport(u, osip_strdup(
				sip_transport_name(transport)));
		err = osip_uri_to_str(u, &text) ? -ENOMEM : 0;
	}
	if (!err)
		err = str_copy(dst, BINDING_CONTACT_LEN, text);
	osip_free(text);
	osip_uri_free(u);
	return err;
}

int binding_set_contact(osip_message_t *req, const char *contact)
{
	char value[BINDING_CONTACT_LEN + 2];
	osip_contact_t *old;

	while ((old = osip_list_get(&req->contacts, 0))) {
		osip_list_remove(&req->contacts, 0);
		osip_contact_free(old);
	}
	(void)str_printf(value, sizeof(value), "<%s>", contact);
	osip_message_force_update(req);
	return osip_message_set_contact(req, value) ? -ENOMEM : 0;
}

/* ---- answer -------------------------------------------------------------- */

/* Leading digits, quoted or not, as in `120 (in a meeting)`; -1 for what is no
 * number. */
static int seconds_of(const char *text)
{
	int64_t n = 0;

	while (text && (*text == ' ' || *text == '\t' || *text == '"'))
		text++;
	if (!text || *text < '0' || *text > '9')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (*text - '0');
		if (n > BINDING_EXPIRES_MAX_S)
			return BINDING_EXPIRES_MAX_S;
	}
	return (int)n;
}

int binding_seconds(const osip_message_t *resp, const char *header)
{
	osip_header_t *h = NULL;

	if (osip_message_header_get_byname(resp, header, 0, &h) < 0 || !h)
		return -1;
	return seconds_of(h->hvalue);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* A port that is not written is 5060 for all that we speak here but TLS, where
 * a registrar that drops it would drop it for others too. */
static bool same_port(const char *a, const char *b)
{
	return same_text(a ? a : "5060", b ? b : "5060");
}

/* The parts of RFC 3261 19.1.4 that tell one binding of ours from another's. */
static bool same_uri(const osip_uri_t *a, const osip_uri_t *b)
{
	return a->scheme && b->scheme && a->host && b->host &&
	       strcasecmp(a->scheme, b->scheme) == 0 &&
	       strcasecmp(a->host, b->host) == 0 &&
	       same_text(a->username, b->username) &&
	       same_port(a->port, b->port);
}

static int contact_expires(osip_contact_t *c)
{
	osip_generic_param_t *p = NULL;
	char name[] = "expires";

	if (osip_contact_param_get_byname(c, name, &p) || !p)
		return -1;
	return seconds_of(p->gvalue);
}

/* The shown binding that is ours; NULL if none is. */
static osip_contact_t *find_own(const osip_message_t *resp, const char *contact)
{
	osip_list_iterator_t at;
	osip_contact_t *c = osip_list_get_first(&resp->contacts, &at);
	osip_contact_t *own = NULL;
	osip_uri_t *u;

	if (osip_uri_init(&u))
		return NULL;
	if (osip_uri_parse(u, contact) == 0) {
		for (; !own && c; c = osip_list_get_next(&at))
			if (c->url && same_uri(c->url, u))
				own = c;
	}
	osip_uri_free(u);
	return own;
}

int binding_granted(const osip_message_t *resp, const char *contact,
		    int asked_s)
{
	osip_contact_t *own = find_own(resp, contact);
	int granted = own ? contact_expires(own) : -1;
	int shown;

	if (granted >= 0)
		return granted;
	granted = binding_seconds(resp, "expires");
	if (granted < 0)
		granted = asked_s;
	if (own || osip_list_size(&resp->contacts) != 1)
		return granted;
	shown = contact_expires(osip_list_get(&resp->contacts, 0));
	return shown >= 0 && shown < granted ? shown : granted;
}

/*
 * build.c - writes SIP messages: escaped parts, answers, parsed requests.
 *
 * Requests are written as text and read by osip's parser, so that the code looks
 * like the wire and what leaves is what osip understood.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/build.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/msg.h"

/* RFC 3261 25.1: unreserved, and the two that dial strings hold. What is legal
 * only inside a user part (";", "?", "=") is escaped all the same: a careless
 * reader behind us would take it for a parameter.                             */
static bool is_plain(unsigned char ch)
{
	return (ch < 0x80 && isalnum(ch)) || (ch && strchr("-_.!~*'()+", ch));
}

void build_user(struct buf *out, const char *user)
{
	for (; *user; user++) {
		unsigned char ch = (unsigned char)*user;

		if (is_plain(ch))
			buf_putc(out, (char)ch);
		else
			buf_printf(out, "%%%02X", ch);
	}
}

void build_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text; text++) {
		unsigned char ch = (unsigned char)*text;

		if (ch == '"' || ch == '\\')
			buf_putc(out, '\\');
		buf_putc(out, ch < 0x20 || ch == 0x7f ? ' ' : (char)ch);
	}
	buf_putc(out, '"');
}

int build_parse(osip_message_t **mp, const struct buf *text)
{
	osip_message_t *m = NULL;

	if (text->err)
		return text->err;
	if (osip_message_init(&m))
		return -ENOMEM;
	if (osip_message_parse(m, text->data, text->len)) {
		osip_message_free(m);
		return -EINVAL;
	}
	*mp = m;
	return 0;
}

void build_remove_header(osip_message_t *m, const char *name)
{
	osip_list_iterator_t at;
	osip_header_t *h = osip_list_get_first(&m->headers, &at);

	while (h) {
		if (!h->hname || strcasecmp(h->hname, name)) {
			h = osip_list_get_next(&at);
			continue;
		}
		osip_header_free(h);
		h = osip_list_iterator_remove(&at);
	}
	osip_message_force_update(m);
}

int build_add_header(osip_message_t *m, const char *name, const char *value)
{
	return osip_message_set_header(m, name, value) ? -ENOMEM : 0;
}

int build_add_abilities(osip_message_t *m)
{
	int err = build_add_header(m, "Allow", BUILD_ALLOW);

	return err ? err : build_add_header(m, "Supported", BUILD_SUPPORTED);
}

/* RFC 3261 25.1 wants at least one product in it.                             */
int build_add_agent(osip_message_t *m, const char *name,
		    const struct sip *sip)
{
	build_remove_header(m, name);
	return sip->user_agent[0] ? build_add_header(m, name, sip->user_agent) :
				    0;
}

int build_set_header(osip_message_t *m, const char *name, const char *value)
{
	build_remove_header(m, name);
	return build_add_header(m, name, value);
}

int build_set_sdp(osip_message_t *m, const char *sdp)
{
	if (osip_message_set_content_type(m, "application/sdp") ||
	    osip_message_set_body(m, sdp, strlen(sdp)))
		return -ENOMEM;
	return 0;
}

static const char *const via_names[] = { "UDP", "TCP", "TLS" };

void build_via(struct buf *out, enum sip_transport transport,
	       const char *sent_by, const char *branch)
{
	buf_printf(out, "Via: SIP/2.0/%s %s;rport;branch=%s\r\n",
		   via_names[transport], sent_by, branch);
}

/* "192.0.2.1:5060", "[2001:db8::1]:5060" or a name; osip keeps a literal without
 * its brackets.                                                               */
static int set_sent_by(osip_via_t *via, const char *sent_by)
{
	bool literal = *sent_by == '[';
	const char *host = sent_by + literal;
	size_t n = strcspn(host, literal ? "]" : ":");
	const char *port = strchr(host + n, ':');

	via->host = osip_malloc(n + 1);
	if (!via->host)
		return -ENOMEM;
	memcpy(via->host, host, n);
	via->host[n] = '\0';
	if (!port)
		return 0;
	via->port = osip_strdup(port + 1);
	return via->port ? 0 : -ENOMEM;
}

static int add_param(osip_via_t *via, const char *name, const char *value)
{
	char *n = osip_strdup(name), *v = value ? osip_strdup(value) : NULL;

	if (n && (v || !value) && !osip_via_param_add(via, n, v))
		return 0;
	osip_free(n);
	osip_free(v);
	return -ENOMEM;
}

static int fill_via(osip_via_t *via, enum sip_transport transport,
		    const char *sent_by, const char *branch)
{
	int err;

	via->version = osip_strdup("2.0");
	via->protocol = osip_strdup(via_names[transport]);
	err = via->version && via->protocol ? set_sent_by(via, sent_by) :
					      -ENOMEM;
	if (!err)
		err = add_param(via, "rport", NULL);
	return err ? err : add_param(via, "branch", branch);
}

int build_set_via(osip_message_t *m, enum sip_transport transport,
		  const char *sent_by, const char *branch)
{
	osip_via_t *via;
	int err;

	if (osip_via_init(&via))
		return -ENOMEM;
	err = fill_via(via, transport, sent_by, branch);
	osip_list_special_free(&m->vias, (void (*)(void *))osip_via_free);
	if (!err && osip_list_add(&m->vias, via, -1) < 0)
		err = -ENOMEM;
	if (err)
		osip_via_free(via);
	return err;
}

void build_transport(struct buf *out, enum sip_transport transport)
{
	if (transport != SIP_UDP)
		buf_printf(out, ";transport=%s",
			   sip_transport_name(transport));
}

int build_set_cseq(osip_message_t *m, uint32_t number)
{
	char text[16];
	char *copy;

	(void)str_printf(text, sizeof(text), "%u", number);
	copy = osip_strdup(text);
	if (!copy)
		return -ENOMEM;
	osip_free(m->cseq->number);
	m->cseq->number = copy;
	osip_message_force_update(m);
	return 0;
}

int build_set_q850(osip_message_t *m, int cause)
{
	char text[32];

	if (!cause)
		return 0;
	(void)str_printf(text, sizeof(text), "Q.850;cause=%d", cause);
	return build_set_header(m, "Reason", text);
}

/* ---- answers -------------------------------------------------------------- */

static int clone_vias(osip_message_t *to, const osip_message_t *from)
{
	osip_list_iterator_t at;
	const osip_via_t *via = osip_list_get_first(&from->vias, &at);
	osip_via_t *copy;

	for (; via; via = osip_list_get_next(&at)) {
		if (osip_via_clone(via, &copy))
			return -ENOMEM;
		if (osip_list_add(&to->vias, copy, -1) < 0) {
			osip_via_free(copy);
			return -ENOMEM;
		}
	}
	return 0;
}

static int add_to_tag(osip_message_t *m, const char *tag)
{
	char *copy;

	if (*msg_to_tag(m))
		return 0;
	copy = osip_strdup(tag);
	if (!copy)
		return -ENOMEM;
	if (osip_to_set_tag(m->to, copy)) {
		osip_free(copy);
		return -ENOMEM;
	}
	return 0;
}

static int fill_response(osip_message_t *r, const struct sip *sip,
			 const osip_message_t *req, int code,
			 const char *to_tag)
{
	r->sip_version = osip_strdup("SIP/2.0");
	r->status_code = code;
	r->reason_phrase = osip_strdup(sip_reason_phrase(code));
	if (!r->sip_version || !r->reason_phrase)
		return -ENOMEM;
	if (osip_from_clone(req->from, &r->from) ||
	    osip_to_clone(req->to, &r->to) ||
	    osip_call_id_clone(req->call_id, &r->call_id) ||
	    osip_cseq_clone(req->cseq, &r->cseq))
		return -ENOMEM;
	if (clone_vias(r, req) || add_to_tag(r, to_tag))
		return -ENOMEM;
	return build_add_agent(r, "Server", sip);
}

int build_response(osip_message_t **rp, const struct sip *sip,
		   const osip_message_t *req, int code, const char *to_tag)
{
	osip_message_t *r = NULL;
	int err;

	if (osip_message_init(&r))
		return -ENOMEM;
	err = fill_response(r, sip, req, code, to_tag);
	if (err)
		osip_message_free(r);
	else
		*rp = r;
	return err;
}

int build_wire(osip_message_t *m, struct wire *wire)
{
	char *data, *small;
	size_t len;

	osip_message_force_update(m);
	if (osip_message_to_str(m, &data, &len))
		return -EINVAL;
	if (len > BUILD_MESSAGE_MAX) {
		osip_free(data);
		return -EMSGSIZE;
	}
	/* osip leaves some kB of room behind it, and an answer is kept for
	 * 64*T1: a flood would multiply that.                                 */
	small = osip_realloc(data, len + 1);
	*wire = (struct wire){ small ? small : data, len };
	return 0;
}

/*
 * msg.c - reads SIP messages: checks what osip lets through, finds headers.
 *
 * osip accepts messages without Via, CSeq or Call-ID, a body shorter than
 * Content-Length, and takes the line after "SIP/2.0 200" for the phrase. All of
 * that is looked at before (raw.c) and after its parser, so that the rest of the
 * stack may rely on what it reads.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/msg.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/str.h"
#include "sip/raw.h"

enum {
	TOKEN_MAX = 256,		/* Call-ID, tags, branch               */
	CHALLENGES_MAX = 8,
};

/* A stranger cannot send these: the first colon of a line ends its name.      */
static const char raw_www[] = ":www-authenticate";
static const char raw_proxy[] = ":proxy-authenticate";

/* ---- what osip made of it ------------------------------------------------- */

static bool token_ok(const char *s)
{
	return s && *s && strlen(s) <= TOKEN_MAX;
}

/* 8.1.1: without these there is nobody to answer.                             */
static const char *missing(const osip_message_t *m)
{
	const osip_via_t *via = msg_via(m);

	if (!via || !via->host || !via->protocol || !via->version)
		return "no Via";
	if (strlen(msg_branch(m)) > TOKEN_MAX || strlen(via->host) > TOKEN_MAX)
		return "long Via";
	if (!m->cseq || !token_ok(m->cseq->method) || !m->cseq->number)
		return "no CSeq";
	if (!m->call_id || !token_ok(m->call_id->number))
		return "no Call-ID";
	if (m->call_id->host && strlen(m->call_id->host) > TOKEN_MAX)
		return "long Call-ID";
	if (!m->from || !m->from->url || !m->to || !m->to->url)
		return "no From or To";
	if (strlen(msg_from_tag(m)) > TOKEN_MAX ||
	    strlen(msg_to_tag(m)) > TOKEN_MAX)
		return "long tag";
	if (MSG_IS_REQUEST(m) && (!m->req_uri || !token_ok(m->sip_method) ||
				  !m->sip_version))
		return "broken request line";
	return NULL;
}

static const char *broken_rule(const osip_message_t *m, size_t body_len)
{
	const char *length = m->content_length ? m->content_length->value :
						 NULL;
	int64_t n;

	if (str_to_i64(&n, m->cseq->number, 0, INT32_MAX))
		return "CSeq out of range";
	if (MSG_IS_REQUEST(m) && strcmp(m->cseq->method, m->sip_method))
		return "CSeq of another method";
	if (!length)
		return NULL;
	if (str_to_i64(&n, length, 0, INT32_MAX))
		return "broken Content-Length";
	/* 18.3: bytes beyond it are dropped (osip does), missing ones are an
	 * error.                                                              */
	if ((size_t)n > body_len)
		return "body shorter than Content-Length";
	return NULL;
}

/* ---- challenges, as they came --------------------------------------------- */

static int keep_value(osip_message_t *m, const char *name, const char *value,
		      size_t len)
{
	char text[2048];

	while (len && (*value == ' ' || *value == '\t')) {
		value++;
		len--;
	}
	/* One that is too long is no challenge that we could answer.          */
	if (str_copy_n(text, sizeof(text), value, len))
		return 0;
	for (char *p = text; *p; p++)
		if (*p == '\r' || *p == '\n' || *p == '\t')
			*p = ' ';
	return osip_message_set_header(m, name, text) ? -ENOMEM : 0;
}

static int keep_challenges(osip_message_t *m, const char *data, size_t head)
{
	const char *p = data, *end = data + head, *v;
	int kept = 0, err = 0;
	size_t n;

	for (; p < end && kept < CHALLENGES_MAX && !err; p += n) {
		const char *name = raw_www;

		n = raw_line_len(p, end);
		v = raw_header_value(p, n, raw_www + 1);
		if (!v) {
			v = raw_header_value(p, n, raw_proxy + 1);
			name = raw_proxy;
		}
		if (!v)
			continue;
		kept++;
		err = keep_value(m, name, v, (size_t)(p + n - v));
	}
	return err;
}

/* ---- the door ------------------------------------------------------------- */

static int parse(osip_message_t **mp, const char *data, size_t len)
{
	if (osip_message_init(mp))
		return -ENOMEM;
	if (!osip_message_parse(*mp, data, len))
		return 0;
	osip_message_free(*mp);
	*mp = NULL;
	return -EBADMSG;
}

/* osip reads nothing of a message whose body ends too early; without its
 * Content-Type it reads the headers, and the sender can be told (18.3).       */
static int parse_head(osip_message_t **mp, const char *data, size_t head)
{
	struct buf text;
	size_t n;
	int err;

	buf_init(&text, RAW_HEAD_MAX + 1);
	for (size_t at = 0; at < head; at += n) {
		n = raw_line_len(data + at, data + head);
		if (!raw_header_value(data + at, n, "content-type") &&
		    !raw_header_value(data + at, n, "c"))
			buf_write(&text, data + at, n);
	}
	err = text.err ? text.err : parse(mp, text.data, text.len);
	buf_deinit(&text);
	return err;
}

int msg_parse(osip_message_t **mp, const char *data, size_t len,
	      const char **why)
{
	osip_message_t *m = NULL;
	bool cut = false;
	size_t head;
	int err;

	err = raw_check(data, len, &head, why);
	if (err)
		return err;
	*why = "unreadable";
	err = parse(&m, data, len);
	if (err == -EBADMSG) {
		cut = true;
		err = parse_head(&m, data, head);
	}
	if (err)
		return err;
	*why = missing(m);
	if (*why)
		goto bad;
	if ((m->status_code == 401 || m->status_code == 407) &&
	    keep_challenges(m, data, head))
		goto bad;
	*why = broken_rule(m, len - head);
	if (cut && !*why) {
		*why = "broken body";
		goto bad;
	}
	*mp = m;
	return *why ? -EPROTO : 0;
 bad:
	osip_message_free(m);
	return -EBADMSG;
}

/* ---- getters -------------------------------------------------------------- */

const osip_via_t *msg_via(const osip_message_t *m)
{
	return osip_list_get(&m->vias, 0);
}

size_t msg_via_count(const osip_message_t *m)
{
	return (size_t)osip_list_size(&m->vias);
}

const char *msg_call_id(const osip_message_t *m)
{
	return m->call_id->number;
}

uint32_t msg_cseq(const osip_message_t *m)
{
	int64_t n = 0;

	(void)str_to_i64(&n, m->cseq->number, 0, INT32_MAX);
	return (uint32_t)n;
}

static const char *param(const osip_list_t *list, const char *name)
{
	const osip_generic_param_t *p;
	osip_list_iterator_t at;

	for (p = osip_list_get_first(list, &at); p; p = osip_list_get_next(&at))
		if (p->gname && !strcasecmp(p->gname, name))
			return p->gvalue ? p->gvalue : "";
	return "";
}

const char *msg_branch(const osip_message_t *m)
{
	return param(&msg_via(m)->via_params, "branch");
}

static const char *tag_of(const osip_from_t *party)
{
	return param(&party->gen_params, "tag");
}

const char *msg_from_tag(const osip_message_t *m)
{
	return tag_of(m->from);
}

const char *msg_to_tag(const osip_message_t *m)
{
	return tag_of(m->to);
}

static const char *value_of(struct msg_values *v, const osip_header_t *h)
{
	for (; h; h = osip_list_get_next(&v->at))
		if (h->hname && !strcasecmp(h->hname, v->name))
			return h->hvalue ? h->hvalue : "";
	return NULL;
}

const char *msg_first(struct msg_values *v, const osip_message_t *m,
		      const char *name)
{
	v->name = name;
	return value_of(v, osip_list_get_first(&m->headers, &v->at));
}

const char *msg_next(struct msg_values *v)
{
	return value_of(v, osip_list_get_next(&v->at));
}

const char *msg_header(const osip_message_t *m, const char *name, int nth)
{
	struct msg_values v;
	const char *value = msg_first(&v, m, name);

	while (value && nth--)
		value = msg_next(&v);
	return value;
}

const char *msg_challenge(const osip_message_t *m, bool proxy, int nth)
{
	return msg_header(m, proxy ? raw_proxy : raw_www, nth);
}

static bool is_type(const osip_content_type_t *ct, const char *type,
		    const char *subtype)
{
	return ct && ct->type && !strcasecmp(ct->type, type) &&
	       (!subtype || (ct->subtype && !strcasecmp(ct->subtype, subtype)));
}

bool msg_has_body(const osip_message_t *m)
{
	const osip_body_t *b = osip_list_get(&m->bodies, 0);

	return b && b->body && b->length;
}

const char *msg_sdp(const osip_message_t *m, size_t *len)
{
	bool multipart = is_type(m->content_type, "multipart", NULL);
	osip_list_iterator_t at;
	const osip_body_t *b = osip_list_get_first(&m->bodies, &at);

	for (; b; b = osip_list_get_next(&at)) {
		if (!is_type(multipart ? b->content_type : m->content_type,
			     "application", "sdp"))
			continue;
		if (!b->body || !b->length)
			continue;
		*len = b->length;
		return b->body;
	}
	*len = 0;
	return NULL;
}

/* A decimal number at the start of s, up to max; 0 if there is none.          */
static int leading_number(const char *s, int max)
{
	int64_t n;
	char digits[12];
	size_t len = strspn(s, "0123456789");

	if (str_copy_n(digits, sizeof(digits), s, len))
		return max;
	return str_to_i64(&n, digits, 0, max) ? (len ? max : 0) : (int)n;
}

static const char *cause_value(const char *p)
{
	p += strspn(p, "; \t");
	return strncasecmp(p, "cause", 5) ? NULL :
					    p + 5 + strspn(p + 5, " \t=");
}

/* RFC 3326 2; a quoted text may say anything, also what looks like a cause.   */
static int cause_of(const char *p)
{
	bool quoted = false;

	p += strspn(p, " \t");
	if (strncasecmp(p, "Q.850", 5))
		return 0;
	for (; *p; p++) {
		const char *value = *p == ';' && !quoted ? cause_value(p) : NULL;

		if (value)
			return leading_number(value, 127);
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p[1])
			p++;
	}
	return 0;
}

int msg_q850_cause(const osip_message_t *m)
{
	struct msg_values v;
	const char *reason = msg_first(&v, m, "reason");
	int cause = 0;

	for (; !cause && reason; reason = msg_next(&v))
		cause = cause_of(reason);
	return cause;
}

int msg_retry_after(const osip_message_t *m)
{
	const char *v = msg_header(m, "retry-after", 0);

	/* More than a day is a mistake or malice.                             */
	return v ? leading_number(v + strspn(v, " \t"), 86400) : 0;
}

/* 19.1.1, table 1: a Request-URI has neither headers nor a method.            */
static void make_request_uri(osip_uri_t *uri)
{
	osip_list_iterator_t at;
	osip_uri_param_t *p = osip_list_get_first(&uri->url_params, &at);

	osip_uri_header_freelist(&uri->url_headers);
	while (p) {
		if (strcasecmp(p->gname, "method")) {
			p = osip_list_get_next(&at);
			continue;
		}
		osip_uri_param_free(p);
		p = osip_list_iterator_remove(&at);
	}
}

char *msg_contact_uri(const osip_message_t *m)
{
	const osip_contact_t *c = osip_list_get(&m->contacts, 0);
	osip_uri_t *uri = NULL;
	char *text = NULL;

	if (!c || !c->url || !c->url->host || osip_uri_clone(c->url, &uri))
		return NULL;
	make_request_uri(uri);
	if (osip_uri_to_str(uri, &text))
		text = NULL;
	osip_uri_free(uri);
	return text;
}

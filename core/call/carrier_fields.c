/*
 * carrier_fields.c - the fields of a carrier, and what each may hold.
 *
 * Whatever reaches the wire from here is checked so that it cannot change the
 * shape of a message: no control bytes, and no `@`, `;`, `?`, `>` where a user
 * part or a host stands. Names that are quoted on the wire (user names, realm)
 * may hold anything printable.
 */
/* SPDX-License-Identifier: MIT */
#include "call/carrier_fields.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/str.h"
#include "call/header.h"
#include "call/negotiate.h"
#include "call/next_hop.h"
#include "call/number.h"
#include "sip/sip.h"

static int refuse(char *why, size_t cap, const char *text)
{
	str_copy(why, cap, text);
	return -EINVAL;
}

static int check_text(const char *v, char *why, size_t cap)
{
	if (str_has_ctl(v))
		return refuse(why, cap, "control characters are not allowed");
	return 0;
}

static int check_name(const char *v, char *why, size_t cap)
{
	if (!*v)
		return refuse(why, cap, "must not be empty");
	return check_text(v, why, cap);
}

/* "sip.example." is a whole name (RFC 1034 3.1).                               */
static size_t len_without_dot(const char *host)
{
	size_t len = strlen(host);

	return len > 1 && host[len - 1] == '.' ? len - 1 : len;
}

static bool is_host(const char *text)
{
	char host[SIP_HOST_LEN];
	struct addr a;

	if (str_copy_n(host, sizeof(host), text, len_without_dot(text)) ||
	    !host_is_valid(host))
		return false;
	return !strcmp(host, text) || addr_parse_ip(&a, host, 0);
}

static bool is_nobodys(const char *host)
{
	struct addr a;

	return !addr_parse_ip(&a, host, 0) && !addr_is_one_host(&a);
}

#define NOBODYS "is an address that no single host has (unspecified, " \
		"multicast or broadcast)"

static int check_host(const char *v, char *why, size_t cap)
{
	if (!is_host(v))
		return refuse(why, cap, "is not a host name or an IP address "
			      "(a port goes into \"port\")");
	return is_nobodys(v) ? refuse(why, cap, NOBODYS) : 0;
}

static int check_domain(const char *v, char *why, size_t cap)
{
	if (*v && !is_host(v))
		return refuse(why, cap, "is the domain behind the @ of From: a "
			      "host name or an IP address, without user, port "
			      "or parameters");
	return 0;
}

static int check_proxy(const char *v, char *why, size_t cap)
{
	struct sip_target t;
	bool has_transport;

	if (*v && next_hop_proxy(&t, &has_transport, v))
		return refuse(why, cap, "is not like \"proxy.example\" or "
			      "\"192.0.2.1:5061;transport=tls\"");
	return *v && is_nobodys(t.host) ? refuse(why, cap, NOBODYS) : 0;
}

static int check_prefix(const char *v, char *why, size_t cap)
{
	const char *digits = v[0] == '+' ? v + 1 : v;

	if (digits[strspn(digits, "0123456789*#")])
		return refuse(why, cap, "may hold digits, * and #, and one + "
			      "in front");
	return 0;
}

static int check_user(const char *v, char *why, size_t cap)
{
	if (!number_user_is_valid(v))
		return refuse(why, cap, "is a user part: no spaces and none of "
			      "@ ; ? < > \" \\ : /");
	return 0;
}

static int check_listen(const char *v, char *why, size_t cap)
{
	struct sip_listen l;

	if (*v && sip_listen_parse(&l, v))
		return refuse(why, cap, "is not like \"udp:192.0.2.1:5060\"");
	return 0;
}

/* Known by name, and those of the plugins; NULL-ended.                        */
#define CODEC_NAMES_MAX 80
static const char *codec_names[CODEC_NAMES_MAX];

static const char *const protocols[] = { "SIP", NULL };
static const char *const transports[] = { "udp", "tcp", "tls", "auto", NULL };
static const char *const number_formats[] = { "as_is", "e164", "plain", NULL };
static const char *const srtp_modes[] = {
	"off", "optional", "required", NULL
};
static const char *const dtmf_modes[] = {
	"auto", "rfc4733", "inband", "off", NULL
};
static const char *const caller_ids[] = {
	"from", "p_asserted_identity", "privacy", NULL
};

#define AT(m) .offset = offsetof(struct cln_carrier, m), \
	      .cap = sizeof(((struct cln_carrier *)0)->m)
#define FIELD static const struct cln_field
#define HEAD .size = sizeof(struct cln_field)

FIELD f_name = { HEAD, .name = "name", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_REQUIRED, AT(name), .check = check_name,
	.help = "Name for people; several carriers may share one." };
FIELD f_host = { HEAD, .name = "host", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_REQUIRED, AT(host), .check = check_host,
	.help = "Host name or IP address of the carrier." };
FIELD f_port = { HEAD, .name = "port", .type = CLN_FIELD_INT,
	.flags = CLN_FIELD_NULLABLE, AT(port), .min = 0, .max = 65535,
	.help = "SIP port; 0: the default of the transport." };
FIELD f_protocol = { HEAD, .name = "protocol", .type = CLN_FIELD_STRING,
	AT(protocol), .def = "SIP", .choices = protocols,
	.help = "Only SIP." };
FIELD f_transport = { HEAD, .name = "transport", .type = CLN_FIELD_STRING,
	AT(transport), .def = "auto", .choices = transports,
	.help = "Transport towards the carrier; auto: as DNS says, else udp." };
FIELD f_prefix = { HEAD, .name = "prefix", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_NULLABLE, AT(prefix), .check = check_prefix,
	.help = "Digits set before each number." };
FIELD f_codecs = { HEAD, .name = "codecs", .type = CLN_FIELD_CODECS,
	.flags = CLN_FIELD_REQUIRED, AT(codecs),
	.choices = codec_names,
	.help = "Codecs in the order of the offer." };
FIELD f_register = { HEAD, .name = "register", .type = CLN_FIELD_BOOL,
	AT(do_register), .max = 1,
	.help = "Register at once and keep the registration fresh." };
FIELD f_username = { HEAD, .name = "username", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_NULLABLE, AT(username), .check = check_text,
	.help = "User of the registration, and of digest authentication." };
FIELD f_password = { HEAD, .name = "password", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_NULLABLE | CLN_FIELD_SECRET, AT(password),
	.check = check_text,
	.help = "Password of digest authentication; never given out." };
FIELD f_auth_username = { HEAD, .name = "auth_username",
	.type = CLN_FIELD_STRING, .flags = CLN_FIELD_NULLABLE,
	AT(auth_username), .check = check_text,
	.help = "User name in digest answers, where it is not username." };
FIELD f_realm = { HEAD, .name = "realm", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_NULLABLE, AT(realm), .check = check_text,
	.help = "Answer only challenges of this realm." };
FIELD f_from_user = { HEAD, .name = "from_user", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_NULLABLE, AT(from_user), .check = check_user,
	.help = "Caller where a call names none; default: username." };
FIELD f_from_domain = { HEAD, .name = "from_domain", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_NULLABLE, AT(from_domain), .check = check_domain,
	.help = "Domain of From; default: host." };
FIELD f_outbound_proxy = { HEAD, .name = "outbound_proxy",
	.type = CLN_FIELD_STRING, .flags = CLN_FIELD_NULLABLE,
	AT(outbound_proxy), .check = check_proxy,
	.help = "host[:port][;transport=tls] that requests outside a dialog "
		"are sent to." };
FIELD f_listen = { HEAD, .name = "listen", .type = CLN_FIELD_STRING,
	.flags = CLN_FIELD_NULLABLE, AT(listen), .check = check_listen,
	.help = "Which sip.listen address to send from; connections come from "
		"its address." };
FIELD f_expires_s = { HEAD, .name = "expires_s", .type = CLN_FIELD_INT,
	AT(expires_s), .min = 10, .max = 86400, .def_int = 3600,
	.help = "Registration time asked for, in seconds." };
FIELD f_max_channels = { HEAD, .name = "max_channels", .type = CLN_FIELD_INT,
	.flags = CLN_FIELD_NULLABLE, AT(max_channels), .min = 0,
	.max = 1000000, .help = "Most calls at a time; 0: no own limit." };
FIELD f_max_cps = { HEAD, .name = "max_cps", .type = CLN_FIELD_INT,
	.flags = CLN_FIELD_NULLABLE, AT(max_cps), .min = 0, .max = 100000,
	.help = "Most new calls a second; 0: no own limit." };
FIELD f_enabled = { HEAD, .name = "enabled", .type = CLN_FIELD_BOOL,
	AT(enabled), .max = 1, .def_int = 1,
	.help = "false: neither registers nor takes calls." };
FIELD f_strip = { HEAD, .name = "strip", .type = CLN_FIELD_INT,
	.flags = CLN_FIELD_NULLABLE, AT(strip), .min = 0, .max = 31,
	.help = "Digits taken off the front of each number, and its +." };
FIELD f_number_format = { HEAD, .name = "number_format",
	.type = CLN_FIELD_STRING, AT(number_format), .def = "as_is",
	.choices = number_formats,
	.help = "e164: with a + in front; plain: without one." };
FIELD f_options_ping_s = { HEAD, .name = "options_ping_s",
	.type = CLN_FIELD_INT, .flags = CLN_FIELD_NULLABLE,
	AT(options_ping_s), .min = 0, .max = 3600,
	.help = "Seconds from one OPTIONS to the next; 0: none." };
FIELD f_caller_id = { HEAD, .name = "caller_id", .type = CLN_FIELD_STRING,
	AT(caller_id), .def = "from", .choices = caller_ids,
	.help = "Where a call says who calls." };
FIELD f_headers = { HEAD, .name = "headers", .type = CLN_FIELD_HEADERS,
	.flags = CLN_FIELD_NULLABLE, AT(headers), .check = header_check,
	.help = "Headers added to each INVITE, by name." };
FIELD f_session_expires_s = { HEAD, .name = "session_expires_s",
	.type = CLN_FIELD_INT, .flags = CLN_FIELD_NULLABLE,
	AT(session_expires_s), .min = 0, .max = 86400,
	.help = "Session timer asked for; 0: only if the far end asks." };
FIELD f_ptime = { HEAD, .name = "ptime", .type = CLN_FIELD_INT,
	.flags = CLN_FIELD_NULLABLE, AT(ptime), .min = 0, .max = PTIME_MAX_MS,
	.help = "Packet time in ms to ask for; 0: each codec's own." };
FIELD f_srtp = { HEAD, .name = "srtp", .type = CLN_FIELD_STRING, AT(srtp),
	.def = "off", .choices = srtp_modes,
	.help = "Encrypted RTP; optional: where the far end can." };
FIELD f_dtmf = { HEAD, .name = "dtmf", .type = CLN_FIELD_STRING, AT(dtmf),
	.def = "auto", .choices = dtmf_modes,
	.help = "Digits as events (rfc4733) or as tones (inband)." };
FIELD f_symmetric_rtp = { HEAD, .name = "symmetric_rtp",
	.type = CLN_FIELD_BOOL, AT(symmetric_rtp), .max = 1,
	.help = "Send to the port that the far end's RTP comes from." };

const struct cln_field *const carrier_fields[] = {
	&f_name, &f_host, &f_port, &f_protocol, &f_transport, &f_prefix,
	&f_codecs, &f_register, &f_username, &f_password, &f_auth_username,
	&f_realm, &f_from_user, &f_from_domain, &f_outbound_proxy, &f_listen,
	&f_expires_s, &f_max_channels, &f_max_cps, &f_enabled, &f_strip,
	&f_number_format, &f_options_ping_s, &f_caller_id, &f_headers,
	&f_session_expires_s, &f_ptime, &f_srtp, &f_dtmf, &f_symmetric_rtp, NULL
};

void carrier_fields_know(const struct plugins *plugins)
{
	const struct cln_codec *codec;
	size_t n = 0;

	for (size_t i = 0; plugins_known_codecs[i]; i++)
		codec_names[n++] = plugins_known_codecs[i];
	for (size_t i = 0; (codec = plugins_codec_at(plugins, i)) &&
	     n < CODEC_NAMES_MAX - 1; i++)
		if (!plugins_codec_known(codec->api_name))
			codec_names[n++] = codec->api_name;
	codec_names[n] = NULL;
}

void problem_add(struct cln_problems *p, int code, const char *pointer,
		 const char *fmt, ...)
{
	struct cln_problem *item;
	va_list ap;

	if (p->n++ >= CLN_PROBLEMS_MAX)
		return;
	item = &p->items[p->n - 1];
	item->code = code;
	str_copy(item->pointer, sizeof(item->pointer), pointer);
	va_start(ap, fmt);
	vsnprintf(item->detail, sizeof(item->detail), fmt, ap);
	va_end(ap);
}

static size_t field_size(const struct cln_field *f)
{
	switch (f->type) {
	case CLN_FIELD_INT:
		return sizeof(int32_t);
	case CLN_FIELD_BOOL:
		return sizeof(uint8_t);
	case CLN_FIELD_CODECS:
		return sizeof(struct cln_codec_list);
	case CLN_FIELD_HEADERS:
		return sizeof(struct cln_header_list);
	case CLN_FIELD_STRING:
		break;
	}
	return f->cap;
}

static void set_default(const struct cln_field *f, struct cln_carrier *c)
{
	char *at = (char *)c + f->offset;

	memset(at, 0, field_size(f));
	if (f->type == CLN_FIELD_STRING)
		str_copy(at, f->cap, f->def);
	else if (f->type == CLN_FIELD_INT)
		*(int32_t *)(void *)at = f->def_int;
	else if (f->type == CLN_FIELD_BOOL)
		*(uint8_t *)at = f->def_int != 0;
}

void carrier_fields_merge(struct cln_carrier *to,
			  const struct cln_carrier *from, const uint8_t *set,
			  bool replace)
{
	for (size_t i = 0; carrier_fields[i]; i++) {
		const struct cln_field *f = carrier_fields[i];

		if (set[i])
			memcpy((char *)to + f->offset,
			       (const char *)from + f->offset, field_size(f));
		else if (replace && !(f->flags & CLN_FIELD_SECRET))
			set_default(f, to);
	}
	to->password_set = to->password[0] != '\0';
}

static void drop_final_dot(char *host)
{
	host[len_without_dot(host)] = '\0';
}

void carrier_fields_settle(struct cln_carrier *c)
{
	drop_final_dot(c->host);
	drop_final_dot(c->from_domain);
}

/* Who asks for TLS is not to get less by another field.                       */
static void check_transports(const struct cln_carrier *c,
			     struct cln_problems *problems)
{
	struct sip_target t;
	struct sip_listen l;

	next_hop_of(c, &t);
	if (!strcmp(c->transport, "tls") && t.transport != SIP_TLS) {
		problem_add(problems, CLN_INVALID, "/outbound_proxy",
			    "asks for transport %s, but the carrier's "
			    "transport is \"tls\"",
			    sip_transport_name(t.transport));
		problem_add(problems, CLN_INVALID, "/transport",
			    "is \"tls\", but outbound_proxy asks for %s",
			    sip_transport_name(t.transport));
	}
	if (t.transport == SIP_UDP && c->listen[0] &&
	    !sip_listen_parse(&l, c->listen) && l.transport != SIP_UDP)
		problem_add(problems, CLN_INVALID, "/listen",
			    "is for %s, but the carrier is called by udp",
			    sip_transport_name(l.transport));
}

static void check_headers(const struct cln_carrier *c,
			  struct cln_problems *problems)
{
	char pointer[16 + CLN_HEADER_NAME_LEN];

	if (!strcmp(c->caller_id, "from"))
		return;
	for (uint32_t i = 0; i < c->headers.n; i++) {
		const char *name = c->headers.items[i].name;

		if (!header_names_caller(name))
			continue;
		str_printf(pointer, sizeof(pointer), "/headers/%s", name);
		problem_add(problems, CLN_INVALID, pointer,
			    "is written by the server where caller_id is "
			    "\"%s\"", c->caller_id);
	}
}

void carrier_fields_check(const struct cln_carrier *c,
			  struct cln_problems *problems)
{
	if (c->do_register && !c->username[0])
		problem_add(problems, CLN_INVALID, "/username",
			    "a carrier that registers needs a username");
	if (c->session_expires_s && c->session_expires_s < SIP_SESSION_MIN_S)
		problem_add(problems, CLN_INVALID, "/session_expires_s",
			    "must be 0, or %d at least (RFC 4028)",
			    SIP_SESSION_MIN_S);
	if (c->ptime && c->ptime < PTIME_MIN_MS)
		problem_add(problems, CLN_INVALID, "/ptime",
			    "must be 0, or %d at least", PTIME_MIN_MS);
	if (c->prefix[0] == '+' && !strcmp(c->number_format, "e164"))
		problem_add(problems, CLN_INVALID, "/prefix",
			    "begins with a +, and number_format \"e164\" sets "
			    "one behind it: leave one of them out");
	check_transports(c, problems);
	check_headers(c, problems);
}

/*
 * names.c - words of sip.h and transport.h: addresses, targets, status phrases.
 *
 * Thread: any; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/transport.h"

static const char *const transports[] = { "udp", "tcp", "tls", "any" };

uint16_t sip_default_port(enum sip_transport t)
{
	return t == SIP_TLS ? 5061 : 5060;
}

const char *sip_transport_name(enum sip_transport t)
{
	return transports[t];
}

void hop_server_text(char text[SIP_SERVER_LEN], const struct hop *h)
{
	char addr[ADDR_TEXT_LEN];

	text[0] = '\0';
	if (h->remote.sa.sa_family == AF_UNSPEC)
		return;
	addr_text(&h->remote, addr);
	(void)str_printf(text, SIP_SERVER_LEN, "%s:%s",
			 sip_transport_name(h->transport), addr);
}

int sip_transport_parse(enum sip_transport *t, const char *text)
{
	for (size_t i = 0; i < SIP_ANY; i++) {
		if (strcasecmp(text, transports[i]))
			continue;
		*t = (enum sip_transport)i;
		return 0;
	}
	return -EINVAL;
}

int sip_listen_parse(struct sip_listen *l, const char *text)
{
	struct sip_listen out = { .transport = SIP_UDP };

	for (size_t i = 0; i < SIP_ANY; i++) {
		size_t n = strlen(transports[i]);

		if (!strncasecmp(text, transports[i], n) && text[n] == ':') {
			out.transport = (enum sip_transport)i;
			text += n + 1;
			break;
		}
	}
	if (addr_parse(&out.addr, text, sip_default_port(out.transport)))
		return -EINVAL;
	*l = out;
	return 0;
}

/* Where the port's colon stands: behind the bracket of an IPv6 literal, and
 * nowhere in one without brackets.                                            */
static const char *port_colon(const char *text)
{
	const char *end = strchr(text, ']');
	const char *colon;

	if (*text == '[')
		return end && end[1] == ':' ? end + 1 : NULL;
	colon = strchr(text, ':');
	return colon && !strchr(colon + 1, ':') ? colon : NULL;
}

int sip_target_parse(struct sip_target *t, const char *text)
{
	struct sip_target out = { .transport = SIP_UDP, .listen = -1 };
	const char *colon = port_colon(text);
	int64_t port = 0;

	if (str_copy_n(out.host, sizeof(out.host), text,
		       colon ? (size_t)(colon - text) : strlen(text)))
		return -EINVAL;
	if (!host_is_valid(out.host))
		return -EINVAL;
	if (colon && str_to_i64(&port, colon + 1, 1, 65535))
		return -EINVAL;
	out.port = (uint16_t)port;
	*t = out;
	return 0;
}

static const struct {
	int code;
	const char *phrase;
} phrases[] = {
	{ 100, "Trying" },
	{ 180, "Ringing" },
	{ 181, "Call Is Being Forwarded" },
	{ 182, "Queued" },
	{ 183, "Session Progress" },
	{ 200, "OK" },
	{ 202, "Accepted" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Moved Temporarily" },
	{ 305, "Use Proxy" },
	{ 380, "Alternative Service" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 410, "Gone" },
	{ 413, "Request Entity Too Large" },
	{ 414, "Request-URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Unsupported URI Scheme" },
	{ 420, "Bad Extension" },
	{ 421, "Extension Required" },
	{ 422, "Session Interval Too Small" },
	{ 423, "Interval Too Brief" },
	{ 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" },
	{ 482, "Loop Detected" },
	{ 483, "Too Many Hops" },
	{ 484, "Address Incomplete" },
	{ 485, "Ambiguous" },
	{ 486, "Busy Here" },
	{ 487, "Request Terminated" },
	{ 488, "Not Acceptable Here" },
	{ 491, "Request Pending" },
	{ 493, "Undecipherable" },
	{ 500, "Server Internal Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Server Time-out" },
	{ 505, "Version Not Supported" },
	{ 513, "Message Too Large" },
	{ 600, "Busy Everywhere" },
	{ 603, "Decline" },
	{ 604, "Does Not Exist Anywhere" },
	{ 606, "Not Acceptable" },
};

const char *sip_reason_phrase(int code)
{
	static const char *const classes[] = {
		"Unknown", "Session Progress", "OK", "Multiple Choices",
		"Bad Request", "Server Internal Error", "Busy Everywhere",
	};

	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		if (phrases[i].code == code)
			return phrases[i].phrase;
	/* RFC 3261 8.1.3.2: an unknown code means x00 of its class.           */
	if (code < 100 || code > 699)
		return classes[0];
	return classes[code / 100];
}

void sip_reason_text(char text[SIP_REASON_LEN], int code, const char *phrase)
{
	(void)str_copy(text, SIP_REASON_LEN, phrase);
	if (!*text || str_has_ctl(text) || !str_is_utf8(text, strlen(text)))
		(void)str_copy(text, SIP_REASON_LEN, sip_reason_phrase(code));
}

/*
 * next_hop.c - where a carrier's requests go, by its fields alone.
 *
 * Thread: any; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "call/next_hop.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define TRANSPORT_PARAM "transport="

static int proxy_param(struct sip_target *t, bool *has_transport,
		       const char *param)
{
	/* Every proxy of ours routes loosely (RFC 3261 16.12).                */
	if (!strcasecmp(param, "lr"))
		return 0;
	if (*has_transport || strncasecmp(param, TRANSPORT_PARAM,
					  strlen(TRANSPORT_PARAM)))
		return -EINVAL;
	*has_transport = true;
	param += strlen(TRANSPORT_PARAM);
	if (sip_transport_parse(&t->transport, param) ||
	    t->transport == SIP_ANY)
		return -EINVAL;
	return 0;
}

/* "sip.example.:5060" is "sip.example:5060", wholly qualified (RFC 1034 3.1).   */
static void drop_final_dot(char *hostport)
{
	char *end = strrchr(hostport, ':');

	if (!end)
		end = hostport + strlen(hostport);
	if (end > hostport + 1 && end[-1] == '.')
		memmove(end - 1, end, strlen(end) + 1);
}

int next_hop_proxy(struct sip_target *t, bool *has_transport,
		   const char *text)
{
	char copy[sizeof(((struct cln_carrier *)0)->outbound_proxy)];
	char *param, *save = NULL;
	int err = 0;

	if (!strncasecmp(text, "sip:", 4))
		text += 4;
	/* strtok_r() would pass over an empty parameter.                      */
	if (strstr(text, ";;") || str_copy(copy, sizeof(copy), text) ||
	    !*copy || copy[strlen(copy) - 1] == ';' || copy[0] == ';')
		return -EINVAL;
	param = strtok_r(copy, ";", &save);
	drop_final_dot(param);
	if (sip_target_parse(t, param))
		return -EINVAL;
	t->transport = SIP_ANY;
	*has_transport = false;
	while (!err && (param = strtok_r(NULL, ";", &save)))
		err = proxy_param(t, has_transport, param);
	return err;
}

static enum sip_transport transport_of(const struct cln_carrier *c)
{
	enum sip_transport t = SIP_UDP;

	if (!strcmp(c->transport, "auto"))
		return SIP_ANY;
	(void)sip_transport_parse(&t, c->transport);
	return t;
}

static bool is_address(const char *host)
{
	struct addr a;

	return !addr_parse_ip(&a, host, 0);
}

void next_hop_of(const struct cln_carrier *c, struct sip_target *t)
{
	bool has_transport = false;

	*t = (struct sip_target){ .port = (uint16_t)c->port, .listen = -1 };
	str_copy(t->host, sizeof(t->host), c->host);
	if (c->outbound_proxy[0])
		(void)next_hop_proxy(t, &has_transport, c->outbound_proxy);
	if (!has_transport)
		t->transport = transport_of(c);
	/* An address proves nothing about whose it is.                        */
	str_copy(t->name, sizeof(t->name),
		 is_address(t->host) ? c->host : t->host);
}

uint16_t next_hop_uri_port(const struct cln_carrier *c)
{
	return c->port == sip_default_port(transport_of(c)) ? 0 : (uint16_t)c->port;
}

/*
 * destination.c - where a call goes, and what its carrier wants of it.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "call/destination.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "call/next_hop.h"

#define DEFAULT_USER "carillon"

static enum uac_caller_id caller_id_of(const struct cln_carrier *data)
{
	if (!strcmp(data->caller_id, "p_asserted_identity"))
		return UAC_CALLER_ASSERTED;
	return strcmp(data->caller_id, "privacy") ? UAC_CALLER_FROM :
						    UAC_CALLER_PRIVATE;
}

static void put_headers(struct destination *d,
			const struct cln_header_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		str_printf(d->lines[i], sizeof(d->lines[i]), "%s: %s",
			   list->items[i].name, list->items[i].value);
		d->headers[i] = d->lines[i];
	}
}

/* What the carrier wants of every call.                                       */
static void put_ways(struct destination *d, const struct carrier *carrier)
{
	carrier_target(carrier, &d->target);
	d->auth = carrier->auth;
	d->routes = carrier_routes(carrier);
	d->caller_id = caller_id_of(&carrier->data);
	d->session_expires_s = carrier->data.session_expires_s;
	put_headers(d, &carrier->data.headers);
}

/* RFC 3325 9.1: an identity that is no one's is not asserted, so a name of ours
 * stands in From at the most.                                                 */
static void put_caller(struct destination *d, const char *from)
{
	if (!*from && d->caller_id == UAC_CALLER_PRIVATE)
		return;
	if (!*from)
		d->caller_id = UAC_CALLER_FROM;
	str_copy(d->from_user, sizeof(d->from_user),
		 *from ? from : DEFAULT_USER);
}

static int to_carrier(const struct call *c, const struct carrier *carrier,
		      struct destination *d)
{
	const struct cln_carrier *data = &carrier->data;
	char number[STORE_TO_LEN];
	int err;

	put_ways(d, carrier);
	put_caller(d, c->to->from[0] ? c->to->from :
		      data->from_user[0] ? data->from_user : data->username);
	str_copy(d->from_domain, sizeof(d->from_domain),
		 data->from_domain[0] ? data->from_domain : data->host);
	err = number_for_carrier(number, sizeof(number), c->to->to, data->strip,
				 data->number_format);
	return err ? err : number_request_uri(d->uri, sizeof(d->uri),
					      data->prefix, number, data->host,
					      next_hop_uri_port(data));
}

static int to_uri(const struct call *c, struct destination *d)
{
	struct addr addr;
	bool numeric;
	int err;

	d->target.listen = -1;
	d->target.transport = SIP_ANY;
	err = number_uri_split(c->to->to, d->target.host,
			       sizeof(d->target.host), &d->target.port);
	if (err)
		return err;
	numeric = !addr_parse_ip(&addr, d->target.host, d->target.port);
	if (!c->x->cfg.direct_allowed(c->x->cfg.direct_arg,
				      numeric ? NULL : d->target.host,
				      numeric ? &addr : NULL))
		return -EPERM;
	str_copy(d->from_user, sizeof(d->from_user),
		 c->to->from[0] ? c->to->from : DEFAULT_USER);
	return str_copy(d->uri, sizeof(d->uri), c->to->to);
}

int destination_find(struct call *c, struct destination *d)
{
	const struct carrier *carrier;

	*d = (struct destination){ 0 };
	if (!c->lane->carrier_id[0]) {
		str_copy(c->attempt.route, sizeof(c->attempt.route),
			 "SIP URI");
		return to_uri(c, d);
	}
	carrier = carrier_find(c->x, c->lane->carrier_id);
	if (!carrier)
		return -ENODEV;
	str_copy(c->attempt.carrier_id, sizeof(c->attempt.carrier_id),
		 carrier->data.id);
	str_copy(c->attempt.route, sizeof(c->attempt.route),
		 "carrier_id of the request");
	return to_carrier(c, carrier, d);
}

/*
 * cancel.c - the CANCEL that belongs to an INVITE (RFC 3261 9.1).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/cancel.h"

#include <errno.h>

#include "sip/build.h"
#include "sip/msg.h"

static int clone_routes(osip_message_t *to, const osip_message_t *from)
{
	osip_list_iterator_t at;
	const osip_route_t *route = osip_list_get_first(&from->routes, &at);
	osip_route_t *copy;

	for (; route; route = osip_list_get_next(&at)) {
		if (osip_route_clone(route, &copy))
			return -ENOMEM;
		if (osip_list_add(&to->routes, copy, -1) < 0) {
			osip_route_free(copy);
			return -ENOMEM;
		}
	}
	return 0;
}

static int fill_cancel(osip_message_t *m, const osip_message_t *invite)
{
	osip_via_t *via = NULL;

	m->sip_method = osip_strdup("CANCEL");
	m->sip_version = osip_strdup("SIP/2.0");
	if (!m->sip_method || !m->sip_version ||
	    osip_uri_clone(invite->req_uri, &m->req_uri) ||
	    osip_from_clone(invite->from, &m->from) ||
	    osip_to_clone(invite->to, &m->to) ||
	    osip_call_id_clone(invite->call_id, &m->call_id) ||
	    osip_cseq_clone(invite->cseq, &m->cseq) ||
	    osip_via_clone(msg_via(invite), &via))
		return -ENOMEM;
	if (osip_list_add(&m->vias, via, -1) < 0) {
		osip_via_free(via);
		return -ENOMEM;
	}
	osip_free(m->cseq->method);
	m->cseq->method = osip_strdup("CANCEL");
	return m->cseq->method ? clone_routes(m, invite) : -ENOMEM;
}

int cancel_request(osip_message_t **mp, const struct sip *sip,
		   const osip_message_t *invite, int q850)
{
	osip_message_t *m = NULL;
	int err;

	if (osip_message_init(&m))
		return -ENOMEM;
	err = fill_cancel(m, invite);
	if (!err)
		err = build_set_header(m, "Max-Forwards", "70");
	if (!err)
		err = build_add_agent(m, "User-Agent", sip);
	if (!err)
		err = build_set_q850(m, q850);
	if (err)
		osip_message_free(m);
	else
		*mp = m;
	return err;
}

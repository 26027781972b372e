/*
 * resolve_steps.c - from a name to servers in their order (RFC 3263 4).
 *
 *	NAPTR -> SRV of each service -> A and AAAA of each server -> ways
 *	     \______ none ______/ \___________ none: of the host __/
 *
 * A step asks for all it needs at once; when its last answer is there, the next
 * one begins. Where there is no address of a family within reach, one more
 * look-up finds out whether there are others: for the note.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/resolve_impl.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

/* ---- names that need no name server -------------------------------------- */

/* RFC 6761 6.3: such a name is this machine's loopback, and is nobody else's to
 * resolve, also where there is no hosts file.                                */
static bool is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t len = strlen(host), n = strlen(name);

	if (len && host[len - 1] == '.')
		len--;
	return len >= n && !strncasecmp(host + len - n, name, n) &&
	       (len == n || host[len - n - 1] == '.');
}

static struct dns_answer *loopback(void)
{
	struct dns_record records[FAMILIES];

	memset(records, 0, sizeof(records));
	addr_parse_ip(&records[0].addr, "127.0.0.1", 0);
	addr_parse_ip(&records[1].addr, "::1", 0);
	return dns_answer_new(0, records, FAMILIES);
}

/* Addresses of what is no name, or that this machine knows itself; err 0 and
 * NULL: a name server must be asked.                                         */
static struct dns_answer *known_here(struct resolve_query *q, const char *host,
				     int *err)
{
	struct dns_record one;
	struct dns_answer *a;

	memset(&one, 0, sizeof(one));
	*err = 0;
	if (addr_parse_ip(&one.addr, host, 0) == 0)
		a = dns_answer_new(0, &one, 1);
	else if (is_localhost(host))
		a = loopback();
	else if (!host_is_valid(host))
		a = dns_answer_new(-ENOENT, NULL, 0);
	else {
		a = hosts_find(q->resolver->hosts, host);
		if (a && a->err) {
			dns_answer_unref(a);
			return NULL;
		}
	}
	*err = a ? 0 : -ENOMEM;
	return a;
}

/* ---- the steps ----------------------------------------------------------- */

/* `of`: transport, host, port and service; the rest is found out. */
static void ask_addresses(struct resolve_query *q, const struct server *of)
{
	struct server *s;
	int err, family;

	if (q->n_servers == RESOLVE_MAX)
		return;
	family = q->reach.family[of->transport];
	s = &q->servers[q->n_servers++];
	*s = *of;
	s->lookups[0] = s->lookups[1] = NO_LOOKUP;
	s->known = known_here(q, s->host, &err);
	if (err)
		query_failed(q, err, DNS_HOSTS, s->host);
	if (s->known || err)
		return;
	/* IPv6 first, as RFC 6724 has it where both are reached. */
	if (family != AF_INET)
		s->lookups[0] = query_look_up(q, DNS_AAAA, s->host);
	if (family != AF_INET6)
		s->lookups[1] = query_look_up(q, DNS_A, s->host);
}

static enum sip_transport default_transport(const struct resolve_query *q)
{
	enum sip_transport t = SIP_UDP;

	if (q->target.transport != SIP_ANY)
		return q->target.transport;
	while (t < SIP_TLS && !resolve_reaches(&q->reach, t))
		t++;
	return t;
}

static void ask_host(struct resolve_query *q, enum sip_transport transport)
{
	struct server s = {
		.transport = transport, .port = q->target.port,
		.host = q->target.host, .service = NO_SERVICE,
	};

	q->step = ASK_ADDRESSES;
	if (!s.port)
		s.port = sip_default_port(transport);
	ask_addresses(q, &s);
}

static void ask_services(struct resolve_query *q)
{
	size_t i;

	q->step = ASK_SRV;
	for (i = 0; i < q->n_services; i++)
		query_look_up(q, DNS_SRV, q->services[i].name);
}

static void after_naptr(struct resolve_query *q)
{
	const struct dns_answer *a = query_answer(q, 0);

	if (has_records(a))
		q->n_services = service_by_naptr(q->services, a, q->target.host,
						 &q->reach);
	if (has_records(a) && !q->n_services)
		(void)str_copy(q->offered, sizeof(q->offered),
			       service_offered(a));
	query_drop_lookups(q);
	if (!q->n_services)
		q->n_services = service_by_name(q->services, q->target.host,
						SIP_ANY, &q->reach);
	ask_services(q);
}

/* Later services stand in for earlier ones only where they are of the same
 * order (RFC 3403 4.1), and never something else for TLS: who can break a
 * connection must not win by it.                                             */
static bool goes_with(const struct service *s, const struct service *first)
{
	return !first || (s->order == first->order &&
			  (first->transport != SIP_TLS ||
			   s->transport == SIP_TLS));
}

static void ask_servers_of(struct resolve_query *q, size_t service)
{
	const struct dns_srv *servers[DNS_RECORDS_MAX];
	size_t i, n;

	n = service_servers(servers, q->srv[service], q->resolver->random);
	for (i = 0; i < n; i++)
		ask_addresses(q, &(struct server){
			.transport = q->services[service].transport,
			.host = servers[i]->target, .port = servers[i]->port,
			.service = (int)service,
		});
}

static void after_srv(struct resolve_query *q)
{
	const struct service *first = NULL;
	bool any = false;
	size_t i;

	for (i = 0; i < q->n_services; i++) {
		q->srv[i] = q->lookups[i].answer;
		q->lookups[i].answer = NULL;
	}
	query_drop_lookups(q);
	q->step = ASK_ADDRESSES;
	for (i = 0; i < q->n_services; i++) {
		const struct service *s = &q->services[i];

		any = any || has_records(q->srv[i]);
		if (has_records(q->srv[i]) && goes_with(s, first)) {
			size_t before = q->n_servers;

			ask_servers_of(q, i);
			if (!first && q->n_servers > before)
				first = s;
		}
	}
	/* Where NAPTR named a transport, its SRV may be missing still. */
	if (!any)
		ask_host(q, q->n_services ? q->services[0].transport :
					    default_transport(q));
}

/* ---- from step to step --------------------------------------------------- */

static int err_of(const struct resolve_query *q)
{
	switch (q->failure) {
	case 0:
		return -ENOENT;
	case -ETIMEDOUT:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

static void after_addresses(struct resolve_query *q)
{
	int family;

	ways_collect(q);
	family = q->result.n || q->failure ? AF_UNSPEC :
					     resolve_other_family(q);
	if (family == AF_UNSPEC) {
		query_finish(q, q->result.n ? 0 : err_of(q));
		return;
	}
	q->step = ASK_OTHERS;
	q->others = query_look_up(q, family == AF_INET ? DNS_A : DNS_AAAA,
				  q->servers[0].host);
}

void steps_advance(struct resolve_query *q)
{
	while (q->step != DONE && !q->n_pending) {
		switch (q->step) {
		case ASK_NAPTR:
			after_naptr(q);
			break;
		case ASK_SRV:
			after_srv(q);
			break;
		case ASK_ADDRESSES:
			after_addresses(q);
			break;
		default:
			query_finish(q, err_of(q));
		}
	}
}

static bool skips_services(struct resolve_query *q, int *err)
{
	struct dns_answer *here;
	bool known;

	*err = 0;
	if (q->target.port)
		return true;
	here = known_here(q, q->target.host, err);
	known = here;
	dns_answer_unref(here);
	return known;
}

static void begin(struct resolve_query *q, enum sip_transport transport)
{
	int err;

	if (skips_services(q, &err)) {
		ask_host(q, transport);
	} else if (err) {
		query_failed(q, err, DNS_HOSTS, q->target.host);
		query_finish(q, -EIO);
	} else if (q->target.transport == SIP_ANY) {
		q->step = ASK_NAPTR;
		query_look_up(q, DNS_NAPTR, q->target.host);
	} else {
		q->n_services = service_by_name(q->services, q->target.host,
						transport, &q->reach);
		ask_services(q);
	}
}

void steps_begin(struct resolve_query *q)
{
	enum sip_transport transport = default_transport(q);

	if (!resolve_reaches(&q->reach, transport))
		query_finish(q, -ENOENT);
	else
		begin(q, transport);
}

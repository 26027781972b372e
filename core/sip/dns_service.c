/*
 * dns_service.c - which transports and servers a domain's records ask for.
 *
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/dns_service.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

bool resolve_reaches(const struct resolve_reach *reach,
		     enum sip_transport transport)
{
	return reach->family[transport] >= 0;
}

/* ---- NAPTR --------------------------------------------------------------- */

/* SIP_ANY: not a service of SIP that we know. SIPS+D2T is what RFC 3263 has for
 * TLS.                                                                       */
static enum sip_transport transport_of(const struct dns_naptr *n)
{
	static const char *const names[] = {
		[SIP_UDP] = "SIP+D2U", [SIP_TCP] = "SIP+D2T",
		[SIP_TLS] = "SIPS+D2T",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (!strcasecmp(n->service, names[i]))
			return (enum sip_transport)i;
	return SIP_ANY;
}

static size_t bare_len(const char *domain)
{
	size_t len = strlen(domain);

	return len && domain[len - 1] == '.' ? len - 1 : len;
}

static bool is_within(const char *name, const char *domain)
{
	size_t len = strlen(name), n = bare_len(domain);

	return len > n && name[len - n - 1] == '.' &&
	       !strncasecmp(name + len - n, domain, n);
}

static bool is_usable(const struct dns_naptr *n, const char *domain,
		      const struct resolve_reach *reach)
{
	enum sip_transport transport = transport_of(n);

	if (strcasecmp(n->flags, "s") || !strcmp(n->replacement, ".") ||
	    transport == SIP_ANY || !resolve_reaches(reach, transport))
		return false;
	return transport != SIP_TLS || is_within(n->replacement, domain);
}

static bool is_better(const struct dns_naptr *n, const struct service *s)
{
	if (n->order != s->order)
		return n->order < s->order;
	return n->preference < s->preference;
}

/* In its place; the worst one falls off a full list. */
static size_t insert(struct service *list, size_t n, const struct dns_naptr *r)
{
	size_t at = n;

	while (at > 0 && is_better(r, &list[at - 1]))
		at--;
	if (at == SERVICES_MAX)
		return n;
	if (n < SERVICES_MAX)
		n++;
	memmove(&list[at + 1], &list[at], (n - at - 1) * sizeof(*list));
	list[at].transport = transport_of(r);
	list[at].order = r->order;
	list[at].preference = r->preference;
	str_copy(list[at].name, sizeof(list[at].name), r->replacement);
	return n;
}

size_t service_by_naptr(struct service list[SERVICES_MAX],
			const struct dns_answer *naptr, const char *domain,
			const struct resolve_reach *reach)
{
	size_t i, n = 0;

	for (i = 0; i < naptr->n; i++)
		if (is_usable(&naptr->records[i].naptr, domain, reach))
			n = insert(list, n, &naptr->records[i].naptr);
	return n;
}

const char *service_offered(const struct dns_answer *naptr)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ+-.:"
				    "abcdefghijklmnopqrstuvwxyz0123456789";
	const char *text = naptr->records[0].naptr.service;

	return *text && !text[strspn(text, plain)] ? text : "?";
}

/* ---- SRV ----------------------------------------------------------------- */

size_t service_by_name(struct service list[SERVICES_MAX], const char *domain,
		       enum sip_transport transport,
		       const struct resolve_reach *reach)
{
	static const char *const prefixes[] = {
		[SIP_UDP] = "_sip._udp.", [SIP_TCP] = "_sip._tcp.",
		[SIP_TLS] = "_sips._tcp.",
	};
	size_t i, n = 0;

	for (i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct service *s = &list[n];

		if (transport != SIP_ANY && transport != i)
			continue;
		/* RFC 3263 4.1: a SIP URI asks for "_sip" alone. */
		if (transport == SIP_ANY && i == SIP_TLS && n)
			continue;
		*s = (struct service){ .transport = (enum sip_transport)i };
		/* Too long for a name: there is none such. */
		if (resolve_reaches(reach, s->transport) &&
		    !str_printf(s->name, sizeof(s->name), "%s%.*s",
				prefixes[i], (int)bare_len(domain), domain))
			n++;
	}
	return n;
}

/* By priority; within one, those without weight first, as RFC 2782 asks for its
 * draw.                                                                      */
static bool is_before(const struct dns_srv *a, const struct dns_srv *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return !a->weight && b->weight;
}

static size_t sort(const struct dns_srv **to, const struct dns_answer *srv)
{
	size_t i, at, n = 0;

	for (i = 0; i < srv->n; i++) {
		const struct dns_srv *s = &srv->records[i].srv;

		if (!strcmp(s->target, "."))
			continue;
		for (at = n++; at > 0 && is_before(s, to[at - 1]); at--)
			to[at] = to[at - 1];
		to[at] = s;
	}
	return n;
}

/* RFC 2782: a number from 0 to the sum of the weights; the first server whose
 * running sum reaches it is the next.                                        */
static size_t draw(const struct dns_srv *const *list, size_t n,
		   struct random *random)
{
	uint32_t sum = 0, number;
	size_t i;

	for (i = 0; i < n; i++)
		sum += list[i]->weight;
	if (!sum)
		return 0;
	number = random_below(random, sum + 1);
	for (i = 0, sum = 0; i < n - 1; i++) {
		sum += list[i]->weight;
		if (sum >= number)
			break;
	}
	return i;
}

size_t service_servers(const struct dns_srv *servers[DNS_RECORDS_MAX],
		       const struct dns_answer *srv, struct random *random)
{
	size_t n = sort(servers, srv), i, end, at;

	for (i = 0; i < n; i++) {
		const struct dns_srv *chosen;

		for (end = i + 1; end < n; end++)
			if (servers[end]->priority != servers[i]->priority)
				break;
		at = i + draw(servers + i, end - i, random);
		chosen = servers[at];
		for (; at > i; at--)
			servers[at] = servers[at - 1];
		servers[i] = chosen;
	}
	return n;
}

/*
 * resolve_note.c - why a name led to no server, in a sentence.
 *
 * The cause comes first and the names behind it: what is too long loses the end
 * of a name.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/resolve_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 3)))
static void say(struct resolve_query *q, const char *fmt, ...)
{
	struct resolve_result *r = &q->result;
	int used = snprintf(r->note, sizeof(r->note), "not resolved: ");
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->note + used, sizeof(r->note) - (size_t)used, fmt, ap);
	va_end(ap);
}

/* ---- what failed --------------------------------------------------------- */

static const char *type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_AAAA:
		return "AAAA";
	case DNS_SRV:
		return "SRV";
	case DNS_NAPTR:
		return "NAPTR";
	default:
		return "address";
	}
}

static void say_failure(struct resolve_query *q)
{
	const char *type = type_name(q->failed_type);
	const char *name = q->failed_name ? q->failed_name : q->target.host;
	const char *servers = q->resolver->name_servers;

	if (q->failure == -EBUSY)
		say(q, "too many names are asked for: %s of %s", type, name);
	else if (q->failure == -ENOMEM)
		say(q, "no memory: %s of %s", type, name);
	else
		say(q, "the name server %s%s%s: %s of %s",
		    q->result.err == -ETIMEDOUT ? "does not answer" : "failed",
		    *servers ? ", " : "", servers, type, name);
}

/* ---- what there is not --------------------------------------------------- */

static void say_other_family(struct resolve_query *q, const struct server *s,
			     int family, bool is_address)
{
	const char *what = family == AF_INET6 ? "IPv6" : "IPv4";

	say(q, "%s %s %s, and %s %s: %s", is_address ? "an" : "only", what,
	    is_address ? "address" : "addresses",
	    q->target.listen < 0 ? "no sip.listen for" :
				   "its \"listen\" is not", what, s->host);
}

static bool is_literal(const char *host)
{
	struct addr a;

	return addr_parse_ip(&a, host, 0) == 0;
}

static bool has_no_data(const struct resolve_query *q, const struct server *s)
{
	int f;

	for (f = 0; f < FAMILIES; f++) {
		const struct dns_answer *a = query_answer(q, s->lookups[f]);

		if (a && a->no_data)
			return true;
	}
	return false;
}

static void say_no_name(struct resolve_query *q, const struct server *s)
{
	const char *srv = s->service == NO_SERVICE ? NULL :
			  q->services[s->service].name;
	const char *what = !host_is_valid(s->host) ? "no valid name" :
			   has_no_data(q, s) ? "no address" : "no such name";

	if (*q->offered)
		say(q, "NAPTR offers %s only, and there is no SRV and %s: %s",
		    q->offered, what, s->host);
	else if (srv)
		say(q, "%s: %s, of SRV %s", what, s->host, srv);
	else
		say(q, "%s: %s", what, s->host);
}

/* The first server's address; the others are not better. */
static void say_no_address(struct resolve_query *q)
{
	const struct server *s = &q->servers[0];
	const struct dns_answer *others = query_answer(q, q->others);
	const struct dns_answer *a = has_records(s->known) ? s->known : others;

	if (has_records(a))
		say_other_family(q, s, a->records[0].addr.sa.sa_family,
				 is_literal(s->host));
	else
		say_no_name(q, s);
}

int resolve_other_family(const struct resolve_query *q)
{
	const struct server *s = &q->servers[0];

	if (!q->n_servers || s->known || !has_no_data(q, s))
		return AF_UNSPEC;
	switch (q->reach.family[s->transport]) {
	case AF_INET:
		return AF_INET6;
	case AF_INET6:
		return AF_INET;
	default:
		return AF_UNSPEC;
	}
}

/* ---- the door ------------------------------------------------------------ */

void resolve_note(struct resolve_query *q)
{
	size_t i = 0;

	if (!q->result.err)
		return;
	if (q->failure) {
		say_failure(q);
	} else if (q->n_servers) {
		say_no_address(q);
	} else if (!q->n_services) {
		say(q, "no sip.listen for %s: %s",
		    sip_transport_name(q->target.transport), q->target.host);
	} else {
		/* RFC 2782: "the service is decidedly not available". */
		while (i + 1 < q->n_services && !has_records(q->srv[i]))
			i++;
		say(q, "its domain refuses the service, target \".\" of SRV %s",
		    q->services[i].name);
	}
}

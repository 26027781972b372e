/*
 * dns_service.h - which transports and servers a domain's records ask for.
 *
 * Values in, values out: NAPTR (RFC 3263 4.1) and SRV (4.2, RFC 2782).
 *
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DNS_SERVICE_H
#define SIP_DNS_SERVICE_H

#include "base/random.h"
#include "sip/dns_answer.h"
#include "sip/resolve.h"

enum { SERVICES_MAX = 6 };

struct service {
	enum sip_transport transport;	/* never SIP_ANY                      */
	uint16_t order, preference;
	char name[DNS_NAME_LEN];	/* of the SRV records                 */
};

bool resolve_reaches(const struct resolve_reach *reach,
		     enum sip_transport transport);
/* What NAPTR records of `domain` offer within reach, best first. TLS only in
 * the domain: a certificate vouches for the domain, not for where an unsigned
 * record sends us (RFC 3263 4.1).                                            */
size_t service_by_naptr(struct service list[SERVICES_MAX],
			const struct dns_answer *naptr, const char *domain,
			const struct resolve_reach *reach);
/* The first service that they offer, "?" where it is none that a person should
 * read: for the case that none is usable.                                    */
const char *service_offered(const struct dns_answer *naptr);
/* The names to ask for without NAPTR: of one transport, or UDP's and TCP's as
 * far as within reach; TLS' where there is nothing else.                     */
size_t service_by_name(struct service list[SERVICES_MAX], const char *domain,
		       enum sip_transport transport,
		       const struct resolve_reach *reach);
/* SRV records in the order to try: by priority, and drawn by weight within one.
 * Those with the target "." are left out.                                    */
size_t service_servers(const struct dns_srv *servers[DNS_RECORDS_MAX],
		       const struct dns_answer *srv, struct random *random);

#endif

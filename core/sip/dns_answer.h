/*
 * dns_answer.h - what a name server said, from its bytes to counted records.
 *
 * Thread: signalling. An answer does not change once it is made; it is counted,
 * since the cache and several resolutions may hold it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DNS_ANSWER_H
#define SIP_DNS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum dns_type {				/* numbers of the wire                */
	DNS_HOSTS = 0,			/* both families, from the hosts file */
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_NAPTR = 35,
};

enum {
	DNS_RECORDS_MAX = 32,		/* kept of one answer                 */
	DNS_NAME_LEN = 256,
};

struct dns_srv {			/* RFC 2782                           */
	uint16_t priority, weight, port;
	char target[DNS_NAME_LEN];	/* ".": there is no such service      */
};

struct dns_naptr {			/* RFC 3403 4; those with a regexp are
					 * not for SIP and left out           */
	uint16_t order, preference;
	char flags[8], service[32];
	char replacement[DNS_NAME_LEN];
};

struct dns_record {
	union {
		struct addr addr;	/* DNS_A, DNS_AAAA, DNS_HOSTS; port 0 */
		struct dns_srv srv;
		struct dns_naptr naptr;
	};
};

struct dns_answer {
	unsigned int refs;
	int err;			/* 0: n > 0; -ENOENT: there is none;
					 * -ETIMEDOUT; -EIO: no usable answer */
	uint32_t ttl_s;			/* least of all records in play; of
					 * -ENOENT: by the SOA (RFC 2308 5), 0
					 * where there was none               */
	bool no_data;			/* -ENOENT, but the name exists       */
	size_t n;
	struct dns_record records[];
};

/* Of `type` for the name in the question, through its CNAMEs. Names come
 * without the final dot; records whose names no host can have are left out.
 * Bytes that are no answer give err -EIO. NULL: no memory.                   */
struct dns_answer *dns_answer_parse(enum dns_type type, const uint8_t *data,
				    size_t len);
struct dns_answer *dns_answer_new(int err, const struct dns_record *records,
				  size_t n);
struct dns_answer *dns_answer_ref(struct dns_answer *a);
void dns_answer_unref(struct dns_answer *a);	/* NULL is fine               */

#endif

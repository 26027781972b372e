/*
 * fuzz_dns_answer.c - any bytes as a name server's answer, as each type: no
 * byte too far, and what is taken can stand in a message and be drawn from.
 * Needs: core/sip/dns_answer.c dns_service.c; core/base/addr.c random.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sip/dns_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char name[DNS_NAME_LEN])
{
	const char *p = name;

	if (!memchr(name, 0, DNS_NAME_LEN) || !*name)
		abort();
	for (; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr(";?<>\"@,:/\\", *p))
			abort();
}

static void check_srv(const struct dns_answer *a)
{
	const struct dns_srv *servers[DNS_RECORDS_MAX];
	struct random luck;
	size_t i, n;

	random_seeded(&luck, a->n);
	n = service_servers(servers, a, &luck);
	if (n > a->n)
		abort();
	for (i = 0; i < n; i++) {
		check_name(servers[i]->target);
		if (i && servers[i]->priority < servers[i - 1]->priority)
			abort();
	}
}

static void check_naptr(const struct dns_answer *a)
{
	static const struct resolve_reach all = { .family = { 0, 0, 0 } };
	struct service list[SERVICES_MAX];
	size_t i, n = service_by_naptr(list, a, "example", &all);

	if (n > SERVICES_MAX)
		abort();
	for (i = 0; i < n; i++) {
		check_name(list[i].name);
		if (list[i].transport >= SIP_ANY ||
		    (i && list[i].order < list[i - 1].order))
			abort();
	}
}

static void check(enum dns_type type, const uint8_t *data, size_t size)
{
	struct dns_answer *a = dns_answer_parse(type, data, size);
	int family = type == DNS_A ? AF_INET : AF_INET6;
	size_t i;

	if (!a)
		return;
	if ((a->err == 0) != (a->n > 0) || a->n > DNS_RECORDS_MAX ||
	    (a->err && a->err != -ENOENT && a->err != -EIO))
		abort();
	if (type == DNS_SRV)
		check_srv(a);
	else if (type == DNS_NAPTR)
		check_naptr(a);
	else
		for (i = 0; i < a->n; i++)
			if (a->records[i].addr.sa.sa_family != family)
				abort();
	dns_answer_unref(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(DNS_A, data, size);
	check(DNS_AAAA, data, size);
	check(DNS_SRV, data, size);
	check(DNS_NAPTR, data, size);
	return 0;
}

/*
 * dns_servers.c - the name servers that a channel of c-ares asks.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/dns_servers.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

enum {
	DNS_PORT = 53,
	SERVERS_TEXT_MAX = 4096,
};

int dns_servers_set(ares_channel ares, const struct addr *servers, size_t n)
{
	char one[ADDR_TEXT_LEN];
	struct buf csv;
	int err;
	size_t i;

	if (n == 0)
		return 0;
	buf_init(&csv, SERVERS_TEXT_MAX);
	for (i = 0; i < n; i++) {
		struct addr a = servers[i];

		if (!addr_port(&a))
			addr_set_port(&a, DNS_PORT);
		addr_text(&a, one);
		buf_printf(&csv, "%s%s", i ? "," : "", one);
	}
	err = csv.err;
	if (!err && ares_set_servers_ports_csv(ares, csv.data))
		err = -EINVAL;
	buf_deinit(&csv);
	return err;
}

int dns_servers_copy(ares_channel to, ares_channel from)
{
	struct ares_addr_port_node *servers = NULL;
	int status = ares_get_servers_ports(from, &servers);

	if (status == ARES_SUCCESS && servers)
		status = ares_set_servers_ports(to, servers);
	ares_free_data(servers);
	return status;
}

static void addr_of_server(struct addr *to,
			   const struct ares_addr_port_node *from)
{
	memset(to, 0, sizeof(*to));
	to->sa.sa_family = (sa_family_t)from->family;
	if (from->family == AF_INET)
		memcpy(&to->in4.sin_addr, &from->addr.addr4,
		       sizeof(to->in4.sin_addr));
	else
		memcpy(&to->in6.sin6_addr, &from->addr.addr6,
		       sizeof(to->in6.sin6_addr));
	addr_set_port(to, from->udp_port ? (uint16_t)from->udp_port : DNS_PORT);
}

void dns_servers_text(ares_channel ares, char *text, size_t cap)
{
	struct ares_addr_port_node *list = NULL, *s;
	char one[ADDR_TEXT_LEN];
	struct addr a;
	size_t len = 0;

	*text = '\0';
	if (ares_get_servers_ports(ares, &list))
		return;
	for (s = list; s; s = s->next) {
		addr_of_server(&a, s);
		if (addr_port(&a) == DNS_PORT)
			addr_host_text(&a, one);
		else
			addr_text(&a, one);
		if (len + strlen(one) + 3 > cap)
			break;
		str_printf(text + len, cap - len, "%s%s", len ? ", " : "",
			   one);
		len = strlen(text);
	}
	ares_free_data(list);
}

/*
 * fuzz_resolve.c - a whole resolution whose every answer comes from a liar: the
 * right question, then any records. It comes to an end within its 15 s, once,
 * and with nothing but usable ways.
 *
 * Input: one byte for the target's transport, then an answer for each question:
 * two bytes of length, the four counts' two that matter, and the records. No
 * more input: the name server is silent.
 * Needs: core/sip/resolve*.c resting.c dns_answer.c dns_cache.c dns_service.c;
 * all of core/base. The channel and the hosts file are doubles.
 */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/dns_channel.h"
#include "sip/hosts.h"
#include "sip/resolve.h"

enum { ANSWER_MAX = 4096, QUESTIONS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t left;
static unsigned int n_questions, n_told, n_silent;
static struct {
	dns_channel_fn *fn;
	void *arg;
} silent[QUESTIONS_MAX];

/* ---- the channel --------------------------------------------------------- */

struct dns_channel {
	int unused;
};

static struct dns_channel the_channel;

int dns_channel_new(struct dns_channel **cp, struct loop *loop,
		    const struct addr *servers, size_t n_servers)
{
	(void)loop;
	(void)servers;
	(void)n_servers;
	*cp = &the_channel;
	return 0;
}

void dns_channel_free(struct dns_channel *c)
{
	unsigned int i;

	(void)c;
	for (i = 0; i < n_silent; i++)
		silent[i].fn(silent[i].arg, dns_answer_new(-5, NULL, 0));
	n_silent = 0;
}

void dns_channel_servers(const struct dns_channel *c, char *text, size_t cap)
{
	(void)c;
	(void)str_copy(text, cap, "192.0.2.53");
}

static size_t put_question(uint8_t *to, enum dns_type type, const char *name)
{
	uint8_t *p = to + 12;

	memset(to, 0, 12);
	to[2] = 0x80;
	to[5] = 1;
	while (*name && *name != '.') {
		size_t len = strcspn(name, ".");

		*p++ = (uint8_t)len;
		memcpy(p, name, len);
		p += len;
		name += len + (name[len] == '.');
	}
	*p++ = 0;
	*p++ = 0;
	*p++ = (uint8_t)type;
	*p++ = 0;
	*p++ = 1;
	return (size_t)(p - to);
}

static struct dns_answer *next_answer(enum dns_type type, const char *name)
{
	uint8_t answer[ANSWER_MAX + 512];
	size_t len = (size_t)input[0] << 8 | input[1], at;

	at = put_question(answer, type, name);
	answer[7] = input[2];
	answer[9] = input[3];
	input += 4;
	left -= 4;
	if (len > left)
		len = left;
	if (len > ANSWER_MAX)
		len = ANSWER_MAX;
	memcpy(answer + at, input, len);
	input += len;
	left -= len;
	return dns_answer_parse(type, answer, at + len);
}

void dns_channel_ask(struct dns_channel *c, enum dns_type type,
		     const char *name, dns_channel_fn *fn, void *arg)
{
	(void)c;
	if (++n_questions > QUESTIONS_MAX)
		abort();
	if (left < 4) {
		silent[n_silent].fn = fn;
		silent[n_silent++].arg = arg;
		return;
	}
	fn(arg, next_answer(type, name));
}

/* ---- the hosts file ------------------------------------------------------ */

int hosts_new(struct hosts **hp, const char *path)
{
	(void)path;
	*hp = NULL;
	return 0;
}

void hosts_free(struct hosts *h)
{
	(void)h;
}

struct dns_answer *hosts_find(struct hosts *h, const char *name)
{
	(void)h;
	(void)name;
	return dns_answer_new(-2, NULL, 0);
}

/* ---- the resolution ------------------------------------------------------ */

static void told(void *arg, const struct resolve_result *result)
{
	const struct resolve_reach *reach = arg;
	size_t i;

	if (n_told++ || (result->err == 0) != (result->n > 0) ||
	    result->n > RESOLVE_MAX)
		abort();
	for (i = 0; i < result->n; i++) {
		const struct resolve_way *w = &result->ways[i];

		if (w->transport >= SIP_ANY ||
		    reach->family[w->transport] < 0 ||
		    (w->addr.sa.sa_family != AF_INET &&
		     w->addr.sa.sa_family != AF_INET6))
			abort();
	}
}

static void resolve(struct loop *loop, struct clock *wall, uint8_t how)
{
	struct resolve_reach reach = { .family = { AF_INET, 0, 0 } };
	struct sip_target t = { .listen = -1 };
	struct resolve_query *q;
	struct resolver *r;
	struct random luck;
	int i;

	t.transport = (enum sip_transport)(how % (SIP_ANY + 1));
	if (how & 0x80)
		reach.family[SIP_TCP] = -1;
	str_copy(t.host, sizeof(t.host), "carrier.example");
	random_seeded(&luck, how);
	if (resolver_new(&r, loop, &luck, NULL, 0) ||
	    resolve_start(&q, r, &t, &reach, told, &reach))
		abort();
	for (i = 0; i < 16 && !n_told; i++) {
		loop_once(loop, 0);
		clock_advance(wall, S_NS);
	}
	loop_once(loop, 0);
	if (n_told != 1)
		abort();
	resolver_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clock wall;
	struct loop *loop;

	if (!size)
		return 0;
	input = data + 1;
	left = size - 1;
	n_questions = n_told = n_silent = 0;
	clock_virtual(&wall, S_NS, 0);
	if (loop_new(&loop, &wall, 4))
		return 0;
	resolve(loop, &wall, data[0]);
	loop_free(loop);
	return 0;
}

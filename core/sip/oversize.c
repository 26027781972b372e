/*
 * oversize.c - requests that are too long for a datagram (RFC 3261 18.1.1).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/oversize.h"

#include <errno.h>
#include <stddef.h>

#include "base/log.h"

enum {
	DATAGRAM_MAX = 1300,		/* the path's MTU is not known         */
	OPEN_MS = 1000,
	REMEMBER_MS = 600 * 1000,
	REMEMBERED_MAX = 1024,
};

struct oversize {
	struct sip *sip;
	struct hop hop;
	struct hop_watch watch;
	struct timer timer;
	oversize_fn *fn;
	void *arg;
};

/* A server without TCP, in sip->no_tcp under its address.                     */
struct refusal {
	struct addr addr;
	int64_t until_ns;
};

/* ---- what is remembered --------------------------------------------------- */

static struct refusal *find(const struct sip *sip, const struct addr *a)
{
	char key[ADDR_TEXT_LEN];

	addr_text(a, key);
	return map_get_str(sip->no_tcp, key);
}

void oversize_forget(struct sip *sip)
{
	struct refusal *r;
	char key[ADDR_TEXT_LEN];
	size_t pos = 0;

	while ((r = map_next(sip->no_tcp, &pos))) {
		addr_text(&r->addr, key);
		map_remove_str(sip->no_tcp, key);
		free(r);
	}
}

/* It is only a memory: without room for it, TCP is tried once more.           */
static void remember(struct sip *sip, const struct addr *a)
{
	struct refusal *r = find(sip, a);
	char key[ADDR_TEXT_LEN];

	if (!r) {
		if (map_count(sip->no_tcp) >= REMEMBERED_MAX)
			oversize_forget(sip);
		r = calloc(1, sizeof(*r));
		if (!r)
			return;
		r->addr = *a;
		addr_text(a, key);
		if (map_put_str(sip->no_tcp, key, r)) {
			free(r);
			return;
		}
	}
	r->until_ns = stack_now_ns(sip) + REMEMBER_MS * MS_NS;
}

bool oversize_is(const struct sip *sip, size_t len, const struct hop *hop)
{
	const struct refusal *r;

	if (hop->transport != SIP_UDP || len <= DATAGRAM_MAX)
		return false;
	r = find(sip, &hop->remote);
	return !r || r->until_ns <= stack_now_ns(sip);
}

/* ---- one connection ------------------------------------------------------- */

static void finish(struct oversize *o, bool open)
{
	oversize_fn *fn = o->fn;
	void *arg = o->arg;
	struct hop hop = o->hop;

	if (!open) {
		log_info("sip: no TCP there for a long request, it goes by UDP");
		remember(o->sip, &o->hop.remote);
	}
	oversize_cancel(o);
	fn(arg, open ? &hop : NULL);
}

static struct oversize *of_watch(struct hop_watch *w)
{
	return (struct oversize *)((char *)w - offsetof(struct oversize, watch));
}

static void on_opened(struct hop_watch *w)
{
	finish(of_watch(w), true);
}

static void on_lost(struct hop_watch *w, const char *why)
{
	(void)why;
	finish(of_watch(w), false);
}

static void on_timer(struct timer *t)
{
	finish(t->arg, false);
}

int oversize_start(struct oversize **op, struct sip *sip,
		   const struct hop *hop, int listen, oversize_fn *fn,
		   void *arg)
{
	struct oversize *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	o->sip = sip;
	o->fn = fn;
	o->arg = arg;
	o->watch = (struct hop_watch){ .opened = on_opened, .lost = on_lost };
	timer_init(&o->timer, on_timer, o);
	err = hop_open(&o->hop, sip, SIP_TCP, &hop->remote, "", listen);
	if (!err)
		err = timer_set_ms(stack_timers(sip), &o->timer, OPEN_MS);
	if (err) {
		free(o);
		return err;
	}
	hop_watch(sip, &o->hop, &o->watch);
	*op = o;
	return 0;
}

void oversize_cancel(struct oversize *o)
{
	if (!o)
		return;
	hop_unwatch(&o->watch);
	timer_stop(stack_timers(o->sip), &o->timer);
	free(o);
}

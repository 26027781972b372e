/*
 * dns_cache.c - answers by (type, name), until their time is over.
 *
 *	ask -> known and fresh ---------------------------> answer
 *	   \-> somebody asks already -> wait -\
 *	    \-> channel --------------> wait --> keep() -> all who wait
 *	     \                  5 s: failed -/
 *	      \- known, but no longer fresh: 1.8 s, or at once while the name
 *	         server fails; then what was known stands in (RFC 8767 5)
 *
 * c-ares cannot be told to forget one question, so an entry stays until it has
 * been answered there; an answer that comes too late for those who waited is
 * there for the next. Entries stand in order of use; those that wait for
 * nothing go from the end when there are too many bytes.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/dns_cache.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/str.h"

enum {
	IN_FLIGHT_MAX = 8192,
	KEY_LEN = DNS_NAME_LEN + 1,
	ENTRY_OVERHEAD = 128,		/* of the map and of malloc, about */
};

struct entry {
	struct entry *newer, *older;
	struct dns_cache *cache;
	enum dns_type type;
	struct dns_answer *answer;	/* NULL: none yet */
	int64_t until_ms;		/* until when it is fresh */
	int64_t stale_ms;		/* until when it may stand in */
	struct dns_waits waits;
	struct timer bound;		/* of those who wait */
	bool asked;			/* the channel owes us an answer */
	bool failing;			/* `answer` stands in for the last one */
	size_t key_len;
	char key[];			/* type, name in lower case, NUL */
};

struct dns_cache {
	struct loop *loop;
	struct dns_channel *channel;
	struct map *entries;
	struct entry *newest, *oldest;
	struct dns_answer *no_memory;	/* said where there is none for more */
	size_t bytes, max_bytes, in_flight;
};

/* ---- entries ------------------------------------------------------------- */

static size_t answer_bytes(const struct dns_answer *a)
{
	return a ? sizeof(*a) + a->n * sizeof(a->records[0]) : 0;
}

static size_t entry_bytes(const struct entry *e)
{
	return sizeof(*e) + 2 * e->key_len + ENTRY_OVERHEAD;
}

static size_t make_key(char key[KEY_LEN], enum dns_type type, const char *name)
{
	size_t len = 0;

	key[len++] = (char)type;
	while (*name && len + 1 < KEY_LEN)
		key[len++] = (char)tolower((unsigned char)*name++);
	key[len] = '\0';
	return len;
}

static void unlink_entry(struct entry *e)
{
	struct dns_cache *c = e->cache;

	*(e->newer ? &e->newer->older : &c->newest) = e->older;
	*(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void link_newest(struct entry *e)
{
	struct dns_cache *c = e->cache;

	e->newer = NULL;
	e->older = c->newest;
	*(e->older ? &e->older->newer : &c->oldest) = e;
	c->newest = e;
}

static void entry_free(struct entry *e)
{
	struct dns_cache *c = e->cache;

	assert(LIST_EMPTY(&e->waits));
	timer_stop(loop_timers(c->loop), &e->bound);
	map_remove(c->entries, e->key, e->key_len);
	unlink_entry(e);
	c->bytes -= entry_bytes(e) + answer_bytes(e->answer);
	dns_answer_unref(e->answer);
	free(e);
}

static void make_room(struct dns_cache *c)
{
	struct entry *e = c->oldest, *newer;

	for (; e && c->bytes > c->max_bytes; e = newer) {
		newer = e->newer;
		if (!e->asked && LIST_EMPTY(&e->waits))
			entry_free(e);
	}
}

static void on_bound(struct timer *t);

static struct entry *entry_new(struct dns_cache *c, enum dns_type type,
			       const char *key, size_t len)
{
	struct entry *e = calloc(1, sizeof(*e) + len + 1);

	if (!e)
		return NULL;
	e->cache = c;
	e->type = type;
	e->key_len = len;
	memcpy(e->key, key, len + 1);
	timer_init(&e->bound, on_bound, e);
	if (map_put(c->entries, key, len, e)) {
		free(e);
		return NULL;
	}
	link_newest(e);
	c->bytes += entry_bytes(e);
	return e;
}

static struct entry *entry_of(struct dns_cache *c, enum dns_type type,
			      const char *name)
{
	char key[KEY_LEN];
	size_t len = make_key(key, type, name);
	struct entry *e = map_get(c->entries, key, len);

	if (!e)
		return entry_new(c, type, key, len);
	unlink_entry(e);
	link_newest(e);
	return e;
}

/* ---- keeping ------------------------------------------------------------- */

static int64_t now_ms(const struct dns_cache *c)
{
	return clock_now_ms(loop_clock(c->loop));
}

static uint32_t at_most(uint32_t n, uint32_t max)
{
	return n < max ? n : max;
}

/* For how long an answer is fresh. */
static int64_t life_ms(enum dns_type type, const struct dns_answer *a)
{
	if (!a->err)
		return at_most(a->ttl_s, DNS_TTL_MAX_S) * S_MS;
	if (a->err == -ENOENT && a->ttl_s)
		return at_most(a->ttl_s, DNS_NONE_TTL_MAX_S) * S_MS;
	if (a->err == -ENOENT)
		return DNS_NONE_TTL_S * S_MS;
	if (type == DNS_SRV || type == DNS_NAPTR)
		return DNS_FAILED_EXTRA_S * S_MS;
	return DNS_FAILED_S * S_MS;
}

static bool is_failure(const struct dns_answer *a)
{
	return a->err && a->err != -ENOENT;
}

/* What we knew before stands in for a name server that fails (RFC 8767); also
 * that there is none, as there mostly is of NAPTR. */
static bool may_stand_in(const struct entry *e)
{
	return e->answer && !is_failure(e->answer) &&
	       now_ms(e->cache) < e->stale_ms;
}

/* Takes fresh. */
static void keep(struct entry *e, struct dns_answer *fresh)
{
	struct dns_cache *c = e->cache;
	int64_t life = life_ms(e->type, fresh);

	e->until_ms = now_ms(c) + life;
	if (is_failure(fresh) && may_stand_in(e)) {
		if (!e->failing)
			log_warn("dns: no answer for %s: what was known is "
				 "used", e->key + 1);
		e->failing = true;
		dns_answer_unref(fresh);
		return;
	}
	e->failing = false;
	e->stale_ms = e->until_ms + DNS_STALE_S * S_MS;
	c->bytes += answer_bytes(fresh);
	c->bytes -= answer_bytes(e->answer);
	dns_answer_unref(e->answer);
	e->answer = fresh;
}

/* Those who are told may ask again, also for the same, or leave: they are taken
 * off one by one, from a list that nobody joins.                             */
static void tell(struct entry *e)
{
	struct dns_waits list = LIST_HEAD_INITIALIZER(list);
	struct dns_wait *w;
	struct dns_answer *a = dns_answer_ref(e->answer);

	/* Whoever asks again while he is told waits for the next answer.      */
	while ((w = LIST_FIRST(&e->waits))) {
		LIST_REMOVE(w, link);
		LIST_INSERT_HEAD(&list, w, link);
	}
	while ((w = LIST_FIRST(&list))) {
		dns_cache_leave(w);
		w->fn(w, dns_answer_ref(a));
	}
	dns_answer_unref(a);
}

static void settle(struct entry *e, struct dns_answer *a)
{
	timer_stop(loop_timers(e->cache->loop), &e->bound);
	keep(e, a ? a : dns_answer_ref(e->cache->no_memory));
	tell(e);
}

static void on_bound(struct timer *t)
{
	settle(t->arg, dns_answer_new(-ETIMEDOUT, NULL, 0));
}

static void on_answer(void *arg, struct dns_answer *a)
{
	struct entry *e = arg;

	e->asked = false;
	e->cache->in_flight--;
	settle(e, a);
}

/* ---- asking -------------------------------------------------------------- */

static void join(struct entry *e, struct dns_wait *w)
{
	struct timers *timers = loop_timers(e->cache->loop);

	LIST_INSERT_HEAD(&e->waits, w, link);
	/* No memory for it: c-ares comes to an end by itself, if later. */
	if (!timer_pending(&e->bound) &&
	    timer_set_ms(timers, &e->bound, may_stand_in(e) ? DNS_CLIENT_MS :
							      DNS_LOOKUP_MS))
		log_error("dns: no memory for a timer");
}

static bool is_fresh(const struct entry *e)
{
	return e->answer && now_ms(e->cache) < e->until_ms;
}

/* 0 or -EBUSY. The answer may be there at once. */
static int look_up(struct entry *e)
{
	struct dns_cache *c = e->cache;

	if (e->asked)
		return 0;
	if (c->in_flight == IN_FLIGHT_MAX)
		return -EBUSY;
	e->asked = true;
	c->in_flight++;
	dns_channel_ask(c->channel, e->type, e->key + 1, on_answer, e);
	return 0;
}

struct dns_answer *dns_cache_ask(struct dns_cache *c, enum dns_type type,
				 const char *name, struct dns_wait *w, int *err)
{
	struct entry *e;

	*err = 0;
	make_room(c);
	e = entry_of(c, type, name);
	if (!e) {
		*err = -ENOMEM;
		return NULL;
	}
	if (!is_fresh(e))
		*err = look_up(e);
	/* Nobody waits for a server that has just failed: what it says, if it
	 * says something, is for the next. */
	if ((*err || e->failing) && may_stand_in(e))
		*err = 0;
	else if (!*err && e->asked && !is_fresh(e))
		join(e, w);
	if (*err || LIST_HAS(w, link))
		return NULL;
	return dns_answer_ref(e->answer);
}

void dns_cache_leave(struct dns_wait *w)
{
	LIST_LEAVE(w, link);
}

/* ---- the cache ----------------------------------------------------------- */

size_t dns_cache_bytes(const struct dns_cache *c)
{
	return c->bytes;
}

int dns_cache_new(struct dns_cache **cp, struct loop *loop,
		  struct dns_channel *channel, size_t max_bytes)
{
	struct dns_cache *c = calloc(1, sizeof(*c));
	int err = c ? map_new(&c->entries) : -ENOMEM;

	if (!err) {
		c->no_memory = dns_answer_new(-EIO, NULL, 0);
		err = c->no_memory ? 0 : -ENOMEM;
	}
	if (err) {
		dns_cache_free(c);
		return err;
	}
	c->loop = loop;
	c->channel = channel;
	c->max_bytes = max_bytes;
	*cp = c;
	return 0;
}

void dns_cache_free(struct dns_cache *c)
{
	if (!c)
		return;
	while (c->newest)
		entry_free(c->newest);
	if (c->entries)
		map_free(c->entries);
	dns_answer_unref(c->no_memory);
	free(c);
}

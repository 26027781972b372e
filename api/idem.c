/*
 * idem.c - Idempotency-Key: the same request, sent again, is answered again
 * and not done again. Thread: any worker, under the table's lock.
 *
 * A hash table with chains, its entries also in a list by age. Entries that
 * are being done are never dropped; there are as many as workers at most.
 */
/* SPDX-License-Identifier: MIT */
#include "idem.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

enum { BUCKETS = 16384 };	/* power of two                               */

struct entry {
	SLIST_ENTRY(entry) chain;
	TAILQ_ENTRY(entry) age;		/* oldest first                       */
	struct idem_id id;
	uint8_t print[SHA256_LEN];
	int64_t at_ms;
	bool running;
	struct idem_saved saved;
};

SLIST_HEAD(chain, entry);
TAILQ_HEAD(ages, entry);

struct idem {
	pthread_mutex_t lock;
	uint8_t seed[16];	/* so that nobody can aim at one bucket       */
	size_t n, bytes;
	struct ages ages;
	struct chain buckets[BUCKETS];
};

struct idem *idem_new(void)
{
	struct idem *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (getrandom(t->seed, sizeof(t->seed), 0) != sizeof(t->seed)) {
		free(t);
		return NULL;
	}
	TAILQ_INIT(&t->ages);
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void idem_saved_free(struct idem_saved *s)
{
	free(s->headers);
	free(s->body);
	*s = (struct idem_saved){ 0 };
}

static size_t weight(const struct entry *e)
{
	return sizeof(*e) + e->saved.body_len +
	       (e->saved.headers ? strlen(e->saved.headers) : 0);
}

static struct chain *bucket_of(struct idem *t, const struct idem_id *id)
{
	return &t->buckets[(id->hash[0] | id->hash[1] << 8) % BUCKETS];
}

static void remove_entry(struct idem *t, struct entry *e)
{
	SLIST_REMOVE(bucket_of(t, &e->id), e, entry, chain);
	TAILQ_REMOVE(&t->ages, e, age);
	t->n--;
	t->bytes -= weight(e);
	idem_saved_free(&e->saved);
	free(e);
}

void idem_free(struct idem *t)
{
	if (!t)
		return;
	while (!TAILQ_EMPTY(&t->ages))
		remove_entry(t, TAILQ_FIRST(&t->ages));
	pthread_mutex_destroy(&t->lock);
	free(t);
}

struct idem_id idem_id(const struct idem *t, unsigned int api_key,
		       const char *key)
{
	struct idem_id id;
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, t->seed, sizeof(t->seed));
	sha256_add(&s, &api_key, sizeof(api_key));
	sha256_add(&s, key, strlen(key));
	sha256_end(&s, id.hash);
	return id;
}

static struct entry *find(struct idem *t, const struct idem_id *id)
{
	struct entry *e;

	SLIST_FOREACH(e, bucket_of(t, id), chain)
		if (!memcmp(e->id.hash, id->hash, sizeof(id->hash)))
			return e;
	return NULL;
}

static bool is_over(const struct idem *t)
{
	return t->n > IDEM_ENTRIES_MAX || t->bytes > IDEM_BYTES_MAX;
}

/* Drops what is too old, and the oldest of what is too much.                 */
static void expire(struct idem *t, int64_t now_ms)
{
	struct entry *e = TAILQ_FIRST(&t->ages), *next;

	for (; e; e = next) {
		next = TAILQ_NEXT(e, age);
		if (now_ms - e->at_ms < IDEM_KEEP_MS && !is_over(t))
			break;
		if (!e->running)
			remove_entry(t, e);
	}
}

static int copy_saved(struct idem_saved *dst, const struct idem_saved *src)
{
	*dst = (struct idem_saved){
		.status = src->status, .media = src->media,
		.body_len = src->body_len,
		.headers = strdup(src->headers ? src->headers : ""),
		.body = malloc(src->body_len + 1),
	};
	if (!dst->headers || !dst->body) {
		idem_saved_free(dst);
		return -1;
	}
	if (src->body_len)
		memcpy(dst->body, src->body, src->body_len);
	dst->body[src->body_len] = '\0';
	return 0;
}

static enum idem_verdict insert(struct idem *t, const struct idem_id *id,
				const uint8_t print[SHA256_LEN], int64_t now_ms)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return IDEM_NO_MEMORY;
	e->id = *id;
	memcpy(e->print, print, sizeof(e->print));
	e->at_ms = now_ms;
	e->running = true;
	SLIST_INSERT_HEAD(bucket_of(t, id), e, chain);
	TAILQ_INSERT_TAIL(&t->ages, e, age);
	t->n++;
	t->bytes += weight(e);
	expire(t, now_ms);
	return IDEM_NEW;
}

enum idem_verdict idem_begin(struct idem *t, const struct idem_id *id,
			     const uint8_t print[SHA256_LEN], int64_t now_ms,
			     struct idem_saved *saved)
{
	enum idem_verdict verdict;
	struct entry *e;

	pthread_mutex_lock(&t->lock);
	expire(t, now_ms);
	e = find(t, id);
	if (!e)
		verdict = insert(t, id, print, now_ms);
	else if (memcmp(e->print, print, sizeof(e->print)))
		verdict = IDEM_MISMATCH;
	else if (e->running)
		verdict = IDEM_RUNNING;
	else
		verdict = copy_saved(saved, &e->saved) ? IDEM_NO_MEMORY
						       : IDEM_REPLAY;
	pthread_mutex_unlock(&t->lock);
	return verdict;
}

void idem_keep(struct idem *t, const struct idem_id *id,
	       const struct idem_saved *answer)
{
	struct idem_saved copy;
	int err = copy_saved(&copy, answer);
	struct entry *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e && e->running && err) {
		remove_entry(t, e);
	} else if (e && e->running) {
		t->bytes -= weight(e);
		e->saved = copy;
		e->running = false;
		t->bytes += weight(e);
	} else if (!err) {
		idem_saved_free(&copy);
	}
	pthread_mutex_unlock(&t->lock);
}

void idem_drop(struct idem *t, const struct idem_id *id)
{
	struct entry *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e && e->running)
		remove_entry(t, e);
	pthread_mutex_unlock(&t->lock);
}

size_t idem_count(struct idem *t)
{
	size_t n;

	pthread_mutex_lock(&t->lock);
	n = t->n;
	pthread_mutex_unlock(&t->lock);
	return n;
}

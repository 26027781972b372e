/*
 * trace.c - the last messages on the wire, kept in a ring and found by Call-ID.
 *
 *	memory	[ record | record | ...        free       ... | record | record ]
 *		                   ^head                       ^tail
 *	buckets	Call-ID's hash -> first record of each call -> the call's others
 *
 * The oldest record of all is also the first of its call, so that adding and
 * making room cost the same however much is kept, also of one call that goes on
 * for weeks (a registration). A bucket holds a call or two. The Call-ID itself
 * is not compared: 64 bits of a hash with a secret key do.
 *
 * What no request of ours began stands in a second, smaller ring: a stranger's
 * flood, and our answers to it, push no call out.
 *
 * Thread: signalling; a copy belongs to whoever asked for it.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "sip/lines.h"
#include "sip/trace_redact.h"

enum {
	BYTES_A_BUCKET = 1024,		/* of the ring                         */
	SHARE = 4,			/* one message takes a quarter at most */
	STRANGERS_SHARE = 8,		/* their ring takes an eighth          */
};

#define RING_MAX ((size_t)1 << 30)
#define NONE UINT32_MAX
#define ALIGN 8u

/* What the first record of a call knows of all of them.                       */
struct chain {
	uint32_t peer;			/* first of another call of the bucket */
	uint32_t shown;			/* where a copy begins                 */
	uint32_t last;
	uint32_t n;
};

struct record {
	uint32_t size;			/* with its text, and up to ALIGN      */
	uint32_t next;			/* of its call, or NONE                */
	struct chain chain;		/* valid in the first of its call      */
	uint64_t hash;
	struct sip_trace_message m;	/* its data stand behind               */
};

struct trace {
	const struct clock *clock;
	uint64_t key[2];		/* of the hashes in both rings         */
	char *ring;
	uint32_t cap, head, tail;
	uint32_t end;			/* wrapped: where the upper part ends  */
	bool wrapped;
	size_t n;
	uint32_t *buckets;		/* a first record, or NONE             */
	size_t mask;
	struct trace *strangers;	/* NULL in the strangers' own          */
};

/* ---- the ring ------------------------------------------------------------- */

static struct record *record_at(const struct trace *t, uint32_t at)
{
	return (struct record *)(void *)(t->ring + at);
}

static uint32_t offset_of(const struct trace *t, const struct record *r)
{
	return (uint32_t)((const char *)r - t->ring);
}

/* Where the bucket says which record is the first of the call; NONE stands there
 * if none is kept.                                                            */
static uint32_t *find_call(const struct trace *t, uint64_t hash)
{
	uint32_t *at = &t->buckets[hash & t->mask];

	while (*at != NONE && record_at(t, *at)->hash != hash)
		at = &record_at(t, *at)->chain.peer;
	return at;
}

/* The next one of its call takes its place, or nobody.                        */
static void unlink_oldest(const struct trace *t, const struct record *r)
{
	uint32_t *first = find_call(t, r->hash);
	struct record *heir;

	if (r->next == NONE) {
		*first = r->chain.peer;
		return;
	}
	heir = record_at(t, r->next);
	heir->chain = r->chain;
	heir->chain.n--;
	if (r->chain.shown == offset_of(t, r))
		heir->chain.shown = r->next;
	*first = r->next;
}

static void drop_oldest(struct trace *t)
{
	const struct record *r = record_at(t, t->tail);

	unlink_oldest(t, r);
	t->tail += r->size;
	t->n--;
	if (t->wrapped && t->tail == t->end) {
		t->tail = 0;
		t->wrapped = false;
	}
	if (!t->n)
		t->head = t->tail = 0;
}

/* Room for a record in one piece.                                             */
static struct record *place(struct trace *t, uint32_t size)
{
	struct record *r;

	for (;;) {
		if (!t->wrapped && size <= t->cap - t->head)
			break;
		if (!t->wrapped) {
			t->end = t->head;
			t->head = 0;
			t->wrapped = true;
		}
		if (size <= t->tail - t->head)
			break;
		drop_oldest(t);
	}
	r = record_at(t, t->head);
	r->size = size;
	t->head += size;
	t->n++;
	return r;
}

/* Behind the others of its call.                                              */
static void link_record(struct trace *t, struct record *r, uint64_t hash)
{
	uint32_t at = offset_of(t, r), *first = find_call(t, hash);
	struct chain *c;

	r->hash = hash;
	r->next = NONE;
	if (*first == NONE) {
		r->chain = (struct chain){ NONE, at, at, 1 };
		*first = at;
		return;
	}
	c = &record_at(t, *first)->chain;
	record_at(t, c->last)->next = at;
	c->last = at;
	if (++c->n > TRACE_CALL_MAX)
		c->shown = record_at(t, c->shown)->next;
}

static uint32_t aligned(size_t n)
{
	return (uint32_t)((n + ALIGN - 1) & ~(size_t)(ALIGN - 1));
}

static size_t keep_of(const struct trace *t, size_t len)
{
	size_t most = t->cap / SHARE - sizeof(struct record);

	if (most > TRACE_MESSAGE_MAX)
		most = TRACE_MESSAGE_MAX;
	return len < most ? len : most;
}

static bool begins(bool sent, const char *data, size_t len)
{
	static const char answer[] = "SIP/2.0 ";

	return sent && (len < strlen(answer) ||
			memcmp(data, answer, strlen(answer)));
}

static void keep_record(struct trace *t, uint64_t hash, bool sent,
			const struct hop *hop, const char *data, size_t len)
{
	size_t keep = keep_of(t, len);
	struct record *r = place(t, aligned(sizeof(*r) + keep));
	char *text;

	link_record(t, r, hash);
	text = (char *)(r + 1);
	r->m = (struct sip_trace_message){
		.sent = sent, .transport = hop->transport,
		.local = hop->local, .remote = hop->remote,
		.wall_ms = clock_wall_ms(t->clock),
		.mono_ns = clock_now_ns(t->clock),
		.len = keep, .cut = len - keep,
	};
	memcpy(text, data, keep);
	trace_redact(text, keep);
}

void trace_add(struct trace *t, bool sent, const struct hop *hop,
	       const char *data, size_t len)
{
	size_t at, id_len;
	uint64_t hash;

	if (!t || lines_call_id(data, keep_of(t, len), &at, &id_len) ||
	    id_len > TRACE_CALL_ID_MAX)
		return;
	hash = siphash(t->key, data + at, id_len);
	if (!begins(sent, data, len) && *find_call(t, hash) == NONE)
		t = t->strangers;
	keep_record(t, hash, sent, hop, data, len);
}

/* ---- reading -------------------------------------------------------------- */

static int copy_ring(const struct trace *t, uint64_t hash, struct buf *copy)
{
	static const char padding[ALIGN];
	uint32_t at = *find_call(t, hash);
	const struct record *r;

	if (at == NONE)
		return -ENOENT;
	for (at = record_at(t, at)->chain.shown; at != NONE; at = r->next) {
		r = record_at(t, at);
		buf_write(copy, &r->m, sizeof(r->m));
		buf_write(copy, r + 1, r->m.len);
		buf_write(copy, padding, aligned(r->m.len) - r->m.len);
	}
	return 0;
}

int trace_copy(const struct trace *t, const char *call_id, struct buf *copy)
{
	int theirs, ours;
	uint64_t hash;

	if (!t)
		return -ENOENT;
	hash = siphash(t->key, call_id, strlen(call_id));
	theirs = copy_ring(t->strangers, hash, copy);
	ours = copy_ring(t, hash, copy);
	return theirs ? ours : 0;
}

int sip_trace(const struct sip *sip, const char *call_id, struct buf *copy)
{
	return trace_copy(sip->trace, call_id, copy);
}

bool sip_trace_next(const struct buf *copy, size_t *pos,
		    struct sip_trace_message *m)
{
	if (copy->len - *pos < sizeof(*m))
		return false;
	memcpy(m, copy->data + *pos, sizeof(*m));
	m->data = copy->data + *pos + sizeof(*m);
	*pos += sizeof(*m) + aligned(m->len);
	return true;
}

/* ---- life ----------------------------------------------------------------- */

static void init_buckets(struct trace *t, size_t n)
{
	t->mask = n - 1;
	for (size_t i = 0; i < n; i++)
		t->buckets[i] = NONE;
}

static int ring_new(struct trace **tp, const struct clock *clock,
		    size_t cap_bytes)
{
	struct trace *t;
	size_t n = 1;

	while (n * BYTES_A_BUCKET < cap_bytes)
		n *= 2;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->clock = clock;
	t->cap = (uint32_t)(cap_bytes - sizeof(*t) - n * sizeof(*t->buckets));
	t->cap &= ~(ALIGN - 1);
	t->ring = malloc(t->cap);
	t->buckets = malloc(n * sizeof(*t->buckets));
	if (!t->ring || !t->buckets) {
		trace_free(t);
		return -ENOMEM;
	}
	init_buckets(t, n);
	*tp = t;
	return 0;
}

int trace_new(struct trace **tp, const struct clock *clock, size_t cap_bytes)
{
	struct trace *t;
	size_t theirs;
	int err;

	if (cap_bytes < TRACE_BYTES_MIN)
		cap_bytes = TRACE_BYTES_MIN;
	if (cap_bytes > RING_MAX)
		cap_bytes = RING_MAX;
	theirs = cap_bytes / STRANGERS_SHARE;
	err = ring_new(&t, clock, cap_bytes - theirs);
	if (err)
		return err;
	random_fill(random_system(), t->key, sizeof(t->key));
	err = ring_new(&t->strangers, clock, theirs);
	if (err)
		trace_free(t);
	else
		*tp = t;
	return err;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	trace_free(t->strangers);
	free(t->ring);
	free(t->buckets);
	free(t);
}

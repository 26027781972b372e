/*
 * dns_answer.c - reads a DNS message (RFC 1035 4) for A, AAAA, SRV and NAPTR.
 *
 *	header, question -> CNAMEs from the question's name -> records there
 *	                                          \-> none: SOA says how long
 *
 * The bytes are a stranger's: every length is checked, pointers in names go
 * backwards only, so that they end, and the records looked at are counted.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/dns_answer.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

enum {
	HEADER_LEN = 12,
	CLASS_IN = 1,
	NOERROR = 0, NXDOMAIN = 3,
	ALIASES_MAX = 8,
	SCAN_MAX = 512,			/* records looked at in a section */
};

struct message {
	const uint8_t *data;
	size_t len;
	char name[DNS_NAME_LEN];	/* asked for; then its canonical name */
	size_t answers_at;
	unsigned int n_answers, n_authority;
	uint32_t ttl_s;
	bool exists;			/* by the response code */
};

struct rr {
	char owner[DNS_NAME_LEN];
	unsigned int type, class;
	uint32_t ttl_s;
	size_t at, end;			/* of the data */
};

/* ---- answers ------------------------------------------------------------- */

struct dns_answer *dns_answer_new(int err, const struct dns_record *records,
				  size_t n)
{
	struct dns_answer *a = calloc(1, sizeof(*a) + n * sizeof(*records));

	if (!a)
		return NULL;
	a->refs = 1;
	a->err = err;
	a->n = n;
	if (n)
		memcpy(a->records, records, n * sizeof(*records));
	return a;
}

struct dns_answer *dns_answer_ref(struct dns_answer *a)
{
	a->refs++;
	return a;
}

void dns_answer_unref(struct dns_answer *a)
{
	if (a && --a->refs == 0)
		free(a);
}

/* ---- bytes --------------------------------------------------------------- */

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

/* RFC 2181 8: a TTL with its highest bit set is zero. */
static uint32_t get_ttl(const uint8_t *p)
{
	return p[0] & 0x80 ? 0 : (uint32_t)get16(p) << 16 | get16(p + 2);
}

static bool is_host_text(const uint8_t *p, size_t len)
{
	for (; len; p++, len--)
		if (!isalnum(*p) && *p != '-' && *p != '_')
			return false;
	return true;
}

/* Where the name at `from` goes on: another label, its end or, by a pointer,
 * elsewhere. The pointer must lead before all that was read so far.          */
static int follow(const struct message *m, size_t *from, size_t *limit)
{
	size_t to;

	if (*from + 1 >= m->len)
		return -EBADMSG;
	to = get16(m->data + *from) & 0x3fff;
	if (to >= *limit)
		return -EBADMSG;
	*from = *limit = to;
	return 0;
}

/* The name at *at, which moves behind it. "" for a name with labels that no
 * host has, "." for the root.                                                */
static int read_name(const struct message *m, size_t *at,
		     char name[DNS_NAME_LEN])
{
	size_t from = *at, limit = *at, len = 0;
	bool away = false, odd = false;

	while (from < m->len && m->data[from]) {
		size_t label = m->data[from];

		if (label >= 0xc0) {
			if (!away)
				*at = from + 2;
			away = true;
			if (follow(m, &from, &limit))
				return -EBADMSG;
			continue;
		}
		if (label > 63 || from + 1 + label >= m->len ||
		    len + label + 1 >= DNS_NAME_LEN)
			return -EBADMSG;
		odd = odd || !is_host_text(m->data + from + 1, label);
		memcpy(name + len, m->data + from + 1, label);
		len += label;
		name[len++] = '.';
		from += 1 + label;
	}
	if (from >= m->len)
		return -EBADMSG;
	if (!away)
		*at = from + 1;
	if (len == 0)
		name[len++] = '.';
	else
		len--;			/* the final dot */
	name[odd ? 0 : len] = '\0';
	return 0;
}

/* ---- records ------------------------------------------------------------- */

static int read_rr(const struct message *m, size_t *at, struct rr *rr)
{
	const uint8_t *p;

	if (read_name(m, at, rr->owner) || m->len - *at < 10)
		return -EBADMSG;
	p = m->data + *at;
	rr->type = get16(p);
	rr->class = get16(p + 2);
	rr->ttl_s = get_ttl(p + 4);
	rr->at = *at + 10;
	rr->end = rr->at + get16(p + 8);
	if (rr->end > m->len)
		return -EBADMSG;
	*at = rr->end;
	return 0;
}

static bool belongs(const struct message *m, const struct rr *rr,
		    enum dns_type type)
{
	return rr->type == type && rr->class == CLASS_IN &&
	       !strcasecmp(rr->owner, m->name);
}

static void lower_ttl(struct message *m, uint32_t ttl_s)
{
	if (ttl_s < m->ttl_s)
		m->ttl_s = ttl_s;
}

/* One step along the CNAMEs: 1 if there was one. */
static int step_alias(struct message *m)
{
	size_t at = m->answers_at;
	struct rr rr;
	unsigned int i;

	for (i = 0; i < m->n_answers; i++) {
		if (read_rr(m, &at, &rr))
			return -EBADMSG;
		if (!belongs(m, &rr, DNS_CNAME))
			continue;
		if (read_name(m, &rr.at, m->name) || rr.at != rr.end)
			return -EBADMSG;
		lower_ttl(m, rr.ttl_s);
		return 1;
	}
	return 0;
}

static int follow_aliases(struct message *m)
{
	int i, found = 1;

	for (i = 0; i < ALIASES_MAX && found > 0; i++)
		found = step_alias(m);
	return found == 0 ? 0 : -EBADMSG;
}

static int read_address(const struct message *m, const struct rr *rr,
			struct dns_record *to)
{
	const uint8_t *p = m->data + rr->at;
	size_t len = rr->end - rr->at;

	if (rr->type == DNS_A && len == sizeof(to->addr.in4.sin_addr)) {
		to->addr.in4.sin_family = AF_INET;
		memcpy(&to->addr.in4.sin_addr, p, len);
		return 1;
	}
	if (rr->type == DNS_AAAA && len == sizeof(to->addr.in6.sin6_addr)) {
		to->addr.in6.sin6_family = AF_INET6;
		memcpy(&to->addr.in6.sin6_addr, p, len);
		return 1;
	}
	return -EBADMSG;
}

static int read_srv(const struct message *m, const struct rr *rr,
		    struct dns_srv *to)
{
	const uint8_t *p = m->data + rr->at;
	size_t at = rr->at + 6;

	if (rr->end < at)
		return -EBADMSG;
	to->priority = (uint16_t)get16(p);
	to->weight = (uint16_t)get16(p + 2);
	to->port = (uint16_t)get16(p + 4);
	if (read_name(m, &at, to->target) || at != rr->end)
		return -EBADMSG;
	return to->target[0] ? 1 : 0;
}

/* A character-string (RFC 1035 3.3). One that does not fit, or has a NUL
 * inside, is none that SIP knows: left as "?".                               */
static int read_string(const struct message *m, size_t *at, size_t end,
		       char *text, size_t cap)
{
	const char *from;
	size_t len;

	if (*at >= end)
		return -EBADMSG;
	len = m->data[*at];
	from = (const char *)m->data + *at + 1;
	if (len > end - *at - 1)
		return -EBADMSG;
	*at += 1 + len;
	if (len >= cap || memchr(from, 0, len))
		str_copy(text, cap, "?");
	else
		str_copy_n(text, cap, from, len);
	return 0;
}

static int read_naptr(const struct message *m, const struct rr *rr,
		      struct dns_naptr *to)
{
	const uint8_t *p = m->data + rr->at;
	size_t at = rr->at + 4;
	char regexp[2];

	if (rr->end < at)
		return -EBADMSG;
	to->order = (uint16_t)get16(p);
	to->preference = (uint16_t)get16(p + 2);
	if (read_string(m, &at, rr->end, to->flags, sizeof(to->flags)) ||
	    read_string(m, &at, rr->end, to->service, sizeof(to->service)) ||
	    read_string(m, &at, rr->end, regexp, sizeof(regexp)) ||
	    read_name(m, &at, to->replacement) || at != rr->end)
		return -EBADMSG;
	return !regexp[0] && to->replacement[0] ? 1 : 0;
}

/* 1: taken, 0: not for us. */
static int read_data(const struct message *m, const struct rr *rr,
		     struct dns_record *to)
{
	memset(to, 0, sizeof(*to));
	if (rr->type == DNS_SRV)
		return read_srv(m, rr, &to->srv);
	if (rr->type == DNS_NAPTR)
		return read_naptr(m, rr, &to->naptr);
	return read_address(m, rr, to);
}

/* How many there are, at most DNS_RECORDS_MAX. */
static int read_records(struct message *m, enum dns_type type,
			struct dns_record *records)
{
	size_t at = m->answers_at;
	unsigned int i;
	struct rr rr;
	int n = 0, taken;

	for (i = 0; i < m->n_answers; i++) {
		if (read_rr(m, &at, &rr))
			return -EBADMSG;
		if (n == DNS_RECORDS_MAX || !belongs(m, &rr, type))
			continue;
		taken = read_data(m, &rr, &records[n]);
		if (taken < 0)
			return taken;
		lower_ttl(m, rr.ttl_s);
		n += taken;
	}
	return n;
}

/* ---- there is none (RFC 2308) -------------------------------------------- */

/* Five numbers follow the two names of a SOA; MINIMUM is the last. */
static int soa_ttl(const struct message *m, const struct rr *rr,
		   uint32_t *ttl_s)
{
	char name[DNS_NAME_LEN];
	size_t at = rr->at;
	uint32_t minimum;

	if (read_name(m, &at, name) || read_name(m, &at, name) ||
	    at + 20 != rr->end)
		return -EBADMSG;
	minimum = get_ttl(m->data + at + 16);
	*ttl_s = minimum < rr->ttl_s ? minimum : rr->ttl_s;
	return 0;
}

static uint32_t negative_ttl(const struct message *m)
{
	size_t at = m->answers_at;
	uint32_t ttl_s;
	unsigned int i;
	struct rr rr;

	for (i = 0; i < m->n_answers + m->n_authority; i++) {
		if (read_rr(m, &at, &rr))
			return 0;
		if (i >= m->n_answers && rr.type == DNS_SOA &&
		    !soa_ttl(m, &rr, &ttl_s))
			return ttl_s < m->ttl_s ? ttl_s : m->ttl_s;
	}
	return 0;
}

/* ---- the whole ----------------------------------------------------------- */

static unsigned int at_most(unsigned int n, unsigned int max)
{
	return n < max ? n : max;
}

static int read_head(struct message *m, enum dns_type type)
{
	const uint8_t *p = m->data;
	unsigned int code;
	size_t at = HEADER_LEN;

	if (m->len < HEADER_LEN || !(p[2] & 0x80) || get16(p + 4) != 1)
		return -EBADMSG;
	code = p[3] & 0x0f;
	if (code != NOERROR && code != NXDOMAIN)
		return -EIO;
	m->exists = code == NOERROR;
	m->n_answers = at_most(get16(p + 6), SCAN_MAX);
	m->n_authority = at_most(get16(p + 8), SCAN_MAX);
	if (read_name(m, &at, m->name) || m->len - at < 4 ||
	    get16(p + at) != type || get16(p + at + 2) != CLASS_IN)
		return -EBADMSG;
	m->answers_at = at + 4;
	return 0;
}

struct dns_answer *dns_answer_parse(enum dns_type type, const uint8_t *data,
				    size_t len)
{
	struct message m = { .data = data, .len = len, .ttl_s = INT32_MAX };
	struct dns_record records[DNS_RECORDS_MAX];
	struct dns_answer *a;
	int n, err;

	err = read_head(&m, type);
	if (!err)
		err = follow_aliases(&m);
	n = err ? err : read_records(&m, type, records);
	if (n < 0)
		return dns_answer_new(-EIO, NULL, 0);
	a = dns_answer_new(n ? 0 : -ENOENT, records, (size_t)n);
	if (!a)
		return NULL;
	a->ttl_s = n ? m.ttl_s : negative_ttl(&m);
	a->no_data = !n && m.exists;
	return a;
}

/*
 * query.c - query parameters, lists that page by them, the Accept header.
 * Thread: the worker of the connection.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "errors.h"
#include "http.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 500 };

/* "application/json;q=0.5": how much the range likes the offer, in thousandths,
 * -1 if it does not name it. *specific grows with the range's precision.     */
static int range_quality(const char *range, size_t len, const char *offer,
			 int *specific)
{
	size_t type_len = strcspn(range, ";,"), slash = strcspn(offer, "/");
	const char *q;

	if (type_len > len)
		type_len = len;
	while (type_len && strchr(" \t", range[type_len - 1]))
		type_len--;
	if (type_len == strlen(offer) && !strncasecmp(range, offer, type_len))
		*specific = 2;
	else if (type_len == slash + 2 && range[slash + 1] == '*' &&
		 !strncasecmp(range, offer, slash + 1))
		*specific = 1;
	else if (type_len == 3 && !strncmp(range, "*/*", 3))
		*specific = 0;
	else
		return -1;
	for (q = range; q + 3 < range + len; q++)
		if (*q == ';' && strchr("qQ", q[1 + strspn(q + 1, " ")]))
			break;
	if (q + 3 >= range + len)
		return 1000;
	q += strcspn(q, "=");
	return *q ? (int)(strtod(q + 1, NULL) * 1000) : 1000;
}

static int offer_quality(const char *accept, const char *offer)
{
	int best = 0, best_specific = -1;

	while (*accept) {
		int specific = -1, quality;
		size_t len;

		accept += strspn(accept, " \t,");
		len = strcspn(accept, ",");
		if (!len)
			break;
		quality = range_quality(accept, len, offer, &specific);
		if (quality >= 0 && specific > best_specific) {
			best = quality;
			best_specific = specific;
		}
		accept += len;
	}
	return best;
}

size_t http_accept(const struct request *rq, const char *const *offers)
{
	const char *accept = http_header(rq, "Accept");
	size_t best = 0, i;
	int most;

	if (!accept)
		return 0;
	most = offer_quality(accept, offers[0]);
	for (i = 1; offers[i]; i++) {
		int quality = offer_quality(accept, offers[i]);

		if (quality > most) {
			most = quality;
			best = i;
		}
	}
	return best;
}

/* Next "name=value" of the query; returns the rest or NULL at the end.       */
static const char *next_pair(const char *query, char *name, size_t cap,
			     const char **value, size_t *value_len)
{
	size_t len, name_len;

	while (query && *query == '&')
		query++;
	if (!query || !*query)
		return NULL;
	len = strcspn(query, "&");
	name_len = strcspn(query, "=&");
	snprintf(name, cap, "%.*s", (int)(name_len < cap ? name_len : cap - 1),
		 query);
	*value = query + name_len + (name_len < len);
	*value_len = len - name_len - (name_len < len);
	return query + len;
}

int http_query(const struct request *rq, const char *name, char *dst,
	       size_t cap)
{
	const char *rest = rq->info->query_string, *value;
	char found[64];
	size_t len;

	while ((rest = next_pair(rest, found, sizeof(found), &value, &len))) {
		int n;

		if (strcmp(found, name))
			continue;
		n = mg_url_decode(value, (int)len, dst, (int)cap, 1);
		if (n < 0 || strlen(dst) != (size_t)n)
			return -EINVAL;
		return 0;
	}
	return -ENOENT;
}

void http_query_check(const struct request *rq, const char *const *known,
		      struct cln_problems *ps)
{
	const char *rest = rq->info->query_string, *value;
	char found[64];
	size_t len;

	while ((rest = next_pair(rest, found, sizeof(found), &value, &len))) {
		const char *const *k = known;
		const char *near;

		while (k && *k && strcmp(*k, found))
			k++;
		if (k && *k)
			continue;
		near = known ? text_nearest(found, known) : NULL;
		problem_add(ps, CLN_UNKNOWN_FIELD, "", NULL,
			    "unknown query parameter \"%s\"%s%s%s", found,
			    near ? "; the nearest known one is \"" : "",
			    near ? near : "", near ? "\"" : "");
	}
}

uint32_t http_query_limit(const struct request *rq, uint32_t fallback,
			  uint32_t max, struct cln_problems *ps)
{
	char text[16];
	unsigned long value = 0;
	int err = http_query(rq, "limit", text, sizeof(text));

	if (err == -ENOENT)
		return fallback;
	if (!err && *text && !text[strspn(text, "0123456789")])
		value = strtoul(text, NULL, 10);
	if (value < 1 || value > max) {
		problem_add(ps, CLN_INVALID, "", NULL, "query parameter "
			    "\"limit\" must be between 1 and %u",
			    (unsigned int)max);
		return fallback;
	}
	return (uint32_t)value;
}

/* ---- lists that go by id ----------------------------------------------------- */

bool list_begin(struct list_page *page, struct request *rq, struct answer *an,
		char kind)
{
	char cursor[TEXT_CURSOR_LEN];
	struct cln_problems ps;
	int err;

	memset(page, 0, sizeof(*page));
	page->kind = kind;
	problems_init(&ps);
	page->limit = http_query_limit(rq, LIST_DEFAULT, LIST_MAX, &ps);
	err = http_query(rq, "cursor", cursor, sizeof(cursor));
	if (err != -ENOENT && (err || text_cursor_read(cursor, kind,
						       page->after,
						       sizeof(page->after))))
		problem_add(&ps, CLN_INVALID, "", NULL, "query parameter "
			    "\"cursor\" is not one that a list gave out");
	if (ps.n)
		answer_problems(rq, an, &ps);
	else
		page->items = json_array();
	return !ps.n;
}

bool list_has_room(struct list_page *page)
{
	page->more = json_array_size(page->items) == page->limit;
	return !page->more;
}

void list_add(struct list_page *page, json_t *item, const char *id)
{
	json_array_append_new(page->items, item);
	text_copy(page->last, sizeof(page->last), id);
}

void list_answer(struct list_page *page, struct request *rq,
		 struct answer *an, const char *name)
{
	char cursor[TEXT_CURSOR_LEN];
	json_t *o = json_object();

	text_cursor(cursor, page->kind, page->last);
	json_object_set_new(o, name, page->items);
	json_object_set_new(o, "next", page->more ? json_string(cursor)
						  : json_null());
	answer_ok(rq, an, NULL, o);
}

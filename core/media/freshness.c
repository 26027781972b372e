/*
 * freshness.c - reads Cache-Control, Expires, Date and Age.
 * Thread: any; it keeps no state.
 */
/* SPDX-License-Identifier: MIT */
#include "media/freshness.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

struct directive {
	const char *name, *value;	/* value: behind the '=', or NULL     */
	size_t name_len;
};

struct said {
	struct freshness *out;
	int max_age;			/* -1: not said                       */
	int stale;
	bool no_cache, must_revalidate;
};

/* Up to the next comma that is in no quoted string.                          */
static const char *skip(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || *p != ','); p++) {
		if (quoted && *p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	return p;
}

/* Takes the next directive of a list; false: there is none left.             */
static bool next_directive(const char **list, struct directive *d)
{
	const char *p = *list + strspn(*list, ", \t");

	if (!*p)
		return false;
	d->name = p;
	d->name_len = strcspn(p, "=, \t;\"");
	p += d->name_len;
	d->value = *p == '=' ? p + 1 : NULL;
	*list = skip(p);
	return true;
}

static bool is_named(const struct directive *d, const char *name)
{
	return d->name_len == strlen(name) &&
	       !strncasecmp(d->name, name, d->name_len);
}

/* Delta-seconds (1.2.2), at most `most`; what is no number is 0: stale.      */
static int seconds(const char *s, int most)
{
	int n = 0;

	if (!s)
		return 0;
	s += *s == '"';
	for (; isdigit((unsigned char)*s); s++) {
		n = n * 10 + (*s - '0');
		if (n >= most)
			return most;
	}
	return n;
}

static int shorter(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void note(struct said *s, const struct directive *d)
{
	if (is_named(d, "no-store"))
		s->out->no_store = true;
	else if (is_named(d, "no-cache"))
		s->no_cache = true;
	else if (is_named(d, "must-revalidate"))
		s->must_revalidate = true;
	else if (is_named(d, "max-age"))
		s->max_age = shorter(s->max_age,
				     seconds(d->value, INT32_MAX / 16));
	else if (is_named(d, "stale-if-error"))
		s->stale = seconds(d->value, FRESH_MAX_S);
}

/* Where there is no max-age. What is no date is in the past (5.3).           */
static int from_expires(header_fn *header, void *arg, int64_t now_s)
{
	const char *expires = header(arg, "Expires", 0);
	const char *date = header(arg, "Date", 0);
	int64_t end, start = now_s, left;

	if (!expires)
		return -1;
	end = curl_getdate(expires, NULL);
	if (date && curl_getdate(date, NULL) >= 0)
		start = curl_getdate(date, NULL);
	left = end < 0 ? 0 : end - start;
	if (left <= 0)
		return 0;
	return left < INT32_MAX / 16 ? (int)left : INT32_MAX / 16;
}

void freshness_read(struct freshness *f, header_fn *header, void *arg,
		    int64_t now_s)
{
	struct said s = { .out = f, .max_age = -1 };
	struct directive d;
	const char *list;

	*f = (struct freshness){ .fresh_s = -1, .stale_s = -1 };
	for (size_t n = 0; (list = header(arg, "Cache-Control", n)); n++) {
		f->stale_s = 0;
		while (next_directive(&list, &d))
			note(&s, &d);
	}
	if (s.max_age < 0)
		s.max_age = from_expires(header, arg, now_s);
	if (s.max_age >= 0) {
		s.max_age -= seconds(header(arg, "Age", 0), INT32_MAX / 16);
		f->fresh_s = s.max_age < 0 ? 0 : s.max_age;
	}
	if (f->fresh_s > FRESH_MAX_S)
		f->fresh_s = FRESH_MAX_S;
	if (s.no_cache || f->no_store)
		f->fresh_s = 0;
	if (!f->stale_s && !s.no_cache && !s.must_revalidate && !f->no_store)
		f->stale_s = s.stale;
}

void freshness_join(struct freshness *f, const struct freshness *other)
{
	f->fresh_s = shorter(f->fresh_s, other->fresh_s);
	/* One that may not be used at all outweighs one that said nothing.   */
	if (other->stale_s == 0 ||
	    (other->stale_s > 0 && other->stale_s < f->stale_s))
		f->stale_s = other->stale_s;
	f->no_store |= other->no_store;
}

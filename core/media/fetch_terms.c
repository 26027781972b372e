/*
 * fetch_terms.c - what a fetch says of what we have, and on what terms the
 * answer may be kept.
 * Thread: the fetcher's.
 */
/* SPDX-License-Identifier: MIT */
#include "media/fetcher.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

/* The nth header of this name in the last answer, or NULL.                   */
const char *transfer_header(struct transfer *t, const char *name, size_t nth)
{
	struct curl_header *h;

	if (curl_easy_header(t->easy, name, nth, CURLH_HEADER, -1, &h))
		return NULL;
	return h->value;
}

static const char *header_of(void *arg, const char *name, size_t nth)
{
	return transfer_header(arg, name, nth);
}

static void note_freshness(struct transfer *t)
{
	freshness_read(&t->fetch.keep, header_of, t,
		       clock_wall_ms(clock_system()) / S_MS);
	freshness_join(&t->fetch.keep, &t->way);
}

/* One that says nothing of its time is as lasting as what it leads to where its
 * status says so (RFC 9111 4.2.2, RFC 9110 15.4); else it holds for once.    */
void terms_note_hop(struct transfer *t, long status)
{
	struct freshness f;

	freshness_read(&f, header_of, t,
		       clock_wall_ms(clock_system()) / S_MS);
	if (status != 301 && status != 308) {
		f.fresh_s = f.fresh_s < 0 ? 0 : f.fresh_s;
		f.stale_s = f.stale_s < 0 ? 0 : f.stale_s;
	}
	freshness_join(&t->way, &f);
}

/* ETag and Last-Modified, to be asked with the next time.                    */
static int note_validator(struct transfer *t, const char *name, char **dst)
{
	const char *value = transfer_header(t, name, 0);

	if (!value || !*value || strlen(value) > VALIDATOR_LEN_MAX ||
	    str_has_ctl(value))
		return 0;
	return str_set(dst, value);
}

int terms_note_answer(struct transfer *t)
{
	note_freshness(t);
	if (str_set(&t->fetch.from, t->url) ||
	    note_validator(t, "ETag", &t->fetch.etag) ||
	    note_validator(t, "Last-Modified", &t->fetch.modified)) {
		transfer_fail(t, -ENOMEM, "out of memory");
		return -ENOMEM;
	}
	return 0;
}

static int add_header(struct curl_slist **list, const char *name,
		      const char *value)
{
	char line[VALIDATOR_LEN_MAX + 32];
	struct curl_slist *longer;

	if (!value)
		return 0;
	if (str_printf(line, sizeof(line), "%s: %s", name, value))
		return -EINVAL;
	longer = curl_slist_append(*list, line);
	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

/* What is known is named only where it was had from: elsewhere the same ETag
 * may well be that of another file.                                          */
int terms_ask(struct transfer *t)
{
	const struct origin *known = t->known;
	struct curl_slist *list = NULL;
	int err;

	t->asked_known = known && !strcmp(known->from, t->url) &&
			 (known->etag || known->modified);
	err = add_header(&list, "Accept-Encoding", "identity");
	if (!err && t->asked_known)
		err = add_header(&list, "If-None-Match", known->etag);
	if (!err && t->asked_known)
		err = add_header(&list, "If-Modified-Since", known->modified);
	if (err) {
		curl_slist_free_all(list);
		transfer_fail(t, err, "out of memory");
		return err;
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, list);
	curl_slist_free_all(t->headers);
	t->headers = list;
	return 0;
}

/*
 * fetch.c - one transfer: its options, its limits and its verdict.
 * Thread: the fetcher's.
 */
/* SPDX-License-Identifier: MIT */
#include "media/fetcher.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

enum {
	REDIRECTS_MAX = 5,
	CONNECT_S = 10,
	STALL_S = 10,			/* this long below ...                */
	STALL_BYTES = 100,		/* ... this many bytes a second       */
	HEADER_MAX = 64 * 1024,
	SMALL = 64 * 1024,		/* held without a reservation         */
};

void transfer_fail(struct transfer *t, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(t->fetch.why, sizeof(t->fetch.why), fmt, args);
	va_end(args);
	t->fetch.err = err;
	/* Parts of it may be the far end's words. */
	for (char *c = t->fetch.why; *c; c++) {
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
}

static bool is_type(const char *value, const char *type)
{
	size_t len = strlen(type);

	return !strncasecmp(value, type, len) && strchr("; \t", value[len]);
}

/* The header of a 200: is what follows a recording as it stands?             */
static bool judge_answer(struct transfer *t)
{
	static const char *const pages[] = {
		"text/html", "application/xhtml+xml", "application/json",
	};
	const char *value;

	for (size_t n = 0;
	     (value = transfer_header(t, "Content-Encoding", n)); n++) {
		if (!strcasecmp(value, "identity") || !*value)
			continue;
		transfer_fail(t, -EBADMSG, "content encoding %.32s is refused",
			      value);
		return false;
	}
	value = transfer_header(t, "Content-Type", 0);
	for (size_t n = 0; value && n < ARRAY_LEN(pages); n++) {
		if (!is_type(value, pages[n]))
			continue;
		transfer_fail(t, -EBADMSG, "got %s from %s, not audio",
			      pages[n], t->target.host);
		return false;
	}
	return true;
}

static int too_big(struct transfer *t)
{
	transfer_fail(t, -EFBIG, "the file is larger than %zu bytes",
		      t->fetcher->cfg.max_bytes);
	return -EFBIG;
}

/* What a file larger than SMALL may take: what was announced, else the most. */
static size_t room_wanted(struct transfer *t, size_t need)
{
	size_t max = t->fetcher->cfg.max_bytes;
	curl_off_t told = -1;

	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &told);
	if (told >= (curl_off_t)need && told < (curl_off_t)max)
		return (size_t)told;
	return max;
}

static int enlarge(struct transfer *t)
{
	size_t limit = t->reserved ? t->reserved : SMALL;
	size_t cap = t->cap ? t->cap * 2 : SMALL;
	uint8_t *bigger;

	if (cap > limit)
		cap = limit;
	if (cap <= t->cap)
		return too_big(t);
	bigger = realloc(t->fetch.data, cap);
	if (!bigger) {
		transfer_fail(t, -ENOMEM, "out of memory");
		return -ENOMEM;
	}
	t->fetch.data = bigger;
	t->cap = cap;
	return 0;
}

/* Makes room for n more bytes: 0, -EAGAIN (no memory free now), or failed.   */
static int make_room(struct transfer *t, size_t n)
{
	size_t need = t->fetch.len + n;

	if (need > t->fetcher->cfg.max_bytes)
		return too_big(t);
	if (need > SMALL && !t->reserved &&
	    !fetcher_reserve(t, room_wanted(t, need)))
		return -EAGAIN;
	while (t->cap < need) {
		int err = enlarge(t);

		if (err)
			return err;
	}
	return 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	long status = 0;
	int err;

	n *= size;
	if (!t->judged) {
		t->judged = true;
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
		t->skip_body = status != 200 || !judge_answer(t);
	}
	if (t->skip_body)
		return 0;
	err = make_room(t, n);
	if (err == -EAGAIN) {
		t->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (err)
		return 0;
	hasher_add(t->hasher, data, n);
	memcpy(t->fetch.data + t->fetch.len, data, n);
	t->fetch.len += n;
	return n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	(void)data;
	n *= size;
	t->header_bytes += n;
	if (t->header_bytes <= HEADER_MAX)
		return n;
	transfer_fail(t, -EBADMSG, "the http header is larger than %d bytes",
		      HEADER_MAX);
	return 0;
}

/* Every connection passes here with the address it is really made to. A proxy
 * is the operator's own choice and does its own checks of where it goes.     */
static curl_socket_t on_socket(void *arg, curlsocktype purpose,
			       struct curl_sockaddr *to)
{
	struct transfer *t = arg;
	struct addr a = {0};

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (to->family != AF_INET && to->family != AF_INET6) ||
	    to->addrlen > sizeof(a))
		return CURL_SOCKET_BAD;
	memcpy(&a, &to->addr, to->addrlen);
	if (!t->fetcher->cfg.proxy &&
	    !access_addr(&t->fetcher->cfg.access, &t->target, &a)) {
		t->refused = a;
		t->has_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void set_limits(struct transfer *t)
{
	const struct fetcher_config *cfg = &t->fetcher->cfg;
	CURL *e = t->easy;

	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* A name server that is slow must not outlast our own timeout. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE,
			 (curl_off_t)cfg->max_bytes);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	if (cfg->ca_file)
		curl_easy_setopt(e, CURLOPT_CAINFO, cfg->ca_file);
	/* "" also keeps http_proxy of the environment out. */
	curl_easy_setopt(e, CURLOPT_PROXY, cfg->proxy ? cfg->proxy : "");
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static int set_options(struct transfer *t)
{
	const struct fetcher_config *cfg = &t->fetcher->cfg;
	CURL *e;

	t->easy = e = curl_easy_init();
	if (!e || hasher_new(&t->hasher))
		return -ENOMEM;
	set_limits(t);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->curl_error);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	/* HTTP/2 would buffer megabytes of a transfer that is paused. */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_USERAGENT,
			 cfg->user_agent ? cfg->user_agent : "Carillon");
	return 0;
}

/* Starts the hop to t->url. 0, or failed.                                    */
static int start_hop(struct transfer *t)
{
	int64_t left = t->deadline_ms - clock_now_ms(clock_system());
	char why[PROMPT_WHY_LEN];
	int err;

	err = access_url(&t->fetcher->cfg.access, t->url, &t->target, why,
			 sizeof(why));
	if (err) {
		transfer_fail(t, err, t->hops ? "redirected: %s" : "%s", why);
		return err;
	}
	err = terms_ask(t);
	if (err)
		return err;
	t->judged = t->skip_body = t->has_refused = false;
	t->header_bytes = 0;
	t->curl_error[0] = '\0';
	t->fetch.asked_ms = clock_now_ms(clock_system());
	curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS,
			 (long)(left > 1 ? left : 1));
	if (curl_multi_add_handle(t->fetcher->multi, t->easy)) {
		transfer_fail(t, -ENOMEM, "out of memory");
		return -ENOMEM;
	}
	return 0;
}

int transfer_begin(struct transfer *t)
{
	t->deadline_ms = clock_now_ms(clock_system()) +
			 t->fetcher->cfg.timeout_s * S_MS;
	if (set_options(t)) {
		transfer_fail(t, -ENOMEM, "out of memory");
		return -ENOMEM;
	}
	return start_hop(t);
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

/* t->url joined with the Location header, which may be relative.             */
static int follow(struct transfer *t)
{
	const char *location = transfer_header(t, "Location", 0);
	char *next = NULL, *copy = NULL;
	CURLU *u = curl_url();

	if (u && location && strlen(location) <= CLN_URL_MAX &&
	    !str_has_ctl(location) &&
	    !curl_url_set(u, CURLUPART_URL, t->url, 0) &&
	    !curl_url_set(u, CURLUPART_URL, location,
			  CURLU_NON_SUPPORT_SCHEME) &&
	    !curl_url_get(u, CURLUPART_URL, &next, 0))
		copy = strdup(next);
	curl_free(next);
	curl_url_cleanup(u);
	if (!copy) {
		transfer_fail(t, -EBADMSG, "a redirect from %s leads nowhere",
			      t->target.host);
		return -EBADMSG;
	}
	free(t->url);
	t->url = copy;
	if (++t->hops > REDIRECTS_MAX) {
		transfer_fail(t, -ELOOP, "more than %d redirects",
			      REDIRECTS_MAX);
		return -ELOOP;
	}
	return start_hop(t);
}

static void explain_timeout(struct transfer *t)
{
	bool over = clock_now_ms(clock_system()) + 50 >= t->deadline_ms;
	curl_off_t connected = 0;

	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
	if (over && t->paused)
		transfer_fail(t, -ETIMEDOUT,
			      "no memory was free for it in %d s",
			      t->fetcher->cfg.timeout_s);
	else if (over)
		transfer_fail(t, -ETIMEDOUT, "timed out after %d s",
			      t->fetcher->cfg.timeout_s);
	else if (!connected)
		transfer_fail(t, -ETIMEDOUT, "no connection to %s within %d s",
			      t->target.host, CONNECT_S);
	else
		transfer_fail(t, -ETIMEDOUT, "%s stalled for %d s",
			      t->target.host, STALL_S);
}

/* No word from the server, as if we were cut off from it.                    */
static bool is_cut_off(const struct transfer *t, CURLcode result)
{
	return result == CURLE_OPERATION_TIMEDOUT ||
	       result == CURLE_COULDNT_RESOLVE_HOST ||
	       (result == CURLE_COULDNT_CONNECT && !t->has_refused) ||
	       result == CURLE_GOT_NOTHING || result == CURLE_PARTIAL_FILE ||
	       result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR;
}

static void explain(struct transfer *t, CURLcode result)
{
	const char *host = t->target.host;
	char why[PROMPT_WHY_LEN];

	t->fetch.unreachable = is_cut_off(t, result);
	if (result == CURLE_OPERATION_TIMEDOUT) {
		explain_timeout(t);
	} else if (result == CURLE_COULDNT_CONNECT && t->has_refused) {
		access_why(&t->refused, why, sizeof(why));
		transfer_fail(t, -EPERM, t->hops ? "redirected: %s" : "%s",
			      why);
	} else if (result == CURLE_FILESIZE_EXCEEDED) {
		too_big(t);
	} else if (result == CURLE_COULDNT_RESOLVE_HOST) {
		transfer_fail(t, -EHOSTUNREACH, "no address found for host %s",
			      host);
	} else if (result == CURLE_PARTIAL_FILE) {
		transfer_fail(t, -EBADMSG,
			      "%s closed the connection in mid-file", host);
	} else if (result == CURLE_OUT_OF_MEMORY) {
		transfer_fail(t, -ENOMEM, "out of memory");
	} else {
		transfer_fail(t, -EIO, "fetching from %s failed: %s", host,
			      t->curl_error[0] ? t->curl_error :
			      curl_easy_strerror(result));
	}
}

/* The end of a 200.                                                          */
static void take_file(struct transfer *t)
{
	if (!t->fetch.len)
		transfer_fail(t, -EBADMSG, "%s sent an empty file",
			      t->target.host);
	else if (hasher_end(t->hasher, &t->fetch.content))
		transfer_fail(t, -ENOMEM, "out of memory");
	else
		terms_note_answer(t);
}

bool transfer_ended(struct transfer *t, CURLcode result)
{
	long status = 0;

	if (t->fetch.err)
		return true;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (is_redirect(status) && transfer_header(t, "Location", 0)) {
		terms_note_hop(t, status);
		return follow(t) != 0;
	}
	if (status == 304 && t->asked_known) {
		t->fetch.unchanged = true;
		terms_note_answer(t);
	} else if (status >= 200 && status != 200) {
		transfer_fail(t, -EBADMSG, "http status %ld from %s", status,
			      t->target.host);
		t->fetch.unreachable = status >= 500;
	} else if (result) {
		explain(t, result);
	} else {
		take_file(t);
	}
	return true;
}

void transfer_close(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	t->easy = NULL;
	t->headers = NULL;
}

void transfer_free(struct transfer *t)
{
	transfer_close(t);
	hasher_free(t->hasher);
	free(t->fetch.data);
	free(t->fetch.from);
	free(t->fetch.etag);
	free(t->fetch.modified);
	free(t->url);
	free(t);
}

/*
 * http.c - answers onto the wire.
 * Thread: the worker of the connection.
 */
/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "app.h"
#include "errors.h"

static void put_date(struct text *t)
{
	time_t now = time(NULL);
	char date[64];
	struct tm tm;

	if (gmtime_r(&now, &tm) &&
	    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		text_printf(t, "Date: %s\r\n", date);
}

/* Decides whether the connection stays, and tells civetweb.                  */
static bool settle_connection(struct request *rq, struct answer *an)
{
	const char *wish = rq->info ? http_header(rq, "Connection") : NULL;
	bool old = !rq->info || !rq->info->http_version ||
		   strcmp(rq->info->http_version, "1.1");

	/* What civetweb does with a second request behind chunks is not worth
	 * trusting; and no worker is kept for an idle client when many are
	 * taken.                                                             */
	if (rq->chunked || (rq->has_body && !rq->body_read) ||
	    watch_is_busy(rq->api->watch) || old ||
	    (wish && strcasestr(wish, "close")))
		an->close = true;
	if (an->close)
		mg_disable_connection_keep_alive(rq->conn);
	return an->close;
}

static void put_head(struct request *rq, struct answer *an, int64_t length,
		     struct text *t)
{
	bool close = settle_connection(rq, an);

	text_printf(t, "HTTP/1.1 %d %s\r\n", an->status,
		    error_status_text(an->status));
	put_date(t);
	text_printf(t, "Content-Type: %s\r\n"
		    "Cache-Control: no-store\r\n"
		    "X-Content-Type-Options: nosniff\r\n"
		    "X-Request-Id: %s\r\n"
		    "Connection: %s\r\n",
		    an->media, rq->id, close ? "close" : "keep-alive");
	if (an->headers.len)
		text_write(t, an->headers.data, an->headers.len);
	if (length >= 0)
		text_printf(t, "Content-Length: %lld\r\n", (long long)length);
	else if (!strcmp(rq->info->http_version, "1.1"))
		text_puts(t, "Transfer-Encoding: chunked\r\n");
	text_puts(t, "\r\n");
}

static int send_text(struct request *rq, const struct text *t)
{
	int n;

	if (t->err)
		return t->err;
	watch_phase(rq->slot, rq->conn, WATCH_WRITE);
	n = mg_write(rq->conn, t->data, t->len);
	watch_phase(rq->slot, rq->conn, WATCH_WORK);
	return n == (int)t->len ? 0 : -EPIPE;
}

void http_send_head(struct request *rq, struct answer *an, int64_t length)
{
	struct text t = { 0 };

	put_head(rq, an, length, &t);
	if (send_text(rq, &t))
		mg_disable_connection_keep_alive(rq->conn);
	text_free(&t);
}

/* Head and body in one write: one packet for most answers.                   */
void http_send(struct request *rq, struct answer *an)
{
	struct text t = { 0 };

	put_head(rq, an, (int64_t)an->body.len, &t);
	if (!rq->head && an->body.len)
		text_write(&t, an->body.data, an->body.len);
	if (send_text(rq, &t))
		mg_disable_connection_keep_alive(rq->conn);
	text_free(&t);
}

int http_send_piece(struct request *rq, const struct text *piece)
{
	bool chunks = !strcmp(rq->info->http_version, "1.1");
	struct text t = { 0 };
	int err;

	if (!piece->len)
		return 0;
	if (chunks)
		text_printf(&t, "%zx\r\n", piece->len);
	text_write(&t, piece->data, piece->len);
	if (chunks)
		text_puts(&t, "\r\n");
	err = send_text(rq, &t);
	text_free(&t);
	return err;
}

void http_send_end(struct request *rq)
{
	struct text t = { 0 };

	if (strcmp(rq->info->http_version, "1.1"))
		return;
	text_puts(&t, "0\r\n\r\n");
	if (send_text(rq, &t))
		mg_disable_connection_keep_alive(rq->conn);
	text_free(&t);
}

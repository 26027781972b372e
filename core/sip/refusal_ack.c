/*
 * refusal_ack.c - the ACK that an INVITE transaction answers a refusal with.
 *
 * The transaction keeps no message, only the bytes that left: they are ours, in
 * the form that osip prints, so their lines can be taken over as they are.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/refusal_ack.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "sip/lines.h"

static const char invite_word[] = "INVITE";

/* Those that 17.1.1.3 and 22.1 name, and Max-Forwards (8.1.1).                */
static bool is_kept(const char *data, const struct line *l)
{
	static const char *const names[] = {
		"Via", "Route", "From", "Call-ID", "Max-Forwards",
		"Authorization", "Proxy-Authorization",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (line_is_named(data, l, names[i]))
			return true;
	return false;
}

/* "ACK" in the place of the method, at the start or the end of the line.      */
static void write_request_line(struct buf *out, const char *data,
			       const struct line *l)
{
	size_t n = strlen(invite_word);

	buf_puts(out, "ACK");
	buf_write(out, data + l->at + n, l->len - n);
	buf_puts(out, "\r\n");
}

static void write_cseq(struct buf *out, const char *data, const struct line *l)
{
	buf_write(out, data + l->at, l->len - strlen(invite_word));
	buf_puts(out, "ACK\r\n");
}

static int write_to(struct buf *out, const osip_message_t *resp)
{
	char *to = NULL;

	if (osip_to_to_str(resp->to, &to))
		return -ENOMEM;
	buf_printf(out, "To: %s\r\n", to);
	osip_free(to);
	return 0;
}

static int write_ack(struct buf *out, const struct wire *invite,
		     const osip_message_t *resp)
{
	const char *data = invite->data;
	struct lines w = lines_of(data, invite->len);
	struct line l;
	int err = 0;

	if (!line_next(&w, &l) || l.len <= strlen(invite_word))
		return -EBADMSG;
	write_request_line(out, data, &l);
	while (!err && line_next(&w, &l) && l.len) {
		if (line_is_named(data, &l, "To")) {
			err = write_to(out, resp);
		} else if (line_is_named(data, &l, "CSeq")) {
			write_cseq(out, data, &l);
		} else if (is_kept(data, &l)) {
			buf_write(out, data + l.at, l.len);
			buf_puts(out, "\r\n");
		}
	}
	buf_puts(out, "Content-Length: 0\r\n\r\n");
	return err ? err : out->err;
}

int refusal_ack(struct wire *ack, const struct wire *invite,
		const osip_message_t *resp)
{
	struct buf out;
	int err;

	buf_init(&out, BUILD_MESSAGE_MAX);
	err = write_ack(&out, invite, resp);
	if (!err) {
		ack->data = osip_malloc(out.len + 1);
		err = ack->data ? 0 : -ENOMEM;
	}
	if (!err) {
		memcpy(ack->data, out.data, out.len + 1);
		ack->len = out.len;
	}
	buf_deinit(&out);
	return err;
}

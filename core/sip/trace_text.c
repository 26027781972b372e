/*
 * trace_text.c - the messages of one call as text: a ladder, then all in full.
 *
 * What came from the wire is written so that a terminal takes no orders from it.
 *
 * Thread: any; it reads a copy.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/sip.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"
#include "sip/lines.h"

enum { LOOK_BACK = 16 };		/* messages, for repetitions           */

struct ladder {
	const struct buf *copy;
	struct buf *out;
	int local_width, remote_width;	/* of the address columns              */
	int n;				/* messages                            */
	int64_t first_ns;
	/* The last ones, to tell a repetition.                                */
	struct sip_trace_message past[LOOK_BACK];
};

/* ---- safe text ------------------------------------------------------------ */

/* C1 controls move a terminal's cursor too.                                   */
static bool is_printable(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];

	if (n == 1)
		return c >= ' ' && c != 0x7f;
	return n > 1 && !(n == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0);
}

static void put_safe(struct buf *out, const char *p, size_t len)
{
	while (len) {
		size_t n = str_utf8_len(p, len);

		if (is_printable(p, n) || *p == '\t') {
			buf_write(out, p, n);
		} else {
			n = 1;
			buf_printf(out, "\\x%02x", (unsigned char)*p);
		}
		p += n;
		len -= n;
	}
}

/* The message line by line, each ended alike.                                 */
static void put_lines(struct buf *out, const char *data, size_t len)
{
	while (len) {
		const char *lf = memchr(data, '\n', len);
		size_t line = lf ? (size_t)(lf - data) : len;
		size_t used = lf ? line + 1 : len;

		if (lf && line && data[line - 1] == '\r')
			line--;
		put_safe(out, data, line);
		buf_putc(out, '\n');
		data += used;
		len -= used;
	}
}

/* ---- one line of the ladder ----------------------------------------------- */

static size_t first_line_len(const struct sip_trace_message *m)
{
	size_t n = 0;

	while (n < m->len && m->data[n] != '\r' && m->data[n] != '\n')
		n++;
	return n;
}

static bool is_response(const struct sip_trace_message *m)
{
	return m->len > 8 && !strncasecmp(m->data, "SIP/2.0 ", 8);
}

/* Which request a response is for, and whether a session description comes.   */
static void put_facts(struct buf *out, const struct sip_trace_message *m)
{
	struct lines w = lines_of(m->data, m->len);
	size_t at, end;
	bool response = is_response(m);
	struct line l;

	while (line_next(&w, &l) && l.len) {
		at = l.value_at;
		end = l.at + l.len;
		while (at < end && m->data[at] == ' ')
			at++;
		if (response && line_is_named(m->data, &l, "CSeq")) {
			buf_puts(out, "  [");
			put_safe(out, m->data + at, end - at);
			buf_putc(out, ']');
		} else if ((line_is_named(m->data, &l, "Content-Type") ||
			    line_is_named(m->data, &l, "c")) &&
			   end - at >= 15 &&
			   !strncasecmp(m->data + at, "application/sdp", 15)) {
			buf_puts(out, "  (SDP)");
		}
	}
}

static bool is_repetition(const struct ladder *l,
			  const struct sip_trace_message *m)
{
	for (int i = 0; i < LOOK_BACK && i < l->n; i++) {
		const struct sip_trace_message *p = &l->past[i];

		if (p->sent == m->sent && p->len == m->len &&
		    addr_equal(&p->remote, &m->remote) &&
		    !memcmp(p->data, m->data, m->len))
			return true;
	}
	return false;
}

static void put_way(struct ladder *l, const struct sip_trace_message *m)
{
	char local[ADDR_TEXT_LEN], remote[ADDR_TEXT_LEN];

	addr_text(&m->local, local);
	addr_text(&m->remote, remote);
	buf_printf(l->out, "%s  %-*s %s %-*s", sip_transport_name(m->transport),
		   l->local_width, local, m->sent ? "--->" : "<---",
		   l->remote_width, remote);
}

static void put_step(struct ladder *l, const struct sip_trace_message *m)
{
	char when[STR_TIME_LEN];
	int64_t ms = (m->mono_ns - l->first_ns) / MS_NS;

	str_rfc3339(when, m->wall_ms);
	buf_printf(l->out, "%4d  %s  %+6" PRId64 ".%03d  ", l->n + 1, when,
		   ms / S_MS, (int)(ms % S_MS));
	put_way(l, m);
	buf_puts(l->out, "  ");
	put_safe(l->out, m->data, first_line_len(m));
	put_facts(l->out, m);
	if (is_repetition(l, m))
		buf_puts(l->out, "  (again)");
	buf_putc(l->out, '\n');
	l->past[l->n % LOOK_BACK] = *m;
	l->n++;
}

/* ---- the whole ------------------------------------------------------------ */

static void measure(struct ladder *l)
{
	struct sip_trace_message m;
	char text[ADDR_TEXT_LEN];
	size_t pos = 0;

	while (sip_trace_next(l->copy, &pos, &m)) {
		int width;

		if (!l->n++)
			l->first_ns = m.mono_ns;
		addr_text(&m.local, text);
		width = (int)strlen(text);
		if (width > l->local_width)
			l->local_width = width;
		addr_text(&m.remote, text);
		width = (int)strlen(text);
		if (width > l->remote_width)
			l->remote_width = width;
	}
}

static void put_message(struct ladder *l, const struct sip_trace_message *m)
{
	char when[STR_TIME_LEN];

	str_rfc3339(when, m->wall_ms);
	buf_printf(l->out, "\n---- %d  %s  ", ++l->n, when);
	put_way(l, m);
	buf_printf(l->out, "  %zu bytes ----\n\n", m->len + m->cut);
	put_lines(l->out, m->data, m->len);
	if (m->cut)
		buf_printf(l->out, "(%zu more bytes were not kept)\n", m->cut);
}

void sip_trace_text(const struct buf *copy, struct buf *out)
{
	struct ladder l = { .copy = copy, .out = out };
	struct sip_trace_message m;
	size_t pos = 0;

	measure(&l);
	buf_printf(out, "%d SIP message%s; secrets are shown as *\n\n", l.n,
		   l.n == 1 ? "" : "s");
	l.n = 0;
	while (sip_trace_next(copy, &pos, &m))
		put_step(&l, &m);
	l.n = 0;
	pos = 0;
	while (sip_trace_next(copy, &pos, &m))
		put_message(&l, &m);
}

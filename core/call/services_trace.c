/*
 * services_trace.c - what the wire carried, as an app sees it.
 *
 * Signalling only copies (on_trace); the app's own thread makes a text or a file
 * of the copy, which may be megabytes.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "base/str.h"
#include "call/ask.h"

/* The ring of messages is bounded by the configuration, and so are these.     */
#define CEILING (SIZE_MAX / 4)

struct trace_ask {
	struct ask ask;
	const char *call_id;
	struct buf copy;
};

static void on_trace(struct ask *a)
{
	struct trace_ask *q = (struct trace_ask *)a;
	int err = sip_trace(a->x->cfg.sip, q->call_id, &q->copy);

	ask_done(a, err ? err : q->copy.err);
}

static int get_copy(struct exchange *x, struct trace_ask *q)
{
	buf_init(&q->copy, CEILING);
	return ask_run(x, &q->ask, on_trace);
}

static void give(const struct sip_trace_message *m, int64_t first_ns,
		 cln_trace_fn *fn, void *arg)
{
	struct cln_trace_message out = {
		.size = sizeof(out), .sent = m->sent, .at = m->wall_ms,
		.offset_us = (m->mono_ns - first_ns) / 1000,
		.data = m->data, .len = m->len, .cut = m->cut,
	};

	str_copy(out.transport, sizeof(out.transport),
		 sip_transport_name(m->transport));
	addr_text(&m->local, out.local);
	addr_text(&m->remote, out.remote);
	fn(arg, &out);
}

static int trace(void *ctx, const char *call_id, cln_trace_fn *fn, void *arg)
{
	struct trace_ask q = { .ask.is_read = true, .call_id = call_id };
	int err = get_copy(ctx, &q);
	struct sip_trace_message m;
	int64_t first_ns = 0;
	size_t pos = 0;

	while (!err && sip_trace_next(&q.copy, &pos, &m)) {
		if (!first_ns)
			first_ns = m.mono_ns;
		give(&m, first_ns, fn, arg);
	}
	buf_deinit(&q.copy);
	return err;
}

static int trace_file(void *ctx, const char *call_id, int32_t form,
		      cln_bytes_fn *fn, void *arg)
{
	struct trace_ask q = { .ask.is_read = true, .call_id = call_id };
	int err = get_copy(ctx, &q);
	struct buf out;

	buf_init(&out, CEILING);
	if (!err && form == CLN_TRACE_PCAP)
		sip_trace_pcap(&q.copy, &out);
	else if (!err)
		sip_trace_text(&q.copy, &out);
	if (!err)
		err = out.err;
	if (!err)
		fn(arg, out.data, out.len);
	buf_deinit(&q.copy);
	buf_deinit(&out);
	return err;
}

void services_trace(struct cln_services *s)
{
	s->trace = trace;
	s->trace_file = trace_file;
}

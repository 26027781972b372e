/*
 * fuzz_trace.c - a secret planted among any bytes never shows in the trace.
 *
 * The first byte picks where a message holds the secret; the rest, cut in two at
 * byte 0x1e, stands before and behind it in the same line (line ends in it
 * become folds), and once more as it is: as a message of its own. All of it goes
 * through the ring, and what is read back is searched: the copy, the ladder and
 * the capture file.
 *
 * Needs: core/sip/{lines,trace,trace_redact,trace_text,trace_pcap,names}.c, all
 * of core/base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/lines.h"
#include "sip/trace.h"

#define SECRET "Pl4nt3dS3cr3t"
#define HEAD "INVITE sip:a@b SIP/2.0\r\nCall-ID: fuzz\r\n"

static const char *const places[][2] = {
	{ "Authorization: Digest ", "response=\"" },
	{ "Proxy-Authorization: Digest ", "cnonce = " },
	{ "Authorization:\r\n digest nc=1,", "response\r\n\t=\"" },
	{ "Authorization: Basic ", "" },
	{ "Authentication-Info: ", "nextnonce=\"" },
	{ "Authentication-Info: qop=auth,", "rspauth=" },
	{ "a=crypto:1 AES_CM_128_HMAC_SHA1_80 ", "inline:" },
	{ "To: <sip:", ":" },
	{ "\r\nAuthorization: Digest ", "response=" },
};

static struct clock now;
static struct trace *trace;

static void put_folded(struct buf *b, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		buf_putc(b, (char)data[i]);
		if (data[i] == '\n' || data[i] == '\r')
			buf_puts(b, data[i] == '\r' ? "\n " : " ");
	}
}

/* What makes the secret another's: a quoted string or a comment around it, in a
 * place where nothing says what it is; or a user part that has ended.         */
static bool is_another(const char *place, const uint8_t *before, size_t n)
{
	static const char ends[] = "<>\"@ \t\r\n";

	if (strncmp(place, "To", 2))
		return false;
	for (size_t i = 0; i < n; i++)
		if (before[i] <= ' ' || strchr(ends, before[i]))
			return true;
	return false;
}

static void add(const char *data, size_t len)
{
	struct hop hop = { .transport = (enum sip_transport)(len % 3) };
	char *exact = malloc(len ? len : 1);

	if (!exact)
		abort();
	memcpy(exact, data, len);
	addr_parse(&hop.local, len % 2 ? "192.0.2.1:5060" : "[::1]:5060", 0);
	addr_parse(&hop.remote, len % 5 ? "192.0.2.9:5061" : "[::2]:1", 0);
	trace_add(trace, len % 2, &hop, exact, len);
	free(exact);
	clock_advance(&now, 1 * MS_NS);
}

static void expect_none(const struct buf *b)
{
	if (b->err || memmem(b->data, b->len, SECRET, strlen(SECRET)))
		abort();
}

static void read_back(void)
{
	struct sip_trace_message m;
	struct buf copy, out;
	size_t pos = 0;

	buf_init(&copy, 1 << 20);
	buf_init(&out, 4 << 20);
	if (trace_copy(trace, "fuzz", &copy))
		abort();
	expect_none(&copy);
	while (sip_trace_next(&copy, &pos, &m))
		if (m.data + m.len > copy.data + copy.len)
			abort();
	sip_trace_text(&copy, &out);
	expect_none(&out);
	buf_reset(&out);
	sip_trace_pcap(&copy, &out);
	expect_none(&out);
	buf_deinit(&copy);
	buf_deinit(&out);
}

static void plant(uint8_t pick, const uint8_t *data, size_t size)
{
	const uint8_t *cut = memchr(data, 0x1e, size);
	size_t before = cut ? (size_t)(cut - data) : size;
	const char *const *place = places[pick % ARRAY_LEN(places)];
	struct buf b;

	if (is_another(place[0], data, before))
		return;
	buf_init(&b, 1 << 20);
	buf_puts(&b, HEAD);
	buf_puts(&b, place[0]);
	put_folded(&b, data, before);
	buf_puts(&b, place[1]);
	buf_puts(&b, SECRET);
	if (!strncmp(place[0], "To", 2))
		buf_puts(&b, "@");
	if (cut)
		put_folded(&b, cut + 1, size - before - 1);
	buf_puts(&b, "\r\nA: b\r\n\r\n");
	add(b.data, b.len);
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || memmem(data, size, SECRET, strlen(SECRET)))
		return 0;
	clock_virtual(&now, S_NS, INT64_C(1700000000000));
	if (trace_new(&trace, &now, TRACE_BYTES_MIN))
		abort();
	plant(data[0], data + 1, size - 1);
	add((const char *)data, size);
	add(HEAD "\r\n", strlen(HEAD "\r\n"));
	read_back();
	trace_free(trace);
	return 0;
}

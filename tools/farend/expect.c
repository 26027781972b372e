/* SPDX-License-Identifier: MIT */
/*
 * expect.c - what every call should hear, compared as the packets come.
 * Thread: main reads the file, signalling compares.
 */
#include "expect.h"

#include "rtpstore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPECTED_MAX = 256 << 20 };

int expected_read(struct expected *e, const char *path)
{
	FILE *f = fopen(path, "rb");
	long len = -1;
	int err = 0;

	if (!f)
		return -errno;
	if (!fseek(f, 0, SEEK_END))
		len = ftell(f);
	if (len <= 0 || len > EXPECTED_MAX || fseek(f, 0, SEEK_SET))
		err = -EINVAL;
	e->data = err ? NULL : malloc((size_t)len);
	e->len = err ? 0 : (size_t)len;
	if (!err && !e->data)
		err = -ENOMEM;
	if (!err && fread(e->data, 1, e->len, f) != e->len)
		err = -EIO;
	fclose(f);
	if (err)
		expected_free(e);
	return err;
}

void expected_free(struct expected *e)
{
	free(e->data);
	memset(e, 0, sizeof(*e));
}

void heard_take(struct heard *h, const struct rtp_packet *p,
		const uint8_t *payload)
{
	size_t at;

	if (!h->expected)
		return;
	if (!h->begun) {
		h->begun = true;
		h->pt = p->pt;
		h->first_seq = p->seq;
		h->piece = p->len;
	}
	if (p->pt != h->pt)
		return;
	at = (size_t)(uint16_t)(p->seq - h->first_seq) * h->piece;
	if (at + p->len > h->expected->len ||
	    memcmp(h->expected->data + at, payload, p->len))
		h->wrong++;
	else
		h->right_bytes += p->len;
}

bool heard_all(const struct heard *h)
{
	return h->expected && !h->wrong &&
		h->right_bytes == h->expected->len;
}

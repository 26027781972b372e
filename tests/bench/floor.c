/*
 * floor.c - the least that a call can cost.
 */
/* SPDX-License-Identifier: MIT */
#include "floor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "sip/osip.h"

struct bare {
	int fd;
	struct addr peer;
	osip_message_t *invite, *ack, *bye;
};

static int read_message(osip_message_t **mp, const char *data, size_t len)
{
	osip_message_t *m;

	if (osip_message_init(&m))
		return -ENOMEM;
	if (osip_message_parse(m, data, len)) {
		osip_message_free(m);
		return -EBADMSG;
	}
	*mp = m;
	return 0;
}

static int open_socket(struct bare *b)
{
	struct timeval patience = { .tv_sec = 5 };
	struct addr own;

	b->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (b->fd < 0)
		return -errno;
	addr_parse_ip(&own, "127.0.0.1", 0);
	if (bind(b->fd, &own.sa, addr_len(&own)) ||
	    setsockopt(b->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)))
		return -errno;
	return 0;
}

int bare_open(struct bare **bp, const struct far_end *far)
{
	struct bare *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	b->peer = far->addr;
	err = open_socket(b);
	if (!err)
		err = read_message(&b->invite, far->seen[M_INVITE].data,
				   far->seen[M_INVITE].len);
	if (!err)
		err = read_message(&b->ack, far->seen[M_ACK].data,
				   far->seen[M_ACK].len);
	if (!err)
		err = read_message(&b->bye, far->seen[M_BYE].data,
				   far->seen[M_BYE].len);
	if (err)
		bare_close(b);
	else
		*bp = b;
	return err;
}

void bare_close(struct bare *b)
{
	if (b->fd >= 0)
		close(b->fd);
	osip_message_free(b->invite);
	osip_message_free(b->ack);
	osip_message_free(b->bye);
	free(b);
}

static int print_and_send(struct bare *b, osip_message_t *m)
{
	char *data;
	size_t len;
	ssize_t n;

	/* Else osip would give back the text that it printed the last time.   */
	osip_message_force_update(m);
	if (osip_message_to_str(m, &data, &len))
		return -ENOMEM;
	n = sendto(b->fd, data, len, 0, &b->peer.sa, addr_len(&b->peer));
	osip_free(data);
	return n < 0 ? -errno : 0;
}

/* 1 if a call has ended, 0 if not yet, -errno.                                */
static int take_answer(struct bare *b)
{
	char data[MESSAGE_MAX];
	struct addr from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(b->fd, data, sizeof(data), 0, &from.sa,
			     &from_len);
	osip_message_t *m;
	int err;

	if (n < 0)
		return -errno;
	err = read_message(&m, data, (size_t)n);
	if (err)
		return err;
	if (m->status_code < 200)
		err = 0;
	else if (!strcmp(m->cseq->method, "BYE"))
		err = 1;
	else
		err = print_and_send(b, b->ack);
	if (!err && m->status_code >= 200)
		err = print_and_send(b, b->bye);
	osip_message_free(m);
	return err;
}

int bare_calls(struct bare *b, size_t n, size_t at_once)
{
	size_t begun = 0, ended = 0;
	int err = 0;

	while (ended < n && err >= 0) {
		while (begun < n && begun - ended < at_once && err >= 0) {
			err = print_and_send(b, b->invite);
			begun++;
		}
		if (err >= 0)
			err = take_answer(b);
		if (err > 0)
			ended++;
	}
	return err < 0 ? err : 0;
}

/*
 * trace.h - the last messages on the wire, to be looked at call by call.
 *
 * A ring of bounded size in memory: the oldest messages make room for new ones.
 * Secrets (digest responses, and whatever else proves who we are) are taken out
 * before a message is kept, so that no reader ever sees them.
 *
 * Thread: signalling. Inside core/sip/; others read by sip_trace() of sip.h.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TRACE_H
#define SIP_TRACE_H

#include "base/clock.h"
#include "sip/transport.h"

struct trace;

enum {
	TRACE_BYTES_MIN = 16384,
	/* Of one message; what is longer is cut. It must fit into an UDP
	 * datagram of a capture file.                                         */
	TRACE_MESSAGE_MAX = 65000,
	TRACE_CALL_ID_MAX = 255,	/* longer ones are not kept            */
	/* Of one Call-ID, the last ones are shown: signalling copies them.    */
	TRACE_CALL_MAX = 256,
};

/* `cap_bytes` for everything that is kept, at least TRACE_BYTES_MIN. The memory
 * is touched only as it fills.                                                */
int trace_new(struct trace **tp, const struct clock *clock, size_t cap_bytes);
void trace_free(struct trace *t);	/* fine with NULL                      */
/* One message as it is on the wire; also broken ones and repetitions. One
 * without a readable Call-ID is not kept. Fine with t NULL (tracing is off).  */
void trace_add(struct trace *t, bool sent, const struct hop *hop,
	       const char *data, size_t len);
/* What sip_trace() does. -ENOENT also with t NULL.                            */
int trace_copy(const struct trace *t, const char *call_id, struct buf *copy);

#endif

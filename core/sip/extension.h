/*
 * extension.h - what the extensions of SIP write into a message: option tags,
 * RSeq (RFC 3262), Session-Expires and Min-SE (RFC 4028).
 *
 * Pure functions. Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_EXTENSION_H
#define SIP_EXTENSION_H

#include <stdbool.h>
#include <stdint.h>

#include "sip/osip.h"

enum session_refresher {
	REFRESHER_UNSAID,
	REFRESHER_UAC,			/* who sent the request                */
	REFRESHER_UAS,			/* who answered it                     */
};

struct session_expires {
	int s;				/* 1 .. EXTENSION_SECONDS_MAX          */
	enum session_refresher refresher;
};

#define EXTENSION_UNKNOWN_LEN 512
#define EXTENSION_SECONDS_MAX (7 * 86400)	/* longer is cut to that       */

/* Is the option tag in Require, Supported (also "k") or Unsupported?          */
bool extension_named(const osip_message_t *m, const char *header,
		     const char *tag);
/* Does Allow list the method? `says`: is there an Allow at all?               */
bool extension_allows(const osip_message_t *m, const char *method, bool *says);
/* What Require names and we do not support: the first few option tags of it, as a
 * list. False: nothing.                                                       */
bool extension_unknown(const osip_message_t *m,
		       char list[EXTENSION_UNKNOWN_LEN]);
/* 1 .. 2^32 - 1; false: none, or not readable.                                */
bool extension_rseq(const osip_message_t *m, uint32_t *rseq);
/* Session-Expires, also as "x"; false: none, or not readable.                 */
bool extension_session(const osip_message_t *m, struct session_expires *se);
int extension_min_se(const osip_message_t *m);	/* seconds, 0: none            */

#endif

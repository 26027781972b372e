/*
 * retry.h - when the next REGISTER is due: refresh and back-off.
 *
 * Inside core/sip/. Pure but for the random source. Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_RETRY_H
#define SIP_RETRY_H

#include <stdint.h>

#include "base/random.h"

/* From a grant of so many seconds to its refresh: half of it, or all but a
 * minute, whichever is later, and up to a quarter of that margin earlier.     */
int64_t retry_refresh_ms(struct random *random, int granted_s);
/* After the nth failure in a row: 2 s, doubled up to 300 s, +-25 %; at once 300 s
 * for a status that no repetition cures (404, 405 ...). Never earlier than
 * Retry-After (retry_after_s, <= 0: none), of which a day is the most.        */
int64_t retry_after_failure_ms(struct random *random, unsigned int nth,
			       int code, int retry_after_s);
/* After the connection of a binding was lost, the nth time in a row: 2 s, doubled
 * up to 1800 s (RFC 5626 4.5), and up to half of it earlier.                  */
int64_t retry_flow_ms(struct random *random, unsigned int nth);

#endif

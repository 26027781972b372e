/*
 * call.h - one call, from its deadline to its outcome on disk.
 *
 *   NEW -> INVITING -> RINGING -> TALKING -> ENDING -> DONE
 *     \________\__________\___________\________/
 *
 * NEW waits for its deadline (or a free port); ENDING waits until both the
 * dialog and the stream have ended; DONE waits for the store. Shared by call.c,
 * call_events.c and outcome.c; not for other files. Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "call/negotiate.h"
#include "call/room.h"
#include "sip/uac.h"

enum call_state {
	CALL_NEW, CALL_INVITING, CALL_RINGING, CALL_TALKING, CALL_ENDING,
	CALL_DONE
};

#define Q850_NORMAL 16		/* normal call clearing                */

struct call {
	LIST_ENTRY(call) link;		/* of exchange.calls                   */
	struct exchange *x;
	struct lane *lane;
	int64_t row;			/* of the recipient                    */
	struct store_claim *to;		/* until the INVITE has left           */
	enum call_state state;
	struct timer timer;		/* deadline, then the guard of what
					 * talks                               */
	const char *guard_reason;	/* why it hangs up                     */
	struct uac *uac;		/* NULL: ended                         */
	struct stream *stream;		/* NULL: stopped                       */
	bool stream_stopping;
	bool bye_when_stopped;		/* we hang up once it is silent        */
	struct sdp_session session;
	char *sdp;			/* what we last said of ourselves      */
	struct addr media_address;
	/* What the carrier wants; a change of it is for later calls.          */
	struct negotiate_wishes wishes;
	bool symmetric;
	struct negotiated media;	/* codec NULL: nothing settled         */
	bool events;			/* telephone-event was settled, once   */
	char reason[LANE_WHY_LEN];	/* why it failed, "" if it did not     */
	struct uac_result result;
	bool system;			/* we ended it, not its playlist       */
	bool complete;			/* the whole playlist was sent         */
	struct cln_attempt attempt;
	struct call_write *write;	/* under way to the store; NULL: none  */
	bool write_again;
	struct timer retry;		/* of a write that was refused         */
	bool retrying;			/* until one is taken                  */
};

extern const struct uac_events call_uac_events;		/* call_events.c      */
extern const struct stream_events call_stream_events;

void call_local_side(const struct call *c, struct negotiate_side *us);
/* The event of that name: writes the offer for a route through `address`.     */
int call_local_offer(void *arg, const struct addr *address, char *sdp,
		     size_t cap);
/* What we said of ourselves is that offer again.                              */
int call_offer_again(struct call *c);
/* Hangs up with a reason of ours.                                             */
void call_abort(struct call *c, const char *reason);
/* It is over but for what dialog and stream still have to say.                */
void call_set_ending(struct call *c);
/* Silence from now on; `stopped` will follow.                                 */
void call_stop_stream(struct call *c);
/* Writes how far it is to the store (outcome.c).                              */
void call_write(struct call *c);
void outcome_init(struct call *c);
/* Ends the call if dialog and stream have both ended.                         */
void call_check_over(struct call *c);
/* Not begun: back to the queue.                                               */
void call_unclaim(struct call *c);
void call_free(struct call *c);

#endif

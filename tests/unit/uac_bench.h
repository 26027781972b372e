/*
 * uac_bench.h - one outgoing call on the fake wire, and what it told.
 *
 * Included once per program.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_UAC_BENCH_H
#define UNIT_UAC_BENCH_H

#include "sip_wire.h"

#include "sip/uac.h"

#define TARGET "Contact: <sip:gw@192.0.2.77:5070>\r\n"
#define SDP_TYPE "Content-Type: application/sdp\r\n"
#define OFFER "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\n"
#define ANSWER "v=0\r\no=- 2 2 IN IP4 192.0.2.77\r\ns=-\r\n"

static struct uac *call;
static struct uac_result result;
static char told[256];			/* events in order                     */
static char answer_sdp[512], offer_sdp[512];
static int offer_code;
static int early_code;
static bool stays_loud;			/* after `hangup`                      */
static bool free_when_ended, hang_up_when_answered, free_when_answered;
static struct sip_auth *auth;		/* account()                           */
static unsigned int n_requests;		/* of the far end                      */

static inline void tell(const char *what)
{
	size_t n = strlen(told);

	assert_int_equal(str_printf(told + n, sizeof(told) - n, "%s%s",
				    n ? " " : "", what), 0);
}

static inline void provisional(void *arg, int code, const char *reason)
{
	char text[16];

	assert_ptr_equal(arg, &call);
	assert_non_null(reason);
	str_printf(text, sizeof(text), "%d", code);
	tell(text);
}

static inline void answered(void *arg, int code, const char *sdp, size_t len)
{
	assert_ptr_equal(arg, &call);
	assert_int_equal(code / 100, 2);
	tell("answered");
	str_copy_n(answer_sdp, sizeof(answer_sdp), sdp ? sdp : "", len);
	if (hang_up_when_answered)
		uac_hangup(call, 16);
	if (free_when_answered) {
		uac_free(call);
		call = NULL;
	}
}

static inline int early_answer(void *arg, const char *sdp, size_t len)
{
	assert_ptr_equal(arg, &call);
	tell("early");
	str_copy_n(answer_sdp, sizeof(answer_sdp), sdp, len);
	return early_code;
}

static inline void unsettled(void *arg)
{
	assert_ptr_equal(arg, &call);
	tell("unsettled");
}

static inline int offer(void *arg, const char *sdp, size_t len, char *answer,
		 size_t cap)
{
	assert_ptr_equal(arg, &call);
	tell(answer ? "offer" : "confirmed");
	str_copy_n(offer_sdp, sizeof(offer_sdp), sdp ? sdp : "none",
		   sdp ? len : 4);
	if (answer)
		assert_int_equal(str_copy(answer, cap, OFFER), 0);
	return offer_code;
}

static inline void hangup(void *arg, enum uac_end by)
{
	assert_ptr_equal(arg, &call);
	tell(by == UAC_END_BYE_SENT ? "hangup-us" :
	     by == UAC_END_BYE_RECEIVED ? "hangup-them" :
	     by == UAC_END_EXPIRED ? "hangup-expired" : "hangup-lost");
	if (by != UAC_END_BYE_RECEIVED && !stays_loud)
		uac_hangup(call, 16);
}

static inline void ended(void *arg, const struct uac_result *r)
{
	assert_ptr_equal(arg, &call);
	tell("ended");
	result = *r;
	if (free_when_ended) {
		uac_free(call);
		call = NULL;
	}
}

static int n_local_offers;

static inline int local_offer(void *arg, const struct addr *local, char *sdp,
			      size_t cap)
{
	char ip[ADDR_TEXT_LEN];

	(void)arg;
	n_local_offers++;
	addr_ip_text(local, ip);
	return str_printf(sdp, cap, "v=0 %s\r\n", ip);
}

static const struct uac_events events = {
	.local_offer = local_offer,
	.provisional = provisional, .early_answer = early_answer,
	.unsettled = unsettled,
	.answered = answered, .offer = offer,
	.hangup = hangup, .ended = ended,
};

static inline struct uac_params params(void)
{
	struct uac_params p = {
		.request_uri = "sip:8888123456@192.0.2.9:5062",
		.from_user = "me",
		.from_domain = "sip.carrier1.com",
		.sdp = OFFER,
		.ring_timeout_ms = 20000,
	};

	assert_int_equal(sip_target_parse(&p.target, PEER), 0);
	return p;
}

/* The account of a call; held until the test is over.                         */
static inline struct sip_auth *account(const char *user, const char *password)
{
	const struct sip_account a = { user, password, NULL };

	assert_null(auth);
	assert_int_equal(sip_auth_new(&auth, &a), 0);
	return auth;
}

static inline void begin(const struct uac_params *p)
{
	assert_int_equal(uac_new(&call, sip, p, &events, &call), 0);
	assert_int_equal(uac_invite(call), 0);
	assert_int_equal(n_sent, 0);
	wire_settle();
	assert_int_equal(n_sent, 1);
}

static inline void invite(void)
{
	struct uac_params p = params();

	begin(&p);
}

static inline void answer_with(const char *tag)
{
	wire_answer(nth_sent("INVITE", 0), 200, tag, TARGET SDP_TYPE, ANSWER);
}

/* A request of the far end's, which has that tag; each has its own branch.    */
static inline void ask_as(const char *tag, const char *method,
			  unsigned int cseq, const char *more,
			  const char *body)
{
	const char *m = nth_sent("INVITE", 0);
	char text[4096];

	assert_int_equal(str_printf(text, sizeof(text),
		"%s sip:me@198.51.100.1:5060 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKp%u;rport\r\n"
		"Max-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\n"
		"Call-ID: %s\r\nCSeq: %u %s\r\n%s"
		"Content-Length: %zu\r\n\r\n%s", method, ++n_requests,
		header(m, "To"), tag, header(m, "From"),
		header(m, "Call-ID"), cseq, method, more, strlen(body),
		body), 0);
	wire_receive(text);
}

static inline void ask(const char *method, unsigned int cseq,
		       const char *more, const char *body)
{
	ask_as("peer", method, cseq, more, body);
}

static inline void talk(void)
{
	invite();
	answer_with("peer");
	assert_string_equal(told, "answered");
	assert_true(starts(last(), "ACK "));
}

static inline int set_up(void **state)
{
	n_local_offers = 0;
	n_requests = 0;
	told[0] = answer_sdp[0] = offer_sdp[0] = '\0';
	offer_code = early_code = 200;
	free_when_ended = true;
	stays_loud = false;
	hang_up_when_answered = free_when_answered = false;
	memset(&result, 0, sizeof(result));
	return wire_set_up(state);
}

static inline int tear_down(void **state)
{
	struct sip_stats stats;

	uac_free(call);
	call = NULL;
	sip_auth_unref(auth);
	auth = NULL;
	wire_pass(100000);
	sip_get_stats(sip, &stats);
	assert_int_equal(stats.transactions, 0);
	assert_int_equal(stats.dialogs, 0);
	assert_int_equal(map_count(sip->accepted), 0);
	return wire_tear_down(state);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif

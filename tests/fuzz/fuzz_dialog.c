/*
 * fuzz_dialog.c - a call of ours whose far end does what a script says.
 *
 * The steps of peer.h, and
 *
 *	r M N T S HEADERS	a request inside the dialog: method, CSeq, To tag
 *				of its INVITE, body
 *	h N			we hang up, with cause N
 *	f			we give the call up
 *	o N			our answers to offers from now on
 *	A N			when it is answered we hang up (1), or give it
 *				up (2)
 *
 * Whatever comes, the call ends: with exactly one `ended`, after which and after
 * uac_free() no event comes. At the end no transaction, dialog or record is left.
 *
 * Needs: all of core/sip and core/base; osip2, cares, crypto, ssl.
 */
/* SPDX-License-Identifier: MIT */
#include "peer.h"
#include "sip/uac.h"

static struct uac *call;		/* NULL: freed                         */
static unsigned int n_answered, n_ended, n_hangup;
static unsigned int offer_mood;
static char invite[PEER_MESSAGE];	/* the first one: names the dialog     */
static char last_branch[32];
static int at_answer;			/* hang up or free inside an event     */

/* ---- events --------------------------------------------------------------- */

static void alive(void *arg)
{
	if (arg != &call || !call || n_ended)
		abort();
}

static void give_up(void)
{
	uac_free(call);
	call = NULL;
}

static int local_offer(void *arg, const struct addr *local, char *sdp,
		       size_t cap)
{
	(void)local;
	alive(arg);
	return str_copy(sdp, cap, PEER_SDP);
}

static void provisional(void *arg, int code, const char *reason)
{
	alive(arg);
	if (code < 101 || code > 199 || !reason)
		abort();
}

static void answered(void *arg, int code, const char *sdp, size_t len)
{
	alive(arg);
	if (code / 100 != 2 || n_answered++ || (sdp && !len))
		abort();
	if (at_answer == 1)
		uac_hangup(call, 16);
	else if (at_answer == 2)
		give_up();
}

static int offered(void *arg, const char *sdp, size_t len, char *answer,
		   size_t cap)
{
	static const int moods[] = { 200, 488, 491, 500 };

	alive(arg);
	if (sdp && memchr(sdp, '\0', len))
		return 488;
	if (answer)
		str_copy(answer, cap, PEER_SDP);
	return moods[offer_mood % ARRAY_LEN(moods)];
}

static void hung_up(void *arg, enum uac_end by)
{
	alive(arg);
	if (n_hangup++ || by == UAC_END_FAILED)
		abort();
}

static void ended(void *arg, const struct uac_result *result)
{
	alive(arg);
	n_ended++;
	if (result->code && (result->code < 200 || result->code > 699))
		abort();
	if (offer_mood % 2)
		give_up();
}

static const struct uac_events events = {
	.local_offer = local_offer, .provisional = provisional,
	.answered = answered, .offer = offered, .hangup = hung_up,
	.ended = ended,
};

static void target_sees(const char *text, const osip_message_t *m)
{
	if (strstr(text, PASSWORD))
		abort();
	if (!*invite && MSG_IS_INVITE(m))
		str_copy(invite, sizeof(invite), text);
}

/* ---- steps ---------------------------------------------------------------- */

static const char *const methods[] = {
	"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK",
	"REFER", "MESSAGE", "NOTIFY", "SUBSCRIBE", "REGISTER", "FOO",
};

/* '0': the next number; '1': the last one and its branch, as an ACK of a refusal
 * or a CANCEL has them; '2': the last one, another branch; '3': an old one;
 * '4': a great step.                                                          */
static uint32_t next_cseq(unsigned int how)
{
	static unsigned int branches;

	if (how == 0)
		peer_cseq++;
	if (how == 4)
		peer_cseq += 0x40000000;
	if (how != 1)
		str_printf(last_branch, sizeof(last_branch), "z9hG4bKp%u",
			   ++branches);
	return how == 3 ? peer_cseq / 2 : peer_cseq;
}

static void step_request(struct step *s)
{
	const char *method = methods[number(s, ARRAY_LEN(methods))];
	uint32_t cseq = next_cseq(number(s, 5));
	unsigned int tag = letter(s), body = number(s, 7);
	struct buf b;

	buf_init(&b, sizeof(last_received));
	buf_printf(&b, "%s sip:me@198.51.100.1 SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP 192.0.2.9;branch=%s;rport\r\n"
		   "Max-Forwards: 70\r\nFrom: ", method, last_branch);
	put_value(&b, invite, "\r\nTo: ");
	put_tag(&b, tag);
	buf_puts(&b, "\r\nTo: ");
	put_value(&b, invite, "\r\nFrom: ");
	buf_puts(&b, "\r\n");
	put_header(&b, invite, "\r\nCall-ID: ");
	buf_printf(&b, "CSeq: %u %s\r\n", cseq, method);
	put_script_headers(&b, s->p, s->len);
	put_body(&b, body);
	send_to_stack(&b);
	buf_deinit(&b);
}

static void own_step(unsigned int which, struct step *s)
{
	if (which == 'r')
		step_request(s);
	else if (which == 'h' && call)
		uac_hangup(call, (int)number(s, 128));
	else if (which == 'f')
		give_up();
	else if (which == 'o')
		offer_mood = number(s, 8);
	else if (which == 'A')
		at_answer = (int)number(s, 3);
	pass(0);
}

/* ---- one run -------------------------------------------------------------- */

/* Bits of the first byte choose what is asked for.                            */
static void begin(unsigned int kind)
{
	static const struct sip_account account = { "bob", PASSWORD, NULL };
	static const char *const headers[] = { "X-Own: 1", NULL };
	static const char *const routes[] = { "<sip:192.0.2.9;lr>", NULL };
	struct uac_params p = {
		.request_uri = "sip:123@192.0.2.9", .from_user = "me",
		.from_name = "M \"e\"", .ring_timeout_ms = 30000,
		.sdp = kind & 1 ? NULL : PEER_SDP,
		.session_expires_s = kind & 2 ? 120 : 0,
		.headers = kind & 4 ? headers : NULL,
		.routes = kind & 8 ? routes : NULL,
		.caller_id = (enum uac_caller_id)((kind >> 4) % 3),
	};

	peer_begin();
	n_answered = n_ended = n_hangup = offer_mood = 0;
	at_answer = 0;
	invite[0] = '\0';
	str_copy(last_branch, sizeof(last_branch), "z9hG4bKp");
	if (sip_auth_new(&p.auth, &account) ||
	    sip_target_parse(&p.target, "192.0.2.9") ||
	    uac_new(&call, sip, &p, &events, &call) || uac_invite(call))
		abort();
	sip_auth_unref(p.auth);
	pass(0);
	if (!*invite)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool freed;

	/* What the script says may be repeated in an answer.                  */
	if (!size || memmem(data, size, PASSWORD, strlen(PASSWORD)))
		return 0;
	begin((unsigned int)(data[0] - '0'));
	play(data + 1, size - 1, own_step);
	freed = !call && !n_ended;
	at_answer = offer_mood = 0;
	wire_error = 0;
	/* Nobody answers any more.                                            */
	if (call && !n_ended)
		uac_hangup(call, 0);
	pass(400000);
	if (n_ended != !freed)
		abort();
	give_up();
	peer_end();
	return 0;
}

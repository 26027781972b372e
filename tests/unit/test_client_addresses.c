/*
 * test_client_addresses.c - a target with several addresses (RFC 3263 4.3).
 * Needs: sip_wire.h; all of core/sip but resolve.c, which is played here; all of
 * core/base; osip2, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "sip_wire.h"

#include "sip/resolve.h"
#include "sip/uac.h"

#define OFFER "v=0\r\n"

struct resolver {
	struct loop *loop;
};

struct resolve_query {
	struct timer timer;
	struct resolver *resolver;
	resolve_fn *fn;
	void *arg;
};

static const char *addresses[] = {
	"192.0.2.1:5060", "[2001:db8::1]:5060", "192.0.2.2:5060",
};
static struct uac *call;
static struct uac_result result;
static unsigned int n_ended;
static struct resolve_way rested;	/* the latest                          */
static int64_t rested_ms;
static bool asked;			/* by its Retry-After                  */

int resolver_new(struct resolver **rp, struct loop *loop,
		 struct random *random, const struct addr *servers,
		 size_t n_servers)
{
	(void)random;
	(void)servers;
	(void)n_servers;
	*rp = calloc(1, sizeof(**rp));
	(*rp)->loop = loop;
	return 0;
}

void resolver_free(struct resolver *r)
{
	free(r);
}

static void found(struct timer *t)
{
	struct resolve_query *q = t->arg;
	struct resolve_result res = { .n = ARRAY_LEN(addresses) };

	for (size_t i = 0; i < res.n; i++)
		assert_int_equal(addr_parse(&res.ways[i].addr, addresses[i], 0),
				 0);
	q->fn(q->arg, &res);
	free(q);
}

int resolve_start(struct resolve_query **qp, struct resolver *r,
		  const struct sip_target *target,
		  const struct resolve_reach *reach, resolve_fn *fn, void *arg)
{
	struct resolve_query *q = calloc(1, sizeof(*q));

	(void)target;
	assert_int_equal(reach->family[SIP_UDP], AF_INET);
	q->resolver = r;
	q->fn = fn;
	q->arg = arg;
	timer_init(&q->timer, found, q);
	timer_set_ms(loop_timers(r->loop), &q->timer, 0);
	*qp = q;
	return 0;
}

void resolve_cancel(struct resolve_query *q)
{
	timer_stop(loop_timers(q->resolver->loop), &q->timer);
	free(q);
}

void resolve_rest(struct resolver *r, const struct resolve_way *way,
		  const char *name, int64_t for_ms)
{
	(void)r;
	assert_string_equal(name, "example.com");
	rested = *way;
	rested_ms = for_ms;
	asked = false;
}

void resolve_leave_alone(struct resolver *r, const struct resolve_way *way,
			 const char *name, int64_t for_ms)
{
	resolve_rest(r, way, name, for_ms);
	asked = true;
}

static void ended(void *arg, const struct uac_result *r)
{
	(void)arg;
	n_ended++;
	result = *r;
}

static const struct uac_events events = { .ended = ended };

static int set_up(void **state)
{
	struct uac_params p = {
		.request_uri = "sip:1@example.com", .sdp = OFFER,
	};

	n_ended = 0;
	if (wire_set_up(state) || sip_target_parse(&p.target, "example.com"))
		return -1;
	if (uac_new(&call, sip, &p, &events, NULL) || uac_invite(call))
		return -1;
	wire_settle();
	return 0;
}

static int tear_down(void **state)
{
	uac_free(call);
	return wire_tear_down(state);
}

static void timeout_tries_the_next_with_a_new_branch(void **state)
{
	const char *a, *b;

	(void)state;
	wire_pass(4000);
	a = sent[0].text;
	b = last();
	assert_true(starts(b, "INVITE"));
	assert_int_equal(sent[0].to.in4.sin_addr.s_addr, htonl(0xc0000201));
	assert_int_equal(sent[n_sent - 1].to.in4.sin_addr.s_addr,
			 htonl(0xc0000202));
	assert_string_not_equal(branch_of(a), branch_of(b));
	assert_string_equal(header(a, "From"), header(b, "From"));
	assert_string_equal(header(a, "Call-ID"), header(b, "Call-ID"));
	assert_string_equal(header(a, "CSeq"), header(b, "CSeq"));
	assert_int_equal(n_ended, 0);
	assert_int_equal(rested.addr.in4.sin_addr.s_addr, htonl(0xc0000201));
	assert_true(rested_ms > 0 && !asked);
	wire_pass(32000);
	assert_int_equal(n_ended, 1);
	assert_int_equal(result.code, 408);
}

static void a_503_tries_the_next(void **state)
{
	(void)state;
	wire_answer(last(), 503, "t", "Retry-After: 77\r\n", "");
	assert_int_equal(rested_ms, 77000);
	assert_true(asked);
	assert_int_equal(count_sent("ACK"), 1);
	assert_int_equal(count_sent("INVITE"), 2);
	wire_simple(last(), 486);
	assert_int_equal(result.code, 486);
}

static void a_486_does_not(void **state)
{
	(void)state;
	wire_simple(last(), 486);
	assert_int_equal(count_sent("INVITE"), 1);
	assert_int_equal(result.code, 486);
}

static void nothing_is_tried_after_a_wish_to_cancel(void **state)
{
	(void)state;
	uac_hangup(call, 0);
	wire_simple(last(), 503);
	assert_int_equal(count_sent("INVITE"), 1);
	assert_int_equal(result.end, UAC_END_CANCELED);
}

static void a_2xx_of_the_try_before_is_a_fork(void **state)
{
	(void)state;
	wire_pass(4000);
	wire_answer(sent[0].text, 200, "slow",
		    "Contact: <sip:slow@192.0.2.1>\r\n", "");
	assert_int_equal(count_sent("ACK sip:slow@192.0.2.1"), 1);
	assert_int_equal(count_sent("BYE sip:slow@192.0.2.1"), 1);
	assert_int_equal(n_ended, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(timeout_tries_the_next_with_a_new_branch),
		CASE(a_503_tries_the_next),
		CASE(a_486_does_not),
		CASE(nothing_is_tried_after_a_wish_to_cancel),
		CASE(a_2xx_of_the_try_before_is_a_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * fuzz_registration.c - a binding whose registrar does what a script says.
 *
 * The steps of peer.h, and
 *
 *	g N	it is started, after some time or at once
 *	s	it is stopped
 *	f	it is given up, and a new one takes its place
 *
 * A ping (OPTIONS) of the same account runs beside it. Whatever comes, REGISTERs
 * have rising numbers, what is shown as registered has not expired, `done` comes
 * once, and the password never leaves.
 *
 * Needs: all of core/sip and core/base; osip2, cares, crypto, ssl.
 */
/* SPDX-License-Identifier: MIT */
#include "peer.h"
#include "sip/ping.h"
#include "sip/register.h"

static struct registration *registration;
static struct ping *ping;
static struct sip_auth *auth;
static unsigned int n_stops, n_done;
static bool stopping;			/* no `changed` may come               */
static uint32_t last_cseq;

static void check(const struct registration_status *st)
{
	int64_t wall = clock_wall_ms(&now);

	if (st->state == REGISTRATION_REGISTERED &&
	    (st->expires_at <= wall || !st->server[0]))
		abort();
	if (st->state == REGISTRATION_REJECTED && st->next_attempt_at)
		abort();
	/* Whoever waits says until when, and it is not for ever.              */
	if (st->state == REGISTRATION_FAILED && st->next_attempt_at &&
	    st->next_attempt_at > wall + INT64_C(40) * 24 * 3600000)
		abort();
	if (strlen(st->last_reason) >= sizeof(st->last_reason) ||
	    st->last_code < 0 || st->last_code > 699)
		abort();
}

static void changed(void *arg, const struct registration_status *st)
{
	if (arg != &registration || stopping)
		abort();
	check(st);
}

static void done(void *arg)
{
	if (arg != &registration)
		abort();
	n_done++;
	stopping = false;
}

static bool ping_target(void *arg, struct sip_target *t)
{
	(void)arg;
	return !sip_target_parse(t, "192.0.2.9");
}

static void ping_changed(void *arg, const struct ping_status *st)
{
	(void)arg;
	if (st->state == PING_UP && st->rtt_ms < 0)
		abort();
}

/* RFC 3261 10.2: each new request has a greater number. What was given up may
 * still repeat its last one.                                                  */
static void target_sees(const char *text, const osip_message_t *m)
{
	if (strstr(text, PASSWORD))
		abort();
	if (!MSG_IS_REGISTER(m) || !registration ||
	    strcmp(registration_call_id(registration), msg_call_id(m)) != 0)
		return;
	if (msg_cseq(m) < last_cseq)
		abort();
	last_cseq = msg_cseq(m);
}

/* ---- steps ---------------------------------------------------------------- */

static void make(void)
{
	struct registration_params p = {
		.registrar_host = "example.com", .aor_user = "bob",
		.aor_domain = "example.com", .auth = auth, .expires_s = 600,
	};

	last_cseq = 0;
	stopping = false;
	n_stops = n_done = 0;
	if (sip_target_parse(&p.target, "192.0.2.9") ||
	    registration_new(&registration, sip, &p, changed, &registration))
		abort();
}

static void own_step(unsigned int which, struct step *s)
{
	struct registration_status st;

	if (which == 'g') {
		registration_start(registration, (int)number(s, 10) * 500);
	} else if (which == 's' && !stopping) {
		stopping = true;
		n_stops++;
		registration_stop(registration, done, &registration);
	} else if (which == 'f') {
		registration_free(registration);
		make();
	}
	pass(0);
	registration_get(registration, &st);
	check(&st);
}

/* ---- one run -------------------------------------------------------------- */

static void begin(unsigned int kind)
{
	static const struct sip_account accounts[] = {
		{ "bob", PASSWORD, NULL }, { "bob", PASSWORD, "realm" },
		{ "bob", NULL, NULL },
	};
	struct ping_params p = {
		.host = "example.com", .user = "bob", .domain = "example.com",
		.interval_s = 30, .target = ping_target,
		.changed = ping_changed,
	};

	peer_begin();
	if (sip_auth_new(&auth, &accounts[kind % ARRAY_LEN(accounts)]))
		abort();
	make();
	p.auth = auth;
	ping = NULL;
	if (kind & 4) {
		if (ping_new(&ping, sip, &p))
			abort();
		ping_start(ping, 100);
	}
	registration_start(registration, 0);
	pass(0);
}

static void end(void)
{
	wire_error = 0;
	if (!stopping) {
		stopping = true;
		n_stops++;
		registration_stop(registration, done, &registration);
	}
	pass(200000);
	/* Silence, and still it comes to an end; once for each stop.          */
	if (n_done != n_stops)
		abort();
	registration_free(registration);
	registration = NULL;
	ping_free(ping);
	sip_auth_unref(auth);
	auth = NULL;
	peer_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* What the script says may be repeated in an answer.                  */
	if (!size || memmem(data, size, PASSWORD, strlen(PASSWORD)))
		return 0;
	begin((unsigned int)(data[0] - '0'));
	play(data + 1, size - 1, own_step);
	end();
	return 0;
}

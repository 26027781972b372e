/*
 * studio.c - the real media room with so many calls on one thread.
 */
/* SPDX-License-Identifier: MIT */
#include "studio.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/fake_prompt.h"
#include "base/clock.h"
#include "base/inbox.h"
#include "base/random.h"
#include "media/media.h"

enum {
	FIRST_PORT = 10000,
	LAST_PORT = 31999,		/* below the ephemeral ones            */
	INBOX_LIMIT = 100000,
	PROMPT_MS = 300 * 1000,		/* longer than any bench               */
	BYTES_PER_MS = 8,		/* of G.711; enough for all            */
	STARTS_PER_MS = 3,
};

static int open_room(struct media **mp, struct inbox *home)
{
	struct media_config cfg = {
		.home = home, .random = random_system(),
		.port_min = FIRST_PORT, .port_max = LAST_PORT,
		.threads = 1, .rtcp = true,
	};

	addr_parse_ip(&cfg.address, "127.0.0.1", 0);
	return media_new(mp, &cfg);
}

static void on_failed(void *arg, int err)
{
	(void)arg;
	player_fail(err, "a stream");
}

/* RTCP goes to the RTP port: a phone has no other.                            */
static int start_call(struct media *m, const struct cln_codec *codec,
		      struct script *script, const struct addr *to)
{
	static const struct stream_events events = { .failed = on_failed };
	struct stream_play play = {
		.codec = codec, .params = { .ptime_ms = 20 },
		.rtp = *to, .rtcp_mux = true, .send = true,
		.script = script, .event_in = -1, .event_out = -1,
	};
	struct stream *s;
	int err = stream_new(&s, m, &events, NULL);

	return err ? err : stream_play(s, &play);
}

void studio_run(struct player *p, const struct player_config *cfg)
{
	const struct cln_codec *codec = cfg->low_rate ? &fake_g729 :
							&fake_g711;
	size_t len = PROMPT_MS * BYTES_PER_MS;
	uint8_t *bytes = calloc(len, 1);
	struct prompt prompt = fake_prompt(codec, bytes, len);
	struct prompt *list = &prompt;
	struct script *script = fake_script(&list, 1);
	struct timespec pause = { .tv_nsec = MS_NS };
	struct inbox *home;
	struct media *m;
	int err = bytes && script ? inbox_new(&home, INBOX_LIMIT) : -ENOMEM;

	if (!err)
		err = open_room(&m, home);
	for (size_t i = 0; !err && i < cfg->n; i++) {
		err = start_call(m, codec, script, phones_addr(cfg->phones, i));
		if (i % STARTS_PER_MS == 0)
			nanosleep(&pause, NULL);
		inbox_run(home);
	}
	if (err)
		player_fail(err, "studio");
	player_ready(p);
	for (;;) {
		inbox_wait(home, -1);
		inbox_run(home);
	}
}

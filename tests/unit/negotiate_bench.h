/*
 * negotiate_bench.h - codecs, our side and their words, for the tests of
 * negotiate.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef NEGOTIATE_BENCH_H
#define NEGOTIATE_BENCH_H

#include <errno.h>
#include <string.h>

#include "call/negotiate.h"

/* RFC 4856, 7261: annexb=yes is also meant where nothing is said. This one takes
 * silence for agreement to what we offered, as nearly all do. */
static inline int no_annexb(const char *local, const char *remote, uint32_t ptime_ms,
		     struct cln_codec_params *out)
{
	if (strcmp(local, "annexb=no"))
		return -EINVAL;
	out->ptime_ms = ptime_ms;
	return strstr(remote, "annexb=yes") ? -ENOTSUP : 0;
}

static const struct cln_codec pcmu = {
	.size = sizeof(pcmu), .name = "PCMU", .api_name = "mulaw",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
};

static const struct cln_codec g729 = {
	.size = sizeof(g729), .name = "G729", .api_name = "g729",
	.payload_type = 18, .clock_rate = 8000, .sample_rate = 8000,
	.channels = 1, .frame_samples = 80, .frame_bytes = 10, .ptime_ms = 20,
	.fmtp = "annexb=no", .match = no_annexb,
};

static const struct cln_codec g723 = {
	.size = sizeof(g723), .name = "G723", .api_name = "g723",
	.payload_type = 4, .clock_rate = 8000, .sample_rate = 8000,
	.channels = 1, .frame_samples = 240, .frame_bytes = 24, .ptime_ms = 30,
};

static const struct cln_codec opus = {
	.size = sizeof(opus), .name = "opus", .api_name = "opus",
	.payload_type = CLN_PT_DYNAMIC, .clock_rate = 48000,
	.sample_rate = 48000, .channels = 2, .frame_samples = 960,
	.frame_bytes = 400, .ptime_ms = 20,
};

static const struct cln_codec pcma = {
	.size = sizeof(pcma), .name = "PCMA", .api_name = "alaw",
	.payload_type = 8, .clock_rate = 8000, .sample_rate = 8000,
	.channels = 1, .frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
};

/* Two more without a number of their own. */
static const struct cln_codec ilbc = {
	.size = sizeof(ilbc), .name = "iLBC", .api_name = "ilbc",
	.payload_type = CLN_PT_DYNAMIC, .clock_rate = 8000,
	.sample_rate = 8000, .channels = 1, .frame_samples = 240,
	.frame_bytes = 50, .ptime_ms = 30,
};

static const struct cln_codec speex = {
	.size = sizeof(speex), .name = "speex", .api_name = "speex",
	.payload_type = CLN_PT_DYNAMIC, .clock_rate = 8000,
	.sample_rate = 8000, .channels = 1, .frame_samples = 160,
	.frame_bytes = 38, .ptime_ms = 20,
};

static struct negotiate_wishes wishes;
static struct negotiate_side us;
static struct negotiated n;
static char why[128], text[2048];

static inline void we_speak(const struct codec_order *set)
{
	struct addr address;

	addr_parse_ip(&address, "127.0.0.1", 0);
	negotiate_local(&us, set, &wishes, &address, 20000);
}

static inline int setup(void **state)
{
	static const struct codec_order all = {
		4, { &pcmu, &g729, &g723, &opus }
	};

	(void)state;
	wishes = (struct negotiate_wishes){ 0 };
	we_speak(&all);
	n = (struct negotiated){ 0 };
	return 0;
}

#define SDP(m) "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n" \
	"c=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 40000 RTP/AVP " m

static inline int answer(const char *sdp)
{
	return negotiate_answer(&n, &us, sdp, sdp ? strlen(sdp) : 0, why,
				sizeof(why));
}

static inline uint32_t ptime(const char *pt_and_rest)
{
	assert_int_equal(answer(pt_and_rest), 0);
	return n.params.ptime_ms;
}

static const struct sdp_session session = { 5, 6 };

static inline int offer(const char *sdp)
{
	text[0] = '\0';
	return negotiate_offer(&n, &us, &session, sdp, strlen(sdp), text,
			       sizeof(text));
}

static inline void playing(const char *answer_sdp)
{
	assert_int_equal(answer(answer_sdp), 0);
	negotiate_within(&us, n.codec);
}

#define RULE(f) cmocka_unit_test_setup(f, setup)

#endif

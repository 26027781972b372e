/* SPDX-License-Identifier: MIT */
/*
 * rtpstore.h - every packet that one stream received, and its figures.
 */
#ifndef FAREND_RTPSTORE_H
#define FAREND_RTPSTORE_H

#include "expect.h"
#include "txt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtp_packet {
	int64_t at_ns;          /* the kernel's time of arrival */
	uint32_t ssrc;
	uint32_t ts;
	uint32_t offset;        /* of the payload in the store */
	uint16_t seq;
	uint16_t len;           /* of the payload */
	uint8_t pt;
	uint8_t marker;
};

struct rtp_store {
	struct rtp_packet *packets;
	size_t n;
	size_t cap;
	uint8_t *payload;
	size_t payload_len;
	size_t payload_cap;
	bool headers_only;
	struct heard heard;
	bool full;              /* out of memory: the figures lie */
	unsigned int invalid;   /* not RTP at all */
	unsigned int strangers; /* RTP from an address that is not the peer's */
	unsigned int rtcp_packets;
	unsigned int rtcp_invalid;
	unsigned int rtcp_sr;
	unsigned int rtcp_rr;
	unsigned int rtcp_sdes;
	unsigned int rtcp_bye;
	unsigned int rtcp_app;
	uint32_t sr_packets;    /* what the last sender report claims */
	uint32_t sr_octets;
	uint64_t sr_ntp;
	int64_t sr_at_ns;
	int64_t rtcp_bye_at_ns;
	uint32_t rr_lost;       /* as the last report block about us says */
	char cname[64];
};

void rtp_store_free(struct rtp_store *s);
/* Compares from now on; room for that many packets is made at once. */
void rtp_store_expect(struct rtp_store *s, const struct expected *e);
/* Takes one datagram; copies what it keeps. */
void rtp_store_rtp(struct rtp_store *s, const uint8_t *p, size_t len,
		   int64_t at_ns);
void rtp_store_rtcp(struct rtp_store *s, const uint8_t *p, size_t len,
		    int64_t at_ns);

/* What the signalling knows and the figures need. Times of 0: never. */
struct rtp_marks {
	int64_t answered_ns;    /* our 2xx left */
	int64_t ack_ns;
	int64_t bye_ns;         /* the caller's BYE arrived */
	int64_t our_bye_ns;     /* ours left */
	int ptime_ms;
	int event_pt;           /* -1: none */
	int clock_rate;
	int pt;                 /* as agreed, -1: unknown */
};

enum { RTP_PTS = 8, RTP_DTMF = 64, RTP_BINS = 10001 };

struct rtp_figures {
	uint64_t packets;       /* audio and events */
	uint64_t payload_bytes;
	uint64_t audio_packets;
	uint64_t audio_bytes;
	uint64_t event_packets;
	uint64_t before_answer;
	uint64_t after_bye;
	uint64_t after_our_bye;
	uint64_t lost;          /* sequence numbers that never came */
	uint64_t gaps;          /* places where some are missing */
	uint64_t duplicates;
	uint64_t reordered;
	uint64_t ts_jumps;      /* steps other than the packet's samples */
	uint64_t ssrc_changes;
	uint64_t markers;
	uint64_t wrong_pt;      /* neither the agreed codec nor an event */
	bool marker_first;
	bool marker_only_first;
	double first_after_ack_ms;      /* NAN: no ACK or no packet */
	double first_after_answer_ms;
	double last_before_bye_ms;
	double duration_ms;
	uint64_t intervals;
	double min_ms, mean_ms, p50_ms, p99_ms, max_ms;
	double outside_share;   /* intervals off by more than 20 ms */
	double jitter_ms;       /* RFC 3550 6.4.1, the last value */
	double late_p99_ms;     /* behind the schedule of the time stamps */
	double late_max_ms;
	double rate_error_ppm;  /* the sender's clock against ours */
	unsigned int n_pts;
	int pts[RTP_PTS];
	uint64_t pt_packets[RTP_PTS];
	char dtmf[RTP_DTMF];
	int64_t first_ns, last_ns;
	uint32_t *histogram;    /* RTP_BINS of 0.1 ms; owned */
};

/* Computes the figures; also sorts nothing and changes nothing in s. */
bool rtp_figures(struct rtp_figures *f, const struct rtp_store *s,
		 const struct rtp_marks *m);
void rtp_figures_free(struct rtp_figures *f);
void rtp_figures_json(struct txt *t, const char *key,
		      const struct rtp_figures *f, const struct rtp_store *s);
/*
 * Indices of the audio packets in the order of their sequence numbers,
 * duplicates and events left out. The caller frees; NULL if there are none.
 */
uint32_t *rtp_order(size_t *np, const struct rtp_store *s, int event_pt);

#endif

/*
 * codec.h - what a codec plugin offers.
 *
 * A codec is a constant table of functions. States are independent of each
 * other: the server opens one per direction and stream, and calls it from one
 * thread at a time, though not always the same one. PCM is signed 16-bit in
 * host byte order at `sample_rate`, `channels` interleaved.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CARILLON_CODEC_H
#define CARILLON_CODEC_H

#include <stddef.h>
#include <stdint.h>

#define CLN_PT_DYNAMIC (-1)	/* the server gives out 96..127 */

enum cln_codec_flags {
	/* Every frame stands alone and concealment needs no state: encoded
	 * prompts may be cut and joined at any frame, also within a packet. */
	CLN_CODEC_STATELESS = 1u << 0,
	/* encode or decode allocates or may block: kept off media threads. */
	CLN_CODEC_NOT_REALTIME = 1u << 1,
};

/* What offer and answer settled for one stream. */
struct cln_codec_params {
	uint32_t size;		/* sizeof(struct cln_codec_params)            */
	uint32_t ptime_ms;	/* packet time to send                        */
	char fmtp[128];		/* the far end's fmtp value, "" if none       */
};

struct cln_codec {
	uint32_t size;		/* sizeof(struct cln_codec)                   */
	uint32_t flags;		/* enum cln_codec_flags                       */
	const char *name;	/* encoding name of the rtpmap, "PCMU"        */
	const char *api_name;	/* name in REST and configuration, "mulaw"    */
	int payload_type;	/* RFC 3551 static type or CLN_PT_DYNAMIC     */
	uint32_t clock_rate;	/* RTP timestamp units a second               */
	uint32_t sample_rate;	/* PCM samples a second and channel           */
	uint32_t channels;
	uint32_t frame_samples;	/* PCM samples per channel in one frame       */
	uint32_t frame_bytes;	/* most bytes that one encoded frame takes    */
	uint32_t ptime_ms;	/* default packet time                        */
	const char *fmtp;	/* fmtp value to offer, NULL for none         */

	/* Is the far end's format acceptable? Fills `out` (size is set by the
	 * caller). 0, or -ENOTSUP. NULL accepts all. Signalling thread.      */
	int (*match)(const char *local_fmtp, const char *remote_fmtp,
		     uint32_t ptime_ms, struct cln_codec_params *out);
	/* Opens a state. 0, -ENOMEM or -EINVAL. May be NULL with all states
	 * NULL where the codec has none.                                     */
	int (*open)(void **statep, const struct cln_codec_params *params);
	/* Encodes whole frames: `samples` per channel, a multiple of
	 * frame_samples. Returns bytes written or -errno (-ENOBUFS: cap).
	 * Prompt or media thread.                                            */
	int (*encode)(void *state, const int16_t *pcm, size_t samples,
		      uint8_t *out, size_t cap);
	/* Length of the frame that starts at `payload`, or -EBADMSG.         */
	int (*frame_len)(const uint8_t *payload, size_t len);
	/* Decodes one frame (`in` NULL: conceal one lost frame) into `pcm`,
	 * which has room for `cap` samples per channel. Returns samples per
	 * channel written, or -EBADMSG.                                      */
	int (*decode)(void *state, const uint8_t *in, size_t len,
		      int16_t *pcm, size_t cap);
	void (*close)(void *state);
};

#endif

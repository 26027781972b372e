/*
 * hear.c - what the far end says, decoded for those who listen to it.
 *
 *	event packet --> dtmf -----------------------+--> digits
 *	audio packet --> in order? --> gap: silence  |
 *	                 --> decode --> 8 kHz --> tone
 *	                                      --> greeting --> verdict
 *
 * Sound is heard on the clock on the wall: what is missing passes as silence,
 * and nothing is heard further ahead than a network may have held back, so that
 * nobody's timestamps or floods make this thread work for more than a call's
 * time.
 *
 * Thread: made and freed on the signalling thread, used by the media worker
 * that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/hear.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media/dtmf.h"
#include "media/tone.h"

enum {
	COMFORT_NOISE = 13,		/* RFC 3389 4; of 8 kHz               */
	RATE = 8000,			/* of what tone and greeting get      */
	PCM_MAX = 11520,		/* 120 ms of two channels at 48 kHz   */
	LATE_MAX = 100,			/* packets; a step further back is a
					 * source that began again            */
	/* Sockets are looked at every 20 to 100 ms: until then nothing is
	 * missing.                                                           */
	TICK_MS = 150,
	SLACK_MS = 200,			/* of a gap ahead of the wall         */
	AHEAD_MS = 1000,
	SILENCE_MAX_MS = 5000,		/* heard in one go                    */
	PRESS_MS = 400,			/* between a press's event and tone   */
};

struct decoder {
	int payload_type;
	const struct cln_codec *codec;
	void *state;
};

struct hear {
	struct decoder decoders[CLN_CODECS_MAX];
	size_t n_decoders;
	int event_type;
	struct dtmf_receive events;
	bool tones;
	struct tone tone;
	struct greeting *greeting;	/* NULL: nobody asks                  */
	enum greeting_verdict verdict;

	char digits[CLN_DIGITS_MAX + 1];
	size_t n_digits;
	/* The event and the tone that came last and when, for what is both.  */
	char event, alone;		/* alone: a tone without its event    */
	int64_t event_ns, alone_ns;

	bool known;
	uint32_t ssrc;
	uint16_t max_seq;
	uint16_t again_seq;		/* a new beginning would go on so     */
	const struct cln_codec *codec;	/* heard last; NULL: no `next`        */
	uint32_t next;			/* timestamp when nothing is missing  */
	bool begun;
	int64_t now_ns;
	int64_t until_ns;		/* all before it was heard            */
	int64_t filled_ns;		/* of silence since the last packet   */
};

/* ---- made and freed ------------------------------------------------------ */

static bool can_hear(const struct cln_codec *c)
{
	return c->decode && !(c->flags & CLN_CODEC_NOT_REALTIME) &&
	       c->sample_rate % RATE == 0 &&
	       c->frame_samples <= PCM_MAX / c->channels;
}

static int add_decoder(struct hear *h, const struct hear_format *f)
{
	struct cln_codec_params params = { .size = sizeof(params),
					   .ptime_ms = f->codec->ptime_ms };
	struct decoder *d = &h->decoders[h->n_decoders];
	int err = 0;

	if (!can_hear(f->codec))
		return 0;
	*d = (struct decoder){ f->payload_type, f->codec, NULL };
	if (f->codec->open)
		err = f->codec->open(&d->state, &params);
	if (!err)
		h->n_decoders++;
	/* One that wants more than this is not understood, that is all. */
	return err == -ENOMEM ? err : 0;
}

int hear_new(struct hear **hp, const struct hear_config *cfg)
{
	struct hear *h = calloc(1, sizeof(*h));
	int err = 0;

	if (!h)
		return -ENOMEM;
	h->event_type = cfg->event_type;
	h->tones = cfg->tones;
	tone_init(&h->tone, RATE);
	if (cfg->greeting) {
		h->greeting = malloc(greeting_size());
		if (h->greeting)
			greeting_init(h->greeting, RATE);
		else
			err = -ENOMEM;
	}
	/* Digits by events alone need no sound. */
	for (size_t i = 0; i < cfg->n_formats && !err; i++)
		if (h->tones || h->greeting)
			err = add_decoder(h, &cfg->formats[i]);
	if (err)
		hear_free(h);
	else
		*hp = h;
	return err;
}

void hear_free(struct hear *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n_decoders; i++)
		if (h->decoders[i].codec->close)
			h->decoders[i].codec->close(h->decoders[i].state);
	free(h->greeting);
	free(h);
}

/* Only the decoders are its own, and what it was told to listen for. */
void hear_take_over(struct hear *h, struct hear *before)
{
	const struct hear own = *h;

	*h = *before;
	memcpy(h->decoders, own.decoders, sizeof(h->decoders));
	h->n_decoders = own.n_decoders;
	h->event_type = own.event_type;
	h->tones = own.tones;
	before->greeting = own.greeting;
}

/* ---- digits -------------------------------------------------------------- */

static void tell(struct hear *h, char digit)
{
	if (h->n_digits < CLN_DIGITS_MAX)
		h->digits[h->n_digits++] = digit;
}

/* A gateway that makes events of tones lets the beginning of the tone through,
 * or all of it: its event is around it, or follows soon.                     */
static void tell_tone(struct hear *h, char digit)
{
	if (h->event == digit && h->now_ns - h->event_ns < PRESS_MS * MS_NS)
		return;
	h->alone = digit;
	h->alone_ns = h->now_ns;
	tell(h, digit);
}

static void take_event(struct hear *h, const struct rtp_packet *p)
{
	char digit = dtmf_take(&h->events, &p->header, p->payload, p->len);

	if (p->len >= DTMF_EVENT_LEN && dtmf_digit(p->payload[0])) {
		h->event = dtmf_digit(p->payload[0]);
		h->event_ns = h->now_ns;
	}
	if (!digit)
		return;
	if (h->alone == digit && h->now_ns - h->alone_ns < PRESS_MS * MS_NS)
		h->alone = 0;
	else
		tell(h, digit);
}

/* ---- sound --------------------------------------------------------------- */

static int64_t sound_ns(uint64_t samples, uint32_t rate)
{
	return (int64_t)(samples * S_NS / rate);
}

static void listen(struct hear *h, const int16_t *pcm, size_t n)
{
	char digits[CLN_DIGITS_MAX];
	size_t told = 0;

	if (h->tones)
		told = tone_feed(&h->tone, pcm, n, digits, sizeof(digits));
	for (size_t i = 0; i < told; i++)
		tell_tone(h, digits[i]);
	if (h->greeting)
		h->verdict = greeting_feed(h->greeting, pcm, n);
	h->until_ns += sound_ns(n, RATE);
}

static void pass_silence(struct hear *h, int64_t ns)
{
	static const int16_t zeros[RATE / 50];
	size_t left;

	if (ns > SILENCE_MAX_MS * MS_NS)
		ns = SILENCE_MAX_MS * MS_NS;
	left = ns > 0 ? (size_t)(ns * RATE / S_NS) : 0;
	while (left) {
		size_t n = left < RATE / 50 ? left : RATE / 50;

		listen(h, zeros, n);
		left -= n;
	}
}

/* Down to one channel and 8 kHz, in place. Means alias what is above 4 kHz, but
 * hiss does not look like a tone there either.                               */
static size_t thin(int16_t *pcm, size_t n, const struct cln_codec *c)
{
	size_t each = c->channels * (c->sample_rate / RATE);
	size_t out = n * c->channels / each;

	if (each == 1)
		return n;
	for (size_t i = 0; i < out; i++) {
		int32_t sum = 0;

		for (size_t k = 0; k < each; k++)
			sum += pcm[i * each + k];
		pcm[i] = (int16_t)(sum / (int32_t)each);
	}
	return out;
}

/* Bytes to decode at once: a frame, or as many samples as there is room for of
 * a codec without frames.                                                    */
static int piece_len(const struct cln_codec *c, const uint8_t *at, size_t left)
{
	size_t most = PCM_MAX / c->channels * c->frame_bytes;

	if (c->frame_samples > 1)
		return c->frame_len(at, left);
	return (int)(left < most ? left : most);
}

static void decode(struct hear *h, struct decoder *d,
		   const struct rtp_packet *p)
{
	const struct cln_codec *c = d->codec;
	const uint8_t *at = p->payload;
	size_t left = p->len;
	uint64_t samples = 0;
	int16_t pcm[PCM_MAX];

	while (left) {
		int len = piece_len(c, at, left), n;

		if (len <= 0 || (size_t)len > left)
			break;
		n = c->decode(d->state, at, (size_t)len, pcm,
			      PCM_MAX / c->channels);
		if (n <= 0)
			break;
		if (c->frame_samples == 1)
			len = n * (int)c->frame_bytes;
		if ((size_t)len > left)
			break;
		listen(h, pcm, thin(pcm, (size_t)n, c));
		samples += (uint64_t)n;
		at += len;
		left -= (size_t)len;
	}
	h->codec = c;
	h->next = p->header.timestamp +
		  (uint32_t)(samples * c->clock_rate / c->sample_rate);
}

/* ---- packets ------------------------------------------------------------- */

/* False for a packet that is late or came before. */
static bool in_order(struct hear *h, const struct rtp_header *r)
{
	uint16_t behind = (uint16_t)(h->max_seq - r->seq);

	if (!h->known || h->ssrc != r->ssrc) {
		h->known = true;
		h->ssrc = r->ssrc;
		h->codec = NULL;
	} else if (behind < LATE_MAX) {
		return false;
	} else if (behind < 0x8000 && r->seq != h->again_seq) {
		h->again_seq = (uint16_t)(r->seq + 1);
		return false;
	} else if (behind < 0x8000) {
		h->codec = NULL;
	}
	h->max_seq = r->seq;
	return true;
}

/* What the timestamps say is missing, as far as it can be. */
static void fill_gap(struct hear *h, uint32_t timestamp)
{
	int64_t most = h->now_ns - h->until_ns + SLACK_MS * MS_NS;
	int64_t gap = 0;
	int32_t ahead = (int32_t)(timestamp - h->next);

	if (h->codec && ahead > 0)
		gap = sound_ns((uint64_t)ahead, h->codec->clock_rate) -
		      h->filled_ns;
	h->filled_ns = 0;
	pass_silence(h, gap < most ? gap : most);
}

static struct decoder *find_decoder(struct hear *h, int payload_type)
{
	for (size_t i = 0; i < h->n_decoders; i++)
		if (h->decoders[i].payload_type == payload_type)
			return &h->decoders[i];
	return NULL;
}

static void take_sound(struct hear *h, const struct rtp_packet *p)
{
	struct decoder *d = find_decoder(h, p->header.payload_type);

	/* Comfort noise says how the silence sounds that begins here.        */
	if (!d && p->header.payload_type != COMFORT_NOISE)
		return;
	if (!in_order(h, &p->header))
		return;
	if (h->until_ns > h->now_ns + AHEAD_MS * MS_NS) {
		h->codec = NULL;
		return;
	}
	fill_gap(h, p->header.timestamp);
	if (d)
		decode(h, d, p);
	else
		h->next = p->header.timestamp;
}

static void begin(struct hear *h, int64_t now_ns)
{
	h->now_ns = now_ns;
	if (!h->begun)
		h->until_ns = now_ns;
	h->begun = true;
}

void hear_take(struct hear *h, const struct rtp_packet *p, int64_t now_ns)
{
	begin(h, now_ns);
	if (p->header.payload_type == h->event_type)
		take_event(h, p);
	else if (h->n_decoders)
		take_sound(h, p);
}

void hear_tick(struct hear *h, int64_t now_ns)
{
	int64_t gap;

	begin(h, now_ns);
	gap = now_ns - h->until_ns;
	if (gap <= TICK_MS * MS_NS || (!h->tones && !h->greeting))
		return;
	pass_silence(h, gap);
	h->until_ns = now_ns;
	h->filled_ns += gap;
}

size_t hear_digits(struct hear *h, char digits[CLN_DIGITS_MAX + 1])
{
	size_t n = h->n_digits;

	for (size_t i = 0; i < n; i++)
		digits[i] = h->digits[i];
	digits[n] = '\0';
	h->n_digits = 0;
	return n;
}

enum greeting_verdict hear_greeting(const struct hear *h)
{
	return h->verdict;
}

void hear_greeting_anew(struct hear *h)
{
	if (!h->greeting)
		return;
	greeting_init(h->greeting, RATE);
	h->verdict = GREETING_GOES_ON;
}

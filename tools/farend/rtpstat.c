/* SPDX-License-Identifier: MIT */
/*
 * rtpstat.c - the figures of a received stream.
 * Thread: the finisher; pure.
 *
 * Arrival order gives the intervals; the order of the sequence numbers
 * gives losses, time stamps and the recording.
 */
#include "rtpstore.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ordered {
	int64_t ext;            /* sequence number without wrap, per source */
	uint32_t index;
};

static int by_ext(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->ext != y->ext)
		return x->ext < y->ext ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/*
 * Unwraps the sequence numbers. Another SSRC begins a run of its own, far
 * behind the one before, so that a single sort keeps the runs apart.
 */
static struct ordered *unwrap(const struct rtp_store *s, uint64_t *changes)
{
	struct ordered *o = malloc((s->n ? s->n : 1) * sizeof(*o));
	int64_t base = 0, max = 0;

	*changes = 0;
	for (size_t i = 0; o && i < s->n; i++) {
		const struct rtp_packet *p = &s->packets[i];

		if (i && p->ssrc != s->packets[i - 1].ssrc) {
			++*changes;
			base = (int64_t)*changes << 32;
			max = base + p->seq;
		} else if (!i) {
			max = p->seq;
		}
		o[i].index = (uint32_t)i;
		o[i].ext = max + (int16_t)(p->seq - (uint16_t)max);
		if (o[i].ext > max)
			max = o[i].ext;
	}
	return o;
}

static void count_pt(struct rtp_figures *f, int pt)
{
	unsigned int i;

	for (i = 0; i < f->n_pts; i++)
		if (f->pts[i] == pt)
			break;
	if (i == RTP_PTS)
		return;
	if (i == f->n_pts)
		f->pts[f->n_pts++] = pt;
	f->pt_packets[i]++;
}

static void count_packets(struct rtp_figures *f, const struct rtp_store *s,
			  const struct rtp_marks *m)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct rtp_packet *p = &s->packets[i];
		bool event = p->pt == m->event_pt;

		f->packets++;
		f->payload_bytes += p->len;
		f->markers += p->marker;
		count_pt(f, p->pt);
		if (event) {
			f->event_packets++;
		} else {
			f->audio_packets++;
			f->audio_bytes += p->len;
			f->wrong_pt += m->pt >= 0 && p->pt != m->pt;
		}
		f->before_answer += !m->answered_ns ||
			p->at_ns < m->answered_ns;
		f->after_bye += m->bye_ns && p->at_ns > m->bye_ns;
		f->after_our_bye += m->our_bye_ns && p->at_ns > m->our_bye_ns;
	}
	f->marker_first = s->n && s->packets[0].marker;
	f->marker_only_first = f->marker_first && f->markers == 1;
}

static void count_times(struct rtp_figures *f, const struct rtp_store *s,
			const struct rtp_marks *m)
{
	const struct rtp_packet *last = NULL;

	f->first_after_ack_ms = NAN;
	f->first_after_answer_ms = NAN;
	f->last_before_bye_ms = NAN;
	if (!s->n)
		return;
	f->first_ns = s->packets[0].at_ns;
	f->last_ns = s->packets[s->n - 1].at_ns;
	f->duration_ms = (double)(f->last_ns - f->first_ns) / 1e6;
	if (m->ack_ns)
		f->first_after_ack_ms = (double)(f->first_ns - m->ack_ns) / 1e6;
	if (m->answered_ns)
		f->first_after_answer_ms =
			(double)(f->first_ns - m->answered_ns) / 1e6;
	for (size_t i = 0; m->bye_ns && i < s->n; i++)
		if (s->packets[i].at_ns <= m->bye_ns)
			last = &s->packets[i];
	if (last)
		f->last_before_bye_ms = (double)(m->bye_ns - last->at_ns) / 1e6;
}

static uint32_t samples_of(const struct rtp_packet *p,
			   const struct rtp_marks *m)
{
	if (p->pt == 0 || p->pt == 8 || p->pt == 9)
		return p->len;
	if (p->pt == 18)        /* 80 samples in 10 bytes, SID frames have 2 */
		return (uint32_t)(p->len / 10 + (p->len % 10 == 2)) * 80;
	if (p->pt == 4)
		return p->len ? (uint32_t)((p->len + 23) / 24) * 240 : 0;
	return (uint32_t)(m->ptime_ms * m->clock_rate / 1000);
}

/* Late is what arrived after a packet that should have followed it. */
static void count_reordered(struct rtp_figures *f, const struct rtp_store *s,
			    const struct ordered *o)
{
	uint32_t earliest = UINT32_MAX;

	for (size_t i = s->n; i-- > 0;) {
		if (i && o[i].ext == o[i - 1].ext)
			continue;       /* the copy that came later */
		f->reordered += o[i].index > earliest;
		if (o[i].index < earliest)
			earliest = o[i].index;
	}
}

static void count_order(struct rtp_figures *f, const struct rtp_store *s,
			const struct rtp_marks *m, struct ordered *o)
{
	const struct rtp_packet *audio = NULL;  /* the audio packet before */
	int64_t audio_ext = 0;

	qsort(o, s->n, sizeof(*o), by_ext);
	for (size_t i = 0; i < s->n; i++) {
		const struct rtp_packet *p = &s->packets[o[i].index];
		int64_t step = i ? o[i].ext - o[i - 1].ext : 1;

		if (!step) {
			f->duplicates++;
			continue;
		}
		if (step > 1 && step < 1 << 20) {
			f->lost += (uint64_t)step - 1;
			f->gaps++;
		}
		if (p->pt == m->event_pt)
			continue;
		/* Across a loss or an event the step is not known for sure. */
		if (audio && o[i].ext == audio_ext + 1 &&
		    p->ts - audio->ts != samples_of(audio, m))
			f->ts_jumps++;
		audio = p;
		audio_ext = o[i].ext;
	}
	count_reordered(f, s, o);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank. */
static double percentile(const double *sorted, size_t n, double share)
{
	size_t rank = (size_t)ceil(share * (double)n);

	return n ? sorted[rank ? rank - 1 : 0] : NAN;
}

static void count_intervals(struct rtp_figures *f, const struct rtp_store *s,
			    const struct rtp_marks *m, double *v)
{
	size_t n = 0, outside = 0;
	double sum = 0, ptime = m->ptime_ms ? m->ptime_ms : 20;
	const struct rtp_packet *last = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct rtp_packet *p = &s->packets[i];
		double ms, d;

		if (p->pt == m->event_pt)
			continue;
		if (last) {
			ms = (double)(p->at_ns - last->at_ns) / 1e6;
			d = ms - (double)(int32_t)(p->ts - last->ts) * 1e3 /
				m->clock_rate;
			f->jitter_ms += (fabs(d) - f->jitter_ms) / 16;
			v[n++] = ms;
			sum += ms;
			outside += fabs(ms - ptime) > 20;
			if (f->histogram)
				f->histogram[ms < 0 ? 0 : ms >= 1000 ?
					RTP_BINS - 1 : (int)(ms * 10)]++;
		}
		last = p;
	}
	qsort(v, n, sizeof(*v), by_value);
	f->intervals = n;
	f->min_ms = n ? v[0] : NAN;
	f->max_ms = n ? v[n - 1] : NAN;
	f->mean_ms = n ? sum / (double)n : NAN;
	f->p50_ms = percentile(v, n, 0.5);
	f->p99_ms = percentile(v, n, 0.99);
	f->outside_share = n ? (double)outside / (double)n : NAN;
}

/*
 * How far each packet is behind the schedule that the time stamps promise,
 * the most punctual packet being the origin: what a paced sender is judged
 * by, because a sender that drifts shows nothing in its intervals.
 */
static void count_lateness(struct rtp_figures *f, const struct rtp_store *s,
			   const struct rtp_marks *m, double *v)
{
	const struct rtp_packet *first = NULL, *last = NULL;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct rtp_packet *p = &s->packets[i];

		if (p->pt == m->event_pt)
			continue;
		if (!first || p->ssrc != first->ssrc) {
			if (first)
				break;  /* another source, another clock */
			first = p;
		}
		v[n++] = (double)(p->at_ns - first->at_ns) / 1e6 -
			(double)(int32_t)(p->ts - first->ts) * 1e3 /
			m->clock_rate;
		last = p;
	}
	if (!n) {
		f->late_p99_ms = f->late_max_ms = f->rate_error_ppm = NAN;
		return;
	}
	f->rate_error_ppm = last->ts == first->ts ? NAN : v[n - 1] * 1e6 /
		((double)(last->ts - first->ts) * 1e3 / m->clock_rate);
	qsort(v, n, sizeof(*v), by_value);
	f->late_p99_ms = percentile(v, n, 0.99) - v[0];
	f->late_max_ms = v[n - 1] - v[0];
}

/* RFC 4733 2.5: one event has one time stamp, however many packets. */
static void collect_dtmf(struct rtp_figures *f, const struct rtp_store *s,
			 const struct rtp_marks *m)
{
	static const char digits[] = "0123456789*#ABCD";
	uint32_t last_ts = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->n && !s->headers_only; i++) {
		const struct rtp_packet *p = &s->packets[i];
		uint8_t event;

		if (p->pt != m->event_pt || p->len < 4)
			continue;
		event = s->payload[p->offset];
		if ((n && p->ts == last_ts) || event > 15 || n + 1 >= RTP_DTMF)
			continue;
		f->dtmf[n++] = digits[event];
		last_ts = p->ts;
	}
}

bool rtp_figures(struct rtp_figures *f, const struct rtp_store *s,
		 const struct rtp_marks *m)
{
	struct rtp_marks marks = *m;
	struct ordered *o;
	double *v;

	memset(f, 0, sizeof(*f));
	if (marks.clock_rate <= 0)
		marks.clock_rate = 8000;
	f->histogram = calloc(RTP_BINS, sizeof(*f->histogram));
	o = unwrap(s, &f->ssrc_changes);
	v = malloc((s->n ? s->n : 1) * sizeof(*v));
	if (f->histogram && o && v) {
		count_packets(f, s, &marks);
		count_times(f, s, &marks);
		count_order(f, s, &marks, o);
		count_intervals(f, s, &marks, v);
		count_lateness(f, s, &marks, v);
		collect_dtmf(f, s, &marks);
	}
	free(o);
	free(v);
	return f->histogram && o && v;
}

void rtp_figures_free(struct rtp_figures *f)
{
	free(f->histogram);
	f->histogram = NULL;
}

uint32_t *rtp_order(size_t *np, const struct rtp_store *s, int event_pt)
{
	uint64_t changes;
	struct ordered *o = unwrap(s, &changes);
	uint32_t *out = malloc((s->n ? s->n : 1) * sizeof(*out));
	size_t n = 0;

	if (o && out) {
		qsort(o, s->n, sizeof(*o), by_ext);
		for (size_t i = 0; i < s->n; i++)
			if ((!i || o[i].ext != o[i - 1].ext) &&
			    s->packets[o[i].index].pt != event_pt)
				out[n++] = o[i].index;
	}
	free(o);
	*np = n;
	if (n)
		return out;
	free(out);
	return NULL;
}

static void json_rtcp(struct txt *t, const struct rtp_store *s)
{
	json_begin(t, "rtcp", '{');
	json_int(t, "packets", s->rtcp_packets);
	json_int(t, "invalid", s->rtcp_invalid);
	json_int(t, "sr", s->rtcp_sr);
	json_int(t, "rr", s->rtcp_rr);
	json_int(t, "sdes", s->rtcp_sdes);
	json_int(t, "bye", s->rtcp_bye);
	json_int(t, "app", s->rtcp_app);
	json_int(t, "sr_packets", s->sr_packets);
	json_int(t, "sr_octets", s->sr_octets);
	json_int(t, "sr_at_ns", s->sr_at_ns);
	json_int(t, "bye_at_ns", s->rtcp_bye_at_ns);
	json_str(t, "cname", s->cname[0] ? s->cname : NULL);
	json_end(t, '}');
}

static void json_counts(struct txt *t, const struct rtp_figures *f,
			const struct rtp_store *s)
{
	json_int(t, "packets", (int64_t)f->packets);
	json_int(t, "payload_bytes", (int64_t)f->payload_bytes);
	json_int(t, "audio_packets", (int64_t)f->audio_packets);
	json_int(t, "audio_bytes", (int64_t)f->audio_bytes);
	json_int(t, "event_packets", (int64_t)f->event_packets);
	json_str(t, "dtmf", f->dtmf);
	json_int(t, "before_answer", (int64_t)f->before_answer);
	json_int(t, "after_bye", (int64_t)f->after_bye);
	json_int(t, "after_our_bye", (int64_t)f->after_our_bye);
	json_int(t, "lost", (int64_t)f->lost);
	json_int(t, "gaps", (int64_t)f->gaps);
	json_int(t, "duplicates", (int64_t)f->duplicates);
	json_int(t, "reordered", (int64_t)f->reordered);
	json_int(t, "ts_jumps", (int64_t)f->ts_jumps);
	json_int(t, "ssrc_changes", (int64_t)f->ssrc_changes);
	json_int(t, "markers", (int64_t)f->markers);
	json_bool(t, "marker_first", f->marker_first);
	json_bool(t, "marker_only_first", f->marker_only_first);
	json_int(t, "wrong_pt", (int64_t)f->wrong_pt);
	json_int(t, "strangers", s->strangers);
	json_int(t, "invalid", s->invalid);
	json_bool(t, "out_of_memory", s->full);
}

static void json_content(struct txt *t, const struct heard *h)
{
	if (!h->expected)
		return;
	json_begin(t, "content", '{');
	json_int(t, "expected_bytes", (int64_t)h->expected->len);
	json_int(t, "right_bytes", (int64_t)h->right_bytes);
	json_int(t, "wrong_packets", (int64_t)h->wrong);
	json_bool(t, "all", heard_all(h));
	json_end(t, '}');
}

void rtp_figures_json(struct txt *t, const char *key,
		      const struct rtp_figures *f, const struct rtp_store *s)
{
	json_begin(t, key, '{');
	json_counts(t, f, s);
	json_content(t, &s->heard);
	json_begin(t, "payload_types", '[');
	for (unsigned int i = 0; i < f->n_pts; i++) {
		json_begin(t, NULL, '{');
		json_int(t, "pt", f->pts[i]);
		json_int(t, "packets", (int64_t)f->pt_packets[i]);
		json_end(t, '}');
	}
	json_end(t, ']');
	json_int(t, "first_at_ns", f->first_ns);
	json_int(t, "last_at_ns", f->last_ns);
	json_num(t, "first_packet_after_ack_ms", f->first_after_ack_ms);
	json_num(t, "first_packet_after_answer_ms", f->first_after_answer_ms);
	json_num(t, "last_packet_before_bye_ms", f->last_before_bye_ms);
	json_num(t, "duration_ms", f->duration_ms);
	json_begin(t, "interarrival", '{');
	json_int(t, "count", (int64_t)f->intervals);
	json_num(t, "min_ms", f->min_ms);
	json_num(t, "mean_ms", f->mean_ms);
	json_num(t, "p50_ms", f->p50_ms);
	json_num(t, "p99_ms", f->p99_ms);
	json_num(t, "max_ms", f->max_ms);
	json_num(t, "outside_share", f->outside_share);
	json_end(t, '}');
	json_num(t, "jitter_ms", f->jitter_ms);
	json_num(t, "late_p99_ms", f->late_p99_ms);
	json_num(t, "late_max_ms", f->late_max_ms);
	json_num(t, "rate_error_ppm", f->rate_error_ppm);
	json_rtcp(t, s);
	json_end(t, '}');
}

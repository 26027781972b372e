/* SPDX-License-Identifier: MIT */
/*
 * finish.c - computes a finished call's figures, writes its files, adds it
 * to the totals.
 * Thread: the finisher, so that no disk makes the signalling late; packets
 * keep their kernel time stamps in any case.
 */
#include "finish.h"

#include "call.h"
#include "record.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUEUE = 1024 };

struct totals {
	uint64_t calls, answered, refused, canceled, silent, timeouts;
	uint64_t by_caller, by_callee, shutdown;
	uint64_t with_violations, record_errors;
	uint64_t codes[700];
	uint64_t packets, payload_bytes, lost, duplicates, reordered;
	uint64_t ts_jumps, strangers, after_bye, before_answer, no_rtp;
	uint64_t heard_all, wrong_content;
	uint64_t intervals, outside;
	uint64_t histogram[RTP_BINS];
	double max_ms, late_max_ms;
	double first_min_ms, first_max_ms;
};

struct finisher {
	const struct options *opt;
	struct events *events;
	int wake_fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t fuller;
	pthread_cond_t emptier;
	struct call *queue[QUEUE];
	size_t head, n;
	bool stop;
	bool stopped;
	struct totals totals;   /* under the lock */
};

static void add_rtp(struct totals *t, const struct call *c,
		    const struct rtp_figures *f)
{
	const struct rtp_store *s = &c->legs[0].rtp.store;

	t->packets += f->packets;
	t->payload_bytes += f->payload_bytes;
	t->lost += f->lost;
	t->duplicates += f->duplicates;
	t->reordered += f->reordered;
	t->ts_jumps += f->ts_jumps;
	t->strangers += s->strangers;
	t->after_bye += f->after_bye;
	t->before_answer += f->before_answer;
	t->heard_all += heard_all(&s->heard);
	t->wrong_content += s->heard.wrong;
	t->intervals += f->intervals;
	if (!f->packets && c->final_code / 100 == 2)
		t->no_rtp++;
	if (f->intervals) {
		t->outside += (uint64_t)(f->outside_share *
					 (double)f->intervals + 0.5);
		t->max_ms = fmax(t->max_ms, f->max_ms);
		t->late_max_ms = fmax(t->late_max_ms, f->late_max_ms);
	}
	for (int i = 0; f->histogram && i < RTP_BINS; i++)
		t->histogram[i] += f->histogram[i];
	if (isfinite(f->first_after_ack_ms)) {
		t->first_min_ms = fmin(t->first_min_ms, f->first_after_ack_ms);
		t->first_max_ms = fmax(t->first_max_ms, f->first_after_ack_ms);
	}
}

static void add_call(struct totals *t, const struct call *c,
		     const struct rtp_figures *f, bool written)
{
	t->calls++;
	if (c->final_code / 100 == 2)
		t->answered++;
	else if (c->final_code == 487 && !strcmp(c->ended_by, "cancel"))
		t->canceled++;
	else if (c->final_code >= 300)
		t->refused++;
	if (c->final_code >= 100 && c->final_code < 700)
		t->codes[c->final_code]++;
	t->silent += !strcmp(c->ended_by, "silent");
	t->timeouts += !strcmp(c->ended_by, "timeout");
	t->by_caller += !strcmp(c->ended_by, "caller");
	t->by_callee += !strcmp(c->ended_by, "callee");
	t->shutdown += !strcmp(c->ended_by, "shutdown");
	t->with_violations += c->verdict.n > 0;
	t->record_errors += !written;
	add_rtp(t, c, f);
}

static void done_event(struct finisher *f, const struct call *c,
		       const char *record)
{
	struct txt t = { 0 };

	if (!events_wanted(f->events))
		return;
	event_begin(&t, "done", 0);
	json_int(&t, "call", (int64_t)c->number);
	json_str(&t, "number", c->dialled);
	json_str(&t, "call_id", c->call_id);
	json_raw(&t, "figures", record);
	event_emit(f->events, &t);
}

static void finish_one(struct finisher *f, struct call *c)
{
	struct rtp_figures figures;
	struct txt json = { 0 };
	bool written, last;
	uint64_t one = 1;

	record_figures(&figures, c, &c->legs[0]);
	record_json(&json, c, &figures);
	written = record_write(f->opt, c, &json);
	pthread_mutex_lock(&f->lock);
	add_call(&f->totals, c, &figures, written);
	last = f->opt->exit_after_calls &&
		f->totals.calls >= (uint64_t)f->opt->exit_after_calls;
	pthread_mutex_unlock(&f->lock);
	done_event(f, c, json.p ? json.p : "{}");
	if (last)
		(void)!write(f->wake_fd, &one, sizeof(one));
	txt_free(&json);
	rtp_figures_free(&figures);
	call_free(c);
}

static void *run(void *arg)
{
	struct finisher *f = arg;
	struct call *c;

	for (;;) {
		pthread_mutex_lock(&f->lock);
		while (!f->n && !f->stop)
			pthread_cond_wait(&f->fuller, &f->lock);
		if (!f->n) {
			pthread_mutex_unlock(&f->lock);
			return NULL;
		}
		c = f->queue[f->head];
		f->head = (f->head + 1) % QUEUE;
		f->n--;
		pthread_cond_signal(&f->emptier);
		pthread_mutex_unlock(&f->lock);
		finish_one(f, c);
	}
}

struct finisher *finisher_start(const struct options *opt,
				struct events *events, int wake_fd)
{
	struct finisher *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->opt = opt;
	f->events = events;
	f->wake_fd = wake_fd;
	f->totals.first_min_ms = INFINITY;
	f->totals.first_max_ms = -INFINITY;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->fuller, NULL);
	pthread_cond_init(&f->emptier, NULL);
	if (pthread_create(&f->thread, NULL, run, f)) {
		free(f);
		return NULL;
	}
	return f;
}

void finisher_put(struct finisher *f, struct call *c)
{
	pthread_mutex_lock(&f->lock);
	/* The kernel keeps what arrives while we wait here. */
	while (f->n == QUEUE)
		pthread_cond_wait(&f->emptier, &f->lock);
	f->queue[(f->head + f->n++) % QUEUE] = c;
	pthread_cond_signal(&f->fuller);
	pthread_mutex_unlock(&f->lock);
}

/* From the histogram, so good to 0.1 ms. */
static double percentile(const struct totals *t, double share)
{
	uint64_t sum = 0;

	for (int i = 0; i < RTP_BINS; i++) {
		sum += t->histogram[i];
		if (sum && (double)sum >= share * (double)t->intervals)
			return i / 10.0;
	}
	return NAN;
}

static void totals_rtp(const struct totals *t, struct txt *out)
{
	json_begin(out, "rtp", '{');
	json_int(out, "packets", (int64_t)t->packets);
	json_int(out, "payload_bytes", (int64_t)t->payload_bytes);
	json_int(out, "lost", (int64_t)t->lost);
	json_int(out, "duplicates", (int64_t)t->duplicates);
	json_int(out, "reordered", (int64_t)t->reordered);
	json_int(out, "ts_jumps", (int64_t)t->ts_jumps);
	json_int(out, "strangers", (int64_t)t->strangers);
	json_int(out, "before_answer", (int64_t)t->before_answer);
	json_int(out, "after_bye", (int64_t)t->after_bye);
	json_int(out, "answered_without_rtp", (int64_t)t->no_rtp);
	json_int(out, "calls_that_heard_all", (int64_t)t->heard_all);
	json_int(out, "packets_of_wrong_content", (int64_t)t->wrong_content);
	json_int(out, "intervals", (int64_t)t->intervals);
	json_num(out, "p50_ms", percentile(t, 0.5));
	json_num(out, "p99_ms", percentile(t, 0.99));
	json_num(out, "p999_ms", percentile(t, 0.999));
	json_num(out, "max_ms", t->max_ms);
	json_num(out, "late_max_ms", t->late_max_ms);
	json_num(out, "outside_share", t->intervals ? (double)t->outside /
		 (double)t->intervals : NAN);
	json_num(out, "first_packet_after_ack_min_ms", t->first_min_ms);
	json_num(out, "first_packet_after_ack_max_ms", t->first_max_ms);
	json_end(out, '}');
}

void finisher_totals(struct finisher *f, struct txt *out)
{
	struct totals *t = &f->totals;
	char code[12];

	pthread_mutex_lock(&f->lock);
	json_int(out, "calls", (int64_t)t->calls);
	json_int(out, "answered", (int64_t)t->answered);
	json_int(out, "refused", (int64_t)t->refused);
	json_int(out, "canceled", (int64_t)t->canceled);
	json_int(out, "silent", (int64_t)t->silent);
	json_int(out, "timeouts", (int64_t)t->timeouts);
	json_int(out, "ended_by_caller", (int64_t)t->by_caller);
	json_int(out, "ended_by_callee", (int64_t)t->by_callee);
	json_int(out, "ended_by_shutdown", (int64_t)t->shutdown);
	json_int(out, "calls_with_violations", (int64_t)t->with_violations);
	json_int(out, "record_errors", (int64_t)t->record_errors);
	json_begin(out, "codes", '{');
	for (int i = 100; i < 700; i++)
		if (t->codes[i]) {
			snprintf(code, sizeof(code), "%d", i);
			json_int(out, code, (int64_t)t->codes[i]);
		}
	json_end(out, '}');
	totals_rtp(t, out);
	pthread_mutex_unlock(&f->lock);
}

void finisher_stop(struct finisher *f)
{
	if (!f || f->stopped)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_signal(&f->fuller);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	f->stopped = true;
}

void finisher_free(struct finisher *f)
{
	finisher_stop(f);
	free(f);
}

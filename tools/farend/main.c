/* SPDX-License-Identifier: MIT */
/*
 * main.c - carillon-farend: a carrier on your desk. Starts, loops, stops.
 * Thread: main, which is the signalling thread.
 */
#include "call.h"
#include "clock.h"
#include "compare.h"
#include "farend.h"
#include "finish.h"
#include "registrar.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct loop {
	int epoll;
	int signals;
	int wake;
};

/* Two sockets a call: take as many as we may have. */
static void raise_files(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static bool watch(struct loop *lp, int fd, void *what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = what };

	return fd >= 0 && !epoll_ctl(lp->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static bool loop_open(struct loop *lp)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* Timers at 50 us of slack would blur our own RTP. */
	prctl(PR_SET_TIMERSLACK, 1);
	lp->epoll = epoll_create1(EPOLL_CLOEXEC);
	lp->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	lp->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return lp->epoll >= 0 && watch(lp, lp->signals, &lp->signals) &&
		watch(lp, lp->wake, &lp->wake);
}

static void loop_close(struct loop *lp)
{
	close(lp->epoll);
	close(lp->signals);
	close(lp->wake);
}

static void write_summary(struct farend *fe)
{
	struct txt t = { 0 };
	char tmp[4096];
	FILE *f;

	if (!fe->opt->summary)
		return;
	json_begin(&t, NULL, '{');
	json_str(&t, "program", "carillon-farend");
	finisher_totals(fe->finisher, &t);
	json_int(&t, "calls_begun", (int64_t)fe->n_calls);
	json_int(&t, "calls_active", (int64_t)fe->active);
	json_int(&t, "calls_active_max", (int64_t)fe->active_max);
	json_int(&t, "streams_max", (int64_t)fe->sweep.busiest);
	json_int(&t, "malformed", (int64_t)fe->malformed);
	registrar_json(fe->registrar, &t, "registrar");
	json_end(&t, '}');
	txt_str(&t, "\n");
	/* A reader never sees half a summary. */
	snprintf(tmp, sizeof(tmp), "%s.tmp", fe->opt->summary);
	f = fopen(tmp, "w");
	if (!f || fwrite(t.p, 1, t.len, f) != t.len)
		perror(tmp);
	if (f && (fclose(f) || rename(tmp, fe->opt->summary)))
		perror(fe->opt->summary);
	txt_free(&t);
}

static void on_signal(struct farend *fe, int fd)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGUSR1)
			write_summary(fe);
		else if (si.ssi_signo == SIGUSR2)
			fe->deaf = !fe->deaf;
		else
			fe->stop = true;
	}
}

static void loop_once(struct loop *lp, struct farend *fe)
{
	struct epoll_event ev[16];
	int a = timers_run(&fe->timers), b = rtp_sweep_run(&fe->sweep);
	int wait = a < 0 || (b >= 0 && b < a) ? b : a;
	int n = epoll_wait(lp->epoll, ev, 16, wait);

	for (int i = 0; i < n; i++) {
		void *what = ev[i].data.ptr;

		if (what == &lp->signals)
			on_signal(fe, lp->signals);
		else if (what == &lp->wake)
			fe->stop = true;
		else
			farend_receive(fe, what);
	}
}

static bool open_listeners(struct farend *fe, struct loop *lp)
{
	for (int i = 0; i < fe->opt->n_listen; i++) {
		struct listener *l = &fe->listeners[i];
		int err = listener_open(l, fe->opt->listen[i]);

		if (err) {
			fprintf(stderr, "carillon-farend: %s: %s\n",
				fe->opt->listen[i], strerror(-err));
			return false;
		}
		fe->n_listeners++;
		if (!watch(lp, l->fd, l))
			return false;
	}
	for (int i = 0; i < fe->n_listeners; i++)
		printf("listening udp:%s\n", fe->listeners[i].text);
	fflush(stdout);
	return true;
}

static bool farend_open(struct farend *fe, const struct options *opt,
			struct loop *lp)
{
	fe->opt = opt;
	fe->ports.lo = opt->rtp_lo;
	fe->ports.hi = opt->rtp_hi;
	fe->seed = (uint64_t)clock_ns() ^ (uint64_t)getpid() << 40;
	if (opt->record_dir && mkdir(opt->record_dir, 0777) &&
	    errno != EEXIST) {
		perror(opt->record_dir);
		return false;
	}
	if (opt->expect) {
		int err = expected_read(&fe->expected, opt->expect);

		if (err) {
			fprintf(stderr, "carillon-farend: %s: %s\n",
				opt->expect, strerror(-err));
			return false;
		}
	}
	fe->events = events_open(opt->events);
	if (!fe->events) {
		perror(opt->events);
		return false;
	}
	fe->registrar = registrar_new(fe);
	fe->finisher = finisher_start(opt, fe->events, lp->wake);
	return fe->registrar && fe->finisher && !map_init(&fe->calls) &&
		!trans_init(&fe->trans, &fe->timers, opt->t1_ms) &&
		!auth_init(&fe->auth, opt) && open_listeners(fe, lp);
}

static void farend_close(struct farend *fe)
{
	if (fe->calls.buckets)
		calls_shutdown(fe);
	finisher_stop(fe->finisher);
	if (fe->finisher && fe->registrar)
		write_summary(fe);
	finisher_free(fe->finisher);
	if (fe->trans.client.buckets)
		trans_deinit(&fe->trans);
	if (fe->auth.nonces.buckets)
		auth_deinit(&fe->auth);
	registrar_free(fe->registrar);
	map_deinit(&fe->calls);
	for (int i = 0; i < fe->n_listeners; i++)
		listener_close(&fe->listeners[i]);
	timers_deinit(&fe->timers);
	free(fe->sweep.items);
	events_close(fe->events);
	expected_free(&fe->expected);
}

int main(int argc, char **argv)
{
	static struct farend fe;
	struct options opt;
	struct loop lp;
	bool ok;

	if (argc > 1 && !strcmp(argv[1], "compare"))
		return compare_main(argc - 1, argv + 1);
	switch (options_parse(&opt, argc, argv)) {
	case OPTIONS_DONE:
		return 0;
	case OPTIONS_WRONG:
		return 2;
	case OPTIONS_RUN:
		break;
	}
	raise_files();
	msg_start();
	ok = loop_open(&lp) && farend_open(&fe, &opt, &lp);
	while (ok && !fe.stop)
		loop_once(&lp, &fe);
	farend_close(&fe);
	loop_close(&lp);
	options_deinit(&opt);
	return ok ? 0 : 1;
}

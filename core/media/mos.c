/*
 * mos.c - how good it sounded: a mean opinion score by the E-model (G.107).
 *
 *	R = 93.2 - Id(delay) - Ie,eff(codec, loss) --> MOS
 *
 * 93.2 is what G.107's default values leave of R0 and Is. Echo is taken to be
 * cancelled, and loss to be at random. A far end's telephone conceals lost
 * packets, hence G.711 is rated with concealment (Bpl 25.1, not 4.3).
 *
 * Thread: any; no state.
 */
/* SPDX-License-Identifier: MIT */
#include "media/mos.h"

#include <math.h>
#include <stddef.h>
#include <strings.h>

static const double r_best = 93.2;
/* G.107 7.4: up to here delay is not noticed.                                */
static const double delay_free_ms = 100;

/* G.113, appendix I: what the codec itself costs, and how well it bears
 * loss.                                                                      */
static const struct rating {
	const char *name;		/* of the rtpmap                      */
	double ie, bpl;
} ratings[] = {
	{ "PCMU", 0, 25.1 },
	{ "PCMA", 0, 25.1 },
	{ "G729", 11, 19 },
	{ "G723", 15, 16.1 },
};

static const struct rating *find_rating(const struct cln_codec *codec)
{
	for (size_t i = 0; i < sizeof(ratings) / sizeof(*ratings); i++)
		if (codec && !strcasecmp(codec->name, ratings[i].name))
			return &ratings[i];
	return NULL;
}

/* Half of the way there and back, and a jitter buffer that holds twice the
 * jitter, which keeps all but few packets.                                   */
static double delay_ms(const struct mos_facts *f)
{
	double way = f->round_trip_us > 0 ? f->round_trip_us / 2000.0 : 0;
	double buffer = f->jitter_us > 0 ? f->jitter_us / 500.0 : 0;

	return way + buffer;
}

/* G.107 7.4, Idd. */
static double delay_impairment(double ms)
{
	double x;

	if (ms <= delay_free_ms)
		return 0;
	x = log2(ms / delay_free_ms);
	return 25 * (pow(1 + pow(x, 6), 1 / 6.0) -
		     3 * pow(1 + pow(x / 3, 6), 1 / 6.0) + 2);
}

/* G.107 7.5, Ie,eff. */
static double loss_impairment(const struct rating *r, double percent)
{
	return r->ie + (95 - r->ie) * percent / (percent + r->bpl);
}

/* G.107 annex B. Its curve dips below 1 for the smallest R.                  */
static double score(double r)
{
	double mos;

	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	return mos < 1 ? 1 : mos;
}

int32_t mos_x100(const struct mos_facts *f)
{
	const struct rating *r = find_rating(f->codec);
	uint64_t lost = f->lost < f->expected ? f->lost : f->expected;
	double percent;

	if (!r || !f->expected)
		return -1;
	percent = 100.0 * (double)lost / (double)f->expected;
	return (int32_t)lround(100 * score(r_best -
					   delay_impairment(delay_ms(f)) -
					   loss_impairment(r, percent)));
}

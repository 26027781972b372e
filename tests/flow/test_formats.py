"""Every format, rate, channel count and codec is heard as it should.

All recordings stand in eight playlists, one for each rate, which are played at
once in both codecs. What the far end kept is cut at the samples where items
must meet, so that a sample that is lost or doubled anywhere shows.

At 8 kHz without loss the far end must hear G.191's encoding of the recording to
the bit. For the rest there is a floor of noise, by cause:

  G.711       its steps are 1/32 to 1/16 of the sample: 37 to 38 dB
  resampling  the server's 16-bit rounding and filter leave 80 dB and more, so
              what is heard is G.711 of the ideal: a sample is at most one step
              off, and few are, those that were next to a border
  lossy       the file's own loss is not ours: against another reader of the
              same file the floor is G.711's again. Against the original only a
              shift is looked for (an encoder's delay that was not taken off):
              one sample would leave -1 dB, the worst of these encoders, Opus
              with a chord, leaves 6 dB

SPDX-License-Identifier: MIT
"""
import pytest

import g711
import judge
import recordings
from carillond import Carillond
from farend import FarEnd
from httpfiles import HttpFiles

G711_FLOOR = 36.0
LOSSY_FLOOR = 5.0
# The file's own steps are wider than, or as wide as, those of the codec: the
# noise of both adds up, which costs 3 dB.
COARSE_FLOOR = 33.5
COARSE = ("wav-u8", "wav-mulaw", "wav-alaw")
SECONDS = 0.21
CODECS = ("mulaw", "alaw")


class Item:
    """One recording, and what must be heard of it."""

    def __init__(self, folder, kind, rate, channels, seed):
        self.name = f"{kind}-{rate}-{channels}"
        self.kind, self.rate, self.channels = kind, rate, channels
        self.seed = seed
        self.true_rate = rate
        if kind == "opus" and rate not in recordings.OPUS_RATES:
            self.true_rate = 48000
        # Odd lengths: the joins then fall anywhere in a packet.
        self.frames = int(SECONDS * self.true_rate) + 7 * seed + 1
        suffix = recordings.SUFFIX.get(kind, kind.partition("-")[0])
        self.file = f"{self.name}.{suffix}"
        self.is_exact = rate == 8000 and kind not in recordings.LOSSY
        self.sound = self.make_sound()
        self.path = recordings.make(folder / self.file, kind, self.true_rate
                                    if kind != "opus" else rate, self.sound)
        self.samples = recordings.round_half_up(self.frames * 8000,
                                                self.true_rate)

    def make_sound(self):
        if self.is_exact:
            return recordings.noise(self.frames, self.channels, self.seed)
        return recordings.tones(self.true_rate, self.frames, self.channels,
                                self.seed, above=self.kind not in
                                recordings.LOSSY)

    def original(self):
        """Its sound at 8 kHz, by the formula, as 16-bit samples."""
        return [v * 32768 for v in recordings.mono(recordings.tones(
            self.true_rate, self.frames, self.channels, self.seed, 8000))]

    def decoded(self):
        """What another decoder makes of the file, ideally resampled."""
        rate, sound = recordings.read(self.path)
        return [v * 32768 for v in
                recordings.ideal(recordings.mono(sound), rate)]

    def complaint(self, codec, heard):
        """A sentence, or None where what was heard is right."""
        if self.is_exact:
            return self.not_exact(codec, heard)
        if self.kind in recordings.LOSSY:
            return self.too_noisy(codec, heard, self.decoded(), G711_FLOOR) \
                or self.too_noisy(codec, heard, self.original(), LOSSY_FLOOR)
        return self.too_far(codec, heard)

    def not_exact(self, codec, heard):
        if self.kind == f"wav-{codec}" and self.channels == 1:
            wanted = recordings.wav_bytes(self.kind, self.sound[0])
        else:
            wanted = g711.encode(codec, recordings.exact(self.kind,
                                                         self.sound))
        wrong = [n for n in range(len(wanted)) if wanted[n] != heard[n]]
        return wrong and f"{self.name}: {len(wrong)} of {len(wanted)} " \
            f"samples differ, the first is {wrong[0]}"

    def too_far(self, codec, heard):
        """Is it G.711 of the ideal, but for samples next to a border?"""
        wanted = self.original()
        if self.kind in COARSE:
            return self.too_noisy(codec, heard, wanted, COARSE_FLOOR)
        best = g711.encode(codec, (recordings.clip(round(v))
                                   for v in wanted))
        off = [abs(a - b) for a, b in zip(ladder(codec, best),
                                          ladder(codec, heard))]
        share = sum(1 for n in off if n) / len(off)
        if max(off) > 1 or share > 0.03:
            return f"{self.name}: {share:.1%} of the samples are not the " \
                   f"ideal's, by {max(off)} steps at most"
        return self.too_noisy(codec, heard, wanted, G711_FLOOR)

    def too_noisy(self, codec, heard, wanted, floor):
        found = recordings.snr_db(wanted, g711.decode(codec, heard))
        return f"{self.name}: {found:.1f} dB, not {floor}" \
            if found < floor else None


def ladder(codec, data):
    """Code words as numbers that rise with the sample, one for each step."""
    steps = {v: n for n, v in
             enumerate(sorted(set(g711.decode(codec, range(256)))))}
    return [steps[v] for v in g711.decode(codec, data)]


def number_of(rate, codec):
    return f"9{CODECS.index(codec)}{rate}"


class Heard:
    """All of it played once, for all the tests of this file."""

    def __init__(self, folder, ports, server, far):
        files = HttpFiles(folder, ports.one())
        self.items = {rate: [
            Item(folder, kind, rate, channels, 2 * n + channels)
            for n, kind in enumerate(recordings.FORMATS)
            for channels in (1, 2)] for rate in recordings.RATES}
        jobs = {}
        for codec in CODECS:
            carrier = server.carrier(far.port, codecs=[codec])
            for rate, items in self.items.items():
                number = number_of(rate, codec)
                jobs[number] = server.play(
                    number, [files.url(i.file) for i in items],
                    carrier_id=carrier)
        self.rows = {number: judge.only_row(server.wait_done(job, 60))
                     for number, job in jobs.items()}
        files.close()
        done = [row for row in self.rows.values()
                if row["state"] == "completed"]
        self.calls = {call.number: call for call in far.wait_calls(len(done))}


@pytest.fixture(scope="module")
def heard(tmp_path_factory, ports):
    folder = tmp_path_factory.mktemp("formats")
    server = Carillond(folder / "server", ports)
    far = FarEnd(folder / "farend", ports.one())
    try:
        yield Heard(folder, ports, server, far)
    finally:
        server.stop()
        far.stop()


@pytest.mark.slow
@pytest.mark.xdist_group("formats")
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("rate", recordings.RATES)
def test_every_format_is_heard_as_it_should(heard, rate, codec):
    row = heard.rows[number_of(rate, codec)]
    assert row["state"] == "completed", row["reason"]
    packets = heard.calls[number_of(rate, codec)].packets
    judge.well_formed(packets, g711.PAYLOAD_TYPE[codec])
    stream = b"".join(p.payload for p in judge.in_order(packets))
    items = heard.items[rate]
    total = sum(item.samples for item in items)
    assert len(stream) == total + -total % 160
    assert set(stream[total:]) <= {g711.SILENCE[codec]}
    at, complaints = 0, []
    for item in items:
        complaints.append(item.complaint(codec, stream[at:at + item.samples]))
        at += item.samples
    assert not any(complaints), "\n".join(filter(None, complaints))

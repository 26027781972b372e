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
import math
import re

import pytest

import g711
import judge
import prompts
import recordings
from httpfiles import HttpFiles

G711_FLOOR = 36.0
LOSSY_FLOOR = 5.0
# The file's own steps are wider than, or as wide as, those of the codec: the
# noise of both adds up, which costs 3 dB.
COARSE_FLOOR = 33.5
COARSE = ("wav-u8", "wav-mulaw", "wav-alaw")
SECONDS = 0.21
CODECS = ("mulaw", "alaw")
LINGER = ("--linger", "20")     # nobody looks at what comes behind a BYE


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


def play_all(server, far, files, items_by_rate):
    """One call for each rate and codec, all at once; {number: FarCall}."""
    jobs = {}
    for codec in CODECS:
        carrier = server.carrier(far.port, codecs=[codec])
        for rate, items in items_by_rate.items():
            number = number_of(rate, codec)
            jobs[number] = server.play(
                number, [files.url(item.file) for item in items],
                carrier_id=carrier)
    for job in jobs.values():
        judge.only_row(server.wait_done(job, 40), "completed")
    return {call.number: call for call in far.wait_calls(len(jobs))}


def complaints(items, codec, packets):
    judge.well_formed(packets, g711.PAYLOAD_TYPE[codec])
    stream = b"".join(p.payload for p in judge.in_order(packets))
    total = sum(item.samples for item in items)
    assert len(stream) == total + -total % 160
    assert set(stream[total:]) <= {g711.SILENCE[codec]}
    at = 0
    for item in items:
        found = item.complaint(codec, stream[at:at + item.samples])
        at += item.samples
        if found:
            yield f"{codec} {found}"


@pytest.mark.slow
def test_every_format_is_heard_as_it_should(server, new_farend, tmp_path,
                                            ports, stop_later):
    folder = tmp_path / "files"
    folder.mkdir()
    items = {rate: [Item(folder, kind, rate, channels, 2 * n + channels)
                    for n, kind in enumerate(recordings.FORMATS)
                    for channels in (1, 2)] for rate in recordings.RATES}
    files = stop_later(HttpFiles(folder, ports.one()))
    calls = play_all(server, new_farend(options=LINGER), files, items)
    found = [complaint for codec in CODECS for rate in recordings.RATES
             for complaint in complaints(
                 items[rate], codec, calls[number_of(rate, codec)].packets)]
    assert not found, "\n".join(found)


class Part:
    """A piece of one long tone, cut where it happens to be loud."""

    def __init__(self, folder, rate, number, frames, start):
        self.file = f"part-{rate}-{number}.wav"
        sound = [[TONE * math.sin(2 * math.pi * 333 * (start + n) / rate)
                  for n in range(frames)]]
        recordings.make(folder / self.file, "wav-16", rate, sound)
        self.samples = frames * 8000 // rate


TONE = 0.4


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000])
def test_items_join_without_a_click(server, new_farend, tmp_path, ports,
                                    stop_later, rate):
    """A tone in six items is heard as one: no sample too many or too few, none
    far off. At 8 kHz what is off is G.711's step, half of 1/16; else the
    resampler's view of the edge comes in addition, 5 % of the height. Silence
    behind the edge would make it 50 %."""
    folder = tmp_path / "files"
    folder.mkdir()
    unit = rate // 25                       # 40 ms, a whole number of both
    parts, start = [], 0
    for number, units in enumerate((3, 5, 2, 7, 4, 3)):
        parts.append(Part(folder, rate, number, units * unit, start))
        start += units * unit
    files = stop_later(HttpFiles(folder, ports.one()))
    calls = play_all(server, new_farend(options=LINGER), files, {rate: parts})
    for codec in CODECS:
        packets = judge.in_order(calls[number_of(rate, codec)].packets)
        judge.well_formed(packets, g711.PAYLOAD_TYPE[codec])
        heard = g711.decode(codec, b"".join(p.payload for p in packets))
        total = sum(part.samples for part in parts)
        assert len(heard) == total + -total % 160
        height = TONE * 32768
        off = [abs(v - height * math.sin(2 * math.pi * 333 * n / 8000))
               for n, v in enumerate(heard[:total])]
        assert max(off) < height * (0.035 if rate == 8000 else 0.11)
        edge = 60
        inside = max(off[edge:parts[0].samples - edge])
        assert inside < height * 0.035


# ---- what cannot be played is refused by a sentence -------------------------

def cut(data, share=0.6):
    return data[:int(len(data) * share)]


def refusals(folder):
    """(name, bytes, what the reason must say)."""
    tone = recordings.tones(8000, 4000, 1, 1)
    six = recordings.tones(8000, 800, 6, 1)
    made = {kind: recordings.make(folder / f"cut-{kind}", kind, 8000,
                                  tone).read_bytes()
            for kind in ("wav-16", "flac-16", "vorbis", "opus", "mp3")}
    for kind, data in made.items():
        yield f"cut.{kind}", cut(data), "truncated|damaged"
    sound = prompts.chunk(b"data", bytes(8000))
    for tag, name in ((2, "Microsoft ADPCM"), (17, "IMA ADPCM"),
                      (49, "GSM"), (0x55, "MP3")):
        yield f"tag{tag}.wav", prompts.riff(prompts.chunk(
            b"fmt ", prompts.fmt(tag, bits=4)), sound), name
    yield "six.wav", recordings.wav("wav-16", 8000, six), "6 channels"
    yield "six.flac", recordings.make(folder / "six", "flac-16", 8000,
                                      six).read_bytes(), "6 channels"
    for rate in (1000, 200000):
        yield f"{rate}.wav", recordings.wav("wav-16", rate, tone), \
            f"a sample rate of {rate} Hz"
    yield "slow.flac", recordings.make(folder / "slow", "flac-16", 2000,
                                       tone).read_bytes(), "rate of 2000 Hz"
    yield "bits.wav", prompts.riff(prompts.chunk(
        b"fmt ", prompts.fmt(bits=12)), sound), "12 bits"
    yield "zero", b"", "empty"
    yield "page.wav", b"<!doctype html><title>Log in</title>", "a web page"
    yield "book.wav", b"this is no audio at all\n" * 40, "not a recording"
    yield "m4a", b"\0\0\0\x18ftypM4A " + bytes(100), "an MP4 or M4A file"
    yield "aac", b"\xff\xf1\x50\x80" + bytes(100), "an AAC stream"
    yield "aiff", b"FORM\0\0\0\x20AIFF" + bytes(100), "an AIFF file"
    yield "tag.mp3", b"ID3\4\0\0\0\0\1\0" + bytes(138), "no audio"
    joined = made["mp3"] + made["mp3"]
    yield "twice.mp3", joined, "joined files"
    for name, data in prompts.liars().items():
        if name not in ("data-4g.wav", "empty.wav"):
            yield name, data, ""


def test_what_cannot_be_played_is_refused_by_a_sentence(
        server, tmp_path, ports, new_peer, stop_later):
    folder = tmp_path / "files"
    folder.mkdir()
    files = stop_later(HttpFiles(folder, ports.one()))
    peer = new_peer()
    carrier = server.carrier(peer.port)
    wanted, jobs = {}, {}
    for name, data, says in refusals(folder):
        files.extra[name] = data
        wanted[name] = says
        jobs[name] = server.play("1", [files.url(name)], carrier_id=carrier)
    wrong = []
    for name, job in jobs.items():
        row = judge.only_row(server.wait_done(job), "failed")
        print(name, "->", row["reason"])
        if not re.search(wanted[name], row["reason"]) or \
                len(row["reason"]) < 10:
            wrong.append(f"{name}: {row['reason']}")
    assert not wrong, "\n".join(wrong)
    peer.nothing("INVITE", 0.1)

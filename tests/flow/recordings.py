"""recordings - audio files of every format, and what must be heard of them.

WAV files are written byte by byte here; FLAC, OGG and MP3 by libsndfile, which
the server is built with anyway, through ctypes. What a file must sound like is
told by arithmetic (no loss), or by the formula that its sound was made of.

SPDX-License-Identifier: MIT
"""
import ctypes
import math
import random
import struct
from array import array
from operator import mul

import g711
import prompts

RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)
# What OGG Opus can hold: a file of another original is one of 48 kHz.
OPUS_RATES = (8000, 16000, 24000, 48000)
WAVS = {"wav-u8": (1, 8), "wav-16": (1, 16), "wav-24": (1, 24),
        "wav-32": (1, 32), "wav-float": (3, 32), "wav-double": (3, 64),
        "wav-mulaw": (7, 8), "wav-alaw": (6, 8)}
FLACS = {"flac-16": (0x170002, 16), "flac-24": (0x170003, 24)}
LOSSY = {"vorbis": 0x200060, "opus": 0x200064, "mp3": 0x230082}
FORMATS = (*WAVS, *FLACS, *LOSSY)
SUFFIX = {"vorbis": "ogg", "opus": "opus", "mp3": "mp3"}


# ---- sounds: lists of channels, each a list of numbers from -1 to 1 ---------

def noise(samples, channels, seed):
    """All code words, full scale, clipping, and halves to round."""
    chance = random.Random(seed)
    special = [1.0, -1.0, 0.5 / 32768, -0.5 / 32768, 1.5 / 32768,
               -1.5 / 32768, 0.0, 0.25 / 32768, 100.5 / 32768]
    out = []
    for _ in range(channels):
        channel = [chance.choice((chance.uniform(-1, 1),
                                  chance.gauss(0, 0.003),
                                  chance.randrange(-65536, 65536) / 65536))
                   for _ in range(samples - len(special))]
        chance.shuffle(special)
        out.append(special + channel)
    return out


def tones(rate, samples, channels, seed, at=None, above=True):
    """A chord below 3.4 kHz that swells and fades: exact at any rate.

    With `at`, its values at that rate instead. `above` adds a tone that 8 kHz
    cannot hold, and which must not come through."""
    chance = random.Random(seed)
    length = samples / rate
    out = []
    for _ in range(channels):
        parts = [(0.75 * chance.uniform(0.1, 0.2), hz + chance.uniform(-40, 40),
                  chance.uniform(0, 6)) for hz in (220, 410, 770, 1430, 2600,
                                                   3300)]
        if above and rate > 8000:
            parts.append((0.1, (4000 + rate / 2) / 2 + 200, 0.0))
        if at:
            parts = [p for p in parts if p[1] < at / 2]
        count = round_half_up(samples * at, rate) if at else samples
        out.append([swell(n / (at or rate), length) *
                    sum(a * math.sin(2 * math.pi * hz * n / (at or rate) + p)
                        for a, hz, p in parts) for n in range(count)])
    return out


def swell(t, length, ramp=0.03):
    edge = min(t, length - t)
    if edge <= 0:
        return 0.0
    return 1.0 if edge >= ramp else math.sin(math.pi / 2 * edge / ramp) ** 2


def round_half_up(over, under):
    return (2 * over + under) // (2 * under)


# ---- files ------------------------------------------------------------------

def whole(value, bits):
    """A sample as an integer of so many bits."""
    top = 1 << (bits - 1)
    return max(-top, min(top - 1, math.floor(value * top + 0.5)))


def interleave(sound):
    return [value for frame in zip(*sound) for value in frame]


def wav_bytes(kind, values):
    """The audio of a WAV file, from interleaved numbers."""
    if kind == "wav-u8":
        return bytes(whole(v, 8) + 128 for v in values)
    if kind == "wav-24":
        return b"".join((whole(v, 24) & 0xFFFFFF).to_bytes(3, "little")
                        for v in values)
    if kind in ("wav-float", "wav-double"):
        letter = "f" if kind == "wav-float" else "d"
        return struct.pack(f"<{len(values)}{letter}", *values)
    if kind in ("wav-mulaw", "wav-alaw"):
        return g711.encode(kind[4:], (whole(v, 16) for v in values))
    bits = WAVS[kind][1]
    return struct.pack(f"<{len(values)}{'h' if bits == 16 else 'i'}",
                       *(whole(v, bits) for v in values))


def wav(kind, rate, sound):
    tag, bits = WAVS[kind]
    return prompts.riff(
        prompts.chunk(b"fmt ", prompts.fmt(tag, len(sound), rate, bits)),
        prompts.chunk(b"data", wav_bytes(kind, interleave(sound))))


class Info(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64), ("rate", ctypes.c_int),
                ("channels", ctypes.c_int), ("format", ctypes.c_int),
                ("sections", ctypes.c_int), ("seekable", ctypes.c_int)]


def library():
    found = ctypes.CDLL("libsndfile.so.1")
    found.sf_open.restype = ctypes.c_void_p
    found.sf_open.argtypes = [ctypes.c_char_p, ctypes.c_int,
                              ctypes.POINTER(Info)]
    for name in ("sf_writef_int", "sf_writef_double", "sf_readf_double"):
        function = getattr(found, name)
        function.restype = ctypes.c_int64
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    found.sf_close.argtypes = [ctypes.c_void_p]
    found.sf_strerror.restype = ctypes.c_char_p
    found.sf_strerror.argtypes = [ctypes.c_void_p]
    return found


SNDFILE = library()


def write(path, code, rate, channels, values, real=True):
    """A file that libsndfile writes; whole numbers are left-aligned."""
    info = Info(rate=rate, channels=channels, format=code)
    file = SNDFILE.sf_open(str(path).encode(), 0x20, ctypes.byref(info))
    assert file, SNDFILE.sf_strerror(None)
    put = SNDFILE.sf_writef_double if real else SNDFILE.sf_writef_int
    for at in range(0, len(values), 1000 * channels):
        part = array("d" if real else "i", values[at:at + 1000 * channels])
        count = len(part) // channels
        assert put(file, part.buffer_info()[0], count) == count
    SNDFILE.sf_close(file)
    return path


def read(path):
    """(rate, channels of numbers), by another reader than the server's."""
    info = Info()
    file = SNDFILE.sf_open(str(path).encode(), 0x10, ctypes.byref(info))
    assert file, SNDFILE.sf_strerror(None)
    values = []
    block = array("d", bytes(8 * 4096 * info.channels))
    while True:
        count = SNDFILE.sf_readf_double(file, block.buffer_info()[0], 4096)
        if count <= 0:
            break
        values += block[:count * info.channels]
    SNDFILE.sf_close(file)
    return info.rate, [values[c::info.channels] for c in range(info.channels)]


def make(path, kind, rate, sound):
    """Any of FORMATS; returns path."""
    channels = len(sound)
    if kind in WAVS:
        path.write_bytes(wav(kind, rate, sound))
    elif kind in FLACS:
        code, bits = FLACS[kind]
        write(path, code, rate, channels,
              [whole(v, bits) << (32 - bits) for v in interleave(sound)],
              real=False)
    elif kind == "opus" and rate not in OPUS_RATES:
        write(path, LOSSY[kind], 48000, channels, interleave(sound))
        path.write_bytes(opus_of(rate, path.read_bytes()))
    else:
        write(path, LOSSY[kind], rate, channels, interleave(sound))
    return path


def opus_of(rate, data):
    """Says in the header of an OGG Opus what rate its original had."""
    at = data.index(b"OpusHead") + 12
    data = data[:at] + struct.pack("<I", rate) + data[at + 4:]
    end = data.index(b"OggS", 4)
    head = data[:22] + bytes(4) + data[26:end]
    return head[:22] + struct.pack("<I", ogg_crc(head)) + head[26:] + \
        data[end:]


def ogg_crc(data):
    """RFC 3533 section 6: polynomial 0x04c11db7, from 0, not reflected."""
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc >> 31 else 0)
            crc &= 0xFFFFFFFF
    return crc


# ---- what must be heard -----------------------------------------------------

def clip(value):
    return max(-32768, min(32767, value))


def exact(kind, sound):
    """Mono 16-bit samples: the mean of the channels, halves upward."""
    if kind in ("wav-float", "wav-double"):
        values = [frame for frame in zip(*sound)]
        if kind == "wav-float":
            values = [struct.unpack(f"{len(f)}f", struct.pack(
                f"{len(f)}f", *f)) for f in values]
        return array("h", (clip(math.floor(sum(f) / len(f) * 32768 + 0.5))
                           for f in values))
    if kind in ("wav-mulaw", "wav-alaw"):
        law = kind[4:]
        rows = [[v << 16 for v in g711.decode(law, g711.encode(
            law, (whole(v, 16) for v in channel)))] for channel in sound]
    else:
        bits = WAVS[kind][1] if kind in WAVS else FLACS[kind][1]
        rows = [[whole(v, bits) << (32 - bits) for v in channel]
                for channel in sound]
    return array("h", (clip(round_half_up(sum(f), len(f) << 16))
                       for f in zip(*rows)))


def mono(sound):
    return [sum(frame) / len(frame) for frame in zip(*sound)]


def ideal(values, rate, to=8000, reach=48):
    """Resampled by a long windowed sinc, in double precision."""
    if rate == to:
        return list(values)
    cut = min(1.0, to / rate) * 0.97
    half = int(reach / cut)
    step = math.gcd(rate, to)
    rows = [kernel(phase / (to // step), cut, half)
            for phase in range(to // step)]
    padded = [0.0] * half + list(values) + [0.0] * (half + 1)
    out = []
    for n in range(round_half_up(len(values) * to, rate)):
        at, phase = divmod(n * (rate // step), to // step)
        out.append(sum(map(mul, rows[phase], padded[at:at + 2 * half + 1])))
    return out


def kernel(shift, cut, half):
    row = []
    for k in range(-half, half + 1):
        x = k - shift
        sinc = math.sin(math.pi * cut * x) / (math.pi * x) if x else cut
        row.append(sinc * (math.cos(math.pi * x / (2 * half + 2)) ** 2))
    return row


def snr_db(wanted, got):
    signal = sum(v * v for v in wanted)
    wrong = sum((a - b) ** 2 for a, b in zip(wanted, got))
    return 10 * math.log10(signal / wrong) if wrong else 200.0

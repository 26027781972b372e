"""prompts - test prompts that are the same in every run.

The sound is speech-like: a voice with harmonics and a moving pitch, cut
into syllables, with noise, some of it at full scale and some near silence,
so that every code word of G.711 occurs. Lengths are odd on purpose: the
join of two items then falls inside a packet.

SPDX-License-Identifier: MIT
"""
import math
import random
import struct
import wave
from array import array

# The three prompts of the article, as (file, samples at 8 kHz, seed).
ARTICLE = (("hello.wav", 8123, 1), ("main-message.wav", 16411, 2),
           ("goodbye-thanks.wav", 6007, 3))


def sound(samples, seed, rate=8000):
    """16-bit samples; the same voice whatever the rate."""
    chance = random.Random(seed)
    pitch = chance.uniform(90, 180)
    out = array("h")
    for n in range(samples):
        t = n / rate
        syllable = max(0.0, math.sin(2 * math.pi * (2.1 + seed % 3) * t))
        bend = 2 * math.pi * pitch * (t + 0.02 * math.sin(3 * t))
        voice = sum(math.sin(k * bend) / k for k in range(1, 9))
        loud = 0.08 if int(t * 4) % 4 == 3 else 1.0
        value = 20000 * loud * syllable * voice + chance.gauss(0, 300 * loud)
        out.append(max(-32768, min(32767, round(value))))
    return out


def write_wav(path, samples, rate=8000, channels=1):
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(array("h", samples).tobytes())
    return path


def read_wav(path):
    """(rate, first channel as 16-bit samples)."""
    with wave.open(str(path), "rb") as wav:
        data = array("h", wav.readframes(wav.getnframes()))
        return wav.getframerate(), data[::wav.getnchannels()]


def make_article(folder):
    """Writes the three prompts; returns their samples in order."""
    made = []
    for name, samples, seed in ARTICLE:
        voice = sound(samples, seed)
        write_wav(folder / name, voice)
        made.append(voice)
    return made


def make_other_rates(folder, seconds=1.5, seed=7):
    """One sound at 16, 44.1 and 48 kHz; {rate: path}."""
    return {rate: write_wav(folder / f"rate{rate}.wav",
                            sound(int(seconds * rate), seed, rate), rate)
            for rate in (16000, 44100, 48000)}


# WAV files that lie. Each is a name and the bytes served under it.

def riff(*chunks, size=None):
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) \
        + body


def chunk(name, data, size=None):
    return name + struct.pack("<I", len(data) if size is None else size) \
        + data


def fmt(kind=1, channels=1, rate=8000, bits=16):
    block = max(1, channels * bits // 8)
    return struct.pack("<HHIIHH", kind, channels & 0xFFFF, rate,
                       (rate * block) & 0xFFFFFFFF, block & 0xFFFF, bits)


def liars():
    tone = sound(4000, 5).tobytes()
    good = chunk(b"fmt ", fmt())
    return {
        "data-4g.wav": riff(good, chunk(b"data", tone, 0xFFFFFFFF),
                            size=0xFFFFFFFF),
        "data-longer.wav": riff(good, chunk(b"data", tone, 1 << 20)),
        "rate-0.wav": riff(chunk(b"fmt ", fmt(rate=0)), chunk(b"data", tone)),
        "channels-0.wav": riff(chunk(b"fmt ", fmt(channels=0)),
                               chunk(b"data", tone)),
        "channels-65535.wav": riff(chunk(b"fmt ", fmt(channels=65535)),
                                   chunk(b"data", tone)),
        "fmt-4g.wav": riff(chunk(b"fmt ", fmt(), 0xFFFFFFF0),
                           chunk(b"data", tone)),
        "chunks-50000.wav": riff(good, chunk(b"junk", b"") * 50000),
        "no-audio.wav": riff(good, chunk(b"data", b"")),
        "no-data.wav": riff(good),
        "empty.wav": b"",
        "riff-only.wav": b"RIFF",
        "text.wav": b"this is no audio at all\n" * 50,
    }

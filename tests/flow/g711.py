"""g711 - mu-law and A-law as ITU-T G.191 encodes them, bit by bit.

Written from the standard's facts and sharing nothing with the server, so
that it can judge it. mu-law works on the upper 14 bits of a sample with a
bias of 33, A-law on the upper 13; both take the one's complement of a
negative sample.

SPDX-License-Identifier: MIT
"""
from array import array

ULAW_SILENCE = 0xFF
ALAW_SILENCE = 0xD5


def ulaw_byte(sample):
    magnitude = min(((sample if sample >= 0 else ~sample) >> 2) + 33, 0x1FFF)
    segment = magnitude.bit_length() - 6            # 0..7
    step = (magnitude >> (segment + 1)) & 0x0F
    code = (7 - segment) << 4 | (15 - step)
    return code | 0x80 if sample >= 0 else code


def alaw_byte(sample):
    magnitude = (sample if sample >= 0 else ~sample) >> 4   # 0..2047
    segment = max(magnitude.bit_length() - 4, 0)            # 0..7
    if segment:
        step = (magnitude >> (segment - 1)) & 0x0F
    else:
        step = magnitude
    code = segment << 4 | step
    return (code | 0x80 if sample >= 0 else code) ^ 0x55


def ulaw_sample(code):
    code = ~code & 0xFF
    segment, step = code >> 4 & 7, code & 15
    size = (((step << 1) + 33) << segment) - 33
    return -size * 4 if code & 0x80 else size * 4


def alaw_sample(code):
    code ^= 0x55
    segment, step = code >> 4 & 7, code & 15
    size = (step << 4) + 8
    if segment:
        size = (size + 256) << (segment - 1)
    return size if code & 0x80 else -size


def _table(encode):
    """Indexed by the sample as an unsigned 16-bit number."""
    return bytes(encode(n - 65536 if n > 32767 else n) for n in range(65536))


_TABLES = {}
_CODECS = {"mulaw": ulaw_byte, "alaw": alaw_byte}
SILENCE = {"mulaw": ULAW_SILENCE, "alaw": ALAW_SILENCE}
PAYLOAD_TYPE = {"mulaw": 0, "alaw": 8}


def encode(codec, samples):
    """Bytes of 16-bit samples; codec is mulaw or alaw."""
    if codec not in _TABLES:
        _TABLES[codec] = _table(_CODECS[codec])
    table = _TABLES[codec]
    return bytes(table[s & 0xFFFF] for s in samples)


def decode(codec, data):
    one = {"mulaw": ulaw_sample, "alaw": alaw_sample}[codec]
    table = [one(code) for code in range(256)]
    return array("h", (table[code] for code in data))


def packets(codec, prompts, samples=160):
    """What the wire must carry: the prompts joined, only the end padded."""
    whole = b"".join(encode(codec, prompt) for prompt in prompts)
    whole += bytes([SILENCE[codec]]) * (-len(whole) % samples)
    return [whole[i:i + samples] for i in range(0, len(whole), samples)]

#!/usr/bin/python3
"""g711_tables - writes g711_ulaw.bin and g711_alaw.bin, the golden files.

Byte n is the code of the 16-bit sample n - 32768. Made from the decision
values of ITU-T G.711 (tables 1a and 2a) by search, not by the shifts that an
encoder uses, so that a slip in one is not repeated in the other. From G.191:
A-law looks at the 12 upper bits of the magnitude, mu-law at the 13 upper ones,
and the magnitude of a negative sample is its one's complement.

    g711_tables.py            writes the files beside itself
    g711_tables.py --check    compares them

SPDX-License-Identifier: MIT
"""
import sys
from bisect import bisect_right
from pathlib import Path


def decision_values(first, steps):
    """Where a new code begins: 16 codes to a segment, each of steps[i]."""
    values, at = [], first
    for step in steps:
        for _ in range(16):
            values.append(at)
            at += step
    return values[:127]


# mu-law, of 8159: the very first interval is 0..1, then 15 of 2, 16 of 4 ...
ULAW = [1] + decision_values(
    31, [4, 8, 16, 32, 64, 128, 256])
ULAW = sorted(set(list(range(1, 31, 2)) + ULAW))[:127]

# A-law, of 2048: 32 intervals of 1, then 16 of 2, 16 of 4 ...
ALAW = decision_values(1, [1, 1])[:31] + decision_values(
    32, [2, 4, 8, 16, 32, 64])
ALAW = sorted(set(ALAW))[:127]


def ulaw(sample):
    negative = sample < 0
    magnitude = (-sample - 1 if negative else sample) // 4
    code = bisect_right(ULAW, magnitude)
    return 127 - code if negative else 255 - code


def alaw(sample):
    negative = sample < 0
    magnitude = (-sample - 1 if negative else sample) // 16
    code = bisect_right(ALAW, magnitude)
    return (code if negative else code + 128) ^ 0x55


def main():
    assert len(ULAW) == len(ALAW) == 127
    here = Path(__file__).resolve().parent
    same = True
    for name, encode in (("g711_ulaw.bin", ulaw), ("g711_alaw.bin", alaw)):
        table = bytes(encode(n) for n in range(-32768, 32768))
        if "--check" in sys.argv[1:]:
            same &= (here / name).read_bytes() == table
        else:
            (here / name).write_bytes(table)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())

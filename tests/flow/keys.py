"""keys - digits of a telephone, pressed and recognized.

As events in RTP (RFC 4733) and as tones in the sound (ITU-T Q.23). Shares
nothing with the server, so that it can judge it.

SPDX-License-Identifier: MIT
"""
import math
import struct
from array import array

import g711
from rtp import packet, send_paced
from stage import describe

KEYS = "0123456789*#ABCD"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = "123A456B789C*0#D"                # row by row
TYPE = 101
EVENTS = f"a=rtpmap:{TYPE} telephone-event/8000\r\na=fmtp:{TYPE} 0-15\r\n"


def answer_with_events(receiver):
    """An answer whose far end takes and sends events."""
    return describe("127.0.0.1", receiver.port, codec=f"0 {TYPE}",
                    more=EVENTS)


def press(digit, seq, stamp, ssrc=9):
    """The packets of one key, 100 ms long: one time stamp, the marker on the
    first, growing durations, the end three times (2.5.1.2 to 2.5.1.4)."""
    durations = [160, 320, 480, 640, 800, 800, 800]
    return [packet(seq + n, stamp, ssrc, struct.pack(
        "!BBH", KEYS.index(digit), (0x80 if n > 3 else 0) | 10, duration),
        TYPE, n == 0) for n, duration in enumerate(durations)]


class Keypad:
    """A far end's keys, one after the other on one RTP line."""

    def __init__(self, talk, receiver):
        sdp = talk.invite.sdp()
        self.to = (sdp.host, sdp.port)
        self.receiver = receiver
        self.count = 0

    def press(self, digits):
        for digit in digits:
            for data in press(digit, 7 * self.count, 1600 * self.count):
                self.receiver.send(data, self.to)
            self.count += 1

    def sing(self, digits, codec="mulaw"):
        """The same as tones, with the silence between them, in real time."""
        send_paced(self.receiver, self.to,
                   g711.packets(codec, [tone(digits)]),
                   g711.PAYLOAD_TYPE[codec], ssrc=9)


def tone(digits, on=0.1, off=0.1, rate=8000, level=6000):
    out = array("h", [0] * 400)
    for digit in digits:
        row, column = divmod(PAD.index(digit), 4)
        for n in range(int(on * rate)):
            out.append(round(level * (
                math.sin(2 * math.pi * LOW[row] * n / rate) +
                math.sin(2 * math.pi * HIGH[column] * n / rate))))
        out.extend([0] * int(off * rate))
    return out


def power(samples, frequency, rate=8000):
    """How much of that frequency is in there (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * frequency / rate)
    one = two = 0.0
    for sample in samples:
        one, two = sample + factor * one - two, one
    return (one * one + two * two - factor * one * two) / len(samples) ** 2


def heard(samples, block=200):
    """The digits whose tones are in the samples, in order."""
    found, last = "", ""
    for start in range(0, len(samples) - block + 1, block):
        part = samples[start:start + block]
        low = [power(part, f) for f in LOW]
        high = [power(part, f) for f in HIGH]
        total = sum(s * s for s in part) / block
        loud = min(max(low), max(high)) > 0.05 * total > 1000
        digit = PAD[4 * low.index(max(low)) + high.index(max(high))] \
            if loud else ""
        if digit and digit != last:
            found += digit
        last = digit
    return found


def events(packets):
    """[(digit, its packets)] of what was sent as events, in order."""
    found = []
    for p in packets:
        if p.kind != TYPE:
            continue
        if not found or found[-1][1][0].stamp != p.stamp:
            found.append((KEYS[p.payload[0]], []))
        found[-1][1].append(p)
    return found


def is_well_formed(digit, packets):
    """RFC 4733 2.5.1: one stamp, a growing duration, three ends."""
    assert packets[0].marker and not any(p.marker for p in packets[1:])
    parts = [struct.unpack("!BBH", p.payload) for p in packets]
    assert {KEYS[event] for event, _, _ in parts} == {digit}
    assert not any(flags & 0x40 for _, flags, _ in parts), "reserved bit"
    durations = [duration for _, _, duration in parts]
    assert durations == sorted(durations) and durations[0] > 0
    assert [bool(flags & 0x80) for _, flags, _ in parts][-3:] == [True] * 3
    assert sum(bool(flags & 0x80) for _, flags, _ in parts) == 3
    assert len(set(durations[-3:])) == 1
    return durations[-1]

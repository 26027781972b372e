"""judge - is what a far end received exactly what it had to receive?

SPDX-License-Identifier: MIT
"""
import g711
from waiting import PATIENCE


def heard_exactly(packets, codec, prompts, samples=160):
    """Every byte, every packet, in order; packets as rtp.Packet."""
    wanted = g711.packets(codec, prompts, samples)
    assert packets, "not one packet was heard"
    got = [p.payload for p in in_order(packets)]
    wrong = [n for n, (a, b) in enumerate(zip(got, wanted)) if a != b]
    assert not wrong, f"payloads differ, first at packet {wrong[0]} of " \
                      f"{len(wanted)}, {len(wrong)} in all"
    assert len(got) == len(wanted), f"{len(got)} packets, not {len(wanted)}"
    well_formed(packets, g711.PAYLOAD_TYPE[codec], samples)


def heard_beginning(packets, codec, prompts):
    """What came is the beginning of the prompts; returns the packets."""
    wanted = g711.packets(codec, prompts)
    got = [p.payload for p in in_order(packets)]
    assert got == wanted[:len(got)], "not the beginning of the prompts"
    well_formed(packets, g711.PAYLOAD_TYPE[codec])
    return len(got)


def in_order(packets):
    base = packets[0].seq
    return sorted(packets, key=lambda p: (p.seq - base + 0x8000) & 0xFFFF)


def follows(a, b, samples=160):
    """b's stamp is that of the packet after a. Where this machine stood still
    for a while, the server lets that time pass, says so by the marker (RFC 3551
    4.1), and goes on in time and in sound."""
    lost = ((b.stamp - a.stamp) & 0xFFFFFFFF) - samples
    if not b.marker:
        return lost == 0
    return (lost > 0 and lost % samples == 0 and
            b.at - a.at > (lost / samples - 1) * samples / 8000)


def well_formed(packets, kind, samples=160):
    """RFC 3550 5.1: one source, no gap, stamps that follow the samples."""
    ordered = in_order(packets)
    assert len({p.ssrc for p in packets}) == 1, "the SSRC changed"
    assert {p.kind for p in packets} == {kind}, "foreign payload type"
    first = ordered[0]
    for n, p in enumerate(ordered):
        assert p.seq == (first.seq + n) & 0xFFFF, f"gap before packet {n}"
        assert p.marker if n == 0 else follows(ordered[n - 1], p, samples), \
            f"time stamp or marker of packet {n}"


def paced(packets, every=0.020, mean_off=0.0005, worst=0.060):
    """20 ms apart: no drift, and no packet far off its time."""
    times = [p.at for p in in_order(packets)]
    count = len(times) - 1
    mean = (times[-1] - times[0]) / count
    assert abs(mean - every) < max(mean_off, 0.04 * PATIENCE / count), \
        f"{mean * 1000:.3f} ms apart"
    base = min(t - n * every for n, t in enumerate(times))
    late = max(t - n * every - base for n, t in enumerate(times))
    assert late < worst * PATIENCE, f"a packet was {late * 1000:.1f} ms late"


def adds_up(totals):
    """Each recipient is in exactly one state."""
    states = {k: v for k, v in totals.items() if k != "recipients"}
    assert sum(states.values()) == totals["recipients"], totals


def only_row(report, state=None):
    """The single recipient of a report that is done."""
    adds_up(report["totals"])
    assert report["totals"]["recipients"] == 1
    row = report["recipients"][0]
    if state:
        assert row["state"] == state, row
        assert report["totals"][state] == 1
    return row

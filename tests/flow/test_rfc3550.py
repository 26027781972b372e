"""RTP and RTCP as RFC 3550 has them: who we are, what we report and when,
and what we believe.

SPDX-License-Identifier: MIT
"""
import struct

import pytest

import judge
import rtcp
from rtp import RtpReceiver, packet
from stage import Talk, describe, wanted
from udp_peer import Answered
from waiting import PATIENCE, until

THEIRS = 0x1234


def media_of(talk):
    sdp = talk.invite.sdp()
    return sdp.host, sdp.port


def figures(stage, talk, state="completed"):
    return stage.row(talk.request_id, state)["attempts"][0]["rtp"]


def say(talk, receiver, seqs, ssrc=THEIRS):
    """20 ms of the far end's silence under each number."""
    for seq in seqs:
        receiver.send(packet(seq, seq * 160, ssrc, b"\xff" * 160),
                      media_of(talk))


def all_rtcp(receiver, count=1):
    """[(when, its parts)], once there are so many."""
    until(f"{count} RTCP packets", 12, lambda: len(receiver.rtcp) >= count)
    return [(at, rtcp.split(data)) for at, data, _ in receiver.rtcp]


# ---- 5.1: the header --------------------------------------------------------

def test_rfc3550_5_1_ssrc_sequence_and_time_begin_at_random(
        stage, new_peer, ports, stop_later):
    """With the marker on the first packet alone (RFC 3551 4.1)."""
    firsts = []
    for _ in range(4):
        receiver = stop_later(RtpReceiver(ports.one()))
        talk = stage.talk(new_peer(), receiver)
        stage.goes_on(talk, receiver)       # judges the marker and the rest
        assert not receiver.broken          # version 2
        firsts.append(judge.in_order(receiver.packets)[0])
    for name in ("ssrc", "seq", "stamp"):
        values = [getattr(p, name) for p in firsts]
        assert len(set(values)) == len(values), name
        gaps = {b - a for a, b in zip(values, values[1:])}
        assert len(gaps) == len(values) - 1, name       # nor counted up


# ---- 6.2: how often ---------------------------------------------------------

@pytest.mark.slow
def test_rfc3550_6_2_reports_are_five_seconds_apart_by_half(
        stage, new_peer, ports, stop_later):
    """The first after half of that; each drawn anew for each call."""
    calls = []
    for _ in range(4):
        peer = new_peer()
        receiver = stop_later(RtpReceiver(ports.one()))
        request_id = stage.server.play(
            "1", stage.urls * 4, carrier_id=stage.server.carrier(peer.port))
        talk = Answered(peer, receiver.port)
        talk.ok()
        talk.ack()
        calls.append((request_id, talk, receiver))
    waits = []
    for request_id, talk, receiver in calls:
        talk.take_bye(30)
        stage.row(request_id, "completed")
        begun = receiver.packets[0].at
        times = [at for at, parts in all_rtcp(receiver)
                 if not rtcp.says_bye(parts)]
        assert len(times) >= 2
        assert 1.25 <= times[0] - begun <= 3.75 + 0.1 * PATIENCE
        gaps = [b - a for a, b in zip(times, times[1:])]
        assert all(2.5 - 0.03 <= gap <= 7.5 + 0.1 * PATIENCE
                   for gap in gaps), gaps
        waits += [times[0] - begun, *gaps]
        # At most 5 % of the session's bandwidth, headers of UDP and IP and
        # all; the BYE at the end is not counted (6.3.7).
        said = sum(len(data) + 28 for _, data, _ in receiver.rtcp[:-1])
        assert said < 0.05 * 200 * len(receiver.packets)
    assert len({round(wait, 2) for wait in waits}) > len(waits) / 2


# ---- 6.4 to 6.6: what -------------------------------------------------------

def test_rfc3550_6_4_1_sender_report_is_true(stage, peer, receiver):
    """SR first, then our CNAME; counts and times as they were heard."""
    talk = stage.talk(peer, receiver, items=3)
    say(talk, receiver, range(10))
    talk.take_bye(12)
    stage.row(talk.request_id, "completed")
    heard = judge.in_order(receiver.packets)
    reports = all_rtcp(receiver, 2)
    names = {rtcp.cname(parts) for _, parts in reports}
    assert len(names) == 1 and names.pop()
    for at, parts in reports:
        assert [p.kind for p in parts[:2]] == [rtcp.SR, rtcp.SDES]
        assert {p.ssrc for p in parts} == {heard[0].ssrc}
        told = rtcp.sender(parts[0])
        # A packet may overtake the report in our kernel, or be overtaken.
        before = sum(p.at <= at for p in heard)
        assert abs(told.packets - before) <= 1
        assert told.octets == 160 * told.packets
        assert abs(told.wall - at) < 0.1 * PATIENCE
        passed = (told.stamp - heard[0].stamp) & 0xFFFFFFFF
        assert abs(passed - (at - heard[0].at) * 8000) < 800 * PATIENCE
    block, = rtcp.blocks(reports[0][1][0])
    assert block.ssrc == THEIRS and block.lost == block.fraction == 0
    assert block.highest == 9


def test_rfc3550_6_4_2_who_sends_nothing_reports_as_receiver(stage, peer,
                                                             receiver):
    """RR; a packet that is missing is in it (A.3)."""
    request_id = stage.call(peer)
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    talk.ok(sdp=describe("127.0.0.1", receiver.port, "sendonly"))
    talk.ack()
    say(talk, receiver, [*range(65530, 65536), *range(0, 20),
                         *range(25, 30)])       # 36, of which 5 are lost
    _, parts = all_rtcp(receiver)[0]
    assert parts[0].kind == rtcp.RR and rtcp.cname(parts)
    assert not receiver.packets
    block, = rtcp.blocks(parts[0])
    assert block.ssrc == THEIRS and block.lost == 5
    assert block.highest == (1 << 16) + 29      # one cycle is over
    # The first of them made the source known and is no part of it (A.1).
    assert block.fraction == 5 * 256 // 35
    talk.bye()
    assert figures(stage, talk)["lost"] == 5


def test_rfc3550_6_6_the_end_is_said_once(stage, peer, receiver):
    """BYE behind a report, after the last packet, and nothing after it."""
    talk = stage.talk(peer, receiver)
    bye = talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    reports = all_rtcp(receiver)
    ssrc = receiver.packets[0].ssrc
    assert [rtcp.says_bye(parts) for _, parts in reports][-1] == [ssrc]
    assert sum(bool(rtcp.says_bye(parts)) for _, parts in reports) == 1
    at, parts = reports[-1]
    assert parts[0].kind == rtcp.SR and parts[-1].kind == rtcp.BYE
    assert receiver.packets[-1].at <= at < bye.at + 1 * PATIENCE


def test_rfc3550_6_3_7_who_never_sent_leaves_without_a_word(stage, peer,
                                                            receiver):
    request_id = stage.call(peer)
    talk = Talk(peer, receiver.port)
    talk.ok(sdp=describe("127.0.0.1", receiver.port, "inactive"))
    talk.ack()
    talk.bye()
    stage.row(request_id)
    assert not receiver.packets and not receiver.rtcp


# ---- 8.2: collisions --------------------------------------------------------

def test_rfc3550_8_2_a_collision_is_resolved_by_a_bye_and_a_new_ssrc(
        stage, peer, receiver):
    """Not a sample is lost by it, nor is the same far end given way to for
    ever: an echo of our own audio bears the new SSRC, too."""
    talk = stage.talk(peer, receiver, items=2)
    old = receiver.wait_packets(5, 5)[0].ssrc
    say(talk, receiver, range(5), old)
    until("another SSRC", 3,
          lambda: receiver.packets[-1].ssrc != old)
    new = receiver.packets[-1].ssrc
    say(talk, receiver, range(5, 10), new)
    talk.take_bye(10)
    assert figures(stage, talk)["received"] == 10
    heard = judge.in_order(receiver.packets)
    assert [p.payload for p in heard] == wanted(stage.samples[:2])
    turn = [p.ssrc for p in heard].index(new)
    assert {p.ssrc for p in heard[:turn]} == {old}
    assert {p.ssrc for p in heard[turn:]} == {new}
    assert [n for n, p in enumerate(heard) if p.marker] == [0, turn]
    reports = all_rtcp(receiver, 2)
    (first_at, first), (_, last) = reports[0], reports[-1]
    assert rtcp.says_bye(first) == [old] and rtcp.says_bye(last) == [new]
    assert abs(first_at - heard[turn - 1].at) < 0.2 * PATIENCE
    # 6.4.1: the counts begin with the SSRC.
    assert rtcp.sender(first[0]).packets == turn
    assert rtcp.sender(last[0]).packets == len(heard) - turn


def test_rfc3550_8_2_a_stranger_with_our_ssrc_changes_nothing(
        stage, peer, receiver, ports, stop_later):
    stranger = stop_later(RtpReceiver(ports.one(), host="127.0.0.2"))
    talk = stage.talk(peer, receiver)
    ours = receiver.wait_packets(5, 5)[0].ssrc
    say(talk, stranger, range(20), ours)
    stage.goes_on(talk, receiver)               # judges that it is one SSRC


# ---- A.1: what is believed --------------------------------------------------

def header(first=0x80, second=0, seq=1):
    return struct.pack("!BBHII", first, second, seq, 160, THEIRS)


BROKEN = {
    "version-0": header(0x00) + b"\xff" * 160,
    "version-1": header(0x40) + b"\xff" * 160,
    "version-3": header(0xC0) + b"\xff" * 160,
    "too-short": header()[:11],
    "sources-missing": header(0x8F) + b"\xff" * 20,
    "extension-missing": header(0x90) + b"\xff" * 3,
    "extension-too-long": header(0x90) + b"\0\0\xff\xff" + b"\xff" * 160,
    "padding-too-long": header(0xA0) + b"\xff" * 8 + b"\x0a",
    "padding-of-nothing": header(0xA0) + b"\xff" * 8 + b"\x00"}


def test_rfc3550_a_1_broken_packets_are_not_counted(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(3, 5)
    for data in BROKEN.values():
        receiver.send(data, media_of(talk))
    talk.take_bye(10)
    counted = figures(stage, talk)
    assert counted["received"] == 0
    assert counted["strangers"] == len(BROKEN)
    stage.heard_all(receiver.packets)


JUMPS = {                               # numbers, and how many are lost
    "in-order": ([*range(20)], 0),
    "gap": ([*range(10), *range(15, 20)], 5),
    "wrong-order": ([0, 1, 2, 5, 3, 4, 6], 0),
    "wrap": ([65533, 65534, 65535, 0, 1], 0),
    "one-far-off": ([*range(10), 40000, *range(10, 20)], 0),
    "restart": ([*range(10), *range(40000, 40010)], 0),
    "probation": ([7, 100, 900, 3], 0)}


@pytest.mark.parametrize("how", JUMPS)
def test_rfc3550_a_1_sequence_numbers_are_judged(stage, peer, receiver, how):
    """One that is far off is passed over, two in a row are a new start, and
    before two in a row there is no source at all."""
    numbers, lost = JUMPS[how]
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(3, 5)
    say(talk, receiver, numbers)
    talk.take_bye(10)
    counted = figures(stage, talk)
    assert counted["received"] == len(numbers)
    # The packet that a restart is noticed by is not counted (A.1).
    assert counted["lost"] == lost
    stage.heard_all(receiver.packets)
    _, parts = all_rtcp(receiver)[-1]
    assert bool(rtcp.blocks(parts[0])) == (how != "probation")

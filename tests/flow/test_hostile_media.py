"""Whatever comes to a media port: audio goes to the far end, exactly.

SPDX-License-Identifier: MIT
"""
import random
import struct

import pytest

import judge
from message import make_sdp
from rtp import RtpReceiver, packet
from stage import describe
from udp_peer import Answered
from waiting import until


@pytest.fixture
def stranger(ports, stop_later):
    """Somebody on another host, with a pair of ports."""
    return stop_later(RtpReceiver(ports.one(), host="127.0.0.2"))


def media_of(talk):
    sdp = talk.invite.sdp()
    return sdp.host, sdp.port


def figures(stage, talk):
    row = stage.row(talk.request_id, "completed")
    return row["attempts"][0]["rtp"]


def test_strangers_spray_gets_nothing_back(stage, peer, receiver, stranger):
    """RTP bleed: before the answer, during the call, also our own SSRC."""
    request_id = stage.call(peer, items=3)
    call = Answered(peer, receiver.port)
    host, port = media_of(call)
    spray = [packet(n, n * 160, 99, b"\x80" * 160) for n in range(200)]
    for data in spray:
        stranger.send(data, (host, port))
    call.ok()
    call.ack()
    mine = receiver.wait_packets(3, 5)[0]
    for n in range(400):
        # No more at once than a socket holds.
        receiver.wait_packets(3 + n // 4, 5)
        stranger.send(packet(mine.seq + n, mine.stamp + n * 160, mine.ssrc,
                             b"\x80" * 160), (host, port))
        stranger.rtcp_socket.sendto(spray[n % 200], (host, port + 1))
    call.take_bye(10)
    row = stage.row(request_id, "completed")
    stage.heard_all(receiver.packets, 3)
    counted = row["attempts"][0]["rtp"]
    assert counted["strangers"] >= 400 and counted["received"] == 0
    assert not stranger.packets and not stranger.rtcp


def test_far_end_may_send_from_another_port(stage, peer, receiver, ports,
                                            stop_later):
    """Ours still goes where the SDP says, theirs is counted."""
    other = stop_later(RtpReceiver(ports.one()))
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(3, 5)
    for n in range(20):
        other.send(packet(n, n * 160, 5, b"\xff" * 160), media_of(talk))
    talk.take_bye(10)
    counted = figures(stage, talk)
    assert counted["received"] == 20 and counted["strangers"] == 0
    stage.heard_all(receiver.packets)
    assert not other.packets and not other.rtcp


def rtcp(kind, ssrc, *words, count=1):
    return struct.pack(f"!BBHI{len(words)}I", 0x80 | count, kind,
                       len(words) + 1, ssrc, *words)


def reports(ssrc, about):
    """SR, RR with a block about a source, and BYE."""
    block = (about, 0x7FFFFFFF, 0xFFFF, 99999, 1, 1)
    return [rtcp(200, ssrc, 1, 2, 3, 4, 5, *block), rtcp(201, ssrc, *block),
            rtcp(201, ssrc, count=0) + rtcp(203, ssrc)]


def test_rtcp_of_a_stranger_changes_nothing(stage, peer, receiver, stranger):
    talk = stage.talk(peer, receiver)
    host, port = media_of(talk)
    ssrc = receiver.wait_packets(3, 5)[0].ssrc
    for data in reports(77, ssrc) + reports(ssrc, ssrc):
        stranger.rtcp_socket.sendto(data, (host, port + 1))
        stranger.send(data, (host, port))
    talk.take_bye(10)
    counted = figures(stage, talk)
    assert counted["strangers"] == 12
    assert counted["far_lost"] is None and counted["round_trip_us"] is None
    stage.heard_all(receiver.packets)
    assert not stranger.packets and not stranger.rtcp


def test_rfc3550_6_6_bye_of_the_far_end_ends_no_call(stage, peer, receiver):
    """6.6: SIP ends calls; an RTCP BYE may be anybody's."""
    talk = stage.talk(peer, receiver)
    host, port = media_of(talk)
    ssrc = receiver.wait_packets(3, 5)[0].ssrc
    for data in reports(77, ssrc):
        receiver.rtcp_socket.sendto(data, (host, port + 1))
    stage.goes_on(talk, receiver)
    until("our RTCP", 2, lambda: receiver.rtcp)
    for _, data, source in receiver.rtcp:
        assert source == (host, port + 1) and data[0] >> 6 == 2
        assert data[1] in (200, 201)                    # SR or RR first
        assert b"\x01" in data and (len(data) & 3) == 0


def test_rfc3550_a_1_broken_rtp_and_rtcp_are_survived(stage, peer, receiver):
    """3550 A.1, A.2: from the far end itself, so that it is looked at."""
    talk = stage.talk(peer, receiver)
    host, port = media_of(talk)
    chance = random.Random(3550)
    receiver.wait_packets(3, 5)
    for n in range(1500):
        size = chance.choice((0, 1, 3, 4, 8, 11, 12, 13, 28, 172, 1500))
        data = bytearray(chance.randbytes(size))
        if size > 1 and n % 3:
            data[0] = 0x80 | chance.randrange(64)
            data[1] = chance.choice((0, 8, 200, 201, 202, 203, 204, 127))
        receiver.rtcp_socket.sendto(bytes(data), (host, port + 1))
        receiver.send(bytes(data), (host, port))
    for to in (port, port + 1):
        receiver.send(b"\x80\xc8" + b"\xff" * 60000, (host, to))
    stage.goes_on(talk, receiver)


def test_closed_port_of_the_far_end_ends_no_call(stage, peer, ports):
    """ICMP says nothing about the call; it is heard by nobody to its end."""
    request_id = stage.call(peer)
    call = Answered(peer, ports.one())
    call.ok()
    call.ack()
    call.take_bye(10)
    row = stage.row(request_id, "completed")
    assert row["attempts"][0]["rtp"]["sent"] == 38


GOOD = make_sdp("127.0.0.1", 4000)
BROKEN = {
    "version-1": GOOD.replace(b"v=0", b"v=1"),
    "no-version": GOOD[5:], "nul": GOOD.replace(b"s=-", b"s=\0"),
    "no-media": GOOD.split(b"m=")[0],
    "video": GOOD.replace(b"m=audio", b"m=video"),
    "savp": GOOD.replace(b"RTP/AVP", b"RTP/SAVP"),
    "udptl": GOOD.replace(b"RTP/AVP", b"udptl"),
    "no-formats": GOOD.replace(b"RTP/AVP 0 8", b"RTP/AVP"),
    "pt-128": GOOD.replace(b"RTP/AVP 0 8", b"RTP/AVP 128"),
    "pt-words": GOOD.replace(b"RTP/AVP 0 8", b"RTP/AVP zero"),
    "events-only": GOOD.replace(b"RTP/AVP 0 8", b"RTP/AVP 101"),
    "negative-port": GOOD.replace(b"4000", b"-1"),
    "port-65536": GOOD.replace(b"4000", b"65536"),
    "port-65535": GOOD.replace(b"4000", b"65535"),
    "port-range": GOOD.replace(b"4000", b"4000/99999999999"),
    "group": GOOD.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 239.1.1.1"),
    "broadcast": GOOD.replace(b"c=IN IP4 127.0.0.1",
                              b"c=IN IP4 255.255.255.255"),
    "octal": GOOD.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0177.0.0.1"),
    "short": GOOD.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 127.1"),
    "no-connection": GOOD.replace(b"c=IN IP4 127.0.0.1\r\n", b""),
    "other-net": GOOD.replace(b"c=IN IP4", b"c=ATM NSAP"),
    "clock-0": GOOD.replace(b"PCMU/8000", b"PCMU/0"),
    "clock-huge": GOOD.replace(b"PCMU/8000", b"PCMU/99999999999"),
    "ptime-huge": GOOD.replace(b"ptime:20", b"ptime:4294967296"),
    "media-1000": GOOD + b"m=audio 0 RTP/AVP 0\r\n" * 1000,
    "binary": bytes(range(256)) * 4}


def test_broken_answers_end_in_ack_and_bye(stage, peer):
    """Answered is answered: each is hung up on in order, and says why."""
    carrier_id = stage.server.carrier(peer.port)
    for what, sdp in BROKEN.items():
        request_id = stage.server.play("1", stage.urls[:1],
                                       carrier_id=carrier_id)
        call = Answered(peer, 4000)
        call.ok(sdp=sdp)
        call.ack()
        call.take_bye()
        row = stage.row(request_id)
        assert str(row["reason"]).startswith("unusable_answer: "), (what, row)
        assert row["attempts"][0]["rtp"]["sent"] == 0


def test_answer_of_another_family_fails_in_order(stage, peer):
    """There is no way from our socket to it."""
    request_id = stage.call(peer)
    call = Answered(peer, 4000)
    call.ok(sdp=call.sdp.replace(b"IN IP4 127.0.0.1", b"IN IP6 ::1"))
    call.ack()
    call.take_bye(8)
    assert stage.row(request_id, "failed")["reason"]


@pytest.mark.parametrize("kind", ["multipart", "none", "foreign"])
def test_type_of_the_answers_body_counts(stage, peer, receiver, kind):
    """An SDP is one where Content-Type says so, also as a part."""
    types = {"multipart": 'multipart/mixed;boundary="b b"', "none": None,
             "foreign": "text/plain"}
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    body = describe("127.0.0.1", receiver.port)
    if kind == "multipart":
        body = b"--b b\r\nContent-Type: application/sdp\r\n\r\n" + body + \
            b"\r\n--b b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b b--\r\n"
    # The early one is of another branch: nothing of it counts for this 200.
    data = peer.answer(call.invite, 183, "Early", to_tag="other-branch",
                       contact=peer.contact, body=body)
    data = data.replace(b"other-branch", call.tag.encode())
    line = f"Content-Type: {types[kind]}\r\n" if types[kind] else ""
    data = data.replace(b"183 Early", b"200 OK").replace(
        b"Content-Type: application/sdp\r\n", line.encode(), 1)
    peer.send(data, call.invite.source)
    call.ack()
    call.take_bye(10)
    if kind == "multipart":
        stage.row(request_id, "completed")
        judge.heard_exactly(receiver.packets, "mulaw", stage.samples[:1])
    else:
        assert stage.row(request_id, "failed")["reason"]

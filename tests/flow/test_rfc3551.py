"""Payload types and packing (RFC 3551), and RTP that comes from where it is
received (RFC 4961).

SPDX-License-Identifier: MIT
"""
import pytest

import judge
from rtp import RtpReceiver
from stage import describe
from udp_peer import Answered
from waiting import until

STATIC = {0: "mulaw", 8: "alaw"}


def without_names(sdp):
    """Static payload types need no rtpmap, nor is ptime a must."""
    return b"".join(line for line in sdp.splitlines(keepends=True)
                    if not line.startswith((b"a=rtpmap", b"a=ptime")))


@pytest.mark.parametrize("kind", STATIC)
def test_rfc3551_6_static_numbers_need_no_names(stage, peer, receiver, kind):
    """PCMU is 0 and PCMA is 8; 20 ms are the default (4.5)."""
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    call.ok(sdp=without_names(describe("127.0.0.1", receiver.port,
                                       codec=str(kind))))
    call.ack()
    call.take_bye(10)
    row = stage.row(request_id, "completed")
    assert row["attempts"][0]["codec"] == STATIC[kind]
    judge.heard_exactly(receiver.packets, STATIC[kind], stage.samples[:1])
    judge.paced(receiver.packets)


@pytest.mark.parametrize("codec,more", [
    ("4 18 8", ""), ("18 8", "a=fmtp:18 annexb=no\r\n"),
    ("4 8", "a=fmtp:4 annexa=no;bitrate=5.3\r\n")])
def test_rfc3551_6_other_static_numbers_are_told_apart(stage, peer, receiver,
                                                       codec, more):
    """4 is G.723 and 18 is G.729: no voice for a carrier that is not
    offered them, and no reason to hang up."""
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    assert not {4, 18} & set(call.invite.sdp().formats)
    call.ok(sdp=without_names(describe("127.0.0.1", receiver.port,
                                       codec=codec, more=more)))
    call.ack()
    call.take_bye(10)
    stage.row(request_id, "completed")
    judge.heard_exactly(receiver.packets, "alaw", stage.samples[:1])


def test_rfc4961_4_rtp_comes_from_where_it_is_received(stage, peer, receiver,
                                                       ports, stop_later):
    """The ports of the offer, for RTP and RTCP, also after a change."""
    other = stop_later(RtpReceiver(ports.one()))
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    talk.reinvite(describe("127.0.0.1", other.port, version=2))
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    sdp = talk.invite.sdp()
    until("an RTCP packet", 2, lambda: other.rtcp)
    assert receiver.packets and other.packets
    assert {p.source for p in receiver.packets + other.packets} == {
        (sdp.host, sdp.port)}
    assert {source for _, _, source in other.rtcp} == {
        (sdp.host, sdp.port + 1)}

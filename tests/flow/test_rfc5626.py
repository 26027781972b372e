"""Connections that are kept, and given up (RFC 5626). An answered ping is in
test_transport.py, a lost connection in test_registration.py.

SPDX-License-Identifier: MIT
"""
import time

import pytest

from message import build, token
from stage import gaps
from tcp_peer import TcpPeer
from waiting import PATIENCE, until

CLIENT = {"register": True, "username": "u", "password": "p"}


@pytest.fixture
def tcp_peer(ports, stop_later):
    return stop_later(TcpPeer(ports.one()))


def stun():
    """A binding request (RFC 5389 6)."""
    return b"\0\1\0\0\x21\x12\xa4\x42" + bytes(range(12))


def test_rfc5626_3_5_keepalives_by_udp_are_passed_over(stage, peer, receiver):
    """Of CRLF, as many send them, and STUN: no answer, no harm."""
    talk = stage.talk(peer, receiver)
    for data in (b"\r\n\r\n", b"\r\n", b"\0\0\0\0", stun(), stun()[:7], b""):
        peer.sock.sendto(data, stage.server.sip_address)
    seen = len(peer.seen)
    call_id = token()
    peer.send(b"\r\n\r\n" + build("OPTIONS sip:x@127.0.0.1 SIP/2.0", [
        ("Via", f"SIP/2.0/UDP {peer.address};branch=z9hG4bK{token()}"),
        ("Max-Forwards", "70"), ("From", "<sip:a@b>;tag=1"),
        ("To", "<sip:c@d>"), ("Call-ID", call_id), ("CSeq", "1 OPTIONS")]),
        stage.server.sip_address)
    peer.expect(200, call_id=call_id)
    assert len(peer.seen) == seen + 1
    stage.goes_on(talk, receiver)


@pytest.mark.slow
def test_rfc5626_4_4_1_connection_is_pinged_when_nothing_is_said(stage,
                                                                 tcp_peer):
    """Two empty lines after 95 to 120 s, where the peer says nothing else."""
    stage.call(tcp_peer, carrier={"transport": "tcp"})
    invite = tcp_peer.expect("INVITE")
    tcp_peer.answer(invite, 486, "Busy Here", to_tag="x")
    last = tcp_peer.expect("ACK").at
    link, = tcp_peer.links
    begun = len(tcp_peer.seen)
    at = until("a ping", 130, lambda: tcp_peer.read(0.2) or
               link.pings and pinged(link), every=0)
    assert 95 - 0.5 < at - last < 120 + 1 * PATIENCE
    assert len(tcp_peer.seen) == begun and link.open


def pinged(link):
    """When a ping was seen, in seconds since 1970."""
    assert link.pings == 1
    return time.time()


def test_rfc5626_4_5_lost_flows_come_back_ever_later(stage, tcp_peer):
    """A registrar that hangs up each time: not hammered."""
    carrier_id = stage.server.carrier(tcp_peer.port, transport="tcp",
                                      **CLIENT)
    request = tcp_peer.expect("REGISTER")
    tcp_peer.answer(request, 200, "OK", to_tag="r", extra=[
        ("Contact", request.get("contact") + ";expires=3600")])
    stage.server.wait_registration(carrier_id, "registered")
    request.source.close()
    tries = []
    for _ in range(3):
        tries.append(tcp_peer.expect("REGISTER", 12))
        tries[-1].source.close()
    assert len({m.call_id for m in [request, *tries]}) == 1
    first, second = gaps(tries)
    assert 1 <= first < 3 * PATIENCE and first < second < 6 * PATIENCE
    stage.server.delete(f"/carriers/{carrier_id}").accepted()

"""Symmetric response routing (RFC 3581): both ways through a NAT.

SPDX-License-Identifier: MIT
"""
import pytest

from message import build, token
from stage import describe
from udp_peer import Answered


def asks(stage, request):
    """rport without a value, from the port that is listened at."""
    params = request.get("via").split(";")[1:]
    assert "rport" in params, request.get("via")
    assert request.source == stage.server.sip_address


def test_rfc3581_3_each_request_asks_for_rport(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    for request in (talk.invite, talk.first_ack, talk.take_bye(10)):
        asks(stage, request)
    stage.call(peer, ring_timeout_s=1)
    call = Answered(peer, receiver.port)
    call.provisional()
    asks(stage, peer.expect("CANCEL"))
    call.refuse(487, "Request Terminated")
    carrier_id = stage.server.carrier(peer.port, register=True, username="u",
                                      password="p", options_ping_s=1)
    request = peer.expect("REGISTER")
    asks(stage, request)
    peer.answer(request, 200, "OK", to_tag="x", extra=[
        ("Contact", request.get("contact") + ";expires=60")])
    asks(stage, peer.expect("OPTIONS"))
    stage.server.patch(f"/carriers/{carrier_id}",
                       {"enabled": False}).accepted()


def send(peer, to, method, via, extra=()):
    """A stranger's request with a Via of its own."""
    call_id = token()
    peer.send(build(f"{method} sip:x@{to[0]} SIP/2.0", [
        ("Via", f"SIP/2.0/UDP {via};branch=z9hG4bK{token()}"),
        ("Max-Forwards", "70"), ("From", "<sip:a@b>;tag=1"),
        ("To", "<sip:c@d>"), ("Call-ID", call_id),
        ("CSeq", f"1 {method}"), *extra]), to)
    return call_id


@pytest.mark.parametrize("method,code", [("OPTIONS", 200), ("FOO", 501),
                                         ("BYE", 481)])
def test_rfc3581_4_answer_goes_to_the_source(stage, peer, new_peer, method,
                                             code):
    """Filled in with what was seen, whatever the Via claims."""
    other = new_peer()
    for sent_by in (f"10.1.2.3:{other.port}", f"127.0.0.1:{other.port}",
                    "example.invalid"):
        call_id = send(peer, stage.server.sip_address, method,
                       f"{sent_by};rport")
        answer = peer.expect(code, call_id=call_id)
        params = answer.get("via").split(";")
        assert f"rport={peer.port}" in params
        assert "received=127.0.0.1" in params
        assert answer.source == stage.server.sip_address
    assert other.read(0.01) is None


def test_rfc3581_4_claims_of_the_sender_are_replaced(stage, peer):
    call_id = send(peer, stage.server.sip_address, "OPTIONS",
                   "10.1.2.3;rport=9;received=10.9.9.9")
    via = peer.expect(200, call_id=call_id).get("via")
    assert f"rport={peer.port}" in via and "received=127.0.0.1" in via
    assert "10.9.9.9" not in via and "rport=9;" not in via + ";"


def test_rfc3581_4_also_within_a_call(stage, peer, receiver):
    """A far end behind a NAT moves: its requests come from elsewhere, and
    are answered there."""
    talk = stage.talk(peer, receiver)
    moved = type(peer)(0)
    try:
        moved.port = moved.sock.getsockname()[1]
        head = dict(talk.head("INVITE", 200))
        head["Via"] = f"SIP/2.0/UDP 192.0.2.1:5060;rport;branch=" \
                      f"z9hG4bK{token()}"
        moved.send(build(f"INVITE {talk.invite.contact_uri()} SIP/2.0",
                         list(head.items()),
                         describe("127.0.0.1", receiver.port, version=2)),
                   stage.server.sip_address)
        answer = moved.expect(200)
        assert f"rport={moved.port}" in answer.get("via")
        talk.send("ACK", cseq=200)
    finally:
        moved.close()
    stage.goes_on(talk, receiver)

"""The flows of RFC 3665 3: sessions, as the caller sees them. Exactly these
messages pass, in this order; ladder.py draws them. 3.4 needs a name server and
is in test_rfc3263.py.

SPDX-License-Identifier: MIT
"""
import pytest

from challenge import again, ask, make, right
from ladder import Ladder
from rtp import RtpReceiver
from sipp import Sipp
from stage import Talk, describe, wanted

CLIENT = {"username": "client1", "password": "password1"}
CALL = ["> INVITE", "< 100", "< 180", "< 200", "> ACK"]


@pytest.fixture
def peer(ports, stop_later):
    return stop_later(Ladder(ports.one()))


def trying(peer, invite):
    peer.answer(invite, 100, "Trying")


def begin(stage, peer, receiver, invite=None, **more):
    """A call that has got its 100."""
    request_id = None if invite else stage.call(peer, **more)
    talk = Talk(peer, receiver.port, invite=invite)
    talk.request_id = request_id
    trying(peer, talk.invite)
    return talk


def answered(talk):
    """180, 200 and the ACK."""
    talk.provisional()
    talk.ok()
    ack = talk.ack()
    assert ack.uri == talk.peer.contact and not ack.body
    return talk


def test_rfc3665_3_1_session_that_the_caller_ends(stage, peer, receiver):
    talk = answered(begin(stage, peer, receiver))
    stage.goes_on(talk, receiver)
    assert peer.flow() == CALL + ["> BYE", "< 200"]


def test_rfc3665_3_1_session_that_the_callee_ends(stage, peer, receiver):
    """As it is drawn there: both send audio, then the callee hangs up."""
    talk = answered(begin(stage, peer, receiver, items=3))
    receiver.wait_packets(10, 5)
    assert talk.bye().code == 200
    row = stage.row(talk.request_id, "completed")
    assert row["attempts"][0]["hangup_by"] == "callee"
    heard = receiver.payloads()
    assert heard == wanted(stage.samples)[:len(heard)]
    assert peer.flow() == CALL + ["< BYE", "> 200"]


def through_proxies(peer, invite, code, to_tag):
    """An answer of bob's, who can be reached by two proxies only."""
    sdp = describe("127.0.0.1", invite.rtp_port) if code == 200 else b""
    peer.answer(invite, code, "So", to_tag=to_tag, body=sdp,
                contact="sip:bob@192.0.2.4", extra=[
                    ("Record-Route", "<sip:ss2.example.invalid;lr>"),
                    ("Record-Route", f"<sip:ss1@{peer.address};lr>")])


def routed(peer, request):
    """Has it the whole way, and bob at its end?"""
    assert request.uri == "sip:bob@192.0.2.4"
    routes = [r.strip() for v in request.all("route") for r in v.split(",")]
    assert routes == [f"<sip:ss1@{peer.address};lr>",
                      "<sip:ss2.example.invalid;lr>"]


def test_rfc3665_3_2_session_through_two_proxies(stage, peer, receiver):
    """The first one asks who calls; ACK and BYE take the recorded way."""
    request_id = stage.call(peer, carrier=CLIENT)
    first = peer.expect("INVITE")
    asked = ask(peer, first, make(), proxy=True)
    invite = again(peer, first)
    right(invite, asked, proxy=True)
    invite.rtp_port = receiver.port
    trying(peer, invite)
    through_proxies(peer, invite, 180, "bob")
    through_proxies(peer, invite, 200, "bob")
    routed(peer, peer.expect("ACK"))
    bye = peer.expect("BYE", 10)
    routed(peer, bye)
    peer.answer(bye, 200, "OK")
    stage.row(request_id, "completed")
    stage.heard_all(receiver.packets)
    assert peer.flow() == ["> INVITE", "< 407", "> ACK", *CALL, "> BYE",
                           "< 200"]


def test_rfc3665_3_3_session_with_multiple_proxy_authentication(
        stage, peer, receiver):
    request_id = stage.call(peer, carrier=CLIENT)
    first = peer.expect("INVITE")
    ones = ask(peer, first, make(realm="atlanta"), proxy=True)
    second = again(peer, first)
    right(second, ones, proxy=True)
    twos = ask(peer, second, make(realm="biloxi"), proxy=True)
    third = again(peer, second)
    right(third, ones, proxy=True, nc="00000002")
    right(third, twos, proxy=True)
    talk = answered(begin(stage, peer, receiver, third))
    talk.request_id = request_id
    stage.goes_on(talk, receiver)
    assert peer.flow() == ["> INVITE", "< 407", "> ACK", "> INVITE", "< 407",
                           "> ACK", *CALL, "> BYE", "< 200"]


def test_rfc3665_3_6_session_via_a_redirect_server(stage, peer, receiver):
    """Within the carrier. The SDP of an ACK, which that flow shows too, is
    for who sends INVITE without; we never do."""
    request_id = stage.call(peer)
    first = peer.expect("INVITE")
    peer.answer(first, 302, "Moved Temporarily", to_tag="r",
                contact=f"sip:bob@{peer.address}")
    assert peer.expect("ACK").branch == first.branch
    talk = answered(begin(stage, peer, receiver, peer.expect("INVITE")))
    assert talk.invite.uri == f"sip:bob@{peer.address}"
    assert talk.invite.call_id == first.call_id
    talk.request_id = request_id
    stage.goes_on(talk, receiver)
    assert peer.flow() == ["> INVITE", "< 302", "> ACK", *CALL, "> BYE",
                           "< 200"]


def test_rfc3665_3_7_session_with_reinvite(stage, peer, receiver, ports,
                                           stop_later):
    """The callee's address changes; the rest is heard there."""
    moved = stop_later(RtpReceiver(ports.one()))
    talk = answered(begin(stage, peer, receiver))
    receiver.wait_packets(5, 5)
    answer = talk.reinvite(describe("127.0.0.1", moved.port, version=2))
    assert answer.code == 200
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    stage.heard_all(receiver.packets + moved.packets)
    assert receiver.packets and moved.packets
    assert peer.flow() == CALL + ["< INVITE", "> 200", "< ACK", "> BYE",
                                  "< 200"]


def refused(talk, code, reason):
    """The final answer, and its ACK by the same transaction."""
    ack = talk.refuse(code, reason)
    assert ack.branch == talk.invite.branch
    assert ack.uri == talk.invite.uri and ack.tag("to") == talk.tag


def test_rfc3665_3_8_unsuccessful_no_answer(stage, peer, receiver):
    talk = begin(stage, peer, receiver, ring_timeout_s=1)
    talk.provisional()
    cancel = peer.expect("CANCEL")
    assert cancel.branch == talk.invite.branch
    peer.answer(cancel, 200, "OK", to_tag=talk.tag)
    refused(talk, 487, "Request Terminated")
    row = stage.row(talk.request_id, "no_answer")
    assert row["attempts"][0]["sip_code"] == 487
    assert peer.flow() == ["> INVITE", "< 100", "< 180", "> CANCEL",
                           "< 200 CANCEL", "< 487", "> ACK"]


def test_rfc3665_3_9_unsuccessful_busy(stage, peer, receiver):
    talk = begin(stage, peer, receiver)
    refused(talk, 486, "Busy Here")
    stage.row(talk.request_id, "busy")
    assert peer.flow() == ["> INVITE", "< 100", "< 486", "> ACK"]


def test_rfc3665_3_9_busy_by_sipp(stage, tmp_path, ports, stop_later):
    """The same with a far end that shares nothing with these tests."""
    far = stop_later(Sipp(tmp_path, ports.one(), "busy"))
    stage.row(stage.call(far), "busy")
    passed = [(way, m.code or m.method) for way, m in far.finish()]
    assert passed == [("received", "INVITE"), ("sent", 100), ("sent", 486),
                      ("received", "ACK")]


def test_rfc3665_3_10_unsuccessful_no_response(stage, peer, receiver):
    """The callee's proxy gives up for it."""
    talk = begin(stage, peer, receiver)
    refused(talk, 480, "No Response")
    row = stage.row(talk.request_id, "no_answer")
    assert row["attempts"][0]["sip_reason"] == "No Response"
    assert peer.flow() == ["> INVITE", "< 100", "< 480", "> ACK"]


def test_rfc3665_3_11_unsuccessful_temporarily_unavailable(stage, peer,
                                                           receiver):
    talk = begin(stage, peer, receiver)
    talk.provisional()
    refused(talk, 480, "Temporarily Unavailable")
    row = stage.row(talk.request_id, "no_answer")
    assert row["attempts"][0]["ringing_at"]
    assert peer.flow() == ["> INVITE", "< 100", "< 180", "< 480", "> ACK"]

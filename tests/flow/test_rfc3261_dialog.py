"""What the far end asks within a call, and the way of our own requests there
(RFC 3261 12, 14, 15).

SPDX-License-Identifier: MIT
"""
import pytest

from message import build, make_sdp, token
from stage import T1, describe
from udp_peer import Answered


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "BYE", "INFO",
                                    "OPTIONS"])
def test_rfc3261_12_2_2_lower_cseq_is_500(stage, peer, receiver, method):
    """12.2.2: a request that comes too late changes nothing."""
    talk = stage.talk(peer, receiver)
    assert talk.ask("INFO").code == 200
    late = talk.cseq - 1
    answer = talk.ask(method, cseq=late)
    assert answer.code == 500
    if method == "INVITE":
        talk.send("ACK", cseq=late)
    stage.goes_on(talk, receiver)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "BYE", "INFO",
                                    "CANCEL"])
def test_rfc3261_12_2_2_unknown_dialog_is_481(stage, peer, receiver, method):
    """12.2.2: Call-ID and both tags, or it is another dialog."""
    talk = stage.talk(peer, receiver)
    body = describe("127.0.0.2", 4) if method == "INVITE" else b""
    right = talk.head(method, 500)
    for head in (talk.head(method, 501, tags=("xyz", None)),
                 talk.head(method, 502, tags=(None, "xyz")),
                 [(k, "x" + v if k == "Call-ID" else v) for k, v in right]):
        peer.send(build(f"{method} {talk.invite.contact_uri()} SIP/2.0",
                        head, body), talk.invite.source)
        answer = peer.expect(lambda m: m.is_response and
                             m.get("cseq") == dict(head)["CSeq"])
        assert answer.code == 481
    stage.goes_on(talk, receiver)


OTHERS = {"REFER": 403, "SUBSCRIBE": 405, "MESSAGE": 405, "NOTIFY": 405,
          "PRACK": 481, "FOO": 501, "OPTIONS": 200, "INFO": 200}


def test_rfc3261_8_2_1_other_requests_in_a_call_leave_it_alone(stage, peer,
                                                               receiver):
    talk = stage.talk(peer, receiver)
    for method, code in OTHERS.items():
        answer = talk.ask(method,
                          extra=[("Refer-To", "<sip:evil@127.0.0.1>")])
        assert answer.code == code
        allowed = "BYE" in answer.get("allow", "")
        assert allowed == (code == 405 or method == "OPTIONS")
    stage.goes_on(talk, receiver)
    assert not [m for m in peer.seen if m.method == "INVITE"
                and m.call_id != talk.invite.call_id]


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "INFO"])
def test_rfc3261_8_2_2_3_required_extension_is_420(stage, peer, receiver,
                                                   method):
    talk = stage.talk(peer, receiver)
    body = describe("127.0.0.1", receiver.port)
    answer = talk.ask(method, body, extra=[("Require", "timer, bar, foo")])
    assert answer.code == 420
    assert answer.all("unsupported") == ["bar, foo"]
    if method == "INVITE":
        talk.send("ACK", cseq=talk.cseq)
    stage.goes_on(talk, receiver)


def test_rfc3261_8_2_3_foreign_body_is_415(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    head = talk.head("UPDATE", 700)
    peer.send(build(f"UPDATE {talk.invite.contact_uri()} SIP/2.0", head,
                    b"hello", "text/plain"), talk.invite.source)
    answer = talk.final("UPDATE")
    assert answer.code == 415 and answer.get("accept") == "application/sdp"
    stage.goes_on(talk, receiver)


def test_rfc3261_17_2_2_repeated_request_gets_the_same_answer(stage, peer,
                                                              receiver):
    """17.2.2: by its branch, whatever became of the dialog meanwhile."""
    talk = stage.talk(peer, receiver)
    for method in ("UPDATE", "INFO", "REFER", "BYE"):
        data = talk.send(method)
        first = talk.final(method)
        for _ in range(2):
            peer.send(data, talk.invite.source)
            assert talk.final(method).raw == first.raw
    stage.row(talk.request_id, "completed")
    peer.nothing("BYE", 0.1)


def test_rfc3261_17_2_1_refused_reinvite_is_repeated_until_its_ack(stage, peer,
                                                                   receiver):
    """17.2.1: Timer G doubles; the ACK of the same branch ends it."""
    talk = stage.talk(peer, receiver)
    branch = "z9hG4bK" + token()
    data = talk.send("INVITE", b"no sdp", branch=branch)
    answers = [talk.final("INVITE") for _ in range(3)]
    assert answers[0].code == 488 and len({a.raw for a in answers}) == 1
    for nth, gap in enumerate(b.at - a.at
                              for a, b in zip(answers, answers[1:])):
        assert 0.5 * T1 * 2 ** nth < gap < 2 * T1 * 2 ** nth + 0.3
    peer.send(data, talk.invite.source)
    assert talk.final("INVITE").raw == answers[0].raw
    talk.send("ACK", cseq=talk.cseq, branch=branch)
    peer.nothing(488, 8 * T1)
    stage.goes_on(talk, receiver)


def test_rfc3261_13_3_1_4_unacknowledged_reinvite_ends_the_call(stage, peer,
                                                                receiver):
    """13.3.1.4: 200 again and again, then BYE after 64*T1."""
    talk = stage.talk(peer, receiver, items=3)
    talk.send("INVITE", describe("127.0.0.1", receiver.port))
    first = talk.final("INVITE")
    again = talk.final("INVITE")
    assert first.code == 200 and again.raw == first.raw
    bye = talk.take_bye(8)
    assert 60 * T1 < bye.at - first.at < 80 * T1
    row = stage.row(talk.request_id)
    assert row["state"] == "failed" and row["reason"]


def test_rfc3261_12_1_2_loose_route_set_is_followed(stage, peer, receiver,
                                                    new_peer):
    """12.1.2: Record-Route in reverse; the target is the Request-URI."""
    proxy = new_peer()
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    far, near = "<sip:10.9.8.7;lr>", f"<sip:p@{proxy.address};lr;x=1>"
    data = peer.answer(call.invite, 200, "OK", to_tag=call.tag,
                       contact=peer.contact, body=call.sdp,
                       extra=[("Record-Route", f"{far}, {near}")])
    ack, bye = proxy.expect("ACK"), proxy.expect("BYE", 10)
    for request in (ack, bye):
        assert request.uri == peer.contact
        assert ", ".join(request.all("route")) == f"{near}, {far}"
    proxy.answer(bye, 200, "OK")
    stage.row(request_id, "completed")
    stage.heard_all(receiver.packets)
    peer.send(data, call.invite.source)
    assert proxy.expect("ACK").raw == ack.raw


def test_rfc3261_12_2_1_1_strict_route_is_followed(stage, peer, receiver,
                                                   new_peer):
    """12.2.1.1: a first route without lr becomes the Request-URI."""
    proxy = new_peer()
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    strict, last = f"sip:p@{proxy.address}", "<sip:10.9.8.7;lr>"
    peer.answer(call.invite, 200, "OK", to_tag=call.tag,
                contact=peer.contact, body=call.sdp,
                extra=[("Record-Route", last),
                       ("Record-Route", f"<{strict}>")])
    for request in (proxy.expect("ACK"), proxy.expect("BYE", 10)):
        assert request.uri == strict
        assert ", ".join(request.all("route")) \
            == f"{last}, <{peer.contact}>"
    proxy.answer(request, 200, "OK")
    stage.row(request_id, "completed")


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_rfc3261_12_2_2_new_contact_is_the_new_target(stage, peer, receiver,
                                                      new_peer, method):
    """12.2: Contact moves the target; Record-Route is not learnt anew."""
    talk, moved = stage.talk(peer, receiver), new_peer()
    body = describe("127.0.0.1", receiver.port) if method == "INVITE" else b""
    answer = talk.ask(method, body, contact=moved.contact,
                      extra=[("Record-Route", "<sip:10.1.1.1;lr>")])
    assert answer.code == 200
    if method == "INVITE":
        talk.send("ACK", cseq=talk.cseq)
    bye = moved.expect("BYE", 10)
    assert bye.uri == moved.contact and not bye.get("route")
    moved.answer(bye, 200, "OK")
    stage.row(talk.request_id, "completed")
    stage.heard_all(receiver.packets)
    peer.nothing("BYE", 0.05)


def test_rfc3261_14_2_refused_offer_moves_no_target(stage, peer, receiver):
    """14.2: a re-INVITE that was refused leaves all as it was."""
    talk = stage.talk(peer, receiver)
    answer = talk.reinvite(b"garbage", contact="sip:x@127.0.0.1:9")
    assert answer.code == 488
    stage.goes_on(talk, receiver)


def test_rfc3261_13_2_2_4_forked_early_dialogs_are_one_call(stage, peer,
                                                            receiver, ports,
                                                            new_peer):
    """Each rings under a tag of its own; early SDP is not played to."""
    request_id = stage.call(peer)
    call, other = Answered(peer, receiver.port), new_peer()
    for n, code in enumerate((180, 183, 182, 181)):
        peer.answer(call.invite, code, "Ringing", to_tag=f"early{n}",
                    contact=other.contact,
                    body=make_sdp("127.0.0.1", other.port))
    call.ok()
    assert call.ack().tag("to") == call.tag
    call.ok(tag="early1")
    late = peer.expect("BYE")
    assert late.tag("to") == "early1"
    peer.answer(late, 200, "OK")
    call.take_bye(10)
    stage.row(request_id, "completed")
    stage.heard_all(receiver.packets)
    assert not other.seen and other.read(0.01) is None


@pytest.mark.parametrize("code", [481, 408, 403, 500])
def test_rfc3261_15_1_1_refused_bye_ends_the_call(stage, peer, receiver, code):
    talk = stage.talk(peer, receiver)
    bye = peer.expect("BYE", 10)
    peer.answer(bye, code, "No")
    stage.row(talk.request_id, "completed")
    peer.nothing("BYE", 0.15)


def test_rfc3261_18_2_1_answer_goes_where_the_request_came_from(stage, peer,
                                                                new_peer):
    """18.2.1, RFC 3581: received and rport, else the port of sent-by."""
    other = new_peer()
    for via, there in ((f"10.1.2.3:{other.port};rport", peer),
                       (f"127.0.0.1:{other.port}", other)):
        call_id = token()
        peer.send(build("OPTIONS sip:x SIP/2.0", [
            ("v", f"SIP/2.0/UDP {via};branch=z9hG4bK{token()}"),
            ("f", "<sip:a@b>;tag=1"), ("t", "<sip:c@d>"), ("i", call_id),
            ("CSeq", "1 OPTIONS")]), stage.server.sip_address)
        answer = there.expect(200, call_id=call_id)
        if there is peer:
            assert "received=127.0.0.1" in answer.get("via")
            assert f"rport={peer.port}" in answer.get("via")

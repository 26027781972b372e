"""What we send keeps to RFC 3261 8, 9, 13 and 17, down to the milliseconds.

SPDX-License-Identifier: MIT
"""
import re
import time

import pytest

from stage import T1, assert_complete, assert_spaced
from udp_peer import Answered, UdpPeer
from waiting import PATIENCE


def test_rfc3261_8_1_1_every_request_is_complete(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    bye = talk.take_bye(10)
    for request in (talk.invite, talk.first_ack, bye):
        assert_complete(request)
    assert len({talk.invite.branch, talk.first_ack.branch, bye.branch}) == 3
    assert bye.cseq[0] == talk.invite.cseq[0] + 1
    assert talk.first_ack.cseq[0] == talk.invite.cseq[0]
    assert {m.get("from") for m in (talk.invite, talk.first_ack, bye)} == \
        {talk.invite.get("from")}
    assert talk.first_ack.uri == bye.uri == peer.contact
    assert talk.invite.get("allow") and talk.invite.get("contact")


def test_rfc3261_8_1_1_7_ids_are_never_used_twice(stage, peer):
    invites = []
    for _ in range(3):
        stage.call(peer)
        call = Answered(peer, 4000)
        call.refuse(486, "Busy Here")
        invites.append(call.invite)
    for part in (lambda m: m.call_id, lambda m: m.branch,
                 lambda m: m.tag("from"), lambda m: m.sdp().text.split()[2]):
        assert len({part(m) for m in invites}) == 3


def test_rfc3261_17_1_1_2_invite_is_repeated_doubling_and_given_up(stage,
                                                                   peer):
    """Timer A: T1, 2T1, 4T1 ... without bound; Timer B: 64*T1."""
    request_id = stage.call(peer)
    invites = [peer.expect("INVITE") for _ in range(7)]
    assert_spaced(invites, (1, 2, 4, 8, 16, 32))
    row = stage.row(request_id, "failed")
    assert row["attempts"][0]["sip_code"] == 408
    peer.nothing("INVITE", 0.1)


def test_rfc3261_17_1_1_2_trying_stops_the_repetition(stage, peer):
    request_id = stage.call(peer)
    invites = [peer.expect("INVITE") for _ in range(3)]
    assert_spaced(invites, (1, 2))
    peer.answer(invites[0], 100, "Trying")
    peer.nothing("INVITE", 10 * T1)
    call = Answered(peer, 4000, invite=invites[0])
    call.refuse(486, "Busy Here")
    attempt = stage.row(request_id, "busy")["attempts"][0]
    assert not attempt["ringing_at"]                    # 100 is no ringing


def test_rfc3261_17_1_2_2_bye_is_repeated_up_to_t2_and_given_up(stage, peer,
                                                                receiver):
    """Timer E doubles up to T2 = 8*T1, Timer F ends it after 64*T1."""
    talk = stage.talk(peer, receiver)
    byes = [peer.expect("BYE", 10) for _ in range(11)]
    assert_spaced(byes, (1, 2, 4) + (8,) * 7)
    stage.row(talk.request_id, "completed")
    peer.nothing("BYE", 0.1)


def test_rfc3261_17_1_2_2_bye_with_a_provisional_is_repeated_at_t2(stage, peer,
                                                                   receiver):
    stage.talk(peer, receiver)
    byes = [peer.expect("BYE", 10)]
    peer.answer(byes[0], 100, "Trying")
    byes += [peer.expect("BYE") for _ in range(3)]
    assert_spaced(byes, (1, 8, 8))
    peer.answer(byes[-1], 200, "OK")


def test_rfc3261_9_1_cancel_waits_for_a_provisional(stage, peer):
    """9.1: nothing is cancelled that nobody is known to have."""
    request_id = stage.call(peer, ring_timeout_s=1)
    invite = peer.expect("INVITE")
    peer.nothing("CANCEL", 1.4)
    peer.answer(invite, 100, "Trying")
    cancel = peer.expect("CANCEL", 0.5)
    peer.answer(cancel, 200, "OK")
    Answered(peer, 4000, invite=invite).refuse(487, "Request Terminated")
    stage.row(request_id, "no_answer")


def test_rfc3261_9_1_cancel_is_the_invites_twin(stage, peer):
    request_id = stage.call(peer, ring_timeout_s=1)
    call = Answered(peer, 4000)
    call.provisional()
    cancels = [peer.expect("CANCEL") for _ in range(3)]
    assert_spaced(cancels, (1, 2))                      # Timer E
    cancel = cancels[0]
    assert_complete(cancel)
    for name in ("via", "from", "to", "call-id"):
        assert cancel.all(name) == call.invite.all(name), name
    assert not cancel.get("require") and not cancel.get("proxy-require")
    assert not cancel.body and cancel.uri == call.invite.uri
    peer.answer(cancel, 200, "OK")
    ack = call.refuse(487, "Request Terminated")
    assert ack.branch == call.invite.branch
    stage.row(request_id, "no_answer")


def test_rfc3261_9_1_missing_487_is_waited_for_64_t1(stage, peer):
    """And an answer that comes later still gets its ACK and BYE."""
    request_id = stage.call(peer, ring_timeout_s=1)
    call = Answered(peer, 4000)
    call.provisional()
    cancel = peer.expect("CANCEL")
    peer.answer(cancel, 200, "OK")
    row = stage.row(request_id, "no_answer")
    assert 60 * T1 < time.time() - cancel.at < (80 * T1) * PATIENCE
    ended = stage.server.report(request_id)["recipients"][0]["attempts"][0]
    assert row["attempts"][0]["sip_code"] == 487 and ended["ended_at"]
    call.ok()
    ack, bye = call.ack(), call.take_bye()
    assert ack.tag("to") == bye.tag("to") == call.tag
    call.ok()
    assert call.ack().raw == ack.raw


def test_rfc3261_17_1_1_3_ack_of_a_refusal_is_the_invites_twin(stage, peer):
    """17.1.1.3: its branch, its Request-URI, To as it was answered."""
    stage.call(peer)
    call = Answered(peer, 4000)
    ack = call.refuse(404, "Not Found")
    assert_complete(ack)
    assert ack.all("via") == call.invite.all("via")
    assert ack.uri == call.invite.uri
    assert ack.cseq == (call.invite.cseq[0], "ACK")
    assert ack.get("from") == call.invite.get("from")
    assert ack.tag("to") == call.tag and not ack.body


def test_rfc3261_13_2_2_4_repeated_200_gets_the_same_ack(stage, peer,
                                                         receiver):
    talk = stage.talk(peer, receiver)
    for _ in range(3):
        talk.ok()
        assert talk.ack().raw == talk.first_ack.raw
    stage.goes_on(talk, receiver)


def test_rfc3261_8_1_3_2_unknown_provisional_is_progress(stage, peer):
    """An unknown 1xx is 183."""
    request_id = stage.call(peer)
    call = Answered(peer, 4000)
    call.provisional(199, "Early")
    call.refuse(499, "Never Heard Of")
    attempt = stage.row(request_id, "failed")["attempts"][0]
    assert attempt["sip_code"] == 499 and attempt["ringing_at"]


@pytest.mark.parametrize("code", [300, 302])
def test_rfc3261_8_1_3_4_nobody_else_is_called(stage, peer, ports, stop_later,
                                               code):
    """8.1.3.4: nobody is called whom the carrier's owner did not name."""
    other = stop_later(UdpPeer(ports.one(), "127.0.0.9"))
    request_id = stage.call(peer)
    invite = peer.expect("INVITE")
    peer.answer(invite, code, "Elsewhere", to_tag="x", contact=other.contact)
    peer.expect("ACK")
    assert stage.row(request_id, "failed")["attempts"][0]["sip_code"] == code
    other.nothing("INVITE", 0.2)


FORGED = [(rb"branch=z9hG4bK", b"branch=z9hG4bKforged"),
          (rb"CSeq: ", b"CSeq: 9"), (rb"CSeq: \d+", b"CSeq: 0"),
          (rb" INVITE\r\n", b" BYE\r\n"),
          (rb"From: ", b"From: <sip:a@b>;tag=x;a="),
          (rb"Call-ID: ", b"Call-ID: x"), (rb"tag=\w+\r\nTo", b"tag=x\r\nTo"),
          (rb"Via: ", b"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKt\r\nVia: ")]


def test_rfc3261_17_1_3_forged_200_answers_no_call(stage, peer, receiver):
    """17.1.3, 18.1.2: the same branch and CSeq, and nobody else's Via."""
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    whole = peer.answer(call.invite, 180, "Ringing", to_tag=call.tag,
                        contact=peer.contact, body=call.sdp)
    whole = whole.replace(b"180 Ringing", b"200 OK")
    for old, new in FORGED:
        forged = re.sub(old, new, whole, count=1)
        assert forged != whole
        for _ in range(3):
            peer.send(forged, call.invite.source)
        peer.nothing(lambda m: m.method in ("ACK", "BYE"), 0.1)
    row = stage.server.report(request_id)["recipients"][0]
    assert row["state"] == "calling" and not receiver.packets
    call.ok()
    call.ack()
    call.take_bye(10)
    stage.row(request_id, "completed")
    stage.heard_all(receiver.packets)

"""Transactions down to their last timer (RFC 3261 17).

SPDX-License-Identifier: MIT
"""
import time

import pytest

from message import token
from stage import T1, assert_spaced
from udp_peer import Answered
from waiting import PATIENCE

CLIENT = {"username": "client1", "password": "password1"}


def answers(call_id, method):
    return lambda m: m.is_response and m.call_id == call_id and \
        m.cseq[1] == method


# ---- 17.1.1.2 ---------------------------------------------------------------

def test_rfc3261_17_1_1_2_timer_d_absorbs_repeated_finals(stage, peer):
    """64*T1 long each one gets the same ACK, and the report stands; then
    nobody knows the call any more."""
    request_id = stage.call(peer)
    call = Answered(peer, 4000)
    ack = call.refuse(486, "Busy Here")
    stage.row(request_id, "busy")
    while time.time() - ack.at < 56 * T1:
        peer.nothing("ACK", 6 * T1)
        peer.answer(call.invite, 486, "Busy Here", to_tag=call.tag)
        assert call.ack().raw == ack.raw
    peer.nothing("ACK", ack.at + 70 * T1 - time.time())
    peer.answer(call.invite, 486, "Busy Here", to_tag=call.tag)
    peer.nothing("ACK", 4 * T1)
    stage.row(request_id, "busy")


def test_rfc3261_17_1_1_2_another_final_changes_nothing(stage, peer):
    """The first one counts; a 200 behind it is ended by who sent the 2xx."""
    request_id = stage.call(peer)
    call = Answered(peer, 4000)
    call.refuse(486, "Busy Here")
    peer.answer(call.invite, 500, "Oh", to_tag=call.tag)
    assert call.ack().cseq[0] == call.invite.cseq[0]
    stage.row(request_id, "busy")


# ---- 17.1.2.2 ---------------------------------------------------------------

def test_rfc3261_17_1_2_2_register_is_repeated_up_to_t2_and_given_up(stage,
                                                                     peer):
    """Timer E: T1, 2 T1, 4 T1, then T2; Timer F: 64*T1."""
    carrier_id = stage.server.carrier(peer.port, register=True, **CLIENT)
    first = [peer.expect("REGISTER") for _ in range(11)]
    assert_spaced(first, (1, 2, 4) + (8,) * 7)
    result = stage.server.wait_registration(carrier_id, "failed")
    assert result["last_code"] == 408
    stage.server.delete(f"/carriers/{carrier_id}").accepted()


def test_rfc3261_17_1_2_2_timer_k_absorbs_repeated_answers(stage, peer):
    """A 401 that comes again asks for nothing, a 200 grants nothing new."""
    carrier_id = stage.server.carrier(peer.port, register=True, **CLIENT)
    first = peer.expect("REGISTER")
    asked = [("WWW-Authenticate", f'Digest realm="r", nonce="{token()}"')]
    peer.answer(first, 401, "Who", to_tag="r", extra=asked)
    second = peer.expect("REGISTER")
    for _ in range(3):
        peer.answer(first, 401, "Who", to_tag="r", extra=asked)
    contact = second.get("contact")
    peer.answer(second, 200, "OK", to_tag="r",
                extra=[("Contact", contact + ";expires=600")])
    before = stage.server.wait_registration(carrier_id, "registered")
    peer.answer(second, 200, "OK", to_tag="r",
                extra=[("Contact", contact + ";expires=1")])
    peer.answer(second, 403, "No", to_tag="r")
    peer.nothing("REGISTER", 1.5)
    assert stage.server.registration(carrier_id) == before


# ---- 17.1.3 -----------------------------------------------------------------

def test_rfc3261_17_1_3_answer_to_the_cancel_is_not_the_invites(stage, peer):
    """The same branch: the method in CSeq tells them apart."""
    request_id = stage.call(peer, ring_timeout_s=1)
    call = Answered(peer, 4000)
    call.provisional()
    cancel = peer.expect("CANCEL")
    assert cancel.branch == call.invite.branch
    peer.answer(cancel, 200, "OK", to_tag=call.tag)
    peer.nothing(lambda m: m.method in ("ACK", "BYE"), 6 * T1)
    assert stage.server.report(request_id)["state"] != "done"
    call.refuse(487, "Request Terminated")
    stage.row(request_id, "no_answer")


# ---- 17.2 -------------------------------------------------------------------

@pytest.mark.parametrize("method", ["OPTIONS", "BYE", "FOO", "INVITE"])
def test_rfc3261_17_2_2_repeated_request_gets_the_same_bytes(stage, peer,
                                                             method):
    """Outside a dialog as well, where nothing is kept (8.2.7)."""
    call_id, to, branch = token(), stage.server.sip_address, token()
    data = peer.request(method, "sip:x@127.0.0.1", to, call_id, 1,
                        "<sip:a@b>;tag=1", "<sip:c@d>",
                        branch="z9hG4bK" + branch)
    first = peer.expect(answers(call_id, method))
    ends = time.time() + 40 * T1 * PATIENCE
    while time.time() < ends:
        peer.nothing(lambda m: m.method == "nothing", 8 * T1)
        peer.waiting.clear()
        peer.send(data, to)
        assert peer.expect(answers(call_id, method)).raw == first.raw
    if method == "INVITE":
        peer.request("ACK", "sip:x@127.0.0.1", to, call_id, 1,
                     "<sip:a@b>;tag=1", first.get("to"),
                     branch="z9hG4bK" + branch)


def test_rfc3261_17_2_3_who_sends_the_same_branch_is_another(stage, peer,
                                                             new_peer):
    """Branch, sent-by and method together: each gets an answer of its own."""
    other, branch = new_peer(), "z9hG4bK" + token()
    for one in (peer, other):
        for method in ("OPTIONS", "FOO"):
            one.request(method, "sip:x@127.0.0.1",
                        stage.server.sip_address, token(), 1,
                        "<sip:a@b>;tag=1", "<sip:c@d>", branch=branch)
    for one in (peer, other):
        assert one.expect(200).cseq[1] == "OPTIONS"
        assert one.expect(501).cseq[1] == "FOO"

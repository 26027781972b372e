"""A request of ours, what becomes of it, and its CANCEL (RFC 3261 8.1, 9.1).

SPDX-License-Identifier: MIT
"""
import pytest

from challenge import again, ask, make
from stage import T1, Talk, assert_complete
from udp_peer import Answered

CLIENT = {"username": "client1", "password": "password1"}


def grant(peer, register, extra=()):
    """Binds what a REGISTER asks for."""
    peer.answer(register, 200, "OK", to_tag="r", extra=[
        ("Contact", register.get("contact") + ";expires=600"), *extra])


# ---- 8.1.1 ------------------------------------------------------------------

def test_rfc3261_8_1_1_register_and_options_are_complete(stage, peer):
    carrier_id = stage.server.carrier(peer.port, register=True,
                                      options_ping_s=1, **CLIENT)
    register = peer.expect("REGISTER")
    grant(peer, register)
    options = peer.expect("OPTIONS")
    peer.answer(options, 200, "OK", to_tag="o")
    stage.server.delete(f"/carriers/{carrier_id}").accepted()
    gone = peer.expect("REGISTER")
    grant(peer, gone)
    for request in (register, options, gone):
        assert_complete(request)
    assert len({m.branch for m in (register, options, gone)}) == 3


def test_rfc3261_8_1_1_update_and_prack_are_complete(stage, peer, receiver):
    request_id = stage.call(peer, items=3)
    talk = Talk(peer, receiver.port)
    peer.answer(talk.invite, 183, "Progress", to_tag=talk.tag,
                contact=peer.contact, extra=[("Require", "100rel"),
                                             ("RSeq", "7")])
    prack = peer.expect("PRACK")
    peer.answer(prack, 200, "OK")
    peer.answer(talk.invite, 200, "OK", to_tag=talk.tag,
                contact=peer.contact, body=talk.sdp, extra=[
                    ("Session-Expires", "4;refresher=uac"),
                    ("Allow", "INVITE, ACK, BYE, UPDATE")])
    ack, update = peer.expect("ACK"), peer.expect("UPDATE")
    peer.answer(update, 200, "OK", contact=peer.contact)
    bye = talk.take_bye(10)
    found = (talk.invite, prack, ack, update, bye)
    for request in found:
        assert_complete(request)
    assert len({m.branch for m in found}) == 5
    assert len({m.get("call-id") for m in found}) == 1
    stage.row(request_id, "completed")


def test_rfc3261_8_1_1_7_cancel_and_ack_of_a_refusal_keep_the_branch(stage,
                                                                     peer):
    """Any other request has one of its own, also the same one once more."""
    request_id = stage.call(peer, carrier=CLIENT, ring_timeout_s=1)
    first = peer.expect("INVITE")
    ask(peer, first, make())                    # its ACK: the same branch
    second = again(peer, first)                 # and another one
    call = Answered(peer, 4000, invite=second)
    call.provisional()
    cancel = peer.expect("CANCEL")
    peer.answer(cancel, 200, "OK")
    ack = call.refuse(487, "Request Terminated")
    assert cancel.branch == ack.branch == second.branch != first.branch
    stage.row(request_id, "no_answer")


# ---- 8.1.3.1, 8.1.3.2 -------------------------------------------------------

def test_rfc3261_8_1_3_1_timeout_is_408(stage, peer):
    """Of an INVITE, and of a REGISTER, to which nobody says a word."""
    carrier_id = stage.server.carrier(peer.port, register=True, **CLIENT)
    request_id = stage.call(peer)
    result = stage.server.wait_registration(carrier_id, "failed")
    assert result["last_code"] == 408
    attempt = stage.row(request_id, "failed")["attempts"][0]
    assert attempt["sip_code"] == 408


def test_rfc3261_8_1_3_1_transport_error_is_503(stage, ports):
    """Nobody listens: known by ICMP, or by the refused connection."""
    for transport in ("udp", "tcp"):
        carrier_id = stage.server.carrier(
            ports.one(), register=True, transport=transport, **CLIENT)
        result = stage.server.wait_registration(carrier_id, "failed")
        assert result["last_code"] == 503
        stage.server.delete(f"/carriers/{carrier_id}").accepted()


def test_rfc3261_8_1_3_2_unknown_2xx_is_200(stage, peer, receiver):
    request_id = stage.call(peer)
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    peer.answer(talk.invite, 299, "Fine", to_tag=talk.tag,
                contact=peer.contact, body=talk.sdp)
    talk.ack()
    stage.goes_on(talk, receiver)


@pytest.mark.parametrize("code", [399, 499, 599, 699])
def test_rfc3261_8_1_3_2_unknown_final_is_x00_of_its_class(stage, peer, code):
    """The report has the code that came; what it means is that of x00."""
    states = []
    for number in (code - 99, code):
        request_id = stage.call(peer)
        Answered(peer, 4000).refuse(number, "Never Heard Of")
        row = stage.row(request_id)
        assert row["attempts"][0]["sip_code"] == number
        states.append(row["state"])
    assert states[0] == states[1]
    peer.nothing("INVITE", 0.1)


# ---- 8.1.3.5 ----------------------------------------------------------------

@pytest.mark.parametrize("code", [413, 415, 416, 420])
def test_rfc3261_8_1_3_5_nothing_to_leave_out_is_final(stage, peer, code):
    """One format, one scheme, no extension that was named: there is no
    other INVITE that could be sent instead, and none is."""
    request_id = stage.call(peer)
    call = Answered(peer, 4000)
    peer.answer(call.invite, code, "No", to_tag=call.tag, extra=[
        ("Accept", "application/sdp"), ("Unsupported", "never-offered")])
    assert call.ack().branch == call.invite.branch
    attempt = stage.row(request_id, "failed")["attempts"][0]
    assert attempt["sip_code"] == code
    peer.nothing("INVITE", 0.1)


@pytest.mark.parametrize("code", [401, 407])
def test_rfc3261_8_1_3_5_challenge_is_a_new_transaction(stage, peer, receiver,
                                                        code):
    """Same Call-ID, From and To, CSeq + 1, a new branch; the same offer."""
    request_id = stage.call(peer, carrier=CLIENT)
    first = peer.expect("INVITE")
    ask(peer, first, make(), proxy=code == 407)
    second = again(peer, first)
    assert second.body == first.body
    assert not second.tag("to") and second.tag("from") == first.tag("from")
    talk = Talk(peer, receiver.port, invite=second)
    talk.request_id = request_id
    talk.ok()
    talk.ack()
    stage.goes_on(talk, receiver)


# ---- 9.1 --------------------------------------------------------------------

@pytest.mark.parametrize("code", [200, 486])
def test_rfc3261_9_1_no_cancel_of_a_final(stage, peer, receiver, code):
    """The time for ringing ends while it is talked, or after a refusal."""
    request_id = stage.call(peer, items=3, ring_timeout_s=1)
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    talk.provisional()
    if code == 200:
        talk.ok()
        talk.ack()
        stage.goes_on(talk, receiver, 3)
    else:
        talk.refuse(code, "Busy Here")
        stage.row(request_id, "busy")
        peer.nothing("CANCEL", 1.2)
    assert "CANCEL" not in {m.method for m in peer.seen}


def test_rfc3261_9_1_cancel_goes_the_way_of_its_invite(stage, peer):
    """Its Route is that of the INVITE, here one that the registrar gave."""
    carrier_id = stage.server.carrier(peer.port, register=True, **CLIENT)
    grant(peer, peer.expect("REGISTER"), [
        ("Service-Route", f"<sip:{peer.address};lr>"),
        ("Service-Route", "<sip:home.example.com;lr>")])
    stage.server.wait_registration(carrier_id, "registered")
    request_id = stage.server.play("1", stage.urls[:1], ring_timeout_s=1,
                                   carrier_id=carrier_id)
    call = Answered(peer, 4000)
    call.provisional()
    cancel = peer.expect("CANCEL")
    assert cancel.all("route") == call.invite.all("route") != []
    assert cancel.cseq == (call.invite.cseq[0], "CANCEL")
    assert cancel.source == call.invite.source
    peer.answer(cancel, 200, "OK")
    call.refuse(487, "Request Terminated")
    stage.row(request_id, "no_answer")


def test_rfc3261_9_1_hundred_is_provisional_enough(stage, peer):
    """And what is over is not repeated: CANCEL ends with its answer."""
    request_id = stage.call(peer, ring_timeout_s=1)
    invite = peer.expect("INVITE")
    peer.answer(invite, 100, "Trying")
    cancel = peer.expect("CANCEL")
    peer.answer(cancel, 481, "Call/Transaction Does Not Exist")
    peer.nothing("CANCEL", 10 * T1)
    Answered(peer, 4000, invite=invite).refuse(487, "Request Terminated")
    stage.row(request_id, "no_answer")

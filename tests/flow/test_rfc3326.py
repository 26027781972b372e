"""Why a call ended, in the words of ISDN (RFC 3326): ours and theirs.

SPDX-License-Identifier: MIT
"""
import pytest

from message import build
from stage import Talk, describe
from udp_peer import Answered

SAYS = {
    "plain": (["Q.850;cause=17"], 17),
    "text": (['Q.850 ;cause=16 ;text="Normal; because, well"'], 16),
    "text-first": (['Q.850;text="the cause = 3";cause=21'], 21),
    "no-q850": (['SIP ;cause=200 ;text="Call completed elsewhere"'], None),
    "both": (["SIP;cause=600", 'Q.850;cause=34;text="none"'], 34),
    "one-line": (['SIP;cause=600;text="a, b", Q.850;cause=38'], 38),
    "small": (["q.850; CAUSE = 27"], 27),
    "broken": (["Q.850;cause=abc"], None), "nothing": (["Q.850"], None),
    "empty": ([""], None)}


def extra_of(how):
    return [("Reason", value) for value in SAYS[how][0]]


def cause(row):
    return row["attempts"][0]["q850_cause"]


@pytest.mark.parametrize("how", SAYS)
def test_rfc3326_2_reason_of_their_bye_is_reported(stage, peer, receiver,
                                                   how):
    talk = stage.talk(peer, receiver)
    talk.send("BYE", extra=extra_of(how))
    assert talk.final("BYE").code == 200
    row = stage.row(talk.request_id)
    assert row["attempts"][0]["hangup_by"] == "callee"
    assert cause(row) == SAYS[how][1]


@pytest.mark.parametrize("how", ["plain", "both", "no-q850"])
def test_rfc3326_2_reason_of_their_refusal_is_reported(stage, peer, how):
    """As RFC 6432 has it, in the final answer to the INVITE."""
    request_id = stage.call(peer)
    call = Answered(peer, 4000)
    peer.answer(call.invite, 480, "Nobody", to_tag=call.tag,
                extra=extra_of(how))
    peer.expect("ACK")
    assert cause(stage.row(request_id)) == SAYS[how][1]


def test_rfc3326_2_our_bye_says_what_was_wrong(stage, peer, receiver):
    """88: incompatible destination, for an answer that is of no use."""
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    call.ok(sdp=describe("127.0.0.1", receiver.port, codec="18"))
    call.ack()
    bye = call.take_bye()
    assert bye.all("reason") == ["Q.850;cause=88"]
    stage.row(request_id, "failed")


def test_rfc3326_2_our_bye_says_that_the_session_expired(stage, peer,
                                                         receiver):
    """102: recovery on timer expiry."""
    request_id = stage.call(peer, items=3)
    talk = Talk(peer, receiver.port)
    peer.answer(talk.invite, 200, "OK", to_tag=talk.tag, body=talk.sdp,
                contact=peer.contact,
                extra=[("Session-Expires", "4;refresher=uas")])
    talk.ack()
    assert talk.take_bye(6).all("reason") == ["Q.850;cause=102"]
    stage.row(request_id, "failed")


def test_rfc3326_2_unknown_reasons_are_no_reason_to_refuse(stage, peer,
                                                           receiver):
    """In any request; one that ends nothing has none to be kept."""
    talk = stage.talk(peer, receiver)
    for how in SAYS:
        assert talk.ask("INFO", extra=extra_of(how)).code == 200
    peer.send(build("OPTIONS sip:x@127.0.0.1 SIP/2.0", [
        ("Via", f"SIP/2.0/UDP {peer.address};branch=z9hG4bKreason"),
        ("Max-Forwards", "70"), ("From", "<sip:a@b>;tag=1"),
        ("To", "<sip:c@d>"), ("Call-ID", "reason"), ("CSeq", "1 OPTIONS"),
        ("Reason", "preemption;cause=1")]), stage.server.sip_address)
    assert peer.expect(200, call_id="reason")
    talk.take_bye(10)
    assert cause(stage.row(talk.request_id, "completed")) is None
    stage.heard_all(receiver.packets)

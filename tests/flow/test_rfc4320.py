"""Answers to requests other than INVITE (RFC 4320): at once, and once.

SPDX-License-Identifier: MIT
"""
import pytest

from message import build, token
from stage import T1
from waiting import PATIENCE

METHODS = ("OPTIONS", "INFO", "UPDATE", "MESSAGE", "REFER", "NOTIFY",
           "SUBSCRIBE", "PUBLISH", "PRACK", "FOO")


def answers(peer, call_id):
    return [m for m in peer.seen if m.is_response and m.call_id == call_id
            and m.cseq[1] != "INVITE"]


def judge(peer, call_id, asked):
    """Each got one final answer, not 408, and nothing before it."""
    found = answers(peer, call_id)
    assert sorted(m.cseq for m in found) == sorted(asked)
    for message in found:
        assert 200 <= message.code < 700 and message.code != 408, message


def test_rfc4320_4_1_no_provisional_and_no_408_within_a_call(stage, peer,
                                                             receiver):
    """4.1: a 100 is of no use where the final comes at once; 4.2: nobody
    waits any more for whom a 408 would be. Requests that belong to nothing
    (PRACK, NOTIFY) are answered like the others."""
    talk = stage.talk(peer, receiver)
    asked = []
    for method in METHODS:
        sent = talk.ask(method)
        asked.append(sent.cseq)
    stage.goes_on(talk, receiver)
    peer.nothing(lambda m: m.is_response, 4 * T1)
    judge(peer, talk.invite.call_id, asked)


@pytest.mark.parametrize("method", METHODS + ("REGISTER", "BYE", "CANCEL"))
def test_rfc4320_4_2_strangers_get_one_final_at_once(stage, peer, method):
    call_id = token()
    sent = build(f"{method} sip:x@127.0.0.1 SIP/2.0", [
        ("Via", f"SIP/2.0/UDP {peer.address};rport;"
                f"branch=z9hG4bK{token()}"), ("Max-Forwards", "70"),
        ("From", "<sip:a@b>;tag=1"), ("To", "<sip:c@d>"),
        ("Call-ID", call_id), ("CSeq", f"1 {method}")])
    peer.send(sent, stage.server.sip_address)
    first = peer.expect(lambda m: m.call_id == call_id, 5)
    peer.send(sent, stage.server.sip_address)           # Timer E at work
    again = peer.expect(lambda m: m.call_id == call_id, 5 * PATIENCE)
    assert again.raw == first.raw
    peer.nothing(lambda m: m.call_id == call_id, 2 * T1)
    assert first.code >= 200 and first.code != 408

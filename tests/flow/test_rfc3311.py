"""UPDATEs that cross others (RFC 3311 5.2, 5.3); those before the answer are
in test_rfc3262.py.

SPDX-License-Identifier: MIT
"""
import pytest

from message import token
from stage import describe
from test_rfc4028 import KNOWS, UPDATES, timed, timer   # noqa: F401
from waiting import PATIENCE

LONG = KNOWS + [("Session-Expires", "1800;refresher=uas")]


def held(talk, receiver):
    """Puts the call on hold, so that it lasts."""
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, "inactive",
                                    2), extra=KNOWS)
    assert answer.code == 200


def resume(stage, talk, receiver):
    talk.reinvite(describe("127.0.0.1", receiver.port, version=3),
                  extra=KNOWS)
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")


def test_rfc3311_5_2_offers_in_a_row_are_each_answered(stage, peer,
                                                       receiver):
    """One is answered before the next is read: there is no second one open
    that would have to get a 500."""
    talk = stage.talk(peer, receiver)
    for number, way in enumerate(("sendonly", "inactive", "sendrecv"), 2):
        talk.send("UPDATE", describe("127.0.0.1", receiver.port, way, number))
    answers = [talk.final("UPDATE") for _ in range(3)]
    assert [m.code for m in answers] == [200] * 3
    assert [m.cseq[0] for m in answers] == [101, 102, 103]
    for answer, way in zip(answers, (b"recvonly", b"inactive", b"sendrecv")):
        assert b"a=" + way + b"\r\n" in answer.body
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")


def test_rfc3311_5_2_late_update_is_500_with_a_time(stage, peer, receiver):
    """One that was overtaken: Retry-After of up to ten seconds."""
    talk = stage.talk(peer, receiver)
    assert talk.ask("UPDATE").code == 200
    late = talk.ask("UPDATE", describe("127.0.0.1", 4, version=9), cseq=100)
    assert late.code == 500
    assert 0 <= int(late.get("retry-after")) <= 10
    stage.goes_on(talk, receiver)


def test_rfc3311_5_2_offer_while_ours_is_open_is_491(stage, peer, receiver,
                                                     timed):  # noqa: F811
    """Our re-INVITE has an offer in it; an UPDATE without one passes."""
    talk = timed(timer(4, "uac"))
    held(talk, receiver)
    ours = peer.expect("INVITE", 5)
    assert talk.ask("UPDATE", describe("127.0.0.1", receiver.port,
                                       version=3)).code == 491
    assert talk.ask("UPDATE", extra=LONG).code == 200
    peer.answer(ours, 200, "OK", contact=peer.contact, extra=timer(
        1800, "uac"), body=describe("127.0.0.1", receiver.port, "inactive",
                                    2))
    peer.expect("ACK")
    resume(stage, talk, receiver)


def test_rfc3311_5_3_491_is_tried_again_after_a_while(stage, peer, receiver,
                                                      timed):  # noqa: F811
    """We own the Call-ID: 2.1 to 4 s."""
    talk = timed(UPDATES + timer(4, "uac"))
    held(talk, receiver)
    first = peer.expect("UPDATE", 5)
    assert talk.ask("UPDATE", extra=LONG).code == 200
    peer.answer(first, 491, "Request Pending")
    again = peer.expect("UPDATE", 6)
    assert 2.1 <= again.at - first.at < 4.0 + 0.3 * PATIENCE
    assert again.cseq[0] == first.cseq[0] + 1
    assert again.branch != first.branch
    peer.answer(again, 200, "OK", extra=timer(1800, "uac"))
    resume(stage, talk, receiver)


@pytest.mark.slow
def test_rfc3311_5_3_500_is_tried_again_when_it_says(stage, peer, receiver,
                                                     timed):  # noqa: F811
    talk = timed(UPDATES + timer(24, "uac"))
    held(talk, receiver)
    first = peer.expect("UPDATE", 14)
    peer.answer(first, 500, "Later", to_tag=token(),
                extra=[("Retry-After", "3")])
    again = peer.expect("UPDATE", 6)
    assert 3.0 <= again.at - first.at < 3.5 + 0.3 * PATIENCE
    peer.answer(again, 200, "OK", extra=timer(1800, "uac"))
    resume(stage, talk, receiver)

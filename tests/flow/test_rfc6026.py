"""INVITE transactions that were accepted (RFC 6026): whatever repeats a 2xx,
or the INVITE that got one, is known for what it is.

SPDX-License-Identifier: MIT
"""
import time

from message import token
from stage import T1, describe
from waiting import PATIENCE, TooLate


def acked(peer, tag, seconds):
    """The ACK for a tag, or None."""
    try:
        return peer.expect(lambda m: m.method == "ACK"
                           and m.tag("to") == tag, seconds / PATIENCE)
    except TooLate:
        return None


def test_rfc6026_7_2_each_2xx_is_acknowledged_for_64_t1(stage, peer,
                                                        receiver):
    """Timer M; also when the call is over. Later ones are strays: dropped."""
    talk = stage.talk(peer, receiver)
    first = talk.first_ack.at
    ended = talk.take_bye(10).at
    stage.row(talk.request_id, "completed")
    late = []
    while time.time() < ended + 64 * T1 + 1 * PATIENCE:
        sent = time.time()
        talk.ok()
        ack = acked(peer, talk.tag, 0.3 * PATIENCE)
        late.append((sent, ack))
        if ack:
            assert ack.raw == talk.first_ack.raw        # 13.2.2.4
    within = [ack for sent, ack in late if sent < first + 64 * T1 - 0.05]
    assert within and all(within)
    assert not late[-1][1], "a stray 2xx was acknowledged"


def test_rfc6026_7_2_another_branch_is_acknowledged_and_ended(stage, peer,
                                                              receiver):
    """A second 2xx of a fork comes to the Accepted transaction; its dialog
    is none that we want."""
    talk = stage.talk(peer, receiver)
    talk.ok(tag="fork")
    assert acked(peer, "fork", 5)
    bye = peer.expect(lambda m: m.method == "BYE" and m.tag("to") == "fork")
    peer.answer(bye, 200, "OK")
    stage.goes_on(talk, receiver)


def test_rfc6026_7_2_stray_2xx_is_dropped(stage, peer, receiver):
    """The answer to no INVITE of ours: neither ACK nor BYE."""
    talk = stage.talk(peer, receiver)
    stray = peer.answer(talk.invite, 200, "OK", to_tag="stray",
                        contact=peer.contact, body=talk.sdp)
    assert acked(peer, "stray", 5)          # that one was ours
    bye = peer.expect("BYE")
    assert bye.tag("to") == "stray"
    peer.answer(bye, 200, "OK")
    for old, new in ((talk.invite.call_id, token()),
                     (talk.invite.tag("from"), token())):
        peer.send(stray.replace(old.encode(), new.encode()).replace(
            b"stray", b"alien"), talk.invite.source)
    peer.nothing(lambda m: m.tag("to") == "alien", 6 * T1)
    stage.goes_on(talk, receiver)


def test_rfc6026_7_1_repeated_invite_is_absorbed(stage, peer, receiver):
    """A re-INVITE that comes again is the accepted one, before its ACK and
    after it: it is not taken for glare, nor does it change anything."""
    talk = stage.talk(peer, receiver, items=3)
    branch = "z9hG4bK" + token()
    data = talk.send("INVITE", describe("127.0.0.1", receiver.port, version=2),
                     branch=branch)
    answer = talk.final("INVITE")
    assert answer.code == 200
    for _ in range(3):
        peer.send(data, talk.invite.source)
    # 13.3.1.4: the 200 comes again by our timer until the ACK.
    again = talk.final("INVITE")
    assert again.raw == answer.raw
    assert again.at - answer.at < T1 + 0.1 * PATIENCE
    talk.send("ACK", cseq=answer.cseq[0])
    for _ in range(3):
        peer.send(data, talk.invite.source)
    finals = [m for m in peer.seen if m.is_response and m.cseq[1] == "INVITE"]
    assert {m.raw for m in finals} == {answer.raw}
    after = talk.reinvite(describe("127.0.0.1", receiver.port, version=3))
    assert after.code == 200
    assert after.body == answer.body        # o= too: nothing has changed
    stage.goes_on(talk, receiver, 3)

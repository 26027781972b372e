"""Reliable provisional answers (RFC 3262) and what may be asked before the
call is answered (RFC 3311).

SPDX-License-Identifier: MIT
"""
import pytest

from message import make_sdp
from stage import T1, Talk, describe
from tcp_peer import TcpPeer


class Ringing(Talk):
    """A call of the server's that is not answered yet."""

    def __init__(self, stage, peer, receiver, **more):
        self.request_id = stage.call(peer, **more)
        super().__init__(peer, receiver.port)

    def early(self, code=183, rseq=None, body=b"", tag=None, contact=None,
              extra=()):
        reliable = [("Require", "100rel"), ("RSeq", str(rseq))] if rseq \
            else []
        return self.peer.answer(
            self.invite, code, "Early", to_tag=tag or self.tag,
            contact=contact or self.peer.contact, body=body,
            extra=reliable + list(extra))

    def take_prack(self, rseq, seconds=5):
        """The PRACK for that RSeq, not yet answered."""
        prack = self.peer.expect("PRACK", seconds)
        assert prack.get("rack") == f"{rseq} {self.invite.cseq[0]} INVITE"
        return prack

    def confirmed(self, rseq, **more):
        """Rings reliably, and the PRACK is answered."""
        self.early(rseq=rseq, **more)
        prack = self.take_prack(rseq)
        self.peer.answer(prack, 200, "OK")
        return prack


@pytest.fixture
def ringing(stage, peer, receiver):
    return lambda **more: Ringing(stage, peer, receiver, **more)


def finish(stage, talk, receiver, items=1):
    """Answers, and the call is heard to its end."""
    talk.ok()
    assert talk.ack().cseq[0] == talk.invite.cseq[0]
    stage.goes_on(talk, receiver, items)


def test_rfc3262_4_100rel_is_offered_and_not_required(ringing, stage,
                                                      receiver):
    talk = ringing()
    assert "100rel" in ", ".join(talk.invite.all("supported"))
    assert not talk.invite.all("require")
    finish(stage, talk, receiver)


def test_rfc3262_4_reliable_answer_gets_a_prack(ringing, stage, peer,
                                                receiver):
    """In its early dialog: number, tags, target and route of that."""
    talk = ringing()
    prack = talk.confirmed(
        77, extra=[("Record-Route", f"<sip:p@{peer.address};lr>")])
    assert prack.uri == peer.contact
    assert prack.get("route") == f"<sip:p@{peer.address};lr>"
    assert prack.cseq == (talk.invite.cseq[0] + 1, "PRACK")
    assert prack.tag("to") == talk.tag
    assert prack.get("from") == talk.invite.get("from")
    assert prack.branch != talk.invite.branch and not prack.body
    finish(stage, talk, receiver)


def test_rfc3262_4_repeated_rseq_gets_no_second_prack(ringing, stage, peer,
                                                      receiver):
    talk = ringing()
    data = talk.early(rseq=5)
    prack = talk.take_prack(5)
    peer.send(data, talk.invite.source)
    again = talk.take_prack(5)              # by its Timer E
    assert again.raw == prack.raw and again.at - prack.at > 0.5 * T1
    peer.answer(prack, 200, "OK")
    for _ in range(3):
        peer.send(data, talk.invite.source)
    peer.nothing(lambda m: m.method == "PRACK" and m.raw != prack.raw, 0.2)
    finish(stage, talk, receiver)


def test_rfc3262_4_out_of_order_is_not_acknowledged(ringing, stage, peer,
                                                    receiver):
    talk = ringing()
    first = talk.confirmed(5)
    talk.early(rseq=7)
    peer.nothing(lambda m: m.get("rack", "").startswith("7 "), 0.2)
    assert talk.confirmed(6).cseq[0] == first.cseq[0] + 1
    assert talk.confirmed(7).cseq[0] == first.cseq[0] + 2
    finish(stage, talk, receiver)


def test_rfc3262_4_each_fork_is_acknowledged(ringing, stage, peer, receiver):
    talk = ringing()
    for tag in ("one", "two"):
        talk.early(rseq=9, tag=tag)
        prack = talk.take_prack(9)
        assert prack.tag("to") == tag
        peer.answer(prack, 200, "OK")
    finish(stage, talk, receiver)


def test_rfc3262_3_nothing_reliable_where_it_was_not_offered(stage, peer,
                                                             receiver):
    """A re-INVITE of theirs, with 100rel in Supported or not: our answer is
    final and asks for no PRACK."""
    talk = stage.talk(peer, receiver)
    for extra in ([], [("Supported", "100rel")]):
        answer = talk.reinvite(describe("127.0.0.1", receiver.port),
                               extra=extra)
        assert answer.code == 200
        assert not answer.all("require") and not answer.all("rseq")
    stage.goes_on(talk, receiver)
    assert all(m.code >= 200 for m in peer.seen if m.is_response)


@pytest.mark.parametrize("rseq", ["0", "-1", "x", "4294967296", ""])
def test_unreadable_rseq_is_no_reliable_answer(ringing, stage, peer,
                                               receiver, rseq):
    talk = ringing()
    talk.early(extra=[("Require", "100rel"), ("RSeq", rseq)])
    peer.nothing("PRACK", 0.15)
    finish(stage, talk, receiver)


def test_prack_answers_its_challenge(ringing, stage, peer, receiver):
    """RFC 3261 22.2: again with the next number, of the same RSeq."""
    talk = ringing(carrier={"username": "bob", "password": "secret",
                            "realm": "r"})
    talk.early(rseq=3)
    prack = talk.take_prack(3)
    peer.answer(prack, 407, "Who", extra=[
        ("Proxy-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')])
    again = talk.take_prack(3)
    assert again.cseq[0] == prack.cseq[0] + 1
    assert 'username="bob"' in again.get("proxy-authorization")
    peer.answer(again, 200, "OK")
    finish(stage, talk, receiver)


def test_prack_by_tcp(stage, ports, stop_later, receiver):
    """By the connection of the INVITE, though the early dialog's Contact
    names it anew."""
    peer = stop_later(TcpPeer(ports.one()))
    talk = Ringing(stage, peer, receiver, carrier={"transport": "tcp"})
    assert talk.confirmed(1).get("via").startswith("SIP/2.0/TCP ")
    finish(stage, talk, receiver)
    assert len(peer.links) == 1


@pytest.mark.parametrize("code", [481, 500])
def test_refused_prack_leaves_the_call(ringing, stage, peer, receiver, code):
    talk = ringing()
    talk.early(rseq=3)
    peer.answer(talk.take_prack(3), code, "No")
    finish(stage, talk, receiver)


def test_rfc3262_5_answer_may_come_before_the_2xx(ringing, stage, peer,
                                                  receiver):
    """The SDP of a reliable 183 is the answer; the 200 has none."""
    talk = ringing()
    talk.confirmed(1, body=talk.sdp)
    talk.ok(sdp=b"")
    talk.ack()
    stage.goes_on(talk, receiver)


def test_rfc3261_13_2_1_second_answer_is_ignored(ringing, stage, peer,
                                                 receiver, new_peer):
    talk, other = ringing(), new_peer()
    talk.confirmed(1, body=talk.sdp)
    talk.ok(sdp=make_sdp("127.0.0.1", other.port))
    talk.ack()
    stage.goes_on(talk, receiver)
    assert other.read(0.01) is None


def test_2xx_without_sdp_takes_that_of_the_183(ringing, stage, receiver):
    """Not as RFC 3261 13.2.1 has it, but gateways do it."""
    talk = ringing()
    talk.early(183, body=talk.sdp)
    talk.ok(sdp=b"")
    talk.ack()
    stage.goes_on(talk, receiver)


def test_cancel_in_an_early_dialog(ringing, stage, peer):
    """9.1: the INVITE's headers, not the early dialog's."""
    talk = ringing(ring_timeout_s=1)
    talk.confirmed(1)
    cancel = peer.expect("CANCEL")
    assert cancel.uri == talk.invite.uri and not cancel.tag("to")
    peer.answer(cancel, 200, "OK")
    talk.refuse(487, "Request Terminated")
    assert stage.row(talk.request_id)["state"] == "no_answer"


# ---- RFC 3311 ---------------------------------------------------------------

def test_rfc3311_5_2_offer_without_our_answer_is_491(ringing, stage,
                                                     receiver):
    talk = ringing()
    talk.early(183, body=talk.sdp)              # unreliable: no answer yet
    assert talk.ask("UPDATE", describe("127.0.0.2", 4)).code == 491
    finish(stage, talk, receiver)


def test_rfc3311_5_2_offer_behind_a_reliable_answer(ringing, stage, peer,
                                                    receiver, new_peer):
    """The far end moves before it answers: it is played to there."""
    talk, before = ringing(), new_peer()
    talk.confirmed(1, body=make_sdp("127.0.0.1", before.port))
    answer = talk.ask("UPDATE", talk.sdp)
    assert answer.code == 200 and answer.get("contact")
    assert answer.sdp().port == talk.invite.sdp().port
    talk.ok(sdp=b"")
    talk.ack()
    stage.goes_on(talk, receiver)
    assert before.read(0.01) is None


def test_early_update_moves_the_target(ringing, stage, peer, receiver,
                                       new_peer):
    talk, moved = ringing(), new_peer()
    talk.confirmed(1)
    assert talk.ask("UPDATE", contact=moved.contact).code == 200
    talk.early(180, rseq=2, contact=peer.contact)
    prack = moved.expect("PRACK")
    assert prack.uri == moved.contact
    moved.answer(prack, 200, "OK")
    finish(stage, talk, receiver)


def test_requests_in_an_early_dialog(ringing, stage, receiver):
    talk = ringing()
    talk.confirmed(1)
    for method, code in {"OPTIONS": 200, "INFO": 200, "PRACK": 481,
                         "REFER": 403, "MESSAGE": 405, "FOO": 501}.items():
        assert talk.ask(method).code == code, method
    assert talk.ask("INFO", cseq=1).code == 500         # 12.2.2
    finish(stage, talk, receiver)


def test_bye_that_overtakes_its_200(ringing, stage, peer):
    """RFC 3261 15 forbids it, the network does it."""
    talk = ringing()
    talk.early(180)
    assert talk.bye().code == 200
    talk.ok()
    talk.ack()
    row = stage.row(talk.request_id, "completed")
    assert row["attempts"][0]["hangup_by"] == "callee"
    peer.nothing("BYE", 0.1)


def test_rfc3261_12_2_1_1_bye_of_a_fork_has_a_new_number(stage, peer,
                                                         receiver):
    """Higher than that of its last PRACK, although another fork won."""
    call = Ringing(stage, peer, receiver)
    call.confirmed(1, tag="b")
    prack = call.confirmed(2, tag="b")
    call.ok()
    call.ack()
    call.ok(tag="b")
    bye = peer.expect(lambda m: m.method == "BYE" and m.tag("to") == "b")
    assert bye.cseq[0] > prack.cseq[0]
    peer.answer(bye, 200, "OK")
    stage.goes_on(call, receiver)

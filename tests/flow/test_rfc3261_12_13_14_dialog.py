"""Where requests of a call go, its 2xx answers, changes of it, and its end
(RFC 3261 12, 13, 14, 15).

SPDX-License-Identifier: MIT
"""
import pytest

from challenge import again, ask, make
from dns_server import DnsServer
from message import token
from stage import T1, Stage, Talk, describe
from udp_peer import Answered
from waiting import until

CLIENT = {"username": "client1", "password": "password1"}
UPDATES = ("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE")


def timed(stage, peer, receiver, seconds, *extra):
    """A call in which we have to refresh the session."""
    request_id = stage.call(peer, items=3)
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    peer.answer(talk.invite, 200, "OK", to_tag=talk.tag,
                contact=peer.contact, body=talk.sdp, extra=[
                    ("Session-Expires", f"{seconds};refresher=uac"), *extra])
    talk.first_ack = talk.ack()
    return talk


# ---- 12.1.2, 12.2.1 ---------------------------------------------------------

def test_rfc3261_12_1_2_route_set_is_that_of_the_2xx(stage, peer, receiver,
                                                     new_peer):
    """Not of the 180 before it, and a repeated 2xx does not change it."""
    proxy, other = new_peer(), new_peer()
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)

    def answer(code, hop):
        peer.answer(call.invite, code, "So", to_tag=call.tag,
                    contact=peer.contact, body=call.sdp if code == 200
                    else b"", extra=[
                        ("Record-Route", f"<sip:{hop.address};lr>")])

    answer(180, other)
    answer(200, proxy)
    ack = proxy.expect("ACK")
    answer(200, other)
    assert proxy.expect("ACK").raw == ack.raw
    bye = proxy.expect("BYE", 10)
    assert bye.uri == ack.uri == peer.contact
    assert bye.all("route") == ack.all("route") == \
        [f"<sip:{proxy.address};lr>"]
    proxy.answer(bye, 200, "OK")
    stage.row(request_id, "completed")
    assert other.read(0.01) is None and not other.seen


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_rfc3261_12_2_1_2_contact_of_a_2xx_is_the_new_target(
        stage, peer, receiver, new_peer, method):
    """To a refresh of ours; what it says of the route is not learnt."""
    moved = new_peer()
    talk = timed(stage, peer, receiver, 4,
                 *([UPDATES] if method == "UPDATE" else []))
    request = peer.expect(method, 5, call_id=talk.invite.call_id)
    assert request.tag("to") == talk.tag and request.uri == peer.contact
    peer.answer(request, 200, "OK", contact=moved.contact, extra=[
        ("Session-Expires", "1800;refresher=uac"),
        ("Record-Route", "<sip:10.1.1.1;lr>")],
        body=talk.sdp if method == "INVITE" else b"")
    if method == "INVITE":
        ack = moved.expect("ACK")
        assert ack.uri == moved.contact and ack.cseq[0] == request.cseq[0]
    bye = moved.expect("BYE", 10)
    assert bye.uri == moved.contact and not bye.get("route")
    moved.answer(bye, 200, "OK")
    stage.row(talk.request_id, "completed")
    stage.heard_all(receiver.packets, 3)


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_rfc3261_12_2_2_contact_that_cannot_be_reached_is_400(
        stage, peer, receiver, method):
    """Ours is to stay able to ask, so the old target stays."""
    talk = stage.talk(peer, receiver)
    branch = "z9hG4bK" + token()
    answer = talk.ask(method, talk.sdp, branch=branch,
                      contact=peer.contact + ";transport=ws")
    assert answer.code == 400
    if method == "INVITE":
        talk.send("ACK", cseq=talk.cseq, branch=branch)
    stage.goes_on(talk, receiver)


def test_rfc3261_12_2_1_2_silence_ends_the_dialog(tmp_path, ports, stop_later,
                                                  peer, receiver):
    """No answer at all is 408; 64*T1 are 0.64 s here."""
    stage = stop_later(Stage(tmp_path / "stage", ports, "sip.t1_ms=10"))
    talk = timed(stage, peer, receiver, 6, UPDATES)
    update = peer.expect("UPDATE", 5)
    bye = talk.take_bye()
    assert 0.6 < bye.at - update.at < 0.95
    assert bye.cseq[0] == update.cseq[0] + 1
    assert stage.row(talk.request_id, "failed")["reason"] == "dialog_lost"


def test_rfc3261_12_2_1_1_cseq_rises_by_one_with_each_request(stage, peer,
                                                              receiver):
    """Those of the far end are numbers of its own."""
    talk = timed(stage, peer, receiver, 4, UPDATES)
    talk.cseq = 7000
    assert talk.ask("INFO").code == 200
    update = peer.expect("UPDATE", 5)
    peer.answer(update, 200, "OK", extra=[
        ("Session-Expires", "1800;refresher=uac")])
    bye = talk.take_bye(10)
    first = talk.invite.cseq[0]
    assert (update.cseq[0], bye.cseq[0]) == (first + 1, first + 2)
    stage.row(talk.request_id, "completed")


# ---- 13.2.2.4 ---------------------------------------------------------------

def test_rfc3261_13_2_2_4_ack_has_the_credentials_of_its_invite(stage, peer,
                                                                receiver):
    """A branch of its own, the CSeq number of the INVITE that was accepted,
    and what that one proved to a proxy and to a server."""
    request_id = stage.call(peer, carrier=CLIENT)
    first = peer.expect("INVITE")
    ask(peer, first, make(realm="proxy"), proxy=True)
    second = again(peer, first)
    ask(peer, second, make(realm="server"))
    third = again(peer, second)
    talk = Talk(peer, receiver.port, invite=third)
    talk.request_id = request_id
    talk.ok()
    ack = talk.ack()
    for name in ("authorization", "proxy-authorization"):
        assert ack.all(name) == third.all(name) and len(ack.all(name)) == 1
    assert ack.cseq == (third.cseq[0], "ACK") and ack.uri == peer.contact
    assert ack.branch not in {m.branch for m in (first, second, third)}
    assert ack.tag("to") == talk.tag and not ack.body
    assert len(ack.all("via")) == 1
    for _ in range(2):
        talk.ok()
        assert talk.ack().raw == ack.raw
    stage.goes_on(talk, receiver)


@pytest.mark.parametrize("contact,routes", [
    (";transport=ws", 0), ("", 17)])
def test_rfc3261_13_2_2_4_a_2xx_that_leads_nowhere_is_ended(
        stage, peer, receiver, contact, routes):
    """ACK and BYE go where the INVITE went."""
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)

    def answered():
        peer.answer(call.invite, 200, "OK", to_tag=call.tag, body=call.sdp,
                    contact=peer.contact + contact,
                    extra=[("Record-Route", "<sip:10.1.1.1;lr>")] * routes)
        return peer.expect("ACK")

    ack = answered()
    assert answered().raw == ack.raw
    assert ack.cseq[0] == call.invite.cseq[0]
    bye = peer.expect("BYE")
    assert bye.cseq[0] == ack.cseq[0] + 1 and not bye.get("route")
    assert bye.uri == ack.uri == call.invite.uri
    assert bye.tag("to") == call.tag
    peer.answer(bye, 200, "OK")
    row = stage.row(request_id, "failed")
    assert row["reason"].startswith("unusable_answer: its Contact")
    assert not receiver.packets


def test_rfc3261_13_2_2_4_a_2xx_behind_our_bye_is_acknowledged(stage, peer,
                                                               receiver):
    """Of a refresh that was under way when the call was hung up."""
    talk = timed(stage, peer, receiver, 4)
    refresh = peer.expect("INVITE", 5, call_id=talk.invite.call_id)
    talk.take_bye(5)
    stage.row(talk.request_id, "failed")
    for _ in range(2):
        peer.answer(refresh, 200, "OK", contact=peer.contact, body=talk.sdp)
        ack = peer.expect("ACK")
        assert ack.cseq[0] == refresh.cseq[0] and ack.uri == peer.contact


def test_rfc3261_13_2_2_4_forks_are_listened_for_64_t1(stage, peer, receiver):
    """64*T1 are 3.2 s: one that answers 2.8 s late is ACKed and ended, and
    the first one plays on."""
    talk = stage.talk(peer, receiver, items=3)
    receiver.wait_packets(140, 10)
    talk.ok(tag="late")
    ack = peer.expect("ACK", call_id=talk.invite.call_id)
    bye = peer.expect("BYE", call_id=talk.invite.call_id)
    assert ack.tag("to") == bye.tag("to") == "late"
    assert ack.cseq[0] == talk.invite.cseq[0] < bye.cseq[0]
    assert ack.branch not in (talk.first_ack.branch, bye.branch)
    peer.answer(bye, 200, "OK")
    stage.goes_on(talk, receiver, 3)


# ---- 14 ---------------------------------------------------------------------

@pytest.mark.parametrize("code", [488, 603])
def test_rfc3261_14_1_refused_reinvite_of_ours_leaves_the_session(
        stage, peer, receiver, code):
    talk = timed(stage, peer, receiver, 6)
    request = peer.expect("INVITE", 5)
    peer.answer(request, code, "No")
    ack = peer.expect("ACK")
    assert ack.branch == request.branch and ack.tag("to") == talk.tag
    stage.goes_on(talk, receiver, 3)


def test_rfc3261_14_2_refused_reinvite_leaves_the_session(stage, peer,
                                                          receiver, ports):
    """Address, codec and target stay, and what comes next may change them."""
    talk = stage.talk(peer, receiver, items=3)
    receiver.wait_packets(20, 5)
    refused = talk.reinvite(describe("127.0.0.1", ports.one(), codec="18"),
                            contact="sip:x@127.0.0.1:9")
    assert refused.code == 488
    assert talk.reinvite(talk.sdp).code == 200
    stage.goes_on(talk, receiver, 3)


# ---- 15 ---------------------------------------------------------------------

def test_rfc3261_15_1_1_bye_waits_for_the_ack(tmp_path, ports, stop_later,
                                              peer, receiver):
    """The 200 crossed our CANCEL, and the name in its Contact is still being
    looked up: first the ACK, then the BYE."""
    dns = stop_later(DnsServer(ports.one()))
    dns.a("far.example", "127.0.0.1")
    dns.behave("far.example", "held")
    stage = stop_later(Stage(tmp_path / "stage", ports,
                             f"dns.server=127.0.0.1:{dns.port}"))
    request_id = stage.call(peer, ring_timeout_s=1)
    call = Answered(peer, receiver.port)
    call.provisional()
    peer.answer(peer.expect("CANCEL"), 200, "OK")
    peer.answer(call.invite, 200, "OK", to_tag=call.tag, body=call.sdp,
                contact=f"sip:peer@far.example:{peer.port}")
    until("the name to be asked for", 5, lambda: dns.held)
    peer.nothing(lambda m: m.method in ("ACK", "BYE"), 6 * T1)
    dns.behave("far.example")
    dns.release()
    ack, bye = call.ack(), call.take_bye()
    assert peer.seen.index(ack) < peer.seen.index(bye)
    assert ack.cseq[0] == call.invite.cseq[0] < bye.cseq[0]
    stage.row(request_id, "no_answer")
    assert not receiver.packets


@pytest.mark.parametrize("acked", [True, False])
def test_rfc3261_15_1_2_bye_is_200_and_nothing_stays_pending(stage, peer,
                                                             receiver, acked):
    """What came just before it has its final answer too. Then the dialog is
    no more, and nothing is sent, least of all a BYE of ours."""
    talk = stage.talk(peer, receiver, items=3)
    receiver.wait_packets(5, 5)
    branch = "z9hG4bK" + token()
    talk.send("INVITE", describe("127.0.0.1", receiver.port), branch=branch)
    talk.send("INFO")
    talk.send("BYE")
    for method, codes in (("INVITE", (200, 487)), ("INFO", (200, 481)),
                          ("BYE", (200,))):
        assert talk.final(method).code in codes, method
    heard = len(receiver.packets)
    if acked:
        talk.send("ACK", cseq=talk.cseq - 2)
    row = stage.row(talk.request_id, "completed")
    assert row["attempts"][0]["hangup_by"] == "callee"
    assert talk.ask("INFO").code == talk.ask("BYE").code == 481
    peer.nothing(lambda m: not m.is_response, 10 * T1 if acked else 70 * T1)
    assert len(receiver.packets) <= heard + 1


def test_rfc3261_15_1_2_bye_of_no_dialog_is_481(stage, peer, receiver):
    """Call-ID and tags of a call that is over, or of none."""
    talk = stage.talk(peer, receiver)
    assert talk.ask("BYE").code == 200
    assert talk.ask("BYE").code == 481
    peer.request("BYE", "sip:x@127.0.0.1", stage.server.sip_address, token(),
                 1, "<sip:a@b>;tag=1", "<sip:c@d>;tag=2")
    assert peer.expect(481).cseq == (1, "BYE")
    stage.row(talk.request_id, "completed")

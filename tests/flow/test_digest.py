"""Challenges are answered by RFC 3261 22, 7616 and 8760, and not for ever.

SPDX-License-Identifier: MIT
"""
import pytest

import challenge
from challenge import again, ask, make, no_hash, right
from udp_peer import Answered

CLIENT = {"username": "client1", "password": "password1"}


@pytest.fixture
def placed(stage, peer):
    """placed(**fields of the carrier) -> (request's id, first INVITE)."""
    def place(**fields):
        request_id = stage.call(peer, carrier={**CLIENT, **fields})
        invite = peer.expect("INVITE")
        no_hash(invite)
        return request_id, invite
    return place


def finish(stage, peer, receiver, request_id, invite):
    """Answers it at last, and hears the prompt."""
    call = Answered(peer, receiver.port, invite=invite)
    call.ok()
    ack = call.ack()
    for name in ("authorization", "proxy-authorization"):
        assert ack.all(name) == invite.all(name)        # 22.1
    assert ack.branch != invite.branch
    assert ack.cseq[0] == invite.cseq[0]
    bye = call.take_bye(10)
    stage.row(request_id, "completed")
    stage.heard_all(receiver.packets)
    return bye


@pytest.mark.parametrize("proxy", [False, True])
def test_rfc3261_22_4_stale_nonce_is_answered_once_more(stage, peer, receiver,
                                                        placed, proxy):
    request_id, invite = placed()
    asked = ask(peer, invite, make(), proxy=proxy)
    second = again(peer, invite)
    right(second, asked, proxy=proxy)
    asked = ask(peer, second, make(stale=True), proxy=proxy)
    third = again(peer, second)
    right(third, asked, proxy=proxy)
    bye = finish(stage, peer, receiver, request_id, third)
    right(bye, asked, proxy=proxy, nc="00000002")


@pytest.mark.parametrize("stale,tries", [(False, 2), (True, 3)])
def test_rfc3261_22_2_endless_challenges_end(stage, peer, placed, stale,
                                             tries):
    """AST-2020-002: a peer that is never content, with a nonce each time."""
    request_id, request = placed()
    for _ in range(tries - 1):
        ask(peer, request, make(stale=stale))
        request = again(peer, request)
    ask(peer, request, make(stale=stale))
    row = stage.row(request_id, "failed")
    assert row["attempts"][0]["sip_code"] == 401
    peer.nothing("INVITE", 0.2)


def test_endless_realms_end(stage, peer, placed):
    request_id, request = placed()
    for n in range(3):
        ask(peer, request, make(realm=f"r{n}"), proxy=n % 2 == 1)
        request = again(peer, request)
    ask(peer, request, make(realm="last"))
    stage.row(request_id, "failed")
    peer.nothing("INVITE", 0.2)


@pytest.mark.parametrize("realm", ["evil", "TEST", "test ",
                                   'test\\", realm=\\"evil'])
@pytest.mark.parametrize("proxy", [False, True])
def test_foreign_realm_gets_no_hash(stage, peer, placed, realm, proxy):
    request_id, invite = placed(realm="test")
    ask(peer, invite, make(realm=realm), proxy=proxy)
    stage.row(request_id, "failed")
    peer.nothing("INVITE", 0.15)
    for message in peer.seen:
        no_hash(message)


UNKNOWN = {
    "algorithm": make(algorithm="SHA-512-256"), "basic": 'Basic realm="test"',
    "qop": make(qop="token"), "no-nonce": 'Digest realm="test"',
    "no-realm": 'Digest nonce="x"', "nothing": "Digest", "empty": "",
    "twice": make(more=', nonce="other"'), "open": 'Digest realm="test',
    "long": make(nonce="n" * 4000)}


@pytest.mark.parametrize("what", UNKNOWN)
def test_unknown_challenge_gets_no_hash(stage, peer, placed, what):
    request_id, invite = placed()
    ask(peer, invite, UNKNOWN[what])
    stage.row(request_id, "failed")
    peer.nothing("INVITE", 0.15)
    for message in peer.seen:
        no_hash(message)


@pytest.mark.parametrize("more", [
    dict(qop=None), dict(algorithm=None), dict(algorithm=None, qop=None),
    dict(algorithm="SHA-256"), dict(qop="auth-int"),
    dict(qop="auth-int", algorithm="SHA-256"), dict(qop="auth-int,auth"),
    dict(realm='a \\"quoted\\" realm'), dict(more=', opaque="o p=,q"'),
    dict(more=", unknown=1, domain=\"sip:x\"")], ids=str)
def test_rfc3261_22_4_challenge_is_answered_as_asked(stage, peer, placed,
                                                     more):
    """qop only when offered, auth before auth-int, whose hash has the body."""
    request_id, invite = placed()
    asked = ask(peer, invite, make(**more))
    second = again(peer, invite)
    answer = right(second, asked)
    assert second.body == invite.body
    assert answer.get("qop") == ("auth" if "auth-int,auth" == more.get("qop")
                                 else more.get("qop", "auth"))
    Answered(peer, 4000, invite=second).refuse(486, "Busy Here")
    stage.row(request_id, "busy")


@pytest.mark.parametrize("algorithms,chosen", [
    (("SHA-256", "MD5"), 0), (("MD5", "SHA-256"), 0),
    (("SHA-512-256", "SHA-256", "MD5"), 1), (("SHA-512-256", "MD5"), 1)])
def test_rfc8760_2_4_first_known_of_several_is_answered(stage, peer, placed,
                                                        algorithms, chosen):
    """RFC 8760 2.4: in the order of preference, one for a realm."""
    request_id, invite = placed()
    asked = [make(algorithm=name) for name in algorithms]
    ask(peer, invite, *asked)
    second = again(peer, invite)
    right(second, asked[chosen])
    assert len(second.all("authorization")) == 1
    Answered(peer, 4000, invite=second).refuse(486, "Busy Here")
    stage.row(request_id, "busy")


def test_rfc3261_22_3_proxy_and_server_ask_one_after_the_other(stage, peer,
                                                               receiver,
                                                               placed):
    request_id, invite = placed()
    proxys = ask(peer, invite, make(realm="proxy"), proxy=True)
    second = again(peer, invite)
    servers = ask(peer, second, make(realm="server"))
    third = again(peer, second)
    right(third, servers)
    right(third, proxys, proxy=True, nc="00000002")
    finish(stage, peer, receiver, request_id, third)


@pytest.mark.parametrize("code", [401, 407])
def test_rfc3261_22_3_proxy_and_server_ask_in_one_answer(stage, peer, receiver,
                                                         placed, code):
    """22.3: a forking proxy puts all challenges into one response."""
    request_id, invite = placed()
    servers, proxys = make(realm="server"), make(realm="proxy")
    ask(peer, invite, ("WWW-Authenticate", servers),
        ("Proxy-Authenticate", proxys), code=code)
    second = again(peer, invite)
    right(second, servers)
    right(second, proxys, proxy=True)
    finish(stage, peer, receiver, request_id, second)


def test_rfc3261_22_2_challenged_bye_is_sent_again(stage, peer, receiver):
    talk = stage.talk(peer, receiver, carrier=CLIENT)
    bye = peer.expect("BYE", 10)
    asked = ask(peer, bye, make())
    second = peer.expect("BYE")
    right(second, asked)
    assert second.cseq[0] == bye.cseq[0] + 1
    peer.answer(second, 200, "OK")
    stage.row(talk.request_id, "completed")


def test_rfc3261_22_4_nonce_is_used_again_and_counted(stage, peer):
    """nc rises, the Call-ID stays, CSeq rises by one (RFC 3261 10.2)."""
    server = stage.server
    carrier_id = server.carrier(peer.port, register=True, **CLIENT)
    request = peer.expect("REGISTER")
    assert request.uri == f"sip:127.0.0.1:{peer.port}"
    assert request.get("from").split(";")[0] == request.get("to")
    asked = ask(peer, request, make())
    seen = set()
    for n in range(1, 4):
        request = again(peer, request)
        answer = right(request, asked, nc=f"{n:08x}")
        seen.add(answer["cnonce"])
        peer.answer(request, 200, "OK", to_tag="r", extra=[
            ("Contact", request.get("contact") + ";expires=1")])
        server.wait_registration(carrier_id, "registered")
    assert len(seen) == 3
    server.delete(f"/carriers/{carrier_id}").accepted()
    gone = peer.expect(lambda m: m.get("expires") == "0")
    assert challenge.parse(gone.get("authorization"))["nc"] > "00000003"
    peer.answer(gone, 200, "OK", to_tag="r")


def test_refused_registration_shows_no_password(stage, peer):
    server = stage.server
    carrier_id = server.carrier(peer.port, register=True, realm="ours",
                                **CLIENT)
    request = peer.expect("REGISTER")
    ask(peer, request, make(realm="password1"))
    result = server.wait_registration(carrier_id, "rejected")
    assert result["last_reason"] == "foreign realm"
    assert "password1" not in str(result)
    peer.nothing("REGISTER", 0.2)

"""One account's nonces serve its registration and all of its calls, and no
hash leaves for anybody but the carrier (RFC 3261 22, 7616, 8760).

SPDX-License-Identifier: MIT
"""
import pytest

import challenge
from challenge import again, ask, make, no_hash, right
from udp_peer import Answered, UdpPeer
from waiting import stays, until

CLIENT = {"username": "client1", "password": "password1"}


class Carrier:
    """A carrier of the server's whose every move a test decides."""

    def __init__(self, stage, peer, **fields):
        self.stage, self.server, self.peer = stage, stage.server, peer
        self.id = self.server.carrier(peer.port, **{**CLIENT, **fields})

    def call(self):
        """(request's id, its INVITE)."""
        request_id = self.server.play("1", self.stage.urls[:1],
                                      carrier_id=self.id)
        return request_id, self.peer.expect("INVITE")

    def busy(self, request_id, invite):
        Answered(self.peer, 4000, invite=invite).refuse(486, "Busy Here")
        self.stage.row(request_id, "busy")

    def challenged_call(self, *asked, proxy=False):
        """A whole call that is challenged; what its challenges said."""
        request_id, invite = self.call()
        no_hash(invite)
        ask(self.peer, invite, *asked, proxy=proxy)
        self.busy(request_id, again(self.peer, invite))

    def accept(self, register, expires=600, extra=()):
        self.peer.answer(register, 200, "OK", to_tag="r", extra=[
            ("Contact", register.get("contact") + f";expires={expires}"),
            *extra])
        self.server.wait_registration(self.id, "registered")


@pytest.fixture
def carrier(stage, peer):
    return Carrier(stage, peer)


@pytest.fixture
def registering(stage, peer):
    """A carrier whose first REGISTER is on the wire."""
    return Carrier(stage, peer, register=True)


def counts(request):
    return [challenge.parse(a)["nc"] for a in request.all("authorization")]


# ---- one nonce for many requests --------------------------------------------

def test_second_call_is_not_challenged(stage, peer, receiver, carrier):
    """RFC 7616 3.4: nc counts the requests with one nonce, of all calls."""
    asked = make()
    request_id, invite = carrier.call()
    ask(peer, invite, asked)
    call = Answered(peer, receiver.port, invite=again(peer, invite))
    right(call.invite, asked)
    call.ok()
    call.ack()
    right(call.take_bye(10), asked, nc="00000002")
    stage.row(request_id, "completed")
    for n in range(3, 6):
        request_id, invite = carrier.call()
        right(invite, asked, nc=f"{n:08x}")
        carrier.busy(request_id, invite)


def test_no_two_of_many_calls_have_the_same_count(stage, peer, carrier):
    carrier.challenged_call(make())
    request_id = stage.server.post("/voice/call/play", {
        "recipients": [{"to": str(n)} for n in range(20)], "from": "me",
        "playlist": [{"play": stage.urls[0]}],
        "carrier_id": carrier.id}).accepted()["request_id"]
    seen = []
    for _ in range(20):
        invite = peer.expect("INVITE")
        seen += counts(invite)
        Answered(peer, 4000, invite=invite).refuse(486, "Busy Here")
    assert sorted(seen) == [f"{n:08x}" for n in range(2, 22)]
    stage.server.wait_done(request_id)


def test_registration_and_calls_share_a_nonce(peer, registering):
    register = peer.expect("REGISTER")
    asked = ask(peer, register, make())
    register = again(peer, register)
    right(register, asked)
    registering.accept(register)
    request_id, invite = registering.call()
    right(invite, asked, nc="00000002")
    registering.busy(request_id, invite)


def test_calls_that_a_proxy_asks_leave_the_registrars_out(peer, registering):
    """Each kind of request gets what was asked of it, and no more."""
    register = peer.expect("REGISTER")
    registrars = ask(peer, register, make(realm="registrar"))
    register = again(peer, register)
    registering.accept(register, 2)
    request_id, invite = registering.call()
    proxys = ask(peer, invite, make(realm="proxy"), proxy=True)
    invite = again(peer, invite)
    right(invite, proxys, proxy=True)
    assert not invite.all("authorization")
    registering.busy(request_id, invite)
    refresh = peer.expect("REGISTER")
    right(refresh, registrars, nc="00000003")
    assert not refresh.all("proxy-authorization")
    registering.accept(refresh)
    request_id, invite = registering.call()
    right(invite, proxys, proxy=True, nc="00000002")
    assert not invite.all("authorization")
    registering.busy(request_id, invite)


def test_rfc3261_22_3_two_realms_are_answered_before_they_ask(peer, carrier):
    """22.3: a proxy and the server behind it, in one request."""
    request_id, invite = carrier.call()
    proxys = ask(peer, invite, make(realm="proxy"), proxy=True)
    invite = again(peer, invite)
    servers = ask(peer, invite, make(realm="server"))
    invite = again(peer, invite)
    right(invite, proxys, proxy=True, nc="00000002")
    right(invite, servers)
    carrier.busy(request_id, invite)
    request_id, invite = carrier.call()
    right(invite, proxys, proxy=True, nc="00000003")
    right(invite, servers, nc="00000002")
    carrier.busy(request_id, invite)


def test_rfc3261_22_3_several_proxies_are_answered_together(peer, carrier):
    request_id, invite = carrier.call()
    asked = [make(realm=name) for name in ("outer", "inner")]
    ask(peer, invite, *asked, proxy=True)
    invite = again(peer, invite)
    for one in asked:
        right(invite, one, proxy=True)
    carrier.busy(request_id, invite)


def test_rfc8760_2_4_chosen_algorithm_stays_for_the_next(peer, carrier):
    """RFC 8760 2.4: the server's order, here SHA-256 before MD5."""
    asked = [make(algorithm="SHA-256"), make(algorithm="MD5")]
    carrier.challenged_call(*asked)
    request_id, invite = carrier.call()
    right(invite, asked[0], nc="00000002")
    assert len(invite.all("authorization")) == 1
    carrier.busy(request_id, invite)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_rfc3261_22_4_auth_int_covers_each_body(peer, carrier, algorithm):
    """Also of the INVITE that was not asked, and of the BYE without one."""
    asked = make(algorithm=algorithm, qop="auth-int")
    carrier.challenged_call(asked)
    request_id, invite = carrier.call()
    answer = right(invite, asked, nc="00000002")
    assert answer["qop"] == "auth-int" and invite.body
    carrier.busy(request_id, invite)


def test_next_nonce_is_used(peer, carrier):
    """RFC 7616 3.5: Authentication-Info names the nonce of the next one."""
    asked, following = make(), challenge.token()
    request_id, invite = carrier.call()
    ask(peer, invite, asked)
    invite = again(peer, invite)
    call = Answered(peer, 4000, invite=invite)
    peer.answer(invite, 200, "OK", to_tag=call.tag, contact=peer.contact,
                body=call.sdp, extra=[
                    ("Authentication-Info",
                     f'qop=auth, rspauth="", cnonce="", nc=00000001, '
                     f'nextnonce="{following}"')])
    call.ack()
    bye = call.take_bye(10)
    right(bye, asked.replace(challenge.parse(asked)["nonce"], following))
    carrier.server.wait_done(request_id)


# ---- a nonce that is too old ------------------------------------------------

@pytest.mark.parametrize("stale", [True, False])
def test_rfc3261_22_4_old_nonce_is_replaced(peer, carrier, stale):
    """Refused without having been asked: that is no wrong password, whether
    or not the server says stale."""
    carrier.challenged_call(make())
    request_id, invite = carrier.call()
    asked = ask(peer, invite, make(stale=stale))
    invite = again(peer, invite)
    right(invite, asked)
    carrier.busy(request_id, invite)
    request_id, invite = carrier.call()
    right(invite, asked, nc="00000002")
    carrier.busy(request_id, invite)


def test_refresh_goes_on_with_a_new_nonce(peer, registering):
    register = peer.expect("REGISTER")
    ask(peer, register, make())
    for _ in range(3):
        register = again(peer, register)
        registering.accept(register, 1)
        register = peer.expect("REGISTER")
        asked = ask(peer, register, make(stale=True))
    register = again(peer, register)
    right(register, asked)
    registering.accept(register)


def test_renamed_realm_is_followed(peer, carrier):
    """The answer for the old name does not stay in the requests."""
    carrier.challenged_call(make(realm="old"))
    request_id, invite = carrier.call()
    asked = ask(peer, invite, make(realm="new"))
    invite = again(peer, invite)
    right(invite, asked)
    assert len(invite.all("authorization")) == 1
    carrier.busy(request_id, invite)


# ---- bounded tries ----------------------------------------------------------

@pytest.mark.parametrize("stale", [True, False])
@pytest.mark.parametrize("realms", [1, 9])
def test_server_that_always_asks_sees_three_attempts(stage, peer, carrier,
                                                     stale, realms):
    carrier.challenged_call(make(realm="0"))
    request_id, invite = carrier.call()
    tries = 1
    while True:
        ask(peer, invite, make(realm=str(tries % realms), stale=stale))
        found = until("an INVITE or the end", 5, lambda: (
            peer.waiting or peer.read(0.05) or
            stage.server.report(request_id)["state"] == "done"))
        if found is True:
            break
        invite = found if found not in peer.waiting else peer.waiting.pop()
        tries += 1
        assert tries <= 3
    assert stage.row(request_id, "failed")["attempts"][0]["sip_code"] == 401


def test_registrar_that_always_asks_sees_three_attempts(peer, registering):
    register = peer.expect("REGISTER")
    for _ in range(2):
        ask(peer, register, make(stale=True))
        register = again(peer, register)
    ask(peer, register, make(stale=True))
    registering.server.wait_registration(registering.id, "rejected")
    peer.nothing("REGISTER", 0.2)


def test_new_password_is_used_at_once(peer, registering):
    register = peer.expect("REGISTER")
    asked = ask(peer, register, make())
    register = again(peer, register)
    right(register, asked)
    registering.accept(register)
    registering.server.patch(f"/carriers/{registering.id}",
                             {"password": "second"}).accepted()
    while True:
        register = peer.expect("REGISTER")
        if register.get("expires") != "0":
            break
        peer.answer(register, 200, "OK", to_tag="r")
    asked = ask(peer, register, make())
    right(again(peer, register), asked, password="second")


# ---- leaving ----------------------------------------------------------------

def test_rfc3261_10_2_2_unregister_is_authenticated(peer, registering):
    register = peer.expect("REGISTER")
    asked = ask(peer, register, make())
    register = again(peer, register)
    registering.accept(register)
    registering.server.delete(f"/carriers/{registering.id}").accepted()
    gone = peer.expect("REGISTER")
    assert gone.get("expires") == "0"
    right(gone, asked, nc="00000002")
    asked = ask(peer, gone, make(stale=True))
    gone = again(peer, gone)
    assert gone.get("expires") == "0"
    right(gone, asked)
    peer.answer(gone, 200, "OK", to_tag="r")


def test_rfc3261_22_4_quoted_realm_is_hashed_without_its_escapes(peer,
                                                                 registering):
    register = peer.expect("REGISTER")
    asked = ask(peer, register, make(realm='the \\"best\\" \\\\ realm'))
    register = again(peer, register)
    answer = right(register, asked)
    assert answer["realm"] == 'the "best" \\ realm'
    registering.accept(register)


# ---- no hash for strangers --------------------------------------------------

def lure(stage, request_id, evil, question):
    """Challenges all that comes to evil, until the call is over."""
    def over():
        message = evil.read(0.02)
        if message and message.method not in ("ACK",):
            evil.answer(message, 401, "Who Are You", to_tag="evil",
                        extra=[("WWW-Authenticate", question)])
        return stage.server.report(request_id)["state"] == "done"
    until("the call to be over", 20, over)
    evil.drain()
    return evil.seen


def redirect(peer, invite, elsewhere):
    peer.answer(invite, 302, "Moved", to_tag="x", contact=elsewhere.contact)
    peer.expect("ACK")


def test_redirection_elsewhere_gets_nothing(stage, peer, ports, stop_later,
                                            carrier):
    """CVE-2021-41158: a 302 to somebody who then asks in our realm."""
    carrier.challenged_call(make())
    request_id, invite = carrier.call()
    evil = stop_later(UdpPeer(ports.one(), "127.0.0.2"))
    redirect(peer, invite, evil)
    assert not lure(stage, request_id, evil, make())


def test_redirection_within_the_carrier_gets_no_foreign_hash(
        stage, peer, new_peer, carrier):
    """Another port of the carrier's host: asked, but it has to ask in a realm
    that the configured server has asked in."""
    carrier.challenged_call(make())
    request_id, invite = carrier.call()
    other = new_peer()
    redirect(peer, invite, other)
    for message in lure(stage, request_id, other, make(realm="evil")):
        no_hash(message)

    request_id, invite = carrier.call()
    redirect(peer, invite, other)
    invite = other.expect("INVITE")
    no_hash(invite)
    asked = ask(other, invite, make())
    invite = again(other, invite)
    right(invite, asked)
    Answered(other, 4000, invite=invite).refuse(486, "Busy Here")
    stage.row(request_id, "busy")


def test_contact_elsewhere_gets_no_hash(stage, peer, new_peer, carrier):
    """The 2xx of an authenticated INVITE sends our ACK and BYE elsewhere."""
    request_id, invite = carrier.call()
    ask(peer, invite, make())
    invite = again(peer, invite)
    evil = new_peer()
    call = Answered(peer, 4000, invite=invite)
    peer.answer(invite, 200, "OK", to_tag=call.tag, contact=evil.contact,
                body=call.sdp)
    seen = lure(stage, request_id, evil, make(realm="evil"))
    assert {m.method for m in seen} == {"ACK", "BYE"}
    for message in seen:
        no_hash(message)


def test_contact_elsewhere_may_ask_in_the_carriers_realm(stage, peer,
                                                         new_peer, carrier):
    """A carrier's other server: the answer is for its nonce only."""
    request_id, invite = carrier.call()
    ask(peer, invite, make())
    invite = again(peer, invite)
    other = new_peer()
    call = Answered(peer, 4000, invite=invite)
    peer.answer(invite, 200, "OK", to_tag=call.tag, contact=other.contact,
                body=call.sdp)
    bye = other.expect("BYE", 10)
    no_hash(bye)
    asked = ask(other, bye, make())
    second = other.expect("BYE")
    assert second.cseq[0] == bye.cseq[0] + 1
    right(second, asked)
    other.answer(second, 200, "OK")
    stage.row(request_id, "completed")


def test_no_secret_is_in_the_log(stage, peer, carrier):
    """At the loudest level, after all the tests of this file."""
    carrier.challenged_call(make())
    request_id, invite = carrier.call()
    secret = challenge.parse(invite.get("authorization"))["response"]
    carrier.busy(request_id, invite)
    assert stays(0.1, lambda: secret not in stage.server.log())
    assert "password1" not in stage.server.log()

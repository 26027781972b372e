"""Carriers register with a real registrar and tell the truth about it.

SPDX-License-Identifier: MIT
"""
import calendar
import json
import select
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import challenge
from dns_server import DnsServer
from kamailio import Kamailio
from message import response
from registrar import Registrar
from tcp_peer import TcpPeer
from udp_peer import Answered
from waiting import stays, until


@pytest.fixture
def new_registrar(tmp_path, ports, stop_later):
    def make(**more):
        return stop_later(Kamailio(tmp_path / "kamailio", ports.one(),
                                   {"client1": "password1"}, **more))
    return make


@pytest.fixture
def tcp_peer(ports, stop_later):
    return stop_later(TcpPeer(ports.one()))


def add(server, registrar, **fields):
    body = {"register": True, "username": "client1",
            "password": "password1", "name": "carrier 2"}
    body.update(fields)
    return server.carrier(registrar.port, **body)


def seconds_of(stamp):
    return calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S"))


@pytest.mark.threads
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_registers_after_a_digest_challenge(server, new_registrar,
                                            algorithm):
    registrar = new_registrar(algorithm=algorithm)
    carrier_id = add(server, registrar)
    result = server.wait_registration(carrier_id, "registered")
    assert registrar.bindings("client1")
    assert result["last_code"] == 200
    assert f"127.0.0.1:{registrar.port}" in result["server"]
    assert seconds_of(result["expires_at"]) > time.time()
    states = [entry.get("state", entry.get("sip_registration"))
              for entry in result["history"]]
    assert states[0] == "registering" and states[-1] == "registered"
    assert len(registrar.requests()) == 2   # refused once, then accepted


def test_rfc3261_10_2_4_refreshes_before_expiry(server, new_registrar):
    registrar = new_registrar(expires=6)
    carrier_id = add(server, registrar)
    server.wait_registration(carrier_id, "registered")
    always_bound = stays(14, lambda: registrar.bindings("client1"), 0.1)
    assert always_bound
    assert server.registration(carrier_id)["sip_registration"] \
        == "registered"
    calls = {line.split("ci=")[1].split()[0]
             for line in registrar.requests()}
    assert len(calls) == 1                  # RFC 3261 10.2: same Call-ID


def test_survives_a_nonce_that_went_stale(server, new_registrar):
    registrar = new_registrar(expires=4, nonce_expire=1)
    carrier_id = add(server, registrar)
    server.wait_registration(carrier_id, "registered")
    until("three refreshes", 20, lambda: len(registrar.requests()) >= 7)
    assert registrar.bindings("client1")
    assert server.registration(carrier_id)["sip_registration"] \
        == "registered"


def test_rfc3261_10_2_8_too_brief_an_expiry_is_raised(server, new_registrar):
    registrar = new_registrar(expires=600, min_expires=300)
    carrier_id = add(server, registrar, expires_s=60)
    server.wait_registration(carrier_id, "registered")
    assert registrar.bindings("client1")[0]["Expires"] > 250


@pytest.mark.slow
def test_silent_registrar_is_not_shown_as_registered(server, new_registrar):
    registrar = new_registrar(expires=5)
    carrier_id = add(server, registrar)
    result = server.wait_registration(carrier_id, "registered")
    registrar.go_silent()
    until("the binding to be past its expiry", 15,
          lambda: time.time() > seconds_of(result["expires_at"]) + 1)
    result = server.registration(carrier_id)
    assert result["sip_registration"] in ("failed", "registering",
                                          "unregistered")
    registrar.resume()
    server.wait_registration(carrier_id, "registered", 60)
    assert registrar.bindings("client1")


@pytest.mark.threads
def test_wrong_password_is_rejected_and_not_tried_again(server,
                                                        new_registrar):
    registrar = new_registrar()
    carrier_id = add(server, registrar, password="wrong")
    result = server.wait_registration(carrier_id, "rejected")
    assert result["last_code"] == 401
    assert not result["next_attempt_at"]
    tries = len(registrar.requests())
    assert tries <= 3
    assert stays(4, lambda: len(registrar.requests()) == tries, 0.1)

    server.restart()                        # rejected survives
    assert server.registration(carrier_id)["sip_registration"] == "rejected"
    assert stays(2, lambda: len(registrar.requests()) == tries, 0.1)

    server.patch(f"/carriers/{carrier_id}",
                 {"password": "password1"}).accepted()
    server.wait_registration(carrier_id, "registered")
    assert registrar.bindings("client1")


def test_challenge_without_a_password_is_rejected(server, new_registrar):
    carrier_id = add(server, new_registrar(), password=None)
    result = server.wait_registration(carrier_id, "rejected")
    assert result["last_reason"] == "no password"


def test_password_may_be_changed_on_both_sides(server, new_registrar):
    registrar = new_registrar(expires=4)
    carrier_id = add(server, registrar)
    server.wait_registration(carrier_id, "registered")
    registrar.set_password("client1", "password2")
    server.wait_registration(carrier_id, "rejected", 20)
    server.patch(f"/carriers/{carrier_id}",
                 {"password": "password2"}).accepted()
    server.wait_registration(carrier_id, "registered")


def test_rfc3261_10_2_2_deleted_carrier_is_unregistered(server, new_registrar):
    registrar = new_registrar()
    carrier_id = add(server, registrar)
    server.wait_registration(carrier_id, "registered")
    server.delete(f"/carriers/{carrier_id}").accepted()
    until("the binding to go", 5, lambda: not registrar.bindings("client1"))


def test_shutdown_unregisters(server, new_registrar):
    registrar = new_registrar()
    server.wait_registration(add(server, registrar), "registered")
    server.stop()
    assert not registrar.bindings("client1")


def test_changed_user_leaves_no_binding_behind(server, new_registrar):
    registrar = new_registrar()
    registrar.set_password("client2", "password2")
    carrier_id = add(server, registrar)
    server.wait_registration(carrier_id, "registered")
    server.patch(f"/carriers/{carrier_id}", {
        "username": "client2", "password": "password2"}).accepted()
    until("the new binding", 10, lambda: registrar.bindings("client2"))
    until("the old binding to go", 10,
          lambda: not registrar.bindings("client1"))


def test_disabled_carrier_is_not_registered(server, new_registrar):
    registrar = new_registrar()
    carrier_id = add(server, registrar)
    server.wait_registration(carrier_id, "registered")
    server.patch(f"/carriers/{carrier_id}", {"enabled": False}).accepted()
    until("the binding to go", 5, lambda: not registrar.bindings("client1"))


def test_dead_registrar_is_failed_with_a_next_attempt(server, ports):
    port = ports.one()
    carrier_id = server.carrier(port, register=True, username="u",
                                password="p")
    result = server.wait_registration(carrier_id, "failed", 40)
    assert result["last_code"] == 503
    assert result["last_reason"] == f"nobody listens at udp:127.0.0.1:{port}"
    assert seconds_of(result["next_attempt_at"]) >= time.time() - 1


def test_rfc3261_17_1_3_forged_answer_does_not_register(server, peer):
    """A 200 with a foreign branch or CSeq is nobody's answer."""
    carrier_id = server.carrier(peer.port, register=True, username="u",
                                password="p")
    request = peer.expect("REGISTER")
    via, cseq = request.get("via"), request.get("cseq")
    for old, new in ((request.branch, "z9hG4bKforged"),
                     (f"CSeq: {cseq}", "CSeq: 999 REGISTER"),
                     (f"CSeq: {cseq}", "CSeq: 1 INVITE")):
        data = response(request, 200, "OK", to_tag="x", extra=[
            ("Contact", request.get("contact") + ";expires=600")])
        forged = data.decode().replace(old, new).encode()
        assert forged != data, via
        peer.send(forged, request.source)
    assert stays(1.5, lambda: server.registration(carrier_id)[
        "sip_registration"] != "registered")


def test_realm_that_is_not_ours_gets_no_answer(server, new_registrar):
    registrar = new_registrar()
    carrier_id = add(server, registrar, realm="another.realm")
    result = server.wait_registration(carrier_id, "rejected")
    assert result["last_code"] == 401
    assert result["last_reason"].startswith("foreign realm: ")
    assert len(registrar.requests()) == 1


def bind(peer, request, expires=600, **more):
    """Grants what a REGISTER asks for."""
    extra = [("Contact", f"{request.get('contact')};expires={expires}")]
    peer.answer(request, 200, "OK", to_tag="r",
                extra=extra + list(more.pop("extra", [])), **more)


def test_log_tells_each_step_once_and_of_which_carrier(server, peer, article):
    carrier_id = server.carrier(peer.port, register=True, username="u",
                                password="p", prefix="8888")
    bind(peer, peer.expect("REGISTER"))
    server.wait_registration(carrier_id, "registered")
    request_id = server.play("123456", article.urls[:1],
                             carrier_id=carrier_id)
    call = Answered(peer, 4000)
    peer.answer(call.invite, 180, "Ringing", to_tag=call.tag)
    call.refuse(486, "Busy Here")
    server.wait_done(request_id)
    lines = [json.loads(line) for line in server.log().splitlines()
             if line.startswith("{")]
    told = [line["message"].partition(": ")[2] for line in lines
            if line["message"].startswith(f"carrier {carrier_id}: ")]
    assert told == ["created", "registering",
                    "registered at 127.0.0.1 for 600 s"]
    assert [line["message"].partition(",")[0] for line in lines
            if line.get("id") == call.invite.call_id] == [
        "call: to ****56", f"sip: INVITE to udp:127.0.0.1:{peer.port}",
        "call: 180 Ringing", "call: busy: Busy Here"]


def test_rfc3327_5_1_path_is_supported(server, peer):
    server.carrier(peer.port, register=True, username="u", password="p")
    request = peer.expect("REGISTER")
    assert "path" in request.get("supported").split(", ")


def test_rfc3608_6_1_service_route_leads_the_calls(server, peer, article):
    carrier_id = server.carrier(peer.port, register=True, username="u",
                                password="p")
    bind(peer, peer.expect("REGISTER"), extra=[
        ("Service-Route", f"<sip:{peer.address};lr>, "
         "\"P, 2\" <sip:p2.example.com;lr>"),
        ("Service-Route", "<sip:home.example.com;lr>")])
    server.wait_registration(carrier_id, "registered")
    server.play("1", article.urls[:1], carrier_id=carrier_id)
    invite = peer.expect("INVITE")
    routes = [r.strip() for v in invite.all("route") for r in v.split(",")]
    assert routes == [f"<sip:{peer.address};lr>",
                      "<sip:p2.example.com;lr>",
                      "<sip:home.example.com;lr>"]
    assert invite.uri == f"sip:1@{peer.address}"
    peer.answer(invite, 486, "Busy Here", to_tag="x")
    # RFC 3261 17.1.1.3: the ACK goes the way of its INVITE.
    assert peer.expect("ACK").all("route") == invite.all("route")


def test_unusable_service_route_is_none(server, peer, article):
    carrier_id = server.carrier(peer.port, register=True, username="u",
                                password="p")
    bind(peer, peer.expect("REGISTER"), extra=[
        ("Service-Route", "<tel:123>"), ("Service-Route", "nonsense")])
    server.wait_registration(carrier_id, "registered")
    server.play("1", article.urls[:1], carrier_id=carrier_id)
    invite = peer.expect("INVITE")
    assert not invite.all("route")
    peer.answer(invite, 486, "Busy Here", to_tag="x")


def test_rfc3261_20_33_retry_after_is_kept_to(server, peer):
    carrier_id = server.carrier(peer.port, register=True, username="u",
                                password="p")
    peer.answer(peer.expect("REGISTER"), 503, "Later", to_tag="x",
                extra=[("Retry-After", "5 (busy)")])
    result = server.wait_registration(carrier_id, "failed")
    assert result["last_code"] == 503 and result["last_reason"] == "Later"
    assert seconds_of(result["next_attempt_at"]) >= time.time() + 3.5
    first = peer.seen[0].at
    bind(peer, peer.expect("REGISTER", 10))
    assert peer.seen[-1].at - first >= 5
    server.wait_registration(carrier_id, "registered")


def tcp_registrar(server, peer, **more):
    carrier_id = server.carrier(peer.port, register=True, username="u",
                                password="p", transport="tcp", **more)
    request = peer.expect("REGISTER")
    bind(peer, request)
    return carrier_id, request


def test_rfc5626_4_5_lost_connection_registers_again(server, tcp_peer):
    carrier_id, first = tcp_registrar(server, tcp_peer)
    result = server.wait_registration(carrier_id, "registered")
    assert result["server"] == f"tcp:127.0.0.1:{tcp_peer.port}"
    assert ";transport=tcp" in first.get("contact")
    for link in tcp_peer.open_links():
        link.close()
    result = until("the loss to be shown", 5, lambda: lost(
        server.registration(carrier_id)))
    assert result["sip_registration"] == "registered"
    assert result["next_attempt_at"]
    again = tcp_peer.expect("REGISTER")
    assert again.call_id == first.call_id
    assert again.cseq[0] > first.cseq[0]
    assert len(tcp_peer.links) == 2
    bind(tcp_peer, again)
    until("it to be well again", 5, lambda: server.registration(
        carrier_id)["last_reason"] == "OK")


def lost(result):
    return result if "connection lost" in result["last_reason"] else None


def test_calls_and_pings_go_by_the_connection_of_the_binding(
        server, tcp_peer, article):
    carrier_id, _ = tcp_registrar(server, tcp_peer, options_ping_s=1)
    server.wait_registration(carrier_id, "registered")
    options = tcp_peer.expect("OPTIONS")
    tcp_peer.answer(options, 200, "OK", to_tag="x")
    server.play("1", article.urls[:1], carrier_id=carrier_id)
    invite = tcp_peer.expect("INVITE")
    tcp_peer.answer(invite, 486, "Busy Here", to_tag="x")
    tcp_peer.expect("ACK")
    assert len(tcp_peer.links) == 1
    server.delete(f"/carriers/{carrier_id}").accepted()
    gone = tcp_peer.expect("REGISTER")
    assert gone.get("expires") == "0"
    assert len(tcp_peer.links) == 1
    tcp_peer.answer(gone, 200, "OK", to_tag="x")


def test_unregister_is_authenticated_too(server, peer):
    carrier_id = server.carrier(peer.port, register=True, username="client1",
                                password="password1")
    bind(peer, peer.expect("REGISTER"))
    server.wait_registration(carrier_id, "registered")
    server.delete(f"/carriers/{carrier_id}").accepted()
    gone = peer.expect("REGISTER")
    assert gone.get("expires") == "0"
    asked = challenge.make()
    peer.answer(gone, 401, "Asked", to_tag="x",
                extra=[("WWW-Authenticate", asked)])
    again = peer.expect(lambda m: not m.is_response and
                        m.branch != gone.branch)
    assert again.get("expires") == "0"
    challenge.right(again, asked)
    peer.answer(again, 200, "OK", to_tag="x")


def test_status_names_the_call_id_of_its_registers(server, peer):
    carrier_id = server.carrier(peer.port, register=True, username="u",
                                password="p")
    request = peer.expect("REGISTER")
    assert server.registration(carrier_id)["call_id"] == request.call_id
    bind(peer, request)
    assert server.get(f"/traces/{request.call_id}").status == 200


@pytest.fixture
def many_registrar(ports, stop_later):
    return stop_later(Registrar(ports.one(), "p", 600))


def add_many(server, registrar, count):
    for n in range(count):
        server.carrier(registrar.port, register=True, username=f"u{n}",
                       password="p", name=f"carrier {n}")


def firsts(registrar, count, since=0):
    """When each user's first REGISTER came, once all are bound."""
    users = [f"u{n}" for n in range(count)]
    until("all to be bound", 10, lambda: all(
        any(s.code == 200 and s.at > since for s in registrar.seen[user])
        for user in users))
    return sorted(min(s.at for s in registrar.seen[user] if s.at > since)
                  for user in users)


def assert_spread(times):
    """10 ms apart as they were sent: 40 take 0.39 s. What is measured is
    when a busy registrar read them, so only the half is asked for."""
    assert 0.2 <= times[-1] - times[0] < 5


def test_burst_of_carriers_is_spread(server, many_registrar):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: server.carrier(
            many_registrar.port, register=True, username=f"u{n}",
            password="p", name=f"carrier {n}"), range(40)))
    times = firsts(many_registrar, 40)
    assert_spread(times)


def test_start_of_many_carriers_is_spread(server, many_registrar):
    add_many(server, many_registrar, 40)
    firsts(many_registrar, 40)
    server.kill9()
    since = time.monotonic()
    server.start()
    times = firsts(many_registrar, 40, since)
    assert_spread(times)


@pytest.fixture
def dns(ports, stop_later):
    return stop_later(DnsServer(ports.one()))


@pytest.fixture
def two_servers(dns, new_peer):
    """Two of one name, each as good as the other."""
    peers = [new_peer(), new_peer()]
    dns.a("gw.pair.example", "127.0.0.1", ttl=300)
    for peer in peers:
        dns.srv("_sip._udp.pair.example", 10, 50, peer.port,
                "gw.pair.example", ttl=300)
    return peers


@pytest.fixture
def pair(new_server, dns, two_servers):
    """A server, its carrier at the pair, who took the binding, the other."""
    server = new_server("sip.t1_ms=50", f"dns.server=127.0.0.1:{dns.port}")
    carrier_id = server.carrier(0, host="pair.example", register=True,
                                username="u", password="p", expires_s=60)
    taker = until("a REGISTER", 5, lambda: next(
        (peer for peer in two_servers if readable(peer)), None))
    bind(taker, taker.expect("REGISTER"), 12)
    server.wait_registration(carrier_id, "registered")
    other = next(peer for peer in two_servers if peer is not taker)
    return server, carrier_id, taker, other


def readable(peer):
    return select.select([peer.sock], [], [], 0)[0]


def test_all_go_to_the_server_that_accepted(pair, article):
    server, carrier_id, taker, other = pair
    assert server.registration(carrier_id)["server"] == \
        f"udp:{taker.address}"
    for _ in range(8):                  # DNS alone would take turns
        server.play("1", article.urls[:1], carrier_id=carrier_id)
        taker.answer(taker.expect("INVITE"), 486, "Busy Here", to_tag="x")
        taker.expect("ACK")
    bind(taker, taker.expect("REGISTER", 12), 12)
    server.patch(f"/carriers/{carrier_id}", {"options_ping_s": 60}).accepted()
    taker.answer(taker.expect("OPTIONS"), 200, "OK", to_tag="x")
    server.delete(f"/carriers/{carrier_id}").accepted()
    gone = taker.expect("REGISTER")
    assert gone.get("expires") == "0"
    taker.answer(gone, 200, "OK", to_tag="x")
    other.nothing(lambda m: True, 0.2)


def test_others_of_the_name_follow_when_it_fails(pair, article):
    server, carrier_id, taker, other = pair
    taker.close()
    server.play("1", article.urls[:1], carrier_id=carrier_id)
    other.answer(other.expect("INVITE"), 486, "Busy Here", to_tag="x")
    other.expect("ACK")
    bind(other, other.expect("REGISTER", 15), 60)
    until("the binding to have moved", 5, lambda: server.registration(
        carrier_id)["server"] == f"udp:{other.address}")

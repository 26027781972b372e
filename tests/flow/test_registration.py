"""Carriers register with a real registrar and tell the truth about it.

SPDX-License-Identifier: MIT
"""
import calendar
import time

import pytest

from kamailio import Kamailio
from message import response
from waiting import stays, until


@pytest.fixture
def new_registrar(tmp_path, ports, stop_later):
    def make(**more):
        return stop_later(Kamailio(tmp_path / "kamailio", ports.one(),
                                   {"client1": "password1"}, **more))
    return make


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


def test_refreshes_before_expiry(server, new_registrar):
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


def test_too_brief_an_expiry_is_raised(server, new_registrar):
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


def test_deleted_carrier_is_unregistered(server, new_registrar):
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
    carrier_id = server.carrier(ports.one(), register=True, username="u",
                                password="p")
    result = server.wait_registration(carrier_id, "failed", 40)
    assert seconds_of(result["next_attempt_at"]) >= time.time() - 1


def test_forged_answer_does_not_register(server, peer):
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
    assert server.wait_registration(carrier_id, "rejected")[
        "last_code"] == 401
    assert len(registrar.requests()) == 1

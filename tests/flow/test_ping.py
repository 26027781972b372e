"""OPTIONS tell whether a carrier is alive, and one that is not gets no calls.

SPDX-License-Identifier: MIT
"""
import challenge
import pytest

from test_registration import add, new_registrar        # noqa: F401
from waiting import stays, until


@pytest.fixture
def server(new_server):
    """64*T1 is 3.2 s."""
    return new_server("sip.t1_ms=50", "limits.carrier_wait_s=3")


def ping(server, carrier_id):
    return server.registration(carrier_id)["ping"]


def wait_ping(server, carrier_id, state, seconds=20):
    def there():
        found = ping(server, carrier_id)
        return found if found["state"] == state else None
    return until(f"the ping to be {state}", seconds, there, 0.05)


def answer_options(peer, code=200, seconds=10, **more):
    request = peer.expect("OPTIONS", seconds)
    peer.answer(request, code, "So", to_tag="x", **more)
    return request


def test_nobody_is_asked_without_the_wish(server, peer):
    carrier_id = server.carrier(peer.port)
    assert ping(server, carrier_id) == {
        "state": "off", "last_code": None, "last_reason": None, "at": None,
        "rtt_ms": None, "server": None, "call_id": None}
    peer.nothing("OPTIONS", 1)


def test_rfc3261_11_1_options_outside_a_dialog(server, peer):
    carrier_id = server.carrier(peer.port, options_ping_s=1, from_user="me")
    request = answer_options(peer)
    assert request.uri == f"sip:127.0.0.1:{peer.port}"
    assert "<sip:me@127.0.0.1>" in request.get("from")
    assert request.get("to") == "<sip:127.0.0.1>"
    assert request.get("max-forwards") == "70"
    assert request.get("accept") == "application/sdp"
    assert request.branch.startswith("z9hG4bK")
    found = wait_ping(server, carrier_id, "up")
    assert found["last_code"] == 200 and found["last_reason"] == "So"
    assert found["server"] == f"udp:127.0.0.1:{peer.port}"
    assert found["rtt_ms"] >= 0 and found["at"]
    assert found["call_id"] == request.call_id
    ladder = server.get(f"/traces/{request.call_id}").body.decode()
    assert "OPTIONS sip:" in ladder and "200 So" in ladder
    again = answer_options(peer)
    assert again.call_id != request.call_id


@pytest.mark.parametrize("code", [404, 405, 480, 500])
def test_a_refusal_is_a_sign_of_life(server, peer, code):
    carrier_id = server.carrier(peer.port, options_ping_s=1)
    answer_options(peer, code)
    assert wait_ping(server, carrier_id, "up")["last_code"] == code


def test_challenge_is_answered_and_its_nonce_used_again(server, peer):
    carrier_id = server.carrier(peer.port, options_ping_s=1,
                                username="client1", password="password1")
    asked = challenge.make()
    answer_options(peer, 401, extra=[("WWW-Authenticate", asked)])
    challenge.right(answer_options(peer), asked)
    assert wait_ping(server, carrier_id, "up")["last_code"] == 200
    challenge.right(answer_options(peer), asked, nc="00000002")


def play(server, carrier_id, article):
    return server.play("1", article.urls[:1], carrier_id=carrier_id)


def test_503_takes_no_calls_until_it_answers(server, peer, article):
    carrier_id = server.carrier(peer.port, options_ping_s=1)
    answer_options(peer, 503)
    assert ping(server, carrier_id)["state"] == "unknown"
    answer_options(peer, 503)
    found = wait_ping(server, carrier_id, "down")
    assert found["last_code"] == 503
    request_id = play(server, carrier_id, article)
    until("the reason to be shown", 5, lambda:
          f"carrier {carrier_id} says 503 So to OPTIONS"
          == server.report(request_id)["waiting_for"])
    peer.nothing("INVITE", 0.5)
    answer_options(peer)
    wait_ping(server, carrier_id, "up")
    invite = peer.expect("INVITE")
    peer.answer(invite, 486, "Busy Here", to_tag="y")
    peer.expect("ACK")
    assert server.wait_done(request_id)["recipients"][0]["state"] == "busy"


def test_what_waits_for_who_is_down_fails_in_the_end(server, ports, article):
    """RFC 3261 18.4: what ICMP says of a closed port is heard."""
    port = ports.one()                  # nobody listens
    carrier_id = server.carrier(port, options_ping_s=1)
    found = wait_ping(server, carrier_id, "down", 5)
    assert found["last_code"] == 503
    assert found["last_reason"] == f"nobody listens at udp:127.0.0.1:{port}"
    assert found["rtt_ms"] is None
    request_id = play(server, carrier_id, article)
    row = server.wait_done(request_id, 20)["recipients"][0]
    assert row["state"] == "failed"
    assert row["reason"] == (
        f"carrier_down: carrier {carrier_id} does not answer OPTIONS: "
        f"nobody listens at udp:127.0.0.1:{port}")
    down = [line for line in server.log().splitlines()
            if " is down: " in line]
    assert len(down) == 1
    assert f"carrier {carrier_id}: 127.0.0.1 is down: nobody" in down[0]


def test_silence_is_down_long_before_timer_f(server, peer):
    """Twice 8*T1 (0.4 s) and the second between, not twice 64*T1."""
    carrier_id = server.carrier(peer.port, options_ping_s=1)
    first = peer.expect("OPTIONS")
    found = wait_ping(server, carrier_id, "down", 3.2)
    assert found["last_code"] == 408
    assert found["last_reason"] == \
        f"no answer from udp:127.0.0.1:{peer.port}"
    # Repeated as RFC 3261 17.1.2.2 says, with the same branch.
    assert sum(m.branch == first.branch for m in peer.seen) >= 1


def test_change_of_the_interval_begins_anew(server, peer):
    carrier_id = server.carrier(peer.port, options_ping_s=1)
    answer_options(peer)
    wait_ping(server, carrier_id, "up")
    server.patch(f"/carriers/{carrier_id}", {"options_ping_s": 0}).accepted()
    assert ping(server, carrier_id)["state"] == "off"
    peer.drain()
    peer.nothing("OPTIONS", 1.5)
    server.patch(f"/carriers/{carrier_id}", {"options_ping_s": 1}).accepted()
    answer_options(peer)
    wait_ping(server, carrier_id, "up")
    server.patch(f"/carriers/{carrier_id}", {"enabled": False}).accepted()
    assert ping(server, carrier_id)["state"] == "off"


def test_registering_carrier_is_asked_while_registered(server,
                                                       new_registrar):  # noqa: F811
    registrar = new_registrar()
    carrier_id = add(server, registrar, options_ping_s=1)
    server.wait_registration(carrier_id, "registered")
    found = wait_ping(server, carrier_id, "up")
    assert found["server"] == f"udp:127.0.0.1:{registrar.port}"


def test_carrier_that_is_not_registered_is_not_asked(server, peer):
    carrier_id = server.carrier(peer.port, options_ping_s=1, register=True,
                                username="u", password="p")
    request = peer.expect("REGISTER")
    peer.answer(request, 403, "Forbidden", to_tag="x")
    server.wait_registration(carrier_id, "rejected")
    assert ping(server, carrier_id)["state"] == "unknown"
    assert stays(2, lambda: not any(m.method == "OPTIONS"
                                    for m in peer.seen + drained(peer)), 0.1)


def drained(peer):
    peer.drain()
    return peer.seen

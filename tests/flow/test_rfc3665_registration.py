"""The flows of RFC 3665 2: registrations. Exactly these messages pass, in this
order; ladder.py draws them.

SPDX-License-Identifier: MIT
"""
import calendar
import time

import pytest

from challenge import again, ask, make, no_hash, right
from kamailio import Kamailio
from ladder import Ladder
from waiting import until

CLIENT = {"register": True, "username": "client1", "password": "password1"}


@pytest.fixture
def peer(ports, stop_later):
    return stop_later(Ladder(ports.one()))


def grant(peer, request, expires=600, others=()):
    contacts = [request.get("contact") + f";expires={expires}", *others]
    peer.answer(request, 200, "OK", to_tag="r",
                extra=[("Contact", c) for c in contacts])


def seconds_of(stamp):
    return calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S"))


def registered(stage, peer):
    """A carrier of the peer's after flow 2.1; its id, the REGISTER that
    was accepted, and the challenge."""
    carrier_id = stage.server.carrier(peer.port, **CLIENT)
    first = peer.expect("REGISTER")
    no_hash(first)
    asked = ask(peer, first, make(more=', opaque="1"'))
    second = again(peer, first)
    right(second, asked)
    assert second.get("contact") == first.get("contact")
    return carrier_id, second, asked


def leave(stage, peer, carrier_id):
    stage.server.delete(f"/carriers/{carrier_id}").accepted()
    peer.answer(peer.expect("REGISTER"), 200, "OK", to_tag="r")


def test_rfc3665_2_1_successful_new_registration(stage, peer):
    carrier_id, request, _ = registered(stage, peer)
    assert request.uri == f"sip:127.0.0.1:{peer.port}"
    assert request.get("to") == "<sip:client1@127.0.0.1>"
    grant(peer, request)
    result = stage.server.wait_registration(carrier_id, "registered")
    assert result["last_code"] == 200
    assert peer.flow() == ["> REGISTER", "< 401", "> REGISTER", "< 200"]
    leave(stage, peer, carrier_id)


def test_rfc3665_2_1_with_a_registrar_of_others(server, tmp_path, ports,
                                                stop_later):
    """The same with Kamailio, by its own book."""
    registrar = stop_later(Kamailio(tmp_path / "kamailio", ports.one(),
                                    {"client1": "password1"}))
    carrier_id = server.carrier(registrar.port, **CLIENT)
    server.wait_registration(carrier_id, "registered")
    first, second = registrar.requests()
    assert first.split("ci=")[1].split()[0] == \
        second.split("ci=")[1].split()[0]
    assert int(second.split("cseq=")[1].split()[0]) == \
        int(first.split("cseq=")[1].split()[0]) + 1
    binding, = registrar.bindings("client1")
    assert binding["Address"].startswith("sip:client1@127.0.0.1:"
                                         f"{server.sip_port}")


def test_rfc3665_2_2_update_of_contact_list(stage, peer):
    """Our binding is renewed without being asked again, and told from those
    of others in the list."""
    carrier_id, request, asked = registered(stage, peer)
    others = ["<sip:client1@192.0.2.1>;expires=7", "<mailto:a@b>;expires=9"]
    grant(peer, request, 2, others)
    stage.server.wait_registration(carrier_id, "registered")
    renewed = peer.expect("REGISTER")
    right(renewed, asked, nc="00000002")
    assert renewed.call_id == request.call_id
    assert renewed.cseq[0] == request.cseq[0] + 1
    assert renewed.get("contact") == request.get("contact")
    grant(peer, renewed, 600, others)
    until("our own time to be shown", 5, lambda: seconds_of(
        stage.server.registration(carrier_id)["expires_at"]
        ) > time.time() + 500)
    assert peer.flow() == ["> REGISTER", "< 401", "> REGISTER", "< 200",
                           "> REGISTER", "< 200"]
    leave(stage, peer, carrier_id)


def test_rfc3665_2_4_cancellation_of_registration(stage, peer):
    carrier_id, request, asked = registered(stage, peer)
    grant(peer, request)
    stage.server.wait_registration(carrier_id, "registered")
    stage.server.delete(f"/carriers/{carrier_id}").accepted()
    gone = peer.expect("REGISTER")
    right(gone, asked, nc="00000002")
    assert gone.get("expires") == "0"
    assert gone.call_id == request.call_id
    assert gone.get("contact") == request.get("contact")
    peer.answer(gone, 200, "OK", to_tag="r")
    assert peer.flow() == ["> REGISTER", "< 401", "> REGISTER", "< 200",
                           "> REGISTER", "< 200"]


def test_rfc3665_2_5_unsuccessful_registration(stage, peer):
    """Refused a second time: the password is wrong, and nobody is asked any
    more until it is changed."""
    carrier_id, request, _ = registered(stage, peer)
    ask(peer, request, make())
    result = stage.server.wait_registration(carrier_id, "rejected")
    assert result["last_code"] == 401 and not result["next_attempt_at"]
    peer.nothing("REGISTER", 0.3)
    assert peer.flow() == ["> REGISTER", "< 401", "> REGISTER", "< 401"]

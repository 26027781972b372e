"""The article's requests, verbatim, get the answers that it shows.

SPDX-License-Identifier: MIT
"""
import re

import pytest

from carillond import Carillond
from netns import inside
from udp_peer import UdpPeer

CARRIER_1 = """{
    "name": "carrier 1",
    "host": "sip.carrier1.com",
    "protocol": "SIP",
    "prefix": "8888",
    "codecs": ["mulaw", "alaw"],
    "register": false
}"""

# As printed there: a comma after "username" with nothing behind it.
CARRIER_2_SLIP = """{
    "name": "carrier 2",
    "host": "10.2.2.22",
    "protocol": "SIP",
    "codecs": ["mulaw", "alaw", "g729", "g723"],
    "register": true,
    "username": "client1",
}"""
CARRIER_2 = CARRIER_2_SLIP.replace('"client1",', '"client1"')

# As printed there: no comma between "from" and "carrier_id".
PLAY_SLIP = """{
    "to": "123456",
    "from": "me"
    "carrier_id": "74445609",
    "playlist": [
        {"play": "http://server.domain.com/voices/hello.wav"},
        {"play": "http://server.domain.com/voices/main-message.wav"},
        {"play": "http://server.domain.com/voices/goodbye-thanks.wav"}
    ]
}"""
PLAY = PLAY_SLIP.replace('"me"\n', '"me",\n')

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_carrier_1_is_accepted_field_by_field(shared_server):
    answer = shared_server.post("/carriers", CARRIER_1)
    assert answer.status == 200
    found = answer.json
    assert found["code"] == 0
    assert found["status"] == 200
    assert found["data"] == "accepted"
    assert UUID.fullmatch(found["request_id"])
    assert re.fullmatch("[0-9a-f]{8}", found["carrier_id"])
    assert answer.headers["content-type"].startswith("application/json")


@pytest.fixture
def carrier_2(netns, stop_later):
    """The address of the article's carrier 2, in a namespace."""
    netns.move_here("10.2.2.22")
    return stop_later(inside(netns.right,
                             lambda: UdpPeer(5060, "10.2.2.22")))


@pytest.fixture
def server_beside(netns, tmp_path, ports, stop_later):
    return stop_later(Carillond(tmp_path / "server", ports,
                                host=netns.left_ip, namespace=netns.left))


CHALLENGE = ("WWW-Authenticate", 'Digest realm="carrier 2", nonce="n1", '
             'algorithm=MD5, qop="auth"')


def test_carrier_2_without_a_password_is_accepted_and_rejected(
        server_beside, carrier_2):
    """The API takes it; the carrier's challenge cannot be answered."""
    server = server_beside
    found = server.post("/carriers", CARRIER_2).accepted()
    assert re.fullmatch("[0-9a-f]{8}", found["carrier_id"])
    register = carrier_2.expect("REGISTER")
    assert register.uri == "sip:10.2.2.22"
    assert "sip:client1@10.2.2.22" in register.get("to")
    assert server.registration(found["carrier_id"])[
        "sip_registration"] == "registering"
    carrier_2.answer(register, 401, "Unauthorized", to_tag="c",
                     extra=[CHALLENGE])
    result = server.wait_registration(found["carrier_id"], "rejected")
    assert result["last_reason"] == "no password"
    carrier_2.nothing("REGISTER", 1)


def test_carrier_2_with_its_password_registers(server_beside, carrier_2):
    server = server_beside
    body = CARRIER_2.replace('"client1"',
                             '"client1", "password": "password1"')
    found = server.post("/carriers", body).accepted()
    first = carrier_2.expect("REGISTER")
    carrier_2.answer(first, 401, "Unauthorized", to_tag="c",
                     extra=[CHALLENGE])
    second = carrier_2.expect(
        lambda m: m.method == "REGISTER" and m.cseq > first.cseq)
    value = second.get("authorization")
    assert 'username="client1"' in value and 'uri="sip:10.2.2.22"' in value
    assert "nc=00000001" in value and second.call_id == first.call_id
    carrier_2.answer(second, 200, "OK", to_tag="c", extra=[
        ("Contact", second.get("contact") + ";expires=600")])
    result = server.wait_registration(found["carrier_id"], "registered")
    assert result["expires_at"]


def test_status_of_a_carrier_has_the_registration(shared_server):
    made = shared_server.post("/carriers", CARRIER_1).accepted()
    answer = shared_server.get(f"/status/carrier/{made['carrier_id']}")
    found = answer.accepted()
    assert found["request_id"] == made["request_id"]
    assert found["result"]["sip_registration"] == "not_required"


def place(slip, after):
    """(line, column) of what stands where something else was expected."""
    index = slip.index(after) + len(after)
    while slip[index].isspace():
        index += 1
    line = slip.count("\n", 0, index) + 1
    return line, index - slip.rfind("\n", 0, index)


@pytest.mark.parametrize("path,body,after,expected", [
    ("/carriers", CARRIER_2_SLIP, '"client1",', ("name", "string", '"')),
    ("/voice/call/play", PLAY_SLIP, '"me"', (",", "comma")),
])
def test_broken_json_says_where_and_what(shared_server, path, body, after,
                                         expected):
    answer = shared_server.post(path, body)
    answer.rejected(400)
    line, column = place(body, after)
    detail = answer.details().lower()
    assert re.search(rf"\bline {line}\b", detail), detail
    at = re.search(r"\bcolumn (\d+)", detail)
    assert at and int(at[1]) == column, (detail, column)
    assert any(word in detail for word in expected), detail
    assert "expect" in detail, detail


def test_corrected_call_with_a_foreign_carrier_is_refused(shared_server):
    shared_server.post("/voice/call/play", PLAY).rejected(
        422, "/carrier_id")


def test_corrected_call_is_accepted_and_reported(server, article, peer):
    carrier_id = server.carrier(peer.port)
    body = PLAY.replace("74445609", carrier_id).replace(
        "http://server.domain.com/voices/", article.files.url(""))
    found = server.post("/voice/call/play", body).accepted()
    assert set(found) >= {"code", "status", "data", "request_id"}
    answer = server.get(f"/voice/call/status/{found['request_id']}")
    status = answer.accepted()
    assert status["request_id"] == found["request_id"]
    report = status["report"]
    assert report["id"] == found["request_id"]
    assert set(report["totals"]) == {
        "recipients", "queued", "calling", "answered", "completed", "busy",
        "no_answer", "failed", "canceled", "unknown"}
    assert report["totals"]["recipients"] == 1
    invite = peer.expect("INVITE")
    assert invite.uri.startswith("sip:123456@127.0.0.1")
    peer.answer(invite, 486, "Busy Here", to_tag="b")
    peer.expect("ACK")
    row = server.wait_done(found["request_id"])["recipients"][0]
    assert row["to"] == "123456" and row["state"] == "busy"
    attempt = row["attempts"][0]
    assert set(attempt) >= {
        "carrier_id", "codec", "started_at", "ringing_at", "answered_at",
        "ended_at", "duration_s", "sip_code", "sip_reason", "q850_cause",
        "hangup_by", "played", "rtp", "route"}

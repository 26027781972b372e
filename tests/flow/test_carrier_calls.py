"""What a carrier's fields do to the calls that go through it, on the wire.

SPDX-License-Identifier: MIT
"""
import pytest

from message import response, token
from tcp_peer import TcpPeer


@pytest.fixture
def invite(stage, new_peer):
    """invite(to="...", name=value...) is what reaches the far end."""
    def of(to="0049301234", job=None, **fields):
        peer = new_peer()
        carrier_id = stage.server.carrier(peer.port, **fields)
        of.request_id = stage.server.play(to, stage.urls[:1],
                                          carrier_id=carrier_id,
                                          **(job or {}))
        request = peer.expect("INVITE")
        peer.answer(request, 486, "Busy Here", to_tag=token())
        peer.expect("ACK")
        return request
    return of


def number(request):
    return request.uri.partition(":")[2].partition("@")[0]


@pytest.mark.parametrize("to,fields,dialled", [
    ("123456", {}, "123456"),
    ("+49301234", {}, "+49301234"),
    ("+49301234", {"number_format": "plain"}, "49301234"),
    ("49301234", {"number_format": "e164"}, "+49301234"),
    ("0049301234", {"strip": 2, "number_format": "e164"}, "+49301234"),
    ("0049301234", {"strip": 2, "number_format": "e164", "prefix": "8888"},
     "8888+49301234"),
    ("+49301234", {"strip": 2, "prefix": "0"}, "0301234"),
    ("+49301234", {"prefix": "+1"}, "+149301234"),
    ("*100#", {"number_format": "e164"}, "*100%23")])
def test_number_is_stripped_formatted_and_prefixed(invite, to, fields,
                                                   dialled):
    request = invite(to, **fields)
    assert number(request) == dialled
    assert f"sip:{dialled}@" in request.get("to")


def test_number_that_strip_uses_up_fails(stage, new_peer):
    peer = new_peer()
    carrier_id = stage.server.carrier(peer.port, strip=3)
    request_id = stage.server.play("123", stage.urls[:1],
                                   carrier_id=carrier_id)
    row = stage.row(request_id, "failed")
    assert row["reason"] == "number_too_short"
    peer.nothing("INVITE", 0.3)


def test_headers_are_added_to_the_invite(invite):
    request = invite(headers={"X-Account": "4711; a=\"b, c\"",
                              "Subject": "zw\u00f6lf",
                              "P-Asserted-Identity": "<sip:1@example.com>"})
    assert request.all("x-account") == ["4711; a=\"b, c\""]
    assert request.all("subject") == ["zw\u00f6lf"]
    assert request.all("p-asserted-identity") == ["<sip:1@example.com>"]


def test_headers_are_in_the_repeated_invite_too(stage, new_peer):
    peer = new_peer()
    carrier_id = stage.server.carrier(
        peer.port, headers={"X-Account": "1"}, username="client1",
        password="password1")
    stage.server.play("1", stage.urls[:1], carrier_id=carrier_id)
    request = peer.expect("INVITE")
    peer.answer(request, 407, "Asked", to_tag="x", extra=[
        ("Proxy-Authenticate", f'Digest realm="r", nonce="{token()}"')])
    peer.expect("ACK")
    again = peer.expect("INVITE")
    assert again.get("proxy-authorization")
    assert again.all("x-account") == ["1"]
    peer.answer(again, 486, "Busy Here", to_tag="y")


def test_display_name_is_the_jobs(invite):
    request = invite(job={"from_name": "The \"Sh\u00f6p\" \\ 1"})
    name, _, uri = request.get("from").rpartition(" <")
    assert name == '"The \\"Sh\u00f6p\\" \\\\ 1"'
    assert uri.startswith("sip:me@")
    assert request.get("from").count("<") == 1
    assert "\"" not in invite().get("from")


def test_display_name_is_of_one_caller(stage, new_peer):
    """It does not go with the number of another one."""
    peer = new_peer()
    carrier_id = stage.server.carrier(peer.port)
    stage.server.post("/voice/call/play", {
        "from": "me", "from_name": "Me", "carrier_id": carrier_id,
        "recipients": [{"to": "1"}, {"to": "2", "from": "me"},
                       {"to": "3", "from": "you"},
                       {"to": "4", "from": "you", "from_name": "You"}],
        "playlist": [{"play": stage.urls[0]}]}).accepted()
    seen = {}
    for _ in range(4):
        request = peer.expect(lambda m: m.method == "INVITE"
                              and number(m) not in seen)
        seen[number(request)] = request.get("from").partition("<")[0].strip()
        peer.answer(request, 486, "Busy Here", to_tag=token())
    assert seen == {"1": '"Me"', "2": '"Me"', "3": "", "4": '"You"'}


@pytest.mark.parametrize("value", [7, "a\r\nb", "x" * 65, ""])
def test_wrong_display_name_is_named(stage, value):
    answer = stage.server.post("/voice/call/play", {
        "to": "sip:a@127.0.0.1", "from_name": value,
        "playlist": [{"play": stage.urls[0]}]})
    answer.rejected(422, "/from_name")


def test_caller_is_in_from_alone(invite):
    request = invite()
    assert "<sip:me@127.0.0.1>" in request.get("from")
    assert not request.get("p-asserted-identity")
    assert not request.get("privacy")


def test_rfc3325_9_1_caller_is_asserted(invite):
    request = invite(caller_id="p_asserted_identity")
    assert "<sip:me@127.0.0.1>" in request.get("from")
    assert "<sip:me@127.0.0.1>" in request.get("p-asserted-identity")
    assert not request.get("privacy")


@pytest.mark.parametrize("caller_id", ["p_asserted_identity", "privacy"])
def test_rfc3325_9_1_nobody_is_not_asserted(invite, caller_id):
    request = invite(caller_id=caller_id, job={"from": None})
    assert not request.get("p-asserted-identity")
    assert bool(request.get("privacy")) == (caller_id == "privacy")


def test_rfc3323_4_1_caller_is_private(invite):
    request = invite(caller_id="privacy", job={"from_name": "Secret"})
    assert request.get("from").startswith(
        '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=')
    assert "<sip:me@127.0.0.1>" in request.get("p-asserted-identity")
    assert request.get("privacy") == "id"
    assert "me@" not in request.get("contact")
    assert "Secret" not in request.get("from")


def test_rfc4028_7_1_session_timer_is_asked_for(invite):
    assert not invite().get("session-expires")
    request = invite(session_expires_s=1800)
    assert request.get("session-expires").split(";")[0] == "1800"
    assert "timer" in request.get("supported")


def test_outbound_proxy_by_tcp(stage, ports, stop_later):
    peer = stop_later(TcpPeer(ports.one()))
    carrier_id = stage.server.carrier(
        9, host="sip.carrier.invalid",
        outbound_proxy=f"sip:127.0.0.1:{peer.port};transport=tcp;lr")
    stage.server.play("1", stage.urls[:1], carrier_id=carrier_id)
    request = peer.expect("INVITE")
    assert request.uri == "sip:1@sip.carrier.invalid:9"
    assert request.get("via").startswith("SIP/2.0/TCP ")
    assert ";transport=tcp" in request.get("contact")
    peer.answer(request, 486, "Busy Here", to_tag="x")
    peer.expect("ACK")


@pytest.mark.parametrize("transport", ["auto", "udp"])
def test_address_with_port_is_called_by_udp(invite, transport):
    request = invite(transport=transport)
    assert request.get("via").startswith("SIP/2.0/UDP ")


def test_calls_share_a_tcp_connection(stage, ports, stop_later):
    peer = stop_later(TcpPeer(ports.one()))
    carrier_id = stage.server.carrier(peer.port, transport="tcp")
    for _ in range(3):
        stage.server.play("1", stage.urls[:1], carrier_id=carrier_id)
        request = peer.expect("INVITE")
        peer.send(response(request, 486, "Busy Here", to_tag="x"),
                  request.source)
        peer.expect("ACK")
    assert len(peer.links) == 1

"""What a carrier's fields hold, in JSON in and out, and over a restart; wrong
values are named by their field.

SPDX-License-Identifier: MIT
"""
import pytest

from carillond import ROOT
from test_carriers import BODY, carrier_of, make

FIELDS = {"transport": "tls", "strip": 2, "number_format": "e164",
          "options_ping_s": 30, "caller_id": "p_asserted_identity",
          "headers": {"X-Zulu": "1; a=\"b\"", "X-Alpha": "zw\u00f6lf"},
          "session_expires_s": 1800, "ptime": 30, "srtp": "optional",
          "dtmf": "inband", "symmetric_rtp": True,
          "outbound_proxy": "sip:127.0.0.1:5;transport=tls;lr"}
DEFAULTS = {"transport": "auto", "strip": 0, "number_format": "as_is",
            "options_ping_s": 0, "caller_id": "from", "headers": {},
            "session_expires_s": 0, "ptime": 0, "srtp": "off",
            "dtmf": "auto", "symmetric_rtp": False, "outbound_proxy": None}


def fields_of(server, path):
    carrier = carrier_of(server.get(path))
    return {name: carrier[name] for name in FIELDS}


def test_each_field_has_its_default(shared_server):
    path = f"/carriers/{make(shared_server)}"
    assert fields_of(shared_server, path) == DEFAULTS


def test_each_field_outlives_the_process(server):
    path = f"/carriers/{make(server, enabled=False, **FIELDS)}"
    assert fields_of(server, path) == FIELDS
    server.restart()
    assert fields_of(server, path) == FIELDS
    assert list(carrier_of(server.get(path))["headers"]) \
        == list(FIELDS["headers"])      # in their order


@pytest.mark.parametrize("field", FIELDS)
def test_patch_sets_one_and_put_resets_all(shared_server, field):
    path = f"/carriers/{make(shared_server, enabled=False)}"
    shared_server.patch(path, {field: FIELDS[field]}).accepted()
    assert fields_of(shared_server, path) \
        == dict(DEFAULTS, **{field: FIELDS[field]})
    shared_server.put(path, dict(BODY, enabled=False)).accepted()
    assert fields_of(shared_server, path) == DEFAULTS
    shared_server.put(path, dict(BODY, enabled=False, **FIELDS)).accepted()
    assert fields_of(shared_server, path) == FIELDS


@pytest.mark.parametrize("field", ["strip", "options_ping_s", "headers",
                                   "session_expires_s", "ptime",
                                   "outbound_proxy"])
def test_null_resets_what_may_be_empty(shared_server, field):
    path = f"/carriers/{make(shared_server, enabled=False, **FIELDS)}"
    shared_server.patch(path, {field: None}).accepted()
    assert fields_of(shared_server, path) \
        == dict(FIELDS, **{field: DEFAULTS[field]})


@pytest.mark.parametrize("field,value", [
    ("transport", "sctp"), ("transport", "UDP"), ("transport", ""),
    ("transport", None), ("transport", 5), ("strip", -1), ("strip", 32),
    ("strip", "2"), ("strip", 1.5), ("number_format", "national"),
    ("number_format", None), ("number_format", True),
    ("options_ping_s", -1), ("options_ping_s", 3601),
    ("options_ping_s", "30"), ("caller_id", "pai"), ("caller_id", None),
    ("session_expires_s", 1), ("session_expires_s", 89),
    ("session_expires_s", 86401), ("session_expires_s", "90"),
    ("ptime", 5), ("ptime", 61), ("ptime", "20"), ("srtp", "sdes"),
    ("srtp", None), ("dtmf", "info"), ("dtmf", None),
    ("symmetric_rtp", "yes"),
    ("headers", []), ("headers", "X-A: b"), ("headers", ["X-A: b"]),
    ("outbound_proxy", "proxy;transport=sctp"),
    ("outbound_proxy", "proxy;maddr=192.0.2.1"),
    ("outbound_proxy", "sips:proxy"), ("outbound_proxy", "a@proxy"),
    ("outbound_proxy", "proxy;;lr"), ("outbound_proxy", "proxy\r\nVia: x"),
    ("outbound_proxy", "proxy?X=y")])
def test_wrong_value_is_named(shared_server, field, value):
    answer = shared_server.post("/carriers", dict(BODY, **{field: value}))
    answer.rejected(422, f"/{field}")


@pytest.mark.parametrize("name,value", [
    ("X-A", 1), ("X-A", None), ("X-A", ""), ("X-A", "  "),
    ("X-A", "a\r\nVia: b"), ("X-A", "a\nb"), ("X-A", "a\0b"),
    ("X-A", "a\x7f"), ("X-A", "x" * 160), ("X A", "b"), ("X:A", "b"),
    ("", "b"), ("X-A\r\nY", "b"), ("\u00e4", "b"), ("x" * 40, "b"),
    ("Via", "b"), ("from", "b"), ("To", "b"), ("Call-ID", "b"),
    ("CSeq", "1"), ("Contact", "<sip:a@b>"), ("Route", "<sip:a>"),
    ("record-route", "<sip:a>"), ("Max-Forwards", "1"),
    ("Content-Type", "a/b"), ("Content-Length", "5"),
    ("Authorization", "b"), ("Proxy-Authorization", "b"),
    ("Supported", "b"), ("Require", "b"), ("v", "b"), ("l", "5")])
def test_wrong_header_is_named(shared_server, name, value):
    answer = shared_server.post("/carriers", dict(
        BODY, headers={"X-Good": "1", name: value}))
    if "\0" in value if isinstance(value, str) else False:
        assert answer.status in (400, 422)      # no JSON parser takes it
    else:
        answer.rejected(422, f"/headers/{name}")


def test_nine_headers_are_one_too_many(shared_server):
    headers = {f"X-{n}": "1" for n in range(8)}
    make(shared_server, headers=headers)
    shared_server.post("/carriers", dict(
        BODY, headers=dict(headers, **{"X-8": "1"}))).rejected(
            422, "/headers/X-8")


def test_rfc7396_headers_are_patched_one_by_one(shared_server):
    path = f"/carriers/{make(shared_server, headers={'X-A': '1', 'X-B': '2'})}"
    merge = {"content_type": "application/merge-patch+json"}

    def patched(value, **headers):
        shared_server.patch(path, {"headers": value}, **headers).accepted()
        return carrier_of(shared_server.get(path))["headers"]

    assert patched({"X-C": "3"}, **merge) == {
        "X-A": "1", "X-B": "2", "X-C": "3"}
    assert patched({"X-B": None, "X-Z": None}) == {"X-A": "1", "X-C": "3"}
    assert patched({"x-a": "9"}) == {"x-a": "9", "X-C": "3"}
    assert patched({}) == {"x-a": "9", "X-C": "3"}
    shared_server.patch(path, {"headers": {"Via": "x"}}).rejected(
        422, "/headers/Via")
    shared_server.patch(path, {"headers": {"X-D": "1", "x-d": "2"}}).rejected(
        422, "/headers/x-d")
    assert patched(None, **merge) == {}


def test_header_stands_once_in_any_case(shared_server):
    shared_server.post("/carriers", dict(
        BODY, headers={"X-A": "1", "x-a": "2"})).rejected(
            422, "/headers/x-a")


@pytest.mark.parametrize("name", ["P-Asserted-Identity", "privacy"])
def test_caller_is_named_by_one_of_the_two(shared_server, name):
    headers = {name: "id"}
    path = f"/carriers/{make(shared_server, headers=headers)}"
    shared_server.patch(path, {"caller_id": "privacy"}).rejected(
        422, f"/headers/{name}")


@pytest.mark.parametrize("host", [
    "0.0.0.0", "::", "[::]", "255.255.255.255", "224.0.0.1", "ff02::1"])
def test_address_of_no_single_host_is_refused(shared_server, host):
    shared_server.post("/carriers", dict(BODY, host=host)).rejected(
        422, "/host")
    shared_server.post("/carriers", dict(
        BODY, outbound_proxy=host)).rejected(422, "/outbound_proxy")


def test_final_dot_is_dropped(shared_server):
    path = f"/carriers/{make(shared_server, host='sip.example.')}"
    assert carrier_of(shared_server.get(path))["host"] == "sip.example"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_tls_is_not_undone_by_the_proxy(shared_server, transport):
    answer = shared_server.post("/carriers", dict(
        BODY, transport="tls",
        outbound_proxy=f"127.0.0.1;transport={transport}"))
    answer.rejected(422)
    assert set(answer.pointers()) == {"/transport", "/outbound_proxy"}


def test_two_pluses_are_refused(shared_server):
    shared_server.post("/carriers", dict(
        BODY, prefix="+1", number_format="e164")).rejected(422, "/prefix")


def test_what_is_wrong_says_what_is_right(shared_server):
    def detail(**fields):
        answer = shared_server.post("/carriers", dict(BODY, **fields))
        answer.rejected(422)
        return answer.json["error"]["detail"]

    assert "mulaw, alaw, g729, g723, g722, opus; did you mean \"mulaw\"?" \
        in detail(codecs=["pcmu"])
    assert "at most 8" in detail(headers={f"X-{n}": "1" for n in range(9)})
    assert "at most 159" in detail(headers={"X-A": "x" * 160})
    assert f"udp:127.0.0.1:{shared_server.sip_port}" \
        in detail(listen="udp:192.0.2.9:5060")
    assert detail(protocol="sip") == "must be \"SIP\""
    assert "of answers or of proxies" in detail(headers={"Warning": "x"})
    assert "without user, port" in detail(from_domain="a@b")


def test_stale_put_says_so(shared_server):
    path = f"/carriers/{make(shared_server)}"
    got = carrier_of(shared_server.get(path))
    shared_server.patch(path, {"name": "new"}).accepted()
    answer = shared_server.put(path, got)
    answer.rejected(422, "/version")
    assert [e["detail"] for e in answer.json["errors"]] \
        == ["is 1, the carrier is at 2: GET it again"]


def test_openapi_describes_each_field(shared_server):
    schemas = shared_server.get("/openapi.json").json["components"]["schemas"]
    path = f"/carriers/{make(shared_server)}"
    carrier = carrier_of(shared_server.get(path))
    given = {"carrier_id", "version", "created_at", "updated_at",
             "password_set", "request_id"}
    assert set(carrier) == set(schemas["Carrier"]["properties"])
    for name in ("CarrierInput", "CarrierPatch"):
        described = set(schemas[name]["properties"])
        assert set(carrier) - given == described - {"password"} - given
    for name, value in DEFAULTS.items():
        described = schemas["CarrierInput"]["properties"][name]
        assert described.get("default") == value, name


def test_api_md_names_each_field(shared_server):
    text = (ROOT / "docs/API.md").read_text()
    carrier = carrier_of(shared_server.get(
        f"/carriers/{make(shared_server)}"))
    for name in carrier:
        assert f"`{name}`" in text, name

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
          "session_expires_s": 1800,
          "outbound_proxy": "sip:127.0.0.1:5;transport=tcp;lr"}
DEFAULTS = {"transport": "auto", "strip": 0, "number_format": "as_is",
            "options_ping_s": 0, "caller_id": "from", "headers": {},
            "session_expires_s": 0, "outbound_proxy": None}


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
                                   "session_expires_s", "outbound_proxy"])
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

"""Carriers are made, read, changed and deleted, and outlive the process.

SPDX-License-Identifier: MIT
"""
import re

import pytest

BODY = {"name": "carrier 1", "host": "sip.carrier1.com", "protocol": "SIP",
        "prefix": "8888", "codecs": ["mulaw", "alaw"], "register": False}


def carrier_of(answer):
    """The carrier's fields, at the top of the envelope or inside."""
    found = answer.accepted()
    return found.get("carrier", found.get("result", found))


def make(server, **fields):
    return server.post("/carriers",
                       dict(BODY, **fields)).accepted()["carrier_id"]


def test_carrier_id_is_eight_hex_digits(shared_server):
    assert re.fullmatch("[0-9a-f]{8}", make(shared_server))


def test_carrier_reads_back_as_written(shared_server):
    carrier_id = make(shared_server, max_channels=7, port=5070)
    carrier = carrier_of(shared_server.get(f"/carriers/{carrier_id}"))
    assert carrier["carrier_id"] == carrier_id
    for name, value in dict(BODY, max_channels=7, port=5070).items():
        assert carrier[name] == value, name


def test_names_may_repeat_and_ids_do_not(shared_server):
    assert make(shared_server) != make(shared_server)


def test_put_replaces_and_patch_keeps(shared_server):
    carrier_id = make(shared_server, max_channels=7)
    path = f"/carriers/{carrier_id}"
    shared_server.patch(path, {"name": "new"}).accepted()
    carrier = carrier_of(shared_server.get(path))
    assert carrier["name"] == "new" and carrier["max_channels"] == 7
    shared_server.put(path, BODY).accepted()
    carrier = carrier_of(shared_server.get(path))
    assert carrier["name"] == "carrier 1"
    assert carrier.get("max_channels") in (None, 0)


def test_deleted_carrier_is_gone(shared_server):
    path = f"/carriers/{make(shared_server)}"
    shared_server.delete(path).accepted()
    shared_server.get(path).rejected(404)
    shared_server.delete(path).rejected(404)
    shared_server.put(path, BODY).rejected(404)


def test_list_pages_by_cursor(server):
    made = {make(server, name=f"carrier {n}") for n in range(5)}
    seen, path, pages = [], "/carriers?limit=2", 0
    while path:
        found = server.get(path).accepted()
        items = found.get("carriers", found.get("result"))
        assert len(items) <= 2
        seen += [item["carrier_id"] for item in items]
        cursor, pages = found.get("next"), pages + 1
        path = f"/carriers?limit=2&cursor={cursor}" if cursor else None
        assert pages < 9
    assert len(seen) == 5 and set(seen) == made


def test_etag_guards_against_lost_updates(shared_server):
    path = f"/carriers/{make(shared_server)}"
    etag = shared_server.get(path).headers["etag"]
    shared_server.patch(path, {"name": "a"}, if_match=etag).accepted()
    answer = shared_server.patch(path, {"name": "b"}, if_match=etag)
    answer.rejected(412)
    assert carrier_of(shared_server.get(path))["name"] == "a"
    assert shared_server.get(path).headers["etag"] != etag
    shared_server.delete(path, if_match=etag).rejected(412)


def test_password_is_never_shown(server):
    secret = "pass-word-never-shown-417"
    carrier_id = make(server, username="client1", password=secret)
    path = f"/carriers/{carrier_id}"
    for answer in (server.get(path), server.get("/carriers"),
                   server.get(f"/status/carrier/{carrier_id}"),
                   server.patch(path, {"name": "x"}),
                   server.put(path, dict(BODY, username="client1"))):
        answer.accepted()
        assert secret.encode() not in answer.body
    assert "password" not in carrier_of(server.get(path))
    server.post("/carriers", dict(BODY, password=secret, nmae="typo")
                ).rejected(422)
    server.stop()
    assert secret not in server.log()


def test_carriers_outlive_the_process(server):
    kept = make(server, name="kept", username="u", password="p",
                expires_s=77)
    gone = make(server, name="gone")
    server.delete(f"/carriers/{gone}").accepted()
    before = carrier_of(server.get(f"/carriers/{kept}"))
    server.restart()
    after = carrier_of(server.get(f"/carriers/{kept}"))
    for answer in (before, after):
        answer.pop("request_id", None)
    assert after == before
    server.get(f"/carriers/{gone}").rejected(404)


def test_status_names_the_request_that_made_it(shared_server):
    made = shared_server.post("/carriers", BODY).accepted()
    status = shared_server.get(f"/status/carrier/{made['carrier_id']}")
    assert status.accepted()["request_id"] == made["request_id"]
    assert status.headers["x-request-id"] != made["request_id"]


def test_carrier_that_does_not_register_says_so(shared_server):
    result = shared_server.registration(make(shared_server))
    assert result["sip_registration"] == "not_required"


@pytest.mark.parametrize("field,value", [
    ("name", 5), ("name", None), ("host", ""), ("host", "a b"),
    ("host", "x;maddr=1.2.3.4"), ("host", "x@evil.example"),
    ("host", "x?H=1"), ("host", "x>y"), ("host", "x\r\nVia: y"),
    ("host", "x\0y"), ("port", 65536), ("port", "5060"),
    ("prefix", "88;8"), ("prefix", "8@8"), ("prefix", "8\r\n8"),
    ("prefix", 8888), ("protocol", "H323"), ("codecs", []),
    ("codecs", "mulaw"), ("codecs", ["speex-of-nobody"]),
    ("codecs", ["mulaw", "mulaw"]), ("register", "yes"), ("register", 1),
    ("username", "a\r\nb"), ("username", "a\0b"), ("max_channels", -1),
    ("max_cps", -1), ("expires_s", -1), ("expires_s", 1.5)])
def test_wrong_field_is_named(shared_server, field, value):
    answer = shared_server.post("/carriers", dict(BODY, **{field: value}))
    found = answer.rejected(422)
    assert any(p and p.startswith(f"/{field}") for p in answer.pointers()), \
        found


@pytest.mark.parametrize("field", ["name", "host", "codecs"])
def test_missing_field_is_named(shared_server, field):
    body = {k: v for k, v in BODY.items() if k != field}
    shared_server.post("/carriers", body).rejected(422, f"/{field}")


def test_all_wrong_fields_are_reported_at_once(shared_server):
    answer = shared_server.post("/carriers", {
        "name": 1, "host": "a b", "codecs": ["mulaw", "nocodec"],
        "register": "x", "hots": "y"})
    answer.rejected(422)
    pointers = set(answer.pointers())
    assert {"/name", "/host", "/codecs/1", "/register", "/hots"} <= pointers


def test_unknown_field_names_the_nearest(shared_server):
    answer = shared_server.post("/carriers", dict(BODY, regsiter=True))
    answer.rejected(422, "/regsiter")
    assert "register" in answer.details()


def test_known_codec_that_is_not_loaded_is_a_warning(shared_server):
    loaded = shared_server.get("/plugins").body.decode()
    answer = shared_server.post("/carriers", dict(
        BODY, codecs=["mulaw", "alaw", "g729", "g723"])).accepted()
    for codec in ("g729", "g723"):
        assert (codec in str(answer.get("warnings"))) \
            == (f"({codec})" not in loaded)


def test_rejected_carrier_leaves_nothing_behind(server):
    server.post("/carriers", dict(BODY, host="a b")).rejected(422)
    found = server.get("/carriers").accepted()
    assert found.get("carriers", found.get("result")) == []

"""The conventions that every route of the API keeps.

SPDX-License-Identifier: MIT
"""
import http.client
import json
import re
import socket
import time

import pytest

from carillond import build_dir, plugins_dir
from process import Process

CARRIER = {"name": "c", "host": "127.0.0.1", "codecs": ["mulaw"],
           "protocol": "SIP", "register": False}


# --- status codes -----------------------------------------------

@pytest.mark.parametrize("path", [
    "/nothing", "/carriers/ffffffff", "/status/carrier/ffffffff",
    "/voice/call/status/none", "/ca%72riers/x",
    "/voice/call/status/00000000-0000-4000-8000-000000000000"])
def test_unknown_thing_is_404(shared_server, path):
    shared_server.get(path).rejected(404)


@pytest.mark.parametrize("path", [
    "/../../../../etc/passwd", "/carriers/%00", "/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd", "/carriers/..%2f..%2f..%2fetc%2fpasswd"])
def test_path_leads_to_no_file(shared_server, path):
    answer = shared_server.get(path)
    assert answer.status in (400, 404), answer
    assert b"root:" not in answer.body


@pytest.mark.parametrize("method,path,allowed", [
    ("DELETE", "/carriers", {"GET", "POST"}),
    ("POST", "/carriers/ffffffff", {"GET", "PUT", "PATCH", "DELETE"}),
    ("POST", "/status/carrier/ffffffff", {"GET"}),
    ("GET", "/voice/call/play", {"POST"}),
    ("DELETE", "/health/live", {"GET"})])
def test_wrong_method_is_405_with_allow(shared_server, method, path, allowed):
    answer = shared_server.api.raw(
        method, path, b"{}" if method == "POST" else None)
    answer.rejected(405)
    assert allowed <= set(re.split(r",\s*", answer.headers["allow"]))


def test_too_large_a_body_is_413(shared_server):
    """Refused by its length, before it is read."""
    with socket.create_connection(("127.0.0.1", shared_server.api_port),
                                  10) as sock:
        sock.sendall(b"POST /carriers HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     b"Content-Type: application/json\r\n"
                     b"Content-Length: 5000000000\r\n\r\n{")
        assert b" 413 " in sock.recv(4096).split(b"\r\n")[0]


@pytest.mark.parametrize("kind", [
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "text/plain", "application/xml"])
def test_foreign_content_type_is_415(shared_server, kind):
    shared_server.post("/carriers", CARRIER, content_type=kind).rejected(415)


def test_missing_content_type_is_taken_for_json(shared_server):
    shared_server.post("/carriers", CARRIER, content_type=None).accepted()
    shared_server.post("/carriers", CARRIER, content_type="application/json;"
                       " charset=utf-8").accepted()


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]x", b'{"name": "x"', b"nul", b'{"a": 1,}', b"{'a': 1}",
    b'{"a" 1}', b'{"name": "\xff\xfe"}', b'{"a": 01}', b'"\x01"',
    b"[" * 100000, b'{"a":' * 100000], ids=lambda body: repr(body[:12]))
def test_broken_json_is_400(shared_server, body):
    answer = shared_server.post("/carriers", body)
    answer.rejected(400)
    assert re.search(r"line \d+.*column \d+", answer.details()), answer


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"5", b"null"])
def test_json_that_is_no_object_is_refused(shared_server, body):
    assert shared_server.post("/carriers", body).status in (400, 422)


def test_member_given_twice_is_refused(shared_server):
    body = '{"name":"a","name":"b","host":"h","codecs":["mulaw"]}'
    assert shared_server.post("/carriers", body).status in (400, 422)


def test_all_faults_of_a_call_are_told_at_once(shared_server):
    """What only the core can see, too, and what follows from another not."""
    answer = shared_server.post("/voice/call/play", {
        "recipients": [{"to": 7}, {"to": "sip:x@198.51.100.1"},
                       {"to": "123", "carrier_id": "ffffffff"}],
        "repeat": 0,
        "playlist": [{"play": 7}, {"play": "prompt:" + 32 * "0"},
                     {"play": "http://169.254.169.254/a.wav"},
                     {"pause_ms": 5, "dtmf": "1"}]})
    assert answer.status == 422
    found = {e["pointer"]: e["code"] for e in answer.json["errors"]}
    assert len(answer.json["errors"]) == len(found)
    assert found == {
        "/recipients/0/to": 1001, "/recipients/1/to": 1006,
        "/recipients/2/carrier_id": 1001, "/repeat": 1001,
        "/playlist/0/play": 1001, "/playlist/1/play": 1001,
        "/playlist/2/play": 1006, "/playlist/3": 1001}


# --- the envelope -----------------------------------------------

def test_every_answer_has_its_own_request_id(shared_server):
    ids = set()
    for path in ("/carriers", "/nothing", "/health/live", "/plugins"):
        ids.add(shared_server.get(path).headers["x-request-id"])
    assert len(ids) == 4
    assert all(re.fullmatch("[0-9a-f-]{36}", i) for i in ids)


def test_problem_json_on_request(shared_server):
    answer = shared_server.post("/carriers", dict(CARRIER, host="a b"),
                                accept="application/problem+json")
    assert answer.status == 422
    assert answer.headers["content-type"].startswith(
        "application/problem+json")
    found = answer.json
    assert found["status"] == 422
    assert found["type"] and found["title"] and found["detail"]


def test_error_codes_are_in_the_openapi_file(shared_server):
    answer = shared_server.post("/carriers", dict(CARRIER, host="a b"))
    code = answer.rejected(422)["code"]
    assert str(code) in shared_server.get("/openapi.json").body.decode()


# --- idempotency ------------------------------------------------

def test_same_key_and_body_get_the_same_answer(shared_server):
    first = shared_server.post("/carriers", CARRIER, idempotency_key="k1")
    again = shared_server.post("/carriers", CARRIER, idempotency_key="k1")
    other = shared_server.post("/carriers", CARRIER, idempotency_key="k2")
    assert first.accepted() == again.accepted()
    assert other["carrier_id"] != first["carrier_id"]


def test_same_key_with_another_body_is_422(shared_server):
    shared_server.post("/carriers", CARRIER, idempotency_key="k3").accepted()
    shared_server.post("/carriers", dict(CARRIER, name="d"),
                       idempotency_key="k3").rejected(422)


# --- who may ask ------------------------------------------------

KEY = "key-of-the-test-8c1f"


def test_key_is_asked_for_on_every_route(new_server):
    server = new_server(key=KEY)
    server.get("/carriers").accepted()
    for path in ("/carriers", "/nothing", "/plugins",
                 "/status/carrier/ffffffff"):
        for value in (None, "Bearer wrong", "Bearer ", f"Basic {KEY}",
                      f"Bearer {KEY}x", f"Bearer {KEY[:-1]}"):
            answer = server.get(path, authorization=value)
            answer.rejected(401)
            assert "bearer" in answer.headers["www-authenticate"].lower()
    server.stop()
    assert KEY not in server.log()


def test_open_address_without_a_key_is_refused(ports, tmp_path):
    process = Process(
        [build_dir() / "carillond", "--set",
         f"api.listen=0.0.0.0:{ports.one()}", "--set",
         f"sip.listen=udp:127.0.0.1:{ports.one()}", "--set",
         f"state.dir={tmp_path / 'state'}", "--set",
         f"plugins.dir={plugins_dir(tmp_path)}"], tmp_path, "open")
    status = process.wait(10)
    process.kill()
    assert status not in (None, 0)
    assert "api.key" in process.errors() + process.output()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example",
                                  "evil.example:80"])
def test_foreign_host_header_is_refused(shared_server, host):
    answer = shared_server.get("/carriers", host=host)
    assert answer.status in (400, 403, 421), answer


def test_foreign_origin_is_refused(shared_server):
    shared_server.post("/carriers", CARRIER,
                       origin="http://evil.example").rejected(403)
    own = f"http://127.0.0.1:{shared_server.api_port}"
    shared_server.post("/carriers", CARRIER, origin=own).accepted()


# --- service ----------------------------------------------------

def test_health_answers(shared_server):
    assert shared_server.get("/health/live").status == 200
    assert shared_server.get("/health/ready").status == 200


def test_openapi_file_names_the_routes(shared_server):
    answer = shared_server.get("/openapi.json")
    assert answer.status == 200
    found = json.loads(answer.body)
    assert found["openapi"].startswith("3.1")
    for path in ("/carriers", "/voice/call/play", "/health/live",
                 "/plugins"):
        assert path in found["paths"], path
    assert any("/status/carrier/" in path for path in found["paths"])


def test_plugins_are_listed(shared_server):
    text = json.dumps(shared_server.get("/plugins").accepted())
    for name in ("pcmu", "pcma", "api"):
        assert name in text


def test_keep_alive_serves_many_requests(shared_server):
    connection = http.client.HTTPConnection(
        "127.0.0.1", shared_server.api_port, timeout=10)
    for _ in range(50):
        connection.request("GET", "/health/live")
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
    connection.close()


@pytest.mark.slow
def test_half_open_connections_do_not_stop_the_api(server):
    """300 of them delay a request by less than 5 s."""
    held = []
    try:
        for _ in range(300):
            sock = socket.create_connection(
                ("127.0.0.1", server.api_port), 5)
            sock.sendall(b"GET /carriers HTTP/1.1\r\nHost: 127.0")
            held.append(sock)
        began = time.monotonic()
        server.get("/carriers").accepted()
        assert time.monotonic() - began < 5
    finally:
        for sock in held:
            sock.close()


@pytest.mark.parametrize("request_text", [
    "GET /carriers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET /a\rb HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n", "\0\0\0\0\r\n\r\n",
    "GET " + "a" * 70000 + " HTTP/1.1\r\n\r\n"],
    ids=["smuggling", "cr-in-uri", "version", "binary", "long"])
def test_broken_http_is_survived(shared_server, request_text):
    with socket.create_connection(("127.0.0.1", shared_server.api_port),
                                  5) as sock:
        try:
            sock.sendall(request_text.encode())
            sock.shutdown(socket.SHUT_WR)
            answer = sock.recv(65536)
            assert b" 200 " not in answer.split(b"\r\n")[0]
        except (OSError, socket.timeout):
            pass            # closed at once is an answer, too
    assert shared_server.get("/health/live").status == 200


def test_article_paths_with_a_slash_at_the_end(shared_server):
    """civetweb's directory redirect (CVE-2025-55763) is not reachable."""
    answer = shared_server.get("/carriers/")
    assert answer.status in (200, 404), answer

"""Broken and hostile input is refused, bounded, and survived.

SPDX-License-Identifier: MIT
"""
import pytest

import judge
import prompts
from httpfiles import Canary
from udp_peer import Answered
from waiting import until

URL = "http://prompts.invalid/hello.wav"


def play_body(**fields):
    body = {"to": "123456", "from": "me", "playlist": [{"play": URL}]}
    body.update(fields)
    return body


@pytest.fixture(scope="module")
def shared_carrier(shared_server):
    return shared_server.carrier(9)


# --- fields -----------------------------------------------------

@pytest.mark.parametrize("number", [
    "", "12 34", "12\r\n34", "12\n34", "12\x0034", "12@evil", "12;tag=1",
    "12?X=1", "12>34", "%0d%0a", "1" * 33, "abc", "+", "١٢٣"])
def test_wrong_number_is_refused(shared_server, shared_carrier, number):
    shared_server.post("/voice/call/play", play_body(
        to=number, carrier_id=shared_carrier)).rejected(422, "/to")


@pytest.mark.parametrize("caller", [
    "me\r\nX: y", "me\n", "m\0e", "me@evil", "me;tag=1", "me?X=1", "me>x",
    "", "m" * 300])
def test_wrong_from_is_refused(shared_server, shared_carrier, caller):
    shared_server.post("/voice/call/play", play_body(
        **{"from": caller, "carrier_id": shared_carrier})
    ).rejected(422, "/from")


@pytest.mark.parametrize("uri", [
    "sip:", "sip:@127.0.0.1", "sip:a@127.0.0.1\r\nX: y",
    "sip:a@127.0.0.1>;tag=1", "sip:a@127.0.0.1?X=1", "sips:a@127.0.0.1",
    "tel:123", "http://127.0.0.1/", "sip:a@127.0.0.1:99999",
    "sip:a@127.0.0.1;maddr=192.0.2.1"])
def test_wrong_uri_is_refused(shared_server, uri):
    shared_server.post("/voice/call/play",
                       play_body(to=uri)).rejected(422, "/to")


def test_uri_outside_the_allowed_networks_is_refused(shared_server):
    for host in ("192.0.2.1", "198.51.100.7"):
        shared_server.post("/voice/call/play", play_body(
            to=f"sip:a@{host}")).rejected(422, "/to")


def test_uri_together_with_a_carrier_is_refused(shared_server,
                                                shared_carrier):
    shared_server.post("/voice/call/play", play_body(
        to="sip:a@127.0.0.1", carrier_id=shared_carrier)).rejected(422)


def test_number_without_a_route_is_refused(shared_server):
    answer = shared_server.post("/voice/call/play", play_body())
    answer.rejected(422)
    assert "no_route" in answer.body.decode()


def test_speech_without_a_plugin_is_refused(shared_server, shared_carrier):
    answer = shared_server.post("/voice/call/play", play_body(
        carrier_id=shared_carrier,
        playlist=[{"say": "Hello", "language": "en"}]))
    answer.rejected(422)
    assert "no_speech_source" in answer.body.decode()


@pytest.mark.parametrize("fields,pointer", [
    ({"playlist": []}, "/playlist"), ({"playlist": [{}]}, "/playlist/0"),
    ({"playlist": "x"}, "/playlist"),
    ({"playlist": [{"play": URL}, {"play": 5}]}, "/playlist/1/play"),
    ({"playlist": [{"play": URL, "say": "x"}]}, "/playlist/0"),
    ({"ring_timeout_s": -1}, "/ring_timeout_s"),
    ({"carrier_id": "ffffffff"}, "/carrier_id"),
    ({"recipients": [{"to": "1"}]}, "/recipients"),
    ({"playlsit": []}, "/playlsit")])
def test_wrong_call_field_is_named(shared_server, shared_carrier, fields,
                                   pointer):
    body = play_body(carrier_id=shared_carrier)
    body.update(fields)
    shared_server.post("/voice/call/play", body).rejected(422, pointer)


def test_all_wrong_recipients_are_named_at_once(shared_server,
                                                shared_carrier):
    answer = shared_server.post("/voice/call/play", {
        "from": "me", "carrier_id": shared_carrier,
        "recipients": [{"to": "1"}, {"to": "x y"}, {}, {"to": "2"},
                       {"to": "3", "form": "me"}],
        "playlist": [{"play": URL}]})
    answer.rejected(422)
    assert {"/recipients/1/to", "/recipients/2/to", "/recipients/4/form"} \
        <= set(answer.pointers())


# --- what a playlist may fetch ----------------------------------

@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x",
    "dict://127.0.0.1/x", "data:audio/wav;base64,UklGRg==", "/etc/passwd",
    "http://", "http:///x", "http://a b/", "http://a\r\nb/", "http://a\0b/",
    "javascript:x", "http://user@127.0.0.1@evil/", "", "prompt",
    "http://x:99999/"])
def test_foreign_scheme_is_refused(shared_server, shared_carrier, url):
    shared_server.post("/voice/call/play", play_body(
        carrier_id=shared_carrier, playlist=[{"play": url}])
    ).rejected(422, "/playlist/0/play")


FORBIDDEN = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433",
             "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0",
             "user:x@127.0.0.1"]


@pytest.mark.parametrize("host", FORBIDDEN)
def test_forbidden_address_is_never_touched(new_server, ports, stop_later,
                                            peer, host):
    canary = stop_later(Canary(ports.one()))
    server = new_server("fetch.allow=192.0.2.0/24")
    answer = server.post("/voice/call/play", play_body(
        carrier_id=server.carrier(peer.port),
        playlist=[{"play": f"http://{host}:{canary.port}/x.wav"}]))
    if answer.status == 200:
        row = judge.only_row(server.wait_done(answer["request_id"]),
                             "failed")
        assert row["reason"]
    else:
        answer.rejected(422, "/playlist/0/play")
    assert canary.touched == 0
    peer.nothing("INVITE", 0.2)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", [
    "http://127.0.0.1:{0}/x", "http://2130706433:{0}/x",
    "file:///etc/passwd", "gopher://127.0.0.1:{0}/x"])
def test_redirect_to_a_forbidden_place_is_not_followed(
        new_server, article, ports, stop_later, peer, code, target):
    canary = stop_later(Canary(ports.one()))
    server = new_server(f"fetch.allow=127.0.0.1:{article.files.port}")
    url = article.files.url("bad/redirect?code={}&to={}".format(
        code, target.format(canary.port)))
    request_id = server.play("1", [url],
                             carrier_id=server.carrier(peer.port))
    row = judge.only_row(server.wait_done(request_id), "failed")
    assert row["reason"]
    assert article.files.hits["/bad/redirect"] == 1
    assert canary.touched == 0
    assert "root:" not in server.log()


# --- prompts that misbehave -------------------------------------

def fails_bounded(server, peer, url, seconds):
    """The call is not placed, or is ended, with a reason, in time, and
    the memory stays bounded."""
    before = server.rss()
    request_id = server.play("1", [url],
                             carrier_id=server.carrier(peer.port))
    row = judge.only_row(server.wait_done(request_id, seconds), "failed")
    assert row["reason"]
    assert server.rss() - before < 200 << 20
    peer.nothing("INVITE", 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("path", [
    "bad/endless", "bad/stalled", "bad/drip", "bad/short", "bad/loop",
    "bad/html", "bad/gzip-bomb", "bad/error", "bad/nothing-here",
    "empty.wav", "riff-only.wav", "no-audio.wav", "no-data.wav", "text.wav",
    "rate-0.wav", "channels-0.wav", "channels-65535.wav", "fmt-4g.wav"])
def test_useless_prompt_fails_the_call(server, article, peer, path):
    fails_bounded(server, peer, article.files.url(path), 45)


@pytest.mark.parametrize("path", ["data-4g.wav", "data-longer.wav",
                                  "chunks-50000.wav"])
def test_wav_that_lies_about_its_length_is_survived(server, article, peer,
                                                    path, receiver):
    """Refused with a reason, or played as far as there is sound."""
    before = server.rss()
    request_id = server.play("1", [article.files.url(path)],
                             carrier_id=server.carrier(peer.port))

    def invited_or_done():
        return peer.read(0.05) or server.report(request_id)["state"] \
            == "done"

    if until("an end", 45, invited_or_done) is True:
        row = judge.only_row(server.report(request_id), "failed")
        assert row["reason"]
    else:
        call = Answered(peer, receiver.port, invite=peer.seen[0])
        call.ok()
        call.ack()
        call.take_bye(10)
        judge.heard_exactly(receiver.packets, "mulaw",
                            [prompts.sound(4000, 5)])
    assert server.rss() - before < 200 << 20


def test_wav_cut_short_has_a_bad_second_item(server, article, peer,
                                             receiver):
    """The first item is sound, the second is none: reported truly."""
    request_id = server.play(
        "1", [article.urls[0], article.files.url("text.wav")],
        carrier_id=server.carrier(peer.port))
    state = until("an end", 30, lambda: peer.read(0.05) or server.report(
        request_id)["state"] == "done")
    if state is not True:
        call = Answered(peer, receiver.port, invite=peer.seen[0])
        call.ok()
        call.ack()
        call.take_bye(15)
    row = judge.only_row(server.wait_done(request_id, 30), "failed")
    assert row["reason"]

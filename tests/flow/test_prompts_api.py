"""Recordings are uploaded, played as prompt:ID, listed and deleted.

SPDX-License-Identifier: MIT
"""
import re
import threading

import pytest

import judge
import prompts
import recordings
from udp_peer import Answered

WAV = {"Content-Type": "audio/wav"}
NOWHERE = "0123456789abcdef0123456789abcdef"


def wav(samples=4001, seed=1):
    """(the file, its samples)"""
    voice = prompts.sound(samples, seed)
    return prompts.riff(prompts.chunk(b"fmt ", prompts.fmt()),
                        prompts.chunk(b"data", voice.tobytes())), voice


def upload(server, data, name=None, **headers):
    path = "/prompts" + (f"?name={name}" if name else "")
    spelled = {k.replace("_", "-"): v for k, v in headers.items()}
    return server.api.raw("POST", path, data, {**WAV, **spelled})


def kept(server, seed=1):
    data, voice = wav(seed=seed)
    return upload(server, data).accepted()["prompt_id"], voice


def test_upload_says_what_it_is(server):
    data, voice = wav()
    found = upload(server, data, name="gr%C3%BCezi").accepted()
    prompt = found["prompt"]
    assert prompt["id"] == found["prompt_id"]
    assert re.fullmatch("[0-9a-f]{32}", found["prompt_id"])
    assert prompt["name"] == "gr\u00fcezi"
    assert prompt["format"] == "wav pcm_16"
    assert (prompt["rate"], prompt["channels"]) == (8000, 1)
    assert prompt["bytes"] == len(data)
    assert prompt["duration_ms"] == len(voice) // 8
    assert prompt["created_at"].endswith("Z")
    got = server.get(f"/prompts/{prompt['id']}").accepted()
    assert got["prompt"] == prompt
    assert server.get("/prompts").accepted()["prompts"] == [prompt]


@pytest.mark.parametrize("kind,rate,channels,name", [
    ("wav-24", 48000, 2, "wav pcm_24"), ("wav-alaw", 8000, 1, "wav alaw"),
    ("wav-double", 16000, 1, "wav float_64"), ("flac-16", 44100, 2, "flac"),
    ("vorbis", 22050, 1, "ogg vorbis"), ("opus", 48000, 2, "ogg opus"),
    ("mp3", 32000, 1, "mp3")])
def test_every_format_is_taken(shared_server, tmp_path, kind, rate, channels,
                               name):
    sound = recordings.tones(rate, rate // 5, channels, 3)
    path = recordings.make(tmp_path / "file", kind, rate, sound)
    prompt = upload(shared_server, path.read_bytes()).accepted()["prompt"]
    assert prompt["format"] == name
    assert (prompt["rate"], prompt["channels"]) == (rate, channels)
    assert abs(prompt["duration_ms"] - 200) <= 1


def test_uploaded_recording_is_heard(server, peer, receiver):
    prompt, voice = kept(server)
    request = server.play("1", [f"prompt:{prompt}"],
                          carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    call.take_bye()
    judge.heard_exactly(receiver.packets, "mulaw", [voice])
    judge.only_row(server.wait_done(request), "completed")


def test_same_file_is_the_same_recording(server):
    data, _ = wav()
    first = upload(server, data, name="one").accepted()
    again = upload(server, data, name="two").accepted()
    assert again["prompt"] == first["prompt"]
    assert len(server.get("/prompts").accepted()["prompts"]) == 1


def test_same_file_at_once_is_one_recording(server):
    data, _ = wav(20000)
    ids = []
    threads = [threading.Thread(target=lambda: ids.append(
        upload(server, data).accepted()["prompt_id"])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6 and len(set(ids)) == 1
    assert len(server.get("/prompts").accepted()["prompts"]) == 1


def test_idempotency_key_answers_again(server):
    data, _ = wav()
    first = upload(server, data, Idempotency_Key="k")
    again = upload(server, data, Idempotency_Key="k")
    assert first.accepted() == again.accepted()
    assert again.headers["idempotency-replayed"] == "true"
    upload(server, wav(seed=2)[0], Idempotency_Key="k").rejected(422)


def test_deleted_recording_is_gone(server, peer):
    prompt, _ = kept(server)
    carrier = server.carrier(peer.port)
    assert server.delete(f"/prompts/{prompt}").accepted()["prompt_id"] == \
        prompt
    server.get(f"/prompts/{prompt}").rejected(404)
    server.delete(f"/prompts/{prompt}").rejected(404)
    assert server.get("/prompts").accepted()["prompts"] == []
    body = {"to": "1", "carrier_id": carrier,
            "playlist": [{"play": f"prompt:{prompt}"}]}
    server.post("/voice/call/play", body).rejected(422, "/playlist/0/play")
    # And it can come back.
    assert kept(server)[0] == prompt


def test_recording_in_use_is_not_deleted(server, peer, receiver):
    prompt, voice = kept(server)
    request = server.play("1", [f"prompt:{prompt}"],
                          carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    answer = server.delete(f"/prompts/{prompt}")
    answer.rejected(409)
    assert "plays this recording" in answer.details()
    call.ok()
    call.ack()
    call.take_bye()
    server.wait_done(request)
    judge.heard_exactly(receiver.packets, "mulaw", [voice])
    server.delete(f"/prompts/{prompt}").accepted()


def test_restart_keeps_the_library(server, peer, receiver):
    data, voice = wav()
    before = upload(server, data, name="kept").accepted()["prompt"]
    gone, _ = kept(server, seed=2)
    server.delete(f"/prompts/{gone}").accepted()
    server.restart()
    assert server.get("/prompts").accepted()["prompts"] == [before]
    server.play("1", [f"prompt:{before['id']}"],
                carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    call.take_bye()
    judge.heard_exactly(receiver.packets, "mulaw", [voice])


def test_what_was_answered_survives_kill_9(server):
    prompt, _ = kept(server)
    server.kill9()
    server.start()
    server.get(f"/prompts/{prompt}").accepted()


@pytest.mark.parametrize("data,says", [
    (b"", "empty"), (b"<html></html>", "a web page"),
    (wav()[0][:3000], "truncated: 8002 bytes of audio announced"),
    (b"{}", "not a recording in WAV, FLAC, OGG or MP3"),
    (prompts.liars()["rate-0.wav"], "a sample rate of 0 Hz"),
    (prompts.liars()["channels-65535.wav"], "65535 channels"),
    (prompts.riff(prompts.chunk(b"fmt ", prompts.fmt(17, bits=4)),
                  prompts.chunk(b"data", bytes(99))), "IMA ADPCM")],
    ids=lambda value: "" if isinstance(value, bytes) else value[:14])
def test_unsound_file_is_a_422_that_says_why(shared_server, data, says):
    answer = upload(shared_server, data)
    answer.rejected(422, "")
    assert says in answer.details(), answer


@pytest.mark.parametrize("kind", [
    "application/json", "text/plain", "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded", "image/png"])
def test_other_media_types_are_a_415(shared_server, kind):
    answer = upload(shared_server, wav()[0], Content_Type=kind)
    answer.rejected(415)
    assert "audio/wav" in answer.details()


def test_longer_or_larger_than_a_prompt_may_be(new_server):
    server = new_server("fetch.max_bytes=20000", "fetch.max_audio_s=1",
                        "api.max_body=1024")
    answer = upload(server, wav(20000)[0])
    answer.rejected(413)
    assert "20000 bytes (fetch.max_bytes)" in answer.details()
    answer = upload(server, wav(8001)[0])
    answer.rejected(422, "")
    assert "longer than 1 s" in answer.details()
    upload(server, wav(8000)[0]).accepted()
    # A promise of a gigabyte is answered before it is sent.
    answer = server.api.raw("POST", "/prompts", b"", {
        **WAV, "Content-Length": str(1 << 30)})
    answer.rejected(413)


def test_full_library_says_so(new_server):
    server = new_server("prompts.library_mb=1")
    assert len(kept(server)[0]) == 32
    answer = upload(server, wav(600000)[0])
    assert answer.rejected(507)["code"] == 1302
    assert "library" in answer.details(), answer
    server.get("/prompts").accepted()


@pytest.mark.parametrize("prompt", [
    NOWHERE, "x", NOWHERE.upper(), NOWHERE + "0", "%2e%2e%2fcarillon.db",
    "..", NOWHERE[:-1] + "%00"])
def test_id_that_is_none_is_a_404(shared_server, prompt):
    for answer in (shared_server.get(f"/prompts/{prompt}"),
                   shared_server.delete(f"/prompts/{prompt}")):
        answer.rejected(404)


@pytest.mark.parametrize("url", [
    f"prompt:{NOWHERE}", "prompt:", "prompt:../x", "prompt:" + "a" * 33,
    "prompt:" + NOWHERE.upper()])
def test_unknown_recording_cannot_be_played(shared_server, url):
    body = {"to": "sip:a@127.0.0.1:9", "playlist": [{"play": url}]}
    shared_server.post("/voice/call/play", body).rejected(
        422, "/playlist/0/play")


def test_list_pages(server):
    made = sorted(kept(server, seed)[0] for seed in range(1, 8))
    seen, path, pages = [], "/prompts?limit=3", 0
    while path:
        found = server.get(path).accepted()
        seen += [p["id"] for p in found["prompts"]]
        pages += 1
        path = found["next"] and f"/prompts?limit=3&cursor={found['next']}"
    assert seen == made and pages == 3
    server.get("/prompts?cursor=zzz").rejected(422)
    server.get("/prompts?limit=0").rejected(422)


def test_scopes(new_server):
    keys = {scope: f"key-of-the-test-{scope}" for scope in
            ("read", "call", "admin")}
    server = new_server(*(f"api.key={key} {scope}"
                          for scope, key in keys.items()), key="all-of-it-8c1f")
    data, _ = wav()

    def ask(scope, method, path, body=None):
        bearer = {"Authorization": f"Bearer {keys[scope]}"}
        return server.api.raw(method, path, body,
                              {**(WAV if body else {}), **bearer}).status

    prompt = upload(server, data).accepted()["prompt_id"]
    for scope, statuses in {"read": (403, 200, 200, 403),
                            "call": (200, 200, 200, 403),
                            "admin": (200, 200, 200, 200)}.items():
        found = (ask(scope, "POST", "/prompts", data),
                 ask(scope, "GET", "/prompts"),
                 ask(scope, "GET", f"/prompts/{prompt}"),
                 ask(scope, "DELETE", f"/prompts/{prompt}"))
        assert found == statuses, scope


def test_large_uploads_at_once_are_bounded(new_server):
    """Two of the largest fit, and of five at least these two are taken; who
    finds no room is told to come again."""
    server = new_server("fetch.max_bytes=8000000")
    data = prompts.riff(prompts.chunk(b"fmt ", prompts.fmt(rate=48000)),
                        prompts.chunk(b"data", bytes(7900000)))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(
        upload(server, data))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [a for a in answers if a.status == 200]
    assert len(taken) >= 2, answers
    for answer in answers:
        if answer.status != 200:
            answer.rejected(503)
            assert answer.headers["retry-after"]

"""carillon-farend, the judge of the server, is itself judged here by a
caller that shares nothing with it.

SPDX-License-Identifier: MIT
"""
import json
import subprocess

import pytest

import g711
import judge
import prompts
from caller import Caller, Registrant
from carillond import build_dir
from rtp import send_paced

VOICE = prompts.sound(8123, 1)


@pytest.fixture
def caller(ports, stop_later):
    return stop_later(Caller(ports.one()))


def call(caller, far, receiver, number, payloads, kind=0):
    """One call that plays payloads; the far end's record of it."""
    caller.start(number, ("127.0.0.1", far.port), receiver.port)
    answer = caller.final()
    assert answer.code == 200
    caller.play(receiver, answer, payloads, kind)
    assert caller.bye(answer).code == 200
    return far.wait_calls(1)[0]


@pytest.mark.parametrize("codec", ["mulaw", "alaw"])
def test_farend_keeps_every_packet(new_farend, caller, receiver, codec):
    payloads = g711.packets(codec, [VOICE])
    far = new_farend(options=["--codec", codec])
    record = call(caller, far, receiver, "123456", payloads,
                  g711.PAYLOAD_TYPE[codec])
    assert record.number == "123456"
    judge.heard_exactly(record.packets, codec, [VOICE])
    judge.paced(record.packets)
    assert record.rtp["lost"] == record.after_bye == 0
    rate, heard = prompts.read_wav(record.base.with_suffix(".wav"))
    assert rate == 8000
    assert heard == g711.decode(codec, b"".join(payloads))


def test_farend_sees_what_is_wrong(new_farend, caller, receiver):
    """A packet missing and one changed: nobody may call that exact."""
    payloads = g711.packets("mulaw", [VOICE])
    far = new_farend()
    caller.start("123456", ("127.0.0.1", far.port), receiver.port)
    answer = caller.final()
    media = answer.sdp()
    send_paced(receiver, (media.host, media.port),
               payloads[:10] + payloads[11:12])
    caller.bye(answer)
    record = far.wait_calls(1)[0]
    with pytest.raises(AssertionError):
        judge.heard_exactly(record.packets, "mulaw", [VOICE])


@pytest.mark.parametrize("number,code", [
    ("486123", 486), ("404123", 404), ("503123", 503), ("603123", 603)])
def test_farend_refuses_by_number(new_farend, caller, receiver, number,
                                  code):
    far = new_farend()
    caller.start(number, ("127.0.0.1", far.port), receiver.port)
    assert caller.final().code == code
    assert far.wait_calls(1)[0].figures["final_code"] == code


def test_farend_rings_until_cancelled(new_farend, caller, receiver):
    far = new_farend()
    caller.start("180123", ("127.0.0.1", far.port), receiver.port)
    caller.expect(180)
    caller.cancel()
    assert caller.final().code == 487
    assert far.wait_calls(1)[0].figures["cancels"] == 1


def test_farend_hangs_up_by_script(new_farend, caller, receiver):
    far = new_farend(answers={"12*": "180,200,bye:300"})
    caller.start("123", ("127.0.0.1", far.port), receiver.port)
    caller.final()
    caller.answer(caller.expect("BYE"), 200, "OK")
    assert far.wait_calls(1)[0].figures["ended_by"] == "callee"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_farend_registers_by_digest(new_farend, ports, stop_later,
                                    algorithm):
    far = new_farend(users={"alice": "secret"},
                     options=["--algorithm", algorithm])
    client = stop_later(Registrant(ports.one()))
    to = ("127.0.0.1", far.port)
    assert client.register("alice", "wrong", "x.test", to).code in (401, 403)
    assert client.register("alice", "secret", "x.test", to).code == 200
    assert far.wait_event("register", 5, lambda e: e["code"] == 200)[
        "user"] == "alice"


def test_farend_ends_at_sigterm(new_farend):
    far = new_farend()
    assert far.process.terminate() == 0


@pytest.mark.parametrize("codec", ["mulaw", "alaw"])
def test_compare_agrees_with_our_tables(tmp_path, codec):
    """Both encoders of ITU-T G.191 were written apart from each other."""
    samples = list(range(-32768, 32768))
    wav = prompts.write_wav(tmp_path / "all.wav", samples)
    raw = tmp_path / "all.raw"
    good = g711.encode(codec, samples)

    def compare(data):
        raw.write_bytes(data)
        return subprocess.run(
            [build_dir() / "carillon-farend", "compare", "--codec", codec,
             raw, wav], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False)

    done = compare(good)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["match"] is True
    assert compare(bytes([good[0] ^ 1]) + good[1:]).returncode == 1

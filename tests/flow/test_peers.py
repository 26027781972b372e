"""The peers that judge the server are themselves judged here.

SPDX-License-Identifier: MIT
"""
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import correlate
import g711
import prompts
from baresip import Baresip
from caller import Caller, Registrant
from kamailio import Kamailio
from rtp import RtpReceiver
from sipp import Sipp
from udp_peer import Answered, UdpPeer
from waiting import TooLate, until

HERE = Path(__file__).parent


@pytest.fixture
def caller(ports, stop_later):
    return stop_later(Caller(ports.one()))


@pytest.fixture
def receiver(ports, stop_later):
    return stop_later(RtpReceiver(ports.one()))


def start(caller, far, receiver):
    caller.start("123456", ("127.0.0.1", far.port), receiver.port)


@pytest.mark.parametrize("codec,sample,code", [
    ("mulaw", 0, 0xFF), ("mulaw", -1, 0x7F), ("mulaw", 32767, 0x80),
    ("mulaw", -32768, 0x00), ("mulaw", 1000, 0xCE), ("alaw", 0, 0xD5),
    ("alaw", -1, 0x55), ("alaw", 32767, 0xAA), ("alaw", -32768, 0x2A),
    ("alaw", 1000, 0xFA)])
def test_g711_encodes_known_samples(codec, sample, code):
    assert g711.encode(codec, [sample]) == bytes([code])


@pytest.mark.parametrize("codec", ["mulaw", "alaw"])
def test_g711_survives_decoding_and_encoding(codec):
    codes = bytes(c for c in range(256)
                  if not (codec == "mulaw" and c == 0x7F))
    assert g711.encode(codec, g711.decode(codec, codes)) == codes


def test_prompts_use_every_code_word():
    voice = prompts.sound(16411, 2)
    assert len(set(g711.encode("mulaw", voice))) == 256
    assert len(set(g711.encode("alaw", voice))) == 256


def test_correlation_tells_a_voice_from_another():
    voice = prompts.sound(8000, 1)
    worst, _, lags = correlate.match(voice, [0] * 333 + list(voice))
    assert worst > 0.999 and set(lags) == {333}
    assert correlate.match(voice, prompts.sound(9000, 2))[1] < 0.8


def test_kamailio_challenges_and_registers(ports, tmp_path, stop_later):
    registrar = stop_later(
        Kamailio(tmp_path, ports.one(), {"alice": "one"}, expires=30))
    client = stop_later(Registrant(ports.one()))

    def register(password):
        return client.register("alice", password, "carillon.test",
                               registrar.address).code

    assert register("wrong") == 401
    assert registrar.bindings("alice") == []
    assert register("one") == 200
    assert len(registrar.bindings("alice")) == 1
    registrar.set_password("alice", "two")
    assert register("one") == 401
    assert register("two") == 200


def test_kamailio_goes_silent_and_comes_back(ports, tmp_path, stop_later):
    registrar = stop_later(
        Kamailio(tmp_path, ports.one(), {"alice": "one"}, expires=2))
    client = stop_later(Registrant(ports.one()))
    args = ("alice", "one", "carillon.test", registrar.address)
    assert client.register(*args).code == 200
    registrar.go_silent()
    with pytest.raises(TooLate):
        client.request("OPTIONS", "sip:x@carillon.test", registrar.address,
                       "silence", 1, "<sip:a@b>;tag=1", "<sip:x@b>")
        client.expect(200, 0.5)
    registrar.resume()
    until("the binding to expire", 10,
          lambda: not registrar.bindings("alice"))
    client.drain()
    assert client.register(*args).code == 200


@pytest.mark.parametrize("scenario,code", [
    ("busy", 486), ("not_found", 404), ("unavailable", 503),
    ("ring_not_found", 404)])
def test_sipp_refuses(ports, tmp_path, stop_later, caller, receiver,
                      scenario, code):
    far = stop_later(Sipp(tmp_path, ports.one(), scenario))
    start(caller, far, receiver)
    assert caller.final().code == code
    far.finish()
    assert len(far.received("ACK")) == 1


def test_sipp_answers(ports, tmp_path, stop_later, caller, receiver):
    far = stop_later(Sipp(tmp_path, ports.one(), "answer", rtp_port=4000))
    start(caller, far, receiver)
    answer = caller.final()
    assert answer.code == 200 and answer.sdp().port == 4000
    assert caller.bye(answer).code == 200
    far.finish()


def test_sipp_never_answers(ports, tmp_path, stop_later, caller, receiver):
    far = stop_later(Sipp(tmp_path, ports.one(), "no_answer"))
    start(caller, far, receiver)
    caller.expect(180)
    caller.cancel()
    assert caller.final().code == 487
    far.finish()


def test_sipp_answer_crosses_cancel(ports, tmp_path, stop_later, caller,
                                    receiver):
    far = stop_later(Sipp(tmp_path, ports.one(), "cancel_crossed"))
    start(caller, far, receiver)
    caller.expect(180)
    caller.cancel()
    answer = caller.final()
    assert answer.code == 200
    assert caller.bye(answer).code == 200
    far.finish()


def test_sipp_repeats_its_200(ports, tmp_path, stop_later, caller, receiver):
    far = stop_later(Sipp(tmp_path, ports.one(), "repeated_200"))
    start(caller, far, receiver)
    answers = [caller.final() for _ in range(3)]
    assert {a.tag("to") for a in answers} == {answers[0].tag("to")}
    caller.bye(answers[0])
    far.finish()
    assert len(far.received("ACK")) == 3


def test_sipp_hangs_up(ports, tmp_path, stop_later, caller, receiver):
    far = stop_later(Sipp(tmp_path, ports.one(), "hang_up"))
    start(caller, far, receiver)
    caller.final()
    caller.answer(caller.expect("BYE"), 200, "OK")
    far.finish()


def test_sipp_forks(ports, tmp_path, stop_later, caller, receiver):
    far = stop_later(Sipp(tmp_path, ports.one(), "forked"))
    start(caller, far, receiver)
    first, second = caller.final(), caller.final()
    assert first.tag("to") != second.tag("to")
    caller.bye(second)
    caller.bye(first)
    far.finish()


def test_udp_peer_answers_a_call(ports, stop_later, caller, receiver):
    far = stop_later(UdpPeer(ports.one()))
    caller.start("1", ("127.0.0.1", far.port), receiver.port)
    call = Answered(far, 4000)
    call.provisional()
    call.ok()
    answer = caller.final()
    call.ack()
    caller.request("BYE", answer.contact_uri(), caller.to, caller.call_id, 2,
                   caller.me, answer.get("to"))
    call.take_bye()
    assert caller.expect(lambda m: m.cseq[1] == "BYE").code == 200


def test_rtp_receiver_keeps_order_and_times(ports, receiver, stop_later):
    import rtp
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for seq in (65534, 65535, 1, 0):
        sender.sendto(rtp.packet(seq, 160, 7, bytes([seq & 0xFF])),
                      ("127.0.0.1", receiver.port))
    sender.close()
    receiver.wait_packets(4, 2)
    assert receiver.payloads() == [b"\xfe", b"\xff", b"\0", b"\1"]
    assert receiver.gaps() == 0
    assert all(gap >= 0 for gap in receiver.spacing())


CALL_BARESIP = """
import sys
sys.path.insert(0, sys.argv[1])
import g711, prompts
from caller import Caller
from rtp import RtpReceiver
caller = Caller(5070, sys.argv[2])
receiver = RtpReceiver(30000, sys.argv[2])
caller.start("callee", (sys.argv[3], 5060), 30000)
answer = caller.final()
assert answer.code == 200, answer
caller.play(receiver, answer, g711.packets("mulaw", [prompts.sound(16000, 3)]))
assert caller.bye(answer).code == 200
"""


def test_baresip_hears_what_is_played(netns, tmp_path, stop_later):
    phone = stop_later(Baresip(tmp_path, netns.prefix(netns.right),
                               netns.right_ip))
    subprocess.run(netns.prefix(netns.left) + [
        sys.executable, "-c", CALL_BARESIP, str(HERE), netns.left_ip,
        netns.right_ip], check=True, timeout=30, stdin=subprocess.DEVNULL)
    phone.wait_said("terminated", 5)
    phone.stop()
    rate, heard = phone.recording()
    assert rate == 8000
    worst, mean, _ = correlate.match(prompts.sound(16000, 3), list(heard))
    assert worst > 0.95 and mean > 0.99

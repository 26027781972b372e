"""A call is placed as asked and plays exactly what was asked for.

SPDX-License-Identifier: MIT
"""
import re

import pytest

import correlate
import g711
import judge
import prompts
from baresip import Baresip
from carillond import Carillond
from httpfiles import HttpFiles, make_certificate
from message import make_sdp
from netns import inside
from sipp import Sipp
from udp_peer import Answered
from waiting import until


def user_of(value):
    return re.search(r"sip:([^@>]+)@", value)[1]


def duration_ms(samples):
    return round(len(samples) / 8)


@pytest.mark.threads
@pytest.mark.parametrize("codec,name", [("mulaw", "PCMU"), ("alaw", "PCMA")])
def test_three_prompts_arrive_bit_exact(server, article, new_farend, codec,
                                        name):
    far = new_farend()
    carrier_id = server.carrier(far.port, prefix="8888", codecs=[codec])
    request_id = server.play("123456", article.urls, carrier_id=carrier_id)
    row = judge.only_row(server.wait_done(request_id), "completed")
    call = far.wait_calls(1)[0]
    judge.heard_exactly(call.packets, codec, article.samples)
    judge.paced(call.packets)
    assert call.violations == []
    assert call.number == "8888123456"
    assert call.before_answer == 0 and call.after_bye == 0
    assert 0 <= call.first_after_ack_ms < 100
    attempt = row["attempts"][0]
    assert attempt["codec"] == codec
    assert attempt["carrier_id"] == carrier_id
    assert attempt["sip_code"] == 200
    assert attempt["hangup_by"] == "caller"
    for item, (played, samples) in enumerate(zip(attempt["played"],
                                                 article.samples)):
        assert played["item"] == item
        assert abs(played["sent_ms"] - duration_ms(samples)) <= 21


def test_request_names_prefix_number_and_host(server, article, peer):
    carrier_id = server.carrier(peer.port, prefix="8888")
    server.play("123456", article.urls, carrier_id=carrier_id)
    invite = peer.expect("INVITE")
    assert invite.uri == f"sip:8888123456@127.0.0.1:{peer.port}"
    assert user_of(invite.get("to")) == "8888123456"
    assert user_of(invite.get("from")) == "me"
    assert invite.tag("from") and not invite.tag("to")
    assert invite.branch.startswith("z9hG4bK")
    assert invite.get("max-forwards") == "70"
    assert int(invite.get("content-length")) == len(invite.body)
    assert f"127.0.0.1:{server.sip_port}" in invite.get("contact")
    peer.answer(invite, 486, "Busy Here", to_tag="b")
    peer.expect("ACK")


@pytest.mark.parametrize("codecs,names", [
    (["mulaw", "alaw"], ["PCMU", "PCMA"]),
    (["alaw", "mulaw"], ["PCMA", "PCMU"]), (["alaw"], ["PCMA"])])
def test_codecs_are_offered_in_the_carriers_order(server, article, peer,
                                                  codecs, names):
    carrier_id = server.carrier(peer.port, codecs=codecs)
    server.play("1", article.urls, carrier_id=carrier_id)
    invite = peer.expect("INVITE")
    sdp = invite.sdp()
    assert sdp.names() == names
    assert sdp.host == "127.0.0.1" and sdp.port % 2 == 0
    peer.answer(invite, 486, "Busy Here", to_tag="b")
    peer.expect("ACK")


def test_full_uri_is_called_without_a_carrier(server, article, peer):
    server.play(f"sip:alice@{peer.address}", article.urls)
    invite = peer.expect("INVITE")
    assert invite.uri == f"sip:alice@{peer.address}"
    peer.answer(invite, 404, "Not Found", to_tag="b")
    peer.expect("ACK")


def test_rfc3261_15_1_1_nothing_is_sent_before_the_answer_or_after_bye(
        server, article, peer, receiver):
    carrier_id = server.carrier(peer.port)
    server.play("1", article.urls, carrier_id=carrier_id)
    call = Answered(peer, receiver.port)
    call.provisional()
    peer.nothing(lambda m: bool(receiver.packets), 1)
    assert receiver.packets == []
    call.ok()
    ack = call.ack()
    bye = call.take_bye(15)
    judge.heard_exactly(receiver.packets, "mulaw", article.samples)
    assert ack.at - 0.005 <= receiver.packets[0].at < ack.at + 0.1
    assert receiver.packets[-1].at <= bye.at
    # RTCP (RFC 3550 6.4, 6.6): a report first, and a BYE at the end.
    until("an RTCP report", 3, lambda: receiver.rtcp)
    assert receiver.rtcp[0][1][1] in (200, 201)


def test_rfc3665_3_1_sipp_hears_the_prompts(server, article, ports, tmp_path,
                                            receiver, stop_later):
    far = stop_later(Sipp(tmp_path, ports.one(), "answer",
                          rtp_port=receiver.port))
    carrier_id = server.carrier(far.port, prefix="8888")
    request_id = server.play("123456", article.urls, carrier_id=carrier_id)
    judge.only_row(server.wait_done(request_id), "completed")
    far.finish()
    invite, = far.received("INVITE")
    assert invite.uri == f"sip:8888123456@127.0.0.1:{far.port}"
    assert user_of(invite.get("from")) == "me"
    judge.heard_exactly(receiver.packets, "mulaw", article.samples)
    judge.paced(receiver.packets)


def test_baresip_hears_the_prompts(netns, tmp_path, ports, stop_later):
    """Both in namespaces of their own, joined by a veth pair."""
    folder = tmp_path / "prompts"
    folder.mkdir()
    samples = prompts.make_article(folder)
    files = stop_later(inside(netns.left,
                              lambda: HttpFiles(folder, ports.one())))
    phone = stop_later(Baresip(tmp_path, netns.prefix(netns.right),
                               netns.right_ip))
    server = stop_later(Carillond(
        tmp_path / "server", ports, host=netns.left_ip,
        namespace=netns.left))
    request_id = server.play(
        f"sip:callee@{netns.right_ip}:5060",
        [files.url(name) for name, _, _ in prompts.ARTICLE])
    judge.only_row(server.wait_done(request_id), "completed")
    phone.wait_said("terminated", 5)
    phone.stop()
    rate, heard = phone.recording()
    assert rate == 8000
    wanted = [s for prompt in samples for s in prompt]
    worst, mean, lags = correlate.match(wanted, list(heard))
    assert mean > 0.99 and worst > 0.95
    assert len(set(lags)) == 1              # not a sample lost or added


def test_prompts_come_over_https(new_server, tmp_path, ports, peer,
                                 receiver, stop_later):
    folder = tmp_path / "prompts"
    folder.mkdir()
    samples = prompts.make_article(folder)[:1]
    certificate, key = make_certificate(tmp_path)
    files = stop_later(HttpFiles(folder, ports.one(), (certificate, key)))
    server = new_server(f"fetch.ca_file={certificate}")
    carrier_id = server.carrier(peer.port)
    server.play("1", [files.url("hello.wav")], carrier_id=carrier_id)
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    call.take_bye()
    judge.heard_exactly(receiver.packets, "mulaw", samples)


def test_untrusted_certificate_is_refused(server, tmp_path, ports, peer,
                                          stop_later):
    folder = tmp_path / "prompts"
    folder.mkdir()
    prompts.make_article(folder)
    files = stop_later(HttpFiles(folder, ports.one(),
                                 make_certificate(tmp_path)))
    request_id = server.play("1", [files.url("hello.wav")],
                             carrier_id=server.carrier(peer.port))
    row = judge.only_row(server.wait_done(request_id), "failed")
    assert row["reason"]
    assert files.hits["/hello.wav"] == 0
    peer.nothing("INVITE", 0.2)


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_other_sample_rates_are_resampled(server, article, peer, receiver,
                                          rate):
    prompts.make_other_rates(article.files.folder)
    carrier_id = server.carrier(peer.port)
    server.play("1", [article.files.url(f"rate{rate}.wav")],
                carrier_id=carrier_id)
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    call.take_bye()
    judge.well_formed(receiver.packets, 0)
    heard = g711.decode("mulaw", b"".join(receiver.payloads()))
    assert abs(len(heard) - 12000) <= 320
    wanted = prompts.sound(12000, 7)
    worst, mean, _ = correlate.match(wanted, list(heard), reach=40)
    assert mean > 0.97 and worst > 0.9


def test_far_end_picks_the_codec(server, article, peer, receiver):
    """The answer names A-law only, though mu-law was offered first."""
    server.play("1", article.urls, carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok(sdp=make_sdp("127.0.0.1", receiver.port, formats=(8,)))
    call.ack()
    call.take_bye(15)
    judge.heard_exactly(receiver.packets, "alaw", article.samples)


def test_call_through_a_registered_carrier(server, article, new_farend):
    """The main job: register with digest, call, be heard."""
    far = new_farend(users={"client1": "password1"})
    carrier_id = server.carrier(far.port, register=True, username="client1",
                                password="password1")
    server.wait_registration(carrier_id, "registered")
    request_id = server.play("123456", article.urls, carrier_id=carrier_id)
    judge.only_row(server.wait_done(request_id), "completed")
    call = far.wait_calls(1)[0]
    judge.heard_exactly(call.packets, "mulaw", article.samples)


def test_challenged_invite_is_sent_again_with_credentials(
        server, article, new_farend):
    far = new_farend(users={"client1": "password1"},
                     options=["--auth-invite"])
    carrier_id = server.carrier(far.port, username="client1",
                                password="password1")
    request_id = server.play("123456", article.urls, carrier_id=carrier_id)
    judge.only_row(server.wait_done(request_id), "completed")
    judge.heard_exactly(far.wait_calls(1)[0].packets, "mulaw",
                        article.samples)

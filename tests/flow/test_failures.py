"""Calls that do not go well end in a true report.

SPDX-License-Identifier: MIT
"""
import time

import pytest

import judge
from message import make_sdp
from rtp import RtpReceiver, packet
from sipp import Sipp
from udp_peer import Answered, UdpPeer
from waiting import until


@pytest.fixture
def sipp_call(server, article, ports, tmp_path, receiver, stop_later):
    """sipp_call(scenario) -> (the only row, the far end's Sipp)."""
    def make(scenario, **fields):
        far = stop_later(Sipp(tmp_path, ports.one(), scenario,
                              rtp_port=receiver.port))
        request_id = server.play("123456", article.urls,
                                 carrier_id=server.carrier(far.port),
                                 **fields)
        report = server.wait_done(request_id, 40)
        far.finish()
        row = judge.only_row(report)
        assert row["attempts"][-1]["ended_at"]
        return row, far
    return make


@pytest.mark.parametrize("scenario,code,state,rings", [
    ("busy", 486, "busy", False), ("not_found", 404, "failed", False),
    ("unavailable", 503, "failed", False),
    ("ring_not_found", 404, "failed", True)])
def test_refusal_is_reported(sipp_call, receiver, scenario, code, state,
                             rings):
    row, far = sipp_call(scenario)
    assert row["state"] == state
    attempt = row["attempts"][0]
    assert attempt["sip_code"] == code and attempt["sip_reason"]
    assert bool(attempt["ringing_at"]) == rings
    assert not attempt["answered_at"] and not attempt["played"]
    assert len(far.received("INVITE")) == len(far.received("ACK")) == 1
    assert receiver.packets == []
    invite, ack = far.received("INVITE")[0], far.received("ACK")[0]
    assert ack.branch == invite.branch          # RFC 3261 17.1.1.3


@pytest.mark.threads
def test_rfc3261_9_1_no_answer_is_cancelled(sipp_call):
    row, far = sipp_call("no_answer", ring_timeout_s=1)
    assert row["state"] == "no_answer"
    assert row["attempts"][0]["sip_code"] == 487
    invite, cancel = far.received("INVITE")[0], far.received("CANCEL")[0]
    assert cancel.all("via") == [invite.get("via")]         # 9.1
    assert cancel.uri == invite.uri
    assert cancel.cseq == (invite.cseq[0], "CANCEL")
    assert cancel.get("to") == invite.get("to")


def test_rfc3261_9_1_answer_that_crosses_cancel_is_ended(sipp_call, receiver):
    row, far = sipp_call("cancel_crossed", ring_timeout_s=1)
    assert row["state"] == "no_answer"
    assert len(far.received("ACK")) == len(far.received("BYE")) == 1
    assert receiver.packets == []


def test_rfc3261_13_2_2_4_each_repeated_200_is_acknowledged(sipp_call,
                                                            receiver, article):
    row, far = sipp_call("repeated_200")
    assert row["state"] == "completed"
    assert len(far.received("ACK")) == 3
    judge.heard_exactly(receiver.packets, "mulaw", article.samples)


def test_bye_of_the_far_end_in_mid_play(sipp_call, receiver, article):
    row, _ = sipp_call("hang_up")
    assert row["state"] == "completed"
    attempt = row["attempts"][0]
    assert attempt["hangup_by"] == "callee"
    heard = judge.heard_beginning(receiver.packets, "mulaw",
                                  article.samples)
    sent = sum(played["sent_ms"] for played in attempt["played"])
    assert abs(sent - heard * 20) <= 40
    assert 800 <= sent <= 1500


def test_rfc3261_13_2_2_4_second_200_of_a_fork_is_ended(sipp_call, receiver,
                                                        article):
    row, far = sipp_call("forked")
    assert row["state"] == "completed"
    tags = [m.tag("to") for m in far.received("ACK")]
    assert sorted(set(tags)) == ["fork-one", "fork-two"]
    assert [m.tag("to") for m in far.received("BYE")] \
        == ["fork-two", "fork-one"]
    judge.heard_exactly(receiver.packets, "mulaw", article.samples)


@pytest.mark.slow
def test_rfc3261_17_1_1_2_silent_far_end_times_out(server, article, ports,
                                                   peer):
    """Nobody reads: Timer A repeats, Timer B gives up (17.1.1.2)."""
    request_id = server.play("1", article.urls,
                             carrier_id=server.carrier(peer.port))
    invites = [peer.expect("INVITE", 18) for _ in range(7)]
    gaps = [b.at - a.at for a, b in zip(invites, invites[1:])]
    for gap, wanted in zip(gaps, (0.5, 1, 2, 4, 8, 16)):
        assert abs(gap - wanted) < 0.25, gaps
    assert len({m.raw for m in invites}) == 1
    row = judge.only_row(server.wait_done(request_id, 10))
    assert abs(time.time() - invites[0].at - 32) < 1
    assert row["state"] in ("failed", "no_answer")
    assert row["attempts"][0]["sip_code"] == 408


def test_rfc3261_8_1_3_1_closed_port_is_503(server, article, ports):
    """RFC 3261 18.4: what ICMP says is heard, after a few repetitions."""
    port = ports.one()
    request_id = server.play("1", article.urls,
                             carrier_id=server.carrier(port))
    row = judge.only_row(server.wait_done(request_id, 10), "failed")
    why = f"nobody listens at udp:127.0.0.1:{port}"
    assert row["reason"] == "unreachable: " + why
    assert row["attempts"][0]["sip_code"] == 503
    assert row["attempts"][0]["sip_reason"] == why


def test_server_that_comes_back_in_a_moment_is_called(server, article, ports,
                                                      stop_later, receiver):
    port = ports.one()
    request_id = server.play("1", article.urls[:1],
                             carrier_id=server.carrier(port))
    until("the INVITE to be sent", 5, lambda: "INVITE" in server.log())
    call = Answered(stop_later(UdpPeer(port)), receiver.port)
    call.ok()
    call.ack()
    call.take_bye(10)
    judge.only_row(server.wait_done(request_id), "completed")


def test_rfc3261_17_1_1_2_repeated_refusal_is_acknowledged_again(server,
                                                                 article,
                                                                 peer):
    """Timer D: a final that comes again gets its ACK again."""
    request_id = server.play("1", article.urls,
                             carrier_id=server.carrier(peer.port))
    call = Answered(peer, 4000)
    first = call.refuse(486, "Busy Here")
    peer.answer(call.invite, 486, "Busy Here", to_tag=call.tag)
    second = call.ack()
    assert second.raw == first.raw
    judge.only_row(server.wait_done(request_id), "busy")


SDP_IN_VAIN = {
    "none": b"", "garbage": b"garbage",
    "port-0": make_sdp("127.0.0.1", 0),
    "foreign-codec": make_sdp("127.0.0.1", 4000, formats=(18,)),
    "port-too-big": make_sdp("127.0.0.1", 4294967296),
    "no-address": make_sdp("not.an address", 4000)}


@pytest.mark.parametrize("what", SDP_IN_VAIN)
def test_answer_without_usable_media_is_ended(server, article, peer, what):
    request_id = server.play("1", article.urls,
                             carrier_id=server.carrier(peer.port))
    call = Answered(peer, 4000)
    call.ok(sdp=SDP_IN_VAIN[what])
    call.ack()
    call.take_bye()
    row = judge.only_row(server.wait_done(request_id), "failed")
    assert row["reason"]


@pytest.mark.parametrize("old,new", [
    (b"ptime:20", b"ptime:-20"), (b"ptime:20", b"ptime:0"),
    (b" 0 8", b" 0 8 " + b" ".join(b"%d" % n for n in range(20, 320)))],
    ids=["ptime-negative", "ptime-0", "formats-300"])
def test_answer_with_silly_sdp_is_ended(server, article, peer, receiver, old,
                                        new):
    """The INVITE was answered, so there is an ACK, and a BYE that says why."""
    request_id = server.play("1", article.urls[:1],
                             carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok(sdp=call.sdp.replace(old, new))
    call.ack()
    call.take_bye()
    row = judge.only_row(server.wait_done(request_id), "failed")
    assert row["reason"].startswith("unusable_answer")
    assert not receiver.packets


def test_format_with_endless_parameters_is_passed_over(server, article, peer,
                                                       receiver):
    request_id = server.play("1", article.urls[:1],
                             carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok(sdp=call.sdp.replace(
        b"a=ptime", b"a=fmtp:0 " + b"x" * 5000 + b"\r\na=ptime"))
    call.ack()
    call.take_bye(10)
    judge.only_row(server.wait_done(request_id), "completed")
    judge.heard_exactly(receiver.packets, "alaw", article.samples[:1])


def test_rfc3261_15_1_1_lost_bye_is_sent_again(server, article, peer,
                                               receiver):
    """RFC 3261 17.1.2.2: Timer E doubles from T1."""
    server.play("1", article.urls[:1],
                carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    first = peer.expect("BYE", 10)
    second = peer.expect("BYE")
    assert second.raw == first.raw
    assert 0.35 < second.at - first.at < 0.75
    peer.answer(second, 200, "OK")
    peer.nothing("BYE", 1.5)


def test_rfc3261_15_1_2_byes_that_cross_end_the_call_once(server, article,
                                                          peer, receiver):
    request_id = server.play("1", article.urls[:1],
                             carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    bye = peer.expect("BYE", 10)
    assert call.bye().code in (200, 481)
    peer.answer(bye, 481, "Call/Transaction Does Not Exist")
    judge.only_row(server.wait_done(request_id), "completed")


def test_strangers_packets_change_nothing(server, article, peer, receiver,
                                          ports, stop_later):
    """RTP bleed: not one packet goes to somebody who only sent some."""
    stranger = stop_later(RtpReceiver(ports.one()))
    server.play("1", article.urls, carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    media = call.invite.sdp()
    receiver.wait_packets(5, 5)
    for n in range(200):
        stranger.send(packet(n, n * 160, 99, b"\x80" * 160),
                      (media.host, media.port))
    stranger.rtcp_socket.sendto(b"\x81\xcb\0\1" + b"\0\0\0c",
                                (media.host, media.port + 1))
    call.take_bye(15)
    judge.heard_exactly(receiver.packets, "mulaw", article.samples)
    assert stranger.packets == [] and stranger.rtcp == []


def test_rfc3261_13_2_2_4_late_200_of_a_fork_is_ended_after_the_call(server,
                                                                     article,
                                                                     peer,
                                                                     receiver):
    request_id = server.play("1", article.urls[:1],
                             carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    call.take_bye(10)
    server.wait_done(request_id)
    call.ok(tag="late")
    ack = peer.expect(lambda m: m.method == "ACK"
                      and m.tag("to") == "late")
    bye = peer.expect(lambda m: m.method == "BYE" and not m.is_response
                      and m.tag("to") == "late")
    assert ack.branch != bye.branch
    peer.answer(bye, 200, "OK")
    call.ok()                               # and the first one again
    assert call.ack().tag("to") == call.tag


def test_totals_are_true_while_it_goes_on(server, article, peer, receiver):
    request_id = server.play("1", article.urls,
                             carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.provisional()
    server.wait_recipient(request_id, ["calling"])
    call.ok()
    call.ack()
    row = server.wait_recipient(request_id, ["answered"])
    judge.adds_up(server.report(request_id)["totals"])
    assert not row["attempts"][0]["ended_at"]
    until("ringing to be seen", 2, lambda: server.report(request_id)[
        "recipients"][0]["attempts"][0]["ringing_at"])
    call.bye()
    server.wait_done(request_id)
